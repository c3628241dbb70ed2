"""Patients out of SDTM's demographics (DM), and how their time in the trial ended (DS)."""

import pandas as pd

from analysis.intake.readers.sdtm_dates import split_moments
from analysis.intake.readers.sdtm_tables import SUBJECT, column_of
from analysis.intake.readers.source_table import row_list
from analysis.vocabulary.errors import DataError

SEXES = {"F": "female", "M": "male", "UNDIFFERENTIATED": "other", "INTERSEX": "other"}
RACES = {
    "WHITE": "white",
    "BLACK OR AFRICAN AMERICAN": "black-or-african-american",
    "ASIAN": "asian",
    "AMERICAN INDIAN OR ALASKA NATIVE": "american-indian-or-alaska-native",
    "NATIVE HAWAIIAN OR OTHER PACIFIC ISLANDER": "native-hawaiian-or-pacific-islander",
    "MULTIPLE": "multiracial",
    "OTHER": "other",
    **dict.fromkeys(("UNKNOWN", "NOT REPORTED"), "unknown"),
}
IN_A_YEAR = {"YEARS": 1.0, "MONTHS": 12.0, "WEEKS": 365.25 / 7, "DAYS": 365.25, "DECADES": 0.1}


def subject_cells(rows: pd.DataFrame, path: str) -> pd.DataFrame:
    """Make the columns of patients out of demographics.

    Parameters
    ----------
    rows : DataFrame
        From `read_domain`.
    path : str

    Returns
    -------
    DataFrame
        ``sex`` (empty for U), ``race_ethnicity`` (Hispanic or Latino before any race), ``age`` in full years,
        ``start_year`` of the first treatment (RFXSTDTC, else RFSTDTC), ``reference_date``, ``last_date`` (RFPENDTC,
        else RFENDTC) and ``birth_date`` where they are known to the day, ``died`` and ``death_date``.

    Raises
    ------
    DataError
        A date that is no ISO 8601, or an age in a unit that is not read; naming the rows.
    """
    names = ("RFSTDTC", "RFXSTDTC", "RFPENDTC", "RFENDTC", "BRTHDTC", "DTHDTC")
    moments = {name: split_moments(column_of(rows, name), path) for name in names}
    hispanic = column_of(rows, "ETHNIC").str.upper() == "HISPANIC OR LATINO"
    race = column_of(rows, "RACE").str.upper().map(lambda text: RACES.get(text, text))
    died = column_of(rows, "DTHFL").str.upper().map({"Y": "true", "N": "false"}).astype("str").fillna("")
    return pd.DataFrame(
        {
            "sex": column_of(rows, "SEX").str.upper().replace({"U": ""}).map(lambda text: SEXES.get(text, text)),
            "race_ethnicity": race.mask(hispanic, "hispanic-or-latino"),
            "age": _years(rows, path),
            "start_year": _first(moments["RFXSTDTC"]["year"], moments["RFSTDTC"]["year"]),
            "reference_date": moments["RFSTDTC"]["date"],
            "last_date": _first(moments["RFPENDTC"]["date"], moments["RFENDTC"]["date"]),
            "birth_date": moments["BRTHDTC"]["date"],
            "died": died,
            "death_date": moments["DTHDTC"]["date"],
        }
    )


def reference_starts(rows: pd.DataFrame, path: str) -> pd.Series:
    """Return by patient the reference start (RFSTDTC), from which study days count, where it is known to the day.

    Parameters
    ----------
    rows : DataFrame
        Demographics, from `read_domain`.
    path : str

    Returns
    -------
    Series of ISO dates

    Raises
    ------
    DataError
        A date that is no ISO 8601, or a subject twice; naming the rows.
    """
    twice = rows.index[rows[SUBJECT].duplicated(keep=False) & (rows[SUBJECT] != "")]
    if len(twice):
        raise DataError(f"{path}, {row_list(twice)}: the same USUBJID more than once; DM has one row for each subject.")
    dates = split_moments(column_of(rows, "RFSTDTC"), path)["date"]
    known = dates[dates != ""]
    return pd.Series(known.array, index=rows.loc[known.index, SUBJECT].array, dtype="str")


def last_dispositions(rows: pd.DataFrame, path: str) -> pd.Series:
    """Return by patient the last disposition event (DSCAT), by its date and then by DSSEQ."""
    events = rows[column_of(rows, "DSCAT").str.upper().isin(["", "DISPOSITION EVENT"])]
    order = pd.DataFrame(
        {
            "patient": events[SUBJECT],
            "term": column_of(events, "DSDECOD"),
            "date": split_moments(column_of(events, "DSSTDTC"), path)["date"],
            "number": pd.to_numeric(column_of(events, "DSSEQ"), errors="coerce"),
        }
    )
    last: pd.Series = order.sort_values(["date", "number"], kind="stable").groupby("patient")["term"].last()
    return last


def _first(cells: pd.Series, others: pd.Series) -> pd.Series:
    return cells.mask(cells == "", others)


def _years(rows: pd.DataFrame, path: str) -> pd.Series:
    ages, units = column_of(rows, "AGE"), column_of(rows, "AGEU").str.upper()
    # Without a unit a number may be of anything.
    strange = rows.index[(ages != "") & ~units.isin(IN_A_YEAR)]
    if len(strange):
        raise DataError(
            f"{path}, {row_list(strange)}, column 'AGEU': no unit of age, or another than {', '.join(IN_A_YEAR)}. "
            "Put in the unit that AGE is in."
        )
    wrong = rows.index[(ages != "") & ~ages.str.fullmatch(r"[0-9]{1,6}(\.[0-9]*)?")]
    if len(wrong):
        raise DataError(f"{path}, {row_list(wrong)}, column 'AGE': an age that is no number.")
    years = pd.to_numeric(ages.where(ages != "")) / units.map(IN_A_YEAR).astype("float64")
    return years.floordiv(1).astype("Int64").astype("str").fillna("")

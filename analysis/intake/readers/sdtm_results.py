"""Results of SDTM's findings: which of the cells counts, in which unit, and what was not done."""

import pandas as pd

from analysis.intake.readers.sdtm_tables import column_of
from analysis.intake.readers.source_table import plain_text

NOT_DONE = "not done"
NO_RESULT = "no result"
NOT_A_NUMBER = "a result that is no number"
OTHER_UNIT = "a result without a unit, or in one that is not read"

# What one of a unit is in the unit of the layout: mmHg, kg, beats in a minute.
_PRESSURE = {"mmhg": 1.0, "mm hg": 1.0, "mm[hg]": 1.0}
UNITS = {
    "systolic": _PRESSURE,
    "diastolic": _PRESSURE,
    "weight": {"kg": 1.0, "g": 0.001, "lb": 0.45359237},
    "pulse": {"beats/min": 1.0, "bpm": 1.0, "/min": 1.0},
}

_NUMBER = r"[+-]?([0-9]{1,9}(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]{1,2})?"


def read_results(rows: pd.DataFrame, code: str) -> pd.DataFrame:
    """Choose the result of each row of a findings domain.

    Parameters
    ----------
    rows : DataFrame
        From `read_domain`.
    code : str
        The domain.

    Returns
    -------
    DataFrame
        ``value`` as number (NA where there is none), ``unit`` in small letters, and ``reason``, why there is no value.

    Notes
    -----
    --STRESN counts; without it --STRESC, then --ORRES, if it is a number. The unit is that of the same result. What has
    the status NOT DONE has no value, whatever else the row says.

    Examples
    --------
    >>> rows = pd.DataFrame({"VSSTRESN": ["", "70.3"], "VSORRES": ["155", "155"], "VSSTRESU": ["", "kg"],
    ...                      "VSORRESU": ["LB", "LB"]})
    >>> read_results(rows, "VS")[["value", "unit"]].to_numpy().tolist()
    [[155.0, 'lb'], [70.3, 'kg']]
    """
    value = pd.Series(pd.NA, index=rows.index, dtype="Float64")
    unit = pd.Series("", index=rows.index, dtype="str")
    given = pd.Series(False, index=rows.index)
    for result, its_unit in (("STRESN", "STRESU"), ("STRESC", "STRESU"), ("ORRES", "ORRESU")):
        cells = column_of(rows, f"{code}{result}")
        numbers = pd.to_numeric(cells.where(cells.str.fullmatch(_NUMBER))).astype("Float64")
        unit = unit.mask(value.isna() & numbers.notna(), column_of(rows, f"{code}{its_unit}").str.lower())
        value = value.fillna(numbers)
        given |= cells != ""
    undone = column_of(rows, f"{code}STAT").str.upper() == "NOT DONE"
    reason = pd.Series("", index=rows.index, dtype="str")
    reason = reason.mask(value.isna(), NO_RESULT).mask(value.isna() & given, NOT_A_NUMBER).mask(undone, NOT_DONE)
    return pd.DataFrame({"value": value.mask(undone), "unit": unit, "reason": reason})


def in_layout_unit(results: pd.DataFrame, names: pd.Series) -> pd.DataFrame:
    """Turn results into the units of the layout.

    Parameters
    ----------
    results : DataFrame
        From `read_results`.
    names : Series
        What each row measures; names without an entry in ``UNITS`` stay as they are.

    Returns
    -------
    DataFrame
        As it came; a result in another unit has no value and its reason.
    """
    factor = pd.Series(1.0, index=results.index)
    for name, units in UNITS.items():
        factor = factor.mask(names == name, results["unit"].map(units))
    strange = results["value"].notna() & factor.isna()
    return results.assign(
        value=results["value"] * factor.astype("Float64"),
        reason=results["reason"].mask(strange, OTHER_UNIT),
    )


def result_texts(values: pd.Series) -> pd.Series:
    """Write results as cells, empty where there is none."""
    found = {value: plain_text(float(value)) for value in values.dropna().unique()}
    return values.map(found).astype("str").fillna("")

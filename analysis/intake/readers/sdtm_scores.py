"""Questionnaires and ratings of SDTM (QS, RS, FT): the rows of one assessment become one row with items and total."""

import pandas as pd

from analysis.intake.readers.sdtm_dates import minutes_of_duration
from analysis.intake.readers.sdtm_results import read_results, result_texts
from analysis.intake.readers.sdtm_tables import SUBJECT, column_of, number_texts
from analysis.intake.readers.source_table import plain_text

MEMBER = "part of a score, read with it"
UNKNOWN_TEST = "a test that belongs to no instrument"
SEVERAL_RESULTS = "several different results of one test"

Codes = tuple[tuple[tuple[str, ...], ...], str]

# By instrument the test codes of its items and of its total, as in CDISC's controlled terminology for questionnaires,
# ratings and scales (QRS). PHQ-9: confirmed in part (code list PHQ01TC). HAM-D17 (in RS since supplement 2.0, in QS before):
# HAMD103, HAMD108, HAMD116A, HAMD116B and HAMD118 seen in CDISC's draft of supplement 2.1, the others follow its
# numbering; of 16A and 16B one is answered. GAD-7: the items seen in the programs of a published trial; its total,
# and MADRS but for its total (seen likewise), follow the numbering of the others and are unverified.
TEST_CODES: dict[str, Codes] = {
    "PHQ-9": (tuple((f"PHQ01{n:02}",) for n in range(1, 10)), "PHQ0111"),
    "GAD-7": (tuple((f"GAD01{n:02}",) for n in range(1, 8)), "GAD0108"),
    "MADRS": (tuple((f"MADRS1{n:02}",) for n in range(1, 11)), "MADRS111"),
    "HAM-D17": (
        (*((f"HAMD1{n:02}",) for n in range(1, 16)), ("HAMD116A", "HAMD116B"), ("HAMD117",)),
        "HAMD118",
    ),
}


def slots_of(name: str, items: tuple[tuple[str, ...], ...], total: str) -> dict[str, tuple[str, str]]:
    """Say for each test code of an instrument which column it fills.

    Parameters
    ----------
    name : str
    items : tuple of tuple of str
        For each item its code, or several of which one is answered.
    total : str
        Empty when there is none.

    Returns
    -------
    dict of str to tuple of str

    Examples
    --------
    >>> slots_of("X", (("X1",), ("X2A", "X2B")), "X3")
    {'X1': ('X', 'item_1'), 'X2A': ('X', 'item_2'), 'X2B': ('X', 'item_2'), 'X3': ('X', 'total')}
    """
    slots = {code: (name, f"item_{number}") for number, codes in enumerate(items, start=1) for code in codes}
    return slots | ({total: (name, "total")} if total else {})


def score_cells(
    rows: pd.DataFrame, code: str, timed: pd.DataFrame, slots: dict[str, tuple[str, str]]
) -> tuple[pd.DataFrame, pd.Series]:
    """Gather the rows of each assessment into its first one.

    Parameters
    ----------
    rows : DataFrame
        From `read_domain`.
    code : str
        The domain.
    timed : DataFrame
        From `timed_rows`.
    slots : dict of str to tuple of str
        By test code the instrument and the column.

    Returns
    -------
    tuple of DataFrame and Series
        The cells by row, and why a row is not used; empty when it is.

    Notes
    -----
    Rows are of one assessment when they share patient, instrument, day, visit, time point, evaluator and repetition;
    where a test comes up there with two results, when they share the time of day too. If it still does, none is used.
    """
    found = [slots.get(test, ("", "")) for test in column_of(rows, f"{code}TESTCD")]
    known = pd.DataFrame(found, columns=["instrument", "column"], index=rows.index, dtype="str")
    results = read_results(rows, code)
    reason = results["reason"].mask(timed["reason"] != "", timed["reason"]).mask(known["column"] == "", UNKNOWN_TEST)
    used = reason == ""
    parts = known.assign(value=results["value"], group=_groups(rows, code, timed, known, results))[used]
    repeated = _repeated(parts, "group")
    reason = reason.mask(repeated.reindex(rows.index, fill_value=False), SEVERAL_RESULTS)
    parts = parts[~repeated]
    first = ~parts.duplicated("group")
    reason = reason.mask((~first).reindex(rows.index, fill_value=False), MEMBER)
    single = parts.drop_duplicates(["group", "column"])
    wide = single.set_index(["group", "column"])["value"].unstack("column")  # noqa: PD010 - no two of a kind are left
    anchors = parts.loc[first, "group"]
    wide = wide.reindex(anchors).set_axis(anchors.index, axis="index").reindex(rows.index)
    columns = list(dict.fromkeys(column for _, column in slots.values()))
    values = {column: result_texts(wide[column]) if column in wide else "" for column in sorted(columns, key=_order)}
    return pd.DataFrame({"instrument": known["instrument"], **_circumstances(rows, code), **values}), reason


def _order(column: str) -> int:
    return int(column.removeprefix("item_")) if column != "total" else 0


def _groups(
    rows: pd.DataFrame, code: str, timed: pd.DataFrame, known: pd.DataFrame, results: pd.DataFrame
) -> pd.Series:
    keys = known[["instrument", "column"]].assign(
        patient=rows[SUBJECT],
        date=timed["date"],
        day=timed["day"].astype("str").where(timed["date"] == "").fillna(""),
        **{
            name: number_texts(column_of(rows, name))
            for name in ("VISITNUM", *(f"{code}{end}" for end in ("TPT", "TPTNUM", "EVAL", "REPNUM")))
        },
    )
    shared = [name for name in keys if name != "column"]
    group = keys.groupby(shared, sort=False).ngroup()
    same = keys.assign(group=group, value=results["value"])[(results["reason"] == "") & (known["column"] != "")]
    odd = group.isin(same.loc[_repeated(same, "group"), "group"])
    apart = keys.assign(group=group, time=timed["time"]).groupby(["group", "time"], sort=False).ngroup()
    return group.where(~odd, -1 - apart)  # below zero: no number of the others


def _repeated(parts: pd.DataFrame, group: str) -> pd.Series:
    """Say which rows are of a group in which a test has two results."""
    different = parts.drop_duplicates([group, "column", "value"])
    return parts[group].isin(different.loc[different.duplicated([group, "column"]), group])


def _circumstances(rows: pd.DataFrame, code: str) -> dict[str, pd.Series]:
    recall, elapsed = column_of(rows, f"{code}EVLINT"), column_of(rows, f"{code}ELTM")
    return {
        "timepoint": column_of(rows, f"{code}TPT"),
        "evaluator": column_of(rows, f"{code}EVAL"),
        "recall_days": _lengths(recall, 24 * 60),
        "elapsed_hours": _lengths(elapsed, 60),
    }


def _lengths(cells: pd.Series, unit: int) -> pd.Series:
    """Write durations as numbers of a unit, given in minutes; empty where they have no fixed length."""
    found = {text: minutes_of_duration(text) for text in cells.unique()}
    return cells.map({text: "" if length is None else plain_text(length / unit) for text, length in found.items()})

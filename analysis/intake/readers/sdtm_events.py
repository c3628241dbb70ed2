"""Adverse events and other events out of SDTM (AE, DS, CE, HO ...), one row each."""

import pandas as pd

from analysis.intake.readers.sdtm_dates import split_moments
from analysis.intake.readers.sdtm_results import read_results, result_texts
from analysis.intake.readers.sdtm_sessions import moment_of
from analysis.intake.readers.sdtm_tables import column_of

RESOLVED = ["", "RECOVERED/RESOLVED", "RECOVERED/RESOLVED WITH SEQUELAE"]
_FLAGS = {"Y": "true", "N": "false"}
_BEFORE_ALL = 1_000_000


def event_cells(
    rows: pd.DataFrame, code: str, timed: pd.DataFrame, *, path: str, sessions: pd.DataFrame | None
) -> pd.DataFrame:
    """Make plain columns out of events.

    Parameters
    ----------
    rows : DataFrame
        From `read_domain`.
    code : str
        The domain.
    timed : DataFrame
        From `timed_rows`, of the start.
    path : str
    sessions : DataFrame or None
        ``moment``, ``date`` and ``time`` of the sessions.

    Returns
    -------
    DataFrame
        ``term`` (--DECOD, else --TERM, else --TRT), ``category``, ``end_date``; for AE ``severity``, ``serious``,
        ``outcome``, ``onset_min`` and ``resolved_min``; for findings ``test``, ``value`` and ``unit``.
    """
    end = split_moments(column_of(rows, f"{code}ENDTC"), path)
    term = column_of(rows, f"{code}DECOD")
    for name in ("TERM", "TRT"):
        term = term.mask(term == "", column_of(rows, f"{code}{name}"))
    cells = {"term": term, "category": column_of(rows, f"{code}CAT"), "end_date": end["date"]}
    if f"{code}TESTCD" in rows:
        results = read_results(rows, code)
        cells |= {"test": rows[f"{code}TESTCD"], "value": result_texts(results["value"]), "unit": results["unit"]}
    if code == "AE":
        cells |= _adverse(rows, timed, end, sessions)
    return pd.DataFrame(cells)


def _adverse(
    rows: pd.DataFrame, timed: pd.DataFrame, end: pd.DataFrame, sessions: pd.DataFrame | None
) -> dict[str, pd.Series]:
    outcome = column_of(rows, "AEOUT").str.upper()
    onset, resolved = _minutes_after(rows, timed, end, sessions)
    return {
        "severity": column_of(rows, "AESEV").str.lower(),
        "serious": column_of(rows, "AESER").str.upper().map(lambda text: _FLAGS.get(text, text)),
        "outcome": outcome.str.lower(),
        "onset_min": onset,
        "resolved_min": resolved.where(outcome.isin(RESOLVED), ""),
    }


def _minutes_after(
    rows: pd.DataFrame, timed: pd.DataFrame, end: pd.DataFrame, sessions: pd.DataFrame | None
) -> tuple[pd.Series, pd.Series]:
    """Count minutes from the session of the same day: the last that had begun, or else the first to come."""
    empty = pd.Series("", index=rows.index, dtype="str")
    if sessions is None:
        return empty, empty
    begun = _clock(timed["date"], timed["time"])
    pairs = pd.DataFrame({"row": rows.index, "moment": moment_of(rows, timed), "begun": begun.array})
    theirs = sessions.assign(session=_clock(sessions["date"], sessions["time"])).dropna(subset=["session"])
    pairs = pairs.dropna(subset=["begun"]).merge(theirs[["moment", "session"]], on="moment")
    gap = (pairs["begun"] - pairs["session"]).dt.total_seconds() / 60
    nearest = gap.where(gap >= 0, _BEFORE_ALL - gap)
    chosen = pairs.assign(gap=gap, nearest=nearest).sort_values("nearest", kind="stable").drop_duplicates("row")
    chosen = chosen.set_index("row").reindex(rows.index)
    until = (_clock(end["date"], end["time"]) - chosen["session"]).dt.total_seconds() / 60
    return result_texts(chosen["gap"]), result_texts(until)


def _clock(dates: pd.Series, times: pd.Series) -> pd.Series:
    known = (dates != "") & (times != "")
    return pd.to_datetime((dates + "T" + times).where(known), format="%Y-%m-%dT%H:%M")

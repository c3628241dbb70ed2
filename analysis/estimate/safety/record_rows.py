"""The rows of what was recorded at all, and the sentences that say what cannot be told from the data."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from analysis.counts.ladder import with_every_group
from analysis.counts.safety_tally import RECORDS
from analysis.estimate.rates import ESTIMATE_COLUMNS

ADVERSE_EVENT = "adverse event"
_NAMES = [*RECORDS, ADVERSE_EVENT]
_FATES = ("day of a session", "later day", "before any session", "person never treated")
_METHOD = "all counted: no interval"


def record_rows(
    records: pd.DataFrame,
    patients: pd.DataFrame,
    fates: pd.DataFrame,
    *,
    by: Sequence[str],
    levels: Sequence[Sequence[str]],
) -> pd.DataFrame:
    """Say of how many sessions, clinics and patients there is a record of what.

    Parameters
    ----------
    records : DataFrame
        Counts of `RecordTally`.
    patients : DataFrame
        Counts of `PatientRecordTally`.
    fates : DataFrame
        Counts of `EventFateTally`.
    by : sequence of str
    levels : sequence of sequence of str

    Returns
    -------
    DataFrame
        The groups, ``name, share_of`` and the columns of an estimate, without interval. Without groups also what became
        of each row of adverse events.
    """
    of_sessions = records.groupby([*by, "name"], as_index=False)[["recorded", "sessions"]].sum()
    by_clinic = records.assign(
        clinics=1,
        recording=(records["recorded"] > 0).astype("int64"),
        within=records["sessions"].where(records["recorded"] > 0, 0),
    )
    of_clinics = by_clinic.groupby([*by, "name"], as_index=False)[["recording", "clinics", "within", "sessions"]].sum()
    tables = [
        _shares(of_sessions, by, levels, _NAMES, ("recorded", "sessions", "sessions given")),
        _shares(of_clinics, by, levels, _NAMES, ("recording", "clinics", "clinics, that ever record it")),
        _shares(
            of_clinics, by, levels, _NAMES, ("within", "sessions", "sessions, given in clinics that ever record it")
        ),
        _shares(
            patients, by, levels, [ADVERSE_EVENT, "measurement", "any"], ("recorded", "patients", "patients treated")
        ),
    ]
    if not by:
        found = with_every_group(fates, ["fate"], [_FATES]).rename(columns={"fate": "name"})
        found = found.assign(name="adverse event: " + found["name"], total=found["rows"].sum())
        tables.append(_shares(found, (), (), list(found["name"]), ("rows", "total", "rows of adverse events")))
    return pd.concat(tables, ignore_index=True)


def record_notes(records: pd.DataFrame, tables: Sequence[str]) -> tuple[str, ...]:
    """Write the sentences that say what was not recorded.

    Parameters
    ----------
    records : DataFrame
        Counts of `RecordTally`.
    tables : sequence of str
        The tables that the dataset has.

    Returns
    -------
    tuple of str

    Examples
    --------
    >>> counts = pd.DataFrame({"own_clinic": ["A", "B"], "name": "CADSS", "sessions": [9, 5], "recorded": [3, 0]})
    >>> for note in record_notes(counts, ["adverse_events", "events"]):
    ...     print(note)
    CADSS: 1 of 2 clinics (5 of 14 sessions) never record it.
    """
    said = []
    if "adverse_events" not in tables:
        said.append(
            "The dataset has no table adverse_events: nothing is known of adverse events, and no number here says that "
            "there were none."
        )
    if "events" not in tables:
        said.append("The dataset has no table events: hospitalisations, suicide attempts and deaths are not known.")
    for name in _NAMES:
        own = records[records["name"] == name].groupby("own_clinic")[["sessions", "recorded"]].sum()
        never = own[own["recorded"] == 0]
        if len(never) and not (name == ADVERSE_EVENT and "adverse_events" not in tables):
            clinics = f"{len(never):,} of {len(own):,} clinics"
            of_sessions = f"{int(never['sessions'].sum()):,} of {int(own['sessions'].sum()):,} sessions"
            silence = " Their sessions count as sessions without an event." if name == ADVERSE_EVENT else ""
            said.append(f"{name[:1].upper()}{name[1:]}: {clinics} ({of_sessions}) never record it.{silence}")
    return tuple(said)


def _shares(
    counts: pd.DataFrame,
    by: Sequence[str],
    levels: Sequence[Sequence[str]],
    names: list[str],
    columns: tuple[str, str, str],
) -> pd.DataFrame:
    numerator, denominator, share_of = columns
    found = with_every_group(counts[[*by, "name", numerator, denominator]], [*by, "name"], [*levels, names])
    x, n = (found[name].to_numpy("int64") for name in (numerator, denominator))
    with np.errstate(divide="ignore", invalid="ignore"):
        share = x / n
    status = np.where(n == 0, "empty", np.where(x == 0, "none recorded", "ok"))
    table = found[[*by, "name"]].assign(
        share_of=share_of,
        estimate=share,
        low=np.nan,
        high=np.nan,
        method=_METHOD,
        numerator=pd.array(x, dtype="Int64"),
        denominator=pd.array(n, dtype="Int64"),
        status=status,
    )
    return table[[*by, "name", "share_of", *ESTIMATE_COLUMNS]]

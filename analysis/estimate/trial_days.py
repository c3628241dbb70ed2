"""People laid out day by day after the response at the end of loading: who was treated, what was known, what happened.

Arrays are people x days. On a day comes first what was known before it, then the session or none, then what a score
shows: whether somebody comes is decided before the score of that day is known, so an event that it shows belongs to
those who came. The other order would give stopping the events seen at sessions, but not those seen to be well there.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from analysis.counts.kept_up_rows import KeptUpRows

Flags = NDArray[np.bool_]
Wholes = NDArray[np.int64]

SEEN_BANDS = (7, 14, 28)
"""Days since the last assessment that is known, in bands: under 7, under 14, under 28, more."""

GAP_WEEKS, MONTHS = 13, 6
"""Weeks since the last session and months since the start, each with the last open to the end."""


@dataclass(frozen=True, eq=False)
class TrialDays:
    """What each day holds; only days on which a person is followed (``at_risk``) mean anything.

    Attributes
    ----------
    at_risk : ndarray of bool
        Followed on this day, which is then a day with a session or without one.
    session, event, death, seen : ndarray of bool
        A session, the event, a death or an assessment on this day.
    gap : ndarray of int
        Days since the last session before this day.
    treated_before : ndarray of bool
        A session since the start and before this day.
    pattern : ndarray of int
        The row of ``covariates`` that is known when it is decided, -1 where nothing is.
    covariates : ndarray of int
        Each different state once; its columns are factors, named in ``names``.
    """

    at_risk: Flags
    session: Flags
    event: Flags
    death: Flags
    seen: Flags
    gap: Wholes
    treated_before: Flags
    pattern: Wholes
    covariates: Wholes
    names: tuple[str, ...]


def lay_out_days(rows: KeptUpRows, *, until: int, groups: Sequence[str] = ()) -> TrialDays:
    """Lay people out day by day.

    Parameters
    ----------
    rows : KeptUpRows
    until : int
        The last day.
    groups : sequence of str
        Columns of ``rows.people`` that are covariates too.

    Returns
    -------
    TrialDays
    """
    people, days = len(rows.people), until + 1
    day = np.arange(days)
    last = rows.people["day"].to_numpy()[:, None]
    ending = rows.people["ending"].to_numpy()[:, None]
    at_risk = day <= last
    event = (day == last) & (ending == "event")
    session = _marked(rows.sessions[["person", "day"]].to_numpy(), people, days)
    seen = _marked(rows.scores[["person", "day"]].to_numpy(), people, days)
    before = rows.people["value"].to_numpy()[:, None]
    treated_on = np.maximum.accumulate(np.where(session, day, before), axis=1)
    last_session = np.concatenate([before, treated_on[:, :-1]], axis=1)
    treated_before = last_session >= 0
    seen_on, margin = _known(rows, people, days)
    factors = {
        "weeks since the last session, before and after the first one here": np.minimum(
            (day - last_session) // 7, GAP_WEEKS
        )
        + (GAP_WEEKS + 1) * treated_before,
        "how far in response": margin,
        "days since the last assessment": np.digitize(day - seen_on, SEEN_BANDS),
        "month": np.broadcast_to(np.minimum(day // 30, MONTHS), at_risk.shape),
    }
    for name in groups:
        levels = np.unique(rows.people[name].to_numpy(dtype=str), return_inverse=True)[1]
        factors[name] = np.broadcast_to(levels.reshape(-1, 1), at_risk.shape)
    pattern, covariates = _patterns(list(factors.values()), at_risk)
    return TrialDays(
        at_risk,
        session & at_risk,
        event,
        (day == last) & (ending == "died"),
        seen & at_risk,
        day - last_session,
        treated_before,
        pattern,
        covariates,
        tuple(factors),
    )


def _marked(places: Wholes, people: int, days: int) -> Flags:
    marked = np.zeros((people, days), dtype=bool)
    marked[places[:, 0], places[:, 1]] = True
    return marked


def _known(rows: KeptUpRows, people: int, days: int) -> tuple[Wholes, Wholes]:
    """Give the day of the last assessment known at each decision, and what it showed; day 0 is known at the start."""
    person, on, value = rows.scores[["person", "day", "value"]].to_numpy().T
    shown = np.zeros((people, days), dtype=np.int64)
    counts_from = np.where(on == 0, 0, on + 1)
    inside = counts_from < days
    shown[person[inside], counts_from[inside]] = value[inside]
    known_from = np.maximum.accumulate(np.where(shown > 0, np.arange(days), 0), axis=1)
    seen_on = known_from - (known_from > 0)
    return seen_on, np.take_along_axis(shown, known_from, axis=1)


def _patterns(factors: Sequence[Wholes], at_risk: Flags) -> tuple[Wholes, Wholes]:
    """Give each different state on the days at risk a number."""
    table = np.stack([factor[at_risk] for factor in factors], axis=1)
    pattern = np.full(at_risk.shape, -1, dtype=np.int64)
    if not len(table):
        return pattern, table
    sizes = table.max(axis=0) + 1
    codes = np.ravel_multi_index(tuple(table.T), tuple(sizes))
    different, place = np.unique(codes, return_inverse=True)
    pattern[at_risk] = place
    return pattern, np.stack(np.unravel_index(different, tuple(sizes)), axis=1)

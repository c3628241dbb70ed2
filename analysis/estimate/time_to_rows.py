"""The rows of times to an event: curves, people at risk, quantiles and means, and tests."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from analysis.counts.follow_up_tally import COMPETING
from analysis.estimate.curve_tests import CurveTest, gray, log_rank
from analysis.estimate.day_curves import (
    DayCounts,
    DayCurves,
    Z,
    area_with_error,
    day_curves,
    day_reached,
    log_log_limits,
)

CAUSES = ("event", "stopped", "died")
"""How a following can end otherwise than by censoring; the event first."""

ENDS = ("had_event", "stopped", "died")
"""The same, as columns of counts."""

NONE = "none of these"
QUANTILES = (0.25, 0.5, 0.75)
_NAN = float("nan")


@dataclass(frozen=True, eq=False)
class Curves:
    """The curves of one result: which group and strategy each is of, what was counted, and where each is cut.

    ``shown`` is the last day on which at least so many as asked for are at risk, or -1.
    """

    names: tuple[dict[str, Any], ...]
    counts: DayCounts
    curves: DayCurves
    shown: tuple[int, ...]

    def people(self, curve: int) -> int:
        """Everybody at the origin."""
        return int(self.counts.entered[curve].sum())

    def competing(self, curve: int) -> list[int]:
        """Give the numbers of the causes that compete with the event."""
        return [CAUSES.index(name) for name in COMPETING[self.names[curve]["strategy"]]]


def day_counts(followed: pd.DataFrame, names: Sequence[dict[str, Any]], days: int) -> DayCounts:
    """Lay what was counted on days, a curve for each of some names.

    Parameters
    ----------
    followed : DataFrame
        From `FollowUpTally`: the columns of the names, ``end, time, people``.
    names : sequence of dict
        The values of some columns for each curve.
    days : int

    Returns
    -------
    DayCounts
        Nobody enters late. The causes are `CAUSES`.
    """
    entered = np.zeros((len(names), days), dtype=np.int64)
    exits = np.zeros((len(names), len(CAUSES), days), dtype=np.int64)
    censored = np.zeros((len(names), days), dtype=np.int64)
    if not names or followed.empty:
        return DayCounts(entered, exits, censored)
    number = {tuple(name.values()): place for place, name in enumerate(names)}
    keys = zip(*(followed[column] for column in names[0]), strict=True)
    for key, end, time, people in zip(keys, followed["end"], followed["time"], followed["people"], strict=True):
        if (curve := number.get(key)) is None:
            continue
        entered[curve, 0] += people
        if end == "censored":
            censored[curve, time] += people
        else:
            exits[curve, CAUSES.index(end), time] += people
    return DayCounts(entered, exits, censored)


def make_curves(followed: pd.DataFrame, names: Sequence[dict[str, Any]], *, fewest: int) -> Curves:
    """Estimate the curves of some names.

    Parameters
    ----------
    followed : DataFrame
        As for `day_counts`.
    names : sequence of dict
    fewest : int
        A curve is shown while at least so many are at risk.

    Returns
    -------
    Curves
    """
    days = int(followed["time"].max()) + 1 if len(followed) else 1
    counts = day_counts(followed, names, days)
    curves = day_curves(counts)
    enough = curves.at_risk >= fewest
    shown = [int(np.flatnonzero(row)[-1]) if row.any() else -1 for row in enough]
    return Curves(tuple(names), counts, curves, tuple(shown))


def curve_rows(of: Curves, unit: str) -> pd.DataFrame:
    """Lay the curves out: a row for each cause and each day on which anybody leaves, and for day 0.

    Parameters
    ----------
    of : Curves
    unit : str
        The name of the column of the time.

    Returns
    -------
    DataFrame
        The names, ``happened``, the time, the columns of every estimate, ``at_risk`` and ``censored``.
    """
    pieces = [piece for curve in range(len(of.names)) for piece in _pieces(of, curve, unit)]
    table = pd.concat(pieces, ignore_index=True)
    return table.astype(dict.fromkeys((unit, "numerator", "denominator", "at_risk", "censored"), "Int64"))


def _pieces(of: Curves, curve: int, unit: str) -> Iterator[pd.DataFrame]:
    counts, curves, people = of.counts, of.curves, of.people(curve)
    moves = counts.exits[curve].any(axis=0) | (counts.censored[curve] > 0)
    moves[0] = True
    days = np.flatnonzero(moves)
    days = days[days <= of.shown[curve]]
    status = "ok" if len(days) else "empty" if people == 0 else "too few"
    days = days if len(days) else np.array([0])
    competing = of.competing(curve)
    ended = np.cumsum(counts.exits[curve], axis=1)
    any_competing = bool(ended[competing, -1].any())
    for name in ("event", *(CAUSES[cause] for cause in competing), NONE):
        if name == NONE:
            free, variance = curves.free[curve, days], curves.free_variance[curve, days]
            low, high = log_log_limits(free, variance)
            estimate, so_far = free, people - ended[:, days].sum(axis=0)
            so_far = so_far - np.cumsum(counts.censored[curve])[days]  # not those who were lost sight of
        else:
            cause = CAUSES.index(name)
            estimate = curves.happened[curve, cause, days]
            below, above = log_log_limits(1 - estimate, curves.happened_variance[curve, cause, days])
            low, high, so_far = 1 - above, 1 - below, ended[cause, days]
        method = "Aalen-Johansen" if any_competing and name != NONE else "Kaplan-Meier"
        no_estimate = np.full(len(days), _NAN)
        yield pd.DataFrame(
            {
                **{key: np.repeat(value, len(days)) for key, value in of.names[curve].items()},
                "happened": name,
                unit: days,
                "estimate": estimate if status == "ok" else no_estimate,
                "low": low if status == "ok" else no_estimate,
                "high": high if status == "ok" else no_estimate,
                "method": f"{method}, log-log, 95 %",
                "numerator": so_far,
                "denominator": people,
                "at_risk": curves.at_risk[curve, days],
                "censored": np.cumsum(counts.censored[curve])[days],
                "status": status,
            }
        )


def risk_rows(of: Curves, unit: str, times: Sequence[int]) -> pd.DataFrame:
    """Count who is at risk at some times, and what has become of the others.

    Parameters
    ----------
    of : Curves
    unit : str
    times : sequence of int

    Returns
    -------
    DataFrame
        The names, the time, ``at_risk`` at the beginning of that day, and ``had_event``, ``stopped``, ``died`` and
        ``censored`` before it: together everybody at the origin.
    """
    last = of.counts.entered.shape[1]
    before = np.minimum(np.asarray(times), last)
    rows = []
    for curve, name in enumerate(of.names):
        gone = [np.concatenate([[0], np.cumsum(each)])[before] for each in of.counts.exits[curve]]
        censored = np.concatenate([[0], np.cumsum(of.counts.censored[curve])])[before]
        people = of.people(curve)
        for place, time in enumerate(times):
            ends = {cause: int(number[place]) for cause, number in zip(ENDS, gone, strict=True)}
            at_risk = people - sum(ends.values()) - int(censored[place])
            rows.append({**name, unit: time, "at_risk": at_risk, **ends, "censored": int(censored[place])})
    return pd.DataFrame(rows).astype(dict.fromkeys([unit, "at_risk", *ENDS, "censored"], "Int64"))


def summary_rows(of: Curves, unit: str, until: int | None) -> pd.DataFrame:
    """Give quantiles of the time to the event, and means restricted to the days up to ``until``.

    Parameters
    ----------
    of : Curves
    unit : str
    until : int, optional
        The last day that all curves with anybody show, when left out.

    Returns
    -------
    DataFrame
        The names, ``measure``, ``until`` and the columns of every estimate, in the unit.
    """
    shared = min((shown for shown in of.shown if shown >= 0), default=0)
    last = shared if until is None else until
    rows = [
        {**of.names[curve], **row} for curve in range(len(of.names)) for row in _summary_rows(of, curve, unit, last)
    ]
    return pd.DataFrame(rows).astype(dict.fromkeys(["until", "numerator", "denominator"], "Int64"))


def _summary_rows(of: Curves, curve: int, unit: str, until: int) -> Iterator[dict[str, Any]]:
    people, shown = of.people(curve), of.shown[curve]
    counted = {"numerator": int(of.counts.exits[curve, 0].sum()), "denominator": people}
    event = of.curves.happened[curve, 0, : shown + 1]
    below, above = log_log_limits(1 - event, of.curves.happened_variance[curve, 0, : shown + 1])
    nobody = "empty" if people == 0 else "too few" if shown < 0 else ""
    for share in QUANTILES:
        # The event had by a share: the curve's upper limit reaches the share first.
        found = [day_reached(line, share) for line in (event, 1 - below, 1 - above)]
        yield {
            "measure": "median" if share == 0.5 else f"{share:.0%} had the event".replace("%", " %"),
            "until": max(shown, 0),
            **dict(zip(("estimate", "low", "high"), found, strict=True)),
            "method": "first time at which the curve or a limit reaches it, 95 %",
            **counted,
            "status": nobody or ("not reached" if np.isnan(found[0]) else "ok"),
        }
    for measure, cause in ((f"mean {unit}s without any", None), (f"mean {unit}s lost to the event", 0)):
        possible = not nobody and shown >= until
        area, error = area_with_error(of.counts, curve, until, cause=cause) if possible else (_NAN, _NAN)
        yield {
            "measure": measure,
            "until": until,
            "estimate": area,
            "low": max(0.0, area - Z * error) if possible else _NAN,
            "high": min(float(until), area + Z * error) if possible else _NAN,
            "method": "area up to the last time, normal, 95 %",
            **counted,
            "status": nobody or ("ok" if possible else "not followed so long"),
        }


def run_tests(strata: Sequence[DayCounts]) -> dict[str, CurveTest]:
    """Run the log-rank test and, when something competes, Gray's.

    Parameters
    ----------
    strata : sequence of DayCounts
        As for `log_rank`.

    Returns
    -------
    dict of str to CurveTest
    """
    found = {"log-rank": log_rank(strata)}
    if any(counts.exits[:, 1:].any() for counts in strata):
        found["Gray"] = gray(strata)
    return found

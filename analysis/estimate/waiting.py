"""How long people wait from the referral to the first session; who is still waiting counts up to the data cut."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from analysis.cohort.cohort import Cohort
from analysis.counts.engine import count_all
from analysis.counts.referral_tally import WaitingTally, referral_groups
from analysis.estimate.access import refuse_no_referrals, sorted_levels
from analysis.estimate.day_survival import DaySurvival, day_survival
from analysis.estimate.rates import ESTIMATE_COLUMNS
from analysis.vocabulary.errors import CallError
from analysis.vocabulary.periods import Period, parse_period

WITHIN_DAYS = (7, 14, 30, 60, 90)
"""The days by which the share with a first session is given."""

_CURVE = "Kaplan-Meier, log-log, 95 %"
_MEDIAN = "Kaplan-Meier, Brookmeyer-Crowley with log-log, 95 %"
_COUNTED = ["started", "waiting", "ended", "unknown"]


def waiting_times(
    cohort: Cohort, *, by: str | Sequence[str] = (), period: str | int | Period | None = None
) -> pd.DataFrame:
    """Estimate the wait from the referral to the first session.

    Parameters
    ----------
    cohort : Cohort
        From `derive`; its dataset has the table ``referrals``.
    by : str or sequence of str
        As in `access`.
    period : str, int or Period, optional
        Only referrals made in it.

    Returns
    -------
    DataFrame
        One row per group and ``measure`` (``median`` in days; ``within 30 days`` and others of `WITHIN_DAYS`, shares of
        1): the group columns, ``measure, unit, estimate, low, high, method, numerator`` (people seen to start by then),
        ``denominator`` (people who started or still wait), ``status`` (``ok``; ``empty``; ``not reached``: the curve
        ends before), ``started, waiting, ended, unknown, period, definitions``.

    Raises
    ------
    DataError
        When the dataset has no referrals.
    CallError
        For an unknown group or period.

    Notes
    -----
    Kaplan-Meier from the numbers of each whole day. People still waiting at the data cut are censored on it. A referral
    that ended without treatment, for whatever reason, is no wait: these (``ended``), and those of whom no date says how
    long (``unknown``), are left out and counted. The unit is as in `access`.

    Examples
    --------
    >>> from analysis.intake.dataset import open_dataset
    >>> from analysis.cohort.cohort import derive
    >>> waits = waiting_times(derive(open_dataset("data/demo")))
    >>> waits["measure"].tolist()[:2], waits["unit"].tolist()[:2]
    (['median', 'within 7 days'], ['days', 'share'])
    """
    groups, found = _curves(cohort, by, period, "waiting_times")
    rows = [head | row | tail for head, curve, tail in found for row in _measures(curve)]
    return _finished(cohort, rows, [*groups, "measure", "unit", *ESTIMATE_COLUMNS, *_COUNTED], period)


def waiting_curve(
    cohort: Cohort, *, by: str | Sequence[str] = (), period: str | int | Period | None = None
) -> pd.DataFrame:
    """Estimate, day by day, the share of people who have had their first session.

    Parameters
    ----------
    cohort, by, period
        As in `waiting_times`.

    Returns
    -------
    DataFrame
        One row per group and day on which somebody started or was last seen waiting: the group columns, ``day``,
        ``estimate, low, high`` (share with a first session by then), ``method, numerator, denominator`` (seen to start
        by then, and all), ``status, at_risk`` (waiting just before), ``started, waiting, ended, unknown, period,
        definitions``. It tells of single people's days: it stays inside.

    Raises
    ------
    DataError, CallError
        As `waiting_times`.

    Examples
    --------
    >>> from analysis.intake.dataset import open_dataset
    >>> from analysis.cohort.cohort import derive
    >>> curve = waiting_curve(derive(open_dataset("data/demo")), by="payer")
    >>> bool(curve["estimate"].between(0, 1).all())
    True
    """
    groups, found = _curves(cohort, by, period, "waiting_curve")
    rows = [head | row | tail for head, curve, tail in found for row in _days(curve)]
    return _finished(cohort, rows, [*groups, "day", *ESTIMATE_COLUMNS, "at_risk", *_COUNTED], period)


def _curves(
    cohort: Cohort, by: str | Sequence[str], period: str | int | Period | None, what: str
) -> tuple[tuple[str, ...], list[tuple[dict[str, Any], DaySurvival, dict[str, int]]]]:
    groups = referral_groups(by)
    chosen = None if period is None else parse_period(period)
    (counts,) = count_all(cohort, [WaitingTally(groups, chosen)])
    refuse_no_referrals(cohort, what)
    if len(counts) and (counts["state"].isin(["ended", "unknown"])).all() and (counts["state"] == "unknown").any():
        raise CallError(f"{what}: neither `wait_days` nor dates of referrals say how long anybody waited.")
    levels = counts[list(groups)].drop_duplicates() if groups else pd.DataFrame(index=[0])
    found = []
    for _, level in sorted_levels(levels).iterrows():
        own = counts[(counts[list(groups)] == level).all(axis="columns")] if groups else counts
        days = own.pivot_table(index="days", columns="state", values="referrals", aggfunc="sum", fill_value=0)
        seen = own.loc[own["state"].isin(["started", "waiting"]), "days"].unique()
        days = days.reindex(index=sorted(seen), columns=_COUNTED, fill_value=0)
        curve = day_survival(days.index.to_numpy(), days["started"], days["waiting"])
        sums = own.groupby("state")["referrals"].sum()
        head = {name: level[name] for name in groups}
        found.append((head, curve, {state: int(sums.get(state, 0)) for state in _COUNTED}))
    return groups, found


def _measures(curve: DaySurvival) -> list[dict[str, Any]]:
    n = int((curve.events + curve.censored).sum())
    median, low, high = curve.median()
    rows = [_row("median", "days", (median, low, high), _MEDIAN, (_started_by(curve, median), n))]
    for day in WITHIN_DAYS:
        waiting, below, above = curve.after(day)
        shares = (1 - waiting, 1 - above, 1 - below)
        rows.append(_row(f"within {day} days", "share", shares, _CURVE, (_started_by(curve, day), n)))
    return rows


def _days(curve: DaySurvival) -> list[dict[str, Any]]:
    n, started = int((curve.events + curve.censored).sum()), curve.events.cumsum()
    rows = []
    for place, day in enumerate(curve.day.tolist()):
        share = tuple(1 - float(values[place]) for values in (curve.surviving, curve.high, curve.low))
        row = _row("", "share", share, _CURVE, (int(started[place]), n))
        rows.append(row | {"day": day, "at_risk": int(curve.at_risk[place])})
    return rows


def _row(measure: str, unit: str, values: tuple[float, ...], method: str, counts: tuple[int, int]) -> dict[str, Any]:
    status = "empty" if not counts[1] else "not reached" if np.isnan(values[0]) else "ok"
    estimate = dict(zip(ESTIMATE_COLUMNS, (*values, method, *counts, status), strict=True))
    return {"measure": measure, "unit": unit} | estimate


def _started_by(curve: DaySurvival, day: float) -> int:
    return int(curve.events[curve.day <= day].sum()) if not np.isnan(day) else int(curve.events.sum())


def _finished(
    cohort: Cohort, rows: list[dict[str, Any]], columns: list[str], period: str | int | Period | None
) -> pd.DataFrame:
    table = pd.DataFrame(rows, columns=columns)
    whole = ["numerator", "denominator", *_COUNTED, *(name for name in ("day", "at_risk") if name in columns)]
    table = table.astype(dict.fromkeys(whole, "Int64"))
    name = "all" if period is None else parse_period(period).name
    return table.assign(period=name, definitions=cohort.definitions.label)

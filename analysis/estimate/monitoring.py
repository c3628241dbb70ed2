"""A measure from month to month: whether it has changed, or varies as it always did."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from html import escape
from typing import Any

import numpy as np
import pandas as pd

from analysis.cohort.cohort import Cohort
from analysis.estimate.control_limits import (
    LOCK_AFTER,
    ControlLimits,
    find_signals,
    g_limits,
    p_limits,
    run_limits,
    xmr_limits,
)
from analysis.estimate.event_gaps import gaps_between
from analysis.estimate.means import estimate_means
from analysis.estimate.measure_counts import choose_measure, count_closings, judged_scales
from analysis.estimate.monitoring_words import verdict_of
from analysis.estimate.people_measures import with_shares
from analysis.estimate.rates import ESTIMATE_COLUMNS, SHOWN_LADDER
from analysis.vocabulary.errors import CallError
from analysis.vocabulary.measures import MeanRule

CHARTS = ("p", "XmR", "g")
FEWEST_IN_MONTH = 12
_REASON_LENGTH = 10
LINES = ["centre", "lower", "upper", "moving_range"]


@dataclass(frozen=True, eq=False, repr=False)
class Monitored:
    """A measure over time.

    Attributes
    ----------
    table : DataFrame
        One row per group and month in which windows closed (in a g-chart: per event): the group columns, ``instrument,
        window, outcome, estimand, month`` (``2026-09``), ``point`` (its number), ``estimate, low, high, method,
        numerator, denominator, status``, ``chart`` (``p``, ``XmR``, ``g``, or ``run`` before there are limits),
        ``phase`` (1, and one more for each new baseline), ``reason`` (of the new baseline), ``baseline`` (whether the
        point makes the limits), ``centre, lower, upper`` (limits; missing in a run chart), ``moving_range``, ``signal``
        (the rules it meets, empty where none), the ladder, ``due, definitions, measure``. In a g-chart ``estimate`` is
        the number of people between two events.
    verdicts : DataFrame
        For each group a sentence, ``verdict``.
    """

    table: pd.DataFrame
    verdicts: pd.DataFrame

    def __repr__(self) -> str:
        return "\n".join(self._said())

    def _repr_html_(self) -> str:
        return "".join(f"<p>{escape(words)}</p>" for words in self._said()) + self.table.to_html(
            index=False, escape=True
        )

    def _said(self) -> list[str]:
        groups = [name for name in self.verdicts.columns if name != "verdict"]
        return [
            ": ".join([", ".join(str(row[name]) for name in groups), row["verdict"]]) if groups else str(row["verdict"])
            for _, row in self.verdicts.iterrows()
        ]


def monitor(
    cohort: Cohort,
    *,
    measure: str = "response",
    instrument: str | None = None,
    window: str | None = None,
    denominator: str | None = None,
    by: str | Sequence[str] = (),
    chart: str | None = None,
    new_baselines: Mapping[str, str] | None = None,
) -> Monitored:
    """Follow a measure from month to month, and say in words whether there is evidence of change.

    Parameters
    ----------
    cohort : Cohort
        From `derive`; it needs dates.
    measure : str
        A measure's card with a window of its own, such as ``response``, ``completeness`` or ``mean-score-by-session``,
        or an outcome, such as ``worsening``.
    instrument, window, denominator : str, optional
        As in `response_rates`; the measure's own when left out, and all eligible people (``nonresponder``).
    by : str or sequence of str
        Groups, each with its own chart, such as ``clinic_id``.
    chart : {"p", "XmR", "g"}, optional
        When left out: XmR for means; for rates p, or g where the months of a group hold fewer than 12 people (half of
        the months do).
    new_baselines : mapping of str to str, optional
        Months from which the limits are made anew, each with the reason in words: ``{"2025-07": "response-guided dosing
        began in all clinics"}``. Without a reason there is no new baseline: limits that follow the data find nothing.

    Returns
    -------
    Monitored
        With ``.table`` and ``.verdicts``.

    Raises
    ------
    CallError
        Naming the option that is wrong and what it can be, or when the dataset has no dates or no full month.

    Notes
    -----
    A person belongs to the month in which the window closes, so that a month does not change any more once it is over;
    the month of the data cut counts when it is complete. The limits are made of the first 12 points of a phase and stay
    (`LOCK_AFTER`); before, there is a run chart with a median and no limits. Months without anybody have no point and
    end no run. Limits: `p_limits`, `xmr_limits`, `g_limits`; rules: `analysis.estimate.control_limits.RULES`. In a
    g-chart the event is the outcome, or its absence where more than half have the outcome; of people whose windows
    close on one day, those without it are counted first.

    Examples
    --------
    >>> from analysis.intake.dataset import open_dataset
    >>> from analysis.cohort.cohort import derive
    >>> found = monitor(derive(open_dataset("data/demo")), measure="response")
    >>> found.table["chart"].unique().tolist(), found.table["baseline"].sum()
    (['p'], np.int64(12))
    """
    chosen = choose_measure(cohort, measure, instrument=instrument, window=window, denominator=denominator)
    is_mean = isinstance(chosen.rule, MeanRule)
    known = ("XmR",) if is_mean else CHARTS
    if chart is not None and chart not in known:
        raise CallError(f"chart: '{chart}' is unknown here. There are: {', '.join(known)}.")
    reasons = _checked_baselines(new_baselines)
    groups = (by,) if isinstance(by, str) else tuple(by)
    counts = count_closings(cohort, chosen, by=groups, every="closing_month")
    months = _full_months(counts, date.fromisoformat(str(cohort.dataset.data_cut)), reasons)
    parts = counts[counts["closing_month"].isin(months)]
    days: pd.DataFrame | None = None
    tables, verdicts = [], []
    for key, own in _groups(parts, groups):
        monthly = _monthly(own, months)
        kind = chart or ("XmR" if is_mean else "g" if _are_few(monthly) else "p")
        if kind == "g":
            if days is None:
                days = count_closings(cohort, chosen, by=groups, every="closing_day")
            points = gaps_between(_of_group(days, groups, key), last_month=months[-1])
        else:
            points = _estimated(monthly, is_mean=is_mean)
        drawn = _with_phases(points, kind, reasons)
        tables.append(drawn.assign(**dict(zip(groups, key, strict=True))))
        verdicts.append({**dict(zip(groups, key, strict=True)), "verdict": verdict_of(drawn)})
    table = pd.concat(tables, ignore_index=True).assign(
        instrument=judged_scales(cohort, chosen),
        window=chosen.window,
        outcome=chosen.outcome or "mean score",
        estimand=chosen.estimand,
        due="date",
        definitions=cohort.definitions.label,
        measure=chosen.label,
    )
    columns = [
        *groups, "instrument", "window", "outcome", "estimand", "month", "point", *ESTIMATE_COLUMNS, "chart", "phase",
        "reason", "baseline", *LINES, "signal", *SHOWN_LADDER, "due", "definitions", "measure",
    ]  # fmt: skip
    whole = [*SHOWN_LADDER, "denominator", *([] if is_mean else ["numerator"])]
    return Monitored(table[columns].astype(dict.fromkeys(whole, "Int64")), pd.DataFrame(verdicts))


def _checked_baselines(new_baselines: Mapping[str, str] | None) -> dict[str, str]:
    reasons = dict(new_baselines or {})
    for month, reason in reasons.items():
        try:
            date.fromisoformat(f"{month}-01")
        except ValueError:
            raise CallError(f"new_baselines: '{month}' is not a month; write it as 2025-07.") from None
        if not isinstance(reason, str) or len(reason.strip()) < _REASON_LENGTH:
            raise CallError(f"new_baselines: {month} needs its reason in words (what changed in that month).")
    return dict(sorted(reasons.items()))


def _full_months(counts: pd.DataFrame, data_cut: date, reasons: Mapping[str, str]) -> list[str]:
    """List the months from the first with anybody to the last that was over at the data cut."""
    dated = counts[counts["closing_month"] != "unknown"]
    if dated.empty:
        raise CallError(
            "monitor: the dataset has no dates, so nobody belongs to a month; give sessions and scores a `date`, or "
            "compare years with response_rates(period=...)."
        )
    counted = dated.loc[dated["started"] > 0, "closing_month"]
    tomorrow = data_cut + timedelta(days=1)
    last = (tomorrow.replace(day=1) - timedelta(days=1)).strftime("%Y-%m")
    if counted.empty or counted.min() > last:
        raise CallError("monitor: no window has closed in a month that was over at the data cut.")
    months = [str(month) for month in pd.period_range(counted.min(), last, freq="M")]
    for month in reasons:
        if month not in months[1:]:
            raise CallError(f"new_baselines: {month} does not lie within {months[0]} to {months[-1]}, after the first.")
    return months


def _groups(parts: pd.DataFrame, groups: tuple[str, ...]) -> list[tuple[tuple[Any, ...], pd.DataFrame]]:
    if not groups:
        return [((), parts)]
    return [(tuple(key), own) for key, own in parts.groupby(list(groups), sort=True)]


def _of_group(counts: pd.DataFrame, groups: tuple[str, ...], key: tuple[Any, ...]) -> pd.DataFrame:
    chosen = np.ones(len(counts), dtype=bool)
    for name, value in zip(groups, key, strict=True):
        chosen &= (counts[name] == value).to_numpy()
    return counts[chosen]


def _monthly(own: pd.DataFrame, months: list[str]) -> pd.DataFrame:
    """Give every month of the group a row, from its own first month with anybody."""
    filled = own.set_index("closing_month").reindex(months)
    numbers = filled.select_dtypes("number").fillna(0).astype("int64")
    first = int(np.argmax(numbers["started"].to_numpy() > 0))
    return numbers.iloc[first:].rename_axis("month").reset_index()


def _are_few(monthly: pd.DataFrame) -> bool:
    people = monthly["denominator"]
    return bool(people[people > 0].median() < FEWEST_IN_MONTH)


def _estimated(monthly: pd.DataFrame, *, is_mean: bool) -> pd.DataFrame:
    if not is_mean:
        return with_shares(monthly)
    made = estimate_means(monthly[["month"]].assign(window="", **monthly.drop(columns="month")))
    return monthly.assign(**made[ESTIMATE_COLUMNS])


def _with_phases(points: pd.DataFrame, kind: str, reasons: Mapping[str, str]) -> pd.DataFrame:
    """Give each phase its centre and limits, made of its first points; those without anybody have none."""
    starts = list(reasons)
    phase = np.searchsorted(starts, points["month"].to_numpy(dtype="str"), side="right") + 1 if starts else 1
    points = points.assign(point=np.arange(1, len(points) + 1), phase=phase)
    points["reason"] = ["" if number == 1 else reasons[starts[number - 2]] for number in points["phase"]]
    points = points.assign(chart=kind, baseline=False, signal="", **dict.fromkeys(LINES, np.nan))
    for _, own in points.groupby("phase"):
        seen = own[own["status"] == "ok"]
        used = kind if len(seen) >= LOCK_AFTER else "run"
        points.loc[own.index, "chart"] = used
        if seen.empty:
            continue
        limits = _limits(seen, used)
        rows = seen.index
        points.loc[rows, "centre"] = limits.centre
        points.loc[rows, "lower"], points.loc[rows, "upper"] = limits.lower, limits.upper
        points.loc[rows, "moving_range"] = limits.ranges
        points.loc[rows[:LOCK_AFTER], "baseline"] = used != "run"
        points.loc[rows, "signal"] = find_signals(seen["estimate"].to_numpy("float64"), limits, used)
    return points


def _limits(seen: pd.DataFrame, used: str) -> ControlLimits:
    if used == "p":
        return p_limits(seen["numerator"].to_numpy("float64"), seen["denominator"].to_numpy("float64"))
    values = seen["estimate"].to_numpy("float64")
    if used == "XmR":
        return xmr_limits(values)
    return g_limits(values) if used == "g" else run_limits(values)

"""Everything a report counts and estimates, before the gate: raw tables that must not be shown as they are."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import pandas as pd

from analysis.cohort.cohort import Cohort
from analysis.estimate.flow import flow
from analysis.estimate.means import mean_scores
from analysis.estimate.rates import response_rates
from analysis.vocabulary.periods import Period

OUTCOMES_SHOWN = ("response", "remission")
DENOMINATORS_SHOWN = ("observed", "nonresponder", "starters")

Progress = Callable[[str], None]


@dataclass(frozen=True)
class Result:
    """A raw table. Several of one name make one table of the report; each passes the gate by itself."""

    name: str
    title: str
    frame: pd.DataFrame
    period: Period | None


def raw_results(
    cohort: Cohort,
    *,
    scales: Sequence[str],
    period: Period | None,
    breakdown: Period | None,
    progress: Progress | None = None,
) -> Iterator[Result]:
    """Count and estimate, table by table.

    Parameters
    ----------
    cohort : Cohort
    scales : sequence of str
        The headline scale, then the others.
    period, breakdown : Period or None
        Of the headline, and of the tables by session, phase, route and clinic.
    progress : callable, optional
        Called with the name of each step before it begins.

    Yields
    ------
    Result
    """
    tell = progress or _silent
    rule = cohort.definitions.report
    name, end = scales[0], rule.headline_window
    sessions = [f"after session {k}" for k in range(1, rule.sessions + 1)]
    months = [f"month {m} after loading" for m in range(1, rule.months + 1)]

    tell("counting the flow and the headline")
    yield Result("flow", "who is counted", flow(cohort, instrument=name, window=end, period=period), period)
    denominators = (*DENOMINATORS_SHOWN, "completers")
    yield Result("headline", "the headline", _rates(cohort, name, end, period, denominator=denominators), period)

    tell("counting by session and phase")
    # One call for all windows: each call is a pass over the courses.
    over_time = _rates(cohort, name, list(dict.fromkeys([*sessions, "end of loading", *months])), breakdown)
    by_session = over_time["window"].isin(sessions)
    if sessions:
        yield Result("by_session", "response by session", over_time[by_session].reset_index(drop=True), breakdown)
    yield Result("by_phase", "response by phase", over_time[~by_session].reset_index(drop=True), breakdown)
    if months:
        split = _rates(cohort, name, months, breakdown, by="maintenance")
        yield Result("by_maintenance", "response by maintenance", split, breakdown)
    if sessions:
        means = mean_scores(cohort, instrument=name, window=["baseline", *sessions], period=breakdown)
        yield Result("mean_by_session", "mean score by session", means, breakdown)

    tell("counting by route and clinic")
    for table, group in (("by_route", "route"), ("by_clinic", "clinic_id")):
        rates = _rates(cohort, name, end, breakdown, by=group)
        yield Result(table, f"response {table.replace('_', ' ')}", rates, breakdown)

    tell("counting the other scales")
    for other in scales[1:]:
        yield Result("other_scales", "other scales", _rates(cohort, other, end, breakdown), breakdown)
    yield Result("rows", "rows of the files", _rows_of_files(cohort), None)


def _silent(_step: str) -> None:
    return None


def _rates(
    cohort: Cohort,
    instrument: str,
    window: str | Sequence[str],
    period: Period | None,
    *,
    by: str | Sequence[str] = (),
    denominator: Sequence[str] = DENOMINATORS_SHOWN,
) -> pd.DataFrame:
    tables = [
        response_rates(
            cohort,
            instrument=instrument,
            window=window,
            by=by,
            denominator=denominator,
            outcome=outcome,
            period=period,
        )
        for outcome in OUTCOMES_SHOWN
    ]
    return pd.concat(tables, ignore_index=True)


def _rows_of_files(cohort: Cohort) -> pd.DataFrame:
    """Lay the rows of each file out as a flow: read, set aside by reason, used."""
    steps: list[tuple[str, str, str, str, int]] = []
    for table, read in zip(cohort.dataset.rows["table"], cohort.dataset.rows["read"], strict=True):
        reasons = cohort.set_aside[cohort.set_aside["table"] == table]
        steps.append((table, "rung", "read", "Rows read", read))
        steps += [
            (table, "reason", reason, reason, rows)
            for reason, rows in zip(reasons["reason"], reasons["rows"], strict=True)
        ]
        steps.append((table, "rung", "used", "Rows used", read - reasons["rows"].sum()))
    frame = pd.DataFrame(steps, columns=["table", "kind", "name", "label", "count"])
    frame.insert(1, "instrument", "any")
    frame.insert(2, "window", "any")
    frame.insert(3, "step", frame.groupby("table", sort=False).cumcount() + 1)
    return frame.assign(count=frame["count"].astype("Int64"), status="ok", due="", definitions=cohort.definitions.label)

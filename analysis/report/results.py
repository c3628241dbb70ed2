"""Everything a report counts and estimates, before the gate: raw tables that must not be shown as they are."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any
from warnings import catch_warnings, simplefilter

import pandas as pd

from analysis.cohort.cohort import Cohort
from analysis.counts.carried_tally import CarriedTally
from analysis.counts.engine import count_all
from analysis.counts.ladder import Question, ask
from analysis.counts.pattern_tally import PatternTally
from analysis.counts.patterns import count_patterns
from analysis.counts.tallies import SetAsideTally, Tally
from analysis.estimate.estimands import estimands
from analysis.estimate.flow import flow
from analysis.estimate.means import mean_scores
from analysis.estimate.mmrm.model import ConvergenceWarning, mmrm
from analysis.estimate.rates import response_rates
from analysis.report.further_tables import FURTHER_TABLES
from analysis.report.result import Result
from analysis.vocabulary.errors import CallError, DataError
from analysis.vocabulary.periods import Period

OUTCOMES_SHOWN = ("response", "remission")
ASSUMPTIONS_SHOWN = (
    "observed", "nonresponder", "starters", "completers", "bounds of the eligible", "bounds of all starters",
    "carried-forward", "weighted",
)  # fmt: skip
"""Those that are made of counts. What models would draw for the people not seen is left to notebooks: it takes rows."""
DENOMINATORS_SHOWN = ("observed", "nonresponder", "starters")


@dataclass(frozen=True)
class Planned:
    """A table to be estimated: what it is made by, and of what."""

    name: str
    title: str
    estimate: Callable[..., pd.DataFrame]
    instrument: str
    window: str | tuple[str, ...]
    period: Period | None
    by: str | tuple[str, ...] = ()

    def question(self, cohort: Cohort) -> Question:
        """Return what has to be counted for the table."""
        return ask(cohort, instrument=self.instrument, window=self.window, by=self.by, period=self.period)

    def result(self, cohort: Cohort) -> Result:
        """Estimate the table."""
        frame = self.estimate(cohort, instrument=self.instrument, window=self.window, by=self.by, period=self.period)
        return Result(self.name, self.title, frame, self.period)


def planned_results(
    cohort: Cohort, *, scales: Sequence[str], period: Period | None, breakdown: Period | None
) -> list[Planned]:
    """List the tables of a report, so that all they need can be counted in one pass.

    Parameters
    ----------
    cohort : Cohort
    scales : sequence of str
        The headline scale, then the others.
    period, breakdown : Period or None
        Of the headline, and of the tables by session, phase, route and clinic.

    Returns
    -------
    list of Planned
    """
    rule = cohort.definitions.report
    name, end = scales[0], rule.headline_window
    sessions = tuple(f"after session {k}" for k in range(1, rule.sessions + 1))
    months = tuple(f"month {m} after loading" for m in range(1, rule.months + 1))
    phases = tuple(dict.fromkeys(["end of loading", *months]))
    planned = [
        Planned("flow", "who is counted", flow, name, end, period),
        Planned("headline", "the headline", _headline, name, end, period),
    ]
    if sessions:
        planned.append(Planned("by_session", "response by session", _rates, name, sessions, breakdown))
    planned.append(Planned("by_phase", "response by phase", _rates, name, phases, breakdown))
    if months:
        planned.append(
            Planned("by_maintenance", "response by maintenance", _rates, name, months, breakdown, "maintenance")
        )
    if sessions:
        starts = ("baseline", *sessions)
        planned.append(Planned("mean_by_session", "mean score by session", mean_scores, name, starts, breakdown))
    planned += [
        Planned("by_route", "response by route", _rates, name, end, breakdown, "route"),
        Planned("by_clinic", "response by clinic", _rates, name, end, breakdown, "clinic_id"),
    ]
    return planned + [Planned("other_scales", "other scales", _rates, other, end, breakdown) for other in scales[1:]]


def raw_results(
    cohort: Cohort, *, scales: Sequence[str], period: Period | None, breakdown: Period | None
) -> Iterator[Result]:
    """Estimate table by table.

    Parameters
    ----------
    cohort : Cohort
    scales : sequence of str
        The headline scale, then the others.
    period, breakdown : Period or None
        Of the headline, and of the tables by session, phase, route and clinic.

    Yields
    ------
    Result
    """
    for planned in planned_results(cohort, scales=scales, period=period, breakdown=breakdown):
        yield planned.result(cohort)
        if planned.name == "headline":
            yield _assumptions(cohort, planned, breakdown)
    yield from _trajectory(cohort, scales[0], breakdown)
    for further in FURTHER_TABLES:
        yield from further.results(cohort, scales[0], breakdown)
    yield Result("rows", "rows of the files", _rows_of_files(cohort), None)


def further_tallies(
    cohort: Cohort, *, scales: Sequence[str], breakdown: Period | None
) -> tuple[list[Question], list[Tally]]:
    """List what is counted beside the questions of the planned tables.

    Parameters
    ----------
    cohort : Cohort
    scales : sequence of str
        The headline scale, then the others.
    breakdown : Period or None
        Of the tables by session, phase, route and clinic.

    Returns
    -------
    questions : list of Question
    tallies : list of Tally
    """
    name, end = scales[0], cohort.definitions.report.headline_window
    by_status = ask(cohort, instrument=name, window=end, by="loading_status", period=breakdown)
    everybody = ask(cohort, instrument=name, window=end, period=breakdown)
    carried = CarriedTally(name, by_status.windows, (), "response", breakdown)
    visits = ask(cohort, instrument=name, window=_visits(cohort)).windows
    patterns = PatternTally(name, visits, _cohort_groups(cohort), ("baseline",))
    further = [tally for each in FURTHER_TABLES for tally in each.tallies(cohort, name, breakdown)]
    return [by_status, everybody], [carried, patterns, *further]


def _assumptions(cohort: Cohort, headline: Planned, breakdown: Period | None) -> Result:
    """Estimate the headline's response under the assumptions that need counts only.

    Of the year: in a quarter too few people stand behind most of them.
    """
    found = estimands(
        cohort,
        instrument=headline.instrument,
        window=headline.window,
        period=breakdown,
        methods=ASSUMPTIONS_SHOWN,
    )
    return Result("assumptions", "response under stated assumptions", found.table, breakdown)


def _visits(cohort: Cohort) -> list[str]:
    rule = cohort.definitions.report
    sessions = [f"after session {k}" for k in (1, 2, 3, 4, 6) if k <= rule.sessions]
    return [*sessions, "end of loading", *(f"month {m} after loading" for m in (1, 2, 3) if m <= rule.months)]


def _cohort_groups(cohort: Cohort) -> tuple[str, ...]:
    return ("quarter",) if cohort.dataset.has_dates else ()


def _trajectory(cohort: Cohort, instrument: str, breakdown: Period | None) -> Iterator[Result]:
    """Estimate the mean change at each visit; of the people who began in the year, where starts are dated.

    Without enough people for the model there is no table.
    """
    groups = _cohort_groups(cohort)
    counts = count_patterns(cohort, instrument=instrument, window=_visits(cohort), by=groups)
    period = breakdown if groups else None
    if groups:
        counts = counts.together("quarter", [f"{period.name}Q{k}" for k in (1, 2, 3, 4)] if period else None)
    try:
        with catch_warnings():
            simplefilter("ignore", ConvergenceWarning)  # such a fit is not shown
            fit = mmrm("change ~ baseline*visit", counts)
    except (CallError, DataError):
        return
    if fit.converged:
        yield Result("trajectory", "mean change by visit", fit.means(), period)


def _headline(cohort: Cohort, **question: Any) -> pd.DataFrame:
    return _rates(cohort, **question, denominator=(*DENOMINATORS_SHOWN, "completers"))


def _rates(cohort: Cohort, *, denominator: Sequence[str] = DENOMINATORS_SHOWN, **question: Any) -> pd.DataFrame:
    tables = [
        response_rates(cohort, **question, denominator=denominator, outcome=outcome) for outcome in OUTCOMES_SHOWN
    ]
    return pd.concat(tables, ignore_index=True)


def _rows_of_files(cohort: Cohort) -> pd.DataFrame:
    """Lay the rows of each file out as a flow: read, set aside by reason, used."""
    steps: list[tuple[str, str, str, str, int]] = []
    (set_aside,) = count_all(cohort, [SetAsideTally()])
    for table, read in zip(cohort.dataset.rows["table"], cohort.dataset.rows["read"], strict=True):
        reasons = set_aside[set_aside["table"] == table]
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

"""What stands in a report: the disclosed tables, each named and with its period.

Everything later (page, prose, figures, CSV files, manifest) is made from these tables and nothing else.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import pandas as pd

from analysis.cohort.cohort import Cohort
from analysis.counts.engine import Progress, count_all
from analysis.counts.ladder import count_ahead, refuse_undated
from analysis.counts.tallies import DueTally, ScaleTally
from analysis.disclosure.policy import DEFAULT_POLICY, Policy
from analysis.disclosure.suppression import Disclosed, disclose
from analysis.report.results import further_tallies, planned_results, raw_results
from analysis.vocabulary.errors import DataError, DisclosureError, NotDueError
from analysis.vocabulary.instruments import Instrument
from analysis.vocabulary.periods import Period, last_complete_year

BREAKDOWNS = ("by_session", "by_phase", "by_route", "by_clinic")
"""The tables by which `published_share` judges how much of a report is hidden."""

Record = Mapping[str, Any]


@dataclass(frozen=True)
class ReportTable:
    """One table of a report. ``name`` is its file's name; ``period`` is None for all data."""

    name: str
    title: str
    disclosed: Disclosed
    period: Period | None

    def __post_init__(self) -> None:
        """Refuse what has not passed the gate."""
        if not isinstance(self.disclosed, Disclosed):
            raise DisclosureError(
                f"{self.name}: a table that has not been through disclose() cannot go into a report. "
                "Give what disclose(table) returned."
            )

    @property
    def frame(self) -> pd.DataFrame:
        """The rows, as they may leave."""
        return self.disclosed.table

    @property
    def nobody_due(self) -> bool:
        """True when no row has anybody in it; a hidden number is somebody."""
        people = next((name for name in ("started", "count", "denominator") if name in self.frame), None)
        if people is None:
            return bool((self.frame["status"] == "empty").all())
        return bool(self.frame[people].eq(0).fillna(False).all())

    @cached_property
    def records(self) -> list[Record]:
        """The rows as dictionaries, missing values None, each with its row in the CSV file (the header is row 1)."""
        frame = self.frame.astype(object).where(self.frame.notna(), None).assign(csv_row=range(2, len(self.frame) + 2))
        return [{str(name): value for name, value in row.items()} for row in frame.to_dict("records")]


@dataclass(frozen=True)
class Content:
    """A report's tables by name, with what they are about.

    ``period`` is what was asked for, ``breakdown`` the period of the tables by session, phase, route and clinic (both
    None: all data). ``instrument`` is the headline scale. ``hidden_after_audit`` counts are hidden because an audit
    found that they give others away.
    """

    cohort: Cohort
    period: Period | None
    breakdown: Period | None
    audience: str
    policy: Policy
    instrument: Instrument
    has_scores: bool
    tables: dict[str, ReportTable]
    hidden_after_audit: int = 0

    def __post_init__(self) -> None:
        """Refuse tables made for another audience: what one hides the other shows."""
        for table in self.tables.values():
            if (table.disclosed.audience, table.disclosed.policy) != (self.audience, self.policy):
                raise DisclosureError(
                    f"{table.name}: the table was disclosed for another audience or policy than the report's."
                )

    @property
    def headline_window(self) -> str:
        """The window of the headline."""
        return self.cohort.definitions.report.headline_window


def make_content(
    cohort: Cohort,
    *,
    period: Period | None,
    audience: str = "public",
    policy: Policy | None = None,
    progress: Progress | None = None,
) -> Content:
    """Count, estimate and disclose everything a report shows.

    Parameters
    ----------
    cohort : Cohort
    period : Period or None
        A quarter (its breakdowns cover the last complete year at its end), a year, or None for all data.
    audience : {"public", "internal"}
    policy : Policy, optional
        What is hidden from the public; counts 1 to 10 when left out.
    progress : callable, optional
        Called with the name of each step.

    Returns
    -------
    Content

    Raises
    ------
    NotDueError
        When the period is not over at the data cut.
    CallError
        When the dataset has no dates for such a period.
    DataError
        When nobody was treated.
    """
    _refuse_unfinished(cohort, period)
    if progress:
        progress("deriving courses and outcomes, and counting")
    breakdown = last_complete_year(period.last) if period else None
    _count(cohort, period, breakdown, progress)
    refuse_undated(cohort, period)
    _refuse_nobody(cohort)
    scored = _scored_scales(cohort)
    scales = scored or cohort.definitions.report.instruments[:1]
    policy = policy or DEFAULT_POLICY
    if progress:
        progress("estimating, and hiding what is small")
    tables: dict[str, ReportTable] = {}
    for result in raw_results(cohort, scales=scales, period=period, breakdown=breakdown):
        labelled = result.frame.assign(period=result.period.name if result.period else "all")
        passed = disclose(labelled, policy=policy, audience=audience)
        if result.name in tables:
            passed = _joined(tables[result.name].disclosed, passed)
        tables[result.name] = ReportTable(result.name, result.title, passed, result.period)
    instrument = cohort.definitions.instruments[scales[0]]
    return Content(cohort, period, breakdown, audience, policy, instrument, bool(scored), tables)


def _joined(first: Disclosed, second: Disclosed) -> Disclosed:
    """Put two tables that have each passed the gate under each other."""
    rows = pd.concat([first.table, second.table], ignore_index=True)
    return replace(first, table=rows, hidden=first.hidden + second.hidden)


def published_share(content: Content) -> float:
    """Say how much of the breakdowns by session, phase, route and clinic is shown, of what is not empty.

    Parameters
    ----------
    content : Content

    Returns
    -------
    float
        From 0 to 1; 1 when there is nothing to show.
    """
    status = pd.concat([content.tables[name].frame["status"] for name in BREAKDOWNS if name in content.tables])
    filled = status[status != "empty"]
    return float((filled == "ok").mean()) if len(filled) else 1.0


def _refuse_unfinished(cohort: Cohort, period: Period | None) -> None:
    cut = cohort.dataset.data_cut
    if period is not None and period.last > cut:
        raise NotDueError(
            f"{period.name} is not over in this dataset, whose records end on {cut.isoformat()} (data_cut). "
            f"It can be reported from records up to {period.last.isoformat()}."
        )


def _count(cohort: Cohort, period: Period | None, breakdown: Period | None, progress: Progress | None) -> None:
    """Count in one pass what the report needs when its first scale has scores; else more passes follow."""
    planned = planned_results(cohort, scales=cohort.definitions.report.instruments, period=period, breakdown=breakdown)
    questions, also = further_tallies(cohort, scales=cohort.definitions.report.instruments, breakdown=breakdown)
    count_ahead(cohort, [*(each.question(cohort) for each in planned), *questions], progress, also=also)


def _refuse_nobody(cohort: Cohort) -> None:
    (bases,) = count_all(cohort, [DueTally()])
    if bases.empty:
        raise DataError(
            "sessions: nobody was treated, so there is nothing to report. A treatment is a session of a known "
            "treatment with the status given or stopped-early."
        )


def _scored_scales(cohort: Cohort) -> tuple[str, ...]:
    """Return the report's scales that have scores, in the report's order: the first is the headline's."""
    (found,) = count_all(cohort, [ScaleTally()])
    return tuple(name for name in cohort.definitions.report.instruments if name in set(found["instrument"]))

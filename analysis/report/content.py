"""What stands in a report: the disclosed tables, each named and with its period.

Everything later (page, prose, figures, CSV files, manifest) is made from these tables and nothing else.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import pandas as pd

from analysis.cohort.cohort import Cohort
from analysis.counts.ladder import ask
from analysis.disclosure.policy import DEFAULT_POLICY, Policy
from analysis.disclosure.suppression import Disclosed, disclose
from analysis.estimate.flow import flow
from analysis.estimate.means import mean_scores
from analysis.estimate.rates import response_rates
from analysis.vocabulary.errors import DataError, DisclosureError, NotDueError
from analysis.vocabulary.instruments import Instrument
from analysis.vocabulary.periods import Period, last_complete_year

OUTCOMES_SHOWN = ("response", "remission")
DENOMINATORS_SHOWN = ("observed", "nonresponder", "starters")
BREAKDOWNS = ("by_session", "by_phase", "by_route", "by_clinic")
"""The tables by which `published_share` judges how much of a report is hidden."""

Progress = Callable[[str], None]
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

    @cached_property
    def records(self) -> list[Record]:
        """The rows as dictionaries, missing values None, each with its row in the CSV file (the header is row 1)."""
        frame = self.frame.astype(object).where(self.frame.notna(), None).assign(csv_row=range(2, len(self.frame) + 2))
        return [{str(name): value for name, value in row.items()} for row in frame.to_dict("records")]


@dataclass(frozen=True)
class Content:
    """A report's tables by name, with what they are about.

    ``period`` is what was asked for, ``breakdown`` the period of the tables by session, phase, route and clinic (both
    None: all data). ``instrument`` is the headline scale.
    """

    cohort: Cohort
    period: Period | None
    breakdown: Period | None
    audience: str
    policy: Policy
    instrument: Instrument
    has_scores: bool
    tables: dict[str, ReportTable]

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
    tell = progress or _silent
    rule = cohort.definitions.report
    tell("deriving courses and outcomes")
    _refuse_nobody(cohort)
    headline, others = _instruments(cohort)
    has_scores = headline is not None
    name = headline or rule.instruments[0]
    breakdown = last_complete_year(period.last) if period else None
    # Says at once what is wrong with the period, before anything is counted.
    ask(cohort, instrument=name, window=rule.headline_window, period=period)
    policy = policy or DEFAULT_POLICY
    tables: dict[str, ReportTable] = {}

    def add(table: str, title: str, frame: pd.DataFrame, of: Period | None) -> None:
        tell(f"counting {title}")
        labelled = frame.assign(period=of.name if of else "all")
        tables[table] = ReportTable(table, title, disclose(labelled, policy=policy, audience=audience), of)

    end, sessions = rule.headline_window, [f"after session {k}" for k in range(1, rule.sessions + 1)]
    months = [f"month {m} after loading" for m in range(1, rule.months + 1)]
    shown = (*DENOMINATORS_SHOWN, "completers")
    add("flow", "who is counted", flow(cohort, instrument=name, window=end, period=period), period)
    add("headline", "the headline", _rates(cohort, name, end, period, denominator=shown), period)
    add("by_session", "response by session", _rates(cohort, name, sessions, breakdown), breakdown)
    add("by_phase", "response by phase", _rates(cohort, name, ["end of loading", *months], breakdown), breakdown)
    add(
        "by_maintenance",
        "response by maintenance",
        _rates(cohort, name, months, breakdown, by="maintenance"),
        breakdown,
    )
    means = mean_scores(cohort, instrument=name, window=["baseline", *sessions], period=breakdown)
    add("mean_by_session", "mean score by session", means, breakdown)
    add("by_route", "response by route", _rates(cohort, name, end, breakdown, by="route"), breakdown)
    add("by_clinic", "response by clinic", _rates(cohort, name, end, breakdown, by="clinic_id"), breakdown)
    if others:
        # Each scale passes the gate by itself: scales are not groups that add up to a shown total.
        for other in others:
            add(other, f"response on {other}", _rates(cohort, other, end, breakdown), breakdown)
        parts = [tables.pop(other).disclosed for other in others]
        joined = pd.concat([part.table for part in parts], ignore_index=True)
        disclosed = replace(parts[0], table=joined, hidden=sum(part.hidden for part in parts))
        tables["other_scales"] = ReportTable("other_scales", "other scales", disclosed, breakdown)
    add("rows", "rows used", _rows_of_files(cohort), None)
    instrument = cohort.definitions.instruments[name]
    return Content(cohort, period, breakdown, audience, policy, instrument, has_scores, tables)


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
    status = pd.concat([content.tables[name].frame["status"] for name in BREAKDOWNS])
    filled = status[status != "empty"]
    return float((filled == "ok").mean()) if len(filled) else 1.0


def _refuse_unfinished(cohort: Cohort, period: Period | None) -> None:
    cut = cohort.dataset.data_cut
    if period is not None and period.last > cut:
        raise NotDueError(
            f"{period.name} is not over in this dataset, whose records end on {cut.isoformat()} (data_cut). "
            f"It can be reported from records up to {period.last.isoformat()}."
        )


def _refuse_nobody(cohort: Cohort) -> None:
    if cohort.connection.execute("SELECT 1 FROM courses LIMIT 1").fetchone() is None:
        raise DataError(
            "sessions: nobody was treated, so there is nothing to report. A treatment is a session of a known treatment "
            "with the status given or stopped-early."
        )


def _silent(_step: str) -> None:
    return None


def _instruments(cohort: Cohort) -> tuple[str | None, list[str]]:
    """Return the first of the report's scales that has scores, and the others that have."""
    scored = {row[0] for row in cohort.connection.execute("SELECT DISTINCT instrument FROM outcomes").fetchall()}
    present = [name for name in cohort.definitions.report.instruments if name in scored]
    return (present[0], present[1:]) if present else (None, [])


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

"""The tally behind every rate: the ladder from treated to responded, of one instrument, grouping and period."""

from collections.abc import Iterator
from dataclasses import dataclass

import pandas as pd

from analysis.cohort.cohort import Cohort
from analysis.cohort.statements import run_statement, sql_statements
from analysis.cohort.windows import Window
from analysis.counts.tallies import GROUPS
from analysis.vocabulary.periods import Period

OUTCOMES = ("response", "remission", "partial_response", "reliable_improvement", "reliable_deterioration")

ESTIMANDS = {
    "observed": ("with_outcome", "scored"),
    "nonresponder": ("with_outcome", "eligible"),
    "starters": ("with_outcome", "started"),
    "completers": ("with_outcome_completed", "scored_completed"),
}
"""The four denominators: the tally's column that is counted, and the one it is a share of."""

RUNGS = {
    "treated": "is_person",
    "prior_ketamine": "is_person AND prevalent",
    "undated": "is_person AND NOT prevalent AND undated",
    "not_due": "is_person AND NOT prevalent AND NOT undated AND NOT closed",
    "started": "is_person AND is_started",
    "with_baseline": "is_person AND is_started AND has_baseline",
    "eligible": "is_person AND is_eligible",
    "scored": "is_scored",
    "scored_completed": "is_scored AND is_completed",
    "loading_completed": "is_person AND is_started AND is_completed",
    "loading_stopped": "is_person AND is_started AND loading_status = 'stopped'",
    "loading_open": "is_person AND is_started AND loading_status = 'open'",
    "loading_unknown": "is_person AND is_started AND loading_status = 'unknown'",
}
"""What is counted whatever the outcome, and which rows of the tally's query count."""


@dataclass(frozen=True)
class LadderTally:
    """The ladder for some windows. With every course counted (``courses="all"``), also squares by patient."""

    instrument: str
    windows: tuple[Window, ...]
    by: tuple[str, ...]
    outcomes: tuple[str, ...]
    courses: str
    period: Period | None

    @property
    def keys(self) -> tuple[str, ...]:
        """The groups and the window."""
        return (*self.by, "window")

    def count(self, part: Cohort) -> pd.DataFrame:
        """Count the ladder of each group and window that has anybody in it."""
        counts = dict(self._counts())
        columns = [f"(count(*) FILTER ({rows}))::BIGINT AS {name}" for name, rows in counts.items()]
        columns += [
            "coalesce(sum(total_hundredths) FILTER (is_scored), 0)::BIGINT AS total_sum",
            "coalesce(sum(total_hundredths * total_hundredths) FILTER (is_scored), 0)::BIGINT AS total_squares",
        ]
        groups = [f"group_{name}" for name in self.by]
        keys = ", ".join([*groups, "window_name"])
        query = f"SELECT {keys}, {', '.join(columns)} FROM rungs GROUP BY ALL"
        if self.courses == "all":
            names = [*counts, "total_sum", "total_squares"]
            sums = [f"sum({name})::BIGINT AS {name}" for name in names] + list(self._squares())
            people = query.replace("SELECT ", "SELECT patient, ", 1)
            query = f"SELECT {keys}, {', '.join(sums)} FROM ({people}) GROUP BY ALL"
        scale = list(part.definitions.instruments).index(self.instrument)
        picked = part.pick_scores(self.windows, self.instrument)
        part.ask_windows(self.windows)
        statement = sql_statements("ladder.sql", "analysis.counts")[0].format(
            scale=scale,
            picked=picked,
            groups="".join(
                f", coalesce({GROUPS[name]}::VARCHAR, 'unknown') AS {group}"
                for name, group in zip(self.by, groups, strict=True)
            ),
            courses="course = 1" if self.courses == "first" else "true",
            outcomes=", ".join(self.outcomes),
            no_outcomes=", ".join(f"NULL::BOOLEAN AS {name}" for name in self.outcomes),
            counted=query,
        )
        period = self.period
        values = {
            "data_cut": part.dataset.data_cut,
            "period_first": period and period.first,
            "period_last": period and period.last,
            "period_is_quarter": period is not None and not period.is_year,
        }
        found = run_statement(part.connection, statement, values).df()
        return found.set_axis([*self.keys, *found.columns[len(self.keys) :]], axis="columns")

    def _counts(self) -> Iterator[tuple[str, str]]:
        yield from RUNGS.items()
        for outcome in self.outcomes:
            yield f"{outcome}_count", f"is_scored AND {outcome}"
            yield f"{outcome}_count_completed", f"is_scored AND is_completed AND {outcome}"

    def _squares(self) -> Iterator[str]:
        """Give what a clustered interval needs: squares and products of each patient's numerator and denominator."""
        for outcome in self.outcomes:
            for estimand, (numerator, m) in ESTIMANDS.items():
                x = numerator.replace("with_outcome", f"{outcome}_count")
                name = f"{outcome}_{estimand}"
                yield f"sum({x} * {x})::BIGINT AS {name}_xx"
                yield f"sum({x} * {m})::BIGINT AS {name}_xm"
                yield f"sum({m} * {m})::BIGINT AS {name}_mm"
                yield f"(count(*) FILTER ({m} > 0))::BIGINT AS {name}_k"

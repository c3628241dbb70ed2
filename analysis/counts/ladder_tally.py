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

PEOPLE = {
    "treated": "true",
    "prior_ketamine": "prevalent",
    "undated": "NOT prevalent AND undated",
    "not_due": "NOT prevalent AND NOT undated AND NOT closed",
    "started": "is_started",
    "with_baseline": "is_started AND has_baseline",
    "eligible": "is_eligible",
    "loading_completed": "is_started AND is_completed",
    "loading_stopped": "is_started AND loading_status = 'stopped'",
    "loading_open": "is_started AND loading_status = 'open'",
    "loading_unknown": "is_started AND loading_status = 'unknown'",
}
"""What is counted of everybody, and on which rungs."""


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
        picked = part.pick_scores(self.windows, self.instrument)
        part.ask_windows(self.windows)
        chosen, rungs = sql_statements("ladder.sql", "analysis.counts")
        groups = [f"group_{name}" for name in self.by]
        level = "".join(
            f", coalesce({GROUPS[name]}::VARCHAR, 'unknown') AS {group}"
            for name, group in zip(self.by, groups, strict=True)
        )
        # Everybody and the scores are counted apart, so that everybody in every window is never joined with anything.
        people = rungs.format(source="chosen CROSS JOIN asked_windows", groups=level)
        scores = f"{picked} JOIN asked_windows USING (number) JOIN chosen USING (patient, course)"
        scored = rungs.format(source=scores, groups=level)
        keys = [*groups, "window_name"]
        unit = ["patient"] if self.courses == "all" else []
        statement = f"""
            WITH chosen AS ({chosen.format(scale=part.scale_number(self.instrument), courses=self._courses)}),
            counted AS (
                SELECT {", ".join([*unit, *keys, *_counts(PEOPLE)])} FROM ({people}) GROUP BY ALL
                UNION ALL BY NAME
                SELECT {", ".join([*unit, *keys, *_counts(self._scores), *_TOTALS])} FROM ({scored})
                WHERE is_eligible GROUP BY ALL
            )"""
        names = [*PEOPLE, *self._scores, "total_sum", "total_squares"]
        sums = [f"coalesce(sum({name}), 0)::BIGINT AS {name}" for name in names]
        source = "counted"
        if unit:
            source = f"(SELECT {', '.join([*keys, *sums])} FROM counted GROUP BY {', '.join([*unit, *keys])})"
            sums += self._squares()
        statement += f" SELECT {', '.join([*keys, *sums])} FROM {source} GROUP BY {', '.join(keys)}"
        period = self.period
        values = {
            "data_cut": part.dataset.data_cut,
            "period_first": period and period.first,
            "period_last": period and period.last,
            "period_is_quarter": period is not None and not period.is_year,
        }
        found = run_statement(part.connection, statement, values).df()
        return found.set_axis([*self.keys, *found.columns[len(self.keys) :]], axis="columns")

    @property
    def _courses(self) -> str:
        return "course = 1" if self.courses == "first" else "true"

    @property
    def _scores(self) -> dict[str, str]:
        """What is counted of the scores of eligible people, and which of them."""
        counts = {"scored": "true", "scored_completed": "is_completed"}
        for outcome in self.outcomes:
            counts |= {f"{outcome}_count": outcome, f"{outcome}_count_completed": f"is_completed AND {outcome}"}
        return counts

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


def _counts(rows: dict[str, str]) -> list[str]:
    return [f"(count(*) FILTER ({which}))::BIGINT AS {name}" for name, which in rows.items()]


_TOTALS = [
    "sum(total_hundredths)::BIGINT AS total_sum",
    "sum(total_hundredths * total_hundredths)::BIGINT AS total_squares",
]

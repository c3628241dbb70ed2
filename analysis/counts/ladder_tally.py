"""The tally behind every rate: the ladder from treated to responded, of one instrument, grouping and period."""

from collections.abc import Iterator
from dataclasses import dataclass

import pandas as pd

from analysis.cohort.cohort import Cohort
from analysis.cohort.windows import Window
from analysis.counts.outcome_kinds import outcome_kind
from analysis.counts.outcome_sources import outcome_source
from analysis.counts.rung_counts import count_rungs
from analysis.vocabulary.periods import Period

ESTIMANDS = {
    "observed": ("with_outcome", "scored"),
    "nonresponder": ("with_outcome", "eligible"),
    "starters": ("with_outcome", "started"),
    "completers": ("with_outcome_completed", "scored_completed"),
}
"""The four denominators: the tally's column that is counted, and the one it is a share of."""


@dataclass(frozen=True)
class LadderTally:
    """The ladder for some windows. With every course counted (``courses="all"``), also squares by patient.

    The outcomes are of the same people and scores: those of `SHARED_OUTCOMES`, or one of another kind.
    """

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
        scale = part.definitions.instruments[self.instrument]
        kinds = {outcome: outcome_kind(outcome, scale) for outcome in self.outcomes}
        source = outcome_source(part, kinds[self.outcomes[0]], self.instrument, self.windows)
        return count_rungs(
            part,
            source,
            {outcome: kind.is_true for outcome, kind in kinds.items()},
            instrument=self.instrument,
            by=self.by,
            period=self.period,
            first_course=self.courses == "first",
            squares=[] if self.courses == "first" else list(self._squares()),
        )

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

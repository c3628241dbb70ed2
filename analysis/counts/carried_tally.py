"""The tally behind carried-forward rates: everybody's last score after treatment began and up to the window."""

from dataclasses import dataclass

import pandas as pd

from analysis.cohort.cohort import Cohort
from analysis.cohort.statements import sql_statements
from analysis.cohort.windows import Window
from analysis.counts.outcome_kinds import outcome_kind
from analysis.counts.outcome_sources import outcome_source
from analysis.counts.rung_counts import OutcomeSource, count_rungs
from analysis.vocabulary.periods import Period

CARRIED_COUNTS = ["carried_scored", "carried_with_outcome"]
"""Eligible people with a score of the window or an earlier one since treatment began, and those with the outcome."""


@dataclass(frozen=True)
class CarriedTally:
    """First courses of eligible people, each by the score of the window or, where there is none, the last before it.

    The outcome is one that a single score decides.
    """

    instrument: str
    windows: tuple[Window, ...]
    by: tuple[str, ...]
    outcome: str
    period: Period | None

    @property
    def keys(self) -> tuple[str, ...]:
        """The groups and the window."""
        return (*self.by, "window")

    def count(self, part: Cohort) -> pd.DataFrame:
        """Count who has such a score, and who has the outcome by it."""
        kind = outcome_kind(self.outcome, part.definitions.instruments[self.instrument])
        source = outcome_source(part, kind, self.instrument, self.windows)
        (carried,) = sql_statements("carried_scores.sql", "analysis.counts")
        scores = carried.format(scale=part.scale_number(self.instrument), picked=source.scores)
        counted = count_rungs(
            part,
            OutcomeSource(source.people, scores),
            {self.outcome: kind.is_true},
            instrument=self.instrument,
            by=self.by,
            period=self.period,
        )
        found = counted[[*self.keys, "scored", f"{self.outcome}_count"]]
        return found.set_axis([*self.keys, *CARRIED_COUNTS], axis="columns")

"""The ladder by the calendar month, or the day, in which a window closes: what is followed over time is counted so."""

from dataclasses import dataclass

import pandas as pd

from analysis.cohort.cohort import Cohort
from analysis.cohort.windows import Window
from analysis.counts.outcome_kinds import outcome_kind
from analysis.counts.outcome_sources import outcome_source
from analysis.counts.rung_counts import count_rungs


@dataclass(frozen=True)
class ClosingTally:
    """The ladder of one window and outcome by when the window closes: ``every`` is closing_month or closing_day.

    Months and days are text (``2026-09``, ``2026-09-30``); people without dates are under ``unknown``.
    """

    instrument: str
    window: Window
    by: tuple[str, ...]
    outcome: str
    every: str

    @property
    def keys(self) -> tuple[str, ...]:
        """The groups, the month or day, and the window."""
        return (*self.by, self.every, "window")

    def count(self, part: Cohort) -> pd.DataFrame:
        """Count the ladder of each group and month or day that has anybody in it."""
        kind = outcome_kind(self.outcome, part.definitions.instruments[self.instrument])
        source = outcome_source(part, kind, self.instrument, (self.window,))
        return count_rungs(
            part,
            source,
            {self.outcome: kind.is_true},
            instrument=self.instrument,
            by=(*self.by, self.every),
            period=None,
        )

"""The tally behind what early response says: who had responded early, and who responds in a later window."""

from dataclasses import dataclass

import pandas as pd

from analysis.cohort.cohort import Cohort
from analysis.cohort.windows import Window
from analysis.counts.outcome_kinds import outcome_kind
from analysis.counts.outcome_sources import outcome_source
from analysis.counts.rung_counts import OutcomeSource, count_rungs

CELLS = {"both": "early AND later", "early_only": "early AND NOT later", "later_only": "NOT early AND later",
         "neither": "NOT early AND NOT later"}  # fmt: skip
"""The four cells of early by later response."""


@dataclass(frozen=True)
class EarlyTally:
    """First courses by response in an early window and in later ones, of those with a score in both.

    The later score is of a later day, so that no score is compared with itself.
    """

    instrument: str
    early: Window
    windows: tuple[Window, ...]
    by: tuple[str, ...]

    @property
    def keys(self) -> tuple[str, ...]:
        """The groups and the later window."""
        return (*self.by, "window")

    def count(self, part: Cohort) -> pd.DataFrame:
        """Count the ladder of the later window; ``scored`` are those scored in both."""
        picked = part.pick_scores([self.early, *self.windows], self.instrument)
        kind = outcome_kind("response", part.definitions.instruments[self.instrument])
        source = outcome_source(part, kind, self.instrument, self.windows)
        days = f"({picked} AS chosen JOIN (SELECT row, day FROM judged_scores) USING (row))"
        scores = (
            "SELECT patient, course, number, total_hundredths, early, later FROM "
            f"(SELECT patient, course, number, total_hundredths, response AS later, day FROM {days}) "
            f"JOIN (SELECT patient, course, response AS early, day AS early_day FROM {days} "
            f"WHERE number = {part.window_number(self.early)}) USING (patient, course) "
            "WHERE early_day < day AND early IS NOT NULL AND later IS NOT NULL"
        )
        counted = count_rungs(
            part, OutcomeSource(source.people, scores), CELLS, instrument=self.instrument, by=self.by, period=None
        )
        cells = [f"{name}_count" for name in CELLS]
        found = counted[[*self.keys, "started", "with_baseline", "eligible", "scored", *cells]]
        return found.rename(columns={f"{name}_count": name for name in CELLS})

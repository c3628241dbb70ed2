"""The tally behind response by session number: who was seen to respond by each session, and who may have."""

from dataclasses import dataclass

import pandas as pd

from analysis.cohort.cohort import Cohort
from analysis.cohort.statements import run_statement, sql_statements
from analysis.cohort.windows import Window
from analysis.counts.groups import groups_in_sql
from analysis.counts.outcome_kinds import outcome_kind
from analysis.counts.outcome_sources import outcome_source
from analysis.counts.rung_counts import period_values
from analysis.vocabulary.periods import Period

SESSION_COUNTS = {
    "started": "is_started",
    "with_baseline": "is_started AND has_baseline",
    "eligible": "is_eligible",
    "treated": "is_eligible AND is_given",
    "scored": "is_eligible AND has IS NOT NULL",
    "with_outcome": "is_eligible AND has",
    "first_seen": "is_eligible AND has AND NOT seen_before",
    "first_certain": "is_eligible AND has AND NOT seen_before AND NOT unseen_before",
    "responded": "is_eligible AND seen",
    "unknown": "is_eligible AND NOT seen AND unseen",
    "responded_treated": "is_eligible AND is_given AND seen",
    "unknown_treated": "is_eligible AND is_given AND NOT seen AND unseen",
}
"""What is counted at each session.

``treated`` had the session in time; ``scored`` and ``with_outcome`` are of the score after it; ``first_seen`` have the
outcome for the first time that was seen, ``first_certain`` of these were scored after every session before. By that
session: ``responded`` were seen to have it after this or an earlier one; of ``unknown`` this was not seen, and some
session they had was not followed by a score. All others who are eligible were scored each time and did not have it.
"""


@dataclass(frozen=True)
class SessionTally:
    """First courses by session number, all of the people whose last window has closed: the same at every session."""

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
        """Count the people of each group and session."""
        kind = outcome_kind(self.outcome, part.definitions.instruments[self.instrument])
        source = outcome_source(part, kind, self.instrument, self.windows)
        chosen, rungs = sql_statements("ladder.sql", "analysis.counts")
        (steps,) = sql_statements("session_steps.sql", "analysis.counts")
        groups = [f"group_{name}" for name in self.by]
        counts = [f"(count(*) FILTER ({which}))::BIGINT AS {name}" for name, which in SESSION_COUNTS.items()]
        statement = steps.format(
            chosen=chosen.format(people=source.people, courses="course = 1", also=""),
            rungs=rungs.format(
                source="chosen CROSS JOIN asked_windows", groups=groups_in_sql(self.by, part, self.instrument)
            ),
            last_window=part.window_number(self.windows[-1]),
            groups="".join(f"{group}, " for group in groups),
            scores=source.scores,
            is_true=kind.is_true,
            keys=", ".join([*groups, "window_name"]),
            counts=", ".join(counts),
        )
        found = run_statement(part.connection, statement, period_values(part, self.period)).df()
        return found.set_axis([*self.keys, *SESSION_COUNTS], axis="columns")

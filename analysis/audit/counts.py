"""The counts that a report's numbers are of, each by what it counts: the same people have one name in every table."""

from dataclasses import dataclass
from typing import NamedTuple

PEOPLE = ("treated", "prior_ketamine", "undated", "not_due", "started", "loading_completed", "loading_stopped",
          "loading_open", "loading_unknown")  # fmt: skip
"""Counted of everybody, whatever the scale: these have no instrument."""

ROWS_OF_FILES = ("read", "used", "set_aside")
"""Counted of rows of files, not of people."""

WORDS = {
    "treated": "started treatment",
    "prior_ketamine": "had ketamine before",
    "undated": "start not known",
    "not_due": "window not over",
    "started": "started, window over",
    "no_baseline": "started, no baseline",
    "with_baseline": "with a baseline",
    "below_entry": "baseline below the entry score",
    "eligible": "eligible",
    "not_scored": "eligible, not scored",
    "scored": "scored",
    "with_outcome": "scored, with the outcome",
    "no_outcome": "scored, without the outcome",
    "scored_completed": "scored, completed loading",
    "scored_others": "scored, did not complete loading",
    "with_outcome_completed": "with the outcome, completed loading",
    "with_outcome_others": "with the outcome, did not complete loading",
    "no_outcome_completed": "without the outcome, completed loading",
    "no_outcome_others": "without the outcome, did not complete loading",
    "completed_not_scored": "completed loading, not scored",
    "beside": "with the wider outcome only",
    "neither": "scored, with neither outcome",
    "remaining": "the rest of the longer period",
    "joined": "joined since the earlier report",
    "earlier_only": "due in the earlier window only",
    "read": "rows read",
    "used": "rows used",
    "set_aside": "rows set aside",
}
"""What each count is of."""


class Count(NamedTuple):
    """One count. ``version`` tells reports of different data apart where their numbers are not of the same people."""

    what: str
    period: str
    groups: tuple[tuple[str, str], ...] = ()
    instrument: str = ""
    window: str = ""
    outcome: str = ""
    version: str = ""

    def __str__(self) -> str:
        named = [f"{column} {level}" for column, level in self.groups]
        parts = [WORDS.get(self.what, self.what), self.outcome, *named, self.instrument, self.window, self.period]
        return "; ".join(part for part in [*parts, self.version] if part)


@dataclass(frozen=True)
class Position:
    """Where a count is printed, and its value; None where it is hidden."""

    count: Count
    report: int
    table: str
    row: int
    column: str
    value: int | None

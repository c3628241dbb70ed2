"""The tally behind state occupancy: who goes from which state to which on each day since the first session."""

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from analysis.cohort.cohort import Cohort
from analysis.cohort.statements import run_statement, sql_statements
from analysis.counts.groups import GROUPS, WINDOW_GROUPS, checked_groups, group_column
from analysis.counts.stopping_rule import CARE_ENDED, paused_from
from analysis.vocabulary.errors import CallError

STATES = (
    "not yet responded", "partial", "responded", "remitted", "lost response", "not known", "stopped treatment", "died",
)  # fmt: skip
"""Where somebody can be on a day; each person is in exactly one."""

START, ENDED = len(STATES), len(STATES) + 1
"""Before the first day, and no longer followed: what moves come from and go to beside the states, by their numbers."""

STRATEGIES = ("treatment-policy", "while-on-treatment")
"""What a known state is worth once treatment has stopped: it stays, or stopping goes before it."""

ENTRIES = ("eligible", "not eligible", "no baseline")
"""What the baseline says of somebody; of the eligible only can a response be known."""

START_GROUPS = tuple(name for name in GROUPS if name not in {*WINDOW_GROUPS, "course_kind", "loading_status"})
"""What states can be grouped by: what is known on the first day. What comes later would build in immortal time."""


@dataclass(frozen=True)
class OccupancyTally:
    """Moves between the states of all starters, by day, up to a last day; people treated before day 0 are left out."""

    instrument: str
    by: tuple[str, ...]
    last_day: int
    known_days: int
    strategy: str

    @property
    def keys(self) -> tuple[str, ...]:
        """The groups, what the baseline says, the day, and the numbers of the states before and after."""
        return (*self.by, "entry", "day", "before", "after")

    def count(self, part: Cohort) -> pd.DataFrame:
        """Count the people of each move."""
        rules = part.definitions
        values = {
            "last_day": self.last_day,
            "known_days": self.known_days,
            "gap_days": rules.course.gap_days,
            "data_cut": part.dataset.data_cut,
            "response_percent": rules.outcome.response_percent,
            "partial_percent": rules.outcome.partial_percent,
        }
        names = {
            "scale": part.scale_number(self.instrument),
            "groups": "".join(
                f", {group_column(name, part, self.instrument, of='courses.')} AS {name}" for name in self.by
            ),
            "listed": "".join(f"{name}, " for name in self.by),
            "stopping_first": str(self.strategy == "while-on-treatment").lower(),
            "not_yet": STATES.index("not yet responded"),
            "partial": STATES.index("partial"),
            "responded": STATES.index("responded"),
            "remitted": STATES.index("remitted"),
            "lost": STATES.index("lost response"),
            "not_known": STATES.index("not known"),
            "stopped": STATES.index("stopped treatment"),
            "died": STATES.index("died"),
            "care_ended": CARE_ENDED,
            "paused_from": paused_from("course_last_day"),
            "start": START,
            "ended": ENDED,
        }
        *prepare, moves = sql_statements("occupancy.sql", "analysis.counts")
        for statement in prepare:
            run_statement(part.connection, statement.format(**names), values)
        return run_statement(part.connection, moves.format(**names), values).df()


def start_groups(by: str | Sequence[str]) -> tuple[str, ...]:
    """Check what states are to be grouped by.

    Parameters
    ----------
    by : str or sequence of str
        Names from `START_GROUPS`.

    Returns
    -------
    tuple of str

    Raises
    ------
    CallError
        Naming the group that is unknown, named twice, or not known on the first day.

    Examples
    --------
    >>> start_groups("route")
    ('route',)
    """
    groups = (by,) if isinstance(by, str) else tuple(by)
    for name in groups:
        if name in GROUPS and name not in START_GROUPS:
            raise CallError(
                f"by: '{name}' is not known on the first day, and grouping people by what comes later makes one group "
                f"look better from the start. There are: {', '.join(START_GROUPS)}."
            )
    return checked_groups(groups, START_GROUPS)

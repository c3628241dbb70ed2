"""The tally behind inverse-intensity weights: days and assessments in a window, by what was known of the person."""

from dataclasses import dataclass
from itertools import combinations_with_replacement

import pandas as pd

from analysis.cohort.cohort import Cohort
from analysis.cohort.statements import run_statement, sql_statements
from analysis.cohort.windows import Window
from analysis.counts.groups import groups_in_sql
from analysis.counts.outcome_kinds import outcome_kind
from analysis.counts.outcome_sources import outcome_source
from analysis.counts.rung_counts import period_values
from analysis.vocabulary.periods import Period
from analysis.vocabulary.relapse_rule import KNOWN_DAYS

INTENSITY_KINDS = ("end", "late", "month", "day")
"""Windows that are days after an anchor, on each of which somebody can be assessed."""

STATES = ("none", "with_recent", "with_old", "without_recent", "without_old")
"""Before a day: no score since treatment began; or the last one with or without the outcome, recent or older."""

INTENSITY_VALUES = tuple(f"{what}_{state}" for what in ("days", "seen", "had") for state in STATES)
"""Of each person and window: days of the window, days with a score, and of these those with the outcome."""

INTENSITY_PRODUCTS = {
    f"{one}_x_{other}": (one, other) for one, other in combinations_with_replacement(INTENSITY_VALUES, 2)
}
"""Sums over people of products: what the variance of an estimate needs."""


@dataclass(frozen=True)
class IntensityTally:
    """First courses of eligible people: each day of a window, whether there was a score on it, and what it said.

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
        """Add up days, scores and outcomes of each group and window, and their products by person."""
        kind = outcome_kind(self.outcome, part.definitions.instruments[self.instrument])
        source = outcome_source(part, kind, self.instrument, self.windows)
        chosen, rungs = sql_statements("ladder.sql", "analysis.counts")
        (days,) = sql_statements("intensity.sql", "analysis.counts")
        groups = [f"group_{name}" for name in self.by]
        sums = {name: name for name in INTENSITY_VALUES}
        sums |= {name: f"{one} * {other}" for name, (one, other) in INTENSITY_PRODUCTS.items()}
        statement = days.format(
            chosen=chosen.format(people=source.people, courses="course = 1", also=""),
            rungs=rungs.format(
                source="chosen CROSS JOIN asked_windows", groups=groups_in_sql(self.by, part, self.instrument)
            ),
            scale=part.scale_number(self.instrument),
            is_true=kind.is_true,
            recent_days=KNOWN_DAYS,
            groups="".join(f"{group}, " for group in groups),
            keys=", ".join([*groups, "window_name"]),
            sums=", ".join(f"sum({made})::BIGINT AS {name}" for name, made in sums.items()),
        )
        found = run_statement(part.connection, statement, period_values(part, self.period)).df()
        return found.set_axis([*self.keys, *found.columns[len(self.keys) :]], axis="columns")

"""The tally behind trajectories: totals in several windows, by the change that people have in one of them."""

from dataclasses import dataclass

import pandas as pd

from analysis.cohort.cohort import Cohort
from analysis.cohort.statements import run_statement, sql_statements
from analysis.cohort.windows import Window
from analysis.counts.groups import groups_in_sql
from analysis.counts.outcome_kinds import outcome_kind
from analysis.counts.outcome_sources import outcome_source
from analysis.counts.rung_counts import period_values


@dataclass(frozen=True)
class ChangeTally:
    """Eligible people scored in the window ``reference``: their totals there and in other windows.

    ``change`` is that of the baseline in whole percent, rounded down, with a minus where they are better, on any scale.
    """

    instrument: str
    reference: Window
    windows: tuple[Window, ...]
    by: tuple[str, ...]

    @property
    def keys(self) -> tuple[str, ...]:
        """The groups, the window and the change."""
        return (*self.by, "window", "change")

    def count(self, part: Cohort) -> pd.DataFrame:
        """Count who is scored, and add up totals (in hundredths of a point) and their squares."""
        every = tuple(dict.fromkeys([self.reference, *self.windows]))
        kind = outcome_kind("response", part.definitions.instruments[self.instrument])
        source = outcome_source(part, kind, self.instrument, every)
        chosen, rungs = sql_statements("ladder.sql", "analysis.counts")
        groups = groups_in_sql(self.by, part, self.instrument)
        scores = f"({source.scores}) JOIN asked_windows USING (number) JOIN chosen USING (patient, course)"
        listed = "".join(f"group_{name}, " for name in self.by)
        statement = f"""
            WITH chosen AS ({chosen.format(people=source.people, courses="course = 1", also="")}),
            scored AS (SELECT * FROM ({rungs.format(source=scores, groups=groups)}) WHERE is_eligible),
            changes AS (
                SELECT patient, floor(severity * (baseline_n * total_hundredths - 100 * baseline_sum) / baseline_sum)
                    ::INTEGER AS change
                FROM scored JOIN baselines USING (patient, course) JOIN instruments USING (scale)
                WHERE number = {part.window_number(self.reference)} AND baseline_sum > 0
                    AND scale = {part.scale_number(self.instrument)}
            )
            SELECT {listed}window_name AS window, change, count(*) AS people,
                sum(total_hundredths)::BIGINT AS total_sum,
                sum(total_hundredths * total_hundredths)::BIGINT AS total_squares
            FROM scored JOIN changes USING (patient) GROUP BY ALL
        """
        found = run_statement(part.connection, statement, period_values(part, None)).df()
        return found.set_axis([*self.keys, *found.columns[len(self.keys) :]], axis="columns")

"""The tally behind comparisons of people with several values each: people by all the values they gave."""

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

VALUE_MARK, RECORD_MARK = chr(31), chr(30)
"""What stands between the values of a record, and between the records of a person; no identifier may hold them."""


@dataclass(frozen=True)
class RepeatedTally:
    """People by their records: for each course and window its groups, the window and whether it had the outcome.

    Two people with the same records are counted together. With ``scored_only`` the records are those with a score, else
    those of everybody eligible, not scored being without the outcome. A pattern of one person is that person's record:
    it never leaves.
    """

    instrument: str
    windows: tuple[Window, ...]
    by: tuple[str, ...]
    outcome: str
    courses: str
    scored_only: bool
    period: Period | None

    @property
    def keys(self) -> tuple[str, ...]:
        """The records of a person, as one text."""
        return ("records",)

    def count(self, part: Cohort) -> pd.DataFrame:
        """Count the people of each pattern."""
        kind = outcome_kind(self.outcome, part.definitions.instruments[self.instrument])
        source = outcome_source(part, kind, self.instrument, self.windows)
        chosen, rungs = sql_statements("ladder.sql", "analysis.counts")
        names = [f"group_{name}" for name in self.by]
        courses = "course = 1" if self.courses == "first" else "true"
        everybody = rungs.format(
            source="chosen CROSS JOIN asked_windows", groups=groups_in_sql(self.by, part, self.instrument)
        )
        values = f" || chr({ord(VALUE_MARK)}) || ".join([*names, "window_name", "(coalesce(has, false))::INTEGER"])
        statement = f"""
            WITH chosen AS ({chosen.format(people=source.people, courses=courses, also="")}),
            eligible AS (SELECT * FROM ({everybody}) WHERE is_eligible),
            scored AS (SELECT patient, course, number, {kind.is_true} AS has FROM ({source.scores})),
            records AS (
                SELECT eligible.patient, {values} AS record
                FROM eligible LEFT JOIN scored ON scored.patient = eligible.patient
                    AND scored.course = eligible.course AND scored.number = eligible.number
                WHERE NOT {self.scored_only} OR has IS NOT NULL
            ),
            persons AS (
                SELECT string_agg(record, chr({ord(RECORD_MARK)}) ORDER BY record) AS records FROM records
                GROUP BY patient
            )
            SELECT records, count(*) AS people FROM persons GROUP BY records"""
        return run_statement(part.connection, statement, period_values(part, self.period)).df()

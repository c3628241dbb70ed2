"""The tally of people scored twice before treatment: what their scores did while nothing was done."""

from dataclasses import dataclass

import pandas as pd

from analysis.cohort.cohort import Cohort
from analysis.counts.groups import group_column

LEAST_DAYS_APART = 7
"""Two scores nearer to each other are one assessment rather than two; two-week scales overlap least after two weeks."""

MOST_DAYS_BEFORE = 180

_PAIRS = """
    WITH before AS (SELECT * FROM baseline_candidates({most_days}) WHERE scale = {scale} AND course = 1),
    last_scores AS (
        SELECT patient, arg_max(total, position) AS second, max(position) AS last_position FROM before GROUP BY patient
    ),
    pairs AS (
        SELECT patient, second, arg_max(total, position) AS first, max(position) AS first_position, last_position
        FROM before JOIN last_scores USING (patient)
        WHERE position[1] <= last_position[1] - {apart}
        GROUP BY patient, second, last_position
    )
    SELECT {groups}CASE WHEN severity * (first - entry_score) >= 0 THEN 'yes' ELSE 'no' END AS entered,
        count(*) AS people,
        sum(last_position[1] - first_position[1])::BIGINT AS days, sum(first)::BIGINT AS first_sum,
        sum(second)::BIGINT AS second_sum, sum(first * first)::BIGINT AS first_squares,
        sum(second * second)::BIGINT AS second_squares, sum(first * second)::BIGINT AS products
    FROM pairs JOIN courses ON courses.patient = pairs.patient AND course = 1 JOIN instruments ON scale = {scale}
    WHERE NOT coalesce(prior_ketamine, false) AND entry_score IS NOT NULL
    GROUP BY ALL"""


@dataclass(frozen=True)
class PretreatmentTally:
    """Pairs of scores before the first course: the last, and the last before it by `LEAST_DAYS_APART` or more.

    ``entered`` is yes where the earlier of them was at or over the entry score.
    """

    instrument: str
    by: tuple[str, ...]

    @property
    def keys(self) -> tuple[str, ...]:
        """The groups, and whether the earlier score was at or over the entry score."""
        return (*self.by, "entered")

    def count(self, part: Cohort) -> pd.DataFrame:
        """Count the people of each group, and add up their scores, squares and products."""
        groups = [f"{group_column(name, part, self.instrument, of='courses.')} AS group_{name}, " for name in self.by]
        statement = _PAIRS.format(
            scale=part.scale_number(self.instrument),
            groups="".join(groups),
            apart=LEAST_DAYS_APART,
            most_days=MOST_DAYS_BEFORE,
        )
        found = part.connection.execute(statement).df()
        return found.set_axis([*self.keys, *found.columns[len(self.keys) :]], axis="columns")

"""The tally behind responding again: who lost response, came for a re-loading or a booster, and responded to it."""

from dataclasses import dataclass

import pandas as pd

from analysis.cohort.cohort import Cohort
from analysis.counts.follow_up_tally import end_in_sql, followed_query, run_followed
from analysis.vocabulary.relapse_rule import RelapseRule

AFTER = ("re-loading", "booster")


@dataclass(frozen=True)
class AgainTally:
    """People who lost their response, by what came after it first of each kind.

    Re-loading is the first such session of the first course from the day of the loss on, a booster the first course of
    that kind. ``scored`` have a score on one of the next ``within`` days (the last of them counts), all of which are
    over by the data cut for those ``treated``. It is held against the baseline of the first course.
    """

    instrument: str
    within: int
    rule: RelapseRule

    @property
    def keys(self) -> tuple[str, ...]:
        """What came after the loss."""
        return ("after",)

    def count(self, part: Cohort) -> pd.DataFrame:
        """Count who lost response, who was treated again, who was scored and who responded."""
        followed = followed_query(part, "lost response", self.instrument, self.rule, first_course=False)
        query = f"""
            WITH followed AS MATERIALIZED ({followed}),
            lost AS (SELECT * FROM followed WHERE {end_in_sql("treatment-policy")} = 'event'),
            treated AS (
                SELECT 're-loading' AS after, patient, min(day) AS again_day
                FROM course_sessions JOIN lost USING (patient)
                WHERE course_sessions.course = 1 AND stage = 're-loading' AND day >= event_day GROUP BY patient
                UNION ALL
                SELECT 'booster', courses.patient, min(courses.first_day)
                FROM courses JOIN lost USING (patient)
                WHERE courses.kind = 'booster' AND courses.first_day >= event_day GROUP BY courses.patient
            ),
            due AS (
                SELECT treated.*, baseline_sum, baseline_n FROM treated JOIN lost USING (patient)
                WHERE due_basis = 'assumed'
                    OR due_from + (again_day - first_day + {int(self.within)}) <= $data_cut::DATE
            ),
            judged AS (
                SELECT after, patient, day, occasion_order, row, CASE WHEN response_points IS NULL
                    THEN 100 * severity * (baseline_sum - baseline_n * total) >= $response_percent * baseline_sum
                    ELSE severity * (baseline_sum - baseline_n * total) >= response_points * baseline_n END AS response
                FROM followed_scores AS scores JOIN due USING (patient) JOIN instruments USING (scale)
                WHERE scale = {part.scale_number(self.instrument)} AND occasion_order < 3
                    AND day BETWEEN again_day + 1 AND again_day + {int(self.within)}
            ),
            last_scores AS (
                SELECT after, patient, arg_max(response, (day, occasion_order, row)) AS response
                FROM judged GROUP BY after, patient
            )
            SELECT after, (SELECT count(*) FROM lost) AS lost_response, count(due.patient) AS treated,
                count(last_scores.patient) AS scored, count(*) FILTER (last_scores.response) AS responded
            FROM (SELECT unnest(['{AFTER[0]}', '{AFTER[1]}']) AS after)
                LEFT JOIN due USING (after) LEFT JOIN last_scores USING (after, patient)
            GROUP BY after
        """
        return run_followed(part, query, self.rule).df()

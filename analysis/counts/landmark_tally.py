"""The tally behind the landmark: people by whether maintenance had come by a day, and what happened after that day."""

from dataclasses import dataclass

import pandas as pd

from analysis.cohort.cohort import Cohort
from analysis.counts.follow_up_tally import end_in_sql, followed_query, run_followed, time_in_sql
from analysis.vocabulary.relapse_rule import RelapseRule

BY_THEN, NONE_BY_THEN = "maintenance by then", "none by then"
GONE = "gone before"


@dataclass(frozen=True)
class LandmarkTally:
    """People in response at the end of loading, by what had come until ``within`` days after their loading closed.

    ``end`` is how the following ended after that day, with its ``time`` since; ``gone before`` for those whose
    following had ended by then, and where the end of loading has no day.
    """

    event: str
    instrument: str
    within: int
    rule: RelapseRule

    @property
    def keys(self) -> tuple[str, ...]:
        """The group, the strategy, the end and its time."""
        return ("maintenance", "strategy", "end", "time")

    def count(self, part: Cohort) -> pd.DataFrame:
        """Count the people of each group, end and time."""
        followed = followed_query(part, self.event, self.instrument, self.rule, first_course=False)
        query = (
            f"WITH followed AS MATERIALIZED (SELECT *, {end_in_sql('treatment-policy')} AS ending FROM ({followed})), "
            f"timed AS (SELECT *, first_day + loading_closes_course_day + {int(self.within)} AS landmark, "
            f"origin_day + {time_in_sql('day', 'treatment-policy')} AS ended_day FROM followed), "
            # What happens on the day itself is not after it; who is last assessed on it is still looked at on it.
            "judged AS (SELECT *, coalesce(ended_day - (ending <> 'censored')::INTEGER >= landmark, false) AS stays "
            "FROM timed) "
            f"SELECT CASE WHEN NOT stays THEN '{GONE}' WHEN first_maintenance_day <= landmark THEN '{BY_THEN}' "
            f"ELSE '{NONE_BY_THEN}' END AS maintenance, 'treatment-policy' AS strategy, "
            f"CASE WHEN stays THEN ending ELSE '{GONE}' END AS ended, "
            "CASE WHEN stays THEN (ended_day - landmark)::INTEGER ELSE 0 END AS time, count(*) AS people "
            "FROM judged GROUP BY ALL"
        )
        return run_followed(part, query, self.rule).df().rename(columns={"ended": "end"})

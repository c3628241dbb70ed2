"""The tallies behind the measures that no ladder of windows gives: index scores with a follow-up, and ended courses."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

from analysis.cohort.cohort import Cohort
from analysis.cohort.statements import run_statement, sql_statements
from analysis.counts.engine import count_all
from analysis.counts.groups import group_column
from analysis.counts.ladder import group_levels, refuse_undated, with_every_group
from analysis.counts.tallies import DueTally, group_tally
from analysis.vocabulary.measures import EndedCourseRule, IndexRule
from analysis.vocabulary.periods import Period

INDEX_COUNTS = {
    "treated": "true",
    "undated": "undated",
    "no_index": "NOT undated AND NOT has_index",
    "not_due": "has_index AND NOT is_started",
    "started": "is_started",
    "excluded_diagnosis": "exclusion = 'excluded_diagnosis'",
    "other_diagnosis": "exclusion = 'other_diagnosis'",
    "too_young": "exclusion = 'too_young'",
    "died": "exclusion = 'died'",
    "eligible": "is_eligible",
    "scored": "is_scored",
    "remission": "is_remission",
    "response": "is_response",
    "prior_ketamine": "is_eligible AND prior_ketamine",
    "diagnosis_unknown": "is_eligible AND diagnosis IS NULL",
    "age_unknown": "is_eligible AND age IS NULL",
}
"""What is counted of the people of an index measure, and who."""

COURSE_COUNTS = {
    "treated": "in_period",
    "undated": "undated",
    "not_due": "NOT undated AND in_period AND NOT is_over",
    "few_sessions": "is_over AND NOT is_started",
    "started": "is_started",
    "not_case": "is_started AND NOT is_eligible",
    "eligible": "is_eligible",
    "scored": "is_eligible AND has_outcome IS NOT NULL",
    "with_outcome": "is_eligible AND has_outcome",
    "prior_ketamine": "is_eligible AND prior_ketamine",
    "case_unknown": "is_eligible AND is_case IS NULL",
}
"""What is counted of the people of a measure of ended courses, and who."""


@dataclass(frozen=True)
class IndexTally:
    """People by what followed their index score."""

    rule: IndexRule
    by: tuple[str, ...]
    period: Period | None

    @property
    def keys(self) -> tuple[str, ...]:
        """The groups and the scale."""
        return (*self.by, "instrument")

    @property
    def instrument(self) -> str:
        """The scale."""
        return self.rule.instrument

    @property
    def scale(self) -> str:
        """The scale whose baseline groups of severity are made of."""
        return self.rule.instrument

    def count(self, part: Cohort) -> pd.DataFrame:
        """Count the people of each group: that of the course with the index score, or else of the first course."""
        (people,) = sql_statements("index_measure.sql", "analysis.counts")
        rule = self.rule
        values = {
            "over": rule.over,
            "visit_within": rule.visit_within,
            "first_day": rule.first_day,
            "last_day": rule.last_day,
            "remission_below": rule.remission_below,
            "response_percent": rule.response_percent,
            "diagnoses": list(rule.diagnoses),
            "excluded": rule.excluded,
            "youngest": rule.youngest,
        }
        filled = people.format(scale=part.scale_number(rule.instrument))
        return _counted_people(part, filled, INDEX_COUNTS, self, values).assign(instrument=self.instrument)


@dataclass(frozen=True)
class EndedCourseTally:
    """People by how they were at the start and the end of their first course."""

    rule: EndedCourseRule
    by: tuple[str, ...]
    period: Period | None

    @property
    def keys(self) -> tuple[str, ...]:
        """The groups and the scale."""
        return (*self.by, "instrument")

    @property
    def instrument(self) -> str:
        """Both scales."""
        return f"{self.rule.depression} and {self.rule.anxiety}"

    @property
    def scale(self) -> str:
        """The scale whose baseline groups of severity are made of."""
        return self.rule.depression

    def count(self, part: Cohort) -> pd.DataFrame:
        """Count the people of each group."""
        (people,) = sql_statements("ended_course_measure.sql", "analysis.counts")
        rule = self.rule
        values = {
            "gap_days": part.definitions.course.gap_days,
            "days_after": rule.days_after,
            "depression_case": rule.depression_case,
            "depression_change": rule.depression_change,
            "anxiety_case": rule.anxiety_case,
            "anxiety_change": rule.anxiety_change,
            "least_sessions": rule.sessions,
            "of_cases": rule.of_cases,
            "outcome": rule.outcome,
        }
        filled = people.format(depression=part.scale_number(rule.depression), anxiety=part.scale_number(rule.anxiety))
        return _counted_people(part, filled, COURSE_COUNTS, self, values).assign(instrument=self.instrument)


def _counted_people(
    part: Cohort,
    people: str,
    counts: Mapping[str, str],
    tally: "IndexTally | EndedCourseTally",
    values: Mapping[str, Any],
) -> pd.DataFrame:
    groups = [f"group_{name}" for name in tally.by]
    columns = [f"{group_column(name, part, tally.scale)} AS group_{name}" for name in tally.by]
    columns += [f"(count(*) FILTER ({which}))::BIGINT AS {name}" for name, which in counts.items()]
    period = tally.period
    of_period = {
        "data_cut": part.dataset.data_cut,
        "period_first": period and period.first,
        "period_last": period and period.last,
        "period_is_quarter": period is not None and not period.is_year,
    }
    # Without a group there is one row, also where nobody was treated.
    grouped = f" GROUP BY {', '.join(groups)}" if groups else ""
    statement = f"SELECT {', '.join(columns)} FROM ({people}){grouped}"
    found = run_statement(part.connection, statement, {**of_period, **values}).df()
    return found.set_axis([*tally.by, *counts], axis="columns")


def tally_people(cohort: Cohort, tally: IndexTally | EndedCourseTally) -> pd.DataFrame:
    """Count the people of a measure in every group.

    Parameters
    ----------
    cohort : Cohort
    tally : IndexTally or EndedCourseTally

    Returns
    -------
    DataFrame
        One row per group, every group present even when empty: the group columns, ``instrument``, and `INDEX_COUNTS`
        or `COURSE_COUNTS` in whole numbers.

    Raises
    ------
    CallError
        When the dataset has no dates for the tally's period.
    """
    levels = [group_tally(name, tally.scale) for name in tally.by]
    _, counted, *groups = count_all(cohort, [DueTally(), tally, *levels])
    refuse_undated(cohort, tally.period, by=tally.by)
    return with_every_group(counted, tally.keys, [*map(group_levels, groups), [tally.instrument]])

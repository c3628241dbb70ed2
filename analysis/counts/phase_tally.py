"""Tallies of phases: how first courses went, how often maintenance was given, and what the clinic's own label says.

Each is a few whole numbers under keys. What is a number of days or sessions is counted for each whole value, so that
medians of any number of partitions are made of the same counts.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations_with_replacement

import pandas as pd

from analysis.cohort.cohort import Cohort
from analysis.counts.groups import GROUPS, WINDOW_GROUPS, checked_groups

PHASE_GROUPS = tuple(name for name in GROUPS if name not in {*WINDOW_GROUPS, "course_kind", "baseline_severity"})
"""What phases can be grouped by: not by what they are themselves, nor by a scale's baseline."""

FACTS = {
    "loading": "loading_status || '|' || loading_reason",
    "reached maintenance": "CASE WHEN loading_status IN ('completed', 'stopped') THEN maintenance_sessions > 0 END",
    "re-loading": "CASE WHEN maintenance_sessions > 0 THEN reloading_sessions > 0 END",
    "route switch": "route_switches > 0",
    "clinic switch": "clinic_switches > 0",
    "repeat course": "repeats > 0",
    "booster": "boosters > 0",
    "sessions": "sessions",
    "loading sessions": "CASE WHEN loading_status IN ('completed', 'stopped') THEN loading_sessions END",
    "loading days": "CASE WHEN loading_status IN ('completed', 'stopped') THEN last_loading_day - first_day END",
    "days from loading to maintenance": "days_to_maintenance",
    "median gap in maintenance": "(2 * median_gap)::INTEGER",
    "longest gap in maintenance": "longest_gap",
}
"""What is counted of each person's first course: a text, yes or no, or a whole number (the median gap in half days)."""

CELLS = ("loading_loading", "loading_maintenance", "maintenance_loading", "maintenance_maintenance")
"""The phase by the rule, then by the clinic's own label."""

PRODUCTS = tuple(f"{one}_x_{other}" for one, other in combinations_with_replacement(("unlabelled", *CELLS), 2))
"""Sums over people of the products of a person's cells: what an interval clustered by person needs."""

_FIRST_COURSES = """
    (SELECT courses.*, course_maintenance.* EXCLUDE (patient, patient_id, course, maintenance_sessions),
        coalesce(repeats, 0) AS repeats, coalesce(boosters, 0) AS boosters
    FROM courses JOIN course_maintenance USING (patient, course)
        LEFT JOIN (SELECT patient, count(*) FILTER (kind = 'repeat') AS repeats,
                       count(*) FILTER (kind = 'booster') AS boosters
                   FROM courses GROUP BY patient) AS later USING (patient)
    WHERE course = 1 AND NOT coalesce(prior_ketamine, false)) AS courses"""


@dataclass(frozen=True)
class PhaseFactTally:
    """How many first courses have each value of each of `FACTS`; people treated before day 0 are left out."""

    by: tuple[str, ...]

    @property
    def keys(self) -> tuple[str, ...]:
        """The groups, the fact and its value as text."""
        return (*self.by, "name", "value")

    def count(self, part: Cohort) -> pd.DataFrame:
        """Count the courses of each value; a course without a value of a fact is not counted there."""
        facts = ", ".join(f'({fact})::VARCHAR AS "{name}"' for name, fact in FACTS.items())
        listed = ", ".join(f'"{name}"' for name in FACTS)
        return part.connection.execute(
            f"SELECT {_listed(self.by)}name, value, count(*) AS courses "
            f"FROM (UNPIVOT (SELECT {_groups(self.by)}{facts} FROM {_FIRST_COURSES}) ON {listed} "
            f"INTO NAME name VALUE value) GROUP BY ALL"
        ).df()


@dataclass(frozen=True)
class CourseKindTally:
    """Courses and people: first, repeat and booster courses, switches and re-loading in them, and who is left out."""

    by: tuple[str, ...]

    @property
    def keys(self) -> tuple[str, ...]:
        """The groups and the kind of course."""
        return (*self.by, "kind")

    def count(self, part: Cohort) -> pd.DataFrame:
        """Count each kind; first courses of people treated before day 0 are the kind ``prior ketamine``."""
        kind = "CASE WHEN course = 1 AND coalesce(prior_ketamine, false) THEN 'prior ketamine' ELSE kind END"
        counted = ("sessions", "reloading_episodes", "route_switches", "clinic_switches")
        return part.connection.execute(
            f"SELECT {_groups(self.by)}{kind} AS kind, count(*) AS courses, "
            f"{', '.join(f'{_sum(name)} AS {name}' for name in counted)} "
            "FROM courses JOIN course_maintenance USING (patient, course) GROUP BY ALL"
        ).df()


@dataclass(frozen=True)
class CadenceTally:
    """Gaps in the maintenance of first courses, their days, and the squares and products of both by course."""

    by: tuple[str, ...]

    @property
    def keys(self) -> tuple[str, ...]:
        """The groups, and what is added up: counts need a key."""
        return (*self.by, "counted")

    def count(self, part: Cohort) -> pd.DataFrame:
        """Add up over the courses that have such a gap."""
        x, m = "maintenance_gaps::BIGINT", "maintenance_days::BIGINT"
        numbers = {"gaps": x, "days": m, "gaps_x_gaps": f"{x} * {x}", "gaps_x_days": f"{x} * {m}"}
        numbers["days_x_days"] = f"{m} * {m}"
        sums = ", ".join(f"{_sum(number)} AS {name}" for name, number in numbers.items())
        return part.connection.execute(
            f"SELECT {_groups(self.by)}'gaps' AS counted, count(*) AS courses, {sums} "
            f"FROM {_FIRST_COURSES} WHERE maintenance_gaps > 0 GROUP BY ALL"
        ).df()


@dataclass(frozen=True)
class AgreementTally:
    """Sessions of all courses that have a phase by a rule and by the clinic's own label, by both."""

    by: tuple[str, ...]

    @property
    def keys(self) -> tuple[str, ...]:
        """The groups, and what is added up: counts need a key."""
        return (*self.by, "counted")

    def count(self, part: Cohort) -> pd.DataFrame:
        """Count the sessions under a rule, by whether and how they are labelled, and the products by person."""
        cells = ", ".join(
            "(count(*) FILTER (phase = '{}' AND phase_recorded = '{}'))::BIGINT AS {}".format(*cell.split("_"), cell)
            for cell in CELLS
        )
        products = ", ".join(f"{_sum(product.replace('_x_', ' * '))} AS {product}" for product in PRODUCTS)
        sums = ", ".join(f"{_sum(name)} AS {name}" for name in ("ruled", "unlabelled", *CELLS))
        return part.connection.execute(
            f"WITH persons AS (SELECT patient, {_groups(self.by)}count(*) AS ruled, "
            f"count(*) - count(phase_recorded) AS unlabelled, {cells} "
            "FROM course_sessions AS given JOIN kinds ON given.kind = kinds.kind JOIN courses USING (patient, course) "
            "WHERE given.phase_rule <> 'recorded' GROUP BY ALL) "
            f"SELECT {_listed(self.by)}'labels' AS counted, count(*) AS people, "
            f"count(*) FILTER (ruled > unlabelled) AS people_labelled, {sums}, {products} FROM persons GROUP BY ALL"
        ).df()


@dataclass(frozen=True)
class SessionDayTally:
    """Treatment sessions of first courses by the day of the course and the phase."""

    by: tuple[str, ...]

    @property
    def keys(self) -> tuple[str, ...]:
        """The groups, the phase and the day."""
        return (*self.by, "phase", "course_day")

    def count(self, part: Cohort) -> pd.DataFrame:
        """Count the sessions of each day."""
        return part.connection.execute(
            f"SELECT {_groups(self.by)}phase, course_day, count(*) AS sessions "
            "FROM course_sessions JOIN courses USING (patient, course) "
            "WHERE course = 1 AND NOT coalesce(prior_ketamine, false) GROUP BY ALL"
        ).df()


def phase_groups(by: str | Sequence[str]) -> tuple[str, ...]:
    """Check what phases are to be grouped by.

    Parameters
    ----------
    by : str or sequence of str
        Names from `PHASE_GROUPS`.

    Returns
    -------
    tuple of str

    Raises
    ------
    CallError
        Naming the group that is unknown or named twice.

    Examples
    --------
    >>> phase_groups("route")
    ('route',)
    """
    return checked_groups(by, PHASE_GROUPS)


def _groups(by: tuple[str, ...]) -> str:
    """Name the groups in SQL, as the other tallies do."""
    columns = {name: GROUPS[name].format(of="courses.") for name in by}
    return "".join(f"coalesce(({column})::VARCHAR, 'unknown') AS {name}, " for name, column in columns.items())


def _listed(by: tuple[str, ...]) -> str:
    return "".join(f"{name}, " for name in by)


def _sum(numbers: str) -> str:
    """Add up whole numbers in SQL; where there are none, as in a part without such sessions, it is 0."""
    return f"coalesce(sum({numbers}), 0)::BIGINT"

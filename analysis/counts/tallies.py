"""Tallies: what is counted in one partition, as whole numbers under keys, so that the counts of partitions add."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import pandas as pd

from analysis.cohort.cohort import Cohort

GROUPS = {
    "clinic_id": "clinic_id",
    "route": "route",
    "treatment": "treatment",
    "payer": "payer",
    "diagnosis": "diagnosis",
    "sex": "sex",
    "age_band": "age_band",
    "race_ethnicity": "race_ethnicity",
    "course_kind": "kind",
    "loading_status": "loading_status",
    "maintenance": "CASE WHEN window_kind = 'month' "
    "AND coalesce(first_maintenance_day < last_loading_day + nearest, false) THEN 'given' ELSE 'not given' END",
}
"""What rates can be grouped by. ``maintenance``: whether a maintenance session came before the window's middle day."""


class Tally(Protocol):
    """Something to count. A tally is a small frozen object, so that it can be sent to where the partition is."""

    @property
    def keys(self) -> tuple[str, ...]:
        """The columns under which counts add; all others are whole numbers."""

    def count(self, part: Cohort) -> pd.DataFrame:
        """Count one partition."""


@dataclass(frozen=True)
class GroupTally:
    """Courses by one of `GROUPS`: which groups there are."""

    name: str

    @property
    def keys(self) -> tuple[str, ...]:
        """The group."""
        return ("level",)

    def count(self, part: Cohort) -> pd.DataFrame:
        """Count the courses of each group; of maintenance, which depends on the window, both groups are there."""
        if self.name == "maintenance":
            return pd.DataFrame({"level": ["given", "not given"], "courses": 0})
        level = f"coalesce({GROUPS[self.name]}::VARCHAR, 'unknown')"
        return _counted(part, f"SELECT {level} AS level, count(*) AS courses FROM courses GROUP BY level")


@dataclass(frozen=True)
class DueTally:
    """Courses by what their due days are counted from."""

    @property
    def keys(self) -> tuple[str, ...]:
        """The basis."""
        return ("due_basis",)

    def count(self, part: Cohort) -> pd.DataFrame:
        """Count the courses of each basis."""
        return _counted(part, "SELECT due_basis, count(*) AS courses FROM courses GROUP BY due_basis")


@dataclass(frozen=True)
class ScaleTally:
    """Usable scores of people in treatment, by instrument."""

    @property
    def keys(self) -> tuple[str, ...]:
        """The instrument."""
        return ("instrument",)

    def count(self, part: Cohort) -> pd.DataFrame:
        """Count the scores of each instrument."""
        scores = "judged_scores JOIN instruments USING (scale)"
        return _counted(part, f"SELECT instrument, count(*) AS scores FROM {scores} GROUP BY instrument")


@dataclass(frozen=True)
class SetAsideTally:
    """Rows read and not used, by table and reason."""

    @property
    def keys(self) -> tuple[str, ...]:
        """Table and reason."""
        return ("table", "reason")

    def count(self, part: Cohort) -> pd.DataFrame:
        """Count the rows of each reason."""
        return part.set_aside


def add_counts(frames: Sequence[pd.DataFrame], keys: Sequence[str]) -> pd.DataFrame:
    """Add the counts of partitions.

    Parameters
    ----------
    frames : sequence of DataFrame
        At least one; the same columns in each.
    keys : sequence of str
        Counts of rows with the same keys are added.

    Returns
    -------
    DataFrame
        In the order of the keys, so that the order of the partitions leaves no trace.

    Examples
    --------
    >>> part = pd.DataFrame({"route": ["iv", "intranasal"], "people": [3, 2]})
    >>> add_counts([part, part], ["route"])
            route  people
    0  intranasal       4
    1          iv       6
    """
    together = pd.concat(frames, ignore_index=True)
    numbers = together.columns.difference(list(keys))
    together[numbers] = together[numbers].astype("int64")
    return together.groupby(list(keys), sort=True, dropna=False, as_index=False).sum()


def _counted(part: Cohort, query: str) -> pd.DataFrame:
    return part.connection.execute(query).df()

"""Tallies: what is counted in one partition, as whole numbers under keys, so that the counts of partitions add."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import pandas as pd

from analysis.cohort.cohort import Cohort
from analysis.counts.groups import WINDOW_GROUPS, fixed_levels, group_column


class Tally(Protocol):
    """Something to count. A tally is a small frozen object, so that it can be sent to where the partition is."""

    @property
    def keys(self) -> tuple[str, ...]:
        """The columns under which counts add; all others are whole numbers."""

    def count(self, part: Cohort) -> pd.DataFrame:
        """Count one partition."""


@dataclass(frozen=True)
class GroupTally:
    """Courses by one of `GROUPS`: which groups there are, in the order in which they are shown.

    The instrument is the one whose baseline makes the groups, and named for those only: others are counted once.
    """

    name: str
    instrument: str = ""

    @property
    def keys(self) -> tuple[str, ...]:
        """The group's place, and the group."""
        return ("place", "level")

    def count(self, part: Cohort) -> pd.DataFrame:
        """Count the courses of each group; levels that are fixed are there whoever is in the data."""
        levels = fixed_levels(self.name, self.instrument, part.definitions)
        fixed = pd.DataFrame({"place": range(len(levels)), "level": list(levels), "courses": 0})
        if self.name in WINDOW_GROUPS:
            return fixed
        level = group_column(self.name, part, self.instrument)
        found = _counted(part, f"SELECT {level} AS level, count(*) AS courses FROM courses GROUP BY level")
        places = {words: place for place, words in enumerate(levels)}
        found["place"] = [places.get(each, len(levels)) for each in found["level"]]
        return add_counts([fixed, found[["place", "level", "courses"]]], self.keys)


def group_tally(name: str, instrument: str) -> GroupTally:
    """Return the tally of a group's levels.

    Parameters
    ----------
    name : str
    instrument : str

    Returns
    -------
    GroupTally

    Examples
    --------
    >>> group_tally("route", "PHQ-9") == group_tally("route", "GAD-7")
    True
    """
    return GroupTally(name, instrument if name == "baseline_severity" else "")


def group_tallies(by: Sequence[str], instrument: str) -> list[GroupTally]:
    """Return the tally of each group's levels.

    Parameters
    ----------
    by : sequence of str
    instrument : str

    Returns
    -------
    list of GroupTally

    Examples
    --------
    >>> group_tallies(["route"], "PHQ-9") == [GroupTally("route")]
    True
    """
    return [group_tally(name, instrument) for name in by]


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
    # In one block: columns that lie apart are slow to add up, and there can be hundreds.
    together = together.astype(dict.fromkeys(numbers, "int64")).copy()
    return together.groupby(list(keys), sort=True, dropna=False, as_index=False).sum()


def _counted(part: Cohort, query: str) -> pd.DataFrame:
    return part.connection.execute(query).df()

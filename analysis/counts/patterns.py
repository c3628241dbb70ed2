"""Counts per missingness pattern, asked for: what a repeated-measures model needs of a cohort of any size."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import pandas as pd

from analysis.cohort.cohort import Cohort
from analysis.cohort.windows import Window
from analysis.counts.engine import count_all
from analysis.counts.groups import WINDOW_GROUPS
from analysis.counts.ladder import ask
from analysis.counts.pattern_tally import COVARIATES, PatternTally
from analysis.counts.tallies import add_counts
from analysis.vocabulary.errors import CallError, nearest_name

MOST_WINDOWS = 60


@dataclass(frozen=True, eq=False, repr=False)
class PatternCounts:
    """Whole-number sums per missingness pattern. A pattern of one patient is that patient's record: never let it out.

    Attributes
    ----------
    table : DataFrame
        The groups, ``pattern, complete, patients``, and the sums and products of `PatternTally`.
    instrument : str
    windows : tuple of str
    by, covariates : tuple of str
    """

    table: pd.DataFrame
    instrument: str
    windows: tuple[str, ...]
    by: tuple[str, ...]
    covariates: tuple[str, ...]

    def __repr__(self) -> str:
        people = int(self.table["patients"].sum())
        return (
            f"Counts per pattern: {self.instrument}, {people:,} eligible people, {len(self.windows)} windows, "
            f"{self.table['pattern'].nunique():,} patterns"
        )

    def together(self, group: str, levels: Sequence[str] | None = None) -> "PatternCounts":
        """Add the counts of a group's levels, of some of them or of all.

        Parameters
        ----------
        group : str
            One of ``by``.
        levels : sequence of str, optional
            All when left out.

        Returns
        -------
        PatternCounts
            Without the group.
        """
        kept = self.table if levels is None else self.table[self.table[group].isin(levels)]
        by = tuple(name for name in self.by if name != group)
        added = add_counts([kept.drop(columns=group)], [*by, "pattern", "complete"])
        return replace(self, table=added, by=by)


def count_patterns(
    cohort: Cohort,
    *,
    instrument: str,
    window: Sequence[str],
    by: str | Sequence[str] = (),
    covariates: str | Sequence[str] = ("baseline",),
) -> PatternCounts:
    """Count the eligible people of a cohort by which windows they were scored in, with sums of their scores.

    Parameters
    ----------
    cohort : Cohort
    instrument : str
    window : sequence of str
        In order of time; as in `response_rates`.
    by : str or sequence of str
        Groups, as in `response_rates`; categorical in a model.
    covariates : str or sequence of str
        Of ``baseline, age, failed_trials``.

    Returns
    -------
    PatternCounts
        For `mmrm`.

    Raises
    ------
    CallError
        Naming the option that is wrong and what it can be.

    Notes
    -----
    People are those of the ladder's eligible in any of the windows, in their first course; a score counts where its
    window has closed. One pass over each partition; whole numbers, so partitions add without rounding.
    """
    question = ask(cohort, instrument=instrument, window=window, by=by)
    named = (covariates,) if isinstance(covariates, str) else tuple(covariates)
    for name in named:
        if name not in COVARIATES:
            hint = nearest_name(name, list(COVARIATES))
            raise CallError(f"covariates: '{name}' is unknown.{hint} There are: {', '.join(COVARIATES)}.")
    if len(set(named)) < len(named):
        raise CallError("covariates: one is named twice.")
    for name in set(question.by) & set(WINDOW_GROUPS):
        raise CallError(f"by: '{name}' changes from window to window, so it is no group of patients.")
    _refuse_windows(question.windows, named)
    (table,) = count_all(cohort, [PatternTally(instrument, question.windows, question.by, named)])
    return PatternCounts(table, instrument, tuple(each.name for each in question.windows), question.by, named)


def _refuse_windows(windows: Sequence[Window], covariates: Sequence[Any]) -> None:
    if any(each.kind == "baseline" for each in windows):
        hint = "" if "baseline" in covariates else " Name it among the covariates."
        raise CallError(f"window: the baseline is no window after treatment began.{hint}")
    if len(windows) > MOST_WINDOWS:
        raise CallError(f"window: at most {MOST_WINDOWS} windows.")

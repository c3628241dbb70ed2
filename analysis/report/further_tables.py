"""What a report shows beside the scores in their windows: each subject counts and estimates its own tables."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from analysis.cohort.cohort import Cohort
from analysis.counts.tallies import Tally
from analysis.report.result import Result
from analysis.vocabulary.periods import Period


@dataclass(frozen=True)
class FurtherTables:
    """One subject. Both take the cohort, the headline scale and the period of the breakdowns (None: all data).

    Attributes
    ----------
    tallies : callable
        Lists what has to be counted, so that everything is counted in one pass over the data.
    results : callable
        Yields the raw tables; without enough people for one it yields none.
    """

    tallies: Callable[[Cohort, str, Period | None], list[Tally]]
    results: Callable[[Cohort, str, Period | None], Iterator[Result]]


FURTHER_TABLES: tuple[FurtherTables, ...] = ()
"""In the order of the report."""

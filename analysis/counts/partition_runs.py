"""Counting one partition, and running many of them on this machine."""

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass

import duckdb
import pandas as pd

from analysis.cohort.cohort import Cohort, derive_part
from analysis.counts.ladder_tally import LadderTally
from analysis.counts.tallies import Tally
from analysis.intake.partition import Partition
from analysis.vocabulary.definitions import Definitions
from analysis.vocabulary.errors import DataError

Counts = list[pd.DataFrame]


@dataclass(frozen=True, eq=False)
class PartitionJob:
    """All that counting one partition needs; it can be sent to another machine that sees the same files."""

    partition: Partition
    definitions: Definitions
    tallies: tuple[Tally, ...]
    memory: int
    threads: int = 1


def count_part(part: Cohort, tallies: Sequence[Tally]) -> Counts:
    """Count a cohort that is one partition.

    Parameters
    ----------
    part : Cohort
    tallies : sequence of Tally

    Returns
    -------
    list of DataFrame
        One for each tally.
    """
    ladders = [tally for tally in tallies if isinstance(tally, LadderTally)]
    for instrument in dict.fromkeys(ladder.instrument for ladder in ladders):
        # For all windows of an instrument at once: one pass over its scores instead of one for each ladder.
        windows = [window for ladder in ladders if ladder.instrument == instrument for window in ladder.windows]
        part.pick_scores(windows, instrument)
    return [tally.count(part) for tally in tallies]


def run_job(job: PartitionJob) -> Counts:
    """Open, derive and count one partition.

    Parameters
    ----------
    job : PartitionJob

    Returns
    -------
    list of DataFrame
        One for each tally.

    Raises
    ------
    OutcomesError
        Naming the partition.
    """
    try:
        with derive_part(job.partition, job.definitions, memory=job.memory, threads=job.threads) as part:
            return count_part(part, job.tallies)
    except duckdb.OutOfMemoryException:
        raise DataError(
            f"{job.partition.label}: {job.memory / 1e6:,.0f} MB are not enough to count it. Give more memory "
            "(--memory), or lay the dataset out in more parts (`outcomes partition --parts`)."
        ) from None


def run_here(jobs: Sequence[PartitionJob], workers: int) -> Iterator[tuple[PartitionJob, Counts]]:
    """Run jobs in threads of this process: DuckDB works outside of Python's lock, each job on a core of its own.

    Parameters
    ----------
    jobs : sequence of PartitionJob
    workers : int

    Yields
    ------
    tuple of PartitionJob and list of DataFrame
        As they finish.
    """
    pool = ThreadPoolExecutor(workers, thread_name_prefix="partition")
    try:
        running = {pool.submit(run_job, job): job for job in jobs}
        for future in as_completed(running):
            yield running[future], future.result()
    finally:
        # After an error or Ctrl-C no further job begins; those that run are waited for, a second or two each.
        pool.shutdown(wait=True, cancel_futures=True)

"""Counting a cohort: one pass for all tallies that are wanted together, in one partition or in many."""

import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import pandas as pd
from tqdm import tqdm

from analysis.cohort.cohort import Cohort
from analysis.counts.cluster import run_on_dask
from analysis.counts.finished_parts import FinishedParts
from analysis.counts.ladder_tally import LadderTally
from analysis.counts.partition_runs import Counts, PartitionJob, count_part, run_here
from analysis.counts.tallies import Tally, add_counts

Progress = Callable[[str], None]


def count_all(cohort: Cohort, tallies: Sequence[Tally], progress: Progress | None = None) -> list[pd.DataFrame]:
    """Count in one pass, and keep what is counted for the next time it is asked.

    Parameters
    ----------
    cohort : Cohort
    tallies : sequence of Tally
    progress : callable, optional
        Called with words for each step.

    Returns
    -------
    list of DataFrame
        The counts of each tally, in the order asked: its keys and whole numbers.
    """
    missing = _missing(cohort, tallies)
    if missing:
        in_parts = cohort.dataset.in_parts
        parts = _count_partitions(cohort, missing, progress) if in_parts else [count_part(cohort, missing)]
        for tally, *frames in zip(missing, *parts, strict=True):
            _keep(cohort, tally, add_counts(frames, tally.keys))
    return [_kept(cohort, tally) for tally in tallies]


def _missing(cohort: Cohort, tallies: Sequence[Tally]) -> list[Tally]:
    """Return what is still to be counted, ladders that differ in their windows only as one."""
    wanted: dict[Tally, dict[Any, None]] = {}
    for tally in tallies:
        common, pieces = _pieces(tally)
        known = cohort.counted.get(common, {})
        new = [piece for piece in pieces if piece not in known]
        if new:
            wanted.setdefault(common, {}).update(dict.fromkeys(new))
    return [
        replace(common, windows=tuple(pieces)) if isinstance(common, LadderTally) else common
        for common, pieces in wanted.items()
    ]


def _pieces(tally: Tally) -> tuple[Tally, tuple[Any, ...]]:
    """Split a tally into what its counts are kept under, and its windows; a tally without windows is one piece."""
    if isinstance(tally, LadderTally):
        return replace(tally, windows=()), tally.windows
    return tally, ("all",)


def _keep(cohort: Cohort, tally: Tally, counts: pd.DataFrame) -> None:
    common, pieces = _pieces(tally)
    kept = cohort.counted.setdefault(common, {})
    if isinstance(tally, LadderTally):
        by_window = dict(tuple(counts.groupby("window")))
        kept.update({window: by_window.get(window.name, counts.iloc[:0]) for window in tally.windows})
    else:
        kept.update(dict.fromkeys(pieces, counts))


def _kept(cohort: Cohort, tally: Tally) -> pd.DataFrame:
    common, pieces = _pieces(tally)
    return pd.concat([cohort.counted[common][piece] for piece in pieces], ignore_index=True)


def _count_partitions(cohort: Cohort, tallies: Sequence[Tally], progress: Progress | None = None) -> list[Counts]:
    """Count every partition of a cohort; those that an interrupted run has finished are not counted again."""
    engine, partitions = cohort.engine, cohort.dataset.partitions
    workers = min(engine.workers, len(partitions))
    memory, threads = engine.memory // workers, max(1, engine.workers // workers)
    jobs = [PartitionJob(each, cohort.definitions, tuple(tallies), memory, threads) for each in partitions]
    finished = FinishedParts(cohort.dataset.path, jobs)
    open_jobs = [job for job in jobs if job not in finished]
    if progress:
        progress(f"counting {len(open_jobs)} of {len(jobs)} partitions")
    done = run_on_dask(open_jobs, engine) if engine.name == "dask" else run_here(open_jobs, workers)
    counted = len(jobs) - len(open_jobs)
    quiet = False if "ipykernel" in sys.modules else None  # None: unless a person watches at a terminal
    with tqdm(total=len(jobs), initial=counted, desc="partitions", delay=2, leave=False, disable=quiet) as bar:
        for job, counts in done:
            finished.keep(job, counts)
            bar.update()
    return finished.take_all()

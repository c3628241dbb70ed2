"""What an interrupted run has counted, kept beside the dataset until a run is complete.

Counts may be of few people, so they stay where the data is, readable by its owner only. A file is named by what was
counted: the partition's content, the definitions, the tallies and the code; whatever differs is counted again.
"""

import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Sequence
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

if TYPE_CHECKING:
    from analysis.counts.partition_runs import PartitionJob

FOLDER = ".counting"
_CODE = ("vocabulary", "intake", "cohort", "counts")


class FinishedParts:
    """The counts of each job, in memory and, until all are there, on disk."""

    def __init__(self, dataset: Path, jobs: Sequence["PartitionJob"]) -> None:
        self._folder = dataset / FOLDER
        self._names = {job: _name(job) for job in jobs}
        self._counts: dict[PartitionJob, list[pd.DataFrame]] = {}
        for job, name in self._names.items():
            counts = _read(self._folder / name)
            if counts is not None:
                self._counts[job] = counts

    def __contains__(self, job: "PartitionJob") -> bool:
        """Say whether the job is done."""
        return job in self._counts

    def keep(self, job: "PartitionJob", counts: list[pd.DataFrame]) -> None:
        """Keep the counts of a job that is done; where the dataset cannot be written to, only in memory."""
        self._counts[job] = counts
        try:
            self._folder.mkdir(mode=0o700, exist_ok=True)
            _write(self._folder / self._names[job], counts)
        except OSError:
            return

    def take_all(self) -> list[list[pd.DataFrame]]:
        """Return the counts of all jobs in their order, and clear the disk."""
        shutil.rmtree(self._folder, ignore_errors=True)
        return [self._counts[job] for job in self._names]


def _name(job: "PartitionJob") -> str:
    what = f"{job.partition.digest}\n{job.definitions.sha256}\n{job.tallies!r}\n{code_digest()}"
    return f"{hashlib.sha256(what.encode()).hexdigest()}.json"


@cache
def code_digest() -> str:
    """Hash the code that a count depends on.

    Returns
    -------
    str
    """
    digest = hashlib.sha256()
    for folder in _CODE:
        for file in sorted(_sources(files("analysis") / folder), key=str):
            digest.update(file.name.encode() + b"\0" + file.read_bytes())
    return digest.hexdigest()


def _sources(folder: Traversable) -> list[Traversable]:
    found: list[Traversable] = []
    for entry in folder.iterdir():
        if entry.is_dir():
            found += _sources(entry)
        elif entry.name.endswith((".py", ".sql", ".toml")):
            found.append(entry)
    return found


def _read(path: Path) -> list[pd.DataFrame] | None:
    try:
        tables = json.loads(path.read_text(encoding="utf-8"))
        return [pd.DataFrame(table["rows"], columns=table["columns"]) for table in tables]
    except (OSError, ValueError, KeyError, TypeError):
        return None  # not there, or cut off: it is counted again


def _write(path: Path, counts: list[pd.DataFrame]) -> None:
    tables = [{"columns": list(frame), "rows": frame.to_numpy(dtype=object).tolist()} for frame in counts]
    handle, work = tempfile.mkstemp(dir=path.parent)
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        json.dump(tables, file)
    Path(work).replace(path)

"""How the partitions of a cohort are run: here or on a Dask cluster, with how much memory."""

import os
import re
from dataclasses import dataclass

from analysis.vocabulary.errors import CallError, nearest_name

ENGINES = ("local", "dask")
_UNITS = {"KB": 10**3, "MB": 10**6, "GB": 10**9, "TB": 10**12}


@dataclass(frozen=True)
class Engine:
    """Where partitions run, how many at a time, and the memory that all of them may take together.

    Attributes
    ----------
    name : {"local", "dask"}
    scheduler : str or None
        The address of a Dask scheduler; None starts a cluster on this machine.
    memory : int
        Bytes for DuckDB, of all partitions that run at the same time on one machine.
    workers : int
        Partitions that run at the same time here, one core each.
    """

    name: str = "local"
    scheduler: str | None = None
    memory: int = 0
    workers: int = 1


def choose_engine(name: str = "local", *, scheduler: str | None = None, memory: str | None = None) -> Engine:
    """Check and complete how partitions are to be run.

    Parameters
    ----------
    name : {"local", "dask"}
    scheduler : str, optional
        Such as ``tcp://10.0.0.5:8786``; for Dask only.
    memory : str, optional
        Such as ``1GB`` or ``500MB``; a quarter of the machine when left out.

    Returns
    -------
    Engine

    Raises
    ------
    CallError
        For an unknown engine, an amount that is not one, or a scheduler without Dask.

    Examples
    --------
    >>> choose_engine(memory="1GB").memory
    1000000000
    """
    if name not in ENGINES:
        raise CallError(f"engine: '{name}' is unknown.{nearest_name(name, list(ENGINES))} There are: local, dask.")
    if scheduler is not None and name != "dask":
        raise CallError("scheduler: only the engine 'dask' has one; give engine='dask' too.")
    return Engine(name, scheduler, _bytes(memory) if memory else machine_memory() // 4, os.cpu_count() or 1)


def machine_memory() -> int:
    """Return the machine's memory.

    Returns
    -------
    int
        Bytes; of the container where one sets a limit.
    """
    whole = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    try:
        with open("/sys/fs/cgroup/memory.max", encoding="ascii") as file:  # noqa: PTH123 - not a file of ours
            limit = file.read().strip()
    except OSError:
        return whole
    return min(whole, int(limit)) if limit.isdigit() else whole


def _bytes(memory: str) -> int:
    amount = re.fullmatch(r"(\d+(?:\.\d+)?) ?([KMGT]B)", memory.strip().upper())
    if not amount or float(amount[1]) * _UNITS[amount[2]] < 100 * _UNITS["MB"]:
        raise CallError(f"memory: '{memory}' is not an amount of at least 100MB; write 500MB or 1GB.")
    return int(float(amount[1]) * _UNITS[amount[2]])

"""A DuckDB database with a limit of memory, and the temporary folder it works in.

The folder is removed when nothing uses it any more. When a run is killed the folder stays, and the next run sweeps it
away: a folder is in use as long as its lock is held, which the operating system lets go when a process ends.
"""

import errno
import os
import re
import shutil
import sys
import tempfile
import time
import weakref
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

import duckdb

from analysis.vocabulary.errors import CallError

if sys.platform != "win32":
    import fcntl

PREFIX = "ketamine-outcomes-"
PART_OF_MACHINE = 0.25
"""How much of the machine's memory DuckDB may use when nothing else is asked for."""

_DUCKDB_PART_OF_MACHINE = 0.8
_LOCK = "ketamine-outcomes.lock"
_UNITS = {"": 1, "K": 1e3, "M": 1e6, "G": 1e9, "T": 1e12, "KI": 2**10, "MI": 2**20, "GI": 2**30, "TI": 2**40}
_LEAST_MEMORY = 50e6


class Workspace:
    """A temporary folder, there as long as this object is."""

    def __init__(self) -> None:
        sweep_left_folders(Path(tempfile.gettempdir()), f"{PREFIX}*")
        self.folder = Path(tempfile.mkdtemp(prefix=PREFIX))
        weakref.finalize(self, _remove, self.folder, _locked(self.folder))


def _locked(folder: Path) -> IO[str]:
    lock = (folder / _LOCK).open("w")
    if sys.platform != "win32":
        fcntl.flock(lock, fcntl.LOCK_EX)
    return lock


@contextmanager
def held_folder(folder: Path) -> Iterator[None]:
    """Mark a folder as in use for a while; when the run is killed, `sweep_left_folders` finds it.

    Parameters
    ----------
    folder : Path
    """
    with _locked(folder):
        yield
    (folder / _LOCK).unlink()


def _remove(folder: Path, lock: IO[str]) -> None:
    lock.close()
    shutil.rmtree(folder, ignore_errors=True)


def sweep_left_folders(place: Path, pattern: str) -> None:
    """Remove the folders that killed runs left; a folder without a lock is somebody else's, whatever its name."""
    for lock in place.glob(f"{pattern}/{_LOCK}"):
        with suppress(OSError):
            if _is_left(lock):
                shutil.rmtree(lock.parent, ignore_errors=True)


def _is_left(lock: Path) -> bool:
    if sys.platform == "win32":
        lock.unlink()  # which Windows refuses while the file is open
        return True
    with lock.open("a") as stream:
        try:
            fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            return False
        return time.time() - lock.stat().st_mtime > 1  # between making the lock and taking it lies a moment


def open_database(
    workspace: Workspace, *, memory: str | int | None = None, threads: int | None = None
) -> duckdb.DuckDBPyConnection:
    """Open an empty database in memory that fetches nothing from the network.

    Parameters
    ----------
    workspace : Workspace
        Where it puts what does not fit into the memory.
    memory : str or int, optional
        The most that DuckDB may hold in memory, such as ``"1GB"`` or a number of bytes; a quarter of the machine when
        left out.
    threads : int, optional
        How many threads may work; as many as there are processors when left out.

    Returns
    -------
    DuckDBPyConnection

    Raises
    ------
    CallError
        When the memory is not an amount, or too little, or the number of threads is below 1.

    Examples
    --------
    >>> con = open_database(Workspace(), memory="1GB", threads=1)
    >>> con.execute("SELECT current_setting('memory_limit'), current_setting('threads')").fetchone()
    ('953.6 MiB', 1)
    """
    config: dict[str, str | bool | int | float | list[str]] = {
        "temp_directory": str(workspace.folder / "spill"),  # made by DuckDB when needed
        "autoinstall_known_extensions": "false",
        "autoload_known_extensions": "false",
    }
    if threads is not None:
        if threads < 1:
            raise CallError("threads: at least one is needed.")
        config["threads"] = str(threads)
    if memory is not None:
        config["memory_limit"] = f"{memory_bytes(memory)} B"
    con = duckdb.connect(":memory:", config=config)
    if memory is None:
        con.execute(f"SET memory_limit = '{_quarter(con)} B'")
    return con


def memory_bytes(memory: str | int) -> int:
    """Read an amount of memory.

    Parameters
    ----------
    memory : str or int
        A number and B, KB, MB, GB or TB (or KiB, MiB ...), or a number of bytes.

    Returns
    -------
    int

    Raises
    ------
    CallError
        When it is not an amount, or less than DuckDB can work with.

    Examples
    --------
    >>> memory_bytes("1.5 GB")
    1500000000
    """
    written = f"{memory} B" if isinstance(memory, int) else str(memory)
    parts = re.fullmatch(r"([0-9]+(?:[.][0-9]+)?) *([KMGT]?I?)B", written.strip().upper())
    if not parts or parts[2] not in _UNITS:
        raise CallError("memory: write an amount such as 1GB or 500MB.")
    amount = int(float(parts[1]) * _UNITS[parts[2]])
    if amount < _LEAST_MEMORY:
        raise CallError(f"memory: at least {_LEAST_MEMORY / 1e6:.0f}MB is needed.")
    return amount


def _quarter(con: duckdb.DuckDBPyConnection) -> int:
    """Work out a quarter of the machine (or of its container), from the part of it that DuckDB takes by itself."""
    own = con.execute("SELECT current_setting('memory_limit')").fetchone() or ("4 GB",)
    return int(memory_bytes(own[0]) * PART_OF_MACHINE / _DUCKDB_PART_OF_MACHINE)


def raise_machine_fault(fault: duckdb.Error) -> None:
    """Raise DuckDB's error as one of the machine when it is: a full disk, too little memory.

    Parameters
    ----------
    fault : duckdb.Error
        Its own text may quote the data and is not passed on.

    Raises
    ------
    OSError
        When the disk is full or may not be written.
    CallError
        When the memory does not suffice.
    """
    if isinstance(fault, duckdb.OutOfMemoryException):
        raise CallError("The memory that may be used does not suffice: allow more (--memory).") from None
    if isinstance(fault, duckdb.IOException):
        for number in (errno.ENOSPC, errno.EFBIG, errno.EDQUOT, errno.EROFS, errno.EIO):
            if os.strerror(number) in str(fault):
                raise OSError(number, os.strerror(number)) from None

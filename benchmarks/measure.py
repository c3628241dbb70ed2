"""Run commands several times, one after the other in turn, and measure each: seconds, CPU seconds, peak memory.

Memory is the sum of the resident set sizes (RSS) over the whole process tree, looked up in /proc every 20 ms. Pages
that processes share are counted in each of them, so the sum is an upper bound. The kernel's own high-water mark of each
process is looked up with it, so that nothing between two looks is missed of the largest. CPU time is that of the
process and of all descendants that were waited for. Linux only.
"""

import os
import resource
import signal
import statistics
import subprocess
import tempfile
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

SECONDS_BETWEEN_LOOKS = 0.02
_LINES_OF_ERROR = 3


class CommandFailedError(Exception):
    """A command ended with another code than 0; the text ends with the last lines that it wrote to stderr."""


@dataclass(frozen=True)
class Command:
    """What is run, as a list of words, and what is added to its environment; ``runs`` when other than for the rest."""

    name: str
    words: tuple[str, ...]
    environment: Mapping[str, str] = field(default_factory=dict)
    runs: int | None = None


@dataclass(frozen=True)
class Run:
    """One run of a command."""

    seconds: float
    cpu_seconds: float
    peak_mb: float


def measure_in_turn(commands: Sequence[Command], runs: int) -> dict[str, list[Run]]:
    """Run each command so many times, in turn (A B A B), so that a slow minute of the machine hits all of them.

    Parameters
    ----------
    commands : sequence of Command
    runs : int

    Returns
    -------
    dict of str to list of Run
        By the commands' names.

    Raises
    ------
    CommandFailedError
        As soon as one fails.
    """
    measured: dict[str, list[Run]] = {command.name: [] for command in commands}
    for turn in range(max(command.runs or runs for command in commands)):
        for command in commands:
            if turn < (command.runs or runs):
                measured[command.name].append(run_once(command))
    return measured


def run_once(command: Command) -> Run:
    """Run a command and measure it.

    Parameters
    ----------
    command : Command

    Returns
    -------
    Run

    Raises
    ------
    CommandFailedError
        When it ends with another code than 0, or there is no such command.
    """
    with tempfile.TemporaryFile("w+", encoding="utf-8", errors="replace") as errors:
        start = time.perf_counter()
        try:
            process = subprocess.Popen(  # noqa: S603 - the words are the benchmarks' own
                command.words,
                env={**os.environ, **command.environment},
                stdout=subprocess.DEVNULL,
                stderr=errors,
                start_new_session=True,
            )
        except OSError as problem:
            raise CommandFailedError(f"{command.name}: {problem.strerror}: {problem.filename}") from None
        watch = _MemoryWatch(process.pid)
        try:
            usage = _waited_for(process)
        except BaseException:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            raise
        finally:
            seconds = time.perf_counter() - start
            peak = watch.stop()
        if process.returncode:
            errors.seek(0)
            said = " / ".join(errors.read().strip().splitlines()[-_LINES_OF_ERROR:])
            raise CommandFailedError(f"{command.name}: ended with {process.returncode}: {said}")
    return Run(seconds, usage.ru_utime + usage.ru_stime, peak / 1e6)


def _waited_for(process: subprocess.Popen[bytes]) -> resource.struct_rusage:
    """Wait with the one call that also gives the usage, and tell the process object so."""
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    return usage


class _MemoryWatch:
    """A thread that looks at a process tree's memory until it is stopped."""

    def __init__(self, process: int) -> None:
        self._process, self._peak, self._over = process, 0, threading.Event()
        self._thread = threading.Thread(target=self._look, daemon=True)
        self._thread.start()

    def _look(self) -> None:
        while not self._over.wait(SECONDS_BETWEEN_LOOKS):
            found = [_resident(process) for process in process_tree(self._process)]
            together, largest = sum(now for now, _ in found), max((most for _, most in found), default=0)
            self._peak = max(self._peak, together, largest)

    def stop(self) -> int:
        self._over.set()
        self._thread.join()
        return self._peak


def process_tree(process: int) -> list[int]:
    """List a process and all its descendants; those that have ended meanwhile are left out.

    Parameters
    ----------
    process : int

    Returns
    -------
    list of int
    """
    try:
        tasks = list(Path(f"/proc/{process}/task").iterdir())
    except OSError:
        return []
    found = [process]
    for task in tasks:
        try:
            children = (task / "children").read_text(encoding="ascii").split()
        except OSError:
            continue
        for child in children:
            found += process_tree(int(child))
    return found


def _resident(process: int) -> tuple[int, int]:
    """Return the bytes that a process holds now, and the most it ever held; 0 when it has ended."""
    try:
        status = Path(f"/proc/{process}/status").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return 0, 0
    kilobytes = dict.fromkeys(("VmRSS", "VmHWM"), 0)
    for line in status.splitlines():
        name, _, value = line.partition(":")
        if name in kilobytes:
            kilobytes[name] = int(value.split()[0])
    return 1024 * kilobytes["VmRSS"], 1024 * kilobytes["VmHWM"]


def spread(values: Sequence[float]) -> dict[str, float]:
    """Summarise values by their median, least and most, to four digits.

    Examples
    --------
    >>> spread([3.0, 1.0, 1.23456])
    {'median': 1.235, 'min': 1.0, 'max': 3.0}
    """
    summary = {"median": statistics.median(values), "min": min(values), "max": max(values)}
    return {name: float(f"{value:.4g}") for name, value in summary.items()}


def ratios(first: Sequence[Run], second: Sequence[Run]) -> list[float]:
    """Divide the seconds of two commands, turn by turn; those of one run by the median of the other's.

    Examples
    --------
    >>> slow, slower, quick = Run(4.0, 4.0, 1.0), Run(6.0, 6.0, 1.0), Run(2.0, 2.0, 1.0)
    >>> ratios([slow, slower], [quick, quick])
    [2.0, 3.0]
    >>> ratios([slow, slower, slower], [quick])
    [3.0]
    """
    if len(first) == len(second):
        return [one.seconds / other.seconds for one, other in zip(first, second, strict=True)]
    return [statistics.median(run.seconds for run in first) / statistics.median(run.seconds for run in second)]

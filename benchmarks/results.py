"""What was measured: `results.json`, with one entry for each row, and the tables that are shown of it."""

import json
import os
import platform
import re
import subprocess
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

from benchmarks.measure import Run, ratios, spread

FOLDER = Path(__file__).parent
RESULTS = FOLDER / "results.json"
README = FOLDER / "README.md"

Entry = dict[str, Any]


@dataclass
class Row:
    """One row of the table: what was done, by which command, and how it compares with its targets.

    Attributes
    ----------
    name : str
        Its key in ``results.json``.
    work : str
    command : str
        With DATA for the folder of the datasets and OUT for that of what is written.
    runs : list of Run
    peers : dict of str to dict
        Each peer's command, what was measured, the ratio of its seconds to this row's, and whether its counts agree.
    checks : list of dict
        Each target, what was measured, and whether it was met.
    more : dict of str to dict
        Other figures, by their names.
    """

    name: str
    work: str
    command: str
    runs: list[Run]
    peers: dict[str, Entry] = field(default_factory=dict)
    checks: list[Entry] = field(default_factory=list)
    more: Entry = field(default_factory=dict)

    def compare(self, peer: str, command: str, runs: Sequence[Run], agrees: bool | None = None) -> None:
        """Add a peer; its ratio says how many times this row's seconds it took."""
        self.peers[peer] = {
            "command": command,
            "measured": measured(runs),
            "ratio": spread(ratios(runs, self.runs)),
            "agrees": agrees,
        }

    def target(self, words: str, value: float, unit: str, *, at_most: float | None = None, at_least: float = 0) -> None:
        """Add a target and say whether it was met."""
        met = value >= at_least and (at_most is None or value <= at_most)
        self.checks.append({"target": words, "measured": f"{value:.3g} {unit}", "met": met})

    def equal(self, words: str, agrees: bool) -> None:
        """Add the target that counts are the same."""
        self.checks.append({"target": words, "measured": "the same" if agrees else "they differ", "met": agrees})

    def entry(self) -> Entry:
        """Return what is kept of the row."""
        return {
            "work": self.work,
            "command": self.command,
            "measured": measured(self.runs),
            "peers": self.peers,
            "checks": self.checks,
            "met": all(check["met"] for check in self.checks) if self.checks else None,
            "more": self.more,
        }


def measured(runs: Sequence[Run]) -> Entry:
    """Summarise runs."""
    return {
        "runs": len(runs),
        "seconds": spread([run.seconds for run in runs]),
        "cpu_seconds": spread([run.cpu_seconds for run in runs]),
        "peak_mb": spread([run.peak_mb for run in runs]),
    }


def this_machine(threads: int) -> Entry:
    """Describe the machine and what it runs, with how busy it is."""
    processors = [line for line in Path("/proc/cpuinfo").read_text().splitlines() if line.startswith("model name")]
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return {
        "processor": processors[0].split(":")[1].strip() if processors else platform.machine(),
        "processors": os.cpu_count(),
        "threads": threads,
        "memory_gb": round(memory / 1e9),
        "system": f"{platform.freedesktop_os_release().get('PRETTY_NAME', 'Linux')}, kernel {platform.release()}",
        "python": platform.python_version(),
        "packages": {name: version(name) for name in ("duckdb", "numpy", "pandas")},
        "others_at_work": round(os.getloadavg()[0], 1),
    }


def this_commit() -> str:
    """Return the commit of the code, with a mark when files differ from it."""
    described = subprocess.run(
        ["git", "describe", "--always", "--dirty", "--abbrev=10", "--exclude=*"],  # noqa: S607
        cwd=FOLDER, capture_output=True, text=True, check=False,
    )  # fmt: skip
    return described.stdout.strip() or "unknown"


def read_results() -> dict[str, Entry]:
    """Return the entries by row; none when nothing was measured yet."""
    return json.loads(RESULTS.read_text(encoding="utf-8")) if RESULTS.is_file() else {}


def keep(rows: Sequence[Row], machine: Entry) -> None:
    """Write rows to ``results.json`` beside those that were not run, which keep what was measured before."""
    today = datetime.now(UTC).date().isoformat()
    stamp = {"date": today, "commit": this_commit(), "machine": machine}
    _write(read_results() | {row.name: {**row.entry(), **stamp} for row in rows})


def keep_failure(names: Sequence[str], reason: str) -> None:
    """Say of rows that they could not be run; what was measured before stays."""
    results = read_results()
    failure = {"date": datetime.now(UTC).date().isoformat(), "reason": reason}
    _write(results | {name: {**results.get(name, {}), "failed": failure} for name in names})


def _write(results: dict[str, Entry]) -> None:
    ordered = dict(sorted(results.items(), key=lambda item: _numbers_apart(item[0])))
    RESULTS.write_text(json.dumps(ordered, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def _numbers_apart(name: str) -> list[tuple[int, str]]:
    """Return what to sort a row's name by, so that 8 comes before 32."""
    return [(int(piece), "") if piece.isdigit() else (0, piece) for piece in re.split(r"(\d+)", name)]


def overview(results: dict[str, Entry]) -> str:
    """Lay all rows but those of growth out as a table in Markdown."""
    lines = ["| work | measured | peak | target: measured |", "|---|---|---|---|"]
    for name, entry in results.items():
        if "measured" not in entry or name.startswith("growth"):
            continue
        peaks = entry["measured"]["peak_mb"]
        targets = "<br>".join(
            f"{check['target']}: {check['measured']}, {'met' if check['met'] else '**not met**'}"
            for check in entry["checks"]
        )
        lines.append(
            f"| {entry['work']} | {_seconds(entry['measured'])} | {peaks['max']:.0f} MB | {targets or 'reported'} |"
        )
    return "\n".join(lines)


def failures(results: dict[str, Entry]) -> str:
    """List the rows whose last run failed."""
    lines = [
        f"- {name} ({entry['failed']['date']}): {entry['failed']['reason']}"
        for name, entry in results.items()
        if "failed" in entry
    ]
    return "\n".join(lines) or "None."


def peers(results: dict[str, Entry]) -> str:
    """Lay the comparisons out as a table in Markdown."""
    lines = [
        "| work | program | seconds | CPU seconds | peak | times the package | counts |",
        "|---|---|---|---|---|---|---|",
    ]
    for entry in results.values():
        if not entry.get("peers"):
            continue
        lines.append(_program(entry["work"], "the package", entry["measured"], None, None))
        for name, peer in entry["peers"].items():
            lines.append(_program("", name, peer["measured"], peer["ratio"], peer["agrees"]))
    return "\n".join(lines)


def _program(work: str, name: str, found: Entry, ratio: Entry | None, agrees: bool | None) -> str:
    times = "1"
    if ratio:
        times = f"{ratio['median']:.3g}"
        times += f" ({ratio['min']:.3g} to {ratio['max']:.3g})" if ratio["max"] > ratio["min"] else ""
    counts = {None: "", True: "the same", False: "**differ**"}[agrees]
    cpu, peak = found["cpu_seconds"]["median"], found["peak_mb"]["max"]
    return f"| {work} | {name} | {_seconds(found)} | {cpu:.3g} | {peak:.0f} MB | {times} | {counts} |"


def _seconds(found: Entry) -> str:
    seconds = found["seconds"]
    if found["runs"] == 1:
        return f"{seconds['median']:.3g} s (once)"
    return f"{seconds['median']:.3g} s ({seconds['min']:.3g} to {seconds['max']:.3g})"


def growth(results: dict[str, Entry]) -> str:
    """Lay out how cost grows: the rows whose name starts with ``growth``, and the large runs."""
    lines = ["| what | seconds | CPU seconds | peak |", "|---|---|---|---|"]
    for name, entry in results.items():
        if "measured" in entry and name.startswith(("growth", "count-")):
            found = entry["measured"]
            cpu, peak = found["cpu_seconds"]["median"], found["peak_mb"]["max"]
            lines.append(f"| {entry['work']} | {_seconds(found)} | {cpu:.3g} | {peak:.0f} MB |")
    return "\n".join(lines)


def stages(results: dict[str, Entry]) -> str:
    """Lay out where the time goes: the bare scan, the whole, the first opening, and the stages of one partition."""
    lines = ["| work | what | seconds |", "|---|---|---|"]
    for entry in results.values():
        more = entry.get("more", {})
        scans = [name for name in entry.get("peers", {}) if name.startswith("bare scan")]
        if not scans:
            continue
        lines += [f"| {entry['work']} | {name} | {_seconds(entry['peers'][name]['measured'])} |" for name in scans]
        lines.append(f"| | the whole process | {_seconds(entry['measured'])} |")
        lines.append(f"| | the whole process, the first time, with all checks | {_seconds(more['first opening'])} |")
        for stage, seconds in more.get("stages", {}).items():
            lines.append(f"| | {stage}, all as one partition | {seconds['median']:.3g} s |")
    return "\n".join(lines)


def machines(results: dict[str, Entry]) -> str:
    """List the machines on which the rows were measured, with the dates."""
    found: dict[str, set[str]] = {}
    for entry in results.values():
        if "machine" in entry:
            machine = entry["machine"]
            packages = ", ".join(f"{name} {number}" for name, number in machine["packages"].items())
            words = (
                f"{machine['processors']} processors ({machine['processor']}), {machine['memory_gb']} GB, "
                f"{machine['system']}; Python {machine['python']}, {packages}; {machine['threads']} threads"
            )
            when = f"{entry['date']} at {entry['commit']} with a load of {machine['others_at_work']} before"
            found.setdefault(words, set()).add(when)
    return "\n".join(f"- {words}: {', '.join(sorted(when))}." for words, when in found.items())


BLOCKS: dict[str, Callable[[dict[str, Entry]], str]] = {
    "overview": overview,
    "peers": peers,
    "growth": growth,
    "stages": stages,
    "failures": failures,
    "machines": machines,
}


def filled(text: str, results: dict[str, Entry]) -> str:
    """Return a page with its blocks filled from the results.

    A block stands between ``<!-- NAME -->`` and ``<!-- /NAME -->``.
    """
    for name, block in BLOCKS.items():
        before, _, rest = text.partition(f"<!-- {name} -->\n")
        _, _, after = rest.partition(f"<!-- /{name} -->\n")
        text = f"{before}<!-- {name} -->\n{block(results)}\n<!-- /{name} -->\n{after}"
    return text

"""The rows of times to an event; statsmodels, lifelines and R's survfit as peers where they are there."""

import json
import shutil
import subprocess
from typing import Any

from benchmarks.bench import PEERS, Bench
from benchmarks.data import PYTHON
from benchmarks.measure import Command, Run, measure_in_turn, run_once
from benchmarks.results import Row

AGREE = 1e-9


def intervals_quick(bench: Bench) -> list[Row]:
    """Estimate Turnbull's curve of 100,000 intervals on whole days."""
    row, inside = _row(bench, "turnbull-100000", "Turnbull, 100,000 intervals on whole days", "turnbull", 100_000)
    row.target("under 5 s (estimate)", inside["seconds"], "s", at_most=5)
    row.target("proved to be at the maximum", inside["gap"], "log-likelihood a person", at_most=1e-9)
    return [row]


def curve_large(bench: Bench) -> list[Row]:
    """Estimate Kaplan-Meier with intervals of a million people, beside the peers, each without reading the rows."""
    work = "Kaplan-Meier with intervals, 1,000,000 people on whole days, from a table in DuckDB"
    row, inside = _row(bench, "kaplan-meier-1000000", work, "curve", 1_000_000)
    rows = bench.out / "kaplan-meier-1000000.csv"
    for name, command in _peers(bench, str(rows)).items():
        run = run_once(command)
        found: dict[str, Any] = json.loads((bench.out / f"km-{name}.json").read_text(encoding="utf-8"))
        agrees = all(abs(one - other) < AGREE for one, other in zip(found["free"], inside["free"], strict=True))
        row.compare(name, bench.shown(command), [run], agrees)
        row.target(f"faster than {name}", found["seconds"] / inside["seconds"], "x", at_least=1)
    return [row]


def _peers(bench: Bench, rows: str) -> dict[str, Command]:
    """Name the peers that there are: statsmodels always, lifelines in the peers' environment, R where it is."""
    script = str(PEERS / "kaplan_meier.py")
    out = {name: str(bench.out / f"km-{name}.json") for name in ("statsmodels", "lifelines", "survfit")}
    found = {"statsmodels": Command("statsmodels", (PYTHON, script, "statsmodels", rows, out["statsmodels"]))}
    if _has_lifelines(bench.peer_python):
        words = (bench.peer_python, script, "lifelines", rows, out["lifelines"])
        found["lifelines"] = Command("lifelines", words)
    if shutil.which("Rscript"):
        words = ("Rscript", str(PEERS / "kaplan_meier.R"), rows, out["survfit"])
        found["survfit"] = Command("survfit", words)
    return found


def _has_lifelines(python: str) -> bool:
    if not shutil.which(python):
        return False
    asked = subprocess.run([python, "-c", "import lifelines"], capture_output=True, check=False)  # noqa: S603
    return asked.returncode == 0


def _row(bench: Bench, name: str, work: str, what: str, people: int) -> tuple[Row, dict[str, Any]]:
    """Run one kind of work in a process of its own, and read what it measured inside."""
    out = bench.out / f"{name}.json"
    command = Command(name, (PYTHON, "-m", "benchmarks.time_work", str(out), what, str(people)))
    found: list[Run] = measure_in_turn([command], bench.runs)[name]
    inside: dict[str, Any] = json.loads(out.read_text(encoding="utf-8"))
    row = Row(name, work, bench.shown(command), found)
    row.more["inside"] = inside
    return row, inside

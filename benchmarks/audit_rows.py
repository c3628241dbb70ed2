"""The rows of the audit: how long it takes to find out what a report gives away."""

import json
from pathlib import Path
from typing import Any

from benchmarks.bench import Bench
from benchmarks.data import PYTHON
from benchmarks.measure import Command, measure_in_turn
from benchmarks.results import Row

DEMO = Path(__file__).parents[1] / "data" / "demo"


def audit_demo(bench: Bench) -> list[Row]:
    """Disclose and audit the demo's report, and drawn counts of 100 clinics."""
    demo, inside = _row(bench, "audit-demo", "Disclosure and audit of the demo's report", "report", str(DEMO), "2026Q3")
    demo.target("under 5 s", inside["seconds"], "s", at_most=5)
    drawn, inside = _row(
        bench, "audit-100", "Disclosure and audit, 100 clinics x 12 quarters x 5 linked outcomes", "drawn", "100", "12"
    )
    drawn.target("under 15 s", inside["seconds"], "s", at_most=15)
    return [demo, drawn]


def audit_many_cells(bench: Bench) -> list[Row]:
    """Audit as many cells as a national report has."""
    row, inside = _row(
        bench,
        "audit-45000",
        "Disclosure and audit, 450 clinics x 12 quarters x 5 outcomes",
        "drawn",
        "450",
        "12",
        runs=1,
    )
    row.target("under 5 minutes", inside["seconds"], "s", at_most=300)
    row.target("at least 45,000 cells", inside["cells"], "cells", at_least=45_000)
    return [row]


def _row(bench: Bench, name: str, work: str, *what: str, runs: int | None = None) -> tuple[Row, dict[str, Any]]:
    """Run one kind of work in a process of its own, and read what it measured inside."""
    out = bench.out / f"{name}.json"
    command = Command(name, (PYTHON, "-m", "benchmarks.audit_work", str(out), *what))
    found = measure_in_turn([command], runs or bench.runs)[name]
    inside: dict[str, Any] = json.loads(out.read_text(encoding="utf-8"))
    row = Row(name, work, bench.shown(command), found)
    row.more["inside"] = inside
    return row, inside

"""The row of the table of estimands with imputations."""

import json

from benchmarks.bench import Bench
from benchmarks.data import PYTHON
from benchmarks.measure import Command, measure_in_turn
from benchmarks.results import Row

PATIENTS, IMPUTATIONS = 2000, 200


def estimand_table(bench: Bench) -> list[Row]:
    """Make the table of one window with all assumptions, of a cohort that is derived."""
    dataset = bench.data.simulated(PATIENTS)
    name = f"estimands-{PATIENTS}"
    out = bench.out / f"{name}.json"
    words = (PYTHON, "-m", "benchmarks.estimand_work", str(out), str(dataset), str(IMPUTATIONS), "3")
    command = Command(name, words)
    found = measure_in_turn([command], bench.runs)[name]
    inside = json.loads(out.read_text(encoding="utf-8"))
    work = f"the table of estimands with {IMPUTATIONS} imputations, {PATIENTS:,} patients, one window"
    row = Row(name, work, bench.shown(command), found)
    row.target("under 5 s (of a cohort that is derived)", inside["seconds"], "s", at_most=5)
    row.target("every estimate is there", inside["without an estimate"], "without", at_most=0)
    row.more["inside"] = inside
    return [row]

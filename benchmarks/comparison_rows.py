"""The row of comparisons: standardised and weighted rates from counts, beside statsmodels on rows."""

import json
from typing import Any

from benchmarks.bench import PEERS, Bench
from benchmarks.data import PYTHON
from benchmarks.measure import Command, Run, measure_in_turn, run_once
from benchmarks.results import Row

STATSMODELS = "statsmodels GLM on rows"
PEOPLE = 100_000


def standardise_and_weight(bench: Bench) -> list[Row]:
    """Standardise two groups to one case mix, and weight those scored, with 36 strata of categorical covariates."""
    out, found = bench.out / "comparison.json", bench.out / "comparison-statsmodels.json"
    command = Command(
        "comparison", (PYTHON, "-m", "benchmarks.comparison_work", str(out), str(PEOPLE), str(max(bench.runs, 5)))
    )
    runs: list[Run] = measure_in_turn([command], bench.runs)["comparison"]
    inside: dict[str, Any] = json.loads(out.read_text(encoding="utf-8"))
    work = f"g-computation and weights, {PEOPLE:,} patients, 2 groups x 36 strata, from counts"
    row = Row(f"comparison-{PEOPLE}", work, bench.shown(command), runs)
    row.more["inside"] = {"seconds": inside["seconds"]}
    peer = Command(
        STATSMODELS, (PYTHON, str(PEERS / "comparison_statsmodels.py"), str(out.with_suffix(".csv")), str(found))
    )
    run = run_once(peer)
    theirs: dict[str, Any] = json.loads(found.read_text(encoding="utf-8"))
    row.compare(STATSMODELS, bench.shown(peer), [run], agree(inside["estimates"], theirs["estimates"]))
    row.target("at least 20 x faster than statsmodels on rows", theirs["seconds"] / inside["seconds"], "x", at_least=20)
    return [row]


def agree(ours: dict[str, float], theirs: dict[str, float]) -> bool:
    """Say whether all estimates are the same, to what the peer's optimiser reaches."""
    return ours.keys() == theirs.keys() and all(abs(ours[name] - theirs[name]) < 1e-6 for name in ours)

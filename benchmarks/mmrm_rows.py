"""The rows of the repeated-measures model; nlme::gls as a peer where Rscript is there."""

import json
import shutil
from typing import Any

from benchmarks.bench import PEERS, Bench
from benchmarks.data import PYTHON
from benchmarks.measure import Command, Run, measure_in_turn, run_once
from benchmarks.results import Row

GLS = "R nlme::gls"


def fit_tables(bench: Bench) -> list[Row]:
    """Fit 2,000 patients beside nlme::gls, and 20,000."""
    small, inside = _row(
        bench, "mmrm-2000", "MMRM, unstructured, 2,000 patients x 6 visits, 15 % missing", "table", 2000
    )
    small.target("under 0.2 s (fit, from a table, with Satterthwaite)", inside["seconds"], "s", at_most=0.2)
    if shutil.which("Rscript"):
        table, found = bench.out / "mmrm-2000.csv", bench.out / "gls.txt"
        command = Command(GLS, ("Rscript", str(PEERS / "mmrm_gls.R"), str(table), str(found)))
        run = run_once(command)
        seconds, *lines = found.read_text(encoding="utf-8").splitlines()
        small.compare(GLS, bench.shown(command), [run], _agree(inside["estimates"], lines))
        small.target("at least 300 x faster than nlme::gls", float(seconds) / inside["seconds"], "x", at_least=300)
    large, inside = _row(
        bench, "mmrm-20000", "MMRM, unstructured, 20,000 patients x 6 visits, 15 % missing", "table", 20_000
    )
    large.target("under 0.4 s (fit, from a table, with Satterthwaite)", inside["seconds"], "s", at_most=0.4)
    return [small, large]


def fit_many_sets(bench: Bench) -> list[Row]:
    """Fit 1,000 small trials with many visits, complete and with 20 % missing."""
    work = "MMRM, unstructured, 100 patients x 8 to 10 visits, 1,000 sets, complete and 20 % missing"
    row, inside = _row(bench, "mmrm-sets", work, "sets", 1000, runs=1)
    row.target("all converge, or say why", inside["without a reason"], "without", at_most=0)
    row.target("converged", inside["converged"], f"of {inside['fits']}", at_least=inside["fits"])
    row.target("in at most 12 steps", max(inside["most steps"].values()), "steps", at_most=12)
    return [row]


def fit_counts(bench: Bench) -> list[Row]:
    """Tally and fit a million patients, and compare the fit with that of 2,000."""
    work = "MMRM, unstructured, 1,000,000 patients x 6 visits, 15 % missing, from scores in DuckDB"
    _, small = _row(bench, "mmrm-counts-2000", "", "counts", 2000)
    row, inside = _row(bench, "mmrm-1000000", work, "counts", 1_000_000)
    row.target("tally and fit under 2 s", inside["seconds"], "s", at_most=2)
    row.target("fit at most 2 x that of 2,000 patients", inside["fit"] / small["fit"], "x", at_most=2)
    return [row]


def _row(
    bench: Bench, name: str, work: str, what: str, size: int, *, runs: int | None = None
) -> tuple[Row, dict[str, Any]]:
    """Run one kind of work in a process of its own, and read what it measured inside."""
    out = bench.out / f"{name}.json"
    words = (PYTHON, "-m", "benchmarks.mmrm_work", str(out), what, str(size), *(() if what == "sets" else ("5",)))
    command = Command(name, words)
    found: list[Run] = measure_in_turn([command], runs or bench.runs)[name]
    inside: dict[str, Any] = json.loads(out.read_text(encoding="utf-8"))
    row = Row(name, work, bench.shown(command), found)
    row.more["inside"] = {key: value for key, value in inside.items() if key != "estimates"}
    return row, inside


def _agree(estimates: dict[str, float], lines: list[str]) -> bool:
    """Say whether R's coefficients are ours, to what its optimiser reaches."""
    theirs = {_key(name): float(value) for name, value in (line.rsplit(" ", 1) for line in lines)}
    ours = {_key(name): value for name, value in estimates.items()}
    return theirs.keys() == ours.keys() and all(abs(theirs[name] - ours[name]) < 1e-3 for name in ours)


def _key(name: str) -> tuple[str, ...]:
    return tuple(sorted(name.replace("[", "").replace("]", "").strip().split(":")))

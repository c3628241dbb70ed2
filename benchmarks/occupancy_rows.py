"""The rows of state occupancy, beside counting the rates of the same people."""

from pathlib import Path

from benchmarks.bench import PARTS, Bench
from benchmarks.data import PYTHON, into_page_cache
from benchmarks.measure import Command, measure_in_turn, ratios, spread
from benchmarks.results import Row

RATES = "the package: derive and count the rates"


def occupancy_quick(bench: Bench) -> list[Row]:
    """Estimate occupancy of 100,000 patients."""
    return [_row(bench, 100_000)]


def occupancy_large(bench: Bench) -> list[Row]:
    """Estimate occupancy of a million patients."""
    row = _row(bench, 1_000_000)
    times = row.more["times the tally of the rates"]["median"]
    row.target("at most 2 x the tally of the rates", times, "x", at_most=2)
    return [row]


def _row(bench: Bench, patients: int) -> Row:
    dataset: Path = bench.data.parts(patients, PARTS[patients])
    into_page_cache(dataset)
    words = (PYTHON, "-m", "benchmarks.occupancy_work", str(dataset), str(bench.out / "occupancy.csv"))
    command = Command("occupancy", (*words, bench.memory))
    rates = bench.package(dataset)
    found = measure_in_turn([command, rates], bench.runs)
    work = f"state occupancy over 365 days, tally and estimate, {patients:,} patients"
    row = Row(f"occupancy-{patients}", work, bench.shown(command), found[command.name])
    row.compare(RATES, bench.shown(rates), found[rates.name])
    row.more["times the tally of the rates"] = spread(ratios(found[command.name], found[rates.name]))
    return row

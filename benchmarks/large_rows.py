"""The large rows: a million patients and more."""

import json
import shutil
import statistics
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from benchmarks.bench import DUCKDB, PANDAS, PEERS, POLARS, SCAN, Bench, count_beside_peers, report_command
from benchmarks.data import PYTHON, into_page_cache, partition_command, simulate_command
from benchmarks.measure import Command, CommandFailedError, Run, measure_in_turn, ratios, spread
from benchmarks.results import Row

COUNTING = "the package: derive and count"


def count_large(bench: Bench) -> list[Row]:
    """Count a million patients beside the peers."""
    row, found = count_beside_peers(bench, 1_000_000, (DUCKDB, PANDAS, POLARS, SCAN))
    row.target("at most 1.15 x the DuckDB script", _times(row.runs, found[DUCKDB]), "x", at_most=1.15)
    row.target("at least 1.5 x faster than pandas", row.peers[PANDAS]["ratio"]["median"], "x", at_least=1.5)
    row.target("peak under 600 MB", _peak(row.runs), "MB", at_most=600)
    return [row]


def partition_large(bench: Bench) -> list[Row]:
    """Lay a million patients out in parts, beside counting them."""
    whole, dataset = bench.data.checked(1_000_000), bench.data.parts(1_000_000, 32)
    into_page_cache(whole)
    command = partition_command(whole, bench.out / "q", 32, bench.memory)
    row = _beside_counting(bench, command, dataset, "outcomes partition, 1,000,000 patients into 32")
    shutil.rmtree(bench.out / "q")
    row.target("under 0.4 x derive and count", row.more["times derive and count"]["median"], "x", at_most=0.4)
    row.target("peak under 600 MB", _peak(row.runs), "MB", at_most=600)
    return [row]


def report_large(bench: Bench) -> list[Row]:
    """Write the whole report of a million patients, beside counting them."""
    dataset = bench.data.parts(1_000_000, 32)
    command = report_command(dataset, bench.out / "report", bench.memory)
    row = _beside_counting(bench, command, dataset, "outcomes report, 1,000,000 patients in 32 partitions")
    row.target("at most 1.5 x derive and count", row.more["times derive and count"]["median"], "x", at_most=1.5)
    return [row]


def _beside_counting(bench: Bench, command: Command, dataset: Path, work: str) -> Row:
    into_page_cache(dataset)
    package = bench.package(dataset)
    found = measure_in_turn([command, package], bench.runs)
    row = Row(f"{command.name}-1000000", work, bench.shown(command), found[command.name])
    row.compare(COUNTING, bench.shown(package), found[package.name])
    row.more["times derive and count"] = spread(ratios(row.runs, found[package.name]))
    return row


def _times(runs: Sequence[Run], others: Sequence[Run]) -> float:
    return statistics.median(ratios(runs, others))


def _peak(runs: Sequence[Run]) -> float:
    return max(run.peak_mb for run in runs)


def count_ten_million(bench: Bench) -> list[Row]:
    """Count ten million patients in ten times as many parts, beside a million."""
    million, ten = bench.data.parts(1_000_000, 32), bench.data.parts(10_000_000, 320)
    small, large = bench.package(million), bench.package(ten)
    found = measure_in_turn([small, large], bench.runs)
    work = f"derive and count, 10,000,000 patients in 320 partitions, --memory {bench.memory}"
    row = Row("count-10000000", work, bench.shown(large), found[large.name])
    row.compare(f"{COUNTING}, 1,000,000 patients", bench.shown(small), found[small.name])
    peak = _peak(found[large.name]) / _peak(found[small.name])
    row.target("peak at most 1.2 x that of 1,000,000", peak, "x", at_most=1.2)
    row.target("at most 11 x the time of 1,000,000", _times(row.runs, found[small.name]), "x", at_most=11)
    return [row]


def dask(bench: Bench) -> list[Row]:
    """Compare one Dask worker and two, one thread each; what counts is the time on a cluster that stands."""
    dataset = bench.data.parts(1_000_000, 32)
    into_page_cache(dataset)
    seconds = {workers: bench.out / f"dask-{workers}.json" for workers in (1, 2)}
    commands = {
        workers: Command(
            f"{workers} workers",
            (PYTHON, str(PEERS / "package_on_dask.py"), str(dataset), bench.counts(dataset, f"dask {workers}"),
             str(workers), bench.memory, str(file)),
        )
        for workers, file in seconds.items()
    }  # fmt: skip
    runs: dict[int, list[Run]] = {1: [], 2: []}
    for _ in range(bench.runs):
        for workers, command in commands.items():
            (whole,) = measure_in_turn([command], 1)[command.name]
            counting = json.loads(seconds[workers].read_text())["counting"]
            runs[workers].append(replace(whole, seconds=counting))
    one, two = (Path(bench.counts(dataset, f"dask {workers}")).read_bytes() for workers in (1, 2))
    row = Row(
        "dask-1000000", "derive and count on 2 Dask workers, 1,000,000 patients", bench.shown(commands[2]), runs[2]
    )
    row.compare("1 Dask worker", bench.shown(commands[1]), runs[1], one == two)
    row.target("at least 1.6 x faster than 1 worker", row.peers["1 Dask worker"]["ratio"]["median"], "x", at_least=1.6)
    row.equal("the same counts as 1 worker", one == two)
    return [row]


def simulate_large(bench: Bench) -> list[Row]:
    """Simulate a million patients."""
    command = simulate_command(1_000_000, bench.out / "simulated")
    found = measure_in_turn([command], bench.runs)["simulate"]
    shutil.rmtree(bench.out / "simulated")
    row = Row("simulate-1000000", "outcomes simulate, 1,000,000 patients", bench.shown(command), found)
    row.target("under 2 minutes", statistics.median(run.seconds for run in found), "s", at_most=120)
    row.target("under 2 GB", _peak(found) / 1000, "GB", at_most=2)
    return [row]


def import_large(bench: Bench) -> list[Row]:
    """Import a million patients' export; the script makes the export and measures the command itself."""
    script = PEERS.parent / "import_csv.py"
    if not script.is_file():
        raise CommandFailedError("import: benchmarks/import_csv.py is not there")
    told = bench.out / "import.json"
    words = (PYTHON, str(script), "--patients", "1000000", "--runs", str(bench.runs))
    command = Command("import", ("sh", "-c", f'"$@" > "{told}"', "sh", *words))
    measure_in_turn([command], 1)
    said = json.loads(told.read_text())
    runs = [Run(seconds, 0.0, peak) for seconds, peak in zip(said["seconds"], said["peak_mb"], strict=True)]
    row = Row(
        "import-1000000", "outcomes import, a CSV export of 1,000,000 patients", " ".join(["python", *words[1:]]), runs
    )
    row.more["export_mb"] = said["export_mb"]
    row.target("under 5 minutes", statistics.median(said["seconds"]), "s", at_most=300)
    row.target("under 2 GB", max(said["peak_mb"]) / 1000, "GB", at_most=2)
    return [row]

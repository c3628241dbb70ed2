"""The quick rows: up to 100,000 patients."""

import json
import statistics
from pathlib import Path

from benchmarks.bench import DUCKDB, NOTEBOOK, PANDAS, POLARS, SCAN, Bench, count_beside_peers, report_command
from benchmarks.data import OUTCOMES, PYTHON, into_page_cache, partition_command
from benchmarks.measure import Command, Run, measure_in_turn, spread
from benchmarks.results import Row


def count_quick(bench: Bench) -> list[Row]:
    """Count 100,000 patients beside the peers, and see where the time goes."""
    row, _ = count_beside_peers(bench, 100_000, (DUCKDB, PANDAS, POLARS, SCAN))
    seconds, dataset = str(bench.out / "stages.json"), bench.data.parts(100_000, 1)
    command = Command("stages", (PYTHON, "-m", "benchmarks.stages", seconds, str(dataset), bench.memory))
    into_page_cache(dataset)
    found: dict[str, list[float]] = {}
    for _ in range(bench.runs):
        measure_in_turn([command], 1)
        for stage, value in json.loads(Path(seconds).read_text()).items():
            found.setdefault(stage, []).append(value)
    row.more["stages"] = {stage: spread(values) for stage, values in found.items()}
    row.more["stages of one partition"] = bench.shown(command)
    return [row]


def partition_quick(bench: Bench) -> list[Row]:
    """Lay 100,000 patients out in parts."""
    source = bench.data.checked(100_000)
    into_page_cache(source)
    command = partition_command(source, bench.out / "q", 4, bench.memory)
    runs = measure_in_turn([command], bench.runs)["partition"]
    return [Row("partition-100000", "outcomes partition, 100,000 patients into 4", bench.shown(command), runs)]


def report_quick(bench: Bench) -> list[Row]:
    """Write the whole report of 100,000 patients."""
    source = bench.data.checked(100_000)
    into_page_cache(source)
    command = report_command(source, bench.out / "report", bench.memory)
    runs = measure_in_turn([command], bench.runs)["report"]
    return [Row("report-100000", "outcomes report, 100,000 patients", bench.shown(command), runs)]


def report_of_a_clinic(bench: Bench) -> list[Row]:
    """Time the report on 2,000 patients, and how much of it is neither imports nor drawing."""
    dataset = bench.data.simulated(2000)
    into_page_cache(dataset)
    plain = report_command(dataset, bench.out / "report")
    seconds = bench.out / "parts-of-report.json"
    words = (PYTHON, "-m", "benchmarks.report_parts", str(seconds), *plain.words[2:])
    watched = Command("watched report", words)
    runs: list[Run] = []
    rest: list[float] = []
    for _ in range(bench.runs):
        found = measure_in_turn([plain, watched], 1)
        runs += found["report"]
        inside = json.loads(seconds.read_text())
        rest.append(found["watched report"][0].seconds - inside["importing"] - inside["drawing"])
    row = Row("report-2000", "outcomes report, 2,000 patients", bench.shown(plain), runs)
    row.more["neither imports nor drawing"] = {"command": bench.shown(watched), "seconds": spread(rest)}
    row.target("under 4 s", statistics.median(run.seconds for run in runs), "s", at_most=4)
    row.target("under 1 s neither imports nor drawing", statistics.median(rest), "s", at_most=1)
    return [row]


def notebook(bench: Bench) -> list[Row]:
    """Count 10,000 patients beside the notebook, which runs once: it takes minutes."""
    row, _ = count_beside_peers(bench, 10_000, (NOTEBOOK,))
    row.target("at least 300 x faster than the notebook", row.peers[NOTEBOOK]["ratio"]["median"], "x", at_least=300)
    return [row]


def starting(bench: Bench) -> list[Row]:
    """Time importing the package and showing the help."""
    importing = Command("import", (PYTHON, "-c", "import analysis"))
    helping = Command("help", (OUTCOMES, "--help"))
    found = measure_in_turn([importing, helping], max(bench.runs, 7))
    rows = [
        Row("start-import", "import analysis (whole process)", "python -c 'import analysis'", found["import"]),
        Row("start-help", "outcomes --help", bench.shown(helping), found["help"]),
    ]
    for row, limit in zip(rows, (0.5, 0.7), strict=True):
        row.target(f"under {limit} s", statistics.median(run.seconds for run in row.runs), "s", at_most=limit)
    return rows


def growth(bench: Bench) -> list[Row]:
    """See how cost grows with the number of partitions and of groups, at 100,000 patients."""
    datasets = {f"parts: {parts}": bench.data.parts(100_000, parts) for parts in (1, 8, 32, 128)}
    datasets["clinics: 20"] = bench.data.checked(100_000)
    datasets["clinics: 1,000"] = bench.data.checked(100_000, clinics=1000)
    commands = {words: bench.package(dataset) for words, dataset in datasets.items()}
    for dataset in datasets.values():
        into_page_cache(dataset)
    found = measure_in_turn(list(commands.values()), bench.runs)
    return [
        Row(
            f"growth-{dataset.name}",
            f"{'check, ' if 'clinics' in words else ''}derive and count, 100,000 patients, {words}",
            bench.shown(commands[words]),
            found[commands[words].name],
        )
        for words, dataset in datasets.items()
    ]

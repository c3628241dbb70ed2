"""The rows of safety: its tallies of a million patients, beside those of response."""

from benchmarks.bench import Bench
from benchmarks.data import PYTHON, into_page_cache
from benchmarks.large_rows import COUNTING
from benchmarks.measure import Command, measure_in_turn
from benchmarks.results import Row


def count_safety(bench: Bench) -> list[Row]:
    """Derive and count all of safety, of a million patients, in turn with the tallies of a report's rates."""
    dataset = bench.data.parts(1_000_000, 32)
    into_page_cache(dataset)
    package = bench.package(dataset)
    words = (PYTHON, "-m", "benchmarks.safety_work", str(dataset), str(bench.out / "safety.json"), bench.memory)
    command = Command("safety", words)
    found = measure_in_turn([command, package], bench.runs)
    work = f"safety tallies, 1,000,000 patients in 32 partitions, --memory {bench.memory}"
    row = Row("safety-1000000", work, bench.shown(command), found[command.name])
    row.compare(COUNTING, bench.shown(package), found[package.name])
    # `compare` gives how many times faster than the other; the cost is the other way round.
    row.target("at most 1.5 x the response tallies", 1 / row.peers[COUNTING]["ratio"]["median"], "x", at_most=1.5)
    return [row]

"""Measure the package: `make bench` for the quick rows, `make bench-large` for a million patients and more.

    python -m benchmarks.run [--large] [--only GROUP ...] [--data FOLDER] [--runs 3]

Writes ``benchmarks/results.json`` and the tables of ``benchmarks/README.md``; rows that are not run keep what was
measured before. Ends with 1 when a row could not be run, and says why; a target that is missed is a result.
"""

import argparse
import os
import shutil
import signal
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from benchmarks import (
    audit_rows,
    comparison_rows,
    estimand_rows,
    large_rows,
    mmrm_rows,
    occupancy_rows,
    quick_rows,
    results,
    safety_rows,
    time_rows,
)
from benchmarks.bench import Bench
from benchmarks.data import Data
from benchmarks.measure import CommandFailedError
from benchmarks.results import Row

PROJECT = Path(__file__).parents[1]


@dataclass(frozen=True)
class Group:
    """Rows that are measured together."""

    names: tuple[str, ...]
    measure: Callable[[Bench], list[Row]]
    is_large: bool = False


GROUPS = {
    "start": Group(("start-import", "start-help"), quick_rows.starting),
    "clinic": Group(("report-2000",), quick_rows.report_of_a_clinic),
    "count": Group(("count-100000",), quick_rows.count_quick),
    "partition": Group(("partition-100000",), quick_rows.partition_quick),
    "report": Group(("report-100000",), quick_rows.report_quick),
    "growth": Group(
        (
            "growth-q100000-1",
            "growth-q100000-8",
            "growth-q100000-32",
            "growth-q100000-128",
            "growth-p100000",
            "growth-p100000-1000-clinics",
        ),
        quick_rows.growth,
    ),
    "notebook": Group(("count-10000",), quick_rows.notebook),
    "mmrm": Group(("mmrm-2000", "mmrm-20000"), mmrm_rows.fit_tables),
    "audit": Group(("audit-demo", "audit-100"), audit_rows.audit_demo),
    "mmrm-sets": Group(("mmrm-sets",), mmrm_rows.fit_many_sets),
    "estimands": Group(("estimands-2000",), estimand_rows.estimand_table),
    "comparison": Group(("comparison-100000",), comparison_rows.standardise_and_weight),
    "occupancy": Group(("occupancy-100000",), occupancy_rows.occupancy_quick),
    "turnbull": Group(("turnbull-100000",), time_rows.intervals_quick),
    "simulate": Group(("simulate-1000000",), large_rows.simulate_large, is_large=True),
    "count-large": Group(("count-1000000",), large_rows.count_large, is_large=True),
    "partition-large": Group(("partition-1000000",), large_rows.partition_large, is_large=True),
    "report-large": Group(("report-1000000",), large_rows.report_large, is_large=True),
    "dask": Group(("dask-1000000",), large_rows.dask, is_large=True),
    "ten-million": Group(("count-10000000",), large_rows.count_ten_million, is_large=True),
    "import": Group(("import-1000000",), large_rows.import_large, is_large=True),
    "safety": Group(("safety-1000000",), safety_rows.count_safety, is_large=True),
    "audit-large": Group(("audit-45000",), audit_rows.audit_many_cells, is_large=True),
    "mmrm-large": Group(("mmrm-1000000",), mmrm_rows.fit_counts, is_large=True),
    "occupancy-large": Group(("occupancy-1000000",), occupancy_rows.occupancy_large, is_large=True),
    "kaplan-meier": Group(("kaplan-meier-1000000",), time_rows.curve_large, is_large=True),
}


def main() -> int:
    """Run the rows asked for, one group after the other."""
    asked = _arguments()
    signal.signal(
        signal.SIGTERM, lambda *_: sys.exit(143)
    )  # so that what runs is stopped and cleared away, as by Ctrl-C
    os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[: asked.threads])
    groups = asked.only or [name for name, group in GROUPS.items() if group.is_large == asked.large]
    machine, failed = results.this_machine(asked.threads), []
    with tempfile.TemporaryDirectory(prefix="benchmarks-") as scratch:
        data = Path(asked.data or scratch).absolute()
        data.mkdir(parents=True, exist_ok=True)
        out = Path(tempfile.mkdtemp(dir=data, prefix="out-"))
        bench = Bench(
            Data(data, asked.memory), out, asked.runs, asked.threads, asked.memory, str(asked.peers.absolute())
        )
        try:
            for name in groups:
                start = time.monotonic()
                try:
                    results.keep(GROUPS[name].measure(bench), machine)
                    said = "measured"
                except CommandFailedError as problem:
                    results.keep_failure(GROUPS[name].names, _without_places(str(problem), bench))
                    failed.append(name)
                    said = f"failed: {problem}"
                _say(f"{name}: {said}, {time.monotonic() - start:.0f} s")
        finally:
            shutil.rmtree(out)
            found = results.read_results()
            page = results.filled(results.README.read_text(encoding="utf-8"), found)
            results.README.write_text(page, encoding="utf-8")
    _say(f"\n{results.overview(found)}\n\nCould not be run: {results.failures(found)}")
    return 1 if failed else 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--large", action="store_true", help="the rows of a million patients and more")
    parser.add_argument("--only", nargs="+", choices=GROUPS, metavar="GROUP", help=f"of: {', '.join(GROUPS)}")
    parser.add_argument("--data", metavar="FOLDER", help="where the datasets are kept; a temporary folder if left out")
    parser.add_argument("--runs", type=int, default=3, help="how often each command is run")
    parser.add_argument("--threads", type=int, default=len(os.sched_getaffinity(0)))
    parser.add_argument("--memory", default="1GB", help="what the package may take (the peers take what they want)")
    parser.add_argument("--peers", type=Path, default=PROJECT / ".venv-bench/bin/python", metavar="PYTHON")
    return parser.parse_args()


def _without_places(text: str, bench: Bench) -> str:
    for path, name in ((bench.out, "OUT"), (bench.data.folder, "DATA"), (PROJECT, ".")):
        text = text.replace(str(path), name)
    return text


def _say(text: str) -> None:
    print(text, flush=True)  # noqa: T201 - this is what a benchmark is for


if __name__ == "__main__":
    sys.exit(main())

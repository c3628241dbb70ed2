"""The same report to the last bit: however a dataset is laid out, ordered, run, and by whichever DuckDB."""

import os
import shutil
import subprocess
import sys
import threading
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from analysis.cohort.cohort import Cohort, derive
from analysis.counts.ladder import count_ahead
from analysis.intake.dataset import open_dataset
from analysis.intake.partition import partition_dataset
from analysis.report.results import planned_results, raw_results
from analysis.simulation import simulate, write_dataset
from analysis.vocabulary.periods import parse_period

PROJECT = Path(__file__).parents[2]
OTHER_DUCKDB = os.environ.get("OUTCOMES_OTHER_DUCKDB", "")


@pytest.fixture(scope="module")
def clinic(tmp_path_factory) -> Path:
    return write_dataset(simulate(patients=300, clinics=3, seed=5), tmp_path_factory.mktemp("exact") / "clinic")


@pytest.fixture(scope="module")
def expected(clinic) -> list[pd.DataFrame]:
    return results(derive(open_dataset(clinic)))


def results(cohort: Cohort) -> list[pd.DataFrame]:
    """Everything that a report shows, counted in one pass."""
    asked = {"scales": ["PHQ-9", "GAD-7"], "period": parse_period("2026Q3"), "breakdown": parse_period("2025")}
    count_ahead(cohort, [each.question(cohort) for each in planned_results(cohort, **asked)])
    return [each.frame for each in raw_results(cohort, **asked)]


def assert_same(found: list[pd.DataFrame], expected: list[pd.DataFrame]) -> None:
    for one, other in zip(found, expected, strict=True):
        pd.testing.assert_frame_equal(one, other, check_exact=True)


def written(frames: list[pd.DataFrame]) -> str:
    """All tables as text, with every digit."""
    return "\n".join(frame.to_csv(lineterminator="\n") for frame in frames)


@pytest.mark.parametrize(("parts", "workers"), [(1, 1), (7, 1), (7, 2), pytest.param(64, 2, marks=pytest.mark.full)])
def test_parts_and_workers(clinic, expected, tmp_path, parts, workers):
    cohort = derive(open_dataset(partition_dataset(clinic, out=tmp_path / "parts", parts=parts)))
    assert_same(results(replace(cohort, engine=replace(cohort.engine, workers=workers))), expected)


@pytest.mark.parametrize("threads", [1, 2])
def test_threads(clinic, expected, threads):
    assert_same(results(derive(open_dataset(clinic, threads=threads))), expected)


@pytest.mark.parametrize("parts", [1, 7])
def test_shuffled_rows(clinic, expected, tmp_path, parts):
    shuffled = Path(shutil.copytree(clinic, tmp_path / "shuffled"))
    for seed, path in enumerate(sorted(shuffled.glob("*.csv"))):
        header, *rows = path.read_text(encoding="utf-8").splitlines(keepends=True)
        shuffled_rows = np.random.default_rng(seed).permutation(rows)
        path.write_text("".join([header, *shuffled_rows]), encoding="utf-8")
    if parts > 1:
        shuffled = partition_dataset(shuffled, out=tmp_path / "parts", parts=parts)
    assert_same(results(derive(open_dataset(shuffled))), expected)


@pytest.mark.full
def test_a_worker_that_dies_is_replaced_and_its_part_counted_again(clinic, expected, tmp_path):
    distributed = pytest.importorskip("distributed")
    laid_out = partition_dataset(clinic, out=tmp_path / "parts", parts=7)
    options = {"n_workers": 2, "threads_per_worker": 1, "dashboard_address": None, "silence_logs": 50}
    with distributed.LocalCluster(**options) as cluster, distributed.Client(cluster) as client:
        died = []

        def kill_one() -> None:
            deadline = time.monotonic() + 60
            while not any(client.processing().values()) and time.monotonic() < deadline:
                time.sleep(0.01)
            worker = next(iter(cluster.workers.values()))
            died.append(worker.pid)
            os.kill(worker.pid, 9)

        killer = threading.Thread(target=kill_one)
        killer.start()
        cohort = derive(open_dataset(laid_out), engine="dask", scheduler=cluster.scheduler_address)
        assert_same(results(cohort), expected)
        killer.join()
    assert died


@pytest.mark.full
@pytest.mark.skipif(not OTHER_DUCKDB, reason="OUTCOMES_OTHER_DUCKDB names no folder with another DuckDB")
@pytest.mark.parametrize("parts", [1, 7])
def test_another_duckdb(clinic, expected, tmp_path, parts):
    laid_out = partition_dataset(clinic, out=tmp_path / "parts", parts=parts)
    program = (
        "import duckdb, sys\n"
        "from test_exact_counts import results, written\n"
        "from analysis.cohort.cohort import derive\n"
        "from analysis.intake.dataset import open_dataset\n"
        "print(duckdb.__version__, written(results(derive(open_dataset(sys.argv[1])))), end='')\n"
    )
    places = os.pathsep.join([OTHER_DUCKDB, str(PROJECT), str(Path(__file__).parent)])
    command = [sys.executable, "-c", program, laid_out]
    done = subprocess.run(
        command, check=True, capture_output=True, encoding="utf-8", env={**os.environ, "PYTHONPATH": places}
    )
    version, found = done.stdout.split(" ", maxsplit=1)
    assert version.startswith("1.5.")
    assert found == written(expected)

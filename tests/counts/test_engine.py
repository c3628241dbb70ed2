"""The same counts from any number of partitions, in any order of rows, on any engine; and what goes wrong, said."""

import shutil
import signal
import subprocess
import sys

import pandas as pd
import pytest

from analysis.cohort.cohort import derive
from analysis.counts import partition_runs
from analysis.counts.engine import count_all
from analysis.counts.finished_parts import FOLDER
from analysis.counts.ladder import ask, count_ahead, tally_ladder
from analysis.counts.tallies import DueTally, GroupTally, ScaleTally, SetAsideTally, add_counts
from analysis.estimate.flow import flow
from analysis.estimate.means import mean_scores
from analysis.estimate.rates import response_rates
from analysis.intake.dataset import open_dataset
from analysis.intake.partition import partition_dataset
from analysis.vocabulary.errors import CallError, DataError

RATES = {
    "instrument": "PHQ-9",
    "window": ["end of loading", "after session 3", "month 3 after loading"],
    "by": ["clinic_id", "route"],
    "denominator": ["observed", "nonresponder", "starters", "completers"],
    "period": "2025",
}


@pytest.fixture(scope="module")
def laid_out(demo_folder, tmp_path_factory):
    """The demo in seven parts."""
    return partition_dataset(demo_folder, out=tmp_path_factory.mktemp("parts") / "seven", parts=7)


@pytest.fixture
def seven(laid_out):
    """A cohort of which nothing is counted yet."""
    return derive(open_dataset(laid_out))


def answers(cohort) -> list[pd.DataFrame]:
    return [
        response_rates(cohort, **RATES),
        response_rates(cohort, instrument="GAD-7", window="end of loading", courses="all", outcome="remission"),
        flow(cohort, instrument="PHQ-9", window="end of loading", by="payer", period="2026Q3"),
        mean_scores(cohort, instrument="PHQ-9", window=["baseline", "after session 1"]),
        cohort.set_aside,
    ]


def test_seven_parts_give_what_one_gives(demo_cohort, seven):
    for whole, parts in zip(answers(demo_cohort), answers(seven), strict=True):
        pd.testing.assert_frame_equal(parts, whole, check_exact=True)


def test_the_derived_tables_are_the_same(demo_cohort, seven):
    for name in ("courses", "sessions", "outcomes"):
        pd.testing.assert_frame_equal(seven.table(name), demo_cohort.table(name), check_exact=True)
    chosen = {"columns": ["course", "total"], "where": {"instrument": "GAD-7"}}
    pd.testing.assert_frame_equal(seven.table("outcomes", **chosen), demo_cohort.table("outcomes", **chosen))


def test_all_questions_of_a_report_take_one_pass(seven, monkeypatch):
    jobs = []
    run = partition_runs.run_job
    monkeypatch.setattr(partition_runs, "run_job", lambda job: jobs.append(job) or run(job))
    questions = [ask(seven, instrument="PHQ-9", window=window) for window in ("end of loading", "after session 1")]
    questions.append(ask(seven, instrument="GAD-7", window="end of loading", by="route"))
    count_ahead(seven, questions)
    assert len(jobs) == 7
    for question in questions:
        tally_ladder(seven, question)
    count_all(seven, [DueTally(), ScaleTally(), SetAsideTally(), GroupTally("route")])
    assert len(jobs) == 7


def test_counts_add_whatever_the_order_of_the_parts(seven):
    counts = [GroupTally("clinic_id").count(part) for part in seven.parts()]
    there, back = add_counts(counts, ["place", "level"]), add_counts(counts[::-1], ["place", "level"])
    pd.testing.assert_frame_equal(there, back)
    assert there["courses"].sum() == len(seven.courses)


@pytest.mark.full
def test_dask_gives_the_same(demo_cohort, laid_out):
    cohort = derive(open_dataset(laid_out), engine="dask", memory="400MB")
    pd.testing.assert_frame_equal(response_rates(cohort, **RATES), response_rates(demo_cohort, **RATES))


def test_a_scheduler_that_does_not_answer_is_named(laid_out):
    cohort = derive(open_dataset(laid_out), engine="dask", scheduler="tcp://127.0.0.1:9")
    with pytest.raises(CallError, match=r"scheduler: no Dask scheduler answers at 'tcp://127.0.0.1:9'"):
        response_rates(cohort, **RATES)


def test_a_part_that_cannot_be_read_is_named(laid_out, tmp_path):
    copy = shutil.copytree(laid_out, tmp_path / "copy")
    cohort = derive(open_dataset(copy))
    part = copy / "scores" / "part-0003.parquet"
    part.write_bytes(part.read_bytes()[:-200])
    with pytest.raises(DataError, match="partition 3 of 7|part-0003"):
        response_rates(cohort, **RATES)


def test_too_little_memory_says_what_to_do(laid_out, monkeypatch):
    import duckdb

    def full(*_args):
        raise duckdb.OutOfMemoryException("42 patients")

    monkeypatch.setattr(partition_runs, "count_part", full)
    with pytest.raises(DataError, match=r"partition \d of 7: .* MB are not enough.*--memory.*--parts") as told:
        response_rates(derive(open_dataset(laid_out)), **RATES)
    assert "42" not in str(told.value)


def test_a_run_that_failed_goes_on_where_it_stopped(demo_cohort, laid_out, monkeypatch):
    run, done = partition_runs.run_job, []

    def fail_at_the_fifth(job):
        if job.partition.number == 5:
            raise DataError("stopped")
        return run(job)

    monkeypatch.setattr("os.cpu_count", lambda: 1)
    monkeypatch.setattr(partition_runs, "run_job", fail_at_the_fifth)
    with pytest.raises(DataError, match="stopped"):
        response_rates(derive(open_dataset(laid_out)), **RATES)
    assert len(list((laid_out / FOLDER).iterdir())) == 4
    assert (laid_out / FOLDER).stat().st_mode & 0o777 == 0o700
    monkeypatch.setattr(partition_runs, "run_job", lambda job: done.append(job.partition.number) or run(job))
    rates = response_rates(derive(open_dataset(laid_out)), **RATES)
    assert done == [5, 6, 7]
    pd.testing.assert_frame_equal(rates, response_rates(demo_cohort, **RATES))
    assert not (laid_out / FOLDER).exists()


def test_ctrl_c_stops_before_the_next_part(laid_out, monkeypatch):
    run, begun = partition_runs.run_job, []

    def interrupt_at_the_second(job):
        begun.append(job.partition.number)
        if len(begun) == 2:
            raise KeyboardInterrupt
        return run(job)

    monkeypatch.setattr("os.cpu_count", lambda: 1)
    monkeypatch.setattr(partition_runs, "run_job", interrupt_at_the_second)
    with pytest.raises(KeyboardInterrupt):
        response_rates(derive(open_dataset(laid_out)), **RATES)
    assert len(begun) <= 3
    shutil.rmtree(laid_out / FOLDER)


COUNT = """
import sys
from analysis.cohort.cohort import derive
from analysis.estimate.rates import response_rates
from analysis.intake.dataset import open_dataset
from analysis.counts import partition_runs

run = partition_runs.run_job
def slow(job):
    import time
    counts = run(job)
    print("done", flush=True)
    if job.partition.number > 2:
        time.sleep(60)
    return counts
partition_runs.run_job = slow
if __name__ == "__main__":
    response_rates(derive(open_dataset(sys.argv[1])), instrument="PHQ-9", window="end of loading")
"""


def test_a_run_that_is_killed_leaves_its_counts_for_the_next(demo_cohort, laid_out, tmp_path):
    script = tmp_path / "count.py"
    script.write_text(COUNT)
    with subprocess.Popen([sys.executable, script, laid_out], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        for _ in range(3):
            assert process.stdout.readline() == "done\n"
        process.send_signal(signal.SIGKILL)
    assert list((laid_out / FOLDER).glob("*.json"))
    question = {"instrument": "PHQ-9", "window": "end of loading"}
    rates = response_rates(derive(open_dataset(laid_out)), **question)
    pd.testing.assert_frame_equal(rates, response_rates(demo_cohort, **question))
    assert not (laid_out / FOLDER).exists()

"""The benchmarks measure what they say: commands in turn, memory of whole process trees, peers that count the same."""

import doctest
import json
import re
import runpy
import statistics
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import duckdb
import pytest

from analysis.intake.dataset import open_dataset
from analysis.simulation import simulate, write_dataset
from benchmarks import comparison_rows, comparison_work, measure, results
from benchmarks.bench import DUCKDB, NOTEBOOK, PANDAS, POLARS, SCRIPTS, Bench
from benchmarks.data import Data, simulate_command
from benchmarks.measure import Command, CommandFailedError, Run, measure_in_turn, run_once
from benchmarks.prepare import write_checked, write_copies
from benchmarks.report_parts import Watch
from benchmarks.results import Row
from benchmarks.run import GROUPS

PROJECT = Path(__file__).parents[1]
PEERS = PROJECT / "benchmarks/peers"
PEER_PYTHON = PROJECT / ".venv-bench/bin/python"
NEEDS_PEERS = pytest.mark.skipif(not PEER_PYTHON.is_file(), reason="the peers' environment: make bench makes it")
QUICK, SLOW, SLOWER = Run(2.0, 2.0, 100.0), Run(4.0, 4.0, 300.0), Run(6.0, 6.0, 200.0)
MACHINE = {
    "processor": "a", "processors": 2, "threads": 2, "memory_gb": 8, "system": "Linux", "python": "3.11",
    "packages": {"duckdb": "2"}, "others_at_work": 0.1,
}  # fmt: skip

# Holds 40 MB for half a second, all of it touched.
HOLDING = "held = bytearray(b'x') * 40_000_000; import time; time.sleep(0.5)"


def python(code: str, name: str = "python", runs: int | None = None) -> Command:
    return Command(name, (sys.executable, "-c", code), runs=runs)


# Measuring


def test_examples_in_the_docstrings_run() -> None:
    assert doctest.testmod(measure) == doctest.TestResults(failed=0, attempted=4)


def test_commands_take_turns(tmp_path: Path) -> None:
    log = tmp_path / "log"
    write = [python(f"open({str(log)!r}, 'a').write({name!r})", name) for name in "AB"]
    measure_in_turn([*write, python(f"open({str(log)!r}, 'a').write('C')", "C", runs=1)], runs=3)
    assert log.read_text() == "ABCABAB"


def test_seconds_are_of_the_whole_process_and_cpu_seconds_of_work_only() -> None:
    run = run_once(python("import time; time.sleep(0.4)"))
    assert 0.4 < run.seconds < 10
    assert run.cpu_seconds < 0.4


def test_memory_is_that_of_all_processes_of_the_tree() -> None:
    one = run_once(python(HOLDING))
    start = f"subprocess.Popen([sys.executable, '-c', {HOLDING!r}])"
    three = run_once(python(f"import subprocess, sys; [each.wait() for each in [{start}, {start}, {start}]]"))
    assert one.peak_mb > 40
    assert three.peak_mb > one.peak_mb + 80


def test_a_command_that_fails_says_why_and_stops_the_row() -> None:
    with pytest.raises(CommandFailedError, match=r"^count: ended with 3: first line / it was this$"):
        run_once(python("import sys; print('first line\\nit was this', file=sys.stderr); sys.exit(3)", "count"))
    with pytest.raises(CommandFailedError, match="No such file or directory: no-such-program"):
        run_once(Command("count", ("no-such-program",)))


# Rows and their targets


def test_a_peer_is_compared_turn_by_turn() -> None:
    row = Row("count", "count", "python count.py", [QUICK, QUICK, QUICK])
    row.compare("pandas", "python pandas.py", [SLOW, SLOWER, SLOW], agrees=True)
    assert row.peers["pandas"]["ratio"] == {"median": 2.0, "min": 2.0, "max": 3.0}


@pytest.mark.parametrize(
    ("bounds", "met"), [({"at_most": 2.0}, True), ({"at_most": 1.9}, False), ({"at_least": 2.1}, False)]
)
def test_a_target_is_met_or_not(bounds: dict[str, float], met: bool) -> None:
    row = Row("count", "count", "python count.py", [QUICK])
    row.target("some target", statistics.median(run.seconds for run in row.runs), "s", **bounds)
    row.equal("the same counts", agrees=True)
    assert row.checks[0] == {"target": "some target", "measured": "2 s", "met": met}
    assert row.entry()["met"] is met


def test_counts_that_differ_are_a_target_missed() -> None:
    row = Row("count", "count", "python count.py", [QUICK])
    row.equal("the same counts as pandas", agrees=False)
    assert row.entry()["met"] is False
    assert "they differ, **not met**" in results.overview({"count": row.entry()})


def test_rows_that_are_not_run_keep_what_was_measured(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(results, "RESULTS", tmp_path / "results.json")
    results.keep([Row("a", "work a", "run a", [QUICK]), Row("b", "work b", "run b", [QUICK])], MACHINE)
    results.keep([Row("a", "work a", "run a", [SLOW])], MACHINE)
    results.keep_failure(["b", "c"], "b: ended with 1: no such thing")
    found = results.read_results()
    assert found["a"]["measured"]["seconds"]["median"] == 4.0
    assert found["b"]["measured"]["seconds"]["median"] == 2.0
    assert "ended with 1: no such thing" in results.failures(found)
    assert [name for name in found if "failed" in found[name]] == ["b", "c"]
    results.keep([Row("b", "work b", "run b", [SLOW])], MACHINE)
    assert "failed" not in results.read_results()["b"]


def test_blocks_of_a_page_are_replaced_and_the_words_between_stay() -> None:
    blocks = "".join(f"before {name}\n<!-- {name} -->\nold\n<!-- /{name} -->\n" for name in results.BLOCKS)
    page = results.filled(f"{blocks}the end\n", {})
    assert "old" not in page
    assert re.findall(r"^before (\w+)$", page, flags=re.MULTILINE) == list(results.BLOCKS)
    assert page.endswith("the end\n")
    assert results.filled(page, {}) == page


# What is kept in the repository


def test_the_readme_shows_what_was_measured() -> None:
    page = results.README.read_text(encoding="utf-8")
    assert page == results.filled(page, results.read_results())


def test_every_row_that_was_measured_names_its_command_date_and_machine() -> None:
    known = {name for group in GROUPS.values() for name in group.names}
    found = results.read_results()
    assert set(found) <= known
    for entry in found.values():
        if "measured" in entry:
            assert {"work", "command", "checks", "date", "commit", "machine"} <= set(entry)
            assert all(str(place) not in json.dumps(entry) for place in (PROJECT, Path.home()))


def test_peers_have_the_versions_of_the_lock_and_no_index_of_their_own() -> None:
    pinned, locked = (
        set(re.findall(r"^([\w-]+)==(\S+)((?: ; .*)?) \\$", path.read_text(encoding="utf-8"), flags=re.MULTILINE))
        for path in (PROJECT / "benchmarks/requirements.txt", PROJECT / "requirements.lock")
    )
    names = {name for name, _, _ in pinned}
    assert {"duckdb", "numpy", "pandas", "polars", "pyarrow"} <= names
    assert {each for each in pinned if each[0] in {name for name, _, _ in locked}} <= locked
    assert "://" not in (PROJECT / "benchmarks/requirements.txt").read_text(encoding="utf-8")


# The peers


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Bench:
    folder = tmp_path_factory.mktemp("benchmark")
    write_dataset(simulate(patients=120, clinics=3, seed=7), folder / "d120")
    out = folder / "out"
    out.mkdir()
    (folder / "p120").mkdir()
    write_checked(folder / "d120", folder / "p120")
    return Bench(Data(folder, "500MB"), out, 1, 1, "500MB", str(PEER_PYTHON))


@pytest.fixture(scope="module")
def counted(bench: Bench) -> list[list[object]]:
    dataset = bench.data.checked(120)
    run_once(bench.package(dataset))
    return json.loads(Path(bench.counts(dataset, "package")).read_text())


def test_the_package_counts_every_table(counted: list[list[object]]) -> None:
    tables = {row[0] for row in counted}
    assert tables == {
        "headline", "by_session", "by_phase", "by_maintenance", "mean_by_session", "by_route", "by_clinic",
        "other_scales",
    }  # fmt: skip
    assert sum(row[4] for row in counted if row[0] == "by_clinic") > 20


def test_the_duckdb_script_agrees(bench: Bench, counted: list[list[object]]) -> None:
    dataset = bench.data.checked(120)
    out = bench.out / "script.json"
    subprocess.run([sys.executable, PEERS / SCRIPTS[DUCKDB], dataset, out, "1"], check=True)
    assert json.loads(out.read_text()) == counted


@NEEDS_PEERS
@pytest.mark.full
@pytest.mark.parametrize("name", [DUCKDB, PANDAS, POLARS, NOTEBOOK])
def test_each_peer_agrees(bench: Bench, counted: list[list[object]], name: str) -> None:
    dataset = bench.data.checked(120)
    run_once(bench.peer(name, dataset))
    assert json.loads(Path(bench.counts(dataset, name)).read_text()) == counted
    assert bench.agrees(dataset, name)


@pytest.mark.full
def test_standardised_and_weighted_rates_are_those_of_statsmodels_on_rows() -> None:
    people = comparison_work.simulate_people(4000, seed=2)
    people["age_band"] %= 2  # so that statsmodels is done in a second
    connection = duckdb.connect()
    connection.register("people", people)
    theirs = runpy.run_path(str(PEERS / "comparison_statsmodels.py"))["estimate"](people)
    ours = comparison_work.estimate(connection)
    assert comparison_rows.agree(ours, theirs)
    assert not comparison_rows.agree(ours | {"ratio": ours["ratio"] + 1e-5}, theirs)


def test_a_command_is_shown_as_one_types_it(bench: Bench) -> None:
    dataset = bench.data.checked(120)
    assert bench.shown(bench.package(dataset)) == (
        "python benchmarks/peers/package.py DATA/p120 OUT/p120-package.json 1 500MB"
    )
    assert bench.shown(bench.peer(POLARS, dataset)) == (
        "POLARS_MAX_THREADS=1 .venv-bench/bin/python benchmarks/peers/polars_lazy.py DATA/p120"
        " OUT/p120-Polars-lazy.json"
    )


@pytest.mark.parametrize("files", [["scores.parquet"], ["scores/a.parquet", "scores/b.parquet"], ["0/scores.parquet"]])
def test_files_of_a_table_are_found_in_each_form(tmp_path: Path, files: list[str]) -> None:
    find: Callable[[str, str], list[str]] = runpy.run_path(str(PEERS / "tally_form.py"))["source_files"]
    for name in [*files, "sessions.parquet"]:
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    assert find(str(tmp_path), "scores") == [str(tmp_path / name) for name in files]
    with pytest.raises(SystemExit, match="no Parquet file of the table events"):
        find(str(tmp_path), "events")


# The data


def test_a_checked_copy_holds_the_rows_that_are_used(bench: Bench) -> None:
    original, copy = open_dataset(bench.data.folder / "d120"), open_dataset(bench.data.folder / "p120")
    assert copy.rows["read"].tolist() == original.rows["used"].tolist()
    assert copy.rows["set_aside"].sum() == 0


def test_copies_are_other_patients_with_the_same_course(bench: Bench, tmp_path: Path) -> None:
    source = bench.data.checked(120)
    write_copies(source, tmp_path, 3)
    once, thrice = open_dataset(source).table("patients"), open_dataset(tmp_path).table("patients")
    assert len(thrice) == 3 * len(once)
    assert thrice["patient_id"].is_unique
    assert sorted(thrice["age"].dropna()) == sorted([*once["age"].dropna()] * 3)


def test_data_that_is_there_is_not_made_again(bench: Bench) -> None:
    before = (bench.data.folder / "d120/dataset.toml").stat().st_mtime_ns
    assert bench.data.simulated(120) == bench.data.folder / "d120"
    assert (bench.data.folder / "d120/dataset.toml").stat().st_mtime_ns == before


def test_simulating_asks_for_the_patients_and_clinics(tmp_path: Path) -> None:
    words = simulate_command(10, tmp_path / "d10").words
    assert words[1:] == ("simulate", str(tmp_path / "d10"), "--patients", "10", "--clinics", "20", "--force")


# The watches of the report


def test_calls_within_calls_count_once_and_imports_are_no_drawing() -> None:
    clock = iter(range(100)).__next__
    importing = Watch(now=clock)
    drawing = Watch(other=importing, now=clock)
    load = importing.around(lambda: None)
    inner = drawing.around(load)
    outer = drawing.around(lambda: (inner(), load()))
    outer()
    # The clock ticks at each look: drawing 0 to 5, with the imports 1 to 2 and 3 to 4.
    assert importing.seconds == 2
    assert drawing.seconds == 3

"""The command `outcomes`: what it says, what it writes, and the code it ends with."""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import duckdb
import pytest

from analysis import __version__, cli
from analysis.simulation import simulate, write_dataset
from analysis.vocabulary.errors import CallError, DataError, DisclosureError, NotDueError

COMMANDS = [
    "check",
    "risk",
    "report",
    "audit",
    "derive",
    "partition",
    "map",
    "import",
    "update",
    "simulate",
    "lab",
    "measures",
]

Outcomes = Callable[..., tuple[int, str, str]]


@pytest.fixture
def outcomes(capsys: pytest.CaptureFixture[str]) -> Outcomes:
    """Run the command in this process; gives its exit code, what it printed, and its errors."""

    def run(*arguments: object) -> tuple[int, str, str]:
        capsys.readouterr()
        code = cli.main([str(argument) for argument in arguments])
        printed = capsys.readouterr()
        return code, printed.out, printed.err

    return run


@pytest.fixture(scope="module")
def clinic(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small clean dataset; tests only read it."""
    return write_dataset(simulate(patients=60, clinics=2, seed=5), tmp_path_factory.mktemp("data") / "clinic")


@pytest.fixture
def broken_clinic(clinic: Path, tmp_path: Path) -> Path:
    """The same without a required column, and with a total that is no number."""
    folder = shutil.copytree(clinic, tmp_path / "broken")
    sessions = folder / "sessions.csv"
    sessions.write_text(sessions.read_text().replace("treatment", "treatmend", 1))
    scores = folder / "scores.csv"
    lines = scores.read_text().splitlines()
    cells = lines[1].split(",")
    cells[lines[0].split(",").index("total")] = "SECRET417"
    scores.write_text("\n".join([lines[0], ",".join(cells), *lines[2:]]))
    return folder


def command_line(*arguments: str, **options: object) -> subprocess.CompletedProcess[str]:
    """Run the command as a person does, in a process of its own."""
    return subprocess.run([sys.executable, "-m", "analysis.cli", *arguments], text=True, check=False, **options)


# What it says of itself


@pytest.mark.parametrize("arguments", [[], ["--help"]], ids=["nothing", "--help"])
def test_without_a_command_it_lists_the_commands(outcomes: Outcomes, arguments: list[str]) -> None:
    code, printed, errors = outcomes(*arguments)
    assert (code, errors) == (0, "")
    assert re.findall(r"^  ([a-z]+) ", printed.partition("Commands:")[2], flags=re.MULTILINE) == COMMANDS
    assert "completion" not in printed


@pytest.mark.parametrize("command", COMMANDS)
def test_each_command_explains_itself(outcomes: Outcomes, command: str) -> None:
    code, printed, errors = outcomes(command, "--help")
    assert (code, errors) == (0, "")
    assert printed.startswith(f"Usage: outcomes {command}")


def test_the_version_is_the_packages(outcomes: Outcomes) -> None:
    assert outcomes("--version") == (0, f"outcomes {__version__}\n", "")


@pytest.mark.skipif(os.name == "nt", reason="Windows does not tell what a child process has used")
def test_help_comes_at_once() -> None:
    """Under 0.7 s for the whole process, by the clock of the processor: a busy machine does not count."""
    before = os.times()
    assert command_line("--help", stdout=subprocess.DEVNULL).returncode == 0
    after = os.times()
    used = (after.children_user - before.children_user) + (after.children_system - before.children_system)
    assert 0 < used < 0.7


# A wrong call is one line on stderr and the code 2


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["chekc"], "No such command 'chekc'. Did you mean 'check'? 'outcomes --help' shows how."),
        (["check"], "Missing argument 'DATASET'. 'outcomes check --help' shows how."),
        (["report", "x"], "Missing option '--out'. 'outcomes report --help' shows how."),
        (
            ["check", "x", "--fast"],
            "No such option: --fast. 'outcomes check --help' shows how.",
        ),
        (["report", "x", "--out", "y", "--quarter", "2026Q3", "--year", "2026"], "Give --quarter or --year, not both."),
        (
            ["report", "x", "--out", "y", "--quarter", "2026"],
            "'2026' is a year: write --quarter 2026Q3 or --year 2026.",
        ),
        (
            ["report", "x", "--out", "y", "--year", "2026Q1"],
            "'2026Q1' is a quarter: write --quarter 2026Q3 or --year 2026.",
        ),
        (
            ["report", "x", "--out", "y", "--quarter", "Q3"],
            "'Q3' is not a period: write a quarter as 2026Q3 or a year as 2026.",
        ),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_a_wrong_call_is_told_in_one_line(outcomes: Outcomes, arguments: list[str], message: str) -> None:
    assert outcomes(*arguments) == (2, "", f"outcomes: {message}\n")


@pytest.mark.parametrize("arguments", [["--patients", "many"], ["--patients", "0"], ["--seed", "-1"], ["--clinics"]])
def test_a_number_that_is_none_is_told_in_one_line(outcomes: Outcomes, tmp_path: Path, arguments: list[str]) -> None:
    code, printed, errors = outcomes("simulate", tmp_path / "new", *arguments)
    assert (code, printed) == (2, "")
    assert errors.startswith("outcomes: ")
    assert arguments[0] in errors
    assert errors.count("\n") == 1
    assert not (tmp_path / "new").exists()


# Every failure has its code, and none shows a patient's value


@pytest.mark.parametrize(
    ("error", "code"),
    [(DataError, 1), (CallError, 2), (NotDueError, 3), (DisclosureError, 4)],
    ids=["data", "call", "not due", "disclosure"],
)
def test_each_error_has_its_code(
    outcomes: Outcomes, monkeypatch: pytest.MonkeyPatch, error: type[Exception], code: int
) -> None:
    monkeypatch.setattr("analysis.intake.dataset.check_dataset", failing_with(error("Say what to do.")))
    assert outcomes("check", "x") == (code, "", "outcomes: Say what to do.\n")


def test_a_fault_of_the_program_names_its_place_and_no_value(
    outcomes: Outcomes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("OUTCOMES_DEBUG", raising=False)
    monkeypatch.setattr("analysis.intake.dataset.check_dataset", failing_with(ValueError("patient P0017 scored 12")))
    code, printed, errors = outcomes("check", "x")
    assert (code, printed) == (70, "")
    assert re.fullmatch(
        r"outcomes: a fault of the program, not of your call: ValueError in cli\.py, line \d+\. "
        r"Set OUTCOMES_DEBUG=1 and run it again for the details; they may show values of the data\.\n",
        errors,
    )


def test_on_request_a_fault_shows_its_details(outcomes: Outcomes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OUTCOMES_DEBUG", "1")
    monkeypatch.setattr("analysis.intake.dataset.check_dataset", failing_with(ValueError("the details")))
    with pytest.raises(ValueError, match="the details"):
        outcomes("check", "x")


def test_a_full_disk_is_told_as_such(outcomes: Outcomes, monkeypatch: pytest.MonkeyPatch) -> None:
    full = OSError(28, "No space left on device", "reports/x")
    monkeypatch.setattr("analysis.intake.dataset.check_dataset", failing_with(full))
    assert outcomes("check", "x") == (74, "", "outcomes: No space left on device: 'reports/x'\n")


def test_an_interrupt_ends_without_a_traceback(outcomes: Outcomes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("analysis.intake.dataset.check_dataset", failing_with(KeyboardInterrupt()))
    assert outcomes("check", "x") == (130, "", "outcomes: stopped.\n")


def test_a_reader_that_leaves_early_is_no_fault(clinic: Path) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    done = command_line("check", str(clinic), stdout=writing, stderr=subprocess.PIPE)
    os.close(writing)
    assert (done.returncode, done.stderr) == (141, "")


def failing_with(error: BaseException) -> Callable[..., None]:
    def fail(*_: object, **__: object) -> None:
        raise error

    return fail


# check


def test_a_clean_dataset_has_nothing_to_list(outcomes: Outcomes, clinic: Path) -> None:
    assert outcomes("check", clinic) == (0, "errors: 0; rows or values set aside: 0; warnings: 0\n", "")


def test_every_problem_is_listed_by_severity_without_its_value(outcomes: Outcomes, broken_clinic: Path) -> None:
    code, printed, errors = outcomes("check", broken_clinic)
    assert (code, errors) == (1, "")
    lines = printed.splitlines()
    assert lines[0] == "Errors: the dataset cannot be used until these are mended."
    assert any(line.startswith("  - sessions") and "treatment" in line for line in lines)
    aside = lines.index("Set aside: these rows or values are left out, and counted.")
    assert any(line.startswith("  - scores, column total, row 2:") for line in lines[aside:])
    assert re.fullmatch(r"errors: [1-9]\d*; rows or values set aside: 1; warnings: \d+", lines[-1])
    assert "SECRET417" not in printed


@pytest.mark.parametrize("command", ["report", "derive"])
def test_a_dataset_with_errors_stops_every_command(
    outcomes: Outcomes, broken_clinic: Path, tmp_path: Path, command: str
) -> None:
    code, printed, errors = outcomes(command, broken_clinic, "--out", tmp_path / "result")
    assert (code, printed) == (1, "")
    assert errors.startswith("outcomes: broken cannot be used: ")
    assert "SECRET417" not in errors
    assert not (tmp_path / "result").exists()


# risk, simulate, derive, import


def test_risk_says_who_is_alone_and_what_speaks_against_the_basis(outcomes, clinic) -> None:
    code, printed, _ = outcomes("risk", clinic, "--known", "age", "--known", "sex")
    assert code == 0
    assert "Whoever knows age, sex:" in printed
    assert "of 60 people have nobody like them in this data" in printed
    assert "Safe Harbor cannot be the basis of this data" in printed


def test_risk_names_a_wrong_fact(outcomes, clinic) -> None:
    code, _, errors = outcomes("risk", clinic, "--known", "ages")
    assert code == 2
    assert "known: 'ages' is unknown. Did you mean 'age'?" in errors


def test_the_same_seed_gives_the_same_files(outcomes: Outcomes, tmp_path: Path) -> None:
    for name in ["one", "two"]:
        code, _, errors = outcomes("simulate", tmp_path / name, "--patients", 20, "--clinics", 2, "--seed", 9)
        assert (code, errors) == (0, "")
    files = {path.name: path.read_bytes() for path in (tmp_path / "one").iterdir()}
    assert "sessions.csv" in files
    assert files == {path.name: path.read_bytes() for path in (tmp_path / "two").iterdir()}


def test_the_truth_is_written_beside_the_dataset_only(outcomes: Outcomes, tmp_path: Path) -> None:
    arguments = ["simulate", tmp_path / "new", "--patients", 20, "--clinics", 1]
    assert outcomes(*arguments, "--truth", tmp_path / "truth.csv")[0] == 0
    assert (tmp_path / "truth.csv").read_text().startswith("patient_id,course,")
    code, _, errors = outcomes(*arguments, "--truth", tmp_path / "new" / "truth.csv", "--force")
    assert code == 2
    assert "must not lie in the dataset's folder" in errors


def test_derive_writes_three_tables_once(outcomes: Outcomes, clinic: Path, tmp_path: Path) -> None:
    out = tmp_path / "derived"
    assert outcomes("derive", clinic, "--out", out) == (
        0,
        f"courses.parquet, sessions.parquet and outcomes.parquet are in {out}\n",
        "",
    )
    with duckdb.connect() as con:
        (patients,) = con.execute(
            "SELECT count(DISTINCT patient_id) FROM read_parquet(?)", [str(out / "courses.parquet")]
        ).fetchone()
    assert 0 < patients <= 60
    assert {path.name for path in out.glob("*.parquet")} == {"courses.parquet", "sessions.parquet", "outcomes.parquet"}
    code, _, errors = outcomes("derive", clinic, "--out", out)
    assert code == 2
    assert "--force" in errors
    assert outcomes("derive", clinic, "--out", out, "--force")[0] == 0


def test_rows_set_aside_are_told_at_every_use(outcomes: Outcomes, clinic: Path, tmp_path: Path) -> None:
    folder = shutil.copytree(clinic, tmp_path / "clinic")
    with (folder / "scores.csv").open("a") as scores:
        scores.write("".join(scores_line_of(clinic, total) for total in ["300", "SECRET417"]))
    code, _, errors = outcomes("derive", folder, "--out", tmp_path / "derived")
    assert (code, errors) == (0, f"2 rows or values are set aside; 'outcomes check {folder}' names them.\n")


def scores_line_of(clinic: Path, total: str) -> str:
    """One more row of scores, with this total and on a day of its own."""
    heading, first, *_ = (clinic / "scores.csv").read_text().splitlines()
    row = dict.fromkeys(heading.split(","), "") | {"patient_id": first.split(",")[0], "instrument": "PHQ-9"}
    return ",".join((row | {"day": str(-len(total)), "total": total}).values()) + "\n"


def test_a_folder_of_something_else_is_never_replaced(outcomes: Outcomes, clinic: Path, tmp_path: Path) -> None:
    precious = tmp_path / "photos"
    precious.mkdir()
    (precious / "cat.jpg").write_bytes(b"purr")
    for arguments in (["derive", clinic, "--out", precious], ["report", clinic, "--out", precious]):
        assert outcomes(*arguments, "--force")[0] == 2
    assert [path.name for path in precious.iterdir()] == ["cat.jpg"]


MAPPING = """
dataset = { name = "Two visits", basis = "synthetic", data_cut = "2026" }
files.visits = { path = "visits.csv", delimiter = ";" }

[tables.sessions]
from = "visits"
once_per = ["patient_id"]
columns = { patient_id = "id", day.constant = 0, treatment.constant = "ketamine", route.constant = "iv" }

[tables.scores]
from = "visits"
columns.patient_id = "id"
columns.day = { from = "visit", visits = { "week 0" = 0, "week 2" = 14 } }
columns.instrument.constant = "PHQ-9"
columns.total = { from = "phq", number = "integer" }
"""


def test_import_accounts_for_every_row_and_gives_a_dataset(outcomes: Outcomes, tmp_path: Path) -> None:
    folder = tmp_path / "export"
    folder.mkdir()
    (folder / "visits.csv").write_text("id;visit;phq\nA1;week 0;18\nA1;week 2;7\n")
    (tmp_path / "map.toml").write_text(MAPPING)
    code, printed, errors = outcomes("import", folder, "--map", tmp_path / "map.toml", "--out", tmp_path / "dataset")
    assert (code, errors) == (0, "")
    assert printed.startswith("Imported: Two visits\n")
    assert outcomes("check", tmp_path / "dataset")[0] == 0


# report


def test_report_says_where_it_is_and_asks_before_replacing(outcomes: Outcomes, clinic: Path, tmp_path: Path) -> None:
    out = tmp_path / "2026Q2"
    arguments = ["report", clinic, "--quarter", "2026Q2", "--out", out]
    code, printed, _ = outcomes(*arguments)
    assert (code, printed) == (0, f"The report is in {out / 'report.html'}\n")
    assert (out / "report.html").is_file()
    code, _, errors = outcomes(*arguments)
    assert code == 2
    assert "--force" in errors
    assert outcomes(*arguments, "--force")[0] == 0


@pytest.mark.parametrize("command", ["report", "derive"])
def test_results_do_not_go_into_the_datasets_folder(outcomes: Outcomes, clinic: Path, command: str) -> None:
    before = sorted(clinic.iterdir())
    code, printed, errors = outcomes(command, clinic, "--out", clinic / "result", "--force")
    assert (code, printed) == (2, "")
    assert errors.startswith("outcomes: result: results cannot be written to the dataset's folder")
    assert sorted(clinic.iterdir()) == before


def test_an_internal_report_is_asked_for_by_name(outcomes: Outcomes, clinic: Path, tmp_path: Path) -> None:
    asked = ["report", clinic, "--year", "2025", "--audience", "internal", "--out", tmp_path / "internal"]
    assert outcomes(*asked)[0] == 0
    page = (tmp_path / "internal" / "report.html").read_text(encoding="utf-8")
    assert "<strong>Internal.</strong>" in page
    code, _, errors = outcomes("report", clinic, "--audience", "all", "--out", tmp_path / "other")
    assert code == 2
    assert "'public'" in errors


def test_a_quarter_that_is_not_over_is_not_due(outcomes: Outcomes, clinic: Path, tmp_path: Path) -> None:
    code, printed, errors = outcomes("report", clinic, "--quarter", "2026Q4", "--out", tmp_path / "early")
    assert (code, printed) == (3, "")
    assert errors.count("\n") == 1
    assert not (tmp_path / "early").exists()


def test_progress_is_told_only_when_it_takes_long(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    seconds = iter([0.0, 2.0, 3.5, 3.5, 4.0, 7.0, 7.0])
    monkeypatch.setattr(cli.time, "monotonic", lambda: next(seconds))
    progress = cli._Progress()
    for step in ["reading", "counting", "drawing", "writing"]:
        progress(step)
    assert capsys.readouterr().err == "counting ...\nwriting ...\n"


# lab


def test_lab_without_notebooks_says_where_to_go(
    outcomes: Outcomes, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(cli, "__file__", str(tmp_path / "analysis" / "cli.py"))
    assert outcomes("lab") == (
        2,
        "",
        "outcomes: There is no folder 'notebooks' here: go to the project's folder first.\n",
    )

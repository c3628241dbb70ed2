"""Writing a report: the folder is replaced as one, and two runs give the same bytes."""

import csv
import json
import shutil
from pathlib import Path

import pytest
from made_up_clinics import TWO_CLINICS, write_clinics

from analysis.intake.dataset import open_dataset
from analysis.report.quarterly import write_report
from analysis.vocabulary.errors import CallError, NotDueError
from analysis.vocabulary.periods import parse_period

REFERENCE = Path(__file__).resolve().parents[2] / "reports" / "demo" / "tables"


def contents(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.fixture(scope="module")
def two(tmp_path_factory):
    return open_dataset(write_clinics(tmp_path_factory.mktemp("two") / "dataset", *TWO_CLINICS))


@pytest.fixture(scope="module")
def kept(two, tmp_path_factory):
    """The report of 2025; tests change copies of it."""
    return write_report(two, period=parse_period("2025"), out=tmp_path_factory.mktemp("kept") / "report").parent


def test_what_a_report_consists_of(kept):
    names = contents(kept).keys()
    tables = {Path(name).stem for name in names if name.startswith("tables/")}
    breakdowns = {"by_session", "by_phase", "by_maintenance", "mean_by_session", "by_route", "by_clinic"}
    assert tables == {"flow", "headline", "assumptions", "rows"} | breakdowns
    assert {name for name in names if "/" not in name} == {"report.html", "manifest.json"}


def test_two_runs_give_the_same_bytes(two, kept, tmp_path):
    write_report(two, period=parse_period("2025"), out=tmp_path / "other")
    assert contents(tmp_path / "other") == contents(kept)


def test_a_period_can_be_given_as_text(two, kept, tmp_path):
    write_report(two, period="2025", out=tmp_path / "other")
    assert contents(tmp_path / "other") == contents(kept)
    with pytest.raises(CallError, match="'last year' is not a period"):
        write_report(two, period="last year", out=tmp_path / "none")


def test_a_report_does_not_go_into_the_datasets_folder(two):
    with pytest.raises(CallError, match="results cannot be written to the dataset's folder"):
        write_report(two, out=two.path / "report")


def test_the_order_of_the_rows_makes_no_difference(dataset_of, kept, tmp_path):
    """The dataset's hash differs; the tables and figures do not."""
    write_report(dataset_of(*TWO_CLINICS[::-1]), period=parse_period("2025"), out=tmp_path / "other")
    one, other = ({k: v for k, v in contents(folder).items() if "/" in k} for folder in (kept, tmp_path / "other"))
    assert one == other


def test_a_report_is_replaced_only_when_told(two, kept, tmp_path):
    shutil.copytree(kept, tmp_path / "report")
    with pytest.raises(CallError, match="report is there already; allow replacing it"):
        write_report(two, period=parse_period("2024"), out=tmp_path / "report")
    write_report(two, period=parse_period("2024"), out=tmp_path / "report", force=True)
    manifest = json.loads((tmp_path / "report" / "manifest.json").read_text(encoding="utf-8"))
    assert manifest["report"]["period"] == "2024"


def test_another_folder_is_never_replaced(two, tmp_path):
    (tmp_path / "letters").mkdir()
    (tmp_path / "letters" / "letter.txt").write_text("mine")
    with pytest.raises(CallError, match="letters holds other files"):
        write_report(two, period=None, out=tmp_path / "letters", force=True)
    assert contents(tmp_path / "letters") == {"letter.txt": b"mine"}


@pytest.mark.parametrize(
    "step",
    [
        "deriving courses and outcomes, and counting",
        "estimating, and hiding what is small",
        "drawing flow",
        "writing the files",
    ],
)
def test_an_interrupted_run_leaves_the_old_report(two, kept, tmp_path, step):
    def interrupt(now: str) -> None:
        if now == step:
            raise KeyboardInterrupt

    out = shutil.copytree(kept, tmp_path / "report")
    with pytest.raises(KeyboardInterrupt):
        write_report(two, period=None, out=out, force=True, progress=interrupt)
    assert contents(out) == contents(kept)
    assert [path.name for path in tmp_path.iterdir()] == ["report"]


def test_a_run_that_is_refused_writes_nothing(two, tmp_path):
    with pytest.raises(NotDueError):
        write_report(two, period=parse_period("2026Q4"), out=tmp_path / "report")
    assert not (tmp_path / "report").exists()


def test_the_demo_report_is_the_one_in_the_repository(demo_report):
    """Counts and texts exactly, estimates to 1e-9; `reports/demo` says how it is made anew."""
    assert sorted(path.name for path in REFERENCE.glob("*.csv")) == sorted(
        path.name for path in (demo_report / "tables").iterdir()
    )
    for path in sorted(REFERENCE.glob("*.csv")):
        for number, (kept, fresh) in enumerate(
            zip(*(read(folder / path.name) for folder in (REFERENCE, demo_report / "tables")), strict=True), start=2
        ):
            for name, value in kept.items():
                same = fresh[name] == value or (
                    name in {"estimate", "low", "high"}
                    and value
                    and float(fresh[name]) == pytest.approx(float(value), abs=1e-9)
                )
                assert same, f"{path.name}, row {number}, column {name}: {value} kept, {fresh[name]} now"


def read(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))

"""The manifest: hashes that can be checked, and nothing that changes from run to run or names a place."""

import hashlib
import json
import re
from pathlib import Path

import pytest
from made_up_clinics import TWO_CLINICS, People

from analysis.report.manifest import commit_of, provenance

COMMIT = "0123456789abcdef0123456789abcdef01234567"


def manifest_of(folder: Path) -> dict:
    return json.loads((folder / "manifest.json").read_text(encoding="utf-8"))


def sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    """The two clinics' dataset folder and report folder."""
    from made_up_clinics import write_clinics

    from analysis.intake.dataset import open_dataset
    from analysis.report.quarterly import write_report
    from analysis.vocabulary.periods import parse_period

    place = tmp_path_factory.mktemp("written")
    dataset = write_clinics(place / "dataset", *TWO_CLINICS)
    write_report(open_dataset(dataset), period=parse_period("2025Q2"), out=place / "report")
    return dataset, place / "report"


def test_every_output_is_listed_with_its_hash(written):
    _, report = written
    files = {path for path in report.rglob("*") if path.is_file() and path.name != "manifest.json"}
    assert manifest_of(report)["outputs"] == {path.relative_to(report).as_posix(): sha256(path) for path in files}


def test_every_input_is_listed_with_its_hash(written):
    dataset, report = written
    names = ("dataset.toml", "patients.csv", "scores.csv", "sessions.csv")
    assert manifest_of(report)["dataset"]["files"] == {name: sha256(dataset / name) for name in names}


def test_it_says_what_was_asked(written):
    _, report = written
    assert manifest_of(report)["report"] == {
        "period": "2025Q2",
        "breakdown_period": "2024",
        "audience": "public",
        "policy": {"name": "counts 1 to 10 hidden", "hide_up_to": 10},
        "instrument": "PHQ-9",
    }


def test_rows_are_counted(written):
    rows = manifest_of(written[1])["dataset"]["rows"]
    assert rows["sessions"] == {"read": 580, "used": 580, "set_aside": {}}


def test_rows_hidden_in_the_report_are_hidden_here(report_of):
    report = report_of(*TWO_CLINICS, People("North", 1, end=18, status="no-show"))
    rows = manifest_of(report)["dataset"]["rows"]["sessions"]
    assert rows == {"read": 584, "used": None, "set_aside": {"not a treatment (no-show)": None}}


def test_no_place_and_no_time_is_in_it(written):
    text = (written[1] / "manifest.json").read_text(encoding="utf-8")
    assert str(written[0].parent) not in text
    assert str(Path.home()) not in text
    assert not re.search(r"\d{4}-\d{2}-\d{2}T|\d{2}:\d{2}", text)


def test_versions_are_told(written):
    versions = manifest_of(written[1])["versions"]
    assert {"ketamine-outcomes", "python", "pandas", "duckdb", "matplotlib"} <= set(versions)


def test_the_measures_shown_are_told_by_name_version_and_hash_of_their_rule(written):
    measures = manifest_of(written[1])["measures"]
    assert [label.split()[0] for label in measures][3:5] == ["response", "remission"]
    assert all(re.fullmatch(r"[a-z-]+ \d+ \([0-9a-f]{8}\)", label) for label in measures)


def test_an_internal_report_says_that_nothing_is_hidden(content_of):
    content = content_of(People("North", 40, end=8), audience="internal")
    assert provenance(content)["disclosure"] == "nothing hidden (internal)"


class TestCommit:
    def clone(self, folder: Path, files: dict[str, str]) -> Path:
        for name, text in files.items():
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        return folder

    def test_of_a_branch(self, tmp_path):
        files = {".git/HEAD": "ref: refs/heads/main\n", ".git/refs/heads/main": f"{COMMIT}\n"}
        assert commit_of(self.clone(tmp_path, files)) == COMMIT

    def test_of_a_packed_branch(self, tmp_path):
        packed = f"# pack-refs with: peeled\n{'f' * 40} refs/heads/other\n{COMMIT} refs/heads/main\n"
        files = {".git/HEAD": "ref: refs/heads/main\n", ".git/packed-refs": packed}
        assert commit_of(self.clone(tmp_path, files)) == COMMIT

    def test_of_no_branch(self, tmp_path):
        assert commit_of(self.clone(tmp_path, {".git/HEAD": f"{COMMIT}\n"})) == COMMIT

    def test_of_a_worktree(self, tmp_path):
        files = {
            "tree/.git": f"gitdir: {tmp_path}/main/.git/worktrees/tree\n",
            "main/.git/worktrees/tree/HEAD": "ref: refs/heads/side\n",
            "main/.git/worktrees/tree/commondir": "../..\n",
            "main/.git/refs/heads/side": f"{COMMIT}\n",
        }
        assert commit_of(self.clone(tmp_path, files) / "tree") == COMMIT

    def test_of_a_new_clone_without_commit(self, tmp_path):
        assert commit_of(self.clone(tmp_path, {".git/HEAD": "ref: refs/heads/main\n"})) == ""

    def test_of_a_folder_that_is_no_clone(self, tmp_path):
        assert commit_of(tmp_path) == ""

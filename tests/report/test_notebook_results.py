"""No patient's result reaches the repository in a notebook."""

import shutil
import subprocess
from pathlib import Path

import nbformat
import pytest

from analysis.report.notebook_results import MADE_UP, committed_notebooks, results_sha256, why_refused
from analysis.vocabulary.errors import CallError

ROOT = Path(__file__).resolve().parents[2]
DEMO = "d" * 64
NOT_THE_DEMO = "it has results, and nothing says that they are of the demo"
CHANGED = "it was changed or run again since its results were saved from the demo"


def notebook(*, result: str | None = "7 people", origin: dict[str, str] | None = None) -> nbformat.NotebookNode:
    """A notebook of one cell, as `outcomes notebooks` saves it when an origin is given."""
    outputs = [] if result is None else [nbformat.v4.new_output("execute_result", {"text/plain": result})]
    made = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell("count(data)", outputs=outputs)])
    if origin is not None:
        made.metadata["ketamine_outcomes"] = {**origin, "results": results_sha256(made)}
    return made


def reason(made: nbformat.NotebookNode) -> str | None:
    return why_refused(nbformat.writes(made), demo_sha256=DEMO)


@pytest.mark.parametrize(
    ("made", "refused"),
    [
        (notebook(result=None), None),
        (notebook(origin={"dataset": "demo", "sha256": DEMO}), None),
        (notebook(origin={"dataset": MADE_UP}), None),
        (notebook(), NOT_THE_DEMO),
        (notebook(origin={"dataset": "our clinic", "sha256": "c" * 64}), NOT_THE_DEMO),
        (notebook(origin={"dataset": "demo", "sha256": "c" * 64}), NOT_THE_DEMO),
    ],
    ids=["no result", "demo", "made up in it", "nothing noted", "a clinic", "called demo"],
)
def test_results_are_the_demos_or_refused(made, refused) -> None:
    assert reason(made) == refused


def test_a_copy_run_on_other_data_is_refused_though_its_metadata_still_names_the_demo() -> None:
    made = notebook(origin={"dataset": "demo", "sha256": DEMO})
    made.cells[0].outputs[0].data["text/plain"] = "8 people"
    assert reason(made) == CHANGED


def test_another_source_under_the_same_results_is_refused() -> None:
    made = notebook(origin={"dataset": "demo", "sha256": DEMO})
    made.cells[0].source = "count(other)"
    assert reason(made) == CHANGED


def test_what_jupyterlab_notes_beside_the_results_does_not_matter() -> None:
    made = notebook(origin={"dataset": "demo", "sha256": DEMO})
    made.cells[0].execution_count = made.cells[0].outputs[0].execution_count = 12
    made.cells[0].metadata["collapsed"] = True
    assert reason(made) is None


@pytest.mark.parametrize("text", ["", "{}", "[]", '{"cells": 1, "nbformat": 4}', "not JSON"])
def test_what_is_no_notebook_is_refused_not_passed(text) -> None:
    assert why_refused(text, demo_sha256=DEMO) == "it cannot be read as a notebook"


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    if shutil.which("git") is None:
        pytest.skip("git is not installed")
    git(tmp_path, "init", "--quiet")
    (tmp_path / "notebooks").mkdir()
    return tmp_path


def git(folder: Path, *words: str) -> None:
    subprocess.run(["git", "-C", str(folder), *words], check=True, capture_output=True)


def test_what_is_about_to_be_committed_is_looked_at_not_what_lies_there(repository: Path) -> None:
    path = repository / "notebooks" / "ours.ipynb"
    path.write_text("staged", encoding="utf-8")
    git(repository, "add", ".")
    path.write_text("changed afterwards", encoding="utf-8")
    (repository / "notebooks" / "not_added.ipynb").write_text("?", encoding="utf-8")
    assert list(committed_notebooks(repository, staged=True)) == [("notebooks/ours.ipynb", "staged")]
    assert list(committed_notebooks(repository, staged=False)) == [("notebooks/ours.ipynb", "changed afterwards")]


def test_a_folder_without_git_is_said_to_be_none(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    with pytest.raises(CallError, match="no folder of a Git repository"):
        list(committed_notebooks(tmp_path, staged=False))


def test_the_hook_asks_the_command_about_what_is_staged() -> None:
    hook = (ROOT / ".githooks" / "pre-commit").read_text(encoding="utf-8")
    assert hook.startswith("#!/bin/sh\n")
    assert 'outcomes" notebook-results --staged' in hook

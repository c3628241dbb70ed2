"""Notebooks are rerun as one, saved without traces of the run, and left alone when a cell fails."""

from pathlib import Path

import nbformat
import pytest

from analysis.report.notebooks import rerun_notebooks
from analysis.vocabulary.errors import CallError, DataError

DEMO = Path(__file__).parents[2] / "data" / "demo"

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning:jupyter_client", "ignore::ResourceWarning")


def write_notebook(folder: Path, name: str, *sources: str) -> Path:
    cells = [nbformat.v4.new_code_cell(source, id=f"cell-{number}") for number, source in enumerate(sources)]
    path = folder / name
    nbformat.write(nbformat.v4.new_notebook(cells=cells), path)
    return path


def test_the_results_are_saved_and_the_traces_are_not(tmp_path: Path) -> None:
    notebook = write_notebook(tmp_path, "one.ipynb", "a = 2", "a * 21")
    assert list(rerun_notebooks(tmp_path, dataset=DEMO)) == [notebook]
    saved = nbformat.read(notebook, as_version=4)
    assert saved.cells[1].outputs[0].data["text/plain"] == "42"
    assert [cell.execution_count for cell in saved.cells] == [None, None]
    assert all("execution" not in cell.metadata for cell in saved.cells)
    assert "version" not in saved.metadata.language_info
    assert saved.metadata.ketamine_outcomes.dataset == "demo"
    assert len(saved.metadata.ketamine_outcomes.sha256) == 64


def test_a_second_run_changes_no_byte(tmp_path: Path) -> None:
    notebook = write_notebook(tmp_path, "one.ipynb", "import math", "math.sqrt(2)")
    list(rerun_notebooks(tmp_path, dataset=DEMO))
    first = notebook.read_bytes()
    list(rerun_notebooks(tmp_path, dataset=DEMO))
    assert notebook.read_bytes() == first


def test_a_cell_runs_in_the_notebooks_own_folder(tmp_path: Path) -> None:
    (tmp_path / "beside.txt").write_text("found")
    notebook = write_notebook(tmp_path, "one.ipynb", "print(open('beside.txt').read())")
    list(rerun_notebooks(tmp_path, dataset=DEMO))
    assert nbformat.read(notebook, as_version=4).cells[0].outputs[0].text == "found\n"


def test_a_failing_cell_leaves_the_file_and_names_no_value(tmp_path: Path) -> None:
    notebook = write_notebook(tmp_path, "one.ipynb", "raise ValueError('patient 17')")
    before = notebook.read_bytes()
    with pytest.raises(DataError, match=r"one\.ipynb' stopped with ValueError") as failure:
        list(rerun_notebooks(tmp_path, dataset=DEMO))
    assert "17" not in str(failure.value).replace(str(tmp_path), "")
    assert notebook.read_bytes() == before


def test_a_folder_without_notebooks_is_a_wrong_call(tmp_path: Path) -> None:
    with pytest.raises(CallError, match="no notebook"):
        list(rerun_notebooks(tmp_path, dataset=DEMO))

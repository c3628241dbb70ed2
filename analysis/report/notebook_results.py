"""The door for notebooks: results in a notebook are the demo's, or they are not committed."""

import hashlib
import json
import subprocess
from collections.abc import Iterator
from pathlib import Path

import nbformat

from analysis.vocabulary.errors import CallError

MADE_UP = "made up in the notebook"


def results_sha256(notebook: nbformat.NotebookNode) -> str:
    """Hash the cells of a notebook, with their results: a cell changed or run again with another result shows.

    Parameters
    ----------
    notebook : NotebookNode

    Returns
    -------
    str
        Of the cells' kinds, sources and outputs. What JupyterLab notes beside them (counters, times) is not in it.

    Examples
    --------
    >>> empty = nbformat.v4.new_notebook()
    >>> results_sha256(empty) == results_sha256(nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell("1")]))
    False
    """
    cells = [
        [cell.cell_type, cell.source, [_without_counter(output) for output in cell.get("outputs", [])]]
        for cell in notebook.cells
    ]
    return hashlib.sha256(json.dumps(cells, sort_keys=True).encode()).hexdigest()


def _without_counter(output: nbformat.NotebookNode) -> dict[str, object]:
    return {key: value for key, value in output.items() if key != "execution_count"}


def why_refused(text: str, *, demo_sha256: str) -> str | None:
    """Say why a notebook must not be committed as it is, if it must not.

    Parameters
    ----------
    text : str
        The notebook's file.
    demo_sha256 : str
        The hash of the demo dataset.

    Returns
    -------
    str or None
        None for a notebook without results, and for one whose results `outcomes notebooks` has saved from the demo, or
        from data that the notebook makes up itself, and that was not changed since. Nothing of its content is in the
        reason.

    Examples
    --------
    >>> cell = nbformat.v4.new_code_cell("1", outputs=[nbformat.v4.new_output("stream", text="1")])
    >>> why_refused(nbformat.writes(nbformat.v4.new_notebook(cells=[cell])), demo_sha256="")
    'it has results, and nothing says that they are of the demo'
    """
    try:
        notebook = nbformat.reads(text, as_version=4)
        has_results = any(cell.get("outputs") for cell in notebook.cells)
    except (ValueError, AttributeError, KeyError, TypeError, nbformat.ValidationError):
        return "it cannot be read as a notebook"
    if not has_results:
        return None
    noted = notebook.metadata.get("ketamine_outcomes", {})
    if noted.get("dataset") != MADE_UP and noted.get("sha256") != demo_sha256:
        return "it has results, and nothing says that they are of the demo"
    if noted.get("results") != results_sha256(notebook):
        return "it was changed or run again since its results were saved from the demo"
    return None


def committed_notebooks(folder: Path, *, staged: bool) -> Iterator[tuple[str, str]]:
    """Read the notebooks that Git keeps, or is about to keep.

    Parameters
    ----------
    folder : Path
        Of a Git repository.
    staged : bool
        Those added to the next commit only, as they are in it; else all that Git follows, as they lie there.

    Yields
    ------
    tuple of str
        Path in the repository, and the file's text.

    Raises
    ------
    CallError
        When the folder belongs to no Git repository.
    """
    listing = ["diff", "--cached", "--name-only", "--diff-filter=d", "-z"] if staged else ["ls-files", "-z"]
    for name in _git(folder, *listing, "--", ":/*.ipynb").split("\0"):
        if name and staged:
            yield name, _git(folder, "show", f":{name}")
        elif name and (folder / name).is_file():
            yield name, (folder / name).read_text(encoding="utf-8", errors="replace")


def _git(folder: Path, *words: str) -> str:
    command = ["git", "-C", str(folder), *words]
    try:
        said: bytes = subprocess.check_output(command, stderr=subprocess.DEVNULL)  # noqa: S603 - a list, no shell
    except (OSError, subprocess.CalledProcessError):
        raise CallError(f"'{folder}' is no folder of a Git repository, or git is not installed.") from None
    return said.decode("utf-8", errors="replace")

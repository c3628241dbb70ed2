"""Notebooks rerun from the first cell, and saved so that only a changed result changes the file."""

from collections.abc import Iterator
from pathlib import Path

import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError

from analysis.intake.dataset import open_dataset
from analysis.report.notebook_results import MADE_UP, results_sha256
from analysis.vocabulary.errors import CallError, DataError

SECONDS_PER_CELL = 300
MAKES_ITS_DATA = "EXPORT = None"


def rerun_notebooks(folder: Path, *, dataset: Path) -> Iterator[Path]:
    """Rerun every notebook of a folder and save it with its results.

    The notebooks run in their own folder, one after another, each in a fresh kernel. What a rerun changes without a
    changed result (times, counters, the Python version) is left out of the file. The dataset's name and hash are
    noted in the notebook's metadata, with a hash of the cells and their results, so that it can be told later which
    data the results are from and whether anybody changed them since. A notebook with the parameter ``EXPORT = None``
    makes its data up and opens no dataset, which is noted instead.

    Parameters
    ----------
    folder : Path
        Where the ``.ipynb`` files are.
    dataset : Path
        The dataset folder that the notebooks open.

    Yields
    ------
    Path
        Each notebook, once it is saved.

    Raises
    ------
    CallError
        When the folder has no notebook.
    DataError
        When the dataset cannot be used, or a cell fails: then that notebook stays as it was.
    """
    notebooks = sorted(folder.glob("*.ipynb"))
    if not notebooks:
        raise CallError(f"There is no notebook in '{folder}'.")
    data = open_dataset(dataset)
    opened = {"dataset": dataset.resolve().name, "sha256": data.sha256}
    for path in notebooks:
        notebook = nbformat.read(path, as_version=4)
        client = NotebookClient(
            notebook,
            timeout=SECONDS_PER_CELL,
            kernel_name="python3",
            resources={"metadata": {"path": str(folder)}},
            extra_arguments=["--IPKernelApp.log_level=ERROR"],
        )
        try:
            client.execute()
        except (CellExecutionError, CellTimeoutError, DeadKernelError) as failure:
            reason = getattr(failure, "ename", type(failure).__name__)
            raise DataError(
                f"'{path}' stopped with {reason}. Open it in JupyterLab and run it there to see where."
            ) from failure
        origin = {"dataset": MADE_UP} if _makes_its_data(notebook) else opened
        nbformat.write(_without_traces(notebook, origin), path)
        yield path


def _makes_its_data(notebook: nbformat.NotebookNode) -> bool:
    parameters = [cell.source for cell in notebook.cells if "parameters" in cell.metadata.get("tags", [])]
    return any(MAKES_ITS_DATA in source.splitlines() for source in parameters)


def _without_traces(notebook: nbformat.NotebookNode, origin: dict[str, str]) -> nbformat.NotebookNode:
    notebook.metadata = nbformat.from_dict(
        {
            "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
            "language_info": {"name": "python"},
            "ketamine_outcomes": origin,
        }
    )
    for cell in notebook.cells:
        cell.metadata.pop("execution", None)
        if cell.cell_type == "code":
            cell.execution_count = None
            for output in cell.outputs:
                if output.output_type == "execute_result":
                    output.execution_count = None
    notebook.metadata.ketamine_outcomes.results = results_sha256(notebook)
    return notebook

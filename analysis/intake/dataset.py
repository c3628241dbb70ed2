"""A checked dataset: its tables, what was set aside and why, and what is wrong with it."""

import hashlib
from datetime import date
from functools import cached_property
from pathlib import Path

import duckdb
import pandas as pd

from analysis.intake.examination import Examination, examine
from analysis.intake.folders import file_sha256
from analysis.intake.problems import problems_table
from analysis.intake.schema import layout_tables
from analysis.intake.settings import SETTINGS_FILE
from analysis.intake.summary import html_summary, plain_summary, summarise
from analysis.vocabulary.definitions import Definitions, default_definitions
from analysis.vocabulary.errors import CallError, DataError, nearest_name

_ERRORS_SHOWN = 20
_PANDAS_TYPES = {
    "id": "str",
    "text": "str",
    "zip3": "str",
    "integer": "Int64",
    "number": "float64",
    "date": "datetime64[s]",
    "boolean": "boolean",
}


class Dataset:
    """A dataset that passed the gate. Made by `open_dataset`.

    Attributes
    ----------
    path : Path
        The dataset's folder.
    problems : DataFrame
        Set-aside rows and values, and warnings: ``table, column, rule, severity, rows, count, message``.
    """

    def __init__(self, path: Path, examination: Examination) -> None:
        self.path = path
        self._examination = examination
        self.problems = problems_table(examination.problems)

    @property
    def name(self) -> str:
        """The name shown on reports."""
        return self._examination.settings.name

    @property
    def basis(self) -> str:
        """The ground on which the data counts as de-identified."""
        return self._examination.settings.basis

    @property
    def data_cut(self) -> date:
        """The last day up to which records are complete."""
        return self._examination.settings.data_cut

    @property
    def definitions(self) -> Definitions:
        """The definitions: the package's, with the dataset's changes."""
        return self._examination.settings.definitions or default_definitions()

    @cached_property
    def has_dates(self) -> bool:
        """True when at least one patient's sessions have calendar dates."""
        return self._examination.findings.dated > 0

    @cached_property
    def has_start_year(self) -> bool:
        """True when the table patients gives at least one start year."""
        return self._examination.findings.start_years > 0

    @cached_property
    def rows(self) -> pd.DataFrame:
        """Rows of each table of the dataset: ``table, read, used, set_aside``, where read = used + set_aside."""
        found = self._examination.findings.tables
        rows = [(table, found[table].read, found[table].used) for table in self._examination.files]
        counts = pd.DataFrame(rows, columns=["table", "read", "used"])
        return counts.assign(set_aside=counts["read"] - counts["used"])

    @cached_property
    def set_aside(self) -> pd.DataFrame:
        """Rows set aside, each counted once, under its first reason: ``table, reason, rows``."""
        rows = [
            (table, reason, found.count)
            for table, counted in self._examination.findings.tables.items()
            for reason, found in sorted(counted.faults.items())
            if reason
        ]
        return pd.DataFrame(rows, columns=["table", "reason", "rows"]).astype({"rows": "int64"})

    @cached_property
    def sha256(self) -> str:
        """Hash of ``dataset.toml`` and the table files, by name and content."""
        files = [path for file in self._examination.files.values() for path in file.paths]
        digest = hashlib.sha256()
        for path in sorted([self.path / SETTINGS_FILE, *files]):
            digest.update(f"{path.relative_to(self.path).as_posix()}\0{file_sha256(path)}\n".encode())
        return digest.hexdigest()

    def table(self, name: str) -> pd.DataFrame:
        """Return the used rows of a table, typed, in the order of the file.

        Parameters
        ----------
        name : str
            ``patients``, ``sessions``, ``scores``, ``adverse_events``, ``events`` or ``referrals``.

        Returns
        -------
        DataFrame
            ``row`` (as in a spreadsheet, the header is row 1) and every column of the layout; no rows when the dataset
            does not have the table.

        Raises
        ------
        CallError
            For any other name.
        """
        if name not in layout_tables():
            raise CallError(f"'{name}' is not a table of the layout.{nearest_name(name, list(layout_tables()))}")
        types = {column.name: _PANDAS_TYPES[column.type] for column in layout_tables()[name].columns.values()}
        if name == "scores":
            types |= {"items_answered": "Int64", "prorated": "boolean"}
        return self.connect().execute(f"FROM {name} ORDER BY row").df().astype(types)

    def connect(self) -> duckdb.DuckDBPyConnection:
        """Return a cursor on the tables, in memory.

        All cursors share the six tables of the layout (used rows only, all columns, absent ones NULL) and ``calendar``
        (``patient_id, day0``: the calendar date of day 0). What a caller makes should be temporary tables, which are
        the cursor's own.

        Returns
        -------
        DuckDBPyConnection
        """
        return self._examination.con.cursor()

    def __repr__(self) -> str:
        return plain_summary(summarise(self))

    def _repr_html_(self) -> str:
        return html_summary(summarise(self))


def open_dataset(path: str | Path) -> Dataset:
    """Read and check a dataset.

    Parameters
    ----------
    path : str or Path
        The folder that holds ``dataset.toml`` and the tables.

    Returns
    -------
    Dataset

    Raises
    ------
    DataError
        When a check with the severity ``error`` fails. The message lists the errors, by table, column and row, without
        values. `check_dataset` gives all problems as a table.

    Examples
    --------
    >>> open_dataset("no-such-folder")
    Traceback (most recent call last):
    ...
    analysis.vocabulary.errors.DataError: no-such-folder cannot be used: 1 error.
    - dataset: there is no such folder. Name the folder that holds dataset.toml and the tables.
    """
    folder = Path(path).absolute()
    examination = examine(folder)
    if examination.has_errors:
        raise DataError(_error_text(folder.name, examination))
    return Dataset(folder, examination)


def check_dataset(path: str | Path) -> pd.DataFrame:
    """List everything that is wrong with a dataset; bad data never raises.

    Parameters
    ----------
    path : str or Path
        The folder that holds ``dataset.toml`` and the tables.

    Returns
    -------
    DataFrame
        One row for each broken rule: ``table, column, rule, severity, rows, count, message``. ``rows`` names the first
        rows as a spreadsheet numbers them; ``message`` says what is wrong and what to do. Empty for a clean dataset.

    Examples
    --------
    >>> check_dataset("no-such-folder")["rule"].tolist()
    ['missing folder']
    """
    return problems_table(examine(Path(path).absolute()).problems)


def _error_text(name: str, examination: Examination) -> str:
    errors = [problem for problem in examination.problems if problem.severity == "error"]
    lines = [f"- {problem.message}" for problem in errors[:_ERRORS_SHOWN]]
    if len(errors) > _ERRORS_SHOWN:
        lines.append(f"- and {len(errors) - _ERRORS_SHOWN} more; `outcomes check` lists all.")
    counted = "1 error" if len(errors) == 1 else f"{len(errors)} errors"
    return "\n".join([f"{name} cannot be used: {counted}.", *lines])

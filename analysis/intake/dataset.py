"""A checked dataset: its tables, what was set aside and why, and what is wrong with it."""

import hashlib
from collections.abc import Iterable, Iterator
from datetime import date
from functools import cached_property
from pathlib import Path
from weakref import WeakKeyDictionary

import duckdb
import pandas as pd

from analysis.intake.database import Workspace
from analysis.intake.examination import Examination, examine
from analysis.intake.folders import file_sha256
from analysis.intake.partition_examination import examine_parts, open_part
from analysis.intake.partition_layout import MANIFEST_FILE, Partition
from analysis.intake.problems import Problem, errors_text, problems_table
from analysis.intake.revisions import read_revisions
from analysis.intake.schema import layout_tables
from analysis.intake.settings import SETTINGS_FILE
from analysis.intake.summary import html_summary, plain_summary, summarise
from analysis.vocabulary.definitions import Definitions, default_definitions
from analysis.vocabulary.errors import CallError, DataError, nearest_name

MOST_ROWS = 1_000_000

_IN_USE: "WeakKeyDictionary[duckdb.DuckDBPyConnection, Workspace]" = WeakKeyDictionary()
"""The temporary folder behind each connection that was given away: it must be there as long as the connection."""

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

    def __init__(self, path: Path, examination: Examination, partitions: tuple[Partition, ...] = ()) -> None:
        self.path = path
        self._examination = examination
        self._partitions = partitions
        self.problems = problems_table(examination.problems)

    @property
    def in_parts(self) -> bool:
        """Whether it is laid out in more than one part."""
        return len(self._partitions) > 1

    @property
    def partitions(self) -> tuple[Partition, ...]:
        """The parts in which the dataset is laid out; one when it is not."""
        return self._partitions or (self._whole,)

    @cached_property
    def _whole(self) -> Partition:
        paths = [self.path / SETTINGS_FILE]
        paths += [path for file in self._examination.files.values() for path in file.paths]
        # To hash the content of gigabytes would take longer than to look at a table of them.
        state = [(path.name, path.stat().st_size, path.stat().st_mtime_ns) for path in paths]
        return Partition(str(self.path), 1, 1, hashlib.sha256(repr(state).encode()).hexdigest())

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
    def revisions(self) -> pd.DataFrame:
        """What earlier updates changed, by table and period (see `read_revisions`); no rows when there was none."""
        return read_revisions(self.path)

    @cached_property
    def sha256(self) -> str:
        """Hash of ``dataset.toml`` and the table files, by name and content."""
        return dataset_sha256(self.path, [path for file in self._examination.files.values() for path in file.paths])

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
            For any other name, and for a table of a dataset in several parts with more than a million rows.
        """
        if name not in layout_tables():
            raise CallError(f"'{name}' is not a table of the layout.{nearest_name(name, list(layout_tables()))}")
        if self._examination.con is None:
            return self._table_of_parts(name)
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

        Raises
        ------
        CallError
            When the dataset is laid out in several parts, which are never in memory together.
        """
        con, workspace = self._examination.con, self._examination.workspace
        if con is None or workspace is None:
            raise CallError(
                f"{self.name} is laid out in {len(self.partitions):,} parts, which are never in memory together: open "
                "them one after the other, `for part in dataset.opened_parts(): part.connect()`."
            )
        cursor = con.cursor()
        _IN_USE[cursor] = workspace
        return cursor

    def _table_of_parts(self, name: str) -> pd.DataFrame:
        rows = self._examination.findings.tables[name].used
        if rows > MOST_ROWS:
            raise CallError(
                f"{name} has {rows:,} rows, more than {MOST_ROWS:,}: take a part at a time, "
                f"`for part in dataset.opened_parts(): part.table('{name}')`."
            )
        found = [part.table(name) for part in self.opened_parts()]
        return rows_of_parts(found).sort_values("row", ignore_index=True)

    def opened_parts(self) -> "Iterator[Dataset]":
        """Open the parts, one after the other; a dataset that is not laid out in parts gives itself.

        Yields
        ------
        Dataset
        """
        if self._examination.con is not None:
            yield self
            return
        for partition in self.partitions:
            yield Dataset(self.path, open_part(self.path, partition.number)[1], (partition,))

    def __repr__(self) -> str:
        return plain_summary(summarise(self))

    def _repr_html_(self) -> str:
        return html_summary(summarise(self))


def open_dataset(path: str | Path, *, memory: str | int | None = None, threads: int | None = None) -> Dataset:
    """Read and check a dataset.

    Parameters
    ----------
    path : str or Path
        The folder that holds ``dataset.toml`` and the tables, as files or laid out in parts by `partition_dataset`.
    memory : str or int, optional
        The most that DuckDB may hold in memory, such as ``"1GB"`` or a number of bytes; a quarter of the machine when
        left out.
    threads : int, optional
        How many threads may work; all processors when left out.

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
    if not (folder / MANIFEST_FILE).is_file():
        examination = examine(folder, memory=memory, threads=threads)
        if examination.has_errors:
            raise DataError(errors_text(folder.name, examination.problems))
        return Dataset(folder, examination)
    parts = examine_parts(folder, memory=memory, threads=threads)
    if any(problem.severity == "error" for problem in parts.problems):
        raise DataError(errors_text(folder.name, parts.problems))
    con = workspace = None
    if parts.manifest.parts == 1:
        _, part = open_part(folder, 1, memory=memory, threads=threads)
        con, workspace = part.con, part.workspace
    examination = Examination(con, workspace, parts.settings, parts.files, parts.findings, parts.problems)
    return Dataset(folder, examination, parts.partitions(folder))


def rows_of_parts(found: list[pd.DataFrame]) -> pd.DataFrame:
    """Put the rows of parts together, with the types they have when they were never apart.

    Parameters
    ----------
    found : list of DataFrame
        With the same columns.

    Returns
    -------
    DataFrame

    Examples
    --------
    >>> no_text, text = pd.DataFrame({"room": [None]}, dtype="object"), pd.DataFrame({"room": ["2"]}, dtype="str")
    >>> rows_of_parts([no_text, text])["room"].dtype == "str"
    True
    """
    rows = pd.concat(found, ignore_index=True)
    texts = [name for name in rows if any(isinstance(part[name].dtype, pd.StringDtype) for part in found)]
    return rows.astype(dict.fromkeys(texts, "str"))


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
    folder = Path(path).absolute()
    if not (folder / MANIFEST_FILE).is_file():
        return problems_table(examine(folder).problems)
    try:
        return problems_table(examine_parts(folder).problems)
    except DataError as error:
        what, advice = str(error).removeprefix(f"{folder.name}: ").split(". ", 1)
        return problems_table([Problem("dataset", "partitions", "error", what, advice)])


def dataset_sha256(folder: Path, paths: Iterable[Path]) -> str:
    """Hash ``dataset.toml`` and the table files of a dataset, by name and content.

    Parameters
    ----------
    folder : Path
    paths : iterable of Path
        The table files.

    Returns
    -------
    str
        SHA-256 as 64 hexadecimal digits.
    """
    digest = hashlib.sha256()
    for path in sorted([folder / SETTINGS_FILE, *paths]):
        digest.update(f"{path.relative_to(folder).as_posix()}\0{file_sha256(path)}\n".encode())
    return digest.hexdigest()

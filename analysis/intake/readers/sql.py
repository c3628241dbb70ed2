"""SQL: a table or view of a database, read as its CSV export would be. Nothing can be written on the way.

The database stays as it is: a read-only transaction, in which all tables of one import are those of one moment. Only
columns that the mapping does not drop are asked for.
"""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Protocol

import pandas as pd

from analysis.intake.mapping_grammar import Database, SourceFile
from analysis.intake.readers.remotes import Remotes
from analysis.intake.readers.source_table import SourceTable, check_names
from analysis.intake.readers.sql_postgresql import NOT_PLAIN, open_postgresql
from analysis.intake.readers.sql_sqlite import open_sqlite

ROWS_AT_ONCE = 50_000


class Session(Protocol):
    """A database that is open for reading."""

    def faults(self, file: SourceFile) -> AbstractContextManager[None]:
        """Say in one sentence what goes wrong inside."""

    def columns(self, file: SourceFile) -> dict[str, str]:
        """Return the columns of a table, and for those that cannot be read as text why not."""

    def rows(self, file: SourceFile, columns: list[str], size: int) -> Iterator[list[tuple[str | bytes | None, ...]]]:
        """Yield the rows of a table in portions: texts, None where there is nothing, bytes where it is no text."""


OPENERS: dict[str, Callable[[Path, Database], AbstractContextManager[Session]]] = {
    "postgresql": open_postgresql,
    "sqlite": open_sqlite,
}


def read_sql(folder: Path, file: SourceFile, remotes: Remotes) -> SourceTable:
    """Read a table of a database.

    Parameters
    ----------
    folder : Path
        Where a database is that is a file.
    file : SourceFile
        With ``database``, ``table`` and ``timezone``.
    remotes : Remotes
        Tables of the same database share one connection.

    Returns
    -------
    SourceTable
        Rows numbered in the order of the table's primary key, as if a header stood above them. Columns of lists,
        structures or bytes are refused, and those that the database's user may not read.

    Raises
    ------
    CallError
        The environment holds no connection.
    DataError
        The database cannot be opened or has no such table, or the reading broke off.
    """
    database = file.database
    if database is None:
        raise ValueError("a table needs a database")
    session = remotes.once(("sql", database), lambda: OPENERS[database.kind](folder, database))
    with session.faults(file):
        found = session.columns(file)
        check_names([name.strip() for name in found], file.path)
        refused = {name.strip(): reason for name, reason in found.items() if reason}
        dropped = file.drop.keys() - remotes.used_columns(file.name) - refused.keys()
        refused |= {name.strip(): file.drop[name.strip()] for name in found if name.strip() in dropped}
        asked = [name for name in found if name.strip() not in refused]
        names = [name.strip() for name in asked]
        frames = [_texts(portion, names) for portion in session.rows(file, asked, ROWS_AT_ONCE)] if asked else []
    rows = pd.concat([frame for frame, _ in frames] or [pd.DataFrame(columns=names, dtype="str")], ignore_index=True)
    no_texts = [name for name in names if any(name in held for _, held in frames)]
    rows = rows.drop(columns=no_texts).set_axis(pd.RangeIndex(2, len(rows) + 2), axis="index")
    return SourceTable(rows, refused=refused | dict.fromkeys(no_texts, NOT_PLAIN))


def _texts(portion: list[tuple[str | bytes | None, ...]], names: list[str]) -> tuple[pd.DataFrame, set[str]]:
    """Return a portion as texts without blanks around them, and which columns held bytes."""
    columns = dict(zip(names, zip(*portion, strict=True), strict=True))
    texts = {name: [cell.strip() if isinstance(cell, str) else "" for cell in cells] for name, cells in columns.items()}
    return pd.DataFrame(texts, dtype="str"), {
        name for name, cells in columns.items() if any(isinstance(cell, bytes) for cell in cells)
    }

"""SQLite: a database that is a file of the folder, opened so that it cannot be written."""

import sqlite3
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from urllib.parse import quote

from analysis.intake.mapping_grammar import Database, SourceFile
from analysis.vocabulary.errors import DataError, nearest_name

_HEADER_BYTES = 20
_WRITE_AHEAD = 2


@contextmanager
def open_sqlite(folder: Path, database: Database) -> Iterator["SqliteSession"]:
    """Open a SQLite file for reading.

    Parameters
    ----------
    folder : Path
    database : Database

    Yields
    ------
    SqliteSession
        All its tables are read as they are at one moment. Nothing is written beside the file either, also not what
        does not fit into the memory.

    Raises
    ------
    DataError
        There is no such file, or it is no database.
    """
    path = folder / database.path
    if not path.is_file():
        near = nearest_name(
            database.path, sorted(p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file())
        )
        raise DataError(
            f"{database.path}: there is no such file in {folder.name} (`databases.{database.name}.path`).{near}"
        )
    with ExitStack() as opened:
        try:
            connection = opened.enter_context(closing(sqlite3.connect(_address(path), uri=True, isolation_level=None)))
            for rule in ("query_only = ON", "temp_store = MEMORY"):
                connection.execute(f"PRAGMA {rule}")
            connection.execute("BEGIN")
            connection.execute("SELECT count(*) FROM sqlite_master").fetchone()  # takes the moment that is read
        except (sqlite3.Error, OSError) as error:
            raise DataError(f"{database.path}: {_fault(error)}") from None
        yield SqliteSession(connection, database)


def _address(path: Path) -> str:
    """Write the file as an address that allows no writing.

    A database with a write-ahead log is read through two more files beside it, which SQLite would make. Where there is
    no log to read, it is told that nothing changes, and makes none.
    """
    with path.open("rb") as stream:
        start = stream.read(_HEADER_BYTES)
    logged = start[-1:] == bytes([_WRITE_AHEAD]) and not path.with_name(f"{path.name}-wal").exists()
    return f"file:{quote(str(path.resolve()))}?mode=ro{'&immutable=1' if logged else ''}"


def _fault(error: Exception) -> str:
    """Say what went wrong; SQLite's own words may hold a cell."""
    said = str(error).lower()
    if "not a database" in said or "file is encrypted" in said:
        return "not a SQLite database, or one with a password."
    if "locked" in said or "busy" in said:
        return "another program is writing to the database. Close it and try again."
    if "decode" in said:
        return "a cell holds text that is not UTF-8."
    if "malformed" in said or "disk" in said:
        return "the database is damaged. Make a copy with the program it belongs to, and import that."
    code = getattr(error, "sqlite_errorname", type(error).__name__)
    return f"SQLite cannot read it ({code}). If it is a view, look at what it is made of."


class SqliteSession:
    """A SQLite database that is open for reading."""

    def __init__(self, connection: sqlite3.Connection, database: Database) -> None:
        self._connection = connection
        self._database = database

    @contextmanager
    def faults(self, file: SourceFile) -> Iterator[None]:
        """Say in one sentence what goes wrong inside."""
        try:
            yield
        except sqlite3.Error as error:
            raise DataError(f"{file.path}: {_fault(error)}") from None

    def columns(self, file: SourceFile) -> dict[str, str]:
        """Return the columns of a table; whether they can be read as text is seen in the cells only."""
        known = self._connection.execute(
            "SELECT schema || '.' || name, name FROM pragma_table_list WHERE type IN ('table', 'view', 'virtual')"
        ).fetchall()
        if not any(file.table in names for names in known):
            hint = nearest_name(file.table, [name for _, name in known])
            raise DataError(
                f"{file.path}: {self._database.path} has no table or view of this name (`files.{file.name}.table`)."
                f"{hint}"
            )
        return {name: "" for name, _ in self._told(file)}

    def rows(self, file: SourceFile, columns: list[str], size: int) -> Iterator[list[tuple[str | bytes | None, ...]]]:
        """Yield the rows in portions, numbers as SQLite writes them."""
        cells = ", ".join(
            f"CASE typeof({each}) WHEN 'blob' THEN x'00' ELSE CAST({each} AS TEXT) END"
            for each in map(_quoted, columns)
        )
        key = sorted((place, name) for name, place in self._told(file) if place)
        order = f" ORDER BY {', '.join(_quoted(name) for _, name in key)}" if key else ""
        cursor = self._connection.execute(f"SELECT {cells} FROM {_quoted(*file.table.split('.'))}{order}")
        while portion := cursor.fetchmany(size):
            yield portion

    def _told(self, file: SourceFile) -> list[tuple[str, int]]:
        """Return the columns of a table with their places in its primary key, 0 for none; computed ones too."""
        *schema, table = file.table.split(".")
        query = "SELECT name, pk FROM pragma_table_xinfo(?, ?) WHERE hidden <> 1 ORDER BY cid"
        return self._connection.execute(query, (table, *(schema or ["main"]))).fetchall()


def _quoted(*names: str) -> str:
    return ".".join('"' + name.replace('"', '""') + '"' for name in names)

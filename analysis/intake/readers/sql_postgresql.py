"""PostgreSQL: tables of a server, in one read-only transaction. The connection comes from the environment."""

import os
import re
from collections.abc import Iterator
from contextlib import closing, contextmanager
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, LiteralString

from analysis.intake.mapping_grammar import Database, SourceFile
from analysis.intake.mapping_remotes import LOCAL_HOSTS
from analysis.vocabulary.errors import CallError, DataError, nearest_name

if TYPE_CHECKING:
    import psycopg
    from psycopg import sql

CONNECT_SECONDS = 15
NOT_PLAIN = "holds lists, structures or bytes"
NOT_READABLE = "the user of the database may not read it"

_NO_RIGHT = "the user may not read this table. Ask for the right to SELECT."

# Kinds of types that are one value: truth, dates, enumerations, addresses, numbers, texts, time spans (pg_type).
_PLAIN = "BDEINST"

_COLUMNS: LiteralString = """
SELECT attname, has_column_privilege(attrelid, attnum, 'SELECT'),
       strpos(%s, typcategory::text) > 0 OR 'uuid'::regtype IN (pg_type.oid, typbasetype)
FROM pg_attribute JOIN pg_type ON pg_type.oid = atttypid
WHERE attrelid = %s::regclass AND attnum > 0 AND NOT attisdropped ORDER BY attnum
"""
_KEY: LiteralString = """
SELECT attname, has_column_privilege(attrelid, attnum, 'SELECT')
FROM pg_index JOIN pg_attribute ON attrelid = indrelid AND attnum = ANY(indkey)
WHERE indisprimary AND indrelid = %s::regclass ORDER BY array_position(indkey::int2[], attnum)
"""
_TABLES: LiteralString = """
SELECT table_schema || '.' || table_name FROM information_schema.tables
WHERE table_schema NOT IN ('pg_catalog', 'information_schema')
"""

# What is said of a connection that fails, unless the server speaks another language.
_CONNECTION_FAULTS = {
    "password": "the server does not accept the password",
    "role": "the server does not know the user",
    "database": "the server has no such database, or the user may not connect to it",
    "translate host": "there is no computer of this name in the network",
    "name or service": "there is no computer of this name in the network",
    "refused": "no PostgreSQL server answers there",
    "no such file": "no PostgreSQL server answers there",
    "timeout": "the server does not answer in time",
    "pg_hba": "the server does not let this user in from this computer",
    "ssl": "the encrypted connection cannot be made",
    "certificate": "the encrypted connection cannot be made",
}


@contextmanager
def open_postgresql(folder: Path, database: Database) -> Iterator["PostgresqlSession"]:  # noqa: ARG001
    """Connect to a PostgreSQL server for reading.

    Parameters
    ----------
    folder : Path
        Not used: nothing of a server is in the folder.
    database : Database

    Yields
    ------
    PostgresqlSession
        All tables are read as they are at one moment.

    Raises
    ------
    CallError
        The environment holds no connection.
    DataError
        The server is not there, or does not let the user in.
    """
    import psycopg  # noqa: PLC0415

    settings = _settings(database)
    try:
        connection = psycopg.connect(**settings)
    except (psycopg.Error, UnicodeError) as error:
        raise DataError(
            f"{database.name}: {_connection_fault(str(error))}. See what {database.connection_from} holds."
        ) from None
    with closing(connection):
        connection.read_only = True
        connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        yield PostgresqlSession(connection)


def _settings(database: Database) -> dict[str, Any]:
    """Return the connection's settings. A server on another computer is spoken to in encrypted form."""
    import psycopg  # noqa: PLC0415
    from psycopg.conninfo import conninfo_to_dict  # noqa: PLC0415

    where = f"`databases.{database.name}.connection_from`: "
    text = os.environ.get(database.connection_from, "").strip()
    if not text:
        raise CallError(
            f"{where}the environment variable {database.connection_from} is not set. "
            "Put the connection into it, such as postgresql://reader@db.example.org/clinic."
        )
    try:
        settings = conninfo_to_dict(text)
    except psycopg.Error:
        raise CallError(
            f"{where}what the environment variable {database.connection_from} holds is not a connection, such as "
            "postgresql://reader@db.example.org/clinic."
        ) from None
    ours: dict[str, Any] = {"connect_timeout": CONNECT_SECONDS, "fallback_application_name": "ketamine-outcomes"}
    hosts = str(settings.get("host") or settings.get("hostaddr") or "").split(",")
    if "PGSSLMODE" not in os.environ and not all(each in {"", *LOCAL_HOSTS} or each[0] in "/@" for each in hosts):
        ours["sslmode"] = "require"
    return ours | settings | {"client_encoding": "utf8"}


def _connection_fault(said: str) -> str:
    said = re.sub(r'"[^"]*"', "", said.lower())  # names of users, databases and hosts may hold the same words
    found = [what for sign, what in _CONNECTION_FAULTS.items() if sign in said]
    return found[0] if found else "no connection: is the server there, and are host, database, user and password right?"


class PostgresqlSession:
    """A connection to a PostgreSQL server whose transaction cannot write."""

    def __init__(self, connection: "psycopg.Connection[tuple[Any, ...]]") -> None:
        self._connection = connection

    @contextmanager
    def faults(self, file: SourceFile) -> Iterator[None]:
        """Say in one sentence what goes wrong inside; what the server says may hold a cell and is not shown."""
        from psycopg import Error, errors  # noqa: PLC0415

        try:
            yield
        except (errors.UndefinedTable, errors.InvalidSchemaName):
            hint = nearest_name(file.table, self._tables())
            raise DataError(
                f"{file.path}: the database has no table or view of this name (`files.{file.name}.table`).{hint}"
            ) from None
        except errors.InsufficientPrivilege:
            raise DataError(f"{file.path}: {_NO_RIGHT}") from None
        except errors.ReadOnlySqlTransaction:
            raise DataError(f"{file.path}: reading this view would change the database; it was stopped.") from None
        except errors.QueryCanceled:
            raise DataError(
                f"{file.path}: the server stopped the reading, which took too long or was cancelled."
            ) from None
        except (UnicodeError, errors.CharacterNotInRepertoire):
            raise DataError(f"{file.path}: a cell holds text that is not UTF-8.") from None
        except Error as error:
            broken = self._connection.broken or self._connection.closed
            code = f" (SQLSTATE {error.sqlstate})" if error.sqlstate else ""
            what = "the server closed the connection" if broken else "the server could not read the table"
            raise DataError(f"{file.path}: {what}{code}. Try again, or ask who looks after the server.") from None

    def columns(self, file: SourceFile) -> dict[str, str]:
        """Return the columns of a table, and for those that cannot be read as text why not."""
        with self._connection.cursor() as cursor:
            name = _name(file).as_string(cursor)
            found = cursor.execute(_COLUMNS, (_PLAIN, name)).fetchall()
        if not any(readable for _, readable, _ in found):
            raise DataError(f"{file.path}: {_NO_RIGHT}")
        return {
            column: "" if readable and plain else NOT_PLAIN if readable else NOT_READABLE
            for column, readable, plain in found
        }

    def rows(self, file: SourceFile, columns: list[str], size: int) -> Iterator[list[tuple[str | bytes | None, ...]]]:
        """Yield the rows in portions as they come from the server, in its own words for a CSV export."""
        from psycopg import sql  # noqa: PLC0415

        with self._connection.cursor() as cursor:
            cursor.execute("SELECT set_config('DateStyle', 'ISO', true)")
            if file.timezone:
                cursor.execute("SELECT set_config('TimeZone', %s, true)", (file.timezone,))
            else:
                cursor.execute("SET LOCAL TimeZone TO DEFAULT")
            name = _name(file)
            key = cursor.execute(_KEY, (name.as_string(cursor),)).fetchall()
            order: sql.Composable = sql.SQL("")
            if key and all(readable for _, readable in key):
                order = sql.SQL(" ORDER BY {}").format(sql.SQL(", ").join(sql.Identifier(each) for each, _ in key))
            chosen = sql.SQL(", ").join(map(sql.Identifier, columns))
            query = sql.SQL("COPY (SELECT {} FROM {}{}) TO STDOUT").format(chosen, name, order)
            with cursor.copy(query) as copy:
                rows = copy.rows()
                while portion := list(islice(rows, size)):
                    yield portion

    def _tables(self) -> list[str]:
        self._connection.rollback()
        return [name for (name,) in self._connection.execute(_TABLES)]


def _name(file: SourceFile) -> "sql.Identifier":
    from psycopg import sql  # noqa: PLC0415

    return sql.Identifier(*file.table.split("."))

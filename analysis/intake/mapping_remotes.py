"""Reading the part of a mapping that says where something is that is no file: a REDCap server, a database.

What opens a server, a token or a password, stands in an environment variable and never in a mapping, which is a text
to be kept, sent and shown.
"""

import re
from pathlib import Path, PurePosixPath
from typing import Any
from urllib.parse import urlsplit

from analysis.intake.mapping_grammar import Database
from analysis.intake.toml_tables import TomlTable
from analysis.vocabulary.errors import CallError, nearest_name

REMOTE_FORMATS = ("redcap-api", "sql")
LOCAL_HOSTS = ("localhost", "127.0.0.1", "::1")

_SECRETS = {"token", "api_token", "password", "user", "username", "connection", "secret", "key"}
_VARIABLE = r"[A-Za-z_][A-Za-z0-9_]*"
_LONG_NUMBER = r"[0-9A-Fa-f]{32,}"


def read_databases(databases: TomlTable) -> dict[str, Database]:
    """Read ``databases`` of a mapping.

    Parameters
    ----------
    databases : TomlTable

    Returns
    -------
    dict of str to Database

    Raises
    ------
    CallError
        A key that is unknown, missing, of another kind of database, or that holds a secret instead of its place.
    """
    return {name: _database(name, table) for name, table in databases.tables().items()}


def _database(name: str, table: TomlTable) -> Database:
    refuse_secrets(table)
    table.only("kind", "path", "connection_from")
    kind = table.text("kind")
    if kind == "sqlite":
        table.only("kind", "path")
        return Database(name, "sqlite", path=path_inside(table))
    if kind == "postgresql":
        table.only("kind", "connection_from")
        return Database(name, "postgresql", connection_from=_variable(table, "connection_from"))
    raise CallError(f'`{table.at("kind")}` must be "postgresql" or "sqlite".')


def read_place(how: str, table: TomlTable, databases: dict[str, Database]) -> dict[str, Any]:
    """Read where ``files.NAME`` is found: its path or, for the two formats that are no files, its server or table.

    Parameters
    ----------
    how : str
        The format.
    table : TomlTable
    databases : dict of str to Database
        The databases that the mapping names.

    Returns
    -------
    dict of str to object
        Fields of a SourceFile; ``path`` is the name in messages where there is no path.

    Raises
    ------
    CallError
        A key that is missing, of the wrong kind, or that holds a secret instead of its place.
    """
    if how not in REMOTE_FORMATS:
        return {"path": path_inside(table)}
    if "path" in table:
        raise CallError(f'`{table.at("path")}`: the format "{how}" reads no file; leave the path out.')
    if how == "sql":
        return _table_place(table, databases)
    url, variable = _address(table), _variable(table, "token_from")
    return {"path": f"{urlsplit(url).hostname} ({variable})", "url": url, "token_from": variable}


def refuse_secrets(table: TomlTable) -> None:
    """Refuse keys under which a password or a token would stand, without showing what stands there.

    Parameters
    ----------
    table : TomlTable

    Raises
    ------
    CallError
    """
    for key in sorted(_SECRETS & table.data.keys()):
        raise CallError(
            f"`{table.at(key)}`: what is secret never belongs in a mapping. Put it into an environment variable, name "
            "the variable here (token_from, connection_from), and have what stood here replaced by a new one."
        )


def path_inside(table: TomlTable) -> str:
    """Return the path of a file or folder that lies inside the folder that is imported.

    Parameters
    ----------
    table : TomlTable
        Its key ``path`` is meant.

    Returns
    -------
    str

    Raises
    ------
    CallError
        The path leads elsewhere.
    """
    path = table.text("path")
    if Path(path).is_absolute() or ".." in PurePosixPath(path.replace("\\", "/")).parts:
        raise CallError(f"`{table.at('path')}` must lie inside the folder that is imported.")
    return path


def _table_place(table: TomlTable, databases: dict[str, Database]) -> dict[str, Any]:
    name, chosen = table.text("database"), table.text("table")
    if name not in databases:
        raise CallError(
            f"`{table.at('database')}` names none of the `databases` of the mapping."
            f"{nearest_name(name, list(databases))}"
        )
    parts = chosen.split(".")
    if len(parts) > 2 or not all(parts) or "\0" in chosen:
        raise CallError(f'`{table.at("table")}` must be the name of a table or view, "visits" or "schema.visits".')
    if databases[name].kind == "sqlite" and "timezone" in table:
        raise CallError(f"`{table.at('timezone')}` is for PostgreSQL; SQLite keeps times as they were written.")
    return {"path": f"{name}: {chosen}", "database": databases[name], "table": chosen}


def _address(table: TomlTable) -> str:
    """Return the address; an address with a name, a password or a token in it is refused without being shown."""
    url = table.text("url").strip()
    url += "" if url.endswith("/") else "/"
    try:
        parts = urlsplit(url)
        plain = parts.hostname and not (parts.username or parts.password or parts.query or parts.fragment)
        plain = plain and (parts.port is None or parts.port > 0)
    except ValueError:
        plain = False
    if not plain or re.search(r"\s", url):
        raise CallError(
            f"`{table.at('url')}` must be an address and nothing else, such as https://redcap.example.org/api/."
        )
    if parts.scheme != "https" and not (parts.scheme == "http" and parts.hostname in LOCAL_HOSTS):
        raise CallError(
            f"`{table.at('url')}` must begin with https://: records and token would be readable on the way."
        )
    if not parts.path.endswith("/api/"):
        raise CallError(f"`{table.at('url')}` must be the address of REDCap's API, which ends in /api/.")
    return url


def _variable(table: TomlTable, key: str) -> str:
    name = table.text(key)
    if not re.fullmatch(_VARIABLE, name) or re.fullmatch(_LONG_NUMBER, name):
        raise CallError(
            f"`{table.at(key)}` must be the name of an environment variable, such as CLINIC_SECRET. "
            "What is secret itself never belongs in a mapping; if it stood there, have it replaced by a new one."
        )
    return name

"""From a table's file to text cells with spreadsheet row numbers.

DuckDB reads the files, at any size. Its own error texts quote the data, so none of them is passed on: what can be wrong
with a file is named in our words.
"""

import re
from dataclasses import dataclass, replace
from pathlib import Path

import duckdb

from analysis.intake.csv_text import explain_csv, look_at_csv
from analysis.intake.problems import ROWS_NAMED, Problem, shown_name
from analysis.intake.schema import layout_tables

_NESTED = ("STRUCT", "MAP", "UNION", "BLOB", "[]", "BIT")
_TABLE_FILES = {".csv", ".tsv", ".parquet", ".xlsx", ".xls"}


@dataclass(frozen=True)
class TableFile:
    """A readable table: its headings, and SQL that yields ``row`` and the text cells ``c0``, ``c1`` ...

    An empty cell is NULL. ``read`` is the number of rows; ``filled`` how many cells of each column are not empty.
    """

    table: str
    paths: tuple[Path, ...]
    names: tuple[str, ...]
    relation: str
    read: int = 0
    filled: tuple[int, ...] = ()


def find_files(folder: Path) -> tuple[dict[str, tuple[Path, ...]], list[Problem]]:
    """Find the file of each table: ``NAME.csv``, ``NAME.parquet`` or a folder ``NAME`` of Parquet parts.

    Parameters
    ----------
    folder : Path

    Returns
    -------
    tuple of dict and list of Problem
        Table to its paths, without the tables that are absent or wrong; and what is wrong.
    """
    found: dict[str, tuple[Path, ...]] = {}
    problems = []
    for table, layout in layout_tables().items():
        forms = [path for name in (f"{table}.csv", f"{table}.parquet", table) if (path := folder / name).exists()]
        if not forms and layout.required:
            advice = f"Every dataset needs {table}.csv or {table}.parquet in its folder."
            problems.append(_error(table, "missing table", "the table is missing", advice))
        elif len(forms) > 1:
            what = f"there are {' and '.join(path.name for path in forms)}"
            problems.append(_error(table, "two files", what, "Keep one of them, so that it is clear which one counts."))
        elif forms:
            paths = tuple(sorted(forms[0].glob("*.parquet"))) if forms[0] == folder / table else tuple(forms)
            if paths and all(path.is_file() for path in paths):
                found[table] = paths
            else:
                advice = f"Put the table into one file {table}.csv (a folder {table} may hold Parquet parts only)."
                problems.append(_error(table, "folder", f"{forms[0].name} is a folder or holds no part", advice))
    return found, problems + _stray_files(folder)


def _stray_files(folder: Path) -> list[Problem]:
    stray = [path for path in folder.iterdir() if path.suffix.lower() in _TABLE_FILES and not _is_table(path)]
    if not stray:
        return []
    what = f"{len(stray)} file{'s' if len(stray) > 1 else ''} in the folder with a name that is not in the layout"
    advice = f"Not read. The tables are {', '.join(layout_tables())}, each as .csv or .parquet."
    return [Problem("dataset", "unknown file", "warning", what, advice)]


def _is_table(path: Path) -> bool:
    return path.stem in layout_tables() and path.suffix in {".csv", ".parquet"}


def open_table(
    con: duckdb.DuckDBPyConnection, table: str, paths: tuple[Path, ...]
) -> tuple[TableFile | None, list[Problem]]:
    """Look at a table's file and make it readable.

    Parameters
    ----------
    con : DuckDBPyConnection
    table : str
    paths : tuple of Path
        As `find_files` gives them.

    Returns
    -------
    tuple of TableFile or None and list of Problem
        None when the file cannot be read, with at least one error that says why.
    """
    try:
        if paths[0].suffix == ".csv":
            return _open_csv(con, table, paths[0])
        return _open_parquet(con, table, paths)
    except OSError as error:
        what = f"it cannot be read ({error.strerror})"
        return None, [_error(table, "unreadable file", what, "Check its permissions.")]


def _open_csv(con: duckdb.DuckDBPyConnection, table: str, path: Path) -> tuple[TableFile | None, list[Problem]]:
    text = look_at_csv(table, path)
    if not text.readable:
        return None, list(text.problems)
    columns = ", ".join(f"'c{number}': 'VARCHAR'" for number in range(len(text.names)))
    cells = ", ".join(_cell(f"c{number}", number) for number in range(len(text.names)))
    relation = (
        f"SELECT row_number() OVER () + 1 AS row, {cells} FROM read_csv({_literal(path)}, columns = {{{columns}}}, "
        "auto_detect = false, header = true, delim = ',', quote = '\"', escape = '\"', nullstr = '', "
        "strict_mode = true, null_padding = false)"
    )
    file = _counted(con, TableFile(table, (path,), text.names, relation))
    if file is None:
        return None, explain_csv(table, path)
    # Each line a row is the rule; otherwise a cell holds line breaks, and an open quotation mark may hide rows in it.
    broken = _line_breaks(con, file) if text.lines != file.read + 1 else []
    return (None if broken else file), [*text.problems, *broken]


def _open_parquet(
    con: duckdb.DuckDBPyConnection, table: str, paths: tuple[Path, ...]
) -> tuple[TableFile | None, list[Problem]]:
    source = f"read_parquet([{', '.join(_literal(path) for path in paths)}])"
    damaged = _error(
        table,
        "unreadable file",
        "the Parquet file is damaged or is not Parquet",
        "It may be cut off, or its parts may differ in their columns. Export it again.",
    )
    try:
        columns = con.execute(f"DESCRIBE SELECT * FROM {source}").fetchall()
    except duckdb.Error:
        return None, [damaged]
    names = tuple(str(name) for name, *_ in columns)
    nested = [position for position, (_, kind, *_) in enumerate(columns) if any(sign in kind for sign in _NESTED)]
    if nested:
        shown = ", ".join(shown_name(names[position], position=position) for position in nested)
        what = f"cells that are lists, structures or bytes in {shown}"
        return None, [_error(table, "wrong type", what, "Write plain numbers, texts, dates and true or false.")]
    # The text of a missing floating-point number is `nan`, which is an empty cell.
    cells = ", ".join(
        _cell(f"nullif(CAST({_quoted(name)} AS VARCHAR), 'nan')", number) for number, name in enumerate(names)
    )
    relation = f"SELECT row_number() OVER () + 1 AS row, {cells} FROM {source}"
    file = _counted(con, TableFile(table, paths, tuple(name.strip() for name in names), relation))
    return (file, []) if file else (None, [damaged])


def _counted(con: duckdb.DuckDBPyConnection, file: TableFile) -> TableFile | None:
    """Read the whole file once, to know that it can be read, and count; None when it cannot."""
    counts = ", ".join(f"count(c{number})" for number in range(len(file.names)))
    try:
        read, *filled = con.execute(f"SELECT count(*), {counts} FROM ({file.relation})").fetchone() or (0,)
    except duckdb.Error:
        return None
    return replace(file, read=int(read), filled=tuple(filled))


def _line_breaks(con: duckdb.DuckDBPyConnection, file: TableFile) -> list[Problem]:
    broken = " OR ".join(rf"regexp_matches(c{number}, '[\r\n]')" for number in range(len(file.names)))
    query = f"SELECT count(*), min(row, {ROWS_NAMED}) FROM ({file.relation}) WHERE {broken}"
    count, rows = con.execute(query).fetchone() or (0, None)
    if not count:
        return []
    what = "a cell holds a line break"
    advice = "Is a quotation mark open there, with other rows inside the cell? Take out the line breaks."
    return [Problem(file.table, "line break in a cell", "error", what, advice, "", tuple(rows), count)]


def _cell(text: str, number: int) -> str:
    return rf"nullif(trim({text}), '') AS c{number}"


def _literal(path: Path) -> str:
    """Write a path for DuckDB, which would take ``data[1]`` for a pattern and read the folder ``data1``."""
    return _quoted(re.sub(r"([\[*?])", r"[\1]", str(path)), "'")


def _quoted(text: str, sign: str = '"') -> str:
    return sign + text.replace(sign, sign * 2) + sign


def _error(table: str, rule: str, what: str, advice: str) -> Problem:
    return Problem(table, rule, "error", what, advice)

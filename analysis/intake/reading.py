"""From a table's file to typed cells with spreadsheet row numbers.

DuckDB reads the files, at any size, and each text file only once: what is read is kept in typed columns. Its own error
texts quote the data, so none of them is passed on: what can be wrong with a file is named in our words.
"""

import re
from dataclasses import dataclass, replace
from pathlib import Path

import duckdb

from analysis.intake.cell_values import TYPED, is_native, values_sql
from analysis.intake.csv_text import explain_csv, look_at_csv
from analysis.intake.database import raise_machine_fault
from analysis.intake.problems import ROWS_NAMED, Problem, shown_name
from analysis.intake.schema import layout_tables

_NESTED = ("STRUCT", "MAP", "UNION", "BLOB", "[]", "BIT")
_PART = "outcomes_part_file"
_TABLE_FILES = {".csv", ".tsv", ".parquet", ".xlsx", ".xls"}


@dataclass(frozen=True)
class TableFile:
    """A readable table: its headings, and SQL that yields ``row`` and the cells as `values_sql` types them.

    An empty cell is NULL. ``read`` is the number of rows; ``filled`` how many cells of each column are not empty;
    ``odd`` how many rows hold a text where a number, a date or true or false should be.
    """

    table: str
    paths: tuple[Path, ...]
    names: tuple[str, ...]
    values: str
    read: int = 0
    filled: tuple[int, ...] = ()
    odd: int = 0

    @property
    def kinds(self) -> tuple[str, ...]:
        """The kind of each column; text for a column that is not in the layout."""
        return column_kinds(self.table, self.names)

    def odd_text(self, number: int) -> str:
        """Write SQL for the text of a cell that is not a proper value of its kind; NULL for a proper one."""
        before = sum(kind in TYPED for kind in self.kinds[:number])
        return f"odd[{before + 1}]" if self.odd or not self.filled else "CAST(NULL AS VARCHAR)"

    @property
    def relation(self) -> str:
        """SQL that yields ``row`` and the cells as text, ``c0``, ``c1`` ..."""
        cells = ", ".join(
            f"coalesce({self.odd_text(number)}, CAST(v{number} AS VARCHAR)) AS c{number}"
            if kind in TYPED
            else f"CAST(v{number} AS VARCHAR) AS c{number}"
            for number, kind in enumerate(self.kinds)
        )
        return f"SELECT row, {cells} FROM ({self.values})"


def column_kinds(table: str, names: tuple[str, ...]) -> tuple[str, ...]:
    """Return the kind of each column of a table, by its heading; text for a heading that the layout does not know."""
    columns = layout_tables()[table].columns
    return tuple(columns[name].type if name in columns else "text" for name in names)


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
    con: duckdb.DuckDBPyConnection,
    table: str,
    paths: tuple[Path, ...],
    *,
    staging: Path | None = None,
    count: bool = True,
) -> tuple[TableFile | None, list[Problem]]:
    """Look at a table's file and make it readable.

    Parameters
    ----------
    con : DuckDBPyConnection
    table : str
    paths : tuple of Path
        As `find_files` gives them.
    staging : Path, optional
        A folder in which a table whose cells are text is kept after its one reading; in memory when left out.
    count : bool
        Read a Parquet file whole and count its cells; without, damage inside it shows when it is read.

    Returns
    -------
    tuple of TableFile or None and list of Problem
        None when the file cannot be read, with at least one error that says why.

    Raises
    ------
    OSError
        When the disk that holds ``staging`` is full.
    """
    if paths[0].suffix == ".csv":
        return _open_csv(con, table, paths[0], staging)
    return _open_parquet(con, table, paths, staging, count)


def _open_csv(
    con: duckdb.DuckDBPyConnection, table: str, path: Path, staging: Path | None
) -> tuple[TableFile | None, list[Problem]]:
    try:
        text = look_at_csv(table, path)
    except OSError as error:
        what = f"it cannot be read ({error.strerror})"
        return None, [_error(table, "unreadable file", what, "Check its permissions.")]
    if not text.readable:
        return None, list(text.problems)
    columns = ", ".join(f"'c{number}': 'VARCHAR'" for number in range(len(text.names)))
    source = (
        f"read_csv({quoted_path(path)}, columns = {{{columns}}}, auto_detect = false, header = true, delim = ',', "
        "quote = '\"', escape = '\"', nullstr = '', strict_mode = true, null_padding = false)"
    )
    cells = [(f"c{number}", "VARCHAR") for number in range(len(text.names))]
    values = values_sql(column_kinds(table, text.names), cells, source)
    try:
        file = with_counts(con, TableFile(table, (path,), text.names, _staged(con, table, values, staging)))
    except duckdb.Error as fault:
        raise_machine_fault(fault)
        return None, explain_csv(table, path)
    # Each line a row is the rule; otherwise a cell holds line breaks, and an open quotation mark may hide rows in it.
    broken = _line_breaks(con, file) if text.lines != file.read + 1 else []
    return (None if broken else file), [*text.problems, *broken]


def _open_parquet(
    con: duckdb.DuckDBPyConnection, table: str, paths: tuple[Path, ...], staging: Path | None, count: bool
) -> tuple[TableFile | None, list[Problem]]:
    source = f"read_parquet([{', '.join(quoted_path(path) for path in paths)}])"
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
    headings = tuple(str(name) for name, *_ in columns)
    nested = [position for position, (_, kind, *_) in enumerate(columns) if any(sign in kind for sign in _NESTED)]
    if nested:
        shown = ", ".join(shown_name(headings[position], position=position) for position in nested)
        what = f"cells that are lists, structures or bytes in {shown}"
        return None, [_error(table, "wrong type", what, "Write plain numbers, texts, dates and true or false.")]
    names = tuple(name.strip() for name in headings)
    kinds = column_kinds(table, names)
    cells = [
        _parquet_cell(kind, heading, sql_type) for kind, (heading, sql_type, *_) in zip(kinds, columns, strict=True)
    ]
    try:
        if all(is_native(kind, sql_type) for kind, (_, sql_type, *_) in zip(kinds, columns, strict=True)):
            row, numbered = _numbered(con, paths, headings)
            file = TableFile(table, paths, names, values_sql(kinds, cells, numbered, row=row))
            if not count:
                return file, []
            # Counts may come from the files' own statistics; damage shows only where the values are read.
            hashed = ", ".join(f"v{number}" for number in range(len(names)))
            con.execute(f"SELECT bit_xor(hash({hashed})) FROM ({file.values})").fetchall()
        else:
            file = TableFile(table, paths, names, _staged(con, table, values_sql(kinds, cells, source), staging))
        return with_counts(con, file), []
    except duckdb.Error as fault:
        raise_machine_fault(fault)
        return None, [damaged]


def _parquet_cell(kind: str, heading: str, sql_type: str) -> tuple[str, str]:
    name = _quoted(heading)
    if kind in TYPED and is_native(kind, sql_type):
        return name, sql_type
    # The text of a missing floating-point number is `nan`, which is an empty cell.
    return f"nullif(CAST({name} AS VARCHAR), 'nan')", "VARCHAR"


def _numbered(con: duckdb.DuckDBPyConnection, paths: tuple[Path, ...], headings: tuple[str, ...]) -> tuple[str, str]:
    """Write SQL for the row number and for the source that has it; the parts count on in the order of their names."""
    files = f"[{', '.join(quoted_path(path) for path in paths)}]"
    if {"file_row_number", _PART} & {heading.lower() for heading in headings}:
        return "row_number() OVER () + 1", f"read_parquet({files})"
    source = f"read_parquet({files}, file_row_number = true, filename = '{_PART}')"
    if len(paths) == 1:
        return "file_row_number + 2", source
    before, cases = 0, []
    for name, rows in con.execute(f"SELECT file_name, num_rows FROM parquet_file_metadata({files})").fetchall():
        cases.append(f"WHEN {_quoted(name, chr(39))} THEN {before}")
        before += rows
    return f"file_row_number + 2 + CASE {_PART} {' '.join(cases)} END", source


def _staged(con: duckdb.DuckDBPyConnection, table: str, values: str, staging: Path | None) -> str:
    """Read a table once, keep its values in the order of the file, and give SQL for them with their row numbers."""
    if staging is None:
        con.execute(f"CREATE OR REPLACE TABLE staged_{table} AS {values}")
        return f"SELECT CAST(rowid + 2 AS INTEGER) AS row, * FROM staged_{table}"
    path = staging / f"{table}.parquet"
    con.execute(f"COPY ({values}) TO {_quoted(str(path), chr(39))} (FORMAT parquet, COMPRESSION snappy)")
    return (
        "SELECT CAST(file_row_number + 2 AS INTEGER) AS row, * EXCLUDE (file_row_number) "
        f"FROM read_parquet({quoted_path(path)}, file_row_number = true)"
    )


def with_counts(con: duckdb.DuckDBPyConnection, file: TableFile) -> TableFile:
    """Count the rows, the rows with an odd text, and the filled cells of each column."""
    counts = ", ".join(f"count(v{number})" for number in range(len(file.names)))
    read, odd, *filled = con.execute(f"SELECT count(*), count(odd), {counts} FROM ({file.values})").fetchone() or (0, 0)
    file = replace(file, read=int(read), odd=int(odd), filled=tuple(filled))
    typed = [number for number, kind in enumerate(file.kinds) if kind in TYPED]
    if odd and typed:
        counts = ", ".join(f"count({file.odd_text(number)})" for number in typed)
        query = f"SELECT {counts} FROM ({file.values}) WHERE odd IS NOT NULL"
        for number, count in zip(typed, con.execute(query).fetchone() or (), strict=True):
            filled[number] += count
    return replace(file, filled=tuple(filled))


def _line_breaks(con: duckdb.DuckDBPyConnection, file: TableFile) -> list[Problem]:
    broken = " OR ".join(rf"regexp_matches(c{number}, '[\r\n]')" for number in range(len(file.names)))
    query = f"SELECT count(*), min(row, {ROWS_NAMED}) FROM ({file.relation}) WHERE {broken}"
    count, rows = con.execute(query).fetchone() or (0, None)
    if not count:
        return []
    what = "a cell holds a line break"
    advice = "Is a quotation mark open there, with other rows inside the cell? Take out the line breaks."
    return [Problem(file.table, "line break in a cell", "error", what, advice, "", tuple(rows), count)]


def quoted_path(path: Path) -> str:
    """Write a path for DuckDB to read, which would take ``data[1]`` for a pattern and read the folder ``data1``."""
    return _quoted(re.sub(r"([\[*?])", r"[\1]", str(path)), "'")


def _quoted(text: str, sign: str = '"') -> str:
    return sign + text.replace(sign, sign * 2) + sign


def _error(table: str, rule: str, what: str, advice: str) -> Problem:
    return Problem(table, rule, "error", what, advice)

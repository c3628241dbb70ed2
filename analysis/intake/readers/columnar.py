"""Parquet, a file or a folder of parts, through DuckDB."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb
import pandas as pd

from analysis.intake.mapping_grammar import SourceFile
from analysis.intake.readers.source_table import SourceTable, check_names
from analysis.vocabulary.errors import DataError

VECTOR = 2048  # rows that DuckDB hands over at once
NUMBERS = ("DOUBLE", "FLOAT", "DECIMAL")
NOT_PLAIN = ("[", "STRUCT", "MAP", "UNION", "BLOB", "BIT", "VARIANT")


def read_columnar(folder: Path, file: SourceFile) -> SourceTable:
    """Read Parquet.

    Parameters
    ----------
    folder : Path
    file : SourceFile
        Its path is a file, or a folder whose ``.parquet`` files are read one after the other, in order of name.

    Returns
    -------
    SourceTable
        Rows numbered as if a header stood above them. Columns of lists, structures or bytes are refused.

    Raises
    ------
    DataError
        The file is damaged, or its parts differ in their columns.
    """
    header, refused = columnar_header(folder, file)
    source, cells = _plain_cells(folder, file)
    with _damage_named(file), _connected() as con:
        rows = con.execute(f"SELECT {', '.join(cells) or 'NULL'} FROM {source}").df()
    rows = rows.iloc[:, : len(header)].set_axis(header, axis="columns").astype("str")
    return SourceTable(rows.set_axis(pd.RangeIndex(2, len(rows) + 2), axis="index"), refused=refused)


def columnar_header(folder: Path, file: SourceFile) -> tuple[list[str], dict[str, str]]:
    """Return the names of the columns of a Parquet source.

    Parameters
    ----------
    folder : Path
    file : SourceFile

    Returns
    -------
    tuple of list and dict
        The columns that are read; those that are refused, each with its reason.

    Raises
    ------
    DataError
        As `read_columnar`.
    """
    columns = _columns(folder, file)
    names = [name.strip() for name, kind in columns if _is_plain(kind)]
    check_names(names, file.path)
    return names, {name.strip(): "holds lists, structures or bytes" for name, kind in columns if not _is_plain(kind)}


def columnar_chunks(folder: Path, file: SourceFile, wanted: list[int], size: int) -> Iterator[pd.DataFrame]:
    """Read some columns of a Parquet source in chunks of rows.

    Parameters
    ----------
    folder : Path
    file : SourceFile
    wanted : list of int
        The columns, 0 for the first of those that are read.
    size : int
        About the rows of a chunk.

    Yields
    ------
    DataFrame
        Texts by row number and number of the column.

    Raises
    ------
    DataError
        As `read_columnar`.
    """
    source, cells = _plain_cells(folder, file)
    chosen, row = ", ".join(cells[column] for column in wanted), 2
    with _damage_named(file), _connected() as con:
        found = con.execute(f"SELECT {chosen or 'NULL'} FROM {source}")
        while len(chunk := found.fetch_df_chunk(-(-size // VECTOR))):
            yield chunk.set_axis(wanted, axis="columns").set_axis(pd.RangeIndex(row, row + len(chunk)), axis="index")
            row += len(chunk)


def _connected() -> duckdb.DuckDBPyConnection:
    """Open a database that never writes to the disk: what it holds are identifiers."""
    con = duckdb.connect(config={"temp_directory": ""})
    con.execute("SET TimeZone = 'UTC'")
    return con


@contextmanager
def _damage_named(file: SourceFile) -> Iterator[None]:
    try:
        yield
    except duckdb.Error:
        raise DataError(
            f"{file.path}: the Parquet file is damaged or is not Parquet, or its parts differ in their columns. "
            "Export it again."
        ) from None


def _source(folder: Path, file: SourceFile) -> str:
    path = folder / file.path
    parts = sorted(path.glob("*.parquet")) if path.is_dir() else [path]
    if not parts:
        raise DataError(f"{file.path}: the folder holds no .parquet file.")
    return f"read_parquet([{', '.join(_literal(part) for part in parts)}])"


def _columns(folder: Path, file: SourceFile) -> list[tuple[str, str]]:
    source = _source(folder, file)
    with _damage_named(file), _connected() as con:
        return [(name, kind) for name, kind, *_ in con.execute(f"DESCRIBE SELECT * FROM {source}").fetchall()]


def _is_plain(kind: str) -> bool:
    return not any(sign in kind for sign in NOT_PLAIN)


def _plain_cells(folder: Path, file: SourceFile) -> tuple[str, list[str]]:
    """Return the source and an expression for each column that is read."""
    cells = [
        f"coalesce({_cell(name, kind)}, '') AS c{number}"
        for number, (name, kind) in enumerate((name, kind) for name, kind in _columns(folder, file) if _is_plain(kind))
    ]
    return _source(folder, file), cells


def _cell(name: str, kind: str) -> str:
    column = _quoted(name)
    text = f"trim(CAST({column} AS VARCHAR))"
    if kind.startswith(NUMBERS):
        return rf"nullif(regexp_replace({text}, '\.0+$', ''), 'nan')"
    if kind == "TIMESTAMP WITH TIME ZONE":
        return f"strftime({column}, '%Y-%m-%dT%H:%M:%SZ')"
    if kind.startswith("TIMESTAMP"):
        return f"regexp_replace(strftime({column}, '%Y-%m-%dT%H:%M:%S'), 'T00:00:00$', '')"
    return text


def _literal(path: Path) -> str:
    """Write a path for DuckDB, which would take ``data[1]`` for a pattern and read the folder ``data1``."""
    return _quoted(re.sub(r"([\[*?])", r"[\1]", str(path)), "'")


def _quoted(text: str, sign: str = '"') -> str:
    return sign + text.replace(sign, sign * 2) + sign

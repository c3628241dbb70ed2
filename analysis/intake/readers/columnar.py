"""Parquet, a file or a folder of parts, through DuckDB."""

import re
from pathlib import Path

import duckdb
import pandas as pd

from analysis.intake.mapping_grammar import SourceFile
from analysis.intake.readers.source_table import SourceTable, check_names
from analysis.vocabulary.errors import DataError

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
    path = folder / file.path
    parts = sorted(path.glob("*.parquet")) if path.is_dir() else [path]
    if not parts:
        raise DataError(f"{file.path}: the folder holds no .parquet file.")
    source = f"read_parquet([{', '.join(_literal(part) for part in parts)}])"
    try:
        with duckdb.connect() as con:
            con.execute("SET TimeZone = 'UTC'")
            columns = [(name, kind) for name, kind, *_ in con.execute(f"DESCRIBE SELECT * FROM {source}").fetchall()]
            plain = [(name, kind) for name, kind in columns if not any(sign in kind for sign in NOT_PLAIN)]
            cells = ", ".join(f"coalesce({_cell(name, kind)}, '') AS {_quoted(name)}" for name, kind in plain)
            rows = con.execute(f"SELECT {cells or 'NULL'} FROM {source}").df()
    except duckdb.Error:
        raise DataError(
            f"{file.path}: the Parquet file is damaged or is not Parquet, or its parts differ in their columns. "
            "Export it again."
        ) from None
    names = [name.strip() for name, _ in plain]
    check_names(names, file.path)
    refused = {name.strip(): "holds lists, structures or bytes" for name, kind in columns if (name, kind) not in plain}
    rows = rows[[name for name, _ in plain]].set_axis(names, axis="columns").astype("str")
    return SourceTable(rows.set_axis(pd.RangeIndex(2, len(rows) + 2), axis="index"), refused=refused)


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

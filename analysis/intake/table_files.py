"""The files of a dataset's tables: CSV as long as a spreadsheet can open it, Parquet beyond."""

from collections.abc import Iterable
from pathlib import Path

import duckdb
import pandas as pd

LARGEST_CSV = 1_048_575
"""The most rows of a table that is written as CSV: what a spreadsheet shows below the header."""


def write_csv(path: Path, chunks: Iterable[pd.DataFrame]) -> None:
    """Write a table as CSV.

    Parameters
    ----------
    path : Path
    chunks : iterable of DataFrame
        Its rows as text, missing as NA; at least one chunk.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder) / "scores.csv"
    ...     write_csv(path, [pd.DataFrame({"day": ["0", None]}), pd.DataFrame({"day": ["7"]})])
    ...     path.read_text().splitlines()
    ['day', '0', '""', '7']
    """
    with path.open("w", encoding="utf-8", newline="") as stream:
        for number, chunk in enumerate(chunks):
            chunk.to_csv(stream, index=False, header=number == 0, lineterminator="\n")


def write_parquet(path: Path, con: duckdb.DuckDBPyConnection, query: str) -> None:
    """Write the result of a query as Parquet, in its order.

    Parameters
    ----------
    path : Path
    con : DuckDBPyConnection
    query : str
    """
    con.execute(f"COPY ({query}) TO {quoted_text(path)} (FORMAT parquet)")


def quoted_text(text: str | Path) -> str:
    """Write a text as a constant of SQL.

    Parameters
    ----------
    text : str or Path

    Returns
    -------
    str

    Examples
    --------
    >>> quoted_text("O'Brien")
    "'O''Brien'"
    """
    return "'" + str(text).replace("'", "''") + "'"

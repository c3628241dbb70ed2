"""Delimited text: any encoding and delimiter that the mapping names."""

import csv
from pathlib import Path

import numpy as np
import pandas as pd

from analysis.intake.mapping_grammar import SourceFile
from analysis.intake.readers.source_table import SourceTable, check_names, row_list
from analysis.vocabulary.errors import DataError

BYTE_ORDER_MARKS = {b"\xff\xfe": "utf-16", b"\xfe\xff": "utf-16", b"\xef\xbb\xbf": "utf-8"}


def read_delimited(folder: Path, file: SourceFile) -> SourceTable:
    """Read a delimited text file.

    Parameters
    ----------
    folder : Path
    file : SourceFile
        With ``delimiter`` and ``encoding``.

    Returns
    -------
    SourceTable
        Rows by their place in the file: a row whose cell holds a line break counts as one.

    Raises
    ------
    DataError
        Not in that encoding, quotes that do not end, rows longer or shorter than the header, columns without a name of
        their own.
    """
    path = folder / file.path
    encoding = "utf-8-sig" if file.encoding.lower() in {"utf-8", "utf8"} else file.encoding
    try:
        _check_mark(path, file)
        _check_shape(path, file, encoding)
        cells = pd.read_csv(
            path,
            sep=file.delimiter,
            encoding=encoding,
            header=None,
            dtype=str,
            na_filter=False,
            skip_blank_lines=False,
        )
    except UnicodeError:
        raise DataError(
            f"{file.path} is not {file.encoding} text; name its encoding as `files.{file.name}.encoding`."
        ) from None
    except (csv.Error, pd.errors.ParserError):
        raise DataError(
            f"{file.path}: a quoted cell does not end, or quotes stand inside a cell; save the file again as CSV."
        ) from None
    header = list(cells.iloc[0].str.strip())
    check_names(header, file.path)
    rows = cells.iloc[1:].set_axis(header, axis="columns").set_axis(range(2, len(cells) + 1), axis="index")
    return SourceTable(rows.apply(lambda column: column.str.strip()))


def _check_mark(path: Path, file: SourceFile) -> None:
    """Refuse a file that says itself that it has another encoding: cp1252 would read any of them without a word."""
    with path.open("rb") as stream:
        start = stream.read(3)
    for mark, encoding in BYTE_ORDER_MARKS.items():
        if start.startswith(mark) and not file.encoding.lower().replace("_", "-").replace("utf8", "utf-8").startswith(
            encoding
        ):
            raise DataError(
                f"{file.path} is not {file.encoding} text: it begins like {encoding}. "
                f'Set `files.{file.name}.encoding = "{encoding}"`.'
            )


def _check_shape(path: Path, file: SourceFile, encoding: str) -> None:
    """Refuse a file whose rows are not as long as its header: pandas would fill short rows without a word."""
    with path.open(encoding=encoding, newline="") as stream:
        reader = csv.reader(stream, delimiter=file.delimiter, strict=True)
        lengths = np.fromiter(map(len, reader), dtype=np.int64)
    if lengths.size == 0 or lengths[0] == 0:
        raise DataError(f"{file.path} is empty or begins with an empty line; its first row must be the header.")
    odd = pd.Index(np.flatnonzero((lengths != lengths[0]) & (lengths != 0)) + 1)
    if len(odd):
        raise DataError(
            f"{file.path}, {row_list(odd)}: not {lengths[0]} cells like the header. "
            "The file is cut off, or a delimiter stands inside a cell without quotes."
        )

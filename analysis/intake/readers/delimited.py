"""Delimited text: any encoding and delimiter that the mapping names."""

import codecs
import csv
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from analysis.intake.mapping_grammar import SourceFile
from analysis.intake.readers.source_table import SourceTable, check_names, row_list
from analysis.vocabulary.errors import DataError

BYTE_ORDER_MARKS = {b"\xff\xfe": "utf-16", b"\xfe\xff": "utf-16", b"\xef\xbb\xbf": "utf-8"}

_BLOCK = 1 << 24
_ASCII_BYTES_STAND_FOR_THEMSELVES = ("utf-8", "utf-8-sig", "ascii", "iso8859", "cp125", "latin")


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
    header = delimited_header(folder, file)
    with _faults_named(file):
        cells = pd.read_csv(folder / file.path, dtype=str, **_options(file))
    rows = cells.iloc[1:].set_axis(header, axis="columns").set_axis(range(2, len(cells) + 1), axis="index")
    return SourceTable(rows.apply(lambda column: column.str.strip()))


def delimited_header(folder: Path, file: SourceFile) -> list[str]:
    """Look a delimited text file through, and return the names of its columns.

    Parameters
    ----------
    folder : Path
    file : SourceFile

    Returns
    -------
    list of str

    Raises
    ------
    DataError
        As `read_delimited`.
    """
    path = folder / file.path
    with _faults_named(file):
        _check_mark(path, file)
        if not _is_plainly_even(path, file):
            _check_shape(path, file)
        with path.open(encoding=_encoding(file), newline="") as stream:
            header = [name.strip() for name in next(csv.reader(stream, delimiter=file.delimiter, strict=True))]
    check_names(header, file.path)
    return header


def delimited_chunks(folder: Path, file: SourceFile, wanted: list[int], size: int) -> Iterator[pd.DataFrame]:
    """Read some columns of a delimited text file in chunks of rows.

    Parameters
    ----------
    folder : Path
    file : SourceFile
        A file that `delimited_header` has looked through.
    wanted : list of int
        The columns, 0 for the first.
    size : int
        Rows of a chunk.

    Yields
    ------
    DataFrame
        Python's own texts, as they stand in the file, by row number and number of the column. The first chunk may be
        without rows.
    """
    with pd.read_csv(
        folder / file.path, dtype=object, usecols=wanted, chunksize=max(size, 2), **_options(file)
    ) as chunks:
        for chunk in chunks:
            chunk.index += 1
            yield chunk.iloc[1:] if chunk.index[0] == 1 else chunk


def _options(file: SourceFile) -> dict[str, Any]:
    """Return how pandas reads the file: nothing is taken for a header, for missing or for a line to pass over."""
    return {
        "sep": file.delimiter,
        "encoding": _encoding(file),
        "header": None,
        "na_filter": False,
        "skip_blank_lines": False,
    }


def _encoding(file: SourceFile) -> str:
    return "utf-8-sig" if file.encoding.lower() in {"utf-8", "utf8"} else file.encoding


@contextmanager
def _faults_named(file: SourceFile) -> Iterator[None]:
    try:
        yield
    except UnicodeError:
        raise DataError(
            f"{file.path} is not {file.encoding} text; name its encoding as `files.{file.name}.encoding`."
        ) from None
    except (csv.Error, pd.errors.ParserError):
        raise DataError(
            f"{file.path}: a quoted cell does not end, or quotes stand inside a cell; save the file again as CSV."
        ) from None


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


def _is_plainly_even(path: Path, file: SourceFile) -> bool:
    """Say at once that all rows are as long as the header; False when that needs a closer look.

    Where no quotes are, each line is a row, and its cells are its delimiters and one more: their bytes are counted.
    With a single column, an empty line could not be told from a row.
    """
    encoding = codecs.lookup(_encoding(file))
    if not encoding.name.startswith(_ASCII_BYTES_STAND_FOR_THEMSELVES) or not file.delimiter.isascii():
        return False
    decoder, width = encoding.incrementaldecoder(), -1
    with path.open("rb") as stream:
        while block := stream.read(_BLOCK):
            block += stream.readline()
            decoder.decode(block)
            if any(sign in block for sign in (b'"', b"\0")) or block.count(b"\r") != block.count(b"\r\n"):
                return False
            widths = _delimiters_by_line(block, file.delimiter)
            width = int(widths[0]) if width < 0 else width
            if (widths != width).any():
                return False
    return width > 0


def _delimiters_by_line(block: bytes, delimiter: str) -> npt.NDArray[np.int64]:
    signs = np.frombuffer(block if block.endswith(b"\n") else block + b"\n", dtype=np.uint8)
    ends = np.uint8(ord("\n"))
    found = signs[(signs == ends) | (signs == np.uint8(ord(delimiter)))]
    return np.diff(np.flatnonzero(found == ends), prepend=-1) - 1


def _check_shape(path: Path, file: SourceFile) -> None:
    """Refuse a file whose rows are not as long as its header: pandas would fill short rows without a word."""
    with path.open(encoding=_encoding(file), newline="") as stream:
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

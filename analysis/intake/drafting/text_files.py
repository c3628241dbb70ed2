"""How a text file is written: its encoding, its delimiter and its decimal sign, found by looking at it."""

import codecs
import csv
import re
from pathlib import Path

import pandas as pd

from analysis.intake.readers.delimited import BYTE_ORDER_MARKS

DELIMITERS = (",", ";", "\t", "|")
LINES_LOOKED_AT = 500
CHUNK = 1 << 20
_COMMA_DECIMAL = r"[+-]?\d+,(?:\d{1,2}|\d{4,})"
_POINT_DECIMAL = r"[+-]?\d*\.\d+"


def find_encoding(path: Path) -> str:
    """Find the encoding of a text file.

    Parameters
    ----------
    path : Path

    Returns
    -------
    str
        As its byte order mark says; otherwise utf-8 when all of it is, utf-16 when every other byte is zero, and
        cp1252 (or latin-1, which reads anything) for the rest.

    Examples
    --------
    >>> import tempfile
    >>> file = Path(tempfile.mkdtemp()) / "a.csv"
    >>> _ = file.write_bytes("id;näher".encode("cp1252"))
    >>> find_encoding(file)
    'cp1252'
    """
    with path.open("rb") as stream:
        start = stream.read(4096)
    for mark, encoding in BYTE_ORDER_MARKS.items():
        if start.startswith(mark):
            return encoding
    if start[1::2].count(0) > 0.4 * len(start[1::2]) > 0:
        return "utf-16-le"
    if start[::2].count(0) > 0.4 * len(start[::2]) > 0:
        return "utf-16-be"
    return next(each for each in ("utf-8", "cp1252", "latin-1") if _decodes(path, each))


def _decodes(path: Path, encoding: str) -> bool:
    decoder = codecs.getincrementaldecoder(encoding)()
    try:
        with path.open("rb") as stream:
            while chunk := stream.read(CHUNK):
                decoder.decode(chunk)
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    return True


def find_delimiter(path: Path, encoding: str) -> str:
    """Find the delimiter of a text file: the one that makes most of the first lines equally long.

    Parameters
    ----------
    path : Path
    encoding : str

    Returns
    -------
    str
        A comma when there is only one column.

    Examples
    --------
    >>> import tempfile
    >>> file = Path(tempfile.mkdtemp()) / "a.csv"
    >>> _ = file.write_text("id;weight")
    >>> find_delimiter(file, "utf-8")
    ';'
    """
    best = (0.0, 1, ",")
    for delimiter in DELIMITERS:
        lengths = _lengths(path, encoding, delimiter)
        if lengths and lengths[0] > 1:
            same = sum(length == lengths[0] for length in lengths) / len(lengths)
            if (round(same, 1), lengths[0]) > best[:2]:
                best = (round(same, 1), lengths[0], delimiter)
    return best[2]


def _lengths(path: Path, encoding: str, delimiter: str) -> list[int]:
    lengths = []
    with path.open(encoding=encoding.replace("utf-8", "utf-8-sig"), newline="") as stream:
        rows = csv.reader(stream, delimiter=delimiter)
        try:
            for row in rows:
                if row:
                    lengths.append(len(row))
                if rows.line_num > LINES_LOOKED_AT:
                    break
        except csv.Error:
            return lengths
    return lengths


def find_decimal(rows: pd.DataFrame) -> str:
    """Find the decimal sign of a table: a comma when columns hold numbers such as 71,5 and none such as 71.5.

    Parameters
    ----------
    rows : DataFrame
        Texts, missing as NA.

    Returns
    -------
    str

    Examples
    --------
    >>> find_decimal(pd.DataFrame({"weight": ["71,5", "80"], "day": ["03.04.2025", None]}))
    ','
    """
    commas = points = 0
    for column in rows:
        texts = rows[column].dropna()
        numbers = texts[texts.str.fullmatch(r"[+-]?[\d.,]*\d[\d.,]*")]
        if len(numbers) > len(texts) / 2:
            commas += int(numbers.str.fullmatch(_COMMA_DECIMAL).sum())
            points += int(numbers.str.fullmatch(_POINT_DECIMAL).sum())
    return "," if commas > points else "."


def looks_like_data(header: list[str]) -> bool:
    """Say whether a first row seems to hold values instead of names: dates, addresses, telephones, long numbers.

    Parameters
    ----------
    header : list of str

    Returns
    -------
    bool

    Examples
    --------
    >>> looks_like_data(["id", "1", "2"]), looks_like_data(["48100000", "Jane", "3/4/1951"])
    (False, True)
    """
    value = r"\d{1,4}[-/.]\d{1,2}[-/.]\d{1,4}.*|[^@\s]+@[^@\s]+\.\w+|\+?[\d\s().-]{7,}|\d{5,}|\d+[.,]\d+"
    numbers = [int(name) for name in header if name.isdecimal() and len(name) < 5]
    numbered = sorted(numbers) == list(range(1, len(numbers) + 1))  # the items of a scale
    return any(re.fullmatch(value, name.strip()) for name in header) or not numbered

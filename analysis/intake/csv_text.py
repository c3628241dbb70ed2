"""Everything that can be wrong with a CSV file as a text, in our words.

The bytes are looked through in chunks; going record by record, which is slow, happens only where something is amiss.
"""

import csv
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from analysis.intake.problems import ROWS_NAMED, Problem

_CHUNK = 1 << 20
_NEWLINE = b"\n"
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_DELIMITERS = {";": "semicolons", "\t": "tabs", "|": "vertical bars"}
_SAVE_AGAIN = "Save the table again as 'CSV UTF-8 (comma delimited)'."


@dataclass(frozen=True)
class CsvText:
    """What a look at the bytes gives: the headings, the number of lines, and what is wrong."""

    names: tuple[str, ...]
    lines: int
    problems: tuple[Problem, ...]

    @property
    def readable(self) -> bool:
        """True when nothing found so far stops the file from being read."""
        return not any(problem.severity == "error" for problem in self.problems)


def look_at_csv(table: str, path: Path) -> CsvText:
    """Look at a CSV file before it is read.

    Parameters
    ----------
    table : str
        The table's name, for the messages.
    path : Path

    Returns
    -------
    CsvText
        With an error for another kind of file, another encoding, NUL bytes, no content, other delimiters, and blank
        lines before the end (with them the row numbers would not be a spreadsheet's).
    """
    lines, may_be_blank, problem = _look_at_bytes(table, path)
    if problem:
        return CsvText((), lines, (problem,))
    names = _header(path)
    problems = _delimiter_problems(table, names)
    if not problems and (may_be_blank or not names):
        problems = _record_problems(table, path)
    return CsvText(names, lines, (*problems, *_last_line_problems(table, path)))


def explain_csv(table: str, path: Path) -> list[Problem]:
    """Say why a CSV file could not be read, without quoting it.

    Parameters
    ----------
    table : str
        The table's name, for the messages.
    path : Path

    Returns
    -------
    list of Problem
        At least one error.
    """
    problems = _record_problems(table, path)
    if problems:
        return problems
    windows = unix = old = 0
    for chunk in _chunks(path):
        pairs = chunk.count(b"\r\n")
        windows, unix, old = windows + pairs, unix + chunk.count(b"\n") - pairs, old + chunk.count(b"\r") - pairs
    if sum(count > 0 for count in (windows, unix, old)) > 1:
        what = f"its lines end in different ways ({windows:,} as in Windows, {unix:,} as in Unix, {old:,} otherwise)"
        return [_error(table, "line ends", what, _SAVE_AGAIN)]
    return [_error(table, "unreadable file", "it is not comma-separated text in the usual form", _SAVE_AGAIN)]


def _look_at_bytes(table: str, path: Path) -> tuple[int, bool, Problem | None]:
    """Count the lines and see whether blank ones may be among them; or stop at what makes the file unreadable."""
    offset = lines = 0
    may_be_blank = False
    for chunk in _chunks(path):
        problem = _first_bytes(table, chunk) if offset == 0 else None
        problem = problem or _not_text(table, chunk, offset, lines)
        if problem:
            return lines, False, problem
        # Looking for one sign is many times faster than for a pair, and few files hold carriage returns.
        pairs = (b"\n\n", b"\n\r", b"\r\r") if b"\r" in chunk else (b"\n\n",)
        may_be_blank = may_be_blank or any(pair in chunk for pair in pairs) or chunk.startswith((b"\n", b"\r"))
        offset += len(chunk)
        lines += chunk.count(_NEWLINE) + (not chunk.endswith(_NEWLINE))
    if offset == 0:
        return 0, False, _error(table, "empty file", "the file is empty", "Export it again with its header row.")
    return lines, may_be_blank, None


def _first_bytes(table: str, start: bytes) -> Problem | None:
    if start.startswith((b"\xff\xfe", b"\xfe\xff")):
        return _error(table, "encoding", "it is UTF-16 ('Unicode text'), not UTF-8", _SAVE_AGAIN)
    if start.startswith(b"PK\x03\x04"):
        return _error(table, "not text", "it is an Excel workbook or a ZIP file, not CSV", _SAVE_AGAIN)
    if start.startswith(b"PAR1"):
        return _error(table, "not text", "it is Parquet, not CSV", f"Name it {table}.parquet.")
    if not start.removeprefix(_BYTE_ORDER_MARK).strip():
        return _error(table, "empty file", "the file holds blank lines only", "Export it again with its header row.")
    return None


def _not_text(table: str, chunk: bytes, offset: int, lines: int) -> Problem | None:
    if b"\0" in chunk:
        line = lines + 1 + chunk.count(_NEWLINE, 0, chunk.index(0))
        advice = f"The file may be damaged or not be UTF-8. {_SAVE_AGAIN}"
        return _error(table, "not text", f"it holds a NUL byte in line {line:,}, which no text has", advice)
    try:
        chunk.decode("utf-8")
    except UnicodeDecodeError as error:
        line = lines + 1 + chunk.count(_NEWLINE, 0, error.start)
        what = f"it is not UTF-8 text, first in line {line:,} (byte {offset + error.start + 1:,})"
        return _error(table, "encoding", what, _SAVE_AGAIN)
    return None


def _header(path: Path) -> tuple[str, ...]:
    with path.open(encoding="utf-8-sig", newline="") as stream:
        try:
            return tuple(name.strip() for name in next(csv.reader(stream)))
        except csv.Error:
            return ()


def _delimiter_problems(table: str, names: tuple[str, ...]) -> list[Problem]:
    text = names[0] if len(names) == 1 else ""
    if text.lower().startswith("sep="):
        what = "its first row is 'sep=', which only Excel understands"
        return [_error(table, "delimiter", what, "Delete that row and separate the cells by commas.")]
    for sign, name in _DELIMITERS.items():
        if sign in text:
            what = f"its cells are separated by {name}"
            return [_error(table, "delimiter", what, f"Commas are needed. {_SAVE_AGAIN}")]
    return []


def _last_line_problems(table: str, path: Path) -> list[Problem]:
    with path.open("rb") as stream:
        stream.seek(-1, os.SEEK_END)
        if stream.read(1) in b"\r\n":
            return []
    advice = "The file may be cut off: see that its last row is whole, or export it again."
    return [Problem(table, "last line", "warning", "the last line has no line end", advice)]


def _record_problems(table: str, path: Path) -> list[Problem]:
    """Go through the file record by record: blank lines before the end, rows too short or long, open quotes."""
    blank: list[int] = []
    trailing: list[int] = []
    ragged: list[int] = []
    width = row = 0
    with path.open(encoding="utf-8-sig", newline="") as stream:
        try:
            for row, cells in enumerate(csv.reader(stream, strict=True), start=1):
                if not cells:
                    trailing.append(row)
                    continue
                blank += trailing
                trailing = []
                width = width or len(cells)
                if len(cells) != width:
                    ragged.append(row)
        except csv.Error:
            what = f"after row {row} a quotation mark is opened and not closed, or stands inside a quoted cell"
            advice = "The file may be cut off. Export it again; a quotation mark inside a quoted cell is written twice."
            return [_error(table, "quotation marks", what, advice)]
    problems = []
    if blank:
        advice = "Delete the blank lines, so that the row numbers of this check are those of your spreadsheet."
        problems.append(_row_error(table, "blank line", "nothing stands in the line", advice, blank))
    if ragged:
        advice = f"Each row needs {width} cells; look for a missing or extra comma, or a file that is cut off."
        problems.append(_row_error(table, "ragged row", "more or fewer cells than the header has", advice, ragged))
    return problems


def _chunks(path: Path) -> Iterator[bytes]:
    """Read a file in pieces that end with a line, so that no sign is cut in two."""
    with path.open("rb") as stream:
        while chunk := stream.read(_CHUNK):
            yield chunk + stream.readline()


def _error(table: str, rule: str, what: str, advice: str) -> Problem:
    return Problem(table, rule, "error", what, advice)


def _row_error(table: str, rule: str, what: str, advice: str, rows: list[int]) -> Problem:
    return Problem(table, rule, "error", what, advice, "", tuple(rows[:ROWS_NAMED]), len(rows))

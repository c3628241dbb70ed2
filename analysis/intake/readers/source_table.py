"""What every reader returns: text cells with their row numbers, and what it set aside on the way and why."""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta

import numpy as np
import pandas as pd

from analysis.intake.problems import ROWS_NAMED
from analysis.vocabulary.errors import DataError

ERROR_CELL = "error cell of the spreadsheet"


@dataclass(frozen=True)
class SourceTable:
    """One file as a reader leaves it.

    Attributes
    ----------
    rows : DataFrame
        Cells as text without blanks around them, an empty cell as an empty text. The index says where a row stands: its
        row in a spreadsheet (header = 1), or a text where one number does not tell it.
    left_out : dict
        Rows that cannot be used, each with its reason.
    spare : dict of str to str
        Columns that a mapping may pass over without a word, and why.
    refused : dict of str to str
        Columns that a mapping may not use, and why. Their cells are not in ``rows``.
    missing : dict of str to int
        By column, how many cells held an error instead of a value; they are empty in ``rows``.
    """

    rows: pd.DataFrame
    left_out: dict[Hashable, str] = field(default_factory=dict)
    spare: dict[str, str] = field(default_factory=dict)
    refused: dict[str, str] = field(default_factory=dict)
    missing: dict[str, int] = field(default_factory=dict)


class RowsError(DataError):
    """An error of certain rows of a file, which are named in the message.

    Attributes
    ----------
    rows : pandas.Index
        All of them.
    """

    def __init__(self, message: str, rows: pd.Index) -> None:
        super().__init__(message)
        self.rows = rows


def row_list(rows: pd.Index) -> str:
    """Write row numbers: the first five, and how many more.

    Parameters
    ----------
    rows : pandas.Index
        Spreadsheet rows (header = 1).

    Returns
    -------
    str

    Examples
    --------
    >>> row_list(pd.Index([2, 5, 9, 11, 12, 15, 16])), row_list(pd.Index([7]))
    ('rows 2, 5, 9, 11, 12 and 2 more', 'row 7')
    """
    shown = ", ".join(map(str, rows[:ROWS_NAMED]))
    more = f" and {len(rows) - ROWS_NAMED:,} more" if len(rows) > ROWS_NAMED else ""
    return f"row{'s' if len(rows) > 1 else ''} {shown}{more}"


def check_names(names: Sequence[str], place: str) -> None:
    """Refuse a header with a column that has no name, or two of the same name.

    Parameters
    ----------
    names : sequence of str
    place : str
        The file, and the sheet if it has several, for the error.

    Raises
    ------
    DataError
        Naming the columns by their position, 1 for the first.
    """
    header = pd.Series(names, dtype="str")
    if (header == "").any():
        raise DataError(f"{place}: column {int(np.argmax(header == '')) + 1} has no name in the header row.")
    if header.duplicated().any():
        numbers = ", ".join(map(str, np.flatnonzero(header.duplicated(keep=False)) + 1))
        raise DataError(f"{place}: columns {numbers} share their names in the header row; rename them.")


def plain_text(value: object) -> str:
    """Write a value of a file as the text of a cell.

    Parameters
    ----------
    value : object
        A text, a number, true or false, a date, a time, or nothing.

    Returns
    -------
    str
        Dates as ISO (with the time of day unless it is midnight), whole numbers without decimals, nothing as an empty
        text. Other numbers have 15 digits, as in a spreadsheet.

    Examples
    --------
    >>> plain_text(40.0), plain_text(0.1 + 0.2), plain_text(datetime(2026, 1, 5)), plain_text(None)
    ('40', '0.3', '2026-01-05', '')
    >>> plain_text(datetime(2026, 1, 5, 9, 30)), plain_text(True), plain_text(" 7 ")
    ('2026-01-05T09:30:00', 'true', '7')
    """
    if isinstance(value, str):
        return value.strip()
    if value is None or pd.isna(value):  # type: ignore[call-overload]
        return ""
    if isinstance(value, (float, np.floating)):
        return _number_text(float(value))
    if isinstance(value, (datetime, date, time, timedelta)):
        return _moment_text(value)
    text = str(value).strip()
    return text.lower() if isinstance(value, (bool, np.bool_)) else text


def _number_text(value: float) -> str:
    return str(int(value)) if value.is_integer() and abs(value) < 1e15 else format(value, ".15g")


def _moment_text(value: datetime | date | time | timedelta) -> str:
    if isinstance(value, timedelta):
        minutes, seconds = divmod(round(value.total_seconds()), 60)
        return f"{minutes // 60:02}:{minutes % 60:02}:{seconds:02}"
    if isinstance(value, datetime):
        # A spreadsheet keeps the time as a fraction of a day, which is off by less than a second.
        value = (value + timedelta(microseconds=500_000)).replace(microsecond=0)
        return value.date().isoformat() if value.time() == time() and value.tzinfo is None else value.isoformat()
    return value.isoformat()

"""What is wrong with a dataset, as sentences that name the place and the remedy and never a value."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

import pandas as pd

ROWS_NAMED = 5
_ERRORS_SHOWN = 20
SEVERITIES = ("error", "set-aside", "warning")
"""``error`` stops, ``set-aside`` leaves a row or a value out and counts it, ``warning`` only tells."""


@dataclass(frozen=True)
class Problem:
    """One broken rule.

    Attributes
    ----------
    table : str
        The table, or ``dataset.toml``.
    rule : str
        The rule's name, e.g. ``out of range``.
    severity : str
        One of `SEVERITIES`.
    what : str
        What is wrong, as a clause that follows the place.
    advice : str
        What to do, as one or more sentences.
    column : str
        The column, where the rule is about one.
    rows : tuple of int
        The first row numbers, as a spreadsheet shows them (the header is row 1).
    count : int
        How many rows break the rule; 0 where the rule is not about rows.
    """

    table: str
    rule: str
    severity: str
    what: str
    advice: str
    column: str = ""
    rows: tuple[int, ...] = ()
    count: int = 0

    @property
    def rows_text(self) -> str:
        """The row numbers as words: ``2, 5, 9`` or ``2, 5, 9, 12, 13 and 14 more``."""
        named = ", ".join(str(row) for row in self.rows[:ROWS_NAMED])
        more = self.count - len(self.rows[:ROWS_NAMED])
        return f"{named} and {more:,} more" if named and more > 0 else named

    @property
    def message(self) -> str:
        """The whole sentence: where, what, and what to do."""
        place = self.table
        if self.column:
            place += f", column {self.column}"
        if self.rows:
            place += f", row{'s' if self.count > 1 else ''} {self.rows_text}"
        return f"{place}: {self.what}. {self.advice}".strip()


def problems_table(problems: Iterable[Problem]) -> pd.DataFrame:
    """Put problems into a table, the grave ones first.

    Parameters
    ----------
    problems : iterable of Problem

    Returns
    -------
    DataFrame
        ``table, column, rule, severity, rows, count, message``.

    Examples
    --------
    >>> rule = ("sessions", "out of range", "set-aside")
    >>> found = Problem(*rule, "not from 0 to 2000", "Correct it.", "dose_mg", rows=(2, 5), count=2)
    >>> problems_table([found])["message"][0]
    'sessions, column dose_mg, rows 2, 5: not from 0 to 2000. Correct it.'
    """
    ordered = sorted(problems, key=lambda problem: SEVERITIES.index(problem.severity))
    rows = [
        (each.table, each.column, each.rule, each.severity, each.rows_text, each.count, each.message)
        for each in ordered
    ]
    return pd.DataFrame(rows, columns=["table", "column", "rule", "severity", "rows", "count", "message"])


def errors_text(name: str, problems: Iterable[Problem]) -> str:
    """Say why a dataset cannot be used: the errors, one to a line, and how many there are.

    Parameters
    ----------
    name : str
        What the dataset is called.
    problems : iterable of Problem

    Returns
    -------
    str
    """
    errors = [problem for problem in problems if problem.severity == "error"]
    lines = [f"- {problem.message}" for problem in errors[:_ERRORS_SHOWN]]
    if len(errors) > _ERRORS_SHOWN:
        lines.append(f"- and {len(errors) - _ERRORS_SHOWN} more; `outcomes check` lists all.")
    counted = "1 error" if len(errors) == 1 else f"{len(errors)} errors"
    return "\n".join([f"{name} cannot be used: {counted}.", *lines])


def shown_name(name: str, *, position: int) -> str:
    """Return a column's name when it is plainly a name, otherwise its place in the file.

    A heading may be data (a file without a header, a patient per column), so that anything but a plain name is told by
    the letter that a spreadsheet gives its column.

    Parameters
    ----------
    name : str
        The heading as it stands in the file.
    position : int
        0 for the first column.

    Returns
    -------
    str

    Examples
    --------
    >>> shown_name("dose", position=3), shown_name("Jane Doe 1990", position=3), shown_name("", position=27)
    ('dose', 'D', 'AB')
    """
    if re.fullmatch(r"[A-Za-z][A-Za-z_]{0,39}[0-9]{0,2}", name):
        return name
    return column_letter(position)


def column_letter(position: int) -> str:
    """Return the letter of a spreadsheet's column; 0 is A.

    Examples
    --------
    >>> column_letter(0), column_letter(25), column_letter(26)
    ('A', 'Z', 'AA')
    """
    letters = ""
    number = position + 1
    while number:
        number, rest = divmod(number - 1, 26)
        letters = chr(ord("A") + rest) + letters
    return letters

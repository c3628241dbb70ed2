"""Reporting periods: calendar quarters and years.

A window is reported once, in the period in which it closes (see the window definitions).
"""

import re
from dataclasses import dataclass
from datetime import date, timedelta

from analysis.vocabulary.errors import CallError


@dataclass(frozen=True)
class Period:
    """A calendar quarter (``2026Q3``) or year (``2026``), both ends included."""

    name: str
    first: date
    last: date

    @property
    def is_year(self) -> bool:
        """True for a calendar year, False for a quarter."""
        return "Q" not in self.name

    def previous(self) -> "Period":
        """Return the period of the same length just before this one."""
        before = self.first - timedelta(days=1)
        return parse_period(str(before.year)) if self.is_year else quarter_of(before)

    def __str__(self) -> str:
        return self.name


def parse_period(text: "str | int | Period") -> Period:
    """Read a quarter or a year.

    Parameters
    ----------
    text : str, int or Period
        ``2026Q3`` or ``2026``; a period is returned as it is.

    Returns
    -------
    Period

    Raises
    ------
    CallError
        When the text is neither.

    Examples
    --------
    >>> parse_period("2026Q3").last
    datetime.date(2026, 9, 30)
    """
    if isinstance(text, Period):
        return text
    name = str(text).strip().upper()
    match = re.fullmatch(r"(\d{4})(?:Q([1-4]))?", name)
    if match is None or int(match[1]) < 1900:
        raise CallError(f"'{text}' is not a period: write a quarter as 2026Q3 or a year as 2026.")
    year = int(match[1])
    if match[2] is None:
        return Period(match[1], date(year, 1, 1), date(year, 12, 31))
    first_month = 3 * int(match[2]) - 2
    next_quarter = date(year + 1, 1, 1) if match[2] == "4" else date(year, first_month + 3, 1)
    return Period(name, date(year, first_month, 1), next_quarter - timedelta(days=1))


def quarter_of(day: date) -> Period:
    """Return the calendar quarter that holds a day.

    Examples
    --------
    >>> quarter_of(date(2026, 8, 1)).name
    '2026Q3'
    """
    return parse_period(f"{day.year}Q{(day.month + 2) // 3}")


def last_complete_year(day: date) -> Period:
    """Return the last calendar year that was over at the end of a day.

    Examples
    --------
    >>> last_complete_year(date(2026, 9, 30)).name, last_complete_year(date(2026, 12, 31)).name
    ('2025', '2026')
    """
    over = (day.month, day.day) == (12, 31)
    return parse_period(str(day.year if over else day.year - 1))


def last_day(text: str) -> date:
    """Read a data cut: a date, or the last day of a quarter or year.

    Parameters
    ----------
    text : str
        ``2026-09-30``, ``2026Q3`` or ``2026``.

    Raises
    ------
    CallError
        When the text is none of the three.

    Examples
    --------
    >>> last_day("2026Q3"), last_day("2026-08-15")
    (datetime.date(2026, 9, 30), datetime.date(2026, 8, 15))
    """
    if re.fullmatch(r"\d{4}-\d{2}-\d{2}", text.strip()):
        try:
            return date.fromisoformat(text.strip())
        except ValueError:
            pass
    else:
        try:
            return parse_period(text).last
        except CallError:
            pass
    raise CallError(f"'{text}' is not a data cut: write a date as 2026-09-30, a quarter as 2026Q3 or a year as 2026.")

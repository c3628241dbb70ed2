"""Dates out of text cells, by stated formats. A date that can be read in two ways is never guessed."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from itertools import permutations

import pandas as pd

EXCEL_FORMATS = ("excel", "excel-1904")
FIRST_YEAR, LAST_YEAR = 1900, 2100

TWO_READINGS = "a date that can be read with the day or the month first"
SHORT_YEAR = "a date whose year has two digits"
NO_DATE = "a value that is not a date of these formats"

_MONTHS = (
    *("january", "february", "march", "april", "may", "june"),
    *("july", "august", "september", "october", "november", "december"),
)
_PARTS = {"year": r"(?P<year>\d{4}|\d{2})", "month": r"(?P<month>\d{1,2}|[a-z]{3,9}\.?)", "day": r"(?P<day>\d{1,2})"}
_CLOCK = r"(?:[T ]\s*\d{1,2}:\d{2}(?::\d{2}(?:[.,]\d+)?)?(?:\s?[AP]M)?(?:\s?(?:Z|UTC|[+-]\d{2}(?::?\d{2})?))?)?"
_UNDECIDED = (
    "year-month-day",
    *(sign.join(part) for sign in "/.- " for part in (["month", "day", "year"], ["day", "month", "year"])),
)


@dataclass(frozen=True)
class DateRule:
    """The formats in which a column's dates are read, in this order; without any, each cell must leave no doubt.

    ``pivot`` 30 takes the years 00 to 30 for 2000 to 2030 and 31 to 99 for 1931 to 1999; None refuses such years.
    """

    formats: tuple[str, ...] = ()
    pivot: int | None = None


def is_date_format(text: str) -> bool:
    """Say whether a text names a format: ``year``, ``month`` and ``day`` with one sign between, or an Excel serial.

    Parameters
    ----------
    text : str

    Returns
    -------
    bool

    Examples
    --------
    >>> is_date_format("day.month.year"), is_date_format("excel"), is_date_format("dd.mm.yy")
    (True, True, False)
    """
    return text in EXCEL_FORMATS or any(
        text == sign.join(parts) for sign in "-/. " for parts in permutations(("year", "month", "day"))
    )


def read_dates(cells: pd.Series, rule: DateRule) -> tuple[pd.Series, pd.Series]:
    """Read a column of dates. A time of day is cut off: the date is the one that is written, in whatever time zone.

    Parameters
    ----------
    cells : Series
        Texts, missing as NA.
    rule : DateRule

    Returns
    -------
    tuple of Series
        The dates as ISO text, and what is wrong with the cells that are none: one of this module's three sentences, NA
        where nothing is.

    Examples
    --------
    >>> cells = pd.Series(["2025-04-03T09:30:00Z", "25/04/2025", "03/04/2025", "45750"])
    >>> dates, wrong = read_dates(cells, DateRule())
    >>> dates.fillna("-").tolist()
    ['2025-04-03', '2025-04-25', '-', '-']
    >>> wrong[2]
    'a date that can be read with the day or the month first'
    >>> read_dates(cells, DateRule(("year-month-day", "day/month/year", "excel")))[0].tolist()
    ['2025-04-03', '2025-04-25', '2025-04-03', '2025-04-03']
    """
    found = {text: _read(text, rule) for text in cells.dropna().unique()}
    dates = {text: one.isoformat() for text, one in found.items() if isinstance(one, date)}
    wrong = {text: one for text, one in found.items() if isinstance(one, str)}
    return cells.map(dates).astype("str"), cells.map(wrong).astype("object")


def _read(text: str, rule: DateRule) -> date | str:
    """Read one cell, or say what is wrong with it."""
    readings = list(dict.fromkeys(_readings(text, rule)))
    dates = [one for one in readings if isinstance(one, date)]
    if not dates:
        return SHORT_YEAR if SHORT_YEAR in readings else NO_DATE
    return dates[0] if rule.formats or len(dates) == 1 else TWO_READINGS


def _readings(text: str, rule: DateRule) -> Iterator[date | str]:
    for form in rule.formats or _UNDECIDED:
        if form in EXCEL_FORMATS:
            one: date | str | None = _excel_date(text, form)
        else:
            match = _pattern(form).fullmatch(text.strip())
            one = _calendar_date(match["year"], match["month"], match["day"], rule.pivot) if match else None
        if one is not None:
            yield one


def _calendar_date(year_text: str, month_text: str, day: str, pivot: int | None) -> date | str | None:
    year, month = int(year_text), _month(month_text.lower().rstrip("."))
    try:
        if len(year_text) == 4:
            return date(year, month, int(day)) if FIRST_YEAR <= year <= LAST_YEAR else None
        if pivot is not None:
            return date(year + (2000 if year <= pivot else 1900), month, int(day))
        date(2000 + year, month, int(day))
    except ValueError:
        return None
    return SHORT_YEAR


def _month(text: str) -> int:
    """Return the number of a month that is written as a number or as its English name, cut to three letters or more."""
    if text.isdecimal():
        return int(text)
    return next((number for number, name in enumerate(_MONTHS, start=1) if name.startswith(text)), 0)


def _excel_date(text: str, form: str) -> date | None:
    """Read a serial number of Excel, which takes 1900 for a leap year: 59 is 28 February, 60 no day, 61 1 March."""
    match = re.fullmatch(r"(\d{1,5})(?:\.\d*)?", text.strip())
    if match is None:
        return None
    serial = int(match[1])
    if form == "excel-1904":
        one = date(1904, 1, 1) + timedelta(serial)
    elif serial in {0, 60}:
        return None
    else:
        one = date(1899, 12, 31 if serial < 60 else 30) + timedelta(serial)
    return one if one.year <= LAST_YEAR else None


@cache
def _pattern(form: str) -> re.Pattern[str]:
    sign = next(each for each in form if not each.isalpha())
    between = r",?\s+" if sign == " " else re.escape(sign)
    return re.compile(between.join(_PARTS[part] for part in form.split(sign)) + _CLOCK, re.IGNORECASE | re.ASCII)

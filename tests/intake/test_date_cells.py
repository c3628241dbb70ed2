"""Dates are read by the formats a mapping states; what leaves a doubt, or is no day of the calendar, is not read."""

from datetime import date, timedelta

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.intake.date_cells import NO_DATE, SHORT_YEAR, TWO_READINGS, DateRule, is_date_format, read_dates

MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "June", "July", "Aug", "Sept", "October", "Nov", "December"]


def read(cell: str, *formats: str, pivot: int | None = None) -> str:
    """The date, or what is wrong."""
    dates, wrong = read_dates(pd.Series([cell]), DateRule(formats, pivot))
    assert dates.isna()[0] != wrong.isna()[0]
    return dates[0] if wrong.isna()[0] else wrong[0]


@pytest.mark.parametrize(
    ("cell", "form"),
    [
        ("2025-04-03", "year-month-day"),
        ("2025-4-3", "year-month-day"),
        ("2025-04-03T09:30:00Z", "year-month-day"),
        ("2025-04-03T00:00:00.000Z", "year-month-day"),
        ("2025-04-03 09:30:00.25-05", "year-month-day"),
        ("2025-04-03 23:30:00+05:30", "year-month-day"),
        ("2025-04-03 23:59:59+02:00", "year-month-day"),
        ("2025-04-03 9:30 PM", "year-month-day"),
        ("04/03/2025", "month/day/year"),
        ("4/3/2025 8:05:00", "month/day/year"),
        ("03/04/2025", "day/month/year"),
        ("3.4.2025", "day.month.year"),
        ("03.04.2025 08:05", "day.month.year"),
        ("2025/04/03", "year/month/day"),
        ("3 Apr 2025", "day month year"),
        ("03 APRIL 2025", "day month year"),
        ("3 Apr. 2025 14:30", "day month year"),
        ("Apr 3, 2025", "month day year"),
        ("April 3 2025 9:00 AM", "month day year"),
        ("3-Apr-2025", "day-month-year"),
        ("03.Apr.2025", "day.month.year"),
        ("2025-Apr-03", "year-month-day"),
        ("3 4 2025", "day month year"),
        ("45750", "excel"),
        ("45750.39583", "excel"),
        ("44288", "excel-1904"),
    ],
)
def test_formats(cell, form):
    assert read(cell, form) == "2025-04-03"


@pytest.mark.parametrize(
    ("cell", "form"),
    [
        ("2025-04-03", "month/day/year"),
        ("13/04/2025", "month/day/year"),
        ("2025-02-29", "year-month-day"),
        ("2025-04-31", "year-month-day"),
        ("1900-02-29", "year-month-day"),
        ("0025-04-03", "year-month-day"),
        ("2205-04-03", "year-month-day"),
        ("2025-04", "year-month-day"),
        ("2025", "year-month-day"),
        ("2025-04-03 tomorrow", "year-month-day"),
        ("x2025-04-03", "year-month-day"),
        ("٢٠٢٥-04-03", "year-month-day"),
        ("3 Ap 2025", "day month year"),
        ("3 Abril 2025", "day month year"),
        ("3 Aprilia 2025", "day month year"),
        ("Apr 3, 2025", "day month year"),
        ("31 Apr 2025", "day month year"),
        ("Apr-3-2025", "month day year"),
        ("2025-04-03", "excel"),
        ("-5", "excel"),
        ("0", "excel"),
        ("60", "excel"),
        ("73416", "excel"),
        ("48100000", "excel"),
    ],
)
def test_what_is_no_date_of_the_format(cell, form):
    assert read(cell, form) == NO_DATE


@pytest.mark.parametrize(
    ("cell", "expected"),
    [("2024-02-29", "2024-02-29"), ("2000-02-29", "2000-02-29"), ("2100-02-28", "2100-02-28"), ("2100-02-29", NO_DATE)],
)
def test_leap_years(cell, expected):
    assert read(cell, "year-month-day") == expected


@pytest.mark.parametrize(
    ("serial", "expected"),
    [
        ("1", "1900-01-01"),
        ("59", "1900-02-28"),
        ("61", "1900-03-01"),
        ("36526", "2000-01-01"),
        ("45351", "2024-02-29"),
        ("73415", "2100-12-31"),
    ],
)
def test_excel_takes_1900_for_a_leap_year(serial, expected):
    """Excel's own values: 60 is its 29 February 1900, a day that was not."""
    assert read(serial, "excel") == expected


@pytest.mark.parametrize(("serial", "expected"), [("0", "1904-01-01"), ("60", "1904-03-01"), ("35064", "2000-01-01")])
def test_the_other_system_of_excel(serial, expected):
    assert read(serial, "excel-1904") == expected


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        ("03/04/2025", TWO_READINGS),
        ("3.4.2025", TWO_READINGS),
        ("3-4-2025", TWO_READINGS),
        ("12/12/2025", "2025-12-12"),
        ("13/04/2025", "2025-04-13"),
        ("04/13/2025", "2025-04-13"),
        ("13.04.2025", "2025-04-13"),
        ("2025-03-04", "2025-03-04"),
        ("3 Apr 2025", "2025-04-03"),
        ("Apr 3, 2025", "2025-04-03"),
        ("3-Apr-2025", "2025-04-03"),
        ("3 4 2025", TWO_READINGS),
        ("3 Apr 25", SHORT_YEAR),
        ("13/13/2025", NO_DATE),
        ("45750", NO_DATE),
        ("03/04/25", SHORT_YEAR),
        ("anna@example.org", NO_DATE),
    ],
)
def test_without_a_format_nothing_is_guessed(cell, expected):
    assert read(cell) == expected


def test_several_formats_are_tried_in_order():
    formats = ("year-month-day", "day/month/year", "month/day/year", "excel")
    assert [read(cell, *formats) for cell in ("2025-04-03", "03/04/2025", "04/13/2025", "45750")] == [
        "2025-04-03",
        "2025-04-03",
        "2025-04-13",
        "2025-04-03",
    ]


@pytest.mark.parametrize(
    ("cell", "pivot", "expected"),
    [
        ("4/3/25", None, SHORT_YEAR),
        ("4/3/25", 30, "2025-04-03"),
        ("4/3/30", 30, "2030-04-03"),
        ("4/3/31", 30, "1931-04-03"),
        ("4/3/00", 0, "2000-04-03"),
        ("4/3/01", 0, "1901-04-03"),
        ("2/29/00", 30, "2000-02-29"),
        ("2/29/00", None, SHORT_YEAR),
        ("2/30/00", None, NO_DATE),
        ("4/3/1925", 30, "1925-04-03"),
    ],
)
def test_years_of_two_digits_need_a_pivot(cell, pivot, expected):
    assert read(cell, "month/day/year", pivot=pivot) == expected


def test_missing_stays_missing():
    dates, wrong = read_dates(pd.Series([None, "2025-04-03"], dtype="str"), DateRule())
    assert dates.isna().tolist() == [True, False]
    assert wrong.isna().all()


@given(st.dates(date(1900, 3, 1), date(2100, 12, 31)))
def test_each_format_gives_the_day_back(day):
    cells = {
        "year-month-day": day.isoformat(),
        "month/day/year": f"{day.month}/{day.day}/{day.year}",
        "day.month.year": day.strftime("%d.%m.") + str(day.year),
        "month day year": f"{MONTHS[day.month - 1]} {day.day}, {day.year}",
        "excel": str((day - date(1899, 12, 30)) // timedelta(1)),
    }
    assert {read(cell, form) for form, cell in cells.items()} == {day.isoformat()}
    # Without a format, a date is either right or refused.
    assert all(read(cell) in {day.isoformat(), TWO_READINGS} for form, cell in cells.items() if form != "excel")


@pytest.mark.parametrize(
    "text", ["year-month-day", "day/month/year", "month.day.year", "day month year", "excel", "excel-1904"]
)
def test_names_of_formats(text):
    assert is_date_format(text)


@pytest.mark.parametrize(
    "text", ["", "iso", "dd/mm/yyyy", "day/month", "day/month-year", "day/day/year", "Excel", "daymonthyear"]
)
def test_no_names_of_formats(text):
    assert not is_date_format(text)

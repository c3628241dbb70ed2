"""Reporting periods."""

from datetime import date

import pytest

from analysis.vocabulary.errors import CallError
from analysis.vocabulary.periods import last_complete_year, last_day, parse_period, quarter_of


@pytest.mark.parametrize(
    ("text", "first", "last"),
    [
        ("2026Q1", date(2026, 1, 1), date(2026, 3, 31)),
        ("2026Q2", date(2026, 4, 1), date(2026, 6, 30)),
        ("2026Q3", date(2026, 7, 1), date(2026, 9, 30)),
        ("2026Q4", date(2026, 10, 1), date(2026, 12, 31)),
        ("2024", date(2024, 1, 1), date(2024, 12, 31)),
    ],
)
def test_a_period_runs_from_its_first_to_its_last_day(text, first, last):
    period = parse_period(text)
    assert (period.first, period.last, str(period)) == (first, last, text)


@pytest.mark.parametrize("text", ["2026Q5", "2026Q0", "Q3 2026", "26Q3", "", "2026-09", "0000"])
def test_what_is_not_a_period_is_refused_with_the_right_spelling(text):
    with pytest.raises(CallError, match="write a quarter as 2026Q3"):
        parse_period(text)


def test_a_period_may_be_written_in_small_letters_as_a_number_or_be_one_already():
    assert parse_period("2026q3") == parse_period("2026Q3") == parse_period(parse_period("2026Q3"))
    assert parse_period(2026).name == "2026"


def test_the_period_before_has_the_same_length():
    assert parse_period("2026Q1").previous().name == "2025Q4"
    assert parse_period("2026").previous().name == "2025"


def test_the_last_complete_year_is_the_same_year_only_on_its_last_day():
    assert last_complete_year(date(2026, 12, 30)).name == "2025"
    assert last_complete_year(date(2026, 12, 31)).name == "2026"


@pytest.mark.parametrize(("month", "name"), [(1, "2026Q1"), (3, "2026Q1"), (4, "2026Q2"), (12, "2026Q4")])
def test_a_day_lies_in_its_quarter(month, name):
    assert quarter_of(date(2026, month, 15)).name == name


def test_a_data_cut_is_a_date_or_the_end_of_a_quarter_or_year():
    assert last_day("2026-02-28") == date(2026, 2, 28)
    assert last_day("2024Q1") == date(2024, 3, 31)
    assert last_day("2024") == date(2024, 12, 31)


@pytest.mark.parametrize("text", ["2026-02-30", "2026-13-01", "tomorrow"])
def test_an_impossible_data_cut_is_refused(text):
    with pytest.raises(CallError, match="is not a data cut"):
        last_day(text)

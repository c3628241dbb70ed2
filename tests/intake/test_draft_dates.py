"""Which formats the dates of a column are in, as far as every cell agrees."""

import pandas as pd
import pytest

from analysis.intake.date_cells import read_dates
from analysis.intake.drafting.dates import BOTH, EITHER, find_date_formats


@pytest.mark.parametrize(
    ("cells", "formats"),
    [
        (["2025-01-03", "2025-12-30"], ("year-month-day",)),
        (["2025-01-03T09:30:00Z", "2025-01-03 10:00"], ("year-month-day",)),
        (["2025/01/03"], ("year/month/day",)),
        (["1/23/2025", "04/03/2025 9:30 AM"], ("month/day/year",)),
        (["23/1/2025", "04/03/2025"], ("day/month/year",)),
        (["23.1.2025"], ("day.month.year",)),
        (["Jan 3, 2025", "Dec 30, 2025 2:00 PM"], ("month day year",)),
        (["3 January 2025"], ("day month year",)),
        (["45660", "45661.5"], ("excel",)),
        (["2025-01-03", "45660", "2025-01-03T00:00:00.000Z"], ("year-month-day", "excel")),
    ],
)
def test_every_cell_agrees(cells, formats):
    found = find_date_formats(pd.Series([*cells, None]))
    assert (found.formats, found.doubt, found.unread) == (formats, "", 0)
    assert read_dates(pd.Series(cells), found.rule)[1].isna().all()


def test_a_column_that_can_be_read_both_ways_is_left_open():
    found = find_date_formats(pd.Series(["03/04/2025", "05/06/2025"]))
    assert (found.doubt, found.choices) == (EITHER, ("month/day/year", "day/month/year"))
    assert found.rule.formats == ()


def test_a_column_that_contradicts_itself_is_left_open():
    found = find_date_formats(pd.Series(["25/04/2025", "04/25/2025"]))
    assert found.doubt == BOTH


def test_years_of_two_digits_need_a_pivot():
    found = find_date_formats(pd.Series(["1/23/25", "2/24/24"]))
    assert (found.formats, found.short_years, found.years) == (("month/day/year",), True, (2024, 2025))


def test_a_few_cells_that_are_no_dates_are_counted():
    cells = ["2025-01-03"] * 3 + [f"2025-01-{day:02}" for day in range(4, 12)] + ["soon", "soon"]
    assert find_date_formats(pd.Series(cells)).unread == 2


@pytest.mark.parametrize("cells", [["nausea", "none"], ["120/80"], ["12"], ["5551234"], [None], ["1.5", "2.5"]])
def test_what_is_no_date(cells):
    assert find_date_formats(pd.Series(cells, dtype="object")) is None

"""What all readers share: names of columns, row numbers, and the text of a value."""

from datetime import UTC, date, datetime, time, timedelta

import numpy as np
import pandas as pd
import pytest

from analysis.intake.readers.source_table import check_names, plain_text, row_list
from analysis.vocabulary.errors import DataError


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, ""),
        (float("nan"), ""),
        (pd.NaT, ""),
        ("  a b ", "a b"),
        (True, "true"),
        (np.bool_(False), "false"),
        (7, "7"),
        (np.int64(7), "7"),
        (-3.0, "-3"),
        (0.1 + 0.2, "0.3"),
        (1e20, "1e+20"),
        (date(2026, 1, 5), "2026-01-05"),
        (datetime(2026, 1, 5), "2026-01-05"),
        (pd.Timestamp("2026-01-05 09:30"), "2026-01-05T09:30:00"),
        (datetime(2026, 1, 5, 23, 59, 59, 999_900), "2026-01-06"),
        (datetime(2026, 1, 5, tzinfo=UTC), "2026-01-05T00:00:00+00:00"),
        (time(9, 30), "09:30:00"),
        (timedelta(hours=25, minutes=3, seconds=4), "25:03:04"),
    ],
)
def test_the_text_of_a_value(value, text):
    assert plain_text(value) == text


def test_row_numbers_may_be_places():
    assert row_list(pd.Index(["Current!2", "Before!3"])) == "rows Current!2, Before!3"


def test_names_of_columns():
    check_names(["id", "day"], "a.csv")
    with pytest.raises(DataError, match=r"^a\.csv: column 2 has no name in the header row\.$"):
        check_names(["id", ""], "a.csv")
    with pytest.raises(DataError, match=r"^a\.csv: columns 1, 3 share their names in the header row; rename them\.$"):
        check_names(["id", "day", "id"], "a.csv")

"""SDTM's dates: kept as they are written, completed by a study day only, and counted without a day 0."""

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.intake.readers.sdtm_dates import (
    CONTRADICTED_DATE,
    NO_DATE,
    PARTIAL_DATE,
    days_of_study_days,
    minutes_of_duration,
    split_moment,
    split_moments,
    timed_rows,
)
from analysis.vocabulary.errors import DataError


@pytest.mark.parametrize(
    ("written", "day", "time", "year"),
    [
        ("2013-05-12", "2013-05-12", "", "2013"),
        ("2013-05-12T10:30", "2013-05-12", "10:30", "2013"),
        ("2013-05-12T10:30:05.5+02:00", "2013-05-12", "10:30", "2013"),
        ("2013-05-12T10:30Z", "2013-05-12", "10:30", "2013"),
        ("2013-05-12T10", "2013-05-12", "", "2013"),
        ("2013-05-12T-:30", "2013-05-12", "", "2013"),
        ("2012-02-29", "2012-02-29", "", "2012"),
        ("2013-05", "", "", "2013"),
        ("2013", "", "", "2013"),
        ("2013---12", "", "", "2013"),
        ("--05-12", "", "", ""),
        ("-----T07:15", "", "", ""),
        ("2013-05-12/2013-05-12", "2013-05-12", "", "2013"),
        ("2013-05-12/2013-06-01", "", "", "2013"),
        ("2012-12-20/2013-01-05", "", "", ""),
        ("", "", "", ""),
    ],
)
def test_what_is_not_written_is_not_filled_in(written, day, time, year):
    parts = split_moment(written)
    assert (parts["date"], parts["time"], parts["year"]) == (day, time, year)


@pytest.mark.parametrize(
    "written",
    [
        *["12/05/2013", "12MAY2013", "2013-13", "2013-02-30", "2013-02-29", "2013-05-12 10:30", "2013-05-12T25:00"],
        *["13-05-12", "2013-05-12T", "20130512", "19490", "unknown", "2013-05-12/", "/", "2013-5-1", "２013-05-12"],
    ],
)
def test_what_is_no_iso_date_is_refused_by_its_row(written):
    cells = pd.Series(["2013-05-12", "", written], index=[2, 3, 4], name="AESTDTC")
    with pytest.raises(DataError) as error:
        split_moments(cells, "ae.csv")
    assert str(error.value) == (
        "ae.csv, row 4, column 'AESTDTC': not a date as SDTM writes it (ISO 8601, such as 2013-05-12, "
        "2013-05-12T10:30, or 2013-05 when the day is not known). Export the file again from the source: a spreadsheet "
        "may have changed it."
    )


def test_there_is_no_study_day_0():
    days = pd.Series(["-2", "-1", "1", "2", "15.0", ""], name="EXSTDY")
    assert days_of_study_days(days, "ex.csv").tolist() == [-2, -1, 0, 1, 14, pd.NA]
    for wrong, what in (("0", "study day 0, which SDTM does not have"), ("1.5", "a study day that is no whole number")):
        with pytest.raises(DataError, match=f"ex.csv, row 3, column 'EXSTDY': {what}"):
            days_of_study_days(pd.Series(["1", wrong], index=[2, 3], name="EXSTDY"), "ex.csv")


@settings(max_examples=30, deadline=None)
@given(st.dates(min_value=pd.Timestamp("1950-01-01").date()), st.integers(-5000, 5000))
def test_days_are_exact_by_the_formula_of_the_guide(reference, distance):
    """SDTMIG 4.4.4: date - reference, plus 1 on or after it."""
    when = pd.Timestamp(reference) + pd.Timedelta(days=distance)
    study_day = distance + 1 if distance >= 0 else distance
    partial, full = str(when.year), when.date().isoformat()
    told = timed_rows(
        pd.Series([partial, full, ""], name="DTC"),
        pd.Series([str(study_day)] * 3, name="DY"),
        pd.Series([reference.isoformat()] * 3),
        "x.csv",
    )
    assert told["date"].tolist() == [full] * 3
    assert told["day"].tolist() == [distance] * 3
    assert told["reason"].tolist() == [""] * 3


def test_a_partial_date_needs_a_study_day_and_where_it_counts_from():
    told = timed_rows(
        pd.Series(["2013-05", "2013-05", "2013-05", "2013-06", "2013---02", "", ""], name="DTC"),
        pd.Series(["", "3", "3", "3", "3", "3", ""], name="DY"),
        pd.Series(["2013-04-29", "2013-04-30", None, "2013-04-30", "2013-04-30", "2013-04-30", None], dtype="str"),
        "x.csv",
    )
    assert told["date"].tolist() == ["", "2013-05-02", "", "", "2013-05-02", "2013-05-02", ""]
    assert told["day"].fillna(-99).tolist() == [-99, 2, 2, 2, 2, 2, -99]
    assert told["reason"].tolist() == [PARTIAL_DATE, "", "", CONTRADICTED_DATE, "", "", NO_DATE]


def test_a_whole_date_counts_whatever_the_study_day_says():
    cells, days = pd.Series(["2013-05-12", "2013-05-12"], name="DTC"), pd.Series(["7", ""], name="DY")
    told = timed_rows(cells, days, pd.Series(["2013-05-10"] * 2), "x.csv")
    assert told["date"].tolist() == ["2013-05-12"] * 2
    assert told["day"].tolist() == [6, 2]  # the day as given; where none is, counted


@pytest.mark.parametrize(
    ("written", "minutes"),
    [
        *[("PT40M", 40), ("PT1H30M", 90), ("-P14D", 20160), ("P2W", 20160), ("PT24H", 1440), ("PT90S", 1.5)],
        *[("P1M", None), ("P1Y", None), ("P", None), ("PT", None), ("40 MIN", None), ("", None)],
    ],
)
def test_durations_have_minutes_where_their_length_is_fixed(written, minutes):
    assert minutes_of_duration(written) == minutes

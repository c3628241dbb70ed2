"""The definitions are written out from the definitions in force, not from memory."""

from made_up_clinics import People

from analysis.report.content import Content
from analysis.report.methods import MEASURES_OF_TABLES, measure_rows, scale_rows, window_rows

CHANGED = """
name = "changed"
[windows]
end_first = 2
end_last = 16
end_nearest = 9
month_days = 28
[report]
headline_window = "day 42 +- 5"
sessions = 3
months = 6
[instruments.PHQ-9]
entry_score = 12
remission_score = 3
verified = true
"""


def test_the_windows_of_the_defaults(two_clinics):
    rows = {name: (which, day) for name, which, day in window_rows(two_clinics)}
    assert rows["end of loading"] == (
        "days 1 to 14 after the last loading session, the score nearest to day 7, "
        "not after the first maintenance session",
        "42",
    )
    assert rows["month 12 after loading"] == (
        "days 346 to 375 after the last loading session, the score nearest to day 360",
        "403",
    )
    assert rows["after session 8"][1] == "71"


def test_changed_definitions_change_the_words(content_of):
    content = content_of(People("North", 40, end=8), definitions=CHANGED)
    rows = {name: (which, day) for name, which, day in window_rows(content)}
    assert rows["day 42 +- 5"] == ("days 37 to 47 after the first session, the score nearest to day 42", "48")
    assert rows["end of loading"][0].startswith(
        "days 2 to 16 after the last loading session, the score nearest to day 9"
    )
    assert list(rows)[-1] == "month 6 after loading"
    assert "nearest to day 168" in rows["month 6 after loading"][0]
    (scale,) = scale_rows(content)
    assert (scale["entry"], scale["remission"], scale["check"]) == ("12 or more", "3 or less", "")


def test_a_24_hour_window_names_the_hours(content_of):
    rows = window_rows(content_of(People("North", 40, end=8), definitions='[report]\nheadline_window = "24 h"\n'))
    assert rows[0][1] == "18 to 36 hours after the first session, looking back at most 1 day"


def test_scales_in_the_order_of_the_report_with_a_mark_where_not_checked(content_of):
    content = content_of(
        People("North", 40, end=8, baseline=15, instrument="GAD-7"),
        People("North", 40, end=8, baseline=30, instrument="MADRS"),
    )
    rows = scale_rows(content)
    assert [row["name"] for row in rows] == ["MADRS", "GAD-7"]
    assert rows[0]["recall"] == "7 days; by a clinician"
    assert rows[0]["missing"] == "none"
    assert rows[1]["missing"] == "up to 2"
    assert rows[0]["check"] == "Not checked against the original publication."


def test_every_table_with_an_outcome_has_its_measures_on_cards(two_clinics):
    titles = [row["title"] for row in measure_rows(two_clinics)]
    assert titles == [
        "The flow of people",
        "Baseline recorded",
        "Loading completed",
        "Response",
        "Remission",
        "Response after each loading session",
        "Remission after each loading session",
        "Mean score after each loading session",
        "Response in each month after loading",
        "Remission in each month after loading",
        "Scored in time",
    ]
    breakdowns = {"by_route", "by_clinic", "other_scales", "rows"}
    assert set(two_clinics.tables) - breakdowns <= set(MEASURES_OF_TABLES)


def test_a_card_names_the_numbers_in_force_and_the_scales_shown(content_of):
    content: Content = content_of(People("North", 40, end=8), definitions=CHANGED)
    cards = {row["title"]: dict(row["sections"]) for row in measure_rows(content)}
    assert "cut-off (PHQ-9: 3 or less)" in cards["Remission"]["Numerator"]
    assert "entry score (PHQ-9: 12 or more)" in cards["Remission"]["Denominator"]
    assert "days 2 to 16 after the last loading session" in cards["Response"]["Window"]
    assert "for k = 1 to 3" in cards["Response after each loading session"]["Numerator"]
    assert "28m - 14" in cards["Response in each month after loading"]["Window"]


def test_a_report_without_sessions_or_months_has_no_cards_of_them(content_of):
    definitions = "[report]\nsessions = 0\nmonths = 0\n"
    titles = [row["title"] for row in measure_rows(content_of(People("North", 40, end=8), definitions=definitions))]
    assert not [title for title in titles if "session" in title or "month" in title]

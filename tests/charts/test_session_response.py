"""Response by session number."""

import pytest

from analysis import charts
from analysis.vocabulary.errors import CallError

ROWS = [(f"after session {k}", 10 + 5 * k, 90 - 3 * k, 120) for k in range(1, 9)]


def test_points_stand_at_their_session_number(rates, marks):
    table = rates([row for row in ROWS if row[0] != "after session 4"])
    ax = charts.response_by_session(table)
    (line,) = marks(ax, "points")
    assert line.get_xdata().tolist() == [1, 2, 3, 5, 6, 7, 8]
    assert line.get_ydata() == pytest.approx(table["estimate"].to_numpy())


def test_twelve_and_twenty_four_sessions_fit(rates, crowding):
    for last in (12, 24):
        rows = [(f"after session {k}", 100 + k, 2000 - k, 2222) for k in range(1, last + 1)]
        assert crowding(charts.response_by_session(rates(rows, hidden=["after session 2", "after session 3"]))) == []


def test_months_are_refused(rates):
    with pytest.raises(CallError, match=r"draws the windows 'after session k'; the table also has the window 'month 1"):
        charts.response_by_session(rates([*ROWS, ("month 1 after loading", 5, 10, 20)]))


def test_remission_is_named_in_every_place(rates, marks):
    ax = charts.response_by_session(rates(ROWS, outcome="remission"))
    words = [text.get_text() for text in ax.texts]
    assert "PHQ-9 remission by session" in words
    assert "in remission" in words
    assert "19 in 100 were in remission" not in charts.alt_text(ax)
    assert "Session 1: 17 in 100 were in remission (15 of 87;" in charts.alt_text(ax)


def test_the_reader_is_told_that_later_sessions_are_of_fewer_people(rates):
    assert "only those who came back are scored" in charts.caption(charts.response_by_session(rates(ROWS)))

"""Treatment sessions by course day: bars are the table's, phases stand apart, and what is not drawn is said."""

import numpy as np
import pandas as pd
import pytest
from matplotlib.container import BarContainer

from analysis import charts
from analysis.charts.style import SERIES_STYLES
from analysis.vocabulary.errors import CallError


def days(rows, **groups):
    """Draw a table: (phase, course day, sessions) each."""
    table = pd.DataFrame(rows, columns=["phase", "course_day", "sessions"]).astype({"sessions": "Int64"})
    for name, value in reversed(groups.items()):
        table.insert(0, name, value)
    return table.assign(status="ok", definitions="default 1 (3f2a9c1b)")


ROWS = [("loading", 0, 120), ("loading", 4, 90), ("loading", 27, 15), ("maintenance", 14, 3), ("maintenance", 28, 40)]
ROWS += [("maintenance", 168, 7), ("maintenance", 169, 5), ("maintenance", 400, 2)]


def bars(ax):
    """List the bars as (colour, day, height)."""
    found = [container for container in ax.containers if isinstance(container, BarContainer)]
    return [
        (bar.get_facecolor()[:3], bar.get_x() + bar.get_width() / 2, bar.get_height())
        for container in found
        for bar in container
    ]


def test_each_bar_is_a_row_of_the_table_on_the_scale_of_its_phase():
    drawn = bars(charts.sessions_by_day(days(ROWS)))
    heights = {round(day, 6): height for _, day, height in drawn}
    assert len(drawn) == 6
    assert [heights[day] * 150 for day in (0, 4, 27)] == pytest.approx([120, 90, 15])
    assert [heights[day] * 40 for day in (14, 28, 168)] == pytest.approx([3, 40, 7])


def test_the_scales_begin_at_0_and_end_at_a_round_number():
    ax = charts.sessions_by_day(days(ROWS))
    assert [label.get_text() for label in ax.get_yticklabels()] == ["0", "40", "0", "150"]
    assert [label.get_text() for label in ax.get_xticklabels()] == ["0", "28", "56", "84", "112", "140", "168"]


def test_the_phases_differ_in_place_and_colour_and_are_named():
    ax = charts.sessions_by_day(days(ROWS))
    bases = {
        tuple(np.round(bar.get_facecolor()[:3], 3)): bar.get_y() for container in ax.containers for bar in container
    }
    assert len(bases) == len(set(bases.values())) == 2
    named = [text for text in ax.texts if text.get_gid() == "name"]
    assert [text.get_text() for text in named] == ["Maintenance: 50 sessions", "Loading: 225 sessions"]
    assert [text.get_color() for text in named] == [SERIES_STYLES[1].ink, SERIES_STYLES[0].ink]


def test_an_unknown_phase_has_a_strip_of_its_own():
    ax = charts.sessions_by_day(days([("unknown", 0, 9), ("loading", 0, 12)]))
    named = [text.get_text() for text in ax.texts if text.get_gid() == "name"]
    assert named == ["Unknown: 9 sessions", "Loading: 12 sessions"]


def test_what_lies_after_the_last_day_is_counted_in_the_note():
    assert "7 sessions after day 168 are not drawn." in charts.caption(charts.sessions_by_day(days(ROWS)))
    whole = charts.sessions_by_day(days(ROWS), last_day=400)
    assert "not drawn" not in charts.caption(whole)
    assert len(bars(whole)) == len(ROWS)
    assert [label.get_text() for label in whole.get_xticklabels()] == ["0", "84", "168", "252", "336"]


def test_the_words_for_screen_readers():
    assert charts.alt_text(charts.sessions_by_day(days(ROWS, route="iv"))) == (
        "Treatment sessions by course day: iv. Bar chart, one strip for each phase. "
        "Horizontal axis: course day, 0 to 168. "
        "Vertical axis: sessions on that day, with a scale of its own for each phase. "
        "Loading: 225 sessions from day 0 to day 27, most on day 0 (120). "
        "Maintenance: 50 sessions from day 14 to day 168, most on day 28 (40)."
    )


def test_a_phase_with_sessions_after_the_last_day_only_says_so():
    ax = charts.sessions_by_day(days([("loading", 0, 12), ("maintenance", 60, 4)]), last_day=30)
    assert "Maintenance: no session can be shown." in charts.alt_text(ax)


def test_a_table_that_was_not_disclosed_is_stamped(public, marks):
    assert len(marks(charts.sessions_by_day(days(ROWS)), "stamp")) == 1
    hidden = days(ROWS)
    hidden["sessions"] = hidden["sessions"].mask(hidden["sessions"] <= 10)
    hidden["status"] = hidden["status"].mask(hidden["sessions"].isna(), "hidden")
    ax = charts.sessions_by_day(public(hidden))
    assert marks(ax, "stamp") == []
    assert len(bars(ax)) == 4
    assert "Hidden: withheld to protect small groups." in charts.caption(ax)
    assert "not drawn" not in charts.caption(ax)


@pytest.mark.parametrize("last_day", [10, 168, 1000])
@pytest.mark.parametrize("most", [5, 123_456])
def test_nothing_touches_or_is_clipped(crowding, last_day, most):
    rows = [(phase, day, most) for phase in ("loading", "maintenance", "unknown") for day in range(0, last_day, 7)]
    table = days(rows, clinic_id="Northern Regional Ketamine Clinic B of the University Hospital")
    assert crowding(charts.sessions_by_day(table, last_day=last_day)) == []


def test_it_draws_on_axes_that_are_given():
    from matplotlib.figure import Figure

    ax = Figure().add_subplot()
    assert charts.sessions_by_day(days(ROWS), ax=ax) is ax


@pytest.mark.parametrize(
    ("table", "message"),
    [
        ("days", "draws the table phases.* not str"),
        (days(ROWS).drop(columns="course_day"), "needs the column 'course_day'"),
        (days(ROWS).iloc[:0], "without rows"),
        (days([("induction", 0, 9)]), "does not know the phase 'induction'. Known: loading, maintenance, unknown"),
        (days(ROWS, route=["iv", "im"] * 4), r"draws one group; the table has several, by route. Select one: table\["),
        (pd.concat([days(ROWS), days(ROWS)]), "a day stands in the table twice"),
    ],
)
def test_what_cannot_be_drawn_is_refused(table, message):
    with pytest.raises(CallError, match=message):
        charts.sessions_by_day(table)


def test_a_last_day_before_the_second_is_refused():
    with pytest.raises(CallError, match="last_day must be at least 1"):
        charts.sessions_by_day(days(ROWS), last_day=0)

"""The charts of safety: what is drawn is what the tables say, hidden numbers are not there, and nothing touches."""

import pandas as pd
import pytest

from analysis import charts
from analysis.disclosure.suppression import disclose
from analysis.estimate.safety.summary import safety
from analysis.vocabulary.errors import CallError

DRAWN = {
    "adverse_events_by_term": "events",
    "vital_signs_over_limits": "sessions",
    "habituation_by_session": "habituation",
}


@pytest.fixture(scope="module")
def found(demo_cohort):
    return safety(demo_cohort)


@pytest.mark.parametrize(("chart", "table"), DRAWN.items())
def test_a_raw_table_is_stamped_and_a_disclosed_one_is_not(found, marks, chart, table):
    draw, rows = getattr(charts, chart), getattr(found, table)
    assert len(marks(draw(rows), "stamp")) == 1
    assert not marks(draw(disclose(rows)), "stamp")
    assert len(marks(draw(disclose(rows, audience="internal")), "stamp")) == 1


@pytest.mark.parametrize(("chart", "table"), DRAWN.items())
def test_nothing_touches_or_leaves_the_picture(found, crowding, chart, table):
    draw, rows = getattr(charts, chart), getattr(found, table)
    assert crowding(draw(rows)) == []
    assert crowding(draw(disclose(rows))) == []


def test_dots_are_the_rates_of_the_table(found, marks):
    ax = charts.adverse_events_by_term(found.events)
    rows = found.events.query("split == 'all' and measure == 'events per 100 sessions' and numerator > 0")
    rows = rows[(rows["source"] == "reported") | (rows["term"] != "any")]  # a single term of a source is drawn once
    drawn = sorted(float(dot.get_xdata()[0]) for dot in marks(ax, "points"))
    assert drawn == pytest.approx(sorted(rows["estimate"]))
    assert [each.get_text() for each in marks(ax, "heading")] == [
        "Reported",
        "Shown by a scale",
        "Shown by a vital sign",
    ]


def test_a_hidden_term_has_a_row_and_no_number(found, marks):
    ax = charts.adverse_events_by_term(disclose(found.events))
    assert len(marks(ax, "hidden")) == 4
    assert "psychosis" not in charts.alt_text(ax)
    assert "4 of 18 values are hidden to protect small groups" in charts.alt_text(ax)


def test_what_nobody_had_is_named_in_the_note(found):
    assert "Reported of nobody: agitation," in charts.caption(charts.adverse_events_by_term(found.events))


def test_one_level_of_a_split_can_be_drawn(found):
    ax = charts.adverse_events_by_term(found.events.query("split == 'phase' and level == 'loading'"))
    assert charts.caption(ax).startswith("Adverse events per 100 sessions: phase, loading.")
    with pytest.raises(CallError, match="one level of a split"):
        charts.adverse_events_by_term(found.events.query("split == 'phase'"))


def test_sources_differ_in_colour_and_marker(found, marks):
    looks = {
        (dot.get_color(), dot.get_marker()) for dot in marks(charts.adverse_events_by_term(found.events), "points")
    }
    assert len({colour for colour, _ in looks}) == len({marker for _, marker in looks}) == len(looks) == 3


def test_vital_signs_say_of_how_many_measured(found, marks):
    ax = charts.vital_signs_over_limits(found.sessions)
    row = found.sessions.query("name == 'systolic >= 180' and measure == 'share of sessions'").iloc[0]
    assert f"Systolic ≥ 180: {100 * row['estimate']:.1f} percent ({row['numerator']} of " in charts.alt_text(ax)
    assert len(marks(ax, "points")) == 6
    assert "13,158 sessions given" in charts.caption(ax)


def test_habituation_draws_the_fixed_cohort(found, marks):
    ax = charts.habituation_by_session(found.habituation, name="CADSS")
    (points,) = marks(ax, "points")
    own = found.habituation.query("name == 'CADSS' and people == 'had all sessions' and session != 'last less first'")
    assert points.get_ydata().tolist() == pytest.approx(own["estimate"].tolist())
    assert "From the first to the last: −3.1 points" in charts.alt_text(ax)


@pytest.mark.parametrize(("chart", "table"), DRAWN.items())
def test_what_cannot_be_drawn_is_said(found, chart, table):
    draw, rows = getattr(charts, chart), getattr(found, table)
    with pytest.raises(CallError, match=f"{chart} draws the table {table} of safety"):
        draw("events")
    with pytest.raises(CallError, match="needs the column 'estimate'"):
        draw(rows.drop(columns="estimate"))
    with pytest.raises(CallError, match="without rows"):
        draw(rows.iloc[:0])
    with pytest.raises(CallError, match="does not know the status 'odd'"):
        draw(rows.assign(status="odd"))
    two = pd.concat([rows.assign(route="iv"), rows.assign(route="im")])
    with pytest.raises(CallError, match="draws one group; the table has several, by route"):
        draw(two[["route", *rows.columns]])


def test_a_name_that_is_not_there_is_said(found):
    with pytest.raises(CallError, match="does not have 'BP'"):
        charts.habituation_by_session(found.habituation, name="BP")


def test_nothing_recorded_has_nothing_to_draw(found):
    events = found.events.assign(status="none recorded", estimate=float("nan"))
    with pytest.raises(CallError, match="nothing was recorded"):
        charts.adverse_events_by_term(events)

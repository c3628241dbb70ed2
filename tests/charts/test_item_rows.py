"""The chart of changes by item."""

import pandas as pd
import pytest

from analysis import charts
from analysis.charts.item_rows import item_words
from analysis.vocabulary.errors import CallError


@pytest.fixture
def changes(rates):
    """Two items: improvement and worsening of each."""

    def make(hidden=(), **groups):
        parts = []
        for item, better, worse in (("mood", 60, 10), ("suicidal_thoughts", 45, 5)):
            for outcome, count in (("improvement", better), ("worsening", worse)):
                window = ["end of loading"] if (item, outcome) in hidden else []
                rows = rates([("end of loading", count, 100, 150)], outcome=outcome, hidden=window, **groups)
                parts.append(rows.assign(item=item, points=1))
        return pd.concat(parts, ignore_index=True)

    return make


def test_dots_intervals_and_numbers_are_the_tables(changes, marks):
    table = changes()
    ax = charts.changes_by_item(table)
    assert [float(dot.get_xdata()[0]) for dot in marks(ax, "points")] == pytest.approx(table["estimate"].tolist())
    ends = [tuple(bar.get_segments()[0][:, 0]) for bar in marks(ax, "interval")]
    assert ends == [pytest.approx(pair) for pair in zip(table["low"], table["high"], strict=True)]
    assert [text.get_text() for text in marks(ax, "fraction")] == ["60 of 100", "10 of 100", "45 of 100", "5 of 100"]
    assert [text.get_text() for text in marks(ax, "item")] == ["Mood", "Suicidal thoughts"]


def test_better_and_worse_differ_in_colour_and_marker(changes, marks):
    better, worse, *_ = marks(charts.changes_by_item(changes()), "points")
    assert better.get_color() != worse.get_color()
    assert better.get_marker() != worse.get_marker()


def test_a_hidden_change_has_no_dot_and_no_number(changes, public, marks):
    ax = charts.changes_by_item(public(changes(hidden=[("suicidal_thoughts", "worsening")])))
    assert len(marks(ax, "points")) == len(marks(ax, "interval")) == 3
    assert [text.get_text() for text in marks(ax, "hidden")] == ["hidden"]
    assert "5 in 100" not in charts.alt_text(ax).replace("45 in 100", "")
    assert "1 of 4 values are hidden" in charts.alt_text(ax)
    assert not marks(ax, "stamp")


def test_a_raw_table_is_stamped_and_the_rule_is_said(changes, marks):
    ax = charts.changes_by_item(changes())
    assert len(marks(ax, "stamp")) == 1
    assert charts.caption(ax).startswith(
        "PHQ-9: change of single items at the end of loading. Change: by one point or more."
    )
    assert "Mood: 60 in 100 improved (60 of 100); 10 in 100 became worse (10 of 100)." in charts.alt_text(ax)


def test_several_questions_at_once_are_refused(changes):
    table = changes()
    other = table.assign(window="month 1 after loading")
    with pytest.raises(CallError, match="draws one window, group and denominator; the table has several, by window"):
        charts.changes_by_item(pd.concat([table, other], ignore_index=True))
    with pytest.raises(CallError, match="improvement and worsening, once for each item"):
        charts.changes_by_item(table.assign(outcome="response"))
    with pytest.raises(CallError, match="needs the column 'item'"):
        charts.changes_by_item(table.drop(columns="item"))


def test_an_item_is_named_in_words():
    assert item_words("suicidal_thoughts") == "Suicidal thoughts"


def test_nothing_touches_or_leaves_the_picture(changes, public, crowding):
    table = changes()
    assert crowding(charts.changes_by_item(table)) == []
    large = table.assign(numerator=123_456, denominator=1_234_567, item=table["item"] + "_that_has_a_rather_long_name")
    assert crowding(charts.changes_by_item(large)) == []
    assert crowding(charts.changes_by_item(public(changes(hidden=[("mood", "improvement")])))) == []

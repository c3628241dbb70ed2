"""The grid of transitions."""

import itertools

import pandas as pd
import pytest

from analysis import charts
from analysis.vocabulary.errors import CallError

ANSWERS = ("none", "some", "unknown")
COUNTS = [30, 11, 12, 40, 20, 25, 12, 13, 14]


@pytest.fixture
def table():
    """Nine counts of 177 people."""
    cells = list(itertools.product(ANSWERS, ANSWERS))
    return pd.DataFrame(
        {
            "instrument": "PHQ-9",
            "window": "end of loading",
            "item": "suicidal_thoughts",
            "before": [before for before, _ in cells],
            "after": [after for _, after in cells],
            "count": pd.array(COUNTS, dtype="Int64"),
            "status": "ok",
            "started": pd.array([177] * 9, dtype="Int64"),
            "definitions": "default 1",
        }
    )


def test_every_count_stands_in_its_cell(table, marks):
    ax = charts.answer_transitions(table)
    found = {(text.get_position()[0], text.get_position()[1]): text.get_text() for text in marks(ax, "count")}
    places = itertools.product((0.5, 1.5, 2.5), (0.5, 1.5, 2.5))
    assert found == {(x, y): str(count) for (y, x), count in zip(places, COUNTS, strict=True)}
    assert [text.get_text() for text in marks(ax, "share")][:2] == ["17 %", "6 %"]


def test_more_people_are_darker(table, marks):
    depth = [patch.get_facecolor()[3] for patch in marks(charts.answer_transitions(table), "cell")]
    order = sorted(range(9), key=lambda place: COUNTS[place])
    assert [depth[place] for place in order] == sorted(depth)


def test_a_hidden_cell_has_neither_number_nor_shade(table, public, marks):
    table.loc[1, "status"] = "hidden"
    table.loc[1, "count"] = pd.NA
    ax = charts.answer_transitions(public(table))
    assert [text.get_text() for text in marks(ax, "hidden")] == ["hidden"]
    assert marks(ax, "cell")[1].get_facecolor()[3] == 0
    assert "11" not in charts.alt_text(ax)
    assert "None before: 30 none, 12 unknown in the window." in charts.alt_text(ax)
    assert not marks(ax, "stamp")


def test_one_grid_at_a_time(table):
    with pytest.raises(CallError, match="draws one window, item and group; the table has several, by window"):
        charts.answer_transitions(pd.concat([table, table.assign(window="month 1 after loading")]))
    with pytest.raises(CallError, match="draws the nine rows"):
        charts.answer_transitions(table.iloc[:8])


def test_nobody_started_draws_zeros(table, marks):
    empty = table.assign(count=pd.array([0] * 9, dtype="Int64"), started=pd.array([0] * 9, dtype="Int64"))
    ax = charts.answer_transitions(empty)
    assert {text.get_text() for text in marks(ax, "count")} == {"0"}
    assert not marks(ax, "share")


def test_nothing_touches_or_leaves_the_picture(table, public, crowding):
    assert crowding(charts.answer_transitions(table)) == []
    large = table.assign(count=table["count"] * 1_000_000, started=177_000_000)
    assert crowding(charts.answer_transitions(public(large))) == []

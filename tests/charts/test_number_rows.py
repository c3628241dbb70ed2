"""The rows under the axis: who is counted is said once for each group, and every denominator is there."""

import pandas as pd
import pytest

from analysis import charts

WINDOWS = [("after session 1", 20, 80, 120), ("after session 2", 30, 70, 118)]


def labels(ax):
    """The labels left of the rows, top down."""
    rows = [text for text in ax.texts if text.get_ha() == "right" and text.get_gid() is None]
    return [text.get_text() for text in rows]


def test_observed_shows_responded_scored_and_due(rates):
    assert labels(charts.response_by_session(rates(WINDOWS))) == ["responded", "scored", "due"]


def test_nonresponder_shows_its_own_denominator_too(rates):
    table = rates(WINDOWS, estimand="nonresponder")
    assert labels(charts.response_by_session(table)) == ["responded", "eligible", "scored", "due"]


def test_starters_are_those_due(rates):
    assert labels(charts.response_by_session(rates(WINDOWS, estimand="starters"))) == ["responded", "due", "scored"]


def test_several_denominators_of_one_group_say_scored_and_due_once(rates):
    table = pd.concat([rates(WINDOWS, estimand=e) for e in ("observed", "nonresponder", "starters")])
    assert labels(charts.response_by_session(table)) == [
        *("responded", "scored", "due"),
        *("responded", "eligible"),
        *("responded", "due"),
    ]


def test_each_group_says_its_own(rates):
    table = pd.concat([rates(WINDOWS, route=route) for route in ("iv", "im")])
    assert labels(charts.response_by_session(table)) == ["responded", "scored", "due"] * 2


@pytest.mark.parametrize("column", ["numerator", "denominator", "started"])
def test_each_group_has_its_own_numbers_in_its_own_place(rates, marks, column):
    more = [(window, k + 1, n + 1, started + 1) for window, k, n, started in WINDOWS]
    table = pd.concat([rates(WINDOWS, route="iv"), rates(more, route="im")], ignore_index=True)
    ax = charts.response_by_session(table)
    found = marks(ax, f"number:{column}")
    assert [text.get_text() for text in found] == [str(count) for count in table[column]]
    places = [text.get_transform().transform((text.get_position()[0], 0)) for text in found]
    assert places[0][0] == pytest.approx(places[2][0])
    assert places[0][1] == pytest.approx(places[1][1])
    assert places[2][1] < places[0][1]

"""Nothing small is left in a grid of transitions, nor what small counts could be worked out from."""

import itertools

import pandas as pd
import pytest

from analysis.disclosure.suppression import disclose
from analysis.disclosure.transition_rules import hide_transitions
from analysis.estimate.items import ANSWERS, item_transitions


@pytest.fixture
def grid():
    """Make the nine rows from their counts; groups by name."""

    def make(counts, **groups):
        cells = list(itertools.product(ANSWERS, ANSWERS))
        return pd.DataFrame(
            {
                **groups,
                "instrument": "PHQ-9",
                "window": "end of loading",
                "item": "suicidal_thoughts",
                "before": [before for before, _ in cells],
                "after": [after for _, after in cells],
                "count": pd.array(counts, dtype="Int64"),
                "status": "ok",
                "started": pd.array([sum(counts)] * 9, dtype="Int64"),
                "definitions": "default 1",
            }
        )

    return make


def hidden(table):
    return [status == "hidden" for status in table["status"]]


def test_a_small_cell_takes_others_of_its_row_and_column_with_it(grid):
    table = hide_transitions(grid([50, 40, 30, 3, 60, 20, 70, 80, 90]), 10)
    assert [table["count"][place] for place in (1, 4, 7)] == [40, 60, 80]
    assert hidden(table) == [True, False, True, True, False, True, False, False, False]
    for line in ("before", "after"):
        for _, cells in table.groupby(line):
            assert (cells["status"] == "hidden").sum() != 1
    assert table["count"].isna().tolist() == hidden(table)


def test_zero_and_large_cells_are_shown(grid):
    table = hide_transitions(grid([50, 0, 30, 40, 60, 0, 70, 80, 90]), 10)
    assert not any(hidden(table))
    assert table["count"].tolist() == [50, 0, 30, 40, 60, 0, 70, 80, 90]


def test_what_is_hidden_in_a_line_adds_up_to_more_than_the_policy_hides(demo_cohort):
    raw = item_transitions(demo_cohort, instrument="PHQ-9", window="end of loading", by="route", period="2026Q1")
    table = disclose(raw).table
    assert len(table) == len(raw)
    shown = table["status"] == "ok"
    assert (table.loc[shown, "count"] == raw.loc[shown, "count"]).all()
    assert not table["count"].between(1, 10).any()
    lines = [["route", "before"], ["route", "after"], ["route"], ["before", "after"]]
    for line in lines:
        for _, rows in raw[~shown].groupby(line):
            left = raw.merge(rows[line].drop_duplicates(), on=line)
            assert rows["count"].sum() > 10 or rows["count"].sum() == left["count"].sum()


def test_a_group_of_few_people_shows_not_even_how_many(grid):
    table = hide_transitions(pd.concat([grid([1] * 9, route="im"), grid([90] * 9, route="iv")], ignore_index=True), 10)
    assert table.loc[table["route"] == "im", "started"].isna().all()
    assert table.loc[table["route"] == "im", "status"].eq("hidden").all()


def test_internally_nothing_is_hidden(grid):
    assert not any(hidden(disclose(grid([1] * 9), audience="internal").table))

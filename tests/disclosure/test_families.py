"""Cells that add up, and hiding enough of them."""

import numpy as np
import pandas as pd

from analysis.disclosure.families import families, hidden_rungs, hide_close, hide_enough, rows_alike, small


def test_rows_of_one_total_are_all_groups_of_a_window():
    table = pd.DataFrame({"clinic_id": list("ABAB"), "window": ["w", "w", "v", "v"], "estimate": 0.5})
    assert [list(rows) for rows in families(table, ["window"])] == [[0, 1], [2, 3]]


def test_with_two_groups_each_line_adds_up_too():
    table = pd.DataFrame({"clinic_id": list("AABB"), "sex": list("fmfm"), "estimate": 0.5})
    assert [list(rows) for rows in families(table, [])] == [[0, 1, 2, 3], [0, 2], [1, 3], [0, 1], [2, 3]]


def test_rows_are_alike_by_the_columns_there_are():
    table = pd.DataFrame({"window": ["w", "v", "w"]})
    assert [list(rows) for rows in rows_alike(table, ["window", "outcome"])] == [[0, 2], [1]]


def hide(values, hidden, most=10):
    values, hidden = np.array(values, dtype="float64"), np.array(hidden, dtype=bool)
    hide_enough(hidden, [values], values, [np.arange(len(values))], most)
    return list(hidden)


def test_one_hidden_cell_takes_the_smallest_shown_one_with_it():
    assert hide([5, 40, 20], [True, False, False]) == [True, False, True]


def test_hiding_goes_on_until_the_hidden_cells_add_up_to_more_than_10():
    assert hide([1, 1, 30, 20], [True, True, False, False]) == [True, True, False, True]
    assert hide([6, 6, 30, 20], [True, True, False, False]) == [True, True, False, False]


def test_empty_cells_protect_nobody():
    assert hide([5, 0, 20], [True, False, False]) == [True, False, True]


def test_nothing_hidden_hides_nothing():
    assert hide([20, 30], [False, False]) == [False, False]


def test_small_is_1_to_the_most():
    assert list(small(np.array([0.0, 1, 10, 11, np.nan]), 10)) == [False, True, True, False, False]


def test_the_more_important_rung_stays():
    hidden = hidden_rungs({"started": np.array([80.0]), "eligible": np.array([75.0]), "scored": np.array([60.0])}, 10)
    assert [bool(flags[0]) for flags in hidden.values()] == [False, True, False]


def test_of_counts_that_are_parts_of_one_another_close_ones_are_hidden():
    hidden = np.zeros(4, dtype=bool)
    hide_close(hidden, np.array([100.0, 95, 80, 80]), [np.arange(4)], 10)
    assert list(hidden) == [False, True, False, False]

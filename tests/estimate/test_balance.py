"""The balance table: shares, and how far apart they are, by hand."""

import numpy as np
import pandas as pd
import pytest

from analysis.estimate.balance import BALANCE_COLUMNS, balance_table, standardised_differences

COUNTS = pd.DataFrame(
    [
        ("iv", "female", "a", 20), ("iv", "female", "b", 10), ("iv", "male", "a", 10), ("iv", "male", "b", 10),
        ("im", "female", "a", 8), ("im", "female", "b", 0), ("im", "male", "a", 1), ("im", "male", "b", 1),
        ("other", "female", "a", 0), ("other", "female", "b", 0), ("other", "male", "a", 0), ("other", "male", "b", 0),
    ],
    columns=["route", "sex", "clinic", "people"],
)  # fmt: skip


def test_shares_of_each_level_beside_those_of_the_reference():
    found = balance_table(COUNTS, groups="route", reference="iv", covariate="sex", people="people")
    assert list(found.columns) == ["route", *BALANCE_COLUMNS]
    first = found.iloc[0]
    assert first[["route", "reference", "covariate", "level"]].to_list() == ["im", "iv", "sex", "female"]
    people = ["numerator", "denominator", "reference_numerator", "reference_denominator"]
    assert first[people].to_list() == [8, 10, 30, 50]
    assert (first["estimate"], first["reference_estimate"]) == (0.8, 0.6)
    # The gap of 0.2 over the root of the mean of 0.16 and 0.24.
    assert first["standardised_difference"] == pytest.approx(0.2 / np.sqrt(0.2))
    assert found["standardised_difference"][1] == pytest.approx(-0.2 / np.sqrt(0.2))


def test_a_group_of_nobody_keeps_its_rows():
    found = balance_table(COUNTS, groups="route", reference="iv", covariate="sex", people="people")
    empty = found[found["route"] == "other"]
    assert list(empty["level"]) == ["female", "male"]
    assert set(empty["status"]) == {"empty"}
    assert empty[["estimate", "low", "high", "standardised_difference"]].isna().all(axis=None)


def test_no_p_value_stands_in_it():
    assert not [name for name in BALANCE_COLUMNS if name.startswith("p_")]


def test_shares_of_none_and_all_are_infinitely_far_apart():
    found = standardised_differences(np.array([1.0, 0.0, 1.0]), np.array([0.0, 0.0, 1.0]))
    assert found.tolist() == [np.inf, 0, 0]

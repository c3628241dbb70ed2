"""CSV text that reads back to the same numbers, and holds no formulas."""

import io
import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.report.table_text import table_text


@given(st.lists(st.floats(allow_infinity=False, allow_nan=False), min_size=1, max_size=20))
def test_numbers_read_back_exactly(numbers):
    text = table_text(pd.DataFrame({"estimate": numbers}))
    assert [float(line) for line in text.splitlines()[1:]] == numbers


def test_a_missing_value_is_an_empty_cell():
    frame = pd.DataFrame(
        {
            "count": pd.array([3, pd.NA], dtype="Int64"),
            "estimate": [0.5, math.nan],
            "clinic_id": ["A", None],
            "status": ["ok", "hidden"],
        }
    )
    assert table_text(frame) == "count,estimate,clinic_id,status\n3,0.5,A,ok\n,,,hidden\n"


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r", "＝", " =", "  @"])
def test_a_text_that_begins_like_a_formula_is_guarded(start):
    frame = pd.DataFrame({"clinic_id": [f"{start}SUM(A1)"]})
    read = pd.read_csv(io.StringIO(table_text(frame)), lineterminator="\n")
    assert read["clinic_id"][0] == f"'{start}SUM(A1)"


def test_a_heading_that_begins_like_a_formula_is_guarded():
    assert table_text(pd.DataFrame({"=x": [1]})).startswith("'=x\n")


def test_negative_numbers_are_not_formulas():
    frame = pd.DataFrame({"change": [-6, -12], "estimate": np.array([-0.25, 1.0])})
    assert table_text(frame) == "change,estimate\n-6,-0.25\n-12,1.0\n"


def test_plain_texts_are_left_alone():
    frame = pd.DataFrame({"clinic_id": ["North-West", "a=b", 'the "old" one', "Süd, 2"]})
    assert pd.read_csv(io.StringIO(table_text(frame)))["clinic_id"].tolist() == frame["clinic_id"].tolist()

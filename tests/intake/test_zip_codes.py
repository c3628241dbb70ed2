"""Five digits become three, and three that stand for few people become 000."""

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.intake.zip_codes import FEW_PEOPLE, NOT_A_ZIP, SMALL_AREAS, read_zip3


def read(cell: str) -> tuple[str, list[str]]:
    digits, marks = read_zip3(pd.Series([cell]))
    return digits.fillna("-")[0], [what for what, mask in marks.items() if mask[0]]


@pytest.mark.parametrize(
    ("cell", "digits"),
    [("02139", "021"), ("02139-4307", "021"), ("90210", "902"), ("2139", "021"), ("2139-4307", "021")],
)
def test_zip_codes(cell, digits):
    assert read(cell) == (digits, [])


@pytest.mark.parametrize(
    "cell", ["", "021", "SW1A 1AA", "021394307", "617-555-1000", "123-45-6789", "02139 Boston", "٠٢١٣٩", "1980-01-01"]
)
def test_what_is_no_zip_code(cell):
    assert read(cell) == ("-", [NOT_A_ZIP])


@pytest.mark.parametrize("cell", ["03601", "3601", "89301-0001", "20201"])
def test_areas_with_few_people(cell):
    assert read(cell) == ("000", [FEW_PEOPLE])


def test_missing_stays_missing():
    digits, marks = read_zip3(pd.Series([None, "02139"], dtype="str"))
    assert digits.isna().tolist() == [True, False]
    assert not any(mask.any() for mask in marks.values())


@given(st.integers(0, 99_999))
def test_never_more_than_three_digits_and_never_a_small_area(number):
    digits, _ = read(f"{number:05}")
    assert digits in {f"{number:05}"[:3], "000"}
    assert digits not in SMALL_AREAS

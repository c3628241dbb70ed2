"""What the layout has a place for: the kinds, the closed lists and the ranges of its columns."""

import pandas as pd
import pytest

from analysis.intake.layout_fit import misfits, out_of_calendar, out_of_range
from analysis.intake.schema import layout_tables


def column(name: str):
    table, _, own = name.partition(".")
    return layout_tables()[table].columns[own]


@pytest.mark.parametrize(
    ("name", "fitting", "odd"),
    [
        ("patients.patient_id", ["A1", "x_2-3", "9" * 64], ["Anna Smith", "a@b.org", "9" * 65, "ü"]),
        ("patients.sex", ["female", "other"], ["F", "Female", "Anna Smith"]),
        ("scores.instrument", ["PHQ-9", "MADRS", "OWN-5"], ["PHQ9", "Anna Smith"]),
        ("scores.total", ["7", "7.0", "-1", "5000"], ["7.5", "x", "1e3", "617-555-1000"]),
        ("sessions.dose_mg", ["40", "40.5", ".5", "4e1"], ["40 mg", "nan", "inf", "1,5"]),
        ("patients.prior_ketamine", ["true", "False"], ["yes", "1"]),
        ("patients.zip3", ["021"], ["02139", "21"]),
        ("patients.age", ["4", "90"], ["91", "1951-04-03"]),
    ],
)
def test_kinds(name, fitting, odd):
    for cell in fitting + odd:
        wrong, what = misfits(pd.Series([cell, None], dtype="str"), column(name), instruments={"OWN-5"})
        assert wrong.tolist() == [cell in odd, False], cell
        assert cell not in odd or cell not in what


def test_a_missing_column_of_cells_fits():
    empty = pd.Series([None, None], dtype="str")
    assert not any(misfits(empty, column(f"patients.{name}"), instruments=set())[0].any() for name in ("age", "sex"))
    assert not out_of_range(empty, column("patients.age"))[0].any()


@pytest.mark.parametrize(
    ("name", "cell", "outside"),
    [
        ("sessions.weight_kg", "19.9", True),
        ("sessions.weight_kg", "20", False),
        ("sessions.weight_kg", "400", False),
        ("sessions.weight_kg", "48100000", True),
        ("scores.day", "-18251", True),
        ("patients.prior_ketamine", "true", False),
    ],
)
def test_ranges(name, cell, outside):
    wrong, why = out_of_range(pd.Series([cell], dtype="str"), column(name))
    assert wrong.tolist() == [outside]
    assert not outside or cell not in why


def test_the_calendar_of_a_dataset():
    days = pd.Series(["1989-12-31", "1990-01-01", "2100-12-31", None], dtype="str")
    wrong, why = out_of_calendar(days)
    assert wrong.tolist() == [True, False, False, False]
    assert why == "not from 1990-01-01 to 2100-12-31"

"""Cells change as their rule says, in the decimal sign of their file; what cannot change is named by its place."""

import pandas as pd
import pytest

from analysis.intake.date_cells import DateRule
from analysis.intake.mapping_cells import ages_of, change_cells, refuse_cells
from analysis.intake.mapping_grammar import ColumnRule, SourceFile, Visit
from analysis.vocabulary.errors import DataError


def changed(cells: list, *, decimal: str = ".", **rule):
    file = SourceFile("rows", "rows.csv", ",", "utf-8", (), {}, (), {}, decimal=decimal)
    used = pd.DataFrame({"a": pd.Series(cells, index=range(2, len(cells) + 2), dtype="str")})
    return change_cells(ColumnRule("tables.t.columns.c", source="a", **rule), used, file)


def texts(cells: list, **rule) -> list[str]:
    return changed(cells, **rule).texts.fillna("-").tolist()


def test_copies_and_constants():
    assert texts(["x", None]) == ["x", "-"]
    file = SourceFile("rows", "rows.csv", ",", "utf-8", (), {}, (), {})
    assert change_cells(ColumnRule("c", constant="7"), pd.DataFrame(index=[2, 3]), file).texts.tolist() == ["7", "7"]


@pytest.mark.parametrize(
    ("number", "decimal", "cell", "text"),
    [
        ("decimal", ",", "1,5", "1.5"),
        ("decimal", ",", "70", "70.0"),
        ("decimal", ",", ",5", "0.5"),
        ("integer", ",", "21,0", "21"),
        ("age", ",", "67,9", "67"),
        ("dose", ",", "40 mg = 0,50 mg/kg", "40.0"),
        ("dose", ",", "37,,5 mg", "37.5"),
        ("weight", ",", "72,5 kg", "72.5"),
        ("weight", ".", "72,5 kg", "-"),
        ("age", ".", "67.9", "67"),
        ("age", ".", "90", "90"),
        ("age", ".", "97", "90"),
        ("age", ".", "48100000", "-"),
    ],
)
def test_numbers(number, decimal, cell, text):
    assert texts([cell, None], number=number, decimal=decimal) == [text, "-"]


@pytest.mark.parametrize(
    ("number", "decimal", "cell", "what"),
    [
        ("decimal", ",", "1.5", "a number"),
        ("decimal", ",", "1.234,5", "a number"),
        ("decimal", ".", "1,5", "a number"),
        ("integer", ".", "Anna", "a whole number"),
        ("age", ".", "1951-04-03", "a number of years"),
        ("age", ".", "-4", "a number of years"),
    ],
)
def test_what_is_no_number_is_named_by_its_place(number, decimal, cell, what):
    with pytest.raises(DataError) as error:
        changed(["1", cell], number=number, decimal=decimal)
    assert str(error.value) == f"rows.csv, row 3, column 'a': a value that is not {what} (`tables.t.columns.c`)."


def test_what_is_left_empty_or_changed_is_marked():
    doses = changed(["40 mg", "see note", None], number="dose")
    assert {what: mask.to_dict() for what, mask in doses.marks.items()} == {
        "not read as a dose: no number": {2: False, 3: True, 4: False}
    }
    ages = changed(["40", "97", "2025", None], number="age")
    assert ages.marks["above 90, now 90"].tolist() == [False, True, False, False]
    assert ages.marks["not an age"].tolist() == [False, False, True, False]


def test_zip_codes_become_three_digits():
    digits = changed(["02139", "03601", "SW1A", None], number="zip3")
    assert digits.texts.fillna("-").tolist() == ["021", "000", "-", "-"]
    assert {what: mask.index[mask].tolist() for what, mask in digits.marks.items()} == {
        "not read as a ZIP code": [4],
        "fewer than 20,000 people live there, now 000": [3],
    }


def first_filled(**rule):
    file = SourceFile("rows", "rows.csv", ",", "utf-8", (), {}, (), {})
    used = pd.DataFrame({"a": ["1", None, None, None], "b": ["2", "x", None, None], "c": [None, None, "3", None]},
                        index=[2, 3, 4, 5], dtype="str")  # fmt: skip
    return change_cells(ColumnRule("tables.t.columns.c", source="a", instead=("b", "c"), **rule), used, file)


def test_of_several_columns_the_first_that_is_filled_counts():
    cells = first_filled()
    assert cells.texts.fillna("-").tolist() == ["1", "x", "3", "-"]
    assert {what: mask.index[mask].tolist() for what, mask in cells.marks.items()} == {
        "taken from 'b'": [3],
        "taken from 'c'": [4],
    }


def test_what_is_wrong_in_several_columns_is_named_with_all_of_them():
    with pytest.raises(DataError) as error:
        first_filled(number="integer")
    assert str(error.value) == (
        "rows.csv, row 3, column 'a' or 'b' or 'c': a value that is not a whole number (`tables.t.columns.c`)."
    )


def test_ages_of_nobody():
    assert ages_of(pd.Series([pd.NA, -1], dtype="Float64")).texts.isna().all()


def test_dates_become_iso():
    assert texts(["4/3/2025", None], dates=DateRule(("month/day/year",))) == ["2025-04-03", "-"]


@pytest.mark.parametrize(
    ("cell", "message"),
    [
        (
            "03/04/2025",
            "a date that can be read with the day or the month first; say which as `tables.t.columns.c.date`.",
        ),
        ("13/04/25", "a date whose year has two digits; see `tables.t.columns.c.pivot`."),
        ("Anna", "a value that is not a date of these formats; see `tables.t.columns.c.date`."),
    ],
)
def test_dates_that_are_not_read(cell, message):
    with pytest.raises(DataError) as error:
        changed(["2025-04-03", cell], dates=DateRule())
    assert str(error.value) == f"rows.csv, row 3, column 'a': {message}"


def test_translations_and_visits():
    assert texts(["M", None], translation={"M": "male"}) == ["male", "-"]
    assert texts(["b0", None], visits={"b0": Visit(-2)}) == ["b0", "-"]
    with pytest.raises(
        DataError, match=r"row 2, column 'a': a value that `tables.t.columns.c.values` does not translate"
    ):
        changed(["F"], translation={"M": "male"})


def test_no_wrong_cell_no_error():
    file = SourceFile("rows", "rows.csv", ",", "utf-8", (), {}, (), {})
    refuse_cells(pd.Series([False], index=[2]), "odd", ColumnRule("c", source="a"), file)


def test_one_value_may_stand_for_all_that_the_mapping_does_not_translate_and_they_are_counted():
    cells = changed(["NAUSEA", "ITCHING", None, "other"], translation={"NAUSEA": "nausea"}, otherwise="other")
    assert cells.texts.fillna("-").tolist() == ["nausea", "other", "-", "other"]
    assert {what: where.tolist() for what, where in cells.marks.items()} == {
        "not among the values, now 'other'": [False, True, False, True]
    }


@pytest.mark.parametrize("number", ["integer", "decimal", "age"])
def test_digits_of_another_script_are_named_and_not_a_crash(number):
    with pytest.raises(DataError, match="rows.csv, row 3, column 'a': a value that is not a"):
        changed(["7", "٣"], number=number)

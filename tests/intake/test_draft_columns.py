"""How a column becomes a column of a table, or why it does not."""

import pandas as pd
import pytest

from analysis.intake.drafting.columns import DraftRule, draft_rule, share_text


def rule(target: str, cells: list, *, table: str = "sessions", decimal: str = ".") -> DraftRule | str:
    return draft_rule(table, target, "C", pd.Series(cells, dtype="object"), decimal=decimal)


@pytest.mark.parametrize(
    ("target", "cells", "value"),
    [
        ("dose_mg", ["40", "35.5"], {"from": "C", "number": "decimal"}),
        ("dose_mg", ["40 mg", "35 --> 40 mg"], {"from": "C", "number": "dose"}),
        ("weight_kg", ["71.5", "80"], {"from": "C", "number": "decimal"}),
        ("weight_kg", ["71.5", "0", "80"], {"from": "C", "number": "weight"}),
        ("systolic_before", ["120", "131"], {"from": "C", "number": "integer"}),
        ("date", ["2025-01-03"], {"from": "C", "date": "year-month-day"}),
        ("status", ["given", "no-show"], "C"),
        ("clinic_id", ["North", "Beacon Hill"], "C"),
    ],
)
def test_columns_that_fit(target, cells, value):
    assert rule(target, cells).value == value


@pytest.mark.parametrize(
    ("target", "cells", "why"),
    [
        ("dose_mg", ["see MAR", "as before"], "most of its cells cannot be read as a dose"),
        ("weight_kg", ["160", "185", "201"], "perhaps pounds"),
        ("systolic_before", ["120/80"], "should hold whole numbers, and does not in 100 %"),
        ("systolic_before", ["1", "2", "3"], "should be from 40 to 300"),
        ("date", ["Tuesday"], "the heading says that it holds dates"),
        ("route", ["red", "blue"], "none of its 2 different texts is known as route"),
        ("route", [None, None], "empty column"),
    ],
)
def test_columns_that_do_not_fit(target, cells, why):
    assert why in rule(target, cells)


def test_codes_for_missing_values_are_told_and_not_taken_for_values():
    found = rule("systolic_before", ["120", "n/a", "#VALUE!", "131"])
    assert found.codes == ("n/a", "#VALUE!")
    assert found.remark == "50 % empty"
    assert rule("race_ethnicity", ["White", "Unknown"], table="patients").codes == ()


def test_a_decimal_comma():
    assert rule("weight_kg", ["71,5", "80,25"], decimal=",").value == {"from": "C", "number": "decimal"}


def test_a_birth_date_gives_the_age_and_short_years_are_for_a_person_to_decide():
    assert rule("birth_date", ["1980-02-23"], table="patients").value == {"age_from": "C", "date": "year-month-day"}
    short = rule("birth_date", ["2/23/80"], table="patients")
    assert "pivot" not in short.value
    assert "say by `pivot`" in " ".join(short.confirm)


def test_dates_of_sessions_with_short_years_are_of_this_century():
    assert rule("date", ["2/23/25"]).value == {"from": "C", "date": "month/day/year", "pivot": 68}


def test_words_that_are_not_known_are_counted_and_never_shown():
    found = rule("route", ["IV"] * 8 + ["through Jane's port"] * 2)
    assert "Jane" not in str(found.value) + str(found.confirm)
    assert found.confirm[0].startswith("1 other text is not shown here (2 cells)")


def test_a_total_with_a_few_odd_cells_is_used_and_the_import_names_the_rows():
    found = rule("total", ["12"] * 19 + ["refused"], table="scores")
    assert found.value == {"from": "C", "number": "integer"}
    assert found.confirm == ("5 % of the cells are no whole numbers; the import stops there and names the rows",)


def test_dose_units_in_the_heading():
    cells = pd.Series(["0.5"])
    assert draft_rule("sessions", "dose_mg", "Dose mg/kg", cells) == "to confirm: a dose in another unit than mg"
    assert (
        draft_rule("sessions", "weight_kg", "Weight (lbs)", cells) == "to confirm: a weight in pounds; export it in kg"
    )


def test_shares_are_never_quite_nothing_or_everything_by_rounding():
    assert [share_text(share) for share in (0, 0.004, 0.5, 0.996, 1)] == [
        "0 %",
        "under 1 %",
        "50 %",
        "over 99 %",
        "100 %",
    ]

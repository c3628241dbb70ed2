"""Doses, weights and pressures in the units of the layout; another unit stays as it is written, to be counted."""

import pandas as pd
import pytest

from analysis.intake.mapping_cells import change_cells
from analysis.intake.mapping_grammar import ColumnRule, SourceFile
from analysis.intake.readers.fhir_units import dose_in_mg, in_unit


def dose(value: object, unit: str = "", **more) -> str:
    return dose_in_mg({"dose": {"value": value, "unit": unit} | more}, minutes=40, weight_kg="80")


@pytest.mark.parametrize(
    ("value", "unit", "mg"),
    [
        (40, "mg", "40"),
        (40.0, "MG", "40"),
        (0.04, "g", "40"),
        (40_000, "ug", "40"),
        (40_000, "mcg", "40"),
        (40_000, "µg", "40"),
        (0.5, "mg/kg", "40"),
        (0.5, "mg / kg", "40"),
        (500, "ug/kg", "40"),
        (47.2, "mg{racemic}", "47.2"),
        (4, "mL", "not read: 4 ml"),
        (4, "", "not read: 4 without a unit"),
        (-40, "mg", "not read: -40 mg"),
        ("forty", "mg", "not read: forty mg"),
        (2, "mg/dL", "not read: 2 mg/dl"),
        (60, "mg/h", "not read: 60 mg/h"),  # a rate is no dose
    ],
)
def test_a_dose(value, unit, mg):
    assert dose(value, unit) == mg


def test_a_code_and_a_unit_that_contradict_are_not_read():
    assert dose(40, "mg", code="mg") == "40"
    assert dose(40, "milligrams", code="mg") == "40"
    assert dose(40, "mg", code="g") == "not read: 40 g or mg"


def test_less_than_is_no_number():
    assert dose(40, "mg", comparator="<") == "not read: <40 mg"


def test_without_a_weight_a_dose_per_kg_is_not_known():
    assert dose_in_mg({"dose": {"value": 0.5, "unit": "mg/kg"}}, minutes=40) == "not read: 0.5 mg/kg"


@pytest.mark.parametrize(
    ("dosage", "mg"),
    [
        ({"rateQuantity": {"value": 60, "unit": "mg/h"}}, "40"),
        ({"rateQuantity": {"value": 1, "unit": "mg/min"}}, "40"),
        ({"rateQuantity": {"value": 0.75, "unit": "mg/kg/h"}}, "40"),
        ({"rateQuantity": {"value": 12.5, "unit": "ug/kg/min"}}, "40"),
        ({"rateRatio": {"numerator": {"value": 60, "unit": "mg"}, "denominator": {"value": 1, "unit": "h"}}}, "40"),
        ({"rateRatio": {"numerator": {"value": 30, "unit": "mg"}, "denominator": {"value": 30, "unit": "min"}}}, "40"),
        ({"rateQuantity": {"value": 20, "unit": "mL/h"}}, "not read: 20 ml/h"),
        ({"rateQuantity": {"value": 20, "unit": "mg"}}, "not read: 20 mg"),
        ({"rateRatio": {"numerator": {"value": 60, "unit": "mg"}, "denominator": {"value": 0, "unit": "h"}}}, ""),
        ({"dose": {"value": 35, "unit": "mg"}, "rateQuantity": {"value": 60, "unit": "mg/h"}}, "35"),
        ({}, ""),
        ("x", ""),
        (None, ""),
    ],
)
def test_a_rate_is_multiplied_by_the_time(dosage, mg):
    assert dose_in_mg(dosage, minutes=40, weight_kg="80") == mg


def test_a_rate_without_a_time_is_not_known():
    assert dose_in_mg({"rateQuantity": {"value": 60, "unit": "mg/h"}}, minutes=None) == "not read: 60 mg/h"


@pytest.mark.parametrize(
    ("quantity", "what", "number"),
    [
        ({"value": 70.5, "unit": "kg"}, "weight", "70.5"),
        ({"value": 70500, "code": "g"}, "weight", "70.5"),
        ({"value": 155.4259, "code": "[lb_av]"}, "weight", "70.5"),
        ({"value": 70}, "weight", ""),
        ({"value": 11, "unit": "stone"}, "weight", ""),
        ({"value": 16, "unit": "kPa"}, "pressure", "120"),
        ({"value": 120.4, "code": "mm[Hg]", "unit": "mmHg"}, "pressure", "120"),
        ({"value": "high", "unit": "mmHg"}, "pressure", ""),
    ],
)
def test_weights_and_pressures(quantity, what, number):
    assert in_unit(quantity, what) == number


@pytest.mark.parametrize(
    "written", [dose(4, "mL"), dose(20, ""), dose(40, "mg", code="g"), dose(40, "mg", comparator="<")]
)
def test_what_is_not_read_is_not_read_by_the_mapping_either(written):
    rate = dose_in_mg({"rateQuantity": {"value": 20, "unit": "mg"}}, minutes=40)
    rule, file = ColumnRule("dose", source="dose", number="dose"), SourceFile("x", "x", ",", "", (), {}, (), {})
    read = change_cells(rule, pd.DataFrame({"dose": [written, rate, dose(40, "mg")]}, dtype="str"), file)
    assert read.texts.isna().tolist() == [True, True, False]

"""Doses and weights as people type them: the rules, one by one, and what they leave alone."""

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.intake.amounts import NO_NUMBER, OTHER_WORDS, OUT_OF_REACH, SEVERAL_NUMBERS, read_amounts


def read(cell: str, what: str) -> float | str:
    """The amount, or why it is not read."""
    amounts, why = read_amounts(pd.Series([cell]), what)
    assert amounts.isna()[0] != why.isna()[0]
    return float(amounts[0]) if why.isna()[0] else why[0]


@pytest.mark.parametrize(
    ("cell", "mg"),
    [
        ("40", 40),
        ("40 mg", 40),
        ("40mg", 40),
        ("40 MG.", 40),
        ("37.5mg", 37.5),
        (".5 mg", 0.5),
        ("40 mg = 0.50 mg/kg", 40),
        ("40mg=0.5mg/kg", 40),
        ("0.5 mg/kg = 40 mg", 40),
        ("40 mg (0.50 mg/kg)", 40),
        ("40 mg [0.50 mg/kg]", 40),
        ("40 mg, 0.5 mg per kg", 40),
        ("35 --> 40 mg", 40),
        ("35 mg -> 40 mg", 40),
        ("35 mg –> 40 mg", 40),
        ("35 => 40", 40),
        ("35 → 40", 40),
        ("30 --> 35 --> 40 mg = 0.5 mg/kg", 40),
        ("40mg (split)", 40),
        ("(two bags) 40 mg", 40),
        ("75 mg IM", 75),
        ("75mg im", 75),
        ("37..5 mg", 37.5),
        ("37...5", 37.5),
        ("0", 0),
    ],
)
def test_doses(cell, mg):
    assert read(cell, "dose") == mg


@pytest.mark.parametrize(
    ("cell", "why"),
    [
        ("", NO_NUMBER),
        ("mg", NO_NUMBER),
        ("see note", NO_NUMBER),
        ("35 -->", NO_NUMBER),
        ("0.50 mg/kg", NO_NUMBER),
        ("20 + 20 mg", SEVERAL_NUMBERS),
        ("35 - 40 mg", SEVERAL_NUMBERS),
        ("35..40 mg", SEVERAL_NUMBERS),
        ("35 > 40 mg", SEVERAL_NUMBERS),
        ("40 mg 20 mg", SEVERAL_NUMBERS),
        ("617-555-1000", SEVERAL_NUMBERS),
        ("1,000 mg", SEVERAL_NUMBERS),
        ("1.2.3", SEVERAL_NUMBERS),
        ("0.04 g", OTHER_WORDS),
        ("400 mcg", OTHER_WORDS),
        ("-40 mg", OTHER_WORDS),
        ("~40 mg", OTHER_WORDS),
        ("40 mg for Anna Smith", OTHER_WORDS),
        ("48100000", OTHER_WORDS),
        ("40 mg/h", OTHER_WORDS),
        ("40 mg (split", OTHER_WORDS),
    ],
)
def test_doses_that_are_not_read(cell, why):
    assert read(cell, "dose") == why


@pytest.mark.parametrize(
    ("cell", "kg"),
    [("72", 72), ("72.5 kg", 72.5), ("72kgs", 72), ("72..5", 72.5), ("72 mg", 72), ("300", 300), ("72 (stated)", 72)],
)
def test_weights(cell, kg):
    assert read(cell, "weight") == kg


@pytest.mark.parametrize(
    ("cell", "why"),
    [
        ("70 - 72", SEVERAL_NUMBERS),
        ("70-72 kg", SEVERAL_NUMBERS),
        ("72,5", SEVERAL_NUMBERS),
        ("reweight", NO_NUMBER),
        ("reweight 72", OTHER_WORDS),
        ("48100000", OTHER_WORDS),
        ("158 lb", OTHER_WORDS),
        ("-72", OTHER_WORDS),
        ("72 kg IM", OTHER_WORDS),
        ("0", OUT_OF_REACH),
        ("0.0 kg", OUT_OF_REACH),
        ("300.5", OUT_OF_REACH),
        ("715 kg", OUT_OF_REACH),
    ],
)
def test_weights_that_are_not_read(cell, why):
    assert read(cell, "weight") == why


def test_missing_stays_missing_and_the_order_is_kept():
    doses, why = read_amounts(pd.Series(["40", None, "x", "35 --> 40"], index=[2, 3, 5, 9], dtype="str"), "dose")
    assert doses.fillna("-").to_dict() == {2: "40.0", 3: "-", 5: "-", 9: "40.0"}
    assert why.dropna().to_dict() == {5: NO_NUMBER}


@given(st.text(max_size=30), st.sampled_from(["dose", "weight"]))
def test_any_text_is_read_or_has_its_reason(text, what):
    found = read(text, what)
    assert found in {NO_NUMBER, SEVERAL_NUMBERS, OTHER_WORDS, OUT_OF_REACH} or found >= 0


@given(st.decimals(1, 300, places=1), st.decimals(1, 300, places=1))
def test_every_way_to_write_one_dose_gives_it(dose, before):
    ways = ("{0}", "{0} mg", "{0}mg (split)", "{1} --> {0} mg", "{0} mg = 0.50 mg/kg", "{0}mg (0.5mg/kg)", "{0} mg IV")
    assert {read(way.format(dose, before), "dose") for way in ways} == {float(dose)}
    for way in ("{1} - {0} mg", "{1} + {0}", "{1} or {0}", "{1}/{0} mg"):
        assert read(way.format(dose, before), "dose") == SEVERAL_NUMBERS

"""Doses and weights as people type them: the rules, one by one, and what they leave alone."""

import pandas as pd
import pytest

from analysis.intake.amounts import read_amounts


def read(cell: str, what: str) -> float | None:
    (text,) = read_amounts(pd.Series([cell]), what).tolist()
    return None if pd.isna(text) else float(text)


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
        ("40 mg, 0.5 mg per kg", 40),
        ("35 --> 40 mg", 40),
        ("35 mg -> 40 mg", 40),
        ("35 → 40", 40),
        ("30 --> 35 --> 40 mg = 0.5 mg/kg", 40),
        ("40mg (split)", 40),
        ("(two bags) 40 mg", 40),
        ("37..5 mg", 37.5),
        ("0", 0),
    ],
)
def test_doses(cell, mg):
    assert read(cell, "dose") == mg


@pytest.mark.parametrize(
    "cell",
    ["", "mg", "0.50 mg/kg", "20 + 20 mg", "35 - 40 mg", "40 mg 20 mg", "0.04 g", "400 mcg", "1,000 mg", "-40 mg",
     "see note", "40 mg for Anna Smith", "617-555-1000", "48100000", "1.2.3", "35 -->", "40 mg/h"],
)  # fmt: skip
def test_doses_that_are_not_read(cell):
    assert read(cell, "dose") is None


@pytest.mark.parametrize(
    ("cell", "kg"),
    [("72", 72), ("72.5 kg", 72.5), ("72kgs", 72), ("72..5", 72.5), ("72 mg", 72), ("300", 300), ("72 (stated)", 72)],
)
def test_weights(cell, kg):
    assert read(cell, "weight") == kg


@pytest.mark.parametrize(
    "cell",
    ["70 - 72", "70-72 kg", "reweight", "reweight 72", "0", "0.0 kg", "300.5", "48100000", "158 lb", "-72", "72,5"],
)
def test_weights_that_are_not_read(cell):
    assert read(cell, "weight") is None


def test_missing_stays_missing_and_the_order_is_kept():
    cells = pd.Series(["40", None, "x", "35 --> 40"], index=[2, 3, 5, 9], dtype="str")
    doses = read_amounts(cells, "dose")
    assert doses.index.tolist() == [2, 3, 5, 9]
    assert doses.fillna("-").tolist() == ["40.0", "-", "-", "40.0"]

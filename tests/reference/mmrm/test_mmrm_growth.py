"""The growth data of Potthoff & Roy (1964) with nlme's gls and lme, by maximum likelihood (growth.R makes growth.json).

Age is a number that changes from visit to visit here, and says the visit too; one fit has a covariance for each sex.
The data are as the SAS/STAT User's Guide prints them (MIXED, Repeated Measures) and nlme holds them (Orthodont).
"""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from analysis.estimate.mmrm.model import mmrm

FOUND = json.loads((Path(__file__).resolve().parent / "growth.json").read_text(encoding="utf-8"))
GIRLS = """
21 20 21.5 23 | 21 21.5 24 25.5 | 20.5 24 24.5 26 | 23.5 24.5 25 26.5 | 21.5 23 22.5 23.5 | 20 21 21 22.5
21.5 22.5 23 25 | 23 23 23.5 24 | 20 21 22 21.5 | 16.5 19 19 19.5 | 24.5 25 28 28
"""
BOYS = """
26 25 29 31 | 21.5 22.5 23 26.5 | 23 22.5 24 27.5 | 25.5 27.5 26.5 27 | 20 23.5 22.5 26 | 24.5 25.5 27 28.5
22 22 24.5 26.5 | 24 21.5 24.5 25.5 | 23 20.5 31 26 | 27.5 28 31 31.5 | 23 23 23.5 25 | 21.5 23.5 24 28
17 24.5 26 29.5 | 22.5 25.5 25.5 26 | 23 24.5 26 30 | 22 21.5 23.5 25
"""


@pytest.fixture(scope="module")
def growth():
    rows = []
    for sex, text in (("F", GIRLS), ("M", BOYS)):
        people = [line.split() for line in text.replace("\n", "|").split("|") if line.strip()]
        for person, values in enumerate(people):
            rows += [(f"{sex}{person}", sex, age, float(y)) for age, y in zip((8, 10, 12, 14), values, strict=True)]
    return pd.DataFrame(rows, columns=["person", "sex", "age", "y"]).assign(visit=lambda rows: rows["age"])


def fitted(growth, **options):
    formula = "y ~ C(sex, contr.treatment('M'))*age"
    return mmrm(formula, growth, patient="person", visit="visit", method="ml", **options)


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("unstructured", {}),
        ("compound-symmetry", {"covariance": "compound-symmetry"}),
        ("by sex", {"covariance": "compound-symmetry", "covariance_by": "sex"}),
    ],
)
def test_coefficients_and_likelihood(growth, name, options):
    fit = fitted(growth, **options)
    assert fit.coefficients["estimate"].to_numpy() == pytest.approx(FOUND[name]["coefficients"], rel=1e-5)
    assert fit.deviance == pytest.approx(-2 * FOUND[name]["loglik"], abs=1e-5)


def test_unstructured_covariance(growth):
    expected = np.array(FOUND["unstructured"]["covariance"])
    assert fitted(growth).covariance.to_numpy() == pytest.approx(expected, rel=1e-5)


def test_compound_symmetry(growth):
    found = fitted(growth, covariance="compound-symmetry").covariance_parameters.set_index("parameter")["estimate"]
    expected = FOUND["compound-symmetry"]
    assert found["variance"] == pytest.approx(expected["variance"], rel=1e-6)
    assert found["covariance"] == pytest.approx(expected["covariance"], rel=1e-6)


@pytest.mark.parametrize("sex", ["F", "M"])
def test_compound_symmetry_of_each_sex(growth, sex):
    fit = fitted(growth, covariance="compound-symmetry", covariance_by="sex")
    found = fit.covariance_parameters.set_index(["sex", "parameter"])["estimate"]
    assert found[sex, "covariance"] == pytest.approx(FOUND["by sex"]["covariance"][sex], rel=1e-5)
    residual = found[sex, "variance"] - found[sex, "covariance"]
    assert residual == pytest.approx(FOUND["by sex"]["residual"][sex], rel=1e-5)

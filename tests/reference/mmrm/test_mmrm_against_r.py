"""Fits of simulated trials with 0 to 40 % missing, and of a published trial, against R (see README.md here)."""

import json
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from real_files import published_folder

from analysis.estimate.mmrm.model import mmrm

HERE = Path(__file__).resolve().parent
FORMULA = "score ~ baseline*visit + arm*visit + sex"
KINDS = {"CR0": "empirical", "CR2": "bias-reduced", "CR3": "jackknife"}


@cache
def reference(name):
    return json.loads((HERE / f"{name}.json").read_text(encoding="utf-8"))


@cache
def trial(name):
    return pd.read_csv(HERE / f"trial_{name}.csv")


def fitted(name, structure, **options):
    return mmrm(FORMULA, trial(name), patient="id", visit="visit", covariance=structure, **options)


def places(fit, names):
    """Find R's coefficients among ours: `visit2:armplacebo` is our `arm[placebo]:visit[2]`."""

    def key(name):
        return sorted(name.replace("[", "").replace("]", "").split(":"))

    ours = [key(term) for term in fit.coefficients["term"]]
    return [ours.index(key(name)) for name in names]


def check_against_gls(fit, found, divided_by=1.0):
    at = places(fit, found["names"])
    expected, vcov = np.array(found["coefficients"]), np.array(found["vcov"]) * divided_by
    errors = np.sqrt(np.diag(vcov))
    estimates = fit.coefficients["estimate"].to_numpy()[at]
    # Relative to the coefficient, or to its standard error where it is smaller than that.
    assert (np.abs(estimates - expected) <= 1e-5 * np.maximum(np.abs(expected), errors)).all()
    assert fit.covariance.to_numpy() == pytest.approx(np.array(found["covariance"]), rel=1e-4)
    ours = fit.coefficient_covariance.to_numpy()[np.ix_(at, at)]
    assert np.abs((ours - vcov) / np.outer(errors, errors)).max() < 1e-4
    assert fit.deviance == pytest.approx(-2 * found["loglik"], abs=5e-5)


@pytest.mark.parametrize("key", reference("gls")["fits"])
def test_structures_with_gls(key):
    name, structure, method = key.split()
    fit = fitted(name, structure, method=method)
    n, p = fit.source.moments.observations, len(fit.coefficients)
    check_against_gls(fit, reference("gls")["fits"][key], 1.0 if method == "reml" else (n - p) / n)


@pytest.mark.parametrize("name", reference("gls")["means"])
def test_adjusted_means_with_emmeans(name):
    found = reference("gls")["means"][name]
    means = fitted(name, "unstructured").means(by="arm").set_index(["arm", "visit"])
    at = means.loc[list(zip(found["arm"], map(int, found["visit"]), strict=True))]
    assert at["estimate"].to_numpy() == pytest.approx(np.array(found["estimate"]), rel=1e-5)
    assert at["std_error"].to_numpy() == pytest.approx(np.array(found["std_error"]), rel=1e-4)


@pytest.mark.parametrize("name", reference("kenward_roger"))
def test_kenward_roger_with_pbkrtest(name):
    found = reference("kenward_roger")[name]
    fit = fitted(name, "compound-symmetry", df="kenward-roger")
    at = places(fit, found["names"])
    vcov = np.array(found["vcov"])
    scale = np.sqrt(np.outer(np.diag(vcov), np.diag(vcov)))
    assert np.abs((fit.coefficient_covariance.to_numpy()[np.ix_(at, at)] - vcov) / scale).max() < 1e-5
    assert fit.coefficients["df"].to_numpy()[at] == pytest.approx(np.array(found["df"]), rel=1e-3)
    statistic, numerator_df, denominator_df, _ = found["joint"]
    tested = fit.joint_tests("arm:visit").iloc[0]
    assert tested["statistic"] == pytest.approx(statistic, rel=1e-5)
    assert (tested["numerator_df"], tested["denominator_df"]) == (numerator_df, pytest.approx(denominator_df, rel=1e-3))


@pytest.mark.parametrize("key", reference("sandwich"))
def test_sandwiches_with_clubsandwich(key):
    name, structure, kind = key.split()
    found = reference("sandwich")[key]
    fit = fitted(name, structure, sandwich=KINDS[kind])
    at = places(fit, reference("gls")["fits"][f"{name} {structure} reml"]["names"])
    vcov = np.array(found["vcov"])
    scale = np.sqrt(np.outer(np.diag(vcov), np.diag(vcov)))
    assert np.abs((fit.coefficient_covariance.to_numpy()[np.ix_(at, at)] - vcov) / scale).max() < 1e-5
    assert fit.coefficients["df"].to_numpy()[at] == pytest.approx(np.array(found["df"]), rel=1e-3)


@pytest.mark.parametrize("structure", reference("antidepressant"))
def test_the_antidepressant_trial_with_gls(structure):
    rows = pd.read_csv(published_folder("rbmi_antidepressant") / "antidepressant_data.csv")
    rows = rows.rename(
        columns={"PATIENT": "id", "VISIT": "visit", "THERAPY": "arm", "BASVAL": "baseline", "CHANGE": "score"}
    )
    fit = mmrm("score ~ baseline*visit + arm*visit", rows, patient="id", visit="visit", covariance=structure)
    assert (fit.source.moments.patients, fit.source.moments.observations) == (172, 608)
    check_against_gls(fit, reference("antidepressant")[structure])

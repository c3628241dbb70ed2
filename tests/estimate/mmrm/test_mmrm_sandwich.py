"""Sandwich covariances: from their definitions, patient by patient."""

import numpy as np
import pytest
from dense_mmrm import dense_rows
from drawn_trials import drawn_trial

from analysis.estimate.mmrm.model import mmrm

FORMULA = "score ~ baseline + arm*visit"


@pytest.fixture(scope="module")
def trial():
    return drawn_trial(patients=30, visits=3, missing=0.2, seed=14)


def by_definition(trial, structure, power):
    fit = mmrm(FORMULA, trial, patient="id", visit="visit", covariance=structure)
    dense = dense_rows(trial, fit, structure)
    b = dense.coefficients(fit.point.parameters)
    phi = np.linalg.inv(dense.information(fit.point.parameters))
    meat = 0.0
    for x, y, v in dense.parts(fit.point.parameters):
        leverage = x @ phi @ x.T @ np.linalg.inv(v)
        e = np.linalg.matrix_power(np.linalg.inv(np.eye(len(y)) - leverage), power) @ (y - x @ b)
        score = x.T @ np.linalg.solve(v, e)
        meat = meat + np.outer(score, score)
    return phi @ meat @ phi


@pytest.mark.parametrize(("kind", "power"), [("empirical", 0), ("jackknife", 1)])
@pytest.mark.parametrize("structure", ["unstructured", "ar1"])
def test_empirical_and_jackknife(trial, structure, kind, power):
    fit = mmrm(FORMULA, trial, patient="id", visit="visit", covariance=structure, sandwich=kind)
    expected = by_definition(trial, structure, power)
    assert fit.coefficient_covariance.to_numpy() == pytest.approx(expected, rel=1e-7, abs=1e-9)
    assert "sandwich" in fit.method


def test_the_bias_reduced_one_lies_between(trial):
    errors = [
        mmrm(FORMULA, trial, patient="id", visit="visit", sandwich=kind).coefficients["std_error"]
        for kind in ("empirical", "bias-reduced", "jackknife")
    ]
    assert (errors[0] < errors[1]).all()
    assert (errors[1] < errors[2]).all()


def test_a_level_at_one_visit_of_one_patient_can_be_fitted_exactly(trial):
    """Where nothing is left of a patient's residual, the correction has nothing to enlarge, and nothing breaks."""
    last = trial[(trial["visit"] == 3) & trial["score"].notna()].index[0]
    lone = trial.assign(late=(trial.index == last).astype(int))
    fit = mmrm("score ~ visit + late", lone, patient="id", visit="visit", sandwich="jackknife")
    assert np.isfinite(fit.coefficients["std_error"]).all()

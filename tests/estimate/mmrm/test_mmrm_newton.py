"""The search for the highest likelihood: few steps, from far away too, and an honest end."""

import numpy as np
import pytest
from drawn_trials import drawn_trial

from analysis.estimate.mmrm.model import mmrm
from analysis.estimate.mmrm.newton import lowest_point
from analysis.estimate.mmrm.structures import STRUCTURES


@pytest.fixture(scope="module")
def trial():
    return drawn_trial(patients=80, visits=4, missing=0.25, seed=21)


@pytest.mark.parametrize("structure", STRUCTURES)
@pytest.mark.parametrize("size", [0.01, 100.0])
def test_from_far_away_the_same_point_is_found(trial, structure, size):
    """Variances a hundred times too small or too large, and no correlation."""
    fit = mmrm("score ~ baseline*visit + arm*visit", trial, patient="id", visit="visit", covariance=structure)
    likelihood = fit.point.likelihood
    start = likelihood.structure.start(size * np.diag(np.diag(fit.covariance.to_numpy())))
    point, convergence = lowest_point(likelihood, start)
    assert convergence.converged
    assert convergence.steps <= 15
    assert point.parameters == pytest.approx(fit.point.parameters, rel=1e-6, abs=1e-6)
    assert point.value == pytest.approx(fit.deviance, abs=1e-8)


@pytest.mark.parametrize("structure", STRUCTURES)
def test_at_the_end_the_slope_is_zero_and_every_way_goes_up(trial, structure):
    fit = mmrm("score ~ arm*visit", trial, patient="id", visit="visit", covariance=structure)
    errors = np.sqrt(2 * np.diag(np.linalg.inv(fit.point.observed)))
    assert np.abs(fit.point.gradient * errors).max() < 1e-5
    assert np.linalg.eigvalsh(fit.point.observed)[0] > 0
    for k, error in enumerate(errors):
        for side in (-0.01, 0.01):
            moved = fit.point.parameters + side * error * (np.arange(len(errors)) == k)
            assert fit.point.likelihood.at(moved).value > fit.deviance


def test_too_few_steps_are_said(trial):
    fit = mmrm("score ~ arm*visit", trial, patient="id", visit="visit")
    start = 50 * fit.point.likelihood.structure.start(np.eye(4))
    _, convergence = lowest_point(fit.point.likelihood, start, most_steps=1)
    assert not convergence.converged
    assert convergence.steps == 1
    assert convergence.reason == "1 steps were not enough; the model has 18 parameters for 80 patients"


def test_no_covariance_to_start_from_is_a_mistake_of_ours(trial):
    fit = mmrm("score ~ visit", trial, patient="id", visit="visit", covariance="ar1")
    with pytest.raises(ValueError, match="make no covariance"):
        lowest_point(fit.point.likelihood, np.array([1.0, 1.5]))

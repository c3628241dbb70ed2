"""The fit over patterns: the same as the package's own mixed model, whose oracle is R, and weights that are people."""

import numpy as np
import pandas as pd
import pytest
from drawn_scores import drawn_people

from analysis.estimate.imputation.pattern_fit import conditional, find_patterns, fit_weighted
from analysis.estimate.mmrm.model import mmrm


def fitted(design, outcomes, weights, **options):
    return fit_weighted(
        design, outcomes, find_patterns(outcomes), fits=len(weights), weights_of=lambda m: weights[m], **options
    )


def standard(scores):
    outcomes = (scores.totals - 12) / 6
    baseline = scores.people["baseline_sum"].to_numpy(float)
    return np.column_stack([np.ones(len(outcomes)), (baseline - 18) / 5]), outcomes


def test_it_is_the_mixed_model_by_maximum_likelihood():
    scores = drawn_people(150, seed=3)
    design, outcomes = standard(scores)
    found = fitted(design, outcomes, [np.ones(150)])
    rows = pd.DataFrame(
        {
            "id": np.repeat(np.arange(150), 3),
            "visit": np.tile([1, 2, 3], 150),
            "x": np.repeat(design[:, 1], 3),
            "y": outcomes.ravel(),
        }
    )
    fit = mmrm("y ~ 0 + visit + x:visit", rows, patient="id", visit="visit", method="ml")
    assert found.converged
    # Ended where a step changes nothing by more than 1e-5; what is left to go is of that size.
    assert found.covariances[0] == pytest.approx(fit.covariance.to_numpy(), abs=2e-4)
    assert found.coefficients[0].ravel() == pytest.approx(fit.estimates, abs=2e-4)


def test_a_weight_of_two_is_two_people():
    scores = drawn_people(60, seed=4)
    design, outcomes = standard(scores)
    weights = np.arange(60) % 3 + 0.0
    twice = np.repeat(np.arange(60), weights.astype(int))
    found = fitted(design, outcomes, [weights])
    plain = fitted(design[twice], outcomes[twice], [np.ones(len(twice))])
    assert found.coefficients == pytest.approx(plain.coefficients, abs=1e-4)
    assert found.covariances == pytest.approx(plain.covariances, abs=1e-4)


def test_fits_together_are_fits_alone():
    scores = drawn_people(80, seed=5)
    design, outcomes = standard(scores)
    weights = np.random.default_rng(1).exponential(size=(4, 80))
    together = fitted(design, outcomes, weights)
    for number, own in enumerate(weights):
        alone = fitted(design, outcomes, [own])
        assert alone.coefficients[0] == pytest.approx(together.coefficients[number], abs=1e-12)
        assert alone.covariances[0] == pytest.approx(together.covariances[number], abs=1e-12)


def test_complete_scores_are_fitted_by_least_squares():
    scores = drawn_people(50, seed=6, missing=0)
    design, outcomes = standard(scores)
    found = fitted(design, outcomes, [np.ones(50)])
    slopes = np.linalg.lstsq(design, outcomes, rcond=None)[0]
    left = outcomes - design @ slopes
    assert found.coefficients[0] == pytest.approx(slopes)
    assert found.covariances[0] == pytest.approx(left.T @ left / 50, abs=1e-7)


def test_two_windows_with_the_same_scores_do_not_stop_it():
    scores = drawn_people(60, seed=7)
    outcomes = (np.column_stack([scores.totals, scores.totals[:, 1]]) - 12) / 6
    design, _ = standard(scores)
    found = fitted(design, outcomes, [np.ones(60)])
    assert np.isfinite(found.covariances).all()


def test_conditional_by_hand():
    """Variances 4 and 9, covariance 3: the regression of the second on the first is 3/4, and 9 - 9/4 is left."""
    (regression,), (left,) = conditional(np.array([[[4.0, 3.0], [3.0, 9.0]]]), np.array([0]), np.array([1]))
    assert regression.tolist() == [[0.75]]
    assert left.tolist() == [[6.75]]


def test_patterns_hold_everybody_once():
    scores = drawn_people(200, seed=8)
    patterns = find_patterns(scores.totals)
    assert sorted(np.concatenate([pattern.rows for pattern in patterns]).tolist()) == list(range(200))
    for pattern in patterns:
        assert not np.isnan(scores.totals[np.ix_(pattern.rows, pattern.seen)]).any()
        assert np.isnan(scores.totals[np.ix_(pattern.rows, pattern.missing)]).all()

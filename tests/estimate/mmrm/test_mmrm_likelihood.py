"""The likelihood and its derivatives, against the model written out patient by patient."""

import numpy as np
import pytest
from dense_mmrm import dense_rows, gradient, hessian
from drawn_trials import drawn_trial

from analysis.estimate.mmrm.design import parse_formula
from analysis.estimate.mmrm.likelihood import Likelihood
from analysis.estimate.mmrm.model import mmrm
from analysis.estimate.mmrm.structures import STRUCTURES, covariance_structure
from analysis.estimate.mmrm.table_rows import source_of_table

FORMULA = "score ~ baseline*visit + arm*visit"
AWAY = 1.15  # the derivatives are wanted away from the optimum too


@pytest.fixture(scope="module")
def trial():
    return drawn_trial(patients=24, visits=3, missing=0.25, seed=3)


@pytest.fixture(params=["reml", "ml"])
def method(request):
    return request.param


@pytest.mark.parametrize("structure", STRUCTURES)
def test_value_gradient_and_second_derivatives(trial, structure, method):
    fit = mmrm(FORMULA, trial, patient="id", visit="visit", covariance=structure, method=method)
    dense = dense_rows(trial, fit, structure, restricted=method == "reml")
    parameters = fit.point.parameters * np.linspace(1, AWAY, len(fit.point.parameters))
    point = fit.point.likelihood.at(parameters)
    assert point.value == pytest.approx(dense.value(parameters), rel=1e-12)
    assert point.estimates == pytest.approx(dense.coefficients(parameters), rel=1e-9)
    slope = gradient(dense.value, parameters)
    assert point.gradient == pytest.approx(slope, rel=1e-6, abs=1e-6 * np.abs(slope).max())
    second = hessian(dense.value, parameters)
    scale = np.sqrt(np.outer(np.abs(np.diag(second)), np.abs(np.diag(second))))
    assert np.abs((point.observed - second) / scale).max() < 1e-5


@pytest.mark.parametrize("structure", ["unstructured", "heterogeneous-ar1"])
def test_expected_information_is_the_mean_of_the_observed(structure):
    """Averaged over outcomes drawn at the parameters, the second derivatives are the expected ones."""
    trial = drawn_trial(patients=60, visits=3, missing=0.2, seed=5)
    fit = mmrm("score ~ visit", trial, patient="id", visit="visit", covariance=structure)
    draw = np.random.default_rng(11)
    root = np.linalg.cholesky(fit.covariance.to_numpy())
    kept, formula = trial["score"].notna(), parse_formula("score ~ visit")
    found = []
    for _ in range(150):
        noise = (draw.standard_normal((60, 3)) @ root.T).ravel()
        source = source_of_table(formula, trial.assign(score=np.where(kept, noise, np.nan)), "id", "visit", None)
        likelihood = Likelihood(source.moments, covariance_structure(structure, 3), restricted=True)
        found.append(likelihood.at(fit.point.parameters).observed)
    errors = np.std(found, axis=0) / np.sqrt(len(found))
    assert (np.abs(np.mean(found, axis=0) - fit.point.expected) < 4.5 * errors + 1e-12).all()


@pytest.mark.parametrize("parameters", [[-1.0, 0.1], [1.0, 1.2], [1.0, np.nan]])
def test_parameters_that_make_no_covariance_have_no_likelihood(trial, parameters):
    fit = mmrm("score ~ visit", trial, patient="id", visit="visit", covariance="ar1")
    assert fit.point.likelihood.at(np.array(parameters)) is None


def test_groups_with_their_own_covariance_are_as_many_likelihoods():
    """With all terms apart by arm, one fit with covariance_by is the fits of the arms."""
    trial = drawn_trial(patients=70, visits=3, missing=0.2, seed=7)
    both = mmrm("score ~ 0 + arm:visit", trial, patient="id", visit="visit", covariance_by="arm")
    apart = {arm: mmrm("score ~ 0 + visit", rows, patient="id", visit="visit") for arm, rows in trial.groupby("arm")}
    assert both.deviance == pytest.approx(sum(fit.deviance for fit in apart.values()), abs=1e-8)
    for arm, fit in apart.items():
        assert both.covariance.loc[arm].to_numpy() == pytest.approx(fit.covariance.to_numpy(), rel=1e-8)
        means = both.means(by="arm")
        assert means.loc[means["arm"] == arm, "df"].to_numpy() == pytest.approx(fit.means()["df"].to_numpy(), rel=1e-7)


def test_the_likelihood_needs_only_the_sums(trial):
    fit = mmrm(FORMULA, trial, patient="id", visit="visit")
    again = Likelihood(fit.source.moments, covariance_structure("unstructured", 3), restricted=True)
    assert again.at(fit.point.parameters).value == fit.deviance

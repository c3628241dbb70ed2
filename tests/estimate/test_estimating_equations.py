"""Estimating equations against statsmodels, people alike counted together, and data without a solution."""

import numpy as np
import pytest
import statsmodels.api as sm

from analysis.estimate.estimating_equations import Alike, fit_marginal
from analysis.vocabulary.errors import DataError


def draw_people(seed, people=200):
    """Draw people with 1 to 4 values each, a group of their own and a covariate of each value."""
    draw = np.random.default_rng(seed)
    found = []
    for _ in range(people):
        n = draw.integers(1, 5)
        covariate = np.sort(draw.integers(0, 2, n))
        design = np.column_stack([np.ones(n), np.full(n, draw.integers(0, 2)), covariate]).astype(float)
        chance = 1 / (1 + np.exp(-(design @ [-0.3, 0.5, 0.4] + draw.normal())))
        found.append((design, (draw.random(n) < chance).astype(float)))
    return found


def counted(people):
    patterns = {}
    for design, outcome in people:
        key = (design.tobytes(), outcome.tobytes())
        known = patterns.get(key)
        patterns[key] = Alike(design, outcome, 1 + (known.people if known else 0))
    return list(patterns.values())


@pytest.mark.parametrize("exchangeable", [True, False])
@pytest.mark.parametrize("seed", range(3))
def test_the_fit_is_that_of_statsmodels_on_rows(seed, exchangeable):
    people = draw_people(seed)
    alike = counted(people)
    assert len(alike) < len(people)
    ours = fit_marginal(alike, exchangeable=exchangeable)
    structure = sm.cov_struct.Exchangeable() if exchangeable else sm.cov_struct.Independence()
    theirs = sm.GEE(
        np.concatenate([outcome for _, outcome in people]),
        np.vstack([design for design, _ in people]),
        groups=np.repeat(np.arange(len(people)), [len(outcome) for _, outcome in people]),
        family=sm.families.Binomial(),
        cov_struct=structure,
    ).fit(cov_type="bias_reduced", maxiter=200, ctol=1e-12)
    assert ours.coefficients == pytest.approx(theirs.params, abs=1e-9)
    assert ours.covariance.ravel() == pytest.approx(theirs.cov_params().ravel(), abs=1e-9)
    if exchangeable:
        assert ours.correlation == pytest.approx(structure.dep_params, abs=1e-8)


def test_with_one_value_each_it_is_a_logistic_regression():
    design = np.column_stack([np.ones(4), [0, 0, 1, 1]])
    rows = zip(design, [1.0, 0.0, 1.0, 0.0], [30, 70, 60, 40], strict=True)
    model = fit_marginal([Alike(row[None], np.array([y]), n) for row, y, n in rows])
    assert model.coefficients == pytest.approx([np.log(30 / 70), np.log((60 / 40) / (30 / 70))])
    assert model.correlation == 0


def test_data_without_a_solution_say_why():
    ones = np.ones((1, 1))
    with pytest.raises(DataError, match="collinear"):
        fit_marginal([Alike(np.ones((1, 2)), np.array([y]), 5) for y in (0.0, 1.0)])
    with pytest.raises(DataError, match="nobody, or everybody, with the outcome"):
        fit_marginal([Alike(ones, np.array([1.0]), 5)])

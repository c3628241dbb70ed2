"""Generalised estimating equations for shares of people who each gave several values, from counts of alike people."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import special

from analysis.vocabulary.errors import DataError

Numbers = NDArray[np.float64]

MOST_STEPS = 60


@dataclass(frozen=True)
class Alike:
    """People who gave the same values: a row of the design and 0 or 1 for each value, and how many people they are."""

    design: Numbers
    outcome: Numbers
    people: int


@dataclass(frozen=True)
class MarginalModel:
    """A fitted logistic model of all values.

    ``coefficients`` in the order of the design, ``covariance`` robust and corrected for few people, ``correlation`` of
    two values of a person beyond the model, ``people`` and ``values`` how many there are.
    """

    coefficients: Numbers
    covariance: Numbers
    correlation: float
    people: int
    values: int


def fit_marginal(clusters: Sequence[Alike], *, exchangeable: bool = True) -> MarginalModel:
    """Fit a logistic model to values of which some are of the same person.

    Parameters
    ----------
    clusters : sequence of Alike
    exchangeable : bool
        Any two values of a person are equally correlated (estimated); else the working correlation is none.

    Returns
    -------
    MarginalModel

    Raises
    ------
    DataError
        When the equations have no solution: a column that others make up, or a share of 0 or 1 that a coefficient
        follows without end.

    Notes
    -----
    Liang and Zeger's estimating equations, binomial with logit link; the covariance is Mancl and DeRouen's, whose
    residuals are divided by what they fall short of because the model was fitted to them: with few people the sandwich
    is too small without it. Both are as in statsmodels' ``GEE(...).fit(cov_type="bias_reduced")``.

    References
    ----------
    Liang KY, Zeger SL (1986), Biometrika 73:13-22. Mancl LA, DeRouen TA (2001), Biometrics 57:126-134.

    Examples
    --------
    >>> ones = np.ones((2, 1))
    >>> pairs = [Alike(ones, np.array([1.0, 1.0]), 30), Alike(ones, np.array([0.0, 0.0]), 10)]
    >>> model = fit_marginal([*pairs, Alike(ones, np.array([1.0, 0.0]), 20)])
    >>> round(float(special.expit(model.coefficients[0])), 3), model.people, model.values
    (0.667, 60, 120)
    """
    size = clusters[0].design.shape[1]
    total = sum(each.people * each.design.T @ each.design for each in clusters)
    if np.linalg.matrix_rank(total) < size:
        raise DataError("the covariates are collinear: one of them follows from the others; leave it out.")
    values = sum(each.people * len(each.outcome) for each in clusters)
    beta, correlation = np.zeros(size), 0.0
    # Independence first: it starts the correlation where statsmodels starts it.
    for step in range(MOST_STEPS):
        score, bread = _equations(clusters, beta, correlation)
        move = np.linalg.lstsq(bread, score, rcond=None)[0]
        beta = beta + move
        if exchangeable:
            correlation = _correlation(clusters, beta, values, size)
        if np.abs(move).max() < 1e-10 and step > 1:
            break
        if not np.isfinite(beta).all() or np.abs(beta).max() > 25:
            raise DataError("a group or covariate has nobody, or everybody, with the outcome: there is no odds ratio.")
    else:
        raise DataError(f"the estimating equations did not settle in {MOST_STEPS} steps.")
    _, bread = _equations(clusters, beta, correlation)
    return MarginalModel(
        beta,
        _corrected_covariance(clusters, beta, correlation, bread),
        correlation,
        sum(each.people for each in clusters),
        values,
    )


def _parts(each: Alike, beta: Numbers, correlation: float) -> tuple[Numbers, Numbers, Numbers]:
    """Return the derivative of the mean, the residual, and the inverse of the working covariance times the former."""
    mean = special.expit(each.design @ beta)
    spread = np.sqrt(mean * (1 - mean))
    derivative = each.design * (spread**2)[:, None]
    return derivative, each.outcome - mean, _solved(derivative, spread, correlation)


def _solved(values: Numbers, spread: Numbers, correlation: float) -> Numbers:
    """Divide by the working covariance: 1 on the diagonal of the correlation and the same number beside it."""
    columns = values / spread.reshape(-1, *[1] * (values.ndim - 1))
    n = len(spread)
    shrink = correlation / (1 + (n - 1) * correlation)
    solved = (columns - shrink * columns.sum(axis=0)) / (1 - correlation)
    return np.asarray(solved / spread.reshape(-1, *[1] * (values.ndim - 1)))


def _equations(clusters: Sequence[Alike], beta: Numbers, correlation: float) -> tuple[Numbers, Numbers]:
    size = len(beta)
    score, bread = np.zeros(size), np.zeros((size, size))
    for each in clusters:
        derivative, residual, solved = _parts(each, beta, correlation)
        score += each.people * solved.T @ residual
        bread += each.people * solved.T @ derivative
    return score, bread


def _correlation(clusters: Sequence[Alike], beta: Numbers, values: int, size: int) -> float:
    squares = products = pairs = 0.0
    for each in clusters:
        mean = special.expit(each.design @ beta)
        residual = (each.outcome - mean) / np.sqrt(mean * (1 - mean))
        own = float((residual**2).sum())
        squares += each.people * own
        products += each.people * (float(residual.sum()) ** 2 - own) / 2
        pairs += each.people * len(residual) * (len(residual) - 1) / 2
    if pairs <= size:
        return 0.0
    found = products / (squares / (values - size)) / (pairs - size)
    longest = max(len(each.outcome) for each in clusters)
    return float(np.clip(found, -0.99 / max(longest - 1, 1), 0.99))


def _corrected_covariance(clusters: Sequence[Alike], beta: Numbers, correlation: float, bread: Numbers) -> Numbers:
    inverse = np.linalg.inv(bread)
    middle = np.zeros_like(bread)
    for each in clusters:
        derivative, residual, solved = _parts(each, beta, correlation)
        hat = derivative @ inverse @ solved.T
        moved = solved.T @ np.linalg.solve(np.eye(len(residual)) - hat, residual)
        middle += each.people * np.outer(moved, moved)
    return np.asarray(inverse @ middle @ inverse)

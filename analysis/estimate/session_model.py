"""The chance of a session on a day, given the state known so far: a pooled discrete-time logistic model from counts."""

import numpy as np
from numpy.typing import NDArray

from analysis.estimate.trial_days import TrialDays, Wholes

Numbers = NDArray[np.float64]

PRIOR_VARIANCE = 25.0
"""A weak normal prior on all but the constant: a level at which nobody ever had a session must not run to infinity."""

MOST_STEPS, CLOSE_ENOUGH = 50, 1e-7


def design_of(covariates: Wholes) -> Numbers:
    """Write factors as columns of 0 and 1 beside a constant, the commonest level of each left out.

    Parameters
    ----------
    covariates : ndarray of int, patterns x factors

    Returns
    -------
    ndarray, patterns x columns

    Examples
    --------
    >>> design_of(np.array([[0, 1], [0, 2], [3, 1]]))
    array([[1., 0., 0.],
           [1., 0., 1.],
           [1., 1., 0.]])
    """
    columns = [np.ones(len(covariates))]
    for factor in covariates.T:
        levels, number = np.unique(factor, return_counts=True)
        columns += [(factor == level).astype(float) for level in levels if level != levels[np.argmax(number)]]
    return np.stack(columns, axis=1)


def count_decisions(days: TrialDays, copies: Numbers | None = None) -> tuple[Numbers, Numbers]:
    """Count, for each state known, the days on which a session could be given, and those on which one was.

    Parameters
    ----------
    days : TrialDays
    copies : ndarray, optional
        How often each person counts; once when left out.

    Returns
    -------
    tuple of ndarray
        Days and sessions of each pattern.
    """
    number = len(days.covariates)
    repeated = None if copies is None else np.broadcast_to(copies[:, None], days.at_risk.shape)
    counts = []
    for chosen in (days.at_risk, days.session):
        weights = None if repeated is None else repeated[chosen]
        counts.append(np.bincount(days.pattern[chosen], weights=weights, minlength=number).astype(float))
    return counts[0], counts[1]


def fit_sessions(design: Numbers, days: Numbers, sessions: Numbers, start: Numbers | None = None) -> Numbers:
    """Fit the chance of a session by Newton's method.

    Parameters
    ----------
    design : ndarray, patterns x columns
        From `design_of`.
    days, sessions : ndarray
        From `count_decisions`.
    start : ndarray, optional
        Coefficients to begin with.

    Returns
    -------
    ndarray
        Coefficients of the log odds.

    Notes
    -----
    Maximum of the binomial likelihood with a normal prior of variance `PRIOR_VARIANCE` on all but the constant.
    """
    precision = np.full(design.shape[1], 1 / PRIOR_VARIANCE)
    precision[0] = 1e-6
    total = max(days.sum(), 1.0)
    beta = np.zeros(design.shape[1])
    beta[0] = np.log((sessions.sum() + 0.5) / (total - sessions.sum() + 0.5))
    beta = beta if start is None else start
    for _ in range(MOST_STEPS):
        chance = chance_of_session(design, beta)
        score = design.T @ (sessions - days * chance) - precision * beta
        information = (design * (days * chance * (1 - chance))[:, None]).T @ design + np.diag(precision)
        step = np.linalg.solve(information, score)
        # Long steps are cut: from far away Newton's method may leap over the top.
        step *= min(1.0, 3.0 / max(float(np.abs(step).max()), 1e-12))
        beta = beta + step
        if np.abs(step).max() < CLOSE_ENOUGH:
            break
    return beta


def chance_of_session(design: Numbers, beta: Numbers) -> Numbers:
    """Give the fitted chance of a session at each pattern.

    Parameters
    ----------
    design, beta : ndarray

    Returns
    -------
    ndarray
    """
    return np.asarray(1 / (1 + np.exp(-np.clip(design @ beta, -30, 30))))

"""Rates of groups drawn together as far as the groups are alike: small groups far, large groups hardly."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import special

Numbers = NDArray[np.float64]

POOLED_METHOD = "beta-binomial, partially pooled, 95 % (posterior)"
_COARSE, _FINE = 40, 24
_STEPS_OF_MEAN = np.linspace(-3.6, 3.6, 9)
_LEAST_WEIGHT = 1e-4
_MOST_STEPS = 50
_EXCESS = 1e-7


@dataclass(frozen=True)
class PooledRates:
    """Partially pooled rates: ``estimate``, ``low`` and ``high`` of each group, the ``mean`` and the ``spread`` of all.

    ``spread`` is the standard deviation of the true rates of groups.
    """

    estimate: Numbers
    low: Numbers
    high: Numbers
    mean: float
    spread: float


def partially_pooled(numerator: ArrayLike, denominator: ArrayLike) -> PooledRates:
    """Estimate the rate of each group, borrowing from the others as much as they are alike.

    Parameters
    ----------
    numerator, denominator : array_like
        People with the outcome, and all, of each group. A group without anybody has the estimate of a new group.

    Returns
    -------
    PooledRates
        Posterior means with intervals from the 2.5th to the 97.5th percentile.

    Notes
    -----
    The true rates of groups follow a beta distribution with mean m and variance r m (1 - m), and the counts a binomial
    one, so that given m and r a group's rate is Beta(a + x, b + n - x) with a + b = (1 - r) / r and a = m (a + b). What
    is not known of m and r is in the interval: the result is the mixture over all their values, weighted by how well
    they fit all groups, with m uniform from 0 to 1 and the square root of r uniform. Plain empirical Bayes takes the
    one best fitting m and r as if they were known, and its intervals are too narrow where there are few groups.

    Examples
    --------
    >>> pooled = partially_pooled([3, 30, 50, 45], [4, 60, 100, 100])
    >>> pooled.estimate.round(2)  # three of four people are no proof of 75 %
    array([0.52, 0.49, 0.49, 0.47])
    """
    x, n = (np.asarray(each, dtype="float64") for each in (numerator, denominator))
    counted = n > 0
    edges = (0.0, 1.0)
    _, _, weight, roots = _components(x[counted], n[counted], edges, _COARSE)
    heavy = roots[weight > 1e-8 * weight.max()]
    step = (edges[1] - edges[0]) / _COARSE
    edges = (max(0.0, heavy.min() - step), min(1.0, heavy.max() + step))
    a, b, weight, roots = _components(x[counted], n[counted], edges, _FINE)
    kept = weight > _LEAST_WEIGHT * weight.max()
    a, b, weight, roots = (each[kept] for each in (a, b, weight, roots))
    weight = weight / weight.sum()
    means = a / (a + b)
    mean = float((weight * means).sum())
    variance = float((weight * (roots**2 * means * (1 - means) + (means - mean) ** 2)).sum())
    above, below = a[:, None] + x, b[:, None] + n - x
    estimate = (weight[:, None] * above / (above + below)).sum(axis=0)
    low, high = (_percentile(share, above, below, weight) for share in (0.025, 0.975))
    between = float(np.sqrt(max(variance - float((weight * (means - mean) ** 2).sum()), 0.0)))
    return PooledRates(estimate, low, high, mean, between)


def _components(
    x: Numbers, n: Numbers, edges: tuple[float, float], steps: int
) -> tuple[Numbers, Numbers, Numbers, Numbers]:
    """Return the beta distributions that groups may follow, how well each fits, and the square root of its r."""
    width = (edges[1] - edges[0]) / steps
    roots = edges[0] + width * (np.arange(steps) + 0.5)
    r = np.minimum(roots**2, 1 - 1e-9)[:, None]
    # Given r, the mean is known up to a standard error; on the logit its likelihood is close to normal.
    size = n / (1 + (n - 1) * r)
    shares = np.divide(x, n)
    middle = ((size * shares).sum(axis=1) + 0.5) / (size.sum(axis=1) + 1)
    error = 1 / np.sqrt(middle * (1 - middle) * (size.sum(axis=1) + 1))
    logits = np.log(middle / (1 - middle))[:, None] + error[:, None] * _STEPS_OF_MEAN
    m = special.expit(logits)
    k = (1 - r) / r
    a, b = (m * k).ravel(), ((1 - m) * k).ravel()
    fit = np.zeros(len(a))
    for each, people in zip(x, n, strict=True):
        fit += special.betaln(a + each, b + people - each) - special.betaln(a, b)
    # The prior is uniform on m and on the root of r; the steps were taken on the logit of m.
    weight = fit + np.log((m * (1 - m) * error[:, None]).ravel())
    return a, b, np.exp(weight - weight.max()), np.repeat(roots, len(_STEPS_OF_MEAN))


def _percentile(share: float, above: Numbers, below: Numbers, weight: Numbers) -> Numbers:
    """Solve for the percentile of each group's mixture: Newton's steps, or halving where a step leaves the bracket."""
    low, high = np.zeros(above.shape[1]), np.ones(above.shape[1])
    place: Numbers = (weight[:, None] * special.betaincinv(above, below, share)).sum(axis=0)
    constant = special.betaln(above, below)
    for _ in range(_MOST_STEPS):
        excess = (weight[:, None] * special.betainc(above, below, place)).sum(axis=0) - share
        if np.abs(excess).max() < _EXCESS:
            break
        low, high = np.where(excess < 0, place, low), np.where(excess < 0, high, place)
        density = np.exp(special.xlogy(above - 1, place) + special.xlog1py(below - 1, -place) - constant)
        with np.errstate(divide="ignore", invalid="ignore"):
            step = place - excess / (weight[:, None] * density).sum(axis=0)
        place = np.where((step > low) & (step < high), step, (low + high) / 2)
    return place

"""Score intervals for the ratio and the odds ratio of two proportions, from counts."""

from collections.abc import Callable

import numpy as np
from scipy import special

from analysis.vocabulary.errors import CallError

_FURTHEST = 40.0
"""The logarithm beyond which a ratio is taken to be infinite, or 0."""


def score_ratio(x1: int, n1: int, x2: int, n2: int, *, level: float = 0.95) -> tuple[float, float]:
    """Miettinen and Nurminen's score interval for the ratio of two proportions, (x1/n1) / (x2/n2).

    Parameters
    ----------
    x1, n1, x2, n2 : int
        Counts and denominators of the two groups.
    level : float
        Confidence level.

    Returns
    -------
    low, high : float
        Between 0 and infinity; NaN when a group is empty or nobody in either has the outcome.

    Raises
    ------
    CallError
        When a numerator lies outside 0 to its denominator.

    Notes
    -----
    The limits are the ratios r at which (p1 - r p2)^2 / V(r) equals the chi-squared quantile, V(r) being the variance
    at the maximum-likelihood proportions restricted to that ratio, times (n1+n2)/(n1+n2-1). At r = 1 it is the
    statistic of the difference at 0, so that the two intervals agree on whether the groups may be equal.

    References
    ----------
    Miettinen O, Nurminen M (1985), Stat Med 4:213-226.

    Examples
    --------
    >>> low, high = score_ratio(108, 195, 70, 170)
    >>> print(round(low, 2), round(high, 2))
    1.08 1.68
    """
    _refuse_counts((x1, n1), (x2, n2))
    if 0 in (n1, n2) or x1 + x2 == 0:
        return float("nan"), float("nan")
    n = n1 + n2

    def statistic(ratio: float) -> float:
        b = n1 * ratio + x1 + n2 + x2 * ratio
        root = np.sqrt(max(b**2 - 4 * n * ratio * (x1 + x2), 0.0))
        p2 = 2 * (x1 + x2) / (b + root)
        p1 = min(ratio * p2, 1.0)
        variance = (p1 * (1 - p1) / n1 + ratio**2 * p2 * max(1 - p2, 0.0) / n2) * n / (n - 1)
        gap = float((x1 / n1 - ratio * x2 / n2) ** 2)
        return gap / variance if variance > 0 else (np.inf if gap > 0 else 0.0)

    estimate = (x1 / n1) / (x2 / n2) if x2 else np.inf
    return _limits(statistic, estimate, level)


def score_odds_ratio(x1: int, n1: int, x2: int, n2: int, *, level: float = 0.95) -> tuple[float, float]:
    """Miettinen and Nurminen's score interval for the ratio of the odds x1/(n1-x1) and x2/(n2-x2).

    Parameters
    ----------
    x1, n1, x2, n2 : int
        Counts and denominators of the two groups.
    level : float
        Confidence level.

    Returns
    -------
    low, high : float
        Between 0 and infinity; NaN when a group is empty, or everybody or nobody in both has the outcome.

    Raises
    ------
    CallError
        When a numerator lies outside 0 to its denominator.

    Notes
    -----
    The limits are the odds ratios at which (x1 - n1 p1)^2 (1/(n1 p1 q1) + 1/(n2 p2 q2)) (n1+n2-1)/(n1+n2) equals the
    chi-squared quantile, p1 and p2 being the maximum-likelihood proportions restricted to that odds ratio.

    References
    ----------
    Miettinen O, Nurminen M (1985), Stat Med 4:213-226.

    Examples
    --------
    >>> low, high = score_odds_ratio(108, 195, 70, 170)
    >>> print(round(low, 2), round(high, 2))
    1.17 2.69
    """
    _refuse_counts((x1, n1), (x2, n2))
    if 0 in (n1, n2) or x1 + x2 in (0, n1 + n2):
        return float("nan"), float("nan")
    n = n1 + n2

    def statistic(odds_ratio: float) -> float:
        # The complement has its own formula: one less the proportion would lose it where it is tiny.
        p2, q2 = _restricted(n1, n2, x1 + x2, odds_ratio), _restricted(n1, n2, n - x1 - x2, 1 / odds_ratio)
        total = q2 + odds_ratio * p2
        p1, q1 = odds_ratio * p2 / total, q2 / total
        within = n1 * p1 * q1, n2 * p2 * q2
        if min(within) <= 0:
            return np.inf
        return float((x1 - n1 * p1) ** 2 * (1 / within[0] + 1 / within[1]) * (n - 1) / n)

    below, above = x1 * (n2 - x2), x2 * (n1 - x1)
    return _limits(statistic, below / above if above else np.inf, level)


def _restricted(n1: int, n2: int, outcomes: int, odds_ratio: float) -> float:
    """Give the second group's maximum-likelihood proportion under an odds ratio."""
    b = odds_ratio * (n1 - outcomes) + n2 + outcomes
    root = np.sqrt(b**2 + 4 * n2 * (odds_ratio - 1) * outcomes)
    return float(2 * outcomes / (b + root) if b >= 0 else (root - b) / (2 * n2 * (odds_ratio - 1)))


def _limits(statistic: Callable[[float], float], estimate: float, level: float) -> tuple[float, float]:
    # Imported here: it is slow to import, and most users never need it.
    from scipy.optimize import brentq  # noqa: PLC0415

    critical = float(special.ndtri(0.5 + level / 2)) ** 2

    def excess(logarithm: float) -> float:
        return min(statistic(float(np.exp(logarithm))) - critical, 1e12)

    def limit(end: float, at_end: float) -> float:
        if estimate == at_end or excess(end) <= 0:
            return at_end
        return float(np.exp(brentq(excess, inside, end, xtol=1e-13)))

    # Where the estimate itself is 0 or infinite, a value so far out that it lies inside.
    inside = _FURTHEST / 2 if np.isinf(estimate) else -_FURTHEST / 2 if estimate == 0 else float(np.log(estimate))
    return limit(-_FURTHEST, 0.0), limit(_FURTHEST, float("inf"))


def _refuse_counts(*groups: tuple[int, int]) -> None:
    if any(not 0 <= x <= n for x, n in groups):
        raise CallError("A numerator must lie between 0 and its denominator.")

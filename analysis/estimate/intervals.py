"""Intervals for proportions and for the difference of two, from counts."""

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import special

from analysis.vocabulary.errors import CallError

Floats = NDArray[np.float64]


def wilson(numerator: ArrayLike, denominator: ArrayLike, *, level: float = 0.95) -> tuple[Floats, Floats]:
    """Wilson's score interval for a proportion.

    Parameters
    ----------
    numerator, denominator : array_like
        Counts; the denominator may be an effective number and need not be whole.
    level : float
        Confidence level.

    Returns
    -------
    low, high : ndarray
        Shares between 0 and 1; NaN where the denominator is 0.

    Raises
    ------
    CallError
        When a numerator lies outside 0 to its denominator.

    Notes
    -----
    With p = x/n and z the normal quantile: (p + z^2/2n -+ z sqrt(p(1-p)/n + z^2/4n^2)) / (1 + z^2/n).

    References
    ----------
    Wilson EB (1927), J Am Stat Assoc 22:209-212. Newcombe RG (1998), Stat Med 17:857-872.

    Examples
    --------
    >>> low, high = wilson(30, 47)
    >>> print(round(100 * float(low), 1), round(100 * float(high), 1))
    49.5 76.0
    """
    x, n = _counts(numerator, denominator)
    z = float(special.ndtri(0.5 + level / 2))
    with np.errstate(divide="ignore", invalid="ignore"):
        p = x / n
        middle = p + z**2 / (2 * n)
        spread = z * np.sqrt(p * (1 - p) / n + z**2 / (4 * n**2))
        low, high = (middle - spread) / (1 + z**2 / n), (middle + spread) / (1 + z**2 / n)
    # At 0 and at n the limits are exactly 0 and 1; rounding error must not show.
    low, high = np.where(x == 0, 0.0, low), np.where(x == n, 1.0, high)
    return np.where(n == 0, np.nan, low), np.where(n == 0, np.nan, high)


def clopper_pearson(numerator: ArrayLike, denominator: ArrayLike, *, level: float = 0.95) -> tuple[Floats, Floats]:
    """Clopper and Pearson's exact interval for a proportion.

    Parameters
    ----------
    numerator, denominator : array_like
        Counts.
    level : float
        Confidence level.

    Returns
    -------
    low, high : ndarray
        Shares between 0 and 1; NaN where the denominator is 0.

    Raises
    ------
    CallError
        When a numerator lies outside 0 to its denominator.

    References
    ----------
    Clopper CJ, Pearson ES (1934), Biometrika 26:404-413.

    Examples
    --------
    >>> low, high = clopper_pearson(0, 10)
    >>> print(float(low), round(float(high), 4))
    0.0 0.3085
    """
    x, n = _counts(numerator, denominator)
    alpha = 1 - level
    low = np.where(x == 0, 0.0, special.betaincinv(np.maximum(x, 1), n - x + 1, alpha / 2))
    high = np.where(x == n, 1.0, special.betaincinv(x + 1, np.maximum(n - x, 1), 1 - alpha / 2))
    return np.where(n == 0, np.nan, low), np.where(n == 0, np.nan, high)


def miettinen_nurminen(x1: int, n1: int, x2: int, n2: int, *, level: float = 0.95) -> tuple[float, float]:
    """Miettinen and Nurminen's score interval for the difference of two proportions, x1/n1 - x2/n2.

    Parameters
    ----------
    x1, n1, x2, n2 : int
        Counts and denominators of the two groups.
    level : float
        Confidence level.

    Returns
    -------
    low, high : float
        Differences between -1 and 1; NaN when a group is empty.

    Raises
    ------
    CallError
        When a numerator lies outside 0 to its denominator.

    Notes
    -----
    The limits are the differences d at which (p1 - p2 - d)^2 / V(d) equals the chi-squared quantile, where V(d) is the
    variance at the maximum-likelihood proportions restricted to that difference, times (n1+n2)/(n1+n2-1).

    References
    ----------
    Miettinen O, Nurminen M (1985), Stat Med 4:213-226.

    Examples
    --------
    ELEKT-D's difference in response, 55.4 % against 41.2 % (Anand 2023, N Engl J Med 388:2315):

    >>> low, high = miettinen_nurminen(108, 195, 70, 170)
    >>> print(round(100 * low, 1), round(100 * high, 1))
    3.9 24.2
    """
    for x, n in ((x1, n1), (x2, n2)):
        _counts(x, n)
    if 0 in (n1, n2):
        return float("nan"), float("nan")
    # Imported here: it is slow to import, and most users never need it.
    from scipy.optimize import brentq  # noqa: PLC0415

    critical = float(special.ndtri(0.5 + level / 2)) ** 2
    observed = x1 / n1 - x2 / n2

    def excess(difference: float) -> float:
        p1, p2 = _restricted(x1, n1, x2, n2, difference)
        variance = (p1 * (1 - p1) / n1 + p2 * (1 - p2) / n2) * (n1 + n2) / (n1 + n2 - 1)
        gap = (observed - difference) ** 2
        return gap / variance - critical if variance > 0 else (np.inf if gap > 0 else -critical)

    def limit(end: float) -> float:
        near_end = end * (1 - 1e-12)
        if abs(observed - end) < 1e-12 or excess(near_end) <= 0:
            return end
        return float(brentq(lambda d: min(excess(d), 1e12), observed, near_end, xtol=1e-12))

    return limit(-1.0), limit(1.0)


def newcombe(x1: int, n1: int, x2: int, n2: int, *, level: float = 0.95) -> tuple[float, float]:
    """Newcombe's hybrid score interval for the difference of two proportions, x1/n1 - x2/n2.

    Parameters
    ----------
    x1, n1, x2, n2 : int
        Counts and denominators of the two groups.
    level : float
        Confidence level.

    Returns
    -------
    low, high : float
        Differences between -1 and 1; NaN when a group is empty.

    Raises
    ------
    CallError
        When a numerator lies outside 0 to its denominator.

    References
    ----------
    Newcombe RG (1998), Stat Med 17:873-890, method 10.

    Examples
    --------
    >>> low, high = newcombe(91, 336, 60, 340)
    >>> print(round(100 * low, 1), round(100 * high, 1))
    3.2 15.6
    """
    if 0 in (n1, n2):
        return float("nan"), float("nan")
    (low1, high1), (low2, high2) = wilson(x1, n1, level=level), wilson(x2, n2, level=level)
    p1, p2 = x1 / n1, x2 / n2
    down = np.hypot(p1 - low1, high2 - p2)
    up = np.hypot(high1 - p1, p2 - low2)
    return float(p1 - p2 - down), float(p1 - p2 + up)


def _restricted(x1: int, n1: int, x2: int, n2: int, difference: float) -> tuple[float, float]:
    """Maximum-likelihood proportions that differ by exactly ``difference`` (closed form of the cubic)."""
    n = n1 + n2
    a = n
    b = (n1 + 2 * n2) * difference - n - x1 - x2
    c = (n2 * difference - n - 2 * x2) * difference + x1 + x2
    d = x2 * difference * (1 - difference)
    v = b**3 / (27 * a**3) - b * c / (6 * a**2) + d / (2 * a)
    u = np.copysign(np.sqrt(max(b**2 / (9 * a**2) - c / (3 * a), 0.0)), v)
    angle = (np.pi + np.arccos(np.clip(v / u**3, -1.0, 1.0) if u else 0.0)) / 3
    p2 = float(np.clip(2 * u * np.cos(angle) - b / (3 * a), max(0.0, -difference), min(1.0, 1 - difference)))
    return float(np.clip(p2 + difference, 0.0, 1.0)), p2


def _counts(numerator: Any, denominator: Any) -> tuple[Floats, Floats]:
    x, n = np.asarray(numerator, dtype="float64"), np.asarray(denominator, dtype="float64")
    if np.any(x < 0) or np.any(x > n):
        raise CallError("A numerator must lie between 0 and its denominator.")
    return x, n

"""The limits of a funnel plot: how far a group of a given size lies from the target by chance alone."""

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import stats

Numbers = NDArray[np.float64]

LIMITS = {"95": 0.95, "99_8": 0.998}
"""The limits that are drawn: about one group in twenty, and one in five hundred, lies outside by chance."""

WINSORISED_SHARE = 0.1
"""The share of the lowest and of the highest z values that are pulled in."""


def funnel_limits(
    denominator: ArrayLike, target: ArrayLike, *, level: float = 0.95, dispersion: float = 1.0
) -> tuple[Numbers, Numbers]:
    """Find between which rates a group lies when its true rate is the target.

    Parameters
    ----------
    denominator : array_like
        Whole numbers of people.
    target : array_like
        The rate that holds for all, or one for each group.
    level : float
        Probability of lying between the limits.
    dispersion : float
        The factor by which the variance exceeds that of chance, at least 1 (see `winsorised_dispersion`).

    Returns
    -------
    low, high : ndarray
        Shares between 0 and 1; NaN where the denominator is 0.

    Notes
    -----
    Exact binomial limits, interpolated so that they run smoothly: with r the smallest number for which F(r), the
    probability of at most r, is at least p, the lower limit is (r - a) / n with a = (F(r) - p) / (F(r) - F(r - 1)). The
    upper limit is the lower one of the people without the outcome, mirrored: it does not matter which of the two is
    counted, and a group lies outside exactly where so low a number, or so high a one, has a probability under p. (The
    paper interpolates both sides from below, which lets in numbers of a higher probability above.) With over-dispersion
    the distance from the target is multiplied by the square root of the factor, as that of normal limits is.

    References
    ----------
    Spiegelhalter DJ (2005), Stat Med 24:1185-1202.

    Examples
    --------
    >>> low, high = funnel_limits([20, 200], 0.4)
    >>> low.round(3), high.round(3)
    (array([0.163, 0.33 ]), array([0.644, 0.471]))
    """
    n = np.asarray(denominator, dtype="float64")
    p = np.broadcast_to(np.asarray(target, dtype="float64"), n.shape)
    outside = (1 - level) / 2
    low, high = _lower_limit(n, p, outside), 1 - _lower_limit(n, 1 - p, outside)
    low, high = (np.clip(p + np.sqrt(dispersion) * (limit - p), 0.0, 1.0) for limit in (low, high))
    return np.where(n > 0, low, np.nan), np.where(n > 0, high, np.nan)


def _lower_limit(n: Numbers, p: Numbers, outside: float) -> Numbers:
    r = np.maximum(stats.binom.ppf(outside, n, p), 0)
    reached, before = stats.binom.cdf(r, n, p), stats.binom.cdf(r - 1, n, p)
    with np.errstate(divide="ignore", invalid="ignore"):
        limit = (r - (reached - outside) / (reached - before)) / n
    # Where nobody or everybody has the outcome there is no chance, and no number below the first is any lower.
    return np.where((p > 0) & (p < 1), np.maximum(limit, 0.0), p)


def distance_in_errors(numerator: ArrayLike, denominator: ArrayLike, target: ArrayLike) -> Numbers:
    """Say how many standard errors a rate lies from the target.

    Parameters
    ----------
    numerator, denominator : array_like
        People with the outcome, and all.
    target : array_like
        The rate that is expected, for all groups or for each.

    Returns
    -------
    ndarray
        z = (x/n - t) / sqrt(t (1 - t) / n); NaN where nobody is counted or chance plays no part (t of 0 or 1).

    Examples
    --------
    >>> distance_in_errors([12], [20], 0.4).round(2)
    array([1.83])
    """
    x, n, t = (np.asarray(each, dtype="float64") for each in (numerator, denominator, target))
    with np.errstate(divide="ignore", invalid="ignore"):
        z = (x / n - t) / np.sqrt(t * (1 - t) / n)
    return np.where(np.isfinite(z), z, np.nan)


def winsorised_dispersion(z: ArrayLike) -> float:
    """Estimate by how much groups differ more than by chance, without letting the outermost groups decide it.

    Parameters
    ----------
    z : array_like
        Of each group, from `distance_in_errors`; those that are not known are left out.

    Returns
    -------
    float
        The mean of the squares of z, the lowest and highest tenth of which are set to the 10th and 90th percentile; at
        least 1, because groups that differ less than by chance are no reason for narrower limits.

    References
    ----------
    Spiegelhalter DJ (2005), Stat Med 24:1185-1202 (multiplicative over-dispersion, winsorised).

    Examples
    --------
    >>> round(winsorised_dispersion([-3, -2, -2, -1, 0, 0, 1, 2, 2, 3, 15]), 2)  # 15 is set to 3, -3 to -2
    3.64
    """
    known = np.asarray(z, dtype="float64")
    known = known[~np.isnan(known)]
    if not len(known):
        return 1.0
    low, high = np.quantile(known, [WINSORISED_SHARE, 1 - WINSORISED_SHARE])
    return max(1.0, float(np.mean(np.clip(known, low, high) ** 2)))

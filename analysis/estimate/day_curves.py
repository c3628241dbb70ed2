"""Curves over whole days from counts: Kaplan-Meier and Aalen-Johansen, with their variances and intervals.

Several curves are worked out together: arrays are curves x days, or curves x causes x days. What happens on one day is
in this order: events and competing events, then censoring. Nobody is counted by row, so a million people cost what a
hundred do.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.stats import norm

Numbers = NDArray[np.float64]
Counts = NDArray[np.int64]
LEVEL = 0.95
Z = float(norm.ppf((1 + LEVEL) / 2))


@dataclass(frozen=True, eq=False)
class DayCounts:
    """Who came, who left and how, by day.

    Attributes
    ----------
    entered : ndarray, curves x days
        People by the first day on which they are at risk. Who is followed from the start is at risk from day 0; who
        comes under observation at the end of day d, from day d + 1.
    exits : ndarray, curves x causes x days
        People by the day of the event (the first cause) or of a competing one.
    censored : ndarray, curves x days
        People by the last day on which they are at risk.
    """

    entered: Counts
    exits: Counts
    censored: Counts

    @property
    def at_risk(self) -> Counts:
        """People at risk on each day, before anything happens on it."""
        left = self.exits.sum(axis=1) + self.censored
        left_before = np.cumsum(left, axis=1) - left
        return np.asarray(np.cumsum(self.entered, axis=1) - left_before)


@dataclass(frozen=True, eq=False)
class DayCurves:
    """Shares by day, of all at the origin; variances of them.

    Attributes
    ----------
    at_risk : ndarray, curves x days
    free, free_variance : ndarray, curves x days
        Without any of the causes: Kaplan-Meier, and Greenwood's variance.
    happened, happened_variance : ndarray, curves x causes x days
        With each cause first: Aalen-Johansen, and its variance.
    """

    at_risk: Counts
    free: Numbers
    free_variance: Numbers
    happened: Numbers
    happened_variance: Numbers


def day_curves(counts: DayCounts) -> DayCurves:
    """Estimate the share without any cause and with each cause first, on every day.

    Parameters
    ----------
    counts : DayCounts

    Returns
    -------
    DayCurves
        Missing from the day on which nobody is at risk for the first time, if not everybody has had an event by then.

    Notes
    -----
    With Y at risk and d_k events of cause k, the hazards a_k = d_k / Y have the multinomial covariance
    (a_k [k = h] - a_k a_h) / Y. S = S (1 - a), F_k = F_k + S a_k carries it on from day to day (Aalen-Johansen with the
    Greenwood-type covariance; Andersen PK, Borgan O, Gill RD, Keiding N (1993), Statistical models based on counting
    processes, IV.4.1). For S it is Greenwood's formula, and with one cause F = 1 - S.

    Examples
    --------
    Four people: an event on day 1, one censored on day 1, an event on day 2, one who dies on day 3.

    >>> entered = np.array([[4, 0, 0, 0]])
    >>> exits = np.array([[[0, 1, 1, 0], [0, 0, 0, 1]]])
    >>> curves = day_curves(DayCounts(entered, exits, np.array([[0, 1, 0, 0]])))
    >>> curves.at_risk[0], curves.happened[0, 0], curves.free[0]
    (array([4, 4, 2, 1]), array([0.   , 0.25 , 0.625, 0.625]), array([1.   , 0.75 , 0.375, 0.   ]))
    """
    at_risk = counts.at_risk
    people = np.maximum(at_risk, 1)
    hazards = counts.exits / people[:, None, :]
    curves, causes, days = hazards.shape
    free, free_variance = np.ones((curves, days)), np.zeros((curves, days))
    happened, happened_variance = np.zeros(hazards.shape), np.zeros(hazards.shape)
    s, f = np.ones((curves, 1)), np.zeros((curves, causes))
    var_s, cov, var_f = np.zeros((curves, 1)), np.zeros((curves, causes)), np.zeros((curves, causes))
    busy = np.asarray(counts.exits.sum(axis=(0, 1)) > 0)
    for day in range(days):
        if busy[day]:
            a = hazards[:, :, day]
            all_a = a.sum(axis=1, keepdims=True)
            noise = s**2 / people[:, day, None]
            var_f = var_f + 2 * a * cov + a**2 * var_s + noise * a * (1 - a)
            cov = (1 - all_a) * (cov + a * var_s) - noise * a * (1 - all_a)
            var_s = (1 - all_a) ** 2 * var_s + noise * all_a * (1 - all_a)
            f = f + s * a
            # From counts, not from 1 - a: with everybody gone it is 0 and nothing else.
            s = s * ((people[:, day] - counts.exits[:, :, day].sum(axis=1)) / people[:, day])[:, None]
        free[:, day], free_variance[:, day] = s[:, 0], var_s[:, 0]
        happened[:, :, day], happened_variance[:, :, day] = f, var_f
    known = _known(at_risk, free)
    return DayCurves(
        at_risk,
        np.where(known, free, np.nan),
        np.where(known, free_variance, np.nan),
        np.where(known[:, None, :], happened, np.nan),
        np.where(known[:, None, :], happened_variance, np.nan),
    )


def _known(at_risk: Counts, free: Numbers) -> NDArray[np.bool_]:
    """Say on which days a curve is known: while anybody is at risk, and for good once everybody has had an event."""
    anybody = np.maximum.accumulate(at_risk[:, ::-1], axis=1)[:, ::-1] > 0
    return np.asarray(anybody | ((free == 0) & (at_risk.sum(axis=1, keepdims=True) > 0)))


def log_log_limits(free: Numbers, variance: Numbers) -> tuple[Numbers, Numbers]:
    """Give the limits of a share that is still free, on the scale of log(-log).

    Parameters
    ----------
    free, variance : ndarray
        A share and its variance. For the share with an event, give 1 - F: its limits are then 1 less these.

    Returns
    -------
    low, high : ndarray
        Missing where the share is 0 or 1: there the scale has no value.

    Notes
    -----
    free ** exp(+-z sqrt(variance) / (free log free)) (Kalbfleisch JD, Prentice RL (1980), The statistical analysis of
    failure time data).

    Examples
    --------
    >>> low, high = log_log_limits(np.array([0.75]), np.array([0.75 * 0.25 / 4]))
    >>> round(float(low[0]), 4), round(float(high[0]), 4)
    (0.1279, 0.9605)
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        inside = (free > 0) & (free < 1)
        share = np.where(inside, free, np.nan)
        step = Z * np.sqrt(np.maximum(variance, 0)) / (share * np.log(share))
        return share ** np.exp(-step), share ** np.exp(step)


def day_reached(happened: Numbers, share: float) -> float:
    """Find the first day on which a rising curve has reached a share.

    Parameters
    ----------
    happened : ndarray
        By day, rising; missing values are passed over.
    share : float

    Returns
    -------
    float
        The day; missing when it is not reached.

    Examples
    --------
    >>> day_reached(np.array([0.0, 0.25, 0.5, 0.75]), 0.5), day_reached(np.array([0.0, 0.25]), 0.5)
    (2.0, nan)
    """
    # Shares are quotients of counts: what is a half on paper may be a hair under it.
    reached = np.flatnonzero(happened >= share - 1e-9)
    return float(reached[0]) if len(reached) else np.nan


def area_with_error(counts: DayCounts, curve: int, until: int, *, cause: int | None = None) -> tuple[float, float]:
    """Give the area under a curve up to a day, with its standard error: a mean time restricted to these days.

    Parameters
    ----------
    counts : DayCounts
    curve : int
    until : int
        The area is from day 0 to this day.
    cause : int, optional
        The days lost to this cause; the days without any when left out.

    Returns
    -------
    area, standard_error : float
        In days.

    Notes
    -----
    The area is a smooth function of the hazards, whose covariance is multinomial (see `day_curves`); its standard error
    follows by its derivatives. Without a cause it is the restricted mean survival time with Greenwood's variance.

    Examples
    --------
    >>> counts = DayCounts(np.array([[2, 0, 0]]), np.array([[[0, 1, 0]]]), np.array([[0, 0, 1]]))
    >>> area_with_error(counts, 0, 2)
    (1.5, 0.3535533905932738)
    """
    at_risk = np.maximum(counts.at_risk[curve, :until], 1)
    hazards = counts.exits[curve, :, :until] / at_risk
    going_on = (at_risk - counts.exits[curve, :, :until].sum(axis=0)) / at_risk
    after = np.cumprod(going_on)
    before = np.concatenate([[1.0], after[:-1]])
    if cause is None:
        pieces, own = after, np.zeros(len(after))
    else:
        own = before * (until - np.arange(len(after)))
        pieces = own * hazards[cause]
    area = float(pieces.sum())
    # What a day's hazard changes of all that comes after it (and, of the days without, of the day itself).
    later = np.cumsum(pieces[::-1])[::-1] - (0 if cause is None else pieces)
    with np.errstate(divide="ignore", invalid="ignore"):
        lost = np.where(going_on > 0, later / going_on, 0.0)
    derivative = np.repeat(-lost[None, :], len(hazards), axis=0)
    if cause is not None:
        derivative[cause] += own
    spread = (derivative**2 * hazards).sum(axis=0) - (derivative * hazards).sum(axis=0) ** 2
    return area, float(np.sqrt(max(0.0, float((spread / at_risk).sum()))))

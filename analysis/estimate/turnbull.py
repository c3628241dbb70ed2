"""Turnbull's estimator: the share with an event by each day when each is only known to lie in an interval.

What is counted are the people of each interval (after, up to]; as days are whole there are few of them however many
people there are.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import isotonic_regression

from analysis.estimate.day_curves import Numbers
from analysis.vocabulary.errors import CallError

Places = NDArray[np.intp]
MOST_ROUNDS = 2000
ROUNDS_TO_NEWTON = 5
GAP = 1e-10


@dataclass(frozen=True, eq=False)
class Turnbull:
    """The estimate.

    Attributes
    ----------
    left, right : ndarray
        Where the probability lies: in the intervals (left, right], and nowhere else. Where within them is not known:
        between them the curve is unique, inside them any rising line is as likely. The last right may be infinite.
    share : ndarray
        The probability of each.
    log_likelihood : float
    gap : float
        The log-likelihood is at most this much, for each person, under the highest that any curve has.
    """

    left: Numbers
    right: Numbers
    share: Numbers
    log_likelihood: float
    gap: float

    def happened_by(self, days: Numbers) -> tuple[Numbers, Numbers]:
        """Give the least and the most that the share with the event by some days can be.

        The two differ inside the intervals in which the probability lies.
        """
        by_right = np.searchsorted(self.right, days, side="right")
        by_left = np.searchsorted(self.left, days, side="left")
        so_far = np.concatenate([[0.0], np.cumsum(self.share)])
        return so_far[by_right], so_far[by_left]


@dataclass(frozen=True, eq=False)
class Covered:
    """Which of the innermost intervals each kind of observation covers: from ``first`` up to, not with, ``end``."""

    left: Numbers
    right: Numbers
    first: Places
    end: Places
    people: Numbers


def innermost_intervals(after: Numbers, up_to: Numbers) -> tuple[Numbers, Numbers]:
    """Find the intervals in which the probability can lie: a left end that is followed at once by a right end.

    Parameters
    ----------
    after, up_to : ndarray
        The intervals (after, up_to] of the observations; infinite where the event was not seen.

    Returns
    -------
    left, right : ndarray

    Notes
    -----
    Turnbull BW (1976), J R Stat Soc B 38:290-295.

    Examples
    --------
    >>> innermost_intervals(np.array([0.0, 5.0, 6.0]), np.array([7.0, 8.0, 10.0]))
    (array([6.]), array([7.]))
    """
    ends = np.unique(np.concatenate([2 * after + 1, 2 * up_to]))  # at one day a right end, closed, comes first
    is_left = np.mod(np.where(np.isinf(ends), 0, ends), 2) == 1
    found = np.flatnonzero(is_left[:-1] & ~is_left[1:])
    return (ends[found] - 1) / 2, ends[found + 1] / 2


def turnbull(after: Numbers, up_to: Numbers, people: Numbers) -> Turnbull:
    """Estimate the distribution of a time that is only known by intervals, by maximum likelihood without a form.

    Parameters
    ----------
    after, up_to : ndarray
        Whole days: the event lies in (after, up_to]; ``up_to`` is infinite where it was not seen.
    people : ndarray
        How many have this interval.

    Returns
    -------
    Turnbull

    Raises
    ------
    CallError
        When nobody is counted, or an interval ends before it begins.

    Notes
    -----
    Each round is a step of Turnbull's self-consistency and one of the iterative convex minorant (Wellner JA, Zhan Y
    (1997), J Am Stat Assoc 92:945-959); now and then a full Newton step is taken among the intervals that have a share,
    which near the maximum is all that remains to do. It ends when the gradient proves how near the maximum is
    (Gentleman R, Geyer CJ (1994), Biometrika 81:618-623).

    Examples
    --------
    >>> found = turnbull(np.array([0.0, 2.0, 4.0]), np.array([3.0, 5.0, np.inf]), np.array([1.0, 1.0, 2.0]))
    >>> found.left, found.right, found.share.round(6)
    (array([2., 4.]), array([3., 5.]), array([0.333333, 0.666667]))
    """
    covered = _covered(np.asarray(after, float), np.asarray(up_to, float), np.asarray(people, float))
    total = float(covered.people.sum())
    share = np.full(len(covered.left), 1 / len(covered.left))
    best = (np.inf, share)
    for turn in range(MOST_ROUNDS):
        gradient = _gradient(covered, share)
        gap = float(gradient.max() / total - 1)
        if gap < best[0]:
            best = (gap, share)
        if gap < GAP:
            break
        share = share * gradient / total
        share = _convex_minorant_step(covered, share / share.sum())
        if turn % ROUNDS_TO_NEWTON == ROUNDS_TO_NEWTON - 1:
            share = _newton_step(covered, share)
    gap, share = best
    return Turnbull(covered.left, covered.right, share, _log_likelihood(covered, share), max(gap, 0.0))


def _covered(after: Numbers, up_to: Numbers, people: Numbers) -> Covered:
    after, up_to, people = after[people > 0], up_to[people > 0], people[people > 0]
    if not len(people):
        raise CallError("interval: nobody is counted, so there is nothing to estimate.")
    if (after >= up_to).any():
        raise CallError("interval: an event must lie after the left end and up to the right end of its interval.")
    left, right = innermost_intervals(after, up_to)
    first, end = np.searchsorted(left, after, side="left"), np.searchsorted(right, up_to, side="right")
    kinds, which = np.unique(first * (len(left) + 1) + end, return_inverse=True)
    counted = np.bincount(which, weights=people)
    return Covered(left, right, kinds // (len(left) + 1), kinds % (len(left) + 1), np.asarray(counted, float))


def _observed(covered: Covered, happened: Numbers) -> Numbers:
    return happened[covered.end] - happened[covered.first]


def _log_likelihood(covered: Covered, share: Numbers) -> float:
    return _fit(covered, np.concatenate([[0.0], np.cumsum(share)]))


def _fit(covered: Covered, happened: Numbers) -> float:
    seen = _observed(covered, happened)
    return float(covered.people @ np.log(seen)) if (seen > 0).all() else -np.inf


def _gradient(covered: Covered, share: Numbers) -> Numbers:
    """Give for each interval the sum of people over the probability of what was seen, of those who cover it."""
    happened = np.concatenate([[0.0], np.cumsum(share)])
    pull = covered.people / _observed(covered, happened)
    places = len(share) + 1
    begins = np.bincount(covered.first, weights=pull, minlength=places)
    ends = np.bincount(covered.end, weights=pull, minlength=places)
    return np.cumsum(begins - ends)[:-1]


def _convex_minorant_step(covered: Covered, share: Numbers) -> Numbers:
    """Take a Newton step with the diagonal of the second derivative, kept rising by isotonic regression."""
    happened = np.concatenate([[0.0], np.cumsum(share)])
    happened[-1] = 1.0
    places = len(happened)
    seen = _observed(covered, happened)
    pull, curve = covered.people / seen, covered.people / seen**2
    slope = np.bincount(covered.end, pull, places) - np.bincount(covered.first, pull, places)
    bend = np.bincount(covered.end, curve, places) + np.bincount(covered.first, curve, places)
    inner = slice(1, places - 1)
    weights = np.maximum(bend[inner], 1e-12)
    if not weights.size:
        return share
    aim = np.clip(isotonic_regression(happened[inner] + slope[inner] / weights, weights=weights).x, 0.0, 1.0)
    fit, step = _fit(covered, happened), 1.0
    while step > 1e-10:
        trial = happened.copy()
        trial[inner] += step * (aim - happened[inner])
        if _fit(covered, trial) >= fit:
            return np.diff(trial)
        step /= 2
    return share


def _newton_step(covered: Covered, share: Numbers) -> Numbers:
    """Take a full Newton step among the intervals with a share, as far as none falls under 0."""
    filled = np.flatnonzero(share > 0)
    if len(filled) < 2:
        return share
    level = np.searchsorted(filled, np.arange(len(share) + 1))  # how many shares lie before each place
    low, high, levels = level[covered.first], level[covered.end], len(filled) + 1
    part = share[filled]
    heights = np.concatenate([[0.0], np.cumsum(part)])
    seen = heights[high] - heights[low]
    pull, curve = covered.people / seen, covered.people / seen**2
    slope = np.bincount(high, pull, levels) - np.bincount(low, pull, levels)
    across = np.bincount(low * levels + high, curve, levels * levels).reshape(levels, levels)
    bend = np.diag(across.sum(axis=0) + across.sum(axis=1)) - across - across.T
    inner = slice(1, levels - 1)
    try:
        move = np.linalg.solve(bend[inner, inner], slope[inner])
    except np.linalg.LinAlgError:
        return share  # a ridge: other steps go on
    change = np.diff(np.concatenate([[0.0], move, [0.0]]))
    falling = change < 0
    step = min(1.0, float((part[falling] / -change[falling]).min())) if falling.any() else 1.0
    fit = _log_likelihood(covered, share)
    while step > 1e-10:
        trial = np.zeros_like(share)
        moved = np.maximum(part + step * change, 0.0)
        trial[filled] = moved / moved.sum()
        if _log_likelihood(covered, trial) >= fit:
            return trial
        step /= 2
    return share

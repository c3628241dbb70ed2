"""Weibull and log-normal fits, and a test of groups, for times that are only known to lie in intervals."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.special import ndtr
from scipy.stats import chi2, norm

from analysis.estimate.curve_tests import CurveTest
from analysis.estimate.day_curves import Numbers, Z
from analysis.estimate.turnbull import turnbull

DISTRIBUTIONS = ("Weibull", "log-normal")
MOST_STEPS = 100
_NAN = float("nan")


@dataclass(frozen=True)
class IntervalFit:
    """A fitted distribution: log T = location + scale * W, W extreme-value (Weibull) or normal.

    ``covariance`` is of the location and the logarithm of the scale. ``status`` is ``ok`` or ``undefined``: nobody has
    had the event, or the intervals do not tell location and scale apart.
    """

    distribution: str
    location: float
    scale: float
    covariance: tuple[tuple[float, float], tuple[float, float]]
    log_likelihood: float
    status: str

    def quantile(self, share: float) -> tuple[float, float, float]:
        """Give the time by which a share has had the event, with its limits (normal on the logarithm, 95 %)."""
        if self.status != "ok":
            return _NAN, _NAN, _NAN
        at = float(np.log(-np.log1p(-share))) if self.distribution == "Weibull" else float(norm.ppf(share))
        slope = np.array([1.0, self.scale * at])
        error = float(np.sqrt(slope @ np.array(self.covariance) @ slope))
        middle = self.location + self.scale * at
        low, high = middle - Z * error, middle + Z * error
        return float(np.exp(middle)), float(np.exp(low)), float(np.exp(high))


def fit_intervals(after: Numbers, up_to: Numbers, people: Numbers, *, distribution: str) -> IntervalFit:
    """Fit a distribution to interval-censored times by maximum likelihood.

    Parameters
    ----------
    after, up_to : ndarray
        The event lies in (after, up_to]; ``up_to`` is infinite where it was not seen. Who has had it on day 0 is taken
        to have had it within half a day: these distributions begin after 0.
    people : ndarray
    distribution : {"Weibull", "log-normal"}

    Returns
    -------
    IntervalFit

    Notes
    -----
    Newton's method with the analytic second derivatives of the sum of people * log(F(up_to) - F(after)), halving steps.
    It is what ``survreg`` of the R package survival fits to ``Surv(after, up_to, type = "interval2")``.

    Examples
    --------
    >>> fit = fit_intervals(
    ...     np.array([0.0, 5.0, 10.0, 20.0]), np.array([5.0, 10.0, 20.0, np.inf]), np.array([4.0, 3.0, 2.0, 3.0]),
    ...     distribution="Weibull",
    ... )
    >>> fit.status, round(fit.quantile(0.5)[0], 1)
    ('ok', 8.7)
    """
    late = np.where(up_to <= 0, 0.5, up_to)
    early = np.maximum(after, 0.0)
    # Who was never seen again tells nothing.
    told = (people > 0) & ~((early <= 0) & np.isinf(late))
    early, late, people = early[told], late[told], people[told]
    if not np.isfinite(late).any():
        return _undefined(distribution)
    with np.errstate(divide="ignore"):
        ends = np.log(early), np.log(late)
    middle = np.log(np.where(np.isinf(late), 1.5 * early + 1, (early + late) / 2))
    location = float(np.average(middle, weights=people))
    spread = float(np.sqrt(np.average((middle - location) ** 2, weights=people)))
    found = _newton(ends, people, np.array([location, np.log(max(spread, 0.1))]), distribution)
    if found is None:
        return _undefined(distribution)
    at, value, bend = found
    covariance = np.linalg.inv(-bend)
    rows = tuple((float(row[0]), float(row[1])) for row in covariance)
    return IntervalFit(distribution, float(at[0]), float(np.exp(at[1])), (rows[0], rows[1]), value, "ok")


def _undefined(distribution: str) -> IntervalFit:
    return IntervalFit(distribution, _NAN, _NAN, ((_NAN, _NAN), (_NAN, _NAN)), _NAN, "undefined")


def _newton(
    ends: tuple[Numbers, Numbers], people: Numbers, at: Numbers, distribution: str
) -> tuple[Numbers, float, Numbers] | None:
    value, slope, bend = _derivatives(ends, people, at, distribution)
    for _ in range(MOST_STEPS):
        roots = np.linalg.eigvalsh(bend)
        # Away from the maximum the likelihood need not bend down: then go uphill, by a step of bounded length.
        move = np.linalg.solve(-bend, slope) if (roots < 0).all() else slope / max(1.0, float(np.abs(slope).max()))
        move = move / max(1.0, float(np.abs(move).max()) / 2)
        step = 1.0
        while step > 1e-12:
            trial = _derivatives(ends, people, at + step * move, distribution)
            if np.isfinite(trial[0]) and trial[0] >= value:
                break
            step /= 2
        else:
            break
        at, (value, slope, bend) = at + step * move, trial
        if at[1] < -12 or abs(at[0]) > 60:
            return None  # all the weight runs to one point or away: no maximum
        if float(np.abs(step * move).max()) < 1e-12:
            break
    # Flat to rounding in some direction: the intervals do not tell location and scale apart.
    bends = (np.linalg.eigvalsh(bend) < -1e-8 * people.sum()).all()
    is_maximum = bends and float(np.abs(slope).max()) < 1e-6 * max(1.0, people.sum())
    return (at, value, bend) if is_maximum else None


def _derivatives(
    ends: tuple[Numbers, Numbers], people: Numbers, at: Numbers, distribution: str
) -> tuple[float, Numbers, Numbers]:
    """Give the log-likelihood with its first and second derivatives by location and log scale."""
    scale = float(np.exp(at[1]))
    low, high = ((end - at[0]) / scale for end in ends)
    seen = _probability(low, high, distribution)
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        value = float(people @ np.log(seen))
        if not np.isfinite(value):
            return -np.inf, np.zeros(2), -np.eye(2)
        powers = [_density_moments(end, distribution) for end in (low, high)]
        d0, d1, e0, e1, e2 = ((b - a) / seen for a, b in zip(*powers, strict=True))
    slope = np.array([people @ (-d0 / scale), people @ -d1])
    twice = people @ (e0 - d0**2) / scale**2
    mixed = people @ (d0 + e1 - d0 * d1) / scale
    other = people @ (e2 + d1 - d1**2)
    return value, slope, np.array([[twice, mixed], [mixed, other]])


def _probability(low: Numbers, high: Numbers, distribution: str) -> Numbers:
    with np.errstate(over="ignore", invalid="ignore"):
        if distribution == "Weibull":
            gone = np.exp(np.minimum(low, 700))
            return np.asarray(np.exp(-gone) * -np.expm1(gone - np.exp(np.minimum(high, 700))))
        # On the side where the two are small, so that their difference keeps its digits.
        return np.asarray(np.where(low > 0, ndtr(-low) - ndtr(-high), ndtr(high) - ndtr(low)))


def _density_moments(z: Numbers, distribution: str) -> tuple[Numbers, ...]:
    """Give f, f z, and f', f' z, f' z^2 of the standard density; all are 0 at both ends."""
    bounded = np.clip(np.where(np.isfinite(z), z, 0.0), -700, 700)
    if distribution == "Weibull":
        grown = np.exp(np.minimum(bounded, 30.0))
        density = np.exp(np.minimum(bounded, 30.0) - grown)
        change = density * (1 - grown)
    else:
        density = np.exp(-(bounded**2) / 2) / np.sqrt(2 * np.pi)
        change = -bounded * density
    inside = np.isfinite(z)
    parts = (density, density * bounded, change, change * bounded, change * bounded**2)
    return tuple(np.where(inside, part, 0.0) for part in parts)


def interval_log_rank(groups: Sequence[tuple[Numbers, Numbers, Numbers]]) -> CurveTest:
    """Test whether groups have the same distribution, of times known by intervals.

    Parameters
    ----------
    groups : sequence of (after, up_to, people)
        As for `turnbull`.

    Returns
    -------
    CurveTest

    Notes
    -----
    The log-rank test with Sun's scores from Turnbull's estimate of all together (Sun J (1996), Stat Med 15:1387-1395),
    in its permutation form (Fay MP, Shaw PA (2010), J Stat Softw 36(2)): a person's score is
    (S(up_to) A(up_to) - S(after) A(after)) / (S(after) - S(up_to)), S the share without the event and A its summed
    hazard; the sums of scores by group have the covariance of drawing the groups at random. It holds where the
    groups are assessed by the same schedule; where one is seen more often, a difference may come from that alone.

    Examples
    --------
    >>> early = (np.array([0.0, 2.0]), np.array([2.0, 4.0]), np.array([8.0, 5.0]))
    >>> late = (np.array([2.0, 4.0]), np.array([4.0, np.inf]), np.array([6.0, 9.0]))
    >>> interval_log_rank([early, late]).p_value < 0.001
    True
    """
    sizes = np.array([people.sum() for _, _, people in groups], dtype=float)
    total = float(sizes.sum())
    if (sizes > 0).sum() < 2 or not any(np.isfinite(up_to[people > 0]).any() for _, up_to, people in groups):
        return CurveTest(_NAN, max(0, int((sizes > 0).sum()) - 1), _NAN, "undefined")
    after, up_to, people = (np.concatenate(parts) for parts in zip(*groups, strict=True))
    pooled = turnbull(after, up_to, people)
    free = np.maximum(1 - np.concatenate([[0.0], np.cumsum(pooled.share)]), 0.0)
    free[-1] = 0.0
    hazard = np.concatenate([[0.0], np.cumsum(pooled.share / np.maximum(free[:-1], 1e-300))])
    weighted = free * hazard
    sums, squares = np.zeros(len(groups)), 0.0
    for place, (begin, end, count) in enumerate(groups):
        first = np.searchsorted(pooled.left, begin, side="left")
        last = np.searchsorted(pooled.right, end, side="right")
        score = (weighted[last] - weighted[first]) / (free[first] - free[last])
        sums[place] = count @ score
        squares += float(count @ score**2)
    mean = float(sums.sum()) / total
    there = np.flatnonzero(sizes > 0)
    spread = (squares - total * mean**2) / (total - 1) if total > 1 else 0.0
    if spread <= 0:
        return CurveTest(_NAN, len(there) - 1, _NAN, "undefined")
    # Of drawing at random: the sum over groups of (sum - expected)^2 / size, over the spread of the scores.
    away = sums[there] - sizes[there] * mean
    statistic = float((away**2 / sizes[there]).sum() / spread)
    return CurveTest(statistic, len(there) - 1, float(chi2.sf(statistic, len(there) - 1)), "ok")

"""Tests of whether groups differ in time to an event, from counts by day: log-rank, also stratified, and Gray's."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.stats import chi2

from analysis.estimate.day_curves import DayCounts, Numbers, day_curves


@dataclass(frozen=True)
class CurveTest:
    """A test of k groups: chi-square, its degrees of freedom, and the probability under no difference.

    ``status`` is ``ok``, or ``undefined`` when fewer than two groups have anybody at risk while events happen.
    """

    statistic: float
    df: int
    p_value: float
    status: str


@dataclass(frozen=True, eq=False)
class Score:
    """What a test adds up over strata: each group's observed less expected events, and their covariance."""

    difference: Numbers
    covariance: Numbers


def log_rank(strata: Sequence[DayCounts]) -> CurveTest:
    """Test whether groups have the same hazard of the event; competing events count as censored.

    Parameters
    ----------
    strata : sequence of DayCounts
        The groups as curves, in the same order in each stratum; one stratum for the plain test.

    Returns
    -------
    CurveTest

    Notes
    -----
    Mantel-Haenszel over days and strata, with the hypergeometric variance (Mantel N (1966), Cancer Chemother Rep
    50:163-170; Peto R, Peto J (1972), J R Stat Soc A 135:185-207).

    Examples
    --------
    >>> entered = np.array([[6, 0, 0, 0], [6, 0, 0, 0]])
    >>> exits = np.array([[[0, 3, 2, 1]], [[0, 1, 1, 1]]])
    >>> found = log_rank([DayCounts(entered, exits, np.array([[0, 0, 0, 0], [0, 0, 0, 3]]))])
    >>> round(found.statistic, 4), found.df, round(found.p_value, 4)
    (4.1685, 1, 0.0412)
    """
    return _tested([_log_rank_score(counts) for counts in strata])


def _log_rank_score(counts: DayCounts) -> Score:
    at_risk, events = counts.at_risk.astype("float64"), counts.exits[:, 0].astype("float64")
    all_at_risk, all_events = at_risk.sum(axis=0), events.sum(axis=0)
    days = (all_events > 0) & (all_at_risk > 0)
    share = at_risk[:, days] / all_at_risk[days]
    n, d = all_at_risk[days], all_events[days]
    spread = np.where(n > 1, d * (n - d) / np.maximum(n - 1, 1), 0)
    covariance = np.diag((share * spread).sum(axis=1)) - (share * spread) @ share.T
    return Score(events.sum(axis=1) - (share * d).sum(axis=1), covariance)


def gray(strata: Sequence[DayCounts]) -> CurveTest:
    """Test whether groups have the same cumulative incidence of the event, with others competing.

    Parameters
    ----------
    strata : sequence of DayCounts
        As for `log_rank`; nobody enters late.

    Returns
    -------
    CurveTest

    Notes
    -----
    Gray RJ (1988), Ann Stat 16:1141-1154, with equal weights at all times, and the correction of its variance for ties
    that the author's program (the R package cmprsk) makes.

    Examples
    --------
    >>> entered = np.array([[6, 0, 0, 0], [6, 0, 0, 0]])
    >>> exits = np.array([[[0, 3, 1, 1], [0, 0, 1, 0]], [[0, 1, 1, 0], [0, 1, 0, 1]]])
    >>> found = gray([DayCounts(entered, exits, np.array([[0, 0, 0, 0], [0, 0, 0, 2]]))])
    >>> found.df, found.status
    (1, 'ok')
    """
    return _tested([_gray_score(counts) for counts in strata])


def _gray_score(counts: DayCounts) -> Score:
    curves = day_curves(counts)
    busy = counts.exits.any(axis=(0, 1))
    at_risk = counts.at_risk[:, busy].astype("float64")
    events = counts.exits[:, 0, busy].astype("float64")
    others = counts.exits[:, 1:, :][:, :, busy].sum(axis=1).astype("float64")
    # A group of which nobody is left stays where it was; it no longer counts, as its weights are 0.
    free = _held(curves.free)[:, busy]
    happened = _held(curves.happened[:, 0])[:, busy]
    before, happened_before = _just_before(free, 1.0), _just_before(happened, 0.0)
    present = at_risk > 0
    with np.errstate(divide="ignore", invalid="ignore"):
        # At risk, had nobody left by a competing event; and those of them who have not had the event.
        scaled = np.where(present, at_risk / before, 0.0)
    weights = scaled * (1 - happened_before)
    all_scaled, all_weights, all_events = scaled.sum(axis=0), weights.sum(axis=0), events.sum(axis=0)
    jumps = np.divide(all_events, all_scaled, out=np.zeros_like(all_events), where=all_scaled > 0)
    pooled = np.cumsum(jumps)
    pooled_before = pooled - jumps
    expected = np.divide(weights * all_events, all_weights, out=np.zeros_like(weights), where=all_weights > 0)
    difference = (events - expected).sum(axis=1)
    return Score(difference, _gray_covariance(at_risk, (events, others), scaled, (free, before, pooled, pooled_before)))


def _gray_covariance(
    at_risk: Numbers,
    causes: tuple[Numbers, Numbers],
    scaled: Numbers,
    curves: tuple[Numbers, Numbers, Numbers, Numbers],
) -> Numbers:
    """Add up the covariance over groups and days; what a group's curves do later carries over to the end."""
    events, others = causes
    free, before, pooled, pooled_before = curves
    groups = len(at_risk)
    total, all_events = scaled.sum(axis=0), events.sum(axis=0)
    share = np.divide(scaled, total, out=np.zeros_like(scaled), where=total > 0)
    # a: groups x groups x days; what a change in group k's incidence does to the difference of group i on that day.
    a = -scaled[:, None, :] * share[None, :, :]
    for i in range(groups):
        a[i, i] += scaled[i]
    left = np.divide(all_events, total * (1 - pooled_before), out=np.zeros_like(total), where=total > 0)
    so_far = np.cumsum(a * left, axis=2)
    to_come = so_far[:, :, -1:] - so_far if so_far.shape[2] else so_far
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = np.where(free > 0, (1 - pooled) / free, 0.0)
        tied = np.where(all_events > 1, 1 - (all_events - 1) / (total * before - 1), 1.0)
        own = np.where(at_risk > 0, tied * before * all_events / (total * at_risk), 0.0)
        tied_others = np.where(others > 1, 1 - (others - 1) / (at_risk - 1), 1.0)
        other = np.where((free > 0) & (others > 0), tied_others * before**2 * others / at_risk**2, 0.0)
    by_event = a + (1 - ratio) * to_come
    by_other = ratio * to_come
    return np.asarray(
        np.einsum("ikt,jkt,kt->ij", by_event, by_event, np.nan_to_num(own))
        + np.einsum("ikt,jkt,kt->ij", by_other, by_other, other)
    )


def _held(curve: Numbers) -> Numbers:
    """Carry the last known value on, to where nobody is at risk any more."""
    known = np.maximum.accumulate(np.where(np.isnan(curve), 0, np.arange(curve.shape[1])), axis=1)
    return np.asarray(np.nan_to_num(np.take_along_axis(curve, known, axis=1)))


def _just_before(curve: Numbers, at_first: float) -> Numbers:
    first = np.full((len(curve), 1), at_first)
    return np.concatenate([first, curve[:, :-1]], axis=1) if curve.shape[1] else curve


def _tested(scores: Sequence[Score]) -> CurveTest:
    difference = np.sum([score.difference for score in scores], axis=0)
    covariance = np.sum([score.covariance for score in scores], axis=0)
    # A group that is never at risk while events happen has nothing to compare.
    there = np.flatnonzero(np.diag(covariance) > 0)
    if len(there) < 2:
        return CurveTest(np.nan, max(0, len(there) - 1), np.nan, "undefined")
    kept = there[:-1]  # the differences of all add up to 0
    part = covariance[np.ix_(kept, kept)]
    statistic = float(difference[kept] @ np.linalg.pinv(part, hermitian=True) @ difference[kept])
    return CurveTest(statistic, len(kept), float(chi2.sf(statistic, len(kept))), "ok")

"""Centre and limits of p, XmR, g and run charts: what no change looks like, and the signs of change."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

Numbers = NDArray[np.float64]

LOCK_AFTER = 12
"""So many points make the limits, which then stay; with fewer a run chart has a median and no limits."""

XMR_FACTOR, RANGE_FACTOR = 2.66, 3.267
_PASSED_BY_CHANCE = 0.00135
_RUN_RULES = (6, 5)
_SHEWHART_RULES = (7, 7)

OUTSIDE, SHIFT, TREND, NEAR = (
    "outside the limits",
    "{} in a row {} the centre",
    "{} in a row {}",
    "2 of 3 near the {} limit",
)
RULES = {
    "p": "a point outside the limits; 7 points in a row on one side of the centre; 7 in a row rising or falling; "
    "2 of 3 in the outer third towards one limit",
    "g": "a point above the limit; 7 points in a row on one side of the centre",
    "run": "6 points in a row on one side of the median (points on it are passed over); 5 in a row rising or "
    "falling (equal points are passed over)",
}
RULES["XmR"] = RULES["p"]


@dataclass(frozen=True)
class ControlLimits:
    """The centre, and the limits of each point; ``ranges`` are the moving ranges of an XmR chart, else missing."""

    centre: float
    lower: Numbers
    upper: Numbers
    ranges: Numbers


def p_limits(numerator: ArrayLike, denominator: ArrayLike, *, baseline: int = LOCK_AFTER) -> ControlLimits:
    """Limits of a p-chart: shares of changing numbers of people.

    Parameters
    ----------
    numerator, denominator : array_like
        Counts of each point; nobody in none of them.
    baseline : int
        The first so many points make the centre.

    Returns
    -------
    ControlLimits

    Notes
    -----
    Centre c = sum of numerators / sum of denominators of the baseline; limits c -+ 3 sqrt(c (1 - c) / n), between 0 and
    1. With thousands of people in each month the limits are narrower than months differ anyhow: an XmR chart then takes
    that from the months themselves.

    References
    ----------
    NIST/SEMATECH e-Handbook of Statistical Methods, 6.3.3.2.

    Examples
    --------
    >>> limits = p_limits([40, 44, 22, 34, 24, 32, 28, 32, 34, 30], [200] * 10)
    >>> print(round(limits.centre, 2), limits.lower[0].round(4), limits.upper[0].round(4))
    0.16 0.0822 0.2378
    """
    x, n = (np.asarray(each, dtype="float64") for each in (numerator, denominator))
    centre = float(x[:baseline].sum() / n[:baseline].sum())
    reach = 3 * np.sqrt(centre * (1 - centre) / n)
    lower, upper = np.maximum(centre - reach, 0.0), np.minimum(centre + reach, 1.0)
    return ControlLimits(centre, lower, upper, np.full(len(n), np.nan))


def xmr_limits(values: ArrayLike, *, baseline: int = LOCK_AFTER) -> ControlLimits:
    """Limits of an XmR chart: single values, whose spread is taken from how much neighbours differ.

    Parameters
    ----------
    values : array_like
    baseline : int
        The first so many points make the centre and the limits.

    Returns
    -------
    ControlLimits

    Notes
    -----
    Centre = mean of the baseline; natural process limits = centre -+ 2.66 x mean moving range of the baseline. No
    moving range is left out as outlying (Nelson 1982 would leave out those above 3.5 times the mean).

    References
    ----------
    Wheeler DJ (2000), Understanding Variation, 2nd ed. Montgomery DC, Runger GC, Applied Statistics and Probability for
    Engineers, section 16-6.

    Examples
    --------
    >>> limits = xmr_limits([10, 12, 11, 13], baseline=4)
    >>> print(limits.centre, round(limits.upper[0], 2))
    11.5 15.93
    """
    x = np.asarray(values, dtype="float64")
    ranges = np.abs(np.diff(x, prepend=np.nan))
    centre = float(x[:baseline].mean())
    reach = XMR_FACTOR * float(ranges[1:baseline].mean()) if len(x) > 1 else float("nan")
    return ControlLimits(centre, np.full(len(x), centre - reach), np.full(len(x), centre + reach), ranges)


def g_limits(gaps: ArrayLike, *, baseline: int = LOCK_AFTER) -> ControlLimits:
    """Limits of a g-chart: how many people without it lie between two with it.

    Parameters
    ----------
    gaps : array_like
        Whole numbers.
    baseline : int
        The first so many gaps make the centre and the limits.

    Returns
    -------
    ControlLimits
        ``lower`` is 0: no gap is too short.

    Notes
    -----
    With g the mean gap of the baseline and q = g / (g + 1) a gap of k or more has the probability q^k. The upper limit
    is where that is 0.00135, as outside three standard deviations of a normal distribution: log(0.00135) / log(q). (The
    older limit g + 3 sqrt(g (g + 1)) is passed by chance more than ten times as often.) Most gaps are shorter than
    their mean, so the centre, by which runs are judged, is the median, log(1/2) / log(q) - 1/2, at least 0.

    References
    ----------
    Kaminsky FC and others (1992), J Qual Technol 24:63-69. Benneyan JC (2001), Health Care Manag Sci 4:305-318.

    Examples
    --------
    >>> limits = g_limits([4, 0, 9, 3], baseline=4)
    >>> print(round(limits.centre, 2), limits.upper[0].round(2))
    2.61 29.61
    """
    x = np.asarray(gaps, dtype="float64")
    mean = float(x[:baseline].mean())
    each_passes = np.log(mean / (mean + 1)) if mean > 0 else -np.inf
    centre = max(0.0, float(np.log(0.5) / each_passes) - 0.5)
    upper = float(np.log(_PASSED_BY_CHANCE) / each_passes)
    return ControlLimits(centre, np.zeros(len(x)), np.full(len(x), upper), np.full(len(x), np.nan))


def run_limits(values: ArrayLike) -> ControlLimits:
    """Return the median of a run chart; it has no limits.

    Parameters
    ----------
    values : array_like

    Returns
    -------
    ControlLimits

    Examples
    --------
    >>> run_limits([3, 1, 2]).centre
    2.0
    """
    x = np.asarray(values, dtype="float64")
    none = np.full(len(x), np.nan)
    return ControlLimits(float(np.median(x)), none, none, none)


def find_signals(values: ArrayLike, limits: ControlLimits, chart: str) -> list[str]:
    """Name the rules that each point meets, in words.

    Parameters
    ----------
    values : array_like
        Of the points in order.
    limits : ControlLimits
    chart : {"p", "XmR", "g", "run"}
        Whose rules (`RULES`).

    Returns
    -------
    list of str
        For each point the rules it is a part of, with ``; `` between them; empty where none.

    References
    ----------
    Run charts: Perla RJ, Provost LP, Murray SK (2011), BMJ Qual Saf 20:46-51. The others: Western Electric's rules with
    seven points for a shift and a trend, as the NHS in England counts them (the number of seven is unverified).

    Examples
    --------
    >>> find_signals([1, 2, 3, 4, 5], run_limits([1, 2, 3, 4, 5]), "run")[0]
    '5 in a row rising'
    """
    x = np.asarray(values, dtype="float64")
    met: list[list[str]] = [[] for _ in x]
    shift, trend = _RUN_RULES if chart == "run" else _SHEWHART_RULES
    if chart != "run":
        for outside in np.flatnonzero((x > limits.upper) | (x < limits.lower)):
            met[outside].append(OUTSIDE)
    sides = np.sign(x - limits.centre)
    for rows, side in _runs(sides, shift, passes_over=chart == "run"):
        _mark(met, rows, SHIFT.format(len(rows), "above" if side > 0 else "below"))
    if chart != "g":
        for rows, side in _rises(x, trend, passes_over=chart == "run"):
            _mark(met, rows, TREND.format(len(rows), "rising" if side > 0 else "falling"))
    if chart in {"p", "XmR"}:
        outer = (
            limits.centre + 2 / 3 * (limits.upper - limits.centre),
            limits.centre - 2 / 3 * (limits.centre - limits.lower),
        )
        for beyond, name in ((x > outer[0], "upper"), (x < outer[1], "lower")):
            for place in range(len(x) - 2):
                rows = [row for row in range(place, place + 3) if beyond[row]]
                if len(rows) >= 2:
                    _mark(met, rows, NEAR.format(name))
    return ["; ".join(dict.fromkeys(each)) for each in met]


def _mark(met: list[list[str]], rows: list[int], words: str) -> None:
    for row in rows:
        met[row].append(words)


def _runs(sides: Numbers, least: int, *, passes_over: bool) -> list[tuple[list[int], float]]:
    """List the runs of points on one side; a point on the centre ends a run, or is passed over."""
    found: list[tuple[list[int], float]] = []
    rows: list[int] = []
    side = 0.0
    for row, each in enumerate([*sides, np.nan]):
        if each == 0 and passes_over:
            continue
        if rows and each != side:
            if side != 0 and len(rows) >= least:
                found.append((rows, side))
            rows = []
        rows, side = [*rows, row], each
    return found


def _rises(x: Numbers, least: int, *, passes_over: bool) -> list[tuple[list[int], float]]:
    """List the runs of points that rise, or fall, from each to the next; equal points end one, or are passed over."""
    kept = [row for row in range(len(x)) if not (passes_over and row and x[row] == x[row - 1])]
    steps = np.sign(np.diff(x[kept]))
    # A run of steps is one point longer.
    return [
        ([kept[row] for row in [*rows, rows[-1] + 1]], side)
        for rows, side in _runs(steps, least - 1, passes_over=False)
    ]

"""Medians and quartiles of whole numbers, from how often each occurs: such counts add over partitions."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy import special


@dataclass(frozen=True)
class MedianEstimate:
    """A median with its interval and quartiles; ``at_most`` of ``n`` numbers are the median or less."""

    estimate: float
    low: float
    high: float
    lower_quartile: float
    upper_quartile: float
    at_most: int
    n: int


def median_of_counts(values: ArrayLike, counts: ArrayLike, *, level: float = 0.95) -> MedianEstimate:
    """Estimate the median of numbers of which it is known how often each occurs.

    Parameters
    ----------
    values : array_like
        Each number once.
    counts : array_like of int
        How often it occurs.
    level : float
        Confidence level of the interval.

    Returns
    -------
    MedianEstimate
        NaN where there is no number; the interval is NaN where there are too few for one.

    Notes
    -----
    Quartiles lie at n/4 of the way, interpolated between neighbours (type 7 of Hyndman RJ, Fan Y (1996), Am Stat
    50:361-365). The interval goes from the l-th smallest to the l-th largest number, where l is the largest for which
    a binomial number of n trials with chance 1/2 is under l with a probability of at most (1 - level) / 2.

    Examples
    --------
    >>> found = median_of_counts([7, 14, 28], [3, 10, 2])
    >>> found.estimate, found.low, found.high, found.at_most
    (14.0, 14.0, 14.0, 13)
    """
    order = np.argsort(np.asarray(values, dtype="float64"), kind="stable")
    number = np.asarray(values, dtype="float64")[order]
    reached = np.cumsum(np.asarray(counts, dtype="int64")[order])
    n = int(reached[-1]) if len(reached) else 0
    if n == 0:
        nan = float("nan")
        return MedianEstimate(nan, nan, nan, nan, nan, 0, 0)

    def smallest(place: int) -> float:
        """Return the number at a place in rising order, 0 the first."""
        return float(number[np.searchsorted(reached, place, side="right")])

    def quantile(quarters: int) -> float:
        # In whole numbers: the place is quarters * (n - 1) / 4.
        whole, rest = divmod(quarters * (n - 1), 4)
        below, above = smallest(whole), smallest(min(whole + 1, n - 1))
        return below + (above - below) * rest / 4

    median = quantile(2)
    ends = _interval_place(n, level)
    low, high = (smallest(ends - 1), smallest(n - ends)) if ends else (float("nan"), float("nan"))
    at_most = int(reached[number <= median][-1])
    return MedianEstimate(median, low, high, quantile(1), quantile(3), at_most, n)


def _interval_place(n: int, level: float) -> int:
    """Return l of the interval; 0 when there is none."""
    most = (1 - level) / 2
    place = max(0, int(n / 2 + special.ndtri(most) * np.sqrt(n) / 2) - 2)
    while special.bdtr(place, n, 0.5) <= most:
        place += 1
    return place

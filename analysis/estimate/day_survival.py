"""Kaplan-Meier from counts per whole day: how many reached the event, and how many were last seen without it."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from analysis.estimate.day_curves import DayCounts, day_curves, log_log_limits

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class DaySurvival:
    """Kaplan-Meier's curve, one entry for each day on which something happened.

    Attributes
    ----------
    day, at_risk, events, censored : ndarray of int
    surviving, low, high : ndarray
        The share without the event after that day, with its interval.
    """

    day: NDArray[np.int64]
    at_risk: NDArray[np.int64]
    events: NDArray[np.int64]
    censored: NDArray[np.int64]
    surviving: Floats
    low: Floats
    high: Floats

    def after(self, day: int) -> tuple[float, float, float]:
        """Give the share without the event after a day, and its interval; NaN beyond the last day anybody was seen."""
        place = int(np.searchsorted(self.day, day, side="right")) - 1
        beyond = not len(self.day) or (day > self.day[-1] and self.surviving[-1] > 0)
        if beyond:
            return float("nan"), float("nan"), float("nan")
        if place < 0:
            return 1.0, 1.0, 1.0
        return float(self.surviving[place]), float(self.low[place]), float(self.high[place])

    def median(self) -> tuple[float, float, float]:
        """Give the first day after which at most half are without the event, and its interval; NaN where not reached.

        The interval holds the days at which the curve's own interval holds one half (Brookmeyer R, Crowley J (1982),
        Biometrics 38:29-41).
        """
        return self._first(self.surviving), self._first(self.low), self._first(self.high)

    def _first(self, curve: Floats) -> float:
        # A share of 1/2 that is made of counts may miss it by a rounding error.
        reached = np.flatnonzero(curve <= 0.5 + 1e-12)
        return float(self.day[reached[0]]) if len(reached) else float("nan")


def day_survival(day: ArrayLike, events: ArrayLike, censored: ArrayLike) -> DaySurvival:
    """Estimate the share without an event by Kaplan and Meier.

    Parameters
    ----------
    day : array_like of int
        Each day once.
    events, censored : array_like of int
        How many had the event on that day, and how many were last seen on it; they are at risk on that day.

    Returns
    -------
    DaySurvival

    Notes
    -----
    The curve is that of `analysis.estimate.day_curves`, its 95 % interval that of `log_log_limits`; where S is 1 the
    interval is S itself, and where it is 0 there is none.

    Examples
    --------
    >>> curve = day_survival([6, 7, 9], events=[3, 1, 0], censored=[1, 0, 16])
    >>> print(curve.surviving.round(4).tolist(), curve.at_risk.tolist())
    [0.8571, 0.8067, 0.8067] [21, 17, 16]
    """
    order = np.argsort(np.asarray(day, dtype="int64"), kind="stable")
    days, d, c = (np.asarray(values, dtype="int64")[order] for values in (day, events, censored))
    # One curve of one cause, all of whom are followed from the start; only the days on which something happened.
    entered = np.concatenate([[d.sum() + c.sum()], np.zeros(len(days), dtype="int64")])[: len(days)]
    counts = DayCounts(entered[None, :], d[None, None, :], c[None, :])
    found = day_curves(counts)
    surviving = found.free[0]
    low, high = (limits[0] for limits in log_log_limits(found.free, found.free_variance))
    low, high = (np.where(surviving == 1, 1.0, limit) for limit in (low, high))
    return DaySurvival(days, counts.at_risk[0], d, c, surviving, low, high)

"""Minutes until something is over, from how many were over or no longer watched in each minute (Kaplan-Meier)."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from analysis.estimate.day_survival import day_survival


@dataclass(frozen=True)
class MinutesCurve:
    """The share not yet over after each minute at which something ended: ``still`` with its ``low`` and ``high``."""

    minute: NDArray[np.float64]
    still: NDArray[np.float64]
    low: NDArray[np.float64]
    high: NDArray[np.float64]
    last_minute: float

    def over_by(self, minute: int) -> tuple[float, float, float]:
        """Give the share over by a minute with its interval; NaN beyond the last minute at which any was watched."""
        before = int(np.searchsorted(self.minute, minute, side="right")) - 1
        ended = len(self.still) > 0 and self.still[-1] == 0
        if np.isnan(self.last_minute) or (minute > self.last_minute and not ended):
            return float("nan"), float("nan"), float("nan")
        if before < 0:
            return 0.0, float("nan"), float("nan")
        return float(1 - self.still[before]), float(1 - self.high[before]), float(1 - self.low[before])

    def median(self) -> tuple[float, float, float]:
        """Give the first minute by which at least half are over, with its interval; NaN where it was not reached."""
        still, low, high = (_first_at_most(self.minute, each) for each in (self.still, self.low, self.high))
        return still, low, high


def minutes_curve(minutes: ArrayLike, over: ArrayLike, censored: ArrayLike) -> MinutesCurve:
    """Estimate how long something lasts (Kaplan and Meier) from counts for each minute.

    Parameters
    ----------
    minutes : array_like of int
        Each minute once.
    over, censored : array_like of int
        How many were over, and how many were no longer watched, in each of them. Who is no longer watched in a minute
        was watched when others were over in it.

    Returns
    -------
    MinutesCurve

    Notes
    -----
    The curve is `day_survival`'s, with minutes for days; its interval takes each count as of another person. The
    median's ends are where the curve's own limits cross one half (Brookmeyer R, Crowley J (1982), Biometrics 38:29-41).

    Examples
    --------
    >>> curve = minutes_curve([20, 40, 60], [2, 1, 0], [0, 0, 1])
    >>> curve.over_by(40)[0], curve.median()[0]
    (0.75, 20.0)
    """
    curve = day_survival(minutes, over, censored)
    steps, watched = curve.events > 0, curve.at_risk > 0
    last = float(curve.day[watched][-1]) if watched.any() else float("nan")
    share = (curve.surviving[steps], curve.low[steps], curve.high[steps])
    return MinutesCurve(curve.day[steps].astype("float64"), *share, last)


def _first_at_most(minute: NDArray[np.float64], share: NDArray[np.float64]) -> float:
    # 1e-12: a share of exactly one half must not be missed by rounding.
    reached = np.flatnonzero(np.nan_to_num(share, nan=1.0) <= 0.5 + 1e-12)
    return float(minute[reached[0]]) if len(reached) else float("nan")

"""The rows of a time that is known by intervals: curves, regions, medians, fitted distributions and counts."""

from collections.abc import Iterator, Sequence
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd

from analysis.estimate.curve_tests import CurveTest
from analysis.estimate.day_curves import DayCounts, DayCurves, Numbers, day_curves, day_reached, log_log_limits
from analysis.estimate.interval_fits import DISTRIBUTIONS, fit_intervals, interval_log_rank
from analysis.estimate.turnbull import Turnbull, turnbull

TURNBULL, RIGHT_END = "Turnbull", "right-end Kaplan-Meier"
QUANTILES = (0.25, 0.5, 0.75)
_NAN = float("nan")


class IntervalEstimates:
    """All that is estimated of one group.

    Parameters
    ----------
    counted : DataFrame
        From `IntervalTally`, of the group: ``after, up_to, confirmed, people, died``.
    """

    def __init__(self, counted: pd.DataFrame) -> None:
        self.counted = counted
        self.after = counted["after"].to_numpy(dtype="float64")
        self.up_to = counted["up_to"].to_numpy(dtype="float64")
        self.up_to = np.where(counted["up_to"] < 0, np.inf, self.up_to)
        self.weights = counted["people"].to_numpy(dtype="float64")

    @property
    def people(self) -> int:
        """Everybody at the origin."""
        return int(self.weights.sum())

    @property
    def sample(self) -> tuple[Numbers, Numbers, Numbers]:
        """The intervals and their people."""
        return self.after, self.up_to, self.weights

    @cached_property
    def unique(self) -> Turnbull | None:
        """Turnbull's estimate; none where nobody is counted."""
        return turnbull(*self.sample) if self.people else None

    @cached_property
    def right_end(self) -> DayCurves:
        """The Kaplan-Meier that takes the right end for the day of the event."""
        events = np.isfinite(self.up_to)
        # Who was never assessed after the origin is at risk on day 0 and no longer.
        times = np.where(events, np.where(events, self.up_to, 0), np.maximum(self.after, 0)).astype(np.int64)
        days = int(times.max()) + 1 if len(times) else 1
        entered, exits, censored = (np.zeros((1, days), dtype=np.int64) for _ in range(3))
        entered[0, 0] = self.people
        people = self.weights.astype(np.int64)
        np.add.at(exits[0], times[events], people[events])
        np.add.at(censored[0], times[~events], people[~events])
        return day_curves(DayCounts(entered, exits[:, None, :], censored))

    def curve_rows(self) -> Iterator[dict[str, Any]]:
        """Lay out both curves, on day 0 and each day on which the event was seen first."""
        ends = np.unique(self.up_to[np.isfinite(self.up_to)])
        days = np.unique(np.concatenate([[0.0], ends])).astype(np.int64)
        so_far = [int(self.weights[self.up_to <= day].sum()) for day in days]
        if self.unique is None:
            for estimator in (TURNBULL, RIGHT_END):
                yield self._row(estimator, 0, (_NAN,) * 5, 0, "empty")
            return
        least, most = self.unique.happened_by(days.astype("float64"))
        for day, low, high, number in zip(days, least, most, so_far, strict=True):
            is_unique = high - low < 1e-9
            share = low if is_unique else _NAN
            status = "ok" if is_unique else "not unique"
            yield self._row(TURNBULL, day, (share, _NAN, _NAN, low, high), number, status)
        free, variance = self.right_end.free[0, days], self.right_end.free_variance[0, days]
        below, above = log_log_limits(free, variance)
        for place, (day, number) in enumerate(zip(days, so_far, strict=True)):
            share = 1 - free[place]
            values = (share, 1 - above[place], 1 - below[place], share, share)
            yield self._row(RIGHT_END, day, values, number, "ok")

    def _row(self, estimator: str, day: int, values: tuple[float, ...], number: int, status: str) -> dict[str, Any]:
        method = "Turnbull, without interval" if estimator == TURNBULL else "Kaplan-Meier, log-log, 95 %"
        named = zip(("estimate", "low", "high", "least", "most"), values, strict=True)
        return {
            "estimator": estimator,
            "day": day,
            **dict(named),
            "method": method,
            "numerator": number,
            "denominator": self.people,
            "status": status,
        }

    def region_rows(self) -> Iterator[dict[str, Any]]:
        """Lay out where Turnbull's probability lies."""
        if self.unique is None:
            return
        for left, right, share in zip(self.unique.left, self.unique.right, self.unique.share, strict=True):
            if share > 1e-9:
                yield {"after": left, "up_to": right if np.isfinite(right) else None, "share": share}

    def median_rows(self) -> Iterator[dict[str, Any]]:
        """Give the median by each method."""
        empty = "" if self.people else "empty"
        after, middle = self._turnbull_median()
        yield self._median(TURNBULL, after, (middle, _NAN, _NAN), "the region in which the curve reaches it", empty)
        share = 1 - self.right_end.free[0]
        below, above = log_log_limits(1 - share, self.right_end.free_variance[0])
        found = tuple(day_reached(line, 0.5) for line in (share, 1 - below, 1 - above)) if self.people else (_NAN,) * 3
        yield self._median(RIGHT_END, _NAN, found, "first day at which the curve or a limit reaches it, 95 %", empty)
        for distribution in DISTRIBUTIONS:
            fit = fit_intervals(*self.sample, distribution=distribution)
            status = empty or ("" if fit.status == "ok" else fit.status)
            yield self._median(distribution, _NAN, fit.quantile(0.5), "maximum likelihood, 95 %", status)

    def _turnbull_median(self) -> tuple[float, float]:
        if self.unique is None:
            return _NAN, _NAN
        place = int(np.argmax(np.cumsum(self.unique.share) >= 0.5 - 1e-9))
        if not np.isfinite(self.unique.right[place]):
            return _NAN, _NAN
        return float(self.unique.left[place]), float(self.unique.right[place])

    def _median(
        self, estimator: str, after: float, values: tuple[float, ...], method: str, status: str
    ) -> dict[str, Any]:
        return {
            "estimator": estimator,
            "measure": "median",
            "after": after,
            **dict(zip(("estimate", "low", "high"), values, strict=True)),
            "method": method,
            **self._counted(),
            "status": status or ("not reached" if np.isnan(values[0]) else "ok"),
        }

    def fit_rows(self) -> Iterator[dict[str, Any]]:
        """Give quantiles of the fitted distributions."""
        for distribution in DISTRIBUTIONS:
            fit = fit_intervals(*self.sample, distribution=distribution)
            for share in QUANTILES:
                named = zip(("estimate", "low", "high"), fit.quantile(share), strict=True)
                yield {
                    "distribution": distribution,
                    "measure": "median" if share == 0.5 else f"{100 * share:.0f} % had the event",
                    **dict(named),
                    "method": "maximum likelihood, 95 %",
                    **self._counted(),
                    "status": fit.status if self.people else "empty",
                    "location": fit.location,
                    "scale": fit.scale,
                    "log_likelihood": fit.log_likelihood,
                }

    def _counted(self) -> dict[str, int]:
        return {"numerator": int(self.weights[np.isfinite(self.up_to)].sum()), "denominator": self.people}

    def count_row(self) -> dict[str, Any]:
        """Count people, events, confirmed and not, and the deaths that censor."""
        by = self.counted.groupby("confirmed")["people"].sum()
        confirmed, unconfirmed = int(by.get("yes", 0)), int(by.get("no", 0))
        return {
            "people": self.people,
            "events": confirmed + unconfirmed,
            "confirmed": confirmed,
            "unconfirmed": unconfirmed,
            "died": int(self.counted["died"].sum()),
        }


def interval_test_rows(groups: Sequence[IntervalEstimates]) -> pd.DataFrame:
    """Test whether the groups differ; no rows when there is one.

    Parameters
    ----------
    groups : sequence of IntervalEstimates

    Returns
    -------
    DataFrame
        ``test, statistic, df, p_value, status``.
    """
    columns = ["test", "statistic", "df", "p_value", "status"]
    if len(groups) < 2:
        return pd.DataFrame(columns=columns)
    found: CurveTest = interval_log_rank([group.sample for group in groups])
    row = ("log-rank for intervals (Sun's scores)", found.statistic, found.df, found.p_value, found.status)
    return pd.DataFrame([row], columns=columns).astype({"df": "Int64"})

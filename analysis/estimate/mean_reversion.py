"""Regression to the mean: what a group chosen for high scores gains without any treatment."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from scipy import special

from analysis.vocabulary.errors import CallError, DataError

RELIABILITIES = (0.5, 0.6, 0.7, 0.8, 0.9)
"""Test-retest correlations over which the band is shown when none are named."""


def regression_to_mean(
    baseline_mean: float,
    baseline_sd: float,
    *,
    cutoff: float,
    reliability: float | Sequence[float] = RELIABILITIES,
    population_mean: float | None = None,
    mean_change: float | None = None,
) -> pd.DataFrame:
    """Say how much of a mean change is expected without treatment, because people entered when their score was high.

    Parameters
    ----------
    baseline_mean, baseline_sd : float
        Of the scores with which people entered, such as those from `mean_scores` with ``window="baseline"``.
    cutoff : float
        Scores above it entered. For whole-number scores half a point below the lowest that enters: 9.5 for PHQ-9
        totals of 10 or more.
    reliability : float or sequence of float
        Correlations, 0 to 1, of two scores of a person, as far apart as baseline and follow-up are, without treatment.
    population_mean : float, optional
        The mean of everybody from whom people entered. When left out it is estimated from the baseline scores, as those
        of a normal distribution cut off at ``cutoff``.
        That sees the cut-off only: people who come when they are at their worst have regression beyond it, which a mean
        from two earlier scores, or from the literature, would show.
    mean_change : float, optional
        The observed mean change, follow-up less baseline, of which the expected change is a share.

    Returns
    -------
    DataFrame
        One row per correlation: ``reliability``, ``estimate`` (the change expected without treatment, in points; a fall
        is negative), ``share_of_change`` (of ``mean_change``; missing without one, and where the observed change is not
        a fall), ``population_mean, population_sd`` (the latter missing when the mean was given), ``method``,
        ``status`` (``ok``, or ``no fall``). The rows are a sensitivity band, not a confidence interval.

    Raises
    ------
    CallError
        For numbers that cannot be, such as a mean under the cut-off.
    DataError
        When the baseline scores are too spread out for a normal distribution cut off there.

    Notes
    -----
    ``-(1 - reliability) (baseline_mean - population_mean)``, for scores with the same mean and spread at both times.
    With the mean of a cut-off normal distribution as ``baseline_mean`` this is s (1 - r) f(z) / (1 -
    F(z)), z = (cutoff - m) / s, m and s being the population's mean and standard deviation, f and F the normal density
    and distribution. It holds where high scores are the worse ones. Recovery that would have come anyway is not in it.

    References
    ----------
    Barnett AG, van der Pols JC, Dobson AJ (2005), Int J Epidemiol 34:215-220.

    Examples
    --------
    Of people 7 points above their population's mean, correlation 0.6: 0.4 x 7 points; 40 % of a fall by 7.

    >>> found = regression_to_mean(17, 4, cutoff=9.5, reliability=0.6, population_mean=10, mean_change=-7)
    >>> found[["reliability", "estimate", "share_of_change"]].round(2).values.tolist()
    [[0.6, -2.8, 0.4]]
    """
    asked = np.atleast_1d(np.asarray(reliability, dtype="float64"))
    _refuse_numbers(
        baseline_mean, baseline_sd, cutoff, *(each for each in (population_mean, mean_change) if each is not None)
    )
    if len(asked) == 0 or not ((asked >= 0) & (asked <= 1)).all():
        raise CallError("reliability: correlations from 0 to 1 are needed, such as 0.7.")
    if population_mean is not None and population_mean >= baseline_mean:
        raise CallError("population_mean: it must lie below baseline_mean; people entered because they scored higher.")
    if population_mean is None:
        mean, sd = uncut_population(baseline_mean, baseline_sd, cutoff=cutoff)
        method = "population estimated from the cut-off normal distribution of the baseline scores"
    else:
        mean, sd, method = float(population_mean), float("nan"), "population mean as given"
    expected = -(1 - asked) * (baseline_mean - mean)
    fall = mean_change if mean_change is not None and mean_change < 0 else np.nan
    status = "no fall" if mean_change is not None and mean_change >= 0 else "ok"
    return pd.DataFrame(
        {
            "reliability": asked,
            "estimate": expected,
            "share_of_change": expected / fall,
            "population_mean": mean,
            "population_sd": sd,
            "method": f"regression of the baseline scores to the population's mean; {method}",
            "status": status,
        }
    )


def uncut_population(mean: float, sd: float, *, cutoff: float) -> tuple[float, float]:
    """Find the normal distribution whose part above a cut-off has a given mean and standard deviation.

    Parameters
    ----------
    mean, sd : float
        Of the scores above the cut-off.
    cutoff : float

    Returns
    -------
    population_mean, population_sd : float

    Raises
    ------
    DataError
        When there is none: above any cut-off, the standard deviation of a normal distribution is less than the mean's
        distance from the cut-off.

    Notes
    -----
    With z = (cutoff - m) / s and h = f(z) / (1 - F(z)), the mean above the cut-off is m + s h and the variance
    s^2 (1 + z h - h^2); their ratio sd^2 / (mean - cutoff)^2 depends on z alone and rises with it, up to 1.

    Examples
    --------
    The upper half of a normal distribution with mean 10 and standard deviation 5:

    >>> half = 5 * np.sqrt(2 / np.pi)
    >>> [round(float(found), 6) for found in uncut_population(10 + half, np.sqrt(25 - half**2), cutoff=10)]
    [10.0, 5.0]
    """
    # Imported here: it is slow to import, and most users never need it.
    from scipy.optimize import brentq  # noqa: PLC0415

    wanted = (sd / (mean - cutoff)) ** 2

    def excess(z: float) -> float:
        hazard = _hazard(z)
        return (1 + z * hazard - hazard**2) / (hazard - z) ** 2 - wanted

    lowest, highest = -30.0, 8.0
    if excess(highest) <= 0:
        raise DataError(
            "regression_to_mean: the baseline scores are spread too wide for a normal distribution cut off there "
            f"(standard deviation {sd:g}, mean {mean - cutoff:g} above the cut-off; the first must be clearly "
            "smaller). Give population_mean."
        )
    if excess(lowest) >= 0:
        return mean, sd  # the cut-off is so far below that nothing is cut off
    z = float(brentq(excess, lowest, highest, xtol=1e-12))
    population_sd = (mean - cutoff) / (_hazard(z) - z)
    return cutoff - z * population_sd, population_sd


def _hazard(z: float) -> float:
    return float(np.exp(-(z**2) / 2 - np.log(2 * np.pi) / 2 - special.log_ndtr(-z)))


def _refuse_numbers(mean: float, sd: float, cutoff: float, *others: float) -> None:
    if not np.isfinite([mean, sd, cutoff, *others]).all():
        raise CallError("regression_to_mean: every mean, standard deviation and cut-off must be a finite number.")
    if sd <= 0:
        raise CallError("baseline_sd: a standard deviation above 0 is needed.")
    if mean <= cutoff:
        raise CallError("baseline_mean: it must lie above the cut-off, for only scores above it entered.")

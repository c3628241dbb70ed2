"""Rubin's rules: one estimate of several imputations, with its interval and what of it was not seen."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import special

from analysis.estimate.intervals import wilson

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Pooled:
    """An estimate over imputations.

    Attributes
    ----------
    estimate : float
        The mean of the imputations.
    within, between, total : float
        Variances: ``total = within + (1 + 1/m) between``.
    df : float
        Degrees of freedom of Barnard & Rubin.
    missing_information : float
        ``(r + 2 / (df + 3)) / (1 + r)``, r the relative increase in variance.
    monte_carlo_error : float
        Standard deviation over repeated runs with other seeds: the root of ``between / m``.
    """

    estimate: float
    within: float
    between: float
    total: float
    df: float
    missing_information: float
    monte_carlo_error: float

    @property
    def increase(self) -> float:
        """The relative increase in variance because of what is missing."""
        return (self.total - self.within) / self.within if self.within > 0 else float("nan")


def pool_imputations(estimates: Array, variances: Array, complete_df: float) -> Pooled:
    """Pool the estimates of several imputations.

    Parameters
    ----------
    estimates, variances : array
        Of each imputation, as if it had been seen.
    complete_df : float
        Degrees of freedom that an estimate would have if everything had been seen.

    Returns
    -------
    Pooled

    Notes
    -----
    With m imputations, B their variance, T the total and g = (1 + 1/m) B / T: the degrees of freedom are
    1 / (1/a + 1/b), a = (m - 1) / g^2 and b = (1 - g) v (v + 1) / (v + 3), v those of complete data (Rubin 1987,
    Multiple Imputation for Nonresponse in Surveys; Barnard J, Rubin DB (1999), Biometrika 86:948-955).

    Examples
    --------
    >>> found = pool_imputations(np.array([9.0, 10.0, 11.0]), np.array([4.0, 4.0, 4.0]), complete_df=20)
    >>> found.estimate, round(found.total, 4), round(found.df, 2)  # B = 1, T = 4 + 4/3, g = 1/4
    (10.0, 5.3333, 9.59)
    """
    m = len(estimates)
    estimate, within, between = float(estimates.mean()), float(variances.mean()), float(estimates.var(ddof=1))
    total = within + (1 + 1 / m) * between
    share = (1 + 1 / m) * between / total if total > 0 else 0.0
    observed_df = (1 - share) * complete_df * (complete_df + 1) / (complete_df + 3)
    df = 1 / (share**2 / (m - 1) + 1 / observed_df) if observed_df > 0 else 0.0
    increase = share / (1 - share) if share < 1 else np.inf
    missing = (increase + 2 / (df + 3)) / (1 + increase) if between > 0 and np.isfinite(increase) else float(share)
    return Pooled(estimate, within, between, total, df, missing, float(np.sqrt(between / m)))


def pooled_wilson(pooled: Pooled, people: int, scored: int) -> tuple[float, float]:
    """Give Wilson's interval for a pooled share.

    Parameters
    ----------
    pooled : Pooled
        Of shares with the variances ``p (1 - p) / people``.
    people, scored : int
        How many there are, and of how many the outcome was seen.

    Returns
    -------
    low, high : float

    Notes
    -----
    Wilson's interval with Student's t in place of the normal quantile, on the effective number ``people / (1 + r)``, r
    the relative increase in variance (Lott A, Reiter JP (2020), Am Stat 74:109-115, in whose form the degrees of
    freedom are Rubin's; here they are Barnard and Rubin's). Where every imputation has nobody or everybody with the
    outcome there is no r, and the effective number is of those scored.
    """
    if pooled.within > 0:
        effective, df = people / (1 + pooled.increase), pooled.df
    else:
        effective, df = float(scored), np.inf
    # The interval rests on n / z^2 alone, so that t in place of z is a smaller number of people.
    normal = float(special.ndtri(0.975))
    effective *= (normal / float(special.stdtrit(df, 0.975))) ** 2 if np.isfinite(df) else 1.0
    low, high = wilson(pooled.estimate * effective, effective)
    return float(low), float(high)


def pooled_t(pooled: Pooled) -> tuple[float, float]:
    """Give the t interval for a pooled mean.

    Parameters
    ----------
    pooled : Pooled

    Returns
    -------
    low, high : float
    """
    half = float(special.stdtrit(pooled.df, 0.975)) * pooled.total**0.5 if pooled.df > 0 else float("nan")
    return pooled.estimate - half, pooled.estimate + half

"""Intervals for what a patient can have several times, from sums over patients: rates, shares and means of sessions.

Each patient i has m_i sessions and among them x_i events (or a sum of values x_i). With R = sum(x) / sum(m) over k
patients, the variance of R clustered by patient is k/(k-1) * sum (x_i - R m_i)^2 / sum(m)^2. With equally many sessions
that is the CR2 correction; the quantile is that of t with k-1 degrees of freedom. Both make the interval wider, and
matter with few patients only.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import special

from analysis.estimate.intervals import wilson
from analysis.vocabulary.errors import CallError

Floats = NDArray[np.float64]

CLUSTERED = "clustered by patient (k/(k-1), t with k-1 degrees of freedom), 95 %"
RATE_METHOD = f"exact Poisson on the effective number of events, {CLUSTERED}"
SHARE_METHOD = f"Wilson on the effective number of sessions, {CLUSTERED}"
MEAN_METHOD = f"t, {CLUSTERED}"


@dataclass(frozen=True)
class PatientSums:
    """Sums over patients of x and of their sessions m, of the squares and products, and how many patients have any m.

    ``total`` is the sum of x: events, sessions with something, or values.
    """

    total: ArrayLike
    sessions: ArrayLike
    xx: ArrayLike
    xm: ArrayLike
    mm: ArrayLike
    patients: ArrayLike


def exact_poisson(events: ArrayLike, exposure: ArrayLike, *, level: float = 0.95) -> tuple[Floats, Floats]:
    """Give the exact interval of a Poisson rate.

    Parameters
    ----------
    events : array_like
        How many; may be an effective number and need not be whole.
    exposure : array_like
        Among how many sessions.
    level : float
        Confidence level.

    Returns
    -------
    low, high : ndarray
        Events for each session; NaN where there is no session.

    Raises
    ------
    CallError
        When a number is negative.

    Notes
    -----
    Quantiles of the gamma distribution with x and x + 1 degrees (Garwood F (1936), Biometrika 28:437-442), over the
    exposure.

    Examples
    --------
    >>> low, high = exact_poisson(3, 100)
    >>> print(round(float(low), 4), round(float(high), 4))
    0.0062 0.0877
    """
    x, m = np.asarray(events, dtype="float64"), np.asarray(exposure, dtype="float64")
    if np.any(x < 0) or np.any(m < 0):
        raise CallError("Events and sessions must not be negative.")
    tail = (1 - level) / 2
    with np.errstate(divide="ignore", invalid="ignore"):
        low = np.where(x > 0, special.gammaincinv(np.where(x > 0, x, 1), tail), 0.0) / m
        high = special.gammaincinv(x + 1, 1 - tail) / m
    return np.where(m > 0, low, np.nan), np.where(m > 0, high, np.nan)


def patient_rate(sums: PatientSums, *, level: float = 0.95) -> tuple[Floats, Floats]:
    """Give the interval of events for each session, clustered by patient.

    Parameters
    ----------
    sums : PatientSums
    level : float
        Confidence level.

    Returns
    -------
    low, high : ndarray
        For each session. NaN with fewer than two patients.

    Notes
    -----
    The exact Poisson interval on the effective number of events: x over how many times larger than Poisson's the
    clustered variance is, by the square of t over z, and at least 1; with sessions divided by the same. Korn EL,
    Graubard BI (1998), Surv Methodol 24:193-201, take the same effective number for a proportion. Without an event
    nothing is known of clustering, and it is the Poisson interval.

    Examples
    --------
    Ten patients with ten sessions each; two of them had five events each:

    >>> low, high = patient_rate(PatientSums(10, 100, xx=50, xm=100, mm=1000, patients=10))
    >>> print(round(float(low), 3), round(float(high), 3))
    0.009 0.398
    """
    x, m, k, variance = _numbers(sums)
    with np.errstate(divide="ignore", invalid="ignore"):
        times = np.where(x > 0, variance * m**2 / x, 1.0) * _t_over_z(k, level) ** 2
        times = np.where(x > 0, np.maximum(times, 1.0), 1.0)
        low, high = exact_poisson(x / times, m / times, level=level)
    return np.where(k > 1, low, np.nan), np.where(k > 1, high, np.nan)


def patient_share(sums: PatientSums, *, level: float = 0.95) -> tuple[Floats, Floats]:
    """Give the interval of a share of sessions, clustered by patient.

    Parameters
    ----------
    sums : PatientSums
    level : float
        Confidence level.

    Returns
    -------
    low, high : ndarray
        NaN with fewer than two patients.

    Notes
    -----
    Wilson's interval on the effective number of sessions: R(1-R) over the clustered variance, over the square of t over
    z, at most the sessions; at 0 and 1, where the variance vanishes, the number of patients.

    Examples
    --------
    Ten patients with five sessions each, all alike within a patient, say no more than ten sessions:

    >>> low, high = patient_share(PatientSums(25, 50, xx=125, xm=125, mm=250, patients=10))
    >>> print(round(float(low), 2), round(float(high), 2))
    0.2 0.8
    """
    x, m, k, variance = _numbers(sums)
    with np.errstate(divide="ignore", invalid="ignore"):
        share = np.where(m > 0, x / np.where(m > 0, m, 1), 0.0)
        effective = np.minimum(m, share * (1 - share) / (variance * _t_over_z(k, level) ** 2))
        effective = np.where((x == 0) | (x == m) | ~np.isfinite(effective), np.minimum(k, m), effective)
        low, high = wilson(share * effective, effective, level=level)
    return np.where(k > 1, low, np.nan), np.where(k > 1, high, np.nan)


def patient_mean(sums: PatientSums, *, level: float = 0.95) -> tuple[Floats, Floats]:
    """Give the interval of a mean over sessions, clustered by patient: mean -+ t times the clustered error.

    Parameters
    ----------
    sums : PatientSums
    level : float
        Confidence level.

    Returns
    -------
    low, high : ndarray
        NaN with fewer than two patients.

    Examples
    --------
    With one value for each patient it is the usual interval of a mean, here of 1, 2 and 6:

    >>> low, high = patient_mean(PatientSums(9, 3, xx=41, xm=9, mm=3, patients=3))
    >>> print(round(float(low), 2), round(float(high), 2))
    -3.57 9.57
    """
    x, m, k, variance = _numbers(sums)
    with np.errstate(divide="ignore", invalid="ignore"):
        half = special.stdtrit(np.maximum(k - 1, 1), 0.5 + level / 2) * np.sqrt(variance)
        low, high = x / m - half, x / m + half
    return np.where(k > 1, low, np.nan), np.where(k > 1, high, np.nan)


def _numbers(sums: PatientSums) -> tuple[Floats, Floats, Floats, Floats]:
    """Return x, m and the number of patients, and the clustered variance of x over m."""
    given = (sums.total, sums.sessions, sums.patients, sums.xx, sums.xm, sums.mm)
    x, m, k, xx, xm, mm = (np.asarray(each, dtype="float64") for each in given)
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = x / m
        spread = np.maximum(xx - 2 * ratio * xm + ratio**2 * mm, 0.0)
        return x, m, k, k / (k - 1) * spread / m**2


def _t_over_z(k: Floats, level: float) -> Floats:
    quantile = 0.5 + level / 2
    return np.asarray(special.stdtrit(np.maximum(k - 1, 1), quantile) / special.ndtri(quantile))

"""Rates of several studies put together, when the true rates differ from study to study."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import special, stats
from scipy.optimize import minimize_scalar

from analysis.vocabulary.errors import CallError

Numbers = NDArray[np.float64]

SUMMARY_METHOD = "random effects on the logit (REML), Hartung-Knapp, 95 %"


@dataclass(frozen=True)
class RandomEffects:
    """The mean rate of studies with its interval, and where the rate of a further study is expected (prediction).

    ``tau`` is the standard deviation of the studies' true logits, ``i_squared`` the share of the spread that is not
    chance.
    """

    estimate: float
    low: float
    high: float
    prediction_low: float
    prediction_high: float
    tau: float
    i_squared: float
    studies: int


def random_effects(numerator: ArrayLike, denominator: ArrayLike) -> RandomEffects:
    """Summarise the rates of at least two studies.

    Parameters
    ----------
    numerator, denominator : array_like
        Counts of each study; nobody in none of them.

    Returns
    -------
    RandomEffects
        Shares of 1. The prediction interval is missing (NaN) for fewer than three studies.

    Raises
    ------
    CallError
        For fewer than two studies.

    Notes
    -----
    On the logit y = log(x / (n - x)) with variance v = 1/x + 1/(n - x); where a study has nobody with, or nobody
    without the outcome, 0.5 is added to both. The variance between studies, tau^2, by restricted maximum likelihood
    (not below 0). With weights w = 1 / (v + tau^2) the mean is m = sum(w y) / sum(w), and its variance, of Hartung and
    Knapp, q / sum(w) with q = sum(w (y - m)^2) / (k - 1), is used with t of k - 1 degrees of freedom. Prediction: m -+
    t of k - 2 times sqrt(tau^2 + variance). I^2 = max(0, 1 - (k - 1) / Q).

    References
    ----------
    Hartung J, Knapp G (2001), Stat Med 20:3875-3889. Higgins JPT, Thompson SG, Spiegelhalter DJ (2009), J R Stat Soc A
    172:137-159 (prediction).

    Examples
    --------
    >>> found = random_effects([288, 783, 49], [537, 1247, 73])
    >>> print(round(found.estimate, 2), round(found.low, 2), round(found.high, 2))
    0.6 0.43 0.75
    """
    x, n = (np.asarray(each, dtype="float64") for each in (numerator, denominator))
    if len(n) < 2:
        raise CallError("random_effects: at least two studies are needed.")
    edge = np.where((x == 0) | (x == n), 0.5, 0.0)
    x, others = x + edge, n - x + edge
    y, v = np.log(x / others), 1 / x + 1 / others
    k = len(y)
    tau2 = _between_studies(y, v)
    w = 1 / (v + tau2)
    mean = float((w * y).sum() / w.sum())
    variance = float((w * (y - mean) ** 2).sum() / (k - 1) / w.sum())
    half = float(stats.t.ppf(0.975, k - 1)) * np.sqrt(variance)
    reach = float(stats.t.ppf(0.975, k - 2)) * np.sqrt(tau2 + variance) if k > 2 else float("nan")
    common = float((y / v).sum() / (1 / v).sum())
    spread = float(((y - common) ** 2 / v).sum())
    i_squared = max(0.0, 1 - (k - 1) / spread) if spread > 0 else 0.0
    return RandomEffects(
        estimate=float(special.expit(mean)),
        low=float(special.expit(mean - half)),
        high=float(special.expit(mean + half)),
        prediction_low=float(special.expit(mean - reach)),
        prediction_high=float(special.expit(mean + reach)),
        tau=float(np.sqrt(tau2)),
        i_squared=i_squared,
        studies=k,
    )


def _between_studies(y: Numbers, v: Numbers) -> float:
    """Maximise the restricted likelihood of the variance between studies."""

    def loss(root: float) -> float:
        w = 1 / (v + root**2)
        mean = (w * y).sum() / w.sum()
        return 0.5 * float(-np.log(w).sum() + np.log(w.sum()) + (w * (y - mean) ** 2).sum())

    most = 10 * float(y.std()) + 1e-6
    grid = np.linspace(0.0, most, 201)
    best = int(np.argmin([loss(root) for root in grid]))
    around = (grid[max(best - 1, 0)], grid[min(best + 1, 200)])
    found = float(minimize_scalar(loss, bounds=around, method="bounded", options={"xatol": 1e-10}).x)
    return 0.0 if loss(0.0) <= loss(found) else found**2

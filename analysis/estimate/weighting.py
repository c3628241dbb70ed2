"""A rate weighted by the chance of being scored, within strata, from counts."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from analysis.estimate.intervals import wilson

WEIGHTED_METHOD = "Wilson on the effective number of the weights (delta method), 95 %"
UNSCORED_STRATUM = "stratum without scores"
"""The status of a rate that cannot be given: in some stratum people are eligible and nobody was scored."""


def weight_rates(strata: pd.DataFrame, *, keys: Sequence[str]) -> pd.DataFrame:
    """Weight the rate of those scored to all the eligible, by strata.

    Parameters
    ----------
    strata : DataFrame
        One row per stratum of each group: the keys, and the whole numbers ``eligible``, ``scored`` and
        ``with_outcome``.
    keys : sequence of str
        The columns that make a group.

    Returns
    -------
    DataFrame
        One row per group, in the order of first appearance: the keys and ``estimate, low, high`` (shares of 1),
        ``status``: ``ok``; ``empty`` when nobody is eligible; or ``stratum without scores``: in some stratum people
        are eligible and nobody was scored, so nothing stands for them and there is no estimate.

    Examples
    --------
    >>> strata = pd.DataFrame({"window": "by day 7", "sex": ["female", "male"], "eligible": [60, 40],
    ...                        "scored": [30, 10], "with_outcome": [15, 8]})
    >>> found = weight_rates(strata, keys=["window"])
    >>> round(float(found["estimate"].iloc[0]), 2)  # 0.6 x 15/30 + 0.4 x 8/10
    0.62
    """
    rows = []
    for key, group in strata.groupby(list(keys), sort=False):
        filled = group[group["eligible"] > 0]
        limits = (np.nan, np.nan, np.nan)
        status = "empty" if filled.empty else UNSCORED_STRATUM if (filled["scored"] == 0).any() else "ok"
        if status == "ok":
            limits = standardised(filled["with_outcome"], filled["scored"], filled["eligible"])
        rows.append((*key, *limits, status))
    return pd.DataFrame(rows, columns=[*keys, "estimate", "low", "high", "status"])


def standardised(with_outcome: ArrayLike, scored: ArrayLike, eligible: ArrayLike) -> tuple[float, float, float]:
    """Return the rate of all eligible people when each stratum's scored stand for its unscored, with an interval.

    Parameters
    ----------
    with_outcome, scored, eligible : array_like
        Counts of each stratum; somebody is scored in each.

    Returns
    -------
    estimate, low, high : float

    Notes
    -----
    With N, n, x eligible, scored and with the outcome in a stratum, p = x/n and w = N / sum N, the rate is R = sum w p.
    It is the same to weight each person scored by N/n, the inverse of the stratum's share scored. Its variance by the
    delta method, with that share estimated and the eligible a sample, is

        sum w^2 p(1-p) / n  +  sum w (p - R)^2 / sum N,

    which is R(1-R)/n for one stratum and R(1-R)/N when everybody is scored. Wilson's interval is taken on the effective
    number R(1-R) over that variance (Korn EL, Graubard BI (1998), Surv Methodol 24:193-201, use the same), at most
    1 / sum (w^2/n), what the weights leave of the number scored: a stratum of one or two people has a variance of 0
    that means nothing.
    """
    x, n, people = (np.asarray(counts, dtype="float64") for counts in (with_outcome, scored, eligible))
    weight, share = people / people.sum(), x / n
    rate = min(1.0, float((weight * share).sum()))
    variance = float((weight**2 * share * (1 - share) / n).sum() + (weight * (share - rate) ** 2).sum() / people.sum())
    effective = 1 / float((weight**2 / n).sum())
    if 0 < x.sum() < n.sum():
        effective = min(effective, rate * (1 - rate) / variance)
    low, high = wilson(rate * effective, effective)
    return rate, float(low), float(high)

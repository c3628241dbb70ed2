"""A rate over the days of a window, each assessment weighted by the inverse of how often the like are assessed."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from analysis.counts.intensity_tally import INTENSITY_PRODUCTS, INTENSITY_VALUES, STATES
from analysis.estimate.intervals import wilson
from analysis.estimate.weighting import UNSCORED_STRATUM

_RECENT_AND_OLD = ([1, 2], [3, 4])
"""The places of both strata of one state."""

INTENSITY_METHOD = "Wilson on the effective number of the weights (clustered by patient), 95 %"


def weight_by_intensity(counts: pd.DataFrame, *, keys: Sequence[str]) -> pd.DataFrame:
    """Estimate the share of a window's days with an outcome, whoever is assessed when.

    Parameters
    ----------
    counts : DataFrame
        From `analysis.counts.intensity_tally.IntensityTally`: one row or several (strata) for each group.
    keys : sequence of str
        The columns that make a group.

    Returns
    -------
    DataFrame
        One row per group, in the order of first appearance: the keys and ``estimate, low, high`` (shares of 1) and
        ``status``: ``ok``; ``empty`` when nobody has a day in the window; or ``stratum without scores``: on some days
        of people of whom the same is known nobody was assessed, so that nothing stands for these days.

    Notes
    -----
    On a day somebody is assessed with an intensity that may depend on the stratum: the covariates, whether the last
    score had the outcome, and whether it is recent (`analysis.vocabulary.relapse_rule.KNOWN_DAYS`). The intensity of a
    stratum is a = A/D, assessments over days (the Poisson rate), each assessment has the weight 1/a, and the rate is

        R = sum over assessments of y/a  /  sum of 1/a  =  sum D p / sum D,   p the share of the A with the outcome.

    Where nobody was assessed on the recent (or on the older) days of a state, both are one stratum.

    With the days d, assessments a and outcomes t of person i in a stratum, R moves by
    sum (d (p - R) + D (t - p a)/A) / sum D over the strata; the sum of the squares over people is the variance, the
    intensities taken as estimated. Wilson's interval is taken on the effective number R(1-R) over that variance, at
    most the number of people or of assessments.

    References
    ----------
    Lin H, Scharfstein DO, Rosenheck RA (2004), J R Stat Soc B 66:791-813.

    Examples
    --------
    Of 100 days the last score was well on half: then 5 assessments, 4 well; else 20 assessments, 5 well. Those assessed
    are well in 9 of 25; the days in (50 x 4/5 + 50 x 5/20) / 100.

    >>> row = dict.fromkeys([*INTENSITY_VALUES, *INTENSITY_PRODUCTS], 0) | {"window": "month 1", "people": 30}
    >>> row |= {"days_with_recent": 50, "seen_with_recent": 5, "had_with_recent": 4}
    >>> row |= {"days_without_recent": 50, "seen_without_recent": 20, "had_without_recent": 5}
    >>> row |= {"had_with_recent_x_had_with_recent": 4, "had_without_recent_x_had_without_recent": 5}
    >>> float(weight_by_intensity(pd.DataFrame([row]), keys=["window"])["estimate"].iloc[0])
    0.525
    """
    rows = []
    for key, group in counts.groupby(list(keys), sort=False):
        rows.append((*key, *_of_group(group)))
    return pd.DataFrame(rows, columns=[*keys, "estimate", "low", "high", "status"])


def _of_group(group: pd.DataFrame) -> tuple[float, float, float, str]:
    nothing = (float("nan"),) * 3
    days, seen, had = (
        group[[f"{what}_{state}" for state in STATES]].to_numpy("float64", copy=True)
        for what in ("days", "seen", "had")
    )
    if days.sum() == 0:
        return *nothing, "empty"
    for pair in _RECENT_AND_OLD:
        alone = ((days[:, pair] > 0) & (seen[:, pair] == 0)).any(axis=1)
        for counts in (days, seen, had):
            counts[np.ix_(alone, pair)] = counts[np.ix_(alone, pair)].sum(axis=1, keepdims=True) / 2
    if (seen[days > 0] == 0).any():
        return *nothing, UNSCORED_STRATUM
    share = np.divide(had, seen, out=np.zeros_like(had), where=seen > 0)
    gain = np.divide(days, seen, out=np.zeros_like(days), where=seen > 0)
    rate = min(1.0, float((days * share).sum() / days.sum()))
    # How far R moves with each value of a person, in the order of the values: days, seen, had.
    moves = np.concatenate([share - rate, -gain * share, gain], axis=1) / days.sum()
    variance = sum(float(move @ _products(row) @ move) for move, (_, row) in zip(moves, group.iterrows(), strict=True))
    people = int(group["people"].sum())
    variance *= people / max(people - 1, 1)
    most = float(min(people, seen.sum()))
    spread = rate * (1 - rate)
    effective = min(most, spread / variance) if 0 < rate < 1 and variance > 0 else most
    low, high = wilson(rate * effective, effective)
    return rate, float(low), float(high), "ok"


def _products(row: pd.Series) -> np.ndarray:
    place = {name: number for number, name in enumerate(INTENSITY_VALUES)}
    found = np.zeros((len(place), len(place)))
    for name, (one, other) in INTENSITY_PRODUCTS.items():
        found[place[one], place[other]] = found[place[other], place[one]] = float(row[name])
    return found


def intensity_rows(eligible: pd.DataFrame, counts: pd.DataFrame, *, keys: Sequence[str]) -> pd.DataFrame:
    """Replace the rates of all eligible people by those over the days of the window.

    Parameters
    ----------
    eligible : DataFrame
        Rows of `response_rates`.
    counts : DataFrame
        As in `weight_by_intensity`.
    keys : sequence of str
        The groups and the window.

    Returns
    -------
    DataFrame
        The rows, with other ``estimate, low, high, method`` and ``status``.
    """
    made = weight_by_intensity(counts, keys=keys)
    found = eligible[list(keys)].merge(made, on=list(keys), how="left", validate="one_to_one")
    values = {name: found[name].astype("float64") for name in ("estimate", "low", "high")}
    return eligible.assign(**values, method=INTENSITY_METHOD, status=found["status"].fillna("empty"))

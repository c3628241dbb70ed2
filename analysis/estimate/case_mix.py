"""How many with an outcome each group would have, were its people like all people with the same covariates."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

Numbers = NDArray[np.float64]

MOST_STEPS = 100
_CHANGE = 1e-10


def expected_counts(strata: pd.DataFrame, *, group: str, covariates: Sequence[str]) -> pd.DataFrame:
    """Work out the expected number with the outcome in each group from its case mix (indirect standardisation).

    Parameters
    ----------
    strata : DataFrame
        One row per group and combination of covariates: these columns and the whole numbers ``numerator`` and
        ``denominator``.
    group : str
        The column of the groups.
    covariates : sequence of str
        Columns of categories; the unknown is a category of its own.

    Returns
    -------
    DataFrame
        One row per group: the group, ``expected`` (number with the outcome) and ``spread`` (the variance of that number
        by chance).

    Notes
    -----
    The chance p of a person is fitted on all groups together by a logistic regression on the covariates (without
    products of them, and without the group), which counts alone determine. Expected is the sum of n p over the strata
    of the group, the variance the sum of n p (1 - p). In all groups together as many are expected as there were.

    Examples
    --------
    >>> strata = pd.DataFrame({"clinic_id": ["A", "A", "B", "B"], "sex": ["female", "male"] * 2,
    ...                        "numerator": [8, 1, 2, 9], "denominator": [10, 10, 10, 90]})
    >>> expected_counts(strata, group="clinic_id", covariates=["sex"])["expected"].round(2).tolist()
    [6.0, 14.0]
    """
    filled = strata[strata["denominator"] > 0]
    alike = filled.groupby(list(covariates), sort=True)[["numerator", "denominator"]].sum().reset_index()
    chance = alike[list(covariates)].assign(chance=_fitted(alike, covariates))
    placed = filled.merge(chance, on=list(covariates), how="left", validate="many_to_one")
    people = placed["denominator"].astype("float64")
    sums = (
        placed[[group]]
        .assign(expected=people * placed["chance"], spread=people * placed["chance"] * (1 - placed["chance"]))
        .groupby(group, sort=False)
        .sum()
    )
    return sums.reindex(strata[group].drop_duplicates(), fill_value=0.0).reset_index()


def _fitted(alike: pd.DataFrame, covariates: Sequence[str]) -> Numbers:
    """Fit the logistic regression by weighted least squares, step by step, and return the chance in each stratum."""
    x, n = (alike[name].to_numpy("float64") for name in ("numerator", "denominator"))
    if not len(n) or x.sum() in (0, n.sum()):
        return np.full(len(n), x.sum() / n.sum() if len(n) else np.nan)
    columns = [np.ones(len(alike))]
    for name in covariates:
        values = alike[name].astype(str)
        columns += [(values == level).to_numpy("float64") for level in sorted(values.unique())[1:]]
    design = np.column_stack(columns)
    chance: Numbers = (x + 0.5) / (n + 1)
    before = np.inf
    linear = np.log(chance / (1 - chance))
    for _ in range(MOST_STEPS):
        weight = n * chance * (1 - chance)
        working = linear + (x - n * chance) / weight
        root = np.sqrt(weight)
        # Least squares without a unique solution (a category that only occurs with another) has unique fitted values.
        solved, *_ = np.linalg.lstsq(design * root[:, None], working * root, rcond=None)
        # A category in which everybody or nobody has the outcome has no finite coefficient; its chance comes close.
        linear = np.clip(design @ solved, -30, 30)
        chance = 1 / (1 + np.exp(-linear))
        deviance = -2 * float((x * np.log(chance) + (n - x) * np.log1p(-chance)).sum())
        if abs(before - deviance) < _CHANGE * (abs(deviance) + 1):
            break
        before = deviance
    return chance

"""The balance of a comparison: how alike two groups are in who is in them."""

import numpy as np
import pandas as pd

from analysis.estimate.intervals import wilson

BALANCE_COLUMNS = [
    "reference", "covariate", "level", "estimate", "low", "high", "method", "numerator", "denominator", "status",
    "reference_estimate", "reference_numerator", "reference_denominator", "standardised_difference",
]  # fmt: skip
"""What the table holds beside the group."""


def standardised_differences(share: np.ndarray, reference_share: np.ndarray) -> np.ndarray:
    """Measure how far apart two shares are, in standard deviations.

    Parameters
    ----------
    share, reference_share : ndarray
        Of the group and of the reference.

    Returns
    -------
    ndarray
        0 where the shares are equal; infinite where one is 0 and the other 1. It does not grow with the number of
        people, as a p-value does.

    Notes
    -----
    (p1 - p0) / sqrt((p1 (1-p1) + p0 (1-p0)) / 2).

    References
    ----------
    Austin PC (2009), Commun Stat Simul Comput 38:1228-1234.

    Examples
    --------
    >>> print(standardised_differences(np.array([0.5, 0.2]), np.array([0.5, 0.4])).round(3).tolist())
    [0.0, -0.447]
    """
    gap = share - reference_share
    spread = np.sqrt((share * (1 - share) + reference_share * (1 - reference_share)) / 2)
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(gap == 0, 0.0, gap / spread)


def balance_table(counts: pd.DataFrame, *, groups: str, reference: str, covariate: str, people: str) -> pd.DataFrame:
    """Show the shares of a covariate's levels in each group beside those in the reference.

    Parameters
    ----------
    counts : DataFrame
        One row per group and level (or more): the columns that ``groups``, ``covariate`` and ``people`` name.
    groups, reference : str
        The group column, and the group that the others are compared with.
    covariate, people : str

    Returns
    -------
    DataFrame
        One row per other group and level: the group, and the columns of `BALANCE_COLUMNS`. ``estimate, low, high`` are
        the level's share of the group (Wilson), ``status`` is ``empty`` when a group has nobody. There is no p-value:
        whether groups differ by chance is not what biases a comparison.
    """
    added = counts.pivot_table(index=groups, columns=covariate, values=people, aggfunc="sum", sort=False)
    of_reference = added.loc[reference].to_numpy()
    tables = [
        _against(row.to_numpy(), of_reference).assign(level=added.columns).assign(**{groups: str(group)})
        for group, row in added.iterrows()
        if group != reference
    ]
    return pd.concat(tables, ignore_index=True).assign(reference=reference, covariate=covariate)[
        [groups, *BALANCE_COLUMNS]
    ]


def _against(x: np.ndarray, x0: np.ndarray) -> pd.DataFrame:
    n, n0 = np.full(len(x), x.sum()), np.full(len(x0), x0.sum())
    low, high = wilson(x, n)
    with np.errstate(invalid="ignore"):
        share, reference_share = x / n, x0 / n0
    return pd.DataFrame(
        {
            "estimate": share, "low": low, "high": high, "method": "Wilson, 95 %",
            "numerator": pd.array(x, dtype="Int64"), "denominator": pd.array(n, dtype="Int64"),
            "status": np.where((n > 0) & (n0 > 0), "ok", "empty"),
            "reference_estimate": reference_share,
            "reference_numerator": pd.array(x0, dtype="Int64"), "reference_denominator": pd.array(n0, dtype="Int64"),
            "standardised_difference": standardised_differences(share, reference_share),
        }
    )  # fmt: skip

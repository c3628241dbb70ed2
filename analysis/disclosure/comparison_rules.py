"""Which rows of a comparison, and of its balance, to hide."""

import numpy as np
import pandas as pd

from analysis.disclosure.families import Flags, hide_enough, small
from analysis.disclosure.rate_rules import LADDER, RATE_VALUES, hide_rates

_OF_BOTH = ["numerator", "denominator", *LADDER]
_VALUES = [
    "estimate", "low", "high", "rate", "reference_rate", "note", "least_count",
    *_OF_BOTH, *(f"reference_{name}" for name in _OF_BOTH),
]  # fmt: skip
_BALANCE_VALUES = [
    *RATE_VALUES, "reference_estimate", "reference_numerator", "reference_denominator", "standardised_difference",
]  # fmt: skip


def hide_comparisons(table: pd.DataFrame, most: int) -> pd.DataFrame:
    """Hide the comparisons of which a group or the reference would be hidden, and those with small strata.

    A comparison and one of its two rates give the other rate. So the rates of all the groups are judged together, as in
    `analysis.disclosure.rate_rules.hide_rates`, and with a rate every comparison that it is part of is hidden.

    Parameters
    ----------
    table : DataFrame
        From `compare`; it is changed.
    most : int
        Counts from 1 to this are hidden.

    Returns
    -------
    DataFrame
    """
    groups = str(table.columns[0])
    linked = linked_rates(table)
    rates = hide_rates(linked.copy(), most).set_index(groups)
    unsafe = set(rates.index[rates["status"] == "hidden"])
    hidden = (table[groups].isin(unsafe) | table["reference"].isin(unsafe)).to_numpy(dtype=bool)
    # An adjusted rate is made of the strata: one of them that is small could be worked out beside the crude rate.
    hidden = hidden | small(table["least_count"].to_numpy("float64", na_value=np.nan), most)
    for rung in LADDER:
        withheld = set(rates.index[rates[rung].isna()])
        table[rung] = table[rung].mask(table[groups].isin(withheld))
        table[f"reference_{rung}"] = table[f"reference_{rung}"].mask(table["reference"].isin(withheld))
    return _without(table, hidden, _VALUES)


def linked_rates(table: pd.DataFrame) -> pd.DataFrame:
    """Make the rates that a comparison shows into a table of rates: of the reference, then of each group.

    Parameters
    ----------
    table : DataFrame
        From `compare`.

    Returns
    -------
    DataFrame
        The group, ``window, outcome, estimand, estimate, low, high, numerator, denominator, status``, the ladder and
        ``period``.
    """
    groups = str(table.columns[0])
    shared = ["window", "outcome", "estimand", "period"]
    own = table[[groups, *shared, *_OF_BOTH]].drop_duplicates()
    names = {f"reference_{name}": name for name in _OF_BOTH} | {"reference": groups}
    of_reference = table[[*names, *shared]].drop_duplicates().rename(columns=names)
    both = pd.concat([of_reference, own], ignore_index=True)
    return both.assign(estimate=both["numerator"] / both["denominator"], low=np.nan, high=np.nan, status="ok")


def hide_balance(table: pd.DataFrame, most: int) -> pd.DataFrame:
    """Hide the small counts of a balance table, and what would give them away.

    In no group, and in no level over the groups, may a small count be what is left of a total.

    Parameters
    ----------
    table : DataFrame
        The ``balance`` of `compare`; it is changed.
    most : int
        Counts from 1 to this are hidden.

    Returns
    -------
    DataFrame
    """
    groups = str(table.columns[0])
    hidden = np.zeros(len(table), dtype=bool)
    for _, rows in table.reset_index(drop=True).groupby("covariate", sort=False):
        hidden[rows.index] = _hidden_levels(rows, groups, most)
    return _without(table, hidden, _BALANCE_VALUES)


def _hidden_levels(rows: pd.DataFrame, groups: str, most: int) -> Flags:
    """Judge one covariate: the counts of every group and the reference by level; a row needs its own and the other."""
    first = rows[rows[groups] == rows[groups].iloc[0]]
    counts = [first["reference_numerator"].to_numpy("float64", na_value=np.nan)]
    counts += [part["numerator"].to_numpy("float64", na_value=np.nan) for _, part in rows.groupby(groups, sort=False)]
    cells = np.array(counts)
    size = cells.ravel()
    places = np.arange(size.size).reshape(cells.shape)
    totals = [*places, *places.T]
    unsafe = small(size, most)
    while hide_enough(unsafe, [size], size, totals, most):
        pass
    of_reference, *of_groups = unsafe.reshape(cells.shape)
    return np.concatenate([each | of_reference for each in of_groups])


def _without(table: pd.DataFrame, hidden: Flags, values: list[str]) -> pd.DataFrame:
    withheld = pd.Series(hidden, index=table.index)
    for name in values:
        table[name] = table[name].mask(withheld)
    table["status"] = table["status"].mask(withheld, "hidden")
    return table

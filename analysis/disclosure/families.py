"""Cells that add up to a published total, and hiding enough of them that none can be worked out."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

Numbers = NDArray[np.float64]
Flags = NDArray[np.bool_]
Rows = NDArray[np.intp]

FURTHER_VALUES = [
    "observed", "std_error", "df", "statistic", "p_value", "baseline_mean", "baseline_sd", "untreated_least",
    "untreated_most", "untreated",
]  # fmt: skip
"""What tables of models and of changes have besides: each would tell of the people in a hidden row."""

_NOT_GROUPS = {
    *FURTHER_VALUES,
    "instrument", "window", "outcome", "estimand", "estimate", "low", "high", "method", "numerator", "denominator",
    "status", "started", "with_baseline", "eligible", "scored", "period", "due", "definitions",
    "assumption", "item", "points", "before", "after", "measure", "step", "kind", "name", "label", "count",
}  # fmt: skip


def group_columns(table: pd.DataFrame) -> list[str]:
    """Name the columns of a table that are groups: all but those that every table of estimates or flows has.

    Parameters
    ----------
    table : DataFrame

    Returns
    -------
    list of str

    Examples
    --------
    >>> group_columns(pd.DataFrame(columns=["clinic_id", "sex", "instrument", "window", "estimate"]))
    ['clinic_id', 'sex']
    """
    return [name for name in table.columns if name not in _NOT_GROUPS]


def rows_alike(table: pd.DataFrame, columns: Sequence[str]) -> list[Rows]:
    """List the rows that have the same values in some columns; all rows when there is no such column.

    Parameters
    ----------
    table : DataFrame
    columns : sequence of str
        Those that the table does not have are passed over.

    Returns
    -------
    list of ndarray
        Row positions.
    """
    present = [name for name in columns if name in table]
    if not present:
        return [np.arange(len(table))]
    part = table.groupby(present, sort=False, dropna=False).ngroup().to_numpy()
    return [np.flatnonzero(part == each) for each in np.unique(part)]


def families(table: pd.DataFrame, same: Sequence[str]) -> list[Rows]:
    """List the rows that add up to one total: all groups, and with two group columns also along each of them.

    Parameters
    ----------
    table : DataFrame
    same : sequence of str
        What the rows of one total share, such as the window and the outcome.

    Returns
    -------
    list of ndarray
        Row positions; rows of one total.
    """
    groups = group_columns(table)
    found = rows_alike(table, same)
    if len(groups) > 1:
        for name in groups:
            found += rows_alike(table, [*same, *(other for other in groups if other != name)])
    return found


def hide_enough(hidden: Flags, protected: Sequence[Numbers], size: Numbers, totals: list[Rows], most: int) -> bool:
    """Hide further cells beside hidden ones, smallest first, until what is hidden adds up to enough (in place).

    A total that is published gives away a cell that is hidden alone, and narrows two cells of 1 to exactly 1 when they
    add up to 2. So at least two cells are hidden, and what is protected adds up to more than the policy hides.

    Parameters
    ----------
    hidden : ndarray of bool
        Changed in place.
    protected : sequence of ndarray
        What a reader could work out; each must add up to more than `most` over the hidden cells, where it is not 0.
    size : ndarray
        The smallest of the cells that are shown is hidden next. Cells of size 0 hide nothing and are left.
    totals : list of ndarray
        From `families`.
    most : int
        The largest count that the policy hides.

    Returns
    -------
    bool
        True when something more was hidden.
    """
    changed = False
    for rows in totals:
        while hidden[rows].any():
            filled = rows[hidden[rows] & (size[rows] > 0)]
            sums = [float(np.nansum(values[filled])) for values in protected]
            if len(filled) != 1 and not any(0 < total <= most for total in sums):
                break
            others = rows[~hidden[rows] & (size[rows] > 0)]
            if not len(others):
                break
            hidden[others[np.argmin(size[others])]] = True
            changed = True
    return changed


def small(counts: Numbers, most: int) -> Flags:
    """Say which counts are hidden by themselves: 1 to `most`."""
    return (counts >= 1) & (counts <= most)


def hidden_rungs(rungs: dict[str, Numbers], most: int) -> dict[str, Flags]:
    """Decide which rungs of a ladder to hide; a rung must not lie close to one that is shown.

    Parameters
    ----------
    rungs : dict of str to ndarray
        The most important first: it is kept, and the others are compared with it.
    most : int
        The largest count, and the largest difference, that is hidden.

    Returns
    -------
    dict of str to ndarray of bool
    """
    hidden: dict[str, Flags] = {}
    for rung, counts in rungs.items():
        unsafe = small(counts, most)
        for other, other_hidden in hidden.items():
            unsafe |= small(np.abs(counts - rungs[other]), most) & ~other_hidden
        hidden[rung] = unsafe
    return hidden


def hide_close(hidden: Flags, counts: Numbers, blocks: list[Rows], most: int) -> None:
    """Within each block, hide a count that lies close to one that is shown before it (in place).

    For counts that are parts of one another: a small difference is a small group of people.
    """
    for rows in blocks:
        shown: list[float] = []
        for row in rows[~hidden[rows]]:
            if any(1 <= abs(counts[row] - each) <= most for each in shown):
                hidden[row] = True
            else:
                shown.append(float(counts[row]))

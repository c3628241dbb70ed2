"""Which steps of a flow to hide."""

from itertools import pairwise

import numpy as np
import pandas as pd

from analysis.disclosure.families import Flags, families, group_columns, hidden_rungs, hide_enough, rows_alike, small

RUNGS = ["started", "eligible", "scored", "responded", "baseline", "treated"]
"""Most important first: that rung is kept, and the others are compared with it."""
_LADDER = ["started", "baseline", "eligible", "scored", "responded"]


def hide_steps(table: pd.DataFrame, most: int) -> pd.DataFrame:
    """Hide the small counts of a flow, and what would give them away.

    Parameters
    ----------
    table : DataFrame
        From `flow`; it is changed.
    most : int
        Counts from 1 to this are hidden.

    Returns
    -------
    DataFrame
    """
    counts = table["count"].to_numpy("float64", na_value=np.nan)
    pieces = rows_alike(table, [*group_columns(table), "instrument", "window"])
    totals = families(table, ("instrument", "window", "name"))
    unsafe = np.zeros(len(table), dtype=bool)
    changed = True
    while changed:
        before = unsafe.copy()
        for rows in pieces:
            unsafe[rows] |= _unsafe_steps(table.iloc[rows], counts[rows], unsafe[rows], most)
        hide_enough(unsafe, [counts], counts, totals, most)
        changed = bool((unsafe != before).any())
    hidden = pd.Series(unsafe, index=table.index)
    table["count"] = table["count"].mask(hidden)
    table["status"] = table["status"].mask(hidden, "hidden")
    return table


def _unsafe_steps(piece: pd.DataFrame, counts: np.ndarray, unsafe: Flags, most: int) -> Flags:
    """Close one flow: small rungs, reasons beside a hidden rung or among which one is small, small branches."""
    unsafe = unsafe.copy()
    kinds, names = piece["kind"].to_numpy(), piece["name"].to_numpy()
    rung_rows = np.flatnonzero(kinds == "rung")
    # A rung that the list does not name (rows of a file: read, used) is judged too, after those it names.
    rank = {name: place for place, name in enumerate(RUNGS)}
    ordered = sorted(rung_rows, key=lambda row: rank.get(str(names[row]), len(rank)))
    shown = {str(names[row]): counts[row : row + 1] for row in ordered if not unsafe[row]}
    for name, is_hidden in hidden_rungs(shown, most).items():
        unsafe[names == name] |= is_hidden[0]
    # As in a table of rates: beside hidden eligible, those with a baseline would say how many lack it.
    unsafe[names == "baseline"] |= unsafe[names == "eligible"].any()
    for upper, lower in pairwise(_LADDER):
        rows = np.flatnonzero(names == upper)
        unsafe[names == lower] |= (unsafe[rows] & small(counts[rows], most)).any()
    for above, below in pairwise(rung_rows):
        between = np.arange(above + 1, below)
        reasons = between[kinds[between] == "reason"]
        if unsafe[above] or unsafe[below] or unsafe[reasons].any() or small(counts[reasons], most).any():
            unsafe[reasons] = True
            # Of several reasons, one small one hides their sum too: hidden for being close, it would say that all are.
            # One end is enough: the people who are counted stay, and of the rows of a file those read.
            if len(reasons) > 1 and small(counts[reasons], most).any():
                unsafe[above if names[above] == "treated" else below] = True
    branches = np.flatnonzero(kinds == "branch")
    unsafe[branches] |= small(counts[branches], most) | unsafe[names == "started"].any()
    hide_enough(unsafe, [counts], counts, [branches], most)
    return unsafe

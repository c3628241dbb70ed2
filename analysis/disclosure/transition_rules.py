"""Which cells of a table of transitions to hide."""

import numpy as np
import pandas as pd

from analysis.disclosure.families import families, group_columns, hide_enough, rows_alike, small


def hide_transitions(table: pd.DataFrame, most: int) -> pd.DataFrame:
    """Hide the small counts of a table of transitions, and what would give them away.

    The answers before treatment and in the window are each known from other tables, and so is everybody together: in
    no row, column or square may a small count be what is left.

    Parameters
    ----------
    table : DataFrame
        From `item_transitions`; it is changed.
    most : int
        Counts from 1 to this are hidden.

    Returns
    -------
    DataFrame
    """
    counts, started = (table[name].to_numpy("float64", na_value=np.nan) for name in ("count", "started"))
    cell = ["instrument", "window", "item"]
    totals = families(table, [*cell, "before", "after"])
    for line in (["before"], ["after"], []):
        totals += rows_alike(table, [*group_columns(table), *cell, *line])
    hidden = small(counts, most)
    while hide_enough(hidden, [counts], counts, totals, most):
        pass
    few = small(started, most)
    hidden |= few
    table["count"] = table["count"].mask(pd.Series(hidden, index=table.index))
    table["started"] = table["started"].mask(pd.Series(few, index=table.index))
    table.loc[hidden, "status"] = "hidden"
    return table

"""Which states to hide on which days in a table of occupancy.

A curve by day would give away single people: a count and the same count on the next day differ by those few who have
moved between, and the counts of a day add up to those followed. So each count goes on in steps.

1. A count is shown again once it has changed by more than the policy hides since it was last shown, or when it has not
   changed; a count of 1 to 10 is not shown.
2. As the counts of a day add up to the number followed, what those not shown anew have changed by together can be
   worked out. When that is 1 to 10, or when it is one count only, further counts are held back, the smallest change
   first.
3. As the total of all groups is usually known, a state is never held back in one group alone.
"""

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analysis.disclosure.families import Flags, rows_alike, small
from analysis.vocabulary.errors import CallError

SHARES = ["estimate", "low", "high", "std_error"]
DIGITS = 3
"""Shares are shown in tenths of a percent: more would tell how many are no longer followed."""

Counts = NDArray[np.int64]


def hide_occupancy(table: pd.DataFrame, most: int) -> pd.DataFrame:
    """Hide the counts of a table of occupancy that have changed by few people, and what would give them away.

    Parameters
    ----------
    table : DataFrame
        From `occupancy`, with all its states, days and groups; it is changed.
    most : int
        Counts from 1 to this are hidden, and changes by as many.

    Returns
    -------
    DataFrame
        Between two rows of a state that are shown, its share is about that of the earlier one.

    Raises
    ------
    CallError
        When rows have been taken out.
    """
    names = list(table.columns)
    states, days = table["state"].nunique(), table["day"].nunique()
    groups = rows_alike(table, names[: names.index("instrument")])
    whole = table["state"].to_numpy().reshape(-1, states) if len(table) % states == 0 else np.array([["a part"]])
    if states < 2 or (whole != whole[0]).any() or any(len(rows) != states * days for rows in groups):
        raise CallError(
            "disclose: a table from occupancy is judged as a whole; give it with all its rows, in their order."
        )
    order = np.stack([rows.reshape(days, states) for rows in groups])
    people = table["numerator"].to_numpy("int64")[order]
    # The number followed beside them, with a minus: all together are 0 on every day.
    counts = np.concatenate([people, -people.sum(axis=2, keepdims=True)], axis=2)
    shown = _shown(counts, most)
    hidden, not_followed = np.ones((2, len(table)), dtype=bool)
    hidden[order] = ~shown[:, :, :-1]
    not_followed[order] = ~shown[:, :, -1:]
    started = np.ones(len(table), dtype=bool)
    started[order] = ~shown[:, :1, -1:]
    hides = dict.fromkeys([*SHARES, "numerator"], hidden) | {"denominator": not_followed, "started": started}
    for name, is_hidden in hides.items():
        table[name] = table[name].mask(pd.Series(is_hidden, index=table.index))
    table[SHARES] = table[SHARES].round(DIGITS)
    table.loc[hidden & (table["status"] == "ok"), "status"] = "hidden"
    return table


def _shown(counts: Counts, most: int) -> Flags:
    """Choose what is shown, by group, day and count."""
    shown = np.zeros(counts.shape, dtype=bool)
    last = np.zeros_like(counts[:, 0])
    for day in range(counts.shape[1]):
        now = counts[:, day]
        change = np.abs(now - last)
        fresh = ~small(np.abs(now), most) & ~small(change, most)
        while _hold_back(fresh, now - last, most):
            pass
        shown[:, day] = fresh
        last = np.where(fresh, now, last)
    return shown


def _hold_back(fresh: Flags, change: Counts, most: int) -> bool:
    """Hold further counts back where those held back could be worked out (in place), and say whether any was."""
    held = ~fresh
    together = np.where(held, change, 0).sum(axis=1)
    unsafe = small(np.abs(together), most) | (held.sum(axis=1) == 1)
    changed = False
    for group in np.flatnonzero(unsafe):
        changed |= _hold_one(fresh[group], change[group])
    for count in np.flatnonzero((~fresh).sum(axis=0) == 1):
        if len(fresh) > 1:
            changed |= _hold_one(fresh[:, count], change[:, count])
    return changed


def _hold_one(fresh: Flags, change: Counts) -> bool:
    """Hold back the count of the smallest change; one that has not changed tells nothing by being shown."""
    places = np.flatnonzero(fresh & (change != 0))
    if len(places):
        fresh[places[np.argmin(np.abs(change[places]))]] = False
    return bool(len(places))

"""Which rows of a table of rates or means to hide, and which rungs of the ladder beside them."""

from itertools import pairwise

import numpy as np
import pandas as pd

from analysis.disclosure.families import (
    FURTHER_VALUES,
    Flags,
    Numbers,
    Rows,
    families,
    group_columns,
    hidden_rungs,
    hide_close,
    hide_enough,
    rows_alike,
    small,
)

RATE_VALUES = ["estimate", "low", "high", "numerator", "denominator"]
LADDER = ["started", "eligible", "scored", "with_baseline"]
"""Most important first: that rung is kept, and the others are compared with it."""

DENOMINATOR_RUNGS = {
    "observed": ["scored"],
    "nonresponder": ["eligible"],
    "starters": ["started"],
    "bounds": ["eligible", "scored"],  # their upper end tells how many were not scored
    "bounds of the eligible": ["eligible", "scored"],
    "bounds of all starters": ["started", "scored"],
    # With what was seen they tell what was drawn for those not seen, or expected of everybody.
    "imputed": ["eligible", "scored"],
    "imputed-left-worse": ["eligible", "scored"],
    "imputed-back-to-baseline": ["eligible", "scored"],
    "model": ["eligible", "scored"],
    "carried-forward": ["eligible", "scored"],
    "weighted": ["eligible", "scored"],
    "inverse-intensity": ["eligible", "scored"],
    "tipping point": ["eligible", "scored"],
}

OF_OTHER_COUNTS = ("carried-forward", "weighted", "inverse-intensity")
"""Rates made of counts that the ladder does not show: they are judged by the smallest of these, ``least_count``."""

_TIPPING_VALUES = ["estimate", "numerator", "denominator", "observed_share", "observed_low", "observed_high"]


def hide_rates(table: pd.DataFrame, most: int) -> pd.DataFrame:
    """Hide the small counts of a table of rates or means, and what would give them away.

    Parameters
    ----------
    table : DataFrame
        From `response_rates` or `mean_scores`; it is changed.
    most : int
        Counts from 1 to this are hidden.

    Returns
    -------
    DataFrame
    """
    counts = {
        name: table[name].to_numpy("float64", na_value=np.nan)
        for name in ("numerator", "denominator", *LADDER)
        if name in table
    }
    same = ("window", "item", "outcome", "estimand")
    totals = families(table, same)
    # What is decided rests on counts that are the same under every denominator, so that each of them hides the same.
    size = counts.get("started", counts["denominator"])
    rungs = hidden_rungs({name: counts[name] for name in LADDER if name in counts}, most)
    _hide_beside_small(rungs, counts, most)
    _hide_small_totals(rungs, counts, totals, most)
    _hide_rungs_of_others(table, rungs, counts, most)
    for name, hidden_rung in rungs.items():
        if "period" in table and (table["period"] == "all").all():
            # Without a period, the people of a later window are a part of those of an earlier one.
            hide_close(
                hidden_rung,
                counts[name],
                rows_alike(table, [*group_columns(table), "item", "outcome", "estimand"]),
                most,
            )
        others = [counts[name]] if name == "started" else [counts[name], counts["started"] - counts[name]]
        hide_enough(hidden_rung, others, size, totals, most)
    hidden = small(counts["denominator"], most)
    if "estimand" in table:
        hidden |= _hidden_numerators(table, counts, most)
        hidden |= _hidden_completers(table, counts, most)
        for estimand, needed in DENOMINATOR_RUNGS.items():
            for rung in needed:
                hidden |= rungs.get(rung, np.zeros(len(table), dtype=bool)) & (table["estimand"] == estimand).to_numpy()
        if "least_count" in table:
            hidden |= small(table["least_count"].to_numpy("float64", na_value=np.nan), most)
        hide_enough(hidden, [counts["numerator"]], size, totals, most)
    else:
        hidden |= rungs.get("scored", np.zeros(len(table), dtype=bool))
    values = [*RATE_VALUES, *(name for name in FURTHER_VALUES if name in table)]
    for name, is_hidden in [*rungs.items(), *dict.fromkeys(values, hidden).items()]:
        table[name] = table[name].mask(pd.Series(is_hidden, index=table.index))
    table.loc[hidden, "status"] = "hidden"
    return table.drop(columns="least_count", errors="ignore")


def hide_tipping_points(table: pd.DataFrame, most: int) -> pd.DataFrame:
    """Hide the tipping points whose observed rate would be hidden: they are made of its counts and the eligible.

    Parameters
    ----------
    table : DataFrame
        From `tipping_point`; it is changed.
    most : int
        Counts from 1 to this are hidden.

    Returns
    -------
    DataFrame
    """
    # Judged as the bounds are, which show the same: who was seen with the outcome, and how many were not seen.
    bounds = table.drop(columns=["rate", "observed_share", "observed_low", "observed_high"]).assign(
        estimand="tipping point", numerator=table["with_outcome"], denominator=table["eligible"], estimate=0.0
    )
    judged = hide_rates(bounds.drop(columns="with_outcome"), most)
    hidden = judged["status"] == "hidden"
    for name in LADDER:
        table[name] = judged[name]
    for name in (*_TIPPING_VALUES, "with_outcome"):
        table[name] = table[name].mask(hidden)
    table["status"] = table["status"].mask(hidden, "hidden")
    return table


def _hide_beside_small(rungs: dict[str, Flags], counts: dict[str, Numbers], most: int) -> None:
    """Hide what a hidden rung would be narrowed by, were it shown whenever it is 0 or the same (in place).

    Below a small rung, a hidden one would say that it is not 0. Beside hidden eligible, those with a baseline would say
    how many lack it.
    """
    if "with_baseline" in rungs and "eligible" in rungs:
        rungs["with_baseline"] |= rungs["eligible"]
    names = [name for name in ("started", "with_baseline", "eligible", "scored") if name in rungs]
    for above, below in pairwise(names):
        rungs[below] |= small(counts[above], most) | (rungs[above] & small(counts[names[0]], most))


def _hide_small_totals(rungs: dict[str, Flags], counts: dict[str, Numbers], totals: list[Rows], most: int) -> None:
    """Hide all groups of a small total, also empty ones: who knows it small must not learn how it is shared out."""
    for rows in totals:
        if len(rows) > 1 and "started" in rungs and small(np.nansum(counts["started"][rows], keepdims=True), most)[0]:
            for hidden in rungs.values():
                hidden[rows] = True


def _hide_rungs_of_others(table: pd.DataFrame, rungs: dict[str, Flags], counts: dict[str, Numbers], most: int) -> None:
    """Hide a rung that lies close to any rung shown of another outcome (in place).

    Who may have one outcome is often a part of who may have another: worsening is of everybody with a baseline.
    """
    for rows in rows_alike(table, [*group_columns(table), "instrument", "window", "item", "estimand"]):
        shown: list[float] = []
        for name, hidden in rungs.items():
            for row in rows[~hidden[rows]]:
                if any(1 <= abs(counts[name][row] - other) <= most for other in shown):
                    hidden[row] = True
                else:
                    shown.append(float(counts[name][row]))


def _hidden_numerators(table: pd.DataFrame, counts: dict[str, Numbers], most: int) -> Flags:
    """Hide a small numerator, or a small rest of those scored, under every denominator."""
    numerator = counts["numerator"]
    rest = np.where(_completers(table), counts["denominator"], counts.get("scored", counts["denominator"])) - numerator
    hidden = small(numerator, most) | small(rest, most) | small(counts["denominator"] - numerator, most)
    # One outcome is often a part of another, as remission is of response: their difference is a group of people too.
    blocks = rows_alike(table, [*group_columns(table), "window", "item", "estimand"])
    hide_close(hidden, numerator, blocks, most)
    for rows in blocks:
        # Beside a small one, a hidden one within it would say that it is not 0: so an empty one is hidden as well.
        few = numerator[rows][small(numerator[rows], most)]
        hidden[rows] |= numerator[rows] <= few.max(initial=-1)
    size = counts.get("started", counts["denominator"])
    hide_enough(hidden, [numerator, rest], size, families(table, ("window", "item", "outcome", "estimand")), most)
    return hidden


def _hidden_completers(table: pd.DataFrame, counts: dict[str, Numbers], most: int) -> Flags:
    """Hide the completers' row where those scored who did not complete, or the responders among them, are few."""
    hidden = np.zeros(len(table), dtype=bool)
    completers = _completers(table)
    for rows in rows_alike(table, [*group_columns(table), "window", "item", "outcome"]):
        own, beside = rows[completers[rows]], rows[~completers[rows]]
        if not len(own):
            continue
        others_scored = counts["scored"][own] - counts["denominator"][own] if "scored" in counts else np.zeros(len(own))
        hidden[own] |= small(others_scored, most)
        if len(beside):
            others_with = counts["numerator"][beside[0]] - counts["numerator"][own]
            hidden[own] |= small(others_with, most) | small(others_scored - others_with, most)
    return hidden


def _completers(table: pd.DataFrame) -> Flags:
    return (table["estimand"] == "completers").to_numpy(dtype=bool)

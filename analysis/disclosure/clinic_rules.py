"""Which clinics to hide in a comparison of them, which points of a chart over time, and own rates beside others'."""

import numpy as np
import pandas as pd

from analysis.disclosure.families import Flags
from analysis.disclosure.rate_rules import LADDER, RATE_VALUES, hide_rates
from analysis.estimate.clinics import PLAIN
from analysis.estimate.control_limits import OUTSIDE
from analysis.estimate.monitoring import LINES
from analysis.vocabulary.errors import CallError

_OF_CLINIC = [*RATE_VALUES, "expected", "low_95", "high_95", "low_99_8", "high_99_8", "position"]
_CORE = ["instrument", "window", "outcome", "estimand", *RATE_VALUES, "method", "status", *LADDER]


def hide_clinics(table: pd.DataFrame, most: int) -> pd.DataFrame:
    """Hide the clinics with small counts, with everything made of them.

    Parameters
    ----------
    table : DataFrame
        From `clinics`; it is changed.
    most : int
        Counts from 1 to this are hidden.

    Returns
    -------
    DataFrame

    Notes
    -----
    A hidden clinic has no rate, no counts and no limits (they tell its size). Adjusted and partially pooled rates are
    made of the counts of all clinics together: where one is hidden, those of every clinic are.
    """
    plain = (table["adjusted"] == PLAIN).to_numpy()
    judged = hide_rates(table.loc[plain, ["clinic_id", *_CORE, "period"]].copy(), most).set_index("clinic_id")
    of_clinic = table["clinic_id"].map(judged["status"] == "hidden").to_numpy(dtype=bool)
    hidden = of_clinic | (~plain & of_clinic.any())
    for name in LADDER:
        table[name] = table[name].mask(table["clinic_id"].map(judged[name].isna()).to_numpy(dtype=bool))
    return _masked(table, _OF_CLINIC, hidden)


def hide_points(table: pd.DataFrame, most: int) -> pd.DataFrame:
    """Hide the months with small counts, with the limits and signs that are made of them.

    Parameters
    ----------
    table : DataFrame
        From `monitor`; it is changed.
    most : int
        Counts from 1 to this are hidden.

    Returns
    -------
    DataFrame

    Raises
    ------
    CallError
        For a g-chart: each of its points is a few people.

    Notes
    -----
    Beside a hidden month no moving range is shown. Where a hidden month is one of those that make the centre and the
    limits, the whole phase has none. Signs of several points go where one of the phase's points is hidden.
    """
    if (table["chart"] == "g").any() or table["method"].str.startswith("people between").any():
        raise CallError(
            "disclose: each point of a g-chart is a few people, so it cannot leave; ask monitor for larger groups "
            "or keep "
            "the table inside with audience='internal'."
        )
    groups = list(table.columns[: list(table.columns).index("instrument")])
    # A mean has a sum of points where a rate has a number of people.
    is_mean = bool((table["outcome"] == "mean score").all())
    core = [name for name in _CORE if not (is_mean and name in {"estimand", "outcome"})]
    judged = hide_rates(table[[*groups, "month", *core]].copy(), most)
    hidden = (judged["status"] == "hidden").to_numpy()
    for name in LADDER:
        table[name] = judged[name]
    beside = hidden | np.roll(hidden, 1)
    table["moving_range"] = table["moving_range"].mask(beside)
    for _, own in table.groupby([*groups, "phase"]):
        flagged = hidden[table.index.get_indexer(own.index)]
        if not flagged.any():
            continue
        makes_limits = own["baseline"].to_numpy() | (own["chart"] == "run").to_numpy()
        if (flagged & makes_limits).any():
            table.loc[own.index, LINES] = np.nan
            table.loc[own.index, "signal"] = ""
        else:
            outside = own["signal"].str.contains(OUTSIDE)
            table.loc[own.index, "signal"] = np.where(outside, OUTSIDE, "")
    table.loc[hidden, "signal"] = ""
    return _masked(table, [*RATE_VALUES, "lower", "upper"], hidden)


def hide_own(table: pd.DataFrame, most: int) -> pd.DataFrame:
    """Hide the small counts of the own rates that stand beside published ones; what is published already is shown.

    Parameters
    ----------
    table : DataFrame
        From `in_context`; it is changed.
    most : int
        Counts from 1 to this are hidden.

    Returns
    -------
    DataFrame
    """
    own = (table["kind"] == "own").to_numpy()
    judged = hide_rates(table.loc[own, [*_CORE, "period"]].copy(), most)
    for name in [*RATE_VALUES, *LADDER, "status"]:
        table.loc[own, name] = judged[name]
    return table


def _masked(table: pd.DataFrame, columns: list[str], hidden: Flags) -> pd.DataFrame:
    for name in columns:
        table[name] = table[name].mask(pd.Series(hidden, index=table.index))
    table["status"] = table["status"].mask(pd.Series(hidden, index=table.index), "hidden")
    return table

"""Which rules a table is judged by, and tables for which there are none."""

from collections.abc import Callable

import pandas as pd

from analysis.disclosure.access_rules import access_kind, hide_access
from analysis.disclosure.clinic_rules import hide_clinics, hide_own, hide_points
from analysis.disclosure.comparison_rules import hide_balance, hide_comparisons
from analysis.disclosure.curve_rules import step_curves
from analysis.disclosure.flow_rules import hide_steps
from analysis.disclosure.occupancy_rules import hide_occupancy
from analysis.disclosure.rate_rules import OF_OTHER_COUNTS, hide_rates, hide_tipping_points
from analysis.disclosure.safety_rules import hide_safety, is_safety, refuse_safety, safety_kind
from analysis.disclosure.transition_rules import hide_transitions
from analysis.vocabulary.errors import CallError

Rules = Callable[[pd.DataFrame, int], pd.DataFrame]

# Without a denominator's name, the ladder, or what stands for them, no rule could see which counts give others away.
_OF_RATES = {"estimand", "started", "observed", "covariate"}

_BY_COLUMNS: tuple[tuple[set[str], Rules], ...] = (
    ({"reference_numerator", "covariate"}, hide_balance),
    ({"reference_numerator"}, hide_comparisons),
    ({"observed_share"}, hide_tipping_points),
    ({"happened", "strategy", "at_risk", "censored"}, step_curves),
    ({"state", "day"}, hide_occupancy),
    ({"moving_range"}, hide_points),
    ({"high_99_8"}, hide_clinics),
    ({"prediction_low"}, hide_own),
    ({"estimate"}, hide_rates),
    ({"before"}, hide_transitions),
)
"""The first whose columns a table has; a flow has none of them."""


def is_known(table: pd.DataFrame) -> bool:
    """Say whether a table is one of those that can be judged, or are refused by name.

    Parameters
    ----------
    table : DataFrame

    Returns
    -------
    bool

    Examples
    --------
    >>> is_known(pd.DataFrame(columns=["estimand", "estimate"])), is_known(pd.DataFrame(columns=["estimate"]))
    (True, False)
    """
    columns = set(table.columns)
    return (
        "count" in columns
        or not _OF_MAINTENANCE.isdisjoint(columns)
        or ("estimate" in columns and not _OF_RATES.isdisjoint(columns))
        or is_safety(table)
        or access_kind(table) is not None
        or {"happened", "strategy", "at_risk", "censored"} <= columns
    )


def hiding_rules(table: pd.DataFrame) -> Rules:
    """Choose the rules for a table by its columns.

    Parameters
    ----------
    table : DataFrame
        One that `is_known`.

    Returns
    -------
    callable
        Takes the table, which it may change, and the largest count that is hidden.

    Examples
    --------
    >>> hiding_rules(pd.DataFrame(columns=["state", "day", "estimate"])).__name__
    'hide_occupancy'
    """
    if safety_kind(table) is not None:
        return hide_safety
    if access_kind(table) is not None:
        return hide_access
    columns = set(table.columns)
    return next((rules for needed, rules in _BY_COLUMNS if needed <= columns), hide_steps)


_OF_MAINTENANCE = {"unweighted", "contrast", "effective", "compared", "days_since_session", "lost_response"}
"""Columns that only tables about maintenance have."""

_REFUSED: tuple[tuple[set[str], str], ...] = (
    (
        {"early_only"},
        "a table from early_response holds all four cells of each two by two, for which there are no rules; disclose "
        "the response_rates of both windows instead.",
    ),
    (
        {"missing_information"},
        "what a table of impute_rates says of the information missing tells of the people not seen; disclose the table "
        "of estimands instead, whose rows of the imputed rates can be.",
    ),
    (
        {"reference_numerator", "correlation"},
        "counts of several values of the same people do not say how few people they are of; keep the table inside with "
        "audience='internal', or disclose a comparison of one window.",
    ),
    (
        {"first_seen"},
        "the people with an outcome by one session are a part of those by the next, and their difference is a small "
        "group more often than not; keep the table inside with audience='internal'.",
    ),
)


def refuse_not_judged(table: pd.DataFrame) -> None:
    """Stop at a table, or at rows, for which there are no rules.

    Parameters
    ----------
    table : DataFrame

    Raises
    ------
    CallError
        Saying why, and what to do.
    """
    refuse_safety(table)
    if not _OF_MAINTENANCE.isdisjoint(table.columns):
        raise CallError(
            "disclose: for tables of maintenance_trial, maintenance_hazard, holding_by_gap and response_again there "
            "are no rules, as their counts are parts of one another; disclose the curves of maintenance_landmark or "
            "of time_to instead."
        )
    for columns, why in _REFUSED:
        if columns <= set(table.columns):
            raise CallError(f"disclose: {why}")
    if "least_count" in table or "observed_share" in table:
        return
    found = [name for name in OF_OTHER_COUNTS if "estimand" in table and (table["estimand"] == name).any()]
    if found:
        raise CallError(
            f"disclose: rows of '{found[0]}' rest on counts that are not in the table, so what must be hidden cannot "
            f"be judged; leave them out, table[~table['estimand'].isin({found})], or keep the table inside with "
            "audience='internal'."
        )

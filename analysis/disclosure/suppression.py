"""`disclose`: hide small counts and what would give them away, and mark what has passed.

Hidden in a public table:

1. a rate whose numerator, denominator or complement (denominator less numerator) is 1 to 10, with its interval; and,
   because the numerator is the same under every denominator, also where those scored less the numerator are 1 to 10;
2. a rung of the ladder (started, eligible, scored, with baseline) that is 1 to 10 or lies 1 to 10 from a rung that is
   shown, and every rate that has that rung as its denominator: two shown denominators must not give a small difference;
3. a second outcome or its rungs, or the completers' row, 1 to 10 from what is shown beside it; and, where no period is
   given, a rung that lies 1 to 10 from the same rung of another window;
4. further groups of the same table, smallest first, until at least two are hidden and what is hidden adds up to more
   than 10: the total of all groups is usually shown elsewhere;
5. in a flow, rungs as in 2, every reason beside a hidden rung, and the same step of further groups as in 4;
6. of transitions, further cells of the same row, column and square, and the same cell of further groups, as in 4;
7. of state occupancy by day, a count that has changed by 1 to 10 since it was last shown, and what would give it away;
8. of the curves of times to an event, all days but those between which nobody or more than 10 people had it, left, or
   had it under one strategy only; groups as in 4. Shares are rounded to whole percent.

Each table is judged by itself. What could be worked out from several tables together is not looked at here.
"""

from collections.abc import Callable
from dataclasses import dataclass
from html import escape

import pandas as pd

from analysis.disclosure.curve_rules import step_curves
from analysis.disclosure.flow_rules import hide_steps
from analysis.disclosure.occupancy_rules import hide_occupancy
from analysis.disclosure.policy import AUDIENCES, DEFAULT_POLICY, Policy
from analysis.disclosure.rate_rules import NOT_JUDGED, hide_rates
from analysis.disclosure.transition_rules import hide_transitions
from analysis.vocabulary.errors import CallError

_NO_RULES = {"unweighted", "contrast", "effective", "compared", "days_since_session", "lost_response"}
"""Columns that only tables about maintenance have."""


@dataclass(frozen=True, eq=False, repr=False)
class Disclosed:
    """A table that has passed the gate. ``hidden`` says how many rows were hidden."""

    table: pd.DataFrame
    audience: str
    policy: Policy
    hidden: int

    def __repr__(self) -> str:
        return f"Disclosed ({self.audience}, {self.policy.name}, {self.hidden} hidden)\n{self.table!r}"

    def _repr_html_(self) -> str:
        note = f"{self.audience}; {self.policy.name}; {self.hidden} hidden"
        return f"<p>{escape(note)}</p>{self.table.to_html(index=False, escape=True)}"


def disclose(table: pd.DataFrame, *, policy: Policy | None = None, audience: str = "public") -> Disclosed:
    """Hide what must not leave in a table of estimates or a flow.

    Parameters
    ----------
    table : DataFrame
        From `response_rates`, `mean_scores`, `time_to` or `maintenance_landmark` (its ``table``), `occupancy`,
        `current_response`, `flow`, `item_changes`, `item_transitions`, a model's `means`, or
        the table of `estimands` without the rows ``carried-forward`` and ``weighted``.
    policy : Policy, optional
        Counts 1 to 10 are hidden when left out.
    audience : {"public", "internal"}
        Nothing is hidden for ``internal``; charts and reports then carry a stamp.

    Returns
    -------
    Disclosed
        Hidden rows keep their groups; their values are missing and their status is ``hidden``.

    Raises
    ------
    CallError
        For an unknown audience, or a table that is none of these.

    Examples
    --------
    >>> import pandas as pd
    >>> rates = pd.DataFrame({"clinic_id": ["A", "B", "C"], "estimand": "observed", "estimate": [0.5, 0.5, 0.1],
    ...     "low": 0.0, "high": 1.0, "numerator": [30, 40, 4], "denominator": [60, 80, 40], "status": "ok"})
    >>> list(disclose(rates).table["status"])
    ['hidden', 'ok', 'hidden']
    """
    policy = policy or DEFAULT_POLICY
    if audience not in AUDIENCES:
        raise CallError(f"audience: '{audience}' is unknown. There are: {', '.join(AUDIENCES)}.")
    if not isinstance(table, pd.DataFrame):
        raise CallError("disclose: a table is needed, such as the .table of a result, not the result itself.")
    if "reference_numerator" in table:
        raise CallError(
            "disclose: each row of a table from compare holds the counts of two groups, for which there are no rules; "
            "disclose the response_rates of the groups instead."
        )
    if "early_only" in table:
        raise CallError(
            "disclose: a table from early_response holds all four cells of each two by two, for which there are no "
            "rules; disclose the response_rates of both windows instead."
        )
    if not _NO_RULES.isdisjoint(table.columns):
        raise CallError(
            "disclose: for tables of maintenance_trial, maintenance_hazard, holding_by_gap and response_again there "
            "are no rules, as their counts are parts of one another; disclose the curves of maintenance_landmark or "
            "of time_to instead."
        )
    # Without a denominator's name or the ladder, the rules below could not see which counts give others away.
    rates = "estimate" in table and not {"estimand", "started", "observed"}.isdisjoint(table.columns)
    if not rates and "count" not in table and not _is_of_curves(table):
        raise CallError("disclose: a table from response_rates, mean_scores or flow is needed.")
    table = table.copy()
    if audience == "public":
        _refuse_not_judged(table)
        hide = _rule_for(table)
        table = hide(table, policy.hide_up_to)
    return Disclosed(table, audience, policy, int((table["status"] == "hidden").sum()))


def _is_of_curves(table: pd.DataFrame) -> bool:
    return {"happened", "strategy", "at_risk", "censored"} <= set(table.columns)


def _rule_for(table: pd.DataFrame) -> Callable[[pd.DataFrame, int], pd.DataFrame]:
    if _is_of_curves(table):
        return step_curves
    if {"state", "day"} <= set(table.columns):
        return hide_occupancy
    if "estimate" in table:
        return hide_rates
    return hide_transitions if "before" in table else hide_steps


def _refuse_not_judged(table: pd.DataFrame) -> None:
    found = [name for name in NOT_JUDGED if "estimand" in table and (table["estimand"] == name).any()]
    if found:
        raise CallError(
            f"disclose: rows of '{found[0]}' rest on counts that are not in the table, so what must be hidden cannot "
            f"be judged; leave them out, table[~table['estimand'].isin({found})], or keep the table inside with "
            "audience='internal'."
        )

"""`disclose`: hide small counts and what would give them away, and mark what has passed.

Hidden in a public table (10 stands for the policy's threshold; one more, 11, is hidden alike, so that `hidden` never
says for certain that a count is 10 or fewer):

1. a rate whose numerator, denominator or complement (denominator less numerator) is 1 to 10, with its interval; and,
   because the numerator is the same under every denominator, also where those scored less the numerator are 1 to 10;
2. a rung of the ladder (started, eligible, scored, with baseline) that is 1 to 10 or lies 1 to 10 from a rung that is
   shown, and every rate that has that rung as its denominator: two shown denominators must not give a small difference;
3. a second outcome or its rungs, or the completers' row, 1 to 10 from what is shown beside it; and, where no period is
   given, a rung that lies 1 to 10 from the same rung of another window;
4. further groups of the same table, smallest first, until at least two are hidden and what is hidden adds up to more
   than 10: the total of all groups is usually shown elsewhere;
5. in a flow, rungs as in 2, every reason beside a hidden rung, the people or rows that several reasons begin with when
   one of these is small, and the same step of further groups as in 4;
6. a comparison, where the rate of either of its groups is hidden by 1 to 4 among the rates of all groups compared; an
   adjusted one also where a stratum has 1 to 10 people with or without the outcome; of a balance table, a level that is
   1 to 10 in either group, and further levels and groups as in 4;
7. a rate that is made of more counts than its row shows (carried forward, weighted), where the smallest of them is 1
   to 10; a tipping point, with the rate that it is of;
8. of transitions, further cells of the same row, column and square, and the same cell of further groups, as in 4;
9. of state occupancy by day, a count that has changed by 1 to 10 since it was last shown, and what would give it away;
10. of the curves of times to an event, all days but those between which nobody or more than 10 people had it, left, or
    had it under one strategy only; groups as in 4. Shares are rounded to whole percent;
11. of adverse events and what is measured at sessions, rows of few people, few events, or all but few people, and
    further terms, levels and groups as in 4; see `analysis.disclosure.safety_rules`;
12. of clinics, the limits of a hidden clinic, and the adjusted and pooled rates of all of them; of a chart over time,
    the limits that a hidden month is a part of; see `analysis.disclosure.clinic_rules`;
13. of the steps of access and of baseline tables, see `analysis.disclosure.access_rules`. A list of people is refused.

Each table is judged by itself. What several tables and reports give away together, `analysis.audit` says.
"""

from dataclasses import dataclass
from html import escape

import pandas as pd

from analysis.disclosure.access_rules import refuse_people
from analysis.disclosure.policy import AUDIENCES, DEFAULT_POLICY, Policy
from analysis.disclosure.table_kinds import hiding_rules, is_known, refuse_not_judged
from analysis.vocabulary.errors import CallError


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
        From `response_rates`, `mean_scores`, `mean_changes`, `flow`, `item_changes`, `item_transitions`, a model's
        `means`, the table of `estimands`, `tipping_point`, `compare`, `compare_periods`, `time_to` or
        `maintenance_landmark`, from `occupancy`, `current_response`, `clinics`, `monitor`, `in_context`, `access`,
        `baseline_table` or `completeness`, or of `safety` its ``events``, ``bladder``, ``serious``, ``sessions`` or
        ``habituation``.
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
    refuse_people(table)
    if not is_known(table):
        raise CallError("disclose: a table from response_rates, mean_scores or flow is needed.")
    table = table.copy()
    if audience == "public":
        refuse_not_judged(table)
        table = hiding_rules(table)(table, policy.band)
    return Disclosed(table, audience, policy, int((table["status"] == "hidden").sum()))

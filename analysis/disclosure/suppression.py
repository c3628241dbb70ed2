"""`disclose`: hide small counts and what would give them away, and mark what has passed.

Hidden in a public table:

1. a rate whose numerator, denominator or complement (denominator less numerator) is 1 to 10, with its interval; and,
   because the numerator is the same under every denominator, also where those scored less the numerator are 1 to 10;
2. a rung of the ladder (started, eligible, scored, with baseline) that is 1 to 10 or lies 1 to 10 from a rung that is
   shown, and every rate that has that rung as its denominator: two shown denominators must not give a small difference;
3. where one group alone is hidden among the groups of a window, the next smallest one too, because the total of all
   groups is usually shown elsewhere;
4. in a flow, rungs as in 2 and every step beside a hidden rung.
"""

from dataclasses import dataclass
from html import escape

import pandas as pd

from analysis.disclosure.policy import AUDIENCES, DEFAULT_POLICY, Policy
from analysis.vocabulary.errors import CallError

RATE_VALUES = ["estimate", "low", "high", "numerator", "denominator"]
LADDER_BY_IMPORTANCE = ["started", "eligible", "scored", "with_baseline"]
DENOMINATOR_RUNG = {"observed": "scored", "nonresponder": "eligible", "starters": "started"}
RUNGS_BY_IMPORTANCE = ["started", "eligible", "scored", "responded", "baseline", "treated"]


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
        From `response_rates`, `mean_scores` or `flow`.
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
        For an unknown audience, or a table that is neither.

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
    if "estimate" not in table and "count" not in table:
        raise CallError("disclose: a table from response_rates, mean_scores or flow is needed.")
    table = table.copy()
    if audience == "public":
        table = _hide_rates(table, policy) if "estimate" in table else _hide_flow(table, policy)
    return Disclosed(table, audience, policy, int((table["status"] == "hidden").sum()))


def _small(counts: pd.Series, policy: Policy) -> pd.Series:
    return counts.between(1, policy.hide_up_to).fillna(False).astype(bool)


def _hide_rates(table: pd.DataFrame, policy: Policy) -> pd.DataFrame:
    hidden = _small(table["denominator"], policy)
    if "outcome" in table or "estimand" in table:
        hidden |= _small(table["numerator"], policy) | _small(table["denominator"] - table["numerator"], policy)
        if "scored" in table:
            hidden |= _small(table["scored"] - table["numerator"], policy) & (table["estimand"] != "completers")
    rungs = _hidden_rungs(table, LADDER_BY_IMPORTANCE, policy)
    for estimand, rung in DENOMINATOR_RUNG.items():
        if rung in rungs:
            own = table["estimand"] == estimand if "estimand" in table else estimand == "observed"
            hidden |= rungs[rung] & own
    if "estimand" in table and "scored" in rungs:
        # Those who completed loading are a part of those scored; the two differences must not be small either.
        hidden |= (table["estimand"] == "completers") & _small(table["scored"] - table["denominator"], policy)
    hidden |= _next_smallest(table, hidden)
    for rung, is_hidden in rungs.items():
        table[rung] = table[rung].mask(is_hidden)
    table[RATE_VALUES] = table[RATE_VALUES].mask(hidden)
    table["status"] = table["status"].mask(hidden, "hidden")
    return table


def _hidden_rungs(table: pd.DataFrame, order: list[str], policy: Policy) -> dict[str, pd.Series]:
    """Decide which rungs to hide, the most important kept first; a rung must not lie close to one that is shown."""
    hidden: dict[str, pd.Series] = {}
    for rung in (name for name in order if name in table):
        unsafe = _small(table[rung], policy)
        for other, other_hidden in hidden.items():
            unsafe |= _small((table[rung] - table[other]).abs(), policy) & ~other_hidden
        hidden[rung] = unsafe
    return hidden


def _next_smallest(table: pd.DataFrame, hidden: pd.Series) -> pd.Series:
    """Where one group alone is hidden among several of a window, hide the next smallest too."""
    together = [name for name in ("window", "outcome", "estimand") if name in table]
    size = table["denominator"].astype("float64").where(~hidden & (table["denominator"] > 0))
    part = table.groupby(together, sort=False).ngroup() if together else pd.Series(0, index=table.index)
    alone = hidden.groupby(part).transform("sum") == 1
    order = size.where(alone).groupby(part).rank(method="first")
    return order == 1


def _hide_flow(table: pd.DataFrame, policy: Policy) -> pd.DataFrame:
    groups = list(table.columns[: list(table.columns).index("instrument")])
    pieces = [piece for _, piece in table.groupby([*groups, "window"], sort=False)]
    unsafe = pd.concat([_unsafe_steps(piece, policy) for piece in pieces]).reindex(table.index)
    table["count"] = table["count"].mask(unsafe)
    table["status"] = table["status"].mask(unsafe, "hidden")
    return table


def _unsafe_steps(piece: pd.DataFrame, policy: Policy) -> pd.Series:
    counts = dict(zip(piece["name"], piece["count"], strict=True))
    rungs = list(piece.loc[piece["kind"] == "rung", "name"])
    row = pd.DataFrame([{name: counts[name] for name in rungs}])
    # A rung that the list does not name is judged too, after those it names.
    order = list(dict.fromkeys([*RUNGS_BY_IMPORTANCE, *rungs]))
    unsafe = {name for name, hide in _hidden_rungs(row, order, policy).items() if hide.iloc[0]}
    reasons: list[str] = []
    above = rungs[0]
    for kind, name in zip(piece["kind"], piece["name"], strict=True):
        if kind == "reason":
            reasons.append(name)
        elif kind == "rung":
            small = any(0 < counts[reason] <= policy.hide_up_to for reason in reasons)
            if small or {above, name} & unsafe:
                unsafe |= set(reasons)
            above, reasons = name, []
    branches = {name: counts[name] for name in piece.loc[piece["kind"] == "branch", "name"]}
    small_branches = {name for name, count in branches.items() if 0 < count <= policy.hide_up_to}
    others = {name: count for name, count in branches.items() if count > 0 and name not in small_branches}
    if len(small_branches) == 1 and others:
        small_branches.add(min(others, key=lambda name: others[name]))
    if "started" in unsafe:
        small_branches = set(branches)
    return piece["name"].isin(unsafe | small_branches)

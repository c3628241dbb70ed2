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

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analysis.disclosure.policy import AUDIENCES, DEFAULT_POLICY, Policy
from analysis.vocabulary.errors import CallError

Numbers = NDArray[np.float64]
Flags = NDArray[np.bool_]
Rows = NDArray[np.intp]

RATE_VALUES = ["estimate", "low", "high", "numerator", "denominator"]
LADDER_BY_IMPORTANCE = ["started", "eligible", "scored", "with_baseline"]
DENOMINATOR_RUNG = {"observed": "scored", "nonresponder": "eligible", "starters": "started"}
_COUNTS = ["numerator", "denominator", *LADDER_BY_IMPORTANCE]
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


def _hide_rates(table: pd.DataFrame, policy: Policy) -> pd.DataFrame:
    numbers = {name: table[name].to_numpy("float64", na_value=np.nan) for name in _COUNTS if name in table}
    # Decisions rest on what is the same under every denominator, so that each of them hides the same groups.
    size = numbers.get("started", numbers["denominator"])
    groups = _rows_of_each_window(table)
    rungs = _hidden_rungs({name: numbers[name] for name in LADDER_BY_IMPORTANCE if name in numbers}, policy)
    for hidden_rung in rungs.values():
        _hide_next_smallest(hidden_rung, size, groups)
    hidden = _small(numbers["denominator"], policy)
    if "estimand" in table:
        estimand = table["estimand"].to_numpy()
        completers = estimand == "completers"
        numerator = _small(numbers["numerator"], policy)
        numerator |= _small(numbers.get("scored", numbers["denominator"]) - numbers["numerator"], policy) & ~completers
        _hide_next_smallest(numerator, size, groups)
        hidden |= numerator | _small(numbers["denominator"] - numbers["numerator"], policy)
        for name, rung in DENOMINATOR_RUNG.items():
            hidden |= rungs.get(rung, False) & (estimand == name)
        if "scored" in numbers:
            # Those who completed loading are a part of those scored; the rest of them must not be few either.
            hidden |= completers & _small(numbers["scored"] - numbers["denominator"], policy)
            _hide_next_smallest(hidden, size, groups)
    else:
        hidden |= rungs.get("scored", False)
    for name, is_hidden in [*rungs.items(), *dict.fromkeys(RATE_VALUES, hidden).items()]:
        table[name] = table[name].mask(pd.Series(is_hidden, index=table.index))
    table.loc[hidden, "status"] = "hidden"
    return table


def _small(counts: Numbers, policy: Policy) -> Flags:
    return (counts >= 1) & (counts <= policy.hide_up_to)


def _hidden_rungs(rungs: dict[str, Numbers], policy: Policy) -> dict[str, Flags]:
    """Decide which rungs to hide, the most important kept first; a rung must not lie close to one that is shown."""
    hidden: dict[str, Flags] = {}
    for rung, counts in rungs.items():
        unsafe = _small(counts, policy)
        for other, other_hidden in hidden.items():
            unsafe |= _small(np.abs(counts - rungs[other]), policy) & ~other_hidden
        hidden[rung] = unsafe
    return hidden


def _rows_of_each_window(table: pd.DataFrame) -> list[Rows]:
    """List the rows that add up to one total: one for each group, the same window, outcome and denominator."""
    together = [name for name in ("window", "outcome", "estimand") if name in table]
    if not together:
        return [np.arange(len(table))]
    part = table.groupby(together, sort=False).ngroup().to_numpy()
    return [np.flatnonzero(part == each) for each in np.unique(part)]


def _hide_next_smallest(hidden: Flags, size: Numbers, groups: list[Rows]) -> None:
    """Where one group alone is hidden among several, hide the next smallest too (in place)."""
    for rows in groups:
        others = rows[~hidden[rows] & (size[rows] > 0)]
        if hidden[rows].sum() == 1 and len(others):
            hidden[others[np.argmin(size[others])]] = True


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
    # A rung that the list does not name (rows of a file: read, used) is judged too, after those it names.
    present = [name for name in dict.fromkeys([*RUNGS_BY_IMPORTANCE, *rungs]) if name in counts]
    by_importance = {name: np.array([counts[name]], dtype="float64") for name in present}
    unsafe = {name for name, hide in _hidden_rungs(by_importance, policy).items() if hide[0]}
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

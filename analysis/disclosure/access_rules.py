"""What to hide in tables of access and in baseline tables, and which of them have no rules and stay inside.

In the steps of access, the reasons that are small in any group are put together as "Other reasons" in every group, so
that a group's small count is not what all others leave of a total; what is still small is hidden as in a flow, and so
is a share whose own count or denominator is hidden.

In a baseline table, a level of 1 to 10 people is hidden with further levels and groups; a characteristic of which 1 to
10 values are missing is hidden but for its median; a difference is hidden where either of its two counts is.
"""

import numpy as np
import pandas as pd

from analysis.disclosure.families import group_columns, hide_enough, rows_alike, small
from analysis.disclosure.flow_rules import hide_steps
from analysis.vocabulary.errors import CallError, DisclosureError

VALUES = ["estimate", "low", "high", "numerator", "denominator"]
MERGED = "other_reasons"

_ATTENDANCE = ["given", "stopped-early", "cancelled", "no-show"]
_STAYS_INSIDE = {
    "curve": "waiting_curve tells of single people's days",
    "waits": "the shares by several days tell of the people between them",
    "attendance": "sessions are counted, and how many people they are of is not in each count",
    "costs": "a cost per responder tells how many responded, and what each of few sessions cost",
}


def access_kind(table: pd.DataFrame) -> str | None:
    """Say which table of access this is, by its columns.

    Parameters
    ----------
    table : DataFrame

    Returns
    -------
    str or None
        ``steps``, ``baseline``, ``curve``, ``waits``, ``attendance``, ``costs``; None for any other table.

    Examples
    --------
    >>> access_kind(pd.DataFrame(columns=["characteristic", "standardised_difference", "estimate"]))
    'baseline'
    """
    has = set(table.columns)
    if {"step", "kind", "count", "estimate"} <= has:
        return "steps"
    if {"characteristic", "standardised_difference"} <= has:
        return "baseline"
    if {"waiting", "ended"} <= has:
        return "curve" if "at_risk" in has else "waits"
    if {"prices", "measure"} <= has:
        return "costs"
    if {"outcome", "patients"} <= has and len(table) and table["outcome"].isin(_ATTENDANCE).all():
        return "attendance"
    return None


def refuse_people(table: pd.DataFrame) -> None:
    """Refuse a list of people, for any audience.

    Parameters
    ----------
    table : DataFrame

    Raises
    ------
    DisclosureError
    """
    if "patient_id" in table:
        raise DisclosureError(
            "disclose: this is a list of people, which never leaves: no rule makes pseudonyms fit for a report. "
            "Show counts."
        )


def hide_access(table: pd.DataFrame, most: int) -> pd.DataFrame:
    """Hide the small counts of a table of access or of a baseline table, and what would give them away.

    Parameters
    ----------
    table : DataFrame
        From `access` or `baseline_table`; it is changed.
    most : int
        Counts from 1 to this are hidden.

    Returns
    -------
    DataFrame

    Raises
    ------
    CallError
        For a table that has no rules.
    """
    kind = access_kind(table)
    if kind == "steps":
        return _hide_ladder(_merge_reasons(table, most), most)
    if kind == "baseline":
        return _hide_baseline(table, most)
    raise CallError(
        f"disclose: there are no rules for this table: {_STAYS_INSIDE[str(kind)]}. "
        "Keep it inside with audience='internal'."
    )


def _merge_reasons(table: pd.DataFrame, most: int) -> pd.DataFrame:
    """Put reasons between two rungs together, the same in every group, until none of them is small in any group."""
    groups = [name for name in group_columns(table) if name not in ("name", "label")]
    table["_rung"] = _rung_below(table, groups)
    merged: set[tuple[str, str]] = set()
    for rung, rows in table[table["kind"] == "reason"].groupby("_rung", sort=False):
        counts = rows.pivot_table(
            index=groups or (lambda _: 0), columns="name", values="count", aggfunc="sum", sort=False
        )
        counts = counts.astype("float64")
        chosen = [name for name in counts if small(counts[name].to_numpy(), most).any()]
        others = sorted((name for name in counts if name not in chosen), key=lambda name: counts[name].sum())
        while chosen and others and small(counts[chosen].sum(axis="columns").to_numpy(), most).any():
            chosen.append(others.pop(0))
        merged |= {(str(rung), str(name)) for name in chosen} if len(chosen) > 1 else set()
    inside = pd.Series(
        [(rung, name) in merged for rung, name in zip(table["_rung"], table["name"], strict=True)], index=table.index
    ) & (table["kind"] == "reason")
    block = [*groups, "_rung"]
    first = {name: "first" for name in table.columns if name not in block} | {"count": "sum"}
    together = table[inside].groupby(block, sort=False, dropna=False).agg(first).reset_index()
    apart = set(table.loc[~inside & (table["kind"] == "reason"), "_rung"])
    labels = ["Other reasons" if rung in apart else "All reasons together" for rung in together["_rung"]]
    together = together.assign(name=MERGED, label=labels, numerator=together["count"])
    share = together["count"].to_numpy("float64") / together["denominator"].to_numpy("float64", na_value=np.nan)
    together["estimate"] = np.where(together["estimate"].isna(), np.nan, share)
    # The interval of a sum is not in the table, and the gate makes no estimates.
    together["low"] = together["high"] = np.nan
    # They stand last above their rung.
    below = table.groupby(block, sort=False, dropna=False)["step"].max()
    together["step"] = (
        below.reindex(pd.MultiIndex.from_frame(together[block]) if groups else together["_rung"]).to_numpy() - 0.5
    )
    rows = pd.concat([table[~inside], together[table.columns]]).sort_values([*groups, "step"], kind="stable")
    rows["step"] = rows.groupby(groups, sort=False).cumcount() + 1 if groups else np.arange(1, len(rows) + 1)
    return rows.drop(columns="_rung").reset_index(drop=True)


def _rung_below(table: pd.DataFrame, groups: list[str]) -> pd.Series:
    below = table["name"].where(table["kind"] == "rung")
    return below.groupby([table[name] for name in groups], sort=False).bfill() if groups else below.bfill()


def _hide_ladder(table: pd.DataFrame, most: int) -> pd.DataFrame:
    table = hide_steps(table, most)
    hidden = (table["status"] == "hidden").to_numpy()
    is_rung = (table["kind"] == "rung").to_numpy()
    # A share also tells its denominator, the rung before.
    of_hidden = hidden.copy()
    for rows in rows_alike(table, group_columns(table)):
        before_hidden = False
        for row in rows:
            of_hidden[row] |= before_hidden
            before_hidden = bool(hidden[row]) if is_rung[row] else before_hidden
    for name in VALUES:
        table[name] = table[name].mask(pd.Series(hidden if name == "numerator" else of_hidden, index=table.index))
    return table


def _hide_baseline(table: pd.DataFrame, most: int) -> pd.DataFrame:
    group = str(table.columns[0])
    x, n, people = (table[name].to_numpy("float64", na_value=np.nan) for name in ("numerator", "denominator", "people"))
    is_median, is_missing = ((table["kind"] == kind).to_numpy() for kind in ("median", "missing"))
    few = small(people, most)
    hidden = few | np.where(is_median, small(n, most) | small(n - x, most), small(x, most))
    blocks = rows_alike(table, [group, "characteristic"])
    totals = [rows[~is_median[rows]] for rows in blocks]
    totals += [rows[~is_median[rows]] for rows in rows_alike(table, ["characteristic", "kind", "level"])]
    counted_known = np.zeros(len(table), dtype=bool)
    changed = True
    while changed:
        before = hidden.copy()
        for rows in blocks:
            if (hidden[rows] & is_missing[rows]).any():
                # How many are known gives away how many are missing.
                hidden[rows[~is_median[rows]]] = True
                counted_known[rows[is_median[rows]]] = True
        hide_enough(hidden, [x], x, [rows for rows in totals if len(rows)], most)
        changed = bool((hidden != before).any())
    flags = pd.Series(hidden, index=table.index)
    unsafe = flags | pd.Series(counted_known, index=table.index)
    for name in ("numerator", "denominator"):
        table[name] = table[name].mask(unsafe)
    for name in ("estimate", "low", "high", "lower_quartile", "upper_quartile"):
        table[name] = table[name].mask(flags)
    table["people"] = table["people"].mask(pd.Series(few, index=table.index))
    of_reference = table[table[group] == table["reference"]]
    same = ["characteristic", "kind", "level"]
    gone = set(of_reference.loc[flags[of_reference.index], same].itertuples(index=False, name=None))
    pairs = pd.Series([key in gone for key in table[same].itertuples(index=False, name=None)], index=table.index)
    table["standardised_difference"] = table["standardised_difference"].mask(flags | pairs)
    table.loc[flags, "status"] = "hidden"
    return table

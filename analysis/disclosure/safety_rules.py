"""Which rows of the tables of safety to hide: what is protected is people, however many events they had.

Hidden are rows whose people, events or sessions with something are few, or all but few; then the smallest further rows
of the same total (of the terms of a source, of the levels of a split, of the groups) until what is hidden cannot be
worked out; and a row whose people differ by few from a shown row of the same kind, of which they are a part.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from analysis.counts.habituation_tally import CHANGE
from analysis.counts.safety_tally import ANY
from analysis.disclosure.families import Flags, Numbers, hide_close, hide_enough, rows_alike, small
from analysis.estimate.safety.event_rows import PER_SESSIONS
from analysis.estimate.safety.session_rows import MEAN, OF_SESSIONS
from analysis.vocabulary.errors import CallError


@dataclass(frozen=True)
class SafetyKind:
    """How one table of safety is judged.

    ``first`` is its first column that is no group, and ``marks`` tell it from others. ``people``, ``counts`` and
    ``whole`` must not be few; of ``rests`` the difference of two columns must not be. ``totals``: the rows that differ
    in one of these columns only add up. ``parts``: of rows alike in these columns the people are parts of one another.
    """

    first: str
    marks: tuple[str, ...]
    people: str
    counts: tuple[str, ...]
    whole: str
    rests: tuple[tuple[str, str], ...] = ()
    totals: tuple[str, ...] = ()
    parts: tuple[str, ...] = ()


KINDS = (
    SafetyKind(
        "split", ("split", "level", "patients_with"), "patients_with", ("numerator",), "patients",
        rests=(("patients", "patients_with"),), totals=("term", "level"), parts=("source", "term", "measure"),
    ),
    SafetyKind(
        "source", ("seriousness", "count"), "patients", ("count",), "patients",
        totals=("term", "seriousness"), parts=("source", "seriousness"),
    ),
    SafetyKind(
        "name", ("record", "measured", "patients_with"), "patients_with", ("numerator",), "patients",
        rests=(("patients", "patients_with"), ("denominator", "numerator")), parts=("measure",),
    ),
    SafetyKind(
        "name", ("people", "session"), "numerator", (), "denominator",
        rests=(("denominator", "numerator"), ("patients", "denominator")), parts=("name", "session"),
    ),
)  # fmt: skip
"""Adverse events and bladder symptoms; serious events; what is measured at sessions; habituation."""

_NOT_JUDGED = {
    "minutes": ("censored", "without_time"),
    "dissociation": ("sign", "band"),
    "harms": ("share_of", "not_known"),
}
_VALUES = [
    "estimate", "low", "high", "numerator", "denominator", "poisson_low", "poisson_high", "patients_with", "patients",
    "sessions", "measured", "median", "lower_quartile", "upper_quartile", "count",
]  # fmt: skip
_NAMES = {"split", "level", "source", "term", "measure", "seriousness", "name", "record", "unit", "people", "session"}
_OF_SESSIONS = (PER_SESSIONS, OF_SESSIONS, MEAN)


def safety_kind(table: pd.DataFrame) -> SafetyKind | None:
    """Say how a table of safety is judged; None for any other table.

    Parameters
    ----------
    table : DataFrame

    Returns
    -------
    SafetyKind or None

    Examples
    --------
    >>> safety_kind(pd.DataFrame(columns=["source", "term", "seriousness", "count", "patients", "status"])).first
    'source'
    """
    return next((kind for kind in KINDS if set(kind.marks) <= set(table.columns)), None)


def is_safety(table: pd.DataFrame) -> bool:
    """Say whether a table is one of safety, with rules or without.

    Parameters
    ----------
    table : DataFrame

    Returns
    -------
    bool

    Examples
    --------
    >>> is_safety(pd.DataFrame(columns=["sign", "band", "estimate"]))
    True
    """
    return safety_kind(table) is not None or _without_rules(table) is not None


def refuse_safety(table: pd.DataFrame) -> None:
    """Stop at a table of safety for which there are no rules.

    Parameters
    ----------
    table : DataFrame

    Raises
    ------
    CallError
        Naming it, and what to do.
    """
    name = _without_rules(table)
    if name is not None:
        raise CallError(
            f"disclose: for a table like `{name}` of safety there are no rules, so it stays inside "
            "(audience='internal'); the tables events, bladder, serious, sessions and habituation can be disclosed."
        )


def hide_safety(table: pd.DataFrame, most: int) -> pd.DataFrame:
    """Hide the rows that would tell of few people, and what would give them away.

    Parameters
    ----------
    table : DataFrame
        ``events``, ``bladder``, ``serious``, ``sessions`` or ``habituation`` of safety; it is changed.
    most : int
        Counts from 1 to this are hidden.

    Returns
    -------
    DataFrame
    """
    kind = safety_kind(table)
    if kind is None:
        raise CallError("disclose: this is no table of safety.")
    groups = list(table.columns[: list(table.columns).index(kind.first)])
    # A mean's numerator is a sum of values and no count; only its people are judged.
    counted = (table["unit"] == "").to_numpy(copy=True) if "unit" in table else np.ones(len(table), dtype=bool)
    if "session" in table:
        counted &= table["session"].str.isdecimal().to_numpy()
    people, whole = _numbers(table, kind.people, counted), _numbers(table, kind.whole)
    counts = [people, *(_numbers(table, name, counted) for name in kind.counts)]
    own = [name for name in table.columns[len(groups) :] if name in _NAMES]
    of_groups = _along(table, groups, own)
    along = {each: _alike(table, [*groups, *(name for name in own if name != each)], each) for each in kind.totals}
    blocks = _blocks(table, [*groups, *kind.parts])
    # Who is in the denominator is the same for every term, so that it is decided apart and for each of them alike. A
    # rate of sessions needs not go where only the number of its patients lies too close to another.
    few = small(whole, most)
    alike = [*of_groups, *along.get("level", [])]
    near = [*groups, *(name for name in kind.parts if name != "measure")]
    masked = few.copy()
    _hide_further(masked, [whole], whole, adding=alike, blocks=_blocks(table, near), most=most)
    of_sessions = (
        table["measure"].isin(_OF_SESSIONS).to_numpy() if "measure" in table else np.zeros(len(table), dtype=bool)
    )
    hidden = few | (masked & ~of_sessions)
    for values in counts:
        hidden |= small(values, most)
    for larger, smaller in kind.rests:
        only = counted if smaller in {kind.people, *kind.counts} else np.ones(len(table), dtype=bool)
        hidden |= only & small(_numbers(table, larger) - _numbers(table, smaller), most)
    adding = [*of_groups, *(rows for each in along.values() for rows in each)]
    _hide_further(hidden, counts, people, adding=adding, blocks=blocks, most=most)
    if "session" in table:
        _hide_changes(hidden, table, [*groups, "name", "people"])
    flags = pd.Series(hidden, index=table.index)
    for name in _VALUES:
        if name in table:
            table[name] = table[name].mask(flags)
    if "patients" in table:
        table["patients"] = table["patients"].mask(pd.Series(masked, index=table.index))
    table.loc[hidden, "status"] = "hidden"
    return table


def _hide_changes(hidden: Flags, table: pd.DataFrame, columns: Sequence[str]) -> None:
    """Hide a change of which an end is hidden: with the other end it would give that end away (in place)."""
    session = table["session"].to_numpy()
    last = max((each for each in session if each.isdecimal()), key=int, default="")
    for rows in rows_alike(table, columns):
        ends = rows[np.isin(session[rows], ["1", last])]
        hidden[rows[session[rows] == CHANGE]] |= bool(hidden[ends].any())


def _hide_further(
    hidden: Flags,
    protected: Sequence[Numbers],
    size: Numbers,
    *,
    adding: list[np.ndarray],
    blocks: list[np.ndarray],
    most: int,
) -> None:
    """Hide further rows until nothing hidden can be worked out (in place)."""
    changed = True
    while changed:
        before = hidden.copy()
        hide_close(hidden, size, blocks, most)
        while hide_enough(hidden, protected, np.nan_to_num(size), adding, most):
            pass
        changed = bool((hidden != before).any())


def _without_rules(table: pd.DataFrame) -> str | None:
    """Name the table of safety that has no rules; None for any other table."""
    if safety_kind(table) is not None:
        return None
    return next((name for name, marks in _NOT_JUDGED.items() if set(marks) <= set(table.columns)), None)


def _along(table: pd.DataFrame, groups: list[str], own: list[str]) -> list[np.ndarray]:
    """List the rows that add up over the groups: over all of them, and with several along each."""
    found = _alike(table, own, None) if groups else []
    if len(groups) > 1:
        for each in groups:
            found += _alike(table, [*own, *(name for name in groups if name != each)], None)
    return found


def _blocks(table: pd.DataFrame, columns: list[str]) -> list[np.ndarray]:
    """List the rows whose people are parts of one another; the levels of a split are parts of all."""
    found = rows_alike(table, columns)
    if "split" not in table:
        return found
    split = table["split"].to_numpy()
    return [rows[(split[rows] == "all") | (split[rows] == each)] for rows in found for each in np.unique(split[rows])]


def _numbers(table: pd.DataFrame, name: str, only: Flags | None = None) -> Numbers:
    values: Numbers = table[name].to_numpy("float64", na_value=np.nan)
    return values if only is None else np.where(only, values, np.nan)


def _alike(table: pd.DataFrame, columns: Sequence[str], adding: str | None) -> list[np.ndarray]:
    """List the rows that are alike; the row of all terms together is their total and none of them."""
    found = rows_alike(table, columns)
    if adding != "term":
        return found
    total = (table["term"] == ANY).to_numpy()
    return [rows[~total[rows]] for rows in found]

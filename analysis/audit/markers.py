"""What `hidden` itself says: the policy is known, so what nothing else explains is small, or close to what is shown."""

from collections import defaultdict
from collections.abc import Callable
from functools import partial

import pandas as pd

from analysis.audit.counts import Count, Position
from analysis.audit.positions import RUNGS
from analysis.audit.published import Published
from analysis.audit.system import Spans, System
from analysis.disclosure.families import group_columns
from analysis.disclosure.flow_rules import RUNGS as FLOW_ORDER
from analysis.disclosure.rate_rules import LADDER

_FLOW_NAMES = {"baseline": "with_baseline", "responded": "with_outcome"}
_REASONS_ABOVE = {"treated": ("prior_ketamine", "undated", "not_due"), "used": ("set_aside",)}
_LADDER = [*RUNGS, "with_outcome"]
Row = tuple[int, str, int]
Limit = Callable[[Count, Spans], None]


def read_markers(system: System, positions: list[Position], reports: list[Published]) -> None:
    """Limit each hidden cell to what its being hidden says, by the rules of `analysis.disclosure`.

    Where a further cell of the same total is hidden, either may be hidden for the other's sake, and nothing follows but
    that nobody hides a group of nobody. Elsewhere a rung is 1 to `most`, or so close to a rung that is shown; and a
    numerator is so small, leaves so few, or comes so close to that of another outcome. In a report of which more was
    hidden after an audit, whatever stands in one sum with another hidden cell may be hidden for its sake.

    Parameters
    ----------
    system : System
        It is changed.
    positions : list of Position
    reports : list of Published
    """
    by_row: dict[Row, dict[str, Position]] = defaultdict(dict)
    for position in positions:
        by_row[position.report, position.table, position.row][position.column] = position
    by_table: dict[tuple[int, str], list[Row]] = defaultdict(list)
    for row in by_row:
        by_table[row[:2]].append(row)
    linkable = _linkable(system, positions) if any(report.further for report in reports) else set()
    for (number, name), rows in by_table.items():
        limit = partial(_limit_unless, system, linkable if reports[number].further else set())
        table, most = reports[number].tables[name], reports[number].band
        grouped = bool(group_columns(table))
        if "count" in table:
            steps = {row: by_row[row]["count"] for row in rows}
            _limit_steps(limit, [*steps.values()], most, alone=not grouped)
            continue
        linked, some_shown = _linked(rows, by_row, table)
        names = [str(name) for name in table["estimand"]] if "estimand" in table else []
        parts: dict[object, list[Row]] = defaultdict(list)
        for row in rows:
            started = by_row[row]["started"]
            parts[started.count.groups].append(row)
            # All groups of a small total are hidden, also empty ones; elsewhere nobody hides a group of nobody.
            if started.value is None and (row in some_shown or not started.count.groups):
                system.limit(started.count, [(1, _ENDLESS)])
        for part in parts.values():
            _limit_rungs(limit, [by_row[row] for row in part], [linked[row] for row in part], most)
            if names:
                estimands = [names[row[2] - 2] for row in part]
                _limit_numerators(limit, [by_row[row] for row in part], estimands, [linked[row] for row in part], most)


def _linkable(system: System, positions: list[Position]) -> set[Count]:
    """List the hidden counts of which another stands in the same sum: either may be hidden for the other's sake."""
    hidden = {system.index[position.count] for position in positions if position.value is None}
    names = list(system.index)
    found: set[Count] = set()
    for terms in system.rows:
        cells = [cell for cell, _ in terms if cell in hidden]
        if len(cells) > 1:
            found.update(names[cell] for cell in cells)
    return found


def _limit_unless(system: System, linkable: set[Count], count: Count, spans: Spans) -> None:
    if count not in linkable:
        system.limit(count, spans)


def _linked(
    rows: list[Row], by_row: dict[Row, dict[str, Position]], table: pd.DataFrame
) -> tuple[dict[Row, set[str]], set[Row]]:
    """Name, for each row, the columns that another group of its total hides too; list the rows with a group shown."""
    same = [name for name in ("instrument", "window", "item", "outcome", "estimand") if name in table]
    totals = [" | ".join(map(str, row)) for row in table[same].itertuples(index=False)]
    hiding: dict[tuple[str, str], int] = defaultdict(int)
    for row in rows:
        for column, position in by_row[row].items():
            hiding[totals[row[2] - 2], column] += position.value is None
    shown = {totals[row[2] - 2] for row in rows if by_row[row]["started"].value is not None}
    linked = {row: {column for column in by_row[row] if hiding[totals[row[2] - 2], column] > 1} for row in rows}
    return linked, {row for row in rows if totals[row[2] - 2] in shown}


_ENDLESS = 10**9


def _limit_rungs(limit: Limit, rows: list[dict[str, Position]], linked: list[set[str]], most: int) -> None:
    """Limit the rungs that no other group hides: each is small, or close to a rung shown before it."""
    everything = rows[0]["started"].count.period == "all"
    for row, with_others in zip(rows, linked, strict=True):
        for rung in RUNGS:
            beside_eligible = rung == "with_baseline" and row["eligible"].value is None
            below_hidden = any(row[above].value is None for above in RUNGS[: RUNGS.index(rung)])
            if row[rung].value is not None or rung in with_others or beside_eligible or below_hidden:
                continue
            before = [row[other].value for other in LADDER[: LADDER.index(rung)]]
            if everything:  # then also to the same rung of another window
                before += [other[rung].value for other in rows]
            elif len(rows) > 1:  # and to any of another outcome
                same = (row["started"].count.window, row["started"].count.instrument)
                others = [r for r in rows if (r["started"].count.window, r["started"].count.instrument) == same]
                before += [other[each].value for other in others for each in RUNGS]
            limit(row[rung].count, _small_or_close([each for each in before if each is not None], most))


def _limit_numerators(
    limit: Limit, rows: list[dict[str, Position]], estimands: list[str], linked: list[set[str]], most: int
) -> None:
    """Limit the numerators: each is small, leaves few, or comes close to that of an outcome before it."""
    numerators: dict[tuple[Count, str], list[int]] = defaultdict(list)
    first_hidden: dict[tuple[Count, str], str] = {}
    for row, estimand in zip(rows, estimands, strict=True):
        count, value = row["numerator"].count, row["numerator"].value
        about = (count._replace(outcome=""), estimand)
        if value is None:
            first_hidden.setdefault(about, count.outcome)
        else:
            numerators[about].append(value)
    for row, estimand, with_others in zip(rows, estimands, linked, strict=True):
        if estimand == "completers" or row["numerator"].value is not None or "numerator" in with_others:
            continue
        count, scored, of_all = row["numerator"].count, row["scored"].value, row["denominator"].count
        shown = [each.value for each in row.values() if each.count == of_all and each.value is not None]
        if scored is None or not shown:
            continue  # hidden with its denominator
        about = (count._replace(outcome=""), estimand)
        if first_hidden[about] != count.outcome:
            continue  # hidden with the small numerator of an outcome before it
        spans = _small_or_close(numerators[about], most)
        for whole in (scored, shown[0]):
            spans.append((whole - most, whole - 1))
        limit(count, [(max(a, 0), b) for a, b in spans])


def _limit_steps(limit: Limit, steps: list[Position], most: int, *, alone: bool) -> None:
    values = {step.count.what: step.value for step in steps}
    hidden = {step.count.what for step in steps if step.value is None}
    order = [_FLOW_NAMES.get(name, name) for name in FLOW_ORDER]
    for step in steps:
        what = step.count.what
        if step.value is not None or what not in order or not alone:
            continue
        above = _LADDER[: _LADDER.index(what)] if what in _LADDER else []
        beside = {*_REASONS_ABOVE.get(what, ()), *above, *(["eligible"] if what == "with_baseline" else [])}
        if hidden & beside:
            continue  # hidden with a small reason, with the eligible, or below a small rung
        before = [values.get(other) for other in order[: order.index(what)]]
        limit(step.count, _small_or_close([each for each in before if each is not None], most))


def _small_or_close(shown: list[int], most: int) -> Spans:
    spans = [(1, most)]
    for each in shown:
        spans += [(each - most, each - 1), (each + 1, each + most)]
    return [(max(low, 0), high) for low, high in spans if high >= 0]

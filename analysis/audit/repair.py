"""Hiding more in a report until nothing can be worked out from it and those before it."""

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from analysis.audit.audit import Audit, audit_published, narrow_published
from analysis.audit.counts import Count, Position
from analysis.audit.findings import audit_text
from analysis.audit.published import Published, published_content
from analysis.disclosure.families import FURTHER_VALUES
from analysis.disclosure.rate_rules import RATE_VALUES
from analysis.report.content import Content, ReportTable
from analysis.vocabulary.errors import DisclosureError

_ROUNDS = 12
_KEPT_LONGEST = ["with_baseline", "scored", "eligible", "started"]
"""When a rung must go, the first of these goes first."""


@dataclass(frozen=True, eq=False)
class Repaired:
    """A report after more was hidden. Where ``audit``, its audit, has not passed, the report must be withheld."""

    content: Content
    audit: Audit


def content_that_passes(previous: Sequence[Published], *, name: str) -> Callable[[Content], Content]:
    """Return what `analysis.report.quarterly.write_report` needs to hide more, or to write nothing.

    Parameters
    ----------
    previous : sequence of Published
        Earlier reports.
    name : str
        What to call the report.

    Returns
    -------
    callable
        Raises DisclosureError where nothing is left to hide.
    """

    def passing(content: Content) -> Content:
        if content.audience != "public":
            return content
        repaired = repair_content(content, previous=previous, name=name)
        if not repaired.audit.passed:
            raise DisclosureError(
                f"{name} is withheld: with what was published before, small numbers could be worked out from it, and "
                f"hiding more does not help. Nothing was written.\n{audit_text(repaired.audit)}"
            )
        return repaired.content

    return passing


def repair_content(content: Content, *, previous: Sequence[Published] = (), name: str = "report") -> Repaired:
    """Audit a report before it is written, and hide more until it passes.

    Parameters
    ----------
    content : Content
        From `analysis.report.content.make_content`, for the public.
    previous : sequence of Published
        Earlier reports: what they printed cannot be hidden any more.
    name : str
        What to call the report in the audit.

    Returns
    -------
    Repaired
        The content with further counts hidden, and its audit. That has not passed where an earlier publication, or a
        number that is no count, leaves nothing to hide.

    Notes
    -----
    For each finding one count is hidden that hangs together with it: the smallest of its groups if there is one, else
    another count of groups, and what has no groups last. Then the report is audited again, as one of
    which more was hidden.
    """
    for _ in range(_ROUNDS):
        published = published_content(content, name=name)
        audit = audit_published(published, previous=previous)
        chosen = [] if audit.failures.empty else _chosen(audit, published, previous)
        if not chosen:
            break
        places = [position for _, positions in chosen for position in positions]
        content = replace(_without(content, places), hidden_after_audit=content.hidden_after_audit + len(chosen))
    return Repaired(content, audit)


def _chosen(audit: Audit, published: Published, previous: Sequence[Published]) -> list[tuple[Count, list[Position]]]:
    """Choose a further count for each finding, with the places where it is printed."""
    system, printed, low, _ = narrow_published(published, previous)
    last = len(previous)
    own: dict[int, list[Position]] = defaultdict(list)
    earlier = set()
    for position in printed.positions:
        cell = system.index[position.count]
        if position.value is not None and position.report == last:
            own[cell].append(position)
        elif position.value is not None:
            earlier.add(cell)
    names = list(system.index)
    sums_of: dict[int, list[list[int]]] = defaultdict(list)
    for terms in system.rows:
        cells = [cell for cell, _ in terms]
        for cell in cells:
            sums_of[cell].append(cells)
    found: dict[int, None] = {}
    settled: set[int] = set()
    for attacker, count in _most_urgent(audit):
        cell = system.index[count]
        if cell in settled:
            continue
        near = {other for cells in sums_of[cell] for other in cells} | {cell}
        near |= {other for each in near - own.keys() for cells in sums_of[each] for other in cells}
        clinic = ("clinic_id", attacker.removeprefix("clinic "))
        able = [
            each for each in near
            if each in own and each not in earlier and low[each] > 0 and clinic not in names[each].groups
        ]  # fmt: skip
        if not able:
            continue
        best = min(able, key=lambda each: _order(names[each], count, float(low[each])))
        found[best] = None
        settled |= {other for cells in sums_of[best] for other in cells}
    return [(names[cell], own[cell]) for cell in found]


def _most_urgent(audit: Audit) -> list[tuple[str, Count]]:
    """List the findings to mend first: what is printed as hidden, then groups that are printed nowhere."""
    failures = audit.failures
    printed = failures[failures["table"] != ""]
    chosen = failures if printed.empty else printed
    return list(zip(chosen["attacker"], chosen["count"], strict=True))


def _order(candidate: Count, count: Count, value: float) -> tuple[int, int, float]:
    """Order what could be hidden: another group of the same count, then other counts of groups, then what has none."""
    alike = (candidate.what, candidate.outcome) == (count.what, count.outcome) and candidate != count
    rank = 0 if alike and len(candidate.groups) == len(count.groups) else 1 if candidate.groups else 2
    place = _KEPT_LONGEST.index(candidate.what) if candidate.what in _KEPT_LONGEST else -1
    return (rank, place, value)


def _without(content: Content, positions: list[Position]) -> Content:
    """Hide what is printed at some positions, with everything that is a share of it."""
    tables = dict(content.tables)
    by_table: dict[str, list[Position]] = defaultdict(list)
    for position in positions:
        by_table[position.table].append(position)
    for name, places in by_table.items():
        frame = tables[name].frame.copy()
        for place in places:
            row = frame.index[place.row - 2]
            values = [each for each in (*RATE_VALUES, *FURTHER_VALUES) if each in frame]
            if place.column in {"numerator", "denominator"}:
                frame.loc[row, values] = pd.NA if frame[values].dtypes.eq("Int64").all() else np.nan
                frame.loc[row, "status"] = "hidden"
            else:
                frame.loc[row, place.column] = pd.NA
                if place.column == "count":
                    frame.loc[row, "status"] = "hidden"
        passed = replace(tables[name].disclosed, table=frame, hidden=int((frame["status"] == "hidden").sum()))
        tables[name] = ReportTable(name, tables[name].title, passed, tables[name].period)
    return replace(content, tables=tables)

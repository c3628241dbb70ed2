"""The audit of a report: every hidden count, and every group that shown counts leave, with what it can be."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from analysis.audit.clinics import by_two_clinics, clinic_rows
from analysis.audit.counts import Count
from analysis.audit.markers import read_markers
from analysis.audit.positions import Printed, read_positions
from analysis.audit.published import Published
from analysis.audit.revisions import small_changes, versioned
from analysis.audit.search import search_ranges
from analysis.audit.shares import limit_pairs
from analysis.audit.structure import build_system
from analysis.audit.system import ContradictionError, System, narrow, too_narrow
from analysis.disclosure.families import Numbers
from analysis.vocabulary.errors import CallError, DataError

COLUMNS = ["attacker", "count", "table", "lowest", "highest", "found", "verdict"]
OUTSIDER = "an outsider"
BY_SUMS, BY_WORLDS, BY_PROGRAM = "sums", "worlds", "program"
TOO_NARROW, SAFE, NOT_SETTLED = "too narrow", "safe", "not settled"


@dataclass(frozen=True, eq=False)
class Audit:
    """What an outsider could work out.

    Attributes
    ----------
    report : str
    previous : tuple of str
    cells : DataFrame
        One row for each count that is hidden, or that shown counts leave: ``attacker``; ``count`` (what it counts);
        ``table`` (where it is hidden; empty for a group that is printed nowhere); ``lowest, highest`` (what it can be;
        no highest where nothing limits it); ``found`` (how); ``verdict`` (``safe``, ``too narrow``,
        ``not settled``).
    changes : DataFrame
        Counts whose value in an earlier report differs by a small number.
    not_audited : DataFrame
        Printed numbers that are no counts: ``table, what, cells, verdict``.
    by_two_clinics : int
        Hidden cells that two clinics together could work out; the policy decides whether that matters.
    """

    report: str
    previous: tuple[str, ...]
    cells: pd.DataFrame
    changes: pd.DataFrame
    not_audited: pd.DataFrame
    by_two_clinics: int

    @property
    def failures(self) -> pd.DataFrame:
        """The rows of ``cells`` that are not safe."""
        return self.cells[self.cells["verdict"] != SAFE]

    @property
    def passed(self) -> bool:
        """True when nothing can be worked out."""
        bare = (self.not_audited["verdict"] != SAFE).any() if len(self.not_audited) else False
        return self.failures.empty and self.changes.empty and not bare


def audit_published(report: Published, *, previous: Sequence[Published] = (), clinics: bool = True) -> Audit:
    """Find out what could be worked out from a report and those before it.

    Parameters
    ----------
    report : Published
        From `analysis.audit.published.read_published`.
    previous : sequence of Published
    clinics : bool
        Also ask what a clinic could work out that knows its own numbers.

    Returns
    -------
    Audit

    Raises
    ------
    CallError
        When a report is internal, or of another dataset or policy.
    DataError
        When the numbers of the report contradict each other.

    Notes
    -----
    A cell passes when what it can be is at least as wide as the threshold and reaches above it, or lies above it, or is
    0 for certain. Its range is that of whole numbers which fit everything printed and what ``hidden`` itself says.
    """
    _refuse_others(report, previous)
    reports, most = _in_order(report, previous), report.most
    printed = read_positions(reports)
    system, own, low, high = narrow_published(report, previous)
    names = list(system.index)
    shown = np.zeros(len(names), dtype=bool)
    for position in own.positions:
        shown[system.index[position.count]] |= position.value is not None
    wide_low, wide_high, sums = low, high, system.sums()
    try:
        low, high, worlds = search_ranges(sums, low, high, system.spans, most=most, central=clinics)
    except ContradictionError:
        raise DataError(f"{report.name}: its numbers contradict each other; write the report again.") from None
    failed, settled = too_narrow(low, high, most), worlds.certify(most) | (low > most) | (high == 0)
    narrower = (low > wide_low) | (high < wide_high)
    by_sums = too_narrow(wide_low, wide_high, most) | (wide_low > most) | (wide_high == 0)
    found = np.where(by_sums, BY_SUMS, np.where(narrower, BY_PROGRAM, BY_WORLDS))
    verdict = np.where(failed, TOO_NARROW, np.where(settled, SAFE, NOT_SETTLED))
    listed = np.flatnonzero(~shown | failed)
    where = _places(own, reports)
    rows = [
        (OUTSIDER, int(cell), float(low[cell]), float(high[cell]), str(found[cell]), str(verdict[cell]))
        for cell in listed
    ]
    if clinics:
        rows += clinic_rows(system, sums, (low, high), worlds, asked=~failed, most=most)
    cells = pd.DataFrame(rows, columns=["attacker", "cell", "lowest", "highest", "found", "verdict"])
    cells.insert(1, "count", [names[cell] for cell in cells["cell"]])
    cells.insert(2, "table", [where.get(names[cell], "") for cell in cells["cell"]])
    return Audit(
        report.name,
        tuple(each.name for each in reports[:-1]),
        cells[COLUMNS],
        _changes(printed, reports, most),
        _not_audited(printed, len(reports) - 1),
        by_two_clinics(system, sums, low, high),
    )


def _places(printed: Printed, reports: list[Published]) -> dict[Count, str]:
    """Say in which tables each hidden count is hidden."""
    found: dict[Count, dict[str, None]] = defaultdict(dict)
    for position in printed.positions:
        if position.value is None:
            last = position.report == len(reports) - 1
            name = position.table if last else f"{reports[position.report].name}/{position.table}"
            found[position.count][name] = None
    return {count: ", ".join(names) for count, names in found.items()}


def _changes(printed: Printed, reports: list[Published], most: int) -> pd.DataFrame:
    rows = [
        (old.count, reports[old.report].name, old.value, reports[new.report].name, new.value)
        for old, new in small_changes(printed, reports, most)
    ]
    return pd.DataFrame(rows, columns=["count", "earlier", "earlier_value", "later", "later_value"])


def _not_audited(printed: Printed, last: int) -> pd.DataFrame:
    found: dict[tuple[str, str], list[bool]] = defaultdict(list)
    for each in printed.not_audited:
        if each.report == last:
            found[each.table, each.what].append(each.is_bare)
    rows = [(*name, len(bare), "printed without its count" if any(bare) else SAFE) for name, bare in found.items()]
    return pd.DataFrame(rows, columns=["table", "what", "cells", "verdict"])


def _refuse_others(report: Published, previous: Sequence[Published]) -> None:
    for each in (report, *previous):
        if each.audience != "public":
            raise CallError(
                f"{each.name} is an internal report: nothing is hidden in it, and it must not be published."
            )
    for each in previous:
        if each.dataset != report.dataset:
            raise CallError(
                f"{each.name} is of another dataset ('{each.dataset}') than {report.name} ('{report.dataset}'); "
                "name earlier reports of the same dataset only."
            )


def _in_order(report: Published, previous: Sequence[Published]) -> list[Published]:
    return [*sorted(previous, key=lambda each: each.order), report]


def narrow_published(report: Published, previous: Sequence[Published]) -> tuple[System, Printed, Numbers, Numbers]:
    """Write what some reports publish as cells and sums, and narrow each cell by its sums.

    Parameters
    ----------
    report : Published
    previous : sequence of Published

    Returns
    -------
    system : System
    printed : Printed
        The counts as they are named in the system; the report is the last.
    low, high : ndarray
        What each cell can be.

    Raises
    ------
    DataError
        When no counts fit what is published.
    """
    reports = _in_order(report, previous)
    printed = read_positions(reports)
    for apart in (False, True):  # apart: the data were revised where no count shows it
        try:
            return _narrowed(printed, reports, apart=apart)
        except ContradictionError:
            continue
    raise DataError(f"{report.name}: its numbers contradict each other; write the report again.")


def _narrowed(printed: Printed, reports: list[Published], *, apart: bool) -> tuple[System, Printed, Numbers, Numbers]:
    own = versioned(printed, reports, apart=apart)
    system = build_system(own, reports)
    read_markers(system, own.positions, reports)
    sums = system.sums()
    low, high = np.array(system.low, dtype=np.float64), np.array(system.high, dtype=np.float64)
    low, high = narrow(sums, low, high, system.spans)
    if own.shares:
        limit_pairs(system, own, low, high)
        low, high = narrow(sums, low, high, system.spans)
    return system, own, low, high

"""What holds between the counts of reports: ladders, and sums over groups, periods and windows."""

from collections import defaultdict
from itertools import pairwise

from analysis.audit.counts import ROWS_OF_FILES, Count, Position
from analysis.audit.ladders import add_ladders, add_pairs_of_outcomes
from analysis.audit.positions import Printed, shown_and_hidden
from analysis.audit.published import Published
from analysis.audit.revisions import data_name
from analysis.audit.shares import add_shares
from analysis.audit.system import System
from analysis.cohort.windows import parse_window
from analysis.vocabulary.definitions import default_definitions
from analysis.vocabulary.errors import CallError

_NOT_OF_PERIODS = {"treated", "prior_ketamine", "undated", "not_due", *ROWS_OF_FILES}
_GROWING = ("started", "with_baseline", "eligible", "scored", "with_outcome")


def build_system(printed: Printed, reports: list[Published]) -> System:
    """Write everything that is published as cells and sums.

    Parameters
    ----------
    printed : Printed
        From `versioned`.
    reports : list of Published

    Returns
    -------
    System
    """
    system = System()
    for count, values, _ in shown_and_hidden(printed.positions):
        system.cell(count)
        if values:
            system.fix(count, max(values))
    _add_groups(system, printed.positions)
    _add_periods(system)
    _add_growth(system, reports)
    add_ladders(system)
    _add_rows_of_files(system)
    _add_later_windows(system)
    own = default_definitions()
    if {report.definitions_sha256 for report in reports} == {own.sha256}:
        add_pairs_of_outcomes(system, own.instruments)
    add_shares(system, printed)
    return system


def _add_groups(system: System, positions: list[Position]) -> None:
    """All groups of a table add up to everybody, in each report by its own groups."""
    parts: dict[tuple[Count, str, int], dict[Count, None]] = defaultdict(dict)
    for position in positions:
        count = position.count
        if count.what in ROWS_OF_FILES:
            continue
        for column, level in count.groups:
            rest = tuple(each for each in count.groups if each != (column, level))
            parts[count._replace(groups=rest), column, position.report][count] = None
    for (total, _, _), counts in parts.items():
        system.add_total(total, list(counts))


def _add_periods(system: System) -> None:
    """Add up the quarters of a year, and keep years and quarters within everything."""
    by_rest: dict[Count, set[str]] = defaultdict(set)
    versions: dict[Count, set[str]] = defaultdict(set)
    for count in system.index:
        if count.what not in _NOT_OF_PERIODS:
            if count.period == "all":
                versions[count._replace(period="", version="")].add(count.version)
            else:
                by_rest[count._replace(period="")].add(count.period)
    for rest, periods in by_rest.items():
        years = {period for period in periods if "Q" not in period}
        for year in years:
            _add_remaining(
                system, rest._replace(period=year), [p for p in sorted(periods) if p[:4] == year and p != year]
            )
        for version in versions.get(rest._replace(version=""), ()):
            if rest.version in {"", version}:
                whole = [p for p in sorted(periods) if p in years or p[:4] not in years]
                _add_remaining(system, rest._replace(period="all", version=version), whole)


def _add_remaining(system: System, total: Count, periods: list[str]) -> None:
    if not periods:
        return
    version = "" if total.period == "all" else total.version
    parts = [total._replace(period=period, version=version) for period in periods]
    parts = [part if part in system.index else part._replace(version=total.version) for part in parts]
    if total.period == "all" or len(periods) < 4:
        parts.append(total._replace(what="remaining", outcome=f"{total.what} {total.outcome}".strip()))
    system.add_total(total, parts)


def _add_growth(system: System, reports: list[Published]) -> None:
    """Without a period, those counted earlier are among those counted later, unless a count has become smaller."""
    data = {data_name(each): each.order for each in reports}
    for first, second in pairwise(sorted(data, key=lambda name: data[name])):
        pairs = [
            (count, count._replace(version=second))
            for count in system.cells_of(*_GROWING)
            if count.period == "all" and count.version == first and count._replace(version=second) in system.index
        ]
        if any(
            system.low[system.index[new]] < system.low[system.index[old]] for old, new in pairs if _known(system, new)
        ):
            continue
        for old, new in pairs:
            joined = new._replace(what="joined", outcome=f"{new.what} {new.outcome}".strip())
            system.add_total(new, [old, joined])


def _known(system: System, count: Count) -> bool:
    cell = system.index[count]
    return system.low[cell] == system.high[cell]


def _add_rows_of_files(system: System) -> None:
    reasons: dict[Count, list[Count]] = defaultdict(list)
    for count in system.cells_of("set_aside"):
        reasons[count._replace(what="read", outcome="")].append(count)
    for count in system.cells_of("read"):
        system.add_total(count, [count._replace(what="used"), *reasons[count]])


def _add_later_windows(system: System) -> None:
    """Without a period, the people of a later window are a part of those of an earlier one."""
    windows: dict[Count, list[str]] = defaultdict(list)
    for count in system.cells_of("started", "with_baseline", "eligible"):
        kind = _due(count.window)
        if (
            count.period == "all"
            and not any(column == "maintenance" for column, _ in count.groups)
            and kind is not None
        ):
            windows[count._replace(window="")].append(count.window)
    for rest, names in windows.items():
        for earlier, later in pairwise(sorted(names, key=lambda name: _due(name) or 0)):
            only = rest._replace(
                what="earlier_only", window=f"{earlier}, not {later}", outcome=f"{rest.what} {rest.outcome}"
            )
            system.add_total(rest._replace(window=earlier), [rest._replace(window=later), only])


def _due(window: str) -> int | None:
    """Return the day by which a window that counts from the end of loading is due; None for every other."""
    try:
        parsed = parse_window(window, default_definitions())
    except CallError:
        return None
    return parsed.due_day if parsed.kind in {"end", "late", "month"} else None

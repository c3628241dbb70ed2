"""Which counts of several reports are of the same people, and which changed by a few."""

from collections import defaultdict
from dataclasses import replace
from itertools import pairwise

from analysis.audit.counts import ROWS_OF_FILES, Count, Position
from analysis.audit.positions import Printed
from analysis.audit.published import Published


def versioned(printed: Printed, reports: list[Published], *, apart: bool = False) -> Printed:
    """Tell the counts of different data apart where they are not of the same people.

    What closed in a period does not change afterwards, unless the data were revised. So the counts of a period are the
    same in every report, but for periods of which any count was printed with two values. Without a period, a count is
    of everybody up to the data cut.

    Parameters
    ----------
    printed : Printed
    reports : list of Published
    apart : bool
        Tell every report apart.

    Returns
    -------
    Printed
    """
    data = [data_name(report) for report in reports]
    if len(set(data)) == 1:
        return printed
    values: dict[Count, dict[str, int]] = defaultdict(dict)
    for position in printed.positions:
        if position.value is not None:
            values[position.count][data[position.report]] = position.value
    revised = {count.period for count, found in values.items() if len(set(found.values())) > 1}

    def own(count: Count, report: int) -> Count:
        of_its_own = apart or count.period == "all" or count.period in revised
        return count._replace(version=data[report]) if of_its_own else count

    return Printed(
        [replace(each, count=own(each.count, each.report)) for each in printed.positions],
        [
            replace(each, numerator=own(each.numerator, each.report), denominator=own(each.denominator, each.report))
            for each in printed.shares
        ],
        printed.not_audited,
    )


def data_name(report: Published) -> str:
    """Name the data of a report: reports of one name are of the same rows."""
    return f"data to {report.data_cut} ({report.dataset_sha256[:8]})"


def small_changes(printed: Printed, reports: list[Published], most: int) -> list[tuple[Position, Position]]:
    """List the counts whose printed values in two reports differ by 1 to `most`: so many people joined or left.

    Parameters
    ----------
    printed : Printed
    reports : list of Published
    most : int

    Returns
    -------
    list of pair of Position
        The earlier and the later.
    """
    by_count: dict[Count, dict[str, Position]] = defaultdict(dict)
    for position in printed.positions:
        if position.value is not None and position.count.what not in ROWS_OF_FILES:
            by_count[position.count].setdefault(reports[position.report].dataset_sha256, position)
    found = []
    for places in by_count.values():
        ordered = sorted(places.values(), key=lambda each: reports[each.report].order)
        for first, second in pairwise(ordered):
            if 1 <= abs((first.value or 0) - (second.value or 0)) <= most:
                found.append((first, second))
    return found

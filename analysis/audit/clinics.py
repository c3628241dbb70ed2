"""What a clinic could work out that knows its own numbers, and what two could together."""

from collections import defaultdict

import numpy as np

from analysis.audit.programs import Worlds
from analysis.audit.system import ContradictionError, Sums, System, narrow
from analysis.disclosure.families import Flags, Numbers

BY_OWN_NUMBERS = "its own numbers, for example"


def clinic_rows(
    system: System, sums: Sums, ranges: tuple[Numbers, Numbers], worlds: Worlds, *, asked: Flags, most: int
) -> list[tuple[str, int, float, float, str, str]]:
    """List the cells that a clinic could work out by taking its own numbers away.

    What a clinic knows is not in the report, so it is tried out in several worlds that fit the report: a cell is listed
    when in each of them it comes out narrower than the threshold, though from the report alone it could be small.

    Parameters
    ----------
    system : System
    sums : Sums
    ranges : tuple of ndarray
        The lowest and the highest that an outsider knows.
    worlds : Worlds
    asked : ndarray of bool
        The cells that an outsider cannot work out.
    most : int

    Returns
    -------
    list of tuple
        Attacker, cell, lowest and highest in one of the worlds, how found, verdict.
    """
    low, high = ranges
    exposed = asked & (low <= most) & (high > 0) & (low < high)
    rows: list[tuple[str, int, float, float, str, str]] = []
    for clinic, cells in _cells_of_clinics(system).items():
        own = np.array([cell for cell in cells if low[cell] < high[cell]], dtype=np.int64)
        if not len(own):
            continue
        others = exposed.copy()
        others[cells] = False
        narrowed = (low, high)
        for world in worlds.kept:
            first, last = low.copy(), high.copy()
            first[own] = last[own] = world[own]
            try:
                narrowed = narrow(sums, first, last, system.spans)
            except ContradictionError:
                continue
            others &= narrowed[1] - narrowed[0] < most
        rows += [
            (f"clinic {clinic}", int(cell), narrowed[0][cell], narrowed[1][cell], BY_OWN_NUMBERS, "too narrow")
            for cell in np.flatnonzero(others)
        ]
    return rows


def by_two_clinics(system: System, sums: Sums, low: Numbers, high: Numbers) -> int:
    """Count the hidden cells that two clinics could work out together: those of a total in which three are hidden.

    Parameters
    ----------
    system : System
    sums : Sums
    low, high : ndarray
        What an outsider knows.

    Returns
    -------
    int
    """
    of_clinic = np.zeros(len(low), dtype=bool)
    for cells in _cells_of_clinics(system).values():
        of_clinic[cells] = True
    hidden = low < high
    matrix = sums.matrix
    found = set()
    for start, end in zip(matrix.indptr[:-1], matrix.indptr[1:], strict=True):
        cells = matrix.indices[start:end]
        unknown = cells[hidden[cells]]
        if len(unknown) == 3 and of_clinic[unknown].all() and not of_clinic[cells].all():
            found.update(unknown.tolist())
    return len(found)


def _cells_of_clinics(system: System) -> dict[str, list[int]]:
    found: dict[str, list[int]] = defaultdict(list)
    for count, cell in system.index.items():
        for column, level in count.groups:
            if column == "clinic_id":
                found[level].append(cell)
    return found

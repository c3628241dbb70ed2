"""Whole-number programs: worlds that fit what is published, and the exact range of a cell."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.optimize import Bounds, LinearConstraint, milp

from analysis.audit.system import ContradictionError, Spans, Sums
from analysis.disclosure.families import Flags, Numbers

Cells = NDArray[np.int64]
KEPT = 3  # worlds that are kept whole
_WHOLE = 1e-6  # so far from a whole number is whole
_INFEASIBLE = 2  # scipy's word for it; a search that ran out of time says another
UNLIMITED = 1000  # a cell that nothing limits is tried up to this far above the largest published count


@dataclass(frozen=True, eq=False)
class Piece:
    """Cells that hang together, without those that are known: a small program of its own."""

    cells: Cells
    sums: Sums
    spans: dict[int, Spans]


def pieces_of(sums: Sums, low: Numbers, high: Numbers, spans: dict[int, Spans]) -> list[Piece]:
    """Take a system apart into what hangs together through cells that are not known.

    Parameters
    ----------
    sums : Sums
    low, high : ndarray
        What each cell can be.
    spans : dict of int to list
        Of the cells that have gaps.

    Returns
    -------
    list of Piece
        Their limits are less what the known cells add.
    """
    known = low == high
    fixed = sums.matrix @ np.where(known, low, 0.0)
    free = np.flatnonzero(~known)
    matrix = sums.matrix[:, free].tocsr()
    used = np.flatnonzero(np.diff(matrix.indptr))
    matrix = matrix[used]
    links = (
        sparse.bmat([[None, matrix], [matrix.T, None]]).tocsr() if len(used) else sparse.csr_matrix((len(free),) * 2)
    )
    _, part = sparse.csgraph.connected_components(links, directed=False)
    of_rows, of_cells = part[: len(used)], part[len(used) :]
    row_order, cell_order = np.argsort(of_rows, kind="stable"), np.argsort(of_cells, kind="stable")
    found = []
    for each in np.unique(of_cells):
        rows = row_order[slice(*np.searchsorted(of_rows[row_order], [each, each + 1]))]
        cells = cell_order[slice(*np.searchsorted(of_cells[cell_order], [each, each + 1]))]
        own = Sums(
            matrix[rows][:, cells],
            sums.least[used[rows]] - fixed[used[rows]],
            sums.most[used[rows]] - fixed[used[rows]],
        )
        gaps = {place: spans[cell] for place, cell in enumerate(free[cells]) if len(spans.get(cell, [])) > 1}
        found.append(Piece(free[cells], own, gaps))
    return found


def joined_pieces(pieces: list[Piece]) -> Piece:
    """Put some pieces into one, so that a single program finds a world of all of them.

    Parameters
    ----------
    pieces : list of Piece
        One or more.

    Returns
    -------
    Piece
    """
    starts = np.cumsum([0, *(len(piece.cells) for piece in pieces)])
    return Piece(
        np.concatenate([piece.cells for piece in pieces]),
        Sums(
            sparse.block_diag([piece.sums.matrix for piece in pieces], format="csr"),
            np.concatenate([piece.sums.least for piece in pieces]),
            np.concatenate([piece.sums.most for piece in pieces]),
        ),
        {
            int(start) + cell: spans
            for start, piece in zip(starts, pieces, strict=False)
            for cell, spans in piece.spans.items()
        },
    )


@dataclass(frozen=True, eq=False)
class Program:
    """A piece ready to be solved: whole numbers, and for a cell with gaps a switch for each of its ranges."""

    constraints: list[LinearConstraint]
    bounds: Bounds
    cells: int
    whole: NDArray[np.int8]

    def solve(self, weights: Numbers, *, gap: float, seconds: float) -> tuple[Numbers | None, float]:
        """Look for the world with the smallest weighted sum of cells.

        Parameters
        ----------
        weights : ndarray
        gap : float
            How far from the smallest is good enough; 0 for the smallest itself.
        seconds : float
            After which the search is given up.

        Returns
        -------
        world : ndarray or None
            Whole numbers that fit everything; None when none was found in time.
        bound : float
            No world has a smaller sum.

        Raises
        ------
        ContradictionError
            When there is no world.
        """
        costs = np.zeros(len(self.whole))
        costs[: self.cells] = weights
        options = {"time_limit": seconds, "mip_rel_gap": gap}
        # A linear program is much quicker, and most of what it finds is whole anyway.
        found = milp(costs, bounds=self.bounds, constraints=self.constraints, options=options)
        if found.status == 0 and np.abs(found.x - np.round(found.x)).max(initial=0) < _WHOLE:
            return np.round(found.x[: self.cells]), float(found.fun)
        found = milp(costs, integrality=self.whole, bounds=self.bounds, constraints=self.constraints, options=options)
        if found.status == _INFEASIBLE:
            raise ContradictionError
        bound = found.mip_dual_bound if found.mip_dual_bound is not None else -np.inf
        if found.x is None:
            return None, -np.inf
        return np.round(found.x[: self.cells]), float(bound)


def central_world(program: Program, *, seconds: float) -> Numbers | None:
    """Find a world whose cells lie near the middle of what each can be: extremes leave nobody in the other groups.

    Parameters
    ----------
    program : Program
    seconds : float
        After which the search is given up.

    Returns
    -------
    ndarray or None
        Whole numbers that fit everything; None when none was found in time.

    Raises
    ------
    ContradictionError
        When there is no world.
    """
    n, width = program.cells, len(program.whole)
    middle = np.floor((program.bounds.lb[:n] + program.bounds.ub[:n]) / 2)
    # Each cell's distance from its middle: as large as either difference, and as small as can be.
    here = sparse.hstack([sparse.identity(n), sparse.csr_matrix((n, width - n)), sparse.identity(n)]).tocsr()
    there = sparse.hstack([sparse.identity(n), sparse.csr_matrix((n, width - n)), -sparse.identity(n)]).tocsr()
    constraints = [
        LinearConstraint(sparse.hstack([each.A, sparse.csr_matrix((each.A.shape[0], n))]).tocsr(), each.lb, each.ub)
        for each in program.constraints
    ]
    constraints += [LinearConstraint(here, middle, np.inf), LinearConstraint(there, -np.inf, middle)]
    bounds = Bounds(
        np.concatenate([program.bounds.lb, np.zeros(n)]), np.concatenate([program.bounds.ub, np.full(n, np.inf)])
    )
    costs = np.concatenate([np.zeros(width), np.ones(n)])
    whole = np.concatenate([program.whole, np.zeros(n, dtype=np.int8)])
    options = {"time_limit": seconds, "mip_rel_gap": 0.1}
    found = milp(costs, integrality=whole, bounds=bounds, constraints=constraints, options=options)
    if found.status == _INFEASIBLE:
        raise ContradictionError
    return None if found.x is None else np.round(found.x[:n])


def program_of(piece: Piece, low: Numbers, high: Numbers, ceiling: float) -> Program:
    """Write a piece as a whole-number program.

    Parameters
    ----------
    piece : Piece
    low, high : ndarray
        Of all cells of the system.
    ceiling : float
        The highest to try for a cell that nothing limits.

    Returns
    -------
    Program
    """
    n = len(piece.cells)
    own_low, own_high = low[piece.cells], np.minimum(high[piece.cells], ceiling)
    switches = 0
    rows: list[int] = []
    columns: list[int] = []
    values: list[float] = []
    least: list[float] = []
    most: list[float] = []
    for place, spans in piece.spans.items():
        inside = [(max(a, own_low[place]), min(b, own_high[place])) for a, b in spans]
        inside = [(a, b) for a, b in inside if a <= b]
        start, row = n + switches, len(least)
        switches += len(inside)
        # One switch is on; the cell is at least the lowest and at most the highest of its range.
        rows += [row] * len(inside) + [row + 1] * (len(inside) + 1) + [row + 2] * (len(inside) + 1)
        columns += [*range(start, n + switches), place, *range(start, n + switches), place, *range(start, n + switches)]
        values += [1.0] * len(inside) + [1.0, *(-float(a) for a, _ in inside), 1.0, *(-float(b) for _, b in inside)]
        least += [1.0, 0.0, -np.inf]
        most += [1.0, np.inf, 0.0]
    empty = sparse.csr_matrix((piece.sums.matrix.shape[0], switches))
    constraints = []
    if piece.sums.matrix.shape[0]:
        wide = sparse.hstack([piece.sums.matrix, empty]).tocsr()
        constraints.append(LinearConstraint(wide, piece.sums.least, piece.sums.most))
    if switches:
        gaps = sparse.csr_matrix((values, (rows, columns)), shape=(len(least), n + switches))
        constraints.append(LinearConstraint(gaps, least, most))
    bounds = Bounds(np.concatenate([own_low, np.zeros(switches)]), np.concatenate([own_high, np.ones(switches)]))
    return Program(constraints, bounds, n, np.ones(n + switches, dtype=np.int8))


@dataclass(eq=False)
class Worlds:
    """The lowest and the highest value that each cell has in the worlds found so far, and some worlds themselves."""

    least: Numbers
    most: Numbers
    kept: list[Numbers]

    def add(self, cells: Cells, world: Numbers) -> None:
        """Take in a world of some cells."""
        if not np.isfinite(self.least[cells]).all():
            for each in self.kept:
                each[cells] = world
        self.least[cells] = np.minimum(self.least[cells], world)
        self.most[cells] = np.maximum(self.most[cells], world)
        self.kept = [*self.kept[1:], self.kept[0]]
        self.kept[-1][cells] = world

    def certify(self, most: int) -> Flags:
        """Say which cells are known to have a range that is wide enough."""
        return (self.most - self.least >= most) & (self.most > most)

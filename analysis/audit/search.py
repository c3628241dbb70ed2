"""Which cells are wide enough: worlds in random directions first, then the exact range of each cell that is left."""

import numpy as np

from analysis.audit.programs import (
    KEPT,
    UNLIMITED,
    Piece,
    Program,
    Worlds,
    central_world,
    joined_pieces,
    pieces_of,
    program_of,
)
from analysis.audit.system import Spans, Sums, too_narrow
from analysis.disclosure.families import Flags, Numbers

_BATCH = 2000  # cells
_SMALL_PIECE = 300  # cells
_DIRECTIONS = 12  # at most; each gives two worlds
_GAP, _SECONDS, _SECONDS_OF_ONE = 0.1, 5.0, 10.0


def search_ranges(
    sums: Sums, low: Numbers, high: Numbers, spans: dict[int, Spans], *, most: int, central: bool = False
) -> tuple[Numbers, Numbers, Worlds]:
    """Certify the ranges of cells, or find out how narrow they are.

    Parameters
    ----------
    sums : Sums
    low, high : ndarray
        From `analysis.audit.system.narrow`.
    spans : dict of int to list
    most : int
    central : bool
        Also find a world near the middle of every range.

    Returns
    -------
    low, high : ndarray
        Narrower where a program has shown it.
    worlds : Worlds
        What was found: between its lowest and highest values a cell is certainly not narrower.

    Raises
    ------
    ContradictionError
        When no world fits what is published.

    Notes
    -----
    A world is a set of whole numbers that fits everything published: two worlds in which a cell differs by enough prove
    that it is wide, whatever else holds. Only cells that no pair of worlds has settled get two programs of their own.
    """
    low, high = low.copy(), high.copy()
    worlds = Worlds(np.full(len(low), np.inf), np.full(len(low), -np.inf), [low.copy() for _ in range(KEPT)])
    ceiling = float(np.max(low, initial=0) + UNLIMITED)
    random = np.random.default_rng(1)
    for pieces in _batches(pieces_of(sums, low, high, spans)):
        together = joined_pieces(pieces)
        program = program_of(together, low, high, ceiling)
        open_cells = ~too_narrow(low, high, most) & (low <= most)
        _try_directions(together, program, worlds, open_cells=open_cells[together.cells], most=most, random=random)
        for piece in pieces:
            # A range that is too narrow by its sums alone may still turn out to lie above the threshold.
            unsettled = open_cells & ~worlds.certify(most)
            if len(piece.cells) <= _SMALL_PIECE:
                unsettled |= too_narrow(low, high, most) & (high > most)
            own = program_of(piece, low, high, ceiling) if unsettled[piece.cells].any() else program
            for place in np.flatnonzero(unsettled[piece.cells]):
                if not worlds.certify(most)[piece.cells[place]]:
                    _find_range(piece, own, worlds, int(place), (low, high))
        world = central_world(program, seconds=_SECONDS) if central else None
        if world is not None:
            worlds.add(together.cells, world)
    return low, high, worlds


def _batches(pieces: list[Piece]) -> list[list[Piece]]:
    """Gather pieces, so that few programs of some size are solved in place of many small ones."""
    found: list[list[Piece]] = []
    size = _BATCH
    for piece in pieces:
        if size + len(piece.cells) > _BATCH:
            found.append([])
            size = 0
        found[-1].append(piece)
        size += len(piece.cells)
    return found


def _try_directions(
    piece: Piece, program: Program, worlds: Worlds, *, open_cells: Flags, most: int, random: np.random.Generator
) -> None:
    idle = 0
    for _ in range(_DIRECTIONS):
        waiting = open_cells & ~worlds.certify(most)[piece.cells]
        if not waiting.any() or idle == 2:
            return
        weights = np.where(
            waiting, random.choice([-1.0, 1.0], len(waiting)) * random.uniform(0.5, 1.5, len(waiting)), 0
        )
        for direction in (weights, -weights):
            world, _ = program.solve(direction, gap=_GAP, seconds=_SECONDS)
            if world is not None:
                worlds.add(piece.cells, world)
        settled = int(waiting.sum()) - int((waiting & ~worlds.certify(most)[piece.cells]).sum())
        idle = 0 if settled else idle + 1


def _find_range(piece: Piece, program: Program, worlds: Worlds, place: int, ranges: tuple[Numbers, Numbers]) -> None:
    """Find the lowest and the highest value of one cell."""
    low, high = ranges
    weights = np.zeros(len(piece.cells))
    cell = piece.cells[place]
    unlimited = not np.isfinite(high[cell])
    for sign in (1.0, -1.0):
        weights[place] = sign
        world, bound = program.solve(weights, gap=0.0, seconds=_SECONDS_OF_ONE)
        if world is not None:
            worlds.add(piece.cells, world)
        if np.isfinite(bound):
            if sign > 0:
                low[cell] = max(low[cell], np.ceil(bound - 1e-6))
            elif not unlimited:
                high[cell] = min(high[cell], np.floor(-bound + 1e-6))

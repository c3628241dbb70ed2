"""Whole-number cells, what each can be, and the sums that hold between them."""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from analysis.audit.counts import Count
from analysis.disclosure.families import Flags, Numbers

Spans = list[tuple[int, int]]


@dataclass(frozen=True, eq=False)
class Sums:
    """Rows of whole numbers: each row's sum of ``matrix`` times the cells lies from ``least`` to ``most``."""

    matrix: sparse.csr_matrix
    least: Numbers
    most: Numbers


@dataclass
class System:
    """All that is known of some counts. ``spans`` are the only values that a cell can have, where there are gaps."""

    index: dict[Count, int] = field(default_factory=dict)
    low: list[int] = field(default_factory=list)
    high: list[float] = field(default_factory=list)
    spans: dict[int, Spans] = field(default_factory=dict)
    rows: dict[tuple[tuple[int, float], ...], tuple[float, float]] = field(default_factory=dict)

    def cell(self, count: Count) -> int:
        """Return the number of a cell; a new one is 0 or more."""
        found = self.index.get(count)
        if found is None:
            found = self.index[count] = len(self.low)
            self.low.append(0)
            self.high.append(np.inf)
        return found

    def cells_of(self, *whats: str) -> list[Count]:
        """List the counts of some kinds that have a cell."""
        return [count for count in self.index if count.what in whats]

    def add_total(self, total: Count, parts: list[Count]) -> None:
        """Say that some counts add up to another."""
        self.add_row({self.cell(total): -1.0, **dict.fromkeys(map(self.cell, parts), 1.0)}, 0.0, 0.0)

    def add_row(self, terms: dict[int, float], least: float, most: float) -> None:
        """Say that a sum of cells, each times a number, lies in a range."""
        self.rows[tuple(sorted(terms.items()))] = (least, most)

    def fix(self, count: Count, value: int) -> None:
        """Give a cell its published value."""
        cell = self.cell(count)
        self.low[cell], self.high[cell] = value, value

    def limit(self, count: Count, spans: Spans) -> None:
        """Say that a cell lies in one of some ranges."""
        cell = self.cell(count)
        self.spans[cell] = common_spans(self.spans[cell], spans) if cell in self.spans else merged_spans(spans)

    def sums(self) -> Sums:
        """Return all rows as one matrix."""
        lengths = [len(terms) for terms in self.rows]
        starts = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64)
        flat = [term for terms in self.rows for term in terms]
        columns = np.array([cell for cell, _ in flat], dtype=np.int64)
        values = np.array([value for _, value in flat], dtype=np.float64)
        matrix = sparse.csr_matrix((values, columns, starts), shape=(len(lengths), len(self.low)))
        limits = np.array(list(self.rows.values()), dtype=np.float64).reshape(-1, 2)
        return Sums(matrix, limits[:, 0], limits[:, 1])


def merged_spans(spans: Spans) -> Spans:
    """Join ranges of whole numbers that overlap or touch.

    Examples
    --------
    >>> merged_spans([(5, 9), (1, 4), (20, 30), (9, 8)])
    [(1, 9), (20, 30)]
    """
    joined: Spans = []
    for low, high in sorted(span for span in spans if span[0] <= span[1]):
        if joined and low <= joined[-1][1] + 1:
            joined[-1] = (joined[-1][0], max(high, joined[-1][1]))
        else:
            joined.append((low, high))
    return joined


def common_spans(first: Spans, second: Spans) -> Spans:
    """Return what two lists of ranges share.

    Examples
    --------
    >>> common_spans([(1, 10), (20, 30)], [(5, 22)])
    [(5, 10), (20, 22)]
    """
    return merged_spans([(max(a, c), min(b, d)) for a, b in first for c, d in second])


class ContradictionError(Exception):
    """No whole numbers fit what is published."""


def narrow(sums: Sums, low: Numbers, high: Numbers, spans: dict[int, Spans]) -> tuple[Numbers, Numbers]:
    """Narrow what each cell can be by every sum in turn, until nothing changes.

    Parameters
    ----------
    sums : Sums
    low, high : ndarray
        The lowest and the highest that each cell can be.
    spans : dict of int to list
        Of the cells that have gaps.

    Returns
    -------
    low, high : ndarray

    Raises
    ------
    ContradictionError
        When a cell can be nothing.

    Notes
    -----
    Of a row ``least <= sum a x <= most``, each cell's share is at most ``most`` less the least that the others add up
    to (activity-based bound tightening; Savelsbergh MWP (1994), ORSA J Comput 6:445-454).
    """
    matrix = sums.matrix
    row = np.repeat(np.arange(matrix.shape[0]), np.diff(matrix.indptr))
    cell, value = matrix.indices, matrix.data
    low, high = low.copy(), high.copy()
    for _ in range(_ROUNDS):
        before_low, before_high = low.copy(), high.copy()
        small: Numbers = np.where(value > 0, value * low[cell], value * high[cell])
        large = np.where(value > 0, value * high[cell], value * low[cell])
        rest_small = _others(small, row, matrix.shape[0])
        rest_large = _others(large, row, matrix.shape[0])
        most, least = sums.most[row] - rest_small, sums.least[row] - rest_large
        upper = np.where(value > 0, most, least) / value
        lower = np.where(value > 0, least, most) / value
        np.minimum.at(high, cell, np.floor(upper + _SLACK))
        np.maximum.at(low, cell, np.ceil(lower - _SLACK))
        for each, ranges in spans.items():
            inside = [(max(a, low[each]), min(b, high[each])) for a, b in ranges if a <= high[each] and b >= low[each]]
            if not inside:
                raise ContradictionError
            low[each], high[each] = inside[0][0], inside[-1][1]
        if (low > high).any():
            raise ContradictionError
        if (low == before_low).all() and (high == before_high).all():
            break
    return low, high


_ROUNDS = 200  # each is sound by itself, so to stop early only leaves ranges wider
_SLACK = 1e-7


def _others(values: Numbers, row: NDArray[np.int64], rows: int) -> Numbers:
    """Return, for each entry, the sum of the others of its row; infinite where another is."""
    infinite = ~np.isfinite(values)
    finite = np.where(infinite, 0.0, values)
    many = np.bincount(row[infinite], minlength=rows)[row] > infinite
    others = np.bincount(row, weights=finite, minlength=rows)[row].astype(np.float64) - finite
    endless = np.bincount(row, weights=np.where(infinite, np.sign(values), 0.0), minlength=rows)[row]
    return np.where(many, np.where(endless > 0, np.inf, -np.inf), others)


def too_narrow(low: Numbers, high: Numbers, most: int) -> Flags:
    """Say which ranges tell too much: of a small count, less than `most` wide or not reaching above it.

    A range above the threshold names nobody, nor does a count that is 0 for certain.

    Examples
    --------
    >>> too_narrow(np.array([0.0, 1, 1, 11, 0, 9]), np.array([0.0, 10, 11, 11, 5, 18]), 10).tolist()
    [False, True, False, False, True, True]
    """
    tells = (high - low < most) | (high <= most)
    return tells & (low <= most) & (high > 0)

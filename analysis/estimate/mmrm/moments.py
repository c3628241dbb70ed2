"""Sums over patients: all that a fit reads, whatever it was made of.

A patient's row of the design at visit a is linear in a short vector c of what is known of the patient (1, baseline,
group, baseline times group ...): ``X_a = F_a c``. So for each missingness pattern the number of patients and the
cross-products of u = (c, outcomes) say everything about the likelihood.
"""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Moments:
    """Cross-products per missingness pattern and covariance group.

    Attributes
    ----------
    loadings : array
        F: visits x coefficients x columns of c.
    seen : bool array
        Patterns x visits: whether the visit was scored.
    group : int array
        The covariance group of each pattern.
    n : array
        Patients with the pattern.
    products : array
        Patterns x (columns of c + visits) squared; zero in the rows and columns of visits not seen.
    basis, offset : array
        The coefficients asked for are ``basis @ coefficients + offset``: the design is turned so that its columns are
        far from each other, and a least-squares fit is taken off the outcome, lest large numbers lose their last
        digits.
    """

    loadings: Array
    seen: NDArray[np.bool_]
    group: NDArray[np.int64]
    n: Array
    products: Array
    basis: Array
    offset: Array

    @property
    def visits(self) -> int:
        """How many visits there are."""
        return len(self.loadings)

    @property
    def columns(self) -> int:
        """How many columns c has."""
        return int(self.loadings.shape[2])

    @property
    def coefficients(self) -> int:
        """How many coefficients the mean has."""
        return int(self.loadings.shape[1])

    @property
    def groups(self) -> int:
        """How many covariance groups there are."""
        return int(self.group.max()) + 1

    @property
    def patients(self) -> int:
        """How many patients have an outcome."""
        return int(self.n.sum())

    @property
    def observations(self) -> int:
        """How many outcomes there are."""
        return int(self.n @ self.seen.sum(axis=1))


def shared_columns(
    rows: Array, people: NDArray[np.int64], when: NDArray[np.int64], patients: int, visits: int
) -> tuple[Array, Array]:
    """Find the few columns that a design has at all visits together.

    Parameters
    ----------
    rows : array
        Rows x coefficients.
    people, when : int array
        The patient and the visit of each row.
    patients, visits : int
        How many there are.

    Returns
    -------
    columns : array
        Patients x columns: c.
    loadings : array
        Visits x coefficients x columns, holding 0 and 1: a row is ``loadings[when] @ columns[people]``.
    """
    columns: list[Array] = []
    filled: list[NDArray[np.bool_]] = []
    place = np.full((visits, rows.shape[1]), -1)
    for a in range(visits):
        at = np.flatnonzero(when == a)
        who, here = people[at], np.asfortranarray(rows[at])
        earlier = [(column[who], has[who]) for column, has in zip(columns, filled, strict=True)]
        for j in np.flatnonzero(here.any(axis=0)):
            values = here[:, j]
            # A column that agrees with an earlier one wherever both are known is the same column.
            same = (k for k, (column, has) in enumerate(earlier) if not ((column != values) & has).any())
            k = next(same, len(columns))
            if k == len(columns):
                columns.append(np.zeros(patients))
                filled.append(np.zeros(patients, dtype=bool))
                earlier.append((values, np.ones(len(who), dtype=bool)))
            columns[k][who], filled[k][who] = values, True
            earlier[k] = (values, np.ones(len(who), dtype=bool))
            place[a, j] = k
    loadings = np.zeros((visits, rows.shape[1], len(columns)))
    found = place >= 0
    loadings[(*np.nonzero(found), place[found])] = 1
    return np.column_stack(columns), loadings


def pattern_products(
    columns: Array,
    outcomes: Array,
    group: NDArray[np.int64],
) -> tuple[NDArray[np.bool_], NDArray[np.int64], Array, Array, NDArray[np.int64]]:
    """Sort patients by missingness pattern and covariance group, and add their cross-products.

    Parameters
    ----------
    columns : array
        Patients x columns: c.
    outcomes : array
        Patients x visits, NaN where there is none.
    group : int array
        The covariance group of each patient.

    Returns
    -------
    seen, group, n, products : array
        As in `Moments`.
    pattern : int array
        The pattern of each patient.
    """
    observed = ~np.isnan(outcomes)
    # One whole number for each pattern sorts much faster than a row of them; renumbered before it could overflow.
    pattern = group
    for a in range(observed.shape[1]):
        pattern = 2 * pattern + observed[:, a]
        if a % 30 == 29:
            pattern = np.unique(pattern, return_inverse=True)[1]
    _, first, pattern = np.unique(pattern, return_index=True, return_inverse=True)
    keys = observed[first]
    both = np.hstack([columns, np.where(observed, outcomes, 0.0)])
    order = np.argsort(pattern, kind="stable")
    n = np.bincount(pattern, minlength=len(keys))
    ends = np.cumsum(n)
    ordered = both[order]
    products = np.array([ordered[end - k : end].T @ ordered[end - k : end] for k, end in zip(n, ends, strict=True)])
    return keys, group[first], n.astype(float), products, pattern


def least_squares(moments: Moments) -> tuple[Array, Array, Array]:
    """Fit by least squares, as if all outcomes were independent.

    Parameters
    ----------
    moments : Moments

    Returns
    -------
    gram : array
        ``X'X``.
    coefficients : array
    residuals : array
        Cross-products of the residuals of each pattern: patterns x visits x visits.
    """
    r, loadings = moments.columns, moments.loadings
    at_visits = np.einsum("pa,prs->ars", moments.seen.astype(float), moments.products[:, :r, :r])
    gram = np.einsum("ajr,ars,aks->jk", loadings, at_visits, loadings, optimize=True)
    right = np.einsum("ajr,ra->j", loadings, moments.products[:, :r, r:].sum(axis=0))
    coefficients = np.linalg.lstsq(gram, right, rcond=None)[0]
    residual = np.concatenate([-np.einsum("ajr,j->ar", loadings, coefficients), np.eye(moments.visits)], axis=1)
    both = moments.seen[:, :, None] & moments.seen[:, None, :]
    return gram, coefficients, np.where(both, residual @ moments.products @ residual.T, 0.0)


def well_conditioned(moments: Moments) -> Moments:
    """Turn the design so that its columns are of length 1 and at right angles, over all rows together.

    Parameters
    ----------
    moments : Moments

    Returns
    -------
    Moments
    """
    gram, _, _ = least_squares(moments)
    sizes = np.sqrt(np.diag(gram))
    root = np.linalg.cholesky(gram / np.outer(sizes, sizes))
    turn = np.linalg.inv(root).T / sizes[:, None]
    loadings = np.einsum("ajr,jk->akr", moments.loadings, turn)
    return replace(moments, loadings=loadings, basis=moments.basis @ turn)

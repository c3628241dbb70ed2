"""What makes a fit impossible: each is found before it is tried, and named."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from analysis.estimate.mmrm.moments import Moments
from analysis.vocabulary.errors import DataError

Array = NDArray[np.float64]


def refuse_thin_visits(labels: Sequence[Any], scored: NDArray[np.int64]) -> None:
    """Stop when there is one visit only, or one that nobody has.

    Parameters
    ----------
    labels : sequence
    scored : int array
        Outcomes known at each.

    Raises
    ------
    DataError
    """
    if len(labels) < 2:
        raise DataError(
            "mmrm: there is one visit only, so nothing is repeated. Use an analysis of covariance, or more visits."
        )
    empty = [str(label) for label, n in zip(labels, scored, strict=True) if n == 0]
    if empty:
        raise DataError(
            f"mmrm: nobody has an outcome at the visit {', '.join(empty)}. Leave it out of the table; a level that a "
            "categorical column no longer has goes with .cat.remove_unused_categories()."
        )
    lone = [str(label) for label, n in zip(labels, scored, strict=True) if n == 1]
    if lone:
        raise DataError(f"mmrm: a single patient has an outcome at the visit {', '.join(lone)}. Leave it out.")


def refuse_lone_levels(name: str, patients: Sequence[int] | NDArray[np.int64]) -> None:
    """Stop when a level of a categorical column is that of one patient. The level itself could identify them.

    Parameters
    ----------
    name : str
        The column.
    patients : sequence of int
        How many patients each level has.

    Raises
    ------
    DataError
    """
    alone = int((np.asarray(patients) == 1).sum())
    if alone:
        raise DataError(
            f"mmrm: {alone} of the {len(patients)} levels of {name} belong to a single patient each (a group of one). "
            "Merge them with others, or leave the column out."
        )


def refuse_exact_fit(left: Array, spread: float, size: float, visit: str) -> None:
    """Stop when nothing is left to vary around the mean, at all visits or at one.

    Parameters
    ----------
    left : array
        The squares that a least-squares fit leaves at each visit.
    spread : float
        The squares of the outcome around its one mean.
    size : float
        The squares of the outcome, for what rounding leaves of them.
    visit : str
        The name of the visit column.

    Raises
    ------
    DataError
    """
    exact = left <= 1e-13 * spread + 1e-25 * size
    if exact.all():
        raise DataError(
            "mmrm: the outcome is constant, or follows exactly from the covariates: nothing is left to vary, so there "
            "is no covariance to estimate."
        )
    if exact.any():
        raise DataError(
            f"mmrm: at {int(exact.sum())} of the visits (column {visit}) the outcome is constant or follows exactly "
            "from the covariates. Leave that visit out; a change from baseline at the baseline itself is one such."
        )


def refuse_collinear(gram: Array, terms: Sequence[str]) -> None:
    """Stop when a column of the design follows from those before it.

    Parameters
    ----------
    gram : array
        ``X'X``.
    terms : sequence of str

    Raises
    ------
    DataError
        Naming the column.
    """
    sizes = np.sqrt(np.diag(gram))
    empty = [term for term, size in zip(terms, sizes, strict=True) if size == 0]
    if empty:
        raise DataError(
            f"formula: the column {empty[0]} of the design is 0 in every row with an outcome: no patient with an "
            "outcome has that combination. Leave the term out, or merge levels."
        )
    scaled = gram / np.outer(sizes, sizes)
    root = np.zeros_like(scaled)
    for j, term in enumerate(terms):
        rest = scaled[j, j] - root[j, :j] @ root[j, :j]
        if rest < 1e-10:
            before = _makers(scaled, j, terms)
            raise DataError(
                f"formula: the column {term} of the design follows exactly from {before}, so their effects cannot be "
                "told apart. Leave one of them out."
            )
        root[j, j] = np.sqrt(rest)
        root[j + 1 :, j] = (scaled[j + 1 :, j] - root[j + 1 :, :j] @ root[j, :j]) / root[j, j]


def _makers(scaled: Array, j: int, terms: Sequence[str]) -> str:
    weights = np.linalg.lstsq(scaled[:j, :j], scaled[:j, j], rcond=1e-10)[0]
    named = [term for term, weight in zip(terms, weights, strict=False) if abs(weight) > 1e-6]
    return ", ".join(named[:6]) + (" and others" if len(named) > 6 else "")


def refuse_too_few(
    moments: Moments, visits: Sequence[Any], *, parameters: int, unstructured: bool, by: str | None
) -> None:
    """Stop when the model has more parameters than the patients can carry.

    Parameters
    ----------
    moments : Moments
    visits : sequence
        The visits' labels.
    parameters : int
        Of the covariance, in all groups.
    unstructured : bool
        Whether every pair of visits has a covariance of its own.
    by : str, optional
        The column of the covariance groups.

    Raises
    ------
    DataError
    """
    whole = f"{moments.coefficients} coefficients and {parameters} covariance parameters"
    if moments.observations <= moments.coefficients + (0 if unstructured else parameters):
        raise DataError(
            f"mmrm: the model has {whole}, more than the {moments.observations} outcomes of {moments.patients} "
            "patients can carry. Use fewer terms or a simpler covariance."
        )
    which = f" in a group of {by}" if by else ""
    for group in range(moments.groups if unstructured else 0):
        mine = moments.group == group
        patients = int(moments.n[mine].sum())
        if patients <= moments.visits:
            raise DataError(
                f"mmrm: the model has {whole}, but only {patients} patients{which} at {moments.visits} visits: an "
                "unstructured covariance needs more patients than visits. Use a simpler covariance, such as "
                "'compound-symmetry' or 'ar1', or fewer visits."
            )
        together = np.einsum("p,pa,pb->ab", moments.n[mine], moments.seen[mine], moments.seen[mine])
        if (apart := np.argwhere(together == 0)).size:
            a, b = apart[0]
            raise DataError(
                f"mmrm: no patient{which} has an outcome at both {visits[a]} and {visits[b]}, so their covariance "
                "cannot be estimated. Use a structure with fewer parameters."
            )

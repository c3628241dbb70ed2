"""Sandwich covariances of the coefficients: right also where that of the visits is not, given enough patients.

They need each patient's residuals, so a fit from counts has none. ``empirical`` is Liang & Zeger's (1986) without any
small-sample correction; ``bias-reduced`` (CR2, Bell & McCaffrey 2002) and ``jackknife`` (CR3, Mancl & DeRouen 2001)
enlarge each patient's residuals by what the fit took from them.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from analysis.estimate.mmrm.likelihood import Point

Array = NDArray[np.float64]

SANDWICHES = {
    "empirical": "empirical sandwich (CR0, no small-sample correction)",
    "bias-reduced": "bias-reduced sandwich (CR2)",
    "jackknife": "jackknife sandwich (CR3)",
}
"""The names to call for, and what they are called in print."""


@dataclass(frozen=True)
class PatientRows:
    """What the sums were made of.

    Attributes
    ----------
    columns : array
        Patients x columns: c.
    outcomes : array
        Patients x visits; 0 where there is none.
    pattern : int array
        The pattern of each patient in the moments.
    """

    columns: Array
    outcomes: Array
    pattern: NDArray[np.int64]


class Sandwich:
    """The sandwich covariance of a fit.

    Parameters
    ----------
    point : Point
    rows : PatientRows
    kind : str
        One of `SANDWICHES`.
    """

    def __init__(self, point: Point, rows: PatientRows, kind: str) -> None:
        moments = point.likelihood.moments
        seen = moments.seen[rows.pattern]
        both = np.hstack([rows.columns, rows.outcomes])
        residuals = np.where(seen, both @ point.residual.T, 0.0)
        design = np.einsum("ajr,ir->iaj", moments.loadings, rows.columns, optimize=True) * seen[:, :, None]
        weights = point.weights[rows.pattern]
        covariances = point.likelihood.covariances(point.parameters)[moments.group[rows.pattern]]
        middles = np.array(
            [
                _middle(kind, point.covariance, design=x, weights=w, visits=v, seen=s)
                for x, w, v, s in zip(design, weights, covariances, seen, strict=True)
            ]
        )
        scores = np.einsum("iaj,iab,ib->ij", design, middles, residuals, optimize=True)
        self.covariance = point.covariance @ scores.T @ scores @ point.covariance
        self._phi = point.covariance
        self._middles, self._design = middles, design
        self._covariances = covariances

    def degrees(self, row: Array) -> float:
        """Give the degrees of freedom of a linear combination: 2 E(v)^2 / Var(v) of its variance v under the model.

        Parameters
        ----------
        row : array

        Returns
        -------
        float
        """
        # Each patient's share of the estimate is g'e; Cov(e_i, e_j) = V_i at i = j, less X_i Phi X_j'.
        g = np.einsum("iba,ibj,j->ia", self._middles, self._design, self._phi @ row, optimize=True)
        own = np.einsum("ia,iab,ib->i", g, self._covariances, g, optimize=True)
        lost = np.einsum("ia,iaj->ij", g, self._design)
        shared = lost @ np.linalg.cholesky(self._phi)
        taken = np.einsum("ij,ij->i", shared, shared)
        mean = float((own - taken).sum())
        gram = shared.T @ shared
        square = float((own**2).sum() - 2 * (own * taken).sum() + (gram**2).sum())
        return mean**2 / square


def _middle(
    kind: str, covariance: Array, *, design: Array, weights: Array, visits: Array, seen: NDArray[np.bool_]
) -> Array:
    """Give what stands between a patient's design and residuals: W A, A being the correction of its kind.

    Residuals vary less than the errors: by ``S = V - X Phi X'``. CR2 has ``A = U' (U S U')^(-1/2) U`` with ``V = U'U``,
    so that ``A S A' = V`` (Pustejovsky & Tipton 2018); CR3 has ``A = V S^-1``.
    """
    if kind == "empirical":
        return weights
    at = np.ix_(seen, seen)
    own = visits[at]
    root = np.linalg.cholesky(own).T
    outer, power = (root, -0.5) if kind == "bias-reduced" else (np.linalg.inv(root).T, -1.0)
    half = outer @ design[seen]
    values, vectors = np.linalg.eigh(outer @ own @ outer.T - half @ covariance @ half.T)
    # A patient alone with a value is fitted exactly: nothing is left in that direction, and nothing is enlarged.
    raised = np.where(values > 1e-10 * values[-1], np.maximum(values, 1e-300) ** power, 0.0)
    correction = outer.T @ (vectors * raised) @ vectors.T @ outer
    made = np.zeros_like(weights)
    made[at] = weights[at] @ correction if kind == "bias-reduced" else correction
    return made

"""Covariance structures: how the variances and correlations of the visits hang on a few parameters.

Each structure gives its matrix and the first and second derivatives in the parameters that SAS reports for it:
variances and covariances where the matrix is linear in them, else variances and correlations. The Kenward-Roger
adjustment depends on that choice; estimates, standard errors and Satterthwaite's degrees of freedom do not.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from analysis.vocabulary.errors import CallError, nearest_name

Array = NDArray[np.float64]


class Structure(Protocol):
    """A covariance structure for a fixed number of visits."""

    @property
    def words(self) -> str:
        """What it is called in print."""

    def names(self, visits: Sequence[str]) -> list[str]:
        """Name the parameters."""

    def start(self, covariance: Array) -> Array:
        """Give first values from a rough positive definite covariance."""

    def matrix(self, parameters: Array) -> Array:
        """Give the covariance of the visits."""

    def slopes(self, parameters: Array) -> Array:
        """Give the first derivatives: parameters x visits x visits."""

    def curvatures(self, parameters: Array) -> Array | None:
        """Give the second derivatives, parameters x parameters x visits x visits; None where all are zero."""


@dataclass(frozen=True)
class Linear:
    """A covariance that is a weighted sum of fixed matrices, the parameters being the weights."""

    words: str
    basis: Array
    labels: tuple[str, ...]

    def names(self, visits: Sequence[str]) -> list[str]:
        """Name the parameters."""
        return [label.format(*visits) for label in self.labels]

    def start(self, covariance: Array) -> Array:
        """Average the covariances that share a parameter."""
        flat = self.basis.reshape(len(self.basis), -1)
        return np.asarray(flat @ covariance.ravel() / flat.sum(axis=1))

    def matrix(self, parameters: Array) -> Array:
        """Add the weighted matrices."""
        return np.tensordot(parameters, self.basis, axes=1)

    def slopes(self, parameters: Array) -> Array:  # noqa: ARG002 - the same everywhere
        """Give the fixed matrices."""
        return self.basis

    def curvatures(self, parameters: Array) -> None:
        """Say that there are none."""


@dataclass(frozen=True)
class Correlated:
    """Variances (one, or one for each visit) times correlations that fall with the distance of the visits."""

    words: str
    distance: Array  # visits x visits, whole numbers
    kind: str  # "exchangeable", "autoregressive" or "banded"
    variances: int

    def names(self, visits: Sequence[str]) -> list[str]:
        """Name the parameters."""
        own = [f"variance {visit}" for visit in visits] if self.variances > 1 else ["variance"]
        bands = [f"correlation at distance {lag}" for lag in range(1, len(self.distance))]
        return own + (bands if self.kind == "banded" else ["correlation"])

    def start(self, covariance: Array) -> Array:
        """Average the variances and the correlations that share a parameter."""
        variances = np.diag(covariance)
        correlations = covariance / np.sqrt(np.outer(variances, variances))
        if self.kind == "exchangeable":
            found = [correlations[self.distance > 0].mean()]
        else:
            last = len(self.distance) if self.kind == "banded" else 2
            found = [correlations[self.distance == lag].mean() for lag in range(1, last)]
        return np.array([*(variances if self.variances > 1 else [variances.mean()]), *found])

    def matrix(self, parameters: Array) -> Array:
        """Multiply standard deviations and correlations."""
        return self._scale(parameters) * self._correlations(parameters[self.variances :])[0]

    def slopes(self, parameters: Array) -> Array:
        """Differentiate the product once."""
        scale, (correlations, first, _) = self._scale(parameters), self._correlations(parameters[self.variances :])
        return np.concatenate([scale * correlations * self._share(parameters), scale * first])

    def curvatures(self, parameters: Array) -> Array:
        """Differentiate the product twice."""
        scale, (correlations, first, second) = self._scale(parameters), self._correlations(parameters[self.variances :])
        own, share = parameters[: self.variances], self._share(parameters)
        mixed = (share[:, None] * first) * scale
        variance = share[:, None] * share
        index = np.arange(self.variances)
        variance[index, index] -= share / own[:, None, None]
        top = np.concatenate([variance * scale * correlations, mixed], axis=1)
        return np.concatenate([top, np.concatenate([mixed.swapaxes(0, 1), second * scale], axis=1)])

    def _deviations(self, parameters: Array) -> Array:
        with np.errstate(invalid="ignore"):  # a step too far is found out by the caller: the matrix holds NaN
            return np.broadcast_to(np.sqrt(parameters[: self.variances]), len(self.distance))

    def _scale(self, parameters: Array) -> Array:
        deviations = self._deviations(parameters)
        return np.outer(deviations, deviations)

    def _share(self, parameters: Array) -> Array:
        """Differentiate log(s_a s_b) in each variance: (1 at a + 1 at b) / (2 variance)."""
        m = len(self.distance)
        at = np.eye(m) if self.variances > 1 else np.ones((1, m))
        return np.asarray((at[:, :, None] + at[:, None, :]) / (2 * parameters[: self.variances, None, None]))

    def _correlations(self, parameters: Array) -> tuple[Array, Array, Array]:
        """Give the correlations with their first and second derivatives."""
        k, d = len(parameters), self.distance
        second = np.zeros((k, k, *d.shape))
        if self.kind == "autoregressive":
            r = parameters[0]
            second[0, 0] = d * (d - 1) * r ** np.maximum(d - 2, 0)
            return r**d, (d * r ** np.maximum(d - 1, 0))[None], second
        levels = [d > 0] if self.kind == "exchangeable" else [d == lag for lag in range(1, len(d))]
        first = np.array(levels, dtype=float)
        return np.eye(len(d)) + np.tensordot(parameters, first, axes=1), first, second


STRUCTURES = {
    "unstructured": "unstructured",
    "compound-symmetry": "compound symmetry",
    "heterogeneous-compound-symmetry": "heterogeneous compound symmetry",
    "ar1": "first-order autoregressive",
    "heterogeneous-ar1": "heterogeneous first-order autoregressive",
    "toeplitz": "Toeplitz",
    "heterogeneous-toeplitz": "heterogeneous Toeplitz",
}
"""The names to call for, and what they are called in print."""


def covariance_structure(name: str, visits: int) -> Structure:
    """Make a structure for a number of visits.

    Parameters
    ----------
    name : str
        One of `STRUCTURES`.
    visits : int

    Returns
    -------
    Structure

    Raises
    ------
    CallError
        For another name.

    Examples
    --------
    >>> covariance_structure("ar1", 3).matrix(np.array([4.0, 0.5]))
    array([[4., 2., 1.],
           [2., 4., 2.],
           [1., 2., 4.]])
    """
    if name not in STRUCTURES:
        hint = nearest_name(name, list(STRUCTURES))
        raise CallError(f"covariance: '{name}' is unknown.{hint} There are: {', '.join(STRUCTURES)}.")
    words = STRUCTURES[name]
    index = np.arange(visits)
    distance = np.abs(index[:, None] - index).astype(float)
    if name == "unstructured":
        pairs = [(a, b) for a in index for b in index[: a + 1]]
        basis = np.zeros((len(pairs), visits, visits))
        for k, (a, b) in enumerate(pairs):
            basis[k, a, b] = basis[k, b, a] = 1
        labels = (f"covariance {{{b}}}, {{{a}}}" if a != b else f"variance {{{a}}}" for a, b in pairs)
        return Linear(words, basis, tuple(labels))
    if name == "compound-symmetry":
        return Linear(words, np.array([distance == 0, distance > 0], dtype=float), ("variance", "covariance"))
    if name == "toeplitz":
        bands = np.array([distance == lag for lag in index], dtype=float)
        labels = (f"covariance at distance {lag}" for lag in index[1:])
        return Linear(words, bands, ("variance", *labels))
    kind = {"ar1": "autoregressive", "compound-symmetry": "exchangeable", "toeplitz": "banded"}
    heterogeneous = name.startswith("heterogeneous-")
    return Correlated(words, distance, kind[name.removeprefix("heterogeneous-")], visits if heterogeneous else 1)

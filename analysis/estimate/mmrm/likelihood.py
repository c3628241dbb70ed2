"""The likelihood, its exact gradient and its exact and expected second derivatives, from sums over patterns.

With ``W`` the inverse covariance of a pattern's visits, ``V_i`` the derivative of the covariance in parameter i,
``P_i = sum X'W V_i W X``, ``Phi = (sum X'W X)^-1``, e the residuals, E their cross-products and K the cross-products
of the design under Phi (Lindstrom & Bates 1988; Kenward & Roger 1997 for the expected information):

- -2 log L  = sum n log|V| + e'We (+ log|X'WX| when restricted) + constant
- gradient  = sum tr(V_i (n W - W (E + K) W))
- second    = sum tr(V_i W V_j (2 W (E + K) W - n W)) - tr(Phi P_i Phi P_j) - 2 b_i' Phi b_j + tr(G V_ij)
- expected  = sum tr(V_i W V_j (n W - 2 W K W)) + tr(Phi P_i Phi P_j)

K and the terms with two Phi belong to the restricted likelihood only. ``sum W (x) R`` over the patterns is one matrix
product, so the cost of a step does not grow with the number of pairs of parameters.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.linalg import LinAlgError
from numpy.typing import NDArray

from analysis.estimate.mmrm.moments import Moments
from analysis.estimate.mmrm.structures import Structure

Array = NDArray[np.float64]


class Likelihood:
    """-2 log likelihood of the covariance parameters, the coefficients being at their best.

    Parameters
    ----------
    moments : Moments
    structure : Structure
        Of every covariance group; each has parameters of its own.
    restricted : bool
        REML, or else maximum likelihood.
    """

    def __init__(self, moments: Moments, structure: Structure, *, restricted: bool) -> None:
        self.moments, self.structure, self.restricted = moments, structure, restricted
        r = moments.columns
        self.cross = moments.products[:, :r, :r]
        self.flat = moments.loadings.transpose(1, 0, 2).reshape(moments.coefficients, -1)
        self.pairs = moments.seen[:, :, None] & moments.seen[:, None, :]
        self.turned = 2 * float(np.linalg.slogdet(moments.basis)[1])
        self.degrees = moments.observations - (moments.coefficients if restricted else 0)

    def split(self, parameters: Array) -> list[Array]:
        """Give each covariance group its parameters."""
        return np.split(parameters, self.moments.groups)

    def covariances(self, parameters: Array) -> Array:
        """Give each group's covariance of the visits."""
        return np.array([self.structure.matrix(own) for own in self.split(parameters)])

    def at(self, parameters: Array) -> "Point | None":
        """Evaluate the likelihood; None where the parameters make no covariance.

        Parameters
        ----------
        parameters : array

        Returns
        -------
        Point or None
        """
        moments = self.moments
        covariances = self.covariances(parameters)
        if not np.isfinite(covariances).all() or (np.einsum("gaa->ga", covariances) <= 0).any():
            return None
        try:
            np.linalg.cholesky(covariances)
            own = np.where(self.pairs, covariances[moments.group], np.eye(moments.visits))
            triangles = np.linalg.cholesky(own)
            weights = np.where(self.pairs, np.linalg.inv(own), 0.0)
            information = self.design_products(weights)
            root = np.linalg.cholesky(information)
        except LinAlgError:
            return None
        r = moments.columns
        with_outcomes = np.einsum("pab,prb->ar", weights, moments.products[:, :r, r:])
        inverse_root = np.linalg.inv(root)
        covariance = inverse_root.T @ inverse_root
        coefficients = covariance @ (self.flat @ with_outcomes.ravel())
        residual = np.concatenate(
            [-np.einsum("ajr,j->ar", moments.loadings, coefficients), np.eye(moments.visits)], axis=1
        )
        residuals = np.where(self.pairs, residual @ moments.products @ residual.T, 0.0)
        logs = np.log(np.einsum("paa->pa", triangles)).sum(axis=1)
        value = 2 * float(moments.n @ logs) + float((weights * residuals).sum()) + self.degrees * np.log(2 * np.pi)
        if self.restricted:
            value += 2 * float(np.log(np.diag(root)).sum()) - self.turned
        return Point(self, parameters, value, coefficients, covariance, weights, residual, residuals)

    def design_products(self, weights: Array) -> Array:
        """Sum ``X' weights X`` over all patients, the weights being given for each pattern."""
        m, r = self.moments.visits, self.moments.columns
        inner = weights.reshape(-1, m * m).T @ self.cross.reshape(-1, r * r)
        inner = inner.reshape(m, m, r, r).transpose(0, 2, 1, 3).reshape(m * r, m * r)
        return np.asarray(self.flat @ inner @ self.flat.T)


@dataclass(frozen=True)
class Point:
    """The likelihood at some covariance parameters.

    Attributes
    ----------
    value : float
        -2 log likelihood, with its constant.
    coefficients, covariance : array
        Of the turned design: their best values here, and ``Phi = (X'WX)^-1``.
    weights : array
        W of each pattern, zero at visits not seen.
    residual : array
        Residuals of a patient are ``residual @ (c, outcomes)``.
    residuals : array
        E: their cross-products for each pattern.
    """

    likelihood: Likelihood
    parameters: Array
    value: float
    coefficients: Array
    covariance: Array
    weights: Array
    residual: Array
    residuals: Array

    @property
    def estimates(self) -> Array:
        """The coefficients of the design that was asked for."""
        moments = self.likelihood.moments
        return moments.basis @ self.coefficients + moments.offset

    @cached_property
    def slopes(self) -> list[Array]:
        """V_i: each group's derivatives in its own parameters."""
        return [self.likelihood.structure.slopes(own) for own in self.likelihood.split(self.parameters)]

    @cached_property
    def curvatures(self) -> list[Array | None]:
        """V_ij of each group; None where all are zero."""
        return [self.likelihood.structure.curvatures(own) for own in self.likelihood.split(self.parameters)]

    @cached_property
    def design_spread(self) -> Array:
        """K: the cross-products of each pattern's design under Phi."""
        moments = self.likelihood.moments
        m, r = moments.visits, moments.columns
        loadings = moments.loadings
        form = np.einsum("ajr,jk,bks->abrs", loadings, self.covariance, loadings, optimize=True)
        spread = self.likelihood.cross.reshape(-1, r * r) @ form.reshape(m * m, r * r).T
        return np.where(self.likelihood.pairs, spread.reshape(-1, m, m), 0.0)

    @cached_property
    def _slope_products(self) -> tuple[Array, Array]:
        """P_i, and b_i = X'W V_i W e."""
        moments = self.likelihood.moments
        m, r = moments.visits, moments.columns
        flat = self.likelihood.flat
        mixed = moments.products[:, :r, :] @ self.residual.T * moments.seen[:, None, :]
        inputs = np.concatenate([self.likelihood.cross, mixed], axis=2)
        of_design, of_residuals = [], []
        for group, slopes in enumerate(self.slopes):
            mine = moments.group == group
            weights, columns = self.weights[mine], inputs[mine].reshape(-1, r * (r + m))
            for slope in slopes:
                inner = (weights @ slope @ weights).reshape(-1, m * m).T @ columns
                inner = inner.reshape(m, m, r, r + m)
                design = inner[..., :r].transpose(0, 2, 1, 3).reshape(m * r, m * r)
                of_design.append(flat @ design @ flat.T)
                of_residuals.append(flat @ np.einsum("abrb->ar", inner[..., r:]).ravel())
        return np.array(of_design), np.array(of_residuals)

    @property
    def slope_products(self) -> Array:
        """P_i: how ``X'WX`` falls with each parameter."""
        return self._slope_products[0]

    @cached_property
    def _gradient_matrices(self) -> list[Array]:
        """G of each group: the gradient in the elements of its covariance."""
        moments, weights = self.likelihood.moments, self.weights
        spread = self.residuals + self.design_spread if self.likelihood.restricted else self.residuals
        each = moments.n[:, None, None] * weights - weights @ spread @ weights
        return [each[moments.group == group].sum(axis=0) for group in range(moments.groups)]

    @cached_property
    def gradient(self) -> Array:
        """Derivative of the value in each parameter."""
        return np.concatenate(
            [np.einsum("iab,ab->i", s, g) for s, g in zip(self.slopes, self._gradient_matrices, strict=True)]
        )

    @cached_property
    def observed(self) -> Array:
        """Second derivatives of the value."""
        restricted, weights = self.likelihood.restricted, self.weights
        spread = self.residuals + self.design_spread if restricted else self.residuals
        found = self._pairs(2 * weights @ spread @ weights - self.likelihood.moments.n[:, None, None] * weights)
        _, of_residuals = self._slope_products
        found -= 2 * of_residuals @ self.covariance @ of_residuals.T
        if restricted:
            found -= self._traces
        start = 0
        for curvatures, gradient in zip(self.curvatures, self._gradient_matrices, strict=True):
            if curvatures is not None:
                own = slice(start, start + len(curvatures))
                found[own, own] += np.einsum("ijab,ab->ij", curvatures, gradient)
                start += len(curvatures)
        return found

    @cached_property
    def expected(self) -> Array:
        """Expected second derivatives of the value: twice the Fisher information."""
        weights = self.weights
        middle = self.likelihood.moments.n[:, None, None] * weights
        if not self.likelihood.restricted:
            return self._pairs(middle)
        return self._pairs(middle - 2 * weights @ self.design_spread @ weights) + self._traces

    @cached_property
    def _traces(self) -> Array:
        """tr(Phi P_i Phi P_j)."""
        root = np.linalg.cholesky(self.covariance)
        turned = (root.T @ self.slope_products @ root).reshape(len(self.parameters), -1)
        return np.asarray(turned @ turned.T)

    def _pairs(self, middle: Array) -> Array:
        """Sum ``tr(V_i W V_j R)`` over the patterns, R being the ``middle``."""
        moments = self.likelihood.moments
        m = moments.visits
        blocks = []
        for group, slopes in enumerate(self.slopes):
            mine = moments.group == group
            together = self.weights[mine].reshape(-1, m * m).T @ middle[mine].reshape(-1, m * m)
            # (a, b) of W and (c, d) of R: V_i stands between d and a, V_j between b and c.
            turned = together.reshape(m, m, m, m).transpose(3, 0, 1, 2).reshape(m * m, m * m)
            flat = slopes.reshape(len(slopes), -1)
            blocks.append(flat @ turned @ flat.T)
        found = np.zeros((len(self.parameters),) * 2)
        start = 0
        for block in blocks:
            end = start + len(block)
            found[start:end, start:end] = (block + block.T) / 2
            start = end
        return found

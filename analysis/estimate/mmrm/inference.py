"""Standard errors and degrees of freedom of the coefficients and of what is linear in them.

- Satterthwaite: twice the squared variance of an estimate over the variance of that variance, by the delta method with
  the observed information of the covariance parameters (Fai & Cornelius 1996 for several rows at once).
- Kenward-Roger (1997): the covariance of the coefficients corrected for the covariance parameters being estimated, and
  degrees of freedom by matching moments of a scaled F; with the expected information. The linear variant leaves out
  the second derivatives of the covariance.
- With a sandwich, Satterthwaite's degrees of freedom are those of Bell & McCaffrey (2002) under the fitted model.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.linalg import LinAlgError
from numpy.typing import NDArray
from scipy import special

from analysis.estimate.mmrm.likelihood import Point

Array = NDArray[np.float64]

DEGREES_OF_FREEDOM = {
    "satterthwaite": "Satterthwaite",
    "kenward-roger": "Kenward-Roger",
    "kenward-roger-linear": "Kenward-Roger, linear",
}
"""The names to call for, and what they are called in print."""


@dataclass(frozen=True)
class Tested:
    """An F test: its statistic, both degrees of freedom, and what the statistic was scaled by."""

    statistic: float
    numerator_df: int
    denominator_df: float
    p_value: float
    scale: float = 1.0


@dataclass(frozen=True)
class Inference:
    """What is said of the coefficients beyond their values.

    Attributes
    ----------
    point : Point
        The fit.
    method : str
        One of `DEGREES_OF_FREEDOM`.
    robust : array or None
        A sandwich covariance in place of the model's, of the turned design.
    robust_degrees : callable or None
        The sandwich's degrees of freedom for a row of the turned design.
    """

    point: Point
    method: str
    robust: Array | None = None
    robust_degrees: Callable[[Array], float] | None = None

    @property
    def covariance(self) -> Array:
        """The covariance of the coefficients."""
        basis = self.point.likelihood.moments.basis
        return np.asarray(basis @ self._turned_covariance @ basis.T)

    @cached_property
    def _turned_covariance(self) -> Array:
        """The covariance of the coefficients of the turned design."""
        if self.robust is not None:
            return self.robust
        if self.method == "satterthwaite":
            return self.point.covariance
        return _adjusted(self.point, self._parameter_covariance, curved=self.method == "kenward-roger")

    @cached_property
    def _parameter_covariance(self) -> Array:
        """The asymptotic covariance of the covariance parameters."""
        second = self.point.observed if self.method == "satterthwaite" else self.point.expected
        try:
            return np.asarray(2 * np.linalg.inv(second), dtype=np.float64)
        except LinAlgError:
            return np.full(second.shape, np.nan)

    def _turned(self, rows: Array) -> Array:
        """Say what rows of the design that was asked for are in the turned one."""
        return rows @ self.point.likelihood.moments.basis

    def _degrees(self, rows: Array) -> Array:
        """Give the degrees of freedom of each row of the turned design by itself."""
        if self.robust_degrees is not None:
            return np.array([self.robust_degrees(row) for row in rows])
        turned = rows @ self.point.covariance
        variance = np.einsum("kj,kj->k", turned, rows)
        slopes = np.einsum("kj,ijl,kl->ki", turned, self.point.slope_products, turned, optimize=True)
        spread = np.einsum("ki,ij,kj->k", slopes, self._parameter_covariance, slopes)
        with np.errstate(divide="ignore", invalid="ignore"):
            return np.asarray(np.where(spread > 0, 2 * variance**2 / spread, np.nan))

    def intervals(self, rows: Array, level: float) -> dict[str, Array]:
        """Estimate each row by itself.

        Parameters
        ----------
        rows : array
            Rows x coefficients.
        level : float

        Returns
        -------
        dict of str to array
            ``estimate, std_error, df, statistic, p_value, low, high``.
        """
        estimate, turned = rows @ self.point.estimates, self._turned(rows)
        df = self._degrees(turned)
        # Where a fit has not converged, an adjusted variance may be negative: there is no standard error then.
        with np.errstate(divide="ignore", invalid="ignore"):
            std_error = np.sqrt(np.einsum("kj,jl,kl->k", turned, self._turned_covariance, turned))
            statistic = estimate / std_error
        half = special.stdtrit(df, (1 + level) / 2) * std_error
        return {
            "estimate": estimate,
            "std_error": std_error,
            "df": df,
            "statistic": statistic,
            "p_value": 2 * special.stdtr(df, -np.abs(statistic)),
            "low": estimate - half,
            "high": estimate + half,
        }

    def test(self, rows: Array) -> Tested:
        """Test that all rows are zero at once.

        Parameters
        ----------
        rows : array
            Linearly independent rows x coefficients.

        Returns
        -------
        Tested
        """
        estimate, count, turned = rows @ self.point.estimates, len(rows), self._turned(rows)
        wald = float(estimate @ np.linalg.solve(turned @ self._turned_covariance @ turned.T, estimate)) / count
        if self.robust is not None or self.method == "satterthwaite":
            scale, df = 1.0, self._joint_satterthwaite(turned)
        else:
            scale, df = self._joint_kenward_roger(turned)
        statistic = scale * wald
        return Tested(statistic, count, df, float(special.fdtrc(count, df, statistic)), scale)

    def _joint_satterthwaite(self, rows: Array) -> float:
        """Combine the degrees of freedom of independent combinations of the rows (Fai & Cornelius 1996)."""
        _, directions = np.linalg.eigh(rows @ self._turned_covariance @ rows.T)
        each = self._degrees(directions.T @ rows)
        if len(each) == 1:
            return float(each[0])
        several = each[each > 2]
        total = float((several / (several - 2)).sum())
        return 2 * total / (total - len(each)) if total > len(each) else 2.0

    def _joint_kenward_roger(self, rows: Array) -> tuple[float, float]:
        """Match the mean and variance of a scaled F (Kenward & Roger 1997)."""
        count, covariance = len(rows), self.point.covariance
        middle = rows.T @ np.linalg.solve(rows @ covariance @ rows.T, rows)
        each = covariance @ self.point.slope_products @ covariance
        turned = middle @ each
        traces = np.einsum("ijj->i", turned)
        weights = self._parameter_covariance
        first = float(traces @ weights @ traces)
        products = np.einsum("ijk,lkj->il", turned, turned, optimize=True)
        second = float((weights * products).sum())
        if count == 1:
            return 1.0, 2 / second
        b = (first + 6 * second) / (2 * count)
        g = ((count + 1) * first - (count + 4) * second) / ((count + 2) * second)
        base = 3 * count + 2 * (1 - g)
        c1, c2, c3 = g / base, (count - g) / base, (count + 2 - g) / base
        mean = 1 / (1 - second / count)
        variance = 2 / count * (1 + c1 * b) / ((1 - c2 * b) ** 2 * (1 - c3 * b))
        ratio = variance / (2 * mean**2)
        df = 4 + (count + 2) / (count * ratio - 1)
        return df / (mean * (df - 2)), df


def _adjusted(point: Point, weights: Array, *, curved: bool) -> Array:
    """Correct the covariance of the coefficients (Kenward & Roger 1997).

    ``Phi + 2 Phi (sum w_ij (Q_ij - P_i Phi P_j - R_ij / 4)) Phi``; the sum over pairs of parameters is taken inside, so
    that for each pattern one matrix remains.
    """
    likelihood, moments = point.likelihood, point.likelihood.moments
    m, covariance = moments.visits, point.covariance
    inner = np.zeros_like(point.weights)
    start = 0
    for group, (slopes, curvatures) in enumerate(zip(point.slopes, point.curvatures, strict=True)):
        own = slice(start, start + len(slopes))
        start = own.stop
        mine = moments.group == group
        w = point.weights[mine]
        flat = slopes.reshape(len(slopes), -1)
        # sum w_ij V_i W V_j: (a, b) of V_i and (c, d) of V_j, with b and c joined through W.
        joined = (flat.T @ weights[own, own] @ flat).reshape(m, m, m, m).transpose(1, 2, 0, 3).reshape(m * m, m * m)
        between = (w.reshape(-1, m * m) @ joined).reshape(-1, m, m)
        if curved and curvatures is not None:
            between = between - np.einsum("ij,ijab->ab", weights[own, own], curvatures) / 4
        inner[mine] = w @ between @ w
    correction = likelihood.design_products(inner)
    products = point.slope_products
    mixed = np.tensordot(weights, products, axes=1)
    correction -= np.einsum("ijk,kl,ilm->jm", products, covariance, mixed, optimize=True)
    found = covariance + 2 * covariance @ correction @ covariance
    return (found + found.T) / 2

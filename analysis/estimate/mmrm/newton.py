"""Newton's method on the covariance parameters, and an honest account of how it ended.

Far from the optimum the step by the exact second derivatives and that by the expected ones (Fisher scoring) are both
tried, and the better is taken: where a variance is much too small, the exact one only grows it by half each time. A
step that leaves the positive definite matrices, or does not lower the value, is halved.
"""

from dataclasses import dataclass

import numpy as np
from numpy.linalg import LinAlgError
from numpy.typing import NDArray

from analysis.estimate.mmrm.likelihood import Likelihood, Point

Array = NDArray[np.float64]

MOST_STEPS = 50
_CLOSE = 0.1  # the value would fall by half of this: here the exact step is the better one
_NEARLY = 1e-8  # the value would fall by half of this: one more step is the last
_HALVINGS = 30
_DEFINITE = 1e-10  # the smallest eigenvalue of a correlation, as a share of the largest
_NEAR_EDGE = 1e-2  # the same, where a search that has not ended is on its way to the edge


@dataclass(frozen=True)
class Convergence:
    """How the search ended.

    Attributes
    ----------
    converged : bool
    steps : int
        Newton steps taken.
    decrement : float
        By how much -2 log likelihood would still fall, to second order.
    reason : str
        Why it did not converge; empty when it did.
    """

    converged: bool
    steps: int
    decrement: float
    reason: str = ""


def lowest_point(likelihood: Likelihood, start: Array, most_steps: int = MOST_STEPS) -> tuple[Point, Convergence]:
    """Find the covariance parameters of highest likelihood.

    Parameters
    ----------
    likelihood : Likelihood
    start : array
        Parameters of positive definite covariances.
    most_steps : int
        Where to give up.

    Returns
    -------
    point : Point
        The best found.
    convergence : Convergence
    """
    point = likelihood.at(start)
    if point is None:
        raise ValueError("the first parameters make no covariance")
    for steps in range(most_steps + 1):
        exact = _direction(point, point.observed)
        decrement = _fall(point, exact)
        if exact is not None and decrement < _NEARLY:
            # Its error is of the order of the square of this: the step is the last, if rounding lets it help at all.
            found = likelihood.at(point.parameters + exact)
            better = found is not None and found.value <= point.value + 1e-9 * abs(point.value)
            return _ended(found if found is not None and better else point, steps + int(better), decrement)
        if steps == most_steps:
            break
        directions = [] if exact is None else [exact]
        if exact is None or decrement > _CLOSE:
            directions.append(_scoring(point))
        steps_found = [_step(likelihood, point, direction) for direction in directions]
        better_ones = [found for found in steps_found if found is not None]
        if not better_ones:
            return point, Convergence(False, steps, decrement, _edge(likelihood, point))
        point = min(better_ones, key=lambda found: found.value)
    return point, Convergence(
        False, most_steps, decrement, _edge(likelihood, point, f"{most_steps} steps were not enough")
    )


def _direction(point: Point, second: Array) -> Array | None:
    """Give the Newton direction, or None where the second derivatives do not point downhill."""
    try:
        np.linalg.cholesky(second)
    except LinAlgError:
        return None
    return np.asarray(-np.linalg.solve(second, point.gradient))


def _scoring(point: Point) -> Array:
    """Give the direction of Fisher scoring; a little of the identity is added where that has no single one."""
    found = _direction(point, point.expected)
    if found is not None:
        return found
    ridge = np.diag(np.abs(np.diag(point.expected)) + np.trace(np.abs(point.expected)) / len(point.gradient))
    return np.asarray(-np.linalg.lstsq(point.expected + ridge, point.gradient, rcond=None)[0])


def _fall(point: Point, direction: Array | None) -> float:
    return float("inf") if direction is None else float(-point.gradient @ direction)


def _step(likelihood: Likelihood, point: Point, direction: Array) -> Point | None:
    """Go along the direction as far as it helps."""
    share, fall = 1.0, _fall(point, direction)
    for _ in range(_HALVINGS):
        found = likelihood.at(point.parameters + share * direction)
        if found is not None and found.value <= point.value - 1e-4 * share * fall:
            return found
        share /= 2
    return None


def _ended(point: Point, steps: int, decrement: float) -> tuple[Point, Convergence]:
    """Accept an optimum only where the covariance is not singular."""
    reason = _singular(point, _DEFINITE)
    return point, Convergence(not reason, steps, decrement, reason)


def _edge(likelihood: Likelihood, point: Point, otherwise: str = "no step raises the likelihood further") -> str:
    count = len(point.parameters) + len(point.coefficients)
    patients = likelihood.moments.patients
    return _singular(point, _NEAR_EDGE) or f"{otherwise}; the model has {count} parameters for {patients} patients"


def _singular(point: Point, share: float) -> str:
    covariances = point.likelihood.covariances(point.parameters)
    for covariance in covariances:
        deviations = np.sqrt(np.diag(covariance))
        values = np.linalg.eigvalsh(covariance / np.outer(deviations, deviations))
        if values[0] < share * values[-1]:
            return (
                "the covariance of the visits is at the edge of what is possible (a correlation of 1): "
                "there are too few patients for this structure, or two visits say the same"
            )
    return ""

"""The repeated-measures model with an unstructured covariance, fitted many times at once with weighted patients.

The model is that of `analysis.estimate.mmrm` with every covariate crossed with visit: ``y = x'B + e, e ~ N(0, S)``, a
column of B for each visit. Its likelihood is highest where expectation-maximisation over the missingness patterns comes
to rest (Dempster, Laird & Rubin 1977; Beale & Little 1975). Each pattern's weighted cross-products are all that a step
reads, so that a fit costs the same for any number of patients, and the fits of all imputations are one array.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

TOLERANCE = 1e-5
"""Ended when no element of B (in units of a visit's standard deviation) or S changes by more in one step."""

MOST_STEPS = 2000
_CELLS_AT_ONCE = 4_000_000
_RIDGE = 1e-8


@dataclass(frozen=True)
class Pattern:
    """People with the same visits scored: their rows, and those visits."""

    rows: NDArray[np.int64]
    seen: NDArray[np.int64]
    missing: NDArray[np.int64]


@dataclass(frozen=True)
class PatternFits:
    """Several fits.

    Attributes
    ----------
    coefficients : array
        Fits x columns of x x visits.
    covariances : array
        Fits x visits x visits; of maximum likelihood.
    steps : int
        The most that any of them took.
    moving : int
        How many had not come to rest after `MOST_STEPS`.
    """

    coefficients: Array
    covariances: Array
    steps: int
    moving: int

    @property
    def converged(self) -> bool:
        """Whether so many came to rest that the others, used where they stand, make no difference: all but 1 in 50."""
        return 50 * self.moving <= len(self.coefficients)


def find_patterns(outcomes: Array) -> list[Pattern]:
    """Sort people by which visits they were scored in.

    Parameters
    ----------
    outcomes : array
        People x visits, NaN where not scored.

    Returns
    -------
    list of Pattern
    """
    observed = ~np.isnan(outcomes)
    codes = observed @ (1 << np.arange(observed.shape[1]))
    return [
        Pattern(np.flatnonzero(codes == code), *(np.flatnonzero(which) for which in (bits, ~bits)))
        for code, bits in ((code, (code >> np.arange(observed.shape[1])) & 1 == 1) for code in np.unique(codes))
    ]


def fit_weighted(
    design: Array,
    outcomes: Array,
    patterns: list[Pattern],
    *,
    fits: int,
    weights_of: Callable[[int], Array],
    start: tuple[Array, Array] | None = None,
) -> PatternFits:
    """Fit the model several times, the people weighted anew each time.

    Parameters
    ----------
    design : array
        People x columns, linearly independent.
    outcomes : array
        People x visits, NaN where not scored; each visit of mean 0 and standard deviation 1 or so.
    patterns : list of Pattern
        Of the outcomes; people without any are left out.
    fits : int
    weights_of : callable
        Gives the weights of all people in a fit, by its number.
    start : tuple of array, optional
        Coefficients and covariance to begin with; from least squares at each visit when left out.

    Returns
    -------
    PatternFits
    """
    used = [pattern for pattern in patterns if len(pattern.seen)]
    first, covariance = start or _least_squares(design, outcomes)
    size = max(1, _CELLS_AT_ONCE // max(len(design), len(used) * design.shape[1] * (design.shape[1] + 1)))
    ended: list[tuple[Array, Array, int, int]] = []
    for begin in range(0, fits, size):
        numbers = range(begin, min(fits, begin + size))
        products = _products(design, outcomes, used, [weights_of(number) for number in numbers])
        ended.append(_maximise(products, used, first, covariance, len(numbers)))
    coefficients, covariances, steps, moving = zip(*ended, strict=True)
    return PatternFits(np.concatenate(coefficients), np.concatenate(covariances), max(steps), sum(moving))


@dataclass(frozen=True)
class _Products:
    """Weighted sums of each pattern, fits first: people, and products of x with x, x with y and y with y."""

    people: Array
    design: Array
    mixed: Array
    outcomes: Array


def _products(design: Array, outcomes: Array, patterns: list[Pattern], weights: list[Array]) -> list[_Products]:
    found = []
    columns = design.shape[1]
    for pattern in patterns:
        both = np.hstack([design[pattern.rows], outcomes[np.ix_(pattern.rows, pattern.seen)]])
        mine = [each[pattern.rows] for each in weights]
        sums = np.array([(both * own[:, None]).T @ both for own in mine])
        people = np.array([own.sum() for own in mine])
        found.append(
            _Products(people, sums[:, :columns, :columns], sums[:, :columns, columns:], sums[:, columns:, columns:])
        )
    return found


def _least_squares(design: Array, outcomes: Array) -> tuple[Array, Array]:
    """Start from each visit by itself; directions that nobody scored there tells of stay at 0."""
    visits = outcomes.shape[1]
    coefficients, covariance = np.zeros((design.shape[1], visits)), np.eye(visits)
    for visit in range(visits):
        seen = ~np.isnan(outcomes[:, visit])
        coefficients[:, visit] = np.linalg.lstsq(design[seen], outcomes[seen, visit], rcond=None)[0]
        left = outcomes[seen, visit] - design[seen] @ coefficients[:, visit]
        covariance[visit, visit] = float(left @ left) / max(1, len(left)) + _RIDGE
    return coefficients, covariance


def _maximise(
    products: list[_Products], patterns: list[Pattern], coefficients: Array, covariance: Array, fits: int
) -> tuple[Array, Array, int, int]:
    """Step until nothing changes; a fit that has come to rest is left alone."""
    visits = covariance.shape[0]
    slopes, spreads = np.repeat(coefficients[None], fits, axis=0), np.repeat(covariance[None], fits, axis=0)
    people = np.sum([each.people for each in products], axis=0)
    inverse = np.linalg.inv(np.sum([each.design for each in products], axis=0))
    moving = np.arange(fits)
    for step in range(1, MOST_STEPS + 1):
        mixed = np.zeros((len(moving), slopes.shape[1], visits))
        squares = np.zeros((len(moving), visits, visits))
        for own, pattern in zip(products, patterns, strict=True):
            _expect(own, pattern, moving, (slopes[moving], spreads[moving]), (mixed, squares))
        new_slopes = inverse[moving] @ mixed
        new_spreads = (squares - mixed.transpose(0, 2, 1) @ new_slopes) / people[moving, None, None]
        new_spreads = (new_spreads + new_spreads.transpose(0, 2, 1)) / 2 + _RIDGE * np.eye(visits)
        change = np.maximum(
            np.abs(new_slopes - slopes[moving]).max(axis=(1, 2)), np.abs(new_spreads - spreads[moving]).max(axis=(1, 2))
        )
        slopes[moving], spreads[moving] = new_slopes, new_spreads
        moving = moving[change > TOLERANCE]
        if not len(moving):
            return slopes, spreads, step, 0
    return slopes, spreads, MOST_STEPS, len(moving)


def _expect(
    own: _Products, pattern: Pattern, fits: NDArray[np.int64], now: tuple[Array, Array], into: tuple[Array, Array]
) -> None:
    """Add a pattern's products, with what is missing put in at its expectation given what was seen (in place)."""
    (slopes, spreads), (mixed, squares) = now, into
    seen, missing = pattern.seen, pattern.missing
    design, seen_mixed, seen_squares = own.design[fits], own.mixed[fits], own.outcomes[fits]
    mixed[:, :, seen] += seen_mixed
    squares[:, seen[:, None], seen] += seen_squares
    if not len(missing):
        return
    regression, left = conditional(spreads, seen, missing)
    constant = slopes[:, :, missing] - slopes[:, :, seen] @ regression
    filled_mixed = design @ constant + seen_mixed @ regression
    crossed = seen_mixed.transpose(0, 2, 1) @ constant + seen_squares @ regression
    filled = constant.transpose(0, 2, 1) @ filled_mixed + regression.transpose(0, 2, 1) @ crossed
    mixed[:, :, missing] += filled_mixed
    squares[:, seen[:, None], missing] += crossed
    squares[:, missing[:, None], seen] += crossed.transpose(0, 2, 1)
    squares[:, missing[:, None], missing] += filled + own.people[fits, None, None] * left


def conditional(covariances: Array, seen: NDArray[np.int64], missing: NDArray[np.int64]) -> tuple[Array, Array]:
    """Give the regression of some visits on others, and the covariance it leaves.

    Parameters
    ----------
    covariances : array
        Any number of covariances x visits x visits.
    seen, missing : int array
        The visits known, and those wanted.

    Returns
    -------
    regression : array
        Covariances x seen x missing: what is expected is ``residuals of the seen @ regression``.
    left : array
        Covariances x missing x missing.
    """
    between = covariances[:, seen[:, None], missing]
    regression: Array = np.asarray(np.linalg.solve(covariances[:, seen[:, None], seen], between), dtype=np.float64)
    return regression, covariances[:, missing[:, None], missing] - between.transpose(0, 2, 1) @ regression

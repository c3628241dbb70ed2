"""Agreement of two readings of the same thing, counted several times for each person."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import special

from analysis.estimate.intervals import wilson

Floats = NDArray[np.float64]


def cohens_kappa(cells: Sequence[int], products: ArrayLike, *, people: int) -> tuple[float, float, float]:
    """Estimate Cohen's kappa of two readings with two values each.

    Parameters
    ----------
    cells : sequence of int
        How often the readings were both the first value, first and second, second and first, both the second.
    products : array_like, 4 x 4
        Sums over people of the products of a person's own four cells. With one case for each person it is the diagonal
        of the cells.
    people : int
        How many.

    Returns
    -------
    estimate, low, high : float
        NaN where nothing was read, or where both readings are always the same one value. The interval is NaN with
        fewer than two people, and where all agree: there the variance vanishes and says nothing.

    Notes
    -----
    kappa = (p_o - p_e) / (1 - p_e), where p_o is the share of agreement and p_e the share expected of two independent
    readings with the same totals. The variance is that of the linear approximation, summed by person, times k/(k-1) of
    k people; with one case for each person it is, but for that factor, the large-sample variance of Fleiss, Cohen and
    Everitt. The interval is kappa -+ 1.96 standard errors, within -1 to 1.

    References
    ----------
    Cohen J (1960), Educ Psychol Meas 20:37-46. Fleiss JL, Cohen J, Everitt BS (1969), Psychol Bull 72:323-327.

    Examples
    --------
    >>> estimate, low, high = cohens_kappa([20, 5, 10, 15], np.diag([20, 5, 10, 15]), people=50)
    >>> print(round(estimate, 2), round(low, 2), round(high, 2))
    0.4 0.15 0.65
    """
    both = np.array(cells, dtype="float64").reshape(2, 2)
    n = both.sum()
    nan = float("nan")
    if n == 0:
        return nan, nan, nan
    rows, columns = both.sum(axis=1), both.sum(axis=0)
    seen, chance = np.trace(both) / n, float(rows @ columns) / n**2
    if chance == 1:
        return nan, nan, nan
    if seen == 1:
        return 1.0, nan, nan
    kappa = (seen - chance) / (1 - chance)
    # What one more case in a cell does to kappa: through the agreement seen, and through that expected by chance.
    on_chance = (columns[:, None] + rows[None, :]) / n - 2 * chance
    gradient = ((np.eye(2) - seen) - (1 - kappa) * on_chance) / (n * (1 - chance))
    spread = _standard_error(gradient.ravel(), products, people)
    half = float(special.ndtri(0.975)) * spread
    return float(kappa), float(np.maximum(kappa - half, -1)), float(np.minimum(kappa + half, 1))


def clustered_share(
    part: Sequence[bool], cells: Sequence[int], products: ArrayLike, *, people: int
) -> tuple[float, float]:
    """Give the interval of a share of cases of which each person has several.

    Parameters
    ----------
    part : sequence of bool
        Which cells are in the numerator; all cells are the denominator.
    cells : sequence of int
        How many cases are in each.
    products : array_like
        Sums over people of the products of a person's own cells.
    people : int
        How many.

    Returns
    -------
    low, high : float
        Wilson's interval on the effective number of cases: p(1-p) over the variance clustered by person, at most the
        cases; at 0 and 1, where the variance vanishes, the number of people. NaN without any case.

    Examples
    --------
    Ten people with five cases each, all alike within a person, say no more than ten cases:

    >>> low, high = clustered_share([True, False], [25, 25], [[125, 0], [0, 125]], people=10)
    >>> print(round(low, 2), round(high, 2))
    0.23 0.77
    """
    counts, chosen = np.array(cells, dtype="float64"), np.array(part, dtype="float64")
    n = counts.sum()
    if n == 0:
        return float("nan"), float("nan")
    share = float(chosen @ counts) / n
    variance = _standard_error((chosen - share) / n, products, people) ** 2
    known = 0 < share < 1 and people > 1 and variance > 0
    effective = min(n, share * (1 - share) / variance) if known else min(n, people)
    low, high = wilson(share * effective, effective)
    return float(low), float(high)


def clustered_ratio(total: int, per: int, products: ArrayLike, *, units: int) -> tuple[float, float]:
    """Give the interval of a ratio of two sums over independent units, such as sessions over days.

    Parameters
    ----------
    total, per : int
        The two sums.
    products : array_like, 2 x 2
        Sums over units of the squares and products of a unit's own two numbers.
    units : int
        How many.

    Returns
    -------
    low, high : float
        Normal on the logarithm of the ratio; NaN where a sum is 0 or there are fewer than two units.

    Examples
    --------
    Three courses with 5, 4 and 3 gaps in 90, 80 and 70 days:

    >>> low, high = clustered_ratio(12, 240, [[50, 980], [980, 19400]], units=3)
    >>> print(round(30 * 12 / 240, 2), round(30 * low, 2), round(30 * high, 2))
    1.5 1.3 1.73
    """
    if not total or not per:
        return float("nan"), float("nan")
    error = _standard_error(np.array([1 / total, -1 / per]), products, units)
    factor = float(np.exp(special.ndtri(0.975) * error))
    return total / per / factor, total / per * factor


def _standard_error(gradient: Floats, products: ArrayLike, people: int) -> float:
    """Return that of a smooth function of sums over people, which does not change when all sums double."""
    if people < 2:
        return float("nan")
    square = float(gradient @ np.asarray(products, dtype="float64") @ gradient)
    return float(np.sqrt(max(0.0, square) * people / (people - 1)))

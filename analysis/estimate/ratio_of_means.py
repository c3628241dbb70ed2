"""The ratio of two means over the same people, such as a cost per responder, with Fieller's interval."""

from fractions import Fraction

import numpy as np
from scipy import special

from analysis.vocabulary.errors import CallError


def fieller(
    people: int, sums: tuple[int, int], squares: tuple[int, int], product: int, *, level: float = 0.95
) -> tuple[float, float, str]:
    """Give Fieller's interval of the ratio of two means, from sums over people.

    Parameters
    ----------
    people : int
        How many.
    sums, squares : tuple of int
        Of the upper and of the lower number: the sum over people, and the sum of its squares.
    product : int
        The sum over people of the product of both.
    level : float
        Confidence level.

    Returns
    -------
    low, high : float
        ``high`` is infinite where the lower mean may be 0; both are NaN with fewer than two people, or where the upper
        and the lower mean may both be 0, so that every ratio is possible.
    status : str
        ``ok``, ``unbounded`` or ``undefined``.

    Raises
    ------
    CallError
        When a sum is negative.

    Notes
    -----
    The limits are the ratios r at which the mean of y - r x differs from 0 by exactly the t quantile times its standard
    error: (y - r x)^2 = t^2 (s_yy - 2 r s_xy + r^2 s_xx) / n, with n - 1 degrees of freedom.

    References
    ----------
    Fieller EC (1954), J R Stat Soc B 16:175-185.

    Examples
    --------
    Four people with 6, 8, 6 and 4 sessions, of whom the first three responded:

    >>> low, high, status = fieller(4, (24, 3), (152, 3), 20)
    >>> print(round(low, 1), high, status)
    4.9 inf unbounded
    """
    if min(*sums, people) < 0:
        raise CallError("fieller: a sum must be 0 or more.")
    if people < 2 or not sums[1]:
        return float("nan"), float("nan"), "undefined"
    n = people
    # Exact until here: squares of costs in cents need more than 64 bits.
    y, x = (float(Fraction(total, n)) for total in sums)
    v_yy, v_xx = (
        float(Fraction(n * square - total * total, n * n * (n - 1)))
        for square, total in zip(squares, sums, strict=True)
    )
    v_xy = float(Fraction(n * product - sums[0] * sums[1], n * n * (n - 1)))
    t2 = float(special.stdtrit(n - 1, 0.5 + level / 2)) ** 2
    a, b, c = x * x - t2 * v_xx, x * y - t2 * v_xy, y * y - t2 * v_yy
    root2 = b * b - a * c
    if a > 0:
        root = float(np.sqrt(max(root2, 0.0)))
        return max((b - root) / a, 0.0), (b + root) / a, "ok"
    if root2 <= 0 or c <= 0:
        return float("nan"), float("nan"), "undefined"
    # The ratios outside the two roots: from the smaller positive one up, through infinity.
    roots = [(b - np.sqrt(root2)) / a, (b + np.sqrt(root2)) / a] if a else [c / (2 * b)]
    positive = [float(each) for each in roots if each > 0]
    return (min(positive), float("inf"), "unbounded") if positive else (float("nan"), float("nan"), "undefined")

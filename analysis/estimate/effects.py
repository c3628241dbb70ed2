"""Effects: how one group's rate compares with another's, from the counts of both."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from analysis.estimate.intervals import miettinen_nurminen, newcombe
from analysis.estimate.ratio_intervals import score_odds_ratio, score_ratio
from analysis.vocabulary.errors import CallError

DIFFERENCE_INTERVALS: dict[str, tuple[Callable[[int, int, int, int], tuple[float, float]], str]] = {
    "miettinen-nurminen": (miettinen_nurminen, "Miettinen-Nurminen, 95 %"),
    "newcombe": (newcombe, "Newcombe, 95 %"),
}
"""The intervals of a difference, by the name that is asked for."""

MEASURES = ("difference", "ratio", "odds ratio", "number needed to treat", "E-value")
"""What two groups are compared by, in the order in which it is shown."""

_NAN = float("nan")


@dataclass(frozen=True)
class Effect:
    """One comparison of two groups by one of `MEASURES`.

    ``status`` is ``ok``; ``empty`` (a group has nobody); ``undefined`` (such as a ratio of 0 to 0); ``unbounded`` (the
    estimate or a limit is infinite); ``disjoint`` (a number needed whose interval goes through infinity); ``no
    overlap`` (strata without people of a group); ``no spread`` (the counts leave the variance 0 or unknown, so that
    there is no interval). ``note`` says it in words.
    """

    measure: str
    estimate: float
    low: float
    high: float
    method: str
    status: str
    note: str = ""


def crude_effects(x1: int, n1: int, x0: int, n0: int, *, method: str = "miettinen-nurminen") -> list[Effect]:
    """Compare two groups as they are.

    Parameters
    ----------
    x1, n1 : int
        People with the outcome and all people of the group.
    x0, n0 : int
        Those of the reference.
    method : {"miettinen-nurminen", "newcombe"}
        The interval of the difference.

    Returns
    -------
    list of Effect
        One for each of `MEASURES`; the intervals of both ratios are Miettinen and Nurminen's score intervals.

    Raises
    ------
    CallError
        When a numerator lies outside 0 to its denominator.

    Examples
    --------
    >>> difference, ratio, *_ = crude_effects(108, 195, 70, 170)
    >>> print(f"{difference.estimate:.3f} ({difference.low:.3f} to {difference.high:.3f})")
    0.142 (0.039 to 0.242)
    """
    make, name = DIFFERENCE_INTERVALS[method]
    score = "Miettinen-Nurminen score, 95 %"
    if 0 in (n1, n0):
        empty = "nobody in the group" if n1 == 0 else "nobody in the reference"
        return absent_effects("empty", empty, (name, score, score))
    difference = Effect("difference", x1 / n1 - x0 / n0, *make(x1, n1, x0, n0), name, "ok")
    ratio = bounded_effect("ratio", _quotient(x1 * n0, x0 * n1), score_ratio(x1, n1, x0, n0), score)
    odds = _quotient(x1 * (n0 - x0), x0 * (n1 - x1))
    odds_ratio = bounded_effect("odds ratio", odds, score_odds_ratio(x1, n1, x0, n0), score)
    return [difference, ratio, odds_ratio, number_needed(difference), confounding_needed(ratio)]


def absent_effects(status: str, note: str, methods: tuple[str, str, str]) -> list[Effect]:
    """Give each measure without an estimate, saying why there is none.

    Parameters
    ----------
    status, note : str
    methods : tuple of str
        Of the difference, the ratio and the odds ratio.

    Returns
    -------
    list of Effect
    """
    names = (*methods, methods[0], methods[1])
    named = zip(MEASURES, names, strict=True)
    return [Effect(measure, _NAN, _NAN, _NAN, method, status, note) for measure, method in named]


def bounded_effect(measure: str, estimate: float, limits: tuple[float, float], method: str) -> Effect:
    """Make a ratio, saying whether it is undefined or has no upper end.

    Parameters
    ----------
    measure : str
    estimate : float
    limits : tuple of float
    method : str

    Returns
    -------
    Effect
    """
    low, high = limits
    if np.isnan(estimate):
        nothing = "nobody in either group has the outcome, or everybody in both"
        return Effect(measure, _NAN, _NAN, _NAN, method, "undefined", nothing)
    if np.isinf([estimate, high]).any():
        return Effect(measure, estimate, low, high, method, "unbounded", "a count is 0: there is no upper end")
    return Effect(measure, estimate, low, high, method, "ok" if not np.isnan(low) else "no spread")


def number_needed(difference: Effect) -> Effect:
    """Turn a difference into the number of people needed to treat, for one more of them to have the outcome.

    Parameters
    ----------
    difference : Effect

    Returns
    -------
    Effect
        The difference's reciprocal; negative where it is one fewer. When the difference's interval holds 0, the status
        is ``disjoint``: the interval is everything from ``high`` up through infinity, which is no difference, and from
        ``low`` down; the numbers between ``low`` and ``high`` are those outside it.

    References
    ----------
    Altman DG (1998), BMJ 317:1309-1312. Bender R (2001), Control Clin Trials 22:102-110 (score intervals inverted).

    Examples
    --------
    Altman's difference of 10 points, with the interval -5 to 25:

    >>> need = number_needed(Effect("difference", 0.10, -0.05, 0.25, "Wald", "ok"))
    >>> print(round(need.estimate), round(need.low), round(need.high), need.status)
    10 -20 4 disjoint
    >>> need.note
    'one more for every 4.0 or more people, through no difference, to one fewer for every 20.0 or more'
    """
    name, low, high = "number needed to treat", difference.low, difference.high
    method = f"reciprocal of the difference: {difference.method}"
    estimate = _reciprocal(difference.estimate)
    if np.isnan(low) or np.isnan(high):
        return Effect(name, estimate, _NAN, _NAN, method, difference.status, difference.note)
    if low < 0 < high:
        more, fewer = f"one more for every {1 / high:.1f} or more people", f"one fewer for every {-1 / low:.1f} or more"
        return Effect(
            name, estimate, 1 / low, 1 / high, method, "disjoint", f"{more}, through no difference, to {fewer}"
        )
    if low == high == 0:
        return Effect(name, estimate, _NAN, _NAN, method, "undefined", "the difference is 0")
    if 0 in (low, high):
        ends = (1 / high, float("inf")) if low == 0 else (float("-inf"), 1 / low)
        return Effect(name, estimate, *ends, method, "unbounded", "the difference's interval ends at 0")
    kind = "more" if low > 0 else "fewer"
    note = f"people for one {kind} to have the outcome in the group than in the reference"
    return Effect(name, estimate, 1 / high, 1 / low, method, "ok", note)


def e_value(ratio: float) -> float:
    """Say how strong an unmeasured cause would have to be to explain a risk ratio away.

    Parameters
    ----------
    ratio : float
        A risk ratio, above 0.

    Returns
    -------
    float
        The E-value: the risk ratio that the cause would need, with the group and with the outcome, beyond what is
        adjusted for. 1 for a ratio of 1: nothing is needed.

    Raises
    ------
    CallError
        For a negative ratio.

    Notes
    -----
    RR + sqrt(RR (RR - 1)), of 1/RR when RR is below 1.

    References
    ----------
    VanderWeele TJ, Ding P (2017), Ann Intern Med 167:268-274.

    Examples
    --------
    >>> print(round(e_value(3.9), 2), round(e_value(1 / 3.9), 2))
    7.26 7.26
    """
    if ratio < 0:
        raise CallError("e_value: a ratio of two risks is 0 or more.")
    if ratio == 0:
        return float("inf")
    above = max(ratio, 1 / ratio)
    return float(above + np.sqrt(above * (above - 1))) if np.isfinite(above) else float("inf")


def confounding_needed(ratio: Effect) -> Effect:
    """Give the E-value of a ratio and, as ``low``, that of the interval's limit nearer to 1.

    Parameters
    ----------
    ratio : Effect

    Returns
    -------
    Effect
        ``low`` is 1 when the ratio's interval holds 1; there is no ``high``.
    """
    method = f"VanderWeele-Ding, of the ratio: {ratio.method}"
    if np.isnan(ratio.estimate):
        return Effect("E-value", _NAN, _NAN, _NAN, method, ratio.status, ratio.note)
    nearest = ratio.low if ratio.estimate > 1 else ratio.high
    holds = ratio.low <= 1 <= ratio.high
    limit = _NAN if np.isnan(nearest) else 1.0 if holds else e_value(nearest)
    found = e_value(ratio.estimate)
    status = "unbounded" if np.isinf(found) else "ok" if not np.isnan(limit) else ratio.status
    return Effect("E-value", found, limit, _NAN, method, status, "low: of the ratio's limit nearer to 1")


def _quotient(above: float, below: float) -> float:
    if below == 0:
        return float("inf") if above > 0 else _NAN
    return above / below


def _reciprocal(difference: float) -> float:
    return 1 / difference if difference != 0 else float("inf")

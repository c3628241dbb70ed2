"""Effects over strata: Mantel and Haenszel's, and standardised to one case mix, from the counts of each stratum."""

import numpy as np
from numpy.typing import NDArray
from scipy import special

from analysis.estimate.effects import (
    Effect,
    absent_effects,
    bounded_effect,
    confounding_needed,
    number_needed,
)

Numbers = NDArray[np.float64]

_Z = float(special.ndtri(0.975))
_MANTEL_HAENSZEL = (
    "Mantel-Haenszel, Sato-Greenland-Robins variance, 95 %",
    "Mantel-Haenszel, Greenland-Robins variance of the logarithm, 95 %",
    "Mantel-Haenszel, Robins-Breslow-Greenland variance of the logarithm, 95 %",
)
_STANDARDISED = (
    "standardised, delta method, 95 %",
    "standardised, delta method on the logarithm, 95 %",
    "standardised, delta method on the logit, 95 %",
)


def mantel_haenszel(x1: Numbers, n1: Numbers, x0: Numbers, n0: Numbers) -> list[Effect]:
    """Compare two groups within strata, and pool what the strata say.

    Parameters
    ----------
    x1, n1 : ndarray
        People with the outcome and all people of the group, in each stratum.
    x0, n0 : ndarray
        Those of the reference.

    Returns
    -------
    list of Effect
        One for each of `analysis.estimate.effects.MEASURES`. Strata that have people of one group only say nothing
        about the difference and have no weight: the note says how many there are and of how many people. With no other
        strata the status is ``no overlap``.

    Notes
    -----
    With n = n1 + n0 in a stratum and sums over strata: difference sum((x1 n0 - x0 n1)/n) / sum(n1 n0/n); ratio
    sum(x1 n0/n) / sum(x0 n1/n); odds ratio sum(x1 (n0-x0)/n) / sum(x0 (n1-x1)/n). Each supposes that it is the same in
    every stratum; where it is not, it is an average of the strata in those weights.

    References
    ----------
    Mantel and Haenszel 1959; Greenland and Robins 1985 (variance of the ratio); Robins J, Breslow N, Greenland S
    (1986), Biometrics 42:311-323 (of the odds ratio); Sato, Greenland and Robins 1989 (of the difference; right both
    for few large and for many small strata).

    Examples
    --------
    The group does 20 points better in both strata, and looks 4 points worse without them:

    >>> x1, n1, x0, n0 = (np.array(counts, dtype="float64") for counts in ([7, 36], [10, 90], [45, 2], [90, 10]))
    >>> print(round(mantel_haenszel(x1, n1, x0, n0)[0].estimate, 2), round(43 / 100 - 47 / 100, 2))
    0.2 -0.04
    """
    both = (n1 > 0) & (n0 > 0)
    alone = int((n1 + n0)[~both].sum())
    note = (
        f"strata with people of one group only: {int((~both & (n1 + n0 > 0)).sum())}, {alone} people" if alone else ""
    )
    if n1.sum() == 0 or n0.sum() == 0:
        return absent_effects("empty", "nobody in the group or in the reference", _MANTEL_HAENSZEL)
    if not both.any():
        return absent_effects("no overlap", note, _MANTEL_HAENSZEL)
    x1, n1, x0, n0 = x1[both], n1[both], x0[both], n0[both]
    n = n1 + n0
    weight = float((n1 * n0 / n).sum())
    difference = float(((x1 * n0 - x0 * n1) / n).sum()) / weight
    shared = n1**2 * x0 - n0**2 * x1 + n1 * n0 * (n0 - n1) / 2
    within = x1 * (n0 - x0) + x0 * (n1 - x1)
    variance = (difference * float((shared / n**2).sum()) + float((within / n).sum()) / 2) / weight**2
    r, s = float((x1 * n0 / n).sum()), float((x0 * n1 / n).sum())
    among = float(((n1 * n0 * (x1 + x0) - x1 * x0 * n) / n**2).sum())
    ratio = _on_logarithm("ratio", r, s, _over(among, r * s), _MANTEL_HAENSZEL[1])
    odds_ratio = _pooled_odds_ratio(x1, n1, x0, n0)
    return _noted(_around(difference, variance, _MANTEL_HAENSZEL[0]), ratio, odds_ratio, note)


def standardised_rate(x: Numbers, n: Numbers, people: Numbers) -> tuple[float, float]:
    """Weigh the rates of a group's strata by another case mix.

    Parameters
    ----------
    x, n : ndarray
        People with the outcome and all people of the group, in each stratum.
    people : ndarray
        The case mix: people in each stratum.

    Returns
    -------
    rate, variance : float
        NaN when a stratum of the case mix has nobody of the group.

    Notes
    -----
    With w the share of the case mix in a stratum and p = x/n: sum(w p), and sum(w^2 p (1-p) / n). This is g-computation
    with a saturated model; the case mix is taken as it is, without a sampling error of its own.

    Examples
    --------
    >>> x, n, people = (np.array(counts, dtype="float64") for counts in ([8, 3], [10, 30], [50, 50]))
    >>> print(round(standardised_rate(x, n, people)[0], 2))  # half of 80 % and half of 10 %
    0.45
    """
    asked = people > 0
    x, n, share = x[asked], n[asked], people[asked] / people.sum()
    if len(n) == 0 or (n == 0).any():
        return float("nan"), float("nan")
    return float((share * x / n).sum()), float((share**2 * x * (n - x) / n**3).sum())


def standardised_effects(x1: Numbers, n1: Numbers, x0: Numbers, n0: Numbers, people: Numbers) -> list[Effect]:
    """Compare two groups as if both had the same case mix.

    Parameters
    ----------
    x1, n1, x0, n0 : ndarray
        As in `mantel_haenszel`.
    people : ndarray
        The case mix: people in each stratum.

    Returns
    -------
    list of Effect
        One for each of `analysis.estimate.effects.MEASURES`. When somebody in the case mix is in a stratum without
        people of one of the groups, that group's rate there is not known: there is no estimate, the status is ``no
        overlap``, and the note says how many strata and people that are. Strata in which nobody or everybody of a group
        has the outcome add nothing to the variance; the note counts them.

    Notes
    -----
    With rates p and variances V from `standardised_rate`: the variance of the difference is V1 + V0, of the ratio's
    logarithm V1/p1^2 + V0/p0^2, of the odds ratio's logarithm the sum of V/(p(1-p))^2 (delta method).
    """
    if n1.sum() == 0 or n0.sum() == 0:
        return absent_effects("empty", "nobody in the group or in the reference", _STANDARDISED)
    uncovered = (people > 0) & ((n1 == 0) | (n0 == 0))
    if uncovered.any():
        missing = f"strata without people of both groups: {int(uncovered.sum())}, {int(people[uncovered].sum())} people"
        return absent_effects(
            "no overlap", f"{missing}; fewer or coarser covariates leave fewer such strata", _STANDARDISED
        )
    (p1, v1), (p0, v0) = standardised_rate(x1, n1, people), standardised_rate(x0, n0, people)
    flat = int(((people > 0) & ((x1 == 0) | (x1 == n1))).sum() + ((people > 0) & ((x0 == 0) | (x0 == n0))).sum())
    note = f"rates of 0 or 1 in a stratum, which add nothing to the interval: {flat}" if flat else ""
    relative = _over(v1, p1**2) + _over(v0, p0**2)
    ratio = _on_logarithm("ratio", p1, p0, relative, _STANDARDISED[1])
    spread = _over(v1, (p1 * (1 - p1)) ** 2) + _over(v0, (p0 * (1 - p0)) ** 2)
    odds_ratio = _on_logarithm("odds ratio", p1 * (1 - p0), p0 * (1 - p1), spread, _STANDARDISED[2])
    return _noted(_around(p1 - p0, v1 + v0, _STANDARDISED[0]), ratio, odds_ratio, note)


def _pooled_odds_ratio(x1: Numbers, n1: Numbers, x0: Numbers, n0: Numbers) -> Effect:
    n = n1 + n0
    agree, disagree = (x1 + n0 - x0) / n, (n1 - x1 + x0) / n
    r, s = x1 * (n0 - x0) / n, (n1 - x1) * x0 / n
    top, bottom = float(r.sum()), float(s.sum())
    variance = (
        _over(float((agree * r).sum()), 2 * top**2)
        + _over(float((agree * s + disagree * r).sum()), 2 * top * bottom)
        + _over(float((disagree * s).sum()), 2 * bottom**2)
    )
    return _on_logarithm("odds ratio", top, bottom, variance, _MANTEL_HAENSZEL[2])


def _around(difference: float, variance: float, method: str) -> Effect:
    if variance <= 0:
        return Effect("difference", difference, np.nan, np.nan, method, "no spread")
    half = _Z * float(np.sqrt(variance))
    return Effect("difference", difference, max(difference - half, -1.0), min(difference + half, 1.0), method, "ok")


def _on_logarithm(measure: str, above: float, below: float, variance: float, method: str) -> Effect:
    if above == 0 and below == 0:
        return bounded_effect(measure, float("nan"), (np.nan, np.nan), method)
    estimate = above / below if below > 0 else float("inf")
    if np.isnan(variance) or variance <= 0 or above == 0 or below == 0:
        # A logarithm of 0 has no interval: what is left is the estimate.
        return bounded_effect(measure, estimate, (np.nan, np.nan), method)
    half = float(np.exp(_Z * np.sqrt(variance)))
    return bounded_effect(measure, estimate, (estimate / half, estimate * half), method)


def _noted(difference: Effect, ratio: Effect, odds_ratio: Effect, note: str) -> list[Effect]:
    made = [difference, ratio, odds_ratio, number_needed(difference), confounding_needed(ratio)]
    return [
        Effect(
            each.measure, each.estimate, each.low, each.high, each.method, each.status,
            "; ".join(part for part in (each.note, note) if part),
        )
        for each in made
    ]  # fmt: skip


def _over(above: float, below: float) -> float:
    return above / below if below > 0 else float("nan")

"""Drawing what is missing, given what was seen and what is assumed of the people who were not seen."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from analysis.estimate.imputation.patient_draws import normals
from analysis.estimate.imputation.pattern_fit import PatternFits, conditional
from analysis.estimate.imputation.preparation import PreparedModel
from analysis.vocabulary.instruments import Instrument

Array = NDArray[np.float64]
Places = NDArray[np.int64]


@dataclass(frozen=True)
class UnseenRule:
    """What is assumed of scores that were not seen.

    Attributes
    ----------
    worse_by : float
        So many points worse than missing at random, for those who have left: without any score from the window's first
        day on. The same points in each window missed, not more in later ones.
    back_to_baseline : bool
        Those whose loading ended early are around their baseline again, with the covariance of the visits and whatever
        their earlier scores were.
    """

    worse_by: float = 0.0
    back_to_baseline: bool = False


AT_RANDOM = UnseenRule()


def completed_totals(model: PreparedModel, rule: UnseenRule, scale: Instrument) -> Iterator[Array]:
    """Fill in the missing scores of those who count in, once for each draw of the parameters.

    Parameters
    ----------
    model : PreparedModel
    rule : UnseenRule
    scale : Instrument

    Yields
    ------
    array
        People x visits asked about: the scores seen, and drawn ones in whole steps of the scale within its range; NaN
        where nothing is to be drawn.

    Notes
    -----
    A patient's missing visits are drawn together from the normal distribution that the fitted model gives for them,
    given the patient's baseline, groups and all scores seen. Points are added then, if any; then a total is rounded to
    the nearest one that the scale can have, halves up, and one outside its range becomes the end of the range.
    """
    wanted = _wanted(model)
    totals = model.scores.totals
    blocks = list(_blocks(model, wanted, rule))
    for draw in range(model.draws):
        filled = totals.copy()
        for rows, seen, missing, stopped in blocks:
            if stopped:
                filled[np.ix_(rows, missing)] = _around_baseline(model, draw, rows, missing)
            else:
                filled[np.ix_(rows, missing)] = _given_seen(model, draw, rows, seen, missing)
        if rule.worse_by:
            direction = -1 if scale.direction == "higher" else 1
            filled += np.where(model.scores.has_left & wanted, direction * rule.worse_by, 0.0)
        on_scale = np.floor(filled / scale.multiplier + 0.5) * scale.multiplier
        on_scale = np.clip(on_scale, scale.total_min, scale.total_max)
        yield np.where(np.isnan(totals), on_scale, totals)[:, model.asked]


def can_complete(model: PreparedModel) -> NDArray[np.bool_]:
    """Say of which missing scores the model can speak.

    Parameters
    ----------
    model : PreparedModel

    Returns
    -------
    bool array
        People x all visits.
    """
    usable = np.array([status == "ok" for status in model.status])
    return np.asarray(model.reached & usable)


def _wanted(model: PreparedModel) -> NDArray[np.bool_]:
    asked = np.zeros(len(model.windows), dtype=bool)
    asked[model.asked] = True
    return np.asarray(np.isnan(model.scores.totals) & model.scores.counts_in & asked & can_complete(model))


def _blocks(
    model: PreparedModel, wanted: NDArray[np.bool_], rule: UnseenRule
) -> Iterator[tuple[Places, Places, Places, bool]]:
    """Give people who are drawn alike: their rows, the visits seen, those wanted, and whether to their baseline."""
    stopped = model.scores.people["has_stopped"].to_numpy(dtype=bool) & rule.back_to_baseline
    for pattern in model.patterns:
        codes = wanted[pattern.rows] @ (1 << np.arange(wanted.shape[1])) * 2 + stopped[pattern.rows]
        for code in np.unique(codes[codes > 1]):
            missing = np.flatnonzero((int(code) >> 1 >> np.arange(wanted.shape[1])) & 1)
            yield pattern.rows[codes == code], pattern.seen, missing, bool(code & 1)


def _given_seen(model: PreparedModel, draw: int, rows: Places, seen: Places, missing: Places) -> Array:
    expected, left = expected_given_seen(model, model.drawn, draw, rows=rows, seen=seen, missing=missing)
    return expected + _noise(model, draw, rows, missing, left * _squared(model.corrected(missing, len(seen))))


def expected_given_seen(
    model: PreparedModel, fits: PatternFits, fit: int, *, rows: Places, seen: Places, missing: Places
) -> tuple[Array, Array]:
    """Give what a fit expects at some visits, given the scores seen, and the covariance it leaves.

    Parameters
    ----------
    model : PreparedModel
    fits : PatternFits
    fit : int
    rows, seen, missing : int array
        People, and the visits known and wanted.

    Returns
    -------
    expected : array
        People x missing.
    left : array
        Missing x missing.
    """
    coefficients = fits.coefficients[fit]
    design = model.design[rows]
    (regression,), (left,) = conditional(fits.covariances[fit][None], seen, missing)
    residuals = model.scores.totals[np.ix_(rows, seen)] - design @ coefficients[:, seen]
    return design @ coefficients[:, missing] + residuals @ regression, left


def _around_baseline(model: PreparedModel, draw: int, rows: Places, missing: Places) -> Array:
    people = model.scores.people
    baseline = (people["baseline_sum"] / people["baseline_n"]).to_numpy("float64")[rows]
    covariance = model.drawn.covariances[draw][np.ix_(missing, missing)]
    noise = _noise(model, draw, rows, missing, covariance * _squared(model.corrected(missing, 0)))
    return np.asarray(baseline[:, None] + noise)


def _noise(model: PreparedModel, draw: int, rows: Places, missing: Places, covariance: Array) -> Array:
    """Draw residuals; the number of each person and visit is the same under every assumption."""
    first = model.place(draw) + 1
    standard = normals(model.starts[rows], [first + int(visit) for visit in missing])
    # Rounding can leave a covariance of almost nothing just under 0.
    values, vectors = np.linalg.eigh(covariance)
    root = vectors * np.sqrt(np.maximum(values, 0.0)) @ vectors.T
    return np.asarray(standard @ root)


def _squared(factors: Array) -> Array:
    return np.asarray(np.outer(factors, factors))

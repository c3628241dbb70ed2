"""From people and their scores to fitted models: the design, whom it can speak of, and the parameters drawn."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analysis.cohort.windows import Window
from analysis.counts.person_scores import PersonScores
from analysis.estimate.imputation.patient_draws import exponentials, stream_starts
from analysis.estimate.imputation.pattern_fit import Pattern, PatternFits, find_patterns, fit_weighted

Array = NDArray[np.float64]

TOO_FEW, CONSTANT, NO_PARAMETERS = "too few scores", "constant scores", "not converged"
"""Why a window's missing scores cannot be drawn: fewer scores than the model has parameters there and one more; the
scores do not vary around the model; or the fit found no highest likelihood."""

_BASELINE_AND_CONSTANT = 2


@dataclass(frozen=True, eq=False)
class PreparedModel:
    """The repeated-measures model of some people, with parameters drawn as often as there are imputations.

    Attributes
    ----------
    scores : PersonScores
        Of the windows used; those that have too few scores to help are left out.
    asked : list of int
        The visits asked about.
    design : array
        People x columns: 1, the baseline, and indicators of the groups and covariates.
    status : list of str
        Of each visit: ``ok``, or why its missing scores cannot be drawn.
    reached : bool array
        People x visits: whether the scores seen there say what the model needs of such a person.
    centre, spread : array
        Of each visit's scores.
    draws : int
    seed : int
    """

    scores: PersonScores
    asked: list[int]
    design: Array
    status: list[str]
    reached: NDArray[np.bool_]
    centre: Array
    spread: Array
    draws: int
    seed: int

    @property
    def windows(self) -> tuple[Window, ...]:
        """The visits."""
        return self.scores.windows

    @cached_property
    def scored(self) -> NDArray[np.int64]:
        """How many were scored at each visit."""
        return np.asarray((~np.isnan(self.scores.totals)).sum(axis=0))

    @cached_property
    def starts(self) -> NDArray[np.uint64]:
        """Each person's stream of random numbers."""
        return stream_starts(list(self.scores.people["patient_id"]), self.seed)

    @cached_property
    def patterns(self) -> list[Pattern]:
        """People by the visits they were scored in."""
        return find_patterns(self.scores.totals)

    def place(self, draw: int) -> int:
        """Say where in everybody's stream the numbers of a draw begin: a weight, then one for each visit."""
        return draw * (len(self.windows) + 1)

    def weights(self, draw: int) -> Array:
        """Give everybody's random weight in a draw."""
        return exponentials(self.starts, self.place(draw))

    @cached_property
    def whole(self) -> PatternFits:
        """The fit to everybody as they are, in points of the scale."""
        return self._in_points(self._standard_whole)

    @cached_property
    def drawn(self) -> PatternFits:
        """The fits to everybody weighted at random, in points of the scale."""
        start = (self._standard_whole.coefficients[0], self._standard_whole.covariances[0])
        fits = fit_weighted(
            self.design, self._standard, self.patterns, fits=self.draws, weights_of=self.weights, start=start
        )
        return self._in_points(fits)

    @property
    def _standard(self) -> Array:
        return (self.scores.totals - self.centre) / self.spread

    @cached_property
    def _standard_whole(self) -> PatternFits:
        return fit_weighted(
            self.design, self._standard, self.patterns, fits=1, weights_of=lambda _: np.ones(len(self.design))
        )

    def _in_points(self, fits: PatternFits) -> PatternFits:
        coefficients = fits.coefficients * self.spread
        coefficients[:, 0, :] += self.centre
        covariances = fits.covariances * self.spread[:, None] * self.spread
        return PatternFits(coefficients, covariances, fits.steps, fits.moving)

    def corrected(self, visits: NDArray[np.int64], also: int) -> Array:
        """Give the factor by which a fit's standard deviation at some visits is too small.

        The covariance of maximum likelihood is too small for the coefficients it was fitted with, ``n - d`` in place of
        n; and once more when it comes from patients weighted at random.

        Parameters
        ----------
        visits : int array
        also : int
            How many other visits it is given.
        """
        n = self.scored[visits]
        return np.asarray(n / np.maximum(1, n - self.design.shape[1] - also))


def prepare_model(
    scores: PersonScores,
    asked: Sequence[Window],
    *,
    groups: Sequence[str],
    covariates: Sequence[str],
    draws: int,
    seed: int,
) -> PreparedModel:
    """Make the design of some people and see what their scores allow.

    Parameters
    ----------
    scores : PersonScores
    asked : sequence of Window
        Those whose missing scores are wanted.
    groups : sequence of str
        Columns of the people whose combinations get means of their own at each visit.
    covariates : sequence of str
        Columns that each shift the mean of each visit.
    draws, seed : int

    Returns
    -------
    PreparedModel
    """
    full = _design(scores.people, groups, covariates)
    kept, design = _helping(scores, asked, full)
    totals = kept.totals
    seen = ~np.isnan(totals)
    places = [kept.windows.index(window) for window in asked]
    status = [_status(design[seen[:, k]], totals[seen[:, k], k], totals.shape[1]) for k in range(totals.shape[1])]
    reached = np.column_stack([_reached(design, seen[:, k]) for k in range(totals.shape[1])])
    counts = np.maximum(1, seen.sum(axis=0))
    centre = np.where(seen, totals, 0.0).sum(axis=0) / counts
    spread = np.sqrt(np.where(seen, (totals - centre) ** 2, 0.0).sum(axis=0) / counts)
    return PreparedModel(kept, places, design, status, reached, centre, np.where(spread > 0, spread, 1.0), draws, seed)


def _design(people: pd.DataFrame, groups: Sequence[str], covariates: Sequence[str]) -> Array:
    """Put 1, the baseline and indicators side by side; the most common level of each is the one without."""
    baseline = (people["baseline_sum"] / people["baseline_n"]).to_numpy("float64")
    scale = baseline.std() if len(baseline) and baseline.std() > 0 else 1.0
    columns = [np.ones(len(people)), (baseline - (baseline.mean() if len(baseline) else 0.0)) / scale]
    factors = ([people[list(groups)].agg("\x1f".join, axis=1)] if groups else []) + [people[n] for n in covariates]
    for factor in factors:
        levels = factor.value_counts(sort=True, ascending=False)
        ordered = sorted(levels.index, key=lambda level: (-levels[level], level))
        columns += [(factor == level).to_numpy("float64") for level in ordered[1:]]
    return np.column_stack(columns)


def _helping(scores: PersonScores, asked: Sequence[Window], full: Array) -> tuple[PersonScores, Array]:
    """Leave out the windows that do not help, and columns of the design that say the same for everybody scored."""
    seen = ~np.isnan(scores.totals)
    design = full[:, _independent(full[seen.any(axis=1)])]
    enough = [
        window in asked or _status(design[seen[:, k]], scores.totals[seen[:, k], k], seen.shape[1]) == "ok"
        for k, window in enumerate(scores.windows)
    ]
    windows = tuple(window for window, keep in zip(scores.windows, enough, strict=True) if keep)
    kept = PersonScores(
        scores.people, windows, scores.totals[:, enough], scores.counts_in[:, enough], scores.has_left[:, enough]
    )
    seen = ~np.isnan(kept.totals)
    return kept, full[:, _independent(full[seen.any(axis=1)])]


def _independent(rows: Array) -> list[int]:
    """List the columns that those before them do not make up; the constant always."""
    kept = [0]
    for column in range(1, rows.shape[1]):
        made, _, rank, _ = np.linalg.lstsq(rows[:, kept], rows[:, column], rcond=None)
        left = rows[:, column] - rows[:, kept] @ made
        if len(rows) > rank and float(left @ left) > 1e-9 * max(1.0, float(rows[:, column] @ rows[:, column])):
            kept.append(column)
    return kept


def _status(design: Array, totals: Array, visits: int) -> str:
    if len(totals) < design.shape[1] + visits:
        return TOO_FEW
    left = totals - design @ np.linalg.lstsq(design, totals, rcond=None)[0]
    return "ok" if float(left @ left) > 1e-9 * len(totals) else CONSTANT


def _reached(design: Array, seen: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Say whose row of the design those scored at a visit make up: of others the visit's coefficients say nothing."""
    gram = design[seen].T @ design[seen]
    values, vectors = np.linalg.eigh(gram)
    blind = vectors[:, values <= 1e-10 * max(1.0, float(values.max()))]
    return np.asarray((np.abs(design @ blind) < 1e-6).all(axis=1))

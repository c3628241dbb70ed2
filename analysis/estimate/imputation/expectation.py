"""The share with an outcome that the fitted model itself expects of all eligible people, seen or not."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import special

from analysis.counts.ladder import Question
from analysis.estimate.imputation.cells import GroupCells, group_cells
from analysis.estimate.imputation.limits import outcome_limits
from analysis.estimate.imputation.preparation import NO_PARAMETERS, PreparedModel
from analysis.vocabulary.definitions import Definitions

Array = NDArray[np.float64]

EXPECTED_DRAWS = 200
"""The least number of refits that the interval rests on."""


def expected_shares(model: PreparedModel, question: Question, definitions: Definitions) -> pd.DataFrame:
    """Average the chance of an outcome that the model gives each eligible person for the baseline and the groups.

    Parameters
    ----------
    model : PreparedModel
    question : Question
        Whose outcome is one that a single score decides.
    definitions : Definitions

    Returns
    -------
    DataFrame
        One row per group with anybody in it and window: the groups, ``window, estimate, low, high, status, method``.

    Notes
    -----
    A total is taken to be a normal score rounded to the next step of the scale. So with m what the model expects of a
    person at a visit, s the visit's standard deviation and u the highest total with the outcome, the chance is
    Phi((u + half a step - m) / s): the half-point correction; likewise below, where there is a lowest. A limit at the
    end of the range is none. s^2 is that of maximum likelihood times n / (n - d), n people scored at the visit and d
    coefficients there. The interval is Student's t with n - d degrees of freedom, on the scale of log odds. Its
    standard error is that of the refits to randomly weighted people (Bayesian bootstrap); each refit's chances are
    averaged with the same weights, so that the eligible count as a sample too.
    """
    cells = group_cells(model, question.by, of_all=True)
    usable = bool((cells.status == "ok").any())
    converged = not usable or (model.whole.converged and model.drawn.converged)
    point, drawn = np.zeros(cells.eligible.shape), np.zeros((0, *cells.eligible.shape))
    if usable and converged:
        kinds = _Kinds.of(model, question, definitions)
        point = kinds.average(model, cells, None)
        drawn = np.array([kinds.average(model, cells, draw) for draw in range(model.draws)])
    status = np.where((cells.status == "ok") & (not converged), NO_PARAMETERS, cells.status)
    method = f"t on log odds, of {model.draws} refits to randomly weighted people (seed {model.seed}), 95 %"
    rows = []
    for group, levels in enumerate(cells.levels.itertuples(index=False, name=None)):
        for k, window in enumerate(question.windows):
            limits: tuple[float, ...] = (np.nan, np.nan, np.nan)
            if status[group, k] == "ok":
                df = int(model.scored[model.asked[k]]) - model.design.shape[1]
                limits = _interval(float(point[group, k]), drawn[:, group, k], df)
            rows.append((*levels, window.name, *limits, str(status[group, k]), method))
    return pd.DataFrame(rows, columns=[*question.by, "window", "estimate", "low", "high", "status", "method"])


@dataclass(frozen=True, eq=False)
class _Kinds:
    """People who are alike in the design and the limits of the outcome: their chance is worked out once."""

    design: Array
    lower: Array
    upper: Array
    kind: NDArray[np.int64]
    inside: Array

    @classmethod
    def of(cls, model: PreparedModel, question: Question, definitions: Definitions) -> "_Kinds":
        scale = definitions.instruments[question.instrument]
        people = model.scores.people
        total, n = (people[name].to_numpy("int64") for name in ("baseline_sum", "baseline_n"))
        lowest, highest = outcome_limits(question.outcome, scale, definitions, total, n)
        half = scale.multiplier / 2
        lower = np.where(lowest <= scale.total_min, -np.inf, lowest - half)
        upper = np.where(highest >= scale.total_max, np.inf, highest + half)
        # No total has the outcome: an empty range has no chance.
        lower = np.where(lowest > highest, upper, lower)
        alike, kind = np.unique(np.column_stack([model.design, lower, upper]), axis=0, return_inverse=True)
        inside = model.scores.counts_in[:, model.asked].astype("float64")
        return cls(alike[:, :-2], alike[:, -2], alike[:, -1], kind.reshape(-1), inside)

    def average(self, model: PreparedModel, cells: GroupCells, draw: int | None) -> Array:
        """Average the chances over those who count in, of the whole fit or of a draw: groups x windows."""
        fits, fit = (model.whole, 0) if draw is None else (model.drawn, draw)
        weights = np.ones(len(self.kind)) if draw is None else model.weights(draw)
        # Once for the coefficients of the fit, and once more where patients were weighted at random.
        power = 0.5 if draw is None else 1.0
        shares = np.full(cells.eligible.shape, np.nan)
        for k, visit in enumerate(model.asked):
            mean = self.design @ fits.coefficients[fit][:, visit]
            factor = float(model.corrected(np.array([visit]), 0)[0])
            deviation = float(np.sqrt(fits.covariances[fit][visit, visit])) * factor**power
            chance = special.ndtr((self.upper - mean) / deviation) - special.ndtr((self.lower - mean) / deviation)
            own = weights * self.inside[:, k]
            counted = np.bincount(cells.code, weights=own, minlength=len(shares))
            added = np.bincount(cells.code, weights=own * chance[self.kind], minlength=len(shares))
            np.divide(added, counted, out=shares[:, k], where=counted > 0)
        return shares


def _interval(share: float, drawn: Array, df: int) -> tuple[float, float, float]:
    edge = 1e-12
    if not edge < share < 1 - edge:
        return share, share, share
    error = float(special.logit(np.clip(drawn, edge, 1 - edge)).std(ddof=1))
    half = float(special.stdtrit(df, 0.975)) * error
    middle = special.logit(share)
    return share, float(special.expit(middle - half)), float(special.expit(middle + half))

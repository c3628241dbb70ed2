"""One outcome of completed scores, judged in each imputation and pooled for each group and window."""

from collections.abc import Callable, Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analysis.counts.ladder import Question
from analysis.estimate.imputation.cells import GroupCells, group_cells
from analysis.estimate.imputation.completion import UnseenRule, completed_totals
from analysis.estimate.imputation.limits import outcome_limits
from analysis.estimate.imputation.pooling import Pooled, pool_imputations, pooled_t, pooled_wilson
from analysis.estimate.imputation.preparation import NO_PARAMETERS, PreparedModel
from analysis.estimate.intervals import wilson
from analysis.estimate.rates import INTERVALS
from analysis.vocabulary.definitions import Definitions

Array = NDArray[np.float64]

CHANGE = "change"
"""The outcome that is no share: the mean of total minus baseline."""

POOLED_COLUMNS = [
    "estimate", "low", "high", "status", "missing_information", "monte_carlo_error", "method", "sum_seen",
]  # fmt: skip
_UNKNOWN = (np.nan, np.nan, np.nan)


def pool_outcomes(
    model: PreparedModel, question: Question, outcomes: Sequence[str], rule: UnseenRule, definitions: Definitions
) -> dict[str, pd.DataFrame]:
    """Impute, judge outcomes each time, and pool.

    Parameters
    ----------
    model : PreparedModel
    question : Question
        Whose groups and windows are wanted.
    outcomes : sequence of str
        Such that a single score decides, and ``change``.
    rule : UnseenRule
    definitions : Definitions

    Returns
    -------
    dict of str to DataFrame
        For each outcome one row per group with anybody in it and window: the groups, ``window`` and `POOLED_COLUMNS`;
        ``sum_seen`` is how many were seen to have the outcome, or the sum of the changes seen.
    """
    cells = group_cells(model, question.by)
    judges = {outcome: _judge(model, question, outcome, definitions) for outcome in outcomes}
    sums: dict[str, list[tuple[Array, Array]]] = {outcome: [] for outcome in outcomes}
    if ((cells.unseen > 0) & (cells.status == "ok")).any() and model.drawn.converged:
        for completed in completed_totals(model, rule, definitions.instruments[question.instrument]):
            for outcome, judge in judges.items():
                sums[outcome].append(_sums(cells, judge(completed)))
    seen = model.scores.totals[:, model.asked]
    tables = {}
    for outcome, judge in judges.items():
        totals, squares = _sums(cells, np.where(np.isnan(seen), 0.0, judge(seen)))
        rows = []
        for group, levels in enumerate(cells.levels.itertuples(index=False, name=None)):
            for k, window in enumerate(question.windows):
                at = (group, k)
                if cells.status[at] == "ok" and cells.unseen[at]:
                    own = np.array([(total[at], square[at]) for total, square in sums[outcome]])
                    found = _imputed(model, cells, at, own, outcome)
                else:
                    found = _plain(cells, at, float(totals[at]), float(squares[at]), outcome)
                rows.append((*levels, window.name, *found, float(totals[at])))
        tables[outcome] = pd.DataFrame(rows, columns=[*question.by, "window", *POOLED_COLUMNS])
    return tables


def _sums(cells: GroupCells, values: Array) -> tuple[Array, Array]:
    return cells.add(values), cells.add(values**2)


def imputation_words(model: PreparedModel, interval: str) -> str:
    """Say how an estimate was imputed.

    Parameters
    ----------
    model : PreparedModel
    interval : str

    Returns
    -------
    str
    """
    helping = [window.name for k, window in enumerate(model.windows) if k not in model.asked]
    helped = f", helped by {' and '.join(helping)}" if helping else ""
    return f"{interval} by Rubin's rules over {model.draws} imputations (seed {model.seed}{helped}), 95 %"


def _judge(
    model: PreparedModel, question: Question, outcome: str, definitions: Definitions
) -> Callable[[Array], Array]:
    people = model.scores.people
    total, n = (people[name].to_numpy("int64") for name in ("baseline_sum", "baseline_n"))
    if outcome == CHANGE:
        baseline = (total / n)[:, None]
        return lambda totals: totals - baseline
    scale = definitions.instruments[question.instrument]
    lowest, highest = outcome_limits(outcome, scale, definitions, total, n)
    return lambda totals: ((lowest[:, None] <= totals) & (totals <= highest[:, None])).astype("float64")


def _imputed(
    model: PreparedModel, cells: GroupCells, at: tuple[int, int], drawn: Array, outcome: str
) -> tuple[float | str, ...]:
    people, unseen = int(cells.eligible[at]), int(cells.unseen[at])
    if not model.drawn.converged:
        return *_UNKNOWN, NO_PARAMETERS, np.nan, np.nan, imputation_words(model, "Wilson")
    sums, squares = drawn.T
    means = sums / people
    if outcome == CHANGE:
        # One person has no variance: the interval is missing then.
        variances = (
            (squares - people * means**2) / (people * (people - 1)) if people > 1 else np.full(len(means), np.nan)
        )
    else:
        variances = means * (1 - means) / people
    pooled = pool_imputations(means, variances, people - 1)
    low, high = pooled_t(pooled) if outcome == CHANGE else pooled_wilson(pooled, people, people - unseen)
    words = imputation_words(model, "t" if outcome == CHANGE else "Wilson")
    return pooled.estimate, low, high, "ok", pooled.missing_information, pooled.monte_carlo_error, words


def _plain(
    cells: GroupCells, at: tuple[int, int], total: float, squares: float, outcome: str
) -> tuple[float | str, ...]:
    """Give the rate or mean of those seen, when they are all; or nothing, with the reason."""
    method = "t, 95 %" if outcome == CHANGE else INTERVALS["wilson"][1]
    people, status = int(cells.eligible[at]), str(cells.status[at])
    if status != "ok":
        return *_UNKNOWN, status, np.nan, np.nan, method
    mean = total / people
    if outcome == CHANGE:
        variance = (squares - people * mean**2) / (people * (people - 1)) if people > 1 else np.nan
        low, high = pooled_t(Pooled(mean, variance, 0.0, variance, people - 1.0, 0.0, 0.0))
    else:
        low, high = (float(limit) for limit in wilson(total, people))
    return mean, low, high, status, 0.0, 0.0, method

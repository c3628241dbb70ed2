"""The rows of a table of estimands that are made of the repeated-measures model: imputed rates, and the model's own."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import pandas as pd

from analysis.cohort.cohort import Cohort
from analysis.counts.ladder import Question
from analysis.estimate.imputation.expectation import EXPECTED_DRAWS, expected_shares
from analysis.estimate.imputation.imputed_rates import IMPUTED, prepare_imputation, unseen_rules
from analysis.estimate.imputation.pooled_outcome import pool_outcomes

MODEL = "model"
OF_THE_MODEL = (*IMPUTED, MODEL)
"""Estimands that need a model of all scores."""


@dataclass(frozen=True)
class ImputationSettings:
    """How the scores not seen are imputed; see `analysis.estimate.imputation.imputed_rates.impute_rates`."""

    imputations: int
    seed: int
    worse_by: float | None
    helped_by: tuple[str, ...] | None


def assumed_rows(
    cohort: Cohort,
    question: Question,
    chosen: Sequence[str],
    *,
    eligible: pd.DataFrame,
    covariates: Sequence[str],
    settings: ImputationSettings,
) -> dict[str, pd.DataFrame]:
    """Replace the rate of all eligible people by what the model makes of it.

    Parameters
    ----------
    cohort : Cohort
    question : Question
    chosen : sequence of str
        From `OF_THE_MODEL`.
    eligible : DataFrame
        The rates of all eligible people, one row per group and window.
    covariates : sequence of str
    settings : ImputationSettings

    Returns
    -------
    dict of str to DataFrame
        The rows of each estimand chosen.
    """
    definitions, keys = cohort.definitions, [*question.by, "window"]
    imputed = [name for name in chosen if name in IMPUTED]
    rules = unseen_rules(imputed, question, definitions, settings.worse_by)
    model = prepare_imputation(
        cohort,
        question,
        covariates=covariates,
        helped_by=settings.helped_by,
        draws=settings.imputations,
        seed=settings.seed,
    )
    found = {
        name: pool_outcomes(model, question, [question.outcome], rule, definitions)[question.outcome]
        for name, rule in rules.items()
    }
    if MODEL in chosen:
        refitted = model if model.draws >= EXPECTED_DRAWS else replace(model, draws=EXPECTED_DRAWS)
        found[MODEL] = expected_shares(refitted, question, definitions)
    return {name: _beside(eligible, rows, keys) for name, rows in found.items()}


def _beside(eligible: pd.DataFrame, rows: pd.DataFrame, keys: list[str]) -> pd.DataFrame:
    values = eligible[keys].merge(rows, on=keys, how="left", validate="one_to_one")
    numbers = {name: values[name].astype("float64") for name in ("estimate", "low", "high")}
    # Without anybody eligible in any group there is no word from the model.
    method = values["method"].fillna(eligible["method"])
    return eligible.assign(**numbers, method=method, status=values["status"].fillna("empty"))

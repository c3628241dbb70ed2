"""One response rate under several stated assumptions about the people who were not seen, side by side."""

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

import numpy as np
import pandas as pd

from analysis.cohort.cohort import Cohort
from analysis.counts.carried_tally import CARRIED_COUNTS, CarriedTally
from analysis.counts.engine import count_all
from analysis.counts.groups import GROUPS, WINDOW_GROUPS
from analysis.counts.intensity_tally import INTENSITY_KINDS, IntensityTally
from analysis.counts.ladder import Question, ask, count_ahead, tally_ladder
from analysis.counts.outcome_kinds import outcome_kind, scales_judged
from analysis.estimate.estimand_words import ASSUMPTIONS, assumption_words, estimand_attributes
from analysis.estimate.imputation.model_rows import OF_THE_MODEL, ImputationSettings, assumed_rows
from analysis.estimate.intensity import intensity_rows
from analysis.estimate.intervals import wilson
from analysis.estimate.least_counts import with_least_count
from analysis.estimate.rates import DENOMINATORS, ESTIMATE_COLUMNS, response_rates
from analysis.estimate.weighting import WEIGHTED_METHOD, weight_rates
from analysis.vocabulary.errors import CallError, nearest_name
from analysis.vocabulary.periods import Period

METHODS = tuple(ASSUMPTIONS)
"""What can be assumed of the people not seen."""

COVARIATES = tuple(name for name in GROUPS if name not in WINDOW_GROUPS)
"""What the weights can be made within: all groups that are known of a person before any window."""


@dataclass(frozen=True, eq=False, repr=False)
class Estimands:
    """A response rate under several assumptions.

    Attributes
    ----------
    table : DataFrame
        One row per group, window and assumption.
    attributes : DataFrame
        The five attributes of ICH E9(R1), one row per assumption.
    strata : DataFrame
        What the weights were made of: ``eligible, scored, with_outcome`` of each stratum; empty without ``weighted``.
        It is of small groups and for inside use; `disclose` does not take it.
    """

    table: pd.DataFrame
    attributes: pd.DataFrame
    strata: pd.DataFrame

    def __repr__(self) -> str:
        said = [f"{name}: {words}" for name, words in self._assumptions()]
        return "\n".join(["Response rates under stated assumptions", self._shown().to_string(index=False), *said])

    def _repr_html_(self) -> str:
        said = "".join(f"<dt>{escape(name)}</dt><dd>{escape(words)}</dd>" for name, words in self._assumptions())
        rows = self._shown().to_html(index=False, escape=True)
        return f"<h4>Response rates under stated assumptions</h4>{rows}<dl>{said}</dl>"

    def _shown(self) -> pd.DataFrame:
        names = list(self.table.columns)
        return self.table[[*names[: names.index("instrument")], "window", "estimand", *ESTIMATE_COLUMNS]]

    def _assumptions(self) -> list[tuple[str, str]]:
        said = self.table[["estimand", "assumption"]].drop_duplicates()
        return list(said.itertuples(index=False, name=None))


def estimands(
    cohort: Cohort,
    *,
    instrument: str,
    window: str | Sequence[str],
    outcome: str = "response",
    by: str | Sequence[str] = (),
    methods: str | Sequence[str] | None = None,
    covariates: str | Sequence[str] = ("loading_status",),
    imputations: int = 50,
    seed: int = 1,
    worse_by: float | None = None,
    helped_by: Sequence[str] | None = None,
    period: str | int | Period | None = None,
) -> Estimands:
    """Estimate one rate under several assumptions about the people who were not seen.

    Parameters
    ----------
    cohort : Cohort
        From `derive`.
    instrument, window, outcome, by, period
        As in `response_rates`; each patient's first course.
    methods : str or sequence of str, optional
        - ``observed``, ``nonresponder``, ``starters``, ``completers``: as in `response_rates`.
        - ``bounds of the eligible``, ``bounds of all starters``: from none to all of those whose outcome is not known;
          ranges without an estimate and without chance in them.
        - ``carried-forward``: by the score of the window or, without one, the last before the window since treatment
          began, of eligible people who have any. Only to match published tables. For outcomes that one score decides:
          not sustained response, nor recovery.
        - ``weighted``: those scored, weighted by the inverse of the share scored in their stratum of the covariates.
        - ``imputed``, ``imputed-left-worse``, ``imputed-back-to-baseline``: scores not seen imputed many times from the
          repeated-measures model, as in `analysis.estimate.imputation.imputed_rates.impute_rates`. For outcomes that
          one score decides, and groups that stay the same from window to window.
        - ``model``: the share that this model itself expects of all eligible people, seen or not. For the same.

        All that go with the outcome and the groups when left out; ``imputed-left-worse`` where the definitions hold a
        reliable change or ``worse_by`` is given.
    covariates : str or sequence of str
        What makes the strata of ``weighted`` and shifts the means of the model; names of groups. One that is also in
        ``by`` is the same for everybody in a group and makes no further strata.
    imputations, seed, worse_by, helped_by
        Of the imputed rates, as in `impute_rates`; the interval of ``model`` rests on 200 refits or as many.

    Returns
    -------
    Estimands
        ``table``: the columns of `response_rates` and ``assumption`` (one sentence). ``estimate, low, high`` are shares
        of 1. The numerator is who was seen to have the outcome, the denominator who the rate speaks of; for
        ``weighted`` and those of the model the rate is not their ratio. ``status``: ``ok``, ``empty`` when nobody is in
        the denominator, or ``stratum without scores``: a stratum has eligible people and nobody scored, so that the
        rate cannot be given with these covariates (``strata`` shows which); for those of the model also
        ``too few scores``, ``constant scores`` and ``not converged``, as in `impute_rates`. ``attributes`` and
        ``strata`` as in `Estimands`.

    Raises
    ------
    CallError
        Naming the option that is wrong and what it can be.

    Notes
    -----
    The weighted rate and its interval are in `analysis.estimate.weighting`, the rates of the model in
    `analysis.estimate.imputation`: these read the scores of each person, of up to a million people. Who is carried
    forward, with Wilson's interval, is counted as if seen: the interval is too narrow, and says nothing of the error of
    the assumption.

    Examples
    --------
    >>> from analysis.cohort.cohort import derive
    >>> from analysis.intake.dataset import open_dataset
    >>> cohort = derive(open_dataset("data/demo"))
    >>> rates = estimands(cohort, instrument="PHQ-9", window="end of loading").table.set_index("estimand")
    >>> outer, inner = rates.loc["bounds of all starters"], rates.loc["bounds of the eligible"]
    >>> bool(outer["low"] < inner["low"] < rates.loc["observed", "estimate"] < inner["high"] < outer["high"])
    True
    """
    question = ask(cohort, instrument=instrument, window=window, by=by, outcome=outcome, period=period)
    chosen = _chosen_methods(methods, question, cohort, worse_by)
    made_of = _chosen_covariates(covariates)
    strata_of = tuple(name for name in made_of if name not in question.by)
    fine = ask(
        cohort, instrument=instrument, window=window, by=(*question.by, *strata_of), outcome=outcome, period=period
    )
    carried = CarriedTally(question.instrument, question.windows, question.by, outcome, question.period)
    has_carried, has_weights, has_intensity = (
        name in chosen for name in ("carried-forward", "weighted", "inverse-intensity")
    )
    intensity = IntensityTally(question.instrument, question.windows, fine.by, outcome, question.period)
    also = [tally for tally, is_asked in ((carried, has_carried), (intensity, has_intensity)) if is_asked]
    count_ahead(cohort, [question, fine] if has_weights else [question], also=also)
    rates = response_rates(
        cohort, instrument=instrument, window=window, by=by, denominator=DENOMINATORS, outcome=outcome, period=period
    )
    rows = {name: rates[rates["estimand"] == name].reset_index(drop=True) for name in DENOMINATORS}
    rows["bounds of the eligible"] = rows["bounds"]
    rows["bounds of all starters"] = _bounds_of_starters(rows["starters"])
    keys = [*question.by, "window"]
    strata = pd.DataFrame(columns=[*keys, *strata_of, "eligible", "scored", "with_outcome"])
    if has_carried:
        rows["carried-forward"] = _carry_forward(rows["observed"], count_all(cohort, [carried])[0], keys)
    if has_weights:
        strata = tally_ladder(cohort, fine)[strata.columns]
        rows["weighted"] = _weigh(rows["nonresponder"], strata, keys)
    counted = count_all(cohort, [intensity])[0] if has_intensity else None
    if counted is not None:
        rows["inverse-intensity"] = intensity_rows(rows["nonresponder"], counted, keys=keys)
    if of_model := [name for name in chosen if name in OF_THE_MODEL]:
        settings = ImputationSettings(imputations, seed, worse_by, None if helped_by is None else tuple(helped_by))
        eligible = rows["nonresponder"]
        rows |= assumed_rows(cohort, question, of_model, eligible=eligible, covariates=made_of, settings=settings)
    rows = with_least_count(rows, keys=keys, strata=strata if has_weights else None, intensity=counted)
    points = worse_by if worse_by is not None else cohort.definitions.instruments[question.instrument].reliable_change
    tables = [
        rows[name].assign(estimand=name, assumption=assumption_words(name, made_of, points=points)) for name in chosen
    ]
    table = pd.concat(tables).sort_index(kind="stable").reset_index(drop=True)
    scales = " and ".join(scales_judged(outcome, instrument, cohort.definitions))
    windows = [each.name for each in question.windows]
    attributes = estimand_attributes(chosen, instrument=scales, windows=windows, outcome=outcome)
    return Estimands(table, attributes, strata)


def _chosen_methods(
    methods: str | Sequence[str] | None, question: Question, cohort: Cohort, worse_by: float | None
) -> tuple[str, ...]:
    scale = cohort.definitions.instruments[question.instrument]
    needs_two: set[str] = set()
    if outcome_kind(question.outcome, scale).source not in {"one score", "any baseline"}:
        needs_two = {"carried-forward", "inverse-intensity", *OF_THE_MODEL}
    has_days = all(window.kind in INTENSITY_KINDS for window in question.windows)
    if methods is None:
        not_made = needs_two | (set() if has_days else {"inverse-intensity"})
        if set(question.by) & set(WINDOW_GROUPS):
            not_made |= set(OF_THE_MODEL)
        if scale.reliable_change is None and worse_by is None:
            not_made.add("imputed-left-worse")
        return tuple(name for name in METHODS if name not in not_made)
    chosen = (methods,) if isinstance(methods, str) else tuple(methods)
    if not chosen or len(set(chosen)) < len(chosen):
        raise CallError("methods: name at least one, and none twice.")
    for name in chosen:
        if name not in METHODS:
            raise CallError(
                f"methods: '{name}' is unknown.{nearest_name(str(name), list(METHODS))} "
                f"There are: {', '.join(METHODS)}."
            )
        if name == "inverse-intensity" and not has_days:
            raise CallError(
                "methods: 'inverse-intensity' goes with the windows 'end of loading', 'month m after loading' and "
                "'day d +- w', on each day of which somebody can be assessed; leave it out."
            )
        if name in needs_two:
            raise CallError(
                f"methods: '{name}' goes with outcomes that one score decides, and '{question.outcome}' needs two; "
                "leave it out."
            )
    return chosen


def _chosen_covariates(covariates: str | Sequence[str]) -> tuple[str, ...]:
    chosen = (covariates,) if isinstance(covariates, str) else tuple(covariates)
    if not chosen or len(set(chosen)) < len(chosen):
        raise CallError("covariates: name at least one, and none twice.")
    for name in chosen:
        if name not in COVARIATES:
            raise CallError(
                f"covariates: '{name}' is unknown.{nearest_name(str(name), list(COVARIATES))} "
                f"There are: {', '.join(COVARIATES)}."
            )
    return chosen


def _bounds_of_starters(starters: pd.DataFrame) -> pd.DataFrame:
    """Widen the starters' rate by everybody whose outcome is not known."""
    started, known = (starters[name].to_numpy("int64") for name in ("started", "scored"))
    most = starters["numerator"].to_numpy("int64") + started - known
    high = np.divide(most, started, out=np.full(len(starters), np.nan), where=started > 0)
    return starters.assign(
        low=starters["estimate"], high=high, estimate=np.nan, method="none to all of those without a known outcome"
    )


def _carry_forward(observed: pd.DataFrame, counted: pd.DataFrame, keys: list[str]) -> pd.DataFrame:
    """Replace the observed counts by those with the last score carried forward; a group without anybody has zeros."""
    found = observed[keys].merge(counted, on=keys, how="left", validate="one_to_one")
    n, x = (found[name].fillna(0).to_numpy("int64") for name in CARRIED_COUNTS)
    low, high = wilson(x, n)
    return observed.assign(
        estimate=np.divide(x, n, out=np.full(len(observed), np.nan), where=n > 0),
        low=low,
        high=high,
        numerator=pd.array(x, dtype="Int64"),
        denominator=pd.array(n, dtype="Int64"),
        status=np.where(n > 0, "ok", "empty"),
    )


def _weigh(eligible: pd.DataFrame, strata: pd.DataFrame, keys: list[str]) -> pd.DataFrame:
    """Replace the rate of all eligible people by the weighted one."""
    found = eligible[keys].merge(weight_rates(strata, keys=keys), on=keys, how="left", validate="one_to_one")
    values = {name: found[name] for name in ("estimate", "low", "high")}
    # Without any stratum, because the dataset has nobody at all, nobody is eligible.
    return eligible.assign(**values, method=WEIGHTED_METHOD, status=found["status"].fillna("empty"))

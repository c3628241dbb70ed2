"""Response, remission and mean change with the scores not seen imputed many times: the door of the folder."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from analysis.cohort.cohort import Cohort
from analysis.counts.groups import GROUPS, WINDOW_GROUPS
from analysis.counts.ladder import Question, ask
from analysis.counts.outcome_kinds import outcome_kind
from analysis.counts.person_scores import read_person_scores
from analysis.estimate.imputation.completion import AT_RANDOM, UnseenRule
from analysis.estimate.imputation.pooled_outcome import CHANGE, pool_outcomes
from analysis.estimate.imputation.preparation import PreparedModel, prepare_model
from analysis.estimate.imputation.visits import model_visits
from analysis.estimate.rates import ESTIMATE_COLUMNS, INTERVALS, SHOWN_LADDER, response_rates
from analysis.vocabulary.definitions import Definitions
from analysis.vocabulary.errors import CallError, nearest_name
from analysis.vocabulary.periods import Period

IMPUTED = ("imputed", "imputed-left-worse", "imputed-back-to-baseline")
"""What can be assumed of the scores not seen: missing at random; the same, but worse by some points for those who left;
the same, but around their baseline for those who stopped loading early."""

FEWEST, MOST = 5, 1000
SINGLE_SCORE = {"one score", "any baseline"}
"""The sources of outcomes that one score decides."""


def impute_rates(
    cohort: Cohort,
    *,
    instrument: str,
    window: str | Sequence[str],
    outcome: str | Sequence[str] = ("response", "remission", CHANGE),
    by: str | Sequence[str] = (),
    estimand: str | Sequence[str] = "imputed",
    worse_by: float | None = None,
    covariates: str | Sequence[str] = ("loading_status",),
    helped_by: Sequence[str] | None = None,
    imputations: int = 50,
    seed: int = 1,
    period: str | int | Period | None = None,
) -> pd.DataFrame:
    """Estimate rates and the mean change of all eligible people, imputing the scores that were not seen many times.

    Parameters
    ----------
    cohort : Cohort
        From `derive`.
    instrument, window, by, period
        As in `response_rates`; each patient's first course.
    outcome : str or sequence of str
        Outcomes that one score decides, as in `response_rates`, and ``change``: the mean of total minus baseline.
    estimand : str or sequence of str
        - ``imputed``: missing at random: who was not scored did as those alike in baseline, group, covariates and the
          scores that there are.
        - ``imputed-left-worse``: the same, and then ``worse_by`` points worse in each window missed by those who left:
          without any score of the instrument from the window's first day on.
        - ``imputed-back-to-baseline``: the same, but who stopped loading early is around the baseline again.
    worse_by : float, optional
        Points of the scale; its reliable change when left out.
    covariates : str or sequence of str
        Groups that shift the mean of each window besides ``by``; none with ``()``.
    helped_by : sequence of str, optional
        Windows whose scores help; when left out, the last three before the window of `HELPING_WINDOWS` in
        `analysis.estimate.imputation.visits`. Those with too few scores are left out; ``method`` names those used.
    imputations : int
        5 to 1,000. The Monte Carlo error says whether there are enough.
    seed : int
        The same seed gives the same numbers, whatever the order of the rows and the number of partitions.

    Returns
    -------
    DataFrame
        One row per group, window, outcome and estimand: the group columns, ``instrument, window, outcome, estimand,
        estimate, low, high`` (shares of 1, or points for ``change``), ``method``, ``numerator`` (who was seen to have
        the outcome; the sum of the changes seen), ``denominator`` (all eligible), ``status, missing_information`` (the
        fraction of the information about the estimate that is missing), ``monte_carlo_error``, the ladder, ``period``,
        ``due`` and ``definitions``. ``status``: ``ok``; ``empty`` when nobody is eligible; ``stratum without scores``
        when somebody is to be imputed from whom no scores of the window can tell, such as a group in which nobody was
        scored; ``too few scores`` for the parameters of the model; ``constant scores``, which leave no spread to draw
        from; or ``not converged``.

    Raises
    ------
    CallError
        Naming the option that is wrong and what it can be, or for more than a million people.

    Notes
    -----
    The model is that of `mmrm` with the baseline, the groups (each combination) and the covariates crossed with visit
    and an unstructured covariance; its visits are the windows. For each imputation it is fitted to the patients with
    random exponential weights (the Bayesian bootstrap, Rubin 1981, Ann Stat 9:130-134; bootstrap and refit as in
    Honaker, King & Blackwell 2011, J Stat Softw 45(7)), its covariance corrected for the coefficients fitted, and each
    patient's missing windows are drawn from the normal distribution that it gives for them, given all that was seen.
    A drawn total becomes the nearest that the scale can have, halves up, within the scale's range; outcomes are judged
    as of any total. Pooled by Rubin's rules (`analysis.estimate.imputation.pooling`): Wilson's interval of the
    effective number for shares, t for the change, with Barnard and Rubin's degrees of freedom, complete data having
    one fewer than people. Where everybody was scored it is the plain rate with Wilson's interval.

    Around the baseline: normal with the person's baseline as mean and the fitted covariance of the windows.

    Examples
    --------
    >>> from analysis.cohort.cohort import derive
    >>> from analysis.intake.dataset import open_dataset
    >>> cohort = derive(open_dataset("data/demo"))
    >>> asked = {"instrument": "PHQ-9", "window": "end of loading", "outcome": "response", "imputations": 20}
    >>> found = impute_rates(cohort, estimand=["imputed", "imputed-back-to-baseline"], **asked)
    >>> at_random, back = found["estimate"]
    >>> bool(back < at_random < 1), list(found["status"])
    (True, ['ok', 'ok'])
    """
    chosen = _named(estimand, list(IMPUTED), "estimand")
    outcomes = (outcome,) if isinstance(outcome, str) else tuple(outcome)
    if not outcomes or len(set(outcomes)) < len(outcomes):
        raise CallError("outcome: name at least one, and none twice.")
    tables: list[pd.DataFrame] = []
    for alike in _of_same_people(outcomes, cohort, instrument):
        judged = "response" if alike[0] == CHANGE else alike[0]
        question = ask(cohort, instrument=instrument, window=window, by=by, outcome=judged, period=period)
        rules = unseen_rules(chosen, question, cohort.definitions, worse_by)
        model = prepare_imputation(
            cohort, question, covariates=covariates, helped_by=helped_by, draws=imputations, seed=seed
        )
        rates = {name: _ladder_of(cohort, question, "response" if name == CHANGE else name) for name in alike}
        for each, rule in rules.items():
            found = pool_outcomes(model, question, alike, rule, cohort.definitions)
            tables += [
                _joined(rates[name], rows, [*question.by, "window"]).assign(estimand=each, outcome=name)
                for name, rows in found.items()
            ]
    table = pd.concat(tables)
    order = {name: place for place, name in enumerate(outcomes)}
    table = table.assign(place=table["outcome"].map(order), row=table.index)
    table = table.sort_values(["row", "place"], kind="stable").reset_index(drop=True)
    names = [*question.by, "instrument", "window", "outcome", "estimand", *ESTIMATE_COLUMNS]
    return table[[*names, "missing_information", "monte_carlo_error", *SHOWN_LADDER, "period", "due", "definitions"]]


def prepare_imputation(
    cohort: Cohort,
    question: Question,
    *,
    covariates: str | Sequence[str],
    helped_by: Sequence[str] | None,
    draws: int,
    seed: int,
) -> PreparedModel:
    """Read the scores that a question needs imputed, and make the model of them.

    Parameters
    ----------
    cohort : Cohort
    question : Question
    covariates : str or sequence of str
    helped_by : sequence of str, optional
    draws, seed : int

    Returns
    -------
    PreparedModel

    Raises
    ------
    CallError
        As in `impute_rates`.
    """
    for name, value, least, most in (("imputations", draws, FEWEST, MOST), ("seed", seed, 0, 2**63 - 1)):
        if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= most:
            raise CallError(f"{name}: a whole number from {least} to {most:,} is needed.")
    shifting = (covariates,) if isinstance(covariates, str) else tuple(covariates)
    for name in shifting:
        if name not in GROUPS:
            raise CallError(
                f"covariates: '{name}' is unknown.{nearest_name(str(name), list(GROUPS))} There are: "
                f"{', '.join(GROUPS)}."
            )
    shifting = tuple(name for name in dict.fromkeys(shifting) if name not in question.by)
    for name in (*question.by, *shifting):
        if name in WINDOW_GROUPS:
            option = "by" if name in question.by else "covariates"
            raise CallError(
                f"{option}: '{name}' changes from window to window, so that a model of all windows cannot have it. "
                "Name methods without 'imputed' and 'model'."
            )
    windows = model_visits(question.windows, helped_by, cohort.definitions)
    scores = read_person_scores(cohort, question, windows=windows, groups=(*question.by, *shifting))
    return prepare_model(scores, question.windows, groups=question.by, covariates=shifting, draws=draws, seed=seed)


def unseen_rules(
    estimands: Sequence[str], question: Question, definitions: Definitions, worse_by: float | None
) -> dict[str, UnseenRule]:
    """Say what each estimand assumes of the scores not seen.

    Parameters
    ----------
    estimands : sequence of str
        From `IMPUTED`.
    question : Question
    definitions : Definitions
    worse_by : float, optional

    Returns
    -------
    dict of str to UnseenRule

    Raises
    ------
    CallError
        When the points are no number over 0, or not given for a scale without a reliable change.
    """
    points = worse_by if worse_by is not None else definitions.instruments[question.instrument].reliable_change
    if "imputed-left-worse" in estimands and points is None:
        raise CallError(
            f"worse_by: the definitions hold no reliable-change value for {question.instrument}; say by how many "
            "points those who left are worse, or leave 'imputed-left-worse' out."
        )
    numeric = isinstance(points, int | float) and not isinstance(points, bool)
    if points is not None and not (numeric and 0 < points < np.inf):
        raise CallError("worse_by: a number of points over 0 is needed.")
    rules = {
        "imputed": AT_RANDOM,
        "imputed-left-worse": UnseenRule(worse_by=float(points or 0)),
        "imputed-back-to-baseline": UnseenRule(back_to_baseline=True),
    }
    return {name: rules[name] for name in estimands}


def _named(names: str | Sequence[str], known: list[str], option: str) -> tuple[str, ...]:
    chosen = (names,) if isinstance(names, str) else tuple(names)
    if not chosen or len(set(chosen)) < len(chosen):
        raise CallError(f"{option}: name at least one, and none twice.")
    for name in chosen:
        if name not in known:
            raise CallError(
                f"{option}: '{name}' is unknown.{nearest_name(str(name), known)} There are: {', '.join(known)}."
            )
    return chosen


def _of_same_people(outcomes: Sequence[str], cohort: Cohort, instrument: str) -> list[list[str]]:
    """Put outcomes together that are asked of the same people: worsening is of others than response."""
    if not isinstance(cohort, Cohort):
        raise CallError("cohort: a cohort is needed; make one with derive(open_dataset(...)).")
    scale = cohort.definitions.instruments.get(instrument)
    together: dict[str, list[str]] = {}
    for outcome in outcomes:
        # Of an unknown instrument the question itself says what there is.
        source = "one score" if outcome == CHANGE or scale is None else outcome_kind(outcome, scale).source
        if source not in SINGLE_SCORE:
            raise CallError(f"outcome: one score decides what can be imputed, and '{outcome}' needs two; leave it out.")
        together.setdefault(source, []).append(outcome)
    return list(together.values())


def _ladder_of(cohort: Cohort, question: Question, outcome: str) -> pd.DataFrame:
    return response_rates(
        cohort,
        instrument=question.instrument,
        window=[each.name for each in question.windows],
        by=question.by,
        denominator="nonresponder",
        outcome=outcome,
        period=question.period,
    )


def _joined(rates: pd.DataFrame, found: pd.DataFrame, keys: list[str]) -> pd.DataFrame:
    """Put pooled estimates beside the ladder; a group without anybody stays, empty."""
    rows = rates[keys].merge(found, on=keys, how="left", validate="one_to_one")
    return rates.assign(
        estimate=rows["estimate"].astype("float64"),
        low=rows["low"].astype("float64"),
        high=rows["high"].astype("float64"),
        method=rows["method"].fillna(INTERVALS["wilson"][1]),
        numerator=rows["sum_seen"].fillna(0.0).astype("Float64"),
        denominator=rates["eligible"],
        status=rows["status"].fillna("empty"),
        missing_information=rows["missing_information"].astype("float64"),
        monte_carlo_error=rows["monte_carlo_error"].astype("float64"),
    )

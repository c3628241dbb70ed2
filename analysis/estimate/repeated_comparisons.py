"""Groups compared when each person gives several values: in several windows, or of several courses."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import special

from analysis.cohort.cohort import Cohort
from analysis.counts.engine import count_all
from analysis.counts.groups import GROUPS
from analysis.counts.ladder import ask, due_basis, period_name, refuse_undated
from analysis.counts.outcome_kinds import scales_judged
from analysis.counts.repeated_tally import RECORD_MARK, VALUE_MARK, RepeatedTally
from analysis.estimate.comparisons import WARNING, checked_covariates
from analysis.estimate.effects import Effect, bounded_effect, confounding_needed, number_needed
from analysis.estimate.estimating_equations import Alike, MarginalModel, fit_marginal
from analysis.vocabulary.errors import CallError, DataError, nearest_name
from analysis.vocabulary.periods import Period

Numbers = NDArray[np.float64]
_METHOD = "GEE, {} working correlation, Mancl-DeRouen covariance, t with people less coefficients, 95 %"
_WHOLE = ["numerator", "denominator", "reference_numerator", "reference_denominator", "people"]


def compare_repeated(
    cohort: Cohort,
    *,
    groups: str,
    instrument: str,
    window: str | Sequence[str],
    outcome: str = "response",
    reference: str | None = None,
    denominator: str = "nonresponder",
    covariates: str | Sequence[str] = (),
    courses: str = "first",
    period: str | int | Period | None = None,
    correlation: str = "exchangeable",
) -> pd.DataFrame:
    """Compare groups by all the values of each person at once, with generalised estimating equations.

    Parameters
    ----------
    cohort : Cohort
        From `derive`.
    groups : str
        What the groups are, as in `compare`. With ``courses="all"`` a person can be in several.
    instrument, window, outcome : str
        As in `response_rates`; several windows give several values of a person.
    reference : str, optional
        The group that the others are compared with; the one with the most values when left out.
    denominator : {"nonresponder", "observed"}
        Values of everybody eligible, not scored being without the outcome; or of those scored.
    covariates : str or sequence of str
        Groups that the model adjusts for, without interactions. The windows are in it when there are several.
    courses : {"first", "all"}
        Each patient's first course, or every course.
    period : str, int or Period, optional
        Only windows that close in this quarter or year.
    correlation : {"exchangeable", "independence"}
        The working correlation of the values of a person. The intervals hold whichever it is.

    Returns
    -------
    DataFrame
        One row per other group and measure (difference, ratio, odds ratio, number needed to treat, E-value): the group
        column, ``reference, instrument, window`` (all of them), ``outcome, estimand, adjusted, measure, estimate, low,
        high, method, numerator, denominator, status`` (counts are of values), ``reference_numerator,
        reference_denominator, rate, reference_rate`` (of all values, had all been in the group or in the reference),
        ``people`` (in the model), ``correlation`` (of two values of a person), ``note`` (what a comparison of groups
        that were not randomised cannot say), ``period, due, definitions``.

    Raises
    ------
    CallError
        Naming the option that is wrong and what it can be, or that there is one group only.
    DataError
        Where the equations have no solution: collinear covariates, or a group or covariate in which nobody, or
        everybody, has the outcome.

    Notes
    -----
    The model is logistic: `analysis.estimate.estimating_equations.fit_marginal`. The odds ratio is that of the group,
    given the covariates. Rates, difference and ratio are standardised (g-computation): the model's mean over all
    values, with all of them in the group, and all in the reference; their variances are by the delta method, of the
    ratio on the logarithm, and the values' covariates taken as they are.

    Examples
    --------
    >>> from analysis.cohort.cohort import derive
    >>> from analysis.intake.dataset import open_dataset
    >>> cohort = derive(open_dataset("data/demo"))
    >>> found = compare_repeated(
    ...     cohort, groups="sex", instrument="PHQ-9", window=["end of loading", "month 3 after loading"],
    ... )
    >>> list(found["measure"].unique())
    ['difference', 'ratio', 'odds ratio', 'number needed to treat', 'E-value']
    >>> bool((found["denominator"] + found["reference_denominator"] > found["people"]).all())
    True
    """
    for option, name, known in (
        ("groups", groups, list(GROUPS)),
        ("denominator", denominator, ["nonresponder", "observed"]),
        ("correlation", correlation, ["exchangeable", "independence"]),
    ):
        if name not in known:
            hint = nearest_name(str(name), known)
            raise CallError(f"{option}: '{name}' is unknown.{hint} There are: {', '.join(known)}.")
    adjusted_for = checked_covariates("covariates", covariates)
    if groups in adjusted_for:
        raise CallError(f"covariates: '{groups}' is what is compared, so it cannot be adjusted for.")
    by = (groups, *adjusted_for)
    question = ask(cohort, instrument=instrument, window=window, by=by, outcome=outcome, courses=courses, period=period)
    if any(each.kind == "baseline" for each in question.windows):
        raise CallError("window: 'baseline' has mean scores only; nobody has responded before treatment.")
    tally = RepeatedTally(
        question.instrument, question.windows, by, outcome, courses, denominator == "observed", question.period
    )
    (counted,) = count_all(cohort, [tally])
    refuse_undated(cohort, question.period, by=by)
    values = _values(counted, [*by, "window"])
    chosen = _reference(values, groups, reference)
    terms = [*adjusted_for, *(["window"] if len(question.windows) > 1 else [])]
    clusters, names = _clusters(values, groups, chosen, terms)
    try:
        model = fit_marginal(clusters, exchangeable=correlation == "exchangeable")
    except DataError as problem:
        raise DataError(f"compare_repeated: {problem}") from None
    adjusted = f"GEE, {', '.join(terms)}" if terms else "GEE"
    others = [name for name in names if name != chosen]
    rows = [
        vars(effect) | counts | {groups: other}
        for place, other in enumerate(others, start=1)
        for counts in [_counts(values, groups, other, chosen) | _rates(model, clusters, len(others), place)]
        for effect in _effects(model, clusters, len(others), place, _METHOD.format(correlation))
    ]
    table = pd.DataFrame(rows).assign(
        reference=chosen,
        instrument=" and ".join(scales_judged(outcome, instrument, cohort.definitions)),
        window="; ".join(each.name for each in question.windows),
        outcome=outcome,
        estimand=denominator,
        adjusted=adjusted,
        people=model.people,
        correlation=model.correlation,
        period=period_name(question),
        due=due_basis(cohort),
        definitions=cohort.definitions.label,
    )
    table["note"] = [" ".join(filter(None, [note, WARNING])) for note in table["note"]]
    table[_WHOLE] = table[_WHOLE].astype("Int64")
    columns = [
        groups, "reference", "instrument", "window", "outcome", "estimand", "adjusted", "measure", "estimate", "low",
        "high", "method", "numerator", "denominator", "status", "reference_numerator", "reference_denominator", "rate",
        "reference_rate", "people", "correlation", "note", "period", "due", "definitions",
    ]  # fmt: skip
    return table[columns]


def _values(counted: pd.DataFrame, names: list[str]) -> pd.DataFrame:
    """Take the patterns apart: one row per value of a pattern, with the number of people who have the pattern."""
    records = [
        (place, people, *record.split(VALUE_MARK))
        for place, (text, people) in enumerate(zip(counted["records"], counted["people"], strict=True))
        for record in str(text).split(RECORD_MARK)
    ]
    values = pd.DataFrame(records, columns=["pattern", "people", *names, "outcome"])
    return values.assign(outcome=values["outcome"].astype("float64"), people=values["people"].astype("int64"))


def _reference(values: pd.DataFrame, groups: str, reference: str | None) -> str:
    sizes = values.groupby(groups)["people"].sum()
    if len(sizes) < 2:
        raise CallError(f"groups: there are fewer than two groups of {groups} with values, so nothing to compare.")
    if reference is None:
        return str(sizes.drop("unknown", errors="ignore").idxmax())
    if reference not in sizes:
        known = [str(name) for name in sizes.index]
        hint = nearest_name(str(reference), known)
        raise CallError(f"reference: '{reference}' is no group of {groups}.{hint} There are: {', '.join(known)}.")
    return reference


def _clusters(values: pd.DataFrame, groups: str, reference: str, terms: Sequence[str]) -> tuple[list[Alike], list[str]]:
    """Make the design: 1, each other group, then each level of each covariate but its first."""
    names = [reference, *sorted(set(values[groups]) - {reference})]
    columns = [np.ones(len(values)), *(values[groups].eq(name).to_numpy("float64") for name in names[1:])]
    for term in terms:
        columns += [values[term].eq(level).to_numpy("float64") for level in sorted(set(values[term]))[1:]]
    design: Numbers = np.column_stack(columns)
    outcome = values["outcome"].to_numpy("float64")
    starts = np.flatnonzero(values["pattern"].diff().ne(0))
    people = values["people"].to_numpy()
    cuts = zip(starts, [*starts[1:], len(values)], strict=True)
    return [Alike(design[a:b], outcome[a:b], int(people[a])) for a, b in cuts], names


def _counts(values: pd.DataFrame, groups: str, group: str, reference: str) -> dict[str, object]:
    found: dict[str, object] = {}
    for prefix, name in (("", group), ("reference_", reference)):
        own = values[values[groups] == name]
        found[f"{prefix}numerator"] = int((own["people"] * own["outcome"]).sum())
        found[f"{prefix}denominator"] = int(own["people"].sum())
    return found


def _standardised(model: MarginalModel, clusters: Sequence[Alike], others: int, place: int) -> tuple[float, Numbers]:
    """Return the mean of the model with every value in one group (0: the reference), and its derivative."""
    design = np.vstack([each.design for each in clusters])
    weight = np.concatenate([np.full(len(each.outcome), float(each.people)) for each in clusters])
    design[:, 1 : others + 1] = 0.0
    if place:
        design[:, place] = 1.0
    mean = special.expit(design @ model.coefficients)
    share = weight / weight.sum()
    return float(share @ mean), (share * mean * (1 - mean)) @ design


def _rates(model: MarginalModel, clusters: Sequence[Alike], others: int, place: int) -> dict[str, object]:
    rates = (_standardised(model, clusters, others, at)[0] for at in (place, 0))
    return dict(zip(("rate", "reference_rate"), rates, strict=True))


def _effects(model: MarginalModel, clusters: Sequence[Alike], others: int, place: int, method: str) -> list[Effect]:
    (p1, d1), (p0, d0) = (_standardised(model, clusters, others, at) for at in (place, 0))
    freedom = model.people - len(model.coefficients)
    width = float(special.stdtrit(freedom, 0.975)) if freedom > 0 else float("nan")

    def half(move: Numbers) -> float:
        return width * float(np.sqrt(move @ model.covariance @ move))

    def ratio_of(measure: str, logarithm: float, move: Numbers) -> Effect:
        limits = (float(np.exp(logarithm - half(move))), float(np.exp(logarithm + half(move))))
        return bounded_effect(measure, float(np.exp(logarithm)), limits, method)

    around = half(d1 - d0)
    difference = Effect("difference", p1 - p0, max(p1 - p0 - around, -1.0), min(p1 - p0 + around, 1.0), method, "ok")
    ratio = ratio_of("ratio", float(np.log(p1 / p0)), d1 / p1 - d0 / p0)
    own = np.eye(len(model.coefficients))[place]
    odds = ratio_of("odds ratio", float(model.coefficients[place]), own)
    return [difference, ratio, odds, number_needed(difference), confounding_needed(ratio)]

"""Groups compared with one of them: as they are, within strata, and as if all had the same case mix."""

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analysis.cohort.cohort import Cohort
from analysis.counts.ladder import Question, ask, count_ahead, due_basis, period_name, tally_ladder
from analysis.counts.ladder_tally import ESTIMANDS
from analysis.counts.outcome_kinds import scales_judged
from analysis.estimate.balance import BALANCE_COLUMNS, balance_table
from analysis.estimate.effects import DIFFERENCE_INTERVALS, Effect, crude_effects
from analysis.estimate.strata_effects import mantel_haenszel, standardised_effects, standardised_rate
from analysis.vocabulary.errors import CallError, nearest_name
from analysis.vocabulary.periods import Period

WARNING = (
    "The groups were not randomised: they may differ because of who is in them, and of who was seen, and not because "
    "of what they were given. Adjusting takes care of the named covariates only; the E-value says how strongly "
    "something else would have to be tied to both the group and the outcome to explain the ratio away."
)
_MANY = " The {} comparisons are not corrected for their number: some intervals will leave out the truth by chance."


Numbers = NDArray[np.float64]
Cells = tuple[Numbers, Numbers, Numbers, Numbers]
"""People with the outcome and all people in each stratum, of a group and then of the reference."""
Counts = dict[tuple[str, ...], pd.DataFrame]
"""The counts of each group by the covariates of a key."""


@dataclass(frozen=True)
class _Design:
    """What is compared, and for what it is adjusted."""

    groups: str
    strata: tuple[str, ...]
    standardise: tuple[str, ...]
    method: str


@dataclass(frozen=True, eq=False, repr=False)
class Comparison:
    """Groups compared with a reference.

    Attributes
    ----------
    table : DataFrame
        One row per other group, adjustment and measure: the group column, ``reference, instrument, window, outcome,
        estimand, adjusted`` (``none``, ``Mantel-Haenszel over ...`` or ``standardised to the ... of all``), ``measure``
        (`analysis.estimate.effects.MEASURES`), ``estimate, low, high`` (differences are shares of 1), ``method,
        numerator, denominator, status`` (as in `analysis.estimate.effects.Effect`), ``reference_numerator,
        reference_denominator``, ``rate, reference_rate`` (standardised where the row is; missing for Mantel-Haenszel,
        which compares without estimating rates), ``note, period, due, definitions``.
    balance : DataFrame
        As from `analysis.estimate.balance.balance_table`, for each covariate named; empty without any.
    warning : str
        What a comparison of groups that were not randomised cannot say.
    """

    table: pd.DataFrame
    balance: pd.DataFrame
    warning: str

    def __repr__(self) -> str:
        parts = [self.warning, self.table.to_string(index=False)]
        return "\n\n".join([*parts, self.balance.to_string(index=False)] if len(self.balance) else parts)

    def _repr_html_(self) -> str:
        shown = [self.table, self.balance] if len(self.balance) else [self.table]
        tables = "".join(table.to_html(index=False, escape=True) for table in shown)
        return f"<p>{escape(self.warning)}</p>{tables}"


def compare(
    cohort: Cohort,
    *,
    groups: str,
    instrument: str,
    window: str,
    outcome: str = "response",
    reference: str | None = None,
    denominator: str = "nonresponder",
    strata: str | Sequence[str] = (),
    standardise: str | Sequence[str] = (),
    period: str | int | Period | None = None,
    method: str = "miettinen-nurminen",
) -> Comparison:
    """Compare how many had an outcome in each group with how many had it in a reference, of first courses.

    Parameters
    ----------
    cohort : Cohort
        From `derive`.
    groups : str
        What the groups are: a name from `analysis.counts.tallies.GROUPS`, such as ``route``.
    instrument, window, outcome : str
        As in `response_rates`; one window.
    reference : str, optional
        The group that the others are compared with; the one with the most people when left out (``unknown`` never is,
        unless it is named).
    denominator : {"nonresponder", "observed", "starters", "completers"}
        Of whom the rates are, as in `response_rates`.
    strata : str or sequence of str
        Covariates within which the groups are compared, the strata then pooled (Mantel-Haenszel).
    standardise : str or sequence of str
        Covariates whose case mix, that of everybody in the denominator in all groups, both groups are given.
    period : str, int or Period, optional
        Only windows that close in this quarter (``2026Q3``) or year (``2026``).
    method : {"miettinen-nurminen", "newcombe"}
        The interval of the difference that is not adjusted.

    Returns
    -------
    Comparison
        With ``.table``, ``.balance`` and ``.warning``.

    Raises
    ------
    CallError
        Naming the option that is wrong and what it can be, or that there is one group only.

    Notes
    -----
    All is made of whole-number counts. The formulas stand with `crude_effects`, `mantel_haenszel`,
    `standardised_effects`, `number_needed` and `e_value`. People whose covariate is not known are a stratum of their
    own, ``unknown``. Adjust for what was so before treatment: ``loading_status`` and ``maintenance`` come after it, and
    may be a part of what is compared.

    Examples
    --------
    >>> from analysis.intake.dataset import open_dataset
    >>> from analysis.cohort.cohort import derive
    >>> cohort = derive(open_dataset("data/demo"))
    >>> found = compare(cohort, groups="route", instrument="PHQ-9", window="end of loading", strata="sex")
    >>> list(found.table["adjusted"].unique())
    ['none', 'Mantel-Haenszel over sex']
    >>> found.warning.startswith("The groups were not randomised")
    True
    """
    design = _Design(groups, _names("strata", strata), _names("standardise", standardise), method)
    _refuse(design, window, denominator)

    def question(*by: str) -> Question:
        return ask(cohort, instrument=instrument, window=window, by=by, outcome=outcome, period=period)

    questions = {names: question(groups, *names) for names in dict.fromkeys([(), design.strata, design.standardise])}
    if questions[()].windows[0].kind == "baseline":
        raise CallError("window: 'baseline' has mean scores only; nobody has responded before treatment.")
    count_ahead(cohort, list(questions.values()))
    numerator, people = ESTIMANDS[denominator]
    counts = {
        names: tally_ladder(cohort, asked)[[groups, *names, numerator, people]].rename(
            columns={numerator: "outcome_count", people: "people_count"}
        )
        for names, asked in questions.items()
    }
    crude = counts[()].set_index(groups)[["outcome_count", "people_count"]]
    chosen = _reference(crude, groups, reference)
    rows = [
        row | {groups: group}
        for group in crude.index.drop(chosen)
        for row in _rows_of(counts, design, str(group), chosen)
    ]
    table = pd.DataFrame(rows).assign(
        reference=chosen,
        instrument=" and ".join(scales_judged(outcome, instrument, cohort.definitions)),
        window=questions[()].windows[0].name,
        outcome=outcome,
        estimand=denominator,
        period=period_name(questions[()]),
        due=due_basis(cohort),
        definitions=cohort.definitions.label,
    )
    whole = ["numerator", "denominator", "reference_numerator", "reference_denominator"]
    table[whole] = table[whole].astype("Int64")
    columns = [
        groups, "reference", "instrument", "window", "outcome", "estimand", "adjusted", "measure", "estimate", "low",
        "high", "method", "numerator", "denominator", "status", "reference_numerator", "reference_denominator", "rate",
        "reference_rate", "note", "period", "due", "definitions",
    ]  # fmt: skip
    others = len(crude) - 1
    warning = WARNING + (_MANY.format(others) if others > 1 else "")
    return Comparison(table[columns], _balance(counts, design, chosen), warning)


def _rows_of(counts: Counts, design: _Design, group: str, reference: str) -> list[dict[str, object]]:
    whole = np.ones(1)
    x1, n1, x0, n0 = cells = _of_two(counts[()], design, group, reference)
    totals = {
        "numerator": int(x1[0]), "denominator": int(n1[0]),
        "reference_numerator": int(x0[0]), "reference_denominator": int(n0[0]),
    }  # fmt: skip
    crude = crude_effects(*totals.values(), method=design.method)
    rows = _shown(crude, "none", totals, _two_rates(cells, whole))
    if design.strata:
        cells = _of_two(counts[design.strata], design, group, reference)
        adjusted = f"Mantel-Haenszel over {', '.join(design.strata)}"
        rows += _shown(mantel_haenszel(*cells), adjusted, totals, (np.nan, np.nan))
    if design.standardise:
        cells = _of_two(counts[design.standardise], design, group, reference)
        people = _case_mix(counts[design.standardise], design.groups)
        adjusted = f"standardised to the {', '.join(design.standardise)} of all"
        rows += _shown(standardised_effects(*cells, people), adjusted, totals, _two_rates(cells, people))
    return rows


def _two_rates(cells: Cells, people: Numbers) -> tuple[float, float]:
    x1, n1, x0, n0 = cells
    return standardised_rate(x1, n1, people)[0], standardised_rate(x0, n0, people)[0]


def _shown(
    effects: Sequence[Effect], adjusted: str, totals: dict[str, int], rates: tuple[float, float]
) -> list[dict[str, object]]:
    beside = totals | {"adjusted": adjusted, "rate": rates[0], "reference_rate": rates[1]}
    return [vars(effect) | beside for effect in effects]


def _of_two(counts: pd.DataFrame, design: _Design, group: str, reference: str) -> Cells:
    return (*_of_group(counts, design.groups, group), *_of_group(counts, design.groups, reference))


def _of_group(counts: pd.DataFrame, groups: str, name: str) -> tuple[Numbers, Numbers]:
    # Every group has every stratum, in the same order: the tally fills in those without people.
    rows = counts[counts[groups] == name]
    return rows["outcome_count"].to_numpy("float64"), rows["people_count"].to_numpy("float64")


def _case_mix(counts: pd.DataFrame, groups: str) -> Numbers:
    of_groups = [_of_group(counts, groups, name)[1] for name in counts[groups].unique()]
    return np.asarray(np.sum(of_groups, axis=0), dtype="float64")


def _balance(counts: Counts, design: _Design, reference: str) -> pd.DataFrame:
    tables = [
        balance_table(
            counts[design.strata if name in design.strata else design.standardise],
            groups=design.groups,
            reference=reference,
            covariate=name,
            people="people_count",
        )
        for name in dict.fromkeys([*design.strata, *design.standardise])
    ]
    return pd.concat(tables, ignore_index=True) if tables else pd.DataFrame(columns=[design.groups, *BALANCE_COLUMNS])


def _reference(crude: pd.DataFrame, groups: str, reference: str | None) -> str:
    known = [str(name) for name in crude.index]
    if len(known) < 2:
        raise CallError(f"groups: there are fewer than two groups of {groups}, so there is nothing to compare.")
    if reference is None:
        return str(crude["people_count"].drop("unknown", errors="ignore").idxmax())
    if reference not in known:
        hint = nearest_name(str(reference), known)
        raise CallError(f"reference: '{reference}' is no group of {groups}.{hint} There are: {', '.join(known)}.")
    return reference


def _names(option: str, names: str | Sequence[str]) -> tuple[str, ...]:
    listed = [names] if isinstance(names, str) else names
    if not isinstance(listed, (list, tuple)) or not all(isinstance(name, str) for name in listed):
        raise CallError(f"{option}: name the covariates as texts, such as ['sex', 'age_band'].")
    return tuple(listed)


def _refuse(design: _Design, window: str, denominator: str) -> None:
    if not isinstance(design.groups, str):
        raise CallError("groups: name one group column, such as 'route'; others go into strata or standardise.")
    if not isinstance(window, str):
        raise CallError("window: a comparison is of one window, such as 'end of loading'.")
    for option, names in (("strata", design.strata), ("standardise", design.standardise)):
        if design.groups in names:
            raise CallError(f"{option}: '{design.groups}' is what is compared, so it cannot be adjusted for.")
        if len(set(names)) < len(names):
            raise CallError(f"{option}: a covariate is named twice.")
    choices = {"denominator": (denominator, list(ESTIMANDS)), "method": (design.method, list(DIFFERENCE_INTERVALS))}
    for option, (name, known) in choices.items():
        if name not in known:
            hint = nearest_name(str(name), known)
            raise CallError(f"{option}: '{name}' is unknown.{hint} There are: {', '.join(known)}.")

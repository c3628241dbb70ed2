"""Groups compared with one of them: as they are, within strata, and as if all had the same case mix."""

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

import pandas as pd

from analysis.cohort.cohort import Cohort
from analysis.counts.ladder import Question, ask, count_ahead, due_basis, period_name, tally_ladder
from analysis.counts.ladder_tally import ESTIMANDS
from analysis.counts.outcome_kinds import scales_judged
from analysis.estimate.comparison_rows import (
    COMPARED,
    COUNTED,
    WHOLE,
    Counts,
    Design,
    balance_compared,
    rows_compared,
)
from analysis.estimate.effects import DIFFERENCE_INTERVALS
from analysis.vocabulary.errors import CallError, nearest_name
from analysis.vocabulary.periods import Period

WARNING = (
    "The groups were not randomised: they may differ because of who is in them, and of who was seen, and not because "
    "of what they were given. Adjusting takes care of the named covariates only; the E-value says how strongly "
    "something else would have to be tied to both the group and the outcome to explain the ratio away."
)
_MANY = " The {} comparisons are not corrected for their number: some intervals will leave out the truth by chance."


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
        which compares without estimating rates), ``note``, the ladder ``started, with_baseline, eligible, scored`` of
        the group and, as ``reference_started`` and so on, of the reference, ``least_count`` (of adjusted rows: the
        smallest number of people other than none, with or without the outcome, in a stratum of either group), ``period,
        due, definitions``.
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
        What the groups are: a name from `analysis.counts.groups.GROUPS`, such as ``route``.
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
    design = Design(
        groups, checked_covariates("strata", strata), checked_covariates("standardise", standardise), method
    )
    refuse_compared(design, window, denominator)

    def question(*by: str) -> Question:
        return ask(cohort, instrument=instrument, window=window, by=by, outcome=outcome, period=period)

    questions = {names: question(groups, *names) for names in dict.fromkeys([(), design.strata, design.standardise])}
    if questions[()].windows[0].kind == "baseline":
        raise CallError("window: 'baseline' has mean scores only; nobody has responded before treatment.")
    count_ahead(cohort, list(questions.values()))
    counts = {
        names: counts_to_compare(tally_ladder(cohort, asked), (groups, *names), denominator)
        for names, asked in questions.items()
    }
    crude = counts[()].set_index(groups)
    chosen = _reference(crude, groups, reference)
    others = [str(group) for group in crude.index.drop(chosen)]
    table = table_compared(counts, design, others, chosen).assign(
        instrument=" and ".join(scales_judged(outcome, instrument, cohort.definitions)),
        window=questions[()].windows[0].name,
        outcome=outcome,
        estimand=denominator,
        period=period_name(questions[()]),
        due=due_basis(cohort),
        definitions=cohort.definitions.label,
    )
    warning = WARNING + (_MANY.format(len(others)) if len(others) > 1 else "")
    return Comparison(in_order(table, groups), balance_compared(counts, design, chosen), warning)


def counts_to_compare(counted: pd.DataFrame, keys: Sequence[str], denominator: str) -> pd.DataFrame:
    """Keep of the ladder's counts what a comparison is made of.

    Parameters
    ----------
    counted : DataFrame
        From `analysis.counts.ladder.tally_ladder`.
    keys : sequence of str
        The groups and strata.
    denominator : str

    Returns
    -------
    DataFrame
        The keys and `analysis.estimate.comparison_rows.COUNTED`.
    """
    numerator, people = ESTIMANDS[denominator]
    named = {"outcome_count": counted[numerator], "people_count": counted[people]}
    return counted.assign(**named)[[*keys, *COUNTED]]


def table_compared(counts: Counts, design: Design, others: Sequence[str], reference: str) -> pd.DataFrame:
    """Compare each of some groups with the reference.

    Parameters
    ----------
    counts : Counts
    design : Design
    others : sequence of str
    reference : str

    Returns
    -------
    DataFrame
        The group, ``reference``, and `analysis.estimate.comparison_rows.COMPARED`.
    """
    rows = [row | {design.groups: group} for group in others for row in rows_compared(counts, design, group, reference)]
    table = pd.DataFrame(rows).assign(reference=reference)
    table[WHOLE] = table[WHOLE].astype("Int64")
    return table


def in_order(table: pd.DataFrame, groups: str) -> pd.DataFrame:
    """Put the columns of a comparison into their order.

    Parameters
    ----------
    table : DataFrame
    groups : str
        The column of the groups.

    Returns
    -------
    DataFrame
    """
    asked = [groups, "reference", "instrument", "window", "outcome", "estimand"]
    return table[[*asked, *COMPARED, "period", "due", "definitions"]]


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


def checked_covariates(option: str, names: str | Sequence[str]) -> tuple[str, ...]:
    """Check that covariates are named as texts, each once.

    Parameters
    ----------
    option : str
        For the message.
    names : str or sequence of str

    Returns
    -------
    tuple of str

    Raises
    ------
    CallError
    """
    listed = [names] if isinstance(names, str) else names
    if not isinstance(listed, (list, tuple)) or not all(isinstance(name, str) for name in listed):
        raise CallError(f"{option}: name the covariates as texts, such as ['sex', 'age_band'].")
    if len(set(listed)) < len(listed):
        raise CallError(f"{option}: a covariate is named twice.")
    return tuple(listed)


def refuse_compared(design: Design, window: str, denominator: str) -> None:
    """Stop where a comparison is asked for that cannot be.

    Parameters
    ----------
    design : Design
    window, denominator : str

    Raises
    ------
    CallError
        Naming the option that is wrong and what it can be.
    """
    if not isinstance(design.groups, str):
        raise CallError("groups: name one group column, such as 'route'; others go into strata or standardise.")
    if not isinstance(window, str):
        raise CallError("window: a comparison is of one window, such as 'end of loading'.")
    for option, names in (("strata", design.strata), ("standardise", design.standardise)):
        if design.groups in names:
            raise CallError(f"{option}: '{design.groups}' is what is compared, so it cannot be adjusted for.")
    choices = {"denominator": (denominator, list(ESTIMANDS)), "method": (design.method, list(DIFFERENCE_INTERVALS))}
    for option, (name, known) in choices.items():
        if name not in known:
            hint = nearest_name(str(name), known)
            raise CallError(f"{option}: '{name}' is unknown.{hint} There are: {', '.join(known)}.")

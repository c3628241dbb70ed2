"""A measure by its name: its estimates, and the ladder that says who is counted in them and why others are not."""

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from typing import Any

import pandas as pd

from analysis.cohort.cohort import Cohort
from analysis.cohort.windows import parse_window
from analysis.counts.engine import count_all
from analysis.counts.ladder import Question, ask, count_ahead
from analysis.counts.outcome_kinds import refuse_undefined
from analysis.counts.tallies import ScaleTally
from analysis.estimate.flow import flow
from analysis.estimate.means import mean_scores
from analysis.estimate.people_measures import RESULT_COLUMNS, ended_course_measure, index_measure, with_shares
from analysis.estimate.rates import response_rates
from analysis.vocabulary.definitions import Definitions
from analysis.vocabulary.errors import CallError
from analysis.vocabulary.measure_words import measure_windows
from analysis.vocabulary.measures import (
    EndedCourseRule,
    IndexRule,
    MeanRule,
    MeasureCard,
    RateRule,
    StepRule,
    measure_card,
)
from analysis.vocabulary.periods import Period


@dataclass(frozen=True, eq=False, repr=False)
class Measured:
    """A measure of a cohort.

    Attributes
    ----------
    card : MeasureCard
        What is counted, of whom.
    table : DataFrame
        The estimates: the group columns, ``instrument, window, outcome, estimand`` (without the last two for a mean),
        the columns that every table of estimates has, the ladder ``started, with_baseline, eligible, scored`` and
        ``period, due, definitions, measure``.
    ladder : DataFrame
        The steps from treated to counted with the reasons for each step down, as from `flow`; empty for mean scores.
    """

    card: MeasureCard
    table: pd.DataFrame
    ladder: pd.DataFrame

    def __repr__(self) -> str:
        return f"{self.card.title} [{self.card.label}]\n{self.table.to_string(index=False)}"

    def _repr_html_(self) -> str:
        model = f"; modelled on {self.card.modelled_on}, not certified as it" if self.card.modelled_on else ""
        shown = [self.table.to_html(index=False, escape=True)]
        if len(self.ladder):
            shown.append(self.ladder.to_html(index=False, escape=True))
        return f"<p>{escape(self.card.title)} ({escape(self.card.label + model)})</p>{''.join(shown)}"


def measure(
    cohort: Cohort, name: str, *, period: str | int | Period | None = None, by: str | Sequence[str] = ()
) -> Measured:
    """Estimate a measure, with who is counted in it.

    Parameters
    ----------
    cohort : Cohort
        From `derive`.
    name : str
        One of `analysis.vocabulary.measures.measure_cards`, such as ``response`` or ``hedis-drr-e``; the command
        ``outcomes measures`` lists them.
    period : str, int or Period, optional
        Only windows that close in this quarter (``2026Q3``) or year (``2026``).
    by : str or sequence of str
        Groups, as in `response_rates`.

    Returns
    -------
    Measured
        ``table`` has one row per group, scale, window, outcome and denominator: ``estimate, low, high`` (shares of 1,
        points of the scale for a mean), ``method, numerator, denominator, status``. ``ladder`` has the steps in people.

    Raises
    ------
    CallError
        For an unknown measure or group, or a period that the dataset cannot have.

    Notes
    -----
    The intervals of shares are Wilson's. What each measure means stands on its card (`outcomes measures NAME`); the
    measures modelled on public ones are not certified as them.

    Examples
    --------
    >>> from analysis.intake.dataset import open_dataset
    >>> from analysis.cohort.cohort import derive
    >>> found = measure(derive(open_dataset("data/demo")), "hedis-drr-e", period="2025")
    >>> list(found.table["outcome"])
    ['follow_up', 'remission', 'response']
    >>> bool((found.table["denominator"] == found.table["eligible"]).all())  # who is not followed up stays in
    True
    """
    if not isinstance(cohort, Cohort):
        raise CallError("cohort: a cohort is needed; make one with derive(open_dataset(...)).")
    card = measure_card(name)
    rule = card.rule
    if isinstance(rule, IndexRule):
        table, ladder = index_measure(cohort, rule, _question(cohort, rule.instrument, period, by))
    elif isinstance(rule, EndedCourseRule):
        table, ladder = ended_course_measure(cohort, rule, _question(cohort, rule.depression, period, by))
    else:
        table, ladder = _of_windows(cohort, rule, period, by)
    return Measured(card, table.assign(measure=card.label), ladder.assign(measure=card.label))


def _question(cohort: Cohort, instrument: str, period: str | int | Period | None, by: str | Sequence[str]) -> Question:
    """Check groups and period as for any other result; the window plays no part."""
    return ask(cohort, instrument=instrument, window="end of loading", by=by, period=period)


def _of_windows(
    cohort: Cohort, rule: RateRule | MeanRule | StepRule, period: str | int | Period | None, by: str | Sequence[str]
) -> tuple[pd.DataFrame, pd.DataFrame]:
    windows = measure_windows(rule.windows, cohort.definitions)
    if not windows:
        raise CallError("measure: the definitions' report has no such windows (sessions or months are 0).")
    options: dict[str, Any] = {"by": by, "period": period}
    outcome = rule.outcome if isinstance(rule, RateRule) else "response"
    tables, ladders = [], []
    for scale in _scales(cohort, rule, windows, outcome, options):
        chosen = {"instrument": scale, **options}
        ladder = [flow(cohort, window=each, outcome=outcome, **chosen) for each in windows if each != "baseline"]
        if isinstance(rule, RateRule):
            table = response_rates(cohort, window=windows, outcome=outcome, denominator=rule.denominators, **chosen)
        elif isinstance(rule, MeanRule):
            table, ladder = mean_scores(cohort, window=windows, **chosen), ladder[:0]
        else:
            rates = response_rates(cohort, window=windows, denominator="starters", **chosen)
            table = pd.concat([_share_of_step(rates, pd.concat(ladder), step, rule.of) for step in rule.steps])
        tables.append(table)
        ladders += ladder
    ladder_table = pd.concat(ladders, ignore_index=True) if ladders else pd.DataFrame()
    return pd.concat(tables, ignore_index=True), ladder_table


def _scales(
    cohort: Cohort,
    rule: RateRule | MeanRule | StepRule,
    windows: tuple[str, ...],
    outcome: str,
    options: dict[str, Any],
) -> list[str]:
    """Name the scales of the report that have scores, as the report does; everything is counted in one pass."""
    known = _defined(cohort.definitions, windows, outcome)
    wanted = known if rule.scales == "each" else known[:1]
    count_ahead(cohort, [ask(cohort, instrument=name, window=windows, outcome=outcome, **options) for name in wanted])
    (found,) = count_all(cohort, [ScaleTally()])
    scored = [name for name in known if name in set(found["instrument"])] or known[:1]
    return scored if rule.scales == "each" else scored[:1]


def _defined(definitions: Definitions, windows: tuple[str, ...], outcome: str) -> list[str]:
    """Name the scales of the report on which the outcome is defined; stop with the reason where there is none."""
    parsed, names, refused = [parse_window(name, definitions) for name in windows], [], None
    for name in definitions.report.instruments:
        try:
            refuse_undefined(outcome, name, parsed, definitions)
            names.append(name)
        except CallError as error:
            refused = error
    if not names and refused:
        raise refused
    return names


def _share_of_step(rates: pd.DataFrame, ladder: pd.DataFrame, step: str, of: str) -> pd.DataFrame:
    """Make a step of the flow a share of another; the rows are those of `rates`, whose ladder stays beside them."""
    keys = list(rates.columns[: list(rates.columns).index("window") + 1])
    for name, column in ((step, "numerator"), (of, "denominator")):
        steps = ladder.loc[ladder["name"] == name, [*keys, "count"]].rename(columns={"count": column})
        rates = rates.drop(columns=column).merge(steps, on=keys, how="left", validate="one_to_one")
    return with_shares(rates.assign(outcome=step, estimand=f"of {of}"))[[*keys, *RESULT_COLUMNS]]

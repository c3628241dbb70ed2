"""One measure as one rate: which scale, window and denominator, and its counts in any groups."""

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from analysis.cohort.cohort import Cohort
from analysis.cohort.windows import Window, parse_window
from analysis.counts.closing_tally import ClosingTally
from analysis.counts.engine import count_all
from analysis.counts.ladder import ask, tally_ladder
from analysis.counts.ladder_tally import ESTIMANDS
from analysis.counts.measure_tally import EndedCourseTally, IndexTally, tally_people
from analysis.counts.outcome_kinds import OUTCOMES, refuse_undefined, scales_judged
from analysis.counts.tallies import ScaleTally
from analysis.vocabulary.errors import CallError, nearest_name
from analysis.vocabulary.measure_words import measure_windows
from analysis.vocabulary.measures import EndedCourseRule, IndexRule, MeanRule, RateRule, StepRule, measure_cards
from analysis.vocabulary.periods import Period

Rule = RateRule | StepRule | MeanRule | IndexRule | EndedCourseRule
COUNTS = ["numerator", "denominator", "started", "with_baseline", "eligible", "scored"]
_STEP_COLUMNS = {"baseline": "with_baseline", "responded": "with_outcome"}


@dataclass(frozen=True)
class ChosenMeasure:
    """One number of a measure: ``outcome`` (empty for a mean) and ``estimand`` as in tables, ``label`` of its card."""

    rule: Rule
    label: str
    instrument: str
    window: str
    outcome: str
    estimand: str


def choose_measure(
    cohort: Cohort,
    name: str,
    *,
    instrument: str | None = None,
    window: str | None = None,
    denominator: str | None = None,
) -> ChosenMeasure:
    """Settle on one scale, window and denominator of a measure.

    Parameters
    ----------
    cohort : Cohort
    name : str
        A measure's card, such as ``response`` or ``completeness``, or an outcome, such as ``reliable_improvement``.
    instrument : str, optional
        The report's first scale that has scores when left out.
    window : str, optional
        The card's first window when left out.
    denominator : str, optional
        ``nonresponder`` when left out (all eligible people), where the measure has it.

    Returns
    -------
    ChosenMeasure

    Raises
    ------
    CallError
        Naming the option that is wrong and what it can be.
    """
    if not isinstance(cohort, Cohort):
        raise CallError("cohort: a cohort is needed; make one with derive(open_dataset(...)).")
    rule, label = _rule(name)
    definitions = cohort.definitions
    if isinstance(rule, IndexRule | EndedCourseRule):
        if not (instrument is None and window is None and denominator is None):
            raise CallError(f"measure: '{name}' has one scale, window and denominator of its own; leave them out.")
        return _of_people(rule, label)
    names = [window] if window else measure_windows(rule.windows, definitions)
    if not names:
        raise CallError("measure: the definitions' report has no such windows (sessions or months are 0).")
    outcome = rule.outcome if isinstance(rule, RateRule) else "" if isinstance(rule, MeanRule) else rule.steps[0]
    parsed = parse_window(names[0], definitions)
    if parsed.kind == "baseline" and not isinstance(rule, MeanRule):
        raise CallError("window: 'baseline' has mean scores only; nobody has responded before treatment.")
    counted = outcome if isinstance(rule, RateRule) else "response"
    scale = instrument or _first_scale(cohort, counted, parsed)
    if isinstance(rule, RateRule):
        known = list(rule.denominators)
    else:
        known = ["scored"] if isinstance(rule, MeanRule) else [f"of {rule.of}"]
    chosen = denominator or ("nonresponder" if "nonresponder" in known else known[0])
    if chosen not in known:
        raise CallError(f"denominator: '{chosen}' is unknown here. There are: {', '.join(known)}.")
    # Everything else about the question is checked as for any other result.
    question = ask(cohort, instrument=scale, window=names[0], outcome=counted)
    return ChosenMeasure(rule, label, question.instrument, parsed.name, outcome, chosen)


def _rule(name: str) -> tuple[Rule, str]:
    cards = measure_cards()
    if name in cards:
        return cards[name].rule, cards[name].label
    if name in OUTCOMES or name.startswith("remission_"):
        windows = (
            ("rapid",) if name == "rapid_response" else ("months",) if name == "sustained_response" else ("headline",)
        )
        return RateRule(name, windows, tuple(ESTIMANDS), "headline"), name
    known = [*cards, *OUTCOMES]
    raise CallError(
        f"measure: '{name}' is neither a measure nor an outcome.{nearest_name(str(name), known)} The command 'outcomes "
        f"measures' lists the measures; outcomes are: {', '.join(OUTCOMES)}."
    )


def _of_people(rule: IndexRule | EndedCourseRule, label: str) -> ChosenMeasure:
    if isinstance(rule, EndedCourseRule):
        scales = f"{rule.depression} and {rule.anxiety}"
        return ChosenMeasure(rule, label, scales, "first to last score of the course", rule.outcome, "nonresponder")
    outcome = "response" if "response" in rule.outcomes else rule.outcomes[0]
    window = f"days {rule.first_day} to {rule.last_day} after the index score"
    return ChosenMeasure(rule, label, rule.instrument, window, outcome, "nonresponder")


def _first_scale(cohort: Cohort, outcome: str, window: Window) -> str:
    """Name the first scale of the report on which the outcome is defined and that has scores."""
    defined, refused = [], None
    for name in cohort.definitions.report.instruments:
        try:
            refuse_undefined(outcome, name, [window], cohort.definitions)
            defined.append(name)
        except CallError as error:
            refused = error
    if not defined:
        raise refused or CallError("instrument: the definitions' report names no scale; name one.")
    (found,) = count_all(cohort, [ScaleTally()])
    return next((name for name in defined if name in set(found["instrument"])), defined[0])


def count_measure(
    cohort: Cohort, chosen: ChosenMeasure, *, by: Sequence[str], period: str | int | Period | None = None
) -> pd.DataFrame:
    """Count a chosen measure in every group.

    Parameters
    ----------
    cohort : Cohort
    chosen : ChosenMeasure
        Not a mean.
    by : sequence of str
        Names from `analysis.counts.groups.GROUPS`.
    period : str, int or Period, optional

    Returns
    -------
    DataFrame
        One row per group, every group present even when empty: ``by`` and `COUNTS` in whole numbers.

    Raises
    ------
    CallError
        For an unknown group, or a period that the dataset cannot have.
    """
    rule = chosen.rule
    if isinstance(rule, IndexRule | EndedCourseRule):
        scale = rule.instrument if isinstance(rule, IndexRule) else rule.depression
        question = ask(cohort, instrument=scale, window="end of loading", by=by, period=period)
        kind = IndexTally if isinstance(rule, IndexRule) else EndedCourseTally
        counts = tally_people(cohort, kind(rule, question.by, question.period))  # type: ignore[arg-type]
        reached = "with_outcome" if isinstance(rule, EndedCourseRule) else chosen.outcome.replace("follow_up", "scored")
        baseline = "eligible" if isinstance(rule, EndedCourseRule) else "started"
        counts = counts.assign(
            numerator=counts[reached], denominator=counts["eligible"], with_baseline=counts[baseline]
        )
    else:
        outcome = chosen.outcome if isinstance(rule, RateRule) else "response"
        question = ask(
            cohort, instrument=chosen.instrument, window=chosen.window, by=by, outcome=outcome, period=period
        )
        counts = _as_share(tally_ladder(cohort, question), chosen)
    return counts[[*question.by, *COUNTS]]


def count_closings(cohort: Cohort, chosen: ChosenMeasure, *, by: Sequence[str], every: str) -> pd.DataFrame:
    """Count a chosen measure by the month, or the day, in which its window closes.

    Parameters
    ----------
    cohort : Cohort
    chosen : ChosenMeasure
        A rate, a share of a step or a mean.
    by : sequence of str
        Names from `analysis.counts.groups.GROUPS`.
    every : {"closing_month", "closing_day"}

    Returns
    -------
    DataFrame
        One row per group and month or day that has anybody: ``by``, ``every``, `COUNTS`, and ``total_sum,
        total_squares`` (hundredths of points); for a mean ``numerator`` is that sum, ``denominator`` those scored.
        People whose dates are not known are under ``unknown``.

    Raises
    ------
    CallError
        For an unknown group, or a measure that has no window of its own.
    """
    rule = chosen.rule
    if isinstance(rule, IndexRule | EndedCourseRule):
        raise CallError(
            "measure: months go with measures of a window, such as 'response' or 'completeness'; this one counts from "
            "each person's own index score or last session and is given by year."
        )
    outcome = chosen.outcome if isinstance(rule, RateRule) else "response"
    question = ask(cohort, instrument=chosen.instrument, window=chosen.window, by=by, outcome=outcome)
    tally = ClosingTally(question.instrument, question.windows[0], question.by, outcome, every)
    (counts,) = count_all(cohort, [tally])
    counts = counts.assign(
        with_outcome=counts[f"{outcome}_count"], with_outcome_completed=counts[f"{outcome}_count_completed"]
    )
    return _as_share(counts, chosen)[[*question.by, every, *COUNTS, "total_sum", "total_squares"]]


def _as_share(counts: pd.DataFrame, chosen: ChosenMeasure) -> pd.DataFrame:
    rule = chosen.rule
    if isinstance(rule, MeanRule):
        numerator, denominator = "total_sum", "scored"
    elif isinstance(rule, StepRule):
        numerator, denominator = _STEP_COLUMNS.get(chosen.outcome, chosen.outcome), rule.of
    else:
        numerator, denominator = ESTIMANDS[chosen.estimand]
    return counts.assign(numerator=counts[numerator], denominator=counts[denominator])


def judged_scales(cohort: Cohort, chosen: ChosenMeasure) -> str:
    """Name the scale, or the two, that a chosen measure is judged by.

    Parameters
    ----------
    cohort : Cohort
    chosen : ChosenMeasure

    Returns
    -------
    str
    """
    if isinstance(chosen.rule, RateRule):
        return " and ".join(scales_judged(chosen.outcome, chosen.instrument, cohort.definitions))
    return chosen.instrument

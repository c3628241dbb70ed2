"""The measures that count people in a way of their own: follow-up of an index score, and courses that are over."""

from collections.abc import Callable

import numpy as np
import pandas as pd

from analysis.cohort.cohort import Cohort
from analysis.counts.ladder import Question, due_basis, period_name
from analysis.counts.measure_tally import EndedCourseTally, IndexTally, tally_people
from analysis.estimate.intervals import wilson
from analysis.estimate.rates import ESTIMATE_COLUMNS, SHOWN_LADDER
from analysis.vocabulary.measures import EndedCourseRule, IndexRule

Step = tuple[str, str, str, Callable[[pd.DataFrame], pd.Series]]

RESULT_COLUMNS = ["outcome", "estimand", *ESTIMATE_COLUMNS, *SHOWN_LADDER, "period", "due", "definitions"]


def index_measure(cohort: Cohort, rule: IndexRule, question: Question) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Estimate what followed an index score.

    Parameters
    ----------
    cohort : Cohort
    rule : IndexRule
    question : Question
        For its groups and its period.

    Returns
    -------
    tuple of DataFrame
        The estimates and the ladder, as in `analysis.estimate.measures.Measured`.
    """
    counts = tally_people(cohort, IndexTally(rule, question.by, question.period))
    window = f"days {rule.first_day} to {rule.last_day} after the index score"
    numerators = {"follow_up": "scored", "remission": "remission", "response": "response"}
    tables = [
        counts.assign(outcome=outcome, numerator=counts[numerators[outcome]], denominator=counts["eligible"])
        for outcome in rule.outcomes
    ]
    table = pd.concat(tables).sort_index(kind="stable").assign(with_baseline=lambda each: each["started"])
    reached = "response" if "response" in rule.outcomes else "remission"
    steps = _index_steps(rule, reached, " in the measurement year" if question.period else "")
    return _finished(cohort, question, table=table, steps=steps, counts=counts, window=window)


def _index_steps(rule: IndexRule, reached: str, period: str) -> list[Step]:
    steps: list[Step] = [
        ("rung", "treated", "Treated", lambda c: c["treated"]),
        ("reason", "undated", "Start not known, so in no period", lambda c: c["undated"]),
        (
            "reason",
            "no_index",
            f"No {rule.instrument} over {rule.over} with a session soon after{period}",
            lambda c: c["no_index"],
        ),
        ("reason", "not_due", "Follow-up not over yet", lambda c: c["not_due"]),
        ("rung", "started", "Index score, follow-up over", lambda c: c["started"]),
        ("reason", "excluded_diagnosis", f"Excluded: {rule.excluded}", lambda c: c["excluded_diagnosis"]),
        (
            "reason",
            "other_diagnosis",
            f"Diagnosis other than {', '.join(rule.diagnoses)}",
            lambda c: c["other_diagnosis"],
        ),
        ("reason", "too_young", f"Younger than {rule.youngest}", lambda c: c["too_young"]),
        ("reason", "died", "Died by the end of the follow-up", lambda c: c["died"]),
        ("rung", "eligible", "In the denominator", lambda c: c["eligible"]),
        ("branch", "diagnosis_unknown", "Counted, diagnosis not recorded", lambda c: c["diagnosis_unknown"]),
        ("branch", "age_unknown", "Counted, age not recorded", lambda c: c["age_unknown"]),
        ("branch", "prior_ketamine", "Counted, had ketamine before", lambda c: c["prior_ketamine"]),
        ("reason", "not_scored", "No score in the follow-up window", lambda c: c["eligible"] - c["scored"]),
        ("rung", "scored", "Scored in the follow-up window", lambda c: c["scored"]),
        ("reason", "not_responded", f"No {reached}", lambda c: c["scored"] - c[reached]),
        ("rung", "responded", reached.capitalize(), lambda c: c[reached]),
    ]
    if reached == "response" and "remission" in rule.outcomes:
        steps.append(("branch", "remission", "Remission", lambda c: c["remission"]))
    return steps


def ended_course_measure(
    cohort: Cohort, rule: EndedCourseRule, question: Question
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Estimate how people were at the end of a course that is over.

    Parameters
    ----------
    cohort : Cohort
    rule : EndedCourseRule
    question : Question
        For its groups and its period.

    Returns
    -------
    tuple of DataFrame
        The estimates and the ladder, as in `analysis.estimate.measures.Measured`.
    """
    counts = tally_people(cohort, EndedCourseTally(rule, question.by, question.period))
    table = counts.assign(
        outcome=rule.outcome,
        numerator=counts["with_outcome"],
        denominator=counts["eligible"],
        with_baseline=counts["eligible"],
    )
    words = rule.outcome.replace("_", " ")
    steps: list[Step] = [
        ("rung", "treated", "Treated", lambda c: c["treated"]),
        ("reason", "undated", "Start not known, so in no period", lambda c: c["undated"]),
        ("reason", "not_due", "Course not over yet", lambda c: c["not_due"]),
        ("reason", "few_sessions", f"Fewer than {rule.sessions} sessions", lambda c: c["few_sessions"]),
        ("rung", "started", f"Course over, at least {rule.sessions} sessions", lambda c: c["started"]),
        ("reason", "not_case", "Under both thresholds at the start", lambda c: c["not_case"]),
        ("rung", "eligible", "In the denominator", lambda c: c["eligible"]),
        ("branch", "case_unknown", "Counted, threshold at the start not known", lambda c: c["case_unknown"]),
        ("branch", "prior_ketamine", "Counted, had ketamine before", lambda c: c["prior_ketamine"]),
        (
            "reason",
            "not_scored",
            f"{words.capitalize()} not known: scores missing",
            lambda c: c["eligible"] - c["scored"],
        ),
        ("rung", "scored", f"{words.capitalize()} known", lambda c: c["scored"]),
        ("reason", "not_responded", f"No {words}", lambda c: c["scored"] - c["with_outcome"]),
        ("rung", "responded", words.capitalize(), lambda c: c["with_outcome"]),
    ]
    if not rule.of_cases:
        steps = [step for step in steps if step[1] not in {"not_case", "case_unknown"}]
    return _finished(
        cohort, question, table=table, steps=steps, counts=counts, window="first to last score of the course"
    )


def _finished(
    cohort: Cohort, question: Question, *, table: pd.DataFrame, steps: list[Step], counts: pd.DataFrame, window: str
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Estimate the rates and lay out the ladder. Not scored counts as not reached, as for ``nonresponder``."""
    shared = {
        "window": window,
        "period": period_name(question),
        "due": due_basis(cohort),
        "definitions": cohort.definitions.label,
    }
    keys = [*question.by, "instrument", "window"]
    table = with_shares(table.assign(**shared, estimand="nonresponder"))[[*keys, *RESULT_COLUMNS]]
    table = table.astype(dict.fromkeys(SHOWN_LADDER, "Int64")).reset_index(drop=True)
    if not counts["undated"].any():
        steps = [step for step in steps if step[1] != "undated"]
    parts = [
        counts[[*question.by, "instrument"]].assign(
            step=step,
            kind=kind,
            name=name,
            label=label,
            count=count(counts).astype("Int64"),
            status="ok",
            row=counts.index,
        )
        for step, (kind, name, label, count) in enumerate(steps, start=1)
    ]
    ladder = pd.concat(parts).sort_values(["row", "step"], kind="stable").assign(**shared)
    columns = [*keys, "step", "kind", "name", "label", "count", "status", "period", "due", "definitions"]
    return table, ladder[columns].reset_index(drop=True)


def with_shares(table: pd.DataFrame) -> pd.DataFrame:
    """Turn numerators and denominators into shares with Wilson's interval.

    Parameters
    ----------
    table : DataFrame
        With ``numerator`` and ``denominator``.

    Returns
    -------
    DataFrame
        The table with the columns that every table of estimates has; ``empty`` where nobody is in the denominator.

    Examples
    --------
    >>> with_shares(pd.DataFrame({"numerator": [15], "denominator": [82]}))["low"].round(4).item()
    0.1141
    """
    x, n = (table[name].to_numpy("int64") for name in ("numerator", "denominator"))
    share = np.full(len(table), np.nan)
    np.divide(x, n, out=share, where=n > 0)
    low, high = wilson(x, n)
    return table.assign(
        estimate=share,
        low=low,
        high=high,
        method="Wilson, 95 %",
        numerator=pd.array(x, dtype="Int64"),
        denominator=pd.array(n, dtype="Int64"),
        status=np.where(n > 0, "ok", "empty"),
    )

"""The flow of people: from treated to responded, every step down with its reason."""

from collections.abc import Callable, Sequence

import pandas as pd

from analysis.cohort.cohort import Cohort
from analysis.counts.ladder import ask, due_basis, period_name, tally_ladder
from analysis.counts.outcome_kinds import scales_judged
from analysis.vocabulary.periods import Period

STEPS: tuple[tuple[str, str, str, Callable[[pd.DataFrame], pd.Series]], ...] = (
    ("rung", "treated", "Started treatment", lambda c: c["treated"]),
    ("reason", "prior_ketamine", "Had ketamine before (counted apart)", lambda c: c["prior_ketamine"]),
    ("reason", "undated", "Start not known, so in no period", lambda c: c["undated"]),
    ("reason", "not_due", "Window not over yet", lambda c: c["not_due"]),
    ("rung", "started", "Started, window over", lambda c: c["started"]),
    ("branch", "loading_completed", "Completed loading", lambda c: c["loading_completed"]),
    ("branch", "loading_stopped", "Stopped during loading", lambda c: c["loading_stopped"]),
    ("branch", "loading_open", "Still in loading", lambda c: c["loading_open"]),
    ("branch", "loading_unknown", "Loading not known", lambda c: c["loading_unknown"]),
    ("reason", "no_baseline", "No score before treatment", lambda c: c["started"] - c["with_baseline"]),
    ("rung", "baseline", "Have a baseline", lambda c: c["with_baseline"]),
    ("reason", "below_entry", "Baseline below the entry score", lambda c: c["with_baseline"] - c["eligible"]),
    ("rung", "eligible", "Eligible", lambda c: c["eligible"]),
    ("reason", "not_scored", "No score in the window", lambda c: c["eligible"] - c["scored"]),
    ("rung", "scored", "Scored in the window", lambda c: c["scored"]),
    ("reason", "not_responded", "Did not respond", lambda c: c["scored"] - c["with_outcome"]),
    ("rung", "responded", "Responded", lambda c: c["with_outcome"]),
)
"""Kind, name, label and count of each step, top down. A rung is the rung before it less the reasons between."""


def flow(
    cohort: Cohort,
    *,
    instrument: str,
    window: str,
    outcome: str = "response",
    by: str | Sequence[str] = (),
    period: str | int | Period | None = None,
) -> pd.DataFrame:
    """Count the ladder's steps with the reasons for each step down.

    Parameters
    ----------
    cohort : Cohort
    instrument : str
    window : str
        One window.
    outcome : str
        What the last rung counts, as in `response_rates`; it keeps the name ``responded``.
    by : str or sequence of str
        Groups, as in `response_rates`.
    period : str, int or Period, optional
        Only windows that close in it; then nobody's window is still open, but for those that close after the data cut.

    Returns
    -------
    DataFrame
        One row per group and step: the group columns, ``instrument, window, step`` (its order), ``kind`` (``rung``;
        ``reason`` for a step down; ``branch`` beside the ladder, of those who started), ``name, label, count, status,
        period, due, definitions``. Each rung is the rung before it less the reasons between.

    Raises
    ------
    CallError
        Naming the option that is wrong and what it can be.
    """
    question = ask(cohort, instrument=instrument, window=window, by=by, outcome=outcome, period=period)
    counts = tally_ladder(cohort, question)
    # Only a dataset in which some people have no date, and a period, make people that belong to no period.
    steps = [step for step in STEPS if step[1] != "undated" or counts["undated"].any()]
    higher = cohort.definitions.instruments[instrument].direction == "higher"
    parts = []
    for step, (kind, name, label, count) in enumerate(steps, start=1):
        part = counts[[*question.by, "window"]].assign(
            step=step,
            kind=kind,
            name=name,
            label=_label(name, label, outcome, higher=higher),
            count=count(counts).astype("Int64"),
            row=counts.index,
        )
        parts.append(part)
    table = pd.concat(parts).sort_values(["row", "step"], kind="stable")
    table = table.assign(
        instrument=" and ".join(scales_judged(outcome, instrument, cohort.definitions)),
        status="ok",
        period=period_name(question),
        due=due_basis(cohort),
        definitions=cohort.definitions.label,
    )
    columns = [
        "instrument",
        "window",
        "step",
        "kind",
        "name",
        "label",
        "count",
        "status",
        "period",
        "due",
        "definitions",
    ]
    return table[[*question.by, *columns]].reset_index(drop=True)


def _label(name: str, label: str, outcome: str, *, higher: bool) -> str:
    """Name a step by the outcome that is counted; of two scales jointly the eligible are those who were a case."""
    words = outcome.replace("_", " ")
    own = {"responded": words.capitalize(), "not_responded": f"No {words}"} if outcome != "response" else {}
    if higher:
        own |= {"below_entry": "Baseline above the entry score"}
    if outcome.endswith("recovery"):
        own |= {"no_baseline": "Not known whether a case before treatment", "below_entry": "No case before treatment"}
    return own.get(name, label)

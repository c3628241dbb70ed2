"""Change of the items that patients speak of: rates of improvement and worsening, and transitions between answers."""

from collections.abc import Sequence

import pandas as pd

from analysis.cohort.cohort import Cohort
from analysis.counts.engine import count_all
from analysis.counts.item_tally import CHANGES, TOTAL, ItemTally, TransitionTally, item_numbers, least_change
from analysis.counts.ladder import (
    Question,
    ask,
    due_basis,
    group_levels,
    period_name,
    question_groups,
    refuse_undated,
    with_every_group,
)
from analysis.counts.tallies import DueTally, Tally
from analysis.estimate.rates import ESTIMATE_COLUMNS, SHOWN_LADDER, checked_denominators, estimate_each
from analysis.vocabulary.errors import CallError, nearest_name
from analysis.vocabulary.periods import Period

ANSWERS = ("none", "some", "unknown")
"""An answer to an item: the best one there is, any other, or none given."""


def item_changes(
    cohort: Cohort,
    *,
    instrument: str,
    window: str | Sequence[str],
    item: str | Sequence[str] | None = None,
    by: str | Sequence[str] = (),
    denominator: str | Sequence[str] = "observed",
    period: str | int | Period | None = None,
) -> pd.DataFrame:
    """Estimate how many became better, and how many worse, on each named item of a scale.

    Parameters
    ----------
    cohort : Cohort
    instrument : str
        One with named items in the definitions, such as ``PHQ-9``.
    window : str or sequence of str
        As in `response_rates`.
    item : str or sequence of str, optional
        Such as ``mood`` or ``suicidal_thoughts``; every named item when left out. Where the definitions name the total
        (``wellbeing`` of WHO-5, ``function`` of WSAS), it is the total.
    by : str or sequence of str
        Groups, as in `response_rates`.
    denominator : str or sequence of str
        As in `response_rates`.
    period : str, int or Period, optional
        Only windows that close in it.

    Returns
    -------
    DataFrame
        One row per group, window, item, change and denominator, of each patient's first course: the group columns,
        ``instrument, window, item, outcome`` (``improvement`` or ``worsening``), ``estimand``, ``estimate, low, high``
        (shares of 1), ``method, numerator, denominator, status``, the ladder ``started, with_baseline, eligible,
        scored``, ``points`` (the least change that counts), ``period``, ``due`` and ``definitions``.

    Raises
    ------
    CallError
        Naming the option that is wrong and what it can be.

    Notes
    -----
    A change is one step of an item; of a total the scale's reliable change or, where none is established, the points
    of its response. ``with_baseline``: the item was answered in the score that is the baseline (where it is a mean, in
    all of its scores). ``eligible``: there is room for the change, so that nobody without the symptom is asked whether
    it improved; the scale's entry score does not matter here. ``scored``: the item was answered in the score picked
    for the window. An item that was left out is unknown and never filled in, also where the total is prorated.

    Examples
    --------
    >>> from analysis.intake.dataset import open_dataset
    >>> from analysis.cohort.cohort import derive
    >>> changes = item_changes(derive(open_dataset("data/demo")), instrument="PHQ-9", window="end of loading")
    >>> list(changes["item"].unique())
    ['interest', 'mood', 'sleep', 'energy', 'concentration', 'suicidal_thoughts']
    """
    estimands = checked_denominators(denominator)
    question = _question(cohort, instrument=instrument, window=window, by=by, period=period)
    scale = cohort.definitions.instruments[instrument]
    numbers = _chosen(item_numbers(scale), item, instrument)
    tally = ItemTally(instrument, tuple(numbers.values()), question.windows, question.by, question.period)
    counted, levels = _counted(cohort, question, tally)
    names = {number: name for name, number in numbers.items()}
    counted["item"] = counted["item"].map(names)
    keys = [*question.by, "window", "item", "change"]
    counts = with_every_group(counted, keys, [*levels, list(numbers), CHANGES])
    counts = counts.rename(
        columns={"changed_count": "with_outcome", "changed_count_completed": "with_outcome_completed"}
    )
    tables = estimate_each(counts.drop(columns=["item", "change"]), estimands=estimands)
    rows = counts.loc[tables.index]
    table = tables.assign(
        instrument=instrument,
        item=rows["item"],
        outcome=rows["change"],
        points=rows["item"].map(numbers).map(lambda number: least_change(scale, number)),
        period=period_name(question),
        due=due_basis(cohort),
        definitions=cohort.definitions.label,
    ).reset_index(drop=True)
    columns = [*question.by, "instrument", "window", "item", "outcome", "estimand", *ESTIMATE_COLUMNS, *SHOWN_LADDER]
    return table[[*columns, "points", "period", "due", "definitions"]]


def item_transitions(
    cohort: Cohort,
    *,
    instrument: str,
    window: str | Sequence[str],
    item: str = "suicidal_thoughts",
    by: str | Sequence[str] = (),
    period: str | int | Period | None = None,
) -> pd.DataFrame:
    """Count everyone who started by their answer to an item before treatment and in a window.

    Parameters
    ----------
    cohort : Cohort
    instrument : str
        One that has the item, such as ``PHQ-9``.
    window : str or sequence of str
        As in `response_rates`.
    item : str
        ``suicidal_thoughts``, or another named item.
    by : str or sequence of str
        Groups, as in `response_rates`.
    period : str, int or Period, optional
        Only windows that close in it.

    Returns
    -------
    DataFrame
        Nine rows per group and window, of each patient's first course: the group columns, ``instrument, window, item,
        before, after`` (``none``: the best answer, 0 of a symptom; ``some``: any other; ``unknown``: not answered, or
        no score), ``count`` (people), ``status, started`` (the sum of the nine), ``period``, ``due`` and
        ``definitions``. Nothing unknown is filled in.

    Raises
    ------
    CallError
        Naming the option that is wrong and what it can be.

    Examples
    --------
    >>> from analysis.intake.dataset import open_dataset
    >>> from analysis.cohort.cohort import derive
    >>> table = item_transitions(derive(open_dataset("data/demo")), instrument="PHQ-9", window="end of loading")
    >>> bool((table["count"].sum() == table["started"]).all())
    True
    """
    question = _question(cohort, instrument=instrument, window=window, by=by, period=period)
    single = {
        name: number
        for name, number in item_numbers(cohort.definitions.instruments[instrument]).items()
        if number != TOTAL
    }
    (number,) = _chosen(single, item, instrument).values()
    tally = TransitionTally(instrument, number, question.windows, question.by, question.period)
    counted, levels = _counted(cohort, question, tally)
    keys = [*question.by, "window"]
    table = with_every_group(counted, [*keys, "before", "after"], [*levels, ANSWERS, ANSWERS])
    table = table.rename(columns={"people": "count"}).astype({"count": "Int64"})
    table = table.assign(
        instrument=instrument,
        item=item,
        status="ok",
        started=table.groupby(keys, sort=False)["count"].transform("sum"),
        period=period_name(question),
        due=due_basis(cohort),
        definitions=cohort.definitions.label,
    )
    columns = ["instrument", "window", "item", "before", "after", "count", "status", "started"]
    return table[[*question.by, *columns, "period", "due", "definitions"]]


def _question(
    cohort: Cohort,
    *,
    instrument: str,
    window: str | Sequence[str],
    by: str | Sequence[str],
    period: str | int | Period | None,
) -> Question:
    question = ask(cohort, instrument=instrument, window=window, by=by, outcome=None, period=period)
    if any(each.kind == "baseline" for each in question.windows):
        raise CallError("window: nothing has changed yet in the window 'baseline'.")
    return question


def _chosen(numbers: dict[str, int], item: str | Sequence[str] | None, instrument: str) -> dict[str, int]:
    """Take the items asked for, in the order of the definitions' names or of the question."""
    if not numbers:
        raise CallError(f"item: the definitions name no item of {instrument}; `named_items` there gives their numbers.")
    names = list(numbers) if item is None else [item] if isinstance(item, str) else list(item)
    if not names or len(set(names)) < len(names):
        raise CallError("item: name at least one, and none twice.")
    for name in names:
        if name not in numbers:
            hint = nearest_name(name, list(numbers))
            raise CallError(f"item: '{name}' is no named item of {instrument}.{hint} There are: {', '.join(numbers)}.")
    return {name: numbers[name] for name in names}


def _counted(cohort: Cohort, question: Question, tally: Tally) -> tuple[pd.DataFrame, list[list[str]]]:
    """Count in one pass, and list the groups and windows there are."""
    _, counted, *groups = count_all(cohort, [DueTally(), tally, *question_groups(question)])
    refuse_undated(cohort, question.period, by=question.by)
    return counted.copy(), [*map(group_levels, groups), [each.name for each in question.windows]]

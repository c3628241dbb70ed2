"""Questions to the ladder, from treated to responded, and their answers in whole numbers."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product

import pandas as pd

from analysis.cohort.cohort import Cohort
from analysis.cohort.windows import Window, parse_window
from analysis.counts.engine import Progress, count_all
from analysis.counts.ladder_tally import ESTIMANDS, OUTCOMES, LadderTally
from analysis.counts.tallies import GROUPS, DueTally, GroupTally, ScaleTally, SetAsideTally
from analysis.vocabulary.errors import CallError, nearest_name
from analysis.vocabulary.periods import Period, parse_period

LADDER = (
    "treated", "prior_ketamine", "undated", "not_due", "started", "with_baseline", "eligible", "scored", "with_outcome",
    "scored_completed", "with_outcome_completed", "loading_completed", "loading_stopped", "loading_open",
    "loading_unknown", "total_sum", "total_squares",
)  # fmt: skip


@dataclass(frozen=True)
class Question:
    """What is asked of the cohort: one instrument, some windows, groups, which courses and which period."""

    instrument: str
    windows: tuple[Window, ...]
    by: tuple[str, ...]
    outcome: str
    courses: str
    period: Period | None


def ask(
    cohort: Cohort,
    *,
    instrument: str,
    window: str | Sequence[str],
    by: str | Sequence[str] = (),
    outcome: str = "response",
    courses: str = "first",
    period: str | int | Period | None = None,
) -> Question:
    """Check a question against the cohort before anything is counted.

    Parameters
    ----------
    cohort : Cohort
    instrument : str
        An instrument of the definitions.
    window : str or sequence of str
        See `analysis.cohort.windows.parse_window`.
    by : str or sequence of str
        Names from `GROUPS`.
    outcome : str
        One of `OUTCOMES`.
    courses : {"first", "all"}
    period : str, int or Period, optional
        The period in which the windows close.

    Returns
    -------
    Question

    Raises
    ------
    CallError
        Naming the option that is wrong and what it can be.
    """
    if not isinstance(cohort, Cohort):
        raise CallError("cohort: a cohort is needed; make one with derive(open_dataset(...)).")
    definitions = cohort.definitions
    _one_of(instrument, list(definitions.instruments), "instrument")
    _one_of(outcome, list(OUTCOMES), "outcome")
    _one_of(courses, ["first", "all"], "courses")
    groups = (by,) if isinstance(by, str) else tuple(by)
    for name in groups:
        _one_of(name, list(GROUPS), "by")
    if len(set(groups)) < len(groups):
        raise CallError("by: a group is named twice.")
    names = (window,) if isinstance(window, str) else tuple(window)
    windows = tuple(parse_window(name, definitions) for name in names)
    if not windows or len({each.name for each in windows}) < len(windows):
        raise CallError("window: name at least one window, and none twice.")
    if "maintenance" in groups and any(each.kind != "month" for each in windows):
        raise CallError("by: 'maintenance' goes with the windows 'month m after loading' only.")
    if outcome.startswith("reliable") and definitions.instruments[instrument].reliable_change is None:
        raise CallError(f"outcome: the definitions hold no reliable-change value for {instrument}.")
    return Question(instrument, windows, groups, outcome, courses, None if period is None else parse_period(period))


def tally_ladder(cohort: Cohort, question: Question) -> pd.DataFrame:
    """Count the ladder for every window and group.

    Parameters
    ----------
    cohort : Cohort
    question : Question
        From `ask`.

    Returns
    -------
    DataFrame
        One row per group and window, every group present even when empty: the group columns, ``window``,
        the columns of `LADDER`, and for each estimand what an interval clustered by patient needs: the patients in
        its denominator (``<estimand>_k``) and their sums of squares and products (``_xx``, ``_xm``, ``_mm``). All are
        whole numbers.

    Raises
    ------
    CallError
        When the dataset has no dates for the question's period.
    """
    # All that the answer needs in one pass, also what says whether there is one.
    _, counted, *groups = count_all(cohort, [DueTally(), _tally(question), *map(GroupTally, question.by)])
    refuse_undated(cohort, question.period)
    levels = map(_levels, groups)
    names = [each.name for each in question.windows]
    keys = [*question.by, "window"]
    every = pd.DataFrame(product(*levels, names), columns=keys)
    filled = every.merge(counted, on=keys, how="left", validate="one_to_one")
    numbers = [column for column in filled.columns if column not in keys]
    filled[numbers] = filled[numbers].fillna(0).astype("int64")
    filled["with_outcome"] = filled[f"{question.outcome}_count"]
    filled["with_outcome_completed"] = filled[f"{question.outcome}_count_completed"]
    squares = {
        f"{estimand}_{suffix}": _square(filled, question, estimand, suffix)
        for estimand in ESTIMANDS
        for suffix in ("xx", "xm", "mm", "k")
    }
    return filled[[*keys, *LADDER]].assign(**squares)


def count_ahead(cohort: Cohort, questions: Sequence[Question], progress: Progress | None = None) -> None:
    """Count everything that some questions need in one pass over the cohort; asking them later costs nothing.

    Parameters
    ----------
    cohort : Cohort
    questions : sequence of Question
    progress : callable, optional
        Called with words for each step.
    """
    groups = {name: GroupTally(name) for question in questions for name in question.by}
    count_all(cohort, [*map(_tally, questions), *groups.values(), DueTally(), ScaleTally(), SetAsideTally()], progress)


def _tally(question: Question) -> LadderTally:
    # Of first courses all outcomes are counted at once: they cost little more than one.
    outcomes = OUTCOMES if question.courses == "first" else (question.outcome,)
    return LadderTally(question.instrument, question.windows, question.by, outcomes, question.courses, question.period)


def _square(filled: pd.DataFrame, question: Question, estimand: str, suffix: str) -> pd.Series:
    if question.courses == "all":
        return filled[f"{question.outcome}_{estimand}_{suffix}"]
    # With one course for each patient, numbers are 0 or 1 and their squares and products the counts themselves.
    numerator, denominator = ESTIMANDS[estimand]
    return filled[numerator if suffix in {"xx", "xm"} else denominator]


def period_name(question: Question) -> str:
    """Name the period of a question for its results: ``2026Q3``, ``2025`` or ``all``.

    Parameters
    ----------
    question : Question

    Returns
    -------
    str
    """
    return question.period.name if question.period else "all"


def due_basis(cohort: Cohort) -> str:
    """Say from what the due days are counted.

    Parameters
    ----------
    cohort : Cohort

    Returns
    -------
    {"date", "year", "assumed", "mixed"}
        Dates, the start year only, nothing (every window counts as due), or different ones for different people.
    """
    found = _due_bases(cohort)
    return found[0] if len(found) == 1 else "mixed" if found else "assumed"


def refuse_undated(cohort: Cohort, period: Period | None) -> None:
    """Stop when the dataset cannot tell who belongs to a period.

    Parameters
    ----------
    cohort : Cohort
    period : Period or None

    Raises
    ------
    CallError
    """
    if period is None:
        return
    known = set(_due_bases(cohort))
    if known and known <= {"assumed"}:
        raise CallError("period: the dataset has neither dates nor start years, so a result has no period.")
    if known and "date" not in known and not period.is_year:
        raise CallError("period: the dataset has start years only, so results are yearly; write a year such as 2025.")


def _due_bases(cohort: Cohort) -> list[str]:
    (found,) = count_all(cohort, [DueTally()])
    return list(found["due_basis"])


def _levels(groups: pd.DataFrame) -> list[str]:
    return sorted(groups["level"], key=lambda level: (level == "unknown", level))


def _one_of(name: str, known: list[str], option: str) -> None:
    if name not in known:
        raise CallError(f"{option}: '{name}' is unknown.{nearest_name(name, known)} There are: {', '.join(known)}.")

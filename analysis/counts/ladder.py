"""Questions to the ladder, from treated to responded, and their answers in whole numbers."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product

import pandas as pd

from analysis.cohort.cohort import Cohort
from analysis.cohort.windows import Window, parse_window
from analysis.counts.engine import Progress, count_all
from analysis.counts.groups import GROUPS, refuse_groups
from analysis.counts.ladder_tally import ESTIMANDS, LadderTally
from analysis.counts.outcome_kinds import SHARED_OUTCOMES, outcome_kind, refuse_undefined, scales_judged
from analysis.counts.tallies import DueTally, ScaleTally, SetAsideTally, Tally, group_tallies
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
    outcome: str | None = "response",
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
        Names from `analysis.counts.groups.GROUPS`.
    outcome : str or None
        One of `analysis.counts.outcome_kinds.OUTCOMES`, or a further remission cut-off such as ``remission_12``; None
        where the total is not asked about.
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
    if outcome is not None:
        outcome_kind(outcome, definitions.instruments[instrument])
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
    if outcome is not None:
        refuse_undefined(outcome, instrument, windows, definitions)
        # Of two scales jointly it does not matter which of them is named.
        instrument = scales_judged(outcome, instrument, definitions)[0]
    refuse_groups(groups, instrument, {each.kind for each in windows}, definitions)
    chosen = None if period is None else parse_period(period)
    return Question(instrument, windows, groups, outcome or "", courses, chosen)


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
    _, counted, *groups = count_all(cohort, [DueTally(), _tally(question), *question_groups(question)])
    refuse_undated(cohort, question.period, by=question.by)
    keys = [*question.by, "window"]
    levels = [*map(group_levels, groups), [each.name for each in question.windows]]
    filled = with_every_group(counted, keys, levels)
    filled["with_outcome"] = filled[f"{question.outcome}_count"]
    filled["with_outcome_completed"] = filled[f"{question.outcome}_count_completed"]
    squares = {
        f"{estimand}_{suffix}": _square(filled, question, estimand, suffix)
        for estimand in ESTIMANDS
        for suffix in ("xx", "xm", "mm", "k")
    }
    return filled[[*keys, *LADDER]].assign(**squares)


def count_ahead(
    cohort: Cohort, questions: Sequence[Question], progress: Progress | None = None, *, also: Sequence[Tally] = ()
) -> None:
    """Count everything that some questions need in one pass over the cohort; asking them later costs nothing.

    Parameters
    ----------
    cohort : Cohort
    questions : sequence of Question
    progress : callable, optional
        Called with words for each step.
    also : sequence of Tally
        Further tallies to count in the same pass.
    """
    groups = dict.fromkeys(tally for question in questions for tally in question_groups(question))
    settled: list[Tally] = [*groups, DueTally(), ScaleTally(), SetAsideTally()]
    count_all(cohort, [*map(_tally, questions), *settled, *also], progress)


def question_groups(question: Question) -> list[Tally]:
    """Return the tallies of which groups there are.

    Parameters
    ----------
    question : Question

    Returns
    -------
    list of Tally
    """
    return [*group_tallies(question.by, question.instrument)]


def _tally(question: Question) -> LadderTally:
    # Of first courses the outcomes of the same people are counted at once: they cost little more than one.
    shared = question.courses == "first" and question.outcome in SHARED_OUTCOMES
    outcomes = SHARED_OUTCOMES if shared else (question.outcome,)
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


def refuse_undated(cohort: Cohort, period: Period | None, *, by: Sequence[str] = ()) -> None:
    """Stop when the dataset cannot tell who belongs to a period, or to the quarters of a group.

    Parameters
    ----------
    cohort : Cohort
    period : Period or None
    by : sequence of str
        The groups asked for.

    Raises
    ------
    CallError
    """
    known = set(_due_bases(cohort)) if period is not None or "quarter" in by else set()
    if "quarter" in by and known and "date" not in known:
        raise CallError("by: the dataset has no dates of sessions, so it cannot say in which quarter a course began.")
    if period is None:
        return
    if known and known <= {"assumed"}:
        raise CallError("period: the dataset has neither dates nor start years, so a result has no period.")
    if known and "date" not in known and not period.is_year:
        raise CallError("period: the dataset has start years only, so results are yearly; write a year such as 2025.")


def _due_bases(cohort: Cohort) -> list[str]:
    (found,) = count_all(cohort, [DueTally()])
    return list(found["due_basis"])


def group_levels(groups: pd.DataFrame) -> list[str]:
    """List the groups that there are, the unknown last.

    Parameters
    ----------
    groups : DataFrame
        From `GroupTally`.

    Returns
    -------
    list of str
    """
    found = groups[["place", "level"]].itertuples(index=False, name=None)
    return [level for _, level in sorted(found, key=lambda one: (one[1] == "unknown", *one))]


def with_every_group(counted: pd.DataFrame, keys: Sequence[str], levels: Sequence[Sequence[str]]) -> pd.DataFrame:
    """Give every combination of groups a row, with zeros where nobody was counted.

    Parameters
    ----------
    counted : DataFrame
        The keys and whole numbers.
    keys : sequence of str
    levels : sequence of sequence of str
        Of each key, in the order wanted.

    Returns
    -------
    DataFrame

    Examples
    --------
    >>> counted = pd.DataFrame({"route": ["iv"], "people": [3]})
    >>> with_every_group(counted, ["route"], [["im", "iv"]])["people"].tolist()
    [0, 3]
    """
    every = pd.DataFrame(product(*levels), columns=list(keys))
    filled = every.merge(counted, on=list(keys), how="left", validate="one_to_one")
    numbers = [column for column in filled.columns if column not in keys]
    filled[numbers] = filled[numbers].fillna(0).astype("int64")
    return filled


def _one_of(name: str, known: list[str], option: str) -> None:
    if name not in known:
        raise CallError(f"{option}: '{name}' is unknown.{nearest_name(name, known)} There are: {', '.join(known)}.")

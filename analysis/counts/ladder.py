"""The tally behind every rate: the ladder from treated to responded, as whole numbers that add across partitions."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product

import pandas as pd

from analysis.cohort.cohort import Cohort
from analysis.cohort.statements import run_statement, sql_statements
from analysis.cohort.windows import Window, parse_window
from analysis.vocabulary.errors import CallError, nearest_name
from analysis.vocabulary.periods import Period, parse_period

OUTCOMES = ("response", "remission", "partial_response", "reliable_improvement", "reliable_deterioration")

ESTIMANDS = {
    "observed": ("with_outcome", "scored"),
    "nonresponder": ("with_outcome", "eligible"),
    "starters": ("with_outcome", "started"),
    "completers": ("with_outcome_completed", "scored_completed"),
}
"""The four denominators: the tally's column that is counted, and the one it is a share of."""

GROUPS = {
    "clinic_id": "courses.clinic_id",
    "route": "courses.route",
    "treatment": "courses.treatment",
    "payer": "courses.payer",
    "diagnosis": "courses.diagnosis",
    "sex": "courses.sex",
    "age_band": "courses.age_band",
    "race_ethnicity": "courses.race_ethnicity",
    "course_kind": "courses.kind",
    "loading_status": "courses.loading_status",
    "maintenance": "CASE WHEN maintenance_given THEN 'given' ELSE 'not given' END",
}
"""What rates can be grouped by. ``maintenance``: whether a maintenance session came before the window's middle day."""

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
    return Question(instrument, windows, groups, outcome, courses, _period(cohort, period))


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
        whole numbers and add across partitions.
    """
    groups = "".join(f"coalesce({GROUPS[name]}::VARCHAR, 'unknown') AS group_{name}, " for name in question.by)
    names = "".join(f"group_{name}, " for name in question.by)
    squares = {
        f"{estimand}_{suffix}": f"{left} * {right}"
        for estimand, (x, m) in ESTIMANDS.items()
        for suffix, left, right in (("xx", x, x), ("xm", x, m), ("mm", m, m))
    }
    sums = [f"sum({column})::BIGINT AS {column}" for column in LADDER]
    sums += [f"sum({formula})::BIGINT AS {column}" for column, formula in squares.items()]
    sums += [f"(count(*) FILTER ({m} > 0))::BIGINT AS {estimand}_k" for estimand, (_, m) in ESTIMANDS.items()]
    query = sql_statements("ladder.sql", "analysis.counts")[0].format(
        window_scores=cohort.window_scores(question.windows, question.instrument),
        groups=groups,
        group_names=names,
        outcome=question.outcome,
        courses="courses.course = 1" if question.courses == "first" else "true",
        sums=", ".join(sums),
    )
    period = question.period
    values = {
        "data_cut": cohort.dataset.data_cut,
        "period_first": period and period.first,
        "period_last": period and period.last,
        "period_is_quarter": period is not None and not period.is_year,
    }
    counted = run_statement(cohort.connection, query, values).df()
    counted = counted.rename(columns={f"group_{name}": name for name in question.by})
    keys = [*question.by, "position"]
    every = pd.DataFrame(product(*_levels(cohort, question), range(len(question.windows))), columns=keys)
    filled = every.merge(counted, on=keys, how="left", validate="one_to_one")
    numbers = [column for column in filled.columns if column not in keys]
    filled[numbers] = filled[numbers].fillna(0).astype("int64")
    filled.insert(len(question.by), "window", [question.windows[k].name for k in filled["position"]])
    return filled.drop(columns="position")


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
    found = cohort.connection.execute("SELECT DISTINCT due_basis FROM courses").fetchall()
    return str(found[0][0]) if len(found) == 1 else "mixed" if found else "assumed"


def _levels(cohort: Cohort, question: Question) -> list[list[str]]:
    levels = []
    for name in question.by:
        if name == "maintenance":
            levels.append(["given", "not given"])
            continue
        found = cohort.connection.execute(
            f"SELECT DISTINCT coalesce({GROUPS[name]}::VARCHAR, 'unknown') AS level FROM courses ORDER BY level"
        ).fetchall()
        levels.append(sorted((row[0] for row in found), key=lambda level: (level == "unknown", level)))
    return levels


def _period(cohort: Cohort, period: str | int | Period | None) -> Period | None:
    if period is None:
        return None
    asked = parse_period(period)
    known = {row[0] for row in cohort.connection.execute("SELECT DISTINCT due_basis FROM courses").fetchall()}
    if known and known <= {"assumed"}:
        raise CallError("period: the dataset has neither dates nor start years, so a result has no period.")
    if known and "date" not in known and not asked.is_year:
        raise CallError("period: the dataset has start years only, so results are yearly; write a year such as 2025.")
    return asked


def _one_of(name: str, known: list[str], option: str) -> None:
    if name not in known:
        raise CallError(f"{option}: '{name}' is unknown.{nearest_name(name, known)} There are: {', '.join(known)}.")

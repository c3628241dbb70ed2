"""Counting the rungs of the ladder in SQL, for any outcome: everybody once for each window, and the scores picked."""

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from analysis.cohort.cohort import Cohort
from analysis.cohort.statements import run_statement, sql_statements
from analysis.counts.groups import group_column
from analysis.vocabulary.periods import Period

PEOPLE = {
    "treated": "true",
    "prior_ketamine": "prevalent",
    "undated": "NOT prevalent AND undated",
    "not_due": "NOT prevalent AND NOT undated AND NOT closed",
    "started": "is_started",
    "with_baseline": "is_started AND has_baseline",
    "eligible": "is_eligible",
    "loading_completed": "is_started AND is_completed",
    "loading_stopped": "is_started AND loading_status = 'stopped'",
    "loading_open": "is_started AND loading_status = 'open'",
    "loading_unknown": "is_started AND loading_status = 'unknown'",
}
"""What is counted of everybody, and on which rungs."""

_CLOSINGS = {
    "closing_month": "CASE WHEN due_basis = 'date' THEN strftime(due_date, '%Y-%m') END",
    "closing_day": "CASE WHEN due_basis = 'date' THEN strftime(due_date, '%Y-%m-%d') END",
}
"""When a window closes: of people whose dates are known."""

_TOTALS = [
    "sum(total_hundredths)::BIGINT AS total_sum",
    "sum(total_hundredths * total_hundredths)::BIGINT AS total_squares",
]


@dataclass(frozen=True)
class OutcomeSource:
    """A query of people with a baseline (``has_baseline, is_over_entry``), and one of the scores that judge them."""

    people: str
    scores: str


def count_rungs(
    part: Cohort,
    source: OutcomeSource,
    is_true: dict[str, str],
    *,
    instrument: str,
    by: Sequence[str],
    period: Period | None,
    first_course: bool = True,
    squares: Sequence[str] = (),
    also: Sequence[str] = (),
) -> pd.DataFrame:
    """Count the rungs of each group and window that has anybody in it.

    Parameters
    ----------
    part : Cohort
        One partition, whose table ``asked_windows`` holds the windows.
    source : OutcomeSource
    is_true : dict of str to str
        By outcome, what is true, false or unknown of a score, in SQL.
    instrument : str
        Whose baseline groups of severity are made of.
    by : sequence of str
        Names from `analysis.counts.groups.GROUPS`, or ``closing_month`` or ``closing_day``: when the window closes.
    period : Period or None
    first_course : bool
        Each patient's first course only; else every course.
    squares : sequence of str
        Further sums over patients, in SQL; with these, counts are added by patient first.
    also : sequence of str
        Columns of both queries that are keys as well.

    Returns
    -------
    DataFrame
        ``by``, ``also`` and ``window``, then whole numbers: those of `PEOPLE`, ``scored, scored_completed``, for each
        outcome ``<outcome>_count`` and ``<outcome>_count_completed``, ``total_sum, total_squares``, and the squares.
    """
    chosen, rungs = sql_statements("ladder.sql", "analysis.counts")
    groups = [f"group_{name}" for name in by]
    level = "".join(f", {_group(name, part, instrument)} AS {group}" for name, group in zip(by, groups, strict=True))
    # Everybody and the scores are counted apart, so that everybody in every window is never joined with anything.
    people = rungs.format(source="chosen CROSS JOIN asked_windows", groups=level)
    same = ", ".join(["patient", "course", *also])
    scores = f"({source.scores}) JOIN asked_windows USING (number) JOIN chosen USING ({same})"
    scored = rungs.format(source=scores, groups=level)
    keys = [*groups, *also, "window_name"]
    unit = ["patient"] if squares else []
    courses, own_keys = "course = 1" if first_course else "true", "".join(f", {key}" for key in also)
    of_scores = _of_scores(is_true)
    names = [*PEOPLE, *of_scores, "total_sum", "total_squares"]
    sums = [f"coalesce(sum({name}), 0)::BIGINT AS {name}" for name in names]
    by_patient = f"(SELECT {', '.join([*keys, *sums])} FROM counted GROUP BY {', '.join([*unit, *keys])})"
    added = by_patient if squares else "counted"
    statement = f"""
        WITH chosen AS ({chosen.format(people=source.people, courses=courses, also=own_keys)}),
        counted AS (
            SELECT {", ".join([*unit, *keys, *_counts(PEOPLE)])} FROM ({people}) GROUP BY ALL
            UNION ALL BY NAME
            SELECT {", ".join([*unit, *keys, *_counts(of_scores), *_TOTALS])} FROM ({scored})
            WHERE is_eligible GROUP BY ALL
        )
        SELECT {", ".join([*keys, *sums, *squares])} FROM {added} GROUP BY {", ".join(keys)}
    """
    found = run_statement(part.connection, statement, period_values(part, period)).df()
    return found.set_axis([*by, *also, "window", *found.columns[len(keys) :]], axis="columns")


def period_values(part: Cohort, period: Period | None) -> dict[str, object]:
    """Return what the ladder's SQL names: the data cut and the period.

    Parameters
    ----------
    part : Cohort
    period : Period or None

    Returns
    -------
    dict of str to value
    """
    return {
        "data_cut": part.dataset.data_cut,
        "period_first": period and period.first,
        "period_last": period and period.last,
        "period_is_quarter": period is not None and not period.is_year,
    }


def _of_scores(is_true: dict[str, str]) -> dict[str, str]:
    """Name what is counted of the scores of eligible people, and which of them."""
    counts = {"scored": "true", "scored_completed": "is_completed"}
    for outcome, true in is_true.items():
        counts |= {f"{outcome}_count": true, f"{outcome}_count_completed": f"is_completed AND {true}"}
    return counts


def _counts(rows: dict[str, str]) -> list[str]:
    return [f"(count(*) FILTER ({which}))::BIGINT AS {name}" for name, which in rows.items()]


def _group(name: str, part: Cohort, instrument: str) -> str:
    if name in _CLOSINGS:
        return f"coalesce({_CLOSINGS[name]}, 'unknown')"
    return group_column(name, part, instrument)

"""Phases of treatment, summarised: how loading ended, what came after it, and what the clinic's own label says."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from html import escape
from itertools import product
from typing import Any

import pandas as pd

from analysis.cohort.cohort import Cohort
from analysis.counts.engine import count_all
from analysis.counts.ladder import refuse_undated
from analysis.counts.phase_tally import (
    AgreementTally,
    CadenceTally,
    CourseKindTally,
    PhaseFactTally,
    SessionDayTally,
    phase_groups,
)
from analysis.counts.tallies import GroupTally, Tally
from analysis.estimate.phase_rows import agreement_rows, closing_reasons, kind_rows, median_rows, month_row, share_rows
from analysis.vocabulary.errors import CallError


@dataclass(frozen=True, eq=False, repr=False)
class Phases:
    """The phases of a cohort.

    Attributes
    ----------
    table : DataFrame
        Shares of first courses: loading status by reason, who reached maintenance, re-loading, switches, later courses.
    numbers : DataFrame
        Medians over first courses: sessions, loading days, gaps in maintenance; and maintenance sessions a month.
    courses : DataFrame
        Courses by kind, with their sessions, re-loading episodes and switches.
    agreement : DataFrame
        The phase by the rule and by the clinic's own label: how many sessions have both, agreement, Cohen's kappa.
    days : DataFrame
        Treatment sessions of first courses by phase and day of the course; the chart `sessions_by_day` draws it.
    """

    table: pd.DataFrame
    numbers: pd.DataFrame
    courses: pd.DataFrame
    agreement: pd.DataFrame
    days: pd.DataFrame

    def __repr__(self) -> str:
        return "Phases\n" + "\n".join(
            f"{title}\n{table.to_string(index=False)}" for title, table in self._shown().items()
        )

    def _repr_html_(self) -> str:
        return "".join(
            f"<h4>{escape(title)}</h4>{table.to_html(index=False, escape=True)}"
            for title, table in self._shown().items()
        )

    def _shown(self) -> dict[str, pd.DataFrame]:
        return {
            "Shares (table)": self.table,
            "Numbers (numbers)": self.numbers,
            "Courses (courses)": self.courses,
            "Rule and clinic's own label (agreement)": self.agreement,
        }


def phases(cohort: Cohort, *, by: str | Sequence[str] = ()) -> Phases:
    """Summarise the phases of treatment.

    Parameters
    ----------
    cohort : Cohort
        From `derive`.
    by : str or sequence of str
        Groups, of the course's first session or the patient: ``clinic_id, route, treatment, payer, diagnosis, sex,
        age_band, race_ethnicity, loading_status``.

    Returns
    -------
    Phases
        Tables with one row for each group and ``name``, every group present even when empty. ``table``: the group
        columns, ``name``, ``reason`` (``any``, or what closed loading, within its status), ``share_of``, then
        ``estimate, low, high`` (shares of 1), ``method, numerator, denominator, status`` (``ok`` or ``empty``) and
        ``definitions``. ``numbers``: ``name``, ``unit``, ``estimate, low, high``, the same columns, ``lower_quartile``
        and ``upper_quartile``; the numerator of a median is the courses at or under it. ``agreement``: ``name``, the
        same columns and the four counts ``loading_loading`` to ``maintenance_maintenance``, the phase by the rule named
        first. ``courses``: ``kind``, ``courses`` and what is counted in them. ``days``: ``phase``, ``course_day`` and
        ``sessions``.

    Raises
    ------
    CallError
        When what is given is no cohort, or naming a group that is unknown.

    Notes
    -----
    Shares and medians are of each person's first course, without the people who had ketamine before day 0
    (``prior ketamine`` in ``courses``); a person with a repeat course or a booster has one or more. They describe the
    courses up to the data cut: who began a short time ago has had less time to reach maintenance or to come back.
    Agreement is of all sessions of all courses that a rule gives a phase. A month is that of the definitions, 30 days.

    Examples
    --------
    >>> from analysis.cohort.cohort import derive
    >>> from analysis.intake.dataset import open_dataset
    >>> found = phases(derive(open_dataset("data/demo")))
    >>> whole = found.table[(found.table["name"].str.startswith("loading ")) & (found.table["reason"] == "any")]
    >>> list(whole["name"]), round(float(whole["estimate"].sum()), 6)
    (['loading completed', 'loading stopped', 'loading open', 'loading unknown'], 1.0)
    """
    if not isinstance(cohort, Cohort):
        raise CallError("cohort: a cohort is needed; make one with derive(open_dataset(...)).")
    groups = phase_groups(by)
    tallies: list[Tally] = [PhaseFactTally(groups), CourseKindTally(groups), CadenceTally(groups)]
    tallies += [AgreementTally(groups), SessionDayTally(groups)]
    facts, kinds, cadence, agreement, days, *levels = count_all(cohort, [*tallies, *map(GroupTally, groups)])
    refuse_undated(cohort, None, by=groups)
    every = _every_group(groups, levels)

    def table(rows_of: Callable[[dict[str, Any]], list[dict[str, Any]]]) -> pd.DataFrame:
        rows = [group | row for group in every for row in rows_of(group)]
        return _typed(pd.DataFrame(rows)).assign(definitions=cohort.definitions.label)

    reasons = closing_reasons(facts)
    month = cohort.definitions.windows.month_days
    return Phases(
        table=table(lambda group: share_rows(_of(facts, group), reasons)),
        numbers=table(lambda group: [*median_rows(_of(facts, group)), month_row(_of(cadence, group), month)]),
        courses=table(lambda group: kind_rows(_of(kinds, group))),
        agreement=table(lambda group: agreement_rows(_of(agreement, group))),
        days=_typed(days.sort_values([*groups, "phase", "course_day"], ignore_index=True)).assign(
            status="ok", definitions=cohort.definitions.label
        ),
    )


def _every_group(groups: tuple[str, ...], counts: list[pd.DataFrame]) -> list[dict[str, Any]]:
    levels = [sorted(each["level"], key=lambda level: (level == "unknown", level)) for each in counts]
    return [dict(zip(groups, values, strict=True)) for values in product(*levels)]


def _of(counts: pd.DataFrame, group: dict[str, Any]) -> pd.DataFrame:
    for name, value in group.items():
        counts = counts[counts[name] == value]
    return counts


def _typed(table: pd.DataFrame) -> pd.DataFrame:
    """Give whole numbers the type that the other tables of results have."""
    whole = [name for name, kind in table.dtypes.items() if pd.api.types.is_integer_dtype(kind)]
    return table.astype(dict.fromkeys(whole, "Int64"))

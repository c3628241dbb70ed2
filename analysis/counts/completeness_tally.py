"""The tally of completeness: who was due a score in each window, and who has one."""

from dataclasses import dataclass

import pandas as pd

from analysis.cohort.cohort import Cohort
from analysis.cohort.statements import run_statement, sql_statements
from analysis.cohort.windows import Window
from analysis.counts.rung_counts import period_values

COURSE_GROUPS = ("clinic_id", "route", "treatment", "payer", "diagnosis", "sex", "age_band", "race_ethnicity")
"""Columns of courses that any result can be grouped by."""

COMPLETENESS_GROUPS = {name: name for name in COURSE_GROUPS} | {
    "phase": "CASE WHEN window_kind = 'baseline' THEN 'before' "
    "WHEN window_kind = 'session' THEN CASE WHEN session_number <= coalesce(last_loading_number, 0) THEN 'loading' "
    "ELSE 'maintenance' END "
    "WHEN window_kind = 'month' AND coalesce(first_maintenance_day < last_loading_day + nearest, false) "
    "THEN 'maintenance' WHEN window_kind = 'hours' THEN 'loading' ELSE 'after loading' END",
    "month": "CASE WHEN due_basis = 'date' THEN strftime(due_date, '%Y-%m') END",
}
"""What completeness can be grouped by.

``phase``: ``before`` treatment (the baseline); ``loading`` (a session of it); ``maintenance`` (a later session, or a
month with a maintenance session before its middle day); else ``after loading``. ``month``: the calendar month in which
the window closed.
"""

_EVERYBODY = "SELECT patient, course, true AS has_baseline, true AS is_over_entry FROM courses"


@dataclass(frozen=True)
class CompletenessTally:
    """First courses whose window has closed, and those with a score in it, whatever the baseline."""

    instrument: str
    windows: tuple[Window, ...]
    by: tuple[str, ...]

    @property
    def keys(self) -> tuple[str, ...]:
        """The groups and the window."""
        return (*self.by, "window")

    def count(self, part: Cohort) -> pd.DataFrame:
        """Count ``due`` and ``scored``; people who had ketamine before are counted apart, as in every rate."""
        groups = ", ".join([*(f'"{name}"' for name in self.by), "window_name"])
        statement = (
            f"{due_windows(part, self.instrument, self.windows, self.by)} "
            f"SELECT {groups}, count(*) AS due, count(*) FILTER (is_scored) AS scored FROM asked_scores GROUP BY ALL"
        )
        found = run_statement(part.connection, statement, period_values(part, None)).df()
        return found.set_axis([*self.keys, "due", "scored"], axis="columns")


def due_windows(part: Cohort, instrument: str, windows: tuple[Window, ...], by: tuple[str, ...] = ()) -> str:
    """Write the SQL of ``asked_scores``: one row for each first course and window that is due, with ``is_scored``.

    Parameters
    ----------
    part : Cohort
        One partition; afterwards its table ``asked_windows`` holds the windows.
    instrument : str
    windows : tuple of Window
    by : tuple of str
        Names from `COMPLETENESS_GROUPS`, which become columns of that name.

    Returns
    -------
    str
        ``WITH ... asked_scores AS (...)``; its parameters are those of `period_values`.
    """
    picked = part.pick_scores(windows, instrument)
    part.ask_windows(windows)
    chosen, rungs = sql_statements("ladder.sql", "analysis.counts")
    levels = [f", coalesce(({COMPLETENESS_GROUPS[name]})::VARCHAR, 'unknown') AS group_{name}" for name in by]
    renamed = "".join(f', group_{name} AS "{name}"' for name in by)
    people = rungs.format(source="chosen CROSS JOIN asked_windows", groups="".join(levels))
    return (
        f"WITH chosen AS ({chosen.format(people=_EVERYBODY, courses='course = 1', also='')}), "
        f"asked AS ({people}), asked_scores AS (SELECT patient, patient_id, window_name, due_date, number, "
        f"clinic_id AS own_clinic_id{renamed}, "
        f"EXISTS (FROM {picked} AS picked WHERE picked.patient = asked.patient AND picked.course = asked.course "
        "AND picked.number = asked.number) AS is_scored FROM asked WHERE is_started "
        # Nobody can be scored after a session that was not given.
        "AND (window_kind <> 'session' OR sessions >= session_number))"
    )

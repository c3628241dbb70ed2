"""Tallies of attendance, of what treatment took for each responder, and of who went on in treatment."""

from dataclasses import dataclass

import pandas as pd

from analysis.cohort.cohort import Cohort
from analysis.cohort.statements import run_statement, sql_statements
from analysis.cohort.windows import Window
from analysis.counts.rung_counts import period_values
from analysis.vocabulary.periods import Period

ATTENDANCE = ("given", "stopped-early", "cancelled", "no-show")

ATTENDANCE_GROUPS = {
    "clinic_id": "coalesce(sessions.clinic_id, patients.clinic_id)",
    "route": "sessions.route",
    "treatment": "sessions.treatment",
    "payer": "patients.payer",
    "sex": "patients.sex",
    "race_ethnicity": "patients.race_ethnicity",
    "diagnosis": "patients.diagnosis",
    "quarter": "year(coalesce(sessions.date, day0 + sessions.day))::VARCHAR || 'Q' "
    "|| quarter(coalesce(sessions.date, day0 + sessions.day))::VARCHAR",
}
"""What planned sessions can be grouped by: of the session, and of the person."""

KIND = " / "
"""Stands between treatment and route in the name of a kind of session."""

_LOADING = ("end", "late")


@dataclass(frozen=True)
class AttendanceTally:
    """Planned sessions by what became of them, with each person's squares and products."""

    by: tuple[str, ...]

    @property
    def keys(self) -> tuple[str, ...]:
        """The groups and the status."""
        return (*self.by, "status")

    def count(self, part: Cohort) -> pd.DataFrame:
        """Count the sessions of each status, and of people with any planned session (``people``) the products."""
        groups = "".join(
            f"coalesce(({ATTENDANCE_GROUPS[name]})::VARCHAR, 'unknown') AS \"{name}\", " for name in self.by
        )
        named = "".join(f'"{name}", ' for name in self.by)
        return part.connection.execute(f"""
            WITH planned AS (
                SELECT sessions.patient_id, {groups}status FROM sessions LEFT JOIN patients USING (patient_id)
                    LEFT JOIN calendar USING (patient_id)
            ),
            persons AS (SELECT patient_id, {named}count(*)::BIGINT AS m FROM planned GROUP BY ALL),
            counted AS (
                SELECT persons.*, status, 0::BIGINT AS x
                FROM persons CROSS JOIN (SELECT unnest({list(ATTENDANCE)}) AS status)
                UNION ALL BY NAME
                SELECT patient_id, {named}status, 0::BIGINT AS m, count(*) AS x FROM planned GROUP BY ALL
            ),
            added AS (
                SELECT {named}status, patient_id, sum(m)::BIGINT AS m, sum(x)::BIGINT AS x FROM counted GROUP BY ALL
            )
            SELECT {named}status, sum(x)::BIGINT AS sessions, sum(m)::BIGINT AS planned, count(*) AS people,
                sum(x * x)::BIGINT AS xx, sum(x * m)::BIGINT AS xm, sum(m * m)::BIGINT AS mm
            FROM added GROUP BY ALL
        """).df()


@dataclass(frozen=True)
class ResponderTally:
    """Sums over people who started of products: of 1, of response (0 or 1), and of their sessions of each kind.

    Means, variances and covariances of any weighted number of sessions, such as a cost, follow from these; prices are
    not needed to count.
    """

    instrument: str
    window: Window
    by: tuple[str, ...]
    period: Period | None

    @property
    def keys(self) -> tuple[str, ...]:
        """The groups, and the two that are multiplied: ``people``, ``responders`` or a kind of session."""
        return (*self.by, "one", "other")

    def count(self, part: Cohort) -> pd.DataFrame:
        """Add up the products. Loading sessions for the end of loading; else all until the window closes."""
        scale = part.scale_number(self.instrument)
        picked = part.pick_scores((self.window,), self.instrument)
        part.ask_windows((self.window,))
        chosen, rungs = sql_statements("ladder.sql", "analysis.counts")
        (people, *_) = sql_statements("outcome_sources.sql", "analysis.counts")
        asked = rungs.format(source="chosen CROSS JOIN asked_windows", groups="")
        # Columns of courses under names of their own, so that sessions can be joined.
        groups = "".join(f"coalesce({name}::VARCHAR, 'unknown') AS \"group_{name}\", " for name in self.by)
        named = "".join(f'"group_{name}", ' for name in self.by)
        of_one = "".join(f'one."group_{name}" AS "{name}", ' for name in self.by)
        counted = "phase = 'loading'" if self.window.kind in _LOADING else f"course_day < {int(self.window.due_day)}"
        statement = f"""
            WITH chosen AS ({chosen.format(people=people.format(scale=scale), courses="course = 1", also="")}),
            asked AS ({asked}),
            started AS (SELECT patient, {groups}number, is_eligible FROM asked WHERE is_started),
            responded AS (
                SELECT started.* FROM started JOIN {picked} AS picked
                    ON picked.patient = started.patient AND picked.course = 1 AND picked.number = started.number
                WHERE is_eligible AND response
            ),
            given AS (
                SELECT course_sessions.patient, treatment || '{KIND}' || coalesce(route, 'unknown') AS kind
                FROM course_sessions JOIN kinds USING (kind) WHERE course = 1 AND {counted}
            ),
            amounts AS (
                SELECT patient, {named}'people' AS kind, 1::BIGINT AS amount FROM started
                UNION ALL SELECT patient, {named}'responders', 1 FROM responded
                UNION ALL
                SELECT patient, {named}given.kind, count(*) FROM started JOIN given USING (patient) GROUP BY ALL
            )
            SELECT {of_one}one.kind AS one, other.kind AS other, sum(one.amount * other.amount)::BIGINT AS product
            FROM amounts AS one JOIN amounts AS other USING (patient) WHERE one.kind <= other.kind GROUP BY ALL
        """
        return run_statement(part.connection, statement, period_values(part, self.period)).df()


@dataclass(frozen=True)
class ContinuationTally:
    """First courses by whether loading was completed once closed, and maintenance followed once that is settled.

    Settled: another course would begin with the next session. Who did not complete loading is not asked about
    maintenance.
    """

    by: tuple[str, ...]

    @property
    def keys(self) -> tuple[str, ...]:
        """The groups, and the quarter in which the course began."""
        return (*self.by, "quarter")

    def count(self, part: Cohort) -> pd.DataFrame:
        """Count who is due and who went on, for both steps."""
        groups = "".join(f"coalesce({name}::VARCHAR, 'unknown') AS \"{name}\", " for name in self.by)
        settled = (
            "loading_status = 'completed' AND coalesce(due_from + (last_loading_day - first_day) + $gap_days "
            "< $data_cut::DATE, true)"
        )
        statement = f"""
            SELECT {groups}CASE WHEN due_basis = 'date'
                    THEN year(due_from)::VARCHAR || 'Q' || quarter(due_from)::VARCHAR ELSE 'unknown' END AS quarter,
                count(*) FILTER (loading_status IN ('completed', 'stopped')) AS loading_due,
                count(*) FILTER (loading_status = 'completed') AS loading_completed,
                count(*) FILTER ({settled}) AS maintenance_due,
                count(*) FILTER ({settled} AND maintenance_sessions > 0) AS maintenance_given
            FROM courses WHERE course = 1 GROUP BY ALL
        """
        values = {"gap_days": part.definitions.course.gap_days, "data_cut": part.dataset.data_cut}
        return run_statement(part.connection, statement, values).df()

"""Tallies of adverse events and of the sessions and patients that they are counted among."""

from dataclasses import dataclass

import pandas as pd

from analysis.cohort.cohort import Cohort
from analysis.counts.safety_tables import EVENT_SPLITS, EXPOSURE_SPLITS, SESSION_SPLITS, safety_tables
from analysis.vocabulary.safety_rules import SafetyRules

ANY = "any"
"""The term that stands for all terms of a source together."""

CARE_EVENTS = ("hospitalisation-psychiatric", "hospitalisation-other", "suicide-attempt", "death")
"""What the table ``events`` holds that is serious."""


@dataclass(frozen=True)
class SafetySessionTally:
    """Treatment sessions and their patients, by every split; the squares are those of each patient's sessions."""

    by: tuple[str, ...]
    rules: SafetyRules

    @property
    def keys(self) -> tuple[str, ...]:
        """The groups, the split and its level."""
        return (*self.by, "split", "level")

    def count(self, part: Cohort) -> pd.DataFrame:
        """Count the sessions of each level."""
        tables = safety_tables(part, self.by, self.rules)
        queries = [
            f"SELECT {tables.listed}'{split}' AS split, level, count(*) AS patients, sum(m)::BIGINT AS sessions, "
            f"sum(m * m)::BIGINT AS mm FROM (SELECT {tables.listed}patient, {level} AS level, count(*) AS m "
            f"FROM {tables.sessions} GROUP BY ALL) GROUP BY ALL"
            for split, level in (SESSION_SPLITS | EXPOSURE_SPLITS).items()
        ]
        return _named(part, " UNION ALL ".join(queries), self.keys)


@dataclass(frozen=True)
class AdverseEventTally:
    """Adverse events that follow a session, by split, level, source and term; by exposure so far one term only."""

    by: tuple[str, ...]
    rules: SafetyRules

    @property
    def keys(self) -> tuple[str, ...]:
        """The groups, the split, its level, the source and the term."""
        return (*self.by, "split", "level", "source", "term")

    def count(self, part: Cohort) -> pd.DataFrame:
        """Count events, the patients who had them, and the squares and products with each patient's sessions."""
        tables = safety_tables(part, self.by, self.rules)
        bladder = f"term = '{self.rules.bladder_term}'"
        asked = [(split, level, level, "true") for split, level in SESSION_SPLITS.items()]
        asked += [(split, level, level, bladder) for split, level in EXPOSURE_SPLITS.items()]
        asked += [(split, level, "'all'", "true") for split, level in EVENT_SPLITS.items()]
        same = f"{tables.listed}patient"
        queries = []
        for split, level, within, which in asked:
            terms = f"({same}, level, within, source, term)"
            if which == "true":
                terms += f", ({same}, level, within, source)"
            queries.append(f"""
                SELECT {tables.listed}'{split}' AS split, level, source, term, sum(x)::BIGINT AS events,
                    count(*) AS patients, sum(x * x)::BIGINT AS xx, sum(x * m)::BIGINT AS xm
                FROM (
                    SELECT {same}, level, within, source, coalesce(term, '{ANY}') AS term, count(*) AS x
                    FROM (SELECT {same}, {level} AS level, {within} AS within, source, term
                          FROM {tables.events} WHERE session_day IS NOT NULL AND {which})
                    GROUP BY GROUPING SETS ({terms})
                ) JOIN (
                    SELECT {same}, {within} AS within, count(*) AS m FROM {tables.sessions} GROUP BY ALL
                ) USING ({same}, within)
                GROUP BY ALL""")
        return _named(part, " UNION ALL ".join(queries), self.keys)


@dataclass(frozen=True)
class EventFateTally:
    """What became of each row of the table adverse_events: each is one of these."""

    by: tuple[str, ...]
    rules: SafetyRules

    @property
    def keys(self) -> tuple[str, ...]:
        """The fate."""
        return ("fate",)

    def count(self, part: Cohort) -> pd.DataFrame:
        """Count the rows of each fate."""
        tables = safety_tables(part, self.by, self.rules)
        return part.connection.execute(
            "SELECT CASE WHEN session_day IS NULL THEN 'before any session' ELSE timing END AS fate, "
            f'count(*) AS "rows" FROM {tables.events} GROUP BY fate UNION ALL '
            "SELECT 'person never treated', count(*) FROM adverse_events "
            "WHERE patient_id NOT IN (SELECT patient_id FROM people)"
        ).df()


@dataclass(frozen=True)
class CareEventTally:
    """Serious events of the table events, on or after the day of the first session; and the rows of that table."""

    by: tuple[str, ...]
    rules: SafetyRules

    @property
    def keys(self) -> tuple[str, ...]:
        """The groups and the event."""
        return (*self.by, "term")

    def count(self, part: Cohort) -> pd.DataFrame:
        """Count events and patients, under the groups of the session before."""
        tables = safety_tables(part, self.by, self.rules)
        query = f"""
            WITH found AS (
                SELECT patient, day AS event_day, event FROM events JOIN people USING (patient_id)
                WHERE event IN {CARE_EVENTS}
            ),
            last_of_day AS (
                SELECT {tables.listed}patient AS of_patient, day FROM {tables.sessions} WHERE is_last_of_day
            )
            SELECT {tables.listed}event AS term, count(*) AS events, count(DISTINCT patient) AS patients
            FROM found ASOF JOIN last_of_day ON patient = of_patient AND event_day >= day GROUP BY ALL"""
        return _named(part, query, self.keys)


@dataclass(frozen=True)
class RecordTally:
    """Sessions by clinic, and how many of them have each kind of safety record."""

    by: tuple[str, ...]
    rules: SafetyRules

    @property
    def keys(self) -> tuple[str, ...]:
        """The groups, the clinic of the session and what is recorded."""
        return (*self.by, "own_clinic", "name")

    def count(self, part: Cohort) -> pd.DataFrame:
        """Count the sessions of each clinic."""
        tables = safety_tables(part, self.by, self.rules)
        followed = f"row IN (SELECT row FROM {tables.events} WHERE session_day IS NOT NULL)"
        given = f"(SELECT *, {followed} AS followed FROM {tables.sessions})"
        queries = [
            f"SELECT {tables.listed}own_clinic, '{name}' AS name, count(*) AS sessions, "
            f"(count(*) FILTER ({which}))::BIGINT AS recorded FROM given GROUP BY ALL"
            for name, which in (RECORDS | {"adverse event": "followed"}).items()
        ]
        return _named(part, f"WITH given AS {given} {' UNION ALL '.join(queries)}", self.keys)


@dataclass(frozen=True)
class PatientRecordTally:
    """Patients treated, and how many of them have any record of safety."""

    by: tuple[str, ...]
    rules: SafetyRules

    @property
    def keys(self) -> tuple[str, ...]:
        """The groups, and what is counted: counts need a key."""
        return (*self.by, "name")

    def count(self, part: Cohort) -> pd.DataFrame:
        """Count patients under each of their groups."""
        tables = safety_tables(part, self.by, self.rules)
        measured = " OR ".join(RECORDS[name] for name in RECORDS if name != "dose")
        query = f"""
            SELECT {tables.listed}name, count(*) AS patients, (count(*) FILTER (CASE name
                WHEN 'adverse event' THEN has_event WHEN 'measurement' THEN is_measured
                ELSE has_event OR is_measured END))::BIGINT AS recorded
            FROM (
                SELECT {tables.listed}patient, bool_or({measured}) AS is_measured,
                    bool_or(row IN (SELECT row FROM {tables.events} WHERE session_day IS NOT NULL)) AS has_event
                FROM {tables.sessions} GROUP BY ALL
            ) CROSS JOIN (SELECT unnest(['adverse event', 'measurement', 'any']) AS name)
            GROUP BY ALL"""
        return _named(part, query, self.keys)


RECORDS = {
    "blood pressure before and peak": "coalesce(systolic_before, diastolic_before) IS NOT NULL "
    "AND coalesce(systolic_peak, diastolic_peak) IS NOT NULL",
    "CADSS": "cadss_peak IS NOT NULL",
    "sedation (MOAA/S)": "sedation_peak IS NOT NULL",
    "minutes until fit to leave": "ready_min IS NOT NULL",
    "dose": "dose_mg IS NOT NULL",
}
"""Which sessions have a record of what."""


def _named(part: Cohort, query: str, keys: tuple[str, ...]) -> pd.DataFrame:
    """Run a query that begins with the keys, and give them their names."""
    counts = part.connection.execute(query).df()
    return counts.set_axis([*keys, *counts.columns[len(keys) :]], axis="columns")

"""Tallies of what is measured at sessions: pressure, dissociation, sedation, minutes; and how long events last."""

from dataclasses import dataclass

import pandas as pd

from analysis.cohort.cohort import Cohort
from analysis.counts.safety_tables import safety_tables
from analysis.vocabulary.safety_rules import SafetyRules


@dataclass(frozen=True)
class SessionFact:
    """Something known or unknown of a session: yes or no (1 or 0), or a whole number with its unit.

    ``record`` says what has to be recorded; ``value`` is SQL that is missing where it is not.
    """

    name: str
    record: str
    value: str
    unit: str = ""


def session_facts(rules: SafetyRules) -> tuple[SessionFact, ...]:
    """List what is counted of sessions.

    Parameters
    ----------
    rules : SafetyRules

    Returns
    -------
    tuple of SessionFact

    Examples
    --------
    >>> [fact.name for fact in session_facts(SafetyRules()) if fact.record == "CADSS"]
    ['CADSS over 4', 'CADSS']
    """
    high = f"systolic >= {rules.systolic} or diastolic >= {rules.diastolic}"
    risen = f"systolic rise >= {rules.systolic_rise} or diastolic rise >= {rules.diastolic_rise}"
    up, down = "systolic_peak - systolic_before", "diastolic_peak - diastolic_before"
    systolic, diastolic = "systolic peak", "diastolic peak"
    both = "systolic before and peak", "diastolic before and peak"
    facts = [
        SessionFact("stopped early", "session", "stopped"),
        # Only where both pressures are there: were one enough when it is high, the share would be too large.
        SessionFact(
            high, "both peaks",
            f"CASE WHEN systolic_peak + diastolic_peak IS NOT NULL THEN systolic_peak >= {rules.systolic} "
            f"OR diastolic_peak >= {rules.diastolic} END",
        ),
        SessionFact(f"systolic >= {rules.systolic}", systolic, f"systolic_peak >= {rules.systolic}"),
        SessionFact(f"diastolic >= {rules.diastolic}", diastolic, f"diastolic_peak >= {rules.diastolic}"),
        SessionFact(
            risen, "both pressures before and peak",
            f"CASE WHEN {up} + {down} IS NOT NULL THEN {up} >= {rules.systolic_rise} OR {down} >= "
            f"{rules.diastolic_rise} END",
        ),
        SessionFact(f"systolic rise >= {rules.systolic_rise}", both[0], f"{up} >= {rules.systolic_rise}"),
        SessionFact(f"diastolic rise >= {rules.diastolic_rise}", both[1], f"{down} >= {rules.diastolic_rise}"),
        SessionFact("systolic rise", both[0], up, "mmHg"),
        SessionFact("diastolic rise", both[1], down, "mmHg"),
        SessionFact(f"CADSS over {rules.cadss}", "CADSS", f"cadss_peak > {rules.cadss}"),
        SessionFact("CADSS", "CADSS", "cadss_peak", "points"),
        SessionFact("MOAA/S under 5", "MOAA/S", "sedation_peak < 5"),
        SessionFact("MOAA/S 0", "MOAA/S", "sedation_peak = 0"),
    ]  # fmt: skip
    ready = "minutes until fit to leave"
    facts += [SessionFact(f"fit to leave by {end} minutes", ready, f"ready_min <= {end}") for end in rules.minutes]
    return (*facts, SessionFact(ready, ready, "ready_min", "minutes"))


@dataclass(frozen=True)
class SessionFactTally:
    """Sums over patients of each fact of their sessions, with squares and products."""

    by: tuple[str, ...]
    rules: SafetyRules

    @property
    def keys(self) -> tuple[str, ...]:
        """The groups and the fact."""
        return (*self.by, "name")

    def count(self, part: Cohort) -> pd.DataFrame:
        """Add up each fact: sessions given, sessions with the record (m), its values (x), and patients."""
        tables, facts = safety_tables(part, self.by, self.rules), session_facts(self.rules)
        columns = ", ".join(
            f"sum(({fact.value})::INTEGER)::BIGINT AS x{place}, count({fact.value}) AS m{place}"
            for place, fact in enumerate(facts)
        )
        queries = [
            f"SELECT {tables.listed}'{fact.name}' AS name, sum(given)::BIGINT AS given, "
            f"sum(m{place})::BIGINT AS known, "
            f"coalesce(sum(x{place}), 0)::BIGINT AS total, coalesce(sum(x{place} * x{place}), 0)::BIGINT AS xx, "
            f"coalesce(sum(x{place} * m{place}), 0)::BIGINT AS xm, sum(m{place} * m{place})::BIGINT AS mm, "
            f"(count(*) FILTER (m{place} > 0))::BIGINT AS patients, "
            f"(count(*) FILTER (x{place} > 0))::BIGINT AS patients_with FROM persons GROUP BY ALL"
            for place, fact in enumerate(facts)
        ]
        query = (
            f"WITH persons AS MATERIALIZED (SELECT {tables.listed}patient, count(*) AS given, {columns} "
            f"FROM {tables.sessions} GROUP BY ALL) {' UNION ALL '.join(queries)}"
        )
        return part.connection.execute(query).df().rename(columns=group_names(self.by))


@dataclass(frozen=True)
class SessionValueTally:
    """How often each whole number of a fact with a unit occurs, for medians and quartiles."""

    by: tuple[str, ...]
    rules: SafetyRules

    @property
    def keys(self) -> tuple[str, ...]:
        """The groups, the fact and its value."""
        return (*self.by, "name", "value")

    def count(self, part: Cohort) -> pd.DataFrame:
        """Count the sessions of each value."""
        tables = safety_tables(part, self.by, self.rules)
        queries = [
            f"SELECT {tables.listed}'{fact.name}' AS name, {fact.value} AS value, count(*) AS sessions "
            f"FROM {tables.sessions} WHERE {fact.value} IS NOT NULL GROUP BY ALL"
            for fact in session_facts(self.rules)
            if fact.unit
        ]
        return part.connection.execute(" UNION ALL ".join(queries)).df().rename(columns=group_names(self.by))


@dataclass(frozen=True)
class ExposureTally:
    """Patients by their sessions, milligrams and days under treatment so far, as whole numbers."""

    by: tuple[str, ...]
    rules: SafetyRules

    @property
    def keys(self) -> tuple[str, ...]:
        """The groups, what is measured and its value."""
        return (*self.by, "name", "value")

    def count(self, part: Cohort) -> pd.DataFrame:
        """Count the patients of each value; milligrams only of those whose every dose is recorded."""
        tables = safety_tables(part, self.by, self.rules)
        persons = f"""
            SELECT {tables.listed}patient, treatment, count(*) AS given, count(dose_mg) AS dosed,
                sum(round(10 * dose_mg)::BIGINT) AS tenths, min(day) AS first_day, max(day) AS last_day
            FROM {tables.sessions} WHERE NOT prevalent GROUP BY ALL"""
        query = f"""
            WITH persons AS ({persons}),
            whole AS (
                SELECT {tables.listed}patient, sum(given)::BIGINT AS sessions, max(last_day) - min(first_day) AS days
                FROM persons GROUP BY ALL
            )
            SELECT {tables.listed}'sessions' AS name, sessions AS value, count(*) AS patients FROM whole GROUP BY ALL
            UNION ALL SELECT {tables.listed}'days', days, count(*) FROM whole GROUP BY ALL
            UNION ALL SELECT {tables.listed}'mg of ' || treatment, (tenths // 10)::BIGINT, count(*)
            FROM persons WHERE dosed = given AND treatment IN ('ketamine', 'esketamine') GROUP BY ALL"""
        return part.connection.execute(query).df().rename(columns=group_names(self.by))


@dataclass(frozen=True)
class ResolutionTally:
    """Each patient's first event of a term and source on a session's day, by the minute it ended or was last seen."""

    by: tuple[str, ...]
    rules: SafetyRules

    @property
    def keys(self) -> tuple[str, ...]:
        """The groups, the source, the term and the minute since the session began; -1 where there is none."""
        return (*self.by, "source", "term", "minute")

    def count(self, part: Cohort) -> pd.DataFrame:
        """Count what was resolved in each minute, and what was not yet when the patient was fit to leave."""
        tables = safety_tables(part, self.by, self.rules)
        # An end before the session began, or before the event did, is no time.
        ended = "resolved_min >= greatest(0, coalesce(onset_min, 0))"
        query = f"""
            WITH first_events AS (
                SELECT *, coalesce({ended}, false) AS ended FROM {tables.events} WHERE timing = 'day of a session'
                QUALIFY row_number() OVER (PARTITION BY {tables.listed}patient, source, term ORDER BY day, sequence) = 1
            ),
            timed AS (
                SELECT *, CASE WHEN ended THEN resolved_min WHEN resolved_min IS NULL THEN ready_min END AS until
                FROM first_events
            )
            SELECT {tables.listed}source, term, coalesce(until, -1) AS "minute",
                (count(*) FILTER (ended))::BIGINT AS resolved,
                (count(*) FILTER (NOT ended AND until IS NOT NULL))::BIGINT AS censored,
                (count(*) FILTER (until IS NULL))::BIGINT AS without_time
            FROM timed GROUP BY ALL"""
        return part.connection.execute(query).df().rename(columns=group_names(self.by))


def group_names(by: tuple[str, ...]) -> dict[str, str]:
    """Give the group columns of the safety tables the names of the groups.

    Parameters
    ----------
    by : tuple of str

    Returns
    -------
    dict of str to str

    Examples
    --------
    >>> group_names(("route",))
    {'group_route': 'route'}
    """
    return {f"group_{name}": name for name in by}

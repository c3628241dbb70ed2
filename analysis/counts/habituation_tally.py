"""The tally of habituation: the first sessions of a fixed cohort, by session number."""

from dataclasses import dataclass

import pandas as pd

from analysis.cohort.cohort import Cohort
from analysis.counts.safety_fact_tally import SessionFact, group_names, session_facts
from analysis.counts.safety_tables import safety_tables
from analysis.counts.safety_tally import ANY
from analysis.vocabulary.safety_rules import SafetyRules

CHANGE = "last less first"
HAD_ALL, MEASURED_AT_ALL = "had all sessions", "measured at every one"


@dataclass(frozen=True)
class HabituationTally:
    """Sessions 1 to k of the first courses that had at least k, by session number."""

    by: tuple[str, ...]
    rules: SafetyRules

    @property
    def keys(self) -> tuple[str, ...]:
        """The groups, the fact, who is counted, and the session number (or the change from the first to the last)."""
        return (*self.by, "name", "people", "session")

    def count(self, part: Cohort) -> pd.DataFrame:
        """Add up each fact at each session: patients, those with the record, the sum and the sum of squares."""
        tables, k = safety_tables(part, self.by, self.rules), self.rules.habituation_sessions
        facts = {fact.name: fact.value for fact in session_facts(self.rules) if _habituates(fact, self.rules)}
        facts |= {
            "dissociation, reported": "row IN (SELECT row FROM reported WHERE term = 'dissociation')",
            f"{ANY} adverse event, reported": "row IN (SELECT row FROM reported)",
        }
        long = " UNION ALL ".join(
            f"SELECT {tables.listed}patient, session_number, '{name}' AS name, ({value})::INTEGER AS value FROM fixed"
            for name, value in facts.items()
        )
        sums = (
            "count(*) AS patients, count(value) AS known, coalesce(sum(value), 0)::BIGINT AS total, "
            "coalesce(sum(value * value), 0)::BIGINT AS xx"
        )
        query = f"""
            WITH reported AS (SELECT row, term FROM {tables.events}
                WHERE source = 'reported' AND timing = 'day of a session' AND session_day IS NOT NULL),
            fixed AS (SELECT * FROM {tables.sessions} WHERE course = 1 AND session_number <= {k}
                QUALIFY count(*) OVER (PARTITION BY patient) = {k}),
            long AS ({long}),
            marked AS (SELECT *, {k} = count(value) OVER (PARTITION BY patient, name) AS whole FROM long),
            ends AS (SELECT {tables.listed}patient, name, bool_and(whole) AS whole,
                max(value) FILTER (session_number = {k}) - max(value) FILTER (session_number = 1) AS value
                FROM marked GROUP BY ALL),
            told AS (
                SELECT {tables.listed}name, whole, session_number::VARCHAR AS session, value FROM marked
                UNION ALL SELECT {tables.listed}name, whole, '{CHANGE}', value FROM ends
            )
            SELECT {tables.listed}name, '{HAD_ALL}' AS people, session, {sums} FROM told GROUP BY ALL
            UNION ALL
            SELECT {tables.listed}name, '{MEASURED_AT_ALL}', session, {sums} FROM told WHERE whole GROUP BY ALL"""
        return part.connection.execute(query).df().rename(columns=group_names(self.by))


def habituation_names(rules: SafetyRules) -> dict[str, str]:
    """Name what is followed over the first sessions, with its unit; none where it is yes or no.

    Parameters
    ----------
    rules : SafetyRules

    Returns
    -------
    dict of str to str

    Examples
    --------
    >>> list(habituation_names(SafetyRules()))[0:3]
    ['systolic rise', 'CADSS over 4', 'CADSS']
    """
    measured = {fact.name: fact.unit for fact in session_facts(rules) if _habituates(fact, rules)}
    return measured | {"dissociation, reported": "", f"{ANY} adverse event, reported": ""}


def _habituates(fact: SessionFact, rules: SafetyRules) -> bool:
    return fact.name in {"systolic rise", f"CADSS over {rules.cadss}", "CADSS", "minutes until fit to leave"}

"""The tally behind the baseline table: how many first courses have each value of each characteristic."""

from dataclasses import dataclass

import pandas as pd

from analysis.cohort.cohort import Cohort
from analysis.cohort.statements import run_statement, sql_statements
from analysis.cohort.windows import Window
from analysis.counts.completeness_tally import COURSE_GROUPS
from analysis.counts.groups import GROUPS
from analysis.counts.rung_counts import period_values
from analysis.vocabulary.instruments import Instrument

ANALYSED = ("analysed", "not analysed", "not in question")
"""Eligible and scored in the window; started but not so; had ketamine before, or the window is not over."""

CHARACTERISTICS = {
    "age": "age",
    "age_band": "age_band",
    "sex": "sex",
    "race_ethnicity": "race_ethnicity",
    "diagnosis": "diagnosis",
    "failed_trials": "failed_trials",
    "failed_trials_band": GROUPS["failed_trials_band"].format(of=""),
    "prior_ketamine": "CASE WHEN prior_ketamine THEN 'yes' WHEN NOT prior_ketamine THEN 'no' END",
    "payer": "payer",
    "clinic_id": "clinic_id",
    "start_year": "start_year",
    "treatment": "treatment",
    "route": "route",
    "weight": "round(10 * weight_kg)::INTEGER",
    "first_dose": "round(10 * dose_mg)::INTEGER",
}
"""What is counted of each first course; weight and first dose in tenths."""


@dataclass(frozen=True)
class BaselineTally:
    """First courses by the value of each characteristic, and by the baseline of each instrument in hundredths.

    ``everybody`` is a characteristic too: what is missing is the rest.
    """

    instrument: str
    window: Window
    by: str | None

    @property
    def keys(self) -> tuple[str, ...]:
        """The group (``all`` without one), the characteristic, and its value as text."""
        return ("level", "characteristic", "value")

    def count(self, part: Cohort) -> pd.DataFrame:
        """Count the people of each value."""
        scale = part.scale_number(self.instrument)
        picked = part.pick_scores((self.window,), self.instrument)
        part.ask_windows((self.window,))
        chosen, rungs = sql_statements("ladder.sql", "analysis.counts")
        (people, *_) = sql_statements("outcome_sources.sql", "analysis.counts")
        asked = rungs.format(source="chosen CROSS JOIN asked_windows", groups="")
        facts = {
            "everybody": "'yes'",
            **CHARACTERISTICS,
            "severity": _bands(part.definitions.instruments[self.instrument]),
        }
        columns = ", ".join(f'({fact})::VARCHAR AS "fact_{name}"' for name, fact in facts.items())
        listed = ", ".join(f'"fact_{name}"' for name in facts)
        analysed, started = (f"'{each}'" for each in ANALYSED[:2])
        level = {
            None: "'all'",
            "analysed": f"CASE WHEN is_eligible AND is_scored THEN {analysed} WHEN is_started THEN {started} "
            f"ELSE '{ANALYSED[2]}' END",
        }.get(self.by, f"coalesce({self.by}::VARCHAR, 'unknown')")
        statement = f"""
            WITH chosen AS ({chosen.format(people=people.format(scale=scale), courses="course = 1", also="")}),
            asked AS ({asked}),
            first_sessions AS (
                SELECT patient, sessions.weight_kg, sessions.dose_mg FROM course_sessions JOIN sessions USING (row)
                WHERE course = 1 AND session_number = 1
            ),
            own_baselines AS (
                SELECT patient, baseline_sum, baseline_n FROM baselines WHERE course = 1 AND scale = {scale}
            ),
            known AS (
                SELECT asked.*, weight_kg, dose_mg, baseline_sum, baseline_n,
                    EXISTS (FROM {picked} AS picked WHERE picked.patient = asked.patient AND picked.course = 1
                        AND picked.number = asked.number) AS is_scored
                FROM asked LEFT JOIN first_sessions USING (patient) LEFT JOIN own_baselines USING (patient)
            ),
            grouped AS (SELECT patient, {level} AS level, {columns} FROM known)
            SELECT level, replace(name, 'fact_', '') AS characteristic, value, count(*) AS people
            FROM (UNPIVOT grouped ON {listed} INTO NAME name VALUE value) GROUP BY ALL
            UNION ALL
            SELECT level, 'baseline ' || instrument, ((100 * baseline_sum) // baseline_n)::VARCHAR, count(*) AS people
            FROM grouped JOIN baselines USING (patient) JOIN instruments USING (scale) WHERE course = 1 GROUP BY ALL
        """
        return run_statement(part.connection, statement, period_values(part, None)).df()


def baseline_groups() -> list[str]:
    """List what a baseline table can be grouped by.

    Returns
    -------
    list of str

    Examples
    --------
    >>> baseline_groups()[:2]
    ['analysed', 'clinic_id']
    """
    return ["analysed", *COURSE_GROUPS]


def _bands(scale: Instrument) -> str:
    """Write the band of severity of a baseline; a mean of several scores is in the band it has reached."""
    if not scale.severity:
        return "NULL"
    cases = [
        f"WHEN baseline_sum >= {low} * baseline_n THEN '{place} {name}'"
        for place, (low, name) in reversed(list(enumerate(scale.severity)))
    ]
    return f"CASE {' '.join(cases)} END"

"""The two tables that every tally of safety reads: treatment sessions with their measurements, and adverse events."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

from analysis.cohort.cohort import Cohort
from analysis.cohort.statements import run_statement, sql_statements
from analysis.counts.groups import GROUPS, WINDOW_GROUPS, checked_groups, group_column
from analysis.vocabulary.safety_rules import SafetyRules, band_names

SAFETY_GROUPS = tuple(name for name in GROUPS if name not in {*WINDOW_GROUPS, "baseline_severity"})
"""What safety can be grouped by: the course of the session, or its patient."""

SESSION_SPLITS = {
    "all": "'all'",
    "phase": "phase",
    "route": "route",
    "dose": "dose_band",
    "session number": "number_band",
}
"""What sessions are split by, in SQL; each part has its own denominator."""

EXPOSURE_SPLITS = {"sessions so far": "sessions_band", "mg so far": "mg_band", "months so far": "months_band"}
"""Cumulative exposure up to and with the session."""

EVENT_SPLITS = {"severity": "severity", "seriousness": "seriousness", "timing": "timing"}
"""What events are split by; the denominator is all sessions."""

_MONTH_DAYS = 30


@dataclass(frozen=True)
class SafetyTables:
    """The names of the two tables in one partition, and of the group columns in both."""

    sessions: str
    events: str
    groups: tuple[str, ...]

    @property
    def listed(self) -> str:
        """The group columns in SQL, each followed by a comma."""
        return "".join(f"{name}, " for name in self.groups)


def safety_tables(part: Cohort, by: tuple[str, ...], rules: SafetyRules) -> SafetyTables:
    """Write the two tables, once for each grouping and set of rules.

    Parameters
    ----------
    part : Cohort
        One partition.
    by : tuple of str
        Names from `SAFETY_GROUPS`.
    rules : SafetyRules

    Returns
    -------
    SafetyTables
    """
    suffix = hashlib.sha256(repr((by, rules)).encode()).hexdigest()[:8]
    names = SafetyTables(f"safety_sessions_{suffix}", f"safety_events_{suffix}", tuple(f"group_{name}" for name in by))
    levels = [
        f"{group_column(name, part, '', of='courses.')} AS {group}, "
        for name, group in zip(by, names.groups, strict=True)
    ]
    for statement in sql_statements("safety.sql", "analysis.counts"):
        query = statement.format(
            sessions=names.sessions,
            events=names.events,
            groups="".join(levels),
            groups_of_session="".join(f"of_session.{group}, " for group in names.groups),
            number_band=_number_band(rules),
            dose_band=_dose_band(rules),
            sessions_band=_band("sessions_so_far", rules.sessions_so_far, band_names(rules.sessions_so_far, first=1)),
            mg_band=_divided("tenths_so_far", rules.mg_so_far, "mg", 10),
            months_band=_divided("days_so_far", rules.months_so_far, "months", _MONTH_DAYS),
        )
        run_statement(part.connection, query, {})
    return names


def safety_groups(by: str | Sequence[str]) -> tuple[str, ...]:
    """Check what safety is to be grouped by.

    Parameters
    ----------
    by : str or sequence of str
        Names from `SAFETY_GROUPS`.

    Returns
    -------
    tuple of str

    Raises
    ------
    CallError
        Naming the group that is unknown or named twice.

    Examples
    --------
    >>> safety_groups("route")
    ('route',)
    """
    return checked_groups(by, SAFETY_GROUPS)


def _band(value: str, edges: tuple[int, ...], names: list[str]) -> str:
    below = "".join(f" WHEN {value} < {edge} THEN '{name}'" for edge, name in zip(edges, names, strict=False))
    return f"CASE{below} ELSE '{names[-1]}' END"


def _divided(value: str, edges: tuple[int, ...], unit: str, divide: int) -> str:
    """Band whole numbers of which several make one unit."""
    ends = tuple(divide * edge for edge in edges)
    return _band(value, ends, band_names(ends, unit=unit, divide=divide))


def _number_band(rules: SafetyRules) -> str:
    last = rules.numbered_sessions
    return f"CASE WHEN session_number > {last} THEN '{last + 1} and later' ELSE session_number::VARCHAR END"


def _dose_band(rules: SafetyRules) -> str:
    """Band the dose within its treatment and route: the same milligrams do not act alike by another route."""
    edges, names = rules.dose_per_kg, band_names(rules.dose_per_kg, unit="mg/kg", divide=100)
    below = "".join(
        f" WHEN 100 * dose_mg < {edge} * weight_kg THEN '{name}'" for edge, name in zip(edges, names, strict=False)
    )
    per_kg = f"CASE WHEN dose_mg IS NULL OR weight_kg IS NULL THEN 'mg/kg unknown'{below} ELSE '{names[-1]}' END"
    doses = "".join(f" WHEN dose_mg = {dose} THEN '{dose} mg'" for dose in rules.label_doses)
    in_mg = f"CASE WHEN dose_mg IS NULL THEN 'dose unknown'{doses} ELSE 'another dose' END"
    named = "treatment || CASE WHEN route IN ('unknown', 'none') THEN '' ELSE ' ' || route END || ', '"
    return (
        f"CASE treatment WHEN 'ketamine' THEN {named} || {per_kg} WHEN 'esketamine' THEN {named} || {in_mg} "
        "ELSE 'other treatment' END"
    )

"""Vital signs, weights and sedation or dissociation ratings of a session's day: before it, and the peak after it began.

Readings of blood pressure, heart rate and oxygen saturation need a time of day on both sides: the last one up to the
start is the one before, the highest (of the saturation the lowest) until the next session of the day is the peak. The
weight is the last of the day. CADSS counts by its highest and MOAA/S by its lowest value; without times, for the day's
only session.
"""

from collections import defaultdict
from collections.abc import Hashable, Iterable
from dataclasses import dataclass
from typing import Any

from analysis.intake.readers.fhir_codes import has_word
from analysis.intake.readers.fhir_common import Cells, moment_at, moment_paths
from analysis.intake.readers.fhir_files import Resource
from analysis.intake.readers.fhir_references import Context
from analysis.intake.readers.fhir_sessions import Session, Sessions
from analysis.intake.readers.fhir_units import in_unit
from analysis.intake.readers.fhir_values import LOINC, Moment, codes_of, elements, find, text_at

USED = {"final", "amended", "corrected"}
WITH_SESSION = "session"
NO_SESSION = "no session that day"
NO_TIME = "no time of day"
UNREAD_UNIT = "unit not read"

# LOINC codes of single readings; 85354-9 and 55284-4 are panels that hold the two pressures as components.
_CODES = {
    "8480-6": "systolic",
    "8462-4": "diastolic",
    "8867-4": "heart_rate",
    "59408-5": "saturation",
    "2708-6": "saturation",
    "29463-7": "weight_kg",
    "3141-9": "weight_kg",
}
_RATINGS = {"cadss": r"\bcadss\b(?![-_ .]*(item|q)?[-_ .]*\d)", "sedation": r"\bmoaa[/ -]?s\b"}
_TIMED = ("systolic", "diastolic", "heart_rate", "saturation")
VITAL_COLUMNS = (
    *("systolic_before", "diastolic_before", "systolic_peak", "diastolic_peak"),
    *("cadss_peak", "sedation_peak", "weight_kg", "heart_rate_peak", "saturation_lowest"),
)


@dataclass
class Reading:
    """One observation of a patient: what it measured, by name."""

    place: Hashable
    patient: str
    when: Moment
    values: dict[str, float]
    use: str = ""


def read_readings(observations: Iterable[Resource], context: Context) -> list[Reading]:
    """Find the observations that say something about a session.

    Parameters
    ----------
    observations : iterable of Resource
        The latest versions; those that are not final are passed over.
    context : Context

    Returns
    -------
    list of Reading
        Those whose unit is not known say so as their ``use``.
    """
    found = []
    for resource in observations:
        body = resource.body
        named = _values(body) if text_at(body, "status") in USED else {}
        if named:
            when = moment_at(body, context, *moment_paths("effective"))
            read = {name: float(value) for name, value in named.items() if value}
            reading = Reading(resource.place, context.id_of(body, "subject", "Patient"), when, read)
            reading.use = "" if len(read) == len(named) else UNREAD_UNIT
            found.append(reading)
    return found


def fill_vitals(given: Sessions, readings: Iterable[Reading]) -> None:
    """Write into the sessions' cells what was measured, and into each reading's ``use`` what became of it.

    Parameters
    ----------
    given : mapping of str to sequence of Session
        Each patient's given sessions in order.
    readings : iterable of Reading
    """
    days: defaultdict[tuple[str, str], list[Session]] = defaultdict(list)
    for patient, sessions in given.items():
        for session in sessions:
            days[patient, session.start.day].append(session)
    measured: defaultdict[tuple[str, str], list[Reading]] = defaultdict(list)
    for reading in readings:
        if not reading.use:
            measured[reading.patient, reading.when.day].append(reading)
            reading.use = NO_SESSION
    for day, sessions in days.items():
        together = sorted(measured.get(day, []), key=lambda each: each.when.time)
        for reading in together:
            reading.use = NO_TIME
        for number, session in enumerate(sessions):
            later = sessions[number + 1].start if number + 1 < len(sessions) else None
            session.row.cells |= _cells(session, together, later, alone=len(sessions) == 1)


def _cells(session: Session, together: list[Reading], later: Moment | None, *, alone: bool) -> Cells:
    before: dict[str, float] = {}
    after: defaultdict[str, list[float]] = defaultdict(list)
    for reading in together:
        since = session.start.minutes_until(reading.when)
        too_late = later is not None and since is not None and (reading.when.minutes_until(later) or 0) < 0
        for name, value in reading.values.items():
            if name == "weight_kg":
                before[name] = value
            elif since is None and (name in _TIMED or not alone):
                continue
            elif since is not None and since <= 0:
                before[name] = value
            elif not too_late:
                after[name].append(value)
            else:
                continue
            reading.use = WITH_SESSION
    found = {
        "systolic_before": before.get("systolic"),
        "diastolic_before": before.get("diastolic"),
        "systolic_peak": max(after["systolic"], default=None),
        "diastolic_peak": max(after["diastolic"], default=None),
        "cadss_peak": max(after["cadss"], default=None),
        "sedation_peak": min(after["sedation"], default=None),
        "weight_kg": before.get("weight_kg"),
        "heart_rate_peak": max(after["heart_rate"], default=None),
        "saturation_lowest": min(after["saturation"], default=None),
    }
    return {name: "" if value is None else f"{value:.10g}" for name, value in found.items()}


def _values(body: Any) -> dict[str, str]:
    """Return by name what an observation measured, as text; empty where the value or its unit is not known."""
    found: dict[str, str] = {}
    for element in [body, *elements(body, "component")]:
        quantity = find(element, "valueQuantity")
        plain = text_at(quantity, "value") or text_at(element, "valueInteger")
        name = _name(find(element, "code")) if plain else ""
        if name:
            found[name] = _measured(name, quantity, plain)
    return found


def _measured(name: str, quantity: Any, plain: str) -> str:
    if name in {"systolic", "diastolic"}:
        return in_unit(quantity, "pressure")
    if name == "weight_kg":
        return in_unit(quantity, "weight")
    return plain if plain.replace(".", "", 1).isdecimal() and not text_at(quantity, "comparator") else ""


def _name(concept: Any) -> str:
    """Return what is measured, by a LOINC code or, of what has none, by the words of a rating."""
    codes = codes_of(concept, LOINC)
    if codes:
        return next((_CODES[code] for code in codes if code in _CODES), "")
    return next((name for name, pattern in _RATINGS.items() if has_word(concept, pattern)), "")

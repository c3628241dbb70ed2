"""FHIR adverse events, encounters, appointments and service requests, each as one row."""

from collections.abc import Iterator, Sequence
from typing import Any

from analysis.intake.readers.fhir_codes import has_word, term_named
from analysis.intake.readers.fhir_common import (
    ENTERED_IN_ERROR,
    PARTIAL_DATE,
    TAKEN_PLACE,
    Cells,
    Row,
    common_cells,
    concept_cells,
    is_partial,
    moment_at,
    number_rows,
)
from analysis.intake.readers.fhir_files import Body, Resource
from analysis.intake.readers.fhir_records import payer_of
from analysis.intake.readers.fhir_references import Context
from analysis.intake.readers.fhir_sessions import Session, Sessions
from analysis.intake.readers.fhir_values import (
    SYSTEMS,
    Moment,
    code_of,
    codes_of,
    display_of,
    elements,
    find,
    minutes_between,
    read_moment,
    text_at,
)

POTENTIAL = "a potential event that did not happen"
NOT_TAKEN_PLACE = "planned, cancelled or of unknown status"

_SEVERITIES = ("mild", "moderate", "severe")
_REFERRAL = "3457005"  # SNOMED CT: patient referral
_INPATIENT = {"IMP", "ACUTE", "NONAC"}
_SENT_BY = {"Patient": "self", "RelatedPerson": "family-or-friend", "Organization": "other"}
_SPECIALTIES = {
    "psychiatr": "psychiatrist",
    "psycho|therap|counsel": "therapist",
    "general|family|primary": "primary-care",
}


def adverse_event_rows(resources: list[Resource], context: Context, sessions: Sessions) -> Iterator[Row]:
    """Flatten adverse events, with the minutes from the start of the day's session.

    Parameters
    ----------
    resources : list of Resource
        The latest versions.
    context : Context
        With the conditions that events resulted in, which say when they were over.
    sessions : mapping of str to sequence of Session
        Each patient's given sessions in order.

    Yields
    ------
    Row
    """
    rows = []
    for resource in resources:
        body = resource.body
        when = moment_at(body, context, "date", "detected", "recordedDate")
        cells = _adverse_event(body, context, when)
        reason = POTENTIAL if cells["actuality"] == "potential" else PARTIAL_DATE if is_partial(when) else ""
        condition = context.body_of(body, "resultingCondition")
        if code_of(find(condition, "verificationStatus")) in {"entered-in-error", "refuted"}:
            condition = {}
        start = _session_start(when, sessions.get(cells["patient"], []))
        over = read_moment(text_at(condition, "abatementDateTime"), context.timezone)
        cells |= {"onset_min": _minutes(start, when), "resolved_min": _minutes(start, over)}
        rows.append(Row(resource.place, cells, reason, when))
    number_rows(rows, "patient", "date", "term")
    yield from rows


def encounter_rows(resources: list[Resource], context: Context) -> Iterator[Row]:
    """Flatten encounters; those in hospital say so as ``hospitalisation`` (psychiatric or other)."""
    rows = []
    for resource in resources:
        body = resource.body
        when = moment_at(body, context, "period.start")
        inpatient = text_at(body, "class.code") in _INPATIENT
        service = [find(body, "serviceType"), *elements(body, "type")]
        kind = "psychiatric" if any(has_word(each, "psychiatr|mental") for each in service) else "other"
        cells = {
            **common_cells(body, context, when=when),
            "class": text_at(body, "class.code"),
            **concept_cells(find(body, "type")),
            "service": code_of(find(body, "serviceType")) or display_of(find(body, "serviceType")),
            "end": moment_at(body, context, "period.end").day,
            "duration_min": minutes_between(body, "period"),
            "organization": context.id_of(body, "serviceProvider", "Organization"),
            "hospitalisation": kind if inpatient else "",
        }
        rows.append(Row(resource.place, cells, _not_taken_place(cells["status"], when), when))
    number_rows(rows, "patient", "date", "hospitalisation")
    yield from rows


def appointment_rows(resources: list[Resource], context: Context) -> Iterator[Row]:
    """Flatten appointments; ``session_status`` is given for those that did not take place."""
    statuses = {"noshow": "no-show", "cancelled": "cancelled"}
    for resource in resources:
        body = resource.body
        when = moment_at(body, context, "start")
        actors = [context.id_of(each, "actor", "Patient") for each in elements(body, "participant")]
        cells = {
            **common_cells(body, context, when=when),
            "patient": next(filter(None, actors), ""),
            **concept_cells(find(body, "serviceType")),
            "session_status": statuses.get(text_at(body, "status"), ""),
            "status_reason": code_of(find(body, "cancelationReason")) or display_of(find(body, "cancelationReason")),
        }
        wrong = ENTERED_IN_ERROR if cells["status"] == "entered-in-error" else ""
        yield Row(resource.place, cells, wrong or (PARTIAL_DATE if is_partial(when) else ""), when)


def request_rows(resources: list[Resource], context: Context, sessions: Sessions) -> Iterator[Row]:
    """Flatten service requests as referrals; ``treated_patient`` is empty for a person who was never treated."""
    for resource in resources:
        body = resource.body
        when = moment_at(body, context, "authoredOn", "occurrenceDateTime")
        patient = context.id_of(body, "subject", "Patient")
        coverage = context.body_of(body, "insurance")
        cells = {
            **common_cells(body, context, when=when),
            "treated_patient": patient if patient in sessions else "",
            "intent": text_at(body, "intent"),
            **concept_cells(find(body, "code")),
            "category": code_of(find(body, "category")),
            "referral": "true" if _is_referral(body) else "",
            "organization": _first_id(body, context, "performer", "Organization"),
            "requester_kind": context.key_of(body, "requester").partition("/")[0],
            "source": _source(body, context),
            "payer": payer_of(coverage, context) if coverage else "",
        }
        wrong = ENTERED_IN_ERROR if cells["status"] == "entered-in-error" else ""
        wrong = wrong or ("a draft" if cells["status"] == "draft" else "")
        yield Row(resource.place, cells, wrong or (PARTIAL_DATE if is_partial(when) else ""), when)


def _adverse_event(body: Body, context: Context, when: Moment) -> Cells:
    cells = common_cells(body, context, when=when)
    del cells["status"]
    concept, seriousness = find(body, "event"), code_of(find(body, "seriousness")).lower()
    serious = "true" if seriousness.startswith("serious") else "false" if seriousness.startswith("non") else ""
    severity = find(body, "severity")
    return {
        **cells,
        "dated_by": next((name for name in ("date", "detected", "recordedDate") if text_at(body, name)), ""),
        "actuality": text_at(body, "actuality"),
        **concept_cells(concept),
        "snomed": code_of(concept, *SYSTEMS["snomed"]),
        "term": term_named(concept),
        "category": code_of(find(body, "category")),
        "severity": next((each for each in _SEVERITIES if has_word(severity, each)), code_of(severity)),
        "seriousness": seriousness,
        "serious": serious,
        "outcome": code_of(find(body, "outcome")),
        "sequence": "",
    }


def _session_start(when: Moment, sessions: Sequence[Session]) -> Moment:
    """Return when the session began that an event belongs to: the day's last one before it, or else its first."""
    today = [each.start for each in sessions if each.start.day == when.day]
    begun = [start for start in today if (start.minutes_until(when) or 0) >= 0]
    return begun[-1] if begun else next(iter(today), Moment())


def _minutes(start: Moment, when: Moment) -> str:
    length = start.minutes_until(when)
    return "" if length is None else str(round(length))


def _not_taken_place(status: str, when: Moment) -> str:
    if status == "entered-in-error":
        return ENTERED_IN_ERROR
    if status not in TAKEN_PLACE:
        return NOT_TAKEN_PLACE
    return PARTIAL_DATE if is_partial(when) else ""


def _first_id(body: Body, context: Context, path: str, kind: str) -> str:
    ids = (context.id_of({path: each, "contained": body.get("contained")}, path, kind) for each in elements(body, path))
    return next(filter(None, ids), "")


def _is_referral(body: Body) -> bool:
    said = [*elements(body, "category"), *elements(body, "code")]
    return any(has_word(each, "referral|consult|evaluation") or _REFERRAL in codes_of(each) for each in said)


def _source(body: Body, context: Context) -> str:
    """Return who referred, of the layout's list: the patient, a relative, or a colleague by specialty."""
    kind = context.key_of(body, "requester").partition("/")[0]
    if kind in _SENT_BY:
        return _SENT_BY[kind]
    specialties: list[Any] = elements(context.body_of(body, "requester"), "specialty")
    found = (name for words, name in _SPECIALTIES.items() for each in specialties if has_word(each, words))
    return next(found, "specialist" if specialties else "")

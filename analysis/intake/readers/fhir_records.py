"""FHIR resources that become one row each: treatments, conditions, coverage, adverse events and patients.

Names, addresses, contacts and identifiers of people, and notes, are never read.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from analysis.intake.readers.fhir_values import (
    SYSTEMS,
    code_of,
    display_of,
    elements,
    find,
    id_of,
    minutes_between,
    moment,
    referred,
    text_at,
)

Body = dict[str, Any]
Cells = dict[str, str]

ENTERED_IN_ERROR = "entered in error"
_CATEGORIES = {"race": "us-core-race", "ethnicity": "us-core-ethnicity"}


@dataclass(frozen=True)
class Context:
    """What reading a resource needs besides it: the others by ``Type/id``, and the time zone."""

    others: dict[str, Body]
    timezone: str


def common_cells(body: Body, context: Context, *, when: str) -> Cells:
    """Return the cells that every resource about a patient has."""
    day, time = moment(when, context.timezone)
    return {
        "id": text_at(body, "id"),
        "patient": id_of(body, "subject", "Patient") or id_of(body, "patient", "Patient"),
        "encounter": id_of(body, "encounter", "Encounter") or id_of(body, "context", "Encounter"),
        "date": day,
        "time": time,
        "status": text_at(body, "status"),
    }


def record_cells(kind: str, body: Body, context: Context) -> tuple[Cells, str]:
    """Flatten one resource.

    Parameters
    ----------
    kind : str
        Its type, one of ``RECORDS``.
    body : dict
    context : Context

    Returns
    -------
    tuple of dict of str to str and str
        The cells, all columns of the type, and why the resource is not used; empty when it is.
    """
    cells = RECORDS[kind](body, context)
    wrong = "entered-in-error" in (cells.get("status"), cells.get("verification_status"))
    return cells, ENTERED_IN_ERROR if wrong else ""


def _concept(body: Body, path: str, *systems: str) -> Cells:
    concept = find(body, path)
    known = {name: code_of(concept, *SYSTEMS[name]) for name in systems}
    return {"code": code_of(concept), "display": display_of(concept)} | known


def _procedure(body: Body, context: Context) -> Cells:
    when = text_at(body, "performedDateTime") or text_at(body, "performedPeriod.start")
    return {
        **common_cells(body, context, when=when),
        **_concept(body, "code", "snomed", "cpt"),
        "category": code_of(find(body, "category")),
        "status_reason": code_of(find(body, "statusReason")),
        "location": id_of(body, "location", "Location"),
        "duration_min": minutes_between(body, "performedPeriod"),
    }


def _medication(body: Body, context: Context) -> Cells:
    when = text_at(body, "effectiveDateTime") or text_at(body, "effectivePeriod.start")
    medicine = body
    if "medicationReference" in body:
        inner = text_at(body, "medicationReference.reference").removeprefix("#")
        contained = {text_at(each, "id"): each for each in elements(body, "contained")}
        other = contained.get(inner) or context.others.get(referred(body, "medicationReference"), {})
        medicine = {"medicationCodeableConcept": other.get("code")}
    return {
        **common_cells(body, context, when=when),
        **_concept(medicine, "medicationCodeableConcept", "rxnorm", "snomed"),
        "dose": text_at(body, "dosage.dose.value"),
        "dose_unit": text_at(body, "dosage.dose.code") or text_at(body, "dosage.dose.unit"),
        "route": code_of(find(body, "dosage.route")),
        "route_display": display_of(find(body, "dosage.route")),
        "status_reason": code_of(find(body, "statusReason")),
        "duration_min": minutes_between(body, "effectivePeriod"),
    }


def _condition(body: Body, context: Context) -> Cells:
    onset = text_at(body, "onsetDateTime") or text_at(body, "onsetPeriod.start")
    recorded, _ = moment(text_at(body, "recordedDate"), context.timezone)
    cells = common_cells(body, context, when=onset)
    del cells["status"]
    return {
        **cells,
        **_concept(body, "code", "icd10", "snomed"),
        "category": code_of(find(body, "category")),
        "clinical_status": code_of(find(body, "clinicalStatus")),
        "verification_status": code_of(find(body, "verificationStatus")),
        "recorded": recorded,
    }


def _coverage(body: Body, context: Context) -> Cells:
    end, _ = moment(text_at(body, "period.end"), context.timezone)
    return {
        **common_cells(body, context, when=text_at(body, "period.start")),
        "patient": id_of(body, "beneficiary", "Patient"),
        "end": end,
        **_concept(body, "type"),
        "payer_kind": referred(body, "payor").rpartition("/")[0],
        "payer": "" if referred(body, "payor").startswith("Patient/") else _payer(body, context),
        "order": text_at(body, "order"),
    }


def _payer(body: Body, context: Context) -> str:
    return text_at(context.others.get(referred(body, "payor"), {}), "name") or text_at(body, "payor.display")


def _adverse_event(body: Body, context: Context) -> Cells:
    when = text_at(body, "date") or text_at(body, "detected") or text_at(body, "recordedDate")
    cells = common_cells(body, context, when=when)
    del cells["status"]
    return {
        **cells,
        "actuality": text_at(body, "actuality"),
        **_concept(body, "event", "snomed"),
        "category": code_of(find(body, "category")),
        "severity": code_of(find(body, "severity")),
        "seriousness": code_of(find(body, "seriousness")),
        "outcome": code_of(find(body, "outcome")),
    }


def _patient(body: Body, context: Context) -> Cells:
    extensions = {text_at(each, "url").rpartition("/")[2]: each for each in elements(body, "extension")}
    categories = {
        column: text_at(next(iter(_parts(extensions.get(name), "ombCategory")), {}), "valueCoding.code")
        for column, name in _CATEGORIES.items()
    }
    died, _ = moment(text_at(body, "deceasedDateTime"), context.timezone)
    return {
        "patient": text_at(body, "id"),
        "active": text_at(body, "active"),
        "gender": text_at(body, "gender"),
        "birth_date": text_at(body, "birthDate"),
        "deceased": "true" if died else text_at(body, "deceasedBoolean"),
        "deceased_date": died,
        **categories,
    }


def _parts(extension: Body | None, url: str) -> list[Body]:
    return [each for each in elements(extension, "extension") if each.get("url") == url]


RECORDS: dict[str, Callable[[Body, Context], Cells]] = {
    "Procedure": _procedure,
    "MedicationAdministration": _medication,
    "Condition": _condition,
    "Coverage": _coverage,
    "AdverseEvent": _adverse_event,
    "Patient": _patient,
}

"""Administrations and procedures as sessions: what, how much, how, when, and whether."""

import pytest

from analysis.intake.readers.fhir_common import ENTERED_IN_ERROR, PARTIAL_DATE
from analysis.intake.readers.fhir_files import Resource
from analysis.intake.readers.fhir_references import Context
from analysis.intake.readers.fhir_sessions import (
    CONTRADICTED_TREATMENT,
    UNFINISHED,
    UNKNOWN_STATUS,
    fill_doses,
    given_by_patient,
    read_sessions,
)

SNOMED, RXNORM = "http://snomed.info/sct", "http://www.nlm.nih.gov/research/umls/rxnorm"
KETAMINE = {"coding": [{"system": RXNORM, "code": "6130", "display": "ketamine"}]}
PERIOD = {"start": "2026-01-05T09:30:00-05:00", "end": "2026-01-05T10:10:00-05:00"}


def sessions(*bodies: dict, context: Context | None = None):
    found = read_sessions([Resource(n, body) for n, body in enumerate(bodies, start=1)], context or Context())
    fill_doses(found)
    return found


def administration(**more) -> dict:
    body = {"resourceType": "MedicationAdministration", "id": "m1", "status": "completed"}
    body |= {"subject": {"reference": "Patient/p1"}, "effectiveDateTime": "2026-01-05"}
    return body | {"medicationCodeableConcept": KETAMINE} | more


def procedure(**more) -> dict:
    body = {"resourceType": "Procedure", "id": "x1", "status": "completed", "subject": {"reference": "Patient/p1"}}
    return body | {"performedPeriod": PERIOD, "code": {"text": "Ketamine infusion"}} | more


def cells(body: dict, context: Context | None = None) -> dict:
    (session,) = sessions(body, context=context)
    return {column: value for column, value in session.row.cells.items() if value}


def test_a_procedure_as_a_session():
    code = {"coding": [{"system": SNOMED, "code": "76601001", "display": "Intramuscular injection of ketamine"}]}
    found = cells(procedure(code=code, encounter={"reference": "Encounter/e1"}, location={"reference": "Location/l1"}))
    assert found == {
        "id": "x1",
        "patient": "p1",
        "encounter": "e1",
        "date": "2026-01-05",
        "time": "09:30",
        "status": "completed",
        "treatment": "ketamine",
        "session_status": "given",
        "code": "76601001",
        "display": "Intramuscular injection of ketamine",
        "snomed": "76601001",
        "duration_min": "40",
        "location": "l1",
    }


def test_an_infusion_with_its_dose_and_route():
    dosage = {
        "dose": {"value": 40, "unit": "mg", "code": "mg"},
        "route": {"coding": [{"system": SNOMED, "code": "47625008", "display": "IV"}]},
        "text": "for Jane Doe",
    }
    body = administration(dosage=dosage, note=[{"text": "Jane Doe felt fine"}], effectivePeriod=PERIOD)
    del body["effectiveDateTime"]
    found = cells(body)
    shown = (
        "date",
        "time",
        "treatment",
        "rxnorm",
        "route",
        "route_code",
        "dose_mg",
        "dose",
        "dose_unit",
        "duration_min",
    )
    assert [found[each] for each in shown] == [
        *("2026-01-05", "09:30", "ketamine", "6130", "iv", "47625008", "40", "40", "mg", "40"),
    ]
    assert "Jane" not in str(found)


def test_where_and_what_kind_of_visit_by_the_encounter():
    visit = {
        "type": [{"coding": [{"code": "loading"}]}],
        "serviceProvider": {"reference": "Organization/c1"},
        "location": [{"location": {"reference": "Location/room"}}],
    }
    context = Context({"Encounter/e1": visit})
    found = cells(administration(context={"reference": "Encounter/e1"}), context)
    assert (found["organization"], found["location"], found["visit_type"]) == ("c1", "room", "loading")


@pytest.mark.parametrize(
    ("others", "body"),
    [
        ({"Medication/m1": {"code": KETAMINE}}, {"medicationReference": {"reference": "Medication/m1"}}),
        ({}, {"medicationReference": {"reference": "#m"}, "contained": [{"id": "m", "code": KETAMINE}]}),
        (
            {"Medication/m1": {"ingredient": [{"itemCodeableConcept": KETAMINE}]}},
            {"medicationReference": {"reference": "Medication/m1"}},
        ),
        ({}, {"medicationReference": {"reference": "Medication/m1", "display": "Ketamine 50 mg/mL"}}),
    ],
)
def test_the_medicine_may_stand_elsewhere(others, body):
    body = administration(**body)
    del body["medicationCodeableConcept"]
    assert cells(body, Context(others))["treatment"] == "ketamine"


def test_a_medication_that_contains_itself_is_no_treatment():
    inner = {"id": "m", "ingredient": [{"itemReference": {"reference": "#m"}}]}
    body = administration(medicationReference={"reference": "#m"}, contained=[inner])
    del body["medicationCodeableConcept"]
    assert "treatment" not in cells(body)


def test_the_drug_of_a_procedure_may_be_what_was_used():
    assert cells(procedure(code={"text": "Infusion"}, usedCode=[KETAMINE]))["treatment"] == "ketamine"


@pytest.mark.parametrize(
    ("status", "given", "reason"),
    [
        ("completed", "given", ""),
        ("stopped", "stopped-early", ""),
        ("not-done", "cancelled", ""),
        ("in-progress", "", UNFINISHED),
        ("on-hold", "", UNFINISHED),
        ("preparation", "", UNFINISHED),
        ("unknown", "", UNKNOWN_STATUS),
        (None, "", UNKNOWN_STATUS),
        ("entered-in-error", "", ENTERED_IN_ERROR),
    ],
)
@pytest.mark.parametrize("make", [administration, procedure])
def test_what_became_of_it(make, status, given, reason):
    (session,) = sessions(make(status=status))
    assert (session.row.cells["session_status"], session.row.reason) == (given, reason)
    assert session.was_given == (given in {"given", "stopped-early"})


def test_who_did_not_come():
    body = administration(status="not-done", statusReason=[{"text": "nausea"}, {"coding": [{"code": "no-show"}]}])
    assert cells(body)["session_status"] == "no-show"
    assert cells(administration(statusReason=[{"text": "no show"}]))["session_status"] == "given"


@pytest.mark.parametrize("status", ["completed", "in-progress", "unknown"])
def test_another_medication_is_for_the_mapping_to_leave_out(status):
    (session,) = sessions(administration(medicationCodeableConcept={"text": "Ondansetron"}, status=status))
    assert (session.treatment, session.row.reason, session.counts) == ("", "", False)


def test_codes_that_name_two_treatments():
    both = {"coding": [*KETAMINE["coding"], {"system": "http://www.whocc.no/atc", "code": "N06AX27"}]}
    (session,) = sessions(administration(medicationCodeableConcept=both))
    assert (session.row.reason, session.treatment) == (CONTRADICTED_TREATMENT, "")


def test_a_month_is_no_day():
    (session,) = sessions(administration(effectiveDateTime="2026-01"))
    assert (session.row.reason, session.was_given) == (PARTIAL_DATE, False)


def test_a_route_that_is_not_known_stays_as_it_is_written():
    """So that the import stops at it, or the mapping translates it."""
    assert cells(administration(dosage={"route": {"coding": [{"code": "IVPB"}]}}))["route"] == "IVPB"
    assert cells(administration(dosage={"route": {"text": "Epidural"}}))["route"] == "Epidural"


def test_the_sessions_that_were_given_in_order():
    found = sessions(
        administration(effectiveDateTime="2026-01-08"),
        administration(effectiveDateTime="2026-01-05T15:00:00Z"),
        administration(effectiveDateTime="2026-01-05T09:00:00Z", status="stopped"),
        administration(effectiveDateTime="2026-01-04", status="not-done"),
        administration(effectiveDateTime="2026-01-01", subject={}),
    )
    assert [each.row.place for each in given_by_patient(found)["p1"]] == [3, 2, 1]
    assert list(given_by_patient(found)) == ["p1"]


ODD = {"subject": 7, "code": "x", "dosage": [7], "partOf": "y", "performedPeriod": [], "contained": {}, "context": "z"}


@pytest.mark.parametrize("kind", ["MedicationAdministration", "Procedure"])
def test_each_has_the_same_columns(kind):
    empty, odd = sessions({"resourceType": kind}, {"resourceType": kind} | ODD)
    assert list(empty.row.cells) == list(odd.row.cells)
    assert set(empty.row.cells.values()) == {""}

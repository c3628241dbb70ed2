"""Treatments, conditions, coverage, adverse events and patients, each as one row without names or notes."""

import pytest

from analysis.intake.readers.fhir_records import ENTERED_IN_ERROR, RECORDS, Context, record_cells

SNOMED, RXNORM = "http://snomed.info/sct", "http://www.nlm.nih.gov/research/umls/rxnorm"
KETAMINE = {"coding": [{"system": RXNORM, "code": "6130", "display": "ketamine"}]}
WHO = {"subject": {"reference": "Patient/p1"}, "encounter": {"reference": "Encounter/e1"}, "id": "x1"}
PERIOD = {"start": "2026-01-05T09:30:00-05:00", "end": "2026-01-05T10:10:00-05:00"}


def cells(kind: str, others: dict | None = None, **body) -> dict:
    found, reason = record_cells(kind, {"resourceType": kind} | body, Context(others or {}, ""))
    assert reason == ""
    return {column: value for column, value in found.items() if value}


def test_a_procedure_as_a_session():
    code = {"coding": [{"system": SNOMED, "code": "76601001", "display": "Intramuscular injection"}]}
    assert cells("Procedure", **WHO, status="completed", code=code, performedPeriod=PERIOD) == {
        "id": "x1",
        "patient": "p1",
        "encounter": "e1",
        "date": "2026-01-05",
        "time": "09:30",
        "status": "completed",
        "code": "76601001",
        "display": "Intramuscular injection",
        "snomed": "76601001",
        "duration_min": "40",
    }


def test_an_infusion_with_its_dose_and_route():
    dosage = {
        "dose": {"value": 40, "unit": "mg", "code": "mg"},
        "route": {"coding": [{"code": "47625008", "display": "IV"}]},
    }
    found = cells(
        "MedicationAdministration",
        subject={"reference": "Patient/p1"},
        context={"reference": "Encounter/e1"},
        status="completed",
        medicationCodeableConcept=KETAMINE,
        effectivePeriod=PERIOD,
        dosage=dosage | {"text": "for Jane Doe"},
        note=[{"text": "Jane Doe felt fine"}],
    )
    assert found == {
        "patient": "p1",
        "encounter": "e1",
        "date": "2026-01-05",
        "time": "09:30",
        "status": "completed",
        "code": "6130",
        "display": "ketamine",
        "rxnorm": "6130",
        "dose": "40",
        "dose_unit": "mg",
        "route": "47625008",
        "route_display": "IV",
        "duration_min": "40",
    }


@pytest.mark.parametrize(
    ("others", "body"),
    [
        ({"Medication/m1": {"code": KETAMINE}}, {"medicationReference": {"reference": "Medication/m1"}}),
        ({}, {"medicationReference": {"reference": "#m"}, "contained": [{"id": "m", "code": KETAMINE}]}),
    ],
)
def test_the_medicine_may_stand_elsewhere(others, body):
    assert cells("MedicationAdministration", others, **body)["rxnorm"] == "6130"


def test_a_diagnosis_by_the_system_of_its_code():
    codes = [{"system": SNOMED, "code": "370143000"}, {"system": "http://hl7.org/fhir/sid/icd-10-cm", "code": "F33.2"}]
    verified = {"coding": [{"code": "confirmed"}]}
    found = cells("Condition", **WHO, code={"coding": codes}, verificationStatus=verified, onsetDateTime="2024-05")
    assert (found["code"], found["snomed"], found["icd10"]) == ("370143000", "370143000", "F33.2")
    assert (found["verification_status"], found["date"]) == ("confirmed", "2024-05")


def test_coverage_names_the_payer_but_no_person():
    period = {"start": "2026-01-01", "end": "2026-12-31"}
    body = {"beneficiary": {"reference": "Patient/p1"}, "status": "active", "period": period}
    insured = cells("Coverage", **body, payor=[{"reference": "Organization/o1", "display": "Medicare"}])
    assert (insured["patient"], insured["payer_kind"], insured["payer"]) == ("p1", "Organization", "Medicare")
    assert (insured["date"], insured["end"]) == ("2026-01-01", "2026-12-31")
    others = {"Organization/o1": {"name": "Medicaid"}}
    assert cells("Coverage", others, **body, payor=[{"reference": "Organization/o1"}])["payer"] == "Medicaid"
    herself = cells("Coverage", **body, payor=[{"reference": "Patient/p1", "display": "Jane Doe"}])
    assert herself["payer_kind"] == "Patient"
    assert "payer" not in herself


def test_an_adverse_event():
    found = cells(
        "AdverseEvent",
        **WHO,
        actuality="actual",
        date="2026-01-05T10:00:00Z",
        event={"coding": [{"system": SNOMED, "code": "422587007", "display": "Nausea"}]},
        severity={"coding": [{"code": "mild"}]},
        seriousness={"coding": [{"code": "non-serious"}]},
    )
    assert (found["snomed"], found["severity"], found["seriousness"]) == ("422587007", "mild", "non-serious")
    assert (found["date"], found["actuality"]) == ("2026-01-05", "actual")


def test_a_patient_without_a_name():
    race = {
        "url": "http://hl7.org/fhir/us/core/StructureDefinition/us-core-race",
        "extension": [
            {"url": "ombCategory", "valueCoding": {"code": "2106-3"}},
            {"url": "text", "valueString": "Jane Doe"},
        ],
    }
    found = cells(
        "Patient",
        id="p1",
        active=True,
        gender="female",
        birthDate="1980-02-03",
        extension=[race],
        name=[{"family": "Doe", "given": ["Jane"]}],
        telecom=[{"value": "555"}],
        address=[{"line": ["1 Road"], "postalCode": "02115"}],
        identifier=[{"value": "MRN1"}],
    )
    assert found == {
        "patient": "p1",
        "active": "true",
        "gender": "female",
        "birth_date": "1980-02-03",
        "race": "2106-3",
    }


@pytest.mark.parametrize("kind", ["Procedure", "MedicationAdministration", "Coverage"])
def test_entered_in_error(kind):
    assert record_cells(kind, {"status": "entered-in-error"}, Context({}, ""))[1] == ENTERED_IN_ERROR


def test_a_condition_entered_in_error():
    wrong = {"verificationStatus": {"coding": [{"code": "entered-in-error"}]}}
    assert record_cells("Condition", wrong, Context({}, ""))[1] == ENTERED_IN_ERROR


@pytest.mark.parametrize("kind", list(RECORDS))
def test_each_resource_of_a_type_has_the_same_columns(kind):
    empty, _ = record_cells(kind, {}, Context({}, ""))
    odd, _ = record_cells(kind, {"subject": 7, "code": "x", "extension": [7], "payor": "y"}, Context({}, ""))
    assert list(empty) == list(odd)
    assert set(empty.values()) == {""}

"""Patients, the diagnosis that counts, and who pays, without names or notes."""

import pytest

from analysis.intake.readers.fhir_common import ENTERED_IN_ERROR
from analysis.intake.readers.fhir_files import Resource
from analysis.intake.readers.fhir_records import (
    NOT_CONFIRMED,
    NOT_IN_FORCE,
    REFUTED,
    condition_rows,
    coverage_rows,
    patient_rows,
)
from analysis.intake.readers.fhir_references import REPLACED, Context
from analysis.intake.readers.fhir_sessions import given_by_patient, read_sessions
from analysis.intake.readers.fhir_values import SYSTEMS

WHO = {"subject": {"reference": "Patient/p1"}}


def numbered(kind: str, bodies: list[dict]) -> list[Resource]:
    return [Resource(n, {"resourceType": kind} | body) for n, body in enumerate(bodies, start=1)]


def first_session(day: str):
    body = {"status": "completed", "medicationCodeableConcept": {"text": "ketamine"}, "effectiveDateTime": day} | WHO
    return given_by_patient(read_sessions(numbered("MedicationAdministration", [body]), Context()))


# --- patients --------------------------------------------------------------------------------------------------------


def patient(context: Context | None = None, sessions=None, **body) -> tuple[dict, str]:
    (row,) = patient_rows(numbered("Patient", [{"id": "p1"} | body]), context or Context(), sessions or {})
    return {column: value for column, value in row.cells.items() if value}, row.reason


def test_a_patient_without_a_name():
    found, reason = patient(
        active=True,
        gender="female",
        birthDate="1980-02-03",
        name=[{"family": "Doe", "given": ["Jane"]}],
        telecom=[{"value": "555"}],
        address=[{"line": ["1 Road"], "postalCode": "02115"}],
        identifier=[{"value": "MRN1"}],
        managingOrganization={"reference": "Organization/c1"},
    )
    assert reason == ""
    assert found == {
        "patient": "p1",
        "active": "true",
        "gender": "female",
        "sex": "female",
        "birth_date": "1980-02-03",
        "birth_precision": "day",
        "organization": "c1",
        "treated": "false",
    }


@pytest.mark.parametrize(
    ("birth", "cells"),
    [
        ("1980", {"birth_precision": "year"}),
        ("1980-02", {"birth_precision": "month"}),
        ("03.02.1980", {}),
    ],
)
def test_a_birth_date_whose_day_is_not_known_is_not_used(birth, cells):
    found, _ = patient(birthDate=birth)
    assert {key: value for key, value in found.items() if key.startswith("birth")} == cells


@pytest.mark.parametrize(
    ("body", "cells"),
    [
        ({"deceasedBoolean": True}, {"deceased": "true"}),
        ({"deceasedBoolean": False}, {"deceased": "false"}),
        ({"deceasedDateTime": "2026-02-03T04:00:00Z"}, {"deceased": "true", "deceased_date": "2026-02-03"}),
        ({"deceasedDateTime": "2026-02"}, {"deceased": "true"}),
        ({}, {}),
    ],
)
def test_who_died(body, cells):
    found, _ = patient(**body)
    assert {key: value for key, value in found.items() if key.startswith("deceased")} == cells


def test_a_gender_that_is_unknown_is_no_sex():
    found, _ = patient(gender="unknown")
    assert (found["gender"], "sex" in found) == ("unknown", False)


def test_who_was_treated_and_when_last_seen():
    sessions = first_session("2026-01-05")
    visits = {
        "Encounter/e1": {"status": "finished", "period": {"start": "2026-02-01", "end": "2026-02-03"}} | WHO,
        "Encounter/e2": {"status": "planned", "period": {"start": "2026-03-01"}} | WHO,
        "Encounter/e3": {"status": "finished", "period": {"start": "2026-04"}} | WHO,
        "Encounter/e4": {
            "status": "finished",
            "period": {"start": "2026-05-01"},
            "subject": {"reference": "Patient/x"},
        },
    }
    found, _ = patient(Context(visits), sessions)
    assert (found["treated"], found["last_seen"]) == ("true", "2026-02-03")
    assert patient(None, sessions)[0]["last_seen"] == "2026-01-05"


def test_a_record_that_was_merged_into_another_one_is_left_out():
    assert patient(Context(aliases={"Patient/p1": "Patient/p2"}))[1] == REPLACED


# --- conditions ------------------------------------------------------------------------------------------------------


def condition(code: str, clinical: str = "active", verified: str = "confirmed", **more) -> dict:
    body = {"code": {"coding": [{"system": SYSTEMS["icd10"][0], "code": code}]}} | WHO
    body |= {"clinicalStatus": {"coding": [{"code": clinical}]}, "verificationStatus": {"coding": [{"code": verified}]}}
    return body | more


def counts(*bodies: dict) -> list[int]:
    return [
        row.place for row in condition_rows(numbered("Condition", list(bodies)), Context()) if row.cells["diagnosis_of"]
    ]


def test_a_condition_by_the_systems_of_its_code():
    codes = [{"system": SYSTEMS["snomed"][0], "code": "370143000"}, {"system": SYSTEMS["icd10"][0], "code": "F33.2"}]
    body = condition("") | {"code": {"coding": codes}, "onsetDateTime": "2024-05", "recordedDate": "2024-06-01"}
    (row,) = condition_rows(numbered("Condition", [body]), Context())
    shown = (
        "code",
        "snomed",
        "icd10",
        "verification_status",
        "date",
        "recorded",
        "diagnosis",
        "diagnosis_of",
        "patient",
    )
    assert [row.cells[each] for each in shown] == [
        *("370143000", "370143000", "F33.2", "confirmed", "2024-05", "2024-06-01"),
        *("mdd", "p1", "p1"),
    ]


@pytest.mark.parametrize(
    ("bodies", "place"),
    [
        ([condition("I10"), condition("F33.2")], [2]),
        ([condition("F33.2"), condition("F31.9")], [2]),  # bipolar excludes unipolar depression
        ([condition("F43.1"), condition("F32.9"), condition("F41.1")], [2]),
        ([condition("F31.9", clinical="resolved"), condition("F41.1")], [2]),
        ([condition("F31.9", clinical="remission"), condition("F33.1", clinical="inactive")], [1]),
        ([condition("F33.2", recordedDate="2024-01-01"), condition("F33.0", recordedDate="2025-01-01")], [2]),
        ([condition("F31.9", verified="refuted"), condition("F33.2")], [2]),
        ([condition("F31.9", verified="provisional"), condition("F33.2")], [2]),
        ([condition("F33.2"), condition("F33.2")], [1]),
        ([condition("F33.2"), condition("F41.1", subject={"reference": "Patient/p2"})], [1, 2]),
        ([condition("F33.2", subject={})], []),
        ([condition("I10")], []),
    ],
)
def test_which_diagnosis_counts(bodies, place):
    assert counts(*bodies) == place


@pytest.mark.parametrize(
    ("verified", "reason"),
    [
        ("entered-in-error", ENTERED_IN_ERROR),
        ("refuted", REFUTED),
        ("differential", NOT_CONFIRMED),
        ("unconfirmed", NOT_CONFIRMED),
        ("confirmed", ""),
        ("", ""),
    ],
)
def test_conditions_that_are_not_true(verified, reason):
    (row,) = condition_rows(numbered("Condition", [condition("F33.2", verified=verified)]), Context())
    assert row.reason == reason


# --- coverages -------------------------------------------------------------------------------------------------------


def coverage(code: str = "5", **more) -> dict:
    kind = {"coding": [{"system": SYSTEMS["sopt"][0], "code": code}]}
    return {"beneficiary": {"reference": "Patient/p1"}, "status": "active", "type": kind} | more


def paying(*bodies: dict, first: str = "2026-01-05") -> list[str]:
    rows = coverage_rows(numbered("Coverage", list(bodies)), Context(), first_session(first) if first else {})
    return [row.cells["payer"] for row in rows if row.cells["payer_of"]]


@pytest.mark.parametrize(
    ("bodies", "payer"),
    [
        ([coverage("1"), coverage("2", order=1)], "medicaid"),
        ([coverage("1", order=2), coverage("2", order=1)], "medicaid"),
        ([coverage("1", period={"start": "2026-01-06"}), coverage("2")], "medicaid"),
        ([coverage("1", period={"end": "2026-01-04"}), coverage("2")], "medicaid"),
        ([coverage("1", period={"start": "2026-01-05", "end": "2026-01-05"}), coverage("2", order=1)], "medicaid"),
        ([coverage("1", order=1, period={"start": "2026-01-05", "end": "2026-01-05"}), coverage("2")], "medicare"),
        ([coverage("1", period={"start": "2025", "end": "2026"}), coverage("2", order=1)], "medicaid"),
        ([coverage("1", period={"start": "2025", "end": "2026"}), coverage("2")], "medicare"),
        ([coverage("1", period={"start": "2024-01-01"}), coverage("2", period={"start": "2025-01-01"})], "medicaid"),
        ([coverage("1", status="cancelled", order=1), coverage("2")], "medicaid"),
        ([coverage("", order=1), coverage("2")], "medicaid"),
    ],
)
def test_which_coverage_counts(bodies, payer):
    assert paying(*bodies) == [payer]


def test_a_coverage_that_does_not_hold_the_first_session_does_not_count():
    assert paying(coverage("1", period={"end": "2025-12-31"})) == []
    assert paying(coverage("1", period={"end": "2025-12-31"}), first="") == ["medicare"]  # never treated: any


@pytest.mark.parametrize("status", ["cancelled", "draft", "entered-in-error"])
def test_a_coverage_that_is_not_in_force(status):
    (row,) = coverage_rows(numbered("Coverage", [coverage(status=status)]), Context(), {})
    assert row.reason == NOT_IN_FORCE


def one_coverage(others: dict | None = None, **body) -> dict:
    (row,) = coverage_rows(numbered("Coverage", [coverage() | {"type": None} | body]), Context(others or {}), {})
    return row.cells


def test_coverage_names_the_payer_but_no_person():
    insured = one_coverage(payor=[{"reference": "Organization/o1", "display": "Medicare"}])
    assert (insured["payer"], insured["payer_kind"], insured["payer_name"]) == ("medicare", "Organization", "Medicare")
    others = {"Organization/o1": {"name": "Medicaid of Nevada"}}
    assert one_coverage(others, payor=[{"reference": "Organization/o1"}])["payer"] == "medicaid"
    inside = {"contained": [{"resourceType": "Organization", "id": "o", "name": "Medicare"}]}
    assert one_coverage(payor=[{"reference": "#o"}], **inside)["payer"] == "medicare"
    for payor in ({"reference": "RelatedPerson/r"}, {"type": "Patient"}, {"reference": "Patient/p1"}):
        cells = one_coverage(payor=[payor | {"display": "Jane Doe"}])
        assert (cells["payer_name"], "Jane" in str(cells)) == ("", False)


def test_who_pays_herself():
    body = {key: value for key, value in coverage().items() if key != "type"}
    body["payor"] = [{"reference": "Patient/p1"}]
    (row,) = coverage_rows(numbered("Coverage", [body]), Context(), {})
    assert (row.cells["payer"], row.cells["payer_of"]) == ("self-pay", "p1")


# --- all of them -----------------------------------------------------------------------------------------------------

ODD = {"subject": 7, "code": "x", "extension": [7], "payor": "y", "period": [], "link": "z", "birthDate": 7}


@pytest.mark.parametrize(
    "rows",
    [
        lambda resources: patient_rows(resources, Context(), {}),
        lambda resources: condition_rows(resources, Context()),
        lambda resources: coverage_rows(resources, Context(), {}),
    ],
)
def test_each_resource_of_a_type_has_the_same_columns(rows):
    empty, odd = rows(numbered("Patient", [{}, ODD]))
    assert list(empty.cells) == list(odd.cells)
    assert set(empty.cells.values()) <= {"", "false"}

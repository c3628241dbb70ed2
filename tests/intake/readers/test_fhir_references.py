"""Whom a reference names: by type and id, address, uuid, identifier, contained, or a record that was merged."""

import pytest

from analysis.intake.readers.fhir_files import Resource
from analysis.intake.readers.fhir_references import Context, contained_in, identifier_names, make_aliases


def patient(name: str, *, url: str = "", **more) -> Resource:
    return Resource(name, {"resourceType": "Patient", "id": name} | more, url)


def numbered(*values: str) -> dict:
    return {"identifier": [{"system": "urn:mrn", "value": value} for value in values]}


def replaced_by(name: str) -> dict:
    return {"link": [{"other": {"reference": f"Patient/{name}"}, "type": "replaced-by"}]}


PEOPLE = [
    patient("p1", url="urn:uuid:6f1c-22", **numbered("1")),
    patient("p2", **numbered("2", "7")),
    patient("p3", **numbered("7")),
    patient("old", **numbered("3"), **replaced_by("older")),
    patient("older", **replaced_by("p1")),
    patient("ring", **replaced_by("round")),
    patient("round", **replaced_by("ring")),
]
CONTEXT = Context(aliases=make_aliases(PEOPLE))


def by_number(value: str) -> dict:
    return {"identifier": {"system": "urn:mrn", "value": value}}


@pytest.mark.parametrize(
    ("subject", "named"),
    [
        ({"reference": "Patient/p2"}, "p2"),
        ({"reference": "https://ehr.example/fhir/Patient/p2"}, "p2"),
        ({"reference": "Patient/p2/_history/3"}, "p2"),
        ({"reference": "urn:uuid:6f1c-22"}, "p1"),
        ({"reference": "urn:uuid:other"}, "other"),
        ({"reference": "Group/p2"}, ""),
        ({"reference": "Patient/old"}, "p1"),
        ({"reference": "Patient/ring"}, "ring"),
        ({"reference": "Patient?identifier=urn:mrn|1"}, "p1"),
        ({"reference": "Patient?identifier=urn%3Amrn%7C1"}, "p1"),
        (by_number("1"), "p1"),
        (by_number("3"), "p1"),
        (by_number("1") | {"type": "Patient"}, "p1"),
        (by_number("1") | {"type": "Group"}, ""),
        (by_number("7"), ""),
        (by_number("unknown"), ""),
        ({"display": "Jane Doe"}, ""),
        ({}, ""),
        ("Patient/p2", ""),
        (7, ""),
    ],
)
def test_whom_a_reference_names(subject, named):
    assert CONTEXT.id_of({"subject": subject}, "subject", "Patient") == named


@pytest.mark.parametrize(
    ("inner", "named"),
    [
        (numbered("1"), "p1"),
        (numbered("1", "2"), ""),  # two identifiers that name two people name nobody
        ({"name": [{"family": "Doe"}]}, ""),
        ({"contained": [{"id": "p"}], "link": [{"other": {"reference": "#p"}}]}, ""),
    ],
)
def test_a_contained_patient_is_known_by_the_identifier_only(inner, named):
    """Its name inside the resource (#p) stands for someone else in the next one."""
    body = {"subject": {"reference": "#p"}, "contained": [{"resourceType": "Patient", "id": "p"} | inner]}
    assert CONTEXT.id_of(body, "subject", "Patient") == named


def test_what_a_reference_leads_to():
    inside = {"resourceType": "Medication", "id": "m", "code": {"text": "ketamine"}}
    body = {"medicationReference": {"reference": "#m"}, "contained": [7, inside]}
    assert Context().body_of(body, "medicationReference") == contained_in(body, "#m") == inside
    context = Context(others={"Medication/m": inside}, aliases={"urn:uuid:1": "Medication/m"})
    assert context.body_of({"medicationReference": {"reference": "urn:uuid:1"}}, "medicationReference") == inside
    assert context.body_of({}, "medicationReference") == {}


def test_a_reference_keeps_its_type():
    assert Context().key_of({"payor": [{"reference": "Organization/1"}]}, "payor") == "Organization/1"


def test_identifiers_without_a_value_name_nobody():
    assert identifier_names({"identifier": [{"system": "urn:mrn"}, 7]}, "Patient") == []

"""FHIR as a whole: from files to rows, what is left out and why, and the published examples."""

from pathlib import Path

import pytest
from fhir_twins import mii, observation, response, us_core, us_core_panel, write_ndjson
from hypothesis import given, settings
from hypothesis import strategies as st
from real_files import published_folder

from analysis.intake.mapping_grammar import SourceFile
from analysis.intake.readers.fhir import read_fhir
from analysis.vocabulary.errors import DataError

ICD10 = "http://hl7.org/fhir/sid/icd-10-cm"
VALUES = [2, 2, 2, 2, 1, 1, 2, 0, 0]


def read(folder: Path, path: str, resource: str, **given):
    return read_fhir(
        folder, SourceFile("scores", path, ",", "", (), {}, (), {}, format="fhir", resource=resource, **given)
    )


def used(table) -> list[list[str]]:
    columns = ["patient", "date", "instrument", "total"]
    return table.rows.loc[[row for row in table.rows.index if row not in table.left_out], columns].to_numpy().tolist()


@pytest.mark.parametrize("resource", ["QuestionnaireResponse", "Observation"])
@pytest.mark.parametrize(
    ("name", "day", "total"), [("fhir_uscore_phq9", "2022-11-29", "12"), ("fhir_mii_phq9", "2023-10-01", "27")]
)
def test_the_published_examples(resource, name, day, total):
    table = read(published_folder(name).parent, name, resource)
    assert used(table) == [["example", day, "PHQ-9", total]]


@pytest.mark.parametrize(
    ("resource", "bodies"),
    [
        ("QuestionnaireResponse", [us_core(VALUES, 12)]),
        ("QuestionnaireResponse", [mii(VALUES, 12)]),
        ("Observation", us_core_panel(VALUES, 12)),
        ("Observation", [observation("44249-1", valueQuantity={"value": 12, "unit": "{score}"})]),
    ],
)
def test_made_up_twins_of_the_published_examples(tmp_path, resource, bodies):
    write_ndjson(tmp_path / "a.ndjson", bodies)
    table = read(tmp_path, "a.ndjson", resource)
    assert used(table) == [["p1", "2026-01-05", "PHQ-9", "12"]]
    assert len(table.rows) == len(bodies)


def test_each_resource_of_the_type_is_a_row_used_or_left_out(tmp_path):
    first = us_core(VALUES, 12)
    amended = us_core([0] * 9, 0) | {"status": "amended"}
    wrong = us_core(VALUES, 14) | {"id": "r2"}
    mistaken = response([], id="r3", status="entered-in-error")
    write_ndjson(tmp_path / "a.ndjson", [amended, first, {"resourceType": "Patient", "id": "p1"}, wrong, mistaken])
    table = read(tmp_path, "a.ndjson", "QuestionnaireResponse")
    assert used(table) == [["p1", "2026-01-05", "PHQ-9", "0"]]
    assert sorted(table.rows.index) == [1, 2, 4, 5]
    assert table.left_out == {
        2: "earlier version of the same resource",
        4: "the total contradicts the items",
        5: "entered in error",
    }


@settings(max_examples=40, deadline=None)
@given(
    order=st.permutations(range(12)),
    statuses=st.lists(
        st.sampled_from(["final", "amended", "entered-in-error", "preliminary"]), min_size=12, max_size=12
    ),
    repeated=st.lists(st.integers(0, 11), max_size=4),
)
def test_no_observation_is_lost_or_counted_twice(tmp_path_factory, order, statuses, repeated):
    bodies = [body | {"status": status} for body, status in zip(us_core_panel(VALUES, 12), statuses, strict=True)]
    folder = tmp_path_factory.mktemp("fhir")
    written = [bodies[place] for place in [*order, *repeated]]
    write_ndjson(folder / "a.ndjson", written)
    table = read(folder, "a.ndjson", "Observation")
    assert sorted(table.rows.index) == list(range(1, len(written) + 1))
    assert table.left_out.keys() <= set(table.rows.index)
    assert len(used(table)) <= 3  # the score, the difficulty where its panel is not used, and a total


@pytest.mark.parametrize(
    ("kind", "column", "more"),
    [
        ("Condition", "diagnosis_of", {"code": {"coding": [{"system": ICD10, "code": "F33.2"}]}}),
        ("Coverage", "payer_of", {"beneficiary": {"reference": "Patient/p1"}, "type": {"text": "Medicare"}}),
    ],
)
def test_a_patient_has_one_row_to_join_by_whatever_the_versions(tmp_path, kind, column, more):
    body = {"resourceType": kind, "id": "c", "subject": {"reference": "Patient/p1"}} | more
    write_ndjson(tmp_path / "a.ndjson", [body | {"meta": {"versionId": str(n)}} for n in (1, 3, 2)])
    table = read(tmp_path, "a.ndjson", kind)
    assert table.rows[column].to_dict() == {1: "", 2: "p1", 3: ""}
    assert set(table.left_out) == {1, 3}


def test_what_other_types_of_the_folder_tell(tmp_path):
    """A session for the occasion of a score, an identifier for a patient, an encounter for the day last seen."""
    who = {"subject": {"identifier": {"system": "urn:mrn", "value": "7"}}}
    given = {"resourceType": "MedicationAdministration", "id": "m", "status": "completed"} | who
    given |= {"medicationReference": {"reference": "Medication/k"}, "effectiveDateTime": "2026-01-05T08:00:00-05:00"}
    files = {
        "patients": [{"resourceType": "Patient", "id": "p1", "identifier": [{"system": "urn:mrn", "value": "7"}]}],
        "medications": [{"resourceType": "Medication", "id": "k", "code": {"text": "ketamine"}}],
        "given": [given],
        "scores": [us_core(VALUES, 12) | who, observation("44261-6", valueInteger=12, **who)],
        "visits": [
            {"resourceType": "Encounter", "id": "e", "status": "finished", "period": {"end": "2026-03-01"}} | who
        ],
    }
    for name, bodies in files.items():
        write_ndjson(tmp_path / f"{name}.ndjson", bodies)
    (person,) = read(tmp_path, ".", "Patient").rows.to_dict("records")
    assert (person["treated"], person["last_seen"]) == ("true", "2026-03-01")
    (score,) = read(tmp_path, ".", "QuestionnaireResponse").rows.to_dict("records")
    assert (score["patient"], score["occasion"]) == ("p1", "post")
    (observed,) = read(tmp_path, ".", "Observation").rows.to_dict("records")
    assert observed["use"] == "score that a questionnaire holds"


def test_an_earlier_version_does_not_come_back_when_the_latest_was_an_error(tmp_path):
    body = us_core(VALUES, 12)
    write_ndjson(tmp_path / "a.ndjson", [body, body | {"status": "entered-in-error"}])
    assert used(read(tmp_path, "a.ndjson", "QuestionnaireResponse")) == []


def test_the_day_in_a_time_zone(tmp_path):
    write_ndjson(
        tmp_path / "a.ndjson", [observation("44261-6", valueInteger=5, effectiveDateTime="2026-01-06T01:30:00Z")]
    )
    assert read(tmp_path, "a.ndjson", "Observation").rows["date"].tolist() == ["2026-01-06"]
    there = read(tmp_path, "a.ndjson", "Observation", timezone="America/New_York").rows
    assert there[["date", "time"]].to_numpy().tolist() == [["2026-01-05", "20:30"]]


def test_any_column_may_be_passed_over(tmp_path):
    write_ndjson(tmp_path / "a.ndjson", [us_core(VALUES, 12)])
    table = read(tmp_path, "a.ndjson", "QuestionnaireResponse")
    assert table.spare == dict.fromkeys(table.rows.columns, "not used by the mapping")


def test_no_resource_of_the_type(tmp_path):
    write_ndjson(tmp_path / "a.ndjson", [us_core(VALUES, 12)])
    with pytest.raises(DataError) as error:
        read(tmp_path, "a.ndjson", "Observation")
    assert str(error.value) == "a.ndjson holds no resource of the type Observation (`files.scores.resource`)."

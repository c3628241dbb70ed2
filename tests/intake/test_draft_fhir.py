"""FHIR in a folder: each type of resource becomes a file of the mapping."""

import json
from pathlib import Path

import pytest
from dataset_texts import read_texts, with_originals
from drafted_maps import draft, import_drafted
from fhir_twins import bundle, us_core, write_ndjson
from fhir_writer import part_of, read_tables, write_export
from real_files import published_folder

from analysis.intake.drafting.fhir import _MEANT
from analysis.intake.mapping import import_folder
from analysis.intake.mapping_files import RESOURCES

ROOT = Path(__file__).resolve().parents[2]

PATIENT = {"resourceType": "Patient", "id": "p1", "gender": "female", "birthDate": "1980-02-03"}
CODE = {"coding": [{"system": "http://www.nlm.nih.gov/research/umls/rxnorm", "code": "6130"}]}
GIVEN = {
    "resourceType": "MedicationAdministration",
    "id": "m1",
    "status": "completed",
    "medicationCodeableConcept": CODE,
    "subject": {"reference": "Patient/p1"},
    "effectiveDateTime": "2026-01-05T09:00:00-05:00",
}

KNOWN = {
    "patients": ["patient_id", "age", "sex", "diagnosis", "payer", "race_ethnicity"],
    "sessions": ["patient_id", "day", "sequence", "treatment", "route", "dose_mg", "status", "cadss_peak"],
    "scores": ["patient_id", "day", "instrument", "occasion", "total", "item_1", "item_9"],
    "adverse_events": ["patient_id", "day", "term", "severity", "serious", "onset_min"],
    "referrals": ["referral_id", "patient_id", "source", "payer", "start_year"],
}


@pytest.mark.parametrize("how", ["one bundle", "one file for each type", "a folder of bundles"])
def test_where_the_resources_stand_does_not_matter(tmp_path, how):
    folder = tmp_path / "export"
    folder.mkdir()
    resources = [PATIENT, GIVEN, us_core([2] * 9, 18)]
    if how == "one bundle":
        (folder / "all.json").write_text(json.dumps(bundle(resources)))
    elif how == "one file for each type":
        for body in resources:
            write_ndjson(folder / f"{body['resourceType']}.ndjson", [body])
    else:
        (folder / "people").mkdir()
        for number, part in enumerate((resources, [PATIENT | {"id": "p2"}])):
            (folder / "people" / f"{number}.json").write_text(json.dumps(bundle(part)))
    back = import_drafted(folder)
    assert [(row["instrument"], row["total"], row["item_9"]) for row in back["scores"]] == [("PHQ-9", "18", "2")]
    assert [(row["treatment"], row["day"]) for row in back["sessions"]] == [("ketamine", "0")]


def test_other_json_is_told_and_the_rest_is_read(tmp_path):
    folder = tmp_path / "export"
    folder.mkdir()
    write_ndjson(folder / "a.ndjson", [PATIENT, GIVEN, us_core([2] * 9, 18)])
    (folder / "package.json").write_text('{"name": "x"}')
    account, _, held = draft(folder)
    assert "package.json: JSON, but no FHIR" in account.unused
    assert {each["path"] for each in held["files"].values()} == {"a.ndjson"}


@pytest.mark.parametrize("bundles", [False, True])
def test_the_draft_and_the_mapping_written_by_hand_give_the_same_rows(tmp_path, demo_folder, bundles):
    tables = part_of(read_tables(demo_folder), 25)
    export = write_export(tables, tmp_path / "export", bundles=bundles)
    back = import_drafted(export)
    by_hand = tmp_path / "by hand"
    import_folder(export, mapping=ROOT / "data" / "mappings" / "fhir.toml", out=by_hand, key_file=tmp_path / "key.csv")
    for table, known in KNOWN.items():
        expected = with_originals(read_texts(by_hand, table), tmp_path / "key.csv")
        assert expected
        assert [[row[name] for name in known] for row in back[table]] == [
            [row[name] for name in known] for row in expected
        ]


@pytest.mark.parametrize(("folder", "total"), [("fhir_uscore_phq9", "12"), ("fhir_mii_phq9", "27")])
def test_published_examples_with_a_made_up_treatment(tmp_path, folder, total):
    source = published_folder(folder)
    place = tmp_path / "export"
    place.mkdir()
    subject = ""
    for path in source.glob("*.json"):
        body = json.loads(path.read_text(encoding="utf-8"))
        (place / path.name).write_text(json.dumps(body))
        if body["resourceType"] == "QuestionnaireResponse":
            subject, when = body["subject"]["reference"], body["authored"]
    given = GIVEN | {"subject": {"reference": subject}, "effectiveDateTime": when}
    (place / "given.json").write_text(json.dumps(given))
    back = import_drafted(place)
    assert [row["total"] for row in back["scores"]] == [total]


def test_the_types_are_those_that_the_grammar_reads():
    assert set(_MEANT) <= set(RESOURCES)

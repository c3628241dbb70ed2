"""Broken FHIR exports: each ends in one clear sentence, or in a counted reason, and none in a patient's value."""

import copy
import json
from collections.abc import Callable
from itertools import product
from pathlib import Path

import pandas as pd
import pytest
from fhir_twins import item, response, us_core

from analysis.intake.mapping import import_folder
from analysis.intake.mapping_files import RESOURCES
from analysis.intake.mapping_grammar import SourceFile
from analysis.intake.readers.fhir import read_fhir
from analysis.vocabulary.errors import DataError

SECRETS = ("Jane", "Doe", "1980-02-03", "MRN-77", "p1-secret", "2026-01-05", "617-555")
MAPPING = """
dataset = { name = "Clinic", basis = "limited-data-set", data_cut = "2026-09-30" }
[pseudonyms]
[files.patients]
path = "."
format = "fhir"
resource = "Patient"
[files.sessions]
path = "."
format = "fhir"
resource = "MedicationAdministration"
[files.scores]
path = "."
format = "fhir"
resource = "QuestionnaireResponse"
[tables.patients]
from = "patients"
columns = { patient_id = "patient", sex = "sex", age = { age_from = "birth_date", date = "year-month-day" } }
[tables.sessions]
from = "sessions"
needs.patient_id = "no patient"
needs.date = "no date"
needs.treatment = "another medication"
[tables.sessions.columns]
patient_id = "patient"
date = { from = "date", date = "year-month-day" }
sequence = { from = "sequence", number = "integer" }
treatment = "treatment"
route = "route"
dose_mg = { from = "dose_mg", number = "dose" }
status = "session_status"
[tables.scores]
from = "scores"
needs.patient_id = "no patient"
needs.date = "no date"
[tables.scores.columns]
patient_id = "patient"
date = { from = "date", date = "year-month-day" }
instrument = "instrument"
occasion = "occasion"
total = { from = "total", number = "integer" }
"""
MAPPING += "".join(f'item_{n} = {{ from = "item_{n}", number = "integer" }}\n' for n in range(1, 10))
Export = dict[str, list]
Change = Callable[[Export], None]


def good_export() -> Export:
    who = {"subject": {"reference": "Patient/p1-secret"}}
    patient = {"resourceType": "Patient", "id": "p1-secret", "gender": "female", "birthDate": "1980-02-03"}
    patient |= {"name": [{"family": "Doe", "given": ["Jane"]}], "identifier": [{"system": "urn:x", "value": "MRN-77"}]}
    given = {"resourceType": "MedicationAdministration", "status": "completed"} | who
    given |= {"effectiveDateTime": "2026-01-05", "medicationCodeableConcept": {"text": "ketamine"}}
    dosage = {"dose": {"value": 40, "unit": "mg"}, "route": {"text": "IV"}}
    sessions = [given | {"id": f"m{n}", "effectiveDateTime": f"2026-01-0{4 + n}", "dosage": dosage} for n in (1, 4)]
    scores = [us_core([2] * 9, 18) | {"id": f"r{n}", "authored": f"2026-01-0{n}"} | who for n in (5, 8)]
    return {"patients": [patient], "sessions": sessions, "scores": scores}


def run(place: Path, change: Change | None = None, files: dict[str, bytes] | None = None):
    export = copy.deepcopy(good_export())
    if change is not None:
        change(export)
    source = place / "source"
    source.mkdir()
    for name, bodies in export.items():
        source.joinpath(f"{name}.ndjson").write_text("".join(json.dumps(body) + "\n" for body in bodies))
    for name, content in (files or {}).items():
        source.joinpath(name).write_bytes(content)
    place.joinpath("map.toml").write_text(MAPPING)
    return import_folder(source, mapping=place / "map.toml", out=place / "dataset", key_file=place / "key.csv")


def said_by(account) -> str:
    return str(account) + account._repr_html_()


def assert_no_secret(text: str) -> None:
    assert [each for each in SECRETS if each in text] == []


def test_the_export_itself_is_good(tmp_path):
    account = run(tmp_path)
    assert account.tables["written"].tolist() == [2, 1, 2]
    assert (account.problems["severity"] == "error").sum() == 0
    assert_no_secret(said_by(account))


def line(name: str, number: int = 0) -> str:
    return json.dumps(good_export()[name][number])


BROKEN_FILES = [
    (
        "cut off in a line",
        "patients",
        line("patients")[:60].encode(),
        "file 1 in order of name, line 1: not valid JSON",
    ),
    (
        "cut off in the last line",
        "sessions",
        (line("sessions") + "\n" + line("sessions", 1)[:-9]).encode(),
        "file 3 in order of name, line 2: not valid JSON. The file is cut off or damaged; export it again.",
    ),
    ("null bytes", "patients", line("patients").replace("Doe", "Doe\0").encode(), "line 1: not valid JSON"),
    ("null bytes for a file", "patients", b"\0" * 5000, "file 1 in order of name, line 1: not valid JSON"),
    (
        "another encoding",
        "patients",
        json.dumps({"resourceType": "Patient", "id": "Jané"}, ensure_ascii=False).encode("cp1252"),
        "is not UTF-8 text",
    ),
    ("UTF-16", "patients", line("patients").encode("utf-16"), "is not UTF-8 text"),
    ("an empty file", "patients", b"\n\n", "file 1 in order of name is empty; export it again."),
    ("a list", "patients", b'[{"resourceType": "Patient", "id": "p1-secret"}]\n', "line 1: not a FHIR resource"),
    ("a word", "patients", b'"Jane Doe"\n', "line 1: not a FHIR resource (it has no resourceType)."),
    ("no type", "patients", b'{"id": "p1-secret", "name": "Jane Doe"}\n', "line 1: not a FHIR resource"),
    ("a type that is no word", "patients", b'{"resourceType": 7, "id": "p1-secret"}\n', "line 1: not a FHIR resource"),
    (
        "nested without end",
        "patients",
        b'{"resourceType": "Patient", "extension": ' + b'[{"extension": ' * 5000 + b"\n",
        "line 1: nested too deep, or a number too long; export it again.",
    ),
    ("a number without end", "patients", b'{"resourceType": "Patient", "id": ' + b"9" * 5000 + b"}", "number too long"),
    (
        "a page of a web server",
        "patients",
        b"<html><body>Session of Jane Doe expired</body></html>",
        "file 1 in order of name, line 1: not valid JSON",
    ),
    ("CSV", "patients", b"id,name\np1-secret,Jane Doe\n", "file 1 in order of name, line 1: not valid JSON"),
    (
        "an error of the server",
        "patients",
        b'{"resourceType": "OperationOutcome", "issue": [{"diagnostics": "Jane Doe"}]}\n',
        "holds no resource of the type Patient (`files.patients.resource`).",
    ),
    (
        "the wrong type",
        "sessions",
        line("sessions").replace("MedicationAdministration", "MedicationRequest").encode(),
        "holds no resource of the type MedicationAdministration (`files.sessions.resource`).",
    ),
]


@pytest.mark.parametrize(
    ("name", "content", "message"), [row[1:] for row in BROKEN_FILES], ids=[r[0] for r in BROKEN_FILES]
)
def test_a_broken_file_stops_the_import(tmp_path, name, content, message):
    with pytest.raises(DataError) as error:
        run(tmp_path, files={f"{name}.ndjson": content})
    assert message in str(error.value)
    assert_no_secret(str(error.value))
    assert len(str(error.value)) < 300
    assert {path.name for path in tmp_path.iterdir()} == {"source", "map.toml"}


def test_a_bundle_cut_off(tmp_path):
    bundle = {"resourceType": "Bundle", "entry": [{"resource": good_export()["patients"][0]}]}
    with pytest.raises(DataError) as error:
        run(tmp_path, files={"Jane Doe.json": json.dumps(bundle, indent=1).encode()[:-20]})
    assert str(error.value).startswith("file 1 in order of name, line ")
    assert "not valid JSON" in str(error.value)
    assert_no_secret(str(error.value))


def put(name: str, number: int, **more) -> Change:
    def change(export: Export) -> None:
        export[name][number] |= more

    return change


def take(name: str, number: int, key: str) -> Change:
    def change(export: Export) -> None:
        del export[name][number][key]

    return change


def cycle(export: Export) -> None:
    inner = {"resourceType": "Medication", "id": "m", "ingredient": [{"itemReference": {"reference": "#m"}}]}
    inner["contained"] = [{"id": "m", "contained": []}]
    del export["sessions"][1]["medicationCodeableConcept"]
    export["sessions"][1] |= {"contained": [inner], "medicationReference": {"reference": "#m"}}


COUNTED = [
    ("no subject", take("sessions", 1, "subject"), "no patient"),
    ("a subject without a reference", put("sessions", 1, subject={"display": "Jane Doe"}), "no patient"),
    ("a subject that is a word", put("sessions", 1, subject="Patient/p1-secret"), "no patient"),
    ("a subject inside that nobody knows", put("sessions", 1, subject={"reference": "#x"}), "no patient"),
    ("a group as subject", put("scores", 1, subject={"reference": "Group/Jane"}), "no patient"),
    ("an identifier of nobody", put("scores", 1, subject={"identifier": {"value": "MRN-99"}}), "no patient"),
    ("no date", take("sessions", 1, "effectiveDateTime"), "no date"),
    ("a date in words", put("scores", 1, authored="5 January, Jane Doe"), "no date"),
    ("a date that is a number", put("scores", 1, authored=20260105), "no date"),
    ("a date that is an object", put("sessions", 1, effectiveDateTime={"value": "2026-01-05"}), "no date"),
    ("a month", put("sessions", 1, effectiveDateTime="2026-01"), "the day is not known, only the month or year"),
    ("no medication", take("sessions", 1, "medicationCodeableConcept"), "another medication"),
    ("a medication that is a word", put("sessions", 1, medicationCodeableConcept="ketamine"), "another medication"),
    ("a circle in what is contained", cycle, "another medication"),
    ("no status", take("sessions", 1, "status"), "without a status that says whether it was given"),
    ("a status that is an object", put("sessions", 1, status={"a": "Jane"}), "without a status that says"),
    ("items that are a word", put("scores", 1, item="Jane Doe"), "no answer of a known instrument in it"),
    ("an answer in words", put("scores", 1, item=[item("phq9-1", valueString="Jane said no")]), "an answer that is no"),
    ("an answer that is an object", put("scores", 1, item=[item("phq9-1", valueInteger={})]), "no answer of a known"),
    (
        "an answer and another",
        put("scores", 1, item=us_core([2] * 9, 18)["item"] * 2 + us_core([1] * 9, 9)["item"]),
        "several",
    ),
]


@pytest.mark.parametrize(("change", "reason"), [row[1:] for row in COUNTED], ids=[row[0] for row in COUNTED])
def test_a_broken_resource_is_left_out_and_counted(tmp_path, change, reason):
    account = run(tmp_path, change)
    counts = account.left_out
    assert counts.loc[counts["reason"].str.startswith(reason), "rows"].tolist() == [1]
    assert account.tables["written"].sum() == 4
    assert_no_secret(said_by(account))


def test_a_dose_in_an_unknown_unit_is_left_empty_and_counted(tmp_path):
    account = run(tmp_path, put("sessions", 1, dosage={"dose": {"value": 4, "unit": "Jane's mL"}}))
    changed = account.changed_values.query("column == 'dose_mg'")
    assert changed["cells"].sum() == 1
    assert pd.read_csv(tmp_path / "dataset" / "sessions.csv")["dose_mg"].fillna(-1).tolist() == [40.0, -1]
    assert_no_secret(said_by(account))


STOPPED = [
    ("a route nobody knows", put("sessions", 1, dosage={"route": {"text": "Jane's route"}}), "column 'route'"),
    ("a day that does not exist", put("sessions", 1, effectiveDateTime="2026-02-30"), "column 'date'"),
    ("an answer that is a fraction", put("scores", 1, item=[item("phq9-1", valueDecimal=1.5)]), "column 'item_1'"),
]


@pytest.mark.parametrize(("change", "where"), [row[1:] for row in STOPPED], ids=[row[0] for row in STOPPED])
def test_a_cell_that_the_layout_cannot_hold_stops_the_import(tmp_path, change, where):
    with pytest.raises(DataError) as error:
        run(tmp_path, change)
    assert where in str(error.value)
    assert_no_secret(str(error.value))


def test_a_text_of_ten_megabytes_does_no_harm(tmp_path):
    huge = "Jane Doe " * 1_200_000
    text = {"coding": [{"display": huge}], "text": "ketamine"}
    account = run(tmp_path, put("sessions", 1, medicationCodeableConcept=text))
    assert account.tables["written"].sum() == 5
    assert_no_secret(said_by(account))


def test_answers_nested_500_deep(tmp_path):
    inner = us_core([2] * 9, 18)["item"]
    for number in range(200):
        inner = [{"linkId": f"g{number}", "item": inner}]
    account = run(tmp_path, put("scores", 1, item=response(inner)["item"]))
    assert account.tables["written"].sum() == 5


WRONG = [None, True, 7, -1.5, "Jane Doe", "", [], [[]], {}, {"reference": ["x"]}, [{"coding": 7}], {"coding": [None]}]
ELEMENTS = (
    *(
        "subject",
        "patient",
        "beneficiary",
        "encounter",
        "context",
        "status",
        "meta",
        "contained",
        "extension",
        "identifier",
    ),
    *("code", "category", "component", "hasMember", "derivedFrom", "performer", "source", "author", "authored", "item"),
    *("questionnaire", "effectiveDateTime", "effectivePeriod", "performedPeriod", "dosage", "partOf", "statusReason"),
    *("medicationCodeableConcept", "medicationReference", "usedCode", "location", "valueQuantity", "valueInteger"),
    *("gender", "birthDate", "deceasedBoolean", "deceasedDateTime", "link", "managingOrganization", "clinicalStatus"),
    *("verificationStatus", "recordedDate", "onsetDateTime", "type", "payor", "period", "order", "event", "severity"),
    *("seriousness", "outcome", "actuality", "date", "resultingCondition", "class", "serviceType", "participant"),
    *("start", "authoredOn", "requester", "insurance", "intent", "cancelationReason"),
)


@pytest.mark.parametrize("kind", RESOURCES)
def test_any_element_of_the_wrong_kind(tmp_path, kind):
    """Every element in turn, alone and beside the others: a row is made of it, used or left out."""
    good = {"subject": {"reference": "Patient/p"}, "status": "completed", "effectiveDateTime": "2026-01-05"}
    good |= {"medicationCodeableConcept": {"text": "ketamine"}, "code": {"text": "ketamine"}, "authored": "2026-01-05"}
    bodies = [
        {"resourceType": kind, "id": f"{kind}-{number}"} | good | {element: wrong}
        for number, (element, wrong) in enumerate(product(ELEMENTS, WRONG))
    ]
    bodies += [{"resourceType": each, "id": f"{each}-good"} | good for each in RESOURCES if each != kind]
    (tmp_path / "a.ndjson").write_text("".join(json.dumps(body) + "\n" for body in bodies))
    file = SourceFile(
        "x", "a.ndjson", ",", "", (), {}, (), {}, format="fhir", resource=kind, timezone="America/New_York"
    )
    table = read_fhir(tmp_path, file)
    assert sorted(table.rows.index) == list(range(1, len(ELEMENTS) * len(WRONG) + 1))
    assert not table.rows.isna().any(axis=None)

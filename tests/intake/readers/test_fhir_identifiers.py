"""No identifier in a FHIR export leaves by an import: no name, contact, address, number, narrative or note.

The export is a part of the demo, written in many shapes, with identifiers in every element that may hold some: 60
planted values, each a word of its own.
"""

import json
import random
from pathlib import Path

import pandas as pd
import pytest
from fhir_writer import part_of, read_tables, write_export

from analysis.intake.mapping import import_folder
from analysis.vocabulary.errors import OutcomesError

ROOT = Path(__file__).resolve().parents[3]
MAPPING = ROOT / "data" / "mappings" / "fhir.toml"
NAMES = (
    "Aurelia",
    "Bartholomew",
    "Cosima",
    "Desdemona",
    "Ezekiel",
    "Fiammetta",
    "Gwendolyn",
    "Hyacinth",
    "Ignatius",
    "Jocasta",
)


def planted_values() -> list[str]:
    draw = random.Random(5)  # noqa: S311
    names = [f"{name}{kind}" for name in NAMES for kind in ("Quimby", "Zabriskie")]
    mails = [f"{name.lower()}@mail.example" for name in NAMES]
    phones = [f"617-555-{draw.randrange(1000, 9999)}" for _ in range(10)]
    streets = [f"{draw.randrange(100, 999)} {name} Lane" for name in NAMES]
    numbers = [f"SSN{draw.randrange(10**8, 10**9)}" for _ in range(10)]
    return [*names, *mails, *phones, *streets, *numbers]


PLANTED = planted_values()


def personal(kind: str, values: list[str]) -> dict:
    """Identifiers in the elements where this type of resource has place for them, and where it has none."""
    first, second, mail, phone, street, number = values
    inside = {"resourceType": "Patient", "id": "inside", "name": [{"text": first}], "address": [{"line": [street]}]}
    more = {
        "text": {"status": "generated", "div": f"<div>{first}, {street}, {phone}</div>"},
        "contained": [inside, {"resourceType": "RelatedPerson", "id": "kin", "name": [{"text": second}]}],
        "note": [{"text": f"{first} ({number}) called from {phone}", "authorString": second}],
        "extension": [{"url": "urn:mothersMaidenName", "valueString": second}],
        "meta": {"tag": [{"display": first}], "source": mail},
    }
    if kind == "Patient":
        more |= {"telecom": [{"value": phone}, {"value": mail}], "address": [{"line": [street], "text": street}]}
        more |= {
            "contact": [{"name": {"text": second}}],
            "maritalStatus": {"text": first},
            "photo": [{"title": second}],
        }
    if kind in {"MedicationAdministration", "Procedure"}:
        more |= {"performer": [{"actor": {"display": second}}], "supportingInformation": [{"display": number}]}
    if kind == "QuestionnaireResponse":
        more["author"] = {"reference": "Practitioner/x", "display": second}
    if kind == "Coverage":
        more |= {"subscriberId": number, "subscriber": {"display": first}, "policyHolder": {"display": second}}
        more["payor"] = [{"reference": "RelatedPerson/r", "display": first}]
    if kind == "AdverseEvent":
        more |= {"recorder": {"display": second}, "subjectMedicalHistory": [{"display": first}]}
    return more


def write_personal(place: Path, demo_folder: Path) -> Path:
    export = write_export(part_of(read_tables(demo_folder), 4), place / "source")
    turn = 0
    for path in export.iterdir():
        bodies = [json.loads(line) for line in path.read_text().splitlines()]
        for body in bodies:
            values = [PLANTED[(turn + 10 * part) % 60] for part in range(6)]
            more = personal(body["resourceType"], values)
            kept = [*body.get("extension", []), *more.pop("extension")]
            inside = [*body.get("contained", []), *more.pop("contained")]
            body |= {key: value for key, value in more.items() if key != "meta" or "meta" not in body}
            body |= {"extension": kept, "contained": inside}
            if "subject" in body:
                body["subject"]["display"] = values[0]
            if body["resourceType"] == "Patient":
                body.setdefault("identifier", []).append({"system": "urn:ssn", "value": values[5]})
                body["name"] = [{"text": values[0], "family": values[1]}]
            turn += 1
        path.write_text("".join(json.dumps(body) + "\n" for body in bodies))
    return export


def leaks(text: str) -> list[str]:
    parts = [*PLANTED, *NAMES, "Quimby", "Zabriskie", "MRN-P0", "1980-"]
    return [value for value in parts if value.lower() in text.lower()]


def everything_written(place: Path) -> str:
    files = [each for each in (place / "dataset").rglob("*") if each.is_file()]
    return "\n".join(f"{each.name}\n{each.read_text()}" for each in files)


def run(place: Path):
    return import_folder(place / "source", mapping=MAPPING, out=place / "dataset", key_file=place / "key.csv")


def test_60_identifiers_stay_behind(tmp_path, demo_folder, capfd):
    assert len(set(PLANTED)) == 60
    export = write_personal(tmp_path, demo_folder)
    source = "".join(path.read_text() for path in export.iterdir())
    assert set(PLANTED) <= set(leaks(source))  # each of them is there to be found
    account = run(tmp_path)
    tables = [table for table in vars(account).values() if isinstance(table, pd.DataFrame)]
    said = "\n".join([str(account), account._repr_html_(), *(table.to_csv() for table in tables)])
    assert "patient_id" in everything_written(tmp_path)
    assert leaks(everything_written(tmp_path)) == []
    assert leaks(said) == []
    assert leaks((tmp_path / "key.csv").read_text()) == []
    assert capfd.readouterr() == ("", "")


def test_the_ids_of_patients_are_in_the_key_file_alone(tmp_path, demo_folder):
    write_export(part_of(read_tables(demo_folder), 3), tmp_path / "source")
    account = run(tmp_path)
    for patient in ("P00001", "P00002", "P00003"):
        assert patient in (tmp_path / "key.csv").read_text()
        assert patient not in everything_written(tmp_path) + str(account)


DAMAGES = {
    "a line cut off": lambda lines: [*lines[:-1], lines[-1][: len(lines[-1]) // 2]],
    "no type": lambda lines: [json.dumps({"text": {"div": PLANTED[0]}, "id": PLANTED[1]}), *lines],
    "a route nobody knows": lambda lines: [line.replace('"Nasal"', f'"{PLANTED[0]}"') for line in lines],
    "a severity nobody knows": lambda lines: [line.replace('"mild"', f'"{PLANTED[1]}"') for line in lines],
    "a visit nobody knows": lambda lines: [line.replace('"loading"', f'"{PLANTED[2]}"') for line in lines],
    "a day that is none": lambda lines: [
        line.replace('"date": "20', f'"date": "2025-13-01", "x{PLANTED[3]}": "') for line in lines
    ],
}


@pytest.mark.parametrize("damage", DAMAGES.values(), ids=DAMAGES)
def test_no_message_tells_an_identifier(tmp_path, demo_folder, damage):
    write_export(part_of(read_tables(demo_folder), 3), tmp_path / "source")
    for path in (tmp_path / "source").iterdir():
        path.write_text("\n".join(damage(path.read_text().splitlines())) + "\n")
        path.rename(path.with_name(f"{PLANTED[4].replace(' ', '')} {path.name}"))
    with pytest.raises(OutcomesError) as error:
        run(tmp_path)
    assert leaks(str(error.value)) == []
    assert not (tmp_path / "dataset").exists()

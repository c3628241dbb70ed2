"""Made-up FHIR resources in the shapes that US Core, the German MII and common servers write."""

import json
from pathlib import Path

PHQ9 = ["44250-9", "44255-8", "44259-0", "44254-1", "44251-7", "44258-2", "44252-5", "44253-3", "44260-8"]
GAD7 = ["69725-0", "68509-9", "69733-4", "69734-2", "69735-9", "69689-8", "69736-7"]
ANSWERS = ["LA6568-5", "LA6569-3", "LA6570-1", "LA6571-9"]
ORDINAL = "http://hl7.org/fhir/StructureDefinition/ordinalValue"
LOINC = "http://loinc.org"


def coded(value: int, **more) -> dict:
    return {"system": LOINC, "code": ANSWERS[value], **more}


def ordinal(value: float) -> dict:
    return {"extension": [{"url": ORDINAL, "valueDecimal": value}]}


def item(link: str, **answer) -> dict:
    return {"linkId": link, "answer": [answer]}


def response(items: list[dict], **more) -> dict:
    body = {"resourceType": "QuestionnaireResponse", "id": "r1", "status": "completed"}
    body |= {"subject": {"reference": "Patient/p1"}, "authored": "2026-01-05T09:30:00-05:00", "item": items}
    return body | more


def us_core(values: list[int], total: int) -> dict:
    """Link ids with a slash, answers by code only, the total as a decimal, the difficulty item last."""
    items = [item(f"/{code}", valueCoding=coded(value)) for code, value in zip(PHQ9, values, strict=True)]
    difficulty = item("/69722-7", valueCoding={"system": LOINC, "code": "LA6573-5"})
    return response([*items, item("/44261-6", valueDecimal=total), difficulty])


def mii(values: list[int], total: int) -> dict:
    """Numbered link ids, codes without a system, the difficulty as number 10, the total as a quantity."""
    items = [item(f"PHQ.{n}", valueCoding={"code": ANSWERS[value]}) for n, value in enumerate(values, start=1)]
    quantity = {"value": total, "unit": "pts.", "code": "score"}
    return response(
        [*items, item("PHQ.10", valueCoding={"code": "LA6574-3"}), item("PHQ.Score", valueQuantity=quantity)]
    )


def observation(code: str, name: str = "o1", **more) -> dict:
    body = {"resourceType": "Observation", "id": name, "status": "final"}
    body |= {"subject": {"reference": "Patient/p1"}, "effectiveDateTime": "2026-01-05T09:30:00-05:00"}
    return body | {"code": {"coding": [{"system": LOINC, "code": code}]}} | more


def us_core_panel(values: list[int], total: int) -> list[dict]:
    """A panel that refers to an observation for each item, the total as a text, and the difficulty."""
    members = [
        observation(code, f"item-{code}", valueCodeableConcept={"coding": [coded(value)]})
        for code, value in zip(PHQ9, values, strict=True)
    ]
    members.append(observation("44261-6", "total", valueString=str(total)))
    members.append(observation("69722-7", "hard", valueCodeableConcept={"coding": [{"code": "LA6573-5"}]}))
    references = [{"reference": f"Observation/{each['id']}"} for each in members]
    return [*members, observation("44249-1", "panel", hasMember=references)]


def write_ndjson(path: Path, resources: list[dict]) -> Path:
    path.write_text("".join(json.dumps(each) + "\n" for each in resources), encoding="utf-8")
    return path


def bundle(resources: list[dict], **more) -> dict:
    return {"resourceType": "Bundle", "type": "collection", "entry": [{"resource": each} for each in resources]} | more

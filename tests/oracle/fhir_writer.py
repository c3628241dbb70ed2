"""A dataset written as a FHIR R4 export, in the many shapes that servers write: the same dataset must come back.

Every n-th resource takes another shape: references by type and id, address or identifier; codes of one system or
another, or words; doses in mg, g or µg, as a rate, or in parts; answers as codes, with ordinals, or as numbers. Between
them stands what must not come in: earlier versions, repeats, what was entered in error, other medications, conditions
and orders.
"""

import csv
import json
from collections import defaultdict
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from itertools import count
from pathlib import Path

from fhir_twins import ANSWERS, GAD7, LOINC, PHQ9, bundle, ordinal, write_ndjson

SNOMED, RXNORM = "http://snomed.info/sct", "http://www.nlm.nih.gov/research/umls/rxnorm"
ICD10, UCUM = "http://hl7.org/fhir/sid/icd-10-cm", "http://unitsofmeasure.org"
US_CORE = "http://hl7.org/fhir/us/core/StructureDefinition/us-core-"
SOPT = "https://nahdo.org/sopt"
START = "T10:00:00-05:00"

# What FHIR has no agreed place for.
NOT_CARRIED = {
    "patients": ["failed_trials", "prior_ketamine", "outcome_of_care"],
    "sessions": ["ready_min"],
    "adverse_events": ["source"],
    "referrals": ["evaluated", "suitable", "reason_not_treated"],
}
EVENTS_CARRIED = ["death", "hospitalisation-psychiatric", "hospitalisation-other"]

MEDICINES = {
    "ketamine": [
        {"coding": [{"system": RXNORM, "code": "6130", "display": "ketamine"}]},
        {"coding": [{"system": SNOMED, "code": "373464007"}]},
        {"coding": [{"system": "http://www.whocc.no/atc", "code": "N01AX03"}]},
        {"text": "Ketamine HCl 50 mg/mL injection"},
        {"coding": [{"system": "urn:clinic", "code": "KET", "display": "Ketalar"}]},
    ],
    "esketamine": [
        {"coding": [{"system": RXNORM, "code": "2201623", "display": "esketamine Nasal Spray"}]},
        {"coding": [{"system": "http://www.whocc.no/atc", "code": "N06AX27"}]},
        {"coding": [{"system": SNOMED, "code": "789489008"}]},
        {"text": "SPRAVATO 28 mg nasal spray"},
        {"text": "esketamine"},
    ],
}
ROUTES = {
    "iv": ({"coding": [{"system": SNOMED, "code": "47625008"}]}, {"text": "Intravenous infusion"}),
    "im": ({"coding": [{"system": SNOMED, "code": "78421000"}]}, {"coding": [{"code": "IM"}]}),
    "intranasal": ({"coding": [{"system": SNOMED, "code": "46713006"}]}, {"text": "Nasal"}),
}
DIAGNOSES = {"mdd": "F33.2", "bipolar": "F31.81", "ptsd": "F43.12", "gad": "F41.1", "ocd": "F42.9", "other": "F20.9"}
PAYERS = {
    "self-pay": [{"system": "http://terminology.hl7.org/CodeSystem/coverage-selfpay", "code": "pay"}],
    "commercial": [{"system": SOPT, "code": "512"}],
    "medicare": [{"system": SOPT, "code": "11"}],
    "medicaid": [{"system": SOPT, "code": "2"}],
    "va": [{"system": "http://terminology.hl7.org/CodeSystem/v3-ActCode", "code": "VET"}],
    "other": [{"system": SOPT, "code": "9"}],
}
RACES = {
    "white": ["2106-3"],
    "asian": ["2028-9"],
    "black-or-african-american": ["2054-5"],
    "american-indian-or-alaska-native": ["1002-5"],
    "multiracial": ["2106-3", "2028-9"],
    "unknown": ["UNK"],
}
SPECIALTIES = {"psychiatrist": "Psychiatry", "therapist": "Psychotherapy", "primary-care": "Family medicine"}
TERMS = {"nausea": {"coding": [{"system": SNOMED, "code": "422587007"}]}, "other": {"text": "Sore arm"}}
STATUSES = {"given": "completed", "stopped-early": "stopped", "cancelled": "not-done", "no-show": "not-done"}

Table = list[dict[str, str]]
Tables = dict[str, Table]


def read_tables(folder: Path) -> Tables:
    """Read a dataset's tables as they stand, every cell as text."""
    texts = {path.stem: path.read_text(encoding="utf-8").splitlines() for path in sorted(folder.glob("*.csv"))}
    return {name: list(csv.DictReader(lines)) for name, lines in texts.items()}


def part_of(tables: Tables, patients: int) -> Tables:
    """Take the first patients, and as many referrals of people who were never treated."""
    kept = {row["patient_id"] for row in tables["patients"][:patients]}
    untreated = [row["referral_id"] for row in tables["referrals"] if not row["patient_id"]][:patients]
    return {
        name: [row for row in rows if row["patient_id"] in kept or row.get("referral_id") in untreated]
        for name, rows in tables.items()
    }


def write_export(tables: Tables, folder: Path, *, bundles: bool = False) -> Path:
    """Write the tables as one file of NDJSON for each type or, as ``bundles``, as a bundle for every 500 resources."""
    folder.mkdir()
    resources = list(_resources(tables))
    if bundles:
        for number, start in enumerate(range(0, len(resources), 500)):
            (folder / f"bundle-{number:04}.json").write_text(json.dumps(_linked(resources[start : start + 500])))
        return folder
    types = defaultdict(list)
    for body in resources:
        types[body["resourceType"]].append(body)
    for kind, bodies in types.items():
        write_ndjson(folder / f"{kind}.000.ndjson", bodies)
    return folder


def _linked(resources: list[dict]) -> dict:
    """Give every entry the address under which it was found."""
    whole = bundle(resources, type="searchset")
    for entry in whole["entry"]:
        body = entry["resource"]
        entry["fullUrl"] = f"https://ehr.example/fhir/{body['resourceType']}/{body['id']}"
    return whole


def _resources(tables: Tables) -> Iterator[dict]:
    rows = {name: defaultdict(list) for name in tables}
    for name, table in tables.items():
        for row in table:
            rows[name][row["patient_id"]].append(row)
    for row in tables["patients"]:
        patient = row["patient_id"]
        sessions = rows["sessions"][patient]
        deaths = [each["date"] for each in rows["events"][patient] if each["event"] == "death"]
        first = min(each["date"] for each in sessions if each["day"] == "0")
        yield from _patient(row, first, deaths)
        yield from _sessions(sessions)
        yield from _scores(rows["scores"][patient], sessions)
        yield from _adverse_events(rows["adverse_events"][patient], {each["day"]: each["date"] for each in sessions})
        yield from _hospital(rows["events"][patient])
        last = (date.fromisoformat(first) + timedelta(int(row["last_day"]))).isoformat()
        yield _body("Encounter", f"last-{patient}", patient, status="finished", period={"start": last, "end": last})
    for number, row in enumerate(tables["referrals"]):
        yield from _referral(row, number)


def _body(kind: str, name: str, patient: str = "", **more) -> dict:
    body = {"resourceType": kind, "id": name}
    if patient:
        body["subject"] = _reference(patient)
    return body | more


def _reference(patient: str) -> dict:
    shapes = (
        {"reference": f"Patient/{patient}"},
        {"reference": f"https://ehr.example/fhir/Patient/{patient}/_history/3"},
        {"type": "Patient", "identifier": {"system": "urn:mrn", "value": f"MRN-{patient}"}},
    )
    return shapes[sum(map(ord, patient)) % len(shapes)]


def _patient(row: dict, first: str, deaths: list[str]) -> Iterator[dict]:
    patient, number = row["patient_id"], int(row["patient_id"][1:])
    year = int(first[:4]) - int(row["age"])
    born = f"{year}-01-01" if number % 2 or first.endswith("12-31") else f"{year - 1}-12-31"
    body = _body("Patient", patient, gender=row["sex"], birthDate=born)
    body |= {"identifier": [{"system": "urn:mrn", "value": f"MRN-{patient}"}], "name": [{"family": f"Doe{number}"}]}
    body |= {"managingOrganization": {"reference": f"Organization/{row['clinic_id']}"}}
    race = row["race_ethnicity"]
    if race == "hispanic-or-latino":
        body["extension"] = [_category("ethnicity", ["2135-2"]), _category("race", ["2106-3"])]
    elif race:
        body["extension"] = [_category("race", RACES[race])]
    if deaths:
        body["deceasedDateTime"] = deaths[0]
    yield body
    yield from _conditions(row["diagnosis"], patient, number)
    yield from _coverages(row["payer"], patient, number, first)


def _category(name: str, codes: list[str]) -> dict:
    parts = [{"url": "ombCategory", "valueCoding": {"code": code}} for code in codes]
    return {"url": US_CORE + name, "extension": [*parts, {"url": "text", "valueString": "as told"}]}


def _conditions(diagnosis: str, patient: str, number: int) -> Iterator[dict]:
    def condition(name: str, code: str, clinical: str = "active", verified: str = "confirmed") -> dict:
        more = {
            "clinicalStatus": {"coding": [{"code": clinical}]},
            "code": {"coding": [{"system": ICD10, "code": code}]},
        }
        more |= {"verificationStatus": {"coding": [{"code": verified}]}, "recordedDate": "2022-01-05"}
        return _body("Condition", f"{name}-{patient}", patient, **more)

    yield condition("diagnosis", DIAGNOSES[diagnosis])
    yield condition("pressure", "I10")
    if number % 2:
        yield condition("refuted", "F31.9", verified="refuted")
    if number % 3 == 0:
        yield condition("past", "F31.9", clinical="resolved")


def _coverages(payer: str, patient: str, number: int, first: str = "") -> Iterator[dict]:
    def coverage(name: str, payer: str, **more) -> dict:
        body = {"beneficiary": _reference(patient), "status": "active", "type": {"coding": PAYERS[payer]}}
        return _body("Coverage", f"{name}-{patient}", **body | more)

    yield coverage("payer", payer, order=1, period={"start": "2020-01-01"})
    if number % 2:
        yield coverage("second", "other", order=2)
        yield coverage("draft", "va", status="draft", order=1)
    if number % 3 == 0 and first:
        before = (date.fromisoformat(first) - timedelta(1)).isoformat()
        yield coverage("past", "medicaid", order=1, period={"start": "2019-01-01", "end": before})


def _sessions(sessions: Table) -> Iterator[dict]:
    for number, row in enumerate(sessions):
        name, patient = f"{row['patient_id']}-{row['day'].replace('-', 'm')}", row["patient_id"]
        took_place = row["status"] in {"given", "stopped-early"}
        visit = {"status": "finished" if took_place else "cancelled", "class": {"code": "AMB"}}
        visit |= {"serviceProvider": {"reference": f"Organization/{row['clinic_id']}"}}
        if row["phase_recorded"]:
            visit["type"] = [{"coding": [{"system": "urn:clinic", "code": row["phase_recorded"]}]}]
        yield _body("Encounter", f"visit-{name}", patient, period={"start": row["date"], "end": row["date"]}, **visit)
        yield from _treatment(row, name, number)
        if took_place:
            yield from _vitals(row, name)
    last = sessions[-1]
    wrong = {"status": "entered-in-error", "medicationCodeableConcept": MEDICINES["ketamine"][0]}
    yield _body("MedicationAdministration", f"wrong-{last['patient_id']}", last["patient_id"], **wrong)
    nausea = {"status": "completed", "medicationCodeableConcept": {"text": "Ondansetron 4 mg IV"}}
    nausea["effectiveDateTime"] = last["date"] + START
    yield _body("MedicationAdministration", f"nausea-{last['patient_id']}", last["patient_id"], **nausea)


def _treatment(row: dict, name: str, number: int) -> Iterator[dict]:
    """Yield the administration, in parts or with its procedure, as the number of the session says."""
    patient, start = row["patient_id"], row["date"] + START
    body = {"status": STATUSES[row["status"]], "context": {"reference": f"Encounter/visit-{name}"}}
    if row["status"] == "no-show":
        body["statusReason"] = [{"text": "Patient did not attend"}]
    elif row["status"] == "cancelled":
        body["statusReason"] = [{"coding": [{"code": "bp", "display": "Blood pressure too high"}]}]
    body["medicationCodeableConcept"] = MEDICINES[row["treatment"]][number % 5]
    minutes = int(row["duration_min"] or 0)
    period = {"start": start, "end": _later(start, minutes)}
    procedure = _body("Procedure", f"procedure-{name}", patient, status=STATUSES[row["status"]])
    procedure["code"] = {"text": f"{row['treatment']} treatment"}
    procedure |= {"performedPeriod": period} if minutes else {"performedDateTime": start}
    shape = number % 4
    with_procedure = shape == 1
    in_parts = row["treatment"] == "esketamine" and row["dose_mg"] and shape == 2
    body |= {"effectivePeriod": period} if minutes and not with_procedure else {"effectiveDateTime": start}
    body["dosage"] = {"route": ROUTES[row["route"]][number % 2]} | _dose(
        row["dose_mg"], minutes, number, with_procedure
    )
    if in_parts:
        parts = int(float(row["dose_mg"]) / 28)
        for part in range(parts):
            dose = {"dose": {"value": 28, "unit": "mg"}}
            more = {"dosage": body["dosage"] | dose, "effectiveDateTime": _later(start, 5 * part)}
            more["partOf"] = [{"reference": f"Procedure/procedure-{name}"}]
            yield _body("MedicationAdministration", f"{name}-part{part}", patient, **body | more)
        procedure["performedPeriod" if minutes else "performedDateTime"] = period if minutes else start
        yield procedure | {"code": {"coding": [{"system": "urn:clinic", "code": "NASAL-VISIT"}]}}
        return
    whole = _body("MedicationAdministration", name, patient, **body)
    if number % 5 == 0:
        yield whole | {
            "meta": {"versionId": "1"},
            "dosage": {"dose": {"value": 1, "unit": "mg"}},
            "status": "completed",
        }
        whole["meta"] = {"versionId": "2"}
    yield whole
    if number % 7 == 0:
        yield whole
    if with_procedure:
        yield procedure | ({"partOf": [{"reference": f"MedicationAdministration/{name}"}]} if number % 8 == 1 else {})


def _dose(dose: str, minutes: int, number: int, with_procedure: bool) -> dict:
    if not dose:
        return {}
    mg = float(dose)
    if minutes and number % 6 == 5:
        rate = {"value": round(mg * 60 / minutes, 9), "unit": "mg/h", "system": UCUM, "code": "mg/h"}
        return {"rateQuantity": rate}
    shapes = (
        {"value": mg, "unit": "mg", "system": UCUM, "code": "mg"},
        {"value": round(mg / 1000, 9), "code": "g"},
        {"value": round(mg * 1000, 3), "unit": "mcg"},
    )
    return {"dose": shapes[number % 3]}


def _vitals(row: dict, name: str) -> Iterator[dict]:
    patient, start = row["patient_id"], row["date"] + START
    measured = count()

    def observed(minutes: int, **more) -> dict:
        when = _later(start, minutes)
        return _body(
            "Observation", f"vital-{name}-{next(measured)}", patient, status="final", effectiveDateTime=when, **more
        )

    for when, minutes in (("before", -15), ("peak", 40)):
        pressures = {"8480-6": row[f"systolic_{when}"], "8462-4": row[f"diastolic_{when}"]}
        parts = [
            {
                "code": {"coding": [{"system": LOINC, "code": code}]},
                "valueQuantity": {"value": int(mmhg), "unit": "mmHg"},
            }
            for code, mmhg in pressures.items()
            if mmhg
        ]
        if parts:
            yield observed(minutes, code={"coding": [{"system": LOINC, "code": "85354-9"}]}, component=parts)
    if row["weight_kg"]:
        weight = {"value": float(row["weight_kg"]), "unit": "kg", "code": "kg"}
        if len(name) % 2:
            weight = {"value": round(float(row["weight_kg"]) / 0.45359237, 6), "code": "[lb_av]"}
        yield observed(-20, code={"coding": [{"system": LOINC, "code": "29463-7"}]}, valueQuantity=weight)
    if row["cadss_peak"]:
        yield observed(40, code={"text": "CADSS total"}, valueInteger=int(row["cadss_peak"]))
        yield observed(50, code={"text": "CADSS total"}, valueInteger=0)
    if row["sedation_peak"]:
        yield observed(
            40, code={"coding": [{"system": "urn:clinic", "code": "MOAA/S"}]}, valueInteger=int(row["sedation_peak"])
        )
    yield observed(
        30, code={"coding": [{"system": LOINC, "code": "8867-4"}]}, valueQuantity={"value": 71, "unit": "/min"}
    )


def _scores(scores: Table, sessions: Table) -> Iterator[dict]:
    """Yield scores with a time of day where it tells something: after the session, and about a day later."""
    given = [each["date"] for each in sessions if each["status"] in {"given", "stopped-early"}]
    for number, row in enumerate(scores):
        when = row["date"]
        if row["occasion"] == "post":
            when += "T12:00:00-05:00"
        elif row["hours_after"]:
            when = _later(max(day for day in given if day < when) + START, 60 * int(float(row["hours_after"])))
        elif row["occasion"] == "pre" and not any(0 < _days(day, when) <= 3 for day in given):
            when += "T09:10:00-05:00"
        name = f"{row['patient_id']}-{row['day'].replace('-', 'm')}-{row['instrument']}-{row['occasion']}"
        if row["instrument"] in {"PHQ-9", "GAD-7"} and number % 3 < 2:
            yield _response(row, name, when, number)
            if number % 9 == 0 and row["total"]:
                derived = {
                    "derivedFrom": [{"reference": f"QuestionnaireResponse/{name}"}],
                    "valueInteger": int(row["total"]),
                }
                yield _observed_score(row, f"derived-{name}", when) | derived
        else:
            yield _observed_score(row, name, when)


def _response(row: dict, name: str, when: str, number: int) -> dict:
    codes = PHQ9 if row["instrument"] == "PHQ-9" else GAD7
    links = ("/{code}", "{code}", "{short}-{n}", "{short}_item_{n}")
    short = row["instrument"].replace("-", "").lower()
    items = []
    for n, code in enumerate(codes, start=1):
        if row[f"item_{n}"]:
            link = links[number % 4].format(code=code, short=short, n=n)
            items.append({"linkId": link, "answer": [_answer(int(row[f"item_{n}"]), number)]})
    if row["total"]:
        items.append({"linkId": f"{short}-total", "answer": [{"valueDecimal": float(row["total"])}]})
    body = {"status": "amended" if number % 11 == 0 else "completed", "authored": when, "item": items}
    return _body("QuestionnaireResponse", name, row["patient_id"], source={"reference": "Patient/x"}, **body)


def _answer(value: int, number: int) -> dict:
    if value not in range(4) or number % 3 == 0:
        return {"valueInteger": value}
    coding = {"system": LOINC, "code": ANSWERS[value]}
    return {"valueCoding": coding if number % 2 else coding | ordinal(value)}


def _observed_score(row: dict, name: str, when: str) -> dict:
    instrument = row["instrument"]
    codes = {"PHQ-9": ("44249-1", PHQ9), "GAD-7": ("69737-5", GAD7)}.get(instrument)
    panel = {"coding": [{"system": LOINC, "code": codes[0]}]} if codes else {"text": instrument}
    parts = []
    for n in range(1, 11):
        if row[f"item_{n}"]:
            code = (
                {"coding": [{"system": LOINC, "code": codes[1][n - 1]}]}
                if codes
                else {"text": f"{instrument} item {n}"}
            )
            parts.append({"code": code, "valueInteger": int(row[f"item_{n}"])})
    body = {"status": "final", "effectiveDateTime": when, "code": panel, "component": parts}
    if row["total"]:
        body["valueQuantity"] = {"value": int(row["total"]), "unit": "{score}"}
    by = "Patient/x" if row["rater"] == "self" else "Practitioner/d1"
    return _body("Observation", name, row["patient_id"], performer=[{"reference": by}], **body)


def _adverse_events(events: Table, dates: dict[str, str]) -> Iterator[dict]:
    for number, row in enumerate(events):
        start = dates[row["day"]] + START
        body = {"actuality": "actual", "date": _later(start, int(row["onset_min"]))}
        body["event"] = TERMS.get(row["term"], {"text": row["term"].replace("-", " ").capitalize()})
        severity = row["severity"].capitalize() if number % 2 else row["severity"]
        body["severity"] = {"coding": [{"code": severity}]}
        body["seriousness"] = {"coding": [{"code": "Serious" if row["serious"] == "true" else "Non-serious"}]}
        if row["resolved_min"]:
            over = {
                "resourceType": "Condition",
                "id": "c",
                "abatementDateTime": _later(start, int(row["resolved_min"])),
            }
            body |= {"contained": [over], "resultingCondition": [{"reference": "#c"}]}
        patient = row["patient_id"]
        yield _body("AdverseEvent", f"event-{patient}-{row['day']}-{row['term']}", patient, **body)
        if number == 0:
            yield _body("AdverseEvent", f"near-{patient}", patient, **body | {"actuality": "potential"})


def _hospital(events: Table) -> Iterator[dict]:
    for row in events:
        if row["event"].startswith("hospitalisation"):
            kind = "Inpatient psychiatry" if row["event"].endswith("psychiatric") else "General medicine"
            body = {"status": "finished", "class": {"code": "IMP"}, "serviceType": {"text": kind}}
            body["period"] = {"start": row["date"], "end": row["date"]}
            yield _body("Encounter", f"hospital-{row['patient_id']}-{row['day']}", row["patient_id"], **body)


def _referral(row: dict, number: int) -> Iterator[dict]:
    patient, source = row["patient_id"] or f"X{number:05}", row["source"]
    if not row["patient_id"]:
        yield _body("Patient", patient, identifier=[{"system": "urn:mrn", "value": f"MRN-{patient}"}])
        yield from _coverages(row["payer"], patient, 0)
    by = {"self": "Patient/x", "other": "Organization/other"}.get(source, f"PractitionerRole/{source}")
    if number == 0:
        for each, specialty in SPECIALTIES.items():
            yield _body("PractitionerRole", each, specialty=[{"text": specialty}])
        yield _body("ServiceRequest", "blood", patient, status="active", code={"text": "Liver panel"})
    body = {"status": "active", "intent": "order", "authoredOn": row["date"], "requester": {"reference": by}}
    body |= {"category": [{"coding": [{"system": SNOMED, "code": "3457005"}]}]}
    body |= {"performer": [{"reference": f"Organization/{row['clinic_id']}"}]}
    body |= {"insurance": [{"reference": f"Coverage/payer-{patient}"}]}
    yield _body("ServiceRequest", row["referral_id"], patient, **body)


def _later(start: str, minutes: int) -> str:
    return (datetime.fromisoformat(start) + timedelta(minutes=minutes)).isoformat()


def _days(first: str, last: str) -> int:
    return (date.fromisoformat(last) - date.fromisoformat(first)).days

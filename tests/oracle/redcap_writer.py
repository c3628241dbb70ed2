"""A dataset written as a longitudinal REDCap project: the raw export and the data dictionary, as a server writes them.

Arm 1 has a record for each patient: enrolment once, then sessions, scales, adverse events and events as repeating
instruments. Arm 2 has a record for each referral. Days become dates again, ages birth dates, words codes; and there is
what a project has beside: names, telephone numbers, notes, a checkbox field, boxes that nobody ticked.
"""

import csv
import random
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

ENROLMENT, TREATMENT, FOLLOW_UP, REFERRAL = "enrolment_arm_1", "treatment_arm_1", "follow_up_arm_1", "referral_arm_2"
SCALES = {"PHQ-9": ("phq9", 9), "GAD-7": ("gad7", 7), "MADRS": ("madrs", 10), "HAM-D17": ("hamd17", 0)}
NAMES = ("Aurelia", "Bartholomew", "Clementine", "Desmond", "Evangeline", "Fitzgerald", "Guinevere", "Hildegard")

TERMS = (
    *("anxiety", "cystitis", "dissociation", "dizziness", "headache", "hypertension", "mania", "nausea", "other"),
    *("psychosis", "sedation", "suicidal-ideation", "syncope", "vomiting"),
)
KINDS = (
    *("antidepressant-changed", "antidepressant-started", "death", "ect-started", "hospitalisation-other"),
    *("hospitalisation-psychiatric", "ketamine-elsewhere", "other", "suicide-attempt", "tms-started"),
)
REASONS = ("cost", "insurance", "medical", "medication", "no-contact", "other", "preference", "psychiatric")
CLINICS = {"C01": "1", "C02": "2", "C03": "3", "C04": "4"}
CODES = {
    "clinic": CLINICS,
    "sex": {"female": "1", "male": "2", "other": "3"},
    "diagnosis": {"mdd": "1", "bipolar": "2", "ptsd": "3", "gad": "4", "ocd": "5", "other": "99"},
    "payer": {"self-pay": "1", "commercial": "2", "medicare": "3", "medicaid": "4", "va": "5", "other": "99"},
    "race_ethnicity": {
        "asian": "1",
        "black-or-african-american": "2",
        "hispanic-or-latino": "3",
        "white": "4",
        "multiracial": "5",
        "unknown": "99",
    },
    "outcome": {"ongoing": "1", "completed": "2", "stopped": "3", "transferred": "4", "lost": "5", "died": "6"},
    "session_clinic": CLINICS,
    "drug": {"ketamine": "1", "esketamine": "2"},
    "route": {"iv": "1", "im": "2", "intranasal": "3"},
    "phase_label": {"loading": "1", "maintenance": "2"},
    "session_status": {"given": "1", "stopped-early": "2", "cancelled": "3", "no-show": "4"},
    "ae_term": {word: str(code) for code, word in enumerate(TERMS, start=1)},
    "ae_severity": {"mild": "1", "moderate": "2", "severe": "3"},
    "ae_source": {"reported": "1", "scale": "2", "vital-sign": "3"},
    "event_kind": {word: str(code) for code, word in enumerate(KINDS, start=1)},
    "referral_clinic": CLINICS,
    "referral_source": {"self": "1", "primary-care": "2", "psychiatrist": "3", "therapist": "4", "other": "99"},
    "reason": {word: str(code) for code, word in enumerate(REASONS, start=1)},
    "occasion": {"pre": "1", "post": "2", "between": "3"},
}
CODES |= {"referral_payer": CODES["payer"]} | {f"{scale}_occasion": CODES["occasion"] for scale, _ in SCALES.values()}

# Instrument, field, kind, validation, flagged as an identifier.
Line = tuple[str, str, str, str, bool]
CHOICES = {"prior_treatment": "1, Ketamine | 2, ECT | 3, TMS", "ae_flags": "1, Serious | 2, Expected"}


def dictionary_lines() -> list[Line]:
    lines = [
        ("demographics", "record_id", "text", "", False),
        ("demographics", "full_name", "text", "", True),
        ("demographics", "mobile", "text", "phone", False),
        ("demographics", "dob", "text", "date_ymd", True),
        *(("demographics", name, "dropdown", "", False) for name in ("clinic", "sex", "diagnosis", "payer")),
        ("demographics", "failed_trials", "text", "integer", False),
        ("demographics", "race_ethnicity", "dropdown", "", False),
        ("demographics", "prior_treatment", "checkbox", "", False),
        ("demographics", "last_seen", "text", "date_ymd", False),
        ("demographics", "outcome", "dropdown", "", False),
        ("demographics", "intake_note", "notes", "", False),
        ("treatment_session", "session_date", "text", "date_ymd", False),
        ("treatment_session", "session_of_day", "text", "integer", False),
        *(
            ("treatment_session", name, "dropdown", "", False)
            for name in ("session_clinic", "drug", "route", "phase_label", "session_status")
        ),
        ("treatment_session", "dose_mg", "text", "number", False),
        ("treatment_session", "weight_kg", "text", "number", False),
        *(
            ("treatment_session", name, "text", "integer", False)
            for name in ("minutes", "sbp_before", "dbp_before", "sbp_peak", "dbp_peak", "cadss", "sedation", "ready")
        ),
        ("treatment_session", "infusion_nurse", "text", "", True),
        ("treatment_session", "infusion_note", "notes", "", False),
    ]
    for scale, items in SCALES.values():
        lines += [
            (scale, f"{scale}_date", "text", "date_ymd", False),
            (scale, f"{scale}_occasion", "radio", "", False),
            *((scale, f"{scale}_{number}", "radio", "", False) for number in range(1, items + 1)),
            (scale, f"{scale}_total", "text", "integer", False),
            *((scale, f"{scale}_{name}", "text", "integer", False) for name in ("hours", "recall")),
            (scale, f"{scale}_rater", "text", "", False),
        ]
    return [
        *lines,
        ("adverse_event", "ae_date", "text", "date_ymd", False),
        *(("adverse_event", name, "dropdown", "", False) for name in ("ae_term", "ae_severity", "ae_source")),
        ("adverse_event", "ae_flags", "checkbox", "", False),
        *(("adverse_event", name, "text", "integer", False) for name in ("ae_onset", "ae_resolved")),
        ("adverse_event", "ae_note", "notes", "", False),
        ("care_event", "event_date", "text", "date_ymd", False),
        ("care_event", "event_kind", "dropdown", "", False),
        ("referral", "referred_name", "text", "", True),
        ("referral", "referral_date", "text", "date_ymd", False),
        ("referral", "patient_record", "text", "", False),
        *(
            ("referral", name, "dropdown", "", False)
            for name in ("referral_clinic", "referral_source", "referral_payer", "reason")
        ),
        *(("referral", name, "yesno", "", False) for name in ("evaluated", "suitable")),
    ]


def write_redcap_project(dataset: Path, folder: Path, *, patients: int | None = None) -> None:
    """Write ``data.csv`` and ``dictionary.csv``; of the whole dataset, or of its first patients."""
    lines = dictionary_lines()
    forms = list(dict.fromkeys(line[0] for line in lines))
    columns = ["record_id", "redcap_event_name", "redcap_repeat_instrument", "redcap_repeat_instance"]
    boxes = {}
    for form in forms:
        for _, name, kind, _, _ in (line for line in lines if line[0] == form):
            codes = [each.partition(",")[0].strip() for each in CHOICES[name].split("|")] if kind == "checkbox" else []
            boxes |= {f"{name}___{code}": form for code in codes}
            columns += [each for each in ([f"{name}___{code}" for code in codes] or [name]) if each != "record_id"]
        columns.append(f"{form}_complete")
    folder.mkdir(parents=True, exist_ok=True)
    with folder.joinpath("data.csv").open("w", newline="", encoding="utf-8") as stream:
        writer = csv.DictWriter(stream, columns, restval="", lineterminator="\n")
        writer.writeheader()
        for row in _rows(dataset, patients):
            form = row.pop("form")
            # A box is 0 also where its form was never opened, but for rows of a repeating instrument.
            shown = {form} if row["redcap_repeat_instrument"] else {"demographics", "referral"}
            empty = {box: "0" for box, owner in boxes.items() if owner in shown}
            status = {f"{each}_complete": "2" if each == form else "0" for each in shown}
            writer.writerow(empty | status | row)
    headings = [
        *("Variable / Field Name", "Form Name", "Section Header", "Field Type", "Field Label"),
        *("Choices, Calculations, OR Slider Labels", "Field Note", "Text Validation Type OR Show Slider Number"),
        *("Text Validation Min", "Text Validation Max", "Identifier?", "Branching Logic (Show field only if...)"),
    ]
    with folder.joinpath("dictionary.csv").open("w", newline="", encoding="utf-8") as stream:
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow(headings)
        for form, name, kind, validation, flagged in lines:
            coded = " | ".join(f"{code}, {word}" for word, code in CODES.get(name, {}).items())
            choices = CHOICES.get(name, coded)
            writer.writerow([name, form, "", kind, name, choices, "", validation, "", "", "y" if flagged else "", ""])


def planted_identifiers(dataset: Path, patients: int | None = None) -> set[str]:
    """What must not be seen after an import: names, telephone numbers, notes, birth dates."""
    flagged = {
        "full_name",
        "mobile",
        "dob",
        "intake_note",
        "infusion_nurse",
        "infusion_note",
        "ae_note",
        "referred_name",
    }
    return {row[name] for row in _rows(dataset, patients) for name in flagged & row.keys() if row[name]}


def _rows(dataset: Path, patients: int | None) -> Iterator[dict[str, str]]:
    tables = read_tables(dataset, patients)
    starts = {row["patient_id"]: _day(row["date"]) - timedelta(int(row["day"])) for row in tables["sessions"]}
    by_patient: dict[str, dict[str, list[dict[str, str]]]] = {row["patient_id"]: {} for row in tables["patients"]}
    for name in ("sessions", "scores", "adverse_events", "events"):
        for row in tables[name]:
            by_patient[row["patient_id"]].setdefault(name, []).append(row)
    draw = random.Random(11)  # noqa: S311
    for patient in tables["patients"]:
        record, start = patient["patient_id"], starts[patient["patient_id"]]
        own = by_patient[record]
        yield _row(record, ENROLMENT, "demographics", _demographics(patient, start, draw))
        for name, event, form, cells in (
            ("sessions", TREATMENT, "treatment_session", _session),
            ("adverse_events", TREATMENT, "adverse_event", _adverse_event),
            ("events", FOLLOW_UP, "care_event", _care_event),
        ):
            for number, row in enumerate(own.get(name, []), start=1):
                yield _row(record, event, form, cells(row, start), number)
        counts = dict.fromkeys(SCALES, 0)
        for row in own.get("scores", []):
            counts[row["instrument"]] += 1
            yield _row(record, FOLLOW_UP, SCALES[row["instrument"]][0], _score(row), counts[row["instrument"]])
    for row in tables["referrals"]:
        yield _row(row["referral_id"], REFERRAL, "referral", _referral(row, draw))


def read_tables(dataset: Path, patients: int | None = None) -> dict[str, list[dict[str, str]]]:
    """The tables of a dataset; of its first patients, with their referrals and as many of persons not treated."""
    tables = {}
    for name in ("patients", "sessions", "scores", "adverse_events", "events", "referrals"):
        with dataset.joinpath(f"{name}.csv").open(newline="", encoding="utf-8") as stream:
            tables[name] = list(csv.DictReader(stream))
    if patients is not None:
        kept = {row["patient_id"] for row in tables["patients"][:patients]}
        strangers = [row for row in tables["referrals"] if not row["patient_id"]][:patients]
        tables = {name: [row for row in rows if row["patient_id"] in kept] for name, rows in tables.items()}
        tables["referrals"] = sorted([*tables["referrals"], *strangers], key=lambda row: row["referral_id"])
    return tables


def _row(record: str, event: str, form: str, cells: dict[str, str], number: int | None = None) -> dict[str, str]:
    place = {"record_id": record, "redcap_event_name": event, "form": form}
    repeat = {"redcap_repeat_instrument": form if number else "", "redcap_repeat_instance": str(number or "")}
    return place | repeat | cells


def _demographics(row: dict[str, str], start: date, draw: random.Random) -> dict[str, str]:
    years = int(row["age"]) + (3 if row["age"] == "90" else 0)  # 90 stands for 90 and over
    return {
        "full_name": f"{draw.choice(NAMES)} {draw.choice(NAMES)}son",
        "mobile": f"617-555-{draw.randrange(10_000):04}",
        "dob": (date(start.year - years, start.month, min(start.day, 28)) - timedelta(draw.randrange(300))).isoformat(),
        "failed_trials": row["failed_trials"],
        "prior_treatment___1": "1" if row["prior_ketamine"] == "true" else "0",
        "prior_treatment___2": draw.choice("01"),
        "last_seen": (start + timedelta(int(row["last_day"]))).isoformat() if row["last_day"] else "",
        "intake_note": f"Called {draw.choice(NAMES)}, her sister; she says\nthat it helps",
        **_coded(
            row,
            clinic="clinic_id",
            sex="sex",
            diagnosis="diagnosis",
            payer="payer",
            race_ethnicity="race_ethnicity",
            outcome="outcome_of_care",
        ),
    }


def _session(row: dict[str, str], start: date) -> dict[str, str]:
    numbers = {
        "session_of_day": "sequence",
        "dose_mg": "dose_mg",
        "weight_kg": "weight_kg",
        "minutes": "duration_min",
        "sbp_before": "systolic_before",
        "dbp_before": "diastolic_before",
        "sbp_peak": "systolic_peak",
        "dbp_peak": "diastolic_peak",
        "cadss": "cadss_peak",
        "sedation": "sedation_peak",
        "ready": "ready_min",
    }
    return {
        "session_date": (start + timedelta(int(row["day"]))).isoformat(),
        "infusion_nurse": "Nurse Hildegard",
        "infusion_note": "felt fine, called a friend",
        **{name: row[column].removesuffix(".0") for name, column in numbers.items()},
        **_coded(
            row,
            session_clinic="clinic_id",
            drug="treatment",
            route="route",
            phase_label="phase_recorded",
            session_status="status",
        ),
    }


def _score(row: dict[str, str]) -> dict[str, str]:
    scale, items = SCALES[row["instrument"]]
    return {
        f"{scale}_date": row["date"],
        f"{scale}_total": row["total"],
        f"{scale}_hours": row["hours_after"],
        f"{scale}_recall": row["recall_days"],
        f"{scale}_rater": row["rater"],
        **{f"{scale}_{number}": row[f"item_{number}"] for number in range(1, items + 1)},
        **_coded(row, **{f"{scale}_occasion": "occasion"}),
    }


def _adverse_event(row: dict[str, str], start: date) -> dict[str, str]:
    return {
        "ae_date": (start + timedelta(int(row["day"]))).isoformat(),
        "ae_flags___1": "1" if row["serious"] == "true" else "0",
        "ae_onset": row["onset_min"],
        "ae_resolved": row["resolved_min"],
        "ae_note": "told Desmond",
        **_coded(row, ae_term="term", ae_severity="severity", ae_source="source"),
    }


def _care_event(row: dict[str, str], start: date) -> dict[str, str]:
    return {"event_date": (start + timedelta(int(row["day"]))).isoformat(), **_coded(row, event_kind="event")}


def _referral(row: dict[str, str], draw: random.Random) -> dict[str, str]:
    answers = {"true": "1", "false": "0", "": ""}
    return {
        "referred_name": f"{draw.choice(NAMES)} {draw.choice(NAMES)}berg",
        "referral_date": row["date"],
        "patient_record": row["patient_id"],
        "evaluated": answers[row["evaluated"]],
        "suitable": answers[row["suitable"]],
        **_coded(
            row,
            referral_clinic="clinic_id",
            referral_source="source",
            referral_payer="payer",
            reason="reason_not_treated",
        ),
    }


def _coded(row: dict[str, str], **fields: str) -> dict[str, str]:
    return {field: CODES[field][row[column]] if row[column] else "" for field, column in fields.items()}


def _day(text: str) -> date:
    return date.fromisoformat(text)

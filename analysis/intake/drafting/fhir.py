"""FHIR in a folder: which types of resources there are, and what their columns are for.

The columns have their names from the reader (``readers/fhir.py``), so that nothing is guessed from headings.
"""

import re
from pathlib import Path
from typing import Any

from analysis.intake.drafting.found import Folder, FoundTable, read_like_import
from analysis.intake.mapping_files import RESOURCES
from analysis.vocabulary.errors import DataError

CHUNK = 1 << 20
_TYPE = re.compile(rb'"resourceType"\s*:\s*"([A-Za-z]{1,64})"')
_ITEMS = {f"item_{number}": f"item_{number}" for number in range(1, 24)}
_SESSION = {
    **{name: name for name in ("date", "sequence", "treatment", "route", "dose_mg", "weight_kg", "duration_min")},
    **{name: name for name in ("systolic_before", "diastolic_before", "systolic_peak", "diastolic_peak")},
    **{name: name for name in ("cadss_peak", "sedation_peak")},
    **{"organization": "clinic_id", "session_status": "status", "visit_type": "phase_recorded"},
}
_SCORE = {name: name for name in ("date", "instrument", "occasion", "hours_after", "total", "rater")} | _ITEMS
_EVENT = {name: name for name in ("date", "term", "sequence", "severity", "serious", "onset_min", "resolved_min")}

# For each type: the column of the patient, the table of the layout, and what its columns are there.
_MEANT: dict[str, tuple[str, str, dict[str, str]]] = {
    "Patient": (
        "patient",
        "patients",
        {
            **{"birth_date": "birth_date", "sex": "sex", "race_ethnicity": "race_ethnicity"},
            **{"organization": "clinic_id", "last_seen": "last_day"},
        },
    ),
    "Condition": ("diagnosis_of", "patients", {"diagnosis": "diagnosis"}),
    "Coverage": ("payer_of", "patients", {"payer": "payer"}),
    "MedicationAdministration": ("patient", "sessions", _SESSION),
    "Procedure": ("patient", "sessions", _SESSION),
    "QuestionnaireResponse": ("patient", "scores", _SCORE),
    "Observation": ("patient", "scores", _SCORE),
    "AdverseEvent": ("patient", "adverse_events", _EVENT),
    "Encounter": ("patient", "events", {"date": "date", "sequence": "sequence", "hospitalisation": "event"}),
    "ServiceRequest": (
        "treated_patient",
        "referrals",
        {"id": "referral_id", "date": "date", "organization": "clinic_id", "source": "source", "payer": "payer"},
    ),
}
_LEAVE_OUT: dict[str, list[dict[str, Any]]] = {
    "Patient": [{"column": "treated", "is": ["false"], "reason": "never treated"}],
    "Condition": [{"column": "diagnosis_of", "missing": True, "reason": "not the diagnosis that counts"}],
    "Coverage": [{"column": "payer_of", "missing": True, "reason": "not the coverage that counts"}],
    "MedicationAdministration": [{"column": "treatment", "missing": True, "reason": "another medication"}],
    "Procedure": [{"column": "treatment", "missing": True, "reason": "another procedure"}],
    "Observation": [
        {"column": "use", "is": ["session"], "reason": "read with its session"},
        {"column": "use", "is": ["score that a questionnaire holds"], "reason": "score that a questionnaire holds"},
        {"column": "instrument", "missing": True, "reason": "not a score"},
    ],
    "QuestionnaireResponse": [{"column": "instrument", "missing": True, "reason": "no score"}],
    "ServiceRequest": [{"column": "referral", "missing": True, "reason": "an order that is no referral"}],
    "Encounter": [{"column": "hospitalisation", "missing": True, "reason": "not in hospital"}],
}
_CHOICES = {"hospitalisation": {"psychiatric": "hospitalisation-psychiatric", "other": "hospitalisation-other"}}


def find_resources(found: Folder, folder: Path, paths: list[Path]) -> None:
    """Add the types of resources that FHIR files hold as tables.

    Parameters
    ----------
    found : Folder
        Its tables are added to.
    folder : Path
    paths : list of Path
        The .json and .ndjson files.
    """
    kinds = {path: _types(path) for path in paths}
    for path, types in kinds.items():
        if not types:
            found.unread[path.relative_to(folder).as_posix()] = "JSON, but no FHIR"
    good = [path for path, types in kinds.items() if types]
    places = _places(folder, good, mixed=len(good) < len(paths))
    for place, inside in places.items():
        for kind in RESOURCES:
            if kind in _MEANT and any(kind in kinds[path] for path in inside):
                _add_resource(found, folder, place, kind)


def _places(folder: Path, paths: list[Path], *, mixed: bool) -> dict[str, list[Path]]:
    """Return the paths to read: the folder that holds all files, as they refer to each other, or else each file."""
    if len(paths) > 1 and not mixed:
        parents = {path.parent for path in paths}
        common = parents.pop() if len(parents) == 1 else folder
        return {common.relative_to(folder).as_posix(): paths}
    return {path.relative_to(folder).as_posix(): [path] for path in paths}


def _types(path: Path) -> set[str]:
    types: set[str] = set()
    rest = b""
    with path.open("rb") as stream:
        while chunk := stream.read(CHUNK):
            text = rest + chunk
            types |= {kind.decode() for kind in _TYPE.findall(text)}
            rest = text[-200:]
    return types


def _add_resource(found: Folder, folder: Path, place: str, kind: str) -> None:
    options = {"path": place, "format": "fhir", "resource": kind}
    words = re.sub(r"([a-z])([A-Z])", r"\1 \2", kind)
    name = found.name_for(f"{words}s")
    try:
        table = read_like_import(folder, name, options)
    except DataError as error:
        found.unread[f"{place} ({kind})"] = str(error).removeprefix(place)
        return
    rows = table.rows[~table.rows.index.isin(list(table.left_out))]
    rows = rows.mask(rows == "")
    patient, layout, meant = _MEANT[kind]
    rules = []
    for rule in (each for each in _LEAVE_OUT.get(kind, []) if each["column"] in rows):
        chosen = rows[rule["column"]].isna() if "missing" in rule else rows[rule["column"]].isin(rule["is"])
        if chosen.any():
            rules.append(rule)
            rows = rows[~chosen]
    remarks: tuple[str, ...] = ()
    if "time" in rows and rows["time"].notna().any():
        remarks = (
            'times written as UTC ("...Z") are another day in the evening: then add timezone = "America/New_York"',
        )
    found.tables.append(
        FoundTable(
            name,
            options,
            rows,
            "FHIR",
            spare=frozenset(table.rows.columns),
            choices={column: words for column, words in _CHOICES.items() if column in meant},
            meant={
                "any": {patient: "patient_id"},
                layout: {col: target for col, target in meant.items() if col in rows},
            },
            remarks=remarks,
            leave_out=tuple(rules),
        )
    )

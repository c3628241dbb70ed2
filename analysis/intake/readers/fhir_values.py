"""Single values out of FHIR resources. What is not shaped as FHIR says counts as not there."""

import re
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from analysis.intake.readers.source_table import plain_text

LOINC = "http://loinc.org"
SYSTEMS = {
    "icd10": (
        "http://hl7.org/fhir/sid/icd-10-cm",
        "http://hl7.org/fhir/sid/icd-10",
        "http://fhir.de/CodeSystem/bfarm/icd-10-gm",
    ),
    "snomed": ("http://snomed.info/sct",),
    "rxnorm": ("http://www.nlm.nih.gov/research/umls/rxnorm",),
    "cpt": ("http://www.ama-assn.org/go/cpt",),
    "loinc": (LOINC,),
}
_MOMENT = re.compile(r"(\d{4}(?:-\d\d(?:-\d\d)?)?)(?:T(\d\d:\d\d)(?::\d\d(?:\.\d+)?)?(Z|[+-]\d\d:\d\d)?)?")


def find(body: Any, path: str) -> Any:
    """Walk down a path such as ``subject.reference``; of a list, the first element.

    Examples
    --------
    >>> find({"dose": [{"value": 40}, {"value": 20}]}, "dose.value"), find({"dose": "40"}, "dose.value")
    (40, None)
    """
    for key in path.split("."):
        body = body.get(key) if isinstance(body, dict) else None
        if isinstance(body, list):
            body = body[0] if body else None
    return body


def text_at(body: Any, path: str) -> str:
    """Return a plain value as text, empty when there is none."""
    value = find(body, path)
    return plain_text(value) if isinstance(value, (str, int, float, bool)) else ""


def elements(body: Any, key: str) -> list[dict[str, Any]]:
    """Return the elements of a list."""
    value = body.get(key) if isinstance(body, dict) else None
    return [each for each in value if isinstance(each, dict)] if isinstance(value, list) else []


def code_of(concept: Any, *systems: str) -> str:
    """Return the code of a concept: the first, or the first of these systems.

    Examples
    --------
    >>> concept = {"coding": [{"system": "local", "code": "KET"}, {"system": LOINC, "code": "44261-6"}]}
    >>> code_of(concept), code_of(concept, LOINC), code_of(concept, "other")
    ('KET', '44261-6', '')
    """
    codes = [
        text_at(each, "code") for each in elements(concept, "coding") if not systems or each.get("system") in systems
    ]
    return codes[0] if codes else ""


def display_of(concept: Any) -> str:
    """Return the words for a concept: of its first coding, else its own text."""
    return text_at(concept, "coding.display") or text_at(concept, "text")


def referred(body: Any, path: str) -> str:
    """Return what a reference refers to, as ``Type/id``; of a ``urn:uuid`` the uuid.

    Examples
    --------
    >>> referred({"subject": {"reference": "https://ehr.example/fhir/Patient/7/_history/2"}}, "subject")
    'Patient/7'
    """
    reference = text_at(body, f"{path}.reference").partition("/_history/")[0]
    if reference.startswith("urn:"):
        return reference.rpartition(":")[2]
    return "/".join(reference.split("/")[-2:])


def id_of(body: Any, path: str, kind: str) -> str:
    """Return the id that a reference names, when it refers to a resource of this type (or does not say its type)."""
    name, slash, rest = referred(body, path).rpartition("/")
    return rest if not slash or name == kind else ""


def moment(text: str, timezone: str) -> tuple[str, str]:
    """Split a FHIR date or time into the day and the time of day.

    Parameters
    ----------
    text : str
        Such as ``2026-01-05T20:30:00-05:00``; a date may be partial.
    timezone : str
        In which to read an instant; empty: the day and time are taken as they are written.

    Returns
    -------
    tuple of str
        Both empty when it is no FHIR date.

    Examples
    --------
    >>> moment("2026-01-06T01:30:00Z", ""), moment("2026-01-06T01:30:00Z", "America/New_York"), moment("2026-01", "")
    (('2026-01-06', '01:30'), ('2026-01-05', '20:30'), ('2026-01', ''))
    """
    found = _MOMENT.fullmatch(text)
    if not found:
        return "", ""
    day, time, offset = found.groups()
    if timezone and offset:
        try:
            local = datetime.fromisoformat(text).astimezone(ZoneInfo(timezone))
        except (ValueError, OverflowError):
            return "", ""
        return local.date().isoformat(), local.strftime("%H:%M")
    return day, time or ""


def minutes_between(body: Any, path: str) -> str:
    """Return the length of a period in whole minutes, empty when it is open or has no times."""
    try:
        start, end = (datetime.fromisoformat(text_at(body, f"{path}.{key}")) for key in ("start", "end"))
        length = (end - start).total_seconds()
    except (ValueError, TypeError):
        return ""
    times = all("T" in text_at(body, f"{path}.{key}") for key in ("start", "end"))
    return str(round(length / 60)) if times and length >= 0 else ""

"""Single values out of FHIR resources. What is not shaped as FHIR says counts as not there."""

import re
from dataclasses import dataclass
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
    "atc": ("http://www.whocc.no/atc", "http://fhir.de/CodeSystem/bfarm/atc"),
    "cpt": ("http://www.ama-assn.org/go/cpt",),
    "hcpcs": (
        "https://www.cms.gov/Medicare/Coding/HCPCSReleaseCodeSets",
        "http://www.cms.gov/Medicare/Coding/HCPCSReleaseCodeSets",
        "urn:oid:2.16.840.1.113883.6.285",
    ),
    "sopt": ("https://nahdo.org/sopt", "urn:oid:2.16.840.1.113883.3.221.5"),
    "act": ("http://terminology.hl7.org/CodeSystem/v3-ActCode", "http://hl7.org/fhir/v3/ActCode"),
    "selfpay": ("http://terminology.hl7.org/CodeSystem/coverage-selfpay",),
    "loinc": (LOINC,),
}
_MOMENT = re.compile(r"(\d{4}(?:-\d\d(?:-\d\d)?)?)(?:T(\d\d:\d\d)(?::\d\d(?:\.\d+)?)?(Z|[+-]\d\d:\d\d)?)?")
LONGEST_WORDS = 1_000
FULL_DATE = len("2026-01-05")


@dataclass(frozen=True)
class Moment:
    """A FHIR date or time: the day (or only year or month), the time of day, and the instant if it has one."""

    day: str = ""
    time: str = ""
    instant: datetime | None = None

    @property
    def is_day(self) -> bool:
        """True when the day is known, and not the month or year only."""
        return len(self.day) == FULL_DATE

    def minutes_until(self, later: "Moment") -> float | None:
        """Return the minutes from this moment to another; None when one has no time of day, or only one an offset.

        Examples
        --------
        >>> read_moment("2026-01-05T09:30:00-05:00").minutes_until(read_moment("2026-01-05T15:10:00Z"))
        40.0
        """
        if self.instant is None or later.instant is None:
            return None
        if (self.instant.tzinfo is None) != (later.instant.tzinfo is None):
            return None
        return (later.instant - self.instant).total_seconds() / 60


def read_moment(text: str, timezone: str = "") -> Moment:
    """Read a FHIR date or time.

    Parameters
    ----------
    text : str
        Such as ``2026-01-05T20:30:00-05:00``; a date may be partial.
    timezone : str
        In which to read an instant; empty: the day and time are taken as they are written.

    Returns
    -------
    Moment
        All empty when it is no FHIR date.

    Examples
    --------
    >>> late = "2026-01-06T01:30:00Z"
    >>> read_moment(late).day, read_moment(late, "America/New_York").day, read_moment("2026-01").day
    ('2026-01-06', '2026-01-05', '2026-01')
    """
    found = _MOMENT.fullmatch(text)
    if not found:
        return Moment()
    day, time, offset = found.groups()
    if time is None:
        return Moment(day)
    try:
        instant = datetime.fromisoformat(text)
        if timezone and offset:
            instant = instant.astimezone(ZoneInfo(timezone))
            day, time = instant.date().isoformat(), instant.strftime("%H:%M")
    except (ValueError, OverflowError):
        return Moment()
    return Moment(day, time, instant)


def find(body: Any, path: str) -> Any:
    """Walk down a path such as ``subject.reference``; of a list, the first element.

    Examples
    --------
    >>> find({"dose": [{"value": 40}, {"value": 20}]}, "dose.value"), find({"dose": "40"}, "dose.value")
    (40, None)
    """
    for key in path.split("."):
        if not isinstance(body, dict):
            return None
        body = body.get(key)
        if isinstance(body, list):
            body = body[0] if body else None
    return body


def text_at(body: Any, path: str) -> str:
    """Return a plain value as text, empty when there is none."""
    value = find(body, path)
    if isinstance(value, str):
        return value.strip()
    return plain_text(value) if isinstance(value, (int, float, bool)) else ""


def elements(body: Any, key: str) -> list[dict[str, Any]]:
    """Return the elements of a list; what stands there without a list is a list of one."""
    value = body.get(key) if isinstance(body, dict) else None
    if isinstance(value, list):
        return [each for each in value if isinstance(each, dict)]
    return [value] if isinstance(value, dict) else []


def codes_of(concept: Any, *systems: str) -> list[str]:
    """Return the codes of a concept, all or those of these systems (written as their addresses).

    Examples
    --------
    >>> codes_of({"coding": [{"system": "local", "code": "KET"}, {"system": LOINC, "code": "44261-6"}]}, LOINC)
    ['44261-6']
    """
    found = [
        text_at(each, "code") for each in elements(concept, "coding") if not systems or each.get("system") in systems
    ]
    return [code for code in found if code]


def code_of(concept: Any, *systems: str) -> str:
    """Return the first code of a concept, or the first of these systems; empty when there is none."""
    return next(iter(codes_of(concept, *systems)), "")


def display_of(concept: Any) -> str:
    """Return the words for a concept: of its first coding, else its own text."""
    return text_at(concept, "coding.display") or text_at(concept, "text")


def words_of(*concepts: Any) -> str:
    """Return all that concepts say in words, and codes of systems of one's own, in small letters; each is cut short.

    Examples
    --------
    >>> words_of({"coding": [{"code": "KET-IV", "display": "Ketamine"}], "text": "infusion"})
    'infusion | ketamine | ket-iv'
    """
    known = {address for addresses in SYSTEMS.values() for address in addresses}
    said = []
    for concept in concepts:
        said.append(text_at(concept, "text"))
        for coding in elements(concept, "coding"):
            said.append(text_at(coding, "display"))
            said.append(text_at(coding, "code") if coding.get("system") not in known else "")
    return " | ".join(dict.fromkeys(each[:LONGEST_WORDS].lower() for each in said if each))


def minutes_between(body: Any, path: str) -> str:
    """Return the length of a period in whole minutes, empty when it is open, has no times, or ends before it starts."""
    first, last = (read_moment(text_at(body, f"{path}.{key}")) for key in ("start", "end"))
    length = first.minutes_until(last)
    return str(round(length)) if length is not None and length >= 0 else ""

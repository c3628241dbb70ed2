"""FHIR patients, conditions and coverages: who a patient is, the diagnosis that counts, and who pays.

Names, addresses, contacts and identifiers of people, and notes, are never read.

The diagnosis that counts, of those that are confirmed or do not say: an active one before one in remission, inactive or
resolved; then bipolar, mdd, ptsd, ocd, gad, other; then the last recorded. The coverage that counts, of the active ones
of a known kind whose period holds the first session (all, without one): the lowest order, then the one that began last.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator

from analysis.intake.readers.fhir_codes import DIAGNOSES, diagnosis_named, payer_named, race_ethnicity_named
from analysis.intake.readers.fhir_common import (
    ENTERED_IN_ERROR,
    TAKEN_PLACE,
    Cells,
    Row,
    common_cells,
    concept_cells,
    moment_at,
)
from analysis.intake.readers.fhir_files import Body, Resource
from analysis.intake.readers.fhir_references import REPLACED, Context
from analysis.intake.readers.fhir_sessions import Sessions
from analysis.intake.readers.fhir_values import SYSTEMS, code_of, find, read_moment, text_at

REFUTED = "refuted"
NOT_CONFIRMED = "suspected and not confirmed"
NOT_IN_FORCE = "coverage cancelled, a draft, or entered in error"

_UNCONFIRMED = {"unconfirmed", "provisional", "differential"}
_ACTIVITY = {"active": 0, "recurrence": 0, "relapse": 0, "": 1, "remission": 2, "inactive": 3, "resolved": 4}
_PRECISIONS = {4: "year", 7: "month", 10: "day"}


def patient_rows(resources: list[Resource], context: Context, sessions: Sessions) -> Iterator[Row]:
    """Flatten patients.

    Parameters
    ----------
    resources : list of Resource
        The latest versions.
    context : Context
        With the encounters, which say when a patient was last seen.
    sessions : mapping of str to sequence of Session
        Each patient's given sessions in order.

    Yields
    ------
    Row
        A birth date is given when its day is known; ``birth_precision`` says what is.
    """
    last_days = _last_days(context, sessions)
    for resource in resources:
        body, name = resource.body, text_at(resource.body, "id")
        born, died = text_at(body, "birthDate"), moment_at(body, context, "deceasedDateTime")
        gender = text_at(body, "gender")
        cells = {
            "patient": name,
            "active": text_at(body, "active"),
            "gender": gender,
            "sex": gender if gender in {"male", "female", "other"} else "",
            "birth_date": born if read_moment(born).is_day else "",
            "birth_precision": _PRECISIONS.get(len(read_moment(born).day), ""),
            "race_ethnicity": race_ethnicity_named(body),
            "deceased": "true" if died.day else text_at(body, "deceasedBoolean"),
            "deceased_date": died.day if died.is_day else "",
            "organization": context.id_of(body, "managingOrganization", "Organization"),
            "treated": "true" if name in sessions else "false",
            "last_seen": last_days.get(name, ""),
        }
        replaced = context.aliases.get(f"Patient/{name}", f"Patient/{name}") != f"Patient/{name}"
        yield Row(resource.place, cells, REPLACED if replaced else "")


def condition_rows(resources: list[Resource], context: Context) -> Iterator[Row]:
    """Flatten conditions.

    Parameters
    ----------
    resources : list of Resource
        The latest versions.
    context : Context

    Yields
    ------
    Row
        The one condition that counts as a patient's diagnosis carries the patient's id as ``diagnosis_of``, too.
    """
    rows = [Row(each.place, *_condition(each.body, context)) for each in resources]
    for row in _first_of_each_patient([row for row in rows if row.cells["diagnosis"]], _diagnosis_rank):
        row.cells["diagnosis_of"] = row.cells["patient"]
    yield from rows


def coverage_rows(resources: list[Resource], context: Context, sessions: Sessions) -> Iterator[Row]:
    """Flatten coverages.

    Parameters
    ----------
    resources : list of Resource
        The latest versions.
    context : Context
        With the organisations that pay.
    sessions : mapping of str to sequence of Session
        Each patient's given sessions in order.

    Yields
    ------
    Row
        The one coverage that counts for a patient carries the patient's id as ``payer_of``, too.
    """
    rows = [Row(each.place, *_coverage(each.body, context)) for each in resources]
    counting = [row for row in rows if row.cells["payer"] and _in_force(row, sessions)]
    latest_first = sorted(counting, key=lambda each: each.cells["date"], reverse=True)
    for row in _first_of_each_patient(latest_first, _coverage_rank):
        row.cells["payer_of"] = row.cells["patient"]
    yield from rows


def payer_of(body: Body, context: Context) -> str:
    """Return the kind of payer of a coverage: by its type, the payer's name, or that the patient pays."""
    if "type" not in body and context.key_of(body, "payor").startswith("Patient/"):
        return "self-pay"
    return payer_named(find(body, "type"), payer_name(body, context))


def payer_name(body: Body, context: Context) -> str:
    """Return the name of the organisation that pays; of persons, none."""
    kind = context.key_of(body, "payor").partition("/")[0] or text_at(body, "payor.type") or "Organization"
    if kind != "Organization":
        return ""
    return text_at(context.body_of(body, "payor"), "name") or text_at(body, "payor.display")


def _last_days(context: Context, sessions: Sessions) -> dict[str, str]:
    """Return the last day each patient was seen, at an encounter or for a session."""
    days: defaultdict[str, str] = defaultdict(str)
    for patient, given in sessions.items():
        days[patient] = given[-1].start.day
    for key, body in context.others.items():
        if key.startswith("Encounter/") and text_at(body, "status") in TAKEN_PLACE:
            patient = context.id_of(body, "subject", "Patient")
            when = moment_at(body, context, "period.end", "period.start")
            if when.is_day:
                days[patient] = max(days[patient], when.day)
    return days


def _condition(body: Body, context: Context) -> tuple[Cells, str]:
    recorded = moment_at(body, context, "recordedDate")
    cells = common_cells(body, context, when=moment_at(body, context, "onsetDateTime", "onsetPeriod.start"))
    del cells["status"]
    concept = find(body, "code")
    cells |= {
        **concept_cells(concept),
        **{system: code_of(concept, *SYSTEMS[system]) for system in ("icd10", "snomed")},
        "category": code_of(find(body, "category")),
        "clinical_status": code_of(find(body, "clinicalStatus")),
        "verification_status": code_of(find(body, "verificationStatus")),
        "recorded": recorded.day,
        "ended": moment_at(body, context, "abatementDateTime", "abatementPeriod.start").day,
        "diagnosis": diagnosis_named(concept),
        "diagnosis_of": "",
    }
    verified = cells["verification_status"]
    if verified == "entered-in-error":
        return cells, ENTERED_IN_ERROR
    if verified == "refuted":
        return cells, REFUTED
    return cells, NOT_CONFIRMED if verified in _UNCONFIRMED else ""


def _diagnosis_rank(row: Row) -> tuple[int, int]:
    cells = row.cells
    return _ACTIVITY.get(cells["clinical_status"], 1), DIAGNOSES.index(cells["diagnosis"])


def _coverage(body: Body, context: Context) -> tuple[Cells, str]:
    start, end = (moment_at(body, context, f"period.{which}") for which in ("start", "end"))
    payer_kind = context.key_of(body, "payor").partition("/")[0]
    cells = {
        **common_cells(body, context, when=start),
        "patient": context.id_of(body, "beneficiary", "Patient"),
        "end": end.day,
        **concept_cells(find(body, "type")),
        "payer": payer_of(body, context),
        "payer_kind": payer_kind,
        "payer_name": payer_name(body, context),
        "order": text_at(body, "order"),
        "payer_of": "",
    }
    return cells, "" if cells["status"] in {"active", ""} else NOT_IN_FORCE


def _in_force(row: Row, sessions: Sessions) -> bool:
    first = next((each.start.day for each in sessions.get(row.cells["patient"], [])), "")
    start, end = row.cells["date"], row.cells["end"]
    # A partial date stands for its first day as a start and for its last as an end.
    return not first or (start <= first and (not end or first[: len(end)] <= end))


def _coverage_rank(row: Row) -> tuple[int, ...]:
    order = row.cells["order"]
    return (int(order) if order.isdecimal() and len(order) < 10 else 1_000_000_000,)


def _first_of_each_patient(rows: Iterable[Row], rank: Callable[[Row], tuple[int, ...]]) -> list[Row]:
    """Return for each patient the used row of the lowest rank; of equals, the last recorded, then the first."""
    best: dict[str, Row] = {}
    for row in rows:
        patient = row.cells["patient"]
        if row.reason or not patient:
            continue
        other = best.get(patient)
        recorded = row.cells.get("recorded", "")
        if (
            other is None
            or rank(row) < rank(other)
            or (rank(row) == rank(other) and recorded > other.cells.get("recorded", ""))
        ):
            best[patient] = row
    return list(best.values())

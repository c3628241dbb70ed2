"""FHIR MedicationAdministrations and Procedures as sessions: what was given, how, when, and whether."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from analysis.intake.readers.fhir_codes import is_no_show, route_named, treatments_named
from analysis.intake.readers.fhir_common import (
    ENTERED_IN_ERROR,
    PARTIAL_DATE,
    Cells,
    Row,
    common_cells,
    concept_cells,
    is_partial,
    moment_at,
    moment_paths,
)
from analysis.intake.readers.fhir_files import Body, Resource
from analysis.intake.readers.fhir_references import Context
from analysis.intake.readers.fhir_units import dose_in_mg
from analysis.intake.readers.fhir_values import (
    SYSTEMS,
    Moment,
    code_of,
    display_of,
    elements,
    find,
    read_moment,
    text_at,
)
from analysis.intake.readers.source_table import plain_text

SESSION_KINDS = ("MedicationAdministration", "Procedure")
STATUSES = {"completed": "given", "stopped": "stopped-early", "not-done": "cancelled"}
GIVEN = ("given", "stopped-early")

CONTRADICTED_TREATMENT = "its codes name different treatments"
UNFINISHED = "not begun or not finished when it was exported"
UNKNOWN_STATUS = "without a status that says whether it was given"

_UNFINISHED = ("preparation", "in-progress", "on-hold")


@dataclass
class Session:
    """One treatment as a resource records it; ``start`` and ``end`` may lack the time of day."""

    row: Row
    body: Body
    kind: str
    key: str
    start: Moment
    end: Moment
    parents: tuple[str, ...]
    parts: list["Session"] = field(default_factory=list)

    @property
    def patient(self) -> str:
        """The patient's id."""
        return self.row.cells["patient"]

    @property
    def treatment(self) -> str:
        """Of the layout's list, empty when it is none of them."""
        return self.row.cells["treatment"]

    @property
    def counts(self) -> bool:
        """True when it is a treatment of the layout's list on a known day, given or not."""
        return bool(not self.row.reason and self.treatment and self.patient and self.start.is_day)

    @property
    def was_given(self) -> bool:
        """True when it counts and was given, also in part."""
        return self.counts and self.row.cells["session_status"] in GIVEN

    @property
    def minutes(self) -> float | None:
        """How long it took, where that is known."""
        length = self.start.minutes_until(self.end)
        return length if length is not None and length >= 0 else None


# Each patient's given sessions in order.
Sessions = Mapping[str, Sequence[Session]]


def read_sessions(resources: Iterable[Resource], context: Context, *, whole: bool = True) -> list[Session]:
    """Read administrations and procedures.

    Parameters
    ----------
    resources : iterable of Resource
        The latest versions; of other types, none is looked at.
    context : Context
        With the medications and encounters they refer to.
    whole : bool
        False: only whose session it is, when, what, and whether it was given.

    Returns
    -------
    list of Session
        One for each resource, with the reason where its row is not used.
    """
    return [_session(each, context, whole=whole) for each in resources if each.body["resourceType"] in SESSION_KINDS]


def given_by_patient(sessions: Iterable[Session]) -> dict[str, list[Session]]:
    """Return each patient's given sessions in the order of day and time."""
    found: defaultdict[str, list[Session]] = defaultdict(list)
    for session in sessions:
        if session.was_given:
            found[session.patient].append(session)
    return {patient: sorted(each, key=order_of) for patient, each in found.items()}


def fill_doses(sessions: Iterable[Session]) -> None:
    """Write the doses in mg, once the weights are known, and add those of the parts of one session."""
    for session in sessions:
        weight = session.row.cells.get("weight_kg", "")
        doses = [
            dose_in_mg(find(each.body, "dosage"), minutes=each.minutes, weight_kg=weight)
            for each in (session, *session.parts)
        ]
        session.row.cells["dose_mg"] = _sum(doses) if session.parts else doses[0]


def _sum(doses: list[str]) -> str:
    try:
        return plain_text(round(sum(map(float, doses)), 6))
    except ValueError:
        return "not read: a sum with a dose that is not known"


def _session(resource: Resource, context: Context, *, whole: bool) -> Session:
    body, kind = resource.body, resource.body["resourceType"]
    name = "effective" if kind == "MedicationAdministration" else "performed"
    start = moment_at(body, context, *moment_paths(name))
    end = read_moment(text_at(body, f"{name}Period.end"), context.timezone)
    concepts = _medicines(body, context) if name == "effective" else [find(body, "code"), *elements(body, "usedCode")]
    treatments = treatments_named(*concepts)
    cells = {
        **common_cells(body, context, when=start),
        "treatment": treatments[0] if len(treatments) == 1 else "",
        "session_status": _session_status(body),
    }
    if whole:
        cells |= _other_cells(body, context, concepts)
    row = Row(resource.place, cells, _reason(cells, start, treatments), start)
    parents = tuple(context.key_of({"partOf": each}, "partOf") for each in elements(body, "partOf"))
    session = Session(row, body, kind, resource.key, start, end, tuple(filter(None, parents)))
    cells["duration_min"] = "" if session.minutes is None else str(round(session.minutes))
    return session


def _other_cells(body: Body, context: Context, concepts: list[Any]) -> Cells:
    concept, route = concepts[0] if concepts else None, find(body, "dosage.route")
    encounter = context.body_of(body, "encounter" if "encounter" in body else "context")
    return {
        **concept_cells(concept),
        **{system: code_of(concept, *SYSTEMS[system]) for system in ("rxnorm", "snomed", "atc", "cpt", "hcpcs")},
        "category": code_of(find(body, "category")),
        "route": route_named(route, *concepts) or code_of(route) or display_of(route),
        "route_code": code_of(route),
        "dose_mg": "",
        "dose": text_at(body, "dosage.dose.value"),
        "dose_unit": text_at(body, "dosage.dose.code") or text_at(body, "dosage.dose.unit"),
        "status_reason": code_of(find(body, "statusReason")) or display_of(find(body, "statusReason")),
        "location": context.id_of(body, "location", "Location")
        or context.id_of(find(encounter, "location"), "location", "Location"),
        "organization": context.id_of(encounter, "serviceProvider", "Organization"),
        "visit_type": code_of(find(encounter, "type")) or display_of(find(encounter, "type")),
        "sequence": "",
    }


def _medicines(body: Body, context: Context) -> list[Any]:
    """Return what is given: the medication's code, and those of its ingredients where it has none."""
    if "medicationReference" not in body:
        return elements(body, "medicationCodeableConcept")
    medicine = context.body_of(body, "medicationReference")
    inner = [each for part in elements(medicine, "ingredient") for each in elements(part, "itemCodeableConcept")]
    said = {"text": text_at(body, "medicationReference.display")}
    return elements(medicine, "code") or inner or [said]


def _session_status(body: Body) -> str:
    status = STATUSES.get(text_at(body, "status"), "")
    reasons = elements(body, "statusReason")
    return "no-show" if status == "cancelled" and any(map(is_no_show, reasons)) else status


def _reason(cells: Cells, start: Moment, treatments: list[str]) -> str:
    if cells["status"] == "entered-in-error":
        return ENTERED_IN_ERROR
    if len(treatments) > 1:
        return CONTRADICTED_TREATMENT
    if not treatments:
        return ""
    if not cells["session_status"]:
        return UNFINISHED if cells["status"] in _UNFINISHED else UNKNOWN_STATUS
    return PARTIAL_DATE if is_partial(start) else ""


def order_of(session: Session) -> tuple[str, str, str]:
    """Return what sorts sessions by day, time and place."""
    return session.start.day, session.start.time, str(session.row.place)

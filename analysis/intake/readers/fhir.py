"""FHIR R4: the resources of one type as rows with plain columns.

A mapping names the type as ``resource``; its ``path`` is NDJSON, a bundle, one resource, or a folder of these ("." for
the whole folder). What a row needs from resources of other types is looked up in the same path, so that a bulk export
is best read as one folder. The columns, beside ``id``, ``patient``, ``encounter``, ``date``, ``time`` and ``status`` (a
date is given as far as it is known; of what has to have a day, rows without one are left out):

QuestionnaireResponse and Observation
    ``instrument``, ``item_1`` to ``item_23``, ``total``; ``occasion`` (pre, post or between) and ``hours_after`` as
    the sessions tell (``fhir_occasions.py``); ``rater`` (self, clinician). Left out are scores that contradict
    themselves or are answered again on the same occasion. Of responses also ``questionnaire``, its address; of
    observations ``code``, ``display``, ``value``, ``unit``, ``systolic``, ``diastolic``, ``duration_min``,
    ``response`` (the questionnaire response it comes from), and ``use``: "score", "score that a questionnaire holds"
    (one that is used, of the same occasion), or of what belongs to a session "session", "no session that day", "no
    time of day" or "unit not read".
MedicationAdministration and Procedure
    one session each (which are the same: ``fhir_same_sessions.py``): ``treatment`` (of the layout's list, empty for
    others), ``session_status`` (given, stopped-early, cancelled, no-show), ``sequence``, ``route`` (of the layout's
    list, else the code as it is written), ``dose_mg`` (what cannot be made mg says so: read it with ``number =
    "dose"``), ``duration_min``, ``weight_kg``, ``systolic_before``, ``diastolic_before``, ``systolic_peak``,
    ``diastolic_peak``, ``cadss_peak``, ``sedation_peak``, ``heart_rate_peak``, ``saturation_lowest``
    (``fhir_vitals.py``); ``location``, ``organization`` and ``visit_type`` of the encounter; as written: ``code``,
    ``display``, ``rxnorm``, ``snomed``, ``atc``, ``cpt``, ``hcpcs``, ``category``, ``route_code``, ``dose``,
    ``dose_unit``, ``status_reason``.
AdverseEvent
    ``term`` (of the layout's list; "other" for what is none of it), ``severity``, ``serious``, ``onset_min`` and
    ``resolved_min`` from the start of the day's session, ``sequence``, ``dated_by`` (date, detected or recordedDate),
    ``outcome``, ``seriousness``, ``actuality``, ``category``, ``code``, ``display``, ``snomed``. Potential events are
    left out.
Patient
    ``sex``, ``birth_date`` (when its day is known) and ``birth_precision``, ``race_ethnicity``, ``deceased``,
    ``deceased_date``, ``treated`` (true when a session was given), ``last_seen``, ``organization``, ``gender``,
    ``active``.
Condition
    ``diagnosis`` (of the layout's list, empty for others), ``diagnosis_of``: the patient, on the one row that counts
    (which: ``fhir_records.py``), to join by; ``icd10``, ``snomed``, ``code``, ``display``, ``category``,
    ``clinical_status``, ``verification_status``, ``recorded``, ``ended``. Refuted and suspected ones are left out.
Coverage
    ``payer`` (of the layout's list, empty when not known), ``payer_of``: the patient, on the one row that counts, to
    join by; ``code``, ``display``, ``order``, ``end``, ``payer_kind``, ``payer_name`` (never a person's).
ServiceRequest
    ``referral`` (true when its category or code says so, other orders are empty), ``treated_patient`` (empty for a
    person never treated), ``source``, ``payer``, ``organization`` (who is asked), ``requester_kind``, ``intent``,
    ``category``, ``code``, ``display``.
Encounter
    ``hospitalisation`` (psychiatric or other, for those in hospital), ``sequence``, ``class``, ``service``, ``end``,
    ``duration_min``, ``organization``, ``code``, ``display``. Those that did not take place are left out.
Appointment
    ``session_status`` (no-show or cancelled), ``status_reason``, ``code``, ``display``.

What is entered in error, replaced by a later version, or comes once more is left out and counted. References are
followed by ``Type/id``, address, ``urn:uuid``, identifier, or into the resource itself; records of merged patients to
the one that replaced them.
"""

from collections.abc import Iterable
from pathlib import Path

import pandas as pd

from analysis.intake.mapping_grammar import SourceFile
from analysis.intake.readers.fhir_common import Row
from analysis.intake.readers.fhir_events import (
    adverse_event_rows,
    appointment_rows,
    encounter_rows,
    request_rows,
)
from analysis.intake.readers.fhir_files import Resource, read_resources, superseded_resources
from analysis.intake.readers.fhir_observations import mark_questionnaire_scores, observation_rows
from analysis.intake.readers.fhir_occasions import keep_last_answers, occasion_cells
from analysis.intake.readers.fhir_questionnaires import response_rows
from analysis.intake.readers.fhir_records import condition_rows, coverage_rows, patient_rows
from analysis.intake.readers.fhir_references import Context, make_aliases
from analysis.intake.readers.fhir_same_sessions import join_sessions
from analysis.intake.readers.fhir_sessions import (
    SESSION_KINDS,
    Session,
    Sessions,
    fill_doses,
    given_by_patient,
    read_sessions,
)
from analysis.intake.readers.fhir_values import text_at
from analysis.intake.readers.fhir_vitals import VITAL_COLUMNS, fill_vitals, read_readings
from analysis.intake.readers.source_table import SourceTable
from analysis.vocabulary.errors import DataError

UNUSED = "not used by the mapping"

# Columns that name a patient once.
JOINED_BY = {"diagnosis_of", "payer_of"}

# What a row of each type needs from other resources; patients are looked at to know whom an identifier stands for.
_SESSIONS = (*SESSION_KINDS, "Medication", "Patient")
EXPLAINING = {
    "QuestionnaireResponse": (*_SESSIONS, "Questionnaire"),
    "Observation": (*_SESSIONS, "QuestionnaireResponse", "Questionnaire"),
    "MedicationAdministration": (*_SESSIONS, "Observation", "Encounter"),
    "Procedure": (*_SESSIONS, "Observation", "Encounter"),
    "AdverseEvent": (*_SESSIONS, "Condition"),
    "Patient": (*_SESSIONS, "Encounter"),
    "Condition": ("Patient",),
    "Coverage": (*_SESSIONS, "Organization"),
    "ServiceRequest": (*_SESSIONS, "Coverage", "Organization", "PractitionerRole"),
    "Encounter": ("Patient",),
    "Appointment": ("Patient",),
}


def read_fhir(folder: Path, file: SourceFile) -> SourceTable:
    """Read the resources of one type.

    Parameters
    ----------
    folder : Path
    file : SourceFile
        With ``resource``, the type, and ``timezone``. Its path is NDJSON, a bundle, one resource, or a folder of these.

    Returns
    -------
    SourceTable
        One row for each resource, in files by its line or entry, in folders by ``file:line``. Left out with a reason:
        what the module's description says. Any column may be passed over.

    Raises
    ------
    DataError
        Not JSON, not FHIR, or no resource of this type.
    """
    kind = file.resource
    resources = list(read_resources(folder, file, {kind, *EXPLAINING[kind]}))
    superseded = superseded_resources(resources)
    current = [resource for resource in resources if resource.place not in superseded]
    others = {resource.key: resource.body for resource in current if resource.key}
    others |= {text_at(each.body, "url"): each.body for each in current if each.body["resourceType"] == "Questionnaire"}
    context = Context(others, file.timezone, make_aliases(current))
    wanted = [each for each in resources if each.body["resourceType"] == kind]
    if not wanted:
        raise DataError(f"{file.path} holds no resource of the type {kind} (`files.{file.name}.resource`).")
    rows = list(_rows(kind, current, context))
    for resource in wanted:
        if resource.place in superseded:
            rows += _left_out(kind, resource, context, superseded[resource.place])
    table = pd.DataFrame([row.cells for row in rows], index=_places(rows), dtype="str").fillna("")
    left_out = {row.place: row.reason for row in rows if row.reason}
    return SourceTable(table, left_out, dict.fromkeys(map(str, table.columns), UNUSED))


def _places(rows: list[Row]) -> pd.Index:
    numbered = all(isinstance(row.place, int) for row in rows)
    return pd.Index([row.place for row in rows], dtype="int64" if numbered else "object")


def _left_out(kind: str, resource: Resource, context: Context, reason: str) -> list[Row]:
    """Flatten a resource that is left out, apart from the others, so that nothing is joined to it."""
    alone = _rows(kind, [resource], Context({}, context.timezone, context.aliases))
    return [Row(row.place, row.cells | dict.fromkeys(row.cells.keys() & JOINED_BY, ""), reason) for row in alone]


def _rows(kind: str, current: list[Resource], context: Context) -> Iterable[Row]:
    of_kind = [each for each in current if each.body["resourceType"] == kind]
    if kind == "Condition":
        return condition_rows(of_kind, context)
    if kind == "Encounter":
        return encounter_rows(of_kind, context)
    if kind == "Appointment":
        return appointment_rows(of_kind, context)
    sessions = read_sessions(current, context, whole=kind in SESSION_KINDS)
    join_sessions(sessions)
    given = given_by_patient(sessions)
    if kind in SESSION_KINDS:
        return _session_rows(kind, sessions, given, current, context)
    if kind in {"QuestionnaireResponse", "Observation"}:
        return _score_rows(kind, current, context, given)
    makers = {"Patient": patient_rows, "AdverseEvent": adverse_event_rows, "Coverage": coverage_rows}
    return (makers | {"ServiceRequest": request_rows})[kind](of_kind, context, given)


def _session_rows(
    kind: str, sessions: list[Session], given: Sessions, current: list[Resource], context: Context
) -> list[Row]:
    for session in sessions:
        session.row.cells |= dict.fromkeys(VITAL_COLUMNS, "")
    fill_vitals(given, read_readings(_of(current, "Observation"), context))
    fill_doses(sessions)
    return [session.row for session in sessions if session.kind == kind]


def _score_rows(kind: str, current: list[Resource], context: Context, given: Sessions) -> list[Row]:
    answers = _on_occasions(list(response_rows(_of(current, "QuestionnaireResponse"), context)), given)
    if kind == "QuestionnaireResponse":
        return answers
    observations = _of(current, "Observation")
    rows = _on_occasions(list(observation_rows(observations, context)), given)
    mark_questionnaire_scores(rows, answers)
    readings = read_readings(observations, context)
    fill_vitals(given, readings)
    uses = {reading.place: reading.use for reading in readings}
    for row in rows:
        row.cells["use"] = row.cells["use"] or uses.get(row.place, "")
    return rows


def _on_occasions(rows: list[Row], given: Sessions) -> list[Row]:
    for row in rows:
        row.cells |= occasion_cells(row.moment, given.get(row.cells["patient"], []))
    keep_last_answers(rows)
    return rows


def _of(current: list[Resource], kind: str) -> list[Resource]:
    return [each for each in current if each.body["resourceType"] == kind]

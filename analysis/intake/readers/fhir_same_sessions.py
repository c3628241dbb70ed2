"""Which FHIR MedicationAdministrations and Procedures are the same session.

Several administrations of the same treatment on a day that are part of one procedure are one session: the first is its
row, and the doses are added. A procedure is the same session as an administration when one says that it is part of the
other or, without that, when patient, day and treatment are the same and both were given or both were not; several on a
day are paired in the order of their times. The administration is the row, and its word on whether it was given counts;
what it leaves open is taken from the procedure, and a procedure stopped early stops it early.
"""

from collections import defaultdict
from itertools import groupby

from analysis.intake.readers.fhir_common import number_rows
from analysis.intake.readers.fhir_sessions import Session, order_of

SAME_SESSION = "the same session as an administration, read with it"
SAME_PROCEDURE = "part of the same procedure as an earlier administration, its dose added"

_FILLED = {"time", "encounter", "location", "organization", "visit_type", "route", "duration_min"}


def join_sessions(sessions: list[Session]) -> None:
    """Make one session of those that are the same, and number those of a day.

    Parameters
    ----------
    sessions : list of Session
        Changed in place: those that are part of another one get the reason, the other one what they add.
    """
    _join_parts(sessions)
    _join_procedures(sessions)
    number_rows((each.row for each in sessions if each.counts), "patient", "date")


def _join_parts(sessions: list[Session]) -> None:
    """Make one session of the administrations that are part of the same procedure."""
    groups: defaultdict[tuple[str, ...], list[Session]] = defaultdict(list)
    for session in sessions:
        if session.kind == "MedicationAdministration" and session.was_given:
            for parent in session.parents[:1]:
                groups[parent, session.patient, session.row.cells["date"], session.treatment].append(session)
    for parts in groups.values():
        first, *others = sorted(parts, key=order_of)
        for other in others:
            other.row.reason = SAME_PROCEDURE
            first.parts.append(other)
            first.end = max(first.end, other.end, key=lambda each: (each.day, each.time))
            if other.row.cells["session_status"] == "stopped-early":
                first.row.cells["session_status"] = "stopped-early"
        if others and first.minutes is not None:
            first.row.cells["duration_min"] = str(round(first.minutes))


def _join_procedures(sessions: list[Session]) -> None:
    administrations = [each for each in sessions if each.kind == "MedicationAdministration" and each.counts]
    procedures = {each.key: each for each in sessions if each.kind == "Procedure" and _may_join(each)}
    by_key = {each.key: each for each in administrations if each.key}
    joined: set[int] = set()
    linked = [(each, procedures.get(parent)) for each in administrations for parent in each.parents]
    linked += [(by_key[parent], each) for each in procedures.values() for parent in each.parents if parent in by_key]
    for administration, procedure in linked:
        if procedure is not None and procedure.patient == administration.patient:
            if not procedure.row.reason:
                _join(administration, procedure)
            joined |= {id(administration), id(procedure)}
    rest = [each for each in sessions if each.counts and id(each) not in joined]
    for _, same in groupby(sorted(rest, key=_same), key=_same):
        together = sorted(same, key=order_of)
        pairs = zip(
            [each for each in together if each.kind == "MedicationAdministration"],
            [each for each in together if each.kind == "Procedure"],
            strict=False,
        )
        for administration, procedure in pairs:
            _join(administration, procedure)


def _may_join(procedure: Session) -> bool:
    return not procedure.row.reason and bool(procedure.row.cells["session_status"])


def _join(administration: Session, procedure: Session) -> None:
    cells, other = administration.row.cells, procedure.row.cells
    for column in cells.keys() & _FILLED:
        cells[column] = cells[column] or other[column]
    if administration.start.instant is None and procedure.start.day == administration.start.day:
        administration.start = administration.row.moment = procedure.start
    if administration.end.instant is None:
        administration.end = procedure.end
    if cells["session_status"] == "given" and other["session_status"] == "stopped-early":
        cells["session_status"] = "stopped-early"
    procedure.row.reason = SAME_SESSION


def _same(session: Session) -> tuple[str, str, str, bool]:
    return session.patient, session.start.day, session.treatment, session.was_given

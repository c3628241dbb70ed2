"""What the rows of every FHIR resource share: whose they are, when, and why a row is not used."""

from collections import Counter
from collections.abc import Hashable, Iterable
from dataclasses import dataclass, field
from typing import Any

from analysis.intake.readers.fhir_references import Context
from analysis.intake.readers.fhir_values import Moment, code_of, display_of, read_moment, text_at

Cells = dict[str, str]

ENTERED_IN_ERROR = "entered in error"
# Of an encounter: the patient was there.
TAKEN_PLACE = {"finished", "in-progress", "arrived", "triaged", "onleave"}
PARTIAL_DATE = "the day is not known, only the month or year"


@dataclass
class Row:
    """One row of a table: where its resource stands, its cells, and why it is not used; empty when it is."""

    place: Hashable
    cells: Cells
    reason: str = ""
    moment: Moment = field(default_factory=Moment)


def common_cells(body: dict[str, Any], context: Context, *, when: Moment) -> Cells:
    """Return the cells that every resource about a patient has."""
    return {
        "id": text_at(body, "id"),
        "patient": context.id_of(body, "subject", "Patient") or context.id_of(body, "patient", "Patient"),
        "encounter": context.id_of(body, "encounter", "Encounter") or context.id_of(body, "context", "Encounter"),
        "date": when.day,
        "time": when.time,
        "status": text_at(body, "status"),
    }


def concept_cells(concept: Any) -> Cells:
    """Return the first code of a concept and the words for it."""
    return {"code": code_of(concept), "display": display_of(concept)}


def moment_at(body: dict[str, Any], context: Context, *paths: str) -> Moment:
    """Return the first of these elements that says a date or time."""
    moments = (read_moment(text_at(body, path), context.timezone) for path in paths)
    return next((each for each in moments if each.day), Moment())


def moment_paths(name: str) -> tuple[str, str, str]:
    """Return where a resource may say when it happened, such as ``effectiveDateTime``."""
    return (f"{name}DateTime", f"{name}Period.start", f"{name}Instant")


def is_partial(when: Moment) -> bool:
    """Say whether a date is there and its day is not known."""
    return bool(when.day) and not when.is_day


def number_rows(rows: Iterable[Row], *columns: str) -> None:
    """Write ``sequence``: the number of a row among those that are used and have the same cells, by time."""
    seen: Counter[tuple[str, ...]] = Counter()
    for row in sorted(rows, key=lambda each: each.moment.time):
        row.cells["sequence"] = ""
        if not row.reason:
            key = tuple(row.cells[column] for column in columns)
            seen[key] += 1
            row.cells["sequence"] = str(seen[key])

"""FHIR Observations: rating scales out of panels, components, items and totals; others as one value each."""

from collections import defaultdict
from collections.abc import Hashable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from analysis.intake.readers.fhir_common import (
    ENTERED_IN_ERROR,
    PARTIAL_DATE,
    Cells,
    Row,
    common_cells,
    is_partial,
    moment_at,
    moment_paths,
)
from analysis.intake.readers.fhir_files import Body, Resource
from analysis.intake.readers.fhir_questionnaires import NOT_COMPLETED, rater_of
from analysis.intake.readers.fhir_references import Context, contained_in
from analysis.intake.readers.fhir_scores import (
    CONTRADICTED_ANSWER,
    CONTRADICTED_TOTAL,
    ITEM_COLUMNS,
    PANELS,
    SEVERAL_ANSWERS,
    UNKNOWN_ANSWER,
    Score,
    Slot,
    slot_of_code,
    slot_of_name,
)
from analysis.intake.readers.fhir_values import LOINC, code_of, display_of, elements, find, minutes_between, text_at
from analysis.intake.readers.fhir_vitals import USED

NOT_FINAL = "observation not final"
MEMBER = "part of a score, read with it"
MEMBER_NOT_FOUND = "an item of the panel is not among the files"
SCORE = "score"
IN_QUESTIONNAIRE = "score that a questionnaire holds"
FAULTY_QUESTIONNAIRE = "comes from a questionnaire that is entered in error, not completed or contradicts itself"
_FAULTS = {ENTERED_IN_ERROR, NOT_COMPLETED, CONTRADICTED_ANSWER, UNKNOWN_ANSWER, SEVERAL_ANSWERS, CONTRADICTED_TOTAL}
PRESSURES = {"8480-6": "systolic", "8462-4": "diastolic"}


@dataclass
class Group:
    """The observations that make one score: the one whose row it becomes comes first; some may be contained in it."""

    anchor: Resource
    others: list[Resource] = field(default_factory=list)
    contained: list[Body] = field(default_factory=list)
    unresolved: bool = False


def observation_rows(resources: list[Resource], context: Context) -> Iterator[Row]:
    """Flatten observations.

    Parameters
    ----------
    resources : list of Resource
        The latest versions.
    context : Context

    Yields
    ------
    Row
        The members of a panel, and items and totals without a panel that come from one questionnaire or one moment of
        one patient, are one score in one row.
    """
    usable = [each for each in resources if text_at(each.body, "status") in USED]
    groups = _groups(usable, context)
    member = {other.place for group in groups.values() for other in group.others}
    for resource in resources:
        body, status = resource.body, text_at(resource.body, "status")
        when = moment_at(body, context, *moment_paths("effective"))
        row = Row(resource.place, _plain_cells(body, context), moment=when)
        if status not in USED:
            row.reason = ENTERED_IN_ERROR if status == "entered-in-error" else NOT_FINAL
        elif resource.place in member:
            row.reason = MEMBER
        elif resource.place in groups:
            score, row.reason = _score(groups[resource.place])
            row.cells |= {"instrument": score.instrument, "use": SCORE} | score.values
            row.reason = row.reason or (PARTIAL_DATE if is_partial(when) else "")
        yield row


def _plain_cells(body: Body, context: Context) -> Cells:
    when = moment_at(body, context, *moment_paths("effective"))
    concept = find(body, "code")
    value = (
        text_at(body, "valueQuantity.value")
        or text_at(body, "valueInteger")
        or code_of(find(body, "valueCodeableConcept"))
    )
    components = {code_of(find(each, "code"), LOINC): each for each in elements(body, "component")}
    pressures = {column: text_at(components.get(code, {}), "valueQuantity.value") for code, column in PRESSURES.items()}
    return {
        **common_cells(body, context, when=when),
        "code": code_of(concept, LOINC) or code_of(concept),
        "display": display_of(concept),
        "value": value,
        "unit": text_at(body, "valueQuantity.code") or text_at(body, "valueQuantity.unit"),
        **pressures,
        "duration_min": minutes_between(body, "effectivePeriod"),
        "response": context.id_of(body, "derivedFrom", "QuestionnaireResponse"),
        "use": "",
        "instrument": "",
        "rater": rater_of(body, context),
        **dict.fromkeys(["occasion", "hours_after", *ITEM_COLUMNS, "total"], ""),
    }


def _slot(body: Any) -> Slot | None:
    """Return the instrument and column an observation is for; a panel's own value is the total."""
    concept = find(body, "code")
    for coding in elements(concept, "coding"):
        code = text_at(coding, "code")
        slot = None
        if coding.get("system", LOINC) == LOINC:
            slot = (PANELS[code], "total") if code in PANELS else slot_of_code(code)
        slot = slot or slot_of_name(code)
        if slot is not None:
            return slot
    return slot_of_name(text_at(concept, "text"))


def _is_panel(body: Body) -> bool:
    return any(text_at(coding, "code") in PANELS for coding in elements(find(body, "code"), "coding"))


def _groups(usable: list[Resource], context: Context) -> dict[Hashable, Group]:
    known = {resource.key: resource for resource in usable if resource.key}
    groups: dict[Hashable, Group] = {}
    taken: set[Hashable] = set()
    for panel in (resource for resource in usable if elements(resource.body, "hasMember") and _slot(resource.body)):
        if panel.place not in taken:
            taken.add(panel.place)
            groups[panel.place] = Group(panel)
            _gather(panel, groups[panel.place], known, taken, context)
    moments: defaultdict[Hashable, list[Resource]] = defaultdict(list)
    for resource in usable:
        slot = _slot(resource.body) if resource.place not in taken else None
        if slot:
            moments[_moment_key(resource, slot, context)].append(resource)
    for together in moments.values():
        first = sorted(together, key=lambda each: (not _is_panel(each.body), (_slot(each.body) or "")[1] != "total"))
        groups[first[0].place] = Group(first[0], first[1:])
    return groups


def _gather(panel: Resource, group: Group, known: dict[str, Resource], taken: set[Hashable], context: Context) -> None:
    """Take up the members of a panel, and those of panels in it; a member belongs to one score only."""
    patient = context.key_of(panel.body, "subject")
    to_look_at = [panel]
    while to_look_at:
        current = to_look_at.pop()
        for reference in elements(current.body, "hasMember"):
            name = text_at(reference, "reference")
            if name.startswith("#"):
                group.contained.append(contained_in(current.body, name))
                continue
            member = known.get(context.key_of({"hasMember": reference}, "hasMember"))
            if member is None or context.key_of(member.body, "subject") != patient:
                group.unresolved = True
            elif member.place not in taken:
                taken.add(member.place)
                group.others.append(member)
                to_look_at.append(member)


def _moment_key(resource: Resource, slot: Slot, context: Context) -> Hashable:
    """Name what an item and a total without a panel must share to be one score."""
    patient = context.key_of(resource.body, "subject")
    source = context.key_of(resource.body, "derivedFrom")
    when = text_at(resource.body, "effectiveDateTime") or text_at(resource.body, "effectivePeriod.start")
    return (slot[0], patient, source, when) if patient and (source or when) else (slot[0], resource.place)


def _score(group: Group) -> tuple[Score, str]:
    instrument, _ = _slot(group.anchor.body) or ("", "")
    score = Score(instrument)
    for body in [group.anchor.body, *(each.body for each in group.others), *group.contained]:
        for element in [body, *elements(body, "component")]:
            slot = _slot(element)
            if slot is not None and slot[0] == instrument:
                score.add(slot[1], [element])
    lacking = MEMBER_NOT_FOUND if group.unresolved and not score.complete else ""
    return score, lacking if not score.fault and lacking else score.contradiction()


def mark_questionnaire_scores(rows: Iterable[Row], answered: Iterable[Row]) -> None:
    """Write as ``use`` of a score that a questionnaire holds it: one it comes from, or one of the same occasion.

    Parameters
    ----------
    rows : iterable of Row
        Of observations, with their occasions. One that comes from a questionnaire that was entered in error, not
        completed, or contradicts itself is left out, too.
    answered : iterable of Row
        Of questionnaire responses, with their occasions.
    """
    answered = [row for row in answered if row.cells["patient"]]
    used = [row.cells for row in answered if not row.reason]
    occasions = {_occasion(cells) for cells in used}
    responses = {(cells["id"], cells["instrument"]) for cells in used}
    faulty = {row.cells["id"] for row in answered if row.reason in _FAULTS} - {"", *(name for name, _ in responses)}
    for row in rows:
        cells = row.cells
        if cells["response"] in faulty:
            row.reason = row.reason or FAULTY_QUESTIONNAIRE
        if cells["use"] == SCORE and (
            _occasion(cells) in occasions or (cells["response"], cells["instrument"]) in responses
        ):
            cells["use"] = IN_QUESTIONNAIRE


def _occasion(cells: Cells) -> tuple[str, ...]:
    return tuple(cells[column] for column in ("patient", "date", "instrument", "occasion"))

"""FHIR Observations: PHQ-9 and GAD-7 out of panels, components, items and totals; others as one value each."""

from collections import defaultdict
from collections.abc import Hashable, Iterator
from dataclasses import dataclass, field
from typing import Any

from analysis.intake.readers.fhir_files import Resource
from analysis.intake.readers.fhir_records import ENTERED_IN_ERROR, Cells, Context, common_cells
from analysis.intake.readers.fhir_scores import ITEM_COLUMNS, PANELS, Score, Slot, slot_of_code
from analysis.intake.readers.fhir_values import (
    LOINC,
    code_of,
    display_of,
    elements,
    find,
    minutes_between,
    referred,
    text_at,
)

USED = {"final", "amended", "corrected"}
NOT_FINAL = "observation not final"
MEMBER = "part of a score, read with it"
MEMBER_NOT_FOUND = "an item of the panel is not among the files"
PRESSURES = {"8480-6": "systolic", "8462-4": "diastolic"}

Row = tuple[Hashable, Cells, str]


@dataclass
class Group:
    """The observations that make one score: the one whose row it becomes comes first."""

    anchor: Resource
    others: list[Resource] = field(default_factory=list)
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
    tuple of place, dict of str to str, and str
        The cells, and why the row is not used, empty when it is. The members of a panel, and items and totals without
        a panel that come from one questionnaire or one moment of one patient, are one score in one row.
    """
    usable = [each for each in resources if text_at(each.body, "status") in USED]
    groups = _groups(usable)
    member = {other.place for group in groups.values() for other in group.others}
    for resource in resources:
        status = text_at(resource.body, "status")
        cells = _plain_cells(resource.body, context)
        if status not in USED:
            yield resource.place, cells, ENTERED_IN_ERROR if status == "entered-in-error" else NOT_FINAL
        elif resource.place in member:
            yield resource.place, cells, MEMBER
        elif resource.place in groups:
            score, reason = _score(groups[resource.place])
            yield resource.place, cells | {"instrument": score.instrument} | score.values, reason
        else:
            yield resource.place, cells, ""


def _plain_cells(body: dict[str, Any], context: Context) -> Cells:
    when = (
        text_at(body, "effectiveDateTime")
        or text_at(body, "effectivePeriod.start")
        or text_at(body, "effectiveInstant")
    )
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
        "instrument": "",
        **dict.fromkeys([*ITEM_COLUMNS, "total"], ""),
    }


def _slot(body: dict[str, Any]) -> Slot | None:
    """Return the instrument and column an observation is for; a panel's own value is the total."""
    for coding in elements(find(body, "code"), "coding"):
        if coding.get("system", LOINC) == LOINC:
            code = text_at(coding, "code")
            slot = (PANELS[code], "total") if code in PANELS else slot_of_code(code)
            if slot is not None:
                return slot
    return None


def _is_panel(body: dict[str, Any]) -> bool:
    return any(text_at(coding, "code") in PANELS for coding in elements(find(body, "code"), "coding"))


def _groups(usable: list[Resource]) -> dict[Hashable, Group]:
    known = {resource.key: resource for resource in usable if resource.key}
    groups: dict[Hashable, Group] = {}
    taken: set[Hashable] = set()
    for panel in (resource for resource in usable if _slot(resource.body) and elements(resource.body, "hasMember")):
        keys = [
            referred(member, "member") for member in ({"member": each} for each in elements(panel.body, "hasMember"))
        ]
        members = [known[key] for key in keys if key in known and known[key].place not in taken]
        groups[panel.place] = Group(panel, members, any(key not in known for key in keys))
        taken |= {panel.place, *(member.place for member in members)}
    moments: defaultdict[Hashable, list[Resource]] = defaultdict(list)
    for resource in usable:
        slot = _slot(resource.body)
        if slot and resource.place not in taken:
            moments[_moment_key(resource, slot)].append(resource)
    for together in moments.values():
        first = sorted(together, key=lambda each: (not _is_panel(each.body), (_slot(each.body) or "")[1] != "total"))
        groups[first[0].place] = Group(first[0], first[1:])
    return groups


def _moment_key(resource: Resource, slot: Slot) -> Hashable:
    """Name what an item and a total without a panel must share to be one score."""
    patient = referred(resource.body, "subject")
    source = referred(resource.body, "derivedFrom")
    when = text_at(resource.body, "effectiveDateTime") or text_at(resource.body, "effectivePeriod.start")
    return (slot[0], patient, source, when) if patient and (source or when) else (slot[0], resource.place)


def _score(group: Group) -> tuple[Score, str]:
    instrument, _ = _slot(group.anchor.body) or ("", "")
    score = Score(instrument)
    for resource in [group.anchor, *group.others]:
        for element in [resource.body, *elements(resource.body, "component")]:
            slot = _slot(element)
            if slot is not None and slot[0] == instrument:
                score.add(slot[1], [element])
    lacking = MEMBER_NOT_FOUND if group.unresolved and not score.complete else ""
    return score, score.contradiction() or lacking

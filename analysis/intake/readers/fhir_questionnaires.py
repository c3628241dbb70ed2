"""Rating scales out of FHIR QuestionnaireResponses: one row for each response and instrument."""

from collections.abc import Iterator
from typing import Any

from analysis.intake.readers.fhir_common import (
    ENTERED_IN_ERROR,
    PARTIAL_DATE,
    Row,
    common_cells,
    is_partial,
    moment_at,
)
from analysis.intake.readers.fhir_files import Resource
from analysis.intake.readers.fhir_references import Context, contained_in
from analysis.intake.readers.fhir_scores import ITEM_COLUMNS, Score, Slot, slot_of_code, slots_of_links
from analysis.intake.readers.fhir_values import LOINC, elements, find, text_at

USED = {"completed", "amended"}
NOT_COMPLETED = "questionnaire not completed"
NOT_RECOGNISED = "no answer of a known instrument in it"


def response_rows(resources: list[Resource], context: Context) -> Iterator[Row]:
    """Flatten questionnaire responses.

    Parameters
    ----------
    resources : list of Resource
        The latest versions.
    context : Context
        A Questionnaire among the others says by its codes what the link ids stand for.

    Yields
    ------
    Row
        A response with two instruments gives two rows; their places are then the response's with the instrument's name.
    """
    for resource in resources:
        body = resource.body
        when = moment_at(body, context, "authored")
        cells = common_cells(body, context, when=when)
        cells |= {"questionnaire": text_at(body, "questionnaire"), "instrument": "", "rater": rater_of(body, context)}
        cells |= dict.fromkeys(["occasion", "hours_after", *ITEM_COLUMNS, "total"], "")
        scores = _scores(body, context)
        reason = _unfinished(cells["status"]) or ("" if scores else NOT_RECOGNISED)
        reason = reason or (PARTIAL_DATE if is_partial(when) else "")
        for score in scores or [Score("")]:
            place = f"{resource.place} {score.instrument}" if len(scores) > 1 else resource.place
            filled = cells | {"instrument": score.instrument} | score.values
            yield Row(place, filled, reason or score.contradiction(), when)


def rater_of(body: dict[str, Any], context: Context) -> str:
    """Say who answered: ``self`` or ``clinician``, empty when it is neither or not told.

    Examples
    --------
    >>> rater_of({"source": {"reference": "Patient/7"}}, Context())
    'self'
    """
    kinds = {"Patient": "self", "Practitioner": "clinician", "PractitionerRole": "clinician"}
    keys = (context.key_of(body, path) for path in ("source", "performer", "author"))
    return next((kinds[key.partition("/")[0]] for key in keys if key.partition("/")[0] in kinds), "")


def _unfinished(status: str) -> str:
    if status in USED:
        return ""
    return ENTERED_IN_ERROR if status == "entered-in-error" else NOT_COMPLETED


def _scores(body: dict[str, Any], context: Context) -> list[Score]:
    answered = [(text_at(item, "linkId"), elements(item, "answer"), item) for item in _items(body)]
    answered = [(link, answers, item) for link, answers, item in answered if answers]
    slots = slots_of_links(tuple(link for link, _, _ in answered)) | _declared(body, context)
    scores: dict[str, Score] = {}
    for link, answers, item in answered:
        slot = slots.get(link) or slot_of_code(text_at(item, "definition").rpartition("#")[2].rpartition("/")[2])
        if slot is not None:
            scores.setdefault(slot[0], Score(slot[0])).add(slot[1], answers)
    return [score for score in scores.values() if score.values or score.fault]


def _items(body: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield the items of a response or questionnaire, those inside groups and below answers too."""
    open_items = [*reversed(elements(body, "item"))]
    while open_items:
        item = open_items.pop()
        yield item
        for holder in reversed([item, *elements(item, "answer")]):
            open_items += reversed(elements(holder, "item"))


def _declared(body: dict[str, Any], context: Context) -> dict[str, Slot]:
    """Return what the link ids stand for by the codes of the questionnaire itself, when it is among the files."""
    url = text_at(body, "questionnaire").partition("|")[0]
    questionnaire = (
        contained_in(body, url)
        if url.startswith("#")
        else context.others.get(url) or context.others.get(f"Questionnaire/{url.rpartition('/')[2]}", {})
    )
    slots = {}
    for item in _items(questionnaire):
        for coding in elements(item, "code"):
            slot = slot_of_code(text_at(coding, "code")) if find(coding, "system") == LOINC else None
            if slot is not None:
                slots[text_at(item, "linkId")] = slot
    return slots

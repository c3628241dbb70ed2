"""PHQ-9 and GAD-7 out of FHIR QuestionnaireResponses: one row for each response and instrument."""

from collections.abc import Hashable, Iterator
from typing import Any

from analysis.intake.readers.fhir_files import Resource
from analysis.intake.readers.fhir_records import ENTERED_IN_ERROR, Cells, Context, common_cells
from analysis.intake.readers.fhir_scores import ITEM_COLUMNS, Score, Slot, slot_of_code, slots_of_links
from analysis.intake.readers.fhir_values import LOINC, elements, find, text_at

USED = {"completed", "amended"}
NOT_RECOGNISED = "no answer of PHQ-9 or GAD-7 in it"

Row = tuple[Hashable, Cells, str]


def response_rows(resources: list[Resource], context: Context) -> Iterator[Row]:
    """Flatten questionnaire responses.

    Parameters
    ----------
    resources : list of Resource
    context : Context
        A Questionnaire among the others says by its codes what the link ids stand for.

    Yields
    ------
    tuple of place, dict of str to str, and str
        The cells, and why the row is not used, empty when it is. A response with both instruments gives two rows; their
        places are then the response's with the instrument's name.
    """
    for resource in resources:
        body = resource.body
        cells = common_cells(body, context, when=text_at(body, "authored"))
        cells |= {"questionnaire": text_at(body, "questionnaire"), "instrument": ""}
        cells |= dict.fromkeys([*ITEM_COLUMNS, "total"], "")
        scores = _scores(body, context)
        reason = _unfinished(cells["status"]) or ("" if scores else NOT_RECOGNISED)
        for score in scores or [Score("")]:
            place = f"{resource.place} {score.instrument}" if len(scores) > 1 else resource.place
            filled = cells | {"instrument": score.instrument} | score.values
            yield place, filled, reason or score.contradiction()


def _unfinished(status: str) -> str:
    if status in USED:
        return ""
    return ENTERED_IN_ERROR if status == "entered-in-error" else "questionnaire not completed"


def _scores(body: dict[str, Any], context: Context) -> list[Score]:
    answered = [(text_at(item, "linkId"), elements(item, "answer")) for item in _items(body)]
    answered = [(link, answers) for link, answers in answered if answers]
    slots = slots_of_links(tuple(link for link, _ in answered)) | _declared(body, context)
    scores: dict[str, Score] = {}
    for link, answers in answered:
        if link in slots:
            name, column = slots[link]
            scores.setdefault(name, Score(name)).add(column, answers)
    return [score for score in scores.values() if score.values or score.fault]


def _items(body: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield the items of a response or questionnaire, those inside groups and below answers too."""
    for item in elements(body, "item"):
        yield item
        yield from _items(item)
        for answer in elements(item, "answer"):
            yield from _items(answer)


def _declared(body: dict[str, Any], context: Context) -> dict[str, Slot]:
    """Return what the link ids stand for by the codes of the questionnaire itself, when it is among the files."""
    url = text_at(body, "questionnaire").partition("|")[0]
    questionnaire = context.others.get(url) or context.others.get(f"Questionnaire/{url.rpartition('/')[2]}", {})
    slots = {}
    for item in _items(questionnaire):
        for coding in elements(item, "code"):
            slot = slot_of_code(text_at(coding, "code")) if find(coding, "system") == LOINC else None
            if slot is not None:
                slots[text_at(item, "linkId")] = slot
    return slots

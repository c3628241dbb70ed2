"""Rating scales in FHIR: which code or link id stands for which item, what an answer counts, and what contradicts.

PHQ-9 and GAD-7 by their codes on loinc.org (panels 44249-1, 69737-5 and 69729-2; answer list LL358-3); the other
instruments of ``instruments.toml`` have none there and are known by their names. How difficult the problems made things
(69722-7) is no item and is not added.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache, lru_cache
from typing import Any

from analysis.intake.readers.fhir_values import LOINC, elements, find, text_at
from analysis.intake.readers.source_table import plain_text
from analysis.vocabulary.definitions import default_definitions
from analysis.vocabulary.instruments import Instrument
from analysis.vocabulary.scoring import MOST_ITEMS

PANELS = {"44249-1": "PHQ-9", "69737-5": "GAD-7"}
TOTALS = {"44261-6": "PHQ-9", "70274-6": "GAD-7"}
ITEMS = {
    "PHQ-9": ("44250-9", "44255-8", "44259-0", "44254-1", "44251-7", "44258-2", "44252-5", "44253-3", "44260-8"),
    "GAD-7": ("69725-0", "68509-9", "69733-4", "69734-2", "69735-9", "69689-8", "69736-7"),
}
ANSWERS = {"LA6568-5": 0, "LA6569-3": 1, "LA6570-1": 2, "LA6571-9": 3}
_PLAIN = {code: str(value) for code, value in ANSWERS.items()}
ITEM_COLUMNS = tuple(f"item_{number}" for number in range(1, MOST_ITEMS + 1))

ORDINALS = {
    "http://hl7.org/fhir/StructureDefinition/ordinalValue",
    "http://hl7.org/fhir/StructureDefinition/itemWeight",
    "http://hl7.org/fhir/StructureDefinition/iso21090-CO-value",
}
NOT_ANSWERED = {
    "http://terminology.hl7.org/CodeSystem/data-absent-reason",
    "http://terminology.hl7.org/CodeSystem/v3-NullFlavor",
}

CONTRADICTED_ANSWER = "an answer's code contradicts its ordinal"
UNKNOWN_ANSWER = "an answer that is no code of the answer list and no number"
SEVERAL_ANSWERS = "several different answers to one item"
CONTRADICTED_TOTAL = "the total contradicts the items"
NO_ANSWER = "no answer in it"

Slot = tuple[str, str]

_SLOTS: dict[str, Slot] = {
    **{code: (name, "total") for code, name in TOTALS.items()},
    **{code: (name, f"item_{n}") for name, codes in ITEMS.items() for n, code in enumerate(codes, start=1)},
}
_NUMBER = r"[-_. /]*(?:q|item|question)?[-_. ]*(\d{1,2})"
_TOTAL = r"[-_. /]*(?:total|sum|score|total[-_. ]*score|sum[-_. ]*score)"
_SHORT = (("PHQ-9", "phq"), ("GAD-7", "gad"))


@cache
def _scales() -> Mapping[str, Instrument]:
    return default_definitions().instruments


@cache
def _spellings() -> tuple[tuple[str, str], ...]:
    """Return each instrument's name as a pattern: PHQ-9 may be written phq9, PHQ_9, PHQ 9.

    Dissociation is rated during a session, and is read with the session's other observations.
    """
    names = [name for name in _scales() if name != "CADSS"]
    return tuple((name, re.sub(r"\W+|(?<=[A-Za-z])(?=\d)", "[-_ ]?", name)) for name in names)


@dataclass
class Score:
    """The items and total of one instrument as they are gathered, and the first thing that contradicts."""

    instrument: str
    values: dict[str, str] = field(default_factory=dict)
    fault: str = ""

    def add(self, column: str, answers: Iterable[dict[str, Any]]) -> None:
        """Take up the answers to one item, or the total."""
        for answer in answers:
            value, fault = answer_value(answer)
            if value and self.values.setdefault(column, value) != value:
                fault = SEVERAL_ANSWERS
            self.fault = self.fault or fault

    @property
    def complete(self) -> bool:
        """True when each item is answered, or the total is there."""
        return "total" in self.values or len(self.values) == _scales()[self.instrument].items

    def contradiction(self) -> str:
        """Return why the score cannot be used, empty when it can."""
        if self.fault or not self.values:
            return self.fault or NO_ANSWER
        numbers = {column: float(value) for column, value in self.values.items()}
        total = numbers.pop("total", None)
        scale = _scales()[self.instrument]
        if total is None or not numbers or not scale.sums_items or scale.multiplier > 1:
            return ""  # of any other total the scoring judges
        highest = enumerate(scale.item_max, start=1)
        still_open = sum(most for number, most in highest if f"item_{number}" not in numbers)
        known = sum(numbers.values())
        return "" if known <= total <= known + still_open else CONTRADICTED_TOTAL


def slot_of_code(code: str) -> Slot | None:
    """Return the instrument and column that a LOINC code stands for.

    Examples
    --------
    >>> slot_of_code("44255-8"), slot_of_code("70274-6"), slot_of_code("69722-7")
    (('PHQ-9', 'item_2'), ('GAD-7', 'total'), None)
    """
    return _SLOTS.get(code)


@lru_cache(maxsize=10_000)
def slot_of_name(name: str) -> Slot | None:
    """Return what an observation of this name stands for; the name of an instrument alone is its total.

    Examples
    --------
    >>> slot_of_name("MADRS"), slot_of_name("HAM-D17 total"), slot_of_name("MADRS-3"), slot_of_name("Blood pressure")
    (('MADRS', 'total'), ('HAM-D17', 'total'), ('MADRS', 'item_3'), None)
    """
    alone = next((each for each, spelling in _spellings() if re.fullmatch(spelling, name, flags=re.IGNORECASE)), None)
    return (alone, "total") if alone else _spelled(name, _spellings())


@lru_cache(maxsize=1000)
def slots_of_links(link_ids: tuple[str, ...]) -> dict[str, Slot]:
    """Return the instrument and column that each link id of one questionnaire stands for.

    Parameters
    ----------
    link_ids : tuple of str
        Of the items that have answers.

    Returns
    -------
    dict of str to tuple of str
        Without those that stand for nothing here. A link id may be, or end in, a LOINC code; or name the instrument and
        the number (``phq9-1``, ``PHQ-9.q1``, ``gad7_item_3``), or ``PHQ.1`` when its fellows do so too.

    Examples
    --------
    >>> slots_of_links(("/44250-9", "phq9-2", "gad7-total", "/69722-7", "phq9-10"))
    {'/44250-9': ('PHQ-9', 'item_1'), 'phq9-2': ('PHQ-9', 'item_2'), 'gad7-total': ('GAD-7', 'total')}
    >>> slots_of_links(("PHQ.1", "PHQ.9", "PHQ.Score")), slots_of_links(("PHQ-9",))
    ({'PHQ.1': ('PHQ-9', 'item_1'), 'PHQ.9': ('PHQ-9', 'item_9'), 'PHQ.Score': ('PHQ-9', 'total')}, {})
    """
    found: dict[str, Slot] = {}
    short: dict[str, Slot] = {}
    for link in link_ids:
        code = _SLOTS.get(link.rpartition("/")[2])
        if slot := code or _spelled(link, _spellings()):
            found[link] = slot
        elif slot := _spelled(link, _SHORT):
            short[link] = slot
    # "PHQ-9" alone may be the whole questionnaire as well as its ninth item.
    for link, (name, column) in short.items():
        if any(other == (name, f"item_{number}") for other in short.values() for number in range(1, 7)):
            found[link] = (name, column)
    return found


def answer_value(answer: dict[str, Any]) -> tuple[str, str]:
    """Return what an answer counts.

    Parameters
    ----------
    answer : dict
        An element with ``valueCoding``, ``valueCodeableConcept``, ``valueInteger``, ``valueDecimal``, ``valueQuantity``
        or ``valueString``: an answer of a questionnaire, an observation or one of its components.

    Returns
    -------
    tuple of str
        The value, empty when it is not answered; and what is wrong with it, empty when nothing is.

    Examples
    --------
    >>> answer_value({"valueCoding": {"system": LOINC, "code": "LA6570-1"}}), answer_value({"valueDecimal": 12.0})
    (('2', ''), ('12', ''))
    >>> answer_value({"valueCoding": {"code": "LA6570-1", "extension": [{"url": min(ORDINALS), "valueDecimal": 3}]}})
    ('', "an answer's code contradicts its ordinal")
    """
    coding = answer.get("valueCoding")
    if isinstance(coding, dict) and coding.get("code") in _PLAIN and not {"extension"} & {*coding, *answer}:
        return _PLAIN[coding["code"]], ""  # nearly every answer is just this
    concept = find(answer, "valueCodeableConcept")
    codings = [*elements(concept, "coding"), find(answer, "valueCoding")]
    codings = [each for each in codings if isinstance(each, dict)]
    if not codings:
        plain = (text_at(answer, f"value{kind}") for kind in ("Integer", "Decimal", "Quantity.value", "String"))
        value = next((each for each in plain if each), "")
        return (plain_text(_number(value)), "") if _number(value) is not None else ("", UNKNOWN_ANSWER if value else "")
    values = {value for each in [*codings, concept, answer] for value in _counts(each)}
    if len(values) > 1:
        return "", CONTRADICTED_ANSWER
    if not values:
        absent = all(each.get("system") in NOT_ANSWERED for each in codings)
        return "", "" if absent else UNKNOWN_ANSWER
    return plain_text(values.pop()), ""


def _counts(element: Any) -> Iterable[float]:
    """Yield what a coding's code, and each ordinal beside it, counts."""
    code = text_at(element, "code")
    if code in ANSWERS:
        yield float(ANSWERS[code])
    elif code.isdecimal() and element.get("system") != LOINC:
        yield float(code)
    for extension in elements(element, "extension"):
        if extension.get("url") in ORDINALS:
            ordinal = _number(text_at(extension, "valueDecimal") or text_at(extension, "valueInteger"))
            if ordinal is not None:
                yield ordinal


def _spelled(link: str, names: Iterable[tuple[str, str]]) -> Slot | None:
    for name, spelling in names:
        if re.fullmatch(spelling + _TOTAL, link, flags=re.IGNORECASE):
            return name, "total"
        numbered = re.fullmatch(spelling + _NUMBER, link, flags=re.IGNORECASE)
        if numbered and 1 <= int(numbered[1]) <= _scales()[name].items:
            return name, f"item_{int(numbered[1])}"
    return None


def _number(text: str) -> float | None:
    return float(text) if re.fullmatch(r"[+-]?\d{1,9}(\.\d{1,9})?", text) else None

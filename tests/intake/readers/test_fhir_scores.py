"""Which link id or code is which item, what an answer counts, and what contradicts itself."""

import pytest
from fhir_twins import ANSWERS, GAD7, LOINC, ORDINAL, PHQ9, coded, ordinal

from analysis.intake.readers.fhir_scores import (
    CONTRADICTED_ANSWER,
    CONTRADICTED_TOTAL,
    NO_ANSWER,
    SEVERAL_ANSWERS,
    UNKNOWN_ANSWER,
    Score,
    answer_value,
    slot_of_code,
    slots_of_links,
)


def test_the_codes_of_the_items_in_order():
    assert [slot_of_code(code) for code in PHQ9] == [("PHQ-9", f"item_{n}") for n in range(1, 10)]
    assert [slot_of_code(code) for code in GAD7] == [("GAD-7", f"item_{n}") for n in range(1, 8)]
    assert [slot_of_code(code) for code in ("44261-6", "70274-6")] == [("PHQ-9", "total"), ("GAD-7", "total")]


@pytest.mark.parametrize(
    "link",
    [
        *("44255-8", "/44255-8", "/44249-1/44255-8"),
        *("phq9-2", "phq9_2", "PHQ9.2", "PHQ-9.2", "phq-9-2", "phq9-q2", "phq92"),
        *("phq9_item_2", "PHQ9 question 2", "phq9/2", "phq9-02"),
    ],
)
def test_spellings_of_an_item(link):
    assert slots_of_links((link,)) == {link: ("PHQ-9", "item_2")}


@pytest.mark.parametrize("link", ["70274-6", "/70274-6", "gad7-total", "GAD-7.score", "gad7_total_score", "gad7-sum"])
def test_spellings_of_a_total(link):
    assert slots_of_links((link,)) == {link: ("GAD-7", "total")}


@pytest.mark.parametrize(
    "link", ["/69722-7", "phq9-10", "PHQ-9", "phq9", "PHQ.10", "gad7", "gad7-8", "q2", "2", "1.2", "phq2-1"]
)
def test_what_is_no_item(link):
    assert slots_of_links((link,)) == {}


def test_a_short_name_needs_its_fellows():
    assert slots_of_links(("PHQ.9",)) == {}
    assert slots_of_links(("PHQ.9", "PHQ.1")) == {"PHQ.1": ("PHQ-9", "item_1"), "PHQ.9": ("PHQ-9", "item_9")}


@pytest.mark.parametrize(
    ("answer", "value"),
    [
        *[({"valueCoding": coded(n)}, str(n)) for n in range(4)],
        ({"valueCoding": {"code": "LA6570-1"}}, "2"),
        ({"valueCoding": coded(2, **ordinal(2))}, "2"),
        ({"valueCoding": coded(2), **ordinal(2)}, "2"),
        ({"valueCoding": {"system": "urn:local", "code": "often", **ordinal(3)}}, "3"),
        ({"valueCoding": {"system": "urn:local", "code": "3"}}, "3"),
        ({"valueInteger": 0}, "0"),
        ({"valueDecimal": 2.0}, "2"),
        ({"valueQuantity": {"value": 2}}, "2"),
        ({"valueString": "2"}, "2"),
        ({"valueCodeableConcept": {"coding": [{"code": "x"}, coded(1)]}}, "1"),
        ({"valueCoding": {"system": "http://terminology.hl7.org/CodeSystem/data-absent-reason", "code": "asked"}}, ""),
        ({}, ""),
    ],
)
def test_what_an_answer_counts(answer, value):
    assert answer_value(answer) == (value, "")


@pytest.mark.parametrize(
    ("answer", "fault"),
    [
        ({"valueCoding": coded(2, **ordinal(3))}, CONTRADICTED_ANSWER),
        ({"valueCodeableConcept": {"coding": [coded(2), coded(1)]}}, CONTRADICTED_ANSWER),
        ({"valueCoding": {"system": LOINC, "code": "LA9999-9"}}, UNKNOWN_ANSWER),
        ({"valueString": "several days"}, UNKNOWN_ANSWER),
        ({"valueString": "1e3"}, UNKNOWN_ANSWER),
    ],
)
def test_what_is_wrong_with_an_answer(answer, fault):
    assert answer_value(answer) == ("", fault)


def test_an_ordinal_may_be_an_integer_or_another_extension():
    weight = {"url": "http://hl7.org/fhir/StructureDefinition/itemWeight", "valueDecimal": 1}
    assert answer_value({"valueCoding": {"code": "b", "extension": [weight]}}) == ("1", "")
    assert answer_value({"valueCoding": {"code": "b", "extension": [{"url": ORDINAL, "valueInteger": 1}]}}) == ("1", "")
    assert answer_value({"valueCoding": {"code": ANSWERS[1], "extension": [{"url": "urn:x", "valueDecimal": 3}]}}) == (
        "1",
        "",
    )


def scored(items: dict[str, int], total: str | None = None) -> str:
    score = Score("GAD-7")
    for column, value in items.items():
        score.add(column, [{"valueInteger": value}])
    if total is not None:
        score.add("total", [{"valueString": total}])
    return score.contradiction()


SEVEN = {f"item_{n}": 1 for n in range(1, 8)}
FIVE = {f"item_{n}": 1 for n in range(1, 6)}


@pytest.mark.parametrize(
    ("items", "total", "fault"),
    [
        (SEVEN, "7", ""),
        ({}, None, NO_ANSWER),
        (SEVEN, None, ""),
        ({}, "21", ""),
        (SEVEN, "8", CONTRADICTED_TOTAL),
        (SEVEN, "6", CONTRADICTED_TOTAL),
        (FIVE, "5", ""),  # with 5 of 7 answered: anything from 5 to 5 + 2 x 3
        (FIVE, "11", ""),
        (FIVE, "12", CONTRADICTED_TOTAL),
        (FIVE, "4", CONTRADICTED_TOTAL),
    ],
)
def test_a_total_that_contradicts_its_items(items, total, fault):
    assert scored(items, total) == fault


def test_two_answers_to_one_item():
    score = Score("GAD-7")
    score.add("item_1", [{"valueInteger": 1}, {"valueInteger": 1}])
    assert score.contradiction() == ""
    score.add("item_1", [{"valueInteger": 2}])
    assert score.contradiction() == SEVERAL_ANSWERS

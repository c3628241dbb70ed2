"""QuestionnaireResponses: each shape of the same answers gives the same row."""

import pytest
from fhir_twins import GAD7, LOINC, PHQ9, coded, item, mii, ordinal, response, us_core

from analysis.intake.readers.fhir_common import ENTERED_IN_ERROR, PARTIAL_DATE
from analysis.intake.readers.fhir_files import Resource
from analysis.intake.readers.fhir_questionnaires import NOT_RECOGNISED, rater_of, response_rows
from analysis.intake.readers.fhir_references import Context
from analysis.intake.readers.fhir_scores import CONTRADICTED_ANSWER, CONTRADICTED_TOTAL

VALUES = [2, 2, 2, 2, 1, 1, 2, 0, 0]
NOTHING = Context()


def rows(body: dict, context: Context = NOTHING):
    return [(row.place, row.cells, row.reason) for row in response_rows([Resource(1, body)], context)]


def only_row(body: dict, context: Context = NOTHING):
    ((_, cells, reason),) = rows(body, context)
    return cells, reason


def numbered(link: str, values=VALUES, **more) -> dict:
    items = [item(link.format(n), valueInteger=value) for n, value in enumerate(values, start=1)]
    return response(items, **more)


@pytest.mark.parametrize(
    "body",
    [
        us_core(VALUES, 12),
        mii(VALUES, 12),
        numbered("phq9-{}"),
        numbered("PHQ9_{}"),
        response([{"linkId": "group", "item": us_core(VALUES, 12)["item"]}]),
        response(
            [
                item(f"44249-1/{code}", valueCoding={"code": "x", **ordinal(value)})
                for code, value in zip(PHQ9, VALUES, strict=True)
            ]
        ),
    ],
)
def test_the_same_answers_in_each_shape(body):
    cells, reason = only_row(body)
    assert reason == ""
    assert [cells[f"item_{n}"] for n in range(1, 10)] == list(map(str, VALUES))
    assert cells["total"] in {"12", ""}
    assert {key: cells[key] for key in ("id", "patient", "date", "time", "status", "instrument")} == {
        "id": "r1",
        "patient": "p1",
        "date": "2026-01-05",
        "time": "09:30",
        "status": "completed",
        "instrument": "PHQ-9",
    }


def test_the_difficulty_item_is_not_added():
    cells, reason = only_row(us_core([3] * 9, 27))
    assert (cells["total"], reason) == ("27", "")
    assert only_row(us_core([3] * 9, 28))[1] == CONTRADICTED_TOTAL


def test_the_codes_of_the_questionnaire_explain_its_link_ids():
    body = numbered("q{}", questionnaire="http://clinic.example/Questionnaire/mood|2.0")
    declared = {
        "resourceType": "Questionnaire",
        "item": [
            {"linkId": f"q{n}", "code": [{"system": LOINC, "code": code}]} for n, code in enumerate(PHQ9, start=1)
        ],
    }
    assert only_row(body)[1] == NOT_RECOGNISED
    for known_as in ("http://clinic.example/Questionnaire/mood", "Questionnaire/mood"):
        cells, reason = only_row(body, Context({known_as: declared}))
        assert (cells["item_1"], cells["item_9"], reason) == ("2", "0", "")
    inside = body | {"questionnaire": "#q", "contained": [declared | {"id": "q"}]}
    assert only_row(inside)[0]["item_1"] == "2"


def test_the_definition_of_an_item_tells_what_it_is():
    items = [item(f"q{n}", valueInteger=1) | {"definition": f"{LOINC}#{code}"} for n, code in enumerate(GAD7)]
    cells, reason = only_row(response(items))
    assert (cells["instrument"], cells["item_7"], reason) == ("GAD-7", "1", "")


def test_items_nested_deeper_than_python_recurses():
    body = us_core(VALUES, 12)
    inner = body["item"]
    for number in range(3000):
        inner = [{"linkId": f"group{number}", "item": inner}]
    assert only_row(body | {"item": inner})[0]["total"] == "12"


@pytest.mark.parametrize(
    ("body", "rater"),
    [
        ({"source": {"reference": "Patient/p1"}}, "self"),
        ({"author": {"reference": "Practitioner/d1"}}, "clinician"),
        ({"source": {"reference": "Patient/p1"}, "author": {"reference": "PractitionerRole/d1"}}, "self"),
        ({"source": {"reference": "RelatedPerson/r"}}, ""),
        ({}, ""),
    ],
)
def test_who_answered(body, rater):
    assert rater_of(body, NOTHING) == rater


def test_a_response_with_both_instruments_gives_two_rows():
    anxious = [item(code, valueCoding=coded(1)) for code in GAD7]
    found = rows(response(us_core(VALUES, 12)["item"] + anxious))
    assert [(place, cells["instrument"], cells["item_2"], cells["item_8"]) for place, cells, _ in found] == [
        ("1 PHQ-9", "PHQ-9", "2", "0"),
        ("1 GAD-7", "GAD-7", "1", ""),
    ]


def test_an_item_that_is_not_answered_is_empty():
    body = us_core(VALUES, 12)
    del body["item"][7]["answer"], body["item"][9]
    cells, reason = only_row(body)
    assert (cells["item_8"], cells["total"], reason) == ("", "", "")


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"status": "entered-in-error"}, ENTERED_IN_ERROR),
        ({"status": "in-progress"}, "questionnaire not completed"),
        ({"status": "stopped"}, "questionnaire not completed"),
        ({"status": "amended"}, ""),
        ({"item": []}, NOT_RECOGNISED),
        ({"authored": "2026-01"}, PARTIAL_DATE),
        ({"item": "nonsense"}, NOT_RECOGNISED),
        ({"item": [item("mood", valueString="Jane Doe felt fine")]}, NOT_RECOGNISED),
        ({"item": [item("phq9-1", valueCoding=coded(2, **ordinal(1)))]}, CONTRADICTED_ANSWER),
    ],
)
def test_why_a_response_is_not_used(change, reason):
    assert only_row(us_core(VALUES, 12) | change)[1] == reason


def test_the_wrong_total_is_set_aside():
    assert only_row(us_core(VALUES, 13))[1] == CONTRADICTED_TOTAL
    assert only_row(mii(VALUES, 11))[1] == CONTRADICTED_TOTAL

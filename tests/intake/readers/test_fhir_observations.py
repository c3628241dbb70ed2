"""Observations: panels with members, panels with components, items and totals of one moment, and blood pressures."""

import pytest
from fhir_twins import GAD7, LOINC, PHQ9, coded, item, observation, response, us_core, us_core_panel

from analysis.intake.readers.fhir_common import ENTERED_IN_ERROR, PARTIAL_DATE
from analysis.intake.readers.fhir_files import Resource
from analysis.intake.readers.fhir_observations import (
    FAULTY_QUESTIONNAIRE,
    IN_QUESTIONNAIRE,
    MEMBER,
    MEMBER_NOT_FOUND,
    NOT_FINAL,
    SCORE,
    mark_questionnaire_scores,
    observation_rows,
)
from analysis.intake.readers.fhir_questionnaires import response_rows
from analysis.intake.readers.fhir_references import Context
from analysis.intake.readers.fhir_scores import CONTRADICTED_TOTAL, NO_ANSWER, SEVERAL_ANSWERS

VALUES = [2, 2, 2, 2, 1, 1, 2, 0, 0]


def rows(bodies: list[dict]) -> list[tuple]:
    found = observation_rows([Resource(n, body) for n, body in enumerate(bodies, start=1)], Context())
    return [(row.place, row.cells, row.reason) for row in found]


def scores(bodies: list[dict]) -> list[tuple]:
    return [
        (place, cells["instrument"], "".join(cells[f"item_{n}"] or "-" for n in range(1, 10)), cells["total"], reason)
        for place, cells, reason in rows(bodies)
        if reason != MEMBER
    ]


def test_a_panel_and_its_members_are_one_score():
    bodies = us_core_panel(VALUES, 12)
    assert scores(bodies) == [(12, "PHQ-9", "222211200", "12", "")]
    assert [reason for _, _, reason in rows(bodies)] == [MEMBER] * 11 + [""]


def test_a_panel_before_its_members():
    bodies = us_core_panel(VALUES, 12)[::-1]
    assert scores(bodies) == [(1, "PHQ-9", "222211200", "12", "")]


def test_a_panel_with_components():
    parts = [
        {"code": {"coding": [{"system": LOINC, "code": c}]}, "valueCodeableConcept": {"coding": [coded(1)]}}
        for c in GAD7
    ]
    parts.append({"code": {"coding": [{"code": "70274-6"}]}, "valueInteger": 7})
    assert scores([observation("69737-5", component=parts)]) == [(1, "GAD-7", "1111111--", "7", "")]


def test_the_value_of_a_panel_is_the_total():
    """As the German MII writes it."""
    assert scores([observation("44249-1", valueQuantity={"value": 27})]) == [(1, "PHQ-9", "---------", "27", "")]


def test_a_total_alone():
    assert scores([observation("44261-6", valueInteger=9)]) == [(1, "PHQ-9", "---------", "9", "")]


def test_items_and_a_total_of_one_moment_are_one_score():
    items = [observation(code, f"i{code}", valueInteger=value) for code, value in zip(PHQ9, VALUES, strict=True)]
    total = observation("44261-6", "t", valueInteger=12)
    later = {"effectiveDateTime": "2026-02-05"}
    other = {"subject": {"reference": "Patient/p2"}}
    bodies = [
        *items,
        total,
        observation("44261-6", "u", valueInteger=3, **later),
        observation("44261-6", "v", valueInteger=4, **other),
    ]
    assert scores(bodies) == [
        (10, "PHQ-9", "222211200", "12", ""),
        (11, "PHQ-9", "---------", "3", ""),
        (12, "PHQ-9", "---------", "4", ""),
    ]


def test_scores_without_a_moment_stay_apart():
    bodies = [observation("44261-6", name, valueInteger=5, effectiveDateTime=None) for name in "ab"]
    assert [row[0] for row in scores(bodies)] == [1, 2]


def test_two_totals_of_one_moment_that_differ():
    bodies = [observation("44261-6", "a", valueInteger=5), observation("44261-6", "b", valueInteger=6)]
    assert scores(bodies) == [(1, "PHQ-9", "---------", "5", SEVERAL_ANSWERS)]


def test_a_member_entered_in_error_is_not_answered():
    bodies = us_core_panel(VALUES, 12)
    bodies[0]["status"] = "entered-in-error"
    assert scores(bodies) == [
        (1, "", "---------", "", ENTERED_IN_ERROR),
        (12, "PHQ-9", "-22211200", "12", ""),
    ]


def test_a_total_that_contradicts_the_members():
    assert scores(us_core_panel(VALUES, 13))[0][-1] == CONTRADICTED_TOTAL


def test_a_panel_whose_items_are_elsewhere():
    bodies = [each for each in us_core_panel(VALUES, 12) if each["id"] not in {"total", f"item-{PHQ9[3]}"}]
    assert scores(bodies)[0][-1] == MEMBER_NOT_FOUND
    with_total = [each for each in us_core_panel(VALUES, 12) if each["id"] != f"item-{PHQ9[3]}"]
    assert scores(with_total) == [(11, "PHQ-9", "222-11200", "12", "")]


@pytest.mark.parametrize("status", ["registered", "preliminary", "cancelled", "unknown", None])
def test_what_is_not_final(status):
    assert scores([observation("44261-6", status=status, valueInteger=5)])[0][-1] == NOT_FINAL


@pytest.mark.parametrize("status", ["amended", "corrected"])
def test_what_was_corrected_counts(status):
    assert scores([observation("44261-6", status=status, valueInteger=5)])[0][-1] == ""


def test_another_observation_is_one_value():
    parts = [
        {"code": {"coding": [{"system": LOINC, "code": code}]}, "valueQuantity": {"value": value}}
        for code, value in (("8480-6", 131), ("8462-4", 84))
    ]
    ((_, pressure, _),) = rows([observation("85354-9", component=parts)])
    assert (pressure["code"], pressure["systolic"], pressure["diastolic"]) == ("85354-9", "131", "84")
    ((_, weight, _),) = rows([observation("29463-7", valueQuantity={"value": 70.5, "unit": "kg"})])
    assert (weight["value"], weight["unit"], weight["instrument"]) == ("70.5", "kg", "")


def test_words_are_not_read_as_a_value():
    ((_, cells, _),) = rows([observation("48767-8", valueString="Jane Doe called")])
    assert "Jane" not in "".join(cells.values())


def test_a_panel_that_refers_to_itself_or_in_a_circle_keeps_its_score():
    panel = us_core_panel(VALUES, 12)[-1]
    panel["hasMember"].append({"reference": "Observation/panel"})
    other = observation("44249-1", "outer", hasMember=[{"reference": "Observation/panel"}])
    panel["hasMember"].append({"reference": "Observation/outer"})
    bodies = [*us_core_panel(VALUES, 12)[:-1], panel, other]
    assert scores(bodies) == [(12, "PHQ-9", "222211200", "12", "")]


def test_members_may_be_contained():
    inner = [each | {"id": f"m{n}"} for n, each in enumerate(us_core_panel(VALUES, 12)[:10])]
    references = [{"reference": f"#{each['id']}"} for each in inner]
    assert scores([observation("44249-1", "panel", contained=inner, hasMember=references)]) == [
        (1, "PHQ-9", "222211200", "12", "")
    ]


def test_members_known_by_the_uuid_of_their_bundle():
    """The address a bundle gives an entry need not be its id."""
    bodies = us_core_panel(VALUES, 12)
    aliases = {f"urn:uuid:{n}": f"Observation/{body['id']}" for n, body in enumerate(bodies)}
    bodies[-1]["hasMember"] = [{"reference": name} for name in aliases]
    found = list(observation_rows([Resource(n, b) for n, b in enumerate(bodies)], Context(aliases=aliases)))
    assert (found[-1].cells["total"], found[-1].reason) == ("12", "")


def test_another_patients_item_is_not_taken_up():
    bodies = us_core_panel(VALUES, 12)
    bodies[0]["subject"] = {"reference": "Patient/p2"}
    assert scores(bodies)[0] == (1, "PHQ-9", "2--------", "", "")
    assert scores(bodies)[1][2:] == ("-22211200", "12", "")


def test_a_panel_without_any_value():
    assert scores([observation("44249-1")]) == [(1, "PHQ-9", "---------", "", NO_ANSWER)]


@pytest.mark.parametrize("code", [{"text": "MADRS"}, {"coding": [{"system": "urn:clinic", "code": "madrs_total"}]}])
def test_other_instruments_by_their_names(code):
    parts = [{"code": {"coding": [{"code": f"MADRS-{n}"}]}, "valueInteger": 6} for n in range(1, 11)]
    ((_, cells, reason),) = rows([observation("x", component=parts, valueQuantity={"value": 60}) | {"code": code}])
    assert (cells["instrument"], cells["item_10"], cells["total"], cells["use"], reason) == (
        *("MADRS", "6", "60", "score"),
        "",
    )
    ((_, _, reason),) = rows([observation("x", component=parts, valueInteger=59) | {"code": code}])
    assert reason == CONTRADICTED_TOTAL


@pytest.mark.parametrize(
    ("change", "use"),
    [
        ({}, IN_QUESTIONNAIRE),
        ({"valueInteger": 5}, IN_QUESTIONNAIRE),
        ({"effectiveDateTime": "2026-01-06"}, SCORE),
        (
            {"effectiveDateTime": "2026-01-06", "derivedFrom": [{"reference": "QuestionnaireResponse/r1"}]},
            IN_QUESTIONNAIRE,
        ),
        ({"subject": {"reference": "Patient/p2"}}, SCORE),
    ],
)
def test_a_score_that_a_questionnaire_holds_already(change, use):
    answers = [item(code, valueInteger=value) for code, value in zip(PHQ9, VALUES, strict=True)]
    answered = list(response_rows([Resource(1, response(answers))], Context()))
    found = list(observation_rows([Resource(2, observation("44261-6", **{"valueInteger": 12} | change))], Context()))
    mark_questionnaire_scores(found, answered)
    assert [row.cells["use"] for row in found] == [use]
    answered[0].reason = "not used"
    again = list(observation_rows([Resource(2, observation("44261-6", **{"valueInteger": 12} | change))], Context()))
    mark_questionnaire_scores(again, answered)
    assert [row.cells["use"] for row in again] == [SCORE]


@pytest.mark.parametrize(
    ("status", "total", "reason"),
    [
        ("entered-in-error", 12, FAULTY_QUESTIONNAIRE),
        ("in-progress", 12, FAULTY_QUESTIONNAIRE),
        ("completed", 14, FAULTY_QUESTIONNAIRE),
        ("completed", 12, ""),
    ],
)
def test_a_score_out_of_a_questionnaire_that_cannot_be_used(status, total, reason):
    answered = list(response_rows([Resource(1, us_core(VALUES, total) | {"status": status})], Context()))
    derived = {"derivedFrom": [{"reference": "QuestionnaireResponse/r1"}], "valueInteger": total}
    found = list(observation_rows([Resource(2, observation("44261-6", **derived))], Context()))
    mark_questionnaire_scores(found, answered)
    assert [row.reason for row in found] == [reason]


def test_a_day_that_is_not_known():
    assert scores([observation("44261-6", valueInteger=5, effectiveDateTime="2026-01")])[0][-1] == PARTIAL_DATE

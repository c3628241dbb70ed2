"""Before, peak, and what belongs to no session."""

import pytest
from fhir_twins import LOINC, observation

from analysis.intake.readers.fhir_files import Resource
from analysis.intake.readers.fhir_references import Context
from analysis.intake.readers.fhir_sessions import given_by_patient, read_sessions
from analysis.intake.readers.fhir_vitals import (
    NO_SESSION,
    NO_TIME,
    UNREAD_UNIT,
    VITAL_COLUMNS,
    WITH_SESSION,
    fill_vitals,
    read_readings,
)


def session(when: str, status: str = "completed") -> dict:
    body = {"resourceType": "MedicationAdministration", "status": status, "effectiveDateTime": when}
    return body | {"medicationCodeableConcept": {"text": "ketamine"}, "subject": {"reference": "Patient/p1"}}


def pressure(when: str, systolic: float, diastolic: float, unit: str = "mmHg") -> dict:
    parts = [
        {"code": {"coding": [{"system": LOINC, "code": code}]}, "valueQuantity": {"value": value, "unit": unit}}
        for code, value in (("8480-6", systolic), ("8462-4", diastolic))
    ]
    return observation("85354-9", component=parts, effectiveDateTime=when)


def measured(code: str, when: str, value: float, unit: str = "") -> dict:
    return observation(code, valueQuantity={"value": value, "unit": unit}, effectiveDateTime=when)


def rated(text: str, when: str, value: int) -> dict:
    return observation("", valueInteger=value, effectiveDateTime=when) | {"code": {"text": text}}


def found(sessions: list[dict], observations: list[dict]) -> tuple[list[dict], list[str]]:
    treated = read_sessions([Resource(n, body) for n, body in enumerate(sessions)], Context())
    readings = read_readings([Resource(n, body) for n, body in enumerate(observations)], Context())
    fill_vitals(given_by_patient(treated), readings)
    cells = [{each: one.row.cells.get(each) for each in VITAL_COLUMNS if one.row.cells.get(each)} for one in treated]
    return cells, [reading.use for reading in readings]


DAY = "2026-01-05"


def at(time: str) -> str:
    return f"{DAY}T{time}:00-05:00"


def test_the_last_one_before_and_the_highest_after():
    readings = [
        pressure(at("09:00"), 150, 95),
        pressure(at("09:55"), 121, 80),
        pressure(at("10:30"), 140, 96),
        pressure(at("10:50"), 152, 90),
        pressure(at("12:00"), 119, 78),
    ]
    assert found([session(at("10:00"))], readings) == (
        [{"systolic_before": "121", "diastolic_before": "80", "systolic_peak": "152", "diastolic_peak": "96"}],
        [WITH_SESSION] * 5,
    )


def test_at_the_start_is_before():
    (cells,), _ = found([session(at("10:00"))], [pressure(at("10:00"), 121, 80)])
    assert cells == {"systolic_before": "121", "diastolic_before": "80"}


def test_times_in_other_zones_are_compared_as_instants():
    (cells,), _ = found([session(at("10:00"))], [pressure("2026-01-05T14:45:00Z", 121, 80)])
    assert cells["systolic_before"] == "121"


def test_single_pressures_heart_rate_and_saturation():
    readings = [
        measured("8480-6", at("10:30"), 16, "kPa"),
        measured("8867-4", at("10:30"), 88, "/min"),
        measured("59408-5", at("10:30"), 94, "%"),
        measured("2708-6", at("10:40"), 97, "%"),
    ]
    (cells,), uses = found([session(at("10:00"))], readings)
    assert cells == {"systolic_peak": "120", "heart_rate_peak": "88", "saturation_lowest": "94"}
    assert set(uses) == {WITH_SESSION}


def test_two_sessions_of_a_day():
    readings = [pressure(at(time), systolic, 80) for time, systolic in (("08:50", 120), ("09:30", 150), ("15:30", 160))]
    (first, second), _ = found([session(at("09:00")), session(at("15:00"))], readings)
    assert (first["systolic_before"], first["systolic_peak"]) == ("120", "150")
    assert (second["systolic_before"], second["systolic_peak"]) == ("150", "160")


def test_a_pressure_without_a_time_is_neither_before_nor_peak():
    assert found([session(at("10:00"))], [pressure(DAY, 121, 80)]) == ([{}], [NO_TIME])
    assert found([session(DAY)], [pressure(at("10:00"), 121, 80)]) == ([{}], [NO_TIME])


def test_weights_and_ratings_need_no_time_on_a_day_with_one_session():
    readings = [
        measured("29463-7", DAY, 70.5, "kg"),
        rated("CADSS total", DAY, 12),
        rated("CADSS", DAY, 4),
        rated("MOAA/S score", DAY, 3),
        rated("MOAAS", DAY, 5),
    ]
    (cells,), uses = found([session(DAY)], readings)
    assert cells == {"cadss_peak": "12", "sedation_peak": "3", "weight_kg": "70.5"}
    assert set(uses) == {WITH_SESSION}
    cells, uses = found([session(at("09:00")), session(at("15:00"))], readings[:2])
    assert (cells, uses) == ([{"weight_kg": "70.5"}] * 2, [WITH_SESSION, NO_TIME])


def test_a_rating_before_the_session_is_no_peak():
    (cells,), _ = found([session(at("10:00"))], [rated("CADSS", at("09:30"), 30), rated("CADSS", at("10:30"), 9)])
    assert cells == {"cadss_peak": "9"}


@pytest.mark.parametrize("text", ["CADSS-6 total", "CADSS item 3", "cadss_q1", "Dissociation"])
def test_items_and_short_forms_are_no_cadss(text):
    assert found([session(DAY)], [rated(text, DAY, 3)]) == ([{}], [])


def test_what_belongs_to_no_session():
    other = pressure(at("10:30"), 140, 90) | {"subject": {"reference": "Patient/p2"}}
    readings = [pressure("2026-01-06T10:00:00Z", 140, 90), other]
    assert found([session(at("10:00"))], readings) == ([{}], [NO_SESSION] * 2)
    assert found([session(at("10:00"), "not-done")], [pressure(at("09:30"), 190, 110)]) == ([{}], [NO_SESSION])


def test_a_unit_that_is_not_known_is_not_guessed():
    readings = [
        pressure(at("10:30"), 140, 90, unit=""),
        measured("29463-7", DAY, 11, "stone"),
        observation("8867-4", valueQuantity={"value": 90, "comparator": ">"}, effectiveDateTime=at("10:30")),
    ]
    assert found([session(at("10:00"))], readings) == ([{}], [UNREAD_UNIT] * 3)


@pytest.mark.parametrize("status", ["preliminary", "entered-in-error", "cancelled", None])
def test_what_is_not_final_is_no_reading(status):
    assert found([session(at("10:00"))], [pressure(at("10:30"), 140, 90) | {"status": status}]) == ([{}], [])

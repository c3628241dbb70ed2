"""Single values: what is not shaped as FHIR says is not there, and never a fault of the program."""

import pytest

from analysis.intake.readers.fhir_references import Context
from analysis.intake.readers.fhir_values import (
    LOINC,
    Moment,
    code_of,
    display_of,
    elements,
    find,
    minutes_between,
    read_moment,
    text_at,
    words_of,
)

ODD = [None, 7, "text", [], {}, [[]], {"subject": []}, {"subject": "Patient/1"}, {"subject": {"reference": 7}}]


@pytest.mark.parametrize("body", ODD)
def test_odd_shapes_are_empty(body):
    assert text_at(body, "subject.display") == ""
    assert elements(body, "extension") == []
    assert code_of(body) == display_of(body) == ""
    assert Context().id_of(body, "subject", "Patient") in {"", "1", "7"}
    assert Context().body_of(body, "subject") == {}
    assert minutes_between(body, "subject") == ""


def test_a_value_that_is_no_plain_value_is_empty():
    assert text_at({"value": {"a": 1}}, "value") == ""
    assert find({"value": [{"a": 1}]}, "value.a") == 1


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("2026", ("2026", "")),
        ("2026-01-05", ("2026-01-05", "")),
        ("2026-01-05T09:30:00.123+01:00", ("2026-01-05", "09:30")),
        ("05/01/2026", ("", "")),
        ("yesterday", ("", "")),
    ],
)
def test_a_moment_as_it_is_written(text, day):
    found = read_moment(text)
    assert (found.day, found.time) == day


def test_a_date_without_a_time_is_not_moved_to_another_zone():
    assert read_moment("2026-01-05", "Pacific/Auckland") == Moment("2026-01-05")


@pytest.mark.parametrize("text", ["2026-01-05T24:30:00Z", "9999-12-31T23:59:00-12:00", "2026-02-30T09:00:00Z"])
def test_a_time_that_does_not_exist_is_no_moment(text):
    assert read_moment(text, "Pacific/Auckland") == Moment()


def test_minutes_need_two_times_that_compare():
    early, late = read_moment("2026-01-05T09:30:00-05:00"), read_moment("2026-01-05T15:10:00Z")
    assert (early.minutes_until(late), late.minutes_until(early)) == (40, -40)
    assert early.minutes_until(read_moment("2026-01-05")) is None
    assert early.minutes_until(read_moment("2026-01-05T10:00:00")) is None


def test_all_that_a_concept_says_in_words():
    coding = [{"system": LOINC, "code": "44261-6", "display": "PHQ-9 total"}, {"code": "PHQ9-SUM"}]
    assert words_of({"coding": coding, "text": "Sum"}, None, 7) == "sum | phq-9 total | phq9-sum"


@pytest.mark.parametrize(
    ("start", "end", "minutes"),
    [
        ("2026-01-05T09:30:00Z", "2026-01-05T10:10:20Z", "40"),
        ("2026-01-05T09:30:00Z", "2026-01-05T09:00:00Z", ""),
        ("2026-01-05", "2026-01-06", ""),
        ("2026-01-05T09:30:00Z", None, ""),
        ("2026-01-05T09:30:00Z", "2026-01-05T10:10:00", ""),
    ],
)
def test_the_length_of_a_period(start, end, minutes):
    assert minutes_between({"period": {"start": start, "end": end}}, "period") == minutes

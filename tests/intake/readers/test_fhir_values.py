"""Single values: what is not shaped as FHIR says is not there, and never a fault of the program."""

import pytest

from analysis.intake.readers.fhir_values import (
    code_of,
    display_of,
    elements,
    find,
    id_of,
    minutes_between,
    moment,
    referred,
    text_at,
)

ODD = [None, 7, "text", [], {}, [[]], {"subject": []}, {"subject": "Patient/1"}, {"subject": {"reference": 7}}]


@pytest.mark.parametrize("body", ODD)
def test_odd_shapes_are_empty(body):
    assert text_at(body, "subject.display") == ""
    assert elements(body, "extension") == []
    assert code_of(body) == display_of(body) == ""
    assert id_of(body, "subject", "Patient") in {"", "7"}
    assert minutes_between(body, "subject") == ""


def test_a_value_that_is_no_plain_value_is_empty():
    assert text_at({"value": {"a": 1}}, "value") == ""
    assert find({"value": [{"a": 1}]}, "value.a") == 1


@pytest.mark.parametrize(
    ("reference", "patient"),
    [
        ("Patient/7", "7"),
        ("https://ehr.example/fhir/Patient/7", "7"),
        ("Patient/7/_history/3", "7"),
        ("urn:uuid:6f1c-22", "6f1c-22"),
        ("Group/7", ""),
    ],
)
def test_whom_a_reference_names(reference, patient):
    assert id_of({"subject": {"reference": reference}}, "subject", "Patient") == patient


def test_a_reference_keeps_its_type():
    assert referred({"payor": [{"reference": "Organization/1"}]}, "payor") == "Organization/1"


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
    assert moment(text, "") == day


def test_a_date_without_a_time_is_not_moved_to_another_zone():
    assert moment("2026-01-05", "Pacific/Auckland") == ("2026-01-05", "")


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

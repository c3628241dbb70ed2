"""Before or after the session, between sessions, and a day later."""

import pytest

from analysis.intake.readers.fhir_common import Row
from analysis.intake.readers.fhir_files import Resource
from analysis.intake.readers.fhir_occasions import EARLIER_ANSWER, keep_last_answers, occasion_cells
from analysis.intake.readers.fhir_references import Context
from analysis.intake.readers.fhir_sessions import given_by_patient, read_sessions
from analysis.intake.readers.fhir_values import read_moment


def given(*whens: str) -> list:
    bodies = [
        {"resourceType": "MedicationAdministration", "status": "completed", "effectiveDateTime": when}
        | {"medicationCodeableConcept": {"text": "ketamine"}, "subject": {"reference": "Patient/p1"}}
        for when in whens
    ]
    sessions = read_sessions([Resource(n, body) for n, body in enumerate(bodies)], Context())
    return given_by_patient(sessions).get("p1", [])


@pytest.mark.parametrize(
    ("when", "sessions", "occasion", "hours"),
    [
        ("2026-01-05T09:00:00Z", ["2026-01-05T10:00:00Z"], "pre", ""),
        ("2026-01-05T10:00:00Z", ["2026-01-05T10:00:00Z"], "pre", ""),
        ("2026-01-05T12:00:00Z", ["2026-01-05T10:00:00Z"], "post", ""),
        ("2026-01-05", ["2026-01-05T10:00:00Z"], "pre", ""),
        ("2026-01-05T12:00:00Z", ["2026-01-05"], "pre", ""),
        ("2026-01-06T10:30:00Z", ["2026-01-05T10:00:00Z"], "between", "24.5"),
        ("2026-01-05T22:00:00Z", ["2026-01-05T10:00:00Z"], "post", "12"),
        ("2026-01-05T21:50:00Z", ["2026-01-05T10:00:00Z"], "post", ""),
        ("2026-01-07T10:00:00Z", ["2026-01-05T10:00:00Z"], "between", "48"),
        ("2026-01-07T10:30:00Z", ["2026-01-05T10:00:00Z"], "between", ""),
        ("2026-01-06", ["2026-01-05T10:00:00Z"], "between", ""),
        ("2026-01-08T11:00:00Z", ["2026-01-05T10:00:00Z", "2026-01-08T12:00:00Z"], "pre", ""),
        ("2026-01-01", ["2026-01-05"], "between", ""),
        ("2026-01-01", [], "", ""),
    ],
)
def test_when_a_score_was_taken(when, sessions, occasion, hours):
    assert occasion_cells(read_moment(when), given(*sessions)) == {"occasion": occasion, "hours_after": hours}


def row(place: int, when: str, occasion: str = "pre", patient: str = "p1", **more) -> Row:
    moment = read_moment(when)
    cells = {"patient": patient, "date": moment.day, "instrument": "PHQ-9", "occasion": occasion} | more
    return Row(place, cells, moment=moment)


def test_of_two_answers_on_one_occasion_the_later_counts():
    rows = [
        row(1, "2026-01-05T09:30:00Z"),
        row(2, "2026-01-05T09:00:00Z"),
        row(3, "2026-01-05T12:00:00Z", "post"),
        row(4, "2026-01-05T09:10:00Z", instrument="GAD-7"),
        row(5, "2026-01-06"),
        row(6, "2026-01-06"),
        row(7, "2026-01-05T09:40:00Z", patient=""),
        row(8, "2026-01-05T09:40:00Z", patient=""),
    ]
    keep_last_answers(rows)
    assert [each.place for each in rows if each.reason == EARLIER_ANSWER] == [2, 5]


def test_an_answer_that_is_not_used_does_not_displace_another():
    later = row(2, "2026-01-05T10:00:00Z")
    later.reason = "entered in error"
    rows = [row(1, "2026-01-05T09:00:00Z"), later]
    keep_last_answers(rows)
    assert [each.reason for each in rows] == ["", "entered in error"]

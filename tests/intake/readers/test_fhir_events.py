"""Adverse events, encounters, appointments and referrals."""

import pytest

from analysis.intake.readers.fhir_common import ENTERED_IN_ERROR, PARTIAL_DATE
from analysis.intake.readers.fhir_events import (
    NOT_TAKEN_PLACE,
    POTENTIAL,
    adverse_event_rows,
    appointment_rows,
    encounter_rows,
    request_rows,
)
from analysis.intake.readers.fhir_files import Resource
from analysis.intake.readers.fhir_references import Context
from analysis.intake.readers.fhir_sessions import given_by_patient, read_sessions

WHO = {"subject": {"reference": "Patient/p1"}, "id": "x1"}


def numbered(*bodies: dict) -> list[Resource]:
    return [Resource(n, {"resourceType": "X"} | body) for n, body in enumerate(bodies, start=1)]


def given(*whens: str):
    bodies = [
        {"resourceType": "MedicationAdministration", "status": "completed", "effectiveDateTime": when}
        | {"medicationCodeableConcept": {"text": "ketamine"}}
        | WHO
        for when in whens
    ]
    return given_by_patient(read_sessions([Resource(n, body) for n, body in enumerate(bodies)], Context()))


# --- adverse events --------------------------------------------------------------------------------------------------

EVENT = {"actuality": "actual", "date": "2026-01-05T10:20:00Z", "event": {"text": "Nausea"}} | WHO


def event(*whens: str, others: dict | None = None, **more) -> tuple[dict, str]:
    (row,) = adverse_event_rows(numbered(EVENT | more), Context(others or {}), given(*whens))
    return row.cells, row.reason


def test_an_adverse_event():
    cells, reason = event(
        severity={"coding": [{"code": "Mild"}]},
        seriousness={"coding": [{"code": "Non-serious"}]},
        outcome={"coding": [{"code": "resolved"}]},
        contributor=[{"display": "Dr. Jane Doe"}],
    )
    shown = ("patient", "date", "term", "severity", "serious", "outcome", "sequence", "dated_by")
    assert [cells[each] for each in shown] == ["p1", "2026-01-05", "nausea", "mild", "false", "resolved", "1", "date"]
    assert (reason, "Jane" in str(cells)) == ("", False)


@pytest.mark.parametrize(
    ("seriousness", "serious"),
    [("Serious", "true"), ("serious", "true"), ("SeriousResultsInDeath", "true"), ("non-serious", "false"), ("", "")],
)
def test_how_serious(seriousness, serious):
    assert event(seriousness={"coding": [{"code": seriousness}]})[0]["serious"] == serious


@pytest.mark.parametrize(
    ("severity", "word"),
    [
        ({"coding": [{"code": "severe"}]}, "severe"),
        ({"coding": [{"system": "http://snomed.info/sct", "code": "6736007", "display": "Moderate"}]}, "moderate"),
        ({"coding": [{"code": "grade-9"}]}, "grade-9"),  # which the layout refuses, or the mapping translates
        (None, ""),
    ],
)
def test_how_severe(severity, word):
    assert event(severity=severity)[0]["severity"] == word


def test_a_potential_event_did_not_happen():
    assert event(actuality="potential")[1] == POTENTIAL


@pytest.mark.parametrize(
    ("dates", "day", "by"),
    [
        ({"recordedDate": "2026-01-07"}, "2026-01-05", "date"),
        ({"date": None, "detected": "2026-01-06", "recordedDate": "2026-01-07"}, "2026-01-06", "detected"),
        ({"date": None, "recordedDate": "2026-01-07"}, "2026-01-07", "recordedDate"),
        ({"date": None}, "", ""),
    ],
)
def test_when_it_happened_before_when_it_was_recorded(dates, day, by):
    cells, _ = event(**dates)
    assert (cells["date"], cells["dated_by"]) == (day, by)


def test_a_month_is_no_day():
    assert event(date="2026-01")[1] == PARTIAL_DATE


def test_minutes_from_the_start_of_the_session():
    over = {"resourceType": "Condition", "id": "c", "abatementDateTime": "2026-01-05T11:00:00Z"}
    inside = {"contained": [over], "resultingCondition": [{"reference": "#c"}]}
    cells, _ = event("2026-01-05T10:00:00Z", **inside)
    assert (cells["onset_min"], cells["resolved_min"]) == ("20", "60")
    elsewhere = {"resultingCondition": [{"reference": "Condition/c"}]}
    assert event("2026-01-05T10:00:00Z", others={"Condition/c": over}, **elsewhere)[0]["resolved_min"] == "60"
    wrong = {"Condition/c": over | {"verificationStatus": {"coding": [{"code": "entered-in-error"}]}}}
    assert event("2026-01-05T10:00:00Z", others=wrong, **elsewhere)[0]["resolved_min"] == ""


@pytest.mark.parametrize(
    ("sessions", "onset"),
    [
        (["2026-01-05T10:00:00Z", "2026-01-05T10:10:00Z"], "10"),
        (["2026-01-05T09:00:00Z", "2026-01-05T15:00:00Z"], "80"),
        (["2026-01-05T10:30:00Z"], "-10"),
        (["2026-01-05"], ""),
        (["2026-01-04T10:00:00Z"], ""),
        ([], ""),
    ],
)
def test_the_session_that_an_event_belongs_to(sessions, onset):
    assert event(*sessions)[0]["onset_min"] == onset


def test_the_same_event_twice_a_day_is_numbered():
    later = EVENT | {"date": "2026-01-05T15:00:00Z"}
    other = EVENT | {"event": {"text": "Headache"}}
    rows = adverse_event_rows(numbered(later, EVENT, other, EVENT | {"actuality": "potential"}), Context(), {})
    assert [row.cells["sequence"] for row in rows] == ["2", "1", "1", ""]


# --- encounters and appointments -------------------------------------------------------------------------------------


def encounter(**more) -> tuple[dict, str]:
    body = {"status": "finished", "class": {"code": "AMB"}, "period": {"start": "2026-01-05", "end": "2026-01-09"}}
    (row,) = encounter_rows(numbered(body | WHO | more), Context())
    return row.cells, row.reason


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        ({}, ""),
        ({"class": {"code": "EMER"}}, ""),
        ({"class": {"code": "IMP"}}, "other"),
        ({"class": {"code": "ACUTE"}, "serviceType": {"text": "Psychiatry"}}, "psychiatric"),
        ({"class": {"code": "IMP"}, "type": [{"text": "Mental health unit"}]}, "psychiatric"),
        ({"class": {"code": "IMP"}, "serviceType": {"text": "Cardiology"}}, "other"),
    ],
)
def test_days_in_hospital(body, kind):
    assert encounter(**body)[0]["hospitalisation"] == kind


@pytest.mark.parametrize(
    ("status", "reason"),
    [
        ("finished", ""),
        ("in-progress", ""),
        ("planned", NOT_TAKEN_PLACE),
        ("cancelled", NOT_TAKEN_PLACE),
        ("unknown", NOT_TAKEN_PLACE),
        ("entered-in-error", ENTERED_IN_ERROR),
    ],
)
def test_encounters_that_did_not_take_place(status, reason):
    assert encounter(status=status)[1] == reason


@pytest.mark.parametrize(
    ("status", "session", "reason"),
    [
        ("noshow", "no-show", ""),
        ("cancelled", "cancelled", ""),
        ("booked", "", ""),
        ("fulfilled", "", ""),
        ("entered-in-error", "", ENTERED_IN_ERROR),
    ],
)
def test_appointments_that_were_not_kept(status, session, reason):
    actors = [{"actor": {"reference": "Location/l"}}, {"actor": {"reference": "Patient/p1"}}]
    (row,) = appointment_rows(
        numbered({"status": status, "start": "2026-01-05T09:00:00Z", "participant": actors}), Context()
    )
    assert (row.cells["patient"], row.cells["date"], row.cells["session_status"], row.reason) == (
        *("p1", "2026-01-05", session),
        reason,
    )


# --- referrals -------------------------------------------------------------------------------------------------------


def request(sessions=None, others: dict | None = None, **more) -> tuple[dict, str]:
    body = {"status": "active", "authoredOn": "2026-01-02", "category": [{"text": "Referral"}]} | WHO
    (row,) = request_rows(numbered(body | more), Context(others or {}), sessions or {})
    return row.cells, row.reason


def test_a_referral_of_someone_treated_and_of_someone_who_was_not():
    cells, _ = request(performer=[{"reference": "Practitioner/d"}, {"reference": "Organization/c1"}])
    assert (cells["id"], cells["date"], cells["organization"], cells["referral"]) == ("x1", "2026-01-02", "c1", "true")
    assert (cells["patient"], cells["treated_patient"]) == ("p1", "")
    assert request(given("2026-01-05"))[0]["treated_patient"] == "p1"


@pytest.mark.parametrize(
    ("requester", "others", "source"),
    [
        ("Patient/p1", {}, "self"),
        ("RelatedPerson/r", {}, "family-or-friend"),
        ("Organization/o", {}, "other"),
        ("PractitionerRole/d", {"specialty": [{"text": "Psychiatry"}]}, "psychiatrist"),
        ("PractitionerRole/d", {"specialty": [{"text": "Clinical psychology"}]}, "therapist"),
        ("PractitionerRole/d", {"specialty": [{"text": "Family medicine"}]}, "primary-care"),
        ("PractitionerRole/d", {"specialty": [{"text": "Neurology"}]}, "specialist"),
        ("PractitionerRole/d", {}, ""),
        ("Practitioner/d", {}, ""),
    ],
)
def test_who_referred(requester, others, source):
    cells, _ = request(others={requester: others}, requester={"reference": requester, "display": "Dr. Jane Doe"})
    assert (cells["source"], "Jane" in str(cells)) == (source, False)


def test_who_would_pay():
    coverage = {"type": {"coding": [{"system": "https://nahdo.org/sopt", "code": "1"}]}}
    cells, _ = request(others={"Coverage/c": coverage}, insurance=[{"reference": "Coverage/c"}])
    assert cells["payer"] == "medicare"
    assert request(insurance=[{"reference": "Coverage/c"}])[0]["payer"] == ""


@pytest.mark.parametrize(
    ("body", "referral"),
    [
        ({}, "true"),
        ({"category": [{"coding": [{"system": "http://snomed.info/sct", "code": "3457005"}]}]}, "true"),
        ({"category": [], "code": {"text": "Ketamine evaluation"}}, "true"),
        ({"category": [{"text": "Laboratory"}], "code": {"text": "Liver panel"}}, ""),
    ],
)
def test_other_orders_are_no_referrals(body, referral):
    assert request(**body)[0]["referral"] == referral


@pytest.mark.parametrize(
    ("status", "reason"), [("revoked", ""), ("draft", "a draft"), ("entered-in-error", ENTERED_IN_ERROR)]
)
def test_referrals_that_do_not_count(status, reason):
    assert request(status=status)[1] == reason


ODD = {"subject": 7, "event": "x", "participant": [7], "specialty": "y", "period": 3, "class": "z", "insurance": "q"}


@pytest.mark.parametrize("rows", [adverse_event_rows, request_rows])
def test_each_has_the_same_columns(rows):
    empty, odd = rows(numbered({}, ODD), Context(), {})
    assert list(empty.cells) == list(odd.cells)


@pytest.mark.parametrize("rows", [encounter_rows, appointment_rows])
def test_each_visit_has_the_same_columns(rows):
    empty, odd = rows(numbered({}, ODD), Context())
    assert list(empty.cells) == list(odd.cells)
    assert set(empty.cells.values()) == {""}

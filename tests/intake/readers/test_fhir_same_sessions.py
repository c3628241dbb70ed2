"""One treatment that is recorded several times is one session."""

from analysis.intake.readers.fhir_files import Resource
from analysis.intake.readers.fhir_references import Context
from analysis.intake.readers.fhir_same_sessions import SAME_PROCEDURE, SAME_SESSION, join_sessions
from analysis.intake.readers.fhir_sessions import fill_doses, read_sessions


def administration(name: str, when: str = "2026-01-05", dose: float = 28, drug: str = "esketamine", **more) -> dict:
    body = {"resourceType": "MedicationAdministration", "id": name, "status": "completed", "effectiveDateTime": when}
    body |= {"subject": {"reference": "Patient/p1"}, "medicationCodeableConcept": {"text": drug}}
    return body | {"dosage": {"dose": {"value": dose, "unit": "mg"}}} | more


def procedure(name: str, when: str = "2026-01-05", end: str = "", text: str = "Esketamine visit", **more) -> dict:
    body = {"resourceType": "Procedure", "id": name, "status": "completed", "subject": {"reference": "Patient/p1"}}
    return body | {"code": {"text": text}, "performedPeriod": {"start": when, "end": end}} | more


def part_of(key: str) -> dict:
    return {"partOf": [{"reference": key}]}


def joined(*bodies: dict) -> dict[str, tuple[str, str, str, str]]:
    found = read_sessions([Resource(n, body, "") for n, body in enumerate(bodies)], Context())
    join_sessions(found)
    fill_doses(found)
    shown = ("sequence", "dose_mg", "duration_min")
    return {each.row.cells["id"]: (each.row.reason, *(each.row.cells[name] for name in shown)) for each in found}


LONG = {"when": "2026-01-05T10:00:00Z", "end": "2026-01-05T10:40:00Z"}


def test_the_same_day_and_treatment_are_the_same_session():
    assert joined(procedure("p", **LONG), administration("m")) == {
        "p": (SAME_SESSION, "", "", "40"),
        "m": ("", "1", "28", "40"),
    }


def test_another_day_treatment_or_patient_is_another_session():
    found = joined(
        administration("m"),
        procedure("day", "2026-01-06"),
        procedure("drug", text="Ketamine infusion"),
        procedure("who", subject={"reference": "Patient/p2"}),
    )
    assert [reason for reason, *_ in found.values()] == [""] * 4
    assert [found[name][1] for name in found] == ["1", "1", "2", "1"]


def test_a_session_that_was_cancelled_is_not_the_one_that_was_given():
    found = joined(administration("m"), procedure("p", status="not-done"))
    assert [found[name][:2] for name in found] == [("", "1"), ("", "2")]


def test_a_link_counts_whatever_the_procedure_is_called():
    found = joined(administration("m", **part_of("Procedure/p")), procedure("p", text="Infusion", **LONG))
    assert found == {"m": ("", "1", "28", "40"), "p": (SAME_SESSION, "", "", "40")}
    found = joined(
        administration("m"), procedure("p", text="Infusion", **LONG, **part_of("MedicationAdministration/m"))
    )
    assert found["p"][0] == SAME_SESSION


def test_a_link_to_another_patients_procedure_does_not_count():
    other = procedure("p", text="Infusion", subject={"reference": "Patient/p2"})
    assert joined(administration("m", **part_of("Procedure/p")), other)["p"][0] == ""


def test_a_procedure_that_was_stopped_stops_the_session():
    body = [administration("m"), procedure("p", status="stopped")]
    found = read_sessions([Resource(n, each) for n, each in enumerate(body)], Context())
    join_sessions(found)
    assert found[0].row.cells["session_status"] == "stopped-early"


def test_a_procedure_entered_in_error_adds_nothing():
    found = joined(administration("m"), procedure("p", status="entered-in-error", **LONG))
    assert found == {"m": ("", "1", "28", ""), "p": ("entered in error", "", "", "40")}


def test_two_sessions_of_a_day_and_their_procedures_are_paired_by_time():
    found = joined(
        administration("late", "2026-01-05T15:00:00Z"),
        administration("early", "2026-01-05T09:00:00Z"),
        procedure("second", "2026-01-05T15:00:00Z", "2026-01-05T15:50:00Z"),
        procedure("first", "2026-01-05T09:00:00Z", "2026-01-05T09:30:00Z"),
    )
    assert found["early"] == ("", "1", "28", "30")
    assert found["late"] == ("", "2", "28", "50")


def test_one_procedure_more_than_administrations_stays_a_session():
    found = joined(administration("m"), procedure("p"), procedure("q"))
    assert [found[name][0] for name in "mpq"] == ["", SAME_SESSION, ""]
    assert found["q"][1] == "2"


def test_three_sprays_of_one_visit_are_one_session_with_their_doses_added():
    sprays = [administration(f"m{n}", f"2026-01-05T10:0{n}:00Z", **part_of("Procedure/p")) for n in (5, 0, 9)]
    found = joined(*sprays, procedure("p", text="Visit", **LONG))
    assert found["m0"] == ("", "1", "84", "40")
    assert [found[name][0] for name in ("m5", "m9", "p")] == [SAME_PROCEDURE, SAME_PROCEDURE, SAME_SESSION]


def test_a_spray_that_was_not_given_is_no_part_of_the_visit():
    given, refused = administration("a", **part_of("Procedure/p")), administration("b", **part_of("Procedure/p"))
    found = joined(given, refused | {"status": "not-done"}, procedure("p"))
    assert [found[name][:3] for name in "ab"] == [("", "1", "28"), ("", "2", "28")]


def test_sprays_without_a_link_are_sessions_of_their_own():
    found = joined(administration("a", "2026-01-05T10:00:00Z"), administration("b", "2026-01-05T10:05:00Z"))
    assert [found[name][:3] for name in "ab"] == [("", "1", "28"), ("", "2", "28")]


def test_a_part_without_a_dose_leaves_the_sum_unknown():
    known, unknown = administration("a", **part_of("Procedure/p")), administration("b", **part_of("Procedure/p"))
    unknown["dosage"]["dose"] = {"value": 2, "unit": "sprays"}
    assert joined(known, unknown, procedure("p"))["a"][2] == "not read: a sum with a dose that is not known"


def test_a_link_to_itself_or_in_a_circle_does_no_harm():
    found = joined(
        administration("m", **part_of("MedicationAdministration/m")),
        procedure("p", "2026-02-05", **part_of("Procedure/q")),
        procedure("q", "2026-03-05", **part_of("Procedure/p")),
    )
    assert [reason for reason, *_ in found.values()] == [""] * 3

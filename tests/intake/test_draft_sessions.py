"""Which files hold the sessions, and what a session is made of."""

import pytest
from drafted_maps import draft, import_drafted, write_files

PHQ = "MRN,Date,PHQ-9\n1,2025-01-03,18\n2,2025-01-04,12\n"
NOTES = """
    MRN | Infusion Date | Dose mg
    1   | 2025-01-03    | 40
    1   | 2025-01-06    | 40
    2   | 2025-01-04    | 35
"""


def drafted(tmp_path, **files):
    folder = write_files(tmp_path / "clinic", phq_csv=PHQ.replace(",", "|"), **files)
    _, text, held = draft(folder)
    return folder, " ".join(line.strip("# ") for line in text.splitlines()), held


def test_a_list_of_appointments_adds_only_what_did_not_take_place(tmp_path):
    appointments = """
        MRN | Appointment | Service           | Status
        1   | 2025-01-03  | Ketamine Infusion | Completed
        1   | 2025-01-06  | Ketamine Infusion | Completed
        1   | 2025-01-09  | Ketamine Infusion | No Show
        2   | 2025-01-01  | Consultation      | Completed
        2   | 2025-01-04  | Ketamine Infusion | Completed
        2   | 2025-01-08  | Ketamine Infusion | Cancelled
    """
    folder, _, held = drafted(tmp_path, infusion_notes_csv=NOTES, appointments_csv=appointments)
    rules = held["files"]["appointments"]["leave_out"]
    assert [(rule["column"], rule["reason"]) for rule in rules] == [
        ("Service", "no treatment"),
        ("Status", "sessions that took place are taken from infusion_notes.csv"),
    ]
    back = import_drafted(folder)["sessions"]
    assert [(row["patient_id"], row["day"], row["status"]) for row in back] == [
        ("1", "0", ""),
        ("1", "3", ""),
        ("1", "6", "no-show"),
        ("2", "0", ""),
        ("2", "4", "cancelled"),
    ]


def test_an_older_table_whose_moved_rows_are_marked_adds_the_others(tmp_path):
    old = """
        MRN | Infusion Date | Dose mg | Moved to notes
        2   | 2024-12-20    | 30      |
        1   | 2025-01-03    | 40      | Yes
    """
    folder, _, held = drafted(tmp_path, infusion_notes_csv=NOTES, old_infusions_csv=old)
    assert held["files"]["old_infusions"]["leave_out"][0]["column"] == "Moved to notes"
    assert len(import_drafted(folder)["sessions"]) == 4


def test_a_second_file_with_the_same_visits_is_not_used(tmp_path):
    again = NOTES.replace("Dose mg", "Status").replace("40", "Completed").replace("35", "Completed")
    _, text, held = drafted(
        tmp_path, infusion_notes_csv=NOTES, infusion_billing_csv=again.replace("Infusion Date", "Visit Date")
    )
    assert [block["from"] for block in held["tables"]["sessions"]] == ["infusion_notes"]
    assert "infusion_billing.csv: not used: its visits are largely those of infusion_notes.csv" in text


@pytest.mark.parametrize(
    ("name", "treatment", "route"),
    [
        ("infusion_notes_csv", "ketamine", "iv"),
        ("spravato_visits_csv", "esketamine", "intranasal"),
        ("im_sessions_csv", "ketamine", "im"),
    ],
)
def test_treatment_and_route_that_no_column_tells_are_guessed_from_the_name(tmp_path, name, treatment, route):
    notes = NOTES.replace("Infusion Date", "Session Date")
    _, text, held = drafted(tmp_path, **{name: notes})
    columns = held["tables"]["sessions"][0]["columns"]
    assert (columns["treatment"], columns["route"]) == ({"constant": treatment}, {"constant": route})
    assert f"CONFIRM: no column tells the treatment: is it all {treatment}?" in text


def test_the_route_may_follow_from_the_words_for_the_treatment(tmp_path):
    notes = NOTES.replace("Dose mg", "Medication").replace("40", "IM ketamine").replace("35", "Spravato session")
    folder, _, _ = drafted(tmp_path, visits_csv=notes)
    back = import_drafted(folder)["sessions"]
    assert [(row["treatment"], row["route"]) for row in back] == [("ketamine", "im")] * 2 + [
        ("esketamine", "intranasal")
    ]


def test_stopped_early_tells_the_status(tmp_path):
    notes = NOTES.replace("Dose mg", "Dose mg | Stopped early?").replace("40", "40 | No").replace("35", "35 | Yes")
    folder, _, _ = drafted(tmp_path, infusion_notes_csv=notes)
    assert [row["status"] for row in import_drafted(folder)["sessions"]] == ["given", "given", "stopped-early"]


def test_a_date_column_decides_over_a_column_called_day(tmp_path):
    notes = NOTES.replace("Dose mg", "Dose mg | Day").replace("40", "40 | 3").replace("35", "35 | 4")
    _, _, held = drafted(tmp_path, infusion_notes_csv=notes)
    assert held["files"]["infusion_notes"]["drop"] == {"Day": "days are counted from the dates"}

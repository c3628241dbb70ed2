"""Which files tell of the patients."""

from drafted_maps import draft, import_drafted, write_files

NOTES = "MRN,Infusion Date,Dose mg,PHQ-9\n1,2025-01-03,40,18\n1,2025-01-06,40,\n2,2024-01-04,35,12\n"


def folder_with(tmp_path, **files):
    folder = write_files(tmp_path / "clinic", **files)
    (folder / "infusions.csv").write_text(NOTES)
    return folder


def test_without_a_list_the_sessions_list_the_patients(tmp_path):
    """So that the year of the first session is known, which reports need."""
    back = import_drafted(folder_with(tmp_path))
    assert back["patients"] == [{"patient_id": "1", "start_year": "2025"}, {"patient_id": "2", "start_year": "2024"}]


def test_columns_of_two_files_with_one_row_each_come_together(tmp_path):
    folder = folder_with(
        tmp_path,
        clients_csv="MRN | Payer | Email\n1 | VA | a@example.org\n2 | Cash | b@example.org\n",
        intake_csv="MRN | DOB | Gender\n1 | 1980-02-03 | F\n2 | 1990-02-03 | M\n",
    )
    _, _, held = draft(folder)
    back = import_drafted(folder)["patients"]
    assert [(row["patient_id"], row["sex"], row["age"]) for row in back if row["age"]] == [
        ("1", "female", "44"),
        ("2", "male", "33"),
    ]
    assert [row["payer"] for row in back] == ["va", "self-pay"]
    assert held["files"]["clients"]["drop"] == {"Email": "identifier: an e-mail address"}


def test_a_birth_date_that_one_list_lacks_is_taken_from_the_other(tmp_path):
    folder = folder_with(
        tmp_path,
        clients_csv="MRN | DOB | Sex | Payer\n1 | 1980-02-03 | F | VA\n2 | | M | Cash\n",
        intake_csv="MRN | Date of Birth | Diagnosis\n1 | 2/28/1980 | F33.2\n2 | 2/3/1990 | F33.2\n",
    )
    _, _, held = draft(folder)
    age = held["tables"]["patients"][0]["columns"]["age"]
    assert age == {"age_from": ["DOB", "intake.Date of Birth"], "date": ["year-month-day", "month/day/year"]}
    assert [row["age"] for row in import_drafted(folder)["patients"]] == ["44", "33"]


def test_what_differs_between_the_rows_of_a_patient_is_no_fact_about_the_patient(tmp_path):
    folder = write_files(tmp_path / "clinic")
    lines = [
        "MRN,Infusion Date,Dose mg,PHQ-9,Sex,Insurance",
        "1,2025-01-03,40,18,F,VA",
        "1,2025-01-06,40,9,F,Cash",
        "2,2025-01-06,40,9,M,Cash",
    ]
    (folder / "infusions.csv").write_text("\n".join(lines) + "\n")
    _, _, held = draft(folder)
    block = held["tables"]["patients"][0]
    assert block["once_per"] == ["patient_id"]
    assert set(block["columns"]) == {"patient_id", "sex"}
    assert held["files"]["infusions"]["drop"] == {
        "Insurance": "to confirm: as payer not the same in all rows of a patient"
    }


def test_the_last_day_stands_beside_no_one_still_in_care_under_safe_harbor(tmp_path):
    clients = "MRN | Last seen | Patient status\n1 | 2025-02-03 | Active\n2 | 2024-02-03 | Discontinued\n"
    folder = folder_with(tmp_path, clients_csv=clients)
    _, text, held = draft(folder)
    assert "last_day" not in held["tables"]["patients"][0]["columns"]
    assert "last_day ('Last seen') is left out" in text
    import_drafted(folder)


def test_archived_clients_count_and_test_clients_do_not(tmp_path):
    clients = (
        "MRN | Sex | Archived | Account type\n1 | F | TRUE | Client\n2 | M | FALSE | Test\n3 | M | FALSE | Client\n"
    )
    back = import_drafted(folder_with(tmp_path, clients_csv=clients))
    assert {row["patient_id"] for row in back["sessions"]} == {"1"}
    assert [row["patient_id"] for row in back["patients"]] == ["1", "3"]


def test_codes_for_missing_values_of_a_joined_list_are_told_at_that_list(tmp_path):
    folder = folder_with(
        tmp_path,
        clients_csv="MRN | Payer\n1 | n/a\n2 | Cash\n",
        intake_csv="MRN | DOB | Gender\n1 | 1980-02-03 | F\n2 | 1990-02-03 | M\n",
    )
    assert draft(folder)[2]["files"]["clients"]["missing"] == ["n/a"]
    assert [row["payer"] for row in import_drafted(folder)["patients"]] == ["", "self-pay"]

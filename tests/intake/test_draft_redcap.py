"""REDCap projects in a folder: forms become files of the mapping, codes are translated by the data dictionary."""

import csv

from drafted_maps import draft, import_drafted
from real_files import published_folder

from analysis.intake.drafting.headers import known_data

HEADINGS = [
    "Variable / Field Name",
    "Form Name",
    "Field Type",
    "Field Label",
    "Choices, Calculations, OR Slider Labels",
]
HEADINGS += ["Text Validation Type OR Show Slider Number", "Identifier?"]
FIELDS = [
    ("record_id", "people", "text", "Record", "", "", ""),
    ("full_name", "people", "text", "Name", "", "", "y"),
    ("born", "people", "text", "Date of birth", "", "date_ymd", "y"),
    ("s1", "people", "radio", "Sex", "1, Male | 2, Female", "", ""),
    ("when_given", "infusion", "text", "Infusion date", "", "date_ymd", "y"),
    ("mg", "infusion", "text", "Dose (mg)", "", "number", ""),
    ("note", "infusion", "notes", "Note", "", "", ""),
    ("phq_date", "phq", "text", "Date completed", "", "date_ymd", ""),
    *(
        (f"q{number}", "phq", "radio", text, "0, Not at all | 1, Several days", "", "")
        for number, text in enumerate(known_data()["scales"]["PHQ-9"]["texts"], start=1)
    ),
    ("sum9", "phq", "calc", "PHQ-9 total", "", "", ""),
]
REPEATED = ["redcap_repeat_instrument", "redcap_repeat_instance"]
COLUMNS = ["record_id", *REPEATED, *(field[0] for field in FIELDS[1:]), "phq_complete"]
ROWS = [
    {"record_id": "1", "full_name": "Jane Doe", "born": "1980-02-03", "s1": "2"},
    {"when_given": "2025-01-03", "mg": "40", "note": "called her sister"}
    | dict(zip(REPEATED, ("infusion", "1"), strict=True)),
    {
        "phq_date": "2025-01-17",
        **{f"q{number}": number % 2 for number in range(1, 10)},
        "sum9": "5",
        "phq_complete": "2",
    }
    | dict(zip(REPEATED, ("phq", "1"), strict=True)),
]
DATA = [COLUMNS, *([({"record_id": "1"} | row).get(column, "") for column in COLUMNS] for row in ROWS)]


def project(tmp_path, rows=DATA):
    folder = tmp_path / "project"
    folder.mkdir()
    for name, lines in (("data.csv", rows), ("dictionary.csv", [HEADINGS, *FIELDS])):
        with (folder / name).open("w", newline="") as stream:
            csv.writer(stream).writerows(lines)
    return folder


def test_the_forms_the_labels_and_the_codes_of_a_project(tmp_path):
    folder = project(tmp_path)
    _, text, held = draft(folder)
    assert {each["rows"]: each.get("keep") for each in held["files"].values()} == {
        "people": ["born"],
        "infusion": ["when_given"],
        "phq": None,
    }
    back = import_drafted(folder)
    assert back["patients"] == [{"patient_id": "1", "start_year": "2025", "age": "44", "sex": "female"}]
    assert [(row["day"], row["dose_mg"]) for row in back["sessions"]] == [("0", "40.0")]
    assert [(row["day"], row["total"], row["item_1"], row["item_2"]) for row in back["scores"]] == [
        ("14", "5", "1", "0")
    ]
    assert "Jane" not in text


def test_a_dictionary_without_its_data_is_told(tmp_path):
    folder = project(tmp_path, rows=[["id", "colour"], ["1", "red"]])
    (folder / "visits.csv").write_text("MRN,Infusion Date,Dose mg,PHQ-9\n1,2025-01-03,40,18\n")
    account, _, _ = draft(folder)
    assert "dictionary.csv: a REDCap data dictionary, and no file that holds its fields" in account.unused


def test_a_published_project_without_sessions_leads_on(tmp_path):
    source = published_folder("redcap_longitudinal") / "longitudinal"
    folder = tmp_path / "project"
    folder.mkdir()
    for name in ("data.csv", "dictionary.csv"):
        (folder / name).write_bytes((source / name).read_bytes())
    _, text, held = draft(folder)
    assert "missing_sessions" in held["files"]
    for cell in ("Zharko", "Lenox", "gmail", "555-1212", "1983"):
        assert cell not in text

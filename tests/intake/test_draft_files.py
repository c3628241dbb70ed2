"""The tables of a folder, in every format, and the files that are none."""

import duckdb
import pandas as pd
import pyreadstat
import pytest
from drafted_maps import draft, import_drafted, write_files
from openpyxl import Workbook

from analysis.intake.drafting.files import fhir_files, look_through, settle_tables, shown_files
from analysis.intake.drafting.headers import known_data

HEADER = ["MRN", "Infusion Date", "Dose mg", "PHQ-9 Total"]
ROWS = [["1", "2025-01-03", 40.5, 18], ["2", "2025-01-06", 35.0, 12]]
VISITS = "MRN,Infusion Date,Dose mg,PHQ-9 Total\n1,2025-01-03,40.5,18\n2,2025-01-06,35,12\n"


def frame() -> pd.DataFrame:
    return pd.DataFrame(ROWS, columns=["mrn", "infusion_date", "dose_mg", "phq9_total"])


def write_parts(folder):
    (folder / "visits").mkdir()
    with duckdb.connect() as con:
        for number in range(len(ROWS)):
            con.register("frame", frame().iloc[[number]])
            con.execute(f"COPY (SELECT * FROM frame) TO '{folder}/visits/{number}.parquet' (FORMAT parquet)")


def write_workbook(folder):
    book = Workbook()
    book.active.append(["Our infusions"])
    for row in [HEADER, *ROWS]:
        book.active.append(row)
    book.save(folder / "visits.xlsx")


def write_german(folder):
    text = VISITS.replace(",", ";").replace("40.5", "40,5").replace("MRN", "Pat. ID")
    (folder / "visits.txt").write_bytes(f"{text}3;2025-01-07;30,5;9\n".encode("cp1252"))


WRITERS = {
    "csv": lambda folder: (folder / "visits.csv").write_text(VISITS),
    "utf-16": lambda folder: (folder / "visits.csv").write_text(VISITS.replace(",", "\t"), encoding="utf-16"),
    "tsv": lambda folder: (folder / "visits.tsv").write_text(VISITS.replace(",", "\t")),
    "text with a decimal comma": write_german,
    "parquet in parts": write_parts,
    "xlsx below a title": write_workbook,
    "sav": lambda folder: pyreadstat.write_sav(frame(), str(folder / "visits.sav")),
    "dta": lambda folder: pyreadstat.write_dta(frame(), str(folder / "visits.dta")),
    "xpt": lambda folder: pyreadstat.write_xport(
        frame().set_axis(["MRN", "INFDATE", "DOSE_MG", "PHQ9"], axis=1),
        str(folder / "visits.xpt"),
        column_labels=["", "Infusion date", "", "PHQ-9 total"],
    ),
}


@pytest.mark.parametrize("how", WRITERS)
def test_every_format_goes_from_the_export_to_the_dataset(tmp_path, how):
    folder = tmp_path / "clinic"
    folder.mkdir()
    WRITERS[how](folder)
    back = import_drafted(folder)
    assert [row["total"] for row in back["scores"]][:2] == ["18", "12"]
    assert [row["dose_mg"] for row in back["sessions"]][:2] == ["40.5", "35.0"]


def test_the_labels_of_a_statistics_file_tell_what_columns_and_codes_mean(tmp_path):
    folder = tmp_path / "clinic"
    folder.mkdir()
    questions = {f"q{number}": text for number, text in enumerate(known_data()["scales"]["GAD-7"]["texts"], start=1)}
    table = frame().assign(a=[1.0, 2.0], **{name: [1, 2] for name in questions})
    labels = {"a": "Route"} | questions
    answers = {0: "Not at all", 1: "Several days", 2: "More than half the days", 3: "Nearly every day"}
    values = {"a": {1: "IV", 2: "IM"}} | dict.fromkeys(questions, answers)
    columns = [labels.get(name, "") for name in table]
    pyreadstat.write_sav(table, str(folder / "visits.sav"), column_labels=columns, variable_value_labels=values)
    back = import_drafted(folder)
    assert [row["route"] for row in back["sessions"]] == ["iv", "im"]
    assert [row["item_7"] for row in back["scores"] if row["instrument"] == "GAD-7"] == ["1", "2"]


def test_sheets_with_the_same_columns_are_one_table(tmp_path):
    folder = tmp_path / "clinic"
    folder.mkdir()
    book = Workbook()
    for title, rows in (("2024", ROWS), ("2025", [["3", "2025-02-03", 40, 9], ["4", "2025-02-04", 40, 8]])):
        sheet = book.create_sheet(title)
        for row in [HEADER, *rows]:
            sheet.append(row)
    book.remove(book["Sheet"])
    book.save(folder / "visits.xlsx")
    _, _, held = draft(folder)
    assert [each["sheet"] for each in held["files"].values()] == [["2024", "2025"]]
    assert len(import_drafted(folder)["sessions"]) == 4


def test_a_sheet_or_file_for_each_person_is_not_named(tmp_path):
    folder = tmp_path / "clinic"
    folder.mkdir()
    book = Workbook()
    for title, header, number in (
        ("Jane Doe", HEADER, 1),
        ("John Roe", [*HEADER, "Mood"], 2),
        ("Visits", HEADER[:3], 3),
    ):
        sheet = book.create_sheet(title)
        sheet.append(header)
        sheet.append([number, "2025-01-03", 40, 18, "low"][: len(header)])
        sheet.append([number + (title == "Visits"), "2025-01-04", 40, 18, "low"][: len(header)])
    book.remove(book["Sheet"])
    book.save(folder / "visits.xlsx")
    for name in ("Ann Poe", "Kim Loe", "Tom Coe"):
        (folder / f"{name}.csv").write_text("MRN,Date,GAD-7\n9,2025-01-03,5\n")
    account, text, _ = draft(folder)
    assert "records of one person" in text
    assert not [name for name in ("Jane", "Roe", "Poe", "Loe", "Coe") if name in text + str(account)]


@pytest.mark.parametrize(
    ("name", "content", "why"),
    [
        ("a.csv", b"1001,Jane,2025-01-03\n1002,John,2025-01-04\n", "its header row seems to hold values"),
        ("a.csv", b"MRN,MRN\n1,2\n", "columns 1, 2 share their names"),
        ("a.csv", b"MRN,Date\n1,2,3\n", "not 2 cells like the header"),
        ("a.xlsx", b"PK\x03\x04 not really", "damaged, with a password, or no .xlsx workbook"),
        ("a.sav", b"$FL2 not really", "damaged, or not an SPSS file"),
        ("a.parquet", b"PAR1", "the Parquet file is damaged"),
        ("a.json", b'{"a": 1}', "JSON, but no FHIR"),
        ("a.docx", b"PK", "no format that is read"),
    ],
)
def test_what_cannot_be_read_is_named_with_the_reason(tmp_path, name, content, why):
    folder = write_files(tmp_path / "clinic")
    (folder / "visits.csv").write_text(VISITS)
    (folder / name).write_bytes(content)
    account, text, _ = draft(folder)
    assert any(name in line and why in line for line in account.unused), account.unused
    assert name in text
    assert "Jane" not in text


def test_sdtm_has_a_mapping_of_its_own(tmp_path):
    folder = write_files(tmp_path / "trial")
    (folder / "ex.csv").write_text("STUDYID,DOMAIN,USUBJID,EXDOSE\nS,EX,1,40\nS,EX,2,40\n")
    found = look_through(folder)
    settle_tables(found)
    assert found.unread == {"ex.csv": "CDISC SDTM, domain EX: begin with data/mappings/sdtm.toml"}


def test_hidden_files_are_passed_over(tmp_path):
    for name in (".DS_Store", "~$visits.xlsx", "Thumbs.db", "a.ndjson"):
        (tmp_path / name).write_text("x")
    assert look_through(tmp_path).unread == {}
    assert [path.name for path in fhir_files(tmp_path)] == ["a.ndjson"]


def test_many_files_of_one_ending_are_counted_and_telling_names_hidden():
    unread = {f"scan {number}.pdf": "no format that is read" for number in range(7)}
    assert shown_files(unread | {"1951-03-04.doc": "no format that is read"}) == [
        "7 .pdf files: no format that is read",
        "a .doc file, whose name could be somebody's: no format that is read",
    ]

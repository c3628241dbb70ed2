"""The page docs/your-own-data.md does what it says: its commands run, its maps are read, its errors are said."""

import csv
import os
import re
import shlex
from datetime import date
from pathlib import Path

import pandas as pd
import pyreadstat
import pytest
from dataset_texts import read_texts

from analysis import cli
from analysis.intake.amounts import read_amounts
from analysis.intake.mapping import import_folder
from analysis.intake.mapping_reading import read_mapping

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "your-own-data.md"
TEXT = PAGE.read_text(encoding="utf-8")
MAPPINGS = ROOT / "data" / "mappings"


def section(title: str) -> str:
    """What stands under a heading, up to the next one of its level or above."""
    found: list[str] = []
    level, fenced = 0, False
    for line in TEXT.splitlines():
        fenced ^= line.startswith("```")
        marks, _, heading = line.partition(" ")
        is_heading = not fenced and bool(re.fullmatch("#+", marks))  # in a fence it is a comment
        if level and is_heading and len(marks) <= level:
            break
        if level:
            found.append(line)
        elif is_heading and heading == title:
            level = len(marks)
    assert level, title
    return "\n".join(found)


def blocks(text: str, kind: str = "") -> list[str]:
    return re.findall(rf"^```{kind}\n(.*?)\n```$", text, re.MULTILINE | re.DOTALL)


def run(command: str, capsys) -> tuple[int, str, str]:
    program, *arguments = shlex.split(command)
    assert program == "outcomes"
    capsys.readouterr()
    code = cli.main(arguments)
    said = capsys.readouterr()
    return code, said.out, said.err


def plain(line: str) -> str:
    return " ".join(line.split())


# The five commands, and the one of the next quarter


@pytest.fixture
def project(tmp_path: Path, monkeypatch) -> Path:
    folder = tmp_path / "project"
    (folder / "data").mkdir(parents=True)
    monkeypatch.chdir(folder)
    return folder


@pytest.mark.full
def test_the_commands_lead_from_the_export_to_the_charts_as_they_are_written(project: Path, capsys) -> None:
    (five,) = blocks(section("Five commands"))
    commands = five.splitlines()
    assert len(commands) == 5
    said = []
    for command in commands:
        code, printed, _ = run(command, capsys)
        assert code == 0, command
        said.append(printed)

    places = re.search(r"CONFIRM \((\d+) places\)", said[1])[1]
    assert f"the {places} places marked CONFIRM" in section("Five commands")
    account = {plain(line) for line in said[2].splitlines()}
    (shown,) = blocks(section("How to read the account"), "text")
    assert {plain(line) for line in shown.splitlines()} <= account
    assert said[3].startswith("errors: 0; rows or values set aside: 0")

    with (project / "reports" / "practice" / "tables" / "headline.csv").open(encoding="utf-8") as table:
        rows = [row for row in csv.DictReader(table) if (row["outcome"], row["instrument"]) == ("response", "PHQ-9")]
    counts = {row["estimand"]: (row["numerator"], row["denominator"]) for row in rows}
    (responded, scored), (_, started) = counts["observed"], counts["starters"]
    assert f"{responded} of {scored} responded, and that these are {responded} of the {started} who started" in TEXT
    assert (project / "reports" / "practice" / "report.html").is_file()
    assert list((project / "reports" / "practice" / "figures").glob("*.png"))
    assert oct((project.parent / "practice_key.csv").stat().st_mode)[-3:] == "600" or os.name == "nt"

    (again,) = blocks(section("Next quarter"))
    code, printed, _ = run(again, capsys)
    assert code == 0
    assert "nothing changed" in printed


# What becomes of doses


def test_the_typed_doses_are_read_as_the_page_says() -> None:
    table = section("What happens to dates, ages and doses").partition("| typed |")[2]
    rows = re.findall(r"^\| (?!---)([^|]+) \| ([^|]+) \|$", table, re.MULTILINE)
    typed = dict(rows)
    assert len(typed) == 9
    read, _ = read_amounts(pd.Series(list(typed)), "dose")
    for cell, number, told in zip(typed, read, typed.values(), strict=True):
        assert told.startswith("not read") == pd.isna(number), cell
        assert pd.isna(number) or float(number) == float(told.split(",")[0]), cell


# The maps


def excerpts() -> list[tuple[str, str]]:
    """Each excerpt with the mapping that its part of the page names first."""
    found = []
    for part in re.split(r"^### ", section("A map for each source"), flags=re.MULTILINE)[1:]:
        names = re.findall(r"\]\(\.\./data/mappings/(\w+\.toml)\)", part)
        found += [(names[0], block) for block in blocks(part, "toml") if names]
    return found


def test_every_mapping_that_has_a_part_of_the_page_is_shown() -> None:
    names = {name for name, _ in excerpts()}
    assert names == {"clinic_export.toml", "redcap.toml", "fhir.toml", "sdtm.toml", "warehouse.toml"}


@pytest.mark.parametrize(("name", "excerpt"), excerpts(), ids=lambda each: each if each.endswith(".toml") else "")
def test_each_excerpt_stands_in_its_mapping(name: str, excerpt: str) -> None:
    """As it is, or as what a comment of the mapping offers in place of other lines."""
    mapping = (MAPPINGS / name).read_text(encoding="utf-8")
    offered = re.sub(r"^#     ", "", mapping, flags=re.MULTILINE)
    assert excerpt in mapping or excerpt in offered
    read_mapping(MAPPINGS / name)


def test_the_three_lines_for_redcaps_server_make_a_mapping(tmp_path: Path) -> None:
    (lines,) = blocks(section("REDCap, from its server"), "toml")
    mapping = (MAPPINGS / "redcap.toml").read_text(encoding="utf-8")
    of_files = 'path = "data.csv"\nformat = "redcap"\ndictionary = "dictionary.csv"'
    assert of_files in mapping
    (tmp_path / "map.toml").write_text(mapping.replace(of_files, lines), encoding="utf-8")
    files = read_mapping(tmp_path / "map.toml").files.values()
    assert {file.format for file in files} == {"redcap-api"}
    assert {file.token_from for file in files} == {"REDCAP_TOKEN"}


def test_the_whole_map_for_spss_imports_two_spss_files(tmp_path: Path) -> None:
    (mapping,) = blocks(section("SPSS, SAS and Stata"), "toml")
    (tmp_path / "map.toml").write_text(mapping, encoding="utf-8")
    (tmp_path / "export").mkdir()
    days = [date(2025, 3, 3), date(2025, 3, 6)]
    visits = {
        "patient": ["A1", "A1"],
        "visit_date": days,
        "drug": [1.0, 2.0],
        "route": [1.0, 2.0],
        "dose": [40.0, 56.0],
    }
    pyreadstat.write_sav(
        pd.DataFrame(visits | {"remarks": ["slept", "well"]}),
        tmp_path / "export" / "visits.sav",
        variable_value_labels={
            "drug": {1: "Ketamine", 2: "Esketamine"},
            "route": {1: "Intravenous", 2: "Nasal spray"},
        },
    )
    scores = pd.DataFrame({"patient": ["A1", "A1"], "filled_in": days, "total": [18.0, 9.0]})
    pyreadstat.write_sav(scores, tmp_path / "export" / "phq9.sav")
    import_folder(
        tmp_path / "export", mapping=tmp_path / "map.toml", out=tmp_path / "dataset", key_file=tmp_path / "key.csv"
    )
    sessions = read_texts(tmp_path / "dataset", "sessions")
    assert [(row["day"], row["treatment"], row["route"], float(row["dose_mg"])) for row in sessions] == [
        ("0", "ketamine", "iv", 40),
        ("3", "esketamine", "intranasal", 56),
    ]
    assert [(row["day"], row["total"]) for row in read_texts(tmp_path / "dataset", "scores")] == [
        ("0", "18"),
        ("3", "9"),
    ]


# The mistakes

MAP = """
[dataset]
name = "Our clinic"
basis = "limited-data-set"
data_cut = "2025-12-31"

[pseudonyms]

[files.visits]
path = "visits.csv"
drop = { note = "free text" }

[files.phq9]
path = "phq9.csv"

[[tables.sessions]]
from = "visits"
[tables.sessions.columns]
patient_id = "MRN"
date = { from = "visit date", date = "month/day/year" }
treatment.constant = "ketamine"
route = { from = "route", values = { IV = "iv", IM = "im" } }
dose_mg = { from = "dose", number = "dose" }

[[tables.scores]]
from = "phq9"
[tables.scores.columns]
patient_id = "MRN"
date = { from = "date", date = "year-month-day" }
instrument.constant = "PHQ-9"
total = { from = "total", number = "integer" }
"""
VISITS = "MRN,visit date,route,dose,note\n" + "".join(
    f"{number},{month}/4/2025,IV,40 mg,well\n" for number in range(1000, 1012) for month in (3, 4)
)
PHQ9 = "MRN,date,total\n" + "".join(
    f"{number},2025-0{month}-04,{20 - month}\n" for number in range(1000, 1012) for month in (3, 4)
)
PATIENTS = '\n[tables.patients]\nfrom = "visits"\nonce_per = ["patient_id"]\ncolumns.patient_id = "MRN"\n'
CLIENTS = '\n[files.phq9.join.clients]\non = "MRN"\n[files.clients]\npath = "clients.csv"\ndrop = { name = "name" }\n'
IMPORT = "outcomes import export --map map.toml --out dataset --key-file key.csv"
UPDATE = "outcomes update dataset export --map map.toml --key-file key.csv"
REPORT = "outcomes report dataset --quarter 2025Q1 --out report"


class Clinic:
    """A small clinic's export and its map, in which the page's mistakes are made."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.write("map.toml", MAP)
        self.write("export/visits.csv", VISITS)
        self.write("export/phq9.csv", PHQ9)

    def write(self, name: str, text: str, *, encoding: str = "utf-8") -> None:
        path = self.folder / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding=encoding)

    def change(self, name: str, old: str, new: str, *, encoding: str = "utf-8") -> None:
        text = (self.folder / name).read_text(encoding="utf-8")
        assert old in text
        self.write(name, text.replace(old, new), encoding=encoding)


@pytest.fixture
def clinic(tmp_path: Path, monkeypatch) -> Clinic:
    monkeypatch.chdir(tmp_path)
    return Clinic(tmp_path)


def errors(title: str) -> list[str]:
    """The errors that a part of the page quotes, as the program says them."""
    return [block + "\n" for block in blocks(section(title), "text")]


# By the heading of the mistake: the file, what it says and what is wrong instead, and how the page mends it.
MISTAKES = {
    "1. A date that can be read in two ways": ("map.toml", ', date = "month/day/year"', ""),
    "2. A word that the map does not know": (
        *("export/visits.csv", "1003,3/4/2025,IV", "1003,3/4/2025,Spravato"),
        *("map.toml", 'values = { IV = "iv", IM = "im" }'),
    ),
    "3. A new column in the export": (
        *("export/visits.csv", "note\n", "note,phone\n"),
        *("map.toml", 'drop = { note = "free text" }'),
    ),
    "4. A column that has another name now": (
        *("export/visits.csv", "visit date", "Date of visit"),
        *("map.toml", '"visit date"'),
    ),
    "6. Semicolons between the columns": ("export/visits.csv", ",", ";", "map.toml", 'path = "visits.csv"'),
    "7. Letters in an older encoding": ("export/visits.csv", "well", "après", "map.toml", 'path = "visits.csv"'),
    "8. The same visit twice": (
        *("export/visits.csv", VISITS, VISITS + VISITS.splitlines()[3] + "\n"),
        *("map.toml", 'from = "visits"'),
    ),
    "9. Words where numbers should be": ("export/phq9.csv", ",16", ",n/a", "map.toml", 'path = "phq9.csv"'),
}
# What the page says to write, in place of (or after) the line named above.
MENDED = {
    "2. A word that the map does not know": 'values = { IV = "iv", IM = "im", Spravato = "intranasal" }',
    "3. A new column in the export": 'drop = { note = "free text", phone = "telephone" }',
    "6. Semicolons between the columns": 'delimiter = ";"',
    "7. Letters in an older encoding": 'encoding = "cp1252"',
    "8. The same visit twice": 'once_per = ["patient_id", "date"]',
    "9. Words where numbers should be": 'missing = ["n/a", "-99"]',
}


def make_mistake(clinic: Clinic, title: str) -> None:
    name, old, new, *_ = MISTAKES[title]
    clinic.change(name, old, new, encoding="cp1252" if "encoding" in title else "utf-8")
    if title.startswith("3."):
        clinic.change(name, "well\n", "well,555 0100\n")


@pytest.mark.parametrize("title", MISTAKES)
def test_a_mistake_is_answered_by_the_error_on_the_page(clinic: Clinic, capsys, title: str) -> None:
    make_mistake(clinic, title)
    assert run(IMPORT, capsys) == (1, "", *errors(title))
    assert not (clinic.folder / "dataset").exists()
    assert not (clinic.folder / "key.csv").exists()


@pytest.mark.parametrize("title", MENDED)
def test_what_the_page_advises_mends_it(clinic: Clinic, capsys, title: str) -> None:
    make_mistake(clinic, title)
    _, _, _, name, line = MISTAKES[title]
    advice = MENDED[title]
    assert f"`{advice}`" in section(title)
    same_key = line.partition(" ")[0] == advice.partition(" ")[0]
    clinic.change(name, line, advice if same_key else f"{line}\n{advice}")
    assert run(IMPORT, capsys)[0] == 0


def test_the_advice_for_a_date_is_the_format_that_was_missing(clinic: Clinic) -> None:
    advice = 'date = { from = "visit date", date = "month/day/year" }'
    assert advice in MAP
    assert f"`{advice}`" in section("1. A date that can be read in two ways")


def test_a_key_file_beside_the_data_is_refused_as_the_page_says(clinic: Clinic, capsys) -> None:
    command = IMPORT.replace("key.csv", "export/key.csv")
    assert run(command, capsys) == (2, "", *errors("5. The key file beside the data"))


def test_only_the_new_rows_are_refused_as_the_page_says(clinic: Clinic, capsys) -> None:
    assert run(IMPORT, capsys)[0] == 0
    clinic.change("export/visits.csv", "/2025", "/2026")
    clinic.change("export/phq9.csv", "2025-", "2026-")
    clinic.change("map.toml", "2025-12-31", "2026-12-31")
    for name in ("visits", "phq9"):
        lines = (clinic.folder / "export" / f"{name}.csv").read_text().splitlines()
        clinic.write(f"export/{name}.csv", "\n".join([lines[0], *lines[2::2]]) + "\n")
    assert run(UPDATE, capsys) == (1, "", *errors("10. Only the new rows at the next quarter"))


def test_the_questions_quote_the_errors_as_they_are(clinic: Clinic, capsys) -> None:
    """In the order of the page."""
    said = []

    def fails(command: str, code: int) -> None:
        found, _, text = run(command, capsys)
        assert found == code
        said.append(text)

    clinic.change("map.toml", 'path = "phq9.csv"\n', f'path = "phq9.csv"\n{CLIENTS}')
    clinic.write("export/clients.csv", "MRN,name\n1001,X\n")
    fails(IMPORT, 1)
    clinic.write("map.toml", MAP + PATIENTS)
    assert run(IMPORT, capsys)[0] == 0
    fails(REPORT, 2)
    clinic.change("map.toml", 'basis = "limited-data-set"', 'basis = "safe-harbor"\nkeep_dates = true')
    fails(IMPORT, 2)
    clinic.write("map.toml", MAP)
    fails(IMPORT, 2)
    assert run(f"{IMPORT} --force", capsys)[0] == 0
    clinic.change("map.toml", 'path = "phq9.csv"', 'path = "C:\\Users\\phq9.csv"')
    fails(IMPORT, 2)
    clinic.write("map.toml", MAP)
    fails(UPDATE.replace("key.csv", "lost.csv"), 2)
    assert said == errors("Questions and answers")


def test_every_error_on_the_page_is_provoked_here() -> None:
    titles = re.findall(r"^### (\d+\. .*)$", section("Ten mistakes"), re.MULTILINE)
    tried = {*MISTAKES, "5. The key file beside the data", "10. Only the new rows at the next quarter"}
    assert len(titles) == 10
    assert set(titles) == tried
    quoted = [block for block in blocks(TEXT, "text") if block.startswith("outcomes: ")]
    assert len(quoted) == len(titles) + len(errors("Questions and answers"))


# Links


def test_every_link_leads_somewhere() -> None:
    headings = re.findall(r"^#+ (.*)$", TEXT, re.MULTILINE)
    anchors = {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}
    for target in re.findall(r"\]\(([^)]+)\)", TEXT):
        if target.startswith("#"):
            assert target[1:] in anchors, target
        else:
            assert (PAGE.parent / target).exists(), target

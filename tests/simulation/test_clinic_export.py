"""The messy export of a simulated clinic: every mess that real ones hold is in it, and one seed makes it twice."""

import csv
import re
from pathlib import Path

import pytest
from clinic_export_reader import file_rows, ketamine_visits, sheet_rows, written_date

from analysis.simulation import simulate
from analysis.simulation.clinic_export import WORKBOOK, write_clinic_export
from analysis.vocabulary.errors import CallError

ISO = r"\d{4}-\d{2}-\d{2}"
AMERICAN = r"\d{1,2}/\d{1,2}/\d{4}"


@pytest.fixture(scope="module")
def export(tmp_path_factory) -> Path:
    cohort = simulate(patients=300, clinics=3, seed=5)
    return write_clinic_export(cohort, tmp_path_factory.mktemp("clinic") / "export", seed=3)


def cells(folder: Path) -> dict[str, list[dict[str, str]]]:
    """Every cell of an export, by file or sheet."""
    found = {path.name: file_rows(folder, path.name) for path in folder.glob("*.csv")}
    return found | {sheet: sheet_rows(folder, sheet) for sheet in ("Current", "Prior Version")}


def test_the_headers_of_the_phq9_are_the_questions(export):
    header = list(file_rows(export, "PHQ9 Data.csv")[0])
    assert header[:6] == ["client_id", "archived", "source", "first_opened", "date_submited", "date_of_birth"]
    assert header[6] == "Little interest or pleasure in doing things"
    assert header[14] == "Thoughts that you would be better off dead or of hurting yourself in some way"
    assert header[15].startswith("If you checked off any problems, how difficult")
    assert header[16].startswith("In your own words")
    assert header[17:] == ["phq9total"]


def test_forms_are_dated_in_two_ways_and_one_may_be_missing(export):
    forms = file_rows(export, "PHQ9 Data.csv")
    assert all(re.fullmatch(rf"{AMERICAN} \d\d:\d\d:\d\d", row["first_opened"]) for row in forms)
    assert {bool(re.fullmatch(ISO, row["date_submited"])) for row in forms if row["date_submited"]} == {True}
    missing = sum(row["date_submited"] == "" for row in forms)
    assert 0.03 < missing / len(forms) < 0.1


def test_some_forms_are_drafts_repeats_of_strangers_or_of_test_clients(export):
    forms = file_rows(export, "PHQ9 Data.csv")
    clients = {row["client_id"]: row for row in file_rows(export, "List - All Clients.csv")}
    seen = [(row["client_id"], row["first_opened"]) for row in forms if row["archived"] == "FALSE"]
    assert sum(row["archived"] == "TRUE" for row in forms) > 0
    assert len(seen) > len(set(seen))
    assert {row["client_id"] for row in forms} - set(clients) == {"D0001"}
    assert any(clients[row["client_id"]]["account_type"] == "Test" for row in forms if row["client_id"] in clients)
    assert any(row["phq9total"] == "" for row in forms)


def test_wrong_birth_dates_of_the_forms_are_right_on_the_client_list(export):
    listed = {row["client_id"]: row["date_of_birth"] for row in file_rows(export, "List - All Clients.csv")}
    typed = {row["client_id"]: row["date_of_birth"] for row in file_rows(export, "Intake Data.csv")}
    on_forms = {row["client_id"]: row["date_of_birth"] for row in file_rows(export, "PHQ9 Data.csv")}
    assert all(re.fullmatch(AMERICAN, day) for day in typed.values())
    assert all(re.fullmatch(ISO, day) for day in listed.values() if day)
    assert "" in listed.values()
    wrong = 0
    for client, day in typed.items():
        month, number, year = map(int, day.split("/"))
        wrong += listed[client] not in {"", f"{year}-{month:02}-{number:02}"}
        assert on_forms.get(client, day) == day
        assert listed[client] or year < 2015
    assert 0 < wrong < 0.06 * len(typed)


def test_the_two_sheets_name_the_same_things_differently_and_hold_texts_only(export):
    current, prior = sheet_rows(export, "Current"), sheet_rows(export, "Prior Version")
    assert {"client_id", "visit_date", "final_ketamine_dose_current_visit_mg"} <= set(current[0])
    assert {"Client ID", "Date of Visit", "final_ketamine_order_for_current_infusion_mg"} <= set(prior[0])
    assert all(isinstance(cell, str) for row in [*current, *prior] for cell in row.values())
    assert any(not any(row.values()) for row in current)


def test_dates_of_visits_mix_three_ways_of_writing(export):
    dates = [row["visit_date"] for row in sheet_rows(export, "Current") if row["visit_date"]]
    kinds = [rf"{ISO}T00:00:00\.000Z", ISO, r"\d{5}"]
    shares = [sum(bool(re.fullmatch(kind, day)) for day in dates) / len(dates) for kind in kinds]
    assert sum(shares) == 1
    assert min(shares) > 0.1


@pytest.mark.parametrize(
    ("what", "ways"),
    [
        ("dose", [r"[\d.]+ mg = [\d.]+ mg/kg", r"[\d.]+ --> [\d.]+ mg", r"[\d.]+mg \(split\)", r"\d+\.\.\d mg"]),
        ("dose", [r"[\d.]+ - [\d.]+ mg", r"[\d.]+ \+ [\d.]+ mg", "see MAR", ""]),
        ("weight", [r"[\d.]+ - [\d.]+", r"[\d.]+ mg", "reweight", "0", r"\d+\.\.\d", ""]),
        ("weight", [r"[1-9]\d{3}|[3-9]\d{2}", r"[\d.]+ \(stated\)"]),
    ],
)
def test_doses_and_weights_are_written_in_every_way(export, what, ways):
    texts = [visit[what] for visit in ketamine_visits(export).values()]
    for way in ways:
        assert any(re.fullmatch(way, text) for text in texts), way


def test_a_visit_that_was_moved_stands_in_two_places(export):
    old, prior = file_rows(export, "Visits (old).csv"), sheet_rows(export, "Prior Version")
    moved = [row for row in old if row["moved to visit notes"] == "Yes"]
    assert 0 < len(moved) < len(old)
    in_notes = {(row["Client ID"], written_date(row["Date of Visit"])) for row in prior if row["Client ID"]}
    assert {(row["Client ID"], written_date(row["Visit"])) in in_notes for row in moved} == {True}
    assert not any((row["Client ID"], written_date(row["Visit"])) in in_notes for row in old if row not in moved)


def test_the_patient_table_speaks_of_foundation_and_ltc(export):
    rows = file_rows(export, "Patients.csv")
    assert {row["phase_of_care"] for row in rows} - {""} == {"Foundation", "LTC"}
    assert {row["foundation_recommended"] for row in rows} - {""} == {"Yes - Full Foundation"}
    assert all(re.fullmatch(ISO, row["first_infusion_completed"]) for row in rows)
    maintained = [row for row in rows if row["first_ltc_infusion_date"]]
    assert maintained
    assert all(re.fullmatch(AMERICAN, row["first_ltc_infusion_date"]) for row in maintained)
    assert {row["phase_of_care"] for row in maintained} == {"LTC"}


def test_names_addresses_and_telephones_are_planted(export):
    clients = file_rows(export, "List - All Clients.csv")
    assert len({row["email"] for row in clients}) == len(clients)
    assert all(re.fullmatch(r"\(\d{3}\) 555-\d{4}", row["phone"]) for row in clients)
    assert any(row["first_name"] in note["visit_note"] for row in clients for note in sheet_rows(export, "Current")[:5])


def test_the_same_seed_makes_the_same_cells_and_another_seed_others(export, tmp_path):
    cohort = simulate(patients=300, clinics=3, seed=5)
    again = write_clinic_export(cohort, tmp_path / "again", seed=3)
    other = write_clinic_export(cohort, tmp_path / "other", seed=4)
    assert cells(again) == cells(export)
    assert cells(other)["Current"] != cells(export)["Current"]
    for path in export.glob("*.csv"):
        assert path.read_bytes() == (again / path.name).read_bytes(), path.name


def test_an_old_encoding_and_semicolons(export):
    text = (export / "Clinician Ratings.csv").read_bytes()
    assert b"Zo\xeb" in text
    assert "client_id;scale;rated_on" in text.decode("cp1252")
    assert (export / "PHQ9 Data.csv").read_bytes().startswith(b"\xef\xbb\xbfclient_id,")


@pytest.mark.parametrize("patients", [1, 2, 5])
def test_the_smallest_clinics_are_written_too(tmp_path, patients):
    folder = write_clinic_export(simulate(patients=patients, clinics=1, seed=2), tmp_path / "export", seed=1)
    with (folder / "List - All Clients.csv").open(newline="", encoding="utf-8-sig") as stream:
        assert sum(row["account_type"] == "Client" for row in csv.DictReader(stream)) == patients + 1


def test_mistakes(tmp_path):
    cohort = simulate(patients=1, clinics=1, seed=2)
    with pytest.raises(CallError, match="`seed` is -1; it must be 0 or more."):
        write_clinic_export(cohort, tmp_path / "export", seed=-1)
    folder = write_clinic_export(cohort, tmp_path / "export", seed=1)
    before = (folder / WORKBOOK).read_bytes()
    with pytest.raises(CallError, match="is there already"):
        write_clinic_export(cohort, tmp_path / "export", seed=2)
    assert (folder / WORKBOOK).read_bytes() == before
    write_clinic_export(cohort, tmp_path / "export", seed=2, force=True)
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "letter.txt").write_text("mine")
    with pytest.raises(CallError, match="holds other files"):
        write_clinic_export(cohort, tmp_path / "other", seed=1, force=True)
    assert (tmp_path / "other" / "letter.txt").read_text() == "mine"

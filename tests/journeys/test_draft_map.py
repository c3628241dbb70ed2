"""From an export to a dataset without writing a line: the drafted mapping is imported as it is."""

import csv
import json
import random
import shutil
from datetime import date
from pathlib import Path

import pytest
from dataset_texts import KEYS, read_texts
from drafted_maps import draft, import_drafted
from fhir_twins import response, us_core, write_ndjson
from made_up_clinics import TWO_CLINICS, write_clinics
from redcap_writer import planted_identifiers, read_tables, write_redcap_project
from small_clinic import write_clinic
from xlsx_writer import write_workbook

from analysis import cli
from analysis.intake.drafting.draft import draft_mapping
from analysis.intake.mapping import import_folder
from analysis.simulation import simulate, write_dataset
from analysis.simulation.clinic_export import write_clinic_export

ROOT = Path(__file__).resolve().parents[2]

# What the draft leaves out under the basis it drafts (safe-harbor), and what follows from the dates again.
NOT_CARRIED = {"date", "last_day"}
TABLES = ("patients", "sessions", "scores", "adverse_events", "events", "referrals")


def carried(rows: list[dict[str, str]], *but: str) -> list[dict[str, str]]:
    return [{name: cell for name, cell in row.items() if name not in {*NOT_CARRIED, *but}} for row in rows]


def same(back: list[dict[str, str]], expected: list[dict[str, str]]) -> bool:
    """The same rows, whatever the order of the columns; an absent column is an empty one, 40.0 is 40."""

    def plain(cell: str) -> str:
        return cell.removesuffix(".0")

    def filled(rows):
        return [{name: plain(cell) for name, cell in row.items() if cell} for row in rows]

    return filled(back) == filled(expected)


@pytest.mark.parametrize("time", ["date", "year", "none"])
def test_a_made_up_clinic_comes_back_as_it_was(tmp_path, time):
    folder = write_clinics(tmp_path / "clinic", *TWO_CLINICS, time=time)
    back = import_drafted(folder)
    for table in ("patients", "sessions", "scores"):
        expected = carried(read_texts(folder, table))
        if table == "patients" and time == "date":
            expected = [row | {"start_year": "2025"} for row in expected]
        assert same(back[table], expected), table


def test_a_drawn_clinic_without_dates_comes_back_as_it_was(tmp_path):
    folder = write_clinic(tmp_path / "clinic")
    back = import_drafted(folder)
    assert back.keys() == {"sessions", "scores"}
    for table in back:
        assert same(back[table], read_texts(folder, table))


RENAMED = {
    "patients": {
        **{"patient_id": "MRN", "clinic_id": "Clinic Location", "age": "Age at Intake", "sex": "Gender"},
        **{"diagnosis": "Primary Diagnosis", "failed_trials": "# of Failed Antidepressants", "payer": "Insurance Type"},
        **{"race_ethnicity": "Race/Ethnicity", "prior_ketamine": "Prior ketamine?", "last_day": "Last Day"},
        **{"outcome_of_care": "Patient Status", "start_year": "Start Year"},
    },
    "sessions": {
        **{"patient_id": "Patient MRN", "date": "Date of Service", "clinic_id": "Site", "treatment": "Medication"},
        **{"route": "ROA", "dose_mg": "Dose Given (mg)", "weight_kg": "Wt (kg)", "phase_recorded": "Treatment Phase"},
        **{"duration_min": "Infusion Duration (min)", "systolic_before": "BP Systolic Pre"},
        **{"diastolic_before": "BP Diastolic Pre", "systolic_peak": "BP Systolic Max", "diastolic_peak": "DBP max"},
        **{"cadss_peak": "CADSS total", "sedation_peak": "MOAA/S lowest", "ready_min": "Minutes until ready"},
        **{"status": "Visit Status", "sequence": "Sequence"},
    },
    "scores": {
        **{"patient_id": "mrn", "date": "date_submited", "instrument": "Questionnaire", "occasion": "Time point"},
        **{
            "hours_after": "Hours after infusion",
            "total": "Total Score",
            "recall_days": "Recall days",
            "rater": "Rated by",
        },
        **{f"item_{number}": f"Q{number}" for number in range(1, 11)},
    },
    "adverse_events": {"patient_id": "MRN", "day": "Study Day", "term": "Adverse Event", "serious": "SAE"},
    "events": {"patient_id": "Client ID", "date": "Event Date", "event": "Event Type"},
    "referrals": {
        **{"referral_id": "Referral #", "patient_id": "MRN", "date": "Referral Date", "source": "Referred by"},
        **{"clinic_id": "Location", "payer": "Insurance", "reason_not_treated": "Reason not treated"},
    },
}
RENAMED["adverse_events"] |= {"onset_min": "Onset (min)", "resolved_min": "Resolved (min)", "source": "Source"}
WORDS = {
    "sex": {"female": "F", "male": "M", "other": "X"},
    "route": {"iv": "IV", "im": "IM", "intranasal": "IN"},
    "treatment": {"ketamine": "Ketamine", "esketamine": "Spravato"},
    "phase_recorded": {"loading": "Induction", "maintenance": "Maintenance"},
    "status": {"given": "Completed", "stopped-early": "Stopped early", "cancelled": "Canceled", "no-show": "No Show"},
    "prior_ketamine": {"true": "Yes", "false": "No"},
    "evaluated": {"true": "Y", "false": "N"},
    "instrument": {"PHQ-9": "PHQ9", "GAD-7": "GAD7"},
    "outcome_of_care": {"ongoing": "Active", "lost": "Lost to follow-up", "died": "Deceased"},
    "race_ethnicity": {
        "black-or-african-american": "Black or African American",
        "hispanic-or-latino": "Hispanic or Latino",
    },
    "diagnosis": {
        "mdd": "F33.2",
        "bipolar": "F31.81",
        "ptsd": "F43.10",
        "gad": "F41.1",
        "ocd": "F42.2",
        "other": "F60.3",
    },
}


def write_renamed(dataset: Path, folder: Path) -> Path:
    """The tables as a clinic's own files: other headings, other words, American dates, a semicolon here and there."""
    folder.mkdir()
    for table, names in RENAMED.items():
        rows = read_texts(dataset, table)
        delimiter = ";" if table == "scores" else ","
        with (folder / f"{table.replace('_', ' ').title()}.csv").open("w", newline="", encoding="utf-8-sig") as stream:
            writer = csv.writer(stream, delimiter=delimiter)
            kept = [name for name in rows[0] if name not in {"day", "last_day"} or table == "adverse_events"]
            writer.writerow([names.get(name, name) for name in kept])
            for row in rows:
                cells = {name: WORDS.get(name, {}).get(cell, cell) for name, cell in row.items()}
                if row.get("date"):
                    day = date.fromisoformat(row["date"])
                    cells["date"] = f"{day.month}/{day.day}/{day.year}"
                writer.writerow([cells[name] for name in kept])
    return folder


@pytest.fixture(scope="module")
def small(tmp_path_factory):
    cohort = simulate(patients=60, clinics=2, seed=5)
    return write_dataset(cohort, tmp_path_factory.mktemp("small") / "dataset"), cohort


def test_the_demo_under_other_headings_comes_back_as_it_was(tmp_path, small):
    dataset, _ = small
    back = import_drafted(write_renamed(dataset, tmp_path / "export"))
    for table in TABLES:
        assert same(back[table], carried(read_texts(dataset, table))), table


def test_the_demo_itself_goes_straight_through(tmp_path, small):
    dataset, _ = small
    back = import_drafted(Path(shutil.copytree(dataset, tmp_path / "export")))
    for table in TABLES:
        assert same(back[table], carried(read_texts(dataset, table))), table


def test_a_redcap_project_comes_back_as_it_was_and_its_identifiers_stay_behind(tmp_path, demo_folder):
    write_redcap_project(demo_folder, tmp_path / "project", patients=20)
    back = import_drafted(tmp_path / "project")
    expected = read_tables(demo_folder, 20)
    for table in TABLES:
        coded = {"clinic_id"}  # a code in the project, a name in the demo
        order = [name for name in KEYS if expected[table] and name in expected[table][0]]
        rows = sorted(expected[table], key=lambda row: [row[name] for name in order])
        assert same(carried(back[table], *coded), carried(rows, *coded)), table
    text = (tmp_path / "MAP.toml").read_text(encoding="utf-8")
    assert not [each for each in planted_identifiers(demo_folder, 20) if each in text]


@pytest.mark.full
def test_a_workbook_kept_by_hand_comes_in(tmp_path, small):
    dataset, _ = small
    (tmp_path / "export").mkdir()
    write_workbook(dataset, tmp_path / "export" / "clinic.xlsx", seed=1)
    back = import_drafted(tmp_path / "export")
    merged_sideways = {"systolic_before", "diastolic_before", "systolic_peak", "diastolic_peak"}
    assert same(carried(back["sessions"]), carried(read_texts(dataset, "sessions"), *merged_sideways))
    assert same(carried(back["adverse_events"]), carried(read_texts(dataset, "adverse_events")))


def test_fhir_resources_come_in_by_their_type(tmp_path):
    """One infusion and two questionnaires of one patient, in a bulk export of three files."""
    folder = tmp_path / "export"
    folder.mkdir()
    drug = {"coding": [{"system": "http://www.nlm.nih.gov/research/umls/rxnorm", "code": "6130"}]}
    given = {"resourceType": "MedicationAdministration", "id": "m1", "status": "completed"}
    given |= {"medicationCodeableConcept": drug, "subject": {"reference": "Patient/p1"}}
    given |= {"effectiveDateTime": "2026-01-05T09:00:00-05:00", "dosage": {"dose": {"value": 40, "code": "mg"}}}
    after = us_core([1] * 9, 9) | {"id": "r2", "authored": "2026-01-19T09:30:00-05:00"}
    write_ndjson(folder / "MedicationAdministration.ndjson", [given])
    write_ndjson(folder / "QuestionnaireResponse.ndjson", [us_core([2] * 9, 18), after])
    patient = {"resourceType": "Patient", "id": "p1", "gender": "female", "birthDate": "1980-02-03"}
    write_ndjson(folder / "Patient.ndjson", [patient | {"name": [{"text": "Jane Doe"}]}])
    back = import_drafted(folder)
    assert [(row["day"], row["total"]) for row in back["scores"]] == [("0", "18"), ("14", "9")]
    assert [(row["day"], row["treatment"], row["dose_mg"]) for row in back["sessions"]] == [("0", "ketamine", "40.0")]
    assert [(row["sex"], row["age"]) for row in back["patients"]] == [("female", "45")]
    text = (tmp_path / "MAP.toml").read_text(encoding="utf-8")
    assert "Jane" not in text
    assert "1980" not in text


@pytest.fixture(scope="module")
def messy(small, tmp_path_factory):
    """The cohort as a clinic's messy export, imported with the draft and with the mapping written by hand."""
    dataset, cohort = small
    place = tmp_path_factory.mktemp("messy")
    export = write_clinic_export(cohort, place / "export", seed=3)
    back = import_drafted(export)
    return dataset, export, back, (place / "MAP.toml").read_text(encoding="utf-8")


@pytest.mark.parametrize("table", ["scores", "adverse_events", "events", "referrals"])
def test_the_messy_export_of_a_clinic_comes_in_with_the_draft_as_it_is(messy, table):
    dataset, _, back, _ = messy
    guessed = {"recall_days", "rater", "occasion"} if table == "scores" else set()
    known = carried(read_texts(dataset, table), *guessed)
    assert same(carried(back[table], *guessed), known)


def test_all_sessions_of_the_messy_export_come_in_once(messy):
    """From three versions of visit notes, a form for esketamine and the list of appointments."""
    dataset, _, back, _ = messy
    known = ["patient_id", "day", "treatment", "clinic_id", "phase_recorded", "status", "cadss_peak", "ready_min"]
    expected = read_texts(dataset, "sessions")
    assert [[row[name] for name in known] for row in back["sessions"]] == [
        [row[name] for name in known] for row in expected
    ]


def test_the_questions_of_the_messy_export_are_recognised(messy):
    *_, text = messy
    assert 'item_1 = { from = "Little interest or pleasure in doing things", number = "integer" }' in text
    assert 'item_7 = { from = "Feeling afraid as if something awful might happen", number = "integer" }' in text
    assert '= "the difficulty question: no item of the total"' in text


def test_no_cell_of_the_messy_export_is_in_the_draft(messy):
    """But for words that stand in forms everywhere: no name, address, number, date or sentence of anyone."""
    _, export, _, text = messy
    shown = text.lower()
    for path in sorted(export.glob("*.csv")):
        encoding, delimiter = ("cp1252", ";") if path.name == "Clinician Ratings.csv" else ("utf-8-sig", ",")
        with path.open(newline="", encoding=encoding) as stream:
            cells = {
                cell for row in csv.DictReader(stream, delimiter=delimiter) for cell in row.values() if len(cell) > 5
            }
        seen = {cell for cell in cells if f'"{cell.lower()}"' in shown}
        assert not {
            cell
            for cell in seen
            if any(sign.isdigit() for sign in cell) and not cell.startswith(("F", "1 -", "2 -", "3 -"))
        }
        assert not {cell for cell in seen if len(cell.split()) > 6}
    for name in ("aurelia", "thistlewood", "lindqvist", "@example", "555-"):
        assert name not in shown


def test_the_draft_does_not_tell_which_of_the_rarer_words_occur(tmp_path):
    """Two clinics that differ in one patient's sex, payer and end of care get the same draft, to the letter."""
    texts = []
    for number, odd in enumerate([("F", "Medicare", "Active"), ("X", "VA", "Deceased")]):
        folder = tmp_path / str(number) / "clinic"
        folder.mkdir(parents=True)
        people = [("F", "Medicare", "Active"), ("M", "Medicaid", "Discontinued")] * 6
        rows = [*people, odd]
        lines = [f"{place},{','.join(row)}" for place, row in enumerate(rows)]
        (folder / "patients.csv").write_text("\n".join(["MRN,Sex,Payer,Patient Status", *lines]) + "\n")
        visits = [f"{place},2025-01-03,40,18" for place in range(len(rows))]
        (folder / "infusions.csv").write_text("\n".join(["MRN,Infusion Date,Dose mg,PHQ-9", *visits]) + "\n")
        texts.append(draft(folder)[1])
    assert texts[0] == texts[1]
    assert 'X = "other"' in texts[0]


def test_cells_of_every_kind_stay_behind(tmp_path):
    """Whatever stands in a column, known or not, the draft shows no cell that a patient could have written."""
    draw = random.Random(3)  # noqa: S311
    stray = [
        "Aurelia Abernathy",
        "aurelia@example.org",
        "617-555-1000",
        "48100000",
        "3/4/1951",
        "wants to die",
        "Zanzibar",
    ]
    heads = [
        "MRN",
        "Infusion Date",
        "Route",
        "Medication",
        "Dose",
        "Status",
        "Clinic",
        "Payer",
        "Sex",
        "DOB",
        "PHQ-9",
        "Notes",
        "Colour",
    ]
    plain = [
        "7",
        "2025-01-03",
        "IV",
        "Ketamine",
        "40",
        "Completed",
        "North",
        "Cash",
        "F",
        "1980-02-03",
        "18",
        "ok",
        "red",
    ]
    for place in range(1, len(heads)):
        folder = tmp_path / str(place) / "clinic"
        folder.mkdir(parents=True)
        rows = [[str(number), *plain[1:]] for number in range(30)]
        for word in stray:
            rows[draw.randrange(30)][place] = word
        with (folder / "visits.csv").open("w", newline="") as stream:
            csv.writer(stream).writerows([heads, *rows])
        account, text, _ = draft(folder)
        said = text + str(account)
        assert not [word for word in [*stray, "1951", "1980", "North"] if word in said], heads[place]


def test_headings_that_hold_anything_are_written_so_that_they_read_back(tmp_path):
    odd = [
        'say "yes"',
        "line\nbreak",
        "a = b # c",
        "\u202ereversed",
        "tab\there",
        "]]",
        "naïve ☺",
        "back\\slash",
        "'''",
    ]
    folder = tmp_path / "clinic"
    folder.mkdir()
    with (folder / "visits.csv").open("w", newline="", encoding="utf-8") as stream:
        writer = csv.writer(stream)
        writer.writerow(["MRN", "Infusion Date", "Dose mg", "PHQ-9", *odd])
        writer.writerows([[number, "2025-01-03", 40, 18, *["x"] * len(odd)] for number in range(3)])
    _, text, held = draft(folder)
    assert set(held["files"]["visits"]["drop"]) == set(odd)
    assert "\u202e" not in text
    import_drafted(folder)


def test_the_command_drafts_and_the_import_follows(tmp_path, capsys):
    folder = write_clinics(tmp_path / "clinic", *TWO_CLINICS)
    account = draft_mapping(folder, out=tmp_path / "MAP.toml")
    assert "CONFIRM" in str(account)
    call = [
        "import",
        folder,
        "--map",
        tmp_path / "MAP.toml",
        "--out",
        tmp_path / "dataset",
        "--key-file",
        tmp_path / "key",
    ]
    assert cli.main([str(each) for each in call]) == 0
    assert cli.main(["check", str(tmp_path / "dataset")]) == 0
    capsys.readouterr()


def test_an_ambiguous_date_leads_on(tmp_path):
    folder = tmp_path / "clinic"
    folder.mkdir()
    (folder / "visits.csv").write_text("MRN,Infusion Date,Dose mg,PHQ-9\n1,03/04/2025,40,18\n2,05/04/2025,40,12\n")
    _, text, _ = draft(folder)
    choice = 'add date = "month/day/year" or date = "day/month/year"'
    assert choice in " ".join(line.strip("# ") for line in text.splitlines())
    with pytest.raises(Exception, match="say which as `tables.sessions") as error:
        import_drafted(folder)
    assert "03/04" not in str(error.value)
    back = import_drafted(
        folder, **{'date = { from = "Infusion Date" }': 'date = { from = "Infusion Date", date = "day/month/year" }'}
    )
    assert [row["total"] for row in back["scores"]] == ["18", "12"]


def test_a_folder_without_sessions_leads_on(tmp_path):
    folder = tmp_path / "clinic"
    folder.mkdir()
    (folder / "phq.csv").write_text("MRN,Date,PHQ-9 Total\n1,2025-01-03,18\n2,2025-01-04,12\n")
    _, text, _ = draft(folder)
    assert "no file was recognised as holding the sessions" in text
    with pytest.raises(Exception, match="CONFIRM: the file with the sessions") as error:
        import_drafted(folder)
    assert "`files.missing_sessions.path`" in str(error.value)


def test_the_two_mappings_of_the_messy_export_agree(messy, tmp_path):
    """The draft and the mapping written by hand give the same scores, to the row."""
    _, export, back, _ = messy
    by_hand = ROOT / "data" / "mappings" / "clinic_export.toml"
    import_folder(export, mapping=by_hand, out=tmp_path / "dataset", key_file=tmp_path / "key.csv")
    assert len(read_texts(tmp_path / "dataset", "scores")) == len(back["scores"])
    assert len(read_texts(tmp_path / "dataset", "sessions")) == len(back["sessions"])


def test_a_response_without_answers_is_no_score(tmp_path):
    folder = tmp_path / "export"
    folder.mkdir()
    (folder / "one.json").write_text(json.dumps(response([])))
    with pytest.raises(Exception, match="CONFIRM|recognised"):
        import_drafted(folder)

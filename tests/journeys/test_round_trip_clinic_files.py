"""A dataset written as the files that clinics really keep comes back as it was, cell by cell.

As a messy export it loses what nobody can read: some doses and weights, found here by a plain reading of its files.
As a workbook kept by hand it loses nothing. The small cohort always runs, the committed demo in the full suite.
"""

from collections import Counter
from pathlib import Path

import pytest
from clinic_export_reader import (
    file_rows,
    ketamine_visits,
    plain_dose,
    plain_weight,
    sheet_rows,
    weights_by_visit,
    written_date,
)
from dataset_texts import TABLES, read_texts, with_originals
from xlsx_writer import workbook_columns, write_workbook

from analysis.intake.mapping import import_folder
from analysis.intake.schema import layout_tables
from analysis.simulation import simulate, write_dataset
from analysis.simulation.clinic_export import write_clinic_export

ROOT = Path(__file__).resolve().parents[2]
MAPPING = ROOT / "data" / "mappings" / "clinic_export.toml"
SIZES = ["small", pytest.param("demo", marks=pytest.mark.full)]


@pytest.fixture(scope="module", params=SIZES)
def dataset(request, tmp_path_factory):
    """The folder of a simulated dataset, and the cohort it holds."""
    if request.param == "demo":
        return ROOT / "data" / "demo", simulate(patients=1200, clinics=4, seed=18)
    cohort = simulate(patients=120, clinics=3, seed=5)
    return write_dataset(cohort, tmp_path_factory.mktemp("small") / "dataset"), cohort


@pytest.fixture(scope="module")
def journey(dataset, tmp_path_factory):
    """The dataset as a messy export, and what comes back of it."""
    folder, cohort = dataset
    place = tmp_path_factory.mktemp("clinic")
    export = write_clinic_export(cohort, place / "export", seed=3)
    account = import_folder(export, mapping=MAPPING, out=place / "dataset", key_file=place / "key.csv")
    back = {name: with_originals(read_texts(place / "dataset", name), place / "key.csv") for name in TABLES}
    return folder, export, place, account, back


# --- the messy export -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("table", [name for name in TABLES if name != "sessions"])
def test_every_table_but_sessions_comes_back_to_the_cell(journey, table):
    folder, _, _, _, back = journey
    assert back[table] == read_texts(folder, table)


def test_sessions_come_back_but_for_the_doses_and_weights_that_nobody_can_read(journey):
    folder, export, _, _, back = journey
    visits = ketamine_visits(export)
    weights = weights_by_visit(visits)
    expected = read_texts(folder, "sessions")
    for row in expected:
        place = row["patient_id"], written_date(row["date"])
        if place in visits:
            assert plain_dose(visits[place]["dose"]) in {None, row["dose_mg"]}
            assert plain_weight(visits[place]["weight"]) in {None, row["weight_kg"]}
            row["dose_mg"] = plain_dose(visits[place]["dose"]) or ""
            row["weight_kg"] = weights[place][0]
    assert back["sessions"] == expected
    kept = read_texts(folder, "sessions")
    lost = {
        name: sum(was[name] != now[name] for was, now in zip(kept, back["sessions"], strict=True)) for name in kept[0]
    }
    assert {name for name, cells in lost.items() if cells} == {"dose_mg", "weight_kg"}
    assert lost["dose_mg"] <= 0.04 * len(visits)
    assert lost["weight_kg"] <= 0.08 * len(visits)


def test_the_account_counts_what_a_plain_reading_counts(journey):
    _, export, _, account, _ = journey
    clients = {row["client_id"]: row for row in file_rows(export, "List - All Clients.csv")}
    treated = {row["client_id"] for row in file_rows(export, "Patients.csv")}

    def out_of_forms(name: str) -> dict[str, int]:
        found = Counter()
        for row in file_rows(export, name):
            if row["archived"] == "TRUE":
                found["archived by the clinic"] += 1
            elif row["client_id"] not in clients:
                found["not on the client list"] += 1
            elif clients[row["client_id"]]["account_type"] == "Test":
                found["test client"] += 1
            elif row["client_id"] not in treated:
                found["no first treatment to count days from"] += 1
        return dict(found)

    kinds = Counter(row["account_type"] for row in clients.values())
    appointments = file_rows(export, "List - All Appointments.csv")
    services = Counter(row["service"] for row in appointments)
    held = sum(row["status"] == "Completed" and row["service"] != "Consultation" for row in appointments)
    moved = sum(row["moved to visit notes"] == "Yes" for row in file_rows(export, "Visits (old).csv"))
    expected = {
        "clients": {"test client": 2, "never treated": kinds["Client"] - len(treated)},
        "intake": {"no row of another file refers to it": len(clients) - len(treated)},
        "notes": {"test client": 1, "empty line": 1},
        "notes_before": {"empty line": 1},
        "old_visits": {"stands in the visit notes too": moved},
        "appointments": {
            "no treatment": services["Consultation"],
            "took place: stands in the visit notes": held,
        },
        "phq9": out_of_forms("PHQ9 Data.csv"),
        "gad7": out_of_forms("GAD7 Data.csv"),
    }
    left_out: dict[str, dict[str, int]] = {}
    for row in account.left_out.itertuples():
        left_out.setdefault(row.file, {})[row.reason] = row.rows
    assert left_out == expected
    read = account.files.set_index("file")[["read", "used", "left_out"]]
    assert read.loc["notes", "read"] == len(sheet_rows(export, "Current"))
    assert read.loc["notes_before", "read"] == len(sheet_rows(export, "Prior Version"))
    for row in account.files[~account.files["path"].str.endswith(".xlsx")].itertuples():
        assert row.read == len(file_rows(export, row.path)), row.path
    assert (read["used"] == read["read"] - read["left_out"]).all()


def test_the_account_counts_each_cell_that_was_not_read_or_came_from_elsewhere(journey):
    _, export, _, account, _ = journey
    counted = account.changed_values.groupby(["column", "reason"])["cells"].sum().to_dict()
    visits = ketamine_visits(export)
    doses, weights = ([visit[what] for visit in visits.values()] for what in ("dose", "weight"))
    weighed = [text for text in weights if text]
    plain = {
        ("dose_mg", "not read as a dose: no number"): doses.count("see MAR"),
        ("dose_mg", "not read as a dose: a range, a sum or several numbers"): sum(
            " - " in text or " + " in text for text in doses
        ),
        ("weight_kg", "not read as a weight: no number"): weights.count("reweight"),
        ("weight_kg", "not read as a weight: a range, a sum or several numbers"): sum(" - " in t for t in weights),
        ("weight_kg", "not read as a weight: 0, or above 300 kg"): sum(
            text == "0" or (text.isdigit() and int(text) > 300) for text in weighed
        ),
        ("weight_kg", "carried forward, for 30 days at most"): sum(
            carried for _, carried in weights_by_visit(visits).values()
        ),
    }
    forms = [*file_rows(export, "PHQ9 Data.csv"), *file_rows(export, "GAD7 Data.csv")]
    treated = {row["client_id"] for row in file_rows(export, "Patients.csv")}
    undated = {
        (row["client_id"], row["first_opened"], row["source"], "gad7total" in row) for row in forms
        if not row["date_submited"] and row["archived"] == "FALSE" and row["client_id"] in treated
    }  # fmt: skip
    plain["date", "taken from 'first_opened'"] = len(undated)
    listed = {row["client_id"]: row["date_of_birth"] for row in file_rows(export, "List - All Clients.csv")}
    plain["age", "taken from 'intake.date_of_birth'"] = sum(not listed[client] for client in treated)
    counted.pop(("age", "above 90, now 90"), None)
    assert counted == {place: cells for place, cells in plain.items() if cells}


def test_the_account_tells_which_column_went_where(journey):
    account = journey[3]
    columns = account.columns.set_index(["file", "column"])
    assert columns.loc[("phq9", "first_opened"), ["fate", "into"]].tolist() == ["changed", "scores.day, scores.date"]
    assert columns.loc[("intake", "date_of_birth"), ["fate", "into"]].tolist() == ["changed", "patients.age"]
    # The layout has no date for adverse events, only the day.
    assert columns.loc[("adverse_events", "visit"), ["fate", "into"]].tolist() == ["changed", "adverse_events.day"]
    weight = columns.loc[("notes_before", "Weight today"), ["into", "how"]].tolist()
    assert weight == ["sessions.weight_kg", "weight in kg, carried forward for 30 days"]
    dropped = set(columns.query("fate == 'dropped'").index)
    assert {("clients", "phone"), ("notes", "visit_note"), ("notes_before", "Comments")} <= dropped
    assert max(map(len, str(account).splitlines())) < 200


def test_no_name_address_telephone_or_birth_date_leaves_the_export(journey):
    _, export, place, account, _ = journey
    planted = set()
    for row in file_rows(export, "List - All Clients.csv"):
        planted |= {row["first_name"], row["last_name"], row["email"], row["phone"], row["date_of_birth"]}
    for row in file_rows(export, "Intake Data.csv"):
        planted |= {row["date_of_birth"], row["What do you hope for?"], row["client_name"]}
    planted |= {row["rated_by"] for row in file_rows(export, "Clinician Ratings.csv")}
    planted -= {""}
    assert len(planted) > 200
    written = "".join(path.read_text(encoding="utf-8") for path in (place / "dataset").iterdir())
    told = written + str(account) + account._repr_html_() + (place / "key.csv").read_text(encoding="utf-8")
    assert [each for each in planted if each in told] == []
    clients = {row["client_id"] for row in file_rows(export, "List - All Clients.csv")}
    cells = {cell for name in TABLES for row in read_texts(place / "dataset", name) for cell in row.values()}
    assert not clients & cells


# --- the workbook kept by hand ----------------------------------------------------------------------------------------


def workbook_mapping(folder: Path) -> str:
    """Write the mapping of the workbook: a sheet for each table, numbers as numbers, dates of every kind."""
    lines = [
        'dataset = { name = "Simulated clinics", basis = "synthetic", data_cut = "2026-09-30", keep_dates = true }'
    ]
    years = sorted({row["date"][:4] for row in read_texts(folder, "sessions")})
    for table in TABLES:
        sheets = [f"sessions {year}" for year in years] if table == "sessions" else [table]
        lines += [f'[files.{table}]\npath = "clinic.xlsx"\nsheet = {sheets}\nheader_row = 4']
        lines += [f'[tables.{table}]\nfrom = "{table}"\n[tables.{table}.columns]']
        layout = layout_tables()[table].columns
        for name, header in workbook_columns(folder, table).items():
            kind = layout[name].type if name in layout else "date"
            how = {"integer": 'number = "integer"', "number": 'number = "decimal"'}.get(kind)
            if name == "hours_after":
                how = 'number = "integer"'
            if name == "date":
                how = 'date = ["year-month-day", "month/day/year", "excel"]'
            lines.append(f'{name} = {{ from = "{header}"{", " + how if how else ""} }}')
    return "\n".join(lines)


def test_a_workbook_kept_by_hand_comes_back_to_the_cell(dataset, tmp_path):
    folder, _ = dataset
    (tmp_path / "files").mkdir()
    write_workbook(folder, tmp_path / "files" / "clinic.xlsx", seed=7)
    (tmp_path / "map.toml").write_text(workbook_mapping(folder), encoding="utf-8")
    account = import_folder(tmp_path / "files", mapping=tmp_path / "map.toml", out=tmp_path / "dataset")
    for table in TABLES:
        assert read_texts(tmp_path / "dataset", table) == reordered(read_texts(folder, table), table), table
    assert account.changed_values["reason"].unique().tolist() == ["error cell of the spreadsheet"]
    assert set(account.left_out["reason"]) == {"empty line"}
    assert (tmp_path / "dataset" / "dataset.toml").read_text() == (folder / "dataset.toml").read_text()


def reordered(rows: list[dict[str, str]], table: str) -> list[dict[str, str]]:
    """Put the columns in the order of the layout, in which an import writes them."""
    order = [name for name in layout_tables()[table].columns if name in rows[0]]
    return [{name: row[name] for name in order} for row in rows]

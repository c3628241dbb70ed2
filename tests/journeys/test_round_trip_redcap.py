"""The demo, written as a longitudinal REDCap project, comes back as it was: from its files and from its server."""

import csv
from pathlib import Path

import pytest
from redcap_server import PROJECT_KEY, Project, redcap_server
from redcap_writer import planted_identifiers, read_tables, write_redcap_project

from analysis.intake.mapping import import_folder

ROOT = Path(__file__).resolve().parents[2]
MAPPING = ROOT / "data" / "mappings" / "redcap.toml"
FILE = 'path = "data.csv"\nformat = "redcap"\ndictionary = "dictionary.csv"\n'
SERVER = 'format = "redcap-api"\nurl = "ADDRESS"\ntoken_from = "REDCAP_TOKEN"\n'
WHOLE = pytest.param(None, marks=pytest.mark.full, id="all patients")


def same_dataset(out: Path, demo: Path, patients: int | None) -> None:
    """Every table has the same columns, rows and cells; the columns may stand in another order."""
    expected = read_tables(demo, patients)
    assert read_tables(out) == expected
    for name, rows in expected.items():
        with out.joinpath(f"{name}.csv").open(newline="") as stream:
            assert sorted(next(csv.reader(stream))) == sorted(rows[0])
    assert sorted(path.name for path in out.iterdir()) == sorted(
        [*(f"{name}.csv" for name in expected), "dataset.toml"]
    )
    assert out.joinpath("dataset.toml").read_text() == demo.joinpath("dataset.toml").read_text()


def from_server(url: str, place: Path, text: str | None = None) -> Path:
    text = MAPPING.read_text(encoding="utf-8") if text is None else text
    assert text.count(FILE) == 9
    place.joinpath("server.toml").write_text(text.replace(FILE, SERVER.replace("ADDRESS", url)), encoding="utf-8")
    place.joinpath("empty").mkdir(exist_ok=True)
    return place / "server.toml"


def everything_written(place: Path) -> str:
    return "\n".join(path.read_text(encoding="utf-8") for path in place.rglob("*") if path.is_file())


@pytest.mark.parametrize("patients", [60, WHOLE])
def test_the_files_of_the_project(tmp_path, demo_folder, patients):
    write_redcap_project(demo_folder, tmp_path / "project", patients=patients)
    account = import_folder(tmp_path / "project", mapping=MAPPING, out=tmp_path / "dataset")
    same_dataset(tmp_path / "dataset", demo_folder, patients)
    written = everything_written(tmp_path / "dataset") + str(account)
    planted = planted_identifiers(demo_folder, patients)
    assert len(planted) > 60
    assert not [each for each in planted if each in written]


@pytest.mark.parametrize("patients", [60, WHOLE])
def test_the_server_of_the_project(tmp_path, demo_folder, patients, monkeypatch, caplog):
    """Nine files of the mapping are one fetch, and of what is flagged only the birth date is asked for."""
    caplog.set_level("DEBUG")
    write_redcap_project(demo_folder, tmp_path / "project", patients=patients)
    project = Project.of_folder(tmp_path / "project")
    monkeypatch.setenv("REDCAP_TOKEN", PROJECT_KEY)
    with redcap_server(project) as url:
        mapping = from_server(url, tmp_path)
        account = import_folder(tmp_path / "empty", mapping=mapping, out=tmp_path / "dataset")
    same_dataset(tmp_path / "dataset", demo_folder, patients)
    assert [request["content"] for request in project.asked] == ["metadata", "exportFieldNames", "record"]
    asked = {value for key, value in project.asked[-1].items() if key.startswith("fields[")}
    flagged = {"full_name", "mobile", "intake_note", "infusion_nurse", "infusion_note", "ae_note", "referred_name"}
    assert not asked & flagged
    assert {"dob", "record_id", "phq9_9", "prior_treatment"} <= asked
    dropped = account.columns.query("fate == 'dropped' and file == 'people'").set_index("column")["reason"]
    assert dropped["full_name"] == "identifier by the data dictionary"
    assert dropped["phq9_total"] == "of another instrument than demographics"
    said = everything_written(tmp_path / "dataset") + str(account) + caplog.text
    assert PROJECT_KEY not in said + mapping.read_text()
    assert not [each for each in planted_identifiers(demo_folder, patients) if each in said]
    assert list(tmp_path.joinpath("empty").iterdir()) == []


def test_record_numbers_become_pseudonyms_that_stay(tmp_path, demo_folder, monkeypatch):
    """Files first, server next quarter: the same key gives the same dataset."""
    write_redcap_project(demo_folder, tmp_path / "project", patients=20)
    text = MAPPING.read_text(encoding="utf-8") + '\n[pseudonyms]\nclinic_id = "recode"\n'
    tmp_path.joinpath("files.toml").write_text(text, encoding="utf-8")
    key = tmp_path / "key.csv"
    import_folder(tmp_path / "project", mapping=tmp_path / "files.toml", out=tmp_path / "first", key_file=key)
    monkeypatch.setenv("REDCAP_TOKEN", PROJECT_KEY)
    with redcap_server(Project.of_folder(tmp_path / "project")) as url:
        mapping = from_server(url, tmp_path, text)
        import_folder(tmp_path / "empty", mapping=mapping, out=tmp_path / "second", key_file=key)
    first, second = (everything_written(tmp_path / name) for name in ("first", "second"))
    assert first == second
    assert "P00001" not in first
    with key.open(newline="") as stream:
        original = {row["pseudonym"]: row["original"] for row in csv.DictReader(stream)}
    expected = {row["patient_id"]: row for row in read_tables(demo_folder, 20)["patients"]}
    for row in read_tables(tmp_path / "first")["patients"]:
        twin = expected[original[row["patient_id"]]]
        assert {"patient_id", "clinic_id"} >= {column for column in row if row[column] != twin[column]}

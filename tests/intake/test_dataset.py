"""A dataset that passed the gate: its tables, its counts, its hash; and the error of one that did not."""

import shutil
from datetime import date

import duckdb
import pytest
from small_clinic import SCORES, SESSIONS, write_clinic

from analysis.intake.dataset import check_dataset, open_dataset
from analysis.intake.schema import SQL_TYPES, layout_tables
from analysis.vocabulary.errors import CallError, DataError

DATED = """
    patient_id | day | treatment | date       | status
    P1         |   0 | ketamine  | 2026-03-01 |
    P1         |   3 | ketamine  | 2026-03-04 | no-show
    P1         |   7 | ketamine  | 2026-03-09 |
    P2         |   0 | ketamine  |            |
"""


@pytest.fixture
def clinic(tmp_path):
    return open_dataset(write_clinic(tmp_path))


def test_it_knows_its_settings(clinic, tmp_path):
    assert (clinic.name, clinic.basis, clinic.data_cut) == ("Drawn", "synthetic", date(2026, 9, 30))
    assert clinic.path == tmp_path
    assert clinic.definitions.name == "default"


@pytest.mark.parametrize("table", layout_tables())
def test_every_table_is_there_with_every_column_and_its_type(clinic, table):
    described = clinic.connect().execute(f"DESCRIBE {table}").fetchall()
    expected = {column.name: SQL_TYPES[column.type] for column in layout_tables()[table].columns.values()}
    expected["row"] = "INTEGER"
    if table == "scores":
        expected |= {"items_answered": "INTEGER", "prorated": "BOOLEAN"}
    assert {name: kind for name, kind, *_ in described} == expected


def test_the_empty_cells_that_have_a_meaning_are_filled(clinic):
    con = clinic.connect()
    assert con.execute("SELECT DISTINCT status, sequence, dose_mg FROM sessions").fetchall() == [("given", 1, None)]
    assert con.execute("SELECT DISTINCT occasion, hours_after FROM scores").fetchall() == [("pre", None)]


def test_a_table_comes_as_typed_rows_in_the_order_of_the_file(clinic):
    scores = clinic.table("scores")
    assert scores["row"].tolist() == [2, 3, 4]
    assert scores["total"].tolist() == [18, 8, 15]
    assert {scores["total"].dtype.name, scores["day"].dtype.name} == {"Int64"}
    assert clinic.table("referrals").empty
    assert clinic.table("patients")["age"].dtype.name == "Int64"
    assert clinic.table("adverse_events")["serious"].dtype.name == "boolean"


def test_an_unknown_table_is_a_wrong_call(clinic):
    with pytest.raises(CallError, match="'session' is not a table of the layout. Did you mean 'sessions'?"):
        clinic.table("session")


def test_scores_hold_the_total_that_counts(tmp_path):
    items = " | ".join(f"item_{number}" for number in range(1, 10))
    scores = f"""
        patient_id | day | instrument | total | {items}
        P1         |   0 | PHQ-9      |       | 2 | 2 | 2 | 2 | 2 | 2 | 2 |   |
        P1         |   7 | PHQ-9      | 12    |   |   |   |   |   |   |   |   |
    """
    dataset = open_dataset(write_clinic(tmp_path, scores=scores))
    assert dataset.table("scores")[["total", "items_answered", "prorated"]].values.tolist() == [
        [18, 7, True],
        [12, 0, False],
    ]


def test_extra_columns_come_as_text(tmp_path):
    sessions = "patient_id | day | treatment | room \n P1 | 0 | ketamine | 7 \n P2 | 0 | ketamine |"
    dataset = open_dataset(write_clinic(tmp_path, sessions=sessions, settings='extra_columns.sessions = ["room"]'))
    assert dataset.connect().execute("SELECT room FROM sessions ORDER BY row").fetchall() == [("7",), (None,)]


def test_the_calendar_gives_day_0_of_each_patient_with_dates(tmp_path):
    dataset = open_dataset(write_clinic(tmp_path, sessions=DATED))
    assert dataset.has_dates
    assert dataset.connect().execute("FROM calendar").fetchall() == [("P1", date(2026, 3, 1))]


def test_without_dates_the_calendar_is_empty(clinic):
    assert not clinic.has_dates
    assert not clinic.has_start_year
    assert clinic.connect().execute("FROM calendar").fetchall() == []


def test_start_years_are_noticed(tmp_path):
    patients = "patient_id | start_year \n P1 | \n P2 | 2025"
    assert open_dataset(write_clinic(tmp_path, patients=patients)).has_start_year


def test_cursors_share_the_tables_and_keep_their_own_work(clinic):
    first, second = clinic.connect(), clinic.connect()
    first.execute("CREATE TEMP TABLE work AS SELECT 1 AS one")
    with pytest.raises(duckdb.CatalogException):
        second.execute("FROM work")
    assert second.execute("SELECT count(*) FROM sessions").fetchone() == (3,)


def test_rows_read_are_rows_used_and_rows_set_aside(tmp_path):
    scores = SCORES + "P1 | 9 | PHQ-9 | \n P1 | 11 | PHQ-9 | 99 \n P1 | 13 | CGI-S | 4"
    dataset = open_dataset(write_clinic(tmp_path, scores=scores))
    assert dataset.rows.values.tolist() == [["sessions", 3, 3, 0], ["scores", 6, 3, 3]]
    assert dataset.set_aside.values.tolist() == [
        ["scores", "no score recorded", 1],
        ["scores", "total out of range", 1],
        ["scores", "unknown instrument", 1],
    ]


def test_the_hash_is_of_the_content_and_not_of_the_place(tmp_path):
    first = write_clinic(tmp_path / "first")
    copy = shutil.copytree(first, tmp_path / "copy")
    changed = write_clinic(tmp_path / "changed", scores=SCORES.replace("18", "17"))
    renamed = write_clinic(tmp_path / "renamed", data_cut="2026-09-29")
    hashes = [open_dataset(folder).sha256 for folder in (first, copy, changed, renamed)]
    assert hashes[0] == hashes[1]
    assert len(set(hashes)) == 3


def test_the_hash_covers_every_part_of_a_table(tmp_path):
    folder = write_clinic(tmp_path)
    (folder / "sessions.csv").unlink()
    (folder / "sessions").mkdir()
    hashes = []
    for treatment in ("ketamine", "placebo"):
        for number in (1, 2):
            duckdb.execute(
                f"COPY (SELECT 'P{number}' AS patient_id, 0 AS day, '{treatment}' AS treatment) "
                f"TO '{folder}/sessions/{number}.parquet' (FORMAT parquet)"
            )
        dataset = open_dataset(folder)
        assert dataset.table("sessions")["patient_id"].tolist() == ["P1", "P2"]
        hashes.append(dataset.sha256)
    assert hashes[0] != hashes[1]


def test_errors_stop_with_all_of_them_in_one_message(tmp_path):
    sessions = SESSIONS.replace("treatment", "treatmend") + "P9 | 0 | ketamine"
    folder = write_clinic(tmp_path / "river", sessions=sessions, patients="patient_id \n P1 \n P2 \n P1")
    with pytest.raises(DataError) as raised:
        open_dataset(folder)
    lines = str(raised.value).splitlines()
    assert lines[0] == "river cannot be used: 3 errors."
    assert [line.split(":")[0] for line in lines[1:]] == [
        "- sessions",
        "- sessions, column treatmend",
        "- patients, rows 2, 4",
    ]
    assert raised.value.__cause__ is None
    assert raised.value.__context__ is None


def test_many_errors_are_cut_short(tmp_path):
    columns = [f"room_{letter}" for letter in "abcdefghijklmnopqrstuvwxyz"]
    sessions = f"patient_id | day | treatment | {' | '.join(columns)} \n P1 | 0 | ketamine | {' | '.join('1' * 26)}"
    with pytest.raises(DataError) as raised:
        open_dataset(write_clinic(tmp_path, sessions=sessions))
    assert str(raised.value).splitlines()[-1] == "- and 6 more; `outcomes check` lists all."


@pytest.mark.parametrize(
    ("place", "rule"), [("nowhere", "missing folder"), ("dataset.toml", "not a folder"), ("empty", "missing file")]
)
def test_a_place_that_is_no_dataset(tmp_path, place, rule):
    write_clinic(tmp_path)
    (tmp_path / "empty").mkdir()
    assert check_dataset(tmp_path / place)["rule"][0] == rule
    with pytest.raises(DataError):
        open_dataset(tmp_path / place)


def test_a_dataset_whose_writer_died_between_two_renames_is_found(tmp_path):
    folder = write_clinic(tmp_path / "river")
    folder.rename(tmp_path / "river.previous")
    assert open_dataset(tmp_path / "river").name == "Drawn"


def test_the_demo_opens_and_is_used_whole(demo):
    assert demo.problems["severity"].isin(["set-aside", "warning"]).all()
    assert (demo.rows["read"] == demo.rows["used"] + demo.rows["set_aside"]).all()
    assert demo.has_dates

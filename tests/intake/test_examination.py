"""The way through the gate: every stage tells what it finds, whatever the others found."""

import os
from pathlib import Path

import pytest
from broken_clinics import write_broken_clinic
from small_clinic import SCORES, SESSIONS, write_clinic

from analysis.intake import examination
from analysis.intake.dataset import check_dataset, open_dataset
from analysis.intake.examination import examine
from analysis.intake.partition import partition_dataset


def test_faults_of_all_stages_are_told_together(tmp_path):
    sessions = SESSIONS + "P3 | 4 | ketamine \n P1 | 3 | ketamine \n P2 | x | ketamine"
    folder = write_clinic(
        tmp_path, basis="hipaa", sessions=sessions, events="patient_id | dai | event \n P1 | 0 | death"
    )
    (folder / "referrals.csv").write_bytes(b"referral_id\nM\xfcller\n")
    examination = examine(folder)
    assert examination.has_errors
    assert {(problem.table, problem.rule) for problem in examination.problems} == {
        ("dataset.toml", "wrong value"),
        ("sessions", "wrong type"),
        ("sessions", "repeated key"),
        ("sessions", "first session not on day 0"),
        ("events", "missing column"),
        ("events", "unknown column"),
        ("referrals", "encoding"),
    }


def test_a_broken_table_of_patients_makes_nobody_an_orphan(tmp_path):
    folder = write_clinic(tmp_path, patients="patient_id | age | age \n P9 | 40 | 41")
    (folder / "patients.csv").write_text("patient_id,age,age\nP9,40,41\n")
    assert [problem.rule for problem in examine(folder).problems] == ["repeated heading"]


def test_the_database_keeps_to_itself(tmp_path):
    """Nothing is fetched from the network, and large work goes to the temporary folder."""
    con = examine(write_clinic(tmp_path)).con
    settings = dict(con.execute("SELECT name, value FROM duckdb_settings()").fetchall())
    assert settings["autoinstall_known_extensions"] == "false"
    assert settings["autoload_known_extensions"] == "false"
    assert "ketamine-outcomes-" in settings["temp_directory"]
    assert not os.path.exists(settings["temp_directory"])  # noqa: PTH110


@pytest.mark.skipif(
    os.name == "nt" or os.geteuid() == 0, reason="a folder that its user may not read, which root always may"
)
def test_a_folder_that_may_not_be_read_is_told(tmp_path):
    folder = write_clinic(tmp_path / "closed", scores=SCORES)
    folder.chmod(0)
    try:
        assert [problem.rule for problem in examine(folder).problems] == ["unreadable folder"]
    finally:
        folder.chmod(0o700)


@pytest.mark.parametrize("seed", [1, 44, 66, 80])
def test_a_large_dataset_is_read_from_files_and_told_the_same_of(tmp_path, monkeypatch, seed):
    """What is stored in memory when it is small is read again from typed temporary files when it is large."""
    folder = write_broken_clinic(tmp_path / "clinic", seed)
    told = check_dataset(folder)
    usable = not (told["severity"] == "error").any()
    tables = [open_dataset(folder).table(name) for name in ("sessions", "scores", "referrals")] if usable else []
    monkeypatch.setattr(examination, "LARGEST_IN_MEMORY", 0)
    monkeypatch.setattr(examination, "MOST_ROWS_STORED", 0)
    assert check_dataset(folder).equals(told)
    for unused in (0, 1000):
        monkeypatch.setattr(examination, "MOST_UNUSED_KEPT", unused)
        in_parts = partition_dataset(folder, out=tmp_path / f"parts-{unused}", parts=2)
        assert check_dataset(in_parts).equals(told)
        for place in (folder, in_parts) if usable else ():
            for table in tables:
                name = "referrals" if "referral_id" in table else "scores" if "instrument" in table else "sessions"
                assert open_dataset(place).table(name).equals(table)


def test_the_temporary_files_go_with_the_dataset(tmp_path, monkeypatch):
    monkeypatch.setattr(examination, "LARGEST_IN_MEMORY", 0)
    monkeypatch.setattr(examination, "MOST_ROWS_STORED", 0)
    con = open_dataset(write_clinic(tmp_path)).connect()
    place = Path(con.execute("SELECT current_setting('temp_directory')").fetchone()[0]).parent
    assert sorted(path.name for path in place.glob("*.parquet")) == ["scores.parquet", "sessions.parquet"]
    assert con.execute("SELECT count(*) FROM sessions").fetchone() == (3,)
    del con
    assert not place.exists()

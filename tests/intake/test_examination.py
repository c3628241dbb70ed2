"""The way through the gate: every stage tells what it finds, whatever the others found."""

import os

import pytest
from small_clinic import SCORES, SESSIONS, write_clinic

from analysis.intake.examination import examine


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

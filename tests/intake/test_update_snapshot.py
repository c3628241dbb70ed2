"""A dataset as it is compared: used rows as recorded, typed, with their dates and years."""

from datetime import date
from pathlib import Path

import duckdb
from small_clinic import write_clinic

from analysis.intake.dataset import open_dataset
from analysis.intake.update_snapshot import take_snapshot


def rows(path: Path, query: str) -> list[tuple[object, ...]]:
    with duckdb.connect(str(path), read_only=True) as con:
        return con.execute(query).fetchall()


def test_a_snapshot_holds_the_used_rows_with_their_dates_and_years(tmp_path: Path) -> None:
    clinic = write_clinic(
        tmp_path / "clinic",
        patients="""
            patient_id | start_year
            P1         |
            P2         | 2025
        """,
        sessions="""
            patient_id | day | date       | treatment
            P1         |   0 | 2025-12-31 | ketamine
            P2         |   0 |            | ketamine
        """,
        scores="""
            patient_id | day | instrument | total
            P1         |   1 | PHQ-9      | 18
            P1         |   2 | PHQ-9      | 99
            P2         |   0 | PHQ-9      | 15
            P1         |   3 | PHQ-9      | 14
            P1         |   4 | PHQ-9      | 13
        """,
        adverse_events="""
            patient_id | day | term
            P1         |   2 | nausea
        """,
        referrals="""
            referral_id | date       | start_year
            R1          | 2025-11-03 |
            R2          |            | 2024
        """,
    )
    path = tmp_path / "it's a clinic.duckdb"
    snapshot = take_snapshot(open_dataset(clinic), path)
    assert rows(path, "SELECT patient_id, day, sequence, status, _at, _year FROM sessions ORDER BY ALL") == [
        ("P1", 0, 1, "given", date(2025, 12, 31), 2025),
        ("P2", 0, 1, "given", None, 2025),
    ]
    assert rows(path, "SELECT day, occasion, _at FROM scores WHERE patient_id = 'P1' ORDER BY day") == [
        (1, "pre", date(2026, 1, 1)),
        (3, "pre", date(2026, 1, 3)),
        (4, "pre", date(2026, 1, 4)),
    ]
    assert rows(path, "SELECT _at, _year FROM adverse_events") == [(date(2026, 1, 2), 2025)]
    assert rows(path, "SELECT referral_id, _at, _year FROM referrals ORDER BY ALL") == [
        ("R1", date(2025, 11, 3), 2025),
        ("R2", None, 2024),
    ]
    assert rows(path, "SELECT * FROM people ORDER BY ALL") == [
        ("P1", date(2025, 12, 31), 2025),
        ("P2", None, 2025),
    ]
    assert snapshot.has_dates
    assert snapshot.columns["scores"]["total"] == 4
    assert snapshot.columns["scores"]["rater"] == 0
    assert snapshot.set_aside.to_dict("records") == [{"table": "scores", "reason": "total out of range", "rows": 1}]
    assert snapshot.values("sessions", "patient_id") == {"P1", "P2"}


def test_scores_are_as_recorded_whatever_the_definitions_make_of_them(tmp_path: Path) -> None:
    """Eight of nine items give a prorated total of 18; recorded is none."""
    items = " | ".join(f"item_{number}" for number in range(1, 10))
    clinic = write_clinic(
        tmp_path / "clinic",
        scores=f"patient_id | day | instrument | {items}\nP1 | 0 | PHQ-9 | {' | '.join(['2'] * 8)} |",
    )
    dataset = open_dataset(clinic)
    assert dataset.table("scores")["total"].tolist() == [18]
    take_snapshot(dataset, tmp_path / "clinic.duckdb")
    assert rows(tmp_path / "clinic.duckdb", "SELECT total, item_1, item_9 FROM scores") == [(None, 2, None)]


def test_settings_tell_definitions_and_extra_columns_apart(tmp_path: Path) -> None:
    plain = write_clinic(tmp_path / "plain")
    other = write_clinic(
        tmp_path / "other",
        settings='definitions = "own.toml"\nextra_columns = { sessions = ["room"] }',
        basis="public-research",
        sessions="patient_id | day | treatment | room\nP1 | 0 | ketamine | A\nP2 | 0 | ketamine | B",
    )
    (other / "own.toml").write_text("[instruments.PHQ-9]\nremission_score = 5\n", encoding="utf-8")
    shown = [
        take_snapshot(open_dataset(folder), tmp_path / f"{folder.name}.duckdb").settings for folder in (plain, other)
    ]
    assert [each["basis"] for each in shown] == ["synthetic", "public-research"]
    assert [each["extra_columns"] for each in shown] == ["none", "sessions.room"]
    assert shown[0]["definitions"] != shown[1]["definitions"]
    assert shown[0]["name"] == shown[1]["name"] == "Drawn"

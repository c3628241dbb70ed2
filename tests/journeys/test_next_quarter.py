"""A clinic exports its records in June and again in September, and the dataset follows.

The clinic is simulated. Its export is written as its software would write it: record numbers, dates, no days. Between
the two exports a quarter is lived through, and the past is corrected: consent is withdrawn, earlier sessions are found,
sessions turn out to be cancelled, scores are mended. What the update counts is worked out again in plain Python.
"""

import csv
import random
from collections import Counter
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from plain_comparison import Row, Tables, compared

from analysis.cohort.cohort import derive
from analysis.intake.dataset import check_dataset, open_dataset
from analysis.intake.mapping import import_folder
from analysis.intake.update import update_dataset
from analysis.simulation import simulate, write_dataset

JUNE, SEPTEMBER = date(2026, 6, 30), date(2026, 9, 30)
FILES = {
    "patients": ("clients.csv", ["mrn", "sex"]),
    "sessions": ("visits.csv", ["mrn", "date", "no", "drug", "route", "dose", "status"]),
    "scores": ("scales.csv", ["mrn", "date", "scale", "when", "total"]),
    "adverse_events": ("effects.csv", ["mrn", "date", "effect", "grade"]),
    "referrals": ("referrals.csv", ["case", "mrn", "date", "payer"]),
}
COLUMNS = {
    "mrn": "patient_id",
    "no": "sequence",
    "drug": "treatment",
    "dose": "dose_mg",
    "scale": "instrument",
    "when": "occasion",
    "effect": "term",
    "grade": "severity",
    "case": "referral_id",
}
NUMBERS = {"sequence": "integer", "dose_mg": "decimal", "total": "integer"}


def mapping_text(cut: date, *, dated: bool) -> str:
    basis, keep = ("limited-data-set", "true") if dated else ("safe-harbor", "false")
    lines = [
        f'[dataset]\nname = "Harbor"\nbasis = "{basis}"\nkeep_dates = {keep}',
        f'data_cut = "{cut if dated else cut.year}"',
        "[pseudonyms]",
    ]
    for table, (path, header) in FILES.items():
        lines.append(f'[files.{table}]\npath = "{path}"\n[tables.{table}]\nfrom = "{table}"\n[tables.{table}.columns]')
        for column in header:
            target = COLUMNS.get(column, column)
            number = f', number = "{NUMBERS[target]}"' if target in NUMBERS else ""
            values = ', values = { "PHQ-9" = "PHQ-9", "GAD-7" = "GAD-7" }' if target == "instrument" else ""
            lines.append(f'{target} = {{ from = "{column}"{number}{values} }}')
    return "\n".join(lines) + "\n"


class Clinic:
    """What the clinic knows: rows by table, with record numbers and dates and without days."""

    def __init__(self, place: Path, patients: int) -> None:
        folder = write_dataset(simulate(patients=patients, clinics=2, seed=3, first="2025Q1", last="2026Q3"), place)
        dataset = open_dataset(folder)
        starts = dataset.connect().execute("SELECT patient_id, day0 FROM calendar").fetchall()
        self.start = dict(starts)
        self.rows: Tables = {table: self._rows(dataset.table(table), table) for table in FILES}

    def _rows(self, frame: pd.DataFrame, table: str) -> list[Row]:
        rows = []
        for record in frame.to_dict("records"):
            row = {name: value for name, value in record.items() if not pd.isna(value)}
            row["patient_id"] = row.get("patient_id", "").replace("P", "4800")
            if "day" in row:
                row["date"] = self.start[record["patient_id"]] + timedelta(int(row["day"]))
            elif "date" in row:
                row["date"] = row["date"].date()
            wanted = [COLUMNS.get(column, column) for column in FILES[table][1]]
            kept = {name: row[name] for name in wanted if name in row and row[name] != ""}
            if kept.get("instrument", "PHQ-9") in {"PHQ-9", "GAD-7"}:
                rows.append(kept)
        return rows

    def live_through(self, draw: random.Random) -> None:
        """Correct the past."""
        treated = sorted({row["patient_id"] for row in self.rows["sessions"] if row["date"] <= JUNE - timedelta(60)})
        withdrawn, earlier, cancelled = (
            draw.sample(treated, 2),
            draw.sample(treated[::2], 3),
            draw.sample(treated[1::2], 2),
        )
        for table, rows in self.rows.items():
            self.rows[table] = [row for row in rows if row.get("patient_id") not in withdrawn]
        for person in set(earlier) - set(withdrawn):
            first = min(
                (row for row in self.rows["sessions"] if row["patient_id"] == person), key=lambda row: row["date"]
            )
            self.rows["sessions"].append(first | {"date": first["date"] - timedelta(5), "dose_mg": 33.0})
        for person in set(cancelled) - set(withdrawn):
            own = [row for row in self.rows["sessions"] if row["patient_id"] == person]
            min(own, key=lambda row: row["date"])["status"] = "cancelled"
        for row in draw.sample([row for row in self.rows["scores"] if row["date"] <= JUNE], 12):
            row["total"] = (row["total"] + 1) % 20
        for row in draw.sample([row for row in self.rows["sessions"] if row["date"] <= JUNE], 6):
            row["dose_mg"] = 44.0

    def until(self, cut: date) -> Tables:
        """What an export of that day holds."""
        rows = {
            table: [row for row in rows if "date" not in row or row["date"] <= cut] for table, rows in self.rows.items()
        }
        seen = {row["patient_id"] for row in rows["sessions"]}
        rows["patients"] = [row for row in rows["patients"] if row["patient_id"] in seen]
        rows["scores"] = [row for row in rows["scores"] if row["patient_id"] in seen]
        rows["referrals"] = [
            row if row.get("patient_id") in seen else {key: row[key] for key in row if key != "patient_id"}
            for row in rows["referrals"]
        ]
        return rows


def write_export(folder: Path, rows: Tables) -> Path:
    folder.mkdir()
    for table, (path, header) in FILES.items():
        with folder.joinpath(path).open("w", encoding="utf-8", newline="") as stream:
            writer = csv.writer(stream)
            writer.writerow(header)
            writer.writerows([row.get(COLUMNS.get(column, column), "") for column in header] for row in rows[table])
    return folder


def expected_dataset(rows: Tables, *, dated: bool) -> Tables:
    """What the import should make of an export, under the clinic's own record numbers."""
    starts: dict[str, date] = {}
    for row in rows["sessions"]:
        if row.get("status", "given") in {"given", "stopped-early"}:
            starts[row["patient_id"]] = min(row["date"], starts.get(row["patient_id"], date.max))
    made: Tables = {}
    for table in FILES:
        made[table] = []
        for row in rows[table]:
            start = starts.get(row.get("patient_id", ""))
            new: dict[str, Any] = {name: value for name, value in row.items() if name != "date"}
            if table == "patients":
                new |= {"start_year": start.year} if start else {}
            elif table == "referrals":
                new["start_year"] = row["date"].year
                new |= {"wait_days": (start - row["date"]).days} if start else {}
            elif start is None:
                continue
            else:
                new["day"] = (row["date"] - start).days
            if dated and "date" in row and table != "adverse_events":
                new["date"] = row["date"]
            made[table].append(new)
    return made


def pseudonyms_in(key: Path) -> dict[str, str]:
    with key.open(encoding="utf-8", newline="") as stream:
        return {row["original"]: row["pseudonym"] for row in csv.DictReader(stream)}


@pytest.mark.parametrize(
    "dated", [pytest.param(True, id="quarters"), pytest.param(False, id="years", marks=pytest.mark.full)]
)
def test_september_after_june(tmp_path: Path, dated: bool) -> None:
    clinic = Clinic(tmp_path / "simulated", patients=160)
    dataset, key, mapping = tmp_path / "harbor", tmp_path / "harbor.key", tmp_path / "map.toml"
    june = {table: [dict(row) for row in rows] for table, rows in clinic.until(JUNE).items()}
    mapping.write_text(mapping_text(JUNE, dated=dated), encoding="utf-8")
    import_folder(write_export(tmp_path / "june", june), mapping=mapping, out=dataset, key_file=key)
    pseudonyms = pseudonyms_in(key)
    derived = derive(open_dataset(dataset)).courses

    clinic.live_through(random.Random(5))  # noqa: S311
    september = clinic.until(SEPTEMBER)
    mapping.write_text(mapping_text(SEPTEMBER, dated=dated), encoding="utf-8")
    folder = write_export(tmp_path / "september", september)
    revision = update_dataset(dataset, folder, mapping=mapping, key_file=key)

    # The counts are those of the clinic's own rows, compared in plain Python.
    expected = compared(expected_dataset(june, dated=dated), expected_dataset(september, dated=dated))
    fates = ["added", "changed", "vanished", "unchanged"]
    periods = revision.periods.set_index(["table", "period"])
    counted = Counter({(*place, fate): int(periods.loc[place, fate]) for place in periods.index for fate in fates})
    assert +counted == expected
    totals = revision.tables.set_index("table")
    assert totals.loc["people", "changed"] == sum(
        count for (table, _, fate), count in expected.items() if (table, fate) == ("people", "changed")
    )
    assert 3 <= totals.loc["people", "changed"] <= 5  # first treatments that moved
    assert totals.loc["people", "vanished"] == 2
    assert totals.loc["sessions", "added"] > 100
    assert revision.dated is dated

    # Everyone who stays has the pseudonym of June, and the old dataset is there with its courses.
    now = pseudonyms_in(key)
    assert pseudonyms.items() <= now.items()
    after = open_dataset(dataset)
    assert set(after.table("patients")["patient_id"]) == {now[row["patient_id"]] for row in september["patients"]}
    kept = open_dataset(tmp_path / revision.kept)
    pd.testing.assert_frame_equal(derive(kept).courses, derived)
    assert not (check_dataset(dataset)["severity"] == "error").any()

    # A report can say what was revised.
    record = after.revisions
    counts = ["before", "after", "added", "changed", "vanished"]
    pd.testing.assert_frame_equal(record[["table", "period", *counts]], revision.revised)
    assert set(record["sha256"]) == {after.sha256}
    assert set(record["sha256_before"]) == {kept.sha256}

    # The same export once more changes nothing.
    assert update_dataset(dataset, folder, mapping=mapping, key_file=key).changes_nothing
    assert open_dataset(dataset).sha256 == after.sha256

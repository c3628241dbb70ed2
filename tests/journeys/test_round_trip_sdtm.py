"""The demo written as a CDISC SDTM submission and imported by the worked mapping: the same dataset comes back."""

import csv
from pathlib import Path

import pytest
from sdtm_writer import NOT_CARRIED, Tables, make_submission, read_tables, write_submission

from analysis.intake.mapping import import_folder

ROOT = Path(__file__).resolve().parents[2]
MAPPING = (ROOT / "data" / "mappings" / "sdtm.toml").read_text(encoding="utf-8")
DEMO = ROOT / "data" / "demo"


def example(ending: str = "csv") -> str:
    """The worked mapping, but for what is the demo's own: its ground, and names that stay as they are."""
    text = MAPPING.replace('"limited-data-set"', '"synthetic"')
    text = text.replace("[pseudonyms]", "").replace('clinic_id = "recode"', "", 1)
    return text.replace(".csv", f".{ending}")


def imported(place: Path, tables: Tables, ending: str):
    source = write_submission(make_submission(tables), place / "source", ending=ending)
    (place / "map.toml").write_text(example(ending), encoding="utf-8")
    return import_folder(source, mapping=place / "map.toml", out=place / "dataset")


def check_round_trip(place: Path, patients: int | None, ending: str):
    tables = read_tables(DEMO, patients)
    account = imported(place, tables, ending)
    expected = {name: rows for name, rows in tables.items() if name not in NOT_CARRIED}
    assert {path.stem for path in (place / "dataset").glob("*.csv")} == set(expected)
    for name, rows in expected.items():
        with (place / "dataset" / f"{name}.csv").open(newline="", encoding="utf-8") as stream:
            back = list(csv.DictReader(stream))
        columns = {column for row in rows for column in row if any(each[column] for each in rows)}
        assert columns <= set(back[0]), name
        assert [{column: row[column] for column in columns} for row in back] == [
            {column: row[column] for column in columns} for row in rows
        ], name
        assert not any(row[column] for row in back for column in set(row) - columns), name
    assert account.problems.query("severity == 'error'").empty
    return account


@pytest.mark.parametrize("ending", ["csv", "xpt"])
def test_60_patients_of_the_demo_come_back_the_same(tmp_path, ending):
    account = check_round_trip(tmp_path, 60, ending)
    reasons = account.left_out.groupby("reason")["rows"].sum()
    tables = read_tables(DEMO, 60)
    pressures = sum(bool(row["systolic_before"]) for row in tables["sessions"])
    weights = sum(bool(row["weight_kg"]) for row in tables["sessions"])
    ratings = 2 * sum(bool(row[each]) for row in tables["sessions"] for each in ("cadss_peak", "sedation_peak"))
    # 2 tests x (2 before + 2 after) for each pressure; neither the time point SCREENING nor what was not done counts.
    assert reasons["a measurement, read with its session"] == 8 * pressures + weights + ratings
    assert reasons["a measurement at a time point that the mapping does not name"] == 2 * pressures
    assert reasons["a test that belongs to no instrument"] == ratings


@pytest.mark.full
@pytest.mark.parametrize("ending", ["csv", "xpt"])
def test_the_whole_demo_comes_back_the_same(tmp_path, ending):
    check_round_trip(tmp_path, None, ending)

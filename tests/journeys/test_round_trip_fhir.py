"""The demo written as a FHIR export, and imported with the mapping that is shipped: the same dataset comes back.

What does not come back is listed in ``fhir_writer``: columns and events that FHIR has no agreed place for. Scores whose
total contradicts their items are set aside by the reader; and the recall of a 24-hour rating is not told by FHIR.
"""

from pathlib import Path

import pandas as pd
import pytest
from fhir_writer import EVENTS_CARRIED, NOT_CARRIED, Tables, part_of, read_tables, write_export

from analysis.intake.dataset import check_dataset
from analysis.intake.mapping import import_folder

ROOT = Path(__file__).resolve().parents[2]
MAPPING = ROOT / "data" / "mappings" / "fhir.toml"
HIGHEST = {"PHQ-9": [3] * 9, "GAD-7": [3] * 7, "MADRS": [6] * 10}
COLUMNS = {name: list(rows[0]) for name, rows in read_tables(ROOT / "data" / "demo").items()}
KEYS = ["referral_id", "patient_id", "day", "instrument", "occasion", "term", "event"]


def contradicts(row: dict[str, str]) -> bool:
    """Worked by hand: the open items can add no more than their highest values to the known ones."""
    highest = HIGHEST.get(row["instrument"], [])
    items = {n: int(row[f"item_{n}"]) for n in range(1, len(highest) + 1) if row[f"item_{n}"]}
    if not items or not row["total"]:
        return False
    known = sum(items.values())
    still_open = sum(most for n, most in enumerate(highest, start=1) if n not in items)
    return not known <= int(row["total"]) <= known + still_open


def expected_tables(tables: Tables) -> dict[str, pd.DataFrame]:
    kept = {name: [row for row in rows if name != "scores" or not contradicts(row)] for name, rows in tables.items()}
    kept["events"] = [row for row in kept["events"] if row["event"] in EVENTS_CARRIED]
    for row in kept["scores"]:
        row["recall_days"] = "7" if row["instrument"] == "MADRS" else row["recall_days"]
    return {
        name: pd.DataFrame(rows, columns=COLUMNS[name], dtype="str").drop(columns=NOT_CARRIED.get(name, []))
        for name, rows in kept.items()
    }


def imported_tables(export: Path, place: Path) -> tuple[dict[str, pd.DataFrame], object]:
    """Import with the shipped mapping, and give the pseudonyms back their names by the key file."""
    text = MAPPING.read_text(encoding="utf-8").replace("# keep_dates", "keep_dates")
    place.joinpath("map.toml").write_text(text)
    account = import_folder(
        export, mapping=place / "map.toml", out=place / "dataset", key_file=place / "key.csv", force=True
    )
    key = pd.read_csv(place / "key.csv", dtype=str)
    names = {kind: rows.set_index("pseudonym")["original"] for kind, rows in key.groupby("kind")}
    tables = {}
    for path in (place / "dataset").glob("*.csv"):
        table = pd.read_csv(path, dtype=str, keep_default_na=False)
        for kind in names.keys() & set(table.columns):
            table[kind] = table[kind].map(names[kind]).fillna("")
        tables[path.stem] = table
    return tables, account


def assert_same(found: dict[str, pd.DataFrame], expected: dict[str, pd.DataFrame]) -> None:
    assert found.keys() == expected.keys()
    for name, table in expected.items():
        own = found[name]
        for column in own.columns.difference(table.columns):  # what is written besides is what an absent column means
            assert set(own[column]) <= ({"", "1"} if column == "sequence" else {""}), (name, column)
        keys = [each for each in KEYS if each in table]
        left, right = (each.sort_values(keys).reset_index(drop=True) for each in (own[table.columns], table))
        pd.testing.assert_frame_equal(left, right, check_dtype=False, obj=name)


def round_trip(tables: Tables, place: Path, *, bundles: bool = False) -> object:
    export = write_export(tables, place / "export", bundles=bundles)
    found, account = imported_tables(export, place)
    found["adverse_events"] = found["adverse_events"].drop(columns="source")
    assert_same(found, expected_tables(tables))
    assert (check_dataset(place / "dataset")["severity"] == "error").sum() == 0
    return account


def test_a_part_of_the_demo_comes_back(tmp_path, demo_folder):
    tables = part_of(read_tables(demo_folder), 25)
    account = round_trip(tables, tmp_path)
    left = account.left_out.set_index(["file", "reason"])["rows"]
    assert left["administrations", "entered in error"] == 25
    assert left["administrations", "another medication"] == 25
    assert left["administrations", "earlier version of the same resource"] > 25
    assert left["administrations", "the same resource once more"] > 25
    assert left["procedures", "the same session as an administration, read with it"] > 25
    assert left["patients", "never treated"] == 25
    assert left["observations", "score that a questionnaire holds"] > 10
    assert left["adverse_events", "a potential event that did not happen"] > 10
    assert left["requests", "an order that is no referral"] == 1


def test_as_bundles(tmp_path, demo_folder):
    round_trip(part_of(read_tables(demo_folder), 6), tmp_path, bundles=True)


@pytest.mark.full
def test_the_whole_demo_comes_back(tmp_path, demo_folder):
    round_trip(read_tables(demo_folder), tmp_path)

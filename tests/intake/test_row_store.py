"""What lies on the disk while a big import runs, and how long tables are written."""

from pathlib import Path

import duckdb
import pytest

from analysis.intake import account, row_store, source_chunks
from analysis.intake import mapping as import_module
from analysis.intake.dataset import open_dataset
from analysis.intake.mapping import import_folder

MAP = """
[dataset]
name = "Clinic"
basis = "safe-harbor"
data_cut = "2026"
[pseudonyms]
clinic_id = "recode"
[files.visits]
path = "visits.csv"
drop.note = "free text"
leave_out = [{ column = "group", is = ["control-7741"], reason = "healthy" }]
[tables.patients]
from = "visits"
once_per = ["patient_id"]
columns.patient_id = "id"
columns.clinic_id = "site"
columns.payer = { from = "payer", rare = { fewer_than = 3, becomes = "other" } }
columns.age = { age_from = "born", date = "year-month-day" }
[tables.sessions]
from = "visits"
needs.date = "not dated"
columns.patient_id = "id"
columns.date = "on"
columns.treatment = { from = "group", values = { k = "ketamine" } }
columns.dose_mg = { from = "dose", number = "dose" }
[tables.scores]
from = "visits"
columns = { patient_id = "id", date = "on", instrument.constant = "PHQ-9", total = "phq" }
"""
HEADER = "id,on,group,site,payer,born,dose,note,phq"


@pytest.fixture
def folder(tmp_path) -> Path:
    lines = [HEADER]
    for number in range(40):
        payer = "medicaid" if number == 7 else "va"
        lines += [
            f"MRN-{number:04},2025-{number % 12 + 1:02}-{day:02},k,Elm Street,{payer},1961-07-{number % 28 + 1:02},"
            f"{dose},Jane,{day}"
            for day, dose in ((3, "40 mg"), (10, "see Dr Roe"))
        ]
    lines += ["MRN-9999,2025-02-28,control-7741,Oak Lane,va,1931-01-31,40 mg,John,27"]
    (tmp_path / "source").mkdir()
    (tmp_path / "source" / "visits.csv").write_text("\n".join(lines) + "\n")
    (tmp_path / "map.toml").write_text(MAP)
    return tmp_path


CSV = {"patients.csv", "sessions.csv", "scores.csv"}
PARQUET = {"sessions.parquet", "scores.parquet"}
RAW = ["MRN-", "Elm", "Oak", "medicaid", "1961", "1931", "2025-", "Roe", "Jane", "John", "7741"]


def run(folder: Path, out: str = "dataset"):
    return import_folder(folder / "source", mapping=folder / "map.toml", out=folder / out, key_file=folder / "key.csv")


def in_chunks(monkeypatch, size: int) -> None:
    monkeypatch.setattr(import_module, "STREAMED_FROM", 0)
    monkeypatch.setattr(source_chunks, "CHUNK_ROWS", size)


@pytest.fixture
def on_the_disk(folder, monkeypatch) -> list[tuple[str, str]]:
    """What lies on the disk after each chunk, by the name of the file: its bytes, and what Parquet holds in them."""
    seen: list[tuple[str, str]] = []
    wait = row_store.RowStore._wait

    def wait_and_look(self) -> None:
        wait(self)
        for path in folder.rglob("*"):
            if path.is_file() and path.parent.name != "source" and path.name != "map.toml":
                seen.append((path.name, path.read_bytes().decode("latin-1")))
                if path.suffix == ".parquet":
                    seen.append((path.name, str(duckdb.sql(f"FROM '{path}'").fetchall())))

    monkeypatch.setattr(row_store.RowStore, "_wait", wait_and_look)
    return seen


def test_nothing_of_the_source_lies_on_the_disk_at_any_time(folder, monkeypatch, on_the_disk):
    in_chunks(monkeypatch, 9)
    run(folder)
    assert {"patients-00000.parquet", "sessions-00008.parquet"} <= {name for name, _ in on_the_disk}
    assert not [(name, raw) for name, text in on_the_disk for raw in RAW if raw in text]
    assert {path.name for path in folder.iterdir()} == {"source", "map.toml", "dataset", "key.csv"}
    assert {path.name for path in (folder / "dataset").iterdir()} == {"dataset.toml", *CSV}


def test_where_dates_are_kept_those_of_rows_that_are_not_written_are_not(folder, monkeypatch, on_the_disk):
    text = MAP.replace('"safe-harbor"', '"limited-data-set"\nkeep_dates = true')
    text = text.replace('{ k = "ketamine" } }', '{ k = "ketamine", x = "ketamine" } }')
    text = text.replace(
        "columns.dose_mg =",
        'columns.status = { from = "note", values = { Jane = "given", late = "no-show" } }\ncolumns.dose_mg =',
    )
    (folder / "map.toml").write_text(text.replace('drop.note = "free text"\n', ""))
    with (folder / "source" / "visits.csv").open("a") as stream:
        stream.write("MRN-5555,2025-11-11,x,Elm Street,va,1961-07-01,40 mg,late,9\n")
    in_chunks(monkeypatch, 200)
    run(folder)
    kept = [text for name, text in on_the_disk if name.startswith("sessions")]
    assert any("2025-12-10" in text for text in kept)
    assert not any("2025-11-11" in text for text in kept)


@pytest.mark.parametrize("fails", ["add", "write"])
def test_a_run_that_dies_leaves_nothing(folder, monkeypatch, fails):
    in_chunks(monkeypatch, 9)
    calls = []

    def full(*_arguments) -> None:
        calls.append(fails)
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(row_store, "write_parquet" if fails == "add" else "write_csv", full)
    with pytest.raises(OSError, match="No space left"):
        run(folder)
    assert calls
    assert {path.name for path in folder.iterdir()} == {"source", "map.toml"}


@pytest.mark.parametrize("streamed", [True, False])
def test_a_table_longer_than_a_spreadsheet_shows_is_written_as_parquet(folder, monkeypatch, streamed):
    run(folder, "short")
    for module in (row_store, import_module, account):
        monkeypatch.setattr(module, "LARGEST_CSV", 50)
    if streamed:
        in_chunks(monkeypatch, 9)
    told = run(folder, "long")
    assert {path.name for path in (folder / "long").iterdir()} == {*PARQUET, "dataset.toml", "patients.csv"}
    assert "Written as Parquet, with more rows than a spreadsheet shows (50): sessions, scores." in str(told)
    assert "Written as Parquet, with more rows than a spreadsheet shows (50): sessions, scores." in told._repr_html_()
    short, long = open_dataset(folder / "short"), open_dataset(folder / "long")
    for table in ("patients", "sessions", "scores"):
        assert long.table(table).equals(short.table(table))

"""Files in chunks: whatever their size, the dataset, the account and the errors are those of files held as a whole."""

import random
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path

import duckdb
import pandas as pd
import pytest
from made_up_clinics import TWO_CLINICS, write_clinics
from openpyxl import Workbook

from analysis.intake import mapping as import_module
from analysis.intake import source_chunks
from analysis.intake.mapping import import_folder
from analysis.vocabulary.errors import DataError

START = """
[dataset]
name = "Clinic"
basis = "synthetic"
data_cut = "2026-09-30"
[pseudonyms]
method = "hmac-sha256"
secret_from = "OUTCOMES_TEST_SECRET"
clinic_id = "recode"
"""
MAPPING = (
    START
    + """
[files.people]
path = "people.csv"
drop = { name = "identifies" }
[[files.people.leave_out]]
column = "group"
is = ["control"]
reason = "healthy control"

[files.visits]
path = "visits.csv"
delimiter = ";"
missing = ["n/a"]
join.people = { on = "id" }
[[files.visits.leave_out]]
column = "people.group"
is = ["control"]
reason = "healthy control"
[[files.visits.leave_out]]
column = "people.id"
missing = true
reason = "nobody known"

[files.letters]
path = "letters.csv"
[files.sites]
path = "sites.csv"
[files.letters.join.sites]
on = "site"

[tables.patients]
from = "people"
[tables.patients.columns]
patient_id = "id"
clinic_id = "site"
sex = { from = "sex", values = { F = "female", M = "male" } }
age = { age_from = "born", date = "day.month.year" }
payer = { from = "payer", rare = { fewer_than = 4, becomes = "other" } }

[tables.sessions]
from = "visits"
once_per = ["patient_id", "date"]
needs.treatment = "no session"
needs.date = "not dated"
[tables.sessions.columns]
patient_id = "id"
date = { from = "on", date = ["month/day/year", "year-month-day"] }
treatment = { from = "drug", values = { K = "ketamine", E = "esketamine" } }
dose_mg = { from = "dose", number = "dose" }
status = { from = "came", values = { yes = "given", no = "no-show" } }

[[tables.scores]]
from = "visits"
needs.total = "not scored"
needs.date = "not dated"
columns.patient_id = "id"
columns.date = { from = "on", date = ["month/day/year", "year-month-day"] }
repeat = [
    { name = "PHQ-9", columns = { instrument.constant = "PHQ-9", total = { from = "phq", number = "integer" } } },
    { name = "GAD-7", columns = { instrument.constant = "GAD-7", total = { from = "gad", number = "integer" } } },
]
[[tables.scores]]
from = "visits"
needs = { total = "not scored", day = "no label" }
[tables.scores.columns]
patient_id = "id"
instrument.constant = "MADRS"
total = { from = "madrs", number = "integer" }
[tables.scores.columns.day]
from = "label"
without_session = "no such session"
[tables.scores.columns.day.visits]
before = -7
"after K" = { days = 2, after = { treatment = "ketamine" } }
"after E" = { days = 300, after = { treatment = "esketamine" } }

[tables.referrals]
from = "letters"
once_per = ["referral_id"]
[tables.referrals.columns]
referral_id = "letter"
patient_id = "id"
date = { from = "received", date = "year-month-day" }
[tables.referrals.columns.source]
from = "by"
values = { GP = "self", PS = "psychiatrist", TH = "therapist" }
rare = { fewer_than = 4, becomes = "other" }
"""
)
Export = dict[str, list[list[str]]]


def drawn_export(seed: int) -> Export:
    draw = random.Random(seed)  # noqa: S311
    people = [["id", "name", "group", "sex", "born", "payer", "site"]]
    visits = [["id", "on", "drug", "dose", "came", "phq", "gad", "label", "madrs"]]
    letters = [["letter", "id", "received", "by", "site"]]
    day = date(2025, 1, 6)
    for number in range(25):
        own, payer = f"ID {number:02}", draw.choices(["va", "medicare", "self-pay"], [8, 2, 1])[0]
        born = f"{draw.randrange(1, 28)}.{draw.randrange(1, 13)}.{draw.randrange(1925, 2005)}"
        group, sex = draw.choice(["case", "case", "case", "control"]), draw.choice("FM")
        people.append([own, f"Doe, Jane {number}", group, sex, born, payer, draw.choice(["North", "South"])])
        labels = ["before", "after K", "after E", ""]
        for nth in range(draw.randrange(6)):
            on = day + timedelta(draw.randrange(300) if nth == 0 else nth)
            shown = draw.choice([on.isoformat(), f"{on:%m/%d/%Y} 09:{nth:02}", f" {on.isoformat()} "]) if nth else ""
            dose = draw.choice(["40 mg", "35 --> 42.5", "reweight", ""])
            row = [own, shown, draw.choice(["K", "E", "n/a"]), dose, draw.choice(["yes", "yes", "no", ""])]
            label = labels[nth] if nth < len(labels) else ""
            visits.append([*row, str(draw.randrange(28)), draw.choice(["", "7", "9000"]), label, "20" if label else ""])
            if draw.random() < 0.2:
                visits.append([*visits[-1][:5], "", "", "", ""])
        if draw.random() < 0.6:
            known = own if draw.random() < 0.5 and group == "case" else ""
            letter = [f"L{number}", known, "2024-12-24", draw.choice(["GP", "GP", "PS", "TH"]), "North"]
            letters += [letter] * draw.choice([1, 1, 2])
    rows = visits[1:]
    draw.shuffle(rows)
    rows[3:3] = [[""] * 9, ["stranger", "", "K", "", "", "", "", "", ""]]
    return {
        "people": people,
        "visits": [visits[0], *rows],
        "letters": letters,
        "sites": [["site"], ["North"], ["South"]],
    }


def write_export(folder: Path, export: Export, mapping: str = MAPPING) -> None:
    folder.joinpath("source").mkdir(exist_ok=True)
    folder.joinpath("map.toml").write_text(mapping, encoding="utf-8")
    for name, rows in export.items():
        sign = ";" if name == "visits" else ","
        lines = [sign.join(f'"{cell}"' if sign in cell else cell for cell in row) for row in rows]
        folder.joinpath("source", f"{name}.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")


@pytest.fixture
def in_chunks(monkeypatch) -> Callable[[int | None], None]:
    """Read in chunks of so many rows; None holds files as a whole."""
    monkeypatch.setenv("OUTCOMES_TEST_SECRET", "s" * 40)

    def set_size(size: int | None) -> None:
        monkeypatch.setattr(import_module, "STREAMED_FROM", 0 if size else 10**9)
        monkeypatch.setattr(source_chunks, "CHUNK_ROWS", size)

    return set_size


def outcome(folder: Path, name: str = "dataset") -> tuple[dict[str, bytes], str]:
    account = import_folder(folder / "source", mapping=folder / "map.toml", out=folder / name)
    assert not (folder / name / "rows").exists()
    return {path.name: path.read_bytes() for path in (folder / name).iterdir()}, str(account)


@pytest.mark.parametrize("seed", range(6))
def test_the_dataset_and_the_account_are_the_same_in_chunks_of_any_size(tmp_path, in_chunks, seed):
    write_export(tmp_path, drawn_export(seed))
    in_chunks(None)
    whole = outcome(tmp_path, "whole")
    assert {"patients.csv", "sessions.csv", "scores.csv", "referrals.csv"} < whole[0].keys()
    for size in (2, 5, 1000):
        in_chunks(size)
        assert outcome(tmp_path, f"in-{size}") == whole


def test_the_made_up_clinics_are_the_same_in_chunks(tmp_path, in_chunks):
    source = write_clinics(tmp_path / "source", *TWO_CLINICS)
    source.joinpath("dataset.toml").unlink()
    tables = {
        "patients": "columns.patient_id = 'patient_id'",
        "sessions": "columns = { patient_id = 'patient_id', date = 'date', clinic_id = 'clinic_id', route = 'route', "
        "treatment = 'treatment', status = 'status' }",
        "scores": "columns = { patient_id = 'patient_id', date = 'date', instrument = 'instrument', total = 'total' }",
    }
    mapping = START
    for name, columns in tables.items():
        mapping += f"[files.{name}]\npath = '{name}.csv'\n"
        mapping += "drop.day = 'counted anew from the dates'\n" if name != "patients" else ""
        mapping += f"[tables.{name}]\nfrom = '{name}'\n{columns}\n"
    tmp_path.joinpath("map.toml").write_text(mapping)
    in_chunks(None)
    whole = outcome(tmp_path, "whole")
    assert whole[0]["sessions.csv"].count(b"\n") == 145 * 4 + 1
    for size in (2, 64):
        in_chunks(size)
        assert outcome(tmp_path, f"in-{size}") == whole


def test_other_formats_beside_it_are_read_at_once(tmp_path, in_chunks):
    export = drawn_export(7)
    mapping = MAPPING.replace('path = "letters.csv"', 'path = "letters.xlsx"')
    mapping = mapping.replace('path = "people.csv"', 'path = "people.parquet"')
    write_export(tmp_path, {name: export[name] for name in ("visits", "sites")}, mapping)
    book = Workbook()
    for row in export["letters"]:
        book.active.append(row)
    book.save(tmp_path / "source" / "letters.xlsx")
    with duckdb.connect() as con:
        con.register("people", pd.DataFrame(export["people"][1:], columns=export["people"][0]))
        con.execute(f"COPY people TO '{tmp_path}/source/people.parquet' (FORMAT parquet)")
    in_chunks(None)
    whole = outcome(tmp_path, "whole")
    in_chunks(3)
    assert outcome(tmp_path) == whole


def test_a_value_that_is_carried_forward_needs_the_whole_file(tmp_path, in_chunks):
    mapping = MAPPING.replace('number = "dose" }', 'number = "dose", carry_forward = { days = 30 } }')
    write_export(tmp_path, drawn_export(1), mapping)
    in_chunks(None)
    whole = outcome(tmp_path, "whole")
    in_chunks(2)
    assert outcome(tmp_path) == whole


def altered(name: str, column: str, cells: dict[int, str]) -> Callable[[Export], None]:
    """Write cells into a file, by their row in a spreadsheet."""

    def alter(export: Export) -> None:
        place = export[name][0].index(column)
        for row, cell in cells.items():
            export[name][row - 1][place] = cell

    return alter


def again(name: str, column: str, cell: str, *, row: int) -> Callable[[Export], None]:
    """Repeat a row at the end, but for a cell."""

    def alter(export: Export) -> None:
        own = [*export[name][row - 1]]
        own[export[name][0].index(column)] = cell
        export[name].append(own)

    return alter


NOT_WHOLE = "column 'phq': a value that is not a whole number (`tables.scores[1].repeat[1].columns.total`)."
FAULTS = {
    f"visits.csv, rows 3, 21, 30, 44, {NOT_WHOLE}": [altered("visits", "phq", dict.fromkeys((3, 4, 21, 30, 44), "x"))],
    # The first column counts, not the first chunk, and rows with both faults count for it as well.
    "visits.csv, rows 30, 32, column 'drug': a value that `tables.sessions.columns.treatment.values` does not": [
        altered("visits", "phq", {3: "x", 30: "x"}),
        altered("visits", "drug", {30: "Z", 32: "Z"}),
    ],
    f"visits.csv, rows 9, 12, {NOT_WHOLE}": [
        altered("visits", "gad", {9: "x", 40: "x"}),
        altered("visits", "phq", {9: "x", 12: "y"}),
    ],
    "visits.csv, rows 12, 41, column 'on': a value that is not a date of these formats": [
        altered("visits", "on", {12: "32/01/2025", 41: "soon"})
    ],
    "visits.csv, row 33, column 'label': a visit label that": [altered("visits", "label", {33: "later"})],
    "people.csv, row 24, column 'sex': a value that": [altered("people", "sex", {24: "divers"})],
    "people.csv, row 8: no patient_id for the table patients.": [
        altered("people", "id", {8: ""}),
        altered("people", "group", {8: "case"}),
    ],
    "letters.csv, rows 20, 21: no row in sites.csv has the same 'site'": [
        again("letters", "site", "West", row=3),
        again("letters", "site", "East", row=4),
    ],
    "people.csv, rows 2, 25, 27, 28, column 'id': the same value stands in several rows": [
        again("people", "sex", "F", row=2),
        again("people", "sex", "F", row=25),
    ],
    "letters.csv, row 2: the patient of a row for the table referrals is not in the table patients.": [
        again("letters", "letter", "L98", row=2),
        altered("letters", "id", {2: "ID 98"}),
    ],
    "letters.csv, rows 20, 21: date, source not the same as in an earlier row": [
        again("letters", "by", "TH", row=4),
        again("letters", "received", "2025-01-01", row=3),
    ],
    "visits.csv, rows 9, 41, 80, 81: the same patient_id, day, instrument more than once": [
        again("visits", "label", "", row=9),
        again("visits", "label", "", row=41),
    ],
    "visits.csv, row 31: not 9 cells like the header.": [lambda export: export["visits"][30].pop()],
    "letters.csv has no column 'by'": [altered("letters", "by", {1: "from"})],
}


@pytest.mark.parametrize("message", FAULTS)
def test_an_error_names_the_rows_of_all_chunks(tmp_path, in_chunks, message):
    export = drawn_export(11)
    for alter in FAULTS[message]:
        alter(export)
    write_export(tmp_path, export)
    in_chunks(None)
    with pytest.raises(DataError) as whole:
        outcome(tmp_path)
    assert str(whole.value).startswith(message)
    for size in (2, 7):
        in_chunks(size)
        with pytest.raises(DataError) as error:
            outcome(tmp_path)
        assert str(error.value) == str(whole.value)
    assert {path.name for path in tmp_path.iterdir()} == {"source", "map.toml"}

"""Broken datasets, made by damaging the demo: each ends in a clear message, none in a silently different result.

A case damages a copy of a part of the demo in one way and says what must come of it: an error, rows or values set
aside, a warning, or nothing at all. In every case no planted value and no patient is in a message, and all that was not
damaged is read as before.
"""

import csv
import io
import re
import shutil
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path

import duckdb
import pandas as pd
import pytest

from analysis.cohort.cohort import derive
from analysis.intake.dataset import Dataset, check_dataset, open_dataset
from analysis.intake.schema import layout_tables
from analysis.vocabulary.errors import DataError

PATIENTS = 24
SEVERAL = 8
PLANTED = "Zebedee77"
"""A text that stands nowhere else; no message may hold it."""

DATED = ("sessions", "scores", "events", "referrals")

Damage = Callable[[Path], None]
Tables = dict[str, pd.DataFrame]


@dataclass(frozen=True)
class Case:
    """A way to damage a dataset, and what must come of it.

    ``expected`` lists (severity, table, column, rule); ``words`` stand in the messages; ``rows`` are the spreadsheet
    rows of ``table`` that are used no more, and ``touched`` those in which the value of ``column`` is not; none of
    ``planted`` may be in a message.
    """

    damage: Damage
    expected: tuple[tuple[str, str, str, str], ...] = ()
    words: tuple[str, ...] = ()
    table: str = ""
    rows: tuple[int, ...] = ()
    column: str = ""
    touched: tuple[int, ...] = ()
    planted: tuple[str, ...] = field(default=(PLANTED,))


# ---------------------------------------------------------------- ways to damage


def content(path: Path) -> list[list[str]]:
    with path.open(encoding="utf-8", newline="") as stream:
        return list(csv.reader(stream))


def save(path: Path, rows: list[list[str]], **options: str) -> None:
    text = io.StringIO()
    csv.writer(text, **({"lineterminator": "\n"} | options)).writerows(rows)
    path.write_text(text.getvalue(), encoding="utf-8", newline="")


def cells(table: str, column: str, values: dict[int, str]) -> Damage:
    """Put values into a column at spreadsheet rows."""

    def damage(folder: Path) -> None:
        rows = content(folder / f"{table}.csv")
        place = rows[0].index(column)
        for row, value in values.items():
            rows[row - 1][place] = value
        save(folder / f"{table}.csv", rows)

    return damage


def whole_column(table: str, column: str, value: str) -> Damage:
    def damage(folder: Path) -> None:
        rows = content(folder / f"{table}.csv")
        place = rows[0].index(column)
        save(folder / f"{table}.csv", [rows[0], *([*row[:place], value, *row[place + 1 :]] for row in rows[1:])])

    return damage


def added_column(table: str, name: str, values: list[str], settings: str = "") -> Damage:
    def damage(folder: Path) -> None:
        rows = content(folder / f"{table}.csv")
        rows = [[*row, name if number == 0 else values[number % len(values)]] for number, row in enumerate(rows)]
        save(folder / f"{table}.csv", rows)
        with (folder / "dataset.toml").open("a", encoding="utf-8") as stream:
            stream.write(f"\n{settings}\n")

    return damage


def heading(table: str, old: str, new: str) -> Damage:
    def damage(folder: Path) -> None:
        rows = content(folder / f"{table}.csv")
        save(folder / f"{table}.csv", [[new if name == old else name for name in rows[0]], *rows[1:]])

    return damage


def table_rows(table: str, change: Callable[[list[list[str]]], list[list[str]]]) -> Damage:
    def damage(folder: Path) -> None:
        save(folder / f"{table}.csv", change(content(folder / f"{table}.csv")))

    return damage


def raw(table: str, change: Callable[[bytes], bytes]) -> Damage:
    def damage(folder: Path) -> None:
        path = folder / f"{table}.csv"
        path.write_bytes(change(path.read_bytes()))

    return damage


def written(table: str, **options: str) -> Damage:
    return lambda folder: save(folder / f"{table}.csv", content(folder / f"{table}.csv"), **options)


def settings(change: Callable[[str], str]) -> Damage:
    def damage(folder: Path) -> None:
        path = folder / "dataset.toml"
        path.write_text(change(path.read_text(encoding="utf-8")), encoding="utf-8")

    return damage


def safe_harbor(text: str) -> str:
    return re.sub(r'basis = ".*"', 'basis = "safe-harbor"', text)


def both(*damages: Damage) -> Damage:
    def damage(folder: Path) -> None:
        for each in damages:
            each(folder)

    return damage


def folder_in_place(table: str) -> Damage:
    def damage(folder: Path) -> None:
        (folder / f"{table}.csv").unlink()
        (folder / f"{table}.csv").mkdir()

    return damage


def as_parquet(table: str, select: str = "*", damage_bytes: Callable[[bytes], bytes] | None = None) -> Damage:
    """Replace a table by Parquet, typed as DuckDB would."""

    def damage(folder: Path) -> None:
        path, target = folder / f"{table}.csv", folder / f"{table}.parquet"
        source = f"read_csv('{path}', types = {{'patient_id': 'VARCHAR'}})"
        duckdb.execute(f"COPY (SELECT {select} FROM {source}) TO '{target}' (FORMAT parquet)")
        path.unlink()
        if damage_bytes:
            target.write_bytes(damage_bytes(target.read_bytes()))

    return damage


def line(data: bytes, number: int) -> slice:
    """The place of a line of a file; 1 is the header."""
    start = 0
    for _ in range(number - 1):
        start = data.index(b"\n", start) + 1
    return slice(start, data.index(b"\n", start) + 1)


def before_line(number: int, text: bytes) -> Callable[[bytes], bytes]:
    return lambda data: data[: line(data, number).start] + text + data[line(data, number).start :]


def in_line(number: int, change: Callable[[bytes], bytes]) -> Callable[[bytes], bytes]:
    def damage(data: bytes) -> bytes:
        place = line(data, number)
        return data[: place.start] + change(data[place]) + data[place.stop :]

    return damage


def quote_first(text: bytes) -> bytes:
    """Open a quotation mark at the last cell of a line."""
    return b',"'.join(text.rsplit(b",", 1))


def quote_last(text: bytes) -> bytes:
    """Close one at the end of a line."""
    return text.rstrip(b"\n") + b'"\n'


def with_points(rows: list[list[str]]) -> list[list[str]]:
    """Write whole numbers as 12.0, as a spreadsheet or a data frame does beside empty cells."""
    whole = [name in {"day", "total", "recall_days"} or name.startswith("item_") for name in rows[0]]
    return [
        rows[0],
        *(
            [f"{cell}.0" if cell and is_whole else cell for cell, is_whole in zip(row, whole, strict=True)]
            for row in rows[1:]
        ),
    ]


def error(table: str, rule: str, column: str = "") -> tuple[tuple[str, str, str, str], ...]:
    return (("error", table, column, rule),)


def aside(table: str, rule: str, column: str = "") -> tuple[tuple[str, str, str, str], ...]:
    return (("set-aside", table, column, rule),)


def warned(table: str, rule: str, column: str = "") -> tuple[tuple[str, str, str, str], ...]:
    return (("warning", table, column, rule),)


def value_case(table: str, column: str, value: str, rule: str) -> Case:
    """Two values of an optional measurement are bad: the values go, the rows stay."""
    damage = cells(table, column, {4: value, 7: value})
    return Case(
        damage, aside(table, rule, column), ("rows 4, 7",), table, column=column, touched=(4, 7), planted=(value,)
    )


def row_case(table: str, column: str, value: str, rule: str, shown: str | None = None) -> Case:
    """Two cells are bad that say what the row is: the rows go."""
    column_told = column if shown is None else shown
    damage = cells(table, column, {4: value, 7: value})
    planted = (value,) if len(value) > 1 else ()
    return Case(damage, aside(table, rule, column_told), ("rows 4, 7",), table, rows=(4, 7), planted=planted)


# ---------------------------------------------------------------- the cases


FILES = {
    "empty file": Case(raw("scores", lambda _: b""), error("scores", "empty file"), ("the file is empty",)),
    "blank lines only": Case(raw("sessions", lambda _: b"\n\n\n"), error("sessions", "empty file")),
    "header only, required": Case(
        table_rows("sessions", lambda rows: rows[:1]), error("sessions", "no rows"), ("there is a header but no row",)
    ),
    "missing sessions": Case(
        lambda folder: (folder / "sessions.csv").unlink(), error("sessions", "missing table"), ("sessions.csv",)
    ),
    "missing scores": Case(lambda folder: (folder / "scores.csv").unlink(), error("scores", "missing table")),
    "a misspelled file": Case(
        lambda folder: (folder / "scores.csv").rename(folder / "score.csv"),
        (*error("scores", "missing table"), ("warning", "dataset", "", "unknown file")),
    ),
    "a folder where a file should be": Case(folder_in_place("scores"), error("scores", "folder")),
    "two files of one table": Case(
        both(
            lambda folder: shutil.copy(folder / "scores.csv", folder / "kept"),
            as_parquet("scores"),
            lambda folder: (folder / "kept").rename(folder / "scores.csv"),
        ),
        error("scores", "two files"),
        ("scores.csv and scores.parquet",),
    ),
    "an Excel workbook named csv": Case(
        raw("scores", lambda _: b"PK\x03\x04" + PLANTED.encode()), error("scores", "not text"), ("Excel workbook",)
    ),
    "Parquet named csv": Case(
        both(as_parquet("scores"), lambda folder: (folder / "scores.parquet").rename(folder / "scores.csv")),
        error("scores", "not text"),
        ("Name it scores.parquet",),
    ),
    "csv named Parquet": Case(
        lambda folder: (folder / "scores.csv").rename(folder / "scores.parquet"), error("scores", "unreadable file")
    ),
    "truncated Parquet": Case(
        as_parquet("scores", damage_bytes=lambda data: data[: len(data) // 2]), error("scores", "unreadable file")
    ),
    "Parquet with a damaged head": Case(
        as_parquet("scores", damage_bytes=lambda data: data[:4] + b"\xff" * 80 + data[84:]),
        error("scores", "unreadable file"),
    ),
    "Parquet with lists": Case(
        as_parquet("scores", "* REPLACE ([total] AS total)"),
        error("scores", "wrong type"),
        ("structures or bytes in total",),
    ),
}

ENCODINGS = {
    "UTF-16": Case(
        raw("scores", lambda data: data.decode().encode("utf-16")), error("scores", "encoding"), ("UTF-16", "CSV UTF-8")
    ),
    "UTF-16 without a mark": Case(
        raw("scores", lambda data: data.decode().encode("utf-16-be")),
        error("scores", "not text"),
        ("NUL byte in line 1",),
    ),
    "Latin-1": Case(
        raw("sessions", in_line(5, lambda text: text.replace(b"ketamine", f"{PLANTED}é".encode("latin-1")))),
        error("sessions", "encoding"),
        ("not UTF-8 text, first in line 5",),
    ),
    "a NUL byte": Case(
        raw("sessions", in_line(9, lambda text: text[:3] + b"\0" + text[3:])),
        error("sessions", "not text"),
        ("NUL byte in line 9",),
    ),
    "settings in Latin-1": Case(
        lambda folder: (folder / "dataset.toml").write_bytes('name = "Zoë"'.encode("latin-1")),
        error("dataset.toml", "encoding"),
    ),
}

SHAPES = {
    "semicolons": Case(written("scores", delimiter=";"), error("scores", "delimiter"), ("semicolons", "Commas are")),
    "tabs": Case(written("sessions", delimiter="\t"), error("sessions", "delimiter"), ("tabs",)),
    "sep= in the first row": Case(
        both(written("scores", delimiter=";"), raw("scores", lambda data: b"sep=;\n" + data)),
        error("scores", "delimiter"),
    ),
    "a row cut off at the end": Case(
        raw("scores", lambda data: data[: line(data, 30).start + 9]), (*error("scores", "ragged row"),), ("row 30",)
    ),
    "a row too long": Case(
        raw("scores", in_line(6, lambda text: text.rstrip(b"\n") + b"," + PLANTED.encode() + b"\n")),
        error("scores", "ragged row"),
        ("row 6",),
    ),
    "a quotation mark not closed": Case(
        raw("scores", in_line(6, lambda text: text.rstrip(b"\n") + b',"' + PLANTED.encode() + b"\n")),
        error("scores", "quotation marks"),
        ("after row 5",),
    ),
    "a quotation mark that swallows rows": Case(
        raw("scores", lambda data: in_line(9, quote_last)(in_line(6, quote_first)(data))),
        error("scores", "line break in a cell"),
        ("row 6",),
    ),
    "a blank line inside": Case(raw("scores", before_line(8, b"\n")), error("scores", "blank line"), ("row 8",)),
    "line ends of two kinds": Case(
        raw("scores", in_line(8, lambda text: text.replace(b"\n", b"\r\n"))), error("scores", "line ends")
    ),
    "no header": Case(table_rows("sessions", lambda rows: rows[1:]), error("sessions", "no header"), ("Row 1 must",)),
    "a required column missing": Case(
        heading("sessions", "treatment", "therapy"),
        (*error("sessions", "missing column"), *error("sessions", "unknown column", "therapy")),
        ("the column treatment is missing",),
    ),
    "a misspelled column": Case(
        heading("sessions", "dose_mg", "dose"), error("sessions", "unknown column", "dose"), ("mean 'dose_mg'?",)
    ),
    "a column twice": Case(
        heading("sessions", "diastolic_peak", "systolic_peak"),
        error("sessions", "repeated heading", "systolic_peak"),
    ),
    "a column without a name": Case(
        heading("sessions", "duration_min", ""), error("sessions", "blank heading"), ("no name in the header",)
    ),
    "a column of free text": Case(
        added_column("sessions", "notes", [f"{PLANTED} {n}" for n in range(60)], 'extra_columns.sessions = ["notes"]'),
        error("sessions", "free text", "notes"),
    ),
}

IDENTIFIERS = {
    "a column named after a birth date": Case(
        added_column("patients", "Birth_Date", [PLANTED]),
        error("patients", "identifier", "Birth_Date"),
        ("a birth date",),
    ),
    "a column named mrn": Case(
        added_column("sessions", "mrn", [PLANTED]), error("sessions", "identifier", "mrn"), ("record, account",)
    ),
    "telephone numbers in an extra column": Case(
        added_column("sessions", "room", ["212-555-0147", "blue"], 'extra_columns.sessions = ["room"]'),
        error("sessions", "identifier", "room"),
        ("look like telephone numbers",),
        planted=("555-0147",),
    ),
    "e-mail addresses as patients": Case(
        cells("sessions", "patient_id", {4: "zebedee@example.org"}),
        (*error("sessions", "identifier", "patient_id"), *aside("sessions", "wrong type", "patient_id")),
        planted=("zebedee",),
    ),
    "names as patients": Case(
        whole_column("sessions", "patient_id", "Zebedee-Jones"),
        (
            *error("sessions", "identifier", "patient_id"),
            *error("sessions", "repeated key"),
            *error("sessions", "orphan patient", "patient_id"),
        ),
        planted=("Zebedee", "Jones"),
    ),
}

ROWS = {
    "repeated sessions": Case(
        table_rows("sessions", lambda rows: [*rows[:9], rows[4], rows[7], *rows[9:]]),
        error("sessions", "repeated key"),
        ("rows 5, 8, 10, 11",),
    ),
    "repeated scores": Case(
        table_rows("scores", lambda rows: [*rows, rows[1]]), error("scores", "repeated key"), ("rows 2, ",)
    ),
    "a patient twice": Case(
        table_rows("patients", lambda rows: [*rows, rows[3]]), error("patients", "repeated key"), ("rows 4, 26",)
    ),
    "sessions of nobody": Case(
        cells("sessions", "patient_id", {4: "Zebedee77"}), error("sessions", "orphan patient", "patient_id"), ("row 4",)
    ),
    "a file in another layout": Case(
        whole_column("scores", "day", "2026-03-01"),
        (*error("scores", "too much set aside"), *error("scores", "no usable value", "day")),
        ("Is the file in the right layout?",),
        planted=(),
    ),
    "dates of another country in a whole column": Case(
        whole_column("sessions", "date", "12/31/2024"),
        error("sessions", "no usable value", "date"),
        ("no value of this column could be used: not a date written as 2026-09-30",),
        planted=("12/31",),
    ),
    "an unknown treatment": row_case("sessions", "treatment", PLANTED, "not in the list"),
    "an unknown status": row_case("sessions", "status", PLANTED, "not in the list"),
    "an unknown instrument": row_case("scores", "instrument", PLANTED, "unknown instrument"),
    "PHQ-9 of 300": row_case("scores", "total", "300", "total out of range"),
    "a total of minus 3": row_case("scores", "total", "-3", "out of range"),
    "a total in words": row_case("scores", "total", PLANTED, "wrong type"),
    "a day of 1.5": row_case("scores", "day", "1.5", "wrong type"),
    "a day far away": row_case("scores", "day", "46082", "out of range"),
    "an empty day": row_case("scores", "day", "", "required cell empty"),
    "an empty patient": row_case("adverse_events", "patient_id", "", "required cell empty"),
    "an unknown adverse event": row_case("adverse_events", "term", PLANTED, "not in the list"),
    "an unknown occasion": row_case("scores", "occasion", PLANTED, "not in the list"),
    "an item of 9": row_case("scores", "item_1", "9", "item out of range", shown=""),
}

VALUES = {
    "a negative dose": value_case("sessions", "dose_mg", "-40.25", "out of range"),
    "a dose with its unit": value_case("sessions", "dose_mg", "40.25 mg", "wrong type"),
    "a dose with a decimal comma": value_case("sessions", "dose_mg", "40,25", "wrong type"),
    "a blood pressure of 999": value_case("sessions", "systolic_peak", "999", "out of range"),
    "an unknown route": value_case("sessions", "route", PLANTED, "not in the list"),
    "a date of another country": value_case("sessions", "date", "31.12.2024", "wrong type"),
    "a date that is none": value_case("sessions", "date", "2024-02-30", "wrong type"),
    "a date of long ago": value_case("sessions", "date", "1924-02-28", "out of range"),
    "a date that disagrees with the day": value_case("scores", "date", "2024-02-27", "date and day disagree"),
    "an age of 140": value_case("patients", "age", "140", "age above 90"),
    "a sex in one letter": value_case("patients", "sex", "Zf", "not in the list"),
    "an earlier ketamine of 2": value_case("patients", "prior_ketamine", "2.0", "wrong type"),
}

SETTINGS = {
    "no settings": Case(lambda folder: (folder / "dataset.toml").unlink(), error("dataset.toml", "missing file")),
    "broken settings": Case(
        settings(lambda text: f"{text}\nnote = {PLANTED}\n"), error("dataset.toml", "bad TOML"), ("at line",)
    ),
    "an unknown setting": Case(
        settings(lambda text: f'{text}\ncolour = "{PLANTED}"\n'), error("dataset.toml", "unknown key"), ("`colour`",)
    ),
    "an unknown basis": Case(
        settings(lambda text: re.sub(r'basis = ".*"', f'basis = "{PLANTED}"', text)),
        error("dataset.toml", "wrong value"),
    ),
    "layout 2": Case(
        settings(lambda text: text.replace("layout = 1", "layout = 2")), error("dataset.toml", "wrong value")
    ),
    "a data cut that is no day": Case(
        settings(lambda text: re.sub(r'data_cut = ".*"', 'data_cut = "2026-02-30"', text)),
        error("dataset.toml", "wrong value"),
    ),
    "dates under safe-harbor": Case(
        settings(safe_harbor),
        tuple(("error", table, "date", "date under safe-harbor") for table in DATED)
        + error("patients", "last_day under safe-harbor", "last_day"),
        ("name another basis",),
    ),
}

WARNINGS = {
    "a data cut before everything": Case(
        settings(lambda text: re.sub(r'data_cut = ".*"', 'data_cut = "2000"', text)),
        tuple(
            ("warning", table, "date", "after the data cut") for table in ("sessions", "scores", "events", "referrals")
        )
        + tuple(("warning", table, "start_year", "after the data cut") for table in ("patients", "referrals")),
    ),
    "no last line end": Case(
        raw("events", lambda data: data.rstrip(b"\n")), warned("events", "last line"), ("cut off",)
    ),
    "an optional table with its header only": Case(
        table_rows("referrals", lambda rows: rows[:1]),
        warned("referrals", "no rows"),
        table="referrals",
        rows=tuple(range(2, 400)),
    ),
    "a file too many": Case(
        lambda folder: (folder / f"{PLANTED}.csv").write_text(PLANTED), warned("dataset", "unknown file"), ("1 file",)
    ),
}

HARMLESS = {
    "written again": Case(written("scores")),
    "a byte order mark": Case(raw("scores", lambda data: b"\xef\xbb\xbf" + data)),
    "Windows line ends": Case(raw("scores", lambda data: data.replace(b"\n", b"\r\n"))),
    "Macintosh line ends": Case(raw("events", lambda data: data.replace(b"\n", b"\r"))),
    "all of Excel's habits": Case(
        both(written("sessions", lineterminator="\r\n"), raw("sessions", lambda data: b"\xef\xbb\xbf" + data + b"\r\n"))
    ),
    "every cell quoted": Case(written("sessions", quoting=csv.QUOTE_ALL)),
    "columns in another order": Case(table_rows("sessions", lambda rows: [row[::-1] for row in rows])),
    "an empty column left out": Case(
        table_rows(
            "patients", lambda rows: [[c for c, n in zip(row, rows[0], strict=True) if n != "zip3"] for row in rows]
        )
    ),
    "spaces around cells": Case(table_rows("scores", lambda rows: [[f" {cell} " for cell in row] for row in rows])),
    "blank lines at the end": Case(raw("scores", lambda data: data + b"\n\n")),
    "numbers with a point": Case(table_rows("scores", with_points)),
    "settings with a byte order mark": Case(
        lambda folder: (folder / "dataset.toml").write_bytes(b"\xef\xbb\xbf" + (folder / "dataset.toml").read_bytes())
    ),
    "Parquet": Case(both(as_parquet("sessions"), as_parquet("scores"))),
    "another file beside the tables": Case(lambda folder: (folder / "notes.txt").write_text(PLANTED)),
}

CASES = FILES | ENCODINGS | SHAPES | IDENTIFIERS | ROWS | VALUES | SETTINGS | WARNINGS


# ---------------------------------------------------------------- the checks


@pytest.fixture(scope="module")
def whole(demo_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The first patients of the demo with several sessions and scores, as a dataset without a problem.

    So the rows that most cases damage, 4 and 7, are of the first patient, and none is a first session.
    """
    folder = tmp_path_factory.mktemp("whole")
    shutil.copy(demo_folder / "dataset.toml", folder)
    counts = [Counter(row[0] for row in content(demo_folder / f"{table}.csv")[1:]) for table in ("sessions", "scores")]
    patients = {patient for patient in counts[0] if all(count[patient] >= SEVERAL for count in counts)}
    patients = set(sorted(patients)[:PATIENTS])
    for table in layout_tables():
        header, *rows = content(demo_folder / f"{table}.csv")
        place = header.index("patient_id")
        save(folder / f"{table}.csv", [header, *(row for row in rows if row[place] in patients)])
    return folder


@pytest.fixture(scope="module")
def before(whole: Path) -> Tables:
    """Its tables."""
    assert check_dataset(whole).empty, "the cases start from a clean dataset"
    return tables_of(open_dataset(whole))


@pytest.fixture
def damaged(whole: Path, tmp_path: Path) -> Callable[[Case], Path]:
    def damage(case: Case) -> Path:
        folder = shutil.copytree(whole, tmp_path / "damaged")
        case.damage(folder)
        return folder

    return damage


def tables_of(dataset: Dataset) -> Tables:
    return {table: dataset.table(table) for table in layout_tables()}


def found(problems: pd.DataFrame) -> list[tuple[str, ...]]:
    return sorted(problems[["severity", "table", "column", "rule"]].itertuples(index=False, name=None))


def errors_of(problems: Iterable[tuple[str, ...]]) -> list[tuple[str, ...]]:
    return sorted(each for each in problems if each[0] == "error")


def assert_tells_no_value(text: str, case: Case, before: Tables) -> None:
    assert not [value for value in case.planted if value in text]
    assert not [patient for patient in before["patients"]["patient_id"] if patient in text]
    assert "Traceback" not in text
    assert "duckdb" not in text.lower()


def assert_rest_is_as_before(after: Tables, before: Tables, case: Case) -> None:
    """Every table holds what it held, but for the rows and the values that the case gives up."""
    for table in layout_tables():
        now, then = after[table], before[table].copy()
        if table == case.table:
            then = then[~then["row"].isin(case.rows)].reset_index(drop=True)
            if case.column:
                gone = then["row"].isin(case.touched)
                assert now.loc[gone, case.column].isna().all()
                then[case.column] = then[case.column].mask(gone)
        pd.testing.assert_frame_equal(now, then)


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_a_broken_dataset_ends_in_a_clear_message(case, damaged, before):
    folder = damaged(case)
    stops = any(severity == "error" for severity, *_ in case.expected)
    problems = check_dataset(folder) if stops else open_dataset(folder).problems
    text = "\n".join(problems["message"])
    assert_tells_no_value(text, case, before)
    assert not [word for word in case.words if word not in text], text
    if stops:
        assert errors_of(found(problems)) == errors_of(case.expected)
        assert set(case.expected) <= set(found(problems))
        with pytest.raises(DataError) as raised:
            open_dataset(folder)
        assert_tells_no_value(str(raised.value), case, before)
        assert raised.value.__context__ is None
    else:
        assert found(problems) == sorted(case.expected)
        assert_rest_is_as_before(tables_of(open_dataset(folder)), before, case)


@pytest.mark.parametrize("case", HARMLESS.values(), ids=HARMLESS)
def test_a_harmless_difference_changes_nothing(case, damaged, before):
    folder = damaged(case)
    assert open_dataset(folder).problems.empty
    assert_rest_is_as_before(tables_of(open_dataset(folder)), before, case)


def test_sessions_without_routes_and_labels_are_warned_of_because_their_phases_stay_unknown(damaged, before):
    dataset = open_dataset(damaged(Case(both(*(whole_column("sessions", n, "") for n in ("route", "phase_recorded"))))))
    assert found(dataset.problems) == list(warned("sessions", "no phase rule"))
    given = before["sessions"]["status"].isin(["given", "stopped-early"])
    assert dataset.problems["count"].tolist() == [given.sum()]
    assert set(derive(dataset).courses["loading_status"]) == {"unknown"}


def test_start_years_that_are_not_those_of_the_dates_are_warned_of(damaged):
    problems = check_dataset(damaged(Case(cells("patients", "start_year", {4: "1999", 7: "1999"}))))
    assert found(problems) == list(warned("patients", "start_year and dates disagree", "start_year"))
    assert problems["rows"].tolist() == ["4, 7"]
    assert "1999" not in problems["message"][0]


def test_there_are_at_least_sixty_broken_datasets():
    assert len(CASES) >= 60


def test_every_row_of_a_broken_dataset_is_accounted_for(damaged):
    """Rows read are rows used and rows set aside, each under one reason, however many faults they have."""
    case = Case(both(*(ROWS[name].damage for name in ("PHQ-9 of 300", "an unknown instrument", "an empty day"))))
    dataset = open_dataset(damaged(case))
    counts = dataset.rows.set_index("table")
    assert (counts["read"] == counts["used"] + counts["set_aside"]).all()
    assert counts.loc["scores", "set_aside"] == dataset.set_aside["rows"].sum() == 2

"""SQLite: the file cannot be written, stays as it is byte by byte, and its faults are named without its cells."""

import shutil
import sqlite3
import subprocess
from contextlib import closing
from pathlib import Path

import pytest

from analysis.intake.mapping_grammar import Database, SourceFile
from analysis.intake.readers.sql_sqlite import open_sqlite
from analysis.vocabulary.errors import DataError

CLINIC = Database("clinic", "sqlite", path="clinic.db")
VISITS = """
CREATE TABLE visits (id INTEGER PRIMARY KEY, name TEXT, dose REAL, big REAL, mixed);
INSERT INTO visits VALUES
    (2, 'Jane "J", Doe', 40.0, 1e20, 'x'), (1, NULL, 0.1, 12345678.5, 7), (3, '', 0.30, -0.5, 2.5);
CREATE VIEW [Odd "view] AS SELECT id AS [select], name AS [a;b] FROM visits;
"""


def table(name: str = "visits") -> SourceFile:
    return SourceFile("visits", f"clinic: {name}", ",", "", (), {}, (), {}, format="sql", database=CLINIC, table=name)


def fill(folder: Path, script: str = VISITS) -> Path:
    with closing(sqlite3.connect(folder / "clinic.db")) as connection:
        connection.executescript(script)
    return folder / "clinic.db"


def read(folder: Path, name: str = "visits") -> list[tuple]:
    with open_sqlite(folder, CLINIC) as session, session.faults(table(name)):
        columns = list(session.columns(table(name)))
        return [tuple(columns), *(row for portion in session.rows(table(name), columns, 2) for row in portion)]


def everything(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_rows_by_hand(tmp_path):
    fill(tmp_path)
    assert read(tmp_path) == [
        ("id", "name", "dose", "big", "mixed"),
        ("1", None, "0.1", "12345678.5", "7"),
        ("2", 'Jane "J", Doe', "40.0", "1.0e+20", "x"),
        ("3", "", "0.3", "-0.5", "2.5"),
    ]


def test_cells_are_those_of_the_export_of_the_program_itself(tmp_path):
    if shutil.which("sqlite3") is None:
        pytest.skip("the program sqlite3 is not on this machine (Debian: apt-get install sqlite3)")
    path = fill(tmp_path)
    query = "SELECT * FROM visits ORDER BY id"
    command = ["sqlite3", "-readonly", "-separator", "\x1f", "-newline", "\x1e", path, query]
    exported = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    expected = [tuple(row.split("\x1f")) for row in exported.split("\x1e") if row]
    assert [tuple(cell or "" for cell in row) for row in read(tmp_path)[1:]] == expected


def test_the_order_is_that_of_the_key_and_computed_columns_come_too(tmp_path):
    fill(
        tmp_path,
        "CREATE TABLE visits (day, id TEXT, twice AS (day * 2), PRIMARY KEY (id, day)) WITHOUT ROWID;"
        "INSERT INTO visits VALUES (9, 'B'), (1, 'B'), (5, 'A');",
    )
    assert read(tmp_path) == [("day", "id", "twice"), ("5", "A", "10"), ("1", "B", "2"), ("9", "B", "18")]


def test_names_are_quoted(tmp_path):
    fill(tmp_path)
    assert read(tmp_path, 'Odd "view') == [("select", "a;b"), ("1", None), ("2", 'Jane "J", Doe'), ("3", "")]
    assert read(tmp_path, "main.visits") == read(tmp_path)


@pytest.mark.parametrize(
    "name", ['visits"; DROP TABLE visits; --', "(SELECT 1)", "visits, visits", "pragma_database_list", "visits WHERE 1"]
)
def test_a_name_is_a_name_and_no_statement(tmp_path, name):
    fill(tmp_path)
    before = everything(tmp_path)
    with pytest.raises(DataError, match="has no table or view of this name"):
        read(tmp_path, name)
    assert everything(tmp_path) == before


@pytest.mark.parametrize(
    "statement",
    [
        "INSERT INTO visits (id) VALUES (9)",
        "DROP TABLE visits",
        "CREATE TABLE more (id)",
        "PRAGMA query_only = OFF; INSERT INTO visits (id) VALUES (9)",
        "PRAGMA user_version = 7",
        "VACUUM",
    ],
)
@pytest.mark.parametrize("journal", ["delete", "wal"])
def test_the_file_cannot_be_written_even_on_purpose(tmp_path, statement, journal):
    fill(tmp_path, f"PRAGMA journal_mode = {journal};{VISITS}")
    before = everything(tmp_path)
    assert list(before) == ["clinic.db"]
    with open_sqlite(tmp_path, CLINIC) as session:
        *first, last = ["COMMIT", *statement.split(";")]
        for each in first:
            session._connection.execute(each)
        with pytest.raises(sqlite3.Error, match="readonly|query_only|read-only"):
            session._connection.execute(last)
    assert everything(tmp_path) == before


@pytest.mark.parametrize("journal", ["delete", "wal"])
def test_nothing_is_made_beside_the_file(tmp_path, journal):
    fill(tmp_path, f"PRAGMA journal_mode = {journal};{VISITS}")
    before = everything(tmp_path)
    with open_sqlite(tmp_path, CLINIC) as session:
        assert [row for portion in session.rows(table(), ["id"], 1) for row in portion] == [("1",), ("2",), ("3",)]
        assert everything(tmp_path) == before
    assert everything(tmp_path) == before


def test_what_another_program_has_written_to_the_log_is_read_too(tmp_path):
    path = fill(tmp_path, f"PRAGMA journal_mode = wal;{VISITS}")
    with closing(sqlite3.connect(path)) as other:
        other.execute("PRAGMA wal_autocheckpoint = 0")
        with other:
            other.execute("INSERT INTO visits (id) VALUES (4)")
        assert [row[0] for row in read(tmp_path)[1:]] == ["1", "2", "3", "4"]


def test_all_tables_are_those_of_one_moment(tmp_path):
    path = fill(tmp_path, f"PRAGMA journal_mode = wal;{VISITS}")
    with closing(sqlite3.connect(path)) as other:
        with other:
            other.execute("INSERT INTO visits (id) VALUES (4)")
        with open_sqlite(tmp_path, CLINIC) as session:
            first = list(session.rows(table(), ["id"], 10))
            with other:
                other.execute("INSERT INTO visits (id) VALUES (5)")
            assert list(session.rows(table(), ["id"], 10)) == first


def test_a_database_that_another_program_is_writing_to(tmp_path, monkeypatch):
    path = fill(tmp_path)
    connect = sqlite3.connect
    monkeypatch.setattr(sqlite3, "connect", lambda *args, **options: connect(*args, **(options | {"timeout": 0.1})))
    with closing(connect(path, isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        with pytest.raises(DataError) as error:
            read(tmp_path)
    assert str(error.value) == "clinic.db: another program is writing to the database. Close it and try again."


def damaged(folder: Path) -> None:
    rows = ", ".join(f"({number}, 'Jane Doe {number}')" for number in range(20_000))
    path = fill(folder, f"CREATE TABLE visits (id INTEGER PRIMARY KEY, name); INSERT INTO visits VALUES {rows};")
    content = bytearray(path.read_bytes())
    content[len(content) // 3 : len(content) * 2 // 3] = bytes(len(content) * 2 // 3 - len(content) // 3)
    path.write_bytes(content)


def not_utf8(folder: Path) -> None:
    fill(folder, "CREATE TABLE visits (name TEXT); INSERT INTO visits VALUES (CAST(x'4A616E65FF' AS TEXT));")


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (
            damaged,
            "clinic: visits: the database is damaged. Make a copy with the program it belongs to, and import that.",
        ),
        (
            lambda folder: fill(
                folder, "CREATE TABLE held (id); CREATE VIEW visits AS SELECT id FROM held; DROP TABLE held;"
            ),
            "clinic: visits: SQLite cannot read it (SQLITE_ERROR). If it is a view, look at what it is made of.",
        ),
        (not_utf8, "clinic: visits: a cell holds text that is not UTF-8."),
        (
            lambda folder: (folder / "clinic.db").write_text("id,name\n1,Jane Doe\n" * 100),
            "clinic.db: not a SQLite database, or one with a password.",
        ),
        (
            lambda folder: fill(folder, "CREATE TABLE visit (id)"),
            "clinic: visits: clinic.db has no table or view of this name (`files.visits.table`). Did you mean 'visit'?",
        ),
        (
            lambda folder: (folder / "clinic.db").touch(),
            "clinic: visits: clinic.db has no table or view of this name (`files.visits.table`).",
        ),
        (
            lambda folder: (folder / "clinics.db").touch(),
            "clinic.db: there is no such file in FOLDER (`databases.clinic.path`). Did you mean 'clinics.db'?",
        ),
    ],
)
def test_a_fault_is_named_and_no_cell_is_shown(tmp_path, spoil, message):
    spoil(tmp_path)
    with pytest.raises(DataError) as error:
        read(tmp_path)
    assert str(error.value).replace(tmp_path.name, "FOLDER") == message
    assert error.value.__context__ is None or error.value.__suppress_context__


def test_a_path_with_signs_that_mean_something_in_an_address(tmp_path):
    folder = tmp_path / "a?mode=rwc#50%"
    folder.mkdir()
    fill(folder)
    assert len(read(folder)) == 4
    assert [path.name for path in tmp_path.iterdir()] == [folder.name]

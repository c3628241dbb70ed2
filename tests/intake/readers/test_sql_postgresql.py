"""PostgreSQL, a real server: cells as its own export writes them, no way to write, and every fault in plain words."""

import csv
import io
import threading
import time
from pathlib import Path

import psycopg
import pytest
from postgres_server import running_server

from analysis.intake.mapping_grammar import Block, ColumnRule, Database, Mapping, Part, SourceFile
from analysis.intake.readers import sql_postgresql
from analysis.intake.readers.remotes import Remotes
from analysis.intake.readers.sql import read_sql
from analysis.intake.readers.sql_postgresql import open_postgresql
from analysis.vocabulary.errors import CallError, DataError

WAREHOUSE = Database("warehouse", "postgresql", connection_from="WAREHOUSE_URL")
PASSWORD = "sesame-42"  # noqa: S105
EVERY_TYPE = """
CREATE DOMAIN clinic.points AS smallint;
CREATE DOMAIN clinic.reference AS uuid;
CREATE TYPE clinic.arm AS ENUM ('drug', 'placebo');
CREATE TABLE clinic.types (
    id integer PRIMARY KEY, name text, short varchar(9), fixed char(6), at timestamptz, moment timestamp, day date,
    hour time, hour_there timetz, span interval, exact numeric(8,2), any_number numeric, whole bigint, single real,
    double double precision, truth boolean, score clinic.points, key uuid, reference clinic.reference, arm clinic.arm,
    address inet
);
INSERT INTO clinic.types VALUES
    (3, 'Jane "J", Doe', E'a\\nb', 'ab', '2026-01-05 23:30:00-05', '2026-01-05 09:30:00.25', '2026-01-05', '09:30',
     '09:30+02', '1 day 02:00', 40.50, 1e30, 9007199254740993, 0.1, 0.1, true, 7,
     'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11', 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11', 'drug', '10.0.0.1'),
    (1, '', 'ärztlich', NULL, '2026-07-01 00:00:00Z', '2026-01-05', NULL, NULL, NULL, NULL, 0, NULL, -1, 'NaN',
     'Infinity', false, NULL, NULL, NULL, NULL, NULL),
    (2, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL,
     NULL, NULL)
"""


SLOW = "CREATE VIEW clinic.slow AS SELECT number, repeat('Jane Doe', 500) AS name, pg_sleep(0.01)::text AS waited "
SLOW += "FROM generate_series(1, 2000) AS number"


@pytest.fixture(scope="module")
def server():
    with running_server() as running:
        running.run(
            f"CREATE ROLE reader LOGIN PASSWORD '{PASSWORD}'",
            "CREATE SCHEMA clinic",
            *EVERY_TYPE.split(";\n"),
            "CREATE TABLE clinic.odd (id integer, list integer[], raw bytea, made jsonb, page xml, pair clinic.types, "
            "bits bit(3), stretch int4range)",
            "INSERT INTO clinic.odd (id, list) VALUES (1, '{1,2}')",
            "CREATE TABLE clinic.secret (name text)",
            "CREATE TABLE clinic.partly (id integer PRIMARY KEY, mrn text, dose integer)",
            "INSERT INTO clinic.partly VALUES (2, 'Jane Doe', 40), (1, 'John Roe', 35)",
            'CREATE TABLE clinic."Odd ""name" ("select" text, "a%b" text)',
            """INSERT INTO clinic."Odd ""name" VALUES ('x', 'y')""",
            "GRANT USAGE ON SCHEMA clinic TO reader",
            'GRANT SELECT ON clinic.types, clinic.odd, clinic."Odd ""name" TO reader',
            "GRANT SELECT (dose) ON clinic.partly TO reader",
        )
        yield running


@pytest.fixture
def connect(server, monkeypatch):
    """Put a connection into the environment."""

    def put(address: str = "") -> None:
        monkeypatch.setenv("WAREHOUSE_URL", address or server.address("reader"))

    put()
    return put


def table(name: str, **given) -> SourceFile:
    place = {"format": "sql", "database": WAREHOUSE, "table": name}
    return SourceFile("visits", f"warehouse: {name}", ",", "", (), {}, (), **({"drop": {}} | place | given))


def read(folder, name: str, *, used: tuple[str, ...] = (), **given):
    file = table(name, **given)
    block = Block("", "sessions", "visits", (), (Part("", {each: ColumnRule("", source=each) for each in used}, {}),))
    with Remotes(Mapping("map.toml", {}, {}, {"visits": file}, (block,))) as remotes:
        return read_sql(folder, file, remotes)


def test_cells_are_those_of_the_export_of_the_program_itself(tmp_path, server, connect):
    """psql's own CSV, in the order of the key; blanks around cells are cut off everywhere."""
    header, *exported = csv.reader(io.StringIO(server.csv_export("clinic.types", user="reader")))
    found = read(tmp_path, "clinic.types")
    expected = sorted(([cell.strip() for cell in row] for row in exported), key=lambda row: int(row[0]))
    assert list(found.rows.columns) == header
    assert found.rows.to_numpy().tolist() == expected
    assert found.refused == {}
    assert list(found.rows.index) == [2, 3, 4]


def test_cells_by_hand(tmp_path, connect):
    row = read(tmp_path, "clinic.types").rows.loc[4]
    assert row["name"] == 'Jane "J", Doe'
    assert row["at"] == "2026-01-05 23:30:00-05"
    assert row["moment"] == "2026-01-05 09:30:00.25"
    assert row[["exact", "single", "double", "whole", "truth", "score", "fixed"]].tolist() == [
        *("40.50", "0.1", "0.1", "9007199254740993", "t", "7", "ab")
    ]
    assert set(read(tmp_path, "clinic.types").rows.loc[3].drop("id")) == {""}


def test_the_time_zone_is_that_of_the_mapping(tmp_path, connect):
    assert read(tmp_path, "clinic.types", timezone="Europe/Berlin").rows["at"].tolist() == [
        *("2026-07-01 02:00:00+02", ""),
        "2026-01-06 05:30:00+01",
    ]


def test_the_server_s_own_way_of_writing_dates_makes_no_difference(tmp_path, server, connect):
    server.run("ALTER ROLE reader SET datestyle = 'German'")
    try:
        assert read(tmp_path, "clinic.types").rows["day"].tolist() == ["", "", "2026-01-05"]
    finally:
        server.run("ALTER ROLE reader RESET datestyle")


def test_lists_structures_and_bytes_are_refused(tmp_path, connect):
    found = read(tmp_path, "clinic.odd")
    assert found.refused == dict.fromkeys(
        ("list", "raw", "made", "page", "pair", "bits", "stretch"), "holds lists, structures or bytes"
    )
    assert found.rows.to_dict("list") == {"id": ["1"]}


def test_columns_that_the_user_may_not_read_are_refused_and_not_asked_for(tmp_path, connect):
    found = read(tmp_path, "clinic.partly", used=("dose",))
    assert found.refused == dict.fromkeys(("id", "mrn"), "the user of the database may not read it")
    assert sorted(found.rows["dose"]) == ["35", "40"]


def test_a_dropped_column_is_not_asked_for(tmp_path, server, connect):
    """The server notes every statement it gets."""
    server.run("ALTER SYSTEM SET log_statement = 'all'", "SELECT pg_reload_conf()")
    time.sleep(0.2)
    found = read(tmp_path, "clinic.types", drop={"name": "name", "short": "free text"}, used=("short",))
    server.run("ALTER SYSTEM RESET log_statement", "SELECT pg_reload_conf()")
    asked = [line for line in (server.folder / "log").read_text().splitlines() if "COPY (SELECT" in line][-1]
    assert '"short"' in asked
    assert '"name"' not in asked
    assert found.refused == {"name": "name"}


def test_names_are_quoted(tmp_path, connect):
    assert read(tmp_path, 'clinic.Odd "name').rows.to_dict("list") == {"select": ["x"], "a%b": ["y"]}


@pytest.mark.parametrize(
    "name",
    [
        "types; DROP TABLE clinic.types",
        'clinic.types"; DROP SCHEMA clinic CASCADE; --',
        "(SELECT 1)",
        "%s",
        "pg_sleep(9)",
    ],
)
def test_a_name_is_a_name_and_no_statement(tmp_path, server, connect, name):
    connect(server.address())
    with pytest.raises(DataError, match="the database has no table or view of this name"):
        read(tmp_path, name)
    assert len(read(tmp_path, "clinic.types").rows) == 3


@pytest.mark.parametrize(
    "statements",
    [
        ["INSERT INTO clinic.secret VALUES ('x')"],
        ["CREATE TABLE clinic.more (id integer)"],
        ["DROP TABLE clinic.types"],
        ["SET TRANSACTION READ WRITE"],
        ["SET transaction_read_only = off"],
        ["SET default_transaction_read_only = off", "INSERT INTO clinic.secret VALUES ('x')"],
        ["COPY clinic.secret FROM PROGRAM 'echo x'"],
    ],
)
def test_even_the_server_s_master_cannot_write(tmp_path, server, connect, statements):
    connect(server.address())
    with open_postgresql(tmp_path, WAREHOUSE) as session:
        session.columns(table("clinic.types"))
        for statement in statements[:-1]:
            session._connection.execute(statement)
        with pytest.raises((psycopg.errors.ReadOnlySqlTransaction, psycopg.errors.ActiveSqlTransaction)):
            session._connection.execute(statements[-1])
    with psycopg.connect(server.address()) as connection:
        assert connection.execute("SELECT count(*) FROM clinic.secret").fetchone() == (0,)


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ("INSERT INTO clinic.secret VALUES ('x')", "reading this view would change the database; it was stopped."),
        ("PERFORM nextval('clinic.counter')", "reading this view would change the database; it was stopped."),
        (
            "SET LOCAL transaction_read_only = off; INSERT INTO clinic.secret VALUES ('x')",
            "the server could not read the table (SQLSTATE 25001). Try again, or ask who looks after the server.",
        ),
        (
            "RAISE EXCEPTION 'Jane Doe'",
            "the server could not read the table (SQLSTATE P0001). Try again, or ask who looks after the server.",
        ),
    ],
)
def test_a_view_that_does_more_than_show(tmp_path, server, connect, body, message):
    connect(server.address())
    server.run(
        "CREATE SEQUENCE clinic.counter",
        f"CREATE FUNCTION clinic.act() RETURNS integer LANGUAGE plpgsql AS $$ BEGIN {body}; RETURN 1; END $$",
        "CREATE VIEW clinic.trap AS SELECT clinic.act() AS id FROM generate_series(1, 3)",
    )
    try:
        with pytest.raises(DataError) as error:
            read(tmp_path, "clinic.trap")
        assert str(error.value) == f"warehouse: clinic.trap: {message}"
        assert error.value.__suppress_context__
        with psycopg.connect(server.address()) as connection:
            assert connection.execute("SELECT count(*) FROM clinic.secret").fetchone() == (0,)
    finally:
        server.run("DROP VIEW clinic.trap", "DROP FUNCTION clinic.act", "DROP SEQUENCE clinic.counter")


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("clinic.secret", "the user may not read this table. Ask for the right to SELECT."),
        (
            "clinic.type",
            "the database has no table or view of this name (`files.visits.table`). Did you mean 'clinic.types'?",
        ),
        (
            "clinics.types",
            "the database has no table or view of this name (`files.visits.table`). Did you mean 'clinic.types'?",
        ),
        ("nowhere", "the database has no table or view of this name (`files.visits.table`)."),
    ],
)
def test_a_table_that_cannot_be_read(tmp_path, connect, name, message):
    with pytest.raises(DataError) as error:
        read(tmp_path, name)
    assert str(error.value) == f"warehouse: {name}: {message}"


@pytest.mark.parametrize(
    ("address", "message"),
    [
        ("postgresql://reader:wrong@127.0.0.1:PORT/postgres", "the server does not accept the password"),
        ("postgresql://stranger:sesame-42@127.0.0.1:PORT/postgres", "the server does not accept the password"),
        ("postgresql://reader@127.0.0.1:PORT/postgres", "the server does not accept the password"),
        ("postgresql://stranger@/postgres?host=FOLDER&port=PORT", "the server does not know the user"),
        (
            "postgresql://reader@/password?host=FOLDER&port=PORT",
            "the server has no such database, or the user may not connect to it",
        ),
        ("postgresql://reader:sesame-42@127.0.0.1:1/postgres", "no PostgreSQL server answers there"),
        ("postgresql://reader@/postgres?host=FOLDER&port=1", "no PostgreSQL server answers there"),
        ("postgresql://reader:sesame-42@no.such.host.invalid/x", "there is no computer of this name in the network"),
        (
            "postgresql://reader:sesame-42@127.0.0.1:PORT/postgres?sslmode=require",
            "the encrypted connection cannot be made",
        ),
    ],
)
def test_a_connection_that_fails(server, connect, address, message, caplog):
    caplog.set_level("DEBUG")
    connect(address.replace("PORT", str(server.port)).replace("FOLDER", str(server.folder)))
    with pytest.raises(DataError) as error:
        read(Path(), "clinic.types")
    assert str(error.value) == f"warehouse: {message}. See what WAREHOUSE_URL holds."
    assert error.value.__suppress_context__
    assert PASSWORD not in caplog.text


def test_the_password_opens(tmp_path, server, connect):
    connect(server.remote_address("reader", PASSWORD))
    assert len(read(tmp_path, "clinic.types").rows) == 3


@pytest.mark.parametrize(
    ("held", "message"),
    [
        ("", "the environment variable WAREHOUSE_URL is not set. Put the connection into it, such as"),
        (
            "reader:sesame-42@db.example.org",
            "what the environment variable WAREHOUSE_URL holds is not a connection, such as",
        ),
        ("postgresql://reader:%ZZ@db/x", "what the environment variable WAREHOUSE_URL holds is not a connection"),
    ],
)
def test_an_environment_without_a_connection(tmp_path, monkeypatch, held, message):
    monkeypatch.setenv("WAREHOUSE_URL", held)
    with pytest.raises(CallError) as error:
        read(tmp_path, "clinic.types")
    assert str(error.value).startswith(f"`databases.warehouse.connection_from`: {message}")
    assert "sesame" not in str(error.value)


@pytest.mark.parametrize(
    ("held", "mode"),
    [
        ("postgresql://reader@db.example.org/x", "require"),
        ("host=/tmp,db.example.org user=reader", "require"),
        ("postgresql://reader@db.example.org/x?sslmode=verify-full", "verify-full"),
        ("postgresql://reader@localhost/x", None),
        ("postgresql://reader@/x?host=/run/postgresql", None),
        ("service=clinic", None),
    ],
)
def test_another_computer_is_spoken_to_in_encrypted_form(monkeypatch, held, mode):
    monkeypatch.setenv("WAREHOUSE_URL", held)
    monkeypatch.delenv("PGSSLMODE", raising=False)
    assert sql_postgresql._settings(WAREHOUSE).get("sslmode") == mode


def test_a_reading_that_the_server_finds_too_long(tmp_path, server, connect):
    server.run("ALTER ROLE reader SET statement_timeout = 200", SLOW, "GRANT SELECT ON clinic.slow TO reader")
    try:
        with pytest.raises(DataError) as error:
            read(tmp_path, "clinic.slow")
        assert (
            str(error.value)
            == "warehouse: clinic.slow: the server stopped the reading, which took too long or was cancelled."
        )
    finally:
        server.run("ALTER ROLE reader RESET statement_timeout", "DROP VIEW clinic.slow")


@pytest.mark.parametrize("how", ["an administrator ends the session", "a power cut"])
def test_a_server_that_goes_while_it_is_read(tmp_path, monkeypatch, how):
    with running_server() as own:
        own.run("CREATE SCHEMA clinic", SLOW)
        monkeypatch.setenv("WAREHOUSE_URL", own.address())

        def end() -> None:
            if how == "a power cut":
                own.stop()
            else:
                others = "pg_stat_activity WHERE application_name = 'ketamine-outcomes'"
                own.run(f"SELECT pg_terminate_backend(pid) FROM {others}")

        timer = threading.Timer(0.7, end)
        timer.start()
        with pytest.raises(DataError) as error:
            read(tmp_path, "clinic.slow")
        timer.join()
    said = str(error.value)
    assert said.startswith("warehouse: clinic.slow: the server closed the connection")
    assert said.endswith("Try again, or ask who looks after the server.")
    assert "Jane" not in said


def test_a_cell_that_is_not_utf8(tmp_path, server, connect):
    server.run("CREATE DATABASE old ENCODING 'SQL_ASCII' TEMPLATE template0 LC_COLLATE 'C' LC_CTYPE 'C'")
    with psycopg.connect(server.address(database="old"), autocommit=True) as connection:
        connection.execute("CREATE TABLE visits (name text)")
        connection.execute(rb"INSERT INTO visits VALUES (E'Jane\xff')")
    connect(server.address(database="old"))
    with pytest.raises(DataError) as error:
        read(tmp_path, "visits")
    assert str(error.value) == "warehouse: visits: a cell holds text that is not UTF-8."

"""Servers and databases of a mapping: their places are named, what opens them never is."""

import pytest

from analysis.intake.mapping_files import read_source_file
from analysis.intake.mapping_grammar import Database
from analysis.intake.mapping_remotes import read_databases
from analysis.intake.toml_tables import TomlTable
from analysis.vocabulary.errors import CallError

HEXADECIMALS = "A1B2C3D4E5F60718293A4B5C6D7E8F90"
DATABASES = {
    "warehouse": Database("warehouse", "postgresql", connection_from="WAREHOUSE_URL"),
    "clinic": Database("clinic", "sqlite", path="clinic.db"),
}


def read(**keys):
    keys = {"format": "redcap-api", "url": "https://redcap.example.org/api/", "token_from": "REDCAP_TOKEN"} | keys
    return read_source_file("visits", TomlTable({k: v for k, v in keys.items() if v is not None}, "files.visits"))


def read_table(**keys):
    keys = {"format": "sql", "database": "warehouse", "table": "clinic.visits"} | keys
    return read_source_file("visits", TomlTable(keys, "files.visits"), DATABASES)


def test_a_project_on_its_server():
    file = read(rows="phq9", keep=["visit_date"])
    assert (file.url, file.token_from, file.rows, file.keep) == (
        *("https://redcap.example.org/api/", "REDCAP_TOKEN", "phq9"),
        ("visit_date",),
    )
    assert file.path == "redcap.example.org (REDCAP_TOKEN)"


@pytest.mark.parametrize(
    ("given", "url"),
    [
        ("https://redcap.example.org/redcap/api", "https://redcap.example.org/redcap/api/"),
        ("http://localhost:8080/api/", "http://localhost:8080/api/"),
        ("http://127.0.0.1/api/", "http://127.0.0.1/api/"),
        ("http://[::1]:80/api/", "http://[::1]:80/api/"),
    ],
)
def test_addresses_that_are_taken(given, url):
    assert read(url=given).url == url


@pytest.mark.parametrize(
    ("keys", "message"),
    [
        ({"url": None}, "`files.visits.url` is missing."),
        ({"token_from": None}, "`files.visits.token_from` is missing."),
        ({"path": "data.csv"}, '`files.visits.path`: the format "redcap-api" reads no file; leave the path out.'),
        ({"dictionary": "d.csv"}, '`files.visits.dictionary` is for the format "redcap", and redcap.example.org'),
        ({"url": "http://redcap.example.org/api/"}, "`files.visits.url` must begin with https://"),
        ({"url": "http://localhost.example.org/api/"}, "`files.visits.url` must begin with https://"),
        ({"url": "ftp://localhost/api/"}, "`files.visits.url` must begin with https://"),
        ({"url": "https://redcap.example.org/"}, "`files.visits.url` must be the address of REDCap's API, which ends"),
        ({"url": "redcap.example.org/api/"}, "`files.visits.url` must be an address and nothing else, such as"),
        (
            {"url": f"https://me:{HEXADECIMALS}@redcap.example.org/api/"},
            "`files.visits.url` must be an address and nothing",
        ),
        (
            {"url": f"https://redcap.example.org/api/?token={HEXADECIMALS}"},
            "`files.visits.url` must be an address and nothing",
        ),
        ({"url": "https://redcap.example.org:port/api/"}, "`files.visits.url` must be an address and nothing else"),
        ({"token_from": HEXADECIMALS}, "`files.visits.token_from` must be the name of an environment variable"),
        ({"token_from": HEXADECIMALS.lower()}, "`files.visits.token_from` must be the name of an environment variable"),
        ({"token_from": "my token"}, "`files.visits.token_from` must be the name of an environment variable"),
        ({"token": HEXADECIMALS}, "`files.visits.token`: what is secret never belongs in a mapping."),
        ({"password": HEXADECIMALS}, "`files.visits.password`: what is secret never belongs in a mapping."),
    ],
)
def test_a_mistake_about_a_server_is_named_and_no_secret_shown(keys, message):
    with pytest.raises(CallError) as error:
        read(**keys)
    assert str(error.value).startswith(message)
    assert HEXADECIMALS not in str(error.value).upper()


def test_databases():
    table = {
        "warehouse": {"kind": "postgresql", "connection_from": "WAREHOUSE_URL"},
        "clinic": {"kind": "sqlite", "path": "clinic.db"},
    }
    assert read_databases(TomlTable(table, "databases")) == DATABASES


def test_a_table_of_a_database():
    file = read_table(timezone="America/New_York")
    assert (file.database, file.table, file.timezone) == (DATABASES["warehouse"], "clinic.visits", "America/New_York")
    assert file.path == "warehouse: clinic.visits"
    assert read_table(database="clinic", table="Visits 2026").table == "Visits 2026"


@pytest.mark.parametrize(
    ("keys", "message"),
    [
        ({}, "`databases.warehouse.kind` is missing."),
        ({"kind": "oracle"}, '`databases.warehouse.kind` must be "postgresql" or "sqlite".'),
        ({"kind": "postgresql"}, "`databases.warehouse.connection_from` is missing."),
        ({"kind": "postgresql", "path": "clinic.db"}, "unknown key `databases.warehouse.path`."),
        ({"kind": "sqlite"}, "`databases.warehouse.path` is missing."),
        ({"kind": "sqlite", "path": "../clinic.db"}, "`databases.warehouse.path` must lie inside the folder"),
        (
            {"kind": "sqlite", "path": "a.db", "connection_from": "A"},
            "unknown key `databases.warehouse.connection_from`.",
        ),
        (
            {"kind": "postgresql", "connection_from": f"postgresql://reader:{HEXADECIMALS}@db/clinic"},
            "`databases.warehouse.connection_from` must be the name of an environment variable",
        ),
        (
            {"kind": "postgresql", "connection_from": "A", "password": HEXADECIMALS},
            "`databases.warehouse.password`: what is secret never belongs in a mapping.",
        ),
        (
            {"kind": "postgresql", "connection": f"postgresql://reader:{HEXADECIMALS}@db/clinic"},
            "`databases.warehouse.connection`: what is secret never belongs in a mapping.",
        ),
    ],
)
def test_a_mistake_about_a_database_is_named_and_no_secret_shown(keys, message):
    with pytest.raises(CallError) as error:
        read_databases(TomlTable({"warehouse": keys}, "databases"))
    assert str(error.value).startswith(message)
    assert HEXADECIMALS not in str(error.value)


@pytest.mark.parametrize(
    ("keys", "message"),
    [
        (
            {"database": "warehous"},
            "`files.visits.database` names none of the `databases` of the mapping. Did you mean 'warehouse'?",
        ),
        ({"table": "a.b.c"}, "`files.visits.table` must be the name of a table or view"),
        ({"table": "clinic."}, "`files.visits.table` must be the name of a table or view"),
        ({"path": "visits.csv"}, '`files.visits.path`: the format "sql" reads no file; leave the path out.'),
        ({"query": "SELECT 1"}, "unknown key `files.visits.query`."),
        ({"database": "clinic", "timezone": "UTC"}, "`files.visits.timezone` is for PostgreSQL; SQLite keeps times"),
        ({"delimiter": ";"}, '`files.visits.delimiter` is for the format "text"'),
    ],
)
def test_a_mistake_about_a_table_is_named(keys, message):
    with pytest.raises(CallError) as error:
        read_table(**keys)
    assert str(error.value).startswith(message)

"""The demo as tables of a data warehouse: out of PostgreSQL and out of SQLite it comes back as it was."""

import shutil
from pathlib import Path

import pytest
from postgres_server import running_server
from redcap_writer import read_tables
from warehouse_writer import TABLES, fill_postgresql, fill_sqlite, instants_in, warehouse_rows

from analysis.intake.mapping import import_folder
from analysis.vocabulary.errors import DataError

MAPPING = Path(__file__).resolve().parents[2] / "data" / "mappings" / "warehouse.toml"
PLANTED = ("Evangeline", "Bartholomew", "Jocasta", "Hildegard", "Beacon", "617-555", "latex", "PNG")
WHOLE = pytest.param(None, marks=pytest.mark.full, id="all patients")


@pytest.fixture(scope="module")
def server():
    with running_server() as running:
        running.run("CREATE ROLE reader LOGIN PASSWORD 'sesame-42'")
        yield running


@pytest.fixture
def warehouse(server, demo_folder, monkeypatch):
    """Forty patients of the demo in the schema clinic, for a user that may only read."""

    def fill(patients: int | None = 40) -> None:
        fill_postgresql(server.address(), demo_folder, patients=patients)
        server.run("GRANT USAGE ON SCHEMA clinic TO reader", "GRANT SELECT ON ALL TABLES IN SCHEMA clinic TO reader")
        monkeypatch.setenv("WAREHOUSE_URL", server.address("reader"))

    yield fill
    server.run("DROP SCHEMA IF EXISTS clinic CASCADE")


def write_mapping(place: Path, *changes: tuple[str, str]) -> Path:
    text = MAPPING.read_text(encoding="utf-8")
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    place.joinpath("map.toml").write_text(text, encoding="utf-8")
    place.joinpath("source").mkdir(exist_ok=True)
    return place / "map.toml"


def everything_written(out: Path) -> str:
    return "\n".join(path.read_text(encoding="utf-8") for path in out.iterdir())


@pytest.mark.parametrize("patients", [40, WHOLE])
def test_postgresql(tmp_path, demo_folder, warehouse, patients):
    warehouse(patients)
    account = import_folder(tmp_path, mapping=MAPPING, out=tmp_path.parent / f"{tmp_path.name}-out")
    out = tmp_path.parent / f"{tmp_path.name}-out"
    assert read_tables(out) == read_tables(demo_folder, patients)
    assert out.joinpath("dataset.toml").read_text() == demo_folder.joinpath("dataset.toml").read_text()
    said = everything_written(out) + str(account)
    assert not [word for word in (*PLANTED, "sesame") if word in said]
    assert account.files["read"].tolist() == [
        len(list(warehouse_rows(demo_folder, name, patients)))
        for name in ("site", "patient", "infusion", "assessment", "adverse_event", "care_event", "referral")
    ]
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("patients", [40, WHOLE])
def test_sqlite(tmp_path, demo_folder, patients):
    mapping = write_mapping(
        tmp_path,
        ('kind = "postgresql"\nconnection_from = "WAREHOUSE_URL" ', 'kind = "sqlite"\npath = "clinic.db" '),
        ('table = "clinic.', 'table = "'),
        ('timezone = "America/Denver"\n', ""),
    )
    fill_sqlite(tmp_path / "source" / "clinic.db", demo_folder, patients=patients)
    before = (tmp_path / "source" / "clinic.db").read_bytes()
    account = import_folder(tmp_path / "source", mapping=mapping, out=tmp_path / "dataset")
    assert read_tables(tmp_path / "dataset") == read_tables(demo_folder, patients)
    assert not [word for word in PLANTED if word in everything_written(tmp_path / "dataset") + str(account)]
    assert {path.name: path.read_bytes() for path in (tmp_path / "source").iterdir()} == {"clinic.db": before}


def test_tables_and_their_exports_are_the_same_to_a_mapping(tmp_path, server, demo_folder, warehouse):
    """The exports are made by PostgreSQL's own program; only the place of the tables changes in the mapping."""
    warehouse()
    changes = []
    for name in TABLES:
        changes.append((f'format = "sql"\ndatabase = "warehouse"\ntable = "clinic.{name}"\n', f'path = "{name}.csv"\n'))
    mapping = write_mapping(
        tmp_path,
        *changes,
        ('[databases.warehouse]\nkind = "postgresql"\nconnection_from = "WAREHOUSE_URL" ', ""),
        ('timezone = "America/Denver"\n', ""),
        ('full_name = "name"\n', 'full_name = "name"\nportrait = "picture"\n'),
    )
    server.run("ALTER ROLE postgres SET timezone = 'America/Denver'")
    for name in TABLES:
        (tmp_path / "source" / f"{name}.csv").write_text(server.csv_export(f"clinic.{name}"), encoding="utf-8")
    import_folder(tmp_path / "source", mapping=mapping, out=tmp_path / "from exports")
    shutil.rmtree(tmp_path / "source")
    import_folder(tmp_path, mapping=MAPPING, out=tmp_path.parent / f"{tmp_path.name}-tables")
    tables = tmp_path.parent / f"{tmp_path.name}-tables"
    assert everything_written(tmp_path / "from exports") == everything_written(tables)


def test_an_instant_falls_on_the_day_of_the_time_zone(tmp_path, demo_folder, warehouse):
    """Without one, on that of the server: in New York the late sessions of Denver are on the next day."""
    warehouse()
    mapping = write_mapping(tmp_path, ('timezone = "America/Denver"\n', ""))
    import_folder(tmp_path / "source", mapping=mapping, out=tmp_path / "dataset")
    days = [row["date"] for row in read_tables(tmp_path / "dataset")["sessions"]]
    assert days == instants_in("America/New_York", demo_folder, 40)
    assert days != [row["date"] for row in read_tables(demo_folder, 40)["sessions"]]


def test_all_tables_are_those_of_one_moment(tmp_path, server, warehouse, monkeypatch):
    """A patient who comes in while the import runs is in none of its tables."""
    from analysis.intake.readers import sql_postgresql

    warehouse()
    read = sql_postgresql.PostgresqlSession.columns

    def columns(session, file):
        found = read(session, file)
        if file.name == "people":
            server.run(
                "INSERT INTO clinic.patient (patient_id, site_id) VALUES ('LATE', 1)",
                "INSERT INTO clinic.infusion (infusion_id, patient_id, started_at, drug, route, site_id) "
                "VALUES (999999, 'LATE', now(), 'ketamine', 'iv', 1)",
            )
        return found

    monkeypatch.setattr(sql_postgresql.PostgresqlSession, "columns", columns)
    import_folder(tmp_path, mapping=MAPPING, out=tmp_path.parent / f"{tmp_path.name}-out")
    tables = read_tables(tmp_path.parent / f"{tmp_path.name}-out")
    assert not [row for name in ("patients", "sessions") for row in tables[name] if row["patient_id"] == "LATE"]


def test_an_import_that_cannot_read_leaves_what_was_there(tmp_path, server, warehouse, monkeypatch):
    warehouse()
    out = tmp_path.parent / f"{tmp_path.name}-out"
    import_folder(tmp_path, mapping=MAPPING, out=out)
    before = everything_written(out)
    server.run("REVOKE SELECT ON clinic.referral FROM reader")
    with pytest.raises(DataError) as error:
        import_folder(tmp_path, mapping=MAPPING, out=out, force=True)
    assert str(error.value) == (
        "warehouse: clinic.referral: the user may not read this table. Ask for the right to SELECT."
    )
    assert everything_written(out) == before

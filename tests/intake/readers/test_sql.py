"""A table becomes text cells with row numbers; what the mapping drops and what is no text never comes along."""

import sqlite3
from pathlib import Path

import pandas as pd
import pytest

from analysis.intake.mapping_grammar import Block, ColumnRule, Database, Mapping, Part, SourceFile
from analysis.intake.readers import sql
from analysis.intake.readers.remotes import Remotes
from analysis.intake.readers.sql import read_sql
from analysis.vocabulary.errors import DataError


def database(folder: Path, *statements: str) -> Path:
    connection = sqlite3.connect(folder / "clinic.db")
    with connection:
        for statement in statements:
            connection.execute(statement)
    connection.close()
    return folder / "clinic.db"


def read(folder: Path, table: str = "visits", *, used: tuple[str, ...] = (), drop: dict[str, str] | None = None):
    where = Database("clinic", "sqlite", path="clinic.db")
    file = SourceFile(
        "visits", f"clinic: {table}", ",", "", (), {}, (), drop or {}, format="sql", database=where, table=table
    )
    columns = {column: ColumnRule("", source=column) for column in used}
    block = Block("", "sessions", "visits", (), (Part("", columns, {}),))
    with Remotes(Mapping("map.toml", {}, {}, {"visits": file}, (block,))) as remotes:
        return read_sql(folder, file, remotes)


def test_cells_are_texts_in_the_order_of_the_primary_key(tmp_path):
    database(
        tmp_path,
        "CREATE TABLE visits (number INTEGER PRIMARY KEY, name TEXT, dose REAL, seen TEXT)",
        "INSERT INTO visits VALUES (3, ' Jo ', 40.0, '2026-01-05'), (1, NULL, 0.1, ''), (2, 'A, \"B\"', NULL, 'x')",
    )
    expected = pd.DataFrame(
        {
            "number": ["1", "2", "3"],
            "name": ["", 'A, "B"', "Jo"],
            "dose": ["0.1", "", "40.0"],
            "seen": ["", "x", "2026-01-05"],
        },
        index=[2, 3, 4],
        dtype="str",
    )
    pd.testing.assert_frame_equal(read(tmp_path).rows, expected)


def test_a_dropped_column_is_not_read(tmp_path):
    """Its cells cannot be seen: the view would stop the reading if it were asked for them."""
    database(
        tmp_path,
        "CREATE TABLE held (id, dose, name)",
        "INSERT INTO held VALUES (1, 40, 'no JSON')",
        "CREATE VIEW visits AS SELECT id, dose, json_extract(name, '$') AS name FROM held",
    )
    table = read(tmp_path, drop={"name": "name"})
    assert table.refused == {"name": "name"}
    assert table.rows.to_dict("list") == {"id": ["1"], "dose": ["40"]}
    with pytest.raises(DataError):
        read(tmp_path)


def test_a_column_that_is_dropped_and_used_is_read_and_left_to_the_check_of_the_columns(tmp_path):
    database(tmp_path, "CREATE TABLE visits (id, dose)", "INSERT INTO visits VALUES (1, 40)")
    table = read(tmp_path, used=("dose",), drop={"dose": "why not"})
    assert list(table.rows.columns) == ["id", "dose"]
    assert table.refused == {}


def test_bytes_are_refused_wherever_they_stand(tmp_path, monkeypatch):
    monkeypatch.setattr(sql, "ROWS_AT_ONCE", 2)
    database(
        tmp_path,
        "CREATE TABLE visits (id INTEGER PRIMARY KEY, mixed, picture BLOB)",
        "INSERT INTO visits VALUES (1, 'text', NULL), (2, 5, NULL), (3, x'00FF', NULL), (4, 'text', x'89')",
    )
    table = read(tmp_path)
    assert table.refused == {
        "mixed": "holds lists, structures or bytes",
        "picture": "holds lists, structures or bytes",
    }
    assert table.rows["id"].tolist() == ["1", "2", "3", "4"]
    assert table.rows.index.tolist() == [2, 3, 4, 5]


@pytest.mark.parametrize("size", [1, 2, 3, 100])
def test_portions_make_no_difference(tmp_path, monkeypatch, size):
    monkeypatch.setattr(sql, "ROWS_AT_ONCE", size)
    rows = ", ".join(f"({number}, 'v{number}')" for number in range(7))
    database(tmp_path, "CREATE TABLE visits (id INTEGER PRIMARY KEY, cell)", f"INSERT INTO visits VALUES {rows}")
    table = read(tmp_path).rows
    assert table["cell"].tolist() == [f"v{number}" for number in range(7)]
    assert table.index.tolist() == list(range(2, 9))


def test_a_table_without_rows_has_its_columns(tmp_path):
    database(tmp_path, "CREATE TABLE visits (id, dose)")
    table = read(tmp_path)
    assert list(table.rows.columns) == ["id", "dose"]
    assert len(table.rows) == 0


def test_a_table_of_which_every_column_is_dropped(tmp_path):
    database(tmp_path, "CREATE TABLE visits (id)", "INSERT INTO visits VALUES (1)")
    assert read(tmp_path, drop={"id": "not used"}).refused == {"id": "not used"}


def test_columns_that_share_their_names(tmp_path):
    database(tmp_path, 'CREATE TABLE visits ("dose", "dose ")')
    with pytest.raises(
        DataError, match="clinic: visits: columns 1, 2 share their names in the header row; rename them"
    ):
        read(tmp_path)

"""A file in chunks has the cells, the row numbers and the empty lines of the file held as a whole."""

from pathlib import Path

import duckdb
import pandas as pd
import pytest

from analysis.intake import source_chunks
from analysis.intake.mapping_grammar import Mapping
from analysis.intake.mapping_reading import read_mapping
from analysis.intake.source_chunks import columns_used, open_chunked_files, open_joined_files
from analysis.intake.sources import EMPTY_LINE, read_sources
from analysis.vocabulary.errors import DataError

MAP = """
dataset = { name = "Trial", basis = "synthetic", data_cut = "2026" }
[files.visits]
path = "visits.csv"
missing = ["n/a"]
drop.note = "free text"
join.people = { on = "id", to = "key" }
[files.people]
path = "people.csv"
[tables.patients]
from = "visits"
columns = { patient_id = "id", sex = "people.sex" }
"""
VISITS = 'id, on ,note\n a ,n/a,"line\nbreak"\n\nb,2025-01-03,\n,,only this\na,2025-01-04, \n , ,\n'


@pytest.fixture
def mapping(tmp_path) -> Mapping:
    tmp_path.joinpath("map.toml").write_text(MAP)
    tmp_path.joinpath("visits.csv").write_text(VISITS)
    tmp_path.joinpath("people.csv").write_text("key,sex\na,male\nb,female\n")
    return read_mapping(tmp_path / "map.toml")


@pytest.fixture
def use_on(mapping, tmp_path) -> Mapping:
    tmp_path.joinpath("map.toml").write_text(MAP.replace("drop.note", 'drop.on = "not used"\ndrop.note'))
    return read_mapping(tmp_path / "map.toml")


@pytest.mark.parametrize("size", [2, 3, 100])
def test_cells_rows_and_empty_lines(tmp_path, monkeypatch, use_on, size):
    monkeypatch.setattr(source_chunks, "CHUNK_ROWS", size)
    chunks = list(open_chunked_files(tmp_path, use_on)["visits"].chunks())
    rows, left_out = pd.concat(each.rows.astype("str") for each in chunks), pd.concat(each.left_out for each in chunks)
    assert rows.fillna("-").to_dict("index") == {
        2: {"id": "a", "on": "-", "note": "line\nbreak"},
        3: {"id": "-", "on": "-", "note": "-"},
        4: {"id": "b", "on": "2025-01-03", "note": "-"},
        5: {"id": "-", "on": "-", "note": "only this"},
        6: {"id": "a", "on": "2025-01-04", "note": "-"},
        7: {"id": "-", "on": "-", "note": "-"},
    }
    assert left_out.dropna().to_dict() == {3: EMPTY_LINE, 7: EMPTY_LINE}
    whole = read_sources(tmp_path, read_mapping(_without_join(tmp_path)))["visits"]
    assert rows.equals(whole.rows)
    assert left_out.dropna().to_dict() == whole.left_out.dropna().to_dict()


def _without_join(folder: Path) -> Path:
    text = MAP.replace("drop.note", 'drop.on = "not used"\ndrop.note').replace("people.sex", "note")
    text = text.replace('drop.note = "free text"\n', "").replace('join.people = { on = "id", to = "key" }\n', "")
    text = text.replace('path = "people.csv"\n', 'path = "people.csv"\ndrop = { key = "not used", sex = "not used" }\n')
    folder.joinpath("whole.toml").write_text(text)
    return folder / "whole.toml"


def test_some_columns(tmp_path, use_on):
    opened = open_chunked_files(tmp_path, use_on)
    needed = columns_used(use_on.files["visits"], {"people.sex"}, opened)
    assert needed == ["id"]
    (chunk,) = opened["visits"].chunks(needed)
    assert list(chunk.rows) == ["id"]


def test_a_joined_file_has_the_columns_that_are_asked_for(tmp_path, monkeypatch, use_on):
    monkeypatch.setattr(source_chunks, "CHUNK_ROWS", 2)
    joined = open_joined_files(use_on, open_chunked_files(tmp_path, use_on))
    places = joined["visits"]["people"].places_of(pd.Series(["b", None, "c", "a"], dtype="str"))
    assert places.tolist() == [1, -1, -1, 0]
    assert joined["visits"]["people"].row_numbers(places).tolist() == [3, 0, 0, 2]
    assert joined["people"] == {}


def test_a_column_that_nobody_mentions_is_an_error_at_once(tmp_path, mapping):
    with pytest.raises(DataError, match=r"passes over columns \(visits\.csv: on\)"):
        open_chunked_files(tmp_path, mapping)


def test_parquet_in_chunks(tmp_path, monkeypatch, use_on):
    monkeypatch.setattr(source_chunks, "CHUNK_ROWS", 2)
    with duckdb.connect() as con:
        con.execute(f"COPY (SELECT 'p' || range AS key, 'male' AS sex FROM range(5000)) TO '{tmp_path}/p.parquet'")
    text = (tmp_path / "map.toml").read_text().replace("people.csv", "p.parquet")
    tmp_path.joinpath("map.toml").write_text(text)
    rules = read_mapping(tmp_path / "map.toml")
    rows = pd.concat(each.rows.astype("str") for each in open_chunked_files(tmp_path, rules)["people"].chunks())
    assert rows["key"].to_dict() == {row: f"p{row - 2}" for row in range(2, 5002)}

"""Parquet: each kind of column as text, parts in order, and what is damaged."""

from pathlib import Path

import duckdb
import pytest

from analysis.intake.mapping_grammar import SourceFile
from analysis.intake.readers.columnar import read_columnar
from analysis.vocabulary.errors import DataError

FILE = SourceFile("visits", "visits.parquet", ",", "", (), {}, (), {}, format="parquet")
DAMAGED = (
    "visits.parquet: the Parquet file is damaged or is not Parquet, or its parts differ in their columns. "
    "Export it again."
)


def write(path: Path, query: str) -> None:
    path.parent.mkdir(exist_ok=True)
    with duckdb.connect() as con:
        con.execute(f"COPY ({query}) TO '{path}' (FORMAT parquet)")


def test_values_become_text(tmp_path):
    columns = {
        "' a '": "a",
        "7::SMALLINT": "7",
        "40.0::DOUBLE": "40",
        "0.1::FLOAT": "0.1",
        "'nan'::DOUBLE": "",
        "40.50::DECIMAL(6,2)": "40.50",
        "100::DECIMAL(6,2)": "100",
        "true": "true",
        "DATE '2026-01-05'": "2026-01-05",
        "TIMESTAMP '2026-01-05 00:00:00'": "2026-01-05",
        "TIMESTAMP '2026-01-05 09:30:00'": "2026-01-05T09:30:00",
        "TIMESTAMPTZ '2026-01-05 09:30:00+02'": "2026-01-05T07:30:00Z",
        "NULL::VARCHAR": "",
    }
    write(tmp_path / "visits.parquet", "SELECT " + ", ".join(f"{sql} AS c{n}" for n, sql in enumerate(columns)))
    table = read_columnar(tmp_path, FILE)
    assert dict(zip(columns, table.rows.loc[2], strict=True)) == columns


def test_columns_that_are_not_plain_are_refused_and_the_others_read(tmp_path):
    write(tmp_path / "visits.parquet", "SELECT 'a' AS id, [1, 2] AS items, {'x': 1} AS more, 'b'::BLOB AS raw")
    table = read_columnar(tmp_path, FILE)
    assert table.rows.to_dict("list") == {"id": ["a"]}
    assert table.refused == dict.fromkeys(["items", "more", "raw"], "holds lists, structures or bytes")


def test_a_folder_of_parts_is_read_in_order_of_name(tmp_path):
    for number in (2, 1):
        write(tmp_path / "visits.parquet" / f"part-{number}.parquet", f"SELECT {number} AS day")
    assert read_columnar(tmp_path, FILE).rows["day"].to_dict() == {2: "1", 3: "2"}


def test_parts_with_other_columns(tmp_path):
    write(tmp_path / "visits.parquet" / "1.parquet", "SELECT 1 AS day")
    write(tmp_path / "visits.parquet" / "2.parquet", "SELECT 1 AS days")
    with pytest.raises(DataError) as error:
        read_columnar(tmp_path, FILE)
    assert str(error.value) == DAMAGED


def test_a_folder_without_parts(tmp_path):
    (tmp_path / "visits.parquet").mkdir()
    with pytest.raises(DataError, match=r"^visits\.parquet: the folder holds no \.parquet file\.$"):
        read_columnar(tmp_path, FILE)


@pytest.mark.parametrize("kept", [0.2, 0.9])
def test_a_file_that_is_cut_off(tmp_path, kept):
    path = tmp_path / "visits.parquet"
    write(path, "SELECT range AS id, 'Jane Doe' AS name FROM range(5000)")
    whole = path.read_bytes()
    path.write_bytes(whole[: int(len(whole) * kept)])
    with pytest.raises(DataError) as error:
        read_columnar(tmp_path, FILE)
    assert str(error.value) == DAMAGED


def test_a_name_with_signs_of_a_pattern_is_a_name(tmp_path):
    write(tmp_path / "plain.parquet", "SELECT 1 AS day")
    write(tmp_path / "visits1.parquet", "SELECT 2 AS day")
    (tmp_path / "plain.parquet").rename(tmp_path / "visits[1].parquet")
    file = SourceFile("visits", "visits[1].parquet", ",", "", (), {}, (), {}, format="parquet")
    assert read_columnar(tmp_path, file).rows["day"].tolist() == ["1"]

"""How a text file is written."""

import pandas as pd
import pytest

from analysis.intake.drafting.text_files import find_decimal, find_delimiter, find_encoding, looks_like_data


@pytest.mark.parametrize(
    ("encoding", "found"),
    [
        ("utf-8", "utf-8"),
        ("utf-8-sig", "utf-8"),
        ("utf-16", "utf-16"),
        ("utf-16-le", "utf-16-le"),
        ("utf-16-be", "utf-16-be"),
        ("cp1252", "cp1252"),
    ],
)
def test_encodings(tmp_path, encoding, found):
    (tmp_path / "a.csv").write_bytes("id;näher\n1;ü – ß\n".encode(encoding))
    assert find_encoding(tmp_path / "a.csv") == found


def test_what_cp1252_does_not_read_is_latin_1(tmp_path):
    (tmp_path / "a.csv").write_bytes(b"id;\x81\n")
    assert find_encoding(tmp_path / "a.csv") == "latin-1"


def test_an_empty_file(tmp_path):
    (tmp_path / "a.csv").write_bytes(b"")
    assert find_encoding(tmp_path / "a.csv") == "utf-8"
    assert find_delimiter(tmp_path / "a.csv", "utf-8") == ","


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_delimiters(tmp_path, delimiter):
    rows = [["id", "dose", "note"], ["1", "40,5", "yes; no"], ["2", "35,0", '"a, b"']]
    text = "\n".join(delimiter.join(f'"{cell}"' if delimiter in cell else cell for cell in row) for row in rows)
    (tmp_path / "a.csv").write_text(text)
    assert find_delimiter(tmp_path / "a.csv", "utf-8") == delimiter


@pytest.mark.parametrize(
    ("cells", "decimal"),
    [
        (["71,5", "80,25"], ","),
        (["71.5", "80"], "."),
        (["71", "80"], "."),
        (["03.04.2025"], "."),
        (["1,2", "3.4"], "."),
    ],
)
def test_decimal_signs(cells, decimal):
    assert find_decimal(pd.DataFrame({"weight": cells})) == decimal


@pytest.mark.parametrize(
    "row",
    [
        ["1001", "Jane", "2025-01-03"],
        ["a", "jane@example.org"],
        ["a", "617-555-1000"],
        ["48100000", "b"],
        ["40.5", "x"],
        ["3", "17", "x"],
    ],
)
def test_a_first_row_of_values(row):
    assert looks_like_data(row)


@pytest.mark.parametrize("row", [["id", "date"], ["id", *map(str, range(1, 10)), "total"], ["Q1 2025", "phq9_1"]])
def test_a_first_row_of_names(row):
    assert not looks_like_data(row)

"""Where the tables of a workbook are."""

import pytest
from openpyxl import Workbook

from analysis.intake.drafting.workbooks import find_sheets, known_headings
from analysis.vocabulary.errors import DataError


def test_the_header_is_the_row_with_most_headings_that_are_known(tmp_path):
    book = Workbook()
    book.active.title = "Visits"
    for row in (
        ["Our clinic"],
        [],
        ["Patient list", "2025"],
        ["MRN", "Infusion Date", "Dose mg"],
        [1, "2025-01-03", 40],
    ):
        book.active.append(row)
    book.create_sheet("Empty")
    other = book.create_sheet("Other")
    other.append(["x"])
    other.append(["colour", "shelf"])
    book.save(tmp_path / "a.xlsx")
    assert find_sheets(tmp_path / "a.xlsx") == {"Visits": 4, "Other": 2}


def test_a_file_that_is_no_workbook(tmp_path):
    (tmp_path / "a.xlsx").write_bytes(b"nothing")
    with pytest.raises(DataError, match="damaged, with a password, or no .xlsx workbook"):
        find_sheets(tmp_path / "a.xlsx")


def test_known_headings():
    assert known_headings(["Little interest or pleasure in doing things", "Jane", "E-mail"]) == [
        "Little interest or pleasure in doing things",
        "E-mail",
    ]

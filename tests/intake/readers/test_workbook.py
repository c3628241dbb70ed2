"""Workbooks: what a spreadsheet shows is what comes in, with its own row numbers; what it hides is refused."""

from datetime import date, datetime, time, timedelta
from pathlib import Path

import pytest
from openpyxl import Workbook

from analysis.intake.mapping_grammar import SourceFile
from analysis.intake.readers.workbook import read_workbook
from analysis.vocabulary.errors import DataError


def options(**given):
    return SourceFile("visits", "visits.xlsx", ",", "", (), {}, (), {}, format="xlsx", **given)


def write(folder: Path, *sheets: tuple[str, list[list]], merge: tuple[str, ...] = ()) -> Path:
    book = Workbook()
    book.remove(book.active)
    for title, rows in sheets:
        sheet = book.create_sheet(title)
        for row in rows:
            sheet.append(row)
    for span in merge:
        book[sheets[0][0]].merge_cells(span)
    book.save(folder / "visits.xlsx")
    return folder


def fault(folder: Path, **given) -> str:
    with pytest.raises(DataError) as error:
        read_workbook(folder, options(**given))
    return str(error.value)


def test_values_become_text_as_the_spreadsheet_shows_them(tmp_path):
    row = [7, "007", 40.0, 0.1 + 0.2, True, date(2026, 1, 5), datetime(2026, 1, 5, 9, 30), time(9, 30), " a ", None]
    write(tmp_path, ("One", [[f"c{number}" for number in range(10)], row]))
    table = read_workbook(tmp_path, options())
    shown = ["7", "007", "40", "0.3", "true", "2026-01-05", "2026-01-05T09:30:00", "09:30:00", "a", ""]
    assert table.rows.loc[2].tolist() == shown


def test_a_time_of_day_is_not_off_by_a_fraction_of_a_second(tmp_path):
    almost = datetime(2026, 1, 5, 9, 30) - timedelta(microseconds=300)
    write(tmp_path, ("One", [["start", "length"], [almost, timedelta(minutes=40)]]))
    assert read_workbook(tmp_path, options()).rows.loc[2].tolist() == ["2026-01-05T09:30:00", "00:40:00"]


def test_rows_keep_their_numbers_and_empty_ones_between_them(tmp_path):
    write(tmp_path, ("One", [["Export of the clinic"], ["id", "day"], ["a", 0], [None, None], ["b", 3], ["", None]]))
    rows = read_workbook(tmp_path, options(header_row=2)).rows
    assert rows.to_dict("index") == {
        3: {"id": "a", "day": "0"},
        4: {"id": "", "day": ""},
        5: {"id": "b", "day": "3"},
    }


def test_error_cells_are_missing_and_counted_by_column(tmp_path):
    rows = [["id", "dose", "weight"], ["a", "#VALUE!", 70], ["b", "#N/A", "#DIV/0!"], ["#1", 40, "N/A"]]
    write(tmp_path, ("One", rows))
    table = read_workbook(tmp_path, options())
    assert table.rows["dose"].tolist() == ["", "", "40"]
    assert table.rows["weight"].tolist() == ["70", "", "N/A"]
    assert table.rows["id"].tolist() == ["a", "b", "#1"]
    assert table.missing == {"dose": 2, "weight": 1}


def test_sheets_with_the_same_columns_are_stacked(tmp_path):
    first, second = ("Current", [["id", "day"], ["a", 0]]), ("Before", [["day", "id"], [3, "b"], ["#N/A", "c"]])
    table = read_workbook(write(tmp_path, first, ("Notes", [["x"]]), second), options(sheets=("Current", "Before")))
    assert table.rows.to_dict("index") == {
        "Current!2": {"id": "a", "day": "0"},
        "Before!2": {"id": "b", "day": "3"},
        "Before!3": {"id": "c", "day": ""},
    }
    assert table.missing == {"day": 1}


def test_a_header_merged_downwards_names_its_column(tmp_path):
    rows = [["id", "PHQ-9", None, "when"], [None, "item 1", "item 2", None], ["a", 1, 2, "pre"]]
    write(tmp_path, ("One", rows), merge=("A1:A2", "B1:C1", "D1:D2"))
    assert read_workbook(tmp_path, options(header_row=2)).rows.to_dict("index") == {
        3: {"id": "a", "item 1": "1", "item 2": "2", "when": "pre"}
    }


def test_a_header_merged_sideways_names_each_of_its_columns(tmp_path):
    write(tmp_path, ("One", [["id", "PHQ-9", None, None], ["a", 1, 2, 3]]), merge=("B1:D1",))
    assert list(read_workbook(tmp_path, options()).rows.columns) == ["id", "PHQ-9", "PHQ-9 2", "PHQ-9 3"]


def test_columns_without_anything_in_them_are_not_there(tmp_path):
    write(tmp_path, ("One", [["id", None, "day", None], ["a", None, 0, None]]))
    assert list(read_workbook(tmp_path, options()).rows.columns) == ["id", "day"]


def test_a_workbook_with_a_header_only_has_no_rows(tmp_path):
    assert read_workbook(write(tmp_path, ("One", [["id", "day"]])), options()).rows.shape == (0, 2)


@pytest.mark.parametrize(
    ("sheets", "given", "message"),
    [
        (
            [("Curent", [["id"], ["a"]])],
            {"sheets": ("Current",)},
            "visits.xlsx has no sheet 'Current' (`files.visits.sheet`). Did you mean 'Curent'?",
        ),
        (
            [("One", [["id"]]), ("Two", [["id"]])],
            {},
            "visits.xlsx has 2 sheets; name one or several as `files.visits.sheet`.",
        ),
        (
            [("One", [])],
            {},
            "visits.xlsx is empty at its header row, 1 (`files.visits.header_row`).",
        ),
        (
            [("One", [["id"], [None], ["a"]])],
            {"header_row": 2},
            "visits.xlsx is empty at its header row, 2 (`files.visits.header_row`).",
        ),
        (
            [("One", [["id"], ["a"]])],
            {"header_row": 9},
            "visits.xlsx is empty at its header row, 9 (`files.visits.header_row`).",
        ),
        (
            [("One", [["id", None], ["a", "secret"]])],
            {},
            "visits.xlsx: column 2 has no name in the header row.",
        ),
        (
            [("One", [["id", "day", "id"], ["a", 0, "b"]])],
            {},
            "visits.xlsx: columns 1, 3 share their names in the header row; rename them.",
        ),
        (
            [("One", [["id", "dose"]]), ("Two", [["id", "order"]])],
            {"sheets": ("One", "Two")},
            "visits.xlsx, sheet 'Two': not the same columns as in the first sheet ('dose', 'order'). "
            "Read the sheets as two files of the mapping, with the same path.",
        ),
        (
            [("One", [["id", "total"], ["a", "=1+1"], ["b", "=A2"]])],
            {},
            "visits.xlsx: 2 formulas have no saved result; open the workbook in Excel and save it.",
        ),
    ],
)
def test_a_fault_in_a_workbook_is_named(tmp_path, sheets, given, message):
    assert fault(write(tmp_path, *sheets), **given) == message


def test_a_sheet_is_named_only_when_the_mapping_names_it(tmp_path):
    write(tmp_path, ("Jane Doe", [["id", "id"]]))
    assert fault(tmp_path).startswith("visits.xlsx: columns 1, 2 share")
    assert fault(tmp_path, sheets=("Jane Doe",)).startswith("visits.xlsx, sheet 'Jane Doe': columns 1, 2 share")


def test_merged_cells_among_the_data_are_refused(tmp_path):
    write(tmp_path, ("One", [["id", "day"], ["a", 0], [None, 3], ["b", 0]]), merge=("A2:A3",))
    assert fault(tmp_path) == ("visits.xlsx, row 2: merged cells among the data; unmerge them and fill each cell.")


@pytest.mark.parametrize("kept", [0.3, 0.7, 0.99])
def test_a_workbook_that_is_cut_off(tmp_path, kept):
    content = write(tmp_path, ("One", [["id", "day"], *([f"a{n}", n] for n in range(500))])) / "visits.xlsx"
    whole = content.read_bytes()
    content.write_bytes(whole[: int(len(whole) * kept)])
    assert fault(tmp_path) == (
        "visits.xlsx is damaged, cut off or not an .xlsx workbook; open it in Excel and save it again as .xlsx."
    )


def test_an_archive_that_is_no_workbook(tmp_path):
    import zipfile

    with zipfile.ZipFile(tmp_path / "visits.xlsx", "w") as archive:
        archive.writestr("a.txt", "Jane Doe")
    assert "damaged, cut off or not an .xlsx workbook" in fault(tmp_path)

"""How a problem is worded: the place, what is wrong, what to do; rows as a spreadsheet numbers them."""

import pytest

from analysis.intake.problems import Problem, problems_table, shown_name


def problem(rows: tuple[int, ...], count: int, severity: str = "set-aside") -> Problem:
    return Problem("sessions", "wrong type", severity, "not a number", "Correct them.", "dose_mg", rows, count)


@pytest.mark.parametrize(
    ("rows", "count", "text"),
    [
        ((), 0, ""),
        ((7,), 1, "7"),
        ((2, 5, 9), 3, "2, 5, 9"),
        ((2, 3, 4, 5, 6), 5, "2, 3, 4, 5, 6"),
        ((2, 3, 4, 5, 6), 19, "2, 3, 4, 5, 6 and 14 more"),
        ((2, 3, 4, 5, 6), 1205, "2, 3, 4, 5, 6 and 1,200 more"),
    ],
)
def test_rows_are_named_first_and_then_counted(rows, count, text):
    assert problem(rows, count).rows_text == text


def test_a_message_has_place_fault_and_remedy():
    assert problem((2, 5), 2).message == "sessions, column dose_mg, rows 2, 5: not a number. Correct them."
    assert problem((2,), 1).message == "sessions, column dose_mg, row 2: not a number. Correct them."
    whole = Problem("scores", "missing table", "error", "the table is missing", "Add it.")
    assert whole.message == "scores: the table is missing. Add it."


def test_errors_come_first_and_the_order_is_kept_otherwise():
    table = problems_table([problem((2,), 1, "warning"), problem((3,), 1), problem((4,), 1, "error"), problem((5,), 1)])
    assert table["severity"].tolist() == ["error", "set-aside", "set-aside", "warning"]
    assert table["rows"].tolist() == ["4", "3", "5", "2"]


def test_no_problems_are_a_table_without_rows():
    table = problems_table([])
    assert list(table) == ["table", "column", "rule", "severity", "rows", "count", "message"]
    assert table.empty


@pytest.mark.parametrize("name", ["dose", "Dose_mg", "total", "item_99", "PHQ", "room_no"])
def test_a_plain_heading_is_told(name):
    assert shown_name(name, position=2) == name


@pytest.mark.parametrize(
    "heading", ["", "P00017", "2024-03-01", "Jane Doe", "jane@clinic.org", "555-0100", "12", "Müller", "x" * 60, "a\nb"]
)
def test_a_heading_that_may_be_data_is_told_by_its_letter(heading):
    assert shown_name(heading, position=2) == "C"

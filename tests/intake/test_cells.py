"""What a cell may say: types are read strictly, ranges and lists are kept, and a bad value never becomes another."""

import pytest
from small_clinic import SCORES, SESSIONS, found, write_clinic

from analysis.intake.dataset import check_dataset, open_dataset

WITH_STATUS = SESSIONS.replace("treatment", "treatment | status").replace("ketamine", "ketamine | given")

WHOLE = {"5": 5, "05": 5, "+5": 5, "5.0": 5, "5.": 5, "-0": 0}
NOT_WHOLE = ["1.5", "1e1", "0x1F", "1_0", "five", "5 mg", "1,5", "٣", "NaN", "--5", "5-", "1/2", "NA"]
NUMBER = {"40": 40.0, "40.5": 40.5, ".5": 0.5, "4e1": 40.0, "+7": 7.0, "0": 0.0}
NOT_NUMBER = ["40,5", "inf", "nan", "0x10", "1_000", "40mg", "1e", "e1", "--1", "∞"]
DATE = ["2026-03-01", "2026-03-01 00:00:00", "2026-03-01T00:00:00"]
NOT_DATE = [
    "2026-3-1", "2026/03/01", "03/01/2026", "20260301", "2026-02-30", "epoch", "infinity", "2026-03-01 10:00:00",
    "46082", "2026-03-01 (BC)", "Mar 1 2026",
]  # fmt: skip
TRUTH = {"true": True, "TRUE": True, "False": False, "false": False}
NOT_TRUTH = ["1", "0", "yes", "t", "wahr"]


def one(tmp_path, column: str, cell: str):
    """Check one cell of a session; gives the rules that are broken, and the value that is used."""
    sessions = f"patient_id | day | treatment | {column} \n P1 | 0 | ketamine | {cell} \n P2 | 0 | ketamine |"
    clinic = write_clinic(tmp_path, sessions=sessions)
    return found(check_dataset(clinic)), open_dataset(clinic).table("sessions")[column].iloc[0]


@pytest.mark.parametrize("cell", WHOLE)
def test_whole_numbers(tmp_path, cell):
    problems, value = one(tmp_path, "sedation_peak", cell)
    assert (problems, value) == ([], WHOLE[cell])


@pytest.mark.parametrize(
    ("column", "cells"), [("sedation_peak", NOT_WHOLE), ("dose_mg", NOT_NUMBER), ("date", NOT_DATE)]
)
def test_what_is_not_of_the_type_is_set_aside_and_never_guessed(tmp_path, column, cells):
    good = "2026-03-01" if column == "date" else "3"
    rows = "\n".join(f"P{number} | 0 | ketamine | {cell}" for number, cell in enumerate([*cells, good]))
    clinic = write_clinic(tmp_path, sessions=f"patient_id | day | treatment | {column} \n {rows}")
    problems = check_dataset(clinic)
    assert [(each.rule, each.column, each.count) for each in problems.itertuples()] == [
        ("wrong type", column, len(cells))
    ]
    dataset = open_dataset(clinic)
    assert dataset.table("sessions")[column].isna().tolist() == [True] * len(cells) + [False]
    assert dataset.rows["set_aside"].tolist() == [0, 0]


@pytest.mark.parametrize("cell", NUMBER)
def test_numbers(tmp_path, cell):
    problems, value = one(tmp_path, "dose_mg", cell)
    assert (problems, value) == ([], NUMBER[cell])


@pytest.mark.parametrize("cell", DATE)
def test_dates(tmp_path, cell):
    problems, value = one(tmp_path, "date", cell)
    assert (problems, value.isoformat()) == ([], "2026-03-01T00:00:00")


def test_true_and_false(tmp_path):
    cells = [*TRUTH, *NOT_TRUTH]
    rows = "\n".join(f"P{number} | {cell}" for number, cell in enumerate(cells, start=1))
    clinic = write_clinic(tmp_path, patients=f"patient_id | prior_ketamine \n {rows}")
    assert found(check_dataset(clinic)) == [("set-aside", "patients", "prior_ketamine", "wrong type", "6, 7, 8, 9, 10")]
    used = open_dataset(clinic).table("patients")["prior_ketamine"]
    assert used.dropna().tolist() == list(TRUTH.values())


@pytest.mark.parametrize(
    ("column", "low", "high"),
    [
        ("dose_mg", 0, 2000),
        ("weight_kg", 20, 400),
        ("systolic_peak", 40, 300),
        ("sedation_peak", 0, 5),
        ("cadss_peak", 0, 92),
    ],
)
def test_both_ends_of_a_range_are_in_it(tmp_path, column, low, high):
    cells = [low, high, low - 1, high + 1]
    rows = "\n".join(f"P{number} | 0 | ketamine | {cell}" for number, cell in enumerate(cells))
    clinic = write_clinic(tmp_path, sessions=f"patient_id | day | treatment | {column} \n {rows}")
    assert found(check_dataset(clinic)) == [("set-aside", "sessions", column, "out of range", "4, 5")]
    assert open_dataset(clinic).table("sessions")[column].isna().tolist() == [False, False, True, True]


def test_a_date_before_1990_is_out_of_range(tmp_path):
    problems, value = one(tmp_path, "date", "1989-12-31")
    assert [each[3] for each in problems] == ["out of range"]
    assert str(value) == "NaT"


@pytest.mark.parametrize("route", ["IV", "intravenous", "i.v."])
def test_a_value_outside_its_list_is_set_aside(tmp_path, route):
    problems, value = one(tmp_path, "route", route)
    assert [each[:4] for each in problems] == [
        ("set-aside", "sessions", "route", "not in the list"),
        ("warning", "sessions", "", "no phase rule"),
    ]
    assert str(value) == "nan"


@pytest.mark.parametrize("bad", ["", "P 1", "P.1", "Ä1", "x" * 65, "P1;"])
def test_a_bad_patient_id_sets_the_row_aside(tmp_path, bad):
    clinic = write_clinic(tmp_path, sessions=SESSIONS + f"{bad} | 0 | ketamine")
    assert [each[:3] + each[4:] for each in found(check_dataset(clinic))] == [
        ("set-aside", "sessions", "patient_id", "5")
    ]
    assert open_dataset(clinic).rows["set_aside"].tolist() == [1, 0]


def test_patient_ids_are_texts_and_not_numbers(tmp_path):
    sessions = "patient_id | day | treatment \n 007 | 0 | ketamine \n 7 | 0 | ketamine \n 1e3 | 0 | ketamine"
    dataset = open_dataset(write_clinic(tmp_path, sessions=sessions))
    assert dataset.table("sessions")["patient_id"].tolist() == ["007", "7", "1e3"]


@pytest.mark.parametrize(
    ("table", "drawn", "column"),
    [
        ("sessions", WITH_STATUS + "P3 | 0 | ketamine | done", "status"),
        ("sessions", SESSIONS + "P3 | 1.5 | ketamine", "day"),
        ("sessions", SESSIONS + "P3 | 0 | laser", "treatment"),
        ("sessions", SESSIONS + "P3 | 0 |", "treatment"),
        ("scores", SCORES + "P1 | 9 | PHQ-9 | twelve", "total"),
        ("scores", SCORES + "P1 | 9 | PHQ-9 | -1", "total"),
        ("scores", SCORES + "P1 | 9 | | 12", "instrument"),
    ],
)  # fmt: skip
def test_a_bad_cell_that_says_what_the_row_is_sets_the_row_aside(tmp_path, table, drawn, column):
    clinic = write_clinic(tmp_path, **{table: drawn})
    assert [(each[0], each[2], each[4]) for each in found(check_dataset(clinic))] == [("set-aside", column, "5")]
    assert open_dataset(clinic).table(table)["row"].tolist() == [2, 3, 4]


def test_a_message_says_what_is_expected_and_what_to_do(tmp_path):
    (message,) = check_dataset(write_clinic(tmp_path, sessions=SESSIONS.replace("3 | ketamine", "3 | Zebedee")))[
        "message"
    ]
    assert message == (
        "sessions, column treatment, row 3: not in the list ketamine, esketamine, psilocybin, mdma, ect, tms, placebo, "
        "other. These rows are not used. Correct them."
    )


def test_listed_names_written_otherwise_are_counted_and_no_other_value_is_told(tmp_path):
    cells = ["Self Pay", "self_pay", "SELFPAY", "Medicare", "Zebedee", "medicaid"]
    rows = "\n".join(f"P{number} | {cell}" for number, cell in enumerate(cells, start=1))
    (message,) = check_dataset(write_clinic(tmp_path, patients=f"patient_id | payer \n {rows}"))["message"]
    assert message == (
        "patients, column payer, rows 2, 3, 4, 5, 6: not in the list self-pay, commercial, medicare, medicaid, va, "
        "other (medicare written otherwise: 1, self-pay written otherwise: 3). "
        "These values are not used, the rest of the row is. Correct them or leave the cell empty."
    )


def dates(cells: list[str]) -> str:
    rows = "\n".join(f"P{number} | 0 | ketamine | {cell}" for number, cell in enumerate(cells, start=1))
    return f"patient_id | day | treatment | date \n {rows}"


def test_a_column_of_which_no_value_can_be_used_is_an_error(tmp_path):
    """Rows 2 to 5 and 7 are in US format, row 6 is empty, row 8 is out of range."""
    cells = ["03/01/2026", "03/02/2026", "03/03/2026", "03/04/2026", "", "03/05/2026", "1950-03-06"]
    problems = check_dataset(write_clinic(tmp_path, sessions=dates(cells)))
    assert found(problems) == [("error", "sessions", "date", "no usable value", "2, 3, 4, 5, 7 and 1 more")]
    assert problems["message"][0] == (
        "sessions, column date, rows 2, 3, 4, 5, 7 and 1 more: no value of this column could be used: not a date "
        "written as 2026-09-30; not from 1990-01-01 to 2100-12-31. Correct the column in the export."
    )


@pytest.mark.parametrize("cells", [["03/01/2026"] * 4, ["03/01/2026"] * 5 + ["2026-03-01"]], ids=["four", "one good"])
def test_few_unusable_values_or_a_single_usable_one_are_no_error(tmp_path, cells):
    problems = check_dataset(write_clinic(tmp_path, sessions=dates(cells)))
    assert [(each.severity, each.rule) for each in problems.itertuples()] == [("set-aside", "wrong type")]


def test_a_required_column_of_which_no_value_can_be_used_is_an_error_beside_its_empty_cells(tmp_path):
    days = ["x", "x", "x", "x", "", "x"]
    sessions = "patient_id | day | treatment \n" + "\n".join(f"P{n} | {day} | ketamine" for n, day in enumerate(days))
    assert found(check_dataset(write_clinic(tmp_path, sessions=sessions)))[:2] == [
        ("error", "sessions", "day", "no usable value", "2, 3, 4, 5, 7"),
        ("error", "sessions", "", "too much set aside", ""),
    ]

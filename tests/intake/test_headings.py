"""The header row: what is missing, unknown, blank or there twice."""

import pytest
from small_clinic import found, write_clinic

from analysis.intake.dataset import check_dataset


def check_sessions(tmp_path, content: str, settings: str = ""):
    clinic = write_clinic(tmp_path, settings=settings)
    (clinic / "sessions.csv").write_text(content, encoding="utf-8")
    return check_dataset(clinic)


def test_an_unknown_column_is_told_with_the_nearest_name(tmp_path):
    problems = check_sessions(tmp_path, "patient_id,day,treatment,route,dose_mgs\nP1,0,ketamine,iv,40\n")
    assert found(problems) == [("error", "sessions", "dose_mgs", "unknown column", "")]
    assert "Did you mean 'dose_mg'?" in problems["message"][0]


def test_another_case_is_another_name(tmp_path):
    problems = check_sessions(tmp_path, "Patient_ID,day,treatment\nP1,0,ketamine\n")
    assert [each[3] for each in found(problems)] == ["missing column", "unknown column"]
    assert "Did you mean 'patient_id'?" in problems["message"][1]


@pytest.mark.parametrize("column", ["patient_id", "day", "treatment"])
def test_a_missing_required_column_is_named(tmp_path, column):
    names = [name for name in ("patient_id", "day", "treatment", "route") if name != column]
    problems = check_sessions(tmp_path, f"{','.join(names)}\n1,2,iv\n")
    assert f"the column {column} is missing" in problems["message"][0]
    assert problems["severity"].tolist() == ["error"]


def test_a_date_without_a_day_is_told_what_a_day_is(tmp_path):
    told = "There is a column date; day is the number of days since the patient's first treatment."
    (with_date,) = check_sessions(tmp_path / "a", "patient_id,date,treatment\nP1,2026-03-01,ketamine\n")["message"]
    (without,) = check_sessions(tmp_path / "b", "patient_id,treatment\nP1,ketamine\n")["message"]
    advice = "Count it for each row and add it, or let `outcomes import` count it from the dates."
    assert with_date == f"sessions: the column day is missing. {told} {advice}"
    assert "column date" not in without


def test_scores_need_totals_or_items(tmp_path):
    clinic = write_clinic(tmp_path, scores="patient_id | day | instrument \n P1 | 0 | PHQ-9")
    assert "neither a column total nor columns item_1" in check_dataset(clinic)["message"][0]


def test_a_blank_heading_is_told_by_its_letter(tmp_path):
    problems = check_sessions(tmp_path, "patient_id,day,,treatment,\nP1,0,Zebedee,ketamine,\n")
    assert [each[3] for each in found(problems)] == ["blank heading"]
    assert "at columns C, E" in problems["message"][0]


def test_a_heading_that_stands_twice_is_an_error(tmp_path):
    problems = check_sessions(tmp_path, "patient_id,day,day,treatment\nP1,0,0,ketamine\n")
    assert found(problems) == [("error", "sessions", "day", "repeated heading", "")]
    assert "at columns B and C" in problems["message"][0]


def test_a_file_without_a_header_is_told_without_its_first_row(tmp_path):
    problems = check_sessions(tmp_path, "Zebedee,0,ketamine\nP2,0,ketamine\n")
    assert found(problems) == [("error", "sessions", "", "no header", "")]
    assert "Zebedee" not in problems["message"][0]


def test_a_heading_that_may_be_a_patient_is_not_told(tmp_path):
    problems = check_sessions(tmp_path, "patient_id,day,treatment,P004711\nP1,0,placebo,1\n")
    assert found(problems) == [("error", "sessions", "D", "unknown column", "")]


def test_a_listed_extra_column_is_accepted_and_an_absent_one_told(tmp_path):
    content = "patient_id,day,treatment,room\nP1,0,placebo,blue\nP2,0,placebo,red\n"
    settings = 'extra_columns = { sessions = ["room", "nurse_on_duty"] }'
    assert found(check_sessions(tmp_path, content, settings)) == [
        ("warning", "sessions", "nurse_on_duty", "absent extra column", "")
    ]

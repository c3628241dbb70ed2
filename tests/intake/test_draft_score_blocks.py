"""The scores of a file: one scale, several side by side, or one in each row."""

import pytest
from drafted_maps import draft, import_drafted, write_files

from analysis.intake.drafting.headers import known_data

SESSIONS = "MRN,Infusion Date,Dose mg\n1,2025-01-03,40\n2,2025-01-03,40\n"
QUESTIONS = known_data()["scales"]["PHQ-9"]["texts"]


def scores_of(tmp_path, text: str, name: str = "forms.csv"):
    folder = write_files(tmp_path / "clinic")
    (folder / "infusions.csv").write_text(SESSIONS)
    (folder / name).write_text(text, encoding="utf-8")
    _, text, held = draft(folder)
    return held, text, import_drafted(folder)["scores"]


def test_several_scales_side_by_side_become_repeats_and_rows_without_one_are_not_written(tmp_path):
    held, _, back = scores_of(tmp_path, "MRN,Date,PHQ-9,GAD-7,Mood\n1,2025-01-03,18,12,low\n2,2025-01-03,15,,low\n")
    repeats = held["tables"]["scores"][0]["repeat"]
    assert [(each["name"], each.get("needs")) for each in repeats] == [
        ("PHQ-9", None),
        ("GAD-7", {"total": "no GAD-7 in this row"}),
    ]
    assert [(row["patient_id"], row["instrument"], row["total"]) for row in back] == [
        ("1", "GAD-7", "12"),
        ("1", "PHQ-9", "18"),
        ("2", "PHQ-9", "15"),
    ]


@pytest.mark.parametrize("style", ["{w}", "{n} - {w}", "{w} ({n})", "{n}"])
def test_answers_in_words_count_from_0_to_3(tmp_path, style):
    words = ["Not at all", "Several days", "More than half the days", "Nearly every day"]
    answers = [style.format(w=words[place % 4], n=place % 4) for place in range(9)]
    header = ",".join(["MRN", "Date", *(f'"{question}"' for question in QUESTIONS)])
    _, _, back = scores_of(tmp_path, f"{header}\n1,2025-01-03,{','.join(answers)}\n")
    assert [back[0][f"item_{number}"] for number in range(1, 10)] == [str(place % 4) for place in range(9)]


def test_answers_from_1_to_4_count_from_0_and_are_to_be_confirmed(tmp_path):
    header = ",".join(["MRN", "Date", *(f"phq9_{number}" for number in range(1, 10))])
    _, text, back = scores_of(tmp_path, f"{header}\n1,2025-01-03,{','.join('142142142')}\n")
    assert "CONFIRM: answers from 1 to 4, counted from 0 to 3." in text
    assert [back[0][f"item_{number}"] for number in range(1, 10)] == list("031031031")


def test_a_scale_in_each_row(tmp_path):
    _, _, back = scores_of(tmp_path, "MRN,Date,Questionnaire,Score\n1,2025-01-03,PHQ9,18\n1,2025-01-03,GAD-7,12\n")
    assert [(row["instrument"], row["total"]) for row in back] == [("GAD-7", "12"), ("PHQ-9", "18")]


def test_the_name_of_the_file_tells_the_scale(tmp_path):
    items = ",".join(f"Q{number}" for number in range(1, 11))
    held, text, back = scores_of(
        tmp_path, f"MRN,Date,{items},Score\n1,2025-01-03,4,2,2,2,2,2,2,2,2,2,22\n", name="MADRS ratings.csv"
    )
    assert "CONFIRM: the scale is told by the name of the file: is it MADRS?" in text
    assert held["tables"]["scores"][0]["columns"]["instrument"] == {"constant": "MADRS"}
    assert (back[0]["total"], back[0]["item_1"]) == ("22", "4")


def test_forms_that_were_never_submitted_take_the_day_on_which_they_were_opened(tmp_path):
    text = "MRN,first_opened,date_submited,PHQ-9\n1,1/13/2025 09:00:00,2025-01-14,18\n2,1/15/2025 09:00:00,,12\n"
    held, said, back = scores_of(tmp_path, text)
    assert held["tables"]["scores"][0]["columns"]["date"]["from"] == ["date_submited", "first_opened"]
    assert "dates that 'date_submited' lacks are taken from 'first_opened'" in " ".join(said.split())
    assert [row["day"] for row in back] == ["11", "12"]


def test_rows_that_repeat_each_other_become_one(tmp_path):
    held, _, back = scores_of(tmp_path, "MRN,Date,PHQ-9\n1,2025-01-03,18\n1,2025-01-03,18\n")
    assert held["tables"]["scores"][0]["once_per"] == ["patient_id", "date"]
    assert len(back) == 1


def test_rows_that_contradict_each_other_are_for_a_person_and_the_import_names_them(tmp_path):
    with pytest.raises(Exception, match="forms.csv, rows 2, 3: the same patient_id, day"):
        scores_of(tmp_path, "MRN,Date,PHQ-9\n1,2025-01-03,18\n1,2025-01-03,12\n")
    text = (tmp_path / "MAP.toml").read_text()
    assert "CONFIRM: 2 rows share their patient_id, date and differ otherwise" in text


def test_archived_forms_are_left_out(tmp_path):
    held, _, back = scores_of(tmp_path, "MRN,Date,PHQ-9,Archived\n1,2025-01-03,18,FALSE\n2,2025-01-03,11,TRUE\n")
    assert held["files"]["forms"]["leave_out"] == [
        {"column": "Archived", "is": ["TRUE"], "reason": "marked as archived"}
    ]
    assert len(back) == 1


def test_a_scale_without_an_entry_comes_in_beside_one_that_has_it(tmp_path):
    _, text, back = scores_of(tmp_path, "MRN,Date,PHQ-9,SHAPS\n1,2025-01-03,18,30\n")
    assert "SHAPS: no entry among the instruments" in text
    assert [row["instrument"] for row in back] == ["PHQ-9", "SHAPS"]


def test_a_few_items_that_were_not_found_are_told(tmp_path):
    header = ",".join(f"phq9_{number}" for number in range(1, 8))
    _, text, _ = scores_of(tmp_path, f"MRN,Date,{header},PHQ9 total\n1,2025-01-03,1,1,1,1,1,1,1,9\n")
    assert "CONFIRM: item 8, 9 of PHQ-9 not found." in text


def test_too_few_items_are_left_out_beside_a_total(tmp_path):
    """With them, the score could not be used."""
    held, _, back = scores_of(tmp_path, "MRN,Date,phq9_1,phq9_2,PHQ9 total\n1,2025-01-03,1,1,9\n")
    reason = "to confirm: only 2 of the 9 items of PHQ-9 found; the total is used alone"
    assert held["files"]["forms"]["drop"] == {"phq9_1": reason, "phq9_2": reason}
    assert back[0]["total"] == "9"

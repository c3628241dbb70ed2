"""Who could be found in a dataset by somebody who knows them: hand-counted groups of a drawn clinic."""

import pandas as pd
import pytest
from small_clinic import write_clinic

from analysis.intake.dataset import open_dataset
from analysis.intake.partition import partition_dataset
from analysis.intake.risk import reidentification_risk
from analysis.vocabulary.errors import CallError

PATIENTS = """
    patient_id | clinic_id | age | sex    | diagnosis
    A          | north     |  40 | female | mdd
    B          | north     |  40 | female | mdd
    C          | north     |  41 | female | bipolar
    D          | north     |  60 | male   | mdd
    E          | south     |  60 | male   |
    F          | south     |  60 | male   | ptsd
"""
SESSIONS = """
    patient_id | day | treatment
    A          |   0 | ketamine
    A          |   3 | ketamine
    B          |   0 | ketamine
    B          |   4 | ketamine
    C          |   0 | ketamine
    D          |   0 | ketamine
    E          |   0 | ketamine
    F          |   0 | ketamine
"""
SCORES = """
    patient_id | day | instrument | total
    A          |   0 | PHQ-9      | 18
"""


@pytest.fixture
def clinic(tmp_path):
    return write_clinic(
        tmp_path / "clinic", patients=PATIENTS, sessions=SESSIONS, scores=SCORES, basis="expert-determination"
    )


def test_people_alike_in_all_that_is_known_are_a_group(clinic) -> None:
    """By age and sex: A and B; C; D, E and F. The last three do not give themselves away: E's diagnosis is unknown."""
    found = reidentification_risk(open_dataset(clinic), known=["age", "sex"]).table
    assert found.drop(columns="alone_share").to_dict("records") == [
        {
            "known": "age, sex", "people": 6, "groups": 3, "smallest_group": 1, "alone": 1, "in_small_groups": 6,
            "fewest_values": 1, "given_away": 2,
        }
    ]  # fmt: skip
    assert found["alone_share"].tolist() == [pytest.approx(1 / 6)]


def test_a_group_without_any_known_value_has_none_to_learn(clinic) -> None:
    """By clinic, age and sex E and F stand together, and D alone."""
    found = reidentification_risk(open_dataset(clinic), known=["clinic_id", "age", "sex"]).table.iloc[0]
    assert found[["groups", "alone", "given_away"]].tolist() == [4, 2, 2]


def test_the_days_of_sessions_tell_people_apart_who_are_alike_in_everything_else(clinic) -> None:
    """A came on day 3, B on day 4, C once: all alone. In weeks, and in numbers, A and B are alike again."""
    risk = reidentification_risk(open_dataset(clinic), known=["age", "sex", "session_days"])
    assert dict(zip(risk.table["known"], risk.table["alone"], strict=True)) == {
        "age, sex": 1,
        "age, sex, session_days": 3,
    }
    merged = risk.merging[risk.merging["known"] == "age, sex, session_days"].set_index(["fact", "given_as"])
    assert merged["alone"].to_dict() == {
        ("age", "bands of five years"): 3,
        ("age", "bands of ten years"): 3,
        ("age", "left out"): 3,
        ("sex", "left out"): 3,
        ("session_days", "weeks between the sessions"): 1,
        ("session_days", "the number of sessions"): 1,
        ("session_days", "left out"): 1,
    }
    assert (merged["alone"] + merged["fewer_alone"] == 3).all()


def test_what_the_data_does_not_have_is_not_counted_unless_asked_for(clinic) -> None:
    asked = reidentification_risk(open_dataset(clinic)).table["known"].tolist()
    assert asked == ["clinic_id, age, sex", "clinic_id, age, sex, session_days"]


def test_without_patients_the_clinic_of_the_first_session_is_known(tmp_path) -> None:
    sessions = """
        patient_id | day | treatment | clinic_id
        A          |   0 | ketamine  | north
        B          |   0 | ketamine  | south
    """
    folder = write_clinic(tmp_path / "clinic", sessions=sessions, scores=SCORES)
    found = reidentification_risk(open_dataset(folder), known=["clinic_id"]).table.iloc[0]
    assert found[["people", "alone", "fewest_values"]].tolist() == [2, 2, 0]


def test_parts_add_to_the_same(tmp_path, demo) -> None:
    parts = open_dataset(partition_dataset("data/demo", out=tmp_path / "parts", parts=7))
    whole, added = reidentification_risk(demo), reidentification_risk(parts)
    pd.testing.assert_frame_equal(whole.table, added.table)
    pd.testing.assert_frame_equal(whole.merging, added.merging)
    assert whole.basis == added.basis


@pytest.mark.parametrize(
    ("basis", "dates", "said"),
    [
        ("limited-data-set", True, "dates finer than a year, in sessions (1 rows)"),
        ("safe-harbor", False, "Nothing seen here speaks against Safe Harbor, which is not the same as meeting it"),
    ],
)
def test_safe_harbor_is_never_claimed(tmp_path, basis, dates, said) -> None:
    date, day = (" | date", " | 2025-03-01") if dates else ("", "")
    sessions = f"""
        patient_id | day | treatment{date}
        A          |   0 | ketamine{day}
    """
    folder = write_clinic(tmp_path / "clinic", sessions=sessions, scores=SCORES, basis=basis)
    text = " ".join(reidentification_risk(open_dataset(folder)).basis)
    assert said in text
    assert "is de-identified" not in text


def test_pseudonyms_that_are_hashes_speak_against_safe_harbor(tmp_path) -> None:
    hashed = "0123456789abcdef" * 2
    drawn = {
        "sessions": f"patient_id | day | treatment\n{hashed} | 0 | ketamine",
        "scores": f"patient_id | day | instrument | total\n{hashed} | 0 | PHQ-9 | 18",
    }
    folder = write_clinic(tmp_path / "clinic", basis="expert-determination", **drawn)
    assert "the pseudonyms look like hashes" in " ".join(reidentification_risk(open_dataset(folder)).basis)


def test_areas_with_few_people_speak_against_it_and_are_not_named(tmp_path) -> None:
    folder = write_clinic(
        tmp_path / "clinic",
        patients="patient_id | zip3\nA | 036",
        sessions="patient_id | day | treatment\nA | 0 | ketamine",
        scores=SCORES,
        basis="expert-determination",
    )
    text = " ".join(reidentification_risk(open_dataset(folder)).basis)
    assert "1 people live in three-digit ZIP areas of 20,000 people or fewer" in text
    assert "036" not in text


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"known": ["age", "shoe size"]}, "known: 'shoe size' is unknown"),
        ({"known": []}, "known: name at least one"),
        ({"sensitive": "sex"}, "sensitive: 'sex' is unknown"),
    ],
)
def test_a_wrong_option_is_named(clinic, options, said) -> None:
    with pytest.raises(CallError, match=said):
        reidentification_risk(open_dataset(clinic), **options)

"""Completeness: scored among due, whatever the baseline; and the overdue, for the clinic's own eyes."""

import pandas as pd
import pytest
from referred_people import referred_cohort

from analysis.disclosure.suppression import disclose
from analysis.estimate.completeness import completeness, overdue
from analysis.vocabulary.errors import CallError, DisclosureError


@pytest.fixture
def cohort(tmp_path):
    return referred_cohort(tmp_path / "clinic")


def test_scored_among_due(cohort, same):
    """P4 began five days before the data cut, so that nothing of P4 is due."""
    same(
        completeness(cohort, window=["baseline", "end of loading", "month 3 after loading"]),
        """
        window                | numerator | denominator | estimate | status
        baseline              |         3 |           4 |     0.75 | ok
        end of loading        |         2 |           4 |      0.5 | ok
        month 3 after loading |         0 |           3 |        0 | ok
    """,
    )


def test_a_score_below_the_entry_score_is_a_score(tmp_path, same):
    scores = "patient_id | day | instrument | total \n P1 | 0 | PHQ-9 | 3 \n P1 | 17 | PHQ-9 | 2"
    table = completeness(referred_cohort(tmp_path / "well", scores=scores), window=["baseline", "end of loading"])
    same(table, "window | numerator | denominator \n baseline | 1 | 4 \n end of loading | 1 | 4")


def test_after_a_session_only_those_who_had_it_are_due(cohort, same):
    same(
        completeness(cohort, window=["after session 1", "after session 4", "after session 5"]),
        """
        window          | denominator
        after session 1 |           4
        after session 4 |           2
        after session 5 |           1
    """,
    )


def test_by_phase_a_window_is_of_the_phase_it_lies_in(cohort, same):
    table = completeness(cohort, by="phase", window=["baseline", "after session 5", "month 2 after loading"])
    same(
        table[table["denominator"] > 0],
        """
        phase         | window                | denominator
        before        | baseline              |           4
        maintenance   | after session 5       |           1
        after loading | month 2 after loading |           3
        maintenance   | month 2 after loading |           1
    """,
    )


def test_by_the_month_in_which_the_window_closed(cohort, same):
    """The end of loading closes on course day 42: of P1 on 16 February, of P2 on 16 March, of P3 on 13 April."""
    table = completeness(cohort, by="month", window="end of loading")
    same(
        table,
        """
        month   | numerator | denominator
        2025-02 |         0 |           1
        2026-02 |         1 |           1
        2026-03 |         1 |           1
        2026-04 |         0 |           1
    """,
    )


def test_without_dates_there_are_no_months(tmp_path):
    sessions = "patient_id | day | treatment | route \n P1 | 0 | ketamine | iv"
    scores = "patient_id | day | instrument | total \n P1 | 0 | PHQ-9 | 20"
    cohort = referred_cohort(tmp_path / "timeless", sessions=sessions, scores=scores, referrals="", patients="")
    assert completeness(cohort, window="end of loading")["denominator"].tolist() == [1]
    with pytest.raises(CallError, match="no dates, so that windows close in no month"):
        completeness(cohort, by="month")
    with pytest.raises(CallError, match="overdue: the dataset has no dates"):
        overdue(cohort)


def test_the_overdue_are_in_care_and_unseen_since_their_newest_window(cohort, same):
    """P3 was treated in March and P1 and P2 in February; the last 90 days begin on 1 April, so none is in care."""
    assert overdue(cohort).empty


def test_an_overdue_person_is_listed_with_the_window_that_closed(tmp_path, same):
    patients = """
        patient_id | clinic_id | outcome_of_care | last_day
        P1         | North     | ongoing         |      176
        P2         | North     | stopped         |       10
        P3         | South     |                 |
        P4         |           |                 |
        P5         |           |                 |
    """
    cohort = referred_cohort(tmp_path / "care", patients=patients)
    same(
        overdue(cohort, window=["baseline", "end of loading", "month 1 after loading", "month 3 after loading"]),
        """
        patient_id | clinic_id | window                | closed_on           | days_overdue | last_score_day
        P1         | North     | month 3 after loading | 2026-05-18 00:00:00 |           43 |             17
    """,
    )


def test_a_later_score_settles_it(tmp_path):
    patients = "patient_id | outcome_of_care \n P1 | ongoing \n P2 | \n P3 | \n P4 | \n P5 |"
    scores = "patient_id | day | instrument | total \n P1 | 0 | PHQ-9 | 20 \n P1 | 140 | PHQ-9 | 5"
    cohort = referred_cohort(tmp_path / "late", patients=patients, scores=scores)
    assert overdue(cohort, window=["baseline", "month 3 after loading"]).empty


def test_the_list_leaves_for_nobody(demo_cohort):
    people = overdue(demo_cohort)
    assert len(people)
    for audience in ("public", "internal"):
        with pytest.raises(DisclosureError, match="a list of people, which never leaves"):
            disclose(people, audience=audience)
    with pytest.raises(DisclosureError, match="never public"):
        overdue(demo_cohort, audience="public")
    with pytest.raises(CallError, match="audience: 'friends' is unknown"):
        overdue(demo_cohort, audience="friends")


def test_nobody_overdue_has_a_score_in_the_window(demo_cohort):
    people = overdue(demo_cohort)
    assert (people["days_overdue"] >= 0).all()
    assert people["patient_id"].is_unique
    last = people["last_score_day"].fillna(-1000)
    courses = demo_cohort.courses.set_index(["patient_id", "course"])["start_date"]
    start = people["patient_id"].map(lambda name: courses[name, 1])
    assert (start + pd.to_timedelta(last.astype("int64"), unit="D") < people["closed_on"]).all()


def test_wrong_calls(cohort):
    with pytest.raises(CallError, match="by: 'week' is unknown"):
        completeness(cohort, by="week")
    with pytest.raises(CallError, match="window: name at least one"):
        completeness(cohort, window=[])
    with pytest.raises(CallError, match="instrument: 'PHQ' is unknown"):
        completeness(cohort, instrument="PHQ")

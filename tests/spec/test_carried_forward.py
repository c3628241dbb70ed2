"""The last score carried forward: the score of the window, or without one the last since treatment began before it."""

import pytest

from analysis.estimate.estimands import estimands

FOUR = (0, 3, 7, 10)


def loading(*names: str, days: tuple[int, ...] = FOUR) -> str:
    return "\n".join(["patient_id | day", *(f"{name} | {day}" for name in names for day in days)])


@pytest.fixture
def by_patient(cohort_of):
    """Show what is carried forward for each patient: 1 score at most, and whether it is a response."""

    def show(sessions, scores, window):
        cohort = cohort_of(sessions, scores)
        return estimands(
            cohort, instrument="PHQ-9", window=window, by="clinic_id", methods="carried-forward"
        ).table.rename(columns={"clinic_id": "patient"})

    return show


def test_who_was_not_scored_in_the_window_has_the_last_score_before_it(by_patient, same):
    """The end of loading is days 11 to 24; of `half` a score in it counts though an earlier one was better."""
    names = ("half", "early", "twice", "before", "after", "post", "low")
    found = by_patient(
        loading(*names),
        """
        patient_id | day | total | occasion
        half       |   0 |    20 |
        half       |   5 |     2 |
        half       |  17 |    19 |
        early      |   0 |    20 |
        early      |  10 |    10 |
        twice      |   0 |    20 |
        twice      |   5 |     2 |
        twice      |   8 |    15 |
        before     |   0 |    20 |
        after      |   0 |    20 |
        after      |  25 |     2 |
        post       |   0 |    20 |
        post       |  10 |     2 | post
        low        |   0 |     9 |
        low        |   5 |     1 |
        """,
        "end of loading",
    )
    same(
        found,
        """
        patient | numerator | denominator | status
        half    |         0 |           1 | ok
        early   |         1 |           1 | ok
        twice   |         0 |           1 | ok
        before  |         0 |           0 | empty
        after   |         0 |           0 | empty
        post    |         0 |           0 | empty
        low     |         0 |           0 | empty
        """,
    )


def test_who_stopped_before_the_session_has_the_last_score_after_an_earlier_one(by_patient, same):
    sessions = """
        patient_id | day
        stopped    |   0
        wenton     |   0
        wenton     |   3
        wenton     |   7
        unseen     |   0
        unseen     |   3
        unseen     |   7
        longgap    |   0
    """
    found = by_patient(
        sessions,
        """
        patient_id | day | total
        stopped    |   0 |    20
        stopped    |   2 |     8
        wenton     |   0 |    20
        wenton     |   2 |     8
        wenton     |   9 |    18
        unseen     |   0 |    20
        unseen     |   5 |     8
        unseen     |  40 |    18
        longgap    |   0 |    20
        longgap    |  71 |     8
        """,
        "after session 3",
    )
    same(
        found,
        """
        patient    | numerator | denominator
        stopped    |         1 |           1
        wenton     |         0 |           1
        unseen     |         1 |           1
        longgap    |         0 |           0
        """,
    )

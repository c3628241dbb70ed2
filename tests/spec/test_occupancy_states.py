"""Where somebody is on a day: the states, which goes before which, and how long they are known."""

import pytest

from analysis.estimate.occupancy import current_response, occupancy

LOADING = (0, 3, 7, 10)


def sessions(*names: str, days: tuple[int, ...] = LOADING) -> str:
    return "\n".join(["patient_id | day", *(f"{name} | {day}" for name in names for day in days)])


@pytest.fixture
def stretches(cohort_of):
    """Show each person's states as stretches of days: `responded 10-45`."""

    def show(*tables, last_day=150, strategy="treatment-policy", **options):
        cohort = cohort_of(*tables, **options)
        table = occupancy(cohort, instrument="PHQ-9", by="clinic_id", last_day=last_day, strategy=strategy)
        one = table[table["numerator"] == 1]
        assert not one.duplicated(["clinic_id", "day"]).any()
        found = {}
        for name, rows in one.groupby("clinic_id"):
            run = (rows["state"] != rows["state"].shift()).cumsum()
            found[name] = [
                f"{part['state'].iloc[0]} {part['day'].min()}-{part['day'].max()}" for _, part in rows.groupby(run)
            ]
        return found

    return show


def test_a_state_lasts_35_days_after_an_assessment(stretches):
    found = stretches(
        sessions("P1", days=(0, 60)),
        """
        patient_id | day | total
        P1         |   0 |    20
        P1         |  10 |    10
        """,
        last_day=80,
    )
    assert found == {"P1": ["not yet responded 0-9", "responded 10-45", "not known 46-80"]}


def test_the_start_is_known_for_35_days_too(stretches):
    """The baseline of day -20 is that of day 0."""
    found = stretches(sessions("P1"), "patient_id | day | total \n P1 | -20 | 20", last_day=60)
    assert found == {"P1": ["not yet responded 0-35", "not known 36-60"]}


def test_the_states_of_one_person_after_another(stretches):
    """Of 20: over 15 not yet, 15 to 11 partial, 10 to 5 responded, 4 remitted; after a response, over 10 is lost."""
    found = stretches(
        sessions("P1"),
        """
        patient_id | day | total
        P1         |   0 |    20
        P1         |   3 |    16
        P1         |   7 |    15
        P1         |  10 |    11
        P1         |  14 |    10
        P1         |  21 |     4
        P1         |  28 |     5
        P1         |  35 |    11
        P1         |  42 |    19
        P1         |  49 |     0
        """,
        last_day=50,
    )
    assert found == {
        "P1": [
            "not yet responded 0-6",
            "partial 7-13",
            "responded 14-20",
            "remitted 21-27",
            "responded 28-34",
            "lost response 35-48",
            "remitted 49-50",
        ]
    }


def test_without_a_baseline_or_eligibility_nothing_is_known(stretches):
    found = stretches(
        sessions("none", "low", days=(0, 3, 30)),
        """
        patient_id | day | total
        low        |   0 |     9
        low        |  10 |     0
        none       |  10 |     0
        """,
        last_day=20,
    )
    assert found == {"none": ["not known 0-20"], "low": ["not known 0-20"]}


def test_a_score_after_the_session_of_its_day_does_not_count_and_the_last_of_a_day_does(stretches):
    found = stretches(
        sessions("P1"),
        """
        patient_id | day | total | occasion
        P1         |   0 |    20 |
        P1         |   3 |     0 | post
        P1         |   7 |     0 | between
        P1         |   7 |    20 | pre
        P1         |  10 |    10 |
        """,
        last_day=12,
    )
    assert found == {"P1": ["not yet responded 0-9", "responded 10-12"]}


def test_treatment_has_stopped_90_days_after_the_last_session_until_the_next(stretches):
    """A session on the 91st day starts a new course, and no day lies between."""
    found = stretches(
        "patient_id | day \n back | 0 \n back | 101 \n next | 0 \n next | 91",
        "patient_id | day | total \n back | 0 | 20 \n next | 0 | 20",
        last_day=120,
    )
    assert found == {
        "back": ["not yet responded 0-35", "not known 36-90", "stopped treatment 91-100", "not known 101-120"],
        "next": ["not yet responded 0-35", "not known 36-120"],
    }


def test_care_has_ended_by_the_record_but_lost_is_noticed_later(stretches):
    found = stretches(
        sessions("completed", "lost", "ongoing"),
        "patient_id | day | total \n completed | 0 | 20 \n lost | 0 | 20 \n ongoing | 0 | 20",
        """
        patient_id | outcome_of_care | last_day
        completed  | completed       |       50
        lost       | lost            |       50
        ongoing    | ongoing         |       50
        """,
        last_day=110,
    )
    ends = ["not yet responded 0-35", "not known 36-100", "stopped treatment 101-110"]
    assert found == {
        "completed": ["not yet responded 0-35", "not known 36-50", "stopped treatment 51-110"],
        "lost": ends,
        "ongoing": ends,
    }


def test_a_known_state_goes_on_after_stopping_or_stopping_goes_before_it(stretches):
    tables = (
        sessions("P1"),
        "patient_id | day | total \n P1 | 0 | 20 \n P1 | 20 | 4 \n P1 | 120 | 8",
        "patient_id | outcome_of_care | last_day \n P1 | completed | 30",
    )
    assert stretches(*tables, last_day=130) == {
        "P1": ["not yet responded 0-19", "remitted 20-55", "stopped treatment 56-119", "responded 120-130"]
    }
    assert stretches(*tables, last_day=130, strategy="while-on-treatment") == {
        "P1": ["not yet responded 0-19", "remitted 20-30", "stopped treatment 31-130"]
    }


def test_a_later_course_is_compared_with_the_first_baseline(stretches):
    """A booster at 8: of its own baseline that is not eligible, of the first it is a response."""
    found = stretches(
        "patient_id | day \n P1 | 0 \n P1 | 100",
        "patient_id | day | total \n P1 | 0 | 20 \n P1 | 100 | 8 \n P1 | 107 | 4",
        last_day=110,
    )
    assert found["P1"][-2:] == ["responded 100-106", "remitted 107-110"]


def test_death_is_for_good(stretches):
    found = stretches(
        sessions("P1"),
        "patient_id | day | total \n P1 | 0 | 20 \n P1 | 10 | 4",
        "patient_id | outcome_of_care | last_day \n P1 | died | 20",
        last_day=150,
    )
    assert found == {"P1": ["not yet responded 0-9", "remitted 10-19", "died 20-150"]}


def test_following_ends_with_the_data_cut(cohort_of, same):
    """Of three, one is followed to day 2 and was partial then; two others stay where they are."""
    cohort = cohort_of(
        """
        patient_id | day | date
        short      |   0 | 2026-06-28
        long       |   0 | 2026-01-01
        other      |   0 | 2026-01-01
        """,
        """
        patient_id | day | total
        short      |   0 |    20
        short      |   2 |    14
        long       |   0 |    20
        other      |   0 |    20
        other      |   3 |    10
        """,
        data_cut="2026-06-30",
    )
    table = occupancy(cohort, instrument="PHQ-9", last_day=3)
    same(
        table[table["state"].isin(["not yet responded", "partial", "responded"])],
        """
        day | state             | numerator | denominator | estimate
        0   | not yet responded |         3 |           3 | 1
        0   | partial           |         0 |           3 | 0
        0   | responded         |         0 |           3 | 0
        1   | not yet responded |         3 |           3 | 1
        1   | partial           |         0 |           3 | 0
        1   | responded         |         0 |           3 | 0
        2   | not yet responded |         2 |           3 | 0.67
        2   | partial           |         1 |           3 | 0.33
        2   | responded         |         0 |           3 | 0
        3   | not yet responded |         1 |           2 | 0.33
        3   | partial           |         0 |           2 | 0.33
        3   | responded         |         1 |           2 | 0.33
        """,
    )


def test_current_response_of_all_starters_with_bounds(cohort_of, same):
    """On day 60: one in response, one not, one not known since day 36, one dead, one not eligible, one no baseline.

    Who started on the day before the data cut is not followed to day 60.
    """
    cohort = cohort_of(
        """
        patient_id | day | date
        yes        |   0 | 2026-01-01
        no         |   0 | 2026-01-01
        unseen     |   0 | 2026-01-01
        died       |   0 | 2026-01-01
        low        |   0 | 2026-01-01
        none       |   0 | 2026-01-01
        late       |   0 | 2026-06-29
        """,
        """
        patient_id | day | total
        yes        |   0 |    20
        yes        |  50 |     9
        no         |   0 |    20
        no         |  60 |    11
        unseen     |   0 |    20
        died       |   0 |    20
        died       |  30 |     0
        low        |   0 |     5
        low        |  60 |     0
        late       |   0 |    20
        """,
        """
        patient_id | outcome_of_care | last_day
        died       | died            |       40
        yes        |                 |
        no         |                 |
        unseen     |                 |
        low        |                 |
        none       |                 |
        late       |                 |
        """,
        data_cut="2026-06-30",
    )
    same(
        current_response(cohort, instrument="PHQ-9", day=60),
        """
        window    | estimand               | numerator | denominator | estimate | started | with_baseline | eligible | scored
        on day 60 | observed               |         1 |           3 |     0.33 |       6 |             5 |        4 |      3
        on day 60 | nonresponder           |         1 |           4 |     0.25 |       6 |             5 |        4 |      3
        on day 60 | starters               |         1 |           6 |     0.17 |       6 |             5 |        4 |      3
        on day 60 | bounds of the eligible |         1 |           4 |          |       6 |             5 |        4 |      3
        on day 60 | bounds of all starters |         1 |           6 |          |       6 |             5 |        4 |      3
        """,  # noqa: E501
    )
    bounds = current_response(cohort, instrument="PHQ-9", day=60).set_index("estimand")[["low", "high"]]
    assert bounds.loc["bounds of the eligible"].tolist() == [1 / 4, 2 / 4]
    assert bounds.loc["bounds of all starters"].tolist() == [1 / 6, 4 / 6]

"""Windows: one score per patient, course and instrument, picked by a fixed rule.

Each drawn patient is one case; its baseline is 20 and every later total is another number, so that the total tells
which score was picked (empty = none).
"""

import pytest
from drawn_tables import read_drawn

from analysis.estimate.rates import response_rates


def each_given(days: str, scores: str) -> tuple[str, str]:
    """Draw the sessions of every case of drawn scores, all on the same days, and add its baseline of 20 on day 0."""
    rows = read_drawn(scores)
    cases = dict.fromkeys(row["patient_id"] for row in rows)
    sessions = "patient_id | day" + "".join(f"\n{case} | {day}" for case in cases for day in days.split())
    for case in cases:
        baseline = {"patient_id": case, "day": "0", "total": "20"}
        scores = f"{scores.rstrip()}\n" + " | ".join(baseline.get(name, "") for name in rows[0])
    return sessions, scores


def test_end_of_loading_counts_scores_1_to_14_days_after_the_last_loading_session(cohort_of, picked, same):
    cohort = cohort_of(
        *each_given(
            "0 3 7",
            """
        patient_id | day | occasion | total
        day-0      |   7 | pre      |    11
        day-1      |   8 | pre      |    12
        day-14     |  21 | pre      |    13
        day-15     |  22 | pre      |    14
        """,
        )
    )
    same(
        picked(cohort, "end of loading"),
        """
        patient_id | picked
        day-0      |
        day-1      |     12
        day-14     |     13
        day-15     |
    """,
    )


def test_end_of_loading_takes_the_score_nearest_to_7_days_and_of_two_as_near_the_earlier(cohort_of, picked, same):
    cohort = cohort_of(
        *each_given(
            "0 3 7",
            """
        patient_id | day | occasion | total
        nearest    |  10 | pre      |    17
        nearest    |  13 | pre      |    16
        nearest    |  21 | pre      |    15
        tie-6-8    |  13 | pre      |    14
        tie-6-8    |  15 | pre      |    13
        tie-1-13   |   8 | pre      |    12
        tie-1-13   |  20 | pre      |    11
        laternear  |  12 | pre      |    10
        laternear  |  15 | pre      |     9
        """,
        )
    )
    same(
        picked(cohort, "end of loading"),
        """
        patient_id | picked
        nearest    |     16
        tie-6-8    |     14
        tie-1-13   |     12
        laternear  |      9
    """,
    )


def test_of_two_scores_of_the_picked_day_the_one_between_comes_before_the_one_pre(cohort_of, picked, same):
    cohort = cohort_of(
        *each_given("0 3 7", "patient_id | day | occasion | total \n P1 | 14 | pre | 9 \n P1 | 14 | between | 11")
    )
    same(picked(cohort, "end of loading"), "patient_id | picked \n P1 | 11")


def test_end_of_loading_ends_with_the_first_maintenance_session_whose_pre_score_still_counts(cohort_of, picked, same):
    cohort = cohort_of(
        *each_given(
            "0 3 18",
            """
        patient_id | day | occasion | total
        post             |  17 | post     |    18
        post             |  18 | post     |    17
        after            |  18 | post     |    16
        after            |  19 | pre      |    15
        beforeandafter   |   4 | pre      |    14
        beforeandafter   |  19 | pre      |    13
        """,
        )
    )
    same(
        picked(cohort, "end of loading"),
        """
        patient_id       | picked
        post             |
        after            |
        beforeandafter   |     14
    """,
    )
    last_loading_on_day_7 = cohort_of(
        *each_given("0 7 18", "patient_id | day | occasion | total \n P1 | 18 | pre | 12 \n P1 | 19 | pre | 11")
    )
    same(picked(last_loading_on_day_7, "end of loading"), "patient_id | picked \n P1 | 12")


def test_a_score_during_loading_is_no_score_at_the_end_of_loading(cohort_of, picked, same):
    cohort = cohort_of(*each_given("0 3 7", "patient_id | day | occasion | total \n P1 | 5 | pre | 9"))
    same(picked(cohort, "end of loading"), "patient_id | picked \n P1 |")


def test_post_scores_are_not_picked(cohort_of, picked, same):
    cohort = cohort_of(
        *each_given("0 3 7", "patient_id | day | occasion | total \n P1 | 14 | post | 9 \n P1 | 20 | pre | 12")
    )
    same(picked(cohort, "end of loading"), "patient_id | picked \n P1 | 12")


def test_the_late_end_of_loading_counts_days_14_to_31_nearest_to_21(cohort_of, picked, same):
    cohort = cohort_of(
        *each_given(
            "0 3 7",
            """
        patient_id | day | occasion | total
        day-13     |  20 | pre      |    19
        day-14     |  21 | pre      |    18
        day-31     |  38 | pre      |    17
        day-32     |  39 | pre      |    16
        nearest    |  21 | pre      |    15
        nearest    |  29 | pre      |    14
        nearest    |  38 | pre      |    13
        tie        |  27 | pre      |    12
        tie        |  29 | pre      |    11
        """,
        )
    )
    same(
        picked(cohort, "end of loading, late"),
        """
        patient_id | picked
        day-13     |
        day-14     |     18
        day-31     |     17
        day-32     |
        nearest    |     14
        tie        |     12
    """,
    )


def test_the_late_end_of_loading_too_ends_with_the_first_maintenance_session(cohort_of, picked, same):
    cohort = cohort_of(
        *each_given("0 3 7 24", "patient_id | day | occasion | total \n before | 24 | pre | 9 \n after | 28 | pre | 8")
    )
    same(
        picked(cohort, "end of loading, late"),
        """
        patient_id | picked
        before     |      9
        after      |
    """,
    )


def test_after_session_k_takes_the_latest_score_before_the_next_session(cohort_of, picked, same):
    cohort = cohort_of(
        *each_given(
            "0 3 7 10",
            """
        patient_id | day | occasion | total
        several    |   4 | pre      |    17
        several    |   6 | between  |    18
        several    |   6 | pre      |    16
        several    |   8 | pre      |    15
        atnext     |   5 | pre      |    14
        atnext     |   7 | pre      |    13
        postnext   |   3 | post     |    12
        postnext   |   7 | post     |    11
        """,
        )
    )
    same(
        picked(cohort, "after session 2"),
        """
        patient_id | picked
        several    |     16
        atnext     |     13
        postnext   |
    """,
    )


def test_after_session_k_counts_scores_to_14_days_after_it(cohort_of, picked, same):
    cohort = cohort_of(
        *each_given(
            "0 3",
            """
        patient_id | day | occasion | total
        day-14     |  17 | pre      |    17
        day-15     |  18 | pre      |    16
        latest     |  10 | pre      |    15
        latest     |  16 | pre      |    14
        latest     |  18 | pre      |    13
        """,
        )
    )
    same(
        picked(cohort, "after session 2"),
        """
        patient_id | picked
        day-14     |     17
        day-15     |
        latest     |     14
    """,
    )


def test_a_loading_session_counts_when_given_by_course_day_56_and_a_later_session_k_by_7k(cohort_of, picked, same):
    second = cohort_of(
        """
        patient_id | day
        second-56  |   0
        second-56  |  56
        second-57  |   0
        second-57  |  57
        """,
        """
        patient_id | day | total
        second-56  |   0 |    20
        second-56  |  60 |    12
        second-57  |   0 |    20
        second-57  |  60 |    11
        """,
    )
    same(
        picked(second, "after session 2"),
        """
        patient_id | picked
        second-56  |     12
        second-57  |
        """,
    )
    days = (0, 3, 7, 10, 14, 17, 21, 24)
    sessions = "\n".join(f"ninth-{last} | {day}" for last in (63, 64) for day in (*days, last))
    ninth = cohort_of(
        f"patient_id | day \n {sessions}",
        """
        patient_id | day | total
        ninth-63   |   0 |    20
        ninth-63   |  70 |    10
        ninth-64   |   0 |    20
        ninth-64   |  70 |     9
        """,
    )
    same(
        picked(ninth, "after session 9"),
        """
        patient_id | picked
        ninth-63   |     10
        ninth-64   |
        """,
    )


def test_the_first_eight_sessions_describe_the_same_starters(cohort_of):
    cohort = cohort_of(
        "patient_id | day | date \n older | 0 | 2026-01-01 \n newer | 0 | 2026-03-01",
        data_cut="2026-04-15",
    )
    windows = [f"after session {k}" for k in range(1, 9)]
    rates = response_rates(cohort, instrument="PHQ-9", window=windows, denominator="starters")
    assert set(rates["denominator"]) == {1}


def test_a_session_that_was_never_given_has_no_score_after_it(cohort_of, picked, same):
    cohort = cohort_of(*each_given("0 3", "patient_id | day | occasion | total \n P1 | 5 | pre | 12"))
    same(picked(cohort, "after session 3"), "patient_id | picked \n P1 |")


def test_month_1_runs_from_16_to_45_days_after_the_last_loading_session(cohort_of, picked, same):
    cohort = cohort_of(
        *each_given(
            "0 3 7",
            """
        patient_id | day | occasion | total
        day-15     |  22 | pre      |    11
        day-16     |  23 | pre      |    12
        day-45     |  52 | pre      |    13
        day-46     |  53 | pre      |    14
        """,
        )
    )
    same(
        picked(cohort, "month 1 after loading"),
        """
        patient_id | picked
        day-15     |
        day-16     |     12
        day-45     |     13
        day-46     |
    """,
    )
    same(
        picked(cohort, "month 2 after loading"),
        """
        patient_id | picked
        day-15     |
        day-16     |
        day-45     |
        day-46     |     14
    """,
    )


@pytest.mark.parametrize("days", [(3, 76, 105), (12, 346, 375)])
def test_month_m_runs_from_30m_less_14_to_30m_and_15_nearest_to_30m(cohort_of, picked, same, days):
    month, first, last = days
    scores = f"""
        patient_id | day | occasion | total
        tooearly   | {7 + first - 1}     | pre |  8
        first      | {7 + first}         | pre |  9
        last       | {7 + last}          | pre | 10
        toolate    | {7 + last + 1}      | pre | 11
        tie        | {7 + 30 * month - 4} | pre | 12
        tie        | {7 + 30 * month + 4} | pre | 13
        nearest    | {7 + first}          | pre | 14
        nearest    | {7 + 30 * month + 13} | pre | 15
    """
    cohort = cohort_of(*each_given("0 3 7", scores))
    same(
        picked(cohort, f"month {month} after loading"),
        """
        patient_id | picked
        tooearly   |
        first      |      9
        last       |     10
        toolate    |
        tie        |     12
        nearest    |     15
    """,
    )


def test_maintenance_sessions_do_not_end_a_month_but_the_next_course_does(cohort_of, picked, same):
    cohort = cohort_of(
        """
        patient_id  | day | treatment  | route
        maintained  |   0 | ketamine   | iv
        maintained  |  30 | ketamine   | iv
        maintained  |  60 | ketamine   | iv
        nextcourse  |   0 | ketamine   | iv
        nextcourse  |  60 | esketamine | intranasal
        """,
        """
        patient_id  | day | total
        maintained  |   0 |    20
        maintained  |  75 |     9
        nextcourse  |   0 |    20
        nextcourse  |  60 |     8
        nextcourse  |  62 |     7
        """,
    )
    same(
        picked(cohort, "month 2 after loading"),
        """
        patient_id  | picked
        maintained  |      9
        nextcourse  |      8
    """,
    )


def test_day_28_plus_minus_7_counts_course_days_21_to_35_nearest_to_28(cohort_of, picked, same):
    cohort = cohort_of(
        *each_given(
            "0 3 7",
            """
        patient_id | day | occasion | total
        day-20     |  20 | pre      |    19
        day-21     |  21 | pre      |    18
        day-35     |  35 | pre      |    17
        day-36     |  36 | pre      |    16
        tie        |  26 | pre      |    15
        tie        |  30 | pre      |    14
        nearest    |  25 | pre      |    13
        nearest    |  29 | pre      |    12
        """,
        )
    )
    same(
        picked(cohort, "day 28 +- 7"),
        """
        patient_id | picked
        day-20     |
        day-21     |     18
        day-35     |     17
        day-36     |
        tie        |     15
        nearest    |     12
    """,
    )


def test_a_window_around_the_first_day_does_not_pick_the_baseline(cohort_of, picked, same):
    cohort = cohort_of(*each_given("0 3", "patient_id | day | total \n P1 | 6 | 9 \n P2 | 7 | 8"))
    same(
        picked(cohort, "day 3 +- 3"),
        """
        patient_id | picked
        P1         |      9
        P2         |
    """,
    )


def test_24_h_takes_the_score_18_to_36_hours_after_session_1_nearest_to_24(cohort_of, picked, same):
    cohort = cohort_of(
        *each_given(
            "0 3",
            """
        patient_id | day | occasion | hours_after | recall_days | total
        h-17       |   1 | pre      |          17 |           1 |    11
        h-18       |   1 | pre      |          18 |           1 |    12
        h-36       |   1 | post     |          36 |           1 |    13
        h-37       |   1 | pre      |          37 |           1 |    14
        tie        |   1 | pre      |          22 |           0 |    15
        tie        |   1 | between  |          26 |           1 |    16
        nohours    |   1 | pre      |             |           1 |    17
        second     |   4 | pre      |          24 |           1 |    18
        """,
        )
    )
    same(
        picked(cohort, "24 h"),
        """
        patient_id | picked
        h-17       |
        h-18       |     12
        h-36       |     13
        h-37       |
        tie        |     15
        nohours    |
        second     |
    """,
    )


def test_24_h_needs_a_recall_of_at_most_a_day_the_scores_own_or_else_the_instruments(cohort_of, picked, same):
    cohort = cohort_of(
        *each_given(
            "0",
            """
        patient_id | day | hours_after | recall_days | total
        own-1      |   1 |          24 |           1 |     9
        own-2      |   1 |          24 |           2 |     8
        scales     |   1 |          24 |             |     7
        """,
        )
    )
    same(
        picked(cohort, "24 h"),
        """
        patient_id | picked
        own-1      |      9
        own-2      |
        scales     |
    """,
    )


def test_a_score_set_aside_is_not_picked(cohort_of, picked, same):
    cohort = cohort_of(
        *each_given("0 3 7", "patient_id | day | occasion | total \n P1 | 14 | pre | 99 \n P1 | 20 | pre | 12")
    )
    same(picked(cohort, "end of loading"), "patient_id | picked \n P1 | 12")

"""How maintenance goes: gaps between its sessions, sessions a month, re-loading, boosters, repeats and switches."""

from analysis.estimate.phases import phases


def test_the_gaps_of_maintenance_lie_between_its_sessions(cohort_of, same):
    """Loading ends on day 21; the 7 days to the first maintenance session are no gap of maintenance."""
    cohort = cohort_of("""
        patient_id | day
        P1         |   0
        P1         |   7
        P1         |  14
        P1         |  21
        P1         |  28
        P1         |  42
        P1         |  56
        P1         |  88
        once       |   0
        once       |  40
        never      |   0
    """)
    same(
        cohort.maintenance,
        """
        patient_id | maintenance_sessions | days_to_maintenance | maintenance_gaps | maintenance_days | longest_gap
        P1         |                    4 |                   7 |                3 |               60 |          32
        once       |                    1 |                  40 |                0 |                  |
        never      |                    0 |                     |                0 |                  |
    """,
    )
    same(
        cohort.maintenance,
        """
        patient_id | median_gap | sessions_a_month
        P1         |         14 |              1.5
        once       |            |
        never      |            |
    """,
    )


def test_the_median_of_two_gaps_is_halfway_and_two_sessions_on_a_day_have_a_gap_of_0(cohort_of, same):
    cohort = cohort_of("""
        patient_id | day | sequence
        P1         |   0 |        1
        P1         |  30 |        1
        P1         |  37 |        1
        P1         |  45 |        1
        P2         |   0 |        1
        P2         |  30 |        1
        P2         |  30 |        2
    """)
    same(
        cohort.maintenance,
        """
        patient_id | median_gap | longest_gap | sessions_a_month
        P1         |        7.5 |           8 |                4
        P2         |          0 |           0 |
    """,
    )


def test_a_gap_over_a_session_whose_phase_is_not_known_is_not_known_either(cohort_of, same):
    cohort = cohort_of("""
        patient_id | day | route | phase_recorded
        P1         |   0 | oral  | loading
        P1         |  10 | oral  | maintenance
        P1         |  24 | oral  |
        P1         |  38 | oral  | maintenance
        P1         |  45 | oral  | maintenance
    """)
    same(cohort.maintenance, "maintenance_gaps | maintenance_days | longest_gap\n1 | 7 | 7")


def test_labels_that_go_back_to_loading_lead_to_maintenance_in_no_number_of_days(cohort_of, same):
    cohort = cohort_of("""
        patient_id | day | route | phase_recorded
        P1         |   0 | oral  | loading
        P1         |  10 | oral  | maintenance
        P1         |  24 | oral  | loading
        P2         |   0 | oral  | loading
        P2         |  24 | oral  | maintenance
    """)
    same(cohort.maintenance, "patient_id | days_to_maintenance\nP1 | \nP2 | 24")


def test_the_third_session_within_10_days_begins_an_episode_of_re_loading_that_lasts_while_they_stay_dense(
    cohort_of, same
):
    cohort = cohort_of("""
        patient_id | day
        two        |   0
        two        |  30
        two        |  35
        two        |  40
        two        |  44
        two        |  70
        two        |  73
        two        |  80
        ten        |   0
        ten        |  30
        ten        |  37
        ten        |  40
        eleven     |   0
        eleven     |  30
        eleven     |  37
        eleven     |  41
    """)
    same(
        cohort.maintenance,
        """
        patient_id | reloading_sessions | reloading_episodes
        two        |                  3 |                  2
        ten        |                  1 |                  1
        eleven     |                  0 |                  0
    """,
    )


def test_a_gap_of_91_days_starts_a_repeat_course_or_with_two_loading_sessions_a_booster(cohort_of, same):
    cohort = cohort_of("""
        patient_id | day | treatment
        gap-90     |   0 | ketamine
        gap-90     |  90 | ketamine
        repeat     |   0 | ketamine
        repeat     |  91 | ketamine
        repeat     |  94 | ketamine
        repeat     |  97 | ketamine
        booster    |   0 | ketamine
        booster    |  91 | ketamine
        booster    |  94 | ketamine
        other      |   0 | ketamine
        other      |   3 | placebo
    """)
    same(
        cohort.courses,
        """
        patient_id | course | kind    | loading_sessions
        gap-90     |      1 | first   |                1
        repeat     |      1 | first   |                1
        repeat     |      2 | repeat  |                3
        booster    |      1 | first   |                1
        booster    |      2 | booster |                2
        other      |      1 | first   |                1
        other      |      2 | booster |                1
    """,
    )
    same(
        phases(cohort).courses,
        """
        kind           | courses | sessions
        first          |       4 |        5
        prior ketamine |       0 |        0
        repeat         |       1 |        3
        booster        |       2 |        3
    """,
    )


def test_switches_of_route_and_clinic_are_within_a_course(cohort_of, same):
    cohort = cohort_of("""
        patient_id | day | route      | clinic_id
        route      |   0 | iv         | A
        route      |   3 | im         | A
        route      |   6 | iv         | A
        clinic     |   0 | iv         | A
        clinic     |   3 | iv         | B
        later      |   0 | iv         | A
        later      | 100 | im         | B
        missing    |   0 | iv         | A
        missing    |   3 |            |
        missing    |   6 | iv         | A
    """)
    same(
        cohort.courses,
        """
        patient_id | course | route | route_switches | clinic_switches
        route      |      1 | iv    |              2 |               0
        clinic     |      1 | iv    |              0 |               1
        later      |      1 | iv    |              0 |               0
        later      |      2 | im    |              0 |               0
        missing    |      1 | iv    |              0 |               0
    """,
    )
    found = phases(cohort).table
    same(
        found[found["name"].isin(["route switch", "clinic switch"])],
        """
        name          | numerator | denominator
        route switch  |         1 |           4
        clinic switch |         1 |           4
    """,
    )

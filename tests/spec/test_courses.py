"""Courses: a patient's treatment sessions in order, cut where the gap is long or the treatment another."""


def test_a_gap_of_90_days_stays_in_the_course_and_one_of_91_starts_the_next(cohort_of, same):
    cohort = cohort_of("""
        patient_id | day
        gap-90     |   0
        gap-90     |  90
        gap-91     |   0
        gap-91     |  91
    """)
    same(
        cohort.courses,
        """
        patient_id | course | first_day | last_day | sessions
        gap-90     |      1 |         0 |       90 |        2
        gap-91     |      1 |         0 |        0 |        1
        gap-91     |      2 |        91 |       91 |        1
    """,
    )


def test_the_gap_is_counted_from_the_session_before_not_from_the_first(cohort_of, same):
    cohort = cohort_of("""
        patient_id | day
        P1         |   0
        P1         |  60
        P1         | 120
        P1         | 210
        P1         | 301
    """)
    same(
        cohort.sessions,
        """
        patient_id | day | course | session_number | course_day
        P1         |   0 |      1 |              1 |          0
        P1         |  60 |      1 |              2 |         60
        P1         | 120 |      1 |              3 |        120
        P1         | 210 |      1 |              4 |        210
        P1         | 301 |      2 |              1 |          0
    """,
    )


def test_another_treatment_starts_a_course_and_another_route_does_not(cohort_of, same):
    cohort = cohort_of("""
        patient_id | day | treatment  | route
        treatment  |   0 | ketamine   | iv
        treatment  |   3 | ketamine   | iv
        treatment  |   7 | esketamine | intranasal
        route      |   0 | ketamine   | iv
        route      |   3 | ketamine   | im
        route      |   7 | ketamine   | iv
        andback    |   0 | ketamine   | iv
        andback    |   3 | esketamine | intranasal
        andback    |   7 | ketamine   | iv
    """)
    same(
        cohort.courses,
        """
        patient_id | course | treatment  | route      | first_day | sessions
        treatment  |      1 | ketamine   | iv         |         0 |        2
        treatment  |      2 | esketamine | intranasal |         7 |        1
        route      |      1 | ketamine   | iv         |         0 |        3
        andback    |      1 | ketamine   | iv         |         0 |        1
        andback    |      2 | esketamine | intranasal |         3 |        1
        andback    |      3 | ketamine   | iv         |         7 |        1
    """,
    )


def test_cancelled_and_no_show_rows_are_not_treatment_and_stopped_early_is(cohort_of, same):
    cohort = cohort_of("""
        patient_id | day | status
        P1         |   0 | given
        P1         |   3 | cancelled
        P1         |   7 | no-show
        P1         |  10 | stopped-early
        P1         |  14 |
    """)
    same(
        cohort.sessions,
        """
        patient_id | day | session_number
        P1         |   0 |              1
        P1         |  10 |              2
        P1         |  14 |              3
    """,
    )


def test_a_cancelled_session_does_not_bridge_a_gap(cohort_of, same):
    cohort = cohort_of("""
        patient_id | day | status
        P1         |   0 | given
        P1         |  60 | cancelled
        P1         | 120 | given
    """)
    same(
        cohort.courses,
        """
        patient_id | course | first_day | sessions
        P1         |      1 |         0 |        1
        P1         |      2 |       120 |        1
    """,
    )


def test_two_sessions_of_one_day_count_in_the_order_of_their_sequence_wherever_they_stand(cohort_of, same):
    cohort = cohort_of("""
        patient_id | day | sequence | treatment | route
        P1         |   3 |        1 | ketamine  | iv
        P1         |   0 |        2 | ketamine  | im
        P1         |   0 |        1 | ketamine  | sublingual
    """)
    same(
        cohort.sessions,
        """
        patient_id | day | sequence | session_number
        P1         |   0 |        1 |              1
        P1         |   0 |        2 |              2
        P1         |   3 |        1 |              3
    """,
    )
    same(
        cohort.courses,
        """
        patient_id | route      | sessions
        P1         | sublingual |        3
    """,
    )


def test_a_later_course_with_fewer_than_3_loading_sessions_is_a_booster(cohort_of, same):
    cohort = cohort_of("""
        patient_id    | day
        two           |   0
        two           | 100
        two           | 103
        three         |   0
        three         | 100
        three         | 103
        three         | 107
        twothenmore   |   0
        twothenmore   | 100
        twothenmore   | 103
        twothenmore   | 120
        twothenmore   | 140
    """)
    same(
        cohort.courses,
        """
        patient_id    | course | kind    | sessions | loading_sessions
        two           |      1 | first   |        1 |                1
        two           |      2 | booster |        2 |                2
        three         |      1 | first   |        1 |                1
        three         |      2 | repeat  |        3 |                3
        twothenmore   |      1 | first   |        1 |                1
        twothenmore   |      2 | booster |        4 |                2
    """,
    )


def test_a_later_course_is_a_booster_only_once_its_loading_has_closed(cohort_of, same):
    sessions = """
        patient_id | day | date
        P1         |   0 | 2026-01-01
        P1         | 100 | 2026-04-11
    """
    same(
        cohort_of(sessions, data_cut="2026-04-21").courses,
        """
        course | kind   | loading_status
             1 | first  | stopped
             2 | repeat | open
    """,
    )
    same(
        cohort_of(sessions, data_cut="2026-04-22").courses,
        """
        course | kind    | loading_status
             1 | first   | stopped
             2 | booster | stopped
    """,
    )


def test_route_and_clinic_of_a_course_are_those_of_its_first_session(cohort_of, same):
    cohort = cohort_of("""
        patient_id | day | route | clinic_id
        P1         |   0 | iv    | north
        P1         |   3 | im    | south
        P1         | 120 | im    | south
    """)
    same(
        cohort.courses,
        """
        patient_id | course | route | clinic_id
        P1         |      1 | iv    | north
        P1         |      2 | im    | south
    """,
    )


def test_a_patient_never_treated_has_no_course_and_no_outcome(cohort_of, same):
    cohort = cohort_of(
        """
        patient_id | day | status
        treated    |   0 | given
        untreated  |   0 | no-show
        """,
        """
        patient_id | day | total
        treated    |   0 |    20
        untreated  |   0 |    20
        """,
    )
    same(
        cohort.courses,
        """
        patient_id
        treated
    """,
    )
    same(
        cohort.outcomes,
        """
        patient_id | total
        treated    |    20
    """,
    )


def test_a_course_whose_first_session_was_cancelled_starts_with_the_first_given_one(cohort_of, same):
    cohort = cohort_of("""
        patient_id | day | status
        P1         |   0 | cancelled
        P1         |   4 | given
        P1         |   7 | given
    """)
    same(
        cohort.sessions,
        """
        day | session_number | course_day | phase
          4 |              1 |          0 | loading
          7 |              2 |          3 | loading
    """,
    )

"""Which session a score follows: the last on an earlier day, or on the same day if the score is `post`."""


def test_on_the_day_of_a_session_pre_and_between_come_before_it_and_post_after_it(cohort_of, same):
    cohort = cohort_of(
        """
        patient_id | day
        P1         |   0
        P1         |   3
        P1         |   7
        """,
        """
        patient_id | day | occasion | total
        P1         |  -5 |          |    20
        P1         |   0 | pre      |    19
        P1         |   0 | post     |    18
        P1         |   2 | between  |    17
        P1         |   3 | between  |    16
        P1         |   3 |          |    15
        P1         |   3 | post     |    14
        P1         |   7 | pre      |    13
        P1         |   8 | pre      |    12
        """,
    )
    same(
        cohort.outcomes,
        """
        total | day | occasion | course | session_number | course_day
           20 |  -5 | pre      |      1 |              0 |         -5
           19 |   0 | pre      |      1 |              0 |          0
           18 |   0 | post     |      1 |              1 |          0
           17 |   2 | between  |      1 |              1 |          2
           16 |   3 | between  |      1 |              1 |          3
           15 |   3 | pre      |      1 |              1 |          3
           14 |   3 | post     |      1 |              2 |          3
           13 |   7 | pre      |      1 |              2 |          7
           12 |   8 | pre      |      1 |              3 |          8
    """,
    )


def test_a_post_score_follows_the_last_of_several_sessions_of_its_day(cohort_of, same):
    cohort = cohort_of(
        """
        patient_id | day | sequence
        P1         |   0 |        1
        P1         |   0 |        2
        P1         |   5 |        1
        """,
        """
        patient_id | day | occasion | total
        P1         |   0 | pre      |    20
        P1         |   0 | post     |    15
        P1         |   4 | pre      |    14
        """,
    )
    same(
        cohort.outcomes,
        """
        total | session_number
           20 |              0
           15 |              2
           14 |              2
    """,
    )


def test_a_score_does_not_follow_a_cancelled_session(cohort_of, same):
    cohort = cohort_of(
        """
        patient_id | day | status
        P1         |   0 | given
        P1         |   5 | cancelled
        P1         |   9 | stopped-early
        """,
        """
        patient_id | day | total
        P1         |   7 |    14
        P1         |  10 |    12
        """,
    )
    same(
        cohort.outcomes,
        """
        day | session_number
          7 |              1
         10 |              2
    """,
    )


def test_a_score_belongs_to_the_course_of_the_session_it_follows(cohort_of, same):
    cohort = cohort_of(
        """
        patient_id | day
        P1         |   0
        P1         | 200
        P1         | 203
        """,
        """
        patient_id | day | occasion | total
        P1         |   0 | pre      |    22
        P1         | 190 | pre      |    17
        P1         | 200 | pre      |    18
        P1         | 200 | post     |    11
        P1         | 203 | pre      |     9
        """,
    )
    same(
        cohort.outcomes,
        """
        total | day | course | session_number | course_day | baseline
           22 |   0 |      1 |              0 |          0 |       22
           17 | 190 |      1 |              1 |        190 |       22
           18 | 200 |      1 |              1 |        200 |       22
           11 | 200 |      2 |              1 |          0 |       18
            9 | 203 |      2 |              1 |          3 |       18
    """,
    )


def test_the_phase_of_a_score_is_before_loading_after_loading_or_maintenance(cohort_of, same):
    cohort = cohort_of(
        """
        patient_id | day
        P1         |   0
        P1         |   3
        P1         |   7
        P1         |  40
        """,
        """
        patient_id | day | occasion | total
        P1         |   0 | pre      |    20
        P1         |   0 | post     |    19
        P1         |   5 | pre      |    18
        P1         |  17 | pre      |    17
        P1         |  18 | pre      |    16
        P1         |  40 | pre      |    15
        P1         |  40 | post     |    14
        P1         |  90 | pre      |    13
        """,
    )
    same(
        cohort.outcomes,
        """
        day | occasion | total | phase
          0 | pre      |    20 | before
          0 | post     |    19 | loading
          5 | pre      |    18 | loading
         17 | pre      |    17 | loading
         18 | pre      |    16 | after loading
         40 | pre      |    15 | after loading
         40 | post     |    14 | maintenance
         90 | pre      |    13 | maintenance
    """,
    )


def test_a_score_that_follows_a_session_of_unknown_phase_has_an_unknown_phase(cohort_of, same):
    cohort = cohort_of(
        """
        patient_id | day | treatment  | route
        P1         |   0 | psilocybin | oral
        """,
        """
        patient_id | day | total
        P1         |   0 |    20
        P1         |   7 |    10
        """,
    )
    same(
        cohort.outcomes,
        """
        day | session_number | phase
          0 |              0 | before
          7 |              1 | unknown
    """,
    )


def test_the_scores_of_a_patient_are_not_joined_to_the_sessions_of_another(cohort_of, same):
    cohort = cohort_of(
        """
        patient_id | day
        A          |   0
        B          |   0
        B          |   3
        """,
        """
        patient_id | day | total
        A          |   0 |    20
        A          |   5 |    12
        B          |   0 |    16
        B          |   5 |     8
        """,
    )
    same(
        cohort.outcomes,
        """
        patient_id | day | total | session_number | baseline
        A          |   0 |    20 |              0 |       20
        A          |   5 |    12 |              1 |       20
        B          |   0 |    16 |              0 |       16
        B          |   5 |     8 |              2 |       16
    """,
    )


def test_a_score_just_before_the_session_that_closes_loading_is_still_in_loading(cohort_of, same):
    cohort = cohort_of(
        """
        patient_id | day
        P1         |   0
        P1         |   2
        P1         |   4
        P1         |   6
        P1         |   8
        P1         |  10
        P1         |  12
        P1         |  14
        """,
        """
        patient_id | day | occasion | total
        P1         |   0 | pre      |    20
        P1         |  14 | pre      |    12
        P1         |  14 | post     |    11
        P1         |  15 | pre      |    10
        """,
    )
    same(
        cohort.outcomes,
        """
        day | occasion | session_number | phase
          0 | pre      |              0 | before
         14 | pre      |              7 | loading
         14 | post     |              8 | after loading
         15 | pre      |              8 | after loading
    """,
    )

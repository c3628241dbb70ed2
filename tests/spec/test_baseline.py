"""The baseline: the last valid score from 30 days before the course's first session up to that session."""


def test_a_score_30_days_before_counts_and_one_31_days_before_does_not(cohort_of, same):
    cohort = cohort_of(
        """
        patient_id | day
        day-30     |   0
        day-31     |   0
        """,
        """
        patient_id | day | total
        day-30     | -30 |    20
        day-30     |   7 |     9
        day-31     | -31 |    20
        day-31     |   7 |     9
        """,
    )
    same(
        cohort.outcomes[cohort.outcomes["day"] == 7],
        """
        patient_id | total | baseline | eligible | response
        day-30     |     9 |       20 | true     | true
        day-31     |     9 |          | unknown  | unknown
    """,
    )


def test_the_last_score_before_is_taken_pre_of_the_first_day_included_and_post_not(cohort_of, same):
    cohort = cohort_of(
        """
        patient_id  | day
        pre         |   0
        postonly    |   0
        prebetween  |   0
        """,
        """
        patient_id  | day | occasion | total
        pre         | -10 | pre      |    24
        pre         |   0 | pre      |    22
        pre         |   0 | post     |    12
        pre         |   7 | pre      |    11
        postonly    |   0 | post     |    20
        postonly    |   7 | pre      |    10
        prebetween  |   0 | pre      |    18
        prebetween  |   0 | between  |    21
        prebetween  |   7 | pre      |    10
        """,
    )
    same(
        cohort.outcomes[cohort.outcomes["day"] == 7],
        """
        patient_id  | baseline
        pre         |       22
        postonly    |
        prebetween  |       18
    """,
    )


def test_a_score_that_is_set_aside_is_no_baseline(cohort_of, same):
    cohort = cohort_of(
        "patient_id | day \n P1 | 0",
        """
        patient_id | day | total
        P1         |  -4 |    18
        P1         |   0 |   300
        P1         |   7 |     9
        """,
    )
    same(
        cohort.outcomes,
        """
        day | total | baseline
         -4 |    18 |       18
          7 |     9 |       18
    """,
    )


def test_without_a_baseline_every_outcome_is_unknown(cohort_of, same):
    cohort = cohort_of("patient_id | day \n P1 | 0", "patient_id | day | total \n P1 | 7 | 3")
    same(
        cohort.outcomes,
        """
        baseline | eligible | change | response | remission | partial_response | reliable_improvement
                 | unknown  |        | unknown  | unknown   | unknown          | unknown
    """,
    )


def test_a_baseline_of_0_is_a_baseline_and_not_a_missing_one(cohort_of, same):
    cohort = cohort_of(
        "patient_id | day \n P1 | 0",
        """
        patient_id | day | total
        P1         |   0 |     0
        P1         |   7 |     0
        """,
    )
    same(
        cohort.outcomes[cohort.outcomes["day"] == 7],
        """
        baseline | eligible | percent_change | response | remission
               0 | false    |                | unknown  | unknown
    """,
    )


def test_the_baseline_of_a_later_course_comes_from_its_own_30_days(cohort_of, same):
    cohort = cohort_of(
        """
        patient_id | day
        P1         |   0
        P1         | 120
        P2         |   0
        P2         | 120
        """,
        """
        patient_id | day | total
        P1         |   0 |    24
        P1         |  90 |    14
        P1         | 127 |     7
        P2         |   0 |    24
        P2         |  89 |    14
        P2         | 127 |     7
        """,
    )
    same(
        cohort.outcomes[cohort.outcomes["day"] == 127],
        """
        patient_id | course | baseline | response
        P1         |      2 |       14 | true
        P2         |      2 |          | unknown
    """,
    )


def test_a_quick_second_course_may_take_its_baseline_from_within_the_first(cohort_of, same):
    cohort = cohort_of(
        """
        patient_id | day | treatment  | route
        P1         |   0 | ketamine   | iv
        P1         |  20 | esketamine | intranasal
        """,
        """
        patient_id | day | occasion | total
        P1         |   0 | pre      |    24
        P1         |  10 | pre      |    16
        P1         |  27 | pre      |     8
        """,
    )
    same(
        cohort.outcomes,
        """
        day | course | session_number | baseline | response
          0 |      1 |              0 |       24 | unknown
         10 |      1 |              1 |       24 | false
         27 |      2 |              1 |       16 | true
    """,
    )


def test_each_instrument_has_its_own_baseline(cohort_of, same):
    cohort = cohort_of(
        "patient_id | day \n P1 | 0",
        """
        patient_id | day | instrument | total
        P1         |  -1 | MADRS      |    32
        P1         |   0 | PHQ-9      |    20
        P1         |   7 | PHQ-9      |    16
        P1         |   7 | MADRS      |    16
        P1         |   7 | GAD-7      |     4
        """,
    )
    same(
        cohort.outcomes[cohort.outcomes["day"] == 7],
        """
        instrument | total | baseline | response
        PHQ-9      |    16 |       20 | false
        MADRS      |    16 |       32 | true
        GAD-7      |     4 |          | unknown
    """,
    )


BEFORE = """
    patient_id | day | total
    P1         | -20 |    15
    P1         | -10 |    19
    P1         |   0 |    16
    P1         |   7 |     8
    P1         |  14 |     9
"""


def test_the_baseline_may_be_the_worst_score_before(cohort_of, same):
    cohort = cohort_of("patient_id | day \n P1 | 0", BEFORE, definitions='[baseline]\nchoose = "worst"')
    same(
        cohort.outcomes[cohort.outcomes["day"] > 0],
        """
        day | baseline | response
          7 |       19 | true
         14 |       19 | true
    """,
    )


def test_the_baseline_may_be_the_first_score_before(cohort_of, same):
    cohort = cohort_of("patient_id | day \n P1 | 0", BEFORE, definitions='[baseline]\nchoose = "first"')
    same(
        cohort.outcomes[cohort.outcomes["day"] > 0],
        """
        day | baseline | response
          7 |       15 | false
         14 |       15 | false
    """,
    )


def test_the_baseline_may_be_the_mean_of_the_scores_before_compared_without_rounding(cohort_of, same):
    """15, 19 and 16 have the mean 16 2/3, half of which is 8 1/3: 8 responds, 9 does not."""
    cohort = cohort_of("patient_id | day \n P1 | 0", BEFORE, definitions='[baseline]\nchoose = "mean"')
    same(
        cohort.outcomes[cohort.outcomes["day"] > 0],
        """
        day | baseline | response | reliable_improvement
          7 |    16.67 | true     | true
         14 |    16.67 | false    | true
    """,
    )


def test_a_mean_baseline_is_compared_exactly_at_every_cut(cohort_of, same):
    """13, 13 and 14 have the mean 13 1/3: 10 is exactly a quarter down; 7 is 6 1/3 down and 8 only 5 1/3."""
    cohort = cohort_of(
        """
        patient_id | day
        quarter    |   0
        entry      |   0
        under      |   0
        """,
        """
        patient_id | day | total
        quarter    |  -2 |    13
        quarter    |  -1 |    13
        quarter    |   0 |    14
        quarter    |   7 |     7
        quarter    |  14 |     8
        quarter    |  21 |    10
        quarter    |  28 |    11
        entry      |  -2 |     8
        entry      |  -1 |    11
        entry      |   0 |    11
        entry      |   7 |     5
        under      |  -2 |     8
        under      |  -1 |    10
        under      |   0 |    11
        under      |   7 |     4
        """,
        definitions='[baseline]\nchoose = "mean"',
    )
    same(
        cohort.outcomes[cohort.outcomes["day"] > 0],
        """
        patient_id | day | total | eligible | response | partial_response | reliable_improvement
        quarter    |   7 |     7 | true     | false    | true             | true
        quarter    |  14 |     8 | true     | false    | true             | false
        quarter    |  21 |    10 | true     | false    | true             | false
        quarter    |  28 |    11 | true     | false    | false            | false
        entry      |   7 |     5 | true     | true     | false            | false
        under      |   7 |     4 | false    | unknown  | unknown          | unknown
    """,
    )


def test_the_number_of_days_before_is_a_setting(cohort_of, same):
    cohort = cohort_of(
        "patient_id | day \n P1 | 0",
        "patient_id | day | total \n P1 | -60 | 20 \n P1 | 7 | 9",
        definitions="[baseline]\ndays_before = 60",
    )
    same(cohort.outcomes[cohort.outcomes["day"] == 7], "baseline | response \n 20 | true")

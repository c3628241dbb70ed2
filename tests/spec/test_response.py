"""Response, remission and the other judgements of a score against its baseline: true, false or unknown."""

ONE_SESSION_EACH = """
    patient_id | day
    base-9     |   0
    base-10    |   0
    base-20    |   0
    base-21    |   0
"""


def test_exactly_half_of_the_baseline_gone_is_a_response(cohort_of, same):
    cohort = cohort_of(
        ONE_SESSION_EACH,
        """
        patient_id | day | total
        base-20    |   0 |    20
        base-20    |   7 |    11
        base-20    |  14 |    10
        base-20    |  21 |     9
        base-21    |   0 |    21
        base-21    |   7 |    11
        base-21    |  14 |    10
        """,
    )
    same(
        cohort.outcomes[cohort.outcomes["day"] > 0],
        """
        patient_id | total | change | percent_change | response
        base-20    |    11 |     -9 |            -45 | false
        base-20    |    10 |    -10 |            -50 | true
        base-20    |     9 |    -11 |            -55 | true
        base-21    |    11 |    -10 |         -47.62 | false
        base-21    |    10 |    -11 |         -52.38 | true
    """,
    )


def test_a_baseline_of_10_is_eligible_and_one_of_9_is_not_whatever_follows(cohort_of, same):
    cohort = cohort_of(
        ONE_SESSION_EACH,
        """
        patient_id | day | total
        base-9     |   0 |     9
        base-9     |   7 |     2
        base-10    |   0 |    10
        base-10    |   7 |     2
        """,
    )
    same(
        cohort.outcomes[cohort.outcomes["day"] > 0],
        """
        patient_id | eligible | response | remission | partial_response | reliable_improvement | reliable_deterioration
        base-9     | false    | unknown  | unknown   | unknown          | unknown              | unknown
        base-10    | true     | true     | true      | false            | true                 | false
    """,
    )


def test_remission_on_the_phq_9_is_a_total_of_4_or_less(cohort_of, same):
    cohort = cohort_of(
        ONE_SESSION_EACH,
        """
        patient_id | day | total
        base-20    |   0 |    20
        base-20    |   7 |     5
        base-20    |  14 |     4
        base-20    |  21 |     0
        """,
    )
    same(
        cohort.outcomes[cohort.outcomes["day"] > 0],
        """
        total | response | remission
            5 | true     | false
            4 | true     | true
            0 | true     | true
    """,
    )


def test_from_the_lowest_eligible_baseline_remission_is_also_response(cohort_of, same):
    cohort = cohort_of(
        ONE_SESSION_EACH,
        "patient_id | day | total \n base-10 | 0 | 10 \n base-10 | 7 | 4",
    )
    same(cohort.outcomes[cohort.outcomes["day"] > 0], "response | remission \n true | true")


def test_partial_response_is_a_quarter_gone_up_to_but_not_half(cohort_of, same):
    cohort = cohort_of(
        ONE_SESSION_EACH,
        """
        patient_id | day | total
        base-20    |   0 |    20
        base-20    |   7 |    16
        base-20    |  14 |    15
        base-20    |  21 |    11
        base-20    |  28 |    10
        base-21    |   0 |    21
        base-21    |   7 |    16
        base-21    |  14 |    15
        """,
    )
    same(
        cohort.outcomes[cohort.outcomes["day"] > 0],
        """
        patient_id | total | partial_response
        base-20    |    16 | false
        base-20    |    15 | true
        base-20    |    11 | true
        base-20    |    10 | false
        base-21    |    16 | false
        base-21    |    15 | true
    """,
    )


def test_reliable_change_on_the_phq_9_is_6_points_either_way(cohort_of, same):
    cohort = cohort_of(
        ONE_SESSION_EACH,
        """
        patient_id | day | total
        base-20    |   0 |    20
        base-20    |   7 |    15
        base-20    |  14 |    14
        base-20    |  21 |    25
        base-20    |  28 |    26
        """,
    )
    same(
        cohort.outcomes[cohort.outcomes["day"] > 0],
        """
        total | change | reliable_improvement | reliable_deterioration
           15 |     -5 | false                | false
           14 |     -6 | true                 | false
           25 |      5 | false                | false
           26 |      6 | false                | true
    """,
    )


def test_each_instrument_has_its_own_cuts_and_no_reliable_change_is_made_up(cohort_of, same):
    cohort = cohort_of(
        ONE_SESSION_EACH,
        """
        patient_id | day | instrument | total
        base-20    |   0 | MADRS      |    20
        base-20    |   7 | MADRS      |    11
        base-20    |  14 | MADRS      |    10
        base-21    |   0 | MADRS      |    19
        base-21    |   7 | MADRS      |     2
        base-10    |   0 | GAD-7      |    10
        base-10    |   7 | GAD-7      |     7
        base-10    |  14 | GAD-7      |     6
        base-10    |  21 | GAD-7      |     4
        """,
    )
    same(
        cohort.outcomes[cohort.outcomes["day"] > 0],
        """
        patient_id | instrument | total | eligible | response | remission | reliable_improvement
        base-20    | MADRS      |    11 | true     | false    | false     | unknown
        base-20    | MADRS      |    10 | true     | true     | true      | unknown
        base-21    | MADRS      |     2 | false    | unknown  | unknown   | unknown
        base-10    | GAD-7      |     7 | true     | false    | false     | false
        base-10    | GAD-7      |     6 | true     | false    | false     | true
        base-10    | GAD-7      |     4 | true     | true     | true      | true
    """,
    )


def test_a_score_before_treatment_has_no_outcome(cohort_of, same):
    cohort = cohort_of(
        ONE_SESSION_EACH,
        """
        patient_id | day | total
        base-20    | -14 |     8
        base-20    |   0 |    20
        """,
    )
    same(
        cohort.outcomes,
        """
        day | baseline | eligible | change | response | remission | partial_response | reliable_improvement
        -14 |       20 | true     |        | unknown  | unknown   | unknown          | unknown
          0 |       20 | true     |        | unknown  | unknown   | unknown          | unknown
    """,
    )


def test_the_share_that_makes_a_response_is_a_setting(cohort_of, same):
    cohort = cohort_of(
        ONE_SESSION_EACH,
        "patient_id | day | total \n base-20 | 0 | 20 \n base-20 | 7 | 12 \n base-20 | 14 | 13",
        definitions="[outcome]\nresponse_percent = 40",
    )
    same(
        cohort.outcomes[cohort.outcomes["day"] > 0],
        """
        total | response | partial_response
           12 | true     | false
           13 | false    | true
    """,
    )

"""A scale without an entry score comes in and is scored; nobody is eligible on it, and every outcome is unknown."""

import pytest

from analysis.estimate.flow import flow
from analysis.estimate.rates import response_rates
from analysis.vocabulary.errors import CallError

TWO_SESSIONS = "patient_id | day \n P1 | 0 \n P1 | 3"


def test_dissociation_anhedonia_and_suicide_risk_have_scores_and_no_outcomes(cohort_of, same):
    cohort = cohort_of(
        TWO_SESSIONS,
        """
        patient_id | day | instrument        | total | item_1 | item_2 | item_6
        P1         |   0 | CADSS             |    30 |        |        |
        P1         |   3 | CADSS             |     2 |        |        |
        P1         |   0 | SHAPS-dichotomous |    12 |        |        |
        P1         |   3 | SHAPS-dichotomous |     1 |        |        |
        P1         |   0 | C-SSRS            |       |      1 |      0 |      0
        P1         |   3 | C-SSRS            |       |      0 |      0 |      0
        """,
    )
    same(
        cohort.outcomes,
        """
        day | instrument        | total | baseline | eligible | response | remission | reliable_improvement
          0 | CADSS             |    30 |       30 | unknown  | unknown  | unknown   | unknown
          3 | CADSS             |     2 |       30 | unknown  | unknown  | unknown   | unknown
          0 | SHAPS-dichotomous |    12 |       12 | unknown  | unknown  | unknown   | unknown
          3 | SHAPS-dichotomous |     1 |       12 | unknown  | unknown  | unknown   | unknown
          0 | C-SSRS            |     1 |        1 | unknown  | unknown  | unknown   | unknown
          3 | C-SSRS            |     0 |        1 | unknown  | unknown  | unknown   | unknown
        """,
    )


@pytest.mark.parametrize("instrument", ["CADSS", "SHAPS-sum", "C-SSRS"])
def test_a_rate_on_such_a_scale_is_refused(cohort_of, instrument):
    cohort = cohort_of(TWO_SESSIONS, "patient_id | day | instrument | total \n P1 | 0 | CADSS | 20")
    with pytest.raises(CallError, match=f"the definitions hold no entry score for {instrument}, so nobody is eligible"):
        response_rates(cohort, instrument=instrument, window="end of loading")


def test_a_dataset_says_which_scoring_its_shaps_has(cohort_of, same):
    """14 strong agreements of 14 are the best that the sum knows."""
    cohort = cohort_of(
        TWO_SESSIONS,
        "patient_id | day | instrument | total \n P1 | 0 | SHAPS | 14 \n P1 | 1 | SHAPS | 56 \n P1 | 2 | SHAPS | 13",
        definitions='name = "ours"\n[instruments.SHAPS]\nlike = "SHAPS-sum"\n',
    )
    same(cohort.outcomes, "day | total \n 0 | 14 \n 1 | 56")
    assert cohort.dataset.set_aside["reason"].tolist() == ["total out of range"]


def test_a_scale_of_ones_own_needs_no_code(cohort_of, same):
    """4 of 5 answers of sum 10 make 12.5, so 13; at least half of 13 gone is 6 or less."""
    cohort = cohort_of(
        TWO_SESSIONS,
        """
        patient_id | day | instrument | item_1 | item_2 | item_3 | item_4 | item_5
        P1         |   0 | OURS       |      3 |      3 |      2 |      2 |
        P1         |   3 | OURS       |      1 |      1 |      2 |      1 |      1
        P1         |   4 | OURS       |      2 |      1 |      2 |      1 |      1
        """,
        definitions="""
            name = "ours"
            [instruments.OURS]
            title = "Our own scale"
            items = 5
            item_max = 4
            missing_items_allowed = 1
            entry_score = 10
            remission_score = 5
            rater = "self"
            source = "ours"
            verified = false
        """,
    )
    same(
        cohort.outcomes,
        """
        day | total | baseline | eligible | response | remission | reliable_improvement
          0 |    13 |       13 | true     | unknown  | unknown   | unknown
          3 |     6 |       13 | true     | true     | false     | unknown
          4 |     7 |       13 | true     | false    | false     | unknown
        """,
    )


def test_the_flow_of_a_scale_where_more_is_better_names_the_side_of_the_entry_score(cohort_of):
    """A baseline of up to 50 is eligible on the WHO-5; one of 52 is above it."""
    cohort = cohort_of(
        "patient_id | day \n P1 | 0 \n P2 | 0",
        "patient_id | day | instrument | total \n P1 | 0 | WHO-5 | 48 \n P2 | 0 | WHO-5 | 52",
    )
    steps = flow(cohort, instrument="WHO-5", window="end of loading").set_index("name")
    assert steps.loc["below_entry", ["label", "count"]].tolist() == ["Baseline above the entry score", 1]
    assert steps.loc["eligible", "count"] == 1

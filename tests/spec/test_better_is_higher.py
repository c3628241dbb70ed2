"""A scale on which more is better goes through the same rules, turned round; its response is in points."""

import pytest

from analysis.estimate.rates import response_rates
from analysis.vocabulary.errors import CallError

WELLBEING = """
[instruments.WELL]
title = "Wellbeing, made up"
items = 5
item_max = 20
direction = "higher"
entry_score = 50
response_points = 10
remission_score = 72
remission_alternatives = [60]
reliable_change = 12
rater = "self"
recall_days = 14
source = "made up"
verified = false
"""

SESSIONS = "patient_id | day \n at-50 | 0 \n at-52 | 0 \n at-0 | 0"


def test_eligible_is_at_or_under_the_entry_score_and_better_is_more(cohort_of, same):
    cohort = cohort_of(
        SESSIONS,
        """
        patient_id | day | instrument | total
        at-50      |   0 | WELL       |    50
        at-50      |   7 | WELL       |    59
        at-50      |  14 | WELL       |    60
        at-50      |  21 | WELL       |    61
        at-50      |  28 | WELL       |    62
        at-50      |  35 | WELL       |    71
        at-50      |  42 | WELL       |    72
        at-50      |  49 | WELL       |    39
        at-50      |  56 | WELL       |    38
        at-52      |   0 | WELL       |    52
        at-52      |   7 | WELL       |    40
        at-0       |   0 | WELL       |     0
        at-0       |   7 | WELL       |    10
        """,
        definitions=WELLBEING,
    )
    same(
        cohort.outcomes[cohort.outcomes["day"] > 0],
        """
        patient_id | total | eligible | response | remission | partial_response
        at-50      |    59 | true     | false    | false     | unknown
        at-50      |    60 | true     | true     | false     | unknown
        at-50      |    61 | true     | true     | false     | unknown
        at-50      |    62 | true     | true     | false     | unknown
        at-50      |    71 | true     | true     | false     | unknown
        at-50      |    72 | true     | true     | true      | unknown
        at-50      |    39 | true     | false    | false     | unknown
        at-50      |    38 | true     | false    | false     | unknown
        at-52      |    40 | false    | unknown  | unknown   | unknown
        at-0       |    10 | true     | true     | false     | unknown
    """,
    )
    same(
        cohort.outcomes[cohort.outcomes["day"] > 0],
        """
        patient_id | total | reliable_improvement | reliable_deterioration | worsening
        at-50      |    59 | false                | false                  | false
        at-50      |    60 | false                | false                  | false
        at-50      |    61 | false                | false                  | false
        at-50      |    62 | true                 | false                  | false
        at-50      |    71 | true                 | false                  | false
        at-50      |    72 | true                 | false                  | false
        at-50      |    39 | false                | false                  | false
        at-50      |    38 | false                | true                   | true
        at-52      |    40 | unknown              | unknown                | true
        at-0       |    10 | false                | false                  | false
    """,
    )
    rates = response_rates(cohort, instrument="WELL", window="end of loading", outcome="response", by="clinic_id")
    assert dict(zip(rates["clinic_id"], rates["eligible"], strict=True)) == {"at-0": 1, "at-50": 1, "at-52": 0}
    assert dict(zip(rates["clinic_id"], rates["numerator"], strict=True)) == {"at-0": 1, "at-50": 0, "at-52": 0}


def test_a_further_remission_cut_off_is_at_or_over(cohort_of):
    cohort = cohort_of(
        SESSIONS,
        """
        patient_id | day | instrument | total
        at-50      |   0 | WELL       |    50
        at-50      |   7 | WELL       |    60
        at-0       |   0 | WELL       |     0
        at-0       |   7 | WELL       |    59
        """,
        definitions=WELLBEING,
    )
    numerators = {
        outcome: response_rates(cohort, instrument="WELL", window="end of loading", outcome=outcome)["numerator"].item()
        for outcome in ("remission", "remission_60")
    }
    assert numerators == {"remission": 0, "remission_60": 1}
    with pytest.raises(CallError, match="response on WELL is defined in points, so there is no partial response"):
        response_rates(cohort, instrument="WELL", window="end of loading", outcome="partial_response")


@pytest.mark.parametrize(("choose", "baseline"), [("last", 44), ("first", 40), ("worst", 40), ("mean", 42)])
def test_the_worst_baseline_is_the_lowest_and_the_mean_is_exact(cohort_of, choose, baseline):
    """To 52 is a gain of 10 from a mean of 42, of 8 from the last, of 12 from the first."""
    cohort = cohort_of(
        "patient_id | day \n P1 | 0",
        """
        patient_id | day | instrument | total
        P1         | -10 | WELL       |    40
        P1         |   0 | WELL       |    44
        P1         |   7 | WELL       |    52
        """,
        definitions=f'{WELLBEING}\n[baseline]\nchoose = "{choose}"',
    )
    after = cohort.outcomes[cohort.outcomes["day"] == 7].iloc[0]
    assert after["baseline"] == baseline
    assert bool(after["response"]) == (52 - baseline >= 10)
    assert bool(after["reliable_improvement"]) == (52 - baseline >= 12)


def test_without_an_entry_score_every_outcome_but_worsening_is_unknown(cohort_of, same):
    cohort = cohort_of(
        "patient_id | day \n P1 | 0",
        """
        patient_id | day | instrument | total
        P1         |   0 | WELL       |    40
        P1         |   7 | WELL       |    20
        """,
        definitions="\n".join(line for line in WELLBEING.splitlines() if not line.startswith("entry_score")),
    )
    same(
        cohort.outcomes[cohort.outcomes["day"] > 0],
        """
        eligible | response | remission | reliable_improvement | reliable_deterioration | worsening
        unknown  | unknown  | unknown   | unknown              | unknown                | true
    """,
    )
    with pytest.raises(CallError, match="no entry score for WELL, so nobody is eligible"):
        response_rates(cohort, instrument="WELL", window="end of loading")
    rates = response_rates(cohort, instrument="WELL", window="end of loading", outcome="worsening")
    assert rates[["with_baseline", "eligible", "numerator", "denominator"]].iloc[0].tolist() == [1, 1, 1, 1]

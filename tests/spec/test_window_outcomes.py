"""Outcomes that need more than one score: worsening of everybody, sustained and rapid response, and bounds.

Everybody is treated in a clinic of their own name, so that a rate by clinic is one person's answer.
"""

import pytest

from analysis.estimate.rates import response_rates
from analysis.vocabulary.errors import CallError


def answer(cohort, window, outcome, instrument="PHQ-9", **options):
    """Give each person's `eligible` and true, false or unknown."""
    rates = response_rates(
        cohort, instrument=instrument, window=window, by="clinic_id", outcome=outcome, denominator="observed", **options
    )
    return {
        row.clinic_id: (
            bool(row.eligible),
            "unknown" if not row.denominator else str(row.numerator == row.denominator).lower(),
        )
        for row in rates.itertuples()
    }


def test_worsening_is_of_everybody_with_a_baseline_and_deterioration_of_the_eligible(cohort_of, same):
    cohort = cohort_of(
        """
        patient_id | day
        ill-5      |   0
        ill-6      |   0
        well-5     |   0
        well-6     |   0
        unseen     |   0
        nobase     |   0
        """,
        """
        patient_id | day | total
        ill-5      |   0 |    15
        ill-5      |   7 |    20
        ill-6      |   0 |    15
        ill-6      |   7 |    21
        well-5     |   0 |     3
        well-5     |   7 |     8
        well-6     |   0 |     3
        well-6     |   7 |     9
        unseen     |   0 |     3
        nobase     |   7 |    20
        """,
    )
    same(
        cohort.outcomes[cohort.outcomes["day"] > 0],
        """
        patient_id | eligible | reliable_deterioration | worsening
        ill-5      | true     | false                  | false
        ill-6      | true     | true                   | true
        well-5     | false    | unknown                | false
        well-6     | false    | unknown                | true
        nobase     | unknown  | unknown                | unknown
    """,
    )
    assert answer(cohort, "end of loading", "worsening") == {
        "ill-5": (True, "false"),
        "ill-6": (True, "true"),
        "nobase": (False, "unknown"),
        "unseen": (True, "unknown"),
        "well-5": (True, "false"),
        "well-6": (True, "true"),
    }
    names = ["observed", "nonresponder", "starters", "bounds"]
    rates = response_rates(cohort, instrument="PHQ-9", window="end of loading", outcome="worsening", denominator=names)
    assert list(zip(rates["numerator"], rates["denominator"], strict=True)) == [(2, 4), (2, 5), (2, 6), (2, 5)]
    alone = response_rates(cohort, instrument="PHQ-9", window="end of loading", outcome="reliable_deterioration")
    assert (alone["numerator"].item(), alone["denominator"].item()) == (1, 2)


LOADING = "\n".join(f"{name} | 0" for name in ("both", "lost", "late", "never", "once", "half-late", "unseen"))


def test_sustained_response_is_of_those_scored_in_the_window_and_in_the_one_before(cohort_of):
    """One session on day 0: the end of loading is days 1 to 14, month 1 days 16 to 45, month 2 days 46 to 75."""
    cohort = cohort_of(
        "patient_id | day \n" + LOADING,
        """
        patient_id | day | total
        both       |   0 |    20
        both       |   7 |    10
        both       |  30 |    10
        both       |  60 |    11
        lost       |   0 |    20
        lost       |   7 |    10
        lost       |  30 |    11
        late       |   0 |    20
        late       |   7 |    11
        late       |  30 |    10
        late       |  60 |    10
        never      |   0 |    20
        never      |   7 |    20
        never      |  30 |    20
        once       |   0 |    20
        once       |  30 |     2
        half-late  |   0 |    20
        half-late  |   7 |    19
        half-late  |  60 |     2
        unseen     |   0 |    20
        """,
    )
    first = answer(cohort, "month 1 after loading", "sustained_response")
    assert {name: value for name, (_, value) in first.items()} == {
        "both": "true",
        "lost": "false",
        "late": "false",
        "never": "false",
        "once": "unknown",
        "half-late": "unknown",
        "unseen": "unknown",
    }
    second = answer(cohort, "month 2 after loading", "sustained_response")
    assert {name: value for name, (_, value) in second.items()} == {
        "both": "false",
        "lost": "unknown",
        "late": "true",
        "never": "unknown",
        "once": "unknown",
        "half-late": "unknown",
        "unseen": "unknown",
    }
    assert all(eligible for eligible, _ in first.values())
    rates = response_rates(
        cohort,
        instrument="PHQ-9",
        window="month 1 after loading",
        outcome="sustained_response",
        denominator=("observed", "nonresponder", "starters", "completers", "bounds"),
    )
    assert list(zip(rates["numerator"], rates["denominator"], strict=True)) == [(1, 4), (1, 7), (1, 7), (0, 0), (1, 7)]


def test_sustained_response_has_no_meaning_in_other_windows(cohort_of):
    cohort = cohort_of("patient_id | day \n P1 | 0")
    for window in ("end of loading", "after session 2", "day 28 +- 7"):
        with pytest.raises(CallError, match="goes with the windows 'month m after loading' only"):
            response_rates(cohort, instrument="PHQ-9", window=window, outcome="sustained_response")


def test_each_course_is_sustained_by_its_own_windows(cohort_of):
    """The second course, a booster of one session on day 200, is judged against its own baseline in its own months."""
    cohort = cohort_of(
        "patient_id | day \n P1 | 0 \n P1 | 200",
        """
        patient_id | day | total
        P1         |   0 |    20
        P1         |   7 |     8
        P1         |  30 |    18
        P1         | 199 |    12
        P1         | 207 |     6
        P1         | 230 |     5
        """,
    )
    assert cohort.courses["kind"].tolist() == ["first", "booster"]
    first, every = (
        response_rates(
            cohort,
            instrument="PHQ-9",
            window="month 1 after loading",
            outcome="sustained_response",
            by="course_kind",
            courses=courses,
        ).set_index("course_kind")
        for courses in ("first", "all")
    )
    assert first.loc["first", "numerator"] == 0
    assert first.loc["first", "denominator"] == 1
    assert dict(zip(every.index, every["numerator"], strict=True)) == {"booster": 1, "first": 0}
    assert dict(zip(every.index, every["denominator"], strict=True)) == {"booster": 1, "first": 1}


def test_rapid_response_at_24_hours_needs_a_scale_of_the_last_day(cohort_of):
    cohort = cohort_of(
        "patient_id | day \n soon | 0 \n slow | 0 \n twoweeks | 0 \n late | 0",
        """
        patient_id | day | instrument | occasion | hours_after | recall_days | total
        soon       |   0 | MADRS      | pre      |             |           7 |    30
        soon       |   1 | MADRS      | pre      |          24 |           1 |    15
        slow       |   0 | MADRS      | pre      |             |           7 |    30
        slow       |   1 | MADRS      | pre      |          24 |           1 |    16
        twoweeks   |   0 | MADRS      | pre      |             |           7 |    30
        twoweeks   |   1 | MADRS      | pre      |          24 |           7 |    15
        late       |   0 | MADRS      | pre      |             |           7 |    30
        late       |   2 | MADRS      | pre      |          40 |           1 |    15
        """,
    )
    found = answer(cohort, "24 h", "rapid_response", instrument="MADRS")
    assert found == {
        "soon": (True, "true"),
        "slow": (True, "false"),
        "twoweeks": (True, "unknown"),
        "late": (True, "unknown"),
    }


def test_rapid_response_by_day_7_takes_the_latest_score_of_days_1_to_7(cohort_of):
    cohort = cohort_of(
        """
        patient_id | day
        kept       |   0
        kept       |   3
        lost       |   0
        day-8      |   0
        same-day   |   0
        post       |   0
        """,
        """
        patient_id | day | occasion | total
        kept       |   0 | pre      |    20
        kept       |   3 | pre      |    15
        kept       |   7 | pre      |    10
        kept       |   8 | pre      |    20
        lost       |   0 | pre      |    20
        lost       |   1 | pre      |     5
        lost       |   6 | pre      |    11
        day-8      |   0 | pre      |    20
        day-8      |   8 | pre      |     2
        same-day   |   0 | pre      |    20
        same-day   |   0 | post     |     2
        post       |   0 | pre      |    20
        post       |   3 | post     |     2
        """,
    )
    assert {name: value for name, (_, value) in answer(cohort, "by day 7", "rapid_response").items()} == {
        "kept": "true",
        "lost": "false",
        "day-8": "unknown",
        "same-day": "unknown",
        "post": "unknown",
    }
    with pytest.raises(CallError, match="'rapid_response' goes with the windows '24 h' and 'by day 7' only"):
        response_rates(cohort, instrument="PHQ-9", window="by day 6", outcome="rapid_response")


def test_by_day_7_is_due_on_the_8th_day(cohort_of):
    sessions = "patient_id | day | date \n P1 | 0 | 2026-06-01"
    scores = "patient_id | day | total \n P1 | 0 | 20"
    for cut, started in (("2026-06-08", 0), ("2026-06-09", 1)):
        rates = response_rates(
            cohort_of(sessions, scores, data_cut=cut), instrument="PHQ-9", window="by day 7", outcome="rapid_response"
        )
        assert rates["started"].item() == started


def test_bounds_run_from_none_to_all_of_the_eligible_who_were_not_scored(cohort_of):
    cohort = cohort_of(
        "patient_id | day \n well | 0 \n ill | 0 \n unseen | 0 \n gone | 0 \n below | 0",
        """
        patient_id | day | total
        well       |   0 |    20
        well       |   7 |     5
        ill        |   0 |    20
        ill        |   7 |    20
        unseen     |   0 |    20
        gone       |   0 |    20
        below      |   0 |     9
        """,
    )
    bounds = response_rates(cohort, instrument="PHQ-9", window="end of loading", denominator="bounds").iloc[0]
    assert (bounds["low"], bounds["high"]) == (0.25, 0.75)
    assert (bounds["numerator"], bounds["denominator"], bounds["status"]) == (1, 4, "ok")
    assert bounds.isna()["estimate"]
    empty = response_rates(cohort, instrument="MADRS", window="end of loading", denominator="bounds").iloc[0]
    assert (empty["status"], empty.isna()["low"], empty.isna()["high"]) == ("empty", True, True)


def test_a_further_remission_cut_off_is_an_outcome_of_its_own(cohort_of):
    cohort = cohort_of(
        "patient_id | day \n at-10 | 0 \n at-12 | 0 \n at-13 | 0 \n low | 0",
        """
        patient_id | day | instrument | total
        at-10      |   0 | MADRS      |    30
        at-10      |   7 | MADRS      |    10
        at-12      |   0 | MADRS      |    30
        at-12      |   7 | MADRS      |    12
        at-13      |   0 | MADRS      |    30
        at-13      |   7 | MADRS      |    13
        low        |   0 | MADRS      |    19
        low        |   7 | MADRS      |     2
        """,
    )
    found = {
        outcome: {
            name for name, (_, value) in answer(cohort, "end of loading", outcome, "MADRS").items() if value == "true"
        }
        for outcome in ("remission", "remission_12")
    }
    assert found == {"remission": {"at-10"}, "remission_12": {"at-10", "at-12"}}
    with pytest.raises(CallError, match="no such cut-off for MADRS; there are: remission, remission_12"):
        response_rates(cohort, instrument="MADRS", window="end of loading", outcome="remission_11")
    with pytest.raises(CallError, match="outcome: 'responce' is unknown. Did you mean"):
        response_rates(cohort, instrument="MADRS", window="end of loading", outcome="responce")

"""Recovery and reliable recovery, on PHQ-9 and GAD-7 jointly: a case on either before, on neither in the window.

Everybody has one session on day 0 in a clinic of their own name, so that a rate by clinic is one person's answer: true
is 1 of 1, false is 0 of 1, unknown is 0 of 0. The window is the end of loading.
"""

import pytest

from analysis.estimate.rates import response_rates
from analysis.vocabulary.errors import CallError


@pytest.fixture
def answers(cohort_of):
    """Draw each person's scores as `phq before, gad before, phq after, gad after`; tell if a case, and the outcome."""

    def answer(text, outcome, definitions="", **options):
        sessions, scores = ["patient_id | day"], ["patient_id | day | instrument | total"]
        for line in text.strip().splitlines():
            name, *totals = (cell.strip() for cell in line.split("|"))
            name = f"{name}-1"  # a code of words alone would be taken for a person's name
            sessions.append(f"{name} | 0")
            places = [("PHQ-9", 0), ("GAD-7", 0), ("PHQ-9", 7), ("GAD-7", 7)]
            scores += [
                f"{name} | {day} | {scale} | {total}"
                for (scale, day), total in zip(places, totals, strict=True)
                if total
            ]
        cohort = cohort_of("\n".join(sessions), "\n".join(scores), definitions=definitions)
        rates = response_rates(
            cohort, instrument="PHQ-9", window="end of loading", by="clinic_id", outcome=outcome, **options
        )
        found = {}
        for row in rates.itertuples():
            eligible = "unknown" if not row.with_baseline else "case" if row.eligible else "no case"
            found[row.clinic_id.removesuffix("-1")] = (
                eligible,
                "unknown" if not row.scored else str(bool(row.numerator)).lower(),
            )
        return found

    return answer


def test_a_case_on_either_scale_recovers_when_both_are_below_their_scores(answers):
    found = answers(
        """
        both      | 10 |  8 |  9 | 7
        phq-only  | 10 |  7 |  9 | 7
        gad-only  |  9 |  8 |  9 | 7
        neither   |  9 |  7 |  0 | 0
        phq-still | 20 | 15 | 10 | 7
        gad-still | 20 | 15 |  9 | 8
        new-case  | 20 |  7 |  9 | 8
        """,
        "recovery",
    )
    assert found == {
        "both": ("case", "true"),
        "phq-only": ("case", "true"),
        "gad-only": ("case", "true"),
        "neither": ("no case", "unknown"),
        "phq-still": ("case", "false"),
        "gad-still": ("case", "false"),
        "new-case": ("case", "false"),
    }


def test_what_was_not_asked_is_unknown_and_not_taken_for_a_failure(answers):
    """One scale above its score is a case whatever the other says; one below it says nothing about the other."""
    found = answers(
        """
        phq-case-no-gad  | 10 |   |  9 | 7
        phq-below-no-gad |  9 |   |  9 | 7
        gad-case-no-phq  |    | 8 |  9 | 7
        no-baseline      |    |   |  9 | 7
        gad-not-seen     | 20 | 9 |  9 |
        phq-fails-alone  | 20 | 9 | 12 |
        not-seen         | 20 | 9 |    |
        """,
        "recovery",
    )
    assert found == {
        "phq-case-no-gad": ("case", "true"),
        "phq-below-no-gad": ("unknown", "unknown"),
        "gad-case-no-phq": ("case", "true"),
        "no-baseline": ("unknown", "unknown"),
        "gad-not-seen": ("case", "unknown"),
        "phq-fails-alone": ("case", "unknown"),
        "not-seen": ("case", "unknown"),
    }


def test_reliable_recovery_needs_6_points_on_one_or_4_on_the_other_and_no_such_rise(answers):
    found = answers(
        """
        phq-6          | 15 |  8 |  9 |  7
        phq-5          | 14 |  8 |  9 |  7
        gad-4          | 10 | 11 |  9 |  7
        gad-3          | 10 | 10 |  9 |  7
        gad-rises-3    | 15 |  4 |  9 |  7
        gad-rises-4    | 15 |  3 |  9 |  7
        phq-rises-6    |  3 | 11 |  9 |  7
        phq-rises-5    |  4 | 11 |  9 |  7
        improved-only  | 25 | 20 | 10 |  3
        no-gad-before  | 20 |    |  3 |  3
        """,
        "reliable_recovery",
    )
    assert {name: outcome for name, (_, outcome) in found.items()} == {
        "phq-6": "true",
        "phq-5": "false",
        "gad-4": "true",
        "gad-3": "false",
        "gad-rises-3": "true",
        "gad-rises-4": "false",
        "phq-rises-6": "false",
        "phq-rises-5": "true",
        "improved-only": "false",
        "no-gad-before": "unknown",
    }
    assert {eligible for eligible, _ in found.values()} == {"case"}


def test_a_mean_baseline_is_compared_exactly(cohort_of):
    """9 and 10 are a mean of 9.5, no case on PHQ-9; 10 and 10 are one. 15 and 16 to 9 are a fall of 6.5 points."""
    cohort = cohort_of(
        "patient_id | day \n low | 0 \n high | 0 \n far | 0",
        """
        patient_id | day | instrument | total
        low        | -10 | PHQ-9      |     9
        low        |   0 | PHQ-9      |    10
        low        |   0 | GAD-7      |     7
        high       | -10 | PHQ-9      |    10
        high       |   0 | PHQ-9      |    10
        high       |   0 | GAD-7      |     7
        far        | -10 | PHQ-9      |    15
        far        |   0 | PHQ-9      |    16
        far        |   0 | GAD-7      |     7
        low        |   7 | PHQ-9      |     4
        high       |   7 | PHQ-9      |     4
        far        |   7 | PHQ-9      |     9
        low        |   7 | GAD-7      |     7
        high       |   7 | GAD-7      |     7
        far        |   7 | GAD-7      |     7
        """,
        definitions='[baseline]\nchoose = "mean"',
    )
    rates = response_rates(
        cohort, instrument="GAD-7", window="end of loading", by="clinic_id", outcome="reliable_recovery"
    ).set_index("clinic_id")
    assert dict(zip(rates.index, rates["eligible"], strict=True)) == {"far": 1, "high": 1, "low": 0}
    assert dict(zip(rates.index, rates["numerator"], strict=True)) == {"far": 1, "high": 1, "low": 0}


def test_it_is_the_same_whichever_of_the_two_scales_is_named_and_names_both(cohort_of):
    cohort = cohort_of(
        "patient_id | day \n P1 | 0",
        """
        patient_id | day | instrument | total
        P1         |   0 | PHQ-9      |    20
        P1         |   0 | GAD-7      |    12
        P1         |   7 | PHQ-9      |     5
        P1         |   7 | GAD-7      |     5
        """,
    )
    one, other = (
        response_rates(cohort, instrument=name, window="end of loading", outcome="recovery", courses=courses)
        for name, courses in (("PHQ-9", "first"), ("GAD-7", "first"))
    )
    assert one.equals(other)
    assert one["instrument"].tolist() == ["PHQ-9 and GAD-7"]
    with pytest.raises(CallError, match="'recovery' is of PHQ-9 and GAD-7 jointly; give one of them as instrument"):
        response_rates(cohort, instrument="MADRS", window="end of loading", outcome="recovery")


def test_the_scores_of_a_case_are_a_setting(answers):
    text = "P1 | 12 | 2 | 8 | 2"
    assert answers(text, "recovery") == {"P1": ("case", "true")}
    stricter = '[outcome]\ncaseness = [["PHQ-9", 13], ["GAD-7", 8]]'
    assert answers(text, "recovery", definitions=stricter) == {"P1": ("no case", "unknown")}


def test_who_stops_early_stays_in_every_rate_but_that_of_completers(cohort_of):
    """Both recover; one had four loading sessions, the other one. A third was not seen."""
    sessions = "\n".join(
        ["patient_id | day", *(f"full-1 | {day}" for day in (0, 3, 7, 10)), "stop-1 | 0", "gone-1 | 0"]
    )
    cohort = cohort_of(
        sessions,
        """
        patient_id | day | instrument | total
        full-1     |   0 | PHQ-9      |    20
        full-1     |   0 | GAD-7      |    12
        full-1     |  17 | PHQ-9      |     9
        full-1     |  17 | GAD-7      |     7
        stop-1     |   0 | PHQ-9      |    20
        stop-1     |   0 | GAD-7      |    12
        stop-1     |   7 | PHQ-9      |     9
        stop-1     |   7 | GAD-7      |     7
        gone-1     |   0 | PHQ-9      |    20
        """,
    )
    names = ["observed", "nonresponder", "starters", "completers", "bounds"]
    rates = response_rates(cohort, instrument="PHQ-9", window="end of loading", outcome="recovery", denominator=names)
    assert list(zip(rates["numerator"], rates["denominator"], strict=True)) == [(2, 2), (2, 3), (2, 3), (1, 1), (2, 3)]
    assert rates["high"].iloc[-1] == 1


def test_the_two_scales_may_be_taken_on_different_days_of_the_window(cohort_of):
    """Each scale's score is picked by itself: nearest to day 7; a score after day 14 is in no window."""
    cohort = cohort_of(
        "patient_id | day \n apart-1 | 0 \n late-1 | 0",
        """
        patient_id | day | instrument | total
        apart-1    |   0 | PHQ-9      |    20
        apart-1    |   1 | PHQ-9      |     9
        apart-1    |  14 | GAD-7      |     7
        late-1     |   0 | PHQ-9      |    20
        late-1     |   1 | PHQ-9      |     9
        late-1     |  15 | GAD-7      |     7
        """,
    )
    rates = response_rates(cohort, instrument="PHQ-9", window="end of loading", outcome="recovery", by="clinic_id")
    assert rates["scored"].tolist() == [1, 0]
    assert rates["numerator"].tolist() == [1, 0]

"""Measures that are results of windows: the same numbers as the results themselves, under a name."""

import pandas as pd
import pytest

from analysis.cohort.cohort import derive
from analysis.estimate.flow import flow
from analysis.estimate.means import mean_scores
from analysis.estimate.measures import measure
from analysis.estimate.rates import response_rates
from analysis.intake.dataset import open_dataset
from analysis.intake.partition import partition_dataset

SESSIONS = (
    "patient_id | day"
    + "".join(
        f"\n{name} | {day}"
        for name in (
            "half",
            "nothalf",
            "remitted",
            "quarter",
            "under",
            "worse",
            "day22",
            "seen2",
            "nine",
            "ten",
            "nobase",
        )
        for day in (0, 3, 7)
    )
    + "\nstopped | 0"
)
SCORES = """
    patient_id | day | total
    half       |   0 |    20
    half       |  14 |    10
    nothalf    |   0 |    20
    nothalf    |  14 |    11
    remitted   |   0 |    20
    remitted   |  14 |     4
    quarter    |   0 |    20
    quarter    |  14 |    15
    under      |   0 |    20
    under      |  14 |    16
    worse      |   0 |    20
    worse      |  14 |    26
    day22      |   0 |    20
    day22      |  22 |     4
    seen2      |   0 |    20
    seen2      |   8 |     4
    seen2      |  14 |    18
    nine       |   0 |     9
    nine       |  14 |     2
    ten        |   0 |    10
    ten        |  14 |     5
    nobase     |  14 |     2
    stopped    |   0 |    20
"""


@pytest.fixture
def cohort(cohort_of):
    return cohort_of(SESSIONS, SCORES)


def test_the_outcomes_at_the_end_of_loading(cohort, same):
    """Twelve people. Scored 7 days after their last session, but `day22` (15 days after) and `stopped` (never).

    `nine` began under 10, `nobase` has no baseline, and for `seen2` the score nearest to 7 days counts.
    """
    names = ("response", "remission", "partial-response", "reliable-improvement", "reliable-deterioration")
    found = pd.concat([measure(cohort, name).table for name in names])
    same(
        found[found["estimand"].isin(["observed", "starters"])],
        """
        outcome                | estimand | numerator | denominator | started | with_baseline | eligible | scored
        response               | observed |         3 |           8 |      12 |            11 |       10 |      8
        response               | starters |         3 |          12 |      12 |            11 |       10 |      8
        remission              | observed |         1 |           8 |      12 |            11 |       10 |      8
        remission              | starters |         1 |          12 |      12 |            11 |       10 |      8
        partial_response       | observed |         2 |           8 |      12 |            11 |       10 |      8
        partial_response       | starters |         2 |          12 |      12 |            11 |       10 |      8
        reliable_improvement   | observed |         3 |           8 |      12 |            11 |       10 |      8
        reliable_improvement   | starters |         3 |          12 |      12 |            11 |       10 |      8
        reliable_deterioration | observed |         1 |           8 |      12 |            11 |       10 |      8
        reliable_deterioration | starters |         1 |          12 |      12 |            11 |       10 |      8
    """,
    )


def test_a_share_of_people_on_a_rung(cohort, same):
    """Loading is completed with 4 sessions; nobody here has as many."""
    names = ("baseline-recorded", "loading-completed", "flow-of-people")
    same(
        pd.concat([measure(cohort, name).table for name in names]),
        """
        outcome           | estimand   | numerator | denominator | estimate
        baseline          | of started |        11 |          12 |     0.92
        loading_completed | of started |         0 |          12 |        0
        started           | of treated |        12 |          12 |        1
        baseline          | of treated |        11 |          12 |     0.92
        eligible          | of treated |        10 |          12 |     0.83
        scored            | of treated |         8 |          12 |     0.67
        responded         | of treated |         3 |          12 |     0.25
    """,
    )


def test_completeness_is_scored_of_started_at_the_end_of_loading_and_in_each_month(cohort):
    table = measure(cohort, "completeness").table
    assert table["window"].tolist() == ["end of loading", *(f"month {m} after loading" for m in range(1, 13))]
    assert table.loc[table["window"] == "end of loading", ["numerator", "denominator"]].to_numpy().tolist() == [[8, 12]]


SESSIONS_1_TO_8 = [f"after session {k}" for k in range(1, 9)]
MONTHS_1_TO_12 = [f"month {m} after loading" for m in range(1, 13)]


@pytest.mark.parametrize(
    ("name", "outcome", "windows"),
    [
        ("response-by-session", "response", SESSIONS_1_TO_8),
        ("remission-by-session", "remission", SESSIONS_1_TO_8),
        ("response-by-month", "response", MONTHS_1_TO_12),
        ("remission-by-month", "remission", MONTHS_1_TO_12),
        ("sustained-response", "sustained_response", MONTHS_1_TO_12),
        ("rapid-response", "rapid_response", ["24 h", "by day 7"]),
        ("worsening", "worsening", ["end of loading"]),
        ("recovery", "recovery", ["end of loading"]),
        ("reliable-recovery", "reliable_recovery", ["end of loading"]),
    ],
)
def test_a_measure_of_windows_is_the_result_of_these_windows(cohort, name, outcome, windows):
    measured = measure(cohort, name)
    rates = response_rates(
        cohort,
        instrument="PHQ-9",
        window=windows,
        outcome=outcome,
        denominator=("observed", "nonresponder", "starters"),
    )
    pd.testing.assert_frame_equal(measured.table.drop(columns="measure"), rates)
    steps = pd.concat([flow(cohort, instrument="PHQ-9", window=each, outcome=outcome) for each in windows])
    pd.testing.assert_frame_equal(measured.ladder.drop(columns="measure"), steps.reset_index(drop=True))


def test_recovery_is_named_by_both_scales_and_its_ladder_by_cases(cohort, same):
    """No GAD-7 was asked: who began with a PHQ-9 of 10 is a case, of `nine` and `nobase` it is not known."""
    found = measure(cohort, "recovery")
    assert set(found.table["instrument"]) == set(found.ladder["instrument"]) == {"PHQ-9 and GAD-7"}
    same(
        found.ladder[found.ladder["name"].isin(["no_baseline", "below_entry", "eligible", "scored"])],
        """
        name        | label                                    | count
        no_baseline | Not known whether a case before treatment |     2
        below_entry | No case before treatment                  |     0
        eligible    | Eligible                                  |    10
        scored      | Scored in the window                      |     0
    """,
    )


def test_the_mean_by_session_is_that_of_mean_scores(cohort):
    found = measure(cohort, "mean-score-by-session")
    windows = ["baseline", *(f"after session {k}" for k in range(1, 9))]
    means = mean_scores(cohort, instrument="PHQ-9", window=windows)
    pd.testing.assert_frame_equal(found.table.drop(columns="measure"), means)
    assert found.ladder.empty


def test_the_last_rung_of_a_ladder_counts_the_measures_own_outcome(cohort, same):
    found = measure(cohort, "remission").ladder
    same(
        found[found["name"].isin(["responded", "not_responded"])],
        """
        name          | label        | count
        not_responded | No remission |     7
        responded     | Remission    |     1
    """,
    )


@pytest.mark.parametrize("name", ["response", "completeness", "mean-score-by-session"])
def test_one_part_and_seven_parts_give_the_same_numbers(dataset_of, tmp_path, name):
    whole = dataset_of(SESSIONS, SCORES)
    parts = open_dataset(partition_dataset(whole.path, out=tmp_path / "parts", parts=7))
    one, seven = (measure(derive(dataset), name, by="clinic_id") for dataset in (whole, parts))
    assert one.table.equals(seven.table)
    assert one.ladder.equals(seven.ladder)

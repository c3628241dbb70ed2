"""A row that is absent and a row that says explicitly that nothing was recorded mean the same."""

import pandas as pd
import pytest

from analysis.estimate.flow import flow
from analysis.estimate.rates import response_rates

SESSIONS = """
    patient_id | day
    seen       |   0
    seen       |   3
    unseen     |   0
    unseen     |   3
    nobase     |   0
"""
ABSENT = """
    patient_id | day | total
    seen       |   0 |    20
    seen       |  10 |     8
    unseen     |   0 |    20
    nobase     |   7 |     8
"""
EMPTY = """
    patient_id | day | total
    seen       |   0 |    20
    seen       |   5 |
    seen       |  10 |     8
    unseen     |   0 |    20
    unseen     |  10 |
    nobase     |   0 |
    nobase     |   7 |     8
    nobase     |  14 |
"""
WITH_PATIENTS = """
    patient_id | prior_ketamine | start_year | sex
    seen       |                |            |
    unseen     |                |            |
    nobase     |                |            |
"""


@pytest.fixture
def both(cohort_of):
    return cohort_of(SESSIONS, ABSENT), cohort_of(SESSIONS, EMPTY, WITH_PATIENTS)


def test_the_outcomes_are_the_same(both):
    absent, empty = both
    pd.testing.assert_frame_equal(absent.outcomes, empty.outcomes)
    pd.testing.assert_frame_equal(absent.courses, empty.courses)


def test_the_flow_and_the_rates_are_the_same(both):
    absent, empty = both
    windows = ("end of loading", "after session 1", "month 1 after loading", "day 7 +- 7")
    denominators = ("observed", "nonresponder", "starters", "completers")
    options = {"instrument": "PHQ-9", "window": windows, "denominator": denominators}
    pd.testing.assert_frame_equal(response_rates(absent, **options), response_rates(empty, **options))
    for window in windows:
        steps = [flow(cohort, instrument="PHQ-9", window=window) for cohort in both]
        pd.testing.assert_frame_equal(*steps)


def test_an_empty_score_is_counted_as_set_aside_and_not_dropped_unsaid(both):
    _, empty = both
    rows = empty.dataset.rows.set_index("table").loc["scores"]
    assert (rows["read"], rows["used"], rows["set_aside"]) == (8, 4, 4)

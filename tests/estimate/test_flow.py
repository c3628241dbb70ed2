"""The flow: every step down has its reason, and the arithmetic holds."""

import pytest

from analysis.estimate.flow import flow
from analysis.estimate.rates import response_rates


def ladder_adds_up(steps):
    """Check that each rung is the rung before it less the reasons between."""
    left = None
    for kind, count in zip(steps["kind"], steps["count"], strict=True):
        if kind == "rung":
            assert left is None or left == count
            left = count
        elif kind == "reason":
            assert count >= 0
            left -= count
    return True


@pytest.mark.parametrize("period", [None, "2025", "2026Q3"])
@pytest.mark.parametrize("window", ["end of loading", "month 3 after loading", "after session 2"])
def test_each_rung_is_the_one_before_less_the_reasons_between(demo_cohort, window, period):
    table = flow(demo_cohort, instrument="PHQ-9", window=window, by="clinic_id", period=period)
    for _, steps in table.groupby("clinic_id"):
        assert ladder_adds_up(steps)
        count = dict(zip(steps["name"], steps["count"], strict=True))
        branches = ["loading_completed", "loading_stopped", "loading_open", "loading_unknown"]
        assert sum(count[name] for name in branches) == count["started"]


def test_the_flow_ends_in_the_rates_denominators(demo_cohort):
    steps = flow(demo_cohort, instrument="PHQ-9", window="end of loading")
    count = dict(zip(steps["name"], steps["count"], strict=True))
    rates = response_rates(
        demo_cohort, instrument="PHQ-9", window="end of loading", denominator=["observed", "nonresponder", "starters"]
    )
    assert list(rates["denominator"]) == [count["scored"], count["eligible"], count["started"]]
    assert set(rates["numerator"]) == {count["responded"]}


def test_everybody_treated_is_in_the_first_rung(demo_cohort):
    steps = flow(demo_cohort, instrument="PHQ-9", window="end of loading")
    assert steps["count"][0] == demo_cohort.courses["patient_id"].nunique()

"""Regression to the mean: by hand, and in simulated people whom nobody treated."""

import numpy as np
import pytest
from scipy import stats

from analysis.estimate.mean_reversion import RELIABILITIES, regression_to_mean, uncut_population
from analysis.vocabulary.errors import CallError, DataError


def test_the_expected_change_by_hand():
    """17 is 7 above the population's 10: of that 1 - r is lost, 3.5 points at 0.5 and 0.7 points at 0.9."""
    found = regression_to_mean(17, 4, cutoff=9.5, population_mean=10, mean_change=-7)
    assert found["reliability"].tolist() == list(RELIABILITIES)
    assert found["estimate"].tolist() == pytest.approx([-3.5, -2.8, -2.1, -1.4, -0.7])
    assert found["share_of_change"].tolist() == pytest.approx([0.5, 0.4, 0.3, 0.2, 0.1])
    assert set(found["status"]) == {"ok"}
    assert set(found["method"]) == {
        "regression of the baseline scores to the population's mean; population mean as given"
    }


def test_the_upper_half_of_a_population():
    """With the cut-off at the mean, z = 0 and f(0) / (1 - F(0)) = sqrt(2 / pi): s (1 - r) sqrt(2 / pi)."""
    sd, half = 5.0, np.sqrt(2 / np.pi)
    found = regression_to_mean(10 + sd * half, sd * np.sqrt(1 - half**2), cutoff=10, reliability=0.7)
    assert found["estimate"][0] == pytest.approx(-sd * 0.3 * half)
    assert found[["population_mean", "population_sd"]].iloc[0].to_list() == pytest.approx([10, 5])


@pytest.mark.parametrize("z", [-4, -1, 0.5, 2, 5])
def test_the_population_is_found_again_from_its_part_above_a_cutoff(z):
    part = stats.truncnorm(z, np.inf, loc=12, scale=6)
    found = uncut_population(part.mean(), part.std(), cutoff=12 + 6 * z)
    assert found == pytest.approx((12, 6), rel=1e-4)


def test_a_cutoff_far_below_cuts_nothing_off():
    assert uncut_population(15, 1, cutoff=-100) == (15, 1)


@pytest.mark.parametrize("reliability", [0.5, 0.8])
def test_untreated_people_change_by_what_is_expected(reliability):
    """A million people with mean 12 and standard deviation 6, two scores each, those over 14.5 at first are taken."""
    rng = np.random.default_rng(3)
    first = rng.normal(12, 6, 1_000_000)
    second = 12 + reliability * (first - 12) + rng.normal(0, 6 * np.sqrt(1 - reliability**2), len(first))
    entered = first > 14.5
    change = float((second - first)[entered].mean())
    mean, sd = float(first[entered].mean()), float(first[entered].std())
    for known in (12, None):
        found = regression_to_mean(
            mean, sd, cutoff=14.5, reliability=reliability, population_mean=known, mean_change=change
        )
        assert found["estimate"][0] == pytest.approx(change, abs=0.05)
        assert found["share_of_change"][0] == pytest.approx(1, abs=0.02)  # all of it, for nobody was treated


def test_whole_numbers_are_cut_half_a_point_below_the_lowest_that_enters():
    rng = np.random.default_rng(4)
    first = np.round(rng.normal(12, 5, 1_000_000))
    entered = first[first >= 10]
    found = regression_to_mean(float(entered.mean()), float(entered.std()), cutoff=9.5, reliability=0.6)
    assert found["population_mean"][0] == pytest.approx(12, abs=0.1)


def test_a_rise_has_no_share():
    found = regression_to_mean(17, 4, cutoff=9.5, reliability=[0.6, 1], population_mean=10, mean_change=1.5)
    assert found["share_of_change"].isna().all()
    assert set(found["status"]) == {"no fall"}
    assert found["estimate"].tolist() == pytest.approx([-2.8, 0])


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"reliability": 1.2}, "reliability: correlations from 0 to 1"),
        ({"reliability": []}, "reliability: correlations from 0 to 1"),
        ({"reliability": [0.5, float("nan")]}, "reliability: correlations from 0 to 1"),
        ({"baseline_sd": 0}, "baseline_sd: a standard deviation above 0"),
        ({"cutoff": 17}, "baseline_mean: it must lie above the cut-off"),
        ({"population_mean": 17}, "population_mean: it must lie below baseline_mean"),
        ({"mean_change": float("nan")}, "must be a finite number"),
        ({"baseline_mean": float("inf")}, "must be a finite number"),
    ],
)
def test_numbers_that_cannot_be_are_refused(options, message):
    given = {"baseline_mean": 17, "baseline_sd": 4, "cutoff": 9.5} | options
    with pytest.raises(CallError, match=message):
        regression_to_mean(given.pop("baseline_mean"), given.pop("baseline_sd"), **given)


def test_scores_too_spread_out_for_a_cut_off_normal_distribution_are_refused():
    with pytest.raises(DataError, match=r"spread too wide.*Give population_mean"):
        regression_to_mean(12, 4, cutoff=9.5)

"""Mean scores from whole-number sums."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from analysis.estimate.means import estimate_means, mean_scores


def counts_of(totals):
    """Tally totals as the ladder does, in hundredths of a point."""
    hundredths = [100 * total for total in totals]
    sums = {"total_sum": sum(hundredths), "total_squares": sum(t * t for t in hundredths)}
    ladder = dict.fromkeys(["started", "with_baseline", "eligible", "scored"], len(totals))
    return pd.DataFrame([{"window": "any"} | ladder | sums])


def test_mean_and_interval_are_those_of_the_t_distribution():
    totals = [3, 7, 7, 12, 20, 27]
    found = estimate_means(counts_of(totals)).iloc[0]
    low, high = stats.t.interval(0.95, 5, loc=np.mean(totals), scale=stats.sem(totals))
    assert found["estimate"] == pytest.approx(np.mean(totals), abs=1e-12)
    assert (found["low"], found["high"]) == (pytest.approx(low, abs=1e-10), pytest.approx(high, abs=1e-10))


def test_one_person_has_a_mean_and_no_interval():
    found = estimate_means(counts_of([12])).iloc[0]
    assert (found["estimate"], found["status"]) == (12, "ok")
    assert np.isnan([found["low"], found["high"]]).all()


def test_equal_totals_have_an_interval_of_no_width():
    found = estimate_means(counts_of([9] * 1000)).iloc[0]
    assert (found["low"], found["high"]) == (9, 9)


def test_nobody_scored_is_empty():
    found = estimate_means(counts_of([])).iloc[0]
    assert found["status"] == "empty"
    assert np.isnan(found["estimate"])


def test_the_means_are_those_of_the_scores_picked(demo_cohort):
    found = mean_scores(demo_cohort, instrument="PHQ-9", window=["baseline", "after session 1"])
    assert list(found["window"]) == ["baseline", "after session 1"]
    assert found["estimate"][1] < found["estimate"][0]
    assert (found["denominator"] == found["scored"]).all()
    assert found["denominator"][0] == found["eligible"][0]

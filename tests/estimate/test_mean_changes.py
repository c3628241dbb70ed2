"""Mean changes from baseline and what is expected without treatment: hand-worked people, scipy, a known truth."""

import numpy as np
import pandas as pd
import pytest
from drawn_tables import write_folder
from scipy import stats

from analysis.cohort.cohort import derive
from analysis.disclosure.suppression import disclose
from analysis.estimate.mean_changes import changes_before_treatment, mean_changes
from analysis.estimate.mean_reversion import regression_to_mean
from analysis.estimate.means import mean_scores
from analysis.intake.dataset import open_dataset
from analysis.intake.partition import partition_dataset
from analysis.vocabulary.errors import CallError


def cohort_of(path, totals, instrument="PHQ-9"):
    """Make people with one session, on day 0 of the first score that is not before it."""
    sessions, scores = [], []
    for patient, by_day in totals.items():
        sessions.append({"patient_id": patient, "day": 0, "treatment": "ketamine", "route": "iv", "clinic_id": "A"})
        for day, total in by_day.items():
            scores.append({"patient_id": patient, "day": day, "instrument": instrument, "total": total})
    return derive(open_dataset(write_folder(path / "dataset", {"sessions": sessions, "scores": scores})))


def test_changes_are_of_the_people_scored_each_less_their_own_baseline(tmp_path):
    """P3 has no score in the window, P4 is not eligible: 20 to 10, 14 to 12 and 22 to 18 are left."""
    totals = {
        "P1": {0: 20, 7: 10}, "P2": {0: 14, 7: 12}, "P3": {0: 24}, "P4": {0: 9, 7: 1}, "P5": {0: 22, 7: 18},
    }  # fmt: skip
    row = mean_changes(cohort_of(tmp_path, totals), instrument="PHQ-9", window="end of loading").iloc[0]
    changes = [-10, -2, -4]
    low, high = stats.t.interval(0.95, 2, np.mean(changes), stats.sem(changes))
    assert row["denominator"] == 3
    assert row["numerator"] == sum(changes)
    assert tuple(row[["estimate", "low", "high"]]) == pytest.approx((np.mean(changes), low, high))
    assert tuple(row[["baseline_mean", "baseline_sd"]]) == pytest.approx(
        (np.mean([20, 14, 22]), np.std([20, 14, 22], ddof=1))
    )


def test_the_expected_change_is_that_of_regression_to_the_mean(demo_cohort):
    row = mean_changes(demo_cohort, instrument="PHQ-9", window="end of loading").iloc[0]
    band = regression_to_mean(row["baseline_mean"], row["baseline_sd"], cutoff=9.5, mean_change=row["estimate"])
    assert (row["untreated_most"], row["untreated_least"]) == pytest.approx(
        (band["estimate"].min(), band["estimate"].max())
    )
    percent = f"({100 * band['share_of_change'].min():.0f} to {100 * band['share_of_change'].max():.0f} %"
    assert percent in row["untreated"]


def test_where_higher_is_better_a_rise_is_expected(tmp_path):
    draw = np.random.default_rng(1)
    totals = {f"P{k}": {0: int(4 * draw.integers(2, 12)), 7: 60} for k in range(60)}
    row = mean_changes(cohort_of(tmp_path, totals, "WHO-5"), instrument="WHO-5", window="end of loading").iloc[0]
    if np.isfinite(row["untreated_least"]):
        assert 0 < row["untreated_least"] < row["untreated_most"] < row["estimate"]
    assert row["untreated"]


def test_groups_and_windows_have_their_rows_and_seven_parts_agree(demo_folder, demo_cohort, tmp_path):
    seven = derive(open_dataset(partition_dataset(demo_folder, out=tmp_path / "seven", parts=7)))
    asked = {"instrument": "PHQ-9", "window": ["end of loading", "month 3 after loading"], "by": ["route", "sex"]}
    whole = mean_changes(demo_cohort, **asked)
    assert len(whole) == 3 * 3 * 2
    pd.testing.assert_frame_equal(mean_changes(seven, **asked), whole, check_exact=True)
    pd.testing.assert_frame_equal(
        changes_before_treatment(seven, instrument="PHQ-9", by="route"),
        changes_before_treatment(demo_cohort, instrument="PHQ-9", by="route"),
        check_exact=True,
    )


def test_two_scores_before_treatment_are_the_last_and_one_a_week_or_more_before(tmp_path):
    totals = {
        "P1": {-20: 24, -14: 20, 0: 18},  # 20 to 18
        "P2": {-6: 20, 0: 12},  # six days: one assessment
        "P3": {-30: 9, -2: 14},  # 9 to 14: no case when first seen
        "P4": {-100: 16, -1: 15, 3: 1},  # 16 to 15
        "P5": {-181: 20, 0: 20},  # too long before
        "P6": {-10: 12, -3: 12, 0: 9},  # 12 to 9: at least seven days before the last
    }  # fmt: skip
    table = changes_before_treatment(cohort_of(tmp_path, totals), instrument="PHQ-9").set_index("measure")
    change = table.loc["change before treatment"]
    low, high = stats.t.interval(0.95, 2, -2, stats.sem([-2, -1, -3]))
    assert (change["denominator"], change["numerator"]) == (3, -6)
    assert tuple(change[["estimate", "low", "high"]]) == pytest.approx((-2, low, high))
    assert tuple(change[["first_mean", "second_mean", "days_apart"]]) == pytest.approx((16, 14, (14 + 99 + 10) / 3))
    correlation = table.loc["test-retest correlation"]
    found = stats.pearsonr([20, 9, 16, 12], [18, 14, 15, 9])
    interval = found.confidence_interval(0.95)
    assert correlation["denominator"] == 4
    assert tuple(correlation[["estimate", "low", "high"]]) == pytest.approx(
        (found.statistic, interval.low, interval.high)
    )


def test_people_chosen_by_their_first_score_fall_by_what_the_formula_says(tmp_path):
    """Mean 12, standard deviation 4, correlation 0.6, nobody treated between: entered at 10 or more."""
    draw = np.random.default_rng(3)
    first = draw.standard_normal(3000)
    second = 0.6 * first + 0.8 * draw.standard_normal(3000)
    whole = [np.clip(np.round(12 + 4 * each), 0, 27).astype(int) for each in (first, second)]
    totals = {f"P{k}": {-14: int(a), 0: int(b)} for k, (a, b) in enumerate(zip(*whole, strict=True))}
    table = changes_before_treatment(cohort_of(tmp_path, totals), instrument="PHQ-9").set_index("measure")
    entered = whole[0][whole[0] >= 10]
    expected = regression_to_mean(entered.mean(), entered.std(ddof=1), cutoff=9.5, reliability=0.6, population_mean=12)
    change = table.loc["change before treatment"]
    assert change["low"] < expected["estimate"].iloc[0] < change["high"]
    correlation = table.loc["test-retest correlation"]
    assert correlation["low"] < 0.6 < correlation["high"]


def test_a_change_leaves_as_the_mean_scores_do(demo_cohort):
    asked = {"instrument": "PHQ-9", "window": "end of loading", "by": ["age_band", "sex"]}
    public = disclose(mean_changes(demo_cohort, **asked)).table
    means = disclose(mean_scores(demo_cohort, **asked)).table
    pd.testing.assert_series_equal(public["status"], means["status"])
    pd.testing.assert_series_equal(public["denominator"], means["denominator"])
    hidden = public[public["status"] == "hidden"]
    assert len(hidden)
    values = ["estimate", "low", "high", "numerator", "baseline_mean", "baseline_sd", "untreated_most", "untreated"]
    assert hidden[values].isna().all(axis=None)
    with pytest.raises(CallError, match="a table from response_rates"):
        disclose(changes_before_treatment(demo_cohort, instrument="PHQ-9"))


def test_nobody_and_no_spread_are_said(tmp_path):
    nobody = changes_before_treatment(cohort_of(tmp_path / "a", {"P1": {0: 20}}), instrument="PHQ-9")
    assert list(nobody["status"]) == ["empty", "empty"]
    alike = {f"P{k}": {-14: 20, 0: 20, 7: 20} for k in range(3)}
    cohort = cohort_of(tmp_path / "b", alike)
    assert list(changes_before_treatment(cohort, instrument="PHQ-9")["status"]) == ["ok", "no spread"]
    row = mean_changes(cohort, instrument="PHQ-9", window="end of loading").iloc[0]
    assert row["untreated"] == "How much of it is regression to the mean cannot be said from these baselines."
    empty = mean_changes(cohort, instrument="PHQ-9", window="month 3 after loading").iloc[0]
    assert (empty["status"], empty["denominator"]) == ("empty", 0)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"window": "baseline"}, "the baseline itself has none"),
        ({"window": "month 1 after loading", "by": "maintenance"}, "change from window to window"),
        ({"window": "end of loading", "by": "quarter"}, "no dates"),
        ({"window": "end of loading", "instrument": "PHQ"}, "Did you mean 'PHQ-9'"),
    ],
)
def test_a_wrong_call_says_what_it_can_be(tmp_path, options, message):
    with pytest.raises(CallError, match=message):
        mean_changes(cohort_of(tmp_path, {"P1": {0: 20}}), **({"instrument": "PHQ-9"} | options))

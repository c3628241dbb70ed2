"""Counts per missingness pattern: what is counted of whom, in whole numbers that add."""

import numpy as np
import pandas as pd
import pytest

from analysis.cohort.cohort import derive
from analysis.cohort.windows import parse_window
from analysis.counts.pattern_tally import PatternTally, sum_columns
from analysis.counts.patterns import count_patterns
from analysis.counts.tallies import add_counts
from analysis.estimate.means import mean_scores
from analysis.intake.dataset import open_dataset
from analysis.intake.partition import partition_dataset
from analysis.vocabulary.errors import CallError

WINDOWS = ("after session 1", "after session 3", "end of loading")


@pytest.fixture(scope="module")
def counts(demo_cohort):
    return count_patterns(demo_cohort, instrument="PHQ-9", window=WINDOWS, by="route", covariates=("baseline", "age"))


def test_each_window_has_the_scores_of_the_means(demo_cohort, counts):
    """The patterns with a window's bit hold as many scores, with the same sum, as the mean of that window."""
    means = mean_scores(demo_cohort, instrument="PHQ-9", window=WINDOWS, by="route").set_index(["route", "window"])
    table = counts.table
    for k, window in enumerate(WINDOWS):
        seen = (
            table[(table["pattern"] & 2**k) > 0]
            .groupby("route")[["patients", f"sum_y_{k}", f"product_y_{k}_y_{k}"]]
            .sum()
        )
        for route, row in seen.iterrows():
            assert row["patients"] == means.loc[(route, window), "denominator"]
            assert row[f"sum_y_{k}"] == 100 * means.loc[(route, window), "numerator"]


def test_everybody_eligible_is_in_one_pattern(demo_cohort, counts):
    """The window that closes first has everybody who is eligible in any."""
    means = mean_scores(demo_cohort, instrument="PHQ-9", window=WINDOWS)
    assert counts.table["patients"].sum() == means["eligible"].max() > means["eligible"].min()


def test_all_are_whole_numbers_and_sums_of_what_is_not_there_are_zero(counts):
    table = counts.table
    numbers = table.drop(columns="route")
    assert (numbers.dtypes.astype(str).str.contains("int")).all()
    without = table[(table["pattern"] & 2) == 0]
    assert (without[["sum_y_1", "product_y_1_y_1", "product_x_0_y_1", "product_y_0_y_1"]] == 0).all().all()


def test_products_are_those_of_the_patients(demo_cohort):
    """A pattern of one patient is that patient: every product is the product of its sums."""
    by = ("clinic_id", "route", "age_band", "sex")
    counts = count_patterns(demo_cohort, instrument="PHQ-9", window=WINDOWS, by=by, covariates=("baseline", "age"))
    lone = counts.table[counts.table["patients"] == 1]
    assert len(lone) > 0
    for name, a, b in sum_columns(2, 3):
        if b is not None:
            assert (lone[name] == lone[f"sum_{a}"] * lone[f"sum_{b}"]).all()


def test_counts_of_parts_add(demo_cohort):
    windows = tuple(parse_window(name, demo_cohort.definitions) for name in WINDOWS)
    tally = PatternTally("PHQ-9", windows, (), ("baseline",))
    whole = add_counts([tally.count(demo_cohort)], tally.keys)
    parts = PatternTally("PHQ-9", windows, ("route",), ("baseline",)).count(demo_cohort)
    by_route = [rows.drop(columns="route") for _, rows in parts.groupby("route")]
    pd.testing.assert_frame_equal(add_counts(by_route, tally.keys), whole, check_dtype=False)


def test_print_shows_no_pattern(counts):
    assert "eligible people, 3 windows" in repr(counts)
    assert "sum" not in repr(counts)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"covariates": "weight"}, "covariates: 'weight' is unknown"),
        ({"covariates": ["age", "age"]}, "one is named twice"),
        ({"window": ["baseline", "after session 1"]}, "the baseline is no window after treatment began"),
        ({"window": ["month 1 after loading"], "by": "maintenance"}, "no group of patients"),
        ({"instrument": "PHQ9"}, "instrument: 'PHQ9' is unknown"),
    ],
)
def test_wrong_questions_are_refused(demo_cohort, options, words):
    with pytest.raises(CallError, match=words):
        count_patterns(demo_cohort, **{"instrument": "PHQ-9", "window": WINDOWS, **options})


def test_an_unknown_covariate_keeps_its_person_counted(demo_cohort):
    counts = count_patterns(demo_cohort, instrument="PHQ-9", window=WINDOWS, covariates=("baseline", "failed_trials"))
    everybody = count_patterns(demo_cohort, instrument="PHQ-9", window=WINDOWS)
    assert counts.table["patients"].sum() == everybody.table["patients"].sum()
    incomplete = counts.table[counts.table["complete"] == 0].filter(regex="^(sum|product)")
    assert (incomplete.to_numpy() == 0).all()
    assert np.isin(counts.table["complete"], [0, 1]).all()


def test_a_cohort_in_parts_has_the_same_counts(demo_folder, demo_cohort, tmp_path):
    """The same whole numbers to the last, whatever the parts."""
    laid_out = partition_dataset(demo_folder, out=tmp_path / "three", parts=3)
    asked = {"instrument": "PHQ-9", "window": WINDOWS, "by": ("route", "sex"), "covariates": ("baseline", "age")}
    parts = count_patterns(derive(open_dataset(laid_out)), **asked)
    pd.testing.assert_frame_equal(parts.table, count_patterns(demo_cohort, **asked).table, check_exact=True)

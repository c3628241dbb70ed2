"""Rates by the intensity of assessment: hand-worked days, a truth that being seen when unwell hides, wrong calls."""

import numpy as np
import pandas as pd
import pytest
from drawn_tables import write_folder

from analysis.cohort.cohort import derive
from analysis.cohort.windows import parse_window
from analysis.counts.intensity_tally import INTENSITY_VALUES, IntensityTally
from analysis.estimate.estimands import estimands
from analysis.estimate.intensity import INTENSITY_METHOD
from analysis.intake.dataset import open_dataset
from analysis.intake.partition import partition_dataset
from analysis.vocabulary.errors import CallError

WINDOW = "day 60 +- 14"


def cohort_of(path, totals):
    """Make people with one session and a baseline of 20, from their totals by day (10 is a response)."""
    sessions, scores = [], []
    for patient, by_day in totals.items():
        sessions.append({"patient_id": patient, "day": 0, "treatment": "ketamine", "route": "iv"})
        for day, total in {0: 20, **by_day}.items():
            scores.append({"patient_id": patient, "day": day, "instrument": "PHQ-9", "total": total})
    return derive(open_dataset(write_folder(path / "dataset", {"sessions": sessions, "scores": scores})))


def tally(cohort, window=WINDOW, by=()):
    windows = (parse_window(window, cohort.definitions),)
    return IntensityTally("PHQ-9", windows, by, "response", None).count(cohort)


@pytest.mark.parametrize(
    ("totals", "expected"),
    [
        # The window is days 46 to 74, 29 days. Nothing seen: all of them.
        ({}, {"days_none": 29}),
        # First seen on day 50, with a response: 5 days of which nothing was known, then 24 recent days.
        ({50: 10}, {"days_none": 5, "seen_none": 1, "had_none": 1, "days_with_recent": 24}),
        # Unwell on day 20, recent up to day 55; seen on day 60, well; then 14 recent days.
        (
            {20: 15, 60: 9},
            {
                "days_without_recent": 10, "days_without_old": 5, "seen_without_old": 1, "had_without_old": 1,
                "days_with_recent": 14,
            },
        ),
        # Two scores on following days; the second, on day 47, is after a day with the first known.
        (
            {46: 9, 47: 15},
            {
                "days_none": 1, "seen_none": 1, "had_none": 1, "days_with_recent": 1, "seen_with_recent": 1,
                "days_without_recent": 27,
            },
        ),
        # Outside the window on both sides.
        ({45: 9, 75: 15}, {"days_with_recent": 29}),
        ({5: 9, 90: 15}, {"days_with_old": 29}),
    ],
)  # fmt: skip
def test_each_day_counts_by_what_was_known_before_it(tmp_path, totals, expected):
    row = tally(cohort_of(tmp_path, {"P1": totals})).iloc[0]
    assert {name: int(row[name]) for name in INTENSITY_VALUES if row[name]} == expected
    for one, other in (("days_none", "days_none"), ("days_none", "days_with_recent")):
        assert row[f"{one}_x_{other}"] == row[one] * row[other]


def test_a_score_after_a_session_of_its_day_does_not_count(tmp_path):
    sessions = [{"patient_id": "P1", "day": 0, "treatment": "ketamine", "route": "iv"}]
    scores = [
        {"patient_id": "P1", "day": day, "instrument": "PHQ-9", "total": total, "occasion": occasion}
        for day, total, occasion in ((0, 20, "pre"), (50, 3, "post"))
    ]
    cohort = derive(open_dataset(write_folder(tmp_path / "dataset", {"sessions": sessions, "scores": scores})))
    assert tally(cohort).iloc[0]["days_none"] == 29


def simulate(people, seed):
    """Draw daily states of a two-state chain; unwell at their last score, people are seen three times as often.

    Each is seen on day 1 to 14 first, whatever the state. Returns their totals by day, and the share of the window's
    days on which they are in response.
    """
    draw = np.random.default_rng(seed)
    days = 75
    well = np.zeros((people, days), dtype=bool)
    well[:, 0] = draw.random(people) < 0.5
    for day in range(1, days):
        changes = draw.random(people) < np.where(well[:, day - 1], 0.02, 0.02)
        well[:, day] = well[:, day - 1] ^ changes
    last = np.full(people, -1)
    first = draw.integers(1, 15, people)
    totals = {f"P{k}": {} for k in range(people)}
    for day in range(1, days):
        chance = np.select([last == 1, last == 0], [0.04, 0.12], 0.0)
        seen = (draw.random(people) < chance) | (day == first)
        for k in np.flatnonzero(seen):
            totals[f"P{k}"][day] = 8 if well[k, day] else 16
        last = np.where(seen, well[:, day], last)
    return totals, float(well[:, 46:75].mean())


def test_the_weights_find_the_truth_that_the_observed_rate_misses(tmp_path):
    """Over the chain half of all days are days in response; those who are seen are the unwell."""
    observed, weighted, covered = [], [], []
    for seed in range(4):
        totals, truth = simulate(700, seed)
        found = estimands(
            cohort_of(tmp_path / f"{seed}", totals), instrument="PHQ-9", window=WINDOW,
            methods=["observed", "inverse-intensity"], covariates="route",
        ).table.set_index("estimand")  # fmt: skip
        scores = pd.Series([day for by_day in totals.values() for day in by_day if 46 <= day <= 74])
        wells = [total == 8 for by_day in totals.values() for day, total in by_day.items() if 46 <= day <= 74]
        observed.append(np.mean(wells) - truth)
        assert len(scores) > 700
        row = found.loc["inverse-intensity"]
        weighted.append(row["estimate"] - truth)
        covered.append(row["low"] <= truth <= row["high"])
        assert row["method"] == INTENSITY_METHOD
    assert np.mean(observed) < -0.06
    assert abs(np.mean(weighted)) < 0.02
    assert sum(covered) >= 3


def test_the_interval_is_as_wide_as_estimates_spread_between_halves(tmp_path):
    """Independent sets of people: the spread of their estimates is what the intervals say."""
    estimates, widths = [], []
    for seed in range(8):
        totals, _ = simulate(120, 100 + seed)
        row = estimands(
            cohort_of(tmp_path / f"{seed}", totals), instrument="PHQ-9", window=WINDOW, methods="inverse-intensity",
            covariates="route",
        ).table.iloc[0]  # fmt: skip
        estimates.append(row["estimate"])
        widths.append((row["high"] - row["low"]) / 2 / 1.96)
    assert 0.55 < np.mean(widths) / np.std(estimates, ddof=1) < 1.8


def test_seven_parts_and_groups_give_what_one_gives(demo_folder, demo_cohort, tmp_path):
    seven = derive(open_dataset(partition_dataset(demo_folder, out=tmp_path / "seven", parts=7)))
    asked = {
        "instrument": "PHQ-9", "window": ["end of loading", "month 3 after loading"], "by": "route",
        "methods": ["observed", "inverse-intensity"],
    }  # fmt: skip
    pd.testing.assert_frame_equal(
        estimands(seven, **asked).table, estimands(demo_cohort, **asked).table, check_exact=True
    )


def test_a_stratum_in_which_nobody_is_seen_leaves_no_estimate(tmp_path):
    row = estimands(
        cohort_of(tmp_path, {"P1": {50: 9, 60: 9}, "P2": {20: 15}}), instrument="PHQ-9", window=WINDOW,
        methods="inverse-intensity", covariates="route",
    ).table.iloc[0]  # fmt: skip
    assert row["status"] == "stratum without scores"
    assert np.isnan(row["estimate"])


def test_it_is_left_out_where_a_window_has_no_days(demo_cohort):
    methods = estimands(demo_cohort, instrument="PHQ-9", window="after session 2").table["estimand"]
    assert "inverse-intensity" not in set(methods)
    with pytest.raises(CallError, match="'inverse-intensity' goes with the windows"):
        estimands(demo_cohort, instrument="PHQ-9", window="by day 7", methods="inverse-intensity")
    with pytest.raises(CallError, match="'inverse-intensity' goes with outcomes that one score decides"):
        estimands(
            demo_cohort, instrument="PHQ-9", window="month 1 after loading", methods="inverse-intensity",
            outcome="sustained_response",
        )  # fmt: skip


def test_its_assumption_names_what_the_strata_are_made_of(demo_cohort):
    found = estimands(demo_cohort, instrument="PHQ-9", window="end of loading", methods="inverse-intensity")
    assert "alike in loading status, in what was last seen of them" in found.table["assumption"].iloc[0]
    assert "weighted by the inverse of the intensity" in found.attributes["summary"].iloc[0]

"""Counts of items add over partitions, and read the items only of the scores that count."""

import pandas as pd
import pytest

from analysis.cohort.cohort import derive
from analysis.cohort.windows import parse_window
from analysis.counts.item_tally import ItemTally, TransitionTally, item_numbers, least_change
from analysis.counts.tallies import add_counts
from analysis.estimate.items import item_changes, item_transitions
from analysis.estimate.rates import response_rates
from analysis.intake.dataset import open_dataset
from analysis.intake.partition import partition_dataset
from analysis.vocabulary.definitions import default_definitions

SCALES = default_definitions().instruments
WINDOWS = ["end of loading", "month 1 after loading"]


@pytest.fixture(scope="module")
def three(demo_folder, tmp_path_factory):
    """The demo in three parts."""
    return derive(open_dataset(partition_dataset(demo_folder, out=tmp_path_factory.mktemp("parts") / "three", parts=3)))


def test_three_parts_give_what_one_gives(demo_cohort, three):
    asked = [
        (
            item_changes,
            {"instrument": "PHQ-9", "window": WINDOWS, "by": "route", "denominator": ["observed", "bounds"]},
        ),
        (item_transitions, {"instrument": "PHQ-9", "window": WINDOWS, "by": ["sex", "route"], "period": "2025"}),
        *(
            (response_rates, {"instrument": "PHQ-9", "window": WINDOWS[1], "outcome": outcome, "courses": courses})
            for outcome in ("sustained_response", "reliable_recovery", "worsening")
            for courses in ("first", "all")
        ),
    ]
    for estimate, question in asked:
        pd.testing.assert_frame_equal(estimate(three, **question), estimate(demo_cohort, **question), check_exact=True)


def test_counts_are_whole_numbers_that_add_in_any_order(three):
    windows = tuple(parse_window(name, default_definitions()) for name in WINDOWS)
    for tally in (
        ItemTally("PHQ-9", (2, 9), windows, ("route",), None),
        TransitionTally("PHQ-9", 9, windows, ("route",), None),
    ):
        counts = [tally.count(part) for part in three.parts()]
        there, back = add_counts(counts, tally.keys), add_counts(counts[::-1], tally.keys)
        pd.testing.assert_frame_equal(there, back)
        numbers = there.drop(columns=list(tally.keys))
        assert (numbers.dtypes == "int64").all()


def test_the_items_asked_before_do_not_stay_in_the_way(demo_cohort):
    alone = item_changes(demo_cohort, instrument="PHQ-9", window="end of loading", item="sleep")
    together = item_changes(demo_cohort, instrument="PHQ-9", window="end of loading")
    rows = together[together["item"] == "sleep"].reset_index(drop=True)
    pd.testing.assert_frame_equal(alone, rows)


def test_every_scale_with_a_suicide_item_has_it_by_name():
    assert item_numbers(SCALES["MADRS"]) == {"suicidal_thoughts": 10}
    assert list(item_numbers(SCALES["PHQ-9"]))[-1] == "suicidal_thoughts"
    assert item_numbers(SCALES["GAD-7"]) == {"worry": 2}


def test_the_least_change_of_a_total_is_the_scales_own():
    assert least_change(SCALES["PHQ-9"], 2) == 1
    assert least_change(SCALES["PHQ-9"], 0) == 6
    assert least_change(SCALES["WHO-5"], 0) == SCALES["WHO-5"].response_points

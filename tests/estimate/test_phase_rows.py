"""The rows of the summary of phases, from counts drawn by hand."""

import numpy as np
import pandas as pd
import pytest

from analysis.counts.phase_tally import CELLS, PRODUCTS
from analysis.estimate.intervals import wilson
from analysis.estimate.phase_rows import agreement_rows, closing_reasons, kind_rows, median_rows, month_row, share_rows

FACTS = pd.DataFrame(
    [
        ("loading", "completed|gap", 6),
        ("loading", "completed|day limit", 10),
        ("loading", "stopped|gap", 4),
        ("booster", "true", 5),
        ("booster", "false", 15),
        ("median gap in maintenance", "28", 3),
        ("median gap in maintenance", "15", 1),
    ],
    columns=["name", "value", "courses"],
)


def test_each_status_is_the_sum_of_its_reasons_and_all_are_shares_of_the_first_courses():
    rows = share_rows(FACTS, closing_reasons(FACTS))
    loading = [(row["name"], row["reason"], row["numerator"]) for row in rows if row["name"].startswith("loading")]
    assert loading == [
        ("loading completed", "any", 16),
        ("loading completed", "day limit", 10),
        ("loading completed", "gap", 6),
        ("loading stopped", "any", 4),
        ("loading stopped", "gap", 4),
        ("loading open", "any", 0),
        ("loading unknown", "any", 0),
    ]
    assert {row["denominator"] for row in rows if row["name"].startswith("loading")} == {20}


def test_a_share_has_wilsons_interval():
    (booster,) = (row for row in share_rows(FACTS, []) if row["name"] == "booster")
    assert (booster["estimate"], booster["numerator"], booster["denominator"]) == (0.25, 5, 20)
    assert (booster["low"], booster["high"]) == tuple(float(limit) for limit in wilson(5, 20))


def test_a_reason_that_occurs_in_another_group_only_has_a_row_here_too():
    rows = share_rows(FACTS, [*closing_reasons(FACTS), ("open", "data cut")])
    (cut,) = (row for row in rows if row["reason"] == "data cut")
    assert (cut["name"], cut["numerator"], cut["denominator"]) == ("loading open", 0, 20)


def test_median_gaps_are_counted_in_half_days():
    found = {row["name"]: row for row in median_rows(FACTS)}
    assert found["median gap in maintenance"]["estimate"] == np.median([7.5, 14, 14, 14])
    assert found["median gap in maintenance"]["lower_quartile"] == np.quantile([7.5, 14, 14, 14], 0.25)
    assert found["sessions"]["status"] == "empty"


def test_sessions_a_month_are_gaps_over_their_days():
    courses = [(2, 28), (4, 60), (1, 30)]
    squares = {"gaps_x_gaps": 21, "gaps_x_days": 326, "days_x_days": 5284}
    counts = pd.DataFrame([{"counted": "gaps", "courses": 3, "gaps": 7, "days": 118} | squares])
    row = month_row(counts, 30)
    assert sum(gaps * days for gaps, days in courses) == 326
    assert row["estimate"] == pytest.approx(30 * 7 / 118)
    assert (row["numerator"], row["denominator"], row["unit"]) == (7, 118, "in 30 days")
    assert row["low"] < row["estimate"] < row["high"]


def test_every_kind_of_course_has_a_row():
    names = ["courses", "sessions", "reloading_episodes", "route_switches", "clinic_switches"]
    rows = kind_rows(pd.DataFrame([["first", 3, 20, 1, 0, 2]], columns=["kind", *names]))
    assert [(row["kind"], row["courses"]) for row in rows] == [
        ("first", 3), ("prior ketamine", 0), ("repeat", 0), ("booster", 0),
    ]  # fmt: skip
    assert [rows[0][name] for name in names] == [3, 20, 1, 0, 2]


def test_two_people_who_agree_on_three_sessions_of_four():
    """One has 2 of loading by both; the other 1 of maintenance by both, 1 of loading by the rule alone, 1 bare."""
    people = [
        {"unlabelled": 0, "loading_loading": 2, "loading_maintenance": 0, "maintenance_loading": 0},
        {"unlabelled": 1, "loading_loading": 0, "loading_maintenance": 1, "maintenance_loading": 0},
    ]
    people = [person | {"maintenance_maintenance": number} for number, person in enumerate(people)]
    counts = {name: sum(person[name] for person in people) for name in ("unlabelled", *CELLS)}
    for name in PRODUCTS:
        one, other = name.split("_x_")
        counts[name] = sum(person[one] * person[other] for person in people)
    rows = {row["name"]: row for row in agreement_rows(pd.DataFrame([counts | {"people": 2, "people_labelled": 2}]))}
    assert (rows["labelled"]["numerator"], rows["labelled"]["denominator"]) == (4, 5)
    assert (rows["same phase"]["numerator"], rows["same phase"]["denominator"]) == (3, 4)
    assert rows["Cohen's kappa"]["estimate"] == pytest.approx((3 / 4 - 8 / 16) / (1 - 8 / 16))
    assert [rows["labelled"][cell] for cell in CELLS] == [2, 1, 0, 1]

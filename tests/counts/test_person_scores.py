"""Rows of people: the same people and scores as the ladder and the counts per pattern, in an order of their own."""

import numpy as np
import pandas as pd
import pytest
from made_up_clinics import People, write_clinics
from small_clinic import write_clinic

from analysis.cohort.cohort import derive
from analysis.counts import person_scores
from analysis.counts.ladder import ask
from analysis.counts.person_scores import read_person_scores
from analysis.estimate.rates import response_rates
from analysis.intake.dataset import open_dataset
from analysis.intake.partition import partition_dataset
from analysis.vocabulary.errors import CallError

WINDOWS = ["after session 3", "end of loading", "month 1 after loading"]
ASKED = {"instrument": "PHQ-9", "window": WINDOWS}


def read(cohort, groups=("route",), **options):
    question = ask(cohort, **{**ASKED, **options})
    return read_person_scores(cohort, question, windows=question.windows, groups=groups)


@pytest.mark.parametrize("options", [{}, {"outcome": "worsening"}, {"period": "2025Q4"}, {"period": 2025}])
def test_people_and_scores_are_those_of_the_ladder(demo_cohort, options):
    found = read(demo_cohort, **options)
    rates = response_rates(demo_cohort, **ASKED, **options).set_index("window")
    counts_in = pd.Series(found.counts_in.sum(axis=0), index=WINDOWS)
    scored = pd.Series((found.counts_in & ~np.isnan(found.totals)).sum(axis=0), index=WINDOWS)
    assert counts_in.to_dict() == rates["eligible"].to_dict()
    assert scored.to_dict() == rates["scored"].to_dict()
    assert counts_in.min() > 50


def test_a_period_leaves_the_scores_of_other_windows(demo_cohort):
    """Who counts in is of the period; what helps to impute is all that is known of them."""
    found = read(demo_cohort, period="2025Q4")
    others = ~found.counts_in & ~np.isnan(found.totals)
    assert others.any()
    assert found.counts_in.any(axis=1).all()


def test_the_groups_are_those_of_the_ladder(demo_cohort):
    found = read(demo_cohort)
    rates = response_rates(demo_cohort, **ASKED, by="route").set_index(["route", "window"])["eligible"]
    for route, rows in found.people.groupby("route"):
        for k, window in enumerate(WINDOWS):
            assert found.counts_in[rows.index, k].sum() == rates[route, window]


def test_parts_and_the_order_of_rows_leave_no_trace(demo_cohort, demo_folder, tmp_path):
    laid_out = derive(open_dataset(partition_dataset(demo_folder, out=tmp_path / "five", parts=5)))
    one, five = read(demo_cohort), read(laid_out)
    pd.testing.assert_frame_equal(one.people, five.people)
    for name in ("totals", "counts_in", "has_left"):
        assert np.array_equal(getattr(one, name), getattr(five, name), equal_nan=name == "totals")
    assert one.people["patient_id"].is_monotonic_increasing


SESSIONS = """
    patient_id | day | treatment
    P4         |   0 | ketamine
    P4         |   3 | ketamine
    P4         |   7 | ketamine
    P4         |  10 | ketamine
    P3         |   0 | ketamine
    P3         |   3 | ketamine
    P3         |   7 | ketamine
    P3         |  10 | ketamine
    P2         |   0 | ketamine
    P2         |   3 | ketamine
    P2         |   7 | ketamine
    P2         |  10 | ketamine
    P1         |   0 | ketamine
    P1         |   3 | ketamine
"""
SCORES = """
    patient_id | day | instrument | total
    P4         |   0 | PHQ-9      | 18
    P4         |   8 | PHQ-9      | 12
    P4         |  17 | PHQ-9      |  8
    P4         |  40 | PHQ-9      |  7
    P3         |   0 | PHQ-9      | 15
    P3         |  40 | PHQ-9      |  6
    P2         |   0 | PHQ-9      | 20
    P2         |   8 | PHQ-9      | 14
    P1         |   0 | PHQ-9      | 21
    P1         |   2 | PHQ-9      | 16
"""


def test_who_has_left_and_who_stopped(tmp_path):
    """A score of any later day keeps somebody from having left; stopping is of loading."""
    cohort = derive(open_dataset(write_clinic(tmp_path / "clinic", sessions=SESSIONS, scores=SCORES)))
    found = read(cohort, groups=())
    people = found.people.set_index("patient_id")
    assert list(people.index) == ["P1", "P2", "P3", "P4"]
    assert people["has_stopped"].to_dict() == {"P1": True, "P2": False, "P3": False, "P4": False}
    nan = np.nan
    expected = [[nan, nan, nan], [14, nan, nan], [nan, nan, 6], [12, 8, 7]]
    assert np.array_equal(found.totals, expected, equal_nan=True)
    assert found.has_left.tolist() == [
        [True, True, True],  # scored for the last time on the day before the second and last session
        [False, True, True],  # for the last time after the third session, on day 8
        [False, False, False],
        [False, False, False],
    ]
    assert people["baseline_sum"].to_dict() == {"P1": 21, "P2": 20, "P3": 15, "P4": 18}


def test_nobody_gives_no_rows(tmp_path):
    folder = write_clinics(tmp_path / "clinics", People("North", 3, end=8, status="cancelled"))
    found = read(derive(open_dataset(folder)))
    assert len(found.people) == 0
    assert found.totals.shape == (0, 3)


def test_too_many_people_are_refused(demo_cohort, monkeypatch):
    monkeypatch.setattr(person_scores, "MOST_PEOPLE", 500)
    with pytest.raises(CallError, match=r"of up to 500 people.*methods without 'imputed' and 'model'"):
        read(demo_cohort)


def test_print_shows_nobody(demo_cohort):
    assert repr(read(demo_cohort)) == "Scores of 965 people in 3 windows"

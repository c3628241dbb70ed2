"""Quarters of people by their change in one window, and their means in others."""

import numpy as np
import pandas as pd
import pytest

from analysis.disclosure.suppression import disclose
from analysis.estimate.means import mean_scores
from analysis.estimate.trajectories import change_trajectories
from analysis.vocabulary.errors import CallError

NAMES = ("A", "B", "C", "D", "E", "F", "low", "unseen")
SESSIONS = "\n".join(["patient_id | day", *(f"{name} | {day}" for name in NAMES for day in (0, 3, 7, 10))])
SCORES = """
    patient_id | day | total
    A          |   0 |    20
    A          |   5 |    10
    A          |  17 |     1
    B          |   0 |    10
    B          |  17 |     2
    C          |   0 |    20
    C          |   5 |    14
    C          |  17 |    10
    D          |   0 |    20
    D          |  17 |    10
    E          |   0 |    20
    E          |  17 |    18
    F          |   0 |    20
    F          |   5 |    20
    F          |  17 |    23
    low        |   0 |     9
    low        |  17 |     0
    unseen     |   0 |    20
    unseen     |   5 |     0
    """


def test_people_with_the_same_change_stay_together(cohort_of, same):
    """Changes of -95, -80, -50, -50, -10 and 15 %: the middles of six people stand at 1/12, 3/12, 1/2, 9/12, 11/12.

    B, at 3/12 exactly, and both at 1/2 belong to the next quarter.
    """
    table = change_trajectories(
        cohort_of(SESSIONS, SCORES), instrument="PHQ-9", reference="end of loading", window="after session 2"
    )
    same(
        table,
        """
        quarter                | window          | numerator | denominator | people | least | most | status
        most improved quarter  | after session 2 |        10 |           1 |      1 |   -95 |  -95 | ok
        most improved quarter  | end of loading  |         1 |           1 |      1 |   -95 |  -95 | ok
        second quarter         | after session 2 |         0 |           0 |      1 |   -80 |  -80 | empty
        second quarter         | end of loading  |         2 |           1 |      1 |   -80 |  -80 | ok
        third quarter          | after session 2 |        14 |           1 |      2 |   -50 |  -50 | ok
        third quarter          | end of loading  |        20 |           2 |      2 |   -50 |  -50 | ok
        least improved quarter | after session 2 |        20 |           1 |      2 |   -10 |   15 | ok
        least improved quarter | end of loading  |        41 |           2 |      2 |   -10 |   15 | ok
        """,
    )


def test_a_scale_on_which_higher_is_better_is_turned_round(cohort_of, same):
    cohort = cohort_of(
        SESSIONS,
        """
        patient_id | day | instrument | total
        A          |   0 | WHO-5      |    20
        A          |  17 | WHO-5      |    80
        B          |   0 | WHO-5      |    20
        B          |  17 | WHO-5      |    16
        """,
    )
    table = change_trajectories(cohort, instrument="WHO-5", reference="end of loading", window="baseline")
    same(
        table[(table["people"] > 0) & (table["window"] == "baseline")],
        """
        quarter                | window   | estimate | least | most
        second quarter         | baseline |       20 |  -300 | -300
        least improved quarter | baseline |       20 |    20 |   20
        """,
    )


def test_the_quarters_of_the_reference_are_everybody_scored_in_it(demo_cohort):
    table = change_trajectories(demo_cohort, instrument="PHQ-9", by="route")
    last = table[table["window"] == "month 3 after loading"].groupby("route")[["numerator", "denominator"]].sum()
    means = mean_scores(demo_cohort, instrument="PHQ-9", window="month 3 after loading", by="route")
    assert (last["denominator"] == means.set_index("route")["denominator"]).all()
    assert np.allclose(last["numerator"], means.set_index("route")["numerator"])


def test_nobody_scored_in_the_reference(cohort_of):
    table = change_trajectories(cohort_of(SESSIONS, SCORES), instrument="PHQ-9", reference="month 9 after loading")
    assert set(table["status"]) == {"empty"}
    assert len(table) == 4 * 6
    assert pd.isna(table["least"]).all()


def test_the_baseline_is_no_reference(demo_cohort):
    with pytest.raises(CallError, match="nobody has changed at 'baseline'"):
        change_trajectories(demo_cohort, instrument="PHQ-9", reference="baseline")


def test_it_is_not_disclosed(demo_cohort):
    with pytest.raises(CallError, match="a table from response_rates, mean_scores or flow is needed"):
        disclose(change_trajectories(demo_cohort, instrument="PHQ-9"))

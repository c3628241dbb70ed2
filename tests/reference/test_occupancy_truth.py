"""State occupancy of simulated people whose true total is recorded on every day: exact."""

import numpy as np
import pytest

from analysis.cohort.cohort import derive
from analysis.estimate.occupancy import current_response, occupancy
from analysis.intake.dataset import open_dataset
from analysis.simulation import simulate
from benchmarks.occupancy_bias import daily_truth, write_visits

LAST_DAY = 120
STATES = ("remitted", "responded", "lost response", "partial", "not yet responded")


@pytest.fixture(scope="module")
def truth_and_cohort(tmp_path_factory):
    simulated = simulate(patients=300, clinics=3, seed=5, first="2025Q1", last="2026Q2")
    truth = daily_truth(simulated, LAST_DAY)
    folder = write_visits(simulated, truth, np.ones(len(truth), dtype=bool), tmp_path_factory.mktemp("d") / "daily")
    return truth[truth["baseline"] >= 10], derive(open_dataset(folder))


def true_people(truth):
    """Count who truly is in each state on each day, of the eligible."""
    total, baseline, day = truth["total"], truth["baseline"], truth["day"]
    well = ((2 * total <= baseline) | (total <= 4)) & (day > 0)
    ever = well.groupby(truth["patient_id"]).cummax()
    found = {
        "remitted": (total <= 4) & well,
        "responded": well & (total > 4),
        "lost response": ever & ~well,
        "partial": ~ever & (4 * total <= 3 * baseline) & (day > 0),
        "not yet responded": ~ever & ((4 * total > 3 * baseline) | (day == 0)),
    }
    return {state: is_in.groupby(day).sum().to_numpy() for state, is_in in found.items()}


def test_the_people_of_each_day_are_the_true_ones(truth_and_cohort):
    truth, cohort = truth_and_cohort
    table = occupancy(cohort, instrument="PHQ-9", last_day=LAST_DAY)
    people = true_people(truth)
    for state in STATES:
        found = table.loc[table["state"] == state, "numerator"].to_numpy("int64")
        assert found.tolist() == people[state].tolist(), state
        assert found.sum() > 0, "a state nobody is ever in would show nothing"


def test_current_response_is_the_true_share(truth_and_cohort):
    truth, cohort = truth_and_cohort
    people = true_people(truth)
    rates = current_response(cohort, instrument="PHQ-9", day=[7, 28, 100])
    for day in (7, 28, 100):
        found = rates[(rates["window"] == f"on day {day}") & (rates["estimand"] == "starters")]
        assert found["numerator"].tolist() == [people["remitted"][day] + people["responded"][day]]


def test_many_are_no_longer_followed_at_the_end(truth_and_cohort):
    table = occupancy(truth_and_cohort[1], instrument="PHQ-9", last_day=LAST_DAY)
    followed = table.groupby("day")["denominator"].first()
    assert followed[LAST_DAY] < 0.85 * followed[0]

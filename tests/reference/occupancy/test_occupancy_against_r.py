"""State occupancy against R's survfit: shares to 1e-8, and how the standard errors compare."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from analysis.counts.occupancy_tally import ENDED, START
from analysis.estimate.aalen_johansen import estimate_occupancy

FOLDER = Path(__file__).parent
MADE_BY_R = json.loads((FOLDER / "occupancy.json").read_text(encoding="utf-8"))
PATHS = pd.read_csv(FOLDER / "paths.csv")
SETS = ("ragged", "complete", "large", "deaths")


def moves_of(name):
    """Count the moves of one set of paths, one stretch of days after the other."""
    moves = np.zeros((1, 61, 10, 10), dtype=np.int64)
    for _, rows in PATHS[PATHS["set"] == name].groupby("person"):
        before = START
        for row in rows.itertuples():
            moves[0, row.from_day, before, row.state] += 1
            before = row.state
        moves[0, row.to_day, before, ENDED] += 1
    return moves


@pytest.fixture(params=SETS)
def name(request):
    return request.param


def both(name):
    by_r = MADE_BY_R[name]
    found = estimate_occupancy(moves_of(name))
    states = [int(state) for state in by_r["states"]]
    return found, states, by_r


def test_the_shares_are_those_of_survfit(name):
    found, states, by_r = both(name)
    share = np.array(by_r["share"])
    seen = ~np.isnan(found.share[0, :, 0])
    assert seen.all()
    assert found.share[0][:, states] == pytest.approx(share, abs=1e-8)


def test_following_ends_early_for_many():
    """Else agreeing would say little."""
    found, _, _ = both("ragged")
    followed = found.people[0].sum(axis=1)
    assert followed[0] == 60
    assert followed[-1] < 30


def test_without_early_ends_the_standard_errors_are_those_of_survfit():
    found, states, by_r = both("complete")
    assert found.std_error[0][:, states] == pytest.approx(np.array(by_r["std_error"]), abs=1e-8)


def test_of_two_states_the_share_is_kaplan_meiers_and_its_error_greenwoods():
    found, _, by_r = both("deaths")
    assert found.share[0, :, 0] == pytest.approx(by_r["kaplan_meier"], abs=1e-8)
    assert found.std_error[0, :, 0] == pytest.approx(by_r["greenwood"], abs=1e-8)


@pytest.mark.parametrize(("name", "apart"), [("ragged", 0.08), ("large", 0.03)])
def test_with_early_ends_the_standard_errors_are_near_the_jackknifes(name, apart):
    """Of paths that are far from Markov: half the people move fifteen times as fast as the others."""
    found, states, by_r = both(name)
    common = found.share[0][:, states] > 0.05
    ratio = found.std_error[0][:, states][common] / np.array(by_r["std_error"])[common]
    assert np.abs(ratio - 1).max() < apart

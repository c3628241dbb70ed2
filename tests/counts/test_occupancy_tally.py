"""Moves between states: everybody's day by day as in a plain reading, and added over parts."""

from collections import Counter
from itertools import pairwise

import pandas as pd
import pytest
from drawn_tables import write_folder
from plain_estimands import CUT
from plain_occupancy import states_of_everybody, tables_with_ends

from analysis.cohort.cohort import derive
from analysis.counts.engine import count_all
from analysis.counts.occupancy_tally import ENDED, START, STATES, STRATEGIES, OccupancyTally, start_groups
from analysis.counts.tallies import add_counts
from analysis.intake.dataset import open_dataset
from analysis.intake.partition import partition_dataset
from analysis.vocabulary.definitions import default_definitions
from analysis.vocabulary.errors import CallError

LAST_DAY = 200


def tally_of(*, strategy=STRATEGIES[0], by=(), last_day=LAST_DAY):
    return OccupancyTally("PHQ-9", by, last_day, 35, strategy)


def moves_of(states):
    """Count the moves of lists of states, one for each day."""
    moves = Counter()
    for days in states.values():
        numbers = [START, *(STATES.index(state) for state in days)]
        for day, (before, after) in enumerate(pairwise(numbers)):
            if before != after:
                moves[day, before, after] += 1
        moves[len(days) - 1, numbers[-1], ENDED] += 1
    return moves


def counted(frame):
    found = frame.groupby(["day", "before", "after"])["people"].sum()
    return Counter({key: int(number) for key, number in found.items()})


@pytest.mark.parametrize("strategy", STRATEGIES)
@pytest.mark.parametrize("seed", range(12))
def test_the_moves_are_those_of_the_plain_reading(seed, strategy, tmp_path):
    tables = tables_with_ends(seed)
    cohort = derive(open_dataset(write_folder(tmp_path / "dataset", tables, data_cut=str(CUT))))
    instrument = cohort.definitions.instruments["PHQ-9"]
    states = states_of_everybody(
        tables, instrument=instrument, last_day=LAST_DAY, stopping_first=strategy != STRATEGIES[0]
    )
    assert counted(tally_of(strategy=strategy).count(cohort)) == moves_of(states)


def test_the_random_histories_come_to_every_state():
    """Else the comparison above would say nothing."""
    instrument = default_definitions().instruments["PHQ-9"]
    seen = Counter()
    for seed in range(12):
        states = states_of_everybody(
            tables_with_ends(seed), instrument=instrument, last_day=LAST_DAY, stopping_first=False
        )
        seen.update(state for days in states.values() for state in days)
    assert set(seen) == set(STATES)


def test_parts_add_up_to_the_whole(demo_folder, demo_cohort, tmp_path):
    tally = tally_of(by=("route",))
    parts = derive(open_dataset(partition_dataset(demo_folder, out=tmp_path / "parts", parts=3)))
    whole = add_counts([tally.count(demo_cohort)], tally.keys)
    pd.testing.assert_frame_equal(count_all(parts, [tally])[0], whole, check_dtype=False)


def test_a_shorter_time_is_the_beginning_of_a_longer_one(demo_cohort):
    long, short = tally_of().count(demo_cohort), tally_of(last_day=50).count(demo_cohort)
    before = long[(long["day"] <= 50) & (long["after"] != ENDED)]
    assert counted(before) == counted(short[short["after"] != ENDED])


@pytest.mark.parametrize(
    ("by", "words"),
    [
        ("rout", "'rout' is unknown. Did you mean 'route'"),
        (("sex", "sex"), "a group is named twice"),
        ("loading_status", "'loading_status' is not known on the first day"),
        ("maintenance", "'maintenance' is not known on the first day"),
    ],
)
def test_groups_are_known_on_the_first_day(by, words):
    with pytest.raises(CallError, match=words):
        start_groups(by)

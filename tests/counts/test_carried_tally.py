"""The last score carried forward: whose score is which, against a plain reading, and added over parts."""

import pandas as pd
import plain_methods
import pytest
from drawn_tables import write_folder
from plain_estimands import CUT, carried_counts, random_tables

from analysis.cohort.cohort import derive
from analysis.cohort.windows import parse_window
from analysis.counts.carried_tally import CarriedTally
from analysis.counts.engine import count_all
from analysis.counts.tallies import add_counts
from analysis.estimate.rates import response_rates
from analysis.intake.dataset import open_dataset
from analysis.intake.partition import partition_dataset

WINDOWS = (
    "end of loading",
    "end of loading, late",
    "after session 1",
    "after session 4",
    "month 1 after loading",
    "month 3 after loading",
    "day 28 +- 7",
    "by day 7",
    "24 h",
)


def tally_of(cohort, outcome="response", by=(), windows=WINDOWS):
    return CarriedTally("PHQ-9", tuple(parse_window(name, cohort.definitions) for name in windows), by, outcome, None)


@pytest.mark.parametrize("seed", range(12))
@pytest.mark.parametrize("outcome", ["response", "worsening"])
def test_the_counts_are_those_of_the_plain_reading(seed, outcome, tmp_path):
    tables = random_tables(seed)
    cohort = derive(open_dataset(write_folder(tmp_path / "dataset", tables, data_cut=str(CUT))))
    instruments = cohort.definitions.instruments
    plain = plain_methods.derive(
        {**tables, "patients": [row | {"prior_ketamine": False, "start_year": None} for row in tables["patients"]]},
        instruments=instruments,
        data_cut=CUT,
    )
    found = tally_of(cohort, outcome).count(cohort).set_index("window")
    for window in WINDOWS:
        expected = carried_counts(plain, instruments["PHQ-9"], window, outcome)
        counted = tuple(found.loc[window]) if window in found.index else (0, 0)
        assert counted == expected, window


def test_the_random_histories_carry_somebody_in_each_window_that_has_a_before(tmp_path):
    """Else the comparison above would say nothing."""
    carried = dict.fromkeys(WINDOWS, 0)
    for seed in range(12):
        tables = random_tables(seed)
        cohort = derive(open_dataset(write_folder(tmp_path / f"{seed}", tables, data_cut=str(CUT))))
        found = tally_of(cohort, "worsening").count(cohort).set_index("window")["carried_scored"]
        rates = response_rates(cohort, instrument="PHQ-9", window=WINDOWS, outcome="worsening").set_index("window")
        for window, people in found.items():
            carried[window] += int(people - rates.loc[window, "scored"])
    nothing_before = {"after session 1", "by day 7", "24 h"}
    assert {window for window, people in carried.items() if people == 0} == nothing_before


def test_counts_of_parts_add(demo_cohort, demo_folder, tmp_path):
    laid_out = partition_dataset(demo_folder, out=tmp_path / "seven", parts=7)
    tally = tally_of(demo_cohort, by=("route", "sex"))
    (whole,) = count_all(demo_cohort, [tally])
    (parts,) = count_all(derive(open_dataset(laid_out)), [tally])
    pd.testing.assert_frame_equal(whole, parts, check_exact=True)
    pd.testing.assert_frame_equal(whole, add_counts([tally.count(demo_cohort)], tally.keys), check_dtype=False)

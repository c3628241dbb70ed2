"""Counts of access, attendance, baseline and follow-up add over partitions, to the last bit."""

import pandas as pd
import pytest

from analysis.cohort.cohort import derive
from analysis.cohort.windows import parse_window
from analysis.counts.attendance_tally import AttendanceTally, ContinuationTally, ResponderTally
from analysis.counts.baseline_tally import BaselineTally
from analysis.counts.completeness_tally import CompletenessTally
from analysis.counts.engine import count_all
from analysis.counts.referral_tally import PromptStartTally, ReferralTally, WaitingTally
from analysis.counts.tallies import add_counts
from analysis.estimate.completeness import overdue
from analysis.intake.dataset import open_dataset
from analysis.intake.partition import partition_dataset
from analysis.vocabulary.definitions import default_definitions
from analysis.vocabulary.periods import parse_period

END, MONTH = (parse_window(name, default_definitions()) for name in ("end of loading", "month 2 after loading"))
TALLIES = [
    ReferralTally(("payer",), None),
    ReferralTally(("race_ethnicity", "quarter"), parse_period("2025")),
    WaitingTally(("source",), None),
    PromptStartTally(("payer",), 60),
    AttendanceTally(("clinic_id", "quarter")),
    ResponderTally("PHQ-9", END, ("route",), None),
    ResponderTally("PHQ-9", MONTH, (), parse_period("2026")),
    ContinuationTally(("race_ethnicity",)),
    BaselineTally("PHQ-9", END, "analysed"),
    CompletenessTally("PHQ-9", (END, MONTH), ("phase", "month")),
]


@pytest.fixture(scope="module")
def three(demo_folder, tmp_path_factory):
    """The demo in three parts."""
    return derive(open_dataset(partition_dataset(demo_folder, out=tmp_path_factory.mktemp("parts") / "three", parts=3)))


def test_three_parts_give_what_one_gives(demo_cohort, three):
    for tally, one, many in zip(TALLIES, count_all(demo_cohort, TALLIES), count_all(three, TALLIES), strict=True):
        pd.testing.assert_frame_equal(one, many, check_exact=True, obj=str(tally))


def test_counts_are_whole_numbers_that_add_in_any_order(three):
    parts = [[tally.count(part) for tally in TALLIES] for part in three.parts()]
    for place, tally in enumerate(TALLIES):
        frames = [part[place] for part in parts]
        there, back = add_counts(frames, tally.keys), add_counts(frames[::-1], tally.keys)
        pd.testing.assert_frame_equal(there, back)
        assert (there.drop(columns=list(tally.keys)).dtypes == "int64").all(), tally


def test_the_list_of_the_overdue_is_the_same(demo_cohort, three):
    pd.testing.assert_frame_equal(overdue(three), overdue(demo_cohort))


def test_no_planned_session_is_lost(demo_cohort):
    (counts,) = count_all(demo_cohort, [AttendanceTally(("route",))])
    assert counts["sessions"].sum() == len(demo_cohort.dataset.table("sessions"))


def test_no_referral_is_lost(demo_cohort):
    (counts,) = count_all(demo_cohort, [ReferralTally(("source",), None)])
    assert counts["referrals"].sum() == len(demo_cohort.dataset.table("referrals"))

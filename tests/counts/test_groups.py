"""Groups: hand-worked people in bands, quarters and phases; fixed levels; where a group has no meaning."""

import pandas as pd
import pytest
from drawn_tables import check_same, read_drawn, typed, write_folder

from analysis.cohort.cohort import derive
from analysis.counts.groups import GROUPS, WINDOW_GROUPS
from analysis.estimate.comparisons import compare
from analysis.estimate.measures import measure
from analysis.estimate.rates import response_rates
from analysis.intake.dataset import open_dataset
from analysis.intake.partition import partition_dataset
from analysis.vocabulary.errors import CallError


def cohort_of(path, sessions, scores, patients="", definitions=""):
    tables = {"sessions": typed(read_drawn(sessions)), "scores": typed(read_drawn(scores))}
    if patients:
        tables["patients"] = typed(read_drawn(patients))
    return derive(open_dataset(write_folder(path / "dataset", tables, definitions=definitions)))


START = """
    patient_id | day | date       | treatment | route
    P1         | 0   | 2025-01-01 | ketamine  | iv
    P2         | 0   | 2025-03-31 | ketamine  | iv
    P3         | 0   | 2025-04-01 | ketamine  | iv
    P4         | 0   | 2025-12-31 | ketamine  | iv
    P5         | 0   | 2025-12-30 | ketamine  | iv
    P6         | 0   | 2025-12-30 | ketamine  | iv
"""
SCORES = """
    patient_id | day | instrument | total
    P1         | 0   | PHQ-9      | 4
    P2         | 0   | PHQ-9      | 5
    P3         | 0   | PHQ-9      | 14
    P4         | 0   | PHQ-9      | 15
    P5         | 0   | PHQ-9      | 20
    P4         | 7   | PHQ-9      | 7
"""
PATIENTS = """
    patient_id | failed_trials
    P1         | 0
    P2         | 1
    P3         | 2
    P4         | 4
    P5         | 5
    P6         |
"""


@pytest.fixture(scope="module")
def six(tmp_path_factory):
    return cohort_of(tmp_path_factory.mktemp("six"), START, SCORES, PATIENTS)


def started(cohort, by, window="end of loading"):
    return response_rates(cohort, instrument="PHQ-9", window=window, by=by, denominator="nonresponder")


def test_baselines_fall_into_the_instruments_bands_the_empty_ones_kept(six):
    table = started(six, "baseline_severity")
    assert list(table["baseline_severity"]) == [
        "none or minimal", "mild", "moderate", "moderately severe", "severe", "unknown",
    ]  # fmt: skip
    check_same(
        table,
        """
        baseline_severity | started | eligible | numerator
        none or minimal   | 1       | 0        | 0
        mild              | 1       | 0        | 0
        moderate          | 1       | 1        | 0
        moderately severe | 1       | 1        | 1
        severe            | 1       | 1        | 0
        unknown           | 1       | 0        | 0
        """,
    )


def test_a_band_that_nobody_is_in_has_its_row(tmp_path):
    found = started(cohort_of(tmp_path, START, SCORES.replace("| 5\n", "| 4\n", 1), PATIENTS), "baseline_severity")
    mild = found[found["baseline_severity"] == "mild"].iloc[0]
    assert (mild["started"], mild["status"]) == (0, "empty")


def test_a_mean_of_several_baselines_is_compared_exactly(tmp_path):
    """The mean of 9 and 10 lies under 10: mild."""
    scores = "patient_id|day|instrument|total\nP1|-3|PHQ-9|9\nP1|0|PHQ-9|10"
    sessions = "patient_id|day|treatment|route\nP1|0|ketamine|iv"
    cohort = cohort_of(tmp_path, sessions, scores, definitions='[baseline]\nchoose = "mean"\n')
    found = started(cohort, "baseline_severity").set_index("baseline_severity")["started"]
    assert found[found > 0].to_dict() == {"mild": 1}


def test_failed_trials_fall_into_bands(six):
    check_same(
        started(six, "failed_trials_band"),
        """
        failed_trials_band | started
        0 or 1             | 2
        2                  | 1
        3 or 4             | 1
        5 and over         | 1
        unknown            | 1
        """,
    )


def test_a_course_is_in_the_calendar_quarter_of_its_first_session(six):
    check_same(
        started(six, "quarter"),
        """
        quarter | started
        2025Q1  | 2
        2025Q2  | 1
        2025Q4  | 3
        """,
    )


def test_without_dates_there_are_no_quarters(tmp_path):
    sessions = "patient_id|day|treatment|route\nP1|0|ketamine|iv"
    cohort = cohort_of(tmp_path, sessions, "patient_id|day|instrument|total\nP1|0|PHQ-9|20")
    with pytest.raises(CallError, match="no dates of sessions"):
        started(cohort, "quarter")
    with pytest.raises(CallError, match="no dates of sessions"):
        measure(cohort, "hedis-drr-e", by="quarter")


def test_several_groups_give_every_combination(six):
    table = started(six, ["quarter", "baseline_severity"])
    assert len(table) == 3 * 6
    assert table["started"].sum() == 6


PHASED = """
    patient_id | day | treatment | route
    P1         | 0   | ketamine  | iv
    P1         | 3   | ketamine  | iv
    P1         | 20  | ketamine  | iv
    P2         | 0   | ketamine  | iv
    P2         | 3   | ketamine  | iv
    P3         | 0   | ketamine  | iv
    P3         | 3   | ketamine  | iv
    P3         | 7   | ketamine  | iv
"""


def test_the_phase_is_that_of_the_session_or_of_the_windows_middle_day(tmp_path):
    """P1's third session comes after 17 days and is maintenance; P2 has none; P3's is loading.

    On day 5 P1 and P2 have had their last loading session and no maintenance; P3 has loading still to come.
    """
    people = "".join(f"{patient}|0|PHQ-9|20\n" for patient in ("P1", "P2", "P3"))
    cohort = cohort_of(tmp_path, PHASED, f"patient_id|day|instrument|total\n{people}")
    table = started(cohort, "phase", ["after session 3", "day 5 +- 1", "day 28 +- 3"])
    check_same(
        table,
        """
        phase         | window          | started
        loading       | after session 3 | 1
        after loading | after session 3 | 1
        maintenance   | after session 3 | 1
        unknown       | after session 3 | 0
        loading       | day 5 +- 1      | 1
        after loading | day 5 +- 1      | 2
        maintenance   | day 5 +- 1      | 0
        unknown       | day 5 +- 1      | 0
        loading       | day 28 +- 3     | 0
        after loading | day 28 +- 3     | 2
        maintenance   | day 28 +- 3     | 1
        unknown       | day 28 +- 3     | 0
        """,
    )


def test_without_a_label_the_phase_is_unknown(tmp_path):
    sessions = "patient_id|day|treatment|route\nP1|0|psilocybin|oral\nP1|3|psilocybin|oral"
    cohort = cohort_of(tmp_path, sessions, "patient_id|day|instrument|total\nP1|0|PHQ-9|20")
    found = started(cohort, "phase", "after session 2").set_index("phase")["started"]
    assert found[found > 0].to_dict() == {"unknown": 1}


@pytest.mark.parametrize("by", [name for name in GROUPS if name not in WINDOW_GROUPS])
def test_every_group_splits_everybody_and_seven_parts_agree(by, demo_folder, demo_cohort, seven):
    whole = started(demo_cohort, by)
    assert whole["started"].sum() == started(demo_cohort, ())["started"].iloc[0]
    pd.testing.assert_frame_equal(started(seven, by), whole)


@pytest.fixture(scope="module")
def seven(demo_folder, tmp_path_factory):
    return derive(open_dataset(partition_dataset(demo_folder, out=tmp_path_factory.mktemp("parts") / "seven", parts=7)))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"by": "phase", "window": "end of loading"}, "'phase' goes with the windows 'after session k'"),
        ({"by": "phase", "window": "24 h"}, "'phase' goes with the windows"),
        ({"by": "baseline_severity", "instrument": "PCL-5", "window": "end of loading"}, "no bands of severity"),
        ({"by": "failed_trials", "window": "end of loading"}, "Did you mean 'failed_trials_band'"),
    ],
)
def test_a_group_without_a_meaning_is_refused(six, options, message):
    with pytest.raises(CallError, match=message):
        response_rates(six, **({"instrument": "PHQ-9"} | options))


def test_a_comparison_can_be_adjusted_for_the_baselines_severity(demo_cohort):
    found = compare(
        demo_cohort, groups="route", instrument="PHQ-9", window="end of loading", strata="baseline_severity"
    )
    assert list(found.balance["level"].unique()) == [
        "none or minimal", "mild", "moderate", "moderately severe", "severe", "unknown",
    ]  # fmt: skip

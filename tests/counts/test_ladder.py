"""The tally: whole numbers that add."""

import pandas as pd
import pytest

from analysis.counts.ladder import ESTIMANDS, LADDER, ask, due_basis, tally_ladder
from analysis.vocabulary.errors import CallError
from analysis.vocabulary.periods import parse_period

PHQ = {"instrument": "PHQ-9", "window": ["end of loading", "after session 1", "month 3 after loading"]}


def test_every_count_is_a_whole_number(demo_cohort):
    counts = tally_ladder(demo_cohort, ask(demo_cohort, **PHQ, by="clinic_id"))
    squares = [f"{name}_{suffix}" for name in ESTIMANDS for suffix in ("xx", "xm", "mm", "k")]
    assert (counts[[*LADDER, *squares]].dtypes == "int64").all()
    assert list(counts["window"].unique()) == PHQ["window"]


def test_the_ladder_never_rises(demo_cohort):
    counts = tally_ladder(demo_cohort, ask(demo_cohort, **PHQ, by=["clinic_id", "payer", "sex"]))
    ladder = counts[["treated", "started", "with_baseline", "eligible", "scored", "with_outcome"]]
    assert (ladder.diff(axis=1).iloc[:, 1:] <= 0).all().all()
    assert (
        counts["treated"] == counts["started"] + counts["prior_ketamine"] + counts["undated"] + counts["not_due"]
    ).all()


@pytest.mark.parametrize("courses", ["first", "all"])
def test_quarters_add_up_to_their_year(demo_cohort, courses):
    year = tally_ladder(demo_cohort, ask(demo_cohort, **PHQ, courses=courses, period="2025"))
    quarters = [
        tally_ladder(demo_cohort, ask(demo_cohort, **PHQ, courses=courses, period=f"2025Q{k}")) for k in (1, 2, 3, 4)
    ]
    added = sum(quarter[list(LADDER)] for quarter in quarters)
    pd.testing.assert_frame_equal(added, year[list(LADDER)])


def test_first_courses_have_one_row_a_patient_and_equal_squares(demo_cohort):
    counts = tally_ladder(demo_cohort, ask(demo_cohort, **PHQ))
    for name, (numerator, denominator) in ESTIMANDS.items():
        assert (counts[f"{name}_xx"] == counts[numerator]).all()
        assert (counts[f"{name}_mm"] == counts[denominator]).all()


def test_months_are_split_by_whether_maintenance_was_given(demo_cohort):
    question = ask(demo_cohort, instrument="PHQ-9", window="month 3 after loading", by="maintenance")
    counts = tally_ladder(demo_cohort, question)
    assert list(counts["maintenance"]) == ["given", "not given"]
    assert (counts["started"] > 0).all()


def test_due_days_are_counted_from_dates_in_the_demo(demo_cohort):
    assert due_basis(demo_cohort) == "date"


def test_a_period_may_be_given_as_text_or_as_a_period(demo_cohort):
    by_text = ask(demo_cohort, **PHQ, period="2025")
    assert by_text.period == ask(demo_cohort, **PHQ, period=parse_period("2025")).period


def test_a_wrong_period_is_refused(demo_cohort):
    with pytest.raises(CallError, match="is not a period"):
        ask(demo_cohort, **PHQ, period="last quarter")


def test_a_dataset_in_the_place_of_a_cohort_is_refused(demo):
    with pytest.raises(CallError, match="a cohort is needed"):
        ask(demo, **PHQ)

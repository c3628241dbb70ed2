"""The tallies of people: whole numbers that add over groups and quarters, with nobody lost on the way."""

import pytest
from drawn_tables import read_drawn, typed, write_folder

from analysis.cohort.cohort import derive
from analysis.counts.measure_tally import COURSE_COUNTS, INDEX_COUNTS, EndedCourseTally, IndexTally, tally_people
from analysis.intake.dataset import open_dataset
from analysis.vocabulary.errors import CallError
from analysis.vocabulary.measures import measure_card
from analysis.vocabulary.periods import parse_period

INDEX = measure_card("hedis-drr-e").index
COURSE = measure_card("nhs-reliable-recovery").ended_course
TALLIES = [(IndexTally, INDEX, INDEX_COUNTS), (EndedCourseTally, COURSE, COURSE_COUNTS)]


@pytest.mark.parametrize(("tally", "rule", "counts"), TALLIES)
def test_every_count_is_a_whole_number_and_groups_add_up_to_the_whole(demo_cohort, tally, rule, counts):
    whole = tally_people(demo_cohort, tally(rule, (), None)).iloc[0]
    for by in (("clinic_id",), ("route", "sex"), ("diagnosis",), ("course_kind",)):
        found = tally_people(demo_cohort, tally(rule, by, None))
        assert (found[list(counts)].dtypes == "int64").all()
        assert found[list(counts)].sum().to_dict() == whole[list(counts)].to_dict()
        assert not found[list(by)].duplicated().any()


@pytest.mark.parametrize(("tally", "rule", "counts"), TALLIES)
def test_the_quarters_of_a_year_add_up_to_it(demo_cohort, tally, rule, counts):
    """All but those without an index score in the period, and with them everyone treated, who are in each quarter."""
    names = [name for name in counts if name not in {"treated", "no_index"}]
    year = tally_people(demo_cohort, tally(rule, (), parse_period("2025")))[names]
    quarters = [tally_people(demo_cohort, tally(rule, (), parse_period(f"2025Q{k}")))[names] for k in (1, 2, 3, 4)]
    assert sum(quarters).iloc[0].to_dict() == year.iloc[0].to_dict()
    assert year["eligible"].item() > 100


def test_everyone_with_an_index_score_is_in_the_denominator_or_excluded_for_one_reason(demo_cohort):
    for period in (None, "2025", "2026Q2"):
        found = tally_people(demo_cohort, IndexTally(INDEX, ("clinic_id",), period and parse_period(period)))
        excluded = found[["excluded_diagnosis", "other_diagnosis", "too_young", "died"]].sum(axis=1)
        assert (found["started"] == found["eligible"] + excluded).all()
        left = found["treated"] - found[["undated", "no_index", "not_due"]].sum(axis=1)
        assert (left == found["started"]).all()


def test_every_first_course_is_counted_or_left_out_for_one_reason(demo_cohort):
    for period in (None, "2025", "2026Q2"):
        found = tally_people(demo_cohort, EndedCourseTally(COURSE, ("clinic_id",), period and parse_period(period)))
        left = found["treated"] - found[["undated", "not_due", "few_sessions"]].sum(axis=1)
        assert (left == found["started"]).all()
        assert (found["started"] == found["eligible"] + found["not_case"]).all()


def test_a_dataset_without_dates_has_no_period(tmp_path):
    sessions = typed(read_drawn("patient_id | day | treatment | route \n P1 | 0 | ketamine | iv"))
    scores = typed(read_drawn("patient_id | day | instrument | total \n P1 | 0 | PHQ-9 | 20"))
    cohort = derive(open_dataset(write_folder(tmp_path / "d", {"sessions": sessions, "scores": scores})))
    with pytest.raises(CallError, match="neither dates nor start years"):
        tally_people(cohort, IndexTally(INDEX, (), parse_period("2025")))

"""Tallies of phases: whole numbers under keys that add over parts."""

import pandas as pd
import pytest

from analysis.counts.phase_tally import (
    CELLS,
    FACTS,
    PRODUCTS,
    AgreementTally,
    CadenceTally,
    CourseKindTally,
    PhaseFactTally,
    SessionDayTally,
    phase_groups,
)
from analysis.counts.tallies import add_counts
from analysis.vocabulary.errors import CallError

TALLIES = [PhaseFactTally, CourseKindTally, CadenceTally, AgreementTally, SessionDayTally]


@pytest.mark.parametrize("tally", TALLIES)
@pytest.mark.parametrize("by", [(), ("clinic_id",), ("route", "age_band")])
def test_every_row_has_a_key_of_its_own_and_whole_numbers(demo_cohort, tally, by):
    counted = tally(by)
    counts = counted.count(demo_cohort)
    keys = list(counted.keys)
    assert list(counts.columns[: len(keys)]) == keys
    assert not counts.duplicated(keys).any()
    assert not counts[keys].isna().any(axis=None)
    assert all(pd.api.types.is_integer_dtype(kind) for kind in counts.drop(columns=keys).dtypes)


@pytest.mark.parametrize("tally", TALLIES)
def test_groups_add_up_to_the_whole(demo_cohort, tally):
    whole, groups = tally(()), tally(("clinic_id", "sex"))
    added = add_counts([groups.count(demo_cohort).drop(columns=["clinic_id", "sex"])], whole.keys)
    expected = add_counts([whole.count(demo_cohort)], whole.keys)
    # A person's sessions may lie in two clinics: people and their products are not parts of one whole.
    people = ["people", "people_labelled", *PRODUCTS]
    pd.testing.assert_frame_equal(
        added.drop(columns=people, errors="ignore"), expected.drop(columns=people, errors="ignore")
    )


def test_the_facts_are_of_first_courses_of_people_not_treated_before(demo_cohort):
    facts = PhaseFactTally(()).count(demo_cohort)
    courses = demo_cohort.courses
    first = courses[(courses["course"] == 1) & ~courses["prior_ketamine"].fillna(False)]
    assert set(facts["name"]) <= set(FACTS)
    for name in ("loading", "route switch", "booster", "sessions"):
        assert facts.loc[facts["name"] == name, "courses"].sum() == len(first)
    kinds = CourseKindTally(()).count(demo_cohort).set_index("kind")["courses"]
    assert kinds["first"] == len(first)
    assert kinds.sum() == len(courses)


def test_the_cells_are_all_sessions_with_a_rule_and_a_label(demo_cohort):
    (counts,) = AgreementTally(()).count(demo_cohort).to_dict("records")
    sessions = demo_cohort.sessions[demo_cohort.sessions["phase_rule"] != "recorded"]
    found = sessions.groupby(["phase", "phase_recorded"]).size()
    assert {cell: counts[cell] for cell in CELLS} == {cell: found.get(tuple(cell.split("_")), 0) for cell in CELLS}
    assert counts["unlabelled"] == sessions["phase_recorded"].isna().sum()
    assert counts["ruled"] == len(sessions)
    own = (
        sessions.assign(both=sessions["phase"] + "_" + sessions["phase_recorded"])
        .groupby(["patient_id", "both"])
        .size()
    )
    table = own.reset_index(name="n").pivot_table(index="patient_id", columns="both", values="n", fill_value=0)
    assert (
        counts["loading_loading_x_maintenance_maintenance"]
        == (table["loading_loading"] * table["maintenance_maintenance"]).sum()
    )


@pytest.mark.parametrize(("by", "groups"), [((), ()), ("route", ("route",)), (["sex", "payer"], ("sex", "payer"))])
def test_groups_are_named_one_by_one_or_together(by, groups):
    assert phase_groups(by) == groups


def test_a_group_that_phases_do_not_have_is_named():
    with pytest.raises(CallError, match=r"by: 'age' is unknown\. There are: clinic_id, .*loading_status\."):
        phase_groups("age")

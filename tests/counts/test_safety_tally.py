"""Tallies of safety: counts of parts add to those of the whole, and nothing is lost in a join."""

import duckdb
import pytest

from analysis.cohort.cohort import derive
from analysis.cohort.windows import parse_window
from analysis.counts.dissociation_tally import DissociationTally
from analysis.counts.engine import count_all
from analysis.counts.habituation_tally import HabituationTally
from analysis.counts.safety_fact_tally import ExposureTally, ResolutionTally, SessionFactTally, SessionValueTally
from analysis.counts.safety_tables import SESSION_SPLITS, safety_tables
from analysis.counts.safety_tally import (
    AdverseEventTally,
    CareEventTally,
    EventFateTally,
    PatientRecordTally,
    RecordTally,
    SafetySessionTally,
)
from analysis.intake.dataset import open_dataset
from analysis.intake.partition import partition_dataset
from analysis.vocabulary.safety_rules import SafetyRules

RULES = SafetyRules()
KINDS = [
    SafetySessionTally, AdverseEventTally, EventFateTally, CareEventTally, RecordTally, PatientRecordTally,
    SessionFactTally, SessionValueTally, ExposureTally, ResolutionTally, HabituationTally,
]  # fmt: skip


def tallies(by, definitions):
    window = parse_window("end of loading", definitions)
    return [*(kind(by, RULES) for kind in KINDS), DissociationTally("PHQ-9", (window,), by, RULES)]


@pytest.fixture(scope="module")
def parts(demo_folder, tmp_path_factory):
    folder = tmp_path_factory.mktemp("parts") / "demo"
    partition_dataset(demo_folder, out=folder, parts=3)
    return derive(open_dataset(folder))


@pytest.mark.parametrize("by", [(), ("clinic_id",)], ids=["together", "by clinic"])
def test_counts_of_parts_add_to_those_of_the_whole(demo_cohort, parts, by):
    asked = tallies(by, demo_cohort.definitions)
    for tally, whole, added in zip(asked, count_all(demo_cohort, asked), count_all(parts, asked), strict=True):
        keys = list(tally.keys)
        assert list(whole.columns) == list(added.columns)
        first, second = (each.set_index(keys).sort_index() for each in (whole, added))
        # A part may count 0 of something that the whole, without a row, does not have.
        second = second[second.ne(0).any(axis=1) | second.index.isin(first.index)]
        assert first.equals(second), type(tally).__name__
        assert all(kind == "int64" for kind in first.dtypes), type(tally).__name__


def test_every_session_is_in_one_level_of_each_split(demo_cohort):
    (counts,) = count_all(demo_cohort, [SafetySessionTally((), RULES)])
    given = len(demo_cohort.sessions)
    assert set(counts.groupby("split")["sessions"].sum()) == {given}
    assert set(SESSION_SPLITS) < set(counts["split"])


def test_every_adverse_event_has_one_fate(demo_cohort, demo):
    (fates,) = count_all(demo_cohort, [EventFateTally((), RULES)])
    assert fates["rows"].sum() == len(demo.table("adverse_events"))


def test_the_events_of_every_split_are_the_same_events(demo_cohort, demo):
    (counts,) = count_all(demo_cohort, [AdverseEventTally((), RULES)])
    every = counts[(counts["term"] == "any") & ~counts["split"].str.endswith("so far")]
    assert set(every.groupby("split")["events"].sum()) == {len(demo.table("adverse_events"))}
    of_terms = counts[(counts["term"] != "any") & (counts["split"] == "all")]
    assert of_terms["events"].sum() == len(demo.table("adverse_events"))


def test_events_of_a_term_are_those_of_the_file(demo_cohort, demo):
    (counts,) = count_all(demo_cohort, [AdverseEventTally((), RULES)])
    file = demo.table("adverse_events")
    for (source, term), own in file.groupby(["source", "term"]):
        row = counts[(counts["split"] == "all") & (counts["source"] == source) & (counts["term"] == term)].iloc[0]
        per_patient = own.groupby("patient_id").size()
        assert (row["events"], row["patients"]) == (len(own), len(per_patient))
        assert row["xx"] == (per_patient**2).sum()


def test_measurements_are_those_of_the_file(demo_cohort, demo):
    (facts,) = count_all(demo_cohort, [SessionFactTally((), RULES)])
    found = facts.set_index("name")
    file = demo.table("sessions")
    given = file[file["status"].isin(["given", "stopped-early"])]
    rise = (given["systolic_peak"] - given["systolic_before"]).dropna()
    assert found.loc["systolic rise", ["known", "total"]].tolist() == [len(rise), rise.sum()]
    high = given.dropna(subset=["systolic_peak", "diastolic_peak"])
    over = high[(high["systolic_peak"] >= 180) | (high["diastolic_peak"] >= 110)]
    row = found.loc["systolic >= 180 or diastolic >= 110"]
    assert (row["known"], row["total"], row["patients_with"]) == (len(high), len(over), over["patient_id"].nunique())
    m, x = (each.groupby("patient_id").size() for each in (high, over))
    assert row["xm"] == (x * m).sum()
    assert row["mm"] == (m**2).sum()


def test_the_tables_are_written_once_for_a_grouping(demo_cohort):
    first = safety_tables(demo_cohort, ("route",), RULES)
    rows = demo_cohort.connection.execute(f"SELECT count(*) FROM {first.sessions}").fetchone()
    assert rows == (len(demo_cohort.sessions),)
    assert safety_tables(demo_cohort, ("route",), RULES) == first
    assert safety_tables(demo_cohort, ("route",), SafetyRules(cadss=5)).sessions != first.sessions


def test_a_question_with_other_groups_does_not_see_these_tables(demo_cohort):
    names = safety_tables(demo_cohort, ("sex",), RULES)
    with pytest.raises(duckdb.Error):
        demo_cohort.connection.execute(f"SELECT group_route FROM {names.sessions}")

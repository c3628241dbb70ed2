"""Times to an event: the tables, side by side for each strategy, and what degenerate data give."""

import numpy as np
import pandas as pd
import pytest

from analysis.cohort.cohort import derive
from analysis.estimate.interval_time_to import interval_time_to
from analysis.estimate.time_to import HypotheticalWarning, time_to
from analysis.intake.dataset import open_dataset
from analysis.vocabulary.errors import CallError


@pytest.fixture(scope="module")
def demo():
    return derive(open_dataset("data/demo"))


@pytest.fixture
def cohort(tmp_path):
    """Turn ``patient: [(day, total), ...]`` into a cohort of people with one session, on day 0."""
    from drawn_tables import write_folder

    def make(scores):
        rows = [
            {"patient_id": who, "day": str(day), "instrument": "PHQ-9", "total": str(total), "occasion": occasion}
            for who, scored in scores.items()
            for day, total, *rest in scored
            for occasion in [rest[0] if rest else "pre"]
        ]
        sessions = [{"patient_id": who, "day": "0", "treatment": "ketamine", "route": "iv"} for who in scores]
        return derive(open_dataset(write_folder(tmp_path / "made", {"sessions": sessions, "scores": rows})))

    return make


def curve(found, happened="event", strategy="treatment-policy"):
    table = found.table
    return table[(table["happened"] == happened) & (table["strategy"] == strategy)].set_index("day")


def test_a_curve_worked_out_by_hand(cohort):
    """Of 4, one responds on day 7, one is censored then, one responds on day 14 and one is censored on day 21."""
    scores = {"A": [(0, 20), (7, 10)], "B": [(0, 20), (7, 15)], "C": [(0, 20), (14, 9)], "D": [(0, 20), (21, 19)]}
    rows = curve(time_to(cohort(scores), event="response", fewest=1))
    assert list(rows.index) == [0, 7, 14, 21]
    assert rows["estimate"].tolist() == pytest.approx([0, 0.25, 0.625, 0.625])
    assert rows["at_risk"].tolist() == [4, 4, 2, 1]
    assert rows["censored"].tolist() == [0, 1, 1, 2]
    assert rows["numerator"].tolist() == [0, 1, 2, 2]
    assert set(rows["denominator"]) == {4}
    assert rows["low"].isna().tolist() == [True, False, False, False]


def test_what_happened_adds_up_on_every_day(demo):
    found = time_to(demo, event="relapse", by="route")
    shares = found.table.groupby(["route", "strategy", "day"])["estimate"].sum()
    assert shares.to_numpy() == pytest.approx(np.ones(len(shares)))
    risk = found.risk
    together = risk[["at_risk", "had_event", "stopped", "died", "censored"]].sum(axis=1)
    people = found.table.groupby(["route", "strategy"])["denominator"].first()
    assert together.tolist() == [people[row.route, row.strategy] for row in risk.itertuples()]


def test_both_strategies_stand_side_by_side_and_are_named(demo):
    found = time_to(demo, event="relapse")
    assert set(found.table["strategy"]) == {"treatment-policy", "while-on-treatment"}
    assert set(curve(found)["method"]) == {"Aalen-Johansen, log-log, 95 %"}
    assert found.notes[0].startswith("treatment-policy:")
    assert "stopped" not in set(found.table.loc[found.table["strategy"] == "treatment-policy", "happened"])


def test_where_nothing_competes_the_curve_is_kaplan_meiers(demo):
    found = time_to(demo, event="response", strategy="treatment-policy")
    assert set(found.table["method"]) == {"Kaplan-Meier, log-log, 95 %"}
    event, free = curve(found), curve(found, "none of these")
    np.testing.assert_allclose(1 - free["estimate"], event["estimate"], atol=1e-12)
    np.testing.assert_allclose((1 - free["high"]).dropna(), event["low"].dropna(), atol=1e-9)


def test_hypothetical_comes_with_its_warning_only(demo):
    with pytest.warns(HypotheticalWarning, match="hardly ever true"):
        found = time_to(demo, event="relapse", strategy="hypothetical")
    assert "hardly ever true" in repr(found)


def test_a_curve_is_cut_where_fewer_remain(demo):
    for fewest in (5, 40):
        found = time_to(demo, event="relapse", by="route", fewest=fewest)
        shown = found.table[found.table["status"] == "ok"]
        assert shown["at_risk"].min() >= fewest
    assert set(found.table.loc[found.table["route"] == "im", "status"]) == {"too few"}


def test_by_session_the_first_response_is_after_a_session(demo):
    found = time_to(demo, event="response", unit="session", strategy="treatment-policy")
    rows = found.table[found.table["happened"] == "event"]
    assert rows["session"].is_monotonic_increasing
    assert rows["numerator"].iloc[0] == 0


def test_tests_compare_the_groups_also_by_strata(demo):
    plain = time_to(demo, event="relapse", by="route").tests
    strata = time_to(demo, event="relapse", by="route", strata="sex").tests
    assert plain["test"].tolist() == ["log-rank", "Gray", "log-rank", "Gray"]
    assert strata["test"].tolist()[0] == "log-rank, stratified by sex"
    assert (plain["statistic"].to_numpy() != strata["statistic"].to_numpy()).all()
    assert time_to(demo, event="relapse").tests.empty


def test_nobody_has_the_event(cohort):
    scores = {who: [(0, 20), (7, 20)] for who in "ABC"}
    found = time_to(cohort(scores), event="response", fewest=1)
    assert curve(found)["estimate"].tolist() == [0, 0]
    assert set(found.summary.loc[found.summary["measure"] == "median", "status"]) == {"not reached"}
    by_intervals = interval_time_to(cohort(scores), event="response")
    assert set(by_intervals.fits["status"]) == {"undefined"}
    assert by_intervals.regions["up_to"].isna().all()


@pytest.fixture
def all_on_day_1(tmp_path):
    """Everybody responds on day 1, the first on which anybody can be seen to."""
    from drawn_tables import write_folder

    sessions = [
        {"patient_id": who, "day": day, "treatment": "ketamine", "route": "iv"} for who in "ABC" for day in ("0", "1")
    ]
    scores = [
        {"patient_id": who, "day": day, "instrument": "PHQ-9", "total": total}
        for who in "ABC"
        for day, total in (("0", "20"), ("1", "9"))
    ]
    return derive(open_dataset(write_folder(tmp_path / "at-once", {"sessions": sessions, "scores": scores})))


def test_everybody_has_the_event_at_once(all_on_day_1):
    found = time_to(all_on_day_1, event="response", fewest=1)
    rows = curve(found)
    assert rows["estimate"].tolist() == [0, 1]
    assert rows["low"].isna().all()
    assert found.summary.loc[found.summary["measure"] == "median", "estimate"].iloc[0] == 1
    assert set(interval_time_to(all_on_day_1, event="response").fits["status"]) <= {"ok", "undefined"}


def test_one_patient(cohort):
    one = cohort({"A": [(0, 20), (7, 8)]})
    assert curve(time_to(one, event="response", fewest=1))["estimate"].tolist() == [0, 1]
    assert set(time_to(one, event="response").table["status"]) == {"too few"}
    found = interval_time_to(one, event="response", by="sex")
    assert found.regions[["after", "up_to", "share"]].to_numpy().tolist() == [[0, 7, 1.0]]
    assert found.tests.empty  # one group only


def test_everyone_censored_at_once(cohort):
    nobody_back = cohort({who: [(0, 20)] for who in "ABC"})
    rows = curve(time_to(nobody_back, event="response", fewest=1))
    assert (rows["estimate"].tolist(), rows["censored"].tolist()) == ([0], [3])
    assert interval_time_to(nobody_back, event="response").counts["events"].tolist() == [0]


def test_an_origin_that_nobody_reaches(cohort):
    never = cohort({"A": [(0, 20), (7, 20)]})
    found = time_to(never, event="relapse", by="sex", fewest=1)
    assert set(found.table["status"]) == {"empty"}
    assert found.table["estimate"].isna().all()
    assert "Nobody reached the origin: end of loading response, on the PHQ-9." in found.notes
    assert "Nobody reached the origin" in repr(interval_time_to(never, event="relapse"))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"event": "relaps"}, r"event: 'relaps' is unknown. Did you mean 'relapse'\?"),
        ({"event": "relapse", "origin": "first session"}, "counted from 'end of loading response', not from"),
        ({"event": "relapse", "origin": "birth"}, "origin: 'birth' is unknown"),
        ({"event": "relapse", "strategy": "per protocol"}, "strategy: 'per protocol' is unknown"),
        ({"event": "relapse", "strategy": ()}, "strategy: name at least one"),
        ({"event": "relapse", "unit": "session"}, "in days only"),
        ({"event": "relapse", "unit": "week"}, "unit: 'week' is unknown"),
        ({"event": "relapse", "by": "shoe_size"}, "by: 'shoe_size' is unknown"),
        ({"event": "relapse", "by": "sex", "strata": "sex"}, "strata: 'sex' is a group already"),
        ({"event": "relapse", "strata": "sex"}, "nothing to test without groups"),
        ({"event": "relapse", "fewest": 0}, "fewest: 1 or more"),
        ({"event": "relapse", "until": 0}, "until: a day after the origin"),
        ({"event": "relapse", "instrument": "PHQ9"}, r"Did you mean 'PHQ-9'\?"),
        ({"event": "relapse", "instrument": "BDI-II"}, "the BDI-II has no relapse_score in the definitions"),
    ],
)
def test_a_wrong_call_says_what_there_is(demo, options, message):
    with pytest.raises(CallError, match=message):
        time_to(demo, **options)


def test_without_a_cohort():
    with pytest.raises(CallError, match="cohort: a cohort is needed"):
        time_to(pd.DataFrame(), event="response")


def test_turnbulls_regions_hold_all_the_probability(demo):
    found = interval_time_to(demo, event="relapse")
    regions = found.regions
    assert regions["share"].sum() == pytest.approx(1)
    assert (regions["after"] < regions["up_to"]).dropna().all()
    table = found.table
    unique = table[(table["estimator"] == "Turnbull") & (table["status"] == "ok")]
    assert unique["least"].is_monotonic_increasing
    counts = found.counts.iloc[0]
    assert counts["confirmed"] + counts["unconfirmed"] == counts["events"] > 0


def test_groups_are_compared_by_intervals(demo):
    found = interval_time_to(demo, event="lost response", by="route").tests.iloc[0]
    assert (found["df"], found["status"]) == (2, "ok")
    assert 0 < found["p_value"] < 1

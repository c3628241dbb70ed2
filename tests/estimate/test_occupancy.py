"""State occupancy of whole cohorts: it adds up, by groups, and at its edges."""

import numpy as np
import pytest
from drawn_tables import write_folder

from analysis.cohort.cohort import derive
from analysis.counts.occupancy_tally import ENDED, START, STATES
from analysis.disclosure.suppression import disclose
from analysis.estimate.aalen_johansen import estimate_occupancy
from analysis.estimate.intervals import wilson
from analysis.estimate.occupancy import current_response, occupancy
from analysis.intake.dataset import open_dataset
from analysis.vocabulary.errors import CallError


def cohort(tmp_path, days, *, cut="2026-06-30", scores=None, patients=1):
    names = [f"P{number}" for number in range(patients)]
    tables = {
        "sessions": [
            {"patient_id": name, "day": 0, "date": day, "treatment": "ketamine", "route": "iv"}
            for name, day in zip(names, days, strict=True)
        ],
        "scores": scores or [{"patient_id": name, "day": 0, "instrument": "PHQ-9", "total": 20} for name in names],
    }
    return derive(open_dataset(write_folder(tmp_path / "dataset", tables, data_cut=cut)))


def shares(table, day):
    rows = table[table["day"] == day]
    return dict(zip(rows["state"], rows["estimate"].round(6), strict=True))


def test_everybody_is_somewhere_on_each_day(demo_cohort):
    table = occupancy(demo_cohort, instrument="PHQ-9", by="route")
    sums = table.groupby(["route", "day"])[["estimate", "numerator"]].sum()
    assert np.allclose(sums["estimate"], 1, atol=1e-12)
    assert (sums["numerator"] == table.groupby(["route", "day"])["denominator"].first()).all()
    inside = (table["low"] <= table["estimate"] + 1e-12) & (table["estimate"] <= table["high"] + 1e-12)
    assert inside.all()


def test_while_nobody_s_following_has_ended_the_interval_is_wilson_s(demo_cohort):
    table = occupancy(demo_cohort, instrument="PHQ-9", last_day=1)
    first = table[table["day"] == 0]
    low, high = wilson(first["numerator"].to_numpy("int64"), first["denominator"].to_numpy("int64"))
    assert np.allclose(first["low"], low)
    assert np.allclose(first["high"], high)


def test_the_shares_of_starters_are_those_of_the_occupancy_where_nobody_s_following_ended(tmp_path):
    found = cohort(tmp_path, ["2026-01-01"] * 3, patients=3)
    day_20 = current_response(found, instrument="PHQ-9", day=[20, 0]).set_index(["window", "estimand"])
    assert day_20.loc[("on day 20", "starters"), "estimate"] == 0
    assert list(dict.fromkeys(window for window, _ in day_20.index)) == ["on day 20", "on day 0"]


def test_one_person_followed_on_day_0_only(tmp_path):
    table = occupancy(cohort(tmp_path, ["2026-06-30"]), instrument="PHQ-9", last_day=2)
    assert shares(table, 0)["not yet responded"] == 1
    assert set(table.loc[table["day"] > 0, "status"]) == {"nobody followed"}
    assert table.loc[table["day"] > 0, ["estimate", "low", "high", "std_error"]].isna().all(axis=None)


def test_a_day_after_the_last_to_which_anybody_is_followed(tmp_path):
    rates = current_response(cohort(tmp_path, ["2026-06-01"]), instrument="PHQ-9", day=400)
    assert set(rates["status"]) == {"empty"}
    assert rates["estimate"].isna().all()


def test_no_scores_of_the_scale(demo_cohort):
    table = occupancy(demo_cohort, instrument="WHO-5", last_day=10)
    assert shares(table, 0)["not known"] == 1


def test_nobody_started(tmp_path):
    """Everybody had ketamine before, so all are counted apart."""
    tables = {
        "patients": [{"patient_id": "P1", "prior_ketamine": "true"}],
        "sessions": [{"patient_id": "P1", "day": 0, "treatment": "ketamine", "route": "iv"}],
        "scores": [{"patient_id": "P1", "day": 0, "instrument": "PHQ-9", "total": 20}],
    }
    found = derive(open_dataset(write_folder(tmp_path / "dataset", tables, data_cut="2026-06-30")))
    table = occupancy(found, instrument="PHQ-9", last_day=3)
    assert set(table["status"]) == {"empty"}
    assert len(table) == 4 * len(STATES)
    assert table["estimate"].isna().all()


def test_nobody_is_left_at_risk_in_a_state():
    """All of state 0 end on day 0; the estimate keeps their share there, as nobody has been seen to leave."""
    moves = np.zeros((1, 3, 10, 10), dtype=np.int64)
    moves[0, 0, START, 0] = moves[0, 0, START, 1] = 2
    moves[0, 0, 0, ENDED] = 2
    moves[0, 2, 1, 2] = 1
    found = estimate_occupancy(moves)
    assert found.share[0, 2, :3].tolist() == [0.5, 0.25, 0.25]
    assert found.people[0, 2, :3].tolist() == [0, 1, 1]


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"strategy": "on-treatment"}, "strategy: 'on-treatment' is unknown"),
        ({"last_day": 0}, "last_day: a whole number from 1 to 3660 is needed"),
        ({"last_day": 30.5}, "last_day: a whole number"),
        ({"known_days": -1}, "known_days: a whole number from 0"),
        ({"instrument": "PHQ9"}, "'PHQ9' is unknown. Did you mean 'PHQ-9'"),
        ({"by": "loading_status"}, "is not known on the first day"),
    ],
)
def test_what_makes_no_sense_is_refused(demo_cohort, options, words):
    with pytest.raises(CallError, match=words):
        occupancy(demo_cohort, **{"instrument": "PHQ-9"} | options)


def test_a_table_that_fits_nowhere_is_refused(demo_cohort, monkeypatch):
    monkeypatch.setattr("analysis.estimate.occupancy.MOST_ROWS", 100)
    with pytest.raises(CallError, match="3 groups on 11 days are more than 100 rows"):
        occupancy(demo_cohort, instrument="PHQ-9", by="route", last_day=10)


@pytest.mark.parametrize(
    ("day", "words"), [((), "name at least one"), ([7, 7], "none twice"), (-1, "from 0 to 3660"), ("7", "from 0")]
)
def test_days_that_make_no_sense_are_refused(demo_cohort, day, words):
    with pytest.raises(CallError, match=words):
        current_response(demo_cohort, instrument="PHQ-9", day=day)


def test_another_time_for_which_a_state_is_known_is_named(demo_cohort):
    rates = current_response(demo_cohort, instrument="PHQ-9", day=90, known_days=14)
    assert set(rates["window"]) == {"on day 90, known for 14 days"}
    usual = current_response(demo_cohort, instrument="PHQ-9", day=90)
    assert (rates["scored"] < usual["scored"]).all()
    assert (rates["started"] == usual["started"]).all()


def test_current_response_of_groups_adds_up(demo_cohort):
    numbers = ["numerator", "denominator", "started", "with_baseline", "eligible", "scored"]
    groups = current_response(demo_cohort, instrument="PHQ-9", day=[28, 90], by=["route", "payer"])
    whole = current_response(demo_cohort, instrument="PHQ-9", day=[28, 90])
    added = groups.groupby(["window", "estimand"])[numbers].sum()
    assert (added == whole.set_index(["window", "estimand"])[numbers].sort_index()).all(axis=None)


def test_current_response_may_be_disclosed(demo_cohort):
    rates = current_response(demo_cohort, instrument="PHQ-9", day=90, by="clinic_id")
    shown = disclose(rates).table
    assert (shown["status"] == "hidden").any() or (rates["numerator"] > 10).all()

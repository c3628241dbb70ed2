"""The target trial: weights by hand, no weights as other curves have none, and a truth that is known."""

import numpy as np
import pandas as pd
import pytest

from analysis.counts.kept_up_rows import KeptUpRows, read_kept_up
from analysis.disclosure.suppression import disclose
from analysis.estimate.maintenance_hazard import holding_by_gap, maintenance_hazard
from analysis.estimate.maintenance_trial import MaintenanceWarning, maintenance_trial
from analysis.estimate.session_model import chance_of_session, count_decisions, design_of, fit_sessions
from analysis.estimate.time_to import time_to
from analysis.estimate.trial_days import lay_out_days
from analysis.estimate.trial_weights import weigh_keeping_up, weigh_stopping, weighted_incidence
from analysis.vocabulary.errors import CallError
from analysis.vocabulary.relapse_rule import RelapseRule
from benchmarks.maintenance_truth import (
    DAYS,
    EFFECTS,
    EVERY,
    GRACE,
    cohort_of_people,
    draw_people,
    naive_difference,
    true_difference,
)

pytestmark = pytest.mark.filterwarnings("ignore::analysis.estimate.maintenance_trial.MaintenanceWarning")


def rows_of(
    sessions: dict[int, list[int]], until: int, last_before: int = -7, events: tuple[int, ...] = ()
) -> KeptUpRows:
    """People followed to a day, by the days of their sessions; all scored on day 0 alone."""
    people = [(f"P{p}", until, last_before, "event" if p in events else "censored") for p in sessions]
    return KeptUpRows(
        pd.DataFrame(people, columns=["patient_id", "day", "value", "ending"]),
        pd.DataFrame([(p, d) for p, days in sessions.items() for d in days], columns=["person", "day"], dtype="int64"),
        pd.DataFrame({"person": list(sessions), "day": 0, "value": 5}),
    )


def test_stopping_weighs_each_day_without_a_session_by_the_inverse_of_its_chance():
    days = lay_out_days(rows_of({0: [], 1: [2]}, 3), until=3)
    arm = weigh_stopping(days, np.full(len(days.covariates), 0.2))
    np.testing.assert_allclose(arm.weight, [1.25 ** np.arange(1, 5), [1.25, 1.25**2, 0, 0]])


@pytest.mark.parametrize("comes", range(1, 6))
def test_keeping_up_weighs_the_days_of_grace_by_the_chance_under_the_strategy_over_that_as_it_was(comes):
    """20 days and 5 of grace, from day -7: due on days 14 to 18. It comes as it would, if by then."""
    p, never = 0.1, (1 - 0.1) ** 5
    days = lay_out_days(rows_of({0: [13 + comes], 1: []}, 30), until=30)
    arm = weigh_keeping_up(days, np.full(len(days.covariates), p), every=20, grace=5)
    waits = [((1 - p) ** day - never) / (1 - never) / (1 - p) ** day for day in range(1, comes)]
    expected = [1.0] * 14 + waits + [1 / (1 - never)] * (31 - 13 - comes)
    # From the day it came on, the next is due 21 days later, after the end.
    np.testing.assert_allclose(arm.weight[0], expected)
    np.testing.assert_allclose(
        arm.weight[1, 14:18], [((1 - p) ** d - never) / (1 - never) / (1 - p) ** d for d in range(1, 5)]
    )
    assert (arm.weight[1, 18:] == 0).all()


def test_an_event_on_the_day_of_a_session_belongs_to_those_who_came():
    days = lay_out_days(rows_of({0: [3]}, 3, events=(0,)), until=5)
    chance = np.full(len(days.covariates), 0.5)
    assert weigh_stopping(days, chance).weight[0, 3] == 0
    assert weigh_keeping_up(days, chance, every=28, grace=14).weight[0, 3] == 1


def test_what_is_known_on_a_day_is_of_earlier_days():
    rows = KeptUpRows(
        pd.DataFrame({"patient_id": ["P0"], "day": [9], "value": [-7], "ending": ["censored"]}),
        pd.DataFrame({"person": [0], "day": [4]}),
        pd.DataFrame({"person": [0, 0, 0], "day": [0, 1, 8], "value": [5, 7, 3]}),
    )
    days = lay_out_days(rows, until=9)
    known = days.covariates[days.pattern[0]][:, days.names.index("how far in response")]
    assert known.tolist() == [5, 5, 7, 7, 7, 7, 7, 7, 7, 3]
    assert days.gap[0].tolist() == [7, 8, 9, 10, 11, 1, 2, 3, 4, 5]
    assert days.treated_before[0].tolist() == [False] * 5 + [True] * 5


def test_the_chance_of_a_session_is_that_of_statsmodels_where_the_prior_is_flat(monkeypatch):
    import statsmodels.api as sm

    monkeypatch.setattr("analysis.estimate.session_model.PRIOR_VARIANCE", 1e9)
    chance = np.random.default_rng(3)
    design = design_of(np.array([[a, b] for a in range(4) for b in range(3)]))
    days = chance.integers(20, 60, len(design)).astype(float)
    sessions = np.floor(days * chance.uniform(0.1, 0.6, len(design)))
    model = sm.GLM(np.stack([sessions, days - sessions], axis=1), design, family=sm.families.Binomial()).fit(tol=1e-13)
    np.testing.assert_allclose(fit_sessions(design, days, sessions), model.params, atol=1e-5)


def test_a_state_without_any_session_gets_a_small_chance_and_no_infinite_weight():
    design = design_of(np.array([[0], [1]]))
    fitted = chance_of_session(design, fit_sessions(design, np.array([100.0, 50.0]), np.array([20.0, 0.0])))
    assert 0 < fitted[1] < 0.01
    assert abs(fitted[0] - 0.2) < 0.005


def test_without_weights_the_curve_is_that_of_time_to(demo_cohort):
    rule = RelapseRule()
    rows = read_kept_up(demo_cohort, event="lost response", instrument="PHQ-9", until=300, rule=rule)
    days = lay_out_days(rows, until=300)
    found = weighted_incidence(days, days.at_risk.astype(float))
    curve = time_to(demo_cohort, event="lost response", strategy="treatment-policy").table
    curve = curve[(curve["happened"] == "event") & (curve["day"] <= 300)]
    np.testing.assert_allclose(found[curve["day"].astype(int)], curve["estimate"], atol=1e-12)
    counted = count_decisions(days)
    assert counted[0].sum() == days.at_risk.sum()
    assert counted[1].sum() == days.session.sum()


@pytest.fixture(scope="module", params=list(EFFECTS.values()), ids=list(EFFECTS))
def drawn(request, tmp_path_factory):
    people = draw_people(1500, request.param, 1)
    cohort = cohort_of_people(people, tmp_path_factory.mktemp("truth") / "drawn")
    keeping_up, stopping = true_difference(request.param, people=40_000)
    return request.param, people, cohort, keeping_up - stopping


def test_the_trial_finds_the_truth_and_the_naive_ways_do_not(drawn):
    effect, people, cohort, truth = drawn
    assert truth == pytest.approx(0 if effect == 1 else -0.10, abs=0.02)
    found = maintenance_trial(cohort, every=EVERY, grace=GRACE, day=DAYS, adjust=(), replicates=100)
    row = found.differences.iloc[0]
    assert row["low"] <= truth <= row["high"]
    assert abs(row["estimate"] - truth) < 0.07
    unweighted = found.table[found.table["day"] == DAYS].set_index("strategy")["unweighted"]
    plain = unweighted[f"a session at least every {EVERY} days"] - unweighted["no further session"]
    assert plain < truth - 0.07
    assert naive_difference(people) < truth - 0.3
    cox = maintenance_hazard(cohort, until=DAYS).iloc[0]
    assert cox["high"] < (0.95 if effect == 1 else 0.5)


def test_the_parts_of_a_dataset_give_what_the_whole_gives(tmp_path):
    from analysis.cohort.cohort import derive
    from analysis.intake.dataset import open_dataset
    from analysis.intake.partition import partition_dataset

    whole = derive(open_dataset("data/demo"))
    parts = derive(open_dataset(partition_dataset("data/demo", out=tmp_path / "parts", parts=3)))
    one, other = (maintenance_trial(cohort, day=30, replicates=100) for cohort in (whole, parts))
    for name in ("table", "differences", "balance"):
        pd.testing.assert_frame_equal(getattr(one, name), getattr(other, name), rtol=1e-9, check_dtype=False)
    for call in (maintenance_hazard, holding_by_gap):
        pd.testing.assert_frame_equal(call(whole), call(parts), rtol=1e-9)


def test_bands_share_out_every_day_at_risk_and_every_event(demo_cohort):
    bands, cox = holding_by_gap(demo_cohort), maintenance_hazard(demo_cohort).iloc[0]
    assert bands["denominator"].sum() == cox["denominator"]
    assert bands["numerator"].sum() == cox["numerator"]
    row = bands.iloc[0]
    assert row["estimate"] == pytest.approx(100 * 30 * row["numerator"] / row["denominator"])
    assert row["low"] < row["estimate"] < row["high"]


def test_every_result_warns_and_says_what_it_rests_on(demo_cohort):
    with pytest.warns(MaintenanceWarning, match="This is no trial"):
        found = maintenance_trial(demo_cohort, day=[30, 60], replicates=100)
    assert sum("drawn by lot" in note for note in found.notes) == 1
    assert "drawn by lot" in repr(found)
    assert "<table" in found._repr_html_()
    assert found.differences["day"].tolist() == [30, 60]
    assert found.table["warning"].str.contains("no trial").all()


def test_nobody_in_response_gives_an_empty_result(tmp_path, demo_cohort):
    from drawn_tables import read_drawn, with_default, write_folder

    from analysis.cohort.cohort import derive
    from analysis.intake.dataset import open_dataset

    tables = {
        "sessions": with_default(read_drawn("patient_id | day \n P1 | 0"), treatment="ketamine", route="iv"),
        "scores": with_default(read_drawn("patient_id | day | total \n P1 | 0 | 20"), instrument="PHQ-9"),
    }
    cohort = derive(open_dataset(write_folder(tmp_path / "one", tables)))
    found = maintenance_trial(cohort, day=30, replicates=100)
    assert set(found.table["status"]) == set(found.differences["status"]) == {"empty"}
    assert maintenance_hazard(cohort)["status"].tolist() == ["too few events"]
    assert set(holding_by_gap(cohort)["status"]) == {"empty"}


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"every": 13}, "every: a number of days from 14 to 365"),
        ({"grace": 0}, "grace: a number of days from 1"),
        ({"day": 0}, "day: whole numbers from 1"),
        ({"day": ()}, "at least one"),
        ({"replicates": 99}, "replicates: at least 100"),
        ({"event": "remission"}, "'remission' is counted from 'first session'"),
        ({"adjust": "colour"}, "'colour' is unknown"),
    ],
)
def test_what_makes_no_sense_is_refused(demo_cohort, options, words):
    with pytest.raises(CallError, match=words):
        maintenance_trial(demo_cohort, **options)


def test_too_many_person_days_are_refused_with_advice(demo_cohort, monkeypatch):
    monkeypatch.setattr("analysis.counts.kept_up_rows.MOST_PERSON_DAYS", 1000)
    with pytest.raises(CallError, match="ask for fewer days"):
        maintenance_trial(demo_cohort, day=30)


def test_tables_about_maintenance_are_not_disclosed(demo_cohort):
    found = maintenance_trial(demo_cohort, day=30, replicates=100)
    for table in (
        found.table,
        found.differences,
        found.balance,
        maintenance_hazard(demo_cohort),
        holding_by_gap(demo_cohort),
    ):
        with pytest.raises(CallError, match="there are no rules"):
            disclose(table)

"""Imputed rates asked of a cohort: complete data, groups, seeds, parts, what cannot be imputed, and wrong questions."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from drawn_scores import RULES, drawn_people, people_with, question_of
from made_up_clinics import People, write_clinics

from analysis.cohort.cohort import derive
from analysis.estimate.imputation.completion import AT_RANDOM
from analysis.estimate.imputation.imputed_rates import impute_rates
from analysis.estimate.imputation.pooled_outcome import CHANGE, pool_outcomes
from analysis.estimate.imputation.preparation import prepare_model
from analysis.estimate.intervals import wilson
from analysis.estimate.rates import response_rates
from analysis.intake.dataset import open_dataset
from analysis.intake.partition import partition_dataset
from analysis.vocabulary.errors import CallError

ASKED = {"instrument": "PHQ-9", "window": "end of loading"}
QUICK = {"imputations": 10}


def pooled(scores, *names, by=(), outcomes=("response",), draws=20, seed=1, covariates=()):
    question = question_of(scores, *names, by=by)
    model = prepare_model(scores, question.windows, groups=by, covariates=covariates, draws=draws, seed=seed)
    return pool_outcomes(model, question, outcomes, AT_RANDOM, RULES)


def test_complete_data_give_the_plain_rates_exactly():
    scores = drawn_people(80, missing=0)
    found = pooled(scores, outcomes=("response", "remission", CHANGE))
    last, baseline = scores.totals[:, -1], scores.people["baseline_sum"].to_numpy()
    counts = {"response": int((2 * last <= baseline).sum()), "remission": int((last <= 4).sum())}
    for outcome, count in counts.items():
        row = found[outcome].iloc[0]
        assert (row["low"], row["high"]) == tuple(map(float, wilson(count, 80)))
        assert row["estimate"] == count / 80
        assert (row["missing_information"], row["monte_carlo_error"], row["method"]) == (0, 0, "Wilson, 95 %")
    change = last - baseline
    row = found[CHANGE].iloc[0]
    assert row["estimate"] == pytest.approx(change.mean())
    half = 1.9904502 * change.std(ddof=1) / 80**0.5  # t with 79 degrees of freedom
    assert (row["low"], row["high"]) == pytest.approx((change.mean() - half, change.mean() + half), rel=1e-6)


def test_complete_windows_of_a_cohort_give_the_plain_rates_exactly(tmp_path):
    folder = write_clinics(tmp_path / "clinics", *[People("North", n, end=e) for n, e in ((12, 8), (9, 18), (7, 3))])
    cohort = derive(open_dataset(folder))
    found = impute_rates(cohort, **ASKED, outcome=["response", "remission"], **QUICK)
    for outcome, row in found.set_index("outcome").iterrows():
        plain = response_rates(cohort, **ASKED, outcome=outcome).iloc[0]
        assert row[["estimate", "low", "high"]].tolist() == plain[["estimate", "low", "high"]].tolist()
        assert (row["numerator"], row["denominator"]) == (plain["numerator"], plain["denominator"])


def test_what_depends_on_what_was_seen_is_put_right():
    """Missing at random: 2,000 people of whom those with a high first score are mostly not seen again.

    The truth is what was taken away; those seen alone are far from it.
    """
    scores = drawn_people(2000, seed=11, visits=2, missing=0)
    totals = scores.totals.copy()
    responded = 2 * totals[:, 1] <= scores.people["baseline_sum"].to_numpy()
    gone = np.random.default_rng(0).random(2000) < np.where(totals[:, 0] > 12, 0.7, 0.1)
    totals[gone, 1] = np.nan
    row = pooled(people_with(totals, scores.people["baseline_sum"]))["response"].iloc[0]
    observed = responded[~gone].mean()
    assert observed - responded.mean() > 0.08
    assert row["low"] < responded.mean() < row["high"] < observed
    assert 0.1 < row["missing_information"] < 0.6


def test_groups_have_means_of_their_own():
    """Imputed with one mean for both groups, their rates would be drawn to each other."""
    good, bad = drawn_people(300, seed=1, visits=1, missing=0), drawn_people(300, seed=2, visits=1, missing=0)
    totals = np.vstack([np.maximum(good.totals - 6, 0), np.minimum(bad.totals + 6, 27)])
    baseline = np.concatenate([good.people["baseline_sum"], bad.people["baseline_sum"]])
    truth = (2 * totals[:, 0] <= baseline).reshape(2, -1).mean(axis=1)
    route = np.repeat(["iv", "oral"], 300)
    totals[np.random.default_rng(3).random(600) < 0.5] = np.nan
    rates = pooled(people_with(totals, baseline, route=route), by=("route",))["response"].set_index("route")
    assert rates["estimate"].tolist() == pytest.approx(truth, abs=0.07)
    together = pooled(people_with(totals, baseline, route=route))["response"]
    assert together["estimate"].iloc[0] == pytest.approx(truth.mean(), abs=0.05)


def test_the_same_seed_gives_the_same_bits_whatever_the_parts(demo_cohort, demo_folder, tmp_path):
    asked = {**ASKED, "by": "route", **QUICK}
    one = impute_rates(demo_cohort, **asked)
    laid_out = derive(open_dataset(partition_dataset(demo_folder, out=tmp_path / "three", parts=3)))
    three = impute_rates(laid_out, **asked)
    pd.testing.assert_frame_equal(one, three, check_exact=True)
    other = impute_rates(demo_cohort, **asked, seed=2)
    assert (other["estimate"] != one["estimate"]).any()
    assert other["estimate"].tolist() == pytest.approx(one["estimate"].tolist(), rel=0.2)


def test_more_imputations_begin_with_the_same(demo_cohort):
    scores = drawn_people(60)
    few, many = (pooled(scores, draws=draws)["response"].iloc[0] for draws in (20, 200))
    assert many["monte_carlo_error"] < few["monte_carlo_error"]
    assert abs(many["estimate"] - few["estimate"]) < 4 * few["monte_carlo_error"]


def test_the_columns_and_the_ladder(demo_cohort):
    windows = ["month 1 after loading", "end of loading"]
    found = impute_rates(
        demo_cohort, instrument="PHQ-9", window=windows, by="sex", estimand=["imputed", "imputed-left-worse"], **QUICK
    )
    assert found["window"].tolist()[:12] == [windows[0]] * 6 + [windows[1]] * 6
    assert found["outcome"].tolist()[:6] == ["response"] * 2 + ["remission"] * 2 + ["change"] * 2
    assert (found["status"] == "ok").all()
    assert found["method"].str.contains("over 10 imputations").all()
    assert (found["denominator"] == found["eligible"]).all()
    rates = response_rates(demo_cohort, instrument="PHQ-9", window=windows, by="sex")
    own = found[(found["outcome"] == "response") & (found["estimand"] == "imputed")]
    assert own["numerator"].tolist() == rates["numerator"].tolist()
    shares = found[found["outcome"] != "change"]
    assert (shares["low"] < shares["estimate"]).all()
    assert (shares["estimate"] < shares["high"]).all()
    assert ((found["missing_information"] > 0) & (found["missing_information"] < 1)).all()
    keys = ["sex", "window"]
    change = found[found["outcome"] == "change"].pivot_table(index=keys, columns="estimand", values="estimate")
    assert (change["imputed-left-worse"] >= change["imputed"]).all()
    assert (change["imputed-left-worse"] > change["imputed"]).sum() >= 4


def test_windows_that_help_are_named_and_can_be_chosen(demo_cohort):
    asked = {**ASKED, "outcome": "response", **QUICK}
    (method,) = impute_rates(demo_cohort, **asked)["method"]
    assert "helped by after session 1 and after session 3)" in method
    (method,) = impute_rates(demo_cohort, **asked, helped_by=[])["method"]
    assert "helped" not in method
    (method,) = impute_rates(demo_cohort, **asked, helped_by=["month 1 after loading"])["method"]
    assert "helped by month 1 after loading)" in method


@pytest.mark.parametrize("outcome", ["worsening", "partial_response", "reliable_improvement", "reliable_deterioration"])
def test_other_outcomes_of_one_score(demo_cohort, outcome):
    row = impute_rates(demo_cohort, **ASKED, outcome=outcome, **QUICK).iloc[0]
    plain = response_rates(demo_cohort, **ASKED, outcome=outcome).iloc[0]
    assert (row["numerator"], row["denominator"]) == (plain["numerator"], plain["eligible"])
    assert row["low"] <= row["estimate"] <= row["high"]


def test_outcomes_of_other_people_stand_beside_each_other(demo_cohort):
    found = impute_rates(demo_cohort, **ASKED, outcome=["worsening", "response"], **QUICK).set_index("outcome")
    assert found.loc["worsening", "denominator"] > found.loc["response", "denominator"]
    assert list(found.index) == ["worsening", "response"]


# What cannot be imputed


def statuses(scores, **options):
    return pooled(scores, **options)["response"]["status"].tolist()


def test_a_group_in_which_nobody_was_scored_has_no_rate():
    scores = drawn_people(60, missing=0.1)
    totals = scores.totals.copy()
    totals[:5, -1] = np.nan
    route = np.repeat(["oral", "iv"], [5, 55])
    with_routes = people_with(totals, scores.people["baseline_sum"], route=route)
    found = pooled(with_routes, by=("route",))["response"].set_index("route")
    assert found["status"].to_dict() == {"iv": "ok", "oral": "stratum without scores"}
    assert found.loc["oral", ["estimate", "low", "high"]].isna().all()
    assert 0 < found.loc["iv", "estimate"] < 1
    # Without the group, the same people are drawn like the others; as a covariate, they stop the whole rate.
    assert statuses(with_routes) == ["ok"]
    assert statuses(with_routes, covariates=("route",)) == ["stratum without scores"]


def test_a_group_of_one(tmp_path):
    scores = drawn_people(60, missing=0.1)
    totals = scores.totals.copy()
    totals[0, -1], totals[1, -1] = np.nan, 3
    route = np.array(["one unseen", "one seen"] + ["iv"] * 58)
    found = pooled(people_with(totals, scores.people["baseline_sum"], route=route), by=("route",))["response"]
    found = found.set_index("route")
    assert found["status"].to_dict() == {"iv": "ok", "one seen": "ok", "one unseen": "stratum without scores"}
    assert found.loc["one seen", "estimate"] == 1


def test_fewer_people_than_parameters():
    scores = drawn_people(6, seed=3, missing=0)
    totals = scores.totals.copy()
    totals[:3, -1] = np.nan
    assert statuses(people_with(totals, scores.people["baseline_sum"])) == ["too few scores"]
    totals[3:, -1] = np.nan
    assert statuses(people_with(totals, scores.people["baseline_sum"])) == ["too few scores"]


def test_a_window_that_helps_with_too_few_scores_is_left_out():
    scores = drawn_people(60, missing=0.1)
    totals = scores.totals.copy()
    totals[2:, 0] = np.nan
    row = pooled(people_with(totals, scores.people["baseline_sum"]))["response"].iloc[0]
    assert row["status"] == "ok"
    assert "helped by after session 3)" in row["method"]


def test_constant_scores():
    scores = drawn_people(60, missing=0)
    totals = scores.totals.copy()
    totals[:, -1] = 12
    assert statuses(people_with(totals, scores.people["baseline_sum"])) == ["ok"]  # nothing to draw
    totals[:10, -1] = np.nan
    assert statuses(people_with(totals, scores.people["baseline_sum"])) == ["constant scores"]


def test_one_baseline_for_everybody_and_windows_alike():
    """A baseline that says nothing, and two windows with the same scores, do not stop it."""
    scores = drawn_people(80, missing=0.2)
    totals = np.column_stack([scores.totals[:, 0], scores.totals[:, 0], scores.totals[:, 2]])
    assert statuses(people_with(totals, 20)) == ["ok"]


def test_one_window_only():
    scores = drawn_people(50, visits=1, missing=0.3)
    row = pooled(scores)["response"].iloc[0]
    assert row["status"] == "ok"
    assert "helped" not in row["method"]


def test_nobody_at_all(tmp_path):
    folder = write_clinics(tmp_path / "clinics", People("North", 3, end=8, status="cancelled"))
    cohort = derive(open_dataset(folder))
    found = impute_rates(cohort, **ASKED, **QUICK)
    assert found["status"].tolist() == ["empty"] * 3
    assert len(impute_rates(cohort, **ASKED, by="route", **QUICK)) == 0


def test_who_does_not_count_in_is_in_no_rate():
    scores = drawn_people(60, missing=0)
    inside = scores.counts_in.copy()
    inside[30:] = False
    last, baseline = scores.totals[:30, -1], scores.people["baseline_sum"].to_numpy()[:30]
    row = pooled(replace(scores, counts_in=inside))["response"].iloc[0]
    assert row["estimate"] == (2 * last <= baseline).mean()


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"estimand": "imputd"}, "estimand: 'imputd' is unknown.*imputed"),
        ({"estimand": []}, "estimand: name at least one"),
        ({"outcome": "recovery"}, "one score decides what can be imputed, and 'recovery' needs two"),
        ({"outcome": "respons"}, "outcome: 'respons' is unknown"),
        ({"outcome": []}, "outcome: name at least one"),
        ({"imputations": 4}, "imputations: a whole number from 5 to 1,000"),
        ({"imputations": 20.5}, "imputations: a whole number"),
        ({"seed": -1}, "seed: a whole number from 0"),
        ({"by": "phase", "window": "after session 3"}, "by: 'phase' changes from window to window"),
        ({"covariates": "weight"}, "covariates: 'weight' is unknown"),
        ({"covariates": "maintenance"}, "covariates: 'maintenance' changes from window to window"),
        ({"estimand": "imputed-left-worse", "worse_by": 0}, "worse_by: a number of points over 0"),
        ({"estimand": "imputed-left-worse", "worse_by": "six"}, "worse_by: a number of points over 0"),
        (
            {"instrument": "MADRS", "estimand": "imputed-left-worse"},
            "worse_by: the definitions hold no reliable-change",
        ),
        ({"helped_by": ["baseline"]}, "helped_by: the baseline helps always"),
        ({"helped_by": ["day 100"]}, "'day 100' is not a window"),
        ({"window": [f"after session {k}" for k in range(1, 14)]}, "up to 12 windows together"),
        ({"instrument": "PHQ9"}, "instrument: 'PHQ9' is unknown"),
        ({"window": "baseline"}, "baseline"),
    ],
)
def test_wrong_questions_are_refused(demo_cohort, options, words):
    with pytest.raises(CallError, match=words):
        impute_rates(demo_cohort, **{**ASKED, **QUICK, **options})


def test_without_a_cohort_it_says_what_is_needed():
    with pytest.raises(CallError, match="a cohort is needed"):
        impute_rates("data/demo", **ASKED)

"""One rate under several assumptions: hand-worked counts, the rates of `response_rates`, parts, and wrong questions."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from drawn_tables import write_folder
from made_up_clinics import People, write_clinics
from plain_estimands import CUT, random_tables

from analysis.cohort.cohort import derive
from analysis.estimate.estimands import METHODS, estimands
from analysis.estimate.imputation.imputed_rates import impute_rates
from analysis.estimate.rates import response_rates
from analysis.intake.dataset import open_dataset
from analysis.intake.partition import partition_dataset
from analysis.vocabulary.errors import CallError

ASKED = {"instrument": "PHQ-9", "window": "end of loading"}
SIX = METHODS[:6]


@pytest.fixture(scope="module")
def clinics(tmp_path_factory):
    """Make two clinics: in North 30 of 50 scored responded and 10 were not seen, in South 4 of 20 and 20 were not seen.

    Ten more in South had no baseline: 110 started, 100 eligible, 70 scored, 34 responded.
    """
    folder = write_clinics(
        tmp_path_factory.mktemp("estimands") / "clinics",
        People("North", 30, end=8),
        People("North", 20, end=18),
        People("North", 10, end=None),
        People("South", 4, end=8),
        People("South", 16, end=18),
        People("South", 20, end=None),
        People("South", 10, end=None, baseline=None),
    )
    return derive(open_dataset(folder))


def test_every_row_by_hand(clinics):
    """Weighted by clinic: 0.6 x 30/50 + 0.4 x 4/20 = 0.44. Nobody not seen has an earlier score to carry forward."""
    found = estimands(clinics, **ASKED, covariates="clinic_id").table
    rows = found[["estimand", "numerator", "denominator"]].itertuples(index=False, name=None)
    assert list(rows) == [
        ("observed", 34, 70),
        ("nonresponder", 34, 100),
        ("starters", 34, 110),
        ("completers", 34, 70),
        ("bounds of the eligible", 34, 100),
        ("bounds of all starters", 34, 110),
        ("carried-forward", 34, 70),
        ("weighted", 34, 100),
        ("inverse-intensity", 34, 100),
        ("imputed", 34, 100),
        ("imputed-left-worse", 34, 100),
        ("imputed-back-to-baseline", 34, 100),
        ("model", 34, 100),
    ]
    expected = [34 / 70, 0.34, 34 / 110, 34 / 70, np.nan, np.nan, 34 / 70, 0.44]
    assert found["estimate"].tolist()[:8] == pytest.approx(expected, nan_ok=True)
    ranges = found.set_index("estimand")[["low", "high"]]
    assert ranges.loc["bounds of the eligible"].tolist() == pytest.approx([0.34, 0.64])  # 34 and 34 + 30 of 100
    assert ranges.loc["bounds of all starters"].tolist() == pytest.approx([34 / 110, 74 / 110])  # 34 + 110 - 70
    # Nobody was seen again in the window once their score was known: nothing stands for the days after it.
    statuses = found.set_index("estimand")["status"]
    assert statuses.pop("inverse-intensity") == "stratum without scores"
    assert (statuses == "ok").all()
    assert found["assumption"].str.endswith(".").all()


def test_the_rows_of_the_ladder_are_those_of_the_rates(demo_cohort):
    """To the last digit, with their intervals, statuses and the ladder."""
    asked = {"instrument": "PHQ-9", "window": ["end of loading", "month 3 after loading"], "by": ("route", "sex")}
    found = estimands(demo_cohort, **asked, methods=SIX[:5]).table.drop(columns=["assumption", "least_count"])
    names = ["observed", "nonresponder", "starters", "completers", "bounds"]
    rates = response_rates(demo_cohort, **asked, denominator=names)
    rates["estimand"] = rates["estimand"].replace("bounds", "bounds of the eligible")
    pd.testing.assert_frame_equal(found, rates, check_exact=True)


def test_the_bounds_hold_every_other_rate_of_the_same_people(demo_cohort):
    windows = ["end of loading", "month 2 after loading", "after session 4"]
    found = estimands(demo_cohort, instrument="PHQ-9", window=windows, by="clinic_id").table
    found = found.set_index(["clinic_id", "window", "estimand"])[["estimate", "low", "high"]].unstack()  # noqa: PD010
    for bounds, inside in (
        ("bounds of the eligible", "weighted"),
        ("bounds of the eligible", "imputed"),
        ("bounds of the eligible", "imputed-left-worse"),
        ("bounds of the eligible", "imputed-back-to-baseline"),
        ("bounds of all starters", "starters"),
    ):
        rate = found["estimate", inside].dropna()
        assert (found.loc[rate.index, ("low", bounds)] <= rate + 1e-12).all()
        assert (rate <= found.loc[rate.index, ("high", bounds)] + 1e-12).all()


def test_weighted_is_the_mean_of_the_strata_by_the_eligible(demo_cohort):
    """Against `response_rates` by the same groups, put together here."""
    covariates = ["loading_status", "sex"]
    parts = response_rates(demo_cohort, **ASKED, by=["route", *covariates])
    parts = parts[parts["eligible"] > 0]
    for route, own in parts.groupby("route"):
        expected = (own["estimate"] * own["eligible"]).sum() / own["eligible"].sum()
        found = estimands(demo_cohort, **ASKED, by="route", methods="weighted", covariates=covariates).table
        assert found.set_index("route").loc[route, "estimate"] == pytest.approx(float(expected))


def test_a_stratum_without_scores_is_named_and_shown(tmp_path):
    folder = write_clinics(
        tmp_path / "clinics", People("North", 30, end=8), People("North", 20, end=18), People("South", 5, end=None)
    )
    found = estimands(derive(open_dataset(folder)), **ASKED, methods=["observed", "weighted"], covariates="clinic_id")
    observed, weighted = found.table.to_dict("records")
    assert (observed["status"], weighted["status"]) == ("ok", "stratum without scores")
    assert pd.isna(weighted["estimate"])
    assert pd.isna(weighted["low"])
    assert weighted["denominator"] == 55
    unscored = found.strata[(found.strata["eligible"] > 0) & (found.strata["scored"] == 0)]
    assert unscored[["clinic_id", "eligible"]].to_numpy().tolist() == [["South", 5]]


def test_a_covariate_that_is_a_group_makes_no_strata(clinics):
    found = estimands(clinics, **ASKED, by="clinic_id", covariates="clinic_id", methods=["observed", "weighted"]).table
    rates = found.set_index(["clinic_id", "estimand"])["estimate"].unstack()  # noqa: PD010
    assert rates["weighted"].tolist() == pytest.approx(rates["observed"].tolist())


def test_empty_groups_are_kept(cohort_with_an_empty_clinic):
    found = estimands(cohort_with_an_empty_clinic, **ASKED, by="clinic_id").table
    assert found.groupby("clinic_id").size().to_dict() == {"East": 13, "North": 13}
    assert found.loc[found["clinic_id"] == "East", "status"].eq("ok").sum() == 2  # the starters, and their bounds
    assert (found.loc[found["estimand"].isin(["weighted", "carried-forward"]), "status"]).tolist() == [
        "empty",
        "empty",
        "ok",
        "ok",
    ]


@pytest.fixture(scope="module")
def cohort_with_an_empty_clinic(tmp_path_factory):
    folder = write_clinics(
        tmp_path_factory.mktemp("empty") / "clinics",
        People("North", 3, end=8),
        People("East", 2, end=None, baseline=None),
    )
    return derive(open_dataset(folder))


def test_nobody_treated_gives_rows_for_the_windows_only(tmp_path):
    folder = write_clinics(tmp_path / "clinics", People("North", 3, end=8, status="cancelled"))
    cohort = derive(open_dataset(folder))
    assert (estimands(cohort, **ASKED).table["status"] == "empty").all()
    assert len(estimands(cohort, **ASKED, by="route").table) == 0


def test_one_part_and_seven_parts_are_equal(tmp_path):
    folder = write_folder(tmp_path / "dataset", random_tables(1, people=80), data_cut=str(CUT))
    laid_out = derive(open_dataset(partition_dataset(folder, out=tmp_path / "seven", parts=7)))
    asked = {"instrument": "PHQ-9", "window": ["end of loading", "after session 4"], "by": "route"}
    asked |= {"covariates": ("loading_status", "sex"), "outcome": "remission"}
    one, seven = estimands(derive(open_dataset(folder)), **asked), estimands(laid_out, **asked)
    assert {"ok", "stratum without scores"} <= set(one.table["status"])
    pd.testing.assert_frame_equal(one.table, seven.table, check_exact=True)
    pd.testing.assert_frame_equal(one.strata, seven.strata, check_exact=True)


def test_outcomes_that_need_two_scores_have_no_carried_forward(demo_cohort):
    found = estimands(demo_cohort, **ASKED, outcome="recovery")
    assert found.table["estimand"].tolist() == [*SIX, "weighted"]
    assert (found.table["instrument"] == "PHQ-9 and GAD-7").all()
    for name in ("carried-forward", "imputed", "model"):
        with pytest.raises(CallError, match=f"'{name}' goes with outcomes that one score decides"):
            estimands(demo_cohort, **ASKED, outcome="recovery", methods=["observed", name])


def test_every_method_has_its_five_attributes(demo_cohort):
    attributes = estimands(demo_cohort, **ASKED).attributes
    assert attributes["estimand"].tolist() == list(METHODS)
    names = ["population", "treatment", "variable", "intercurrent_events", "summary"]
    assert list(attributes.columns) == ["estimand", *names]
    assert (attributes[names].map(len) > 0).all(axis=None)
    assert (attributes["variable"] == "response on PHQ-9, end of loading").all()


def test_carried_forward_says_what_it_is_for(demo_cohort):
    (words,) = estimands(demo_cohort, **ASKED, methods="carried-forward").table["assumption"]
    assert "only to match published tables" in words


def test_in_print(clinics):
    found = estimands(clinics, **ASKED, covariates="clinic_id")
    assert "bounds of all starters: Nothing: between none and all" in repr(found)
    assert "alike in clinic id" in repr(found)
    assert "34" in found._repr_html_()


def test_html_is_escaped(clinics):
    found = estimands(clinics, **ASKED, by="clinic_id", methods="observed")
    named = found.table.assign(clinic_id="<b>North</b>", assumption="<i>None</i>")
    html = replace(found, table=named)._repr_html_()
    assert "&lt;b&gt;North" in html
    assert "&lt;i&gt;None" in html
    assert "<b>" not in html
    assert "<i>" not in html


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"methods": "observd"}, r"methods: 'observd' is unknown.*observed.*There are: observed, nonresponder"),
        ({"methods": "bounds"}, "methods: 'bounds' is unknown"),
        ({"methods": []}, "methods: name at least one"),
        ({"methods": ["observed", "observed"]}, "methods: name at least one, and none twice"),
        ({"covariates": "weight"}, "covariates: 'weight' is unknown"),
        ({"covariates": "maintenance"}, "covariates: 'maintenance' is unknown"),
        ({"covariates": ()}, "covariates: name at least one"),
        ({"covariates": ["sex", "sex"]}, "covariates: name at least one, and none twice"),
        ({"by": "weight"}, "by: 'weight' is unknown"),
        ({"window": "baseline"}, "'baseline' has mean scores only"),
        ({"instrument": "PHQ9"}, "instrument: 'PHQ9' is unknown"),
        ({"outcome": "respons"}, "outcome: 'respons' is unknown"),
    ],
)
def test_wrong_questions_are_refused(demo_cohort, options, words):
    with pytest.raises(CallError, match=words):
        estimands(demo_cohort, **{**ASKED, **options})


def test_without_a_cohort_it_says_what_is_needed():
    with pytest.raises(CallError, match="a cohort is needed"):
        estimands("data/demo", **ASKED)


# What is made of the model


def test_imputed_is_the_function_of_its_own(demo_cohort):
    asked = {**ASKED, "by": "route", "imputations": 10}
    names = ["imputed", "imputed-left-worse", "imputed-back-to-baseline"]
    found = estimands(demo_cohort, **asked, methods=names).table
    own = impute_rates(demo_cohort, **asked, outcome="response", estimand=names)
    columns = ["route", "window", "estimand", "estimate", "low", "high", "method", "numerator", "denominator", "status"]
    pd.testing.assert_frame_equal(found[columns], own[columns], check_dtype=False)


def test_the_assumptions_are_in_their_order(demo_cohort):
    """Those who left being worse, or those who stopped being back at their baseline, fewer responded."""
    found = estimands(demo_cohort, **ASKED).table.set_index("estimand")["estimate"]
    assert found["imputed-left-worse"] < found["imputed"]
    assert found["imputed-back-to-baseline"] < found["imputed"]
    assert found["nonresponder"] < found["imputed-back-to-baseline"]
    more = estimands(demo_cohort, **ASKED, methods="imputed-left-worse", worse_by=12).table["estimate"].iloc[0]
    assert more < found["imputed-left-worse"]


def test_the_sentences_name_the_covariates_and_the_points(demo_cohort):
    names = ["imputed", "imputed-left-worse", "model"]
    said = estimands(demo_cohort, **ASKED, methods=names, covariates=["sex", "loading_status"], imputations=5).table
    at_random, worse, model = said["assumption"]
    assert "alike in baseline, sex and loading status and the scores that there are" in at_random
    assert "6 points worse" in worse
    assert "baseline, sex and loading status and window say" in model


def test_groups_that_change_from_window_to_window_have_none_of_the_model(demo_cohort):
    asked = {"instrument": "PHQ-9", "window": "month 2 after loading", "by": "maintenance"}
    found = estimands(demo_cohort, **asked).table["estimand"].unique()
    assert found.tolist() == [name for name in METHODS if name not in METHODS[-4:]]
    with pytest.raises(CallError, match="'maintenance' changes from window to window"):
        estimands(demo_cohort, **asked, methods=["observed", "imputed"])


def test_a_scale_without_a_reliable_change_needs_the_points(tmp_path):
    people = [People("North", 12, end=end, baseline=30, instrument="MADRS") for end in (8, 14, 22, None)]
    cohort = derive(open_dataset(write_clinics(tmp_path / "clinics", *people)))
    asked = {"instrument": "MADRS", "window": "end of loading"}
    without = estimands(cohort, **asked).table
    assert "imputed-left-worse" not in set(without["estimand"])
    found = estimands(cohort, **asked, worse_by=10).table.set_index("estimand")
    assert found.loc["imputed-left-worse", "status"] == "ok"
    assert "10 points worse" in found.loc["imputed-left-worse", "assumption"]


def test_one_part_and_seven_are_equal_for_the_model_too(demo_cohort, demo_folder, tmp_path):
    laid_out = derive(open_dataset(partition_dataset(demo_folder, out=tmp_path / "seven", parts=7)))
    asked = {**ASKED, "by": "sex", "methods": METHODS[-4:], "imputations": 5}
    one, seven = (estimands(cohort, **asked).table for cohort in (demo_cohort, laid_out))
    pd.testing.assert_frame_equal(one, seven, check_exact=True)

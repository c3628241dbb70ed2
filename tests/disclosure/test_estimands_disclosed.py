"""What may leave of rates under assumptions: those of the ladder as the rates are, and those of other counts."""

import pandas as pd
import pytest

from analysis.disclosure.suppression import disclose
from analysis.estimate.estimands import estimands
from analysis.estimate.imputation.imputed_rates import impute_rates
from analysis.estimate.rates import response_rates
from analysis.estimate.tipping import tipping_point
from analysis.vocabulary.errors import CallError

LADDER = ["observed", "nonresponder", "starters", "completers", "bounds of the eligible", "bounds of all starters"]
ASKED = {"instrument": "PHQ-9", "window": ["end of loading", "month 3 after loading"]}


@pytest.mark.parametrize("by", [("route",), ("clinic_id",), ("clinic_id", "sex"), ("age_band",)])
def test_the_ladders_rows_are_hidden_as_the_rates_are(demo_cohort, by):
    ours = disclose(estimands(demo_cohort, **ASKED, by=by, methods=LADDER[:5]).table).table
    names = [*LADDER[:4], "bounds"]
    theirs = disclose(response_rates(demo_cohort, **ASKED, by=by, denominator=names)).table
    assert (ours["status"] == "hidden").any()
    pd.testing.assert_frame_equal(ours.drop(columns=["assumption", "estimand"]), theirs.drop(columns="estimand"))


@pytest.mark.parametrize("by", [("clinic_id", "sex"), ("age_band", "route")])
def test_the_bounds_of_the_starters_are_hidden_with_what_they_are_made_of(demo_cohort, by):
    """From both ends and the number started, the number scored can be worked out."""
    public = disclose(estimands(demo_cohort, **ASKED, by=by, methods=LADDER).table).table
    bounds = public[public["estimand"] == "bounds of all starters"]
    hidden = bounds["status"] == "hidden"
    assert hidden.any()
    assert hidden[bounds["scored"].isna() | bounds["started"].isna()].all()
    assert bounds.loc[hidden, ["low", "high", "numerator", "denominator"]].isna().all(axis=None)
    keys = [*by, "window"]
    observed = public[public["estimand"] == "observed"].set_index(keys)["status"]
    assert (observed[bounds.set_index(keys).index[hidden]] == "hidden").all()


OF_OTHER_COUNTS = ["carried-forward", "weighted", "inverse-intensity"]


@pytest.mark.parametrize("by", [(), ("clinic_id",), ("clinic_id", "sex")])
def test_a_rate_made_of_small_strata_is_hidden_and_what_it_was_judged_by_does_not_leave(demo_cohort, by):
    raw = estimands(demo_cohort, **ASKED, by=by, methods=["observed", *OF_OTHER_COUNTS]).table
    public = disclose(raw).table
    assert "least_count" not in public
    for name in OF_OTHER_COUNTS:
        rows = public[public["estimand"] == name]
        hidden = rows["status"] == "hidden"
        assert hidden[raw.loc[rows.index, "least_count"].between(1, 10)].all()
        assert rows.loc[hidden, ["estimate", "low", "high", "numerator", "denominator"]].isna().all(axis=None)
        assert hidden[rows["eligible"].isna() | rows["scored"].isna()].all()
    if not by:  # each person is seen in few states, so the smallest count of these is small even in the whole demo
        assert (public["status"] == "ok").tolist() == (public["estimand"] != "inverse-intensity").tolist()


def test_rows_without_what_they_are_judged_by_are_refused(demo_cohort):
    table = estimands(demo_cohort, **ASKED, methods=["observed", "weighted"]).table.drop(columns="least_count")
    with pytest.raises(CallError, match="rows of 'weighted' rest on counts that are not in the table"):
        disclose(table)
    assert disclose(table, audience="internal").hidden == 0


@pytest.mark.parametrize("by", ["age_band", ("clinic_id", "sex")])
def test_a_tipping_point_is_hidden_with_the_bounds_that_show_the_same(demo_cohort, by):
    points = disclose(tipping_point(demo_cohort, **ASKED, by=by, rate=0.3)).table
    bounds = disclose(estimands(demo_cohort, **ASKED, by=by, methods="bounds of the eligible").table).table
    hidden = points["status"] == "hidden"
    assert hidden.any()
    assert hidden.tolist() == (bounds["status"] == "hidden").tolist()
    told = ["estimate", "numerator", "denominator", "observed_share", "observed_low", "observed_high", "with_outcome"]
    assert points.loc[hidden, told].isna().all(axis=None)
    assert points["eligible"].isna().tolist() == bounds["eligible"].isna().tolist()


def test_strata_are_refused(demo_cohort):
    with pytest.raises(CallError, match="a table from response_rates"):
        disclose(estimands(demo_cohort, **ASKED).strata)


OF_THE_MODEL = ["imputed", "imputed-left-worse", "imputed-back-to-baseline", "model"]


@pytest.mark.parametrize("by", [("clinic_id", "sex"), ("age_band",)])
def test_rows_of_the_model_are_hidden_with_the_number_not_seen(demo_cohort, by):
    """From the rate, the eligible and those seen to have the outcome, what was drawn for one unseen person follows."""
    raw = estimands(demo_cohort, **ASKED, by=by, methods=["observed", "nonresponder", *OF_THE_MODEL], imputations=5)
    public = disclose(raw.table).table
    for name in OF_THE_MODEL:
        rows = public[public["estimand"] == name]
        hidden = rows["status"] == "hidden"
        assert hidden.any()
        unseen = raw.table.loc[rows.index, "eligible"] - raw.table.loc[rows.index, "scored"]
        assert hidden[unseen.between(1, 10)].all()
        assert hidden[rows["eligible"].isna() | rows["scored"].isna()].all()
        assert rows.loc[hidden, ["estimate", "low", "high", "numerator", "denominator"]].isna().all(axis=None)
        keys = [*by, "window"]
        observed = public[public["estimand"] == "observed"].set_index(keys)["status"]
        assert (rows.set_index(keys)["status"][observed == "hidden"] == "hidden").all()


def test_a_table_of_imputed_rates_is_refused(demo_cohort):
    found = impute_rates(demo_cohort, **ASKED, outcome="response", imputations=5)
    with pytest.raises(CallError, match="disclose the table of estimands instead"):
        disclose(found)
    assert disclose(found, audience="internal").hidden == 0

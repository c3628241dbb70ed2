"""What may leave of rates under assumptions: the ladder's rows, hidden as the rates are; the others are refused."""

import pandas as pd
import pytest

from analysis.disclosure.suppression import disclose
from analysis.estimate.estimands import estimands
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


@pytest.mark.parametrize("name", ["carried-forward", "weighted"])
def test_rows_of_counts_that_are_not_shown_are_refused(demo_cohort, name):
    table = estimands(demo_cohort, **ASKED, methods=["observed", name]).table
    with pytest.raises(CallError, match=rf"rows of '{name}' rest on counts that are not in the table.*leave them out"):
        disclose(table)
    assert disclose(table, audience="internal").hidden == 0
    assert set(disclose(table[~table["estimand"].isin([name])]).table["estimand"]) == {"observed"}


def test_strata_and_a_tipping_point_are_refused(demo_cohort):
    with pytest.raises(CallError, match="a table from response_rates"):
        disclose(estimands(demo_cohort, **ASKED).strata)
    with pytest.raises(CallError, match="rows of 'tipping point'"):
        disclose(tipping_point(demo_cohort, **ASKED, rate=0.3))

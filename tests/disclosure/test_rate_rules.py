"""Rates and means pass through the rules without losing a row or a shown value."""

import pandas as pd

from analysis.disclosure.rate_rules import RATE_VALUES, hide_rates
from analysis.disclosure.suppression import disclose
from analysis.estimate.rates import response_rates


def test_what_is_shown_is_unchanged_and_every_row_stays(demo_cohort):
    raw = response_rates(
        demo_cohort, instrument="PHQ-9", window=["end of loading", "month 6 after loading"], by="clinic_id",
        denominator=["observed", "nonresponder", "starters", "completers"], period="2025",
    )  # fmt: skip
    shown = hide_rates(raw.copy(), 10)
    ok = shown["status"] == "ok"
    assert 0 < ok.sum() < len(raw)
    pd.testing.assert_frame_equal(shown.loc[ok, RATE_VALUES], raw.loc[ok, RATE_VALUES])
    assert shown.loc[shown["status"] == "hidden", RATE_VALUES].isna().all().all()
    pd.testing.assert_series_equal(shown["clinic_id"], raw["clinic_id"])


def rates_of(outcome, numerator, scored, eligible, estimand="nonresponder"):
    """Make one row of rates of 200 people, of whom 150 have a baseline."""
    denominator = scored if estimand == "observed" else eligible
    row = {"instrument": "PHQ-9", "window": "end of loading", "outcome": outcome, "estimand": estimand}
    row |= {"estimate": numerator / denominator, "low": 0.1, "high": 0.9, "numerator": numerator}
    row |= {"denominator": denominator, "status": "ok", "started": 200, "with_baseline": 150, "eligible": eligible}
    return row | {"scored": scored, "period": "2025"}


def test_an_outcome_of_a_few_more_people_does_not_tell_how_many_are_not_eligible():
    """145 of 150 with a baseline are eligible: beside them the 150 of worsening would tell of 5 people."""
    table = pd.DataFrame([rates_of("response", 60, 100, 145), rates_of("worsening", 20, 104, 150)])
    shown = hide_rates(table.copy(), 10)
    assert shown["eligible"].tolist()[0] == 145
    assert shown["eligible"].isna().tolist() == [False, True]
    assert shown["with_baseline"].isna().all()
    assert shown["status"].tolist() == ["ok", "hidden"]


def test_bounds_are_hidden_with_those_scored():
    """Of 108 eligible 100 were scored: the upper end would tell that 8 were not."""
    bounds = rates_of("response", 60, 100, 108) | {"estimand": "bounds", "estimate": float("nan")}
    shown = hide_rates(pd.DataFrame([rates_of("response", 60, 100, 108), bounds]), 10)
    assert shown["scored"].isna().all()
    assert shown["status"].tolist()[1] == "hidden"
    assert shown[["low", "high"]].iloc[1].isna().all()


def test_a_models_mean_of_few_people_is_hidden_with_all_that_goes_with_it():
    """From an observed mean, a standard error or degrees of freedom one could work out what a hidden row says."""
    beside = ["observed", "std_error", "df"]
    table = pd.DataFrame(
        {
            "arm": ["a", "b"],
            "visit": "week 1",
            "outcome": "PHQ-9 total",
            "estimate": [12.0, 13.0],
            "low": [11.0, 9.0],
            "high": [13.0, 17.0],
            "numerator": [480.0, 52.0],
            "denominator": [40, 4],
            "status": "ok",
            "std_error": [0.5, 2.0],
            "df": [40.0, 40.0],
            "observed": [12.0, 13.0],
        }
    )
    found = disclose(table).table
    assert list(found["status"]) == ["ok", "hidden"]
    assert found.loc[1, ["estimate", "low", "high", "numerator", "denominator", *beside]].isna().all()
    assert found.loc[0, beside].tolist() == table.loc[0, beside].tolist()


def test_what_a_model_has_besides_is_no_group():
    """Its numbers differ from row to row: as groups, they would leave a hidden cell alone in its row and column."""
    table = pd.DataFrame(
        {
            "sex": ["female", "female", "male", "male"], "route": ["iv", "im"] * 2, "instrument": "PHQ-9",
            "window": "end of loading", "estimate": [10.0, 11.0, 12.0, 13.0], "low": 9.0, "high": 14.0, "method": "t",
            "numerator": [300, 40, 500, 600], "denominator": [30, 4, 50, 60], "status": "ok", "observed": [1, 2, 3, 4],
            "std_error": [0.1, 0.2, 0.3, 0.4], "started": [40, 4, 60, 70], "eligible": [35, 4, 55, 65],
            "scored": [30, 4, 50, 60],
        }
    )  # fmt: skip
    public = disclose(table).table
    assert list(public["status"]) == ["hidden"] * 4
    assert public[["observed", "std_error"]].isna().all(axis=None)

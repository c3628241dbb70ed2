"""The baseline table: medians, quartiles, counts, and what is missing for every row; no p-values."""

import numpy as np
import pandas as pd
import pytest
from referred_people import referred_cohort

from analysis.estimate.baseline import baseline_table
from analysis.vocabulary.errors import CallError


@pytest.fixture
def cohort(tmp_path):
    return referred_cohort(tmp_path / "clinic")


def rows(table, *names):
    return table[table["characteristic"].isin(names)]


def test_numbers_have_median_quartiles_and_missing(cohort, same):
    """Ages 30, 40, 50, 70 and one unknown: the quartiles lie at 37.5, 45 and 55 (type 7)."""
    same(
        rows(baseline_table(cohort), "age", "failed_trials", "baseline PHQ-9"),
        """
        characteristic | kind    | estimate | lower_quartile | upper_quartile | numerator | denominator
        age            | median  |       45 |           37.5 |             55 |         2 |           4
        age            | missing |      0.2 |                |                |         1 |           5
        failed_trials  | median  |      2.5 |           1.75 |           3.25 |         2 |           4
        failed_trials  | missing |      0.2 |                |                |         1 |           5
        baseline PHQ-9 | median  |       18 |             15 |             19 |         2 |           3
        baseline PHQ-9 | missing |      0.4 |                |                |         2 |           5
    """,
    )


def test_levels_are_shares_of_those_known(cohort, same):
    same(
        rows(baseline_table(cohort), "sex", "diagnosis", "route", "severity"),
        """
        characteristic | kind    | level             | numerator | denominator
        sex            | share   | female            |         3 |           5
        sex            | share   | male              |         2 |           5
        sex            | missing | missing           |         0 |           5
        diagnosis      | share   | mdd               |         3 |           4
        diagnosis      | share   | ptsd              |         1 |           4
        diagnosis      | missing | missing           |         1 |           5
        route          | share   | im                |         1 |           5
        route          | share   | iv                |         4 |           5
        route          | missing | missing           |         0 |           5
        severity       | share   | moderate          |         1 |           3
        severity       | share   | moderately severe |         1 |           3
        severity       | share   | severe            |         1 |           3
        severity       | missing | missing           |         2 |           5
    """,
    )


def test_every_row_has_its_missing_row_also_where_nothing_is_known(cohort):
    table = baseline_table(cohort)
    for name, own in table.groupby("characteristic"):
        missing = own[own["kind"] == "missing"]
        assert len(missing) == 1, name
        known = own.loc[own["kind"] != "missing", "denominator"]
        assert (known + missing["numerator"].iloc[0] == 5).all(), name
    assert rows(table, "weight")["numerator"].tolist() == [0, 5]
    assert rows(table, "prior_ketamine")["level"].tolist() == ["missing"]


def test_analysed_and_not_analysed(cohort, same):
    """P1 and P2 are eligible and scored, P3 is not scored, P5 has no baseline; P4's window is not over."""
    table = baseline_table(cohort, by="analysed")
    same(
        rows(table, "sex"),
        """
        analysed        | kind    | level   | numerator | denominator | people | reference
        analysed        | share   | female  |         1 |           2 |      2 | analysed
        analysed        | share   | male    |         1 |           2 |      2 | analysed
        analysed        | missing | missing |         0 |           2 |      2 | analysed
        not analysed    | share   | female  |         2 |           2 |      2 | analysed
        not analysed    | share   | male    |         0 |           2 |      2 | analysed
        not analysed    | missing | missing |         0 |           2 |      2 | analysed
        not in question | share   | female  |         0 |           1 |      1 | analysed
        not in question | share   | male    |         1 |           1 |      1 | analysed
        not in question | missing | missing |         0 |           1 |      1 | analysed
    """,
    )
    assert "p_value" not in table


def test_standardised_differences_by_hand(cohort):
    """Of a share: (1 - 0.5) / sqrt((0.25 + 0) / 2). Of failed trials 1 against 2 and 4: one person has no spread."""
    table = baseline_table(cohort, by="analysed").set_index(["analysed", "characteristic", "kind", "level"])
    found = table["standardised_difference"]
    assert found["not analysed", "sex", "share", "female"] == pytest.approx(0.5 / np.sqrt(0.125))
    assert np.isnan(found["analysed", "sex", "share", "female"])
    assert np.isnan(found["not analysed", "failed_trials", "median", ""])
    assert found["not analysed", "sex", "missing", "missing"] == 0


def test_standardised_differences_of_numbers_are_those_of_the_rows(demo_cohort):
    table = baseline_table(demo_cohort, by="route", instrument="PHQ-9")
    row = table[
        (table["route"] == "intranasal") & (table["characteristic"] == "age") & (table["kind"] == "median")
    ].iloc[0]
    people = demo_cohort.courses[demo_cohort.courses["course"] == 1]
    own, other = (
        people.loc[people["route"] == route, "age"].astype("float64") for route in ("intranasal", row["reference"])
    )
    expected = (own.mean() - other.mean()) / np.sqrt((own.var() + other.var()) / 2)
    assert row["standardised_difference"] == pytest.approx(expected, rel=1e-12)
    assert (row["estimate"], row["lower_quartile"], row["upper_quartile"]) == tuple(own.quantile([0.5, 0.25, 0.75]))


def test_the_analysed_are_those_of_the_response_rate(demo_cohort):
    from analysis.estimate.rates import response_rates

    table = baseline_table(demo_cohort, by="analysed")
    rate = response_rates(demo_cohort, instrument="PHQ-9", window="end of loading").iloc[0]
    people = table.groupby("analysed")["people"].first()
    assert people["analysed"] == rate["denominator"]
    assert people["analysed"] + people["not analysed"] == rate["started"]
    assert people.sum() == len(demo_cohort.courses[demo_cohort.courses["course"] == 1])


def test_the_simulated_people_come_back(demo_cohort):
    """Age 44 in the mean; 60 in 100 are women; failed trials 2 or 3 in the median; 3 in 100 had ketamine before."""
    table = baseline_table(demo_cohort).set_index(["characteristic", "level"])
    assert table.loc[("age", ""), "low"] <= 45
    assert table.loc[("age", ""), "high"] >= 43
    female = table.loc[("sex", "female")]
    assert female["low"] < 0.60 < female["high"]
    prior = table.loc[("prior_ketamine", "yes")]
    assert prior["low"] < 0.03 < prior["high"]
    unknown = table.loc[("race_ethnicity", "missing")]
    assert unknown["low"] < 0.08 < unknown["high"]


def test_nobody_analysed(tmp_path):
    scores = "patient_id | day | instrument | total \n P1 | -90 | PHQ-9 | 20"
    table = baseline_table(referred_cohort(tmp_path / "unseen", scores=scores), by="analysed")
    analysed = table[table["analysed"] == "analysed"]
    assert (analysed["people"] == 0).all()
    assert set(analysed["status"]) == {"empty"}
    assert table["standardised_difference"].isna().all()


def test_nobody_treated(tmp_path):
    sessions = "patient_id | day | treatment | route | status \n P1 | 0 | ketamine | iv | cancelled"
    cohort = referred_cohort(tmp_path / "untreated", sessions=sessions, scores="", patients="", referrals="")
    table = baseline_table(cohort)
    assert set(table["status"]) == {"empty"}
    assert (table["people"] == 0).all()


def test_wrong_calls(cohort):
    with pytest.raises(CallError, match=r"by: 'analized' is unknown. Did you mean 'analysed'\?"):
        baseline_table(cohort, by="analized")
    with pytest.raises(CallError, match="instrument: 'PHQ9' is unknown"):
        baseline_table(cohort, instrument="PHQ9")


def test_a_row_of_each_instrument_that_has_a_baseline(demo_cohort):
    names = pd.unique(baseline_table(demo_cohort, instrument="MADRS")["characteristic"])
    baselines = [name for name in names if name.startswith("baseline ")]
    assert baselines[0] == "baseline MADRS"
    assert {"baseline PHQ-9", "baseline GAD-7"} <= set(baselines)

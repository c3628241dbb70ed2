"""Gaps in access between groups, and their trend over the quarters."""

import numpy as np
import pytest
from drawn_tables import check_same
from hypothesis import given, settings
from hypothesis import strategies as st
from referred_people import referred_cohort

from analysis.estimate.access_gaps import access_gaps, slope_of_shares
from analysis.estimate.intervals import miettinen_nurminen
from analysis.vocabulary.errors import CallError, DataError


@settings(deadline=None, max_examples=40)
@given(st.lists(st.tuples(st.integers(0, 8), st.integers(0, 8)), min_size=2, max_size=6))
def test_a_slope_is_that_of_least_squares_on_people_with_hc1(quarters):
    import statsmodels.api as sm

    x, n = [a for a, _ in quarters], [a + b for a, b in quarters]
    found = slope_of_shares(range(len(n)), x, n)
    if sum(size > 0 for size in n) < 2 or sum(n) < 3:
        assert np.isnan(found.estimate)
        return
    y = np.concatenate([[1.0] * a + [0.0] * b for a, b in quarters])
    when = np.repeat(np.arange(len(n)), n)
    fit = sm.OLS(y, sm.add_constant(when)).fit(cov_type="HC1")
    assert found.estimate == pytest.approx(fit.params[1], abs=1e-10)
    assert found.variance == pytest.approx(fit.cov_params()[1, 1], abs=1e-10)


def test_starting_within_the_days_of_those_referred_long_enough_ago(tmp_path):
    """By 31 May: R2 in 30 days, R3 in 10 and R4 in 20; R7, R8 and R9 never. R5 and R10 are too recent."""
    table = access_gaps(referred_cohort(tmp_path / "clinic"), by="payer", within_days=30)
    check_same(
        table,
        """
        payer    | measure    | numerator | denominator | reference_numerator | reference_denominator | status
        self-pay | difference |         2 |           2 |                   1 |                     4 | ok
        self-pay | trend      |         1 |           1 |                   1 |                     4 | too few quarters
    """,
    )
    row = table.iloc[0]
    assert row["reference"] == "medicaid"
    assert row["estimate"] == 0.75
    assert (row["low"], row["high"]) == miettinen_nurminen(2, 2, 1, 4)


def test_going_on_in_treatment_needs_no_referrals(tmp_path):
    """P4 is still in loading; of maintenance only P1 and P2, who completed loading, are asked."""
    cohort = referred_cohort(tmp_path / "clinic", referrals="")
    check_same(
        access_gaps(cohort, by="route", step="loading_completed", reference="im"),
        """
        route | measure    | numerator | denominator | reference_numerator | reference_denominator
        iv    | difference |         1 |           3 |                   1 |                     1
        iv    | trend      |         1 |           2 |                   1 |                     1
    """,
    )
    gap = access_gaps(cohort, by="route", step="maintenance", reference="im")
    assert (gap["numerator"].iloc[0], gap["denominator"].iloc[0], gap["reference_numerator"].iloc[0]) == (1, 1, 0)


def test_the_simulated_gap_comes_back(demo_cohort):
    """Who pays alone waits 11 days in the median, the insured 30: of both the same share ever starts."""
    early = access_gaps(demo_cohort, by="payer", reference="self-pay", within_days=30)
    late = access_gaps(demo_cohort, by="payer", reference="self-pay", within_days=180)
    early, late = (
        table[(table["measure"] == "difference") & table["payer"].isin(["commercial", "medicare", "medicaid"])]
        for table in (early, late)
    )
    assert (early["high"] < 0).all()
    assert (late["estimate"].to_numpy() > early["estimate"].to_numpy()).all()


def test_no_trend_was_simulated(demo_cohort):
    table = access_gaps(demo_cohort, by="payer", reference="self-pay")
    trend = table[(table["measure"] == "trend") & (table["denominator"] > 100)]
    assert len(trend)
    assert ((trend["low"] <= 0) & (trend["high"] >= 0)).all()


def test_wrong_calls(demo_cohort, tmp_path):
    with pytest.raises(CallError, match="recorded of patients, so of people never treated it is not known"):
        access_gaps(demo_cohort, by="race_ethnicity")
    with pytest.raises(CallError, match="step: 'start' is unknown"):
        access_gaps(demo_cohort, by="payer", step="start")
    with pytest.raises(CallError, match="reference: there is no group 'vaa'"):
        access_gaps(demo_cohort, by="payer", reference="vaa")
    with pytest.raises(CallError, match="at least one day"):
        access_gaps(demo_cohort, by="payer", within_days=0)
    with pytest.raises(CallError, match="no referral has a date at least 400 days before"):
        access_gaps(referred_cohort(tmp_path / "clinic"), by="payer", within_days=400)
    with pytest.raises(DataError, match="access_gaps: the dataset has no referrals"):
        access_gaps(referred_cohort(tmp_path / "none", referrals=""), by="payer")

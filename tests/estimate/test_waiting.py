"""Waiting for the first session: who still waits is censored at the data cut."""

import pandas as pd
import pytest
from drawn_tables import check_same
from referred_people import referred_cohort

from analysis.estimate.waiting import waiting_curve, waiting_times
from analysis.vocabulary.errors import CallError, DataError


def test_days_by_hand(tmp_path):
    """P1 waited 30 days from the first of two referrals, P2 10 by dates, P3 20, P4 10; R10 has waited 20 so far."""
    check_same(
        waiting_curve(referred_cohort(tmp_path / "clinic")),
        """
        day | at_risk | numerator | denominator | estimate | started | waiting | ended | unknown
        10  |       5 |         2 |           5 |      0.4 |       4 |       1 |     3 |       0
        20  |       3 |         3 |           5 |      0.6 |       4 |       1 |     3 |       0
        30  |       1 |         4 |           5 |        1 |       4 |       1 |     3 |       0
    """,
    )


def test_the_summary_of_these_days(tmp_path):
    table = waiting_times(referred_cohort(tmp_path / "clinic"))
    check_same(
        table,
        """
        measure        | unit  | estimate | numerator | denominator | status
        median         | days  |       20 |         3 |           5 | ok
        within 7 days  | share |        0 |         0 |           5 | ok
        within 14 days | share |      0.4 |         2 |           5 | ok
        within 30 days | share |        1 |         4 |           5 | ok
        within 60 days | share |        1 |         4 |           5 | ok
        within 90 days | share |        1 |         4 |           5 | ok
    """,
    )


def test_without_a_date_the_wait_is_unknown_and_counted(tmp_path):
    referrals = """
        referral_id | patient_id | wait_days
        R1          | P1         | 12
        R2          | P2         |
        R3          |            |
    """
    table = waiting_times(referred_cohort(tmp_path / "clinic", referrals=referrals))
    row = table.iloc[0]
    assert (row["started"], row["waiting"], row["unknown"]) == (1, 0, 2)


def test_no_wait_is_known_at_all(tmp_path):
    referrals = "referral_id | patient_id | source \n R1 | P1 | self"
    with pytest.raises(CallError, match="neither `wait_days` nor dates"):
        waiting_times(referred_cohort(tmp_path / "clinic", referrals=referrals))


def test_everybody_still_waits(tmp_path):
    referrals = "referral_id | date \n R1 | 2026-06-20 \n R2 | 2026-06-01"
    table = waiting_times(referred_cohort(tmp_path / "clinic", referrals=referrals)).set_index("measure")
    assert table.loc["median", "status"] == "not reached"
    assert table.loc["within 14 days", "estimate"] == 0
    assert table.loc["within 60 days", "status"] == "not reached"


def test_no_referrals(tmp_path):
    with pytest.raises(DataError, match="waiting_times: the dataset has no referrals"):
        waiting_times(referred_cohort(tmp_path / "clinic", referrals=""))


def test_the_simulated_waits_come_back(demo_cohort):
    """The simulation draws a median wait of 11 days for who pays alone, of 30 for the insured, rounded down."""
    table = waiting_times(demo_cohort, by="payer")
    medians = table[table["measure"] == "median"].set_index("payer")
    for payer, truth in {"self-pay": 11, "commercial": 30, "medicaid": 30, "medicare": 30, "va": 30}.items():
        row = medians.loc[payer]
        assert row["low"] - 1 <= truth <= row["high"] + 1, payer


def test_a_period_without_referrals(demo_cohort):
    table = waiting_times(demo_cohort, period="2012")
    assert set(table["status"]) == {"empty"}
    assert waiting_curve(demo_cohort, period="2012").empty


def test_groups_are_alike_in_both_tables(demo_cohort):
    curve, times = (make(demo_cohort, by=["payer"]) for make in (waiting_curve, waiting_times))
    last = curve.groupby("payer")["estimate"].max()
    assert set(last.index) == set(times["payer"])
    assert pd.api.types.is_integer_dtype(curve["at_risk"])

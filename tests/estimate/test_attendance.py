"""Attendance: planned sessions by what became of them."""

import pandas as pd
import pytest
from drawn_tables import check_same
from referred_people import referred_cohort

from analysis.estimate.attendance import attendance
from analysis.estimate.intervals import wilson
from analysis.vocabulary.errors import CallError


def test_every_planned_session_counts_once(tmp_path):
    check_same(
        attendance(referred_cohort(tmp_path / "clinic")),
        """
        outcome       | numerator | denominator | patients
        given         |        11 |          14 |        5
        stopped-early |         1 |          14 |        5
        cancelled     |         1 |          14 |        5
        no-show       |         1 |          14 |        5
    """,
    )


def test_by_route_and_quarter(tmp_path):
    table = attendance(referred_cohort(tmp_path / "clinic"), by=["route", "quarter"])
    check_same(
        table[(table["outcome"] == "given") & (table["denominator"] > 0)],
        """
        route | quarter | numerator | denominator | patients
        im    | 2026Q1  |         3 |           4 |        1
        iv    | 2025Q1  |         1 |           1 |        1
        iv    | 2026Q1  |         6 |           8 |        2
        iv    | 2026Q2  |         1 |           1 |        1
    """,
    )
    assert (table.loc[table["denominator"] == 0, "status"] == "empty").all()


def test_somebody_who_never_came_is_counted(tmp_path):
    sessions = """
        patient_id | day | treatment | route | status
        P1         |   0 | ketamine  | iv    | given
        P2         |   0 | ketamine  | iv    | no-show
    """
    table = attendance(referred_cohort(tmp_path / "clinic", sessions=sessions, patients="", referrals=""))
    assert table.set_index("outcome").loc["no-show", ["numerator", "patients"]].tolist() == [1, 2]


def test_the_interval_is_wider_than_that_of_sessions_on_their_own(demo_cohort):
    """Who cancels once cancels again in the simulation only by chance, so the intervals are about alike."""
    row = attendance(demo_cohort).set_index("outcome").loc["cancelled"]
    low, high = wilson(row["numerator"], row["denominator"])
    assert (row["high"] - row["low"]) / (high - low) == pytest.approx(1, abs=0.15)


def test_sessions_of_one_person_are_no_more_than_that_person(tmp_path):
    rows = "\n".join(
        f"P{who} | {day} | ketamine | iv | {'cancelled' if who == 2 else 'given'}"
        for who in (1, 2, 3)
        for day in range(10)
    )
    sessions = f"patient_id | day | treatment | route | status \n{rows}"
    table = attendance(referred_cohort(tmp_path / "clinic", sessions=sessions, patients="", referrals=""))
    row = table.set_index("outcome").loc["cancelled"]
    low, high = wilson(10, 30)
    assert row["low"] < low < high < row["high"]


def test_the_simulated_shares_come_back(demo_cohort):
    """After the first session 3.5 % are cancelled and 2 % missed; a first session is always given."""
    table = attendance(demo_cohort).set_index("outcome")
    assert table.loc["cancelled", "estimate"] < 0.035 < table.loc["cancelled", "high"] * 1.15
    assert table.loc["cancelled", "estimate"] / table.loc["no-show", "estimate"] == pytest.approx(1.75, abs=0.3)
    assert int(table["numerator"].sum()) == int(table["denominator"].iloc[0])


def test_the_groups_add_up(demo_cohort):
    whole, parts = attendance(demo_cohort), attendance(demo_cohort, by=["clinic_id", "quarter"])
    added = parts.groupby("outcome", sort=False)["numerator"].sum()
    pd.testing.assert_series_equal(added, whole.set_index("outcome")["numerator"])


def test_an_unknown_group(demo_cohort):
    with pytest.raises(CallError, match="by: 'month' is unknown"):
        attendance(demo_cohort, by="month")

"""Sessions and cost per responder: everything spent over everybody who responded."""

import numpy as np
import pandas as pd
import pytest
from drawn_tables import check_same
from referred_people import referred_cohort

from analysis.estimate.rates import response_rates
from analysis.estimate.ratio_of_means import fieller
from analysis.estimate.responder_costs import responder_costs
from analysis.vocabulary.errors import CallError, DataError
from analysis.vocabulary.prices import read_prices

PRICES = """
layout = 1
name = "List of 2026"
currency = "USD"

[[prices]]
treatment = "ketamine"
route = "iv"
per_session = 450.50

[[prices]]
treatment = "ketamine"
route = "im"
per_session = 300
"""


@pytest.fixture
def prices(tmp_path):
    (tmp_path / "prices.toml").write_text(PRICES)
    return read_prices(tmp_path / "prices.toml")


def test_one_responder_took_what_all_took(tmp_path, prices):
    """Due are P1 (4 loading sessions, responded), P2 (4, not), P3 (1, not seen) and P5 (1, no baseline)."""
    table = responder_costs(referred_cohort(tmp_path / "clinic"), prices=prices)
    check_same(
        table,
        """
        measure                | unit     | estimate | numerator | denominator | started | status
        sessions per responder | sessions |       10 |        10 |           1 |       4 | undefined
        cost per responder     | USD      |     3903 |    390300 |           1 |       4 | undefined
    """,
    )
    # So few say nothing: neither the sessions nor the responders are far from 0 by Fieller's test.
    assert table[["low", "high"]].isna().all().all()


def test_by_route_nobody_responded_in_one(tmp_path):
    check_same(
        responder_costs(referred_cohort(tmp_path / "clinic"), by="route"),
        """
        route | estimate | numerator | denominator | started | status
        im    |          |         4 |           0 |       1 | undefined
        iv    |        6 |         6 |           1 |       3 | undefined
    """,
    )


def test_a_later_window_counts_sessions_until_it_has_closed(tmp_path):
    """P1's fifth session was on course day 40, before month 1 after loading has closed."""
    scores = "patient_id | day | instrument | total \n P1 | 0 | PHQ-9 | 20 \n P1 | 40 | PHQ-9 | 5"
    table = responder_costs(referred_cohort(tmp_path / "clinic", scores=scores), window="month 1 after loading")
    assert (table["numerator"].iloc[0], table["denominator"].iloc[0]) == (11, 1)


def test_a_price_that_is_missing_is_named(tmp_path, prices):
    (tmp_path / "iv.toml").write_text(PRICES.split('[[prices]]\ntreatment = "ketamine"\nroute = "im"', maxsplit=1)[0])
    with pytest.raises(DataError, match=r"List of 2026: no price for ketamine im, of which sessions were given. Add"):
        responder_costs(referred_cohort(tmp_path / "clinic"), prices=read_prices(tmp_path / "iv.toml"))


def test_the_tally_is_that_of_the_rows(demo_cohort):
    """The interval from summed products is the one from each person's own numbers."""
    row = responder_costs(demo_cohort, by="route").set_index("route").loc["im"]
    rate = response_rates(demo_cohort, instrument="PHQ-9", window="end of loading", by="route").set_index("route")
    courses = demo_cohort.courses
    of_route = (courses["course"] == 1) & (courses["route"] == "im") & ~courses["prior_ketamine"].fillna(value=False)
    is_due = courses["start_date"] + np.timedelta64(42, "D") <= np.datetime64(demo_cohort.dataset.data_cut)
    sessions = courses.loc[of_route & is_due, "loading_sessions"].to_numpy("int64")
    assert (row["started"], row["denominator"]) == (len(sessions), rate.loc["im", "numerator"])
    assert row["numerator"] == sessions.sum()
    # At the limits the mean of sessions - limit * response is 1.98 standard errors (t, 106 degrees) from 0.
    low, high, _ = fieller(
        len(sessions), (int(sessions.sum()), 35), (int((sessions**2).sum()), 35), _of_responders(demo_cohort)
    )
    assert (row["low"], row["high"]) == (low, high)


def _of_responders(cohort):
    """Add up the loading sessions of those who responded at the end of loading, by row."""
    picked = cohort.outcomes[(cohort.outcomes["instrument"] == "PHQ-9") & (cohort.outcomes["course"] == 1)]
    courses = cohort.courses[(cohort.courses["course"] == 1) & (cohort.courses["route"] == "im")]
    courses = courses[~courses["prior_ketamine"].fillna(value=False)].set_index("patient_id")
    total = 0
    for name, own in picked[picked["patient_id"].isin(courses.index)].groupby("patient_id"):
        course = courses.loc[name]
        last, first = course["last_loading_day"], course["first_maintenance_day"]
        after = own["day"] - last
        near = own[
            (own["occasion"] != "post") & after.between(1, 14) & (own["day"] <= (first if pd.notna(first) else 10**6))
        ]
        if course["start_date"] + pd.Timedelta(days=42) > pd.Timestamp(cohort.dataset.data_cut) or near.empty:
            continue
        best = near.assign(far=(near["day"] - last - 7).abs()).sort_values(["far", "day"]).iloc[0]
        total += int(course["loading_sessions"]) if pd.notna(best["response"]) and best["response"] else 0
    return total


def test_nobody_started_in_the_period(demo_cohort):
    table = responder_costs(demo_cohort, period="2012")
    assert table["status"].tolist() == ["empty"]
    assert table["started"].tolist() == [0]


def test_wrong_calls(demo_cohort):
    with pytest.raises(CallError, match="read its file with read_prices"):
        responder_costs(demo_cohort, prices="prices.toml")
    with pytest.raises(CallError, match="nobody has responded at the baseline"):
        responder_costs(demo_cohort, window="baseline")
    with pytest.raises(CallError, match="by: 'quarter' is unknown"):
        responder_costs(demo_cohort, by="quarter")

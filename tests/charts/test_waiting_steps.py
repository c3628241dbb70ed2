"""The waiting time as a curve."""

import pandas as pd
import pytest

from analysis import charts
from analysis.estimate.waiting import waiting_curve
from analysis.vocabulary.errors import CallError


@pytest.fixture
def table():
    """Three days of one group."""
    return pd.DataFrame(
        {
            "day": pd.array([5, 20, 40], dtype="Int64"), "estimate": [0.2, 0.5, 0.8], "low": [0.1, 0.4, 0.7],
            "high": [0.3, 0.6, 0.9], "status": "ok", "at_risk": [50, 40, 25], "started": 40, "waiting": 10, "ended": 12,
            "definitions": "default 1",
        }
    )  # fmt: skip


def by_payer(table, *payers):
    every = pd.concat([table.assign(payer=payer) for payer in payers])
    return every[["payer", *table.columns]]


def test_the_curve_rises_from_nobody_on_the_day_of_the_referral(table, marks):
    (curve,) = marks(charts.waiting_time(table), "curve")
    assert list(curve.get_xdata()) == [0, 5, 20, 40]
    assert list(curve.get_ydata()) == [0, 0.2, 0.5, 0.8]
    assert curve.get_drawstyle() == "steps-post"


def test_the_axis_ends_where_asked(table, marks):
    ax = charts.waiting_time(table, days=30)
    assert ax.get_xlim() == (0, 30)
    assert list(marks(ax, "curve")[0].get_xdata()) == [0, 5, 20]


def test_the_words(table):
    ax = charts.waiting_time(by_payer(table, "va", "medicaid"))
    assert charts.alt_text(ax) == (
        "Waiting for the first session, by payer. Va: half had it by day 20. Medicaid: half had it by day 20."
    )
    assert "va: 40 started, 10 still wait, 12 ended without" in charts.caption(ax)


def test_a_raw_table_is_stamped(table, public, marks):
    assert marks(charts.waiting_time(table), "stamp")
    assert marks(charts.waiting_time(public(table, audience="internal")), "stamp")


def test_at_most_four_groups(table):
    with pytest.raises(CallError, match="waiting_time shows at most 4 series"):
        charts.waiting_time(by_payer(table, "va", "medicaid", "medicare", "commercial", "self-pay"))


def test_nothing_touches_or_leaves_the_picture(table, crowding, demo_cohort):
    assert crowding(charts.waiting_time(table)) == []
    curve = waiting_curve(demo_cohort, by="payer")
    assert crowding(charts.waiting_time(curve[curve["payer"].isin(["self-pay", "commercial", "va"])])) == []

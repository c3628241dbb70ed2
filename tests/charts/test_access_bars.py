"""The steps of access as bars."""

import pandas as pd
import pytest

from analysis import charts
from analysis.estimate.access import access
from analysis.vocabulary.errors import CallError


@pytest.fixture
def table():
    """Five steps of one group."""
    rows = [
        ("rung", "referred", "Referred", 100, 100),
        ("reason", "cost", "Cost", 12, 100),
        ("reason", "waiting", "Waiting, or end not recorded", 8, 100),
        ("rung", "started", "Had a first session", 80, 100),
        ("reason", "loading_open", "Still in loading", 20, 80),
        ("rung", "loading_completed", "Completed loading", 60, 80),
    ]
    table = pd.DataFrame(rows, columns=["kind", "name", "label", "count", "denominator"])
    table["estimate"] = table["count"] / table["denominator"]
    table = table.assign(step=range(1, 7), status="ok", period="all", definitions="default 1")
    columns = ["step", "kind", "name", "label", "count", "estimate", "denominator", "status", "period", "definitions"]
    return table[columns].astype({"count": "Int64", "denominator": "Int64"})


def counts(ax):
    return [text.get_text() for text in ax.texts if str(text.get_gid()).startswith("count:")]


def test_every_step_has_its_bar_and_number(table, marks):
    ax = charts.access_steps(table)
    assert counts(ax) == ["100", "12 (12 %)", "8 (8 %)", "80 (80 %)", "20 (25 %)", "60 (75 %)"]
    assert [bar.get_width() for bar in marks(ax, "rung")] == [100, 80, 60]
    assert [bar.get_width() for bar in marks(ax, "reason")] == [12, 8, 20]


def test_what_is_not_over_is_pale(table, marks):
    cost, waiting, still_open = marks(charts.access_steps(table), "reason")
    assert waiting.get_facecolor() == still_open.get_facecolor() != cost.get_facecolor()


def test_a_hidden_step_has_neither_number_nor_bar(table, public, marks):
    table.loc[1, ["count", "estimate"]] = pd.NA
    table.loc[1, "status"] = "hidden"
    ax = charts.access_steps(public(table))
    assert marks(ax, "reason")[0].get_width() == 0
    assert [text.get_text() for text in marks(ax, "hidden")] == ["hidden"]
    assert "12" not in charts.alt_text(ax)
    assert not marks(ax, "stamp")


def test_the_words(table):
    ax = charts.access_steps(table.assign(clinic_id="North")[["clinic_id", *table.columns]])
    assert charts.alt_text(ax) == (
        "From referral to maintenance, clinic: North. Bars in 3 steps. Referred: 100; Had a first session: 80; "
        "Completed loading: 60. The largest number shown that leaves: 20, still in loading."
    )


def test_one_group_at_a_time(table):
    two = pd.concat([table.assign(payer="va"), table.assign(payer="medicaid")])
    with pytest.raises(CallError, match="draws one group; the table has several, by payer"):
        charts.access_steps(two[["payer", *table.columns]])
    with pytest.raises(CallError, match="needs the column 'label'"):
        charts.access_steps(table.drop(columns="label"))
    with pytest.raises(CallError, match="without rows"):
        charts.access_steps(table.iloc[:0])


def test_nobody_was_referred(table):
    nobody = table.assign(count=pd.array([0] * 6, dtype="Int64"), estimate=float("nan"), status="empty")
    assert counts(charts.access_steps(nobody)) == ["0"] * 6


def test_nothing_touches_or_leaves_the_picture(table, public, crowding):
    assert crowding(charts.access_steps(table)) == []
    large = table.assign(count=table["count"] * 1_000_000)
    assert crowding(charts.access_steps(public(large))) == []


def test_the_demo(demo_cohort, crowding):
    assert crowding(charts.access_steps(access(demo_cohort))) == []

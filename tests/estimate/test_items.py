"""Estimates of items: every column in its place, every item present, and the transitions agree with the changes."""

from analysis.estimate.intervals import wilson
from analysis.estimate.items import ANSWERS, item_changes, item_transitions
from analysis.estimate.rates import ESTIMATE_COLUMNS

PHQ = {"instrument": "PHQ-9", "window": "end of loading"}


def test_every_column_stands_in_its_order(demo_cohort):
    changes = item_changes(demo_cohort, **PHQ, by=["route", "sex"])
    assert list(changes.columns) == [
        "route", "sex", "instrument", "window", "item", "outcome", "estimand", *ESTIMATE_COLUMNS,
        "started", "with_baseline", "eligible", "scored", "points", "period", "due", "definitions",
    ]  # fmt: skip
    transitions = item_transitions(demo_cohort, **PHQ, by="route")
    assert list(transitions.columns) == [
        "route", "instrument", "window", "item", "before", "after", "count", "status", "started", "period", "due",
        "definitions",
    ]  # fmt: skip


def test_the_interval_is_wilsons_of_the_counts(demo_cohort):
    changes = item_changes(demo_cohort, **PHQ, denominator=["observed", "nonresponder", "starters"])
    low, high = wilson(changes["numerator"].to_numpy("int64"), changes["denominator"].to_numpy("int64"))
    assert (changes["low"] == low).all()
    assert (changes["high"] == high).all()
    assert set(changes["method"]) == {"Wilson, 95 %"}


def test_changes_and_transitions_of_the_same_item_are_the_same_people(demo_cohort):
    changes = item_changes(demo_cohort, **PHQ, item="suicidal_thoughts").set_index("outcome")
    table = item_transitions(demo_cohort, **PHQ)
    cell = table.set_index(["before", "after"])["count"]
    assert cell["some", "none"] + cell["some", "some"] == changes.loc["improvement", "denominator"]
    assert cell["some"].sum() == changes.loc["improvement", "eligible"]
    assert cell["some", "none"] <= changes.loc["improvement", "numerator"]
    assert cell["none", "some"] <= changes.loc["worsening", "numerator"]
    assert cell["none"].sum() + cell["some"].sum() == changes.loc["worsening", "with_baseline"]
    assert table["started"].tolist() == [changes["started"].iloc[0]] * len(ANSWERS) ** 2


def test_an_empty_group_is_there(demo_cohort):
    changes = item_changes(
        demo_cohort, instrument="HAM-D17", window="month 12 after loading", by="route", period="2023Q2"
    )
    assert set(changes["status"]) == {"empty"}
    assert changes["estimate"].isna().all()
    transitions = item_transitions(demo_cohort, instrument="HAM-D17", window="month 12 after loading", period="2023Q2")
    assert transitions["count"].tolist() == [0] * 9

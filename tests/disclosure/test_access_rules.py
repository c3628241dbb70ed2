"""What of access and of the baseline table may leave."""

import numpy as np
import pandas as pd
import pytest

from analysis.disclosure.suppression import disclose
from analysis.estimate.access import access
from analysis.estimate.attendance import attendance
from analysis.estimate.baseline import baseline_table
from analysis.estimate.completeness import completeness
from analysis.estimate.responder_costs import responder_costs
from analysis.estimate.waiting import waiting_curve, waiting_times
from analysis.vocabulary.errors import CallError

MOST = 10


def steps(counts, group=None):
    """Make a table of access from (kind, name, count)."""
    rows, before = [], counts[0][2]
    for step, (kind, name, count) in enumerate(counts, 1):
        rows.append((step, kind, name, name, count, count / before, 0.0, 1.0, "Wilson, 95 %", count, before, "ok"))
        before = count if kind == "rung" else before
    names = [
        "step",
        "kind",
        "name",
        "label",
        "count",
        "estimate",
        "low",
        "high",
        "method",
        "numerator",
        "denominator",
        "status",
    ]
    table = pd.DataFrame(rows, columns=names).astype(dict.fromkeys(["count", "numerator", "denominator"], "Int64"))
    if group:
        table.insert(0, "payer", group)
    return table.assign(period="all", definitions="default 1")


ONE = [
    ("rung", "referred", 200), ("reason", "cost", 30), ("reason", "insurance", 4), ("reason", "preference", 8),
    ("reason", "medical", 18), ("rung", "started", 140), ("reason", "loading_stopped", 40),
    ("rung", "loading_completed", 100),
]  # fmt: skip


def test_small_reasons_are_put_together():
    shown = disclose(steps(ONE)).table
    count = shown.set_index("name")["count"]
    assert list(shown["name"])[:5] == ["referred", "cost", "medical", "other_reasons", "started"]
    assert (count["cost"], count["medical"], count["other_reasons"]) == (30, 18, 12)
    assert not (shown["status"] == "hidden").any()
    assert shown.set_index("name").loc["other_reasons", "label"] == "Other reasons"


def test_where_all_are_put_together_it_is_said():
    two = [
        ("rung", "started", 100),
        ("reason", "loading_stopped", 30),
        ("reason", "loading_open", 3),
        ("rung", "loading_completed", 67),
    ]
    shown = disclose(steps(two)).table
    assert shown["label"].tolist() == ["started", "All reasons together", "loading_completed"]
    assert shown["step"].tolist() == [1, 2, 3]


def test_what_is_put_together_is_the_same_in_every_group():
    """`cost` is small in one group only; shown in the other, a total of both would give it away."""
    other = [("rung", "referred", 90), ("reason", "cost", 5), ("reason", "insurance", 20), ("reason", "preference", 21),
             ("reason", "medical", 22), ("rung", "started", 22), ("reason", "loading_stopped", 11),
             ("rung", "loading_completed", 11)]  # fmt: skip
    shown = disclose(pd.concat([steps(ONE, "va"), steps(other, "medicaid")])).table
    assert "cost" not in set(shown["name"])
    reasons = shown[shown["name"] == "other_reasons"].set_index("payer")["count"]
    assert reasons["va"] == 30 + 4 + 8
    assert reasons["medicaid"] == 5 + 20 + 21


def test_a_single_small_reason_is_hidden_with_all_beside_it():
    lone = [("rung", "referred", 200), ("reason", "cost", 4), ("rung", "started", 196)]
    shown = disclose(steps(lone)).table.set_index("name")
    assert shown.loc["cost", "status"] == "hidden"
    assert shown.loc["referred", "status"] == "hidden" or shown.loc["started", "status"] == "hidden"


def test_a_share_of_a_hidden_rung_is_hidden():
    lone = [
        ("rung", "referred", 200),
        ("reason", "cost", 4),
        ("rung", "started", 196),
        ("reason", "loading_stopped", 96),
        ("rung", "loading_completed", 100),
    ]
    shown = disclose(steps(lone)).table
    hidden = shown[shown["status"] == "hidden"]
    assert hidden[["estimate", "numerator", "denominator", "count"]].isna().all().all()
    before = None
    for _, row in shown.iterrows():
        if before is not None and before["status"] == "hidden":
            assert pd.isna(row["estimate"])
        before = row if row["kind"] == "rung" else before


@pytest.mark.parametrize("by", [(), "payer", "source", "clinic_id"])
def test_no_small_count_of_people_is_shown_and_sums_hold(demo_cohort, by):
    shown = disclose(access(demo_cohort, by=by)).table
    counts = shown.loc[shown["status"] != "hidden", "count"].astype("int64")
    assert not counts.between(1, MOST).any()
    numerators = shown["numerator"].dropna().astype("int64")
    assert not numerators.between(1, MOST).any()


def test_a_small_level_of_the_baseline_table_is_hidden_with_another(demo_cohort):
    raw = baseline_table(demo_cohort)
    shown = disclose(raw).table
    for name in ("numerator", "denominator"):
        assert not shown.loc[shown["kind"] != "median", name].dropna().astype("int64").between(1, MOST).any()
    for (_, rows), (_, before) in zip(shown.groupby("characteristic"), raw.groupby("characteristic"), strict=True):
        gone = before.loc[rows.index[rows["status"] == "hidden"]]
        gone = gone[(gone["kind"] != "median") & (gone["numerator"] > 0)]
        assert len(gone) != 1
        assert len(gone) == 0 or gone["numerator"].sum() > MOST


def test_a_small_group_of_the_baseline_table_gives_no_difference(demo_cohort):
    raw = baseline_table(demo_cohort, by="analysed")
    shown = disclose(raw).table
    hidden = shown["status"] == "hidden"
    assert hidden.any()
    assert shown.loc[hidden, ["estimate", "low", "high", "standardised_difference"]].isna().all().all()
    of_reference = shown[hidden & (shown["analysed"] == "analysed")]
    for key in of_reference[["characteristic", "level"]].itertuples(index=False):
        same_level = (shown["characteristic"] == key.characteristic) & (shown["level"] == key.level)
        assert shown.loc[same_level, "standardised_difference"].isna().all()


def test_few_missing_values_are_not_given_away_by_those_known():
    table = pd.DataFrame(
        {
            "group": "all", "characteristic": "sex", "kind": ["share", "share", "missing"],
            "level": ["female", "male", "missing"], "unit": "share", "estimate": [0.6, 0.4, 0.03],
            "low": 0.0, "high": 1.0,
            "method": "Wilson, 95 %", "numerator": [58, 39, 3], "denominator": [97, 97, 100], "status": "ok",
            "lower_quartile": np.nan, "upper_quartile": np.nan, "reference": None, "standardised_difference": np.nan,
            "people": 100,
        }
    ).astype({"numerator": "Int64", "denominator": "Int64", "people": "Int64"})  # fmt: skip
    shown = disclose(table).table
    assert set(shown["status"]) == {"hidden"}
    assert shown["people"].tolist() == [100, 100, 100]


@pytest.mark.parametrize(
    ("make", "why"),
    [
        (waiting_curve, "single people's days"),
        (waiting_times, "the people between them"),
        (attendance, "sessions are counted"),
        (responder_costs, "tells how many responded"),
    ],
)
def test_what_has_no_rules_stays_inside(demo_cohort, make, why):
    table = make(demo_cohort)
    with pytest.raises(CallError, match=f"no rules for this table: .*{why}.*audience='internal'"):
        disclose(table)
    assert len(disclose(table, audience="internal").table) == len(table)


def test_completeness_goes_by_the_rules_of_rates(demo_cohort):
    shown = disclose(completeness(demo_cohort, by="diagnosis")).table
    assert (shown["status"] == "hidden").any()
    assert not shown["numerator"].dropna().astype("int64").between(1, MOST).any()

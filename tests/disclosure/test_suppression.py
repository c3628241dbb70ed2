"""What may leave: drawn tables before and after the gate."""

import pandas as pd
import pytest

from analysis.disclosure.policy import Policy
from analysis.disclosure.suppression import disclose
from analysis.estimate.flow import STEPS, flow
from analysis.estimate.means import mean_scores
from analysis.estimate.rates import response_rates
from analysis.vocabulary.errors import CallError


def rates(*rows, estimand="observed"):
    """Draw a table of rates by clinic: (numerator, scored, eligible, started) each."""
    table = pd.DataFrame(rows, columns=["numerator", "scored", "eligible", "started"], dtype="Int64")
    rung = {"observed": "scored", "nonresponder": "eligible", "starters": "started"}[estimand]
    table.insert(0, "clinic_id", [f"C{k}" for k in range(len(rows))])
    share = table["numerator"].astype("float64") / table[rung].astype("float64")
    return table.assign(
        window="end of loading", outcome="response", estimand=estimand, estimate=share, low=0.0, high=1.0,
        denominator=table[rung], status="ok",
    )  # fmt: skip


def status(table, **options):
    return list(disclose(table, **options).table["status"])


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        ((12, 24, 60, 80), "ok"),
        ((11, 24, 60, 80), "hidden"),  # were 11 always shown, "hidden" would say 10 at most
        ((10, 22, 60, 80), "hidden"),  # numerator 10
        ((1, 22, 60, 80), "hidden"),
        ((0, 22, 60, 80), "ok"),  # zero names nobody
        ((12, 22, 60, 80), "hidden"),  # complement 10
        ((24, 24, 60, 80), "ok"),  # complement 0
        ((0, 10, 60, 80), "hidden"),  # denominator 10
        ((12, 40, 50, 80), "hidden"),  # 50 eligible and 40 scored would show 10
        ((12, 40, 51, 80), "hidden"),  # and 11
        ((12, 40, 52, 80), "ok"),
    ],
)
def test_small_counts_are_hidden_with_their_rate(row, expected):
    assert status(rates(row)) == [expected]


@pytest.mark.parametrize("estimand", ["nonresponder", "starters"])
def test_a_small_complement_among_those_scored_hides_the_numerator_everywhere(estimand):
    # 30 of 35 scored: 5 did not respond; 30 of 60 would give it away beside the 35.
    assert status(rates((30, 35, 60, 80), estimand=estimand)) == ["hidden"]


def test_a_hidden_row_keeps_its_group_and_loses_every_value():
    hidden = disclose(rates((5, 40, 60, 80))).table.iloc[0]
    assert hidden["clinic_id"] == "C0"
    assert hidden[["estimate", "low", "high", "numerator", "denominator"]].isna().all()


def test_a_rung_close_to_one_that_is_shown_is_hidden_and_starters_stay():
    # 80 started and 75 eligible: showing both would show 5.
    for estimand, expected in (("starters", "ok"), ("nonresponder", "hidden"), ("observed", "ok")):
        shown = disclose(rates((30, 60, 75, 80), estimand=estimand)).table.iloc[0]
        assert shown["status"] == expected
        assert shown["started"] == 80
        assert pd.isna(shown["eligible"])


def test_one_hidden_group_takes_the_next_smallest_with_it():
    table = rates((40, 90, 150, 200), (5, 40, 60, 80), (30, 60, 100, 120))
    assert status(table) == ["ok", "hidden", "hidden"]


def test_two_hidden_groups_protect_each_other_when_they_add_up_to_more_than_10():
    big = (40, 90, 150, 200)
    assert status(rates(big, (7, 40, 60, 80), (6, 60, 100, 120))) == ["ok", "hidden", "hidden"]
    # 1 and 1 add up to 2, which a shown total would give: both would be exactly 1.
    assert status(rates(big, (1, 40, 60, 80), (1, 60, 100, 120))) == ["hidden", "hidden", "hidden"]


def test_completers_are_hidden_where_the_others_scored_hold_few_responders():
    # 43 of 80 scored and 42 of 60 completers responded: 1 of the 20 others did.
    both = [rates((43, 80, 110, 130)), rates((42, 80, 110, 130))]
    both[1] = both[1].assign(estimand="completers", denominator=60)
    assert status(pd.concat(both, ignore_index=True)) == ["ok", "hidden"]
    both[1] = both[1].assign(numerator=30)
    assert status(pd.concat(both, ignore_index=True)) == ["ok", "hidden"]  # 13 of 20: 7 did not respond
    both[1] = both[1].assign(denominator=55)
    assert status(pd.concat(both, ignore_index=True)) == ["ok", "ok"]


def test_an_outcome_within_another_is_hidden_where_the_difference_is_few_people():
    response, remission = rates((28, 60, 90, 110)), rates((21, 60, 90, 110)).assign(outcome="remission")
    assert status(pd.concat([response, remission], ignore_index=True)) == ["ok", "hidden"]
    fewer = remission.assign(numerator=pd.array([16], dtype="Int64"))
    assert status(pd.concat([response, fewer], ignore_index=True)) == ["ok", "ok"]


def test_without_a_period_a_later_window_must_not_differ_by_few_people():
    windows = [rates((30, 60, 90, 130)), rates((25, 60, 90, 127)).assign(window="month 1 after loading")]
    for period, started in (("all", [130, None]), ("2025", [130, 127])):
        shown = disclose(pd.concat(windows, ignore_index=True).assign(period=period)).table
        assert [None if pd.isna(count) else count for count in shown["started"]] == started


def test_with_two_groups_no_line_of_the_table_has_a_single_hidden_cell():
    rows = [(40, 90, 150, 200), (5, 40, 60, 80), (30, 70, 100, 130), (35, 80, 120, 160)]
    table = rates(*rows).assign(clinic_id=["A", "A", "B", "B"])
    table.insert(1, "route", ["im", "iv", "im", "iv"])
    hidden = pd.Series(status(table)) == "hidden"
    for name in ("clinic_id", "route"):
        assert set(hidden.groupby(table[name]).sum()) <= {0, 2}
    assert hidden[1]


def test_the_group_hidden_for_anothers_sake_is_the_same_under_every_denominator():
    # C1 has 5 responders. C2 has the fewest starters, C0 the fewest scored; whichever is hidden with C1, it must be the
    # same one in each table, or the numerator shown in one table would undo the hiding in the other.
    rows = [(40, 70, 150, 200), (5, 80, 100, 130), (30, 90, 100, 120)]
    for estimand in ("observed", "nonresponder", "starters"):
        assert status(rates(*rows, estimand=estimand)) == ["ok", "hidden", "hidden"]


def test_a_rung_hidden_in_one_group_is_hidden_in_the_next_smallest_too():
    # The eligible of all three are shown elsewhere; 75 of 80 must not be what the others leave over.
    rows = [(40, 90, 150, 200), (30, 60, 75, 80), (30, 60, 100, 120)]
    for estimand, expected in (("nonresponder", ["ok", "hidden", "hidden"]), ("observed", ["ok", "ok", "ok"])):
        shown = disclose(rates(*rows, estimand=estimand)).table
        assert list(shown["status"]) == expected
        assert list(shown["eligible"].isna()) == [False, True, True]


def test_internal_hides_nothing():
    passed = disclose(rates((5, 40, 60, 80)), audience="internal")
    assert (passed.hidden, passed.audience, passed.table["numerator"][0]) == (0, "internal", 5)


def test_the_threshold_is_the_policys():
    assert status(rates((5, 40, 60, 80)), policy=Policy("under 4", 3)) == ["ok"]


def test_the_callers_table_is_left_alone():
    table = rates((5, 40, 60, 80))
    disclose(table)
    assert table["numerator"][0] == 5


def test_what_is_no_table_of_estimates_and_an_unknown_audience_are_refused():
    with pytest.raises(CallError, match="a table from response_rates"):
        disclose(pd.DataFrame({"clinic_id": ["A"]}))
    with pytest.raises(CallError, match="audience: 'press' is unknown"):
        disclose(rates((5, 40, 60, 80)), audience="press")


def test_representations_are_escaped():
    table = rates((30, 60, 100, 120)).assign(clinic_id="<img src=x>")
    assert "<img" not in disclose(table)._repr_html_()


def flow_of(**counts):
    """Draw a flow; steps that are not named count 0."""
    steps = [(k, kind, name, counts.get(name, 0)) for k, (kind, name, _, _) in enumerate(STEPS, 1)]
    table = pd.DataFrame(steps, columns=["step", "kind", "name", "count"]).astype({"count": "Int64"})
    table.insert(0, "instrument", "PHQ-9")
    return table.assign(window="end of loading", status="ok")


def shown_counts(table):
    shown = disclose(table).table
    return {name: count for name, count in zip(shown["name"], shown["count"], strict=True) if pd.notna(count)}


BIG = {
    "treated": 300, "not_due": 20, "started": 280, "loading_completed": 150, "loading_stopped": 130, "no_baseline": 30,
    "baseline": 250, "below_entry": 30, "eligible": 220, "not_scored": 70, "scored": 150, "not_responded": 80,
    "responded": 70,
}  # fmt: skip


def test_a_flow_of_large_counts_is_shown_whole():
    assert disclose(flow_of(**BIG)).hidden == 0


def test_a_small_reason_hides_the_less_important_rung_beside_it():
    shown = shown_counts(flow_of(**(BIG | {"no_baseline": 4, "baseline": 276, "below_entry": 56})))
    assert "no_baseline" not in shown
    assert "baseline" not in shown
    assert "below_entry" not in shown
    assert shown["started"] - shown["eligible"] == 60


def test_one_small_branch_takes_the_next_smallest_with_it():
    shown = shown_counts(flow_of(**(BIG | {"loading_completed": 145, "loading_stopped": 130, "loading_open": 5})))
    assert "loading_open" not in shown
    assert "loading_stopped" not in shown
    assert "loading_completed" in shown


def test_of_two_reasons_between_the_same_rungs_neither_shows_when_one_is_small():
    shown = shown_counts(flow_of(**(BIG | {"prior_ketamine": 3, "not_due": 17})))
    assert not {"prior_ketamine", "not_due"} & set(shown)


@pytest.mark.parametrize("period", ["2026Q3", "2025", None])
def test_no_small_count_and_no_small_difference_leaves_the_demo(demo_cohort, period):
    for by in ((), "clinic_id", "route"):
        options = {"instrument": "PHQ-9", "window": "end of loading", "by": by, "period": period}
        steps = disclose(flow(demo_cohort, **options)).table
        assert not steps["count"].between(1, 10).any()
        for outcome in ("response", "remission"):
            raw = response_rates(
                demo_cohort, **options, outcome=outcome, denominator=["observed", "nonresponder", "starters"]
            )
            shown = disclose(raw).table
            for column in ("numerator", "denominator", "started", "eligible", "scored", "with_baseline"):
                assert not shown[column].between(1, 10).any()
            ladder = shown[["started", "with_baseline", "eligible", "scored", "numerator"]]
            for left in ladder:
                for right in ladder:
                    assert not (ladder[left] - ladder[right]).between(1, 10).any()


def test_means_are_hidden_by_the_number_scored(demo_cohort):
    table = mean_scores(demo_cohort, instrument="PHQ-9", window="after session 1", by="clinic_id", period="2026Q3")
    small = table["denominator"].between(1, 10)
    shown = disclose(table).table
    assert shown.loc[small, "estimate"].isna().all()


def test_a_flow_by_group_hides_a_step_in_more_than_one_group():
    small = flow_of(**(BIG | {"not_scored": 4, "scored": 216, "not_responded": 146}))
    flows = pd.concat(
        [each.assign(route=name) for name, each in (("im", small), ("iv", flow_of(**BIG)), ("sc", flow_of(**BIG)))],
        ignore_index=True,
    )
    flows = flows[["route", *flows.columns.drop("route")]]
    shown = disclose(flows).table
    hidden = shown[shown["status"] == "hidden"].groupby("name")["route"].nunique()
    assert hidden["not_scored"] >= 2
    assert (hidden >= 2).all()


@pytest.mark.parametrize("by", ["clinic_id", "route", "sex", "diagnosis", ["clinic_id", "route"]])
def test_no_hidden_cell_of_the_demo_is_what_the_shown_ones_leave_of_the_total(demo_cohort, by):
    options = {"instrument": "PHQ-9", "window": "end of loading", "period": "2025"}
    for outcome in ("response", "remission"):
        total = response_rates(demo_cohort, **options, outcome=outcome, denominator="starters").iloc[0]
        shown = disclose(response_rates(demo_cohort, **options, outcome=outcome, denominator="starters", by=by)).table
        for column in ("numerator", "started", "eligible", "scored"):
            left = total[column] - shown[column].sum()
            assert left == 0 or left > 10
    steps = disclose(flow(demo_cohort, **options)).table.set_index("name")["count"].dropna()
    by_group = disclose(flow(demo_cohort, **options, by=by)).table
    for name, each in by_group[by_group["name"].isin(steps.index)].groupby("name"):
        left = steps[name] - each["count"].sum()
        assert left == 0 or left > 10


def test_all_groups_of_a_small_total_are_hidden_also_empty_ones():
    # 4 + 0 + 6 people: were the empty group shown, each of the others would be at most 9.
    shown = disclose(rates((1, 2, 3, 4), (0, 0, 0, 0), (2, 3, 5, 6))).table
    assert shown["started"].isna().all()
    large = disclose(rates((1, 2, 3, 4), (0, 0, 0, 0), (40, 60, 80, 100), (30, 50, 70, 90))).table
    assert list(large["started"].isna()) == [True, False, False, True]


def test_below_a_small_rung_nothing_says_that_it_is_not_0():
    shown = disclose(rates((0, 0, 8, 60))).table.iloc[0]
    assert pd.isna(shown["eligible"])
    assert pd.isna(shown["scored"])


def test_an_empty_outcome_is_hidden_beside_a_small_one():
    both = [rates((8, 60, 90, 120)), rates((0, 60, 90, 120)).assign(outcome="remission")]
    assert status(pd.concat(both, ignore_index=True)) == ["hidden", "hidden"]
    assert status(both[1]) == ["ok"]


def test_baselines_are_hidden_beside_hidden_eligible_also_where_all_have_one():
    table = rates((30, 60, 75, 80)).assign(with_baseline=pd.array([80], dtype="Int64"))
    assert pd.isna(disclose(table).table["with_baseline"][0])


def test_one_small_reason_of_several_hides_what_they_add_up_to():
    steps = [
        ("rung", "treated", 100),
        ("reason", "prior_ketamine", 4),
        ("reason", "not_due", 36),
        ("rung", "started", 60),
    ]
    table = pd.DataFrame(steps, columns=["kind", "name", "count"]).assign(instrument="PHQ-9", window="w", status="ok")
    shown = disclose(table.astype({"count": "Int64"})).table
    assert list(shown["count"].isna()) == [True, True, True, False]

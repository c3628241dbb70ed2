"""The flow's arithmetic is checked wherever its counts are shown."""

import pandas as pd
import pytest

from analysis.charts.flow_steps import adds_up, ladder, one_flow, shown_count
from analysis.charts.tidy import tidy
from analysis.vocabulary.errors import CallError

STEPS = [
    ("rung", "treated", 100),
    ("reason", "prior_ketamine", 5),
    ("reason", "not_due", 15),
    ("rung", "started", 80),
    ("branch", "loading_completed", 50),
    ("branch", "loading_stopped", 30),
    ("reason", "no_baseline", 10),
    ("rung", "baseline", 70),
]


def steps(changed=None, hidden=()):
    counts = {name: count for _, name, count in STEPS} | (changed or {})
    rows = [
        {
            "instrument": "PHQ-9",
            "window": "end of loading",
            "step": step,
            "kind": kind,
            "name": name,
            "label": name,
            "count": pd.NA if name in hidden else counts[name],
            "status": "hidden" if name in hidden else "ok",
        }
        for step, (kind, name, _) in enumerate(STEPS, 1)
    ]
    return tidy(pd.DataFrame(rows).astype({"count": "Int64"}), chart="flow_diagram", needs=[])


def test_reasons_stand_before_their_rung_whatever_the_order_of_rows():
    data = steps()
    shuffled = type(data)(data.rows.sample(frac=1, random_state=2), data.groups, data.internal)
    rungs, branches = ladder(shuffled)
    assert [rung.row["name"] for rung in rungs] == ["treated", "started", "baseline"]
    assert [list(rung.reasons["name"]) for rung in rungs] == [[], ["prior_ketamine", "not_due"], ["no_baseline"]]
    assert list(branches["name"]) == ["loading_completed", "loading_stopped"]


def test_what_adds_up_passes():
    adds_up(*ladder(steps()))


def test_a_rung_that_is_not_the_one_before_less_its_reasons():
    with pytest.raises(CallError, match=r"do not add up at 'started': 100 less the reasons \(5, 16\) is not 80"):
        adds_up(*ladder(steps({"not_due": 16})))


def test_branches_that_are_not_those_who_started():
    with pytest.raises(CallError, match=r"branches \(50, 29\) do not add up to the 80 who started"):
        adds_up(*ladder(steps({"loading_stopped": 29})))


@pytest.mark.parametrize("hidden", ["not_due", "treated", "started"])
def test_a_sum_with_a_hidden_part_is_not_checked(hidden):
    adds_up(*ladder(steps({"prior_ketamine": 6}, hidden=[hidden])))


def test_the_sums_beside_a_hidden_one_are_still_checked():
    with pytest.raises(CallError, match="do not add up at 'baseline'"):
        adds_up(*ladder(steps({"baseline": 71}, hidden=["not_due"])))


def test_a_hidden_count_is_a_word():
    data = steps(hidden=["treated"])
    assert [shown_count(row) for _, row in data.rows.iterrows()][:2] == ["hidden", "5"]


def test_a_reason_at_the_end_is_refused():
    data = steps()
    with pytest.raises(CallError, match="begin and end with a rung"):
        ladder(type(data)(data.rows[data.rows["name"] != "baseline"], (), False))


def test_an_unknown_kind_is_refused():
    data = steps()
    with pytest.raises(CallError, match="kind 'step'"):
        one_flow(type(data)(data.rows.assign(kind="step"), (), False))


def test_a_step_that_stands_twice_is_refused():
    data = steps()
    with pytest.raises(CallError, match="stands in the table twice"):
        one_flow(type(data)(pd.concat([data.rows, data.rows]), (), False))

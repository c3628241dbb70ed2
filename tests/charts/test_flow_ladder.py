"""The flow diagram shows every count of the table and adds up."""

from itertools import pairwise

import pandas as pd
import pytest
from matplotlib.figure import Figure

from analysis import charts
from analysis.estimate.flow import STEPS
from analysis.vocabulary.errors import CallError

COUNTS = {
    "treated": 1200,
    "prior_ketamine": 61,
    "undated": 12,
    "not_due": 125,
    "started": 1002,
    "loading_completed": 611,
    "loading_stopped": 381,
    "loading_open": 10,
    "loading_unknown": 0,
    "no_baseline": 74,
    "baseline": 928,
    "below_entry": 52,
    "eligible": 876,
    "not_scored": 303,
    "scored": 573,
    "not_responded": 290,
    "responded": 283,
}


def flow_table(hidden=(), **groups):
    rows = [
        {
            **groups,
            "instrument": "PHQ-9",
            "window": "end of loading",
            "step": step,
            "kind": kind,
            "name": name,
            "label": label,
            "count": pd.NA if name in hidden else COUNTS[name],
            "status": "hidden" if name in hidden else "ok",
            "due": "date",
            "definitions": "default 1 (3f2a9c1b)",
        }
        for step, (kind, name, label, _) in enumerate(STEPS, 1)
    ]
    return pd.DataFrame(rows).astype({"count": "Int64"})


def written(ax):
    found = {
        text.get_gid().removeprefix("count:"): text.get_text() for text in ax.texts if "count:" in str(text.get_gid())
    }
    return {name: found[name] for name in COUNTS if name in found}


def test_every_count_is_written_once():
    assert written(charts.flow_diagram(flow_table())) == {name: f"{count:,}" for name, count in COUNTS.items()}


def test_hidden_counts_say_so():
    hidden = ["prior_ketamine", "not_due", "loading_open", "loading_stopped", "responded", "not_responded"]
    shown = written(charts.flow_diagram(flow_table(hidden)))
    assert {name for name, text in shown.items() if text == "hidden"} == set(hidden)
    for count in ("61", "125", "290", "283"):
        assert count not in shown.values()


def test_all_hidden_is_drawn():
    ax = charts.flow_diagram(flow_table(COUNTS))
    assert set(written(ax).values()) == {"hidden"}
    assert "17 of 17 values are hidden" in charts.alt_text(ax)


@pytest.mark.parametrize("hidden", [(), ("prior_ketamine", "not_due"), COUNTS])
@pytest.mark.parametrize("is_public", [True, False])
def test_nothing_touches_or_is_clipped(hidden, is_public, public, crowding):
    table = flow_table(hidden, clinic_id="Northern Regional Ketamine and Mood Disorders Clinic of the Upper Valley")
    assert crowding(charts.flow_diagram(public(table) if is_public else table)) == []


def test_boxes_do_not_overlap(marks):
    ax = charts.flow_diagram(flow_table())
    for kind, number in (("rung", 6), ("side", 6)):
        boxes = sorted((box.get_x(), box.get_y(), box.get_y() + box.get_height()) for box in marks(ax, kind))
        assert len(boxes) == number
        for (x, _, bottom), (next_x, top, _) in pairwise(boxes):
            assert x != next_x or bottom < top


def test_a_table_with_a_row_taken_out_does_not_add_up():
    table = flow_table()
    with pytest.raises(CallError, match="do not add up at 'Started, window over'"):
        charts.flow_diagram(table[table["name"] != "not_due"])


def test_several_flows_are_refused():
    with pytest.raises(CallError, match=r"several, by clinic_id\. Select one"):
        charts.flow_diagram(pd.concat([flow_table(clinic_id="A"), flow_table(clinic_id="B")]))


def test_axes_given_are_axes_returned():
    ax = Figure(figsize=(8, 8)).add_subplot()
    assert charts.flow_diagram(flow_table(), ax=ax) is ax


def test_the_words_for_screen_readers(public):
    ax = charts.flow_diagram(public(flow_table(["loading_open", "loading_unknown"], clinic_id="North")))
    assert charts.alt_text(ax) == (
        "Who is counted: PHQ-9 at the end of loading, clinic: North. Flow diagram in 6 steps. "
        "Started treatment: 1,200; Started, window over: 1,002; Have a baseline: 928; Eligible: 876; "
        "Scored in the window: 573; Responded: 283. "
        "The largest number shown that leaves: 303, no score in the window. "
        "Of those who started: completed loading 611; stopped during loading 381; still in loading hidden; "
        "loading not known hidden. 2 of 17 values are hidden to protect small groups."
    )


@pytest.mark.parametrize("audience", ["public", "internal"])
def test_the_demos_own_flow_adds_up(demo_cohort, audience, crowding):
    from analysis import disclose, flow

    table = disclose(flow(demo_cohort, instrument="PHQ-9", window="month 3 after loading"), audience=audience)
    ax = charts.flow_diagram(table)
    shown = {text for text in written(ax).values() if text != "hidden"}
    assert shown == {f"{count:,}" for count in table.table["count"].dropna()}
    assert crowding(ax) == []

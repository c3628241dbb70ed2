"""Curves of times to an event: what is drawn, the numbers under it, and the words."""

import pandas as pd
import pytest

from analysis.charts.picture import alt_text, caption
from analysis.charts.time_to_event import curves_over_time
from analysis.disclosure.suppression import disclose
from analysis.vocabulary.errors import CallError


def rows(strategy="treatment-policy", **columns):
    return pd.DataFrame(
        {
            "instrument": "PHQ-9", "event": "relapse", "origin": "end of loading response", "strategy": strategy,
            "happened": "event", "day": [0, 30, 90, 200], "estimate": [0.0, 0.2, 0.4, 0.6],
            "low": [None, 0.1, 0.3, 0.5], "high": [None, 0.3, 0.5, 0.7], "method": "Kaplan-Meier, log-log, 95 %",
            "numerator": [0, 20, 38, 50], "denominator": 100, "at_risk": [100, 100, 78, 52],
            "censored": [0, 2, 10, 15], "status": "ok", "definitions": "default 1",
        }
        | columns
    )  # fmt: skip


def written(ax, gid):
    return [text.get_text() for text in ax.texts if text.get_gid() == gid]


def test_everybody_is_in_one_row_of_the_numbers_at_every_tick():
    ax = curves_over_time(rows())
    columns = [[int(each) for each in written(ax, f"number:{name}")] for name in ("still", "had", "censored")]
    assert columns == [[100, 78, 78, 52, 52, 52, 52], [0, 20, 20, 38, 38, 38, 38], [0, 2, 2, 10, 10, 10, 10]]
    assert {sum(column) for column in zip(*columns, strict=True)} == {100}
    assert [label.get_text() for label in ax.get_xticklabels()] == ["0", "30", "60", "90", "120", "150", "180"]


def test_steps_and_shading_are_those_of_the_table():
    ax = curves_over_time(rows())
    (line,) = [line for line in ax.lines if line.get_gid() == "curve"]
    assert line.get_drawstyle() == "steps-post"
    assert line.get_ydata().tolist() == [0.0, 0.2, 0.4, 0.6]
    assert [each.get_gid() for each in ax.collections] == ["interval"]


def test_a_raw_table_is_stamped_and_a_disclosed_one_shows_only_points():
    assert written(curves_over_time(rows()), "stamp")
    public = curves_over_time(disclose(rows()))
    assert not written(public, "stamp")
    (line,) = [line for line in public.lines if line.get_gid() == "curve"]
    assert (line.get_drawstyle(), line.get_marker()) == ("default", "o")
    assert "protect small groups" in caption(public)


def test_words_name_event_origin_strategy_and_when_half_had_it():
    both = pd.concat([rows(), rows("while-on-treatment", estimate=[0.0, 0.1, 0.2, 0.3])], ignore_index=True)
    said = alt_text(curves_over_time(both))
    assert "Time to relapse" in said
    assert "since the response at the end of loading" in said
    assert "Treatment-policy: half by day 200" in said
    assert "While-on-treatment: half not reached" in said


@pytest.mark.parametrize(
    ("table", "message"),
    [
        (rows(status="too few"), "no group of the table has a curve"),
        (rows().drop(columns="censored"), "needs the column 'censored'"),
        (rows(event=["relapse", "relapse", "response", "response"]), "draws one event"),
        (pd.concat([rows(name) for name in "abcde"], ignore_index=True), "shows at most 4 series"),
    ],
)
def test_what_cannot_be_drawn_says_why(table, message):
    with pytest.raises(CallError, match=message):
        curves_over_time(table)

"""Instruments made of their entries."""

import pytest

from analysis.vocabulary.errors import DataError
from analysis.vocabulary.instrument_entries import instruments_of

PAIN = {"title": "Pain", "items": 2, "item_max": 10, "rater": "self", "source": "ours", "verified": False}


def made(**entries):
    return instruments_of(entries, file="mine.toml")


def test_an_entry_needs_six_keys_and_what_it_leaves_out_is_not_established():
    scale = made(pain=PAIN)["pain"]
    assert (scale.name, scale.item_max, scale.total_min, scale.total_max) == ("pain", (10, 10), 0, 20)
    assert (scale.entry_score, scale.remission_score, scale.reliable_change, scale.recall_days) == (None,) * 4
    assert (scale.direction, scale.score_kind, scale.missing_items_allowed) == ("lower", "total", 0)
    assert (scale.severity, scale.named_items) == ((), {})


def test_an_entry_takes_from_the_one_it_is_like_what_it_does_not_say():
    scales = made(pain=PAIN, today={"like": "pain", "recall_days": 0, "items": 3})
    assert list(scales) == ["pain", "today"]
    today = scales["today"]
    assert (today.name, today.title, today.recall_days, today.item_max) == ("today", "Pain", 0, (10, 10, 10))


@pytest.mark.parametrize(
    ("entries", "message"),
    [
        ({"pain": 3}, "mine.toml: `instruments.pain`: a table is needed here."),
        ({"pain": PAIN | {"items": "two"}}, "mine.toml: `instruments.pain`: `items` must be a whole number."),
        ({"pain": PAIN | {"items": 0}}, "mine.toml: `instruments.pain`: items must be 1 or more."),
        ({"pain": PAIN | {"item_max": 1.5}}, "mine.toml: `instruments.pain`: `item_max` must be a list."),
        ({"pain": PAIN | {"cutoff": 3}}, "mine.toml: `instruments.pain`: unknown key `cutoff`."),
        ({"pain": PAIN | {"entryscore": 3}}, "unknown key `entryscore`. Did you mean 'entry_score'?"),
        ({"pain": PAIN | {"named_items": {"mood": "first"}}}, "`named_items.mood` must be a whole number."),
        ({"pain": PAIN | {"meaningful_change": [[3, "ours"]]}}, "`meaningful_change` must list 3 values."),
        ({"pain": PAIN, "now": {"like": "pian"}}, "`like` must name another instrument. Did you mean 'pain'?"),
        ({"pain": PAIN, "now": {"like": 3}}, "`instruments.now`: `like` must name another instrument."),
        (
            {"pain": PAIN, "now": {"like": "pain"}, "then": {"like": "now"}},
            "`instruments.then`: `like` names 'now', which is itself like another. Name that one.",
        ),
        ({"now": {"like": "now"}}, "`instruments.now`: `like` names 'now', which is itself like another."),
    ],
)
def test_a_wrong_entry_is_named(entries, message):
    with pytest.raises(DataError) as caught:
        made(**entries)
    assert message in str(caught.value)


def test_instruments_that_are_no_table_are_refused():
    with pytest.raises(DataError, match="mine.toml: `instruments` must be a table"):
        instruments_of(3, file="mine.toml")

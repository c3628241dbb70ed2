"""What cannot be true at once in an instrument: each contradiction is found, and named in one sentence."""

from dataclasses import replace

import pytest

from analysis.vocabulary.definitions import default_definitions
from analysis.vocabulary.instrument_contradictions import contradictions

INSTRUMENTS = default_definitions().instruments


@pytest.mark.parametrize("name", INSTRUMENTS)
def test_a_shipped_instrument_has_no_contradiction(name):
    assert contradictions(INSTRUMENTS[name]) == []


@pytest.mark.parametrize(
    ("name", "change", "sentence"),
    [
        ("PHQ-9", {"rater": "nurse"}, "rater must be self or clinician"),
        ("PHQ-9", {"direction": "up"}, "direction must be lower or higher"),
        ("PHQ-9", {"score_kind": "sum"}, "score_kind must be total or category"),
        ("PHQ-9", {"items": 0}, "items must be 1 or more"),
        ("PHQ-9", {"items": 8}, "item_max lists 9 numbers for 8 items"),
        ("PHQ-9", {"item_min": 3}, "item_max must lie over item_min, and item_min must be 0 or more"),
        ("PHQ-9", {"item_min": -1}, "item_max must lie over item_min, and item_min must be 0 or more"),
        ("PHQ-9", {"multiplier": 0}, "multiplier must be 1 or more"),
        ("PHQ-9", {"missing_items_allowed": 9}, "missing_items_allowed must be 0 or more and fewer than the items"),
        ("PHQ-9", {"suicide_item": 10}, "suicide_item must be the number of an item, 1 to 9"),
        (
            "PHQ-9",
            {"named_items": {"mood": 10}},
            "named_items.mood must be the number of an item, 1 to 9, or 0 for the total",
        ),
        ("PHQ-9", {"remission_score": 10, "relapse_score": None}, "remission_score must lie under entry_score"),
        ("PHQ-9", {"relapse_score": 4}, "remission_score must lie under relapse_score"),
        ("PHQ-9", {"relapse_score": 28}, "relapse_score must lie between 0 and 27, the range of the total"),
        ("PHQ-9", {"entry_score": 28}, "entry_score must lie between 1 and the highest total 27"),
        (
            "PHQ-9",
            {"remission_score": 28, "entry_score": None, "relapse_score": None},
            "remission_score must lie between 0 and 27, the range of the total",
        ),
        (
            "PHQ-9",
            {"remission_score": None, "remission_alternatives": (3,)},
            "remission_alternatives need a remission_score",
        ),
        ("MADRS", {"remission_alternatives": (20,)}, "remission_alternatives must lie under entry_score"),
        ("PHQ-9", {"reliable_change": 28}, "reliable_change must lie between 1 and 27, the widest change there can be"),
        ("PHQ-9", {"meaningful_change": ((0, "x", False),)}, "meaningful_change must lie between 0 and 27 points"),
        ("PHQ-9", {"meaningful_percent": ((101, "x", False),)}, "meaningful_percent must lie between 0 and 100"),
        ("PHQ-9", {"recall_days": -1}, "recall_days must be 0 or more"),
        ("PHQ-9", {"severity": ((5, "mild"),)}, "severity bands must start at 0 and rise"),
        ("PHQ-9", {"severity": ((0, "a"), (9, "b"), (5, "c"))}, "severity bands must start at 0 and rise"),
        (
            "PHQ-9",
            {"severity": ((0, "a"), (28, "b"))},
            "severity bands must lie within the range of the total, 0 to 27",
        ),
        ("WHO-5", {"remission_score": 50}, "remission_score must lie over entry_score"),
        (
            "WHO-5",
            {"entry_score": 100, "remission_score": None},
            "entry_score must lie between the lowest total 0 and 99",
        ),
        (
            "WHO-5",
            {"response_points": None},
            "response_points is needed: where higher is better or the total starts above 0, a share of the baseline "
            "says nothing",
        ),
        (
            "SHAPS-sum",
            {"entry_score": 30},
            "response_points is needed: where higher is better or the total starts above 0, a share of the baseline "
            "says nothing",
        ),
        ("SHAPS-sum", {"severity": ((0, "none"),)}, "severity bands must start at 14 and rise"),
        ("QIDS-SR16", {"missing_items_allowed": 1}, "domains cannot be prorated: missing_items_allowed must be 0"),
        ("QIDS-SR16", {"domains": ((1, 2),), "either": ()}, "domains must hold each item from 1 to 16 once"),
        ("QIDS-SR16", {"either": ((5, 6),)}, "either must list items of one domain, of which one answer is enough"),
        ("PHQ-9", {"either": ((1, 2),)}, "either must list items of one domain, of which one answer is enough"),
        (
            "PHQ-9",
            {"skips": ((2, (3,)),)},
            'skips and category_items are for score_kind = "category": in a total every item counts',
        ),
        (
            "C-SSRS",
            {"skips": ((2, (8,)),)},
            "skips must list an item that is asked, and others, 1 to 7, that may be left out",
        ),
        ("C-SSRS", {"missing_items_allowed": 1}, "a category cannot be prorated: missing_items_allowed must be 0"),
        ("C-SSRS", {"multiplier": 2}, "a category has neither domains, a multiplier nor an item_min"),
        (
            "C-SSRS",
            {"category_items": ((1, 2), (3, 6), (4, 8))},
            "category_items must list items from 1 to 7, each at most once",
        ),
        (
            "C-SSRS",
            {"severity": ((0, "none"), (1, "low"))},
            "severity must name each category by its number: 0 for the lowest, and 1 and so on for category_items",
        ),
        (
            "C-SSRS",
            {"entry_score": 1},
            "a category has no points: leave out entry_score, remission_score, relapse_score, response_points, "
            "reliable_change and remission_alternatives",
        ),
    ],
)
def test_a_contradiction_is_named(name, change, sentence):
    assert sentence in contradictions(replace(INSTRUMENTS[name], **change))

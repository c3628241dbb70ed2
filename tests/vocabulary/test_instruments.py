"""Instruments: the shipped entries hold together."""

import pytest

from analysis.vocabulary.definitions import default_definitions
from analysis.vocabulary.instruments import contradictions

INSTRUMENTS = default_definitions().instruments


@pytest.mark.parametrize("name", INSTRUMENTS)
def test_a_shipped_instrument_has_no_contradiction_and_names_its_source(name):
    assert contradictions(INSTRUMENTS[name]) == []
    assert INSTRUMENTS[name].source
    assert INSTRUMENTS[name].name == name


def test_phq9_bands_are_the_published_ones():
    # LOINC answer list LL382-3.
    expected = ((0, "none or minimal"), (5, "mild"), (10, "moderate"), (15, "moderately severe"), (20, "severe"))
    assert INSTRUMENTS["PHQ-9"].severity == expected


def test_hamd17_has_nine_items_to_4_and_eight_items_to_2():
    # Nine items scored 0-4 and eight scored 0-2: 52 at most.
    tops = sorted(INSTRUMENTS["HAM-D17"].item_max)
    assert tops == [2] * 8 + [4] * 9

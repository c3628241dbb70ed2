"""Rows counted chunk by chunk: reasons in the same order and numbers as at once, also across joined files."""

import pandas as pd

from analysis.intake.mapping_grammar import Join, Mapping, SourceFile
from analysis.intake.sources import Source
from analysis.intake.tally import NOT_REFERRED_TO, PartCounts, Tally

PEOPLE = SourceFile("people", "people.csv", ",", "utf-8", (), {}, (), {})
VISITS = SourceFile("visits", "visits.csv", ",", "utf-8", (), {"people": Join("j", "id", "id")}, (), {})


def source(file: SourceFile, reasons: dict[int, str | None], partners: dict[int, int] | None = None) -> Source:
    left_out = pd.Series(reasons, dtype="object")
    joined = {"people": pd.Series(partners)} if partners else {}
    return Source(file, [], pd.DataFrame(index=left_out.index), left_out, joined)


def test_a_joined_row_is_used_when_a_row_of_any_chunk_that_refers_to_it_is_used():
    tally = Tally(Mapping("map.toml", {}, {}, {"people": PEOPLE, "visits": VISITS}, ()))
    tally.add(source(PEOPLE, {2: None, 3: None}), {})
    tally.add(source(PEOPLE, {4: "gone", 5: None}), {})
    # No part makes rows of the visits, so none of them is used, and nobody they refer to.
    tally.add(source(VISITS, {2: "empty line", 3: None}, {2: 2, 3: 3}), {})
    tally.add(source(VISITS, {4: None}, {4: 5}), {})
    assert tally.read == {"people": 4, "visits": 3}
    assert tally.left_out() == {
        "people": {NOT_REFERRED_TO: 3, "gone": 1},
        "visits": {"empty line": 1, NOT_REFERRED_TO: 2},
    }


def test_changed_values_are_told_in_the_same_order_whatever_came_first():
    one, other = PartCounts(), PartCounts()
    one.changed.update({("dose_mg", "too large"): 0, ("weight_kg", "no number"): 2})
    one.changed.update({("dose_mg", "no number"): 1, ("dose_mg", "too large"): 3})
    other.changed.update({("dose_mg", "no number"): 1, ("dose_mg", "too large"): 3, ("weight_kg", "no number"): 2})
    expected = [("dose_mg", "no number", 1), ("dose_mg", "too large", 3), ("weight_kg", "no number", 2)]
    assert one.changed_values == other.changed_values == expected

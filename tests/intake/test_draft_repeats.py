"""Rows about the same day of the same patient."""

import pandas as pd
import pytest

from analysis.intake.drafting.blocks import DraftBlock
from analysis.intake.drafting.columns import DraftRule
from analysis.intake.drafting.files import FoundTable
from analysis.intake.drafting.links import Linked
from analysis.intake.drafting.repeats import settle_repeats


def block(table: str = "sessions", **columns: list) -> DraftBlock:
    frame = pd.DataFrame(columns, dtype="object")
    source = Linked(FoundTable("a", {"path": "a.csv"}, frame, "text"), "patient_id", {}, frame)
    return DraftBlock(table, source, {name: DraftRule(name, (name,), cells=frame[name]) for name in frame})


def settled(**columns: list) -> DraftBlock:
    each = block(**columns)
    settle_repeats(each)
    return each


def test_rows_that_say_the_same_become_one():
    each = settled(patient_id=["1", "1", "2"], date=["d", "d", "d"], dose_mg=["40", "40", "35"])
    assert each.once_per == ["patient_id", "date"]


def test_rows_that_differ_are_counted_and_left_to_a_person():
    each = settled(patient_id=["1", "1", "2"], date=["d", "d", "d"], dose_mg=["40", "35", "35"])
    assert each.once_per == []
    assert each.confirm[0].startswith("2 rows share their patient_id, date and differ otherwise")


@pytest.mark.parametrize(
    "columns",
    [
        {"patient_id": ["1", "1"], "date": ["d", "e"]},
        {"patient_id": ["1", "1"], "date": ["d", None]},
        {"patient_id": ["1", "1"], "date": ["d", "d"], "sequence": ["1", "2"]},
        {"table": "scores", "patient_id": ["1", "1"], "date": ["d", "d"], "instrument": ["PHQ-9", "GAD-7"]},
        {"table": "adverse_events", "patient_id": ["1", "1"], "date": ["d", "d"], "term": ["nausea", "headache"]},
    ],
)
def test_rows_that_are_told_apart(columns):
    each = settled(**columns)
    assert (each.once_per, each.confirm) == ([], [])

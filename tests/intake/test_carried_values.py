"""A weight that a session lacks is the patient's last one, for as many days as the mapping says."""

import pandas as pd
import pytest

from analysis.intake.built_parts import BuiltPart
from analysis.intake.carried_values import carry_values
from analysis.intake.mapping_grammar import Block, ColumnRule, Part

REASON = "carried forward, for 30 days at most"


def sessions(*rows: tuple, days: int | None = 30, left_out: tuple[int, ...] = (), columns: str = "") -> BuiltPart:
    """Rows of patient, day and weight (and further columns), from spreadsheet row 2 on."""
    names = ["patient_id", "day", "weight_kg", *columns.split()]
    frame = pd.DataFrame(rows, columns=names, dtype="str")
    frame.index += 2
    rules = {name: ColumnRule(name, source=name) for name in names}
    rules["weight_kg"] = ColumnRule("weight_kg", source="weight", number="weight", carried_days=days)
    reason = pd.Series(pd.NA, index=frame.index, dtype="object")
    reason[list(left_out)] = "left out"
    part = Part("", rules, {})
    block = Block("tables.sessions", "sessions", "file", (), (part,))
    return BuiltPart(block, part, frame, reason, pd.Series(False, index=frame.index))


def weights(each: BuiltPart) -> list[str]:
    return each.rows["weight_kg"].fillna("-").tolist()


def test_the_last_one_is_carried_in_the_order_of_days_not_of_rows():
    rows = [("a", "10", None), ("a", "2", "71.0"), ("a", "0", "70.0"), ("a", "1", None), ("a", "-3", None)]
    (carried,) = carry_values([sessions(*rows)])
    assert weights(carried) == ["71.0", "71.0", "70.0", "70.0", "-"]
    assert carried.changed_values == [("weight_kg", REASON, 2)]


@pytest.mark.parametrize(("day", "expected"), [("30", "70.0"), ("31", "-")])
def test_the_last_day_on_which_it_stands(day, expected):
    (carried,) = carry_values([sessions(("a", "0", "70.0"), ("a", day, None))])
    assert weights(carried)[1] == expected


def test_days_are_counted_from_the_session_where_it_was_measured():
    (carried,) = carry_values([sessions(("a", "0", "70.0"), ("a", "20", None), ("a", "40", None))])
    assert weights(carried) == ["70.0", "70.0", "-"]


def test_never_from_another_patient_and_never_backwards():
    (carried,) = carry_values([sessions(("a", "0", "70.0"), ("b", "1", None), ("a", "-1", None))])
    assert weights(carried) == ["70.0", "-", "-"]
    assert carried.changed_values == []


def test_two_sessions_of_a_day_in_their_sequence():
    rows = [("a", "0", None, "2"), ("a", "0", "70.0", None), ("a", "0", None, "3")]
    (carried,) = carry_values([sessions(*rows, columns="sequence")])
    assert weights(carried) == ["70.0", "70.0", "70.0"]


def test_only_given_sessions_that_are_written_give_and_take():
    rows = [
        ("a", "0", "70.0", "given"),
        ("a", "3", None, "no-show"),
        ("a", "7", None, None),
        ("a", "8", "90.0", "cancelled"),
        ("a", "9", "80.0", "given"),
        ("a", "10", None, "stopped-early"),
    ]
    (carried,) = carry_values([sessions(*rows, columns="status", left_out=(6,))])
    assert weights(carried) == ["70.0", "-", "70.0", "90.0", "80.0", "70.0"]


def test_sources_that_ask_for_it_share_it_and_the_others_are_left_alone():
    current = sessions(("a", "10", None), ("b", "10", None))
    before = sessions(("a", "0", "70.0"), days=5)
    without = sessions(("b", "0", "60.0"), ("a", "12", None), days=None)
    carried = carry_values([current, without, before])
    assert [weights(each) for each in carried] == [["70.0", "-"], ["60.0", "-"], ["70.0"]]
    assert [each.changed_values for each in carried] == [[("weight_kg", REASON, 1)], [], []]


def test_nothing_to_carry():
    (carried,) = carry_values([sessions(("a", "0", None), ("a", "1", None))])
    assert weights(carried) == ["-", "-"]
    assert carry_values([]) == []

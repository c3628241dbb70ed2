"""Values of few patients become another value, counted over the whole table and in patients, not rows."""

import pandas as pd

from analysis.intake.built_parts import BuiltPart
from analysis.intake.mapping_grammar import Block, ColumnRule, Part, RareRule
from analysis.intake.rare_values import merge_rare_values

REASON = "fewer than 2 patients, now 'other'"


def built(
    table: str, column: str, pairs: list[tuple], *, left_out: tuple[int, ...] = (), rare: bool = True
) -> BuiltPart:
    rows = pd.DataFrame(pairs, columns=["patient_id", column], dtype="str")
    rows.index += 2
    rule = ColumnRule(column, source=column, rare=RareRule(2, "other") if rare else None)
    part = Part("", {"patient_id": ColumnRule("id", source="id"), column: rule}, {})
    reason = pd.Series(pd.NA, index=rows.index, dtype="object")
    reason[list(left_out)] = "left out"
    block = Block(f"tables.{table}", table, "file", (), (part,))
    return BuiltPart(block, part, rows, reason, pd.Series(False, index=rows.index))


def values(each: BuiltPart, column: str) -> list[str]:
    return each.rows[column].fillna("-").tolist()


def test_patients_are_counted_not_rows():
    pairs = [("a", "oral"), ("a", "oral"), ("b", "iv"), ("c", "iv"), ("c", None)]
    (sessions,) = merge_rare_values([built("sessions", "route", pairs)])
    assert values(sessions, "route") == ["other", "other", "iv", "iv", "-"]
    assert sessions.changed_values == [("route", REASON, 2)]


def test_rows_that_are_not_written_do_not_count():
    pairs = [("a", "va"), ("b", "va"), ("c", "medicaid"), ("d", "medicaid")]
    (patients,) = merge_rare_values([built("patients", "payer", pairs, left_out=(3,))])
    assert values(patients, "payer") == ["other", "other", "medicaid", "medicaid"]
    assert patients.changed_values == [("payer", REASON, 1)]


def test_all_sources_of_a_table_count_together():
    one, other = built("patients", "payer", [("a", "va")]), built("patients", "payer", [("b", "va"), ("c", "medicaid")])
    merged = merge_rare_values([one, other])
    assert [values(each, "payer") for each in merged] == [["va"], ["va", "other"]]


def test_rows_without_a_patient_count_one_each():
    pairs = [(None, "self"), (None, "self"), (None, "hospital")]
    (referrals,) = merge_rare_values([built("referrals", "source", pairs)])
    assert values(referrals, "source") == ["self", "self", "other"]


def test_the_value_they_become_is_never_rare_and_nothing_happens_unasked():
    (patients,) = merge_rare_values([built("patients", "payer", [("a", "other"), ("b", "va"), ("c", "va")])])
    assert values(patients, "payer") == ["other", "va", "va"]
    assert patients.changed_values == []
    (patients,) = merge_rare_values([built("patients", "payer", [("a", "va")], rare=False)])
    assert values(patients, "payer") == ["va"]

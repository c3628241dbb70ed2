"""What is written, what was given, and what was changed on the way."""

import pandas as pd

from analysis.intake.built_parts import BuiltPart, counts_days, given_sessions
from analysis.intake.mapping_grammar import Block, ColumnRule, Part


def part(*columns: str) -> Part:
    return Part("", {name: ColumnRule(name, source=name) for name in columns}, {})


def test_only_written_rows_count():
    index = pd.Index([2, 3, 4])
    own = part("patient_id")
    each = BuiltPart(
        Block("tables.patients", "patients", "file", (), (own,)),
        own,
        pd.DataFrame({"patient_id": ["a", "b", "a"]}, index=index),
        pd.Series([pd.NA, "control", pd.NA], index=index, dtype="object"),
        pd.Series([False, False, True], index=index),
        {("age", "slip"): pd.Series(True, index=index), ("age", "never"): pd.Series([False, True, True], index=index)},
    )
    assert each.written["patient_id"].to_dict() == {2: "a"}
    assert each.changed_values == [("age", "slip", 1)]
    assert each.layout.key == ("patient_id",)


def test_cancelled_and_missed_sessions_are_no_treatment():
    status = ["given", "stopped-early", "cancelled", "no-show", None]
    assert given_sessions(pd.DataFrame({"status": status})).tolist() == [True, True, False, False, True]
    assert given_sessions(pd.DataFrame({"day": ["0"]})).tolist() == [True]


def test_days_come_from_dates_where_there_are_no_days():
    assert counts_days("scores", part("patient_id", "date"))
    assert counts_days("adverse_events", part("patient_id", "date"))
    assert not counts_days("scores", part("patient_id", "date", "day"))
    assert not counts_days("scores", part("patient_id"))
    assert not counts_days("referrals", part("referral_id", "date"))

"""What a mapping says about the columns it uses."""

from analysis.intake.mapping_grammar import (
    Block,
    ColumnRule,
    Join,
    LeaveOut,
    Mapping,
    Part,
    SourceFile,
    Visit,
)


def test_every_column_in_use_is_referred_to_once_with_its_place():
    patients = SourceFile("patients", "p.csv", ",", "utf-8", (), {}, (), {})
    join = Join("files.visits.join.patients", "id", "number")
    leave_out = LeaveOut("files.visits.leave_out[1]", "patients.group", ("HC",), "control")
    visits = SourceFile("visits", "v.csv", ",", "utf-8", (), {"patients": join}, (leave_out,), {})
    columns = {
        "total": ColumnRule("tables.scores.columns.total", source="phq"),
        "rater": ColumnRule("tables.scores.columns.rater", constant="self"),
    }
    block = Block("tables.scores", "scores", "visits", (), (Part("", columns, {}),))
    mapping = Mapping("map.toml", {}, {}, {"patients": patients, "visits": visits}, (block,))
    assert list(mapping.references()) == [
        ("visits", "id", "files.visits.join.patients.on"),
        ("patients", "number", "files.visits.join.patients.to"),
        ("visits", "patients.group", "files.visits.leave_out[1]"),
        ("visits", "phq", "tables.scores.columns.total"),
    ]


def test_a_copied_column_is_not_changed_and_a_translated_one_is():
    assert not ColumnRule("x", source="a").changes
    assert ColumnRule("x", source="a", translation={"M": "male"}).changes
    assert ColumnRule("x", source="a", number="integer").changes
    assert ColumnRule("x", source="a", visits={"b0": Visit(-2)}).changes

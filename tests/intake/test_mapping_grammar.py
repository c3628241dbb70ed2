"""What a mapping says about the columns it uses."""

from analysis.intake.date_cells import DateRule
from analysis.intake.mapping_grammar import (
    Block,
    ColumnRule,
    Join,
    LeaveOut,
    Mapping,
    Part,
    RareRule,
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
        "date": ColumnRule("tables.scores.columns.date", source="sent", instead=("opened",)),
    }
    block = Block("tables.scores", "scores", "visits", (), (Part("", columns, {}),))
    mapping = Mapping("map.toml", {}, {}, {"patients": patients, "visits": visits}, (block,))
    assert list(mapping.references()) == [
        ("visits", "id", "files.visits.join.patients.on"),
        ("patients", "number", "files.visits.join.patients.to"),
        ("visits", "patients.group", "files.visits.leave_out[1]"),
        ("visits", "phq", "tables.scores.columns.total"),
        ("visits", "sent", "tables.scores.columns.date"),
        ("visits", "opened", "tables.scores.columns.date"),
    ]


def test_a_rule_says_how_it_changes_the_values():
    rare = RareRule(11, "other")
    rules = {
        ColumnRule("x", source="a"): "",
        ColumnRule("x", source="a", number="integer"): "whole number",
        ColumnRule("x", source="a", number="age"): "age, 90 for 90 and over",
        ColumnRule("x", source="a", dates=DateRule()): "date",
        ColumnRule("x", source="a", dates=DateRule(("excel", "day.month.year"))): "date (excel, day.month.year)",
        ColumnRule("x", source="a", dates=DateRule(), birth=True): "birth date to age",
        ColumnRule("x", source="a", rare=rare): "rare to 'other'",
        ColumnRule("x", source="a", number="zip3"): "first three digits of a ZIP code",
        ColumnRule("x", source="a", number="weight", carried_days=30): "weight in kg, carried forward for 30 days",
    }
    assert [rule.how for rule in rules] == list(rules.values())
    assert ColumnRule("x", source="a", translation={"M": "male"}, rare=rare).how == "translated, rare to 'other'"
    assert ColumnRule("x", source="a", visits={"b0": Visit(-2)}).how == "visit to day"


def test_only_cells_and_numbers_are_the_words_of_the_source():
    assert ColumnRule("x", source="a").from_cells
    assert ColumnRule("x", source="a", number="dose").from_cells
    assert not ColumnRule("x", constant="1").from_cells
    assert not ColumnRule("x", source="a", translation={"M": "male"}).from_cells
    assert not ColumnRule("x", source="a", visits={"b0": Visit(-2)}).from_cells
    assert not ColumnRule("x", source="a", dates=DateRule()).from_cells

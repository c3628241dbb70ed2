"""Column rules: what each key means, and the sentence for each mistake."""

import tomllib

import pytest

from analysis.intake.date_cells import DateRule
from analysis.intake.mapping_columns import read_columns
from analysis.intake.mapping_grammar import ColumnRule, RareRule, Visit
from analysis.intake.schema import layout_tables
from analysis.intake.toml_tables import TomlTable
from analysis.vocabulary.errors import CallError

FROM_LIST = "`tables.scores.columns.total.from` must be a column of the file, or a list of different ones."
MEASURED = "`tables.%s.carry_forward` belongs to a number that is measured at sessions, such as weight_kg."


def rule(table: str, text: str) -> ColumnRule:
    block = TomlTable(tomllib.loads(f"columns.{text}"), f"tables.{table}")
    ((_, only),) = read_columns(block, table, [*layout_tables()[table].columns]).items()
    return only


@pytest.mark.parametrize(
    ("table", "text", "expected"),
    [
        ("scores", 'total = "phq"', {"source": "phq"}),
        ("scores", "total.constant = 7", {"constant": "7"}),
        ("scores", 'total = { from = "phq", number = "integer" }', {"source": "phq", "number": "integer"}),
        ("sessions", 'dose_mg = { from = "d", number = "dose" }', {"source": "d", "number": "dose"}),
        ("sessions", 'weight_kg = { from = "w", number = "weight" }', {"source": "w", "number": "weight"}),
        ("patients", 'age = { from = "a", number = "age" }', {"source": "a", "number": "age"}),
        (
            "patients",
            'sex = { from = "s", values = { F = "female" } }',
            {"source": "s", "translation": {"F": "female"}},
        ),
        ("scores", 'day = { from = "v", visits = { b0 = -2 } }', {"source": "v", "visits": {"b0": Visit(-2)}}),
        ("sessions", 'date = "when"', {"source": "when", "dates": DateRule()}),
        ("sessions", 'date = { from = "when" }', {"source": "when", "dates": DateRule()}),
        (
            "sessions",
            'date = { from = "when", date = "month/day/year", pivot = 30 }',
            {"source": "when", "dates": DateRule(("month/day/year",), 30)},
        ),
        (
            "sessions",
            'date = { from = "when", date = ["year-month-day", "excel"] }',
            {"source": "when", "dates": DateRule(("year-month-day", "excel"))},
        ),
        ("patients", 'age = { age_from = "born" }', {"source": "born", "dates": DateRule(), "birth": True}),
        (
            "patients",
            'last_day = { from = "seen", date = "day.month.year" }',
            {"source": "seen", "dates": DateRule(("day.month.year",))},
        ),
        ("patients", 'last_day = "seen"', {"source": "seen"}),
        (
            "sessions",
            'date = { from = ["sent", "opened"], date = "month day year" }',
            {"source": "sent", "instead": ("opened",), "dates": DateRule(("month day year",))},
        ),
        ("scores", 'total = { from = ["a"] }', {"source": "a"}),
        (
            "patients",
            'age = { age_from = ["a", "b", "c"] }',
            {"source": "a", "instead": ("b", "c"), "dates": DateRule(), "birth": True},
        ),
        ("patients", 'zip3 = { from = "z", number = "zip3" }', {"source": "z", "number": "zip3"}),
        (
            "sessions",
            'weight_kg = { from = "w", number = "weight", carry_forward = { days = 30 } }',
            {"source": "w", "number": "weight", "carried_days": 30},
        ),
        (
            "patients",
            'payer = { from = "p", rare = { fewer_than = 11, becomes = "other" } }',
            {"source": "p", "rare": RareRule(11, "other")},
        ),
    ],
)
def test_rules(table, text, expected):
    found = rule(table, text)
    assert found == ColumnRule(found.path, **expected)


@pytest.mark.parametrize(
    ("table", "text", "message"),
    [
        (
            "sessions",
            'date = { from = "when", date = "dd/mm/yyyy" }',
            '`tables.sessions.columns.date.date`: a format is year, month and day with "-", "/", "." or a blank '
            'between, such as "month/day/year", or "excel" or "excel-1904".',
        ),
        (
            "sessions",
            'date = { from = "when", date = 1 }',
            "`tables.sessions.columns.date.date` must be a list of texts.",
        ),
        (
            "sessions",
            'date = { from = "when", date = "excel", pivot = 1930 }',
            "`tables.sessions.columns.date.pivot` must be from 0 to 99: the last two-digit year after 2000.",
        ),
        (
            "sessions",
            'date.constant = "2025-04-03"',
            "`tables.sessions.columns.date` must be a column with dates: `from`, and `date` with their format.",
        ),
        (
            "sessions",
            'date = { from = "when", values = { a = "2025-04-03" } }',
            "`tables.sessions.columns.date` must be a column with dates: `from`, and `date` with their format.",
        ),
        (
            "sessions",
            'day = { from = "when", date = "excel" }',
            "`tables.sessions.columns.day.date`: only date, last_day, start_year are made of dates "
            "(and age, by age_from).",
        ),
        (
            "patients",
            'sex = { age_from = "born" }',
            "`tables.patients.columns.sex.age_from` belongs to the column age.",
        ),
        (
            "patients",
            'age = { age_from = "born", number = "age" }',
            "unknown key `tables.patients.columns.age.number`.",
        ),
        ("patients", 'age = { from = "a", pivot = 30 }', "unknown key `tables.patients.columns.age.pivot`."),
        (
            "patients",
            'age = { from = "a", age_from = "born" }',
            "`tables.patients.columns.age` has both `from` and `age_from`; keep one.",
        ),
        (
            "patients",
            'payer = { from = "p", rare = { fewer_than = 1, becomes = "other" } }',
            "`tables.patients.columns.payer.rare.fewer_than` must be 2 or more.",
        ),
        (
            "patients",
            'sex = { from = "s", rare = { fewer_than = 11, becomes = "unknown" } }',
            "`tables.patients.columns.sex.rare.becomes` must be one of female, male, other.",
        ),
        (
            "patients",
            'age = { from = "a", rare = { fewer_than = 11, becomes = "90" } }',
            "`tables.patients.columns.age.rare` belongs to columns of categories, which age is not.",
        ),
        ("scores", "total = { from = [] }", FROM_LIST),
        ("scores", 'total = { from = ["a", "a"] }', FROM_LIST),
        ("scores", 'total = { from = ["a", " "] }', FROM_LIST),
        ("scores", 'total = { from = ["a", 1] }', "`tables.scores.columns.total.from` must be a list of texts."),
        (
            "patients",
            "age = { age_from = [] }",
            FROM_LIST.replace("scores.columns.total.from", "patients.columns.age.age_from"),
        ),
        (
            "sessions",
            'weight_kg = { from = "w", number = "weight", carry_forward = { days = 0 } }',
            "`tables.sessions.columns.weight_kg.carry_forward.days` must be 1 or more.",
        ),
        (
            "sessions",
            'weight_kg = { from = "w", number = "weight", carry_forward = 30 }',
            "`tables.sessions.columns.weight_kg.carry_forward` must be a table of keys and values.",
        ),
        (
            "sessions",
            'weight_kg = { from = "w", carry_forward = { days = 30 } }',
            MEASURED % "sessions.columns.weight_kg",
        ),
        (
            "sessions",
            'status = { from = "w", values = { a = "given" }, carry_forward = { days = 30 } }',
            MEASURED % "sessions.columns.status",
        ),
        (
            "sessions",
            'sequence = { from = "w", number = "integer", carry_forward = { days = 30 } }',
            MEASURED % "sessions.columns.sequence",
        ),
        (
            "scores",
            'total = { from = "w", number = "integer", carry_forward = { days = 30 } }',
            MEASURED % "scores.columns.total",
        ),
        (
            "patients",
            'sex = { from = "s", rare = 11 }',
            "`tables.patients.columns.sex.rare` must be a table of keys and values.",
        ),
    ],
)
def test_mistakes(table, text, message):
    with pytest.raises(CallError) as error:
        rule(table, text)
    assert str(error.value) == message


def test_otherwise_stands_beside_values_only():
    made = rule("adverse_events", 'term = { from = "t", values = { A = "nausea" }, otherwise = "other" }')
    assert (made.otherwise, made.how) == ("other", "translated, otherwise 'other'")
    with pytest.raises(CallError, match="unknown key `tables.scores.columns.total.otherwise`"):
        rule("scores", 'total = { from = "t", number = "integer", otherwise = "0" }')

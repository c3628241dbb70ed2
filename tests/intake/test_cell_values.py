"""From text to values: what is a proper number or date, whatever DuckDB's own cast makes of it."""

from datetime import date

import duckdb
import pytest

from analysis.intake.cell_values import is_native, values_sql


def typed(kind, cell, sql_type="VARCHAR"):
    """Type one cell; give its value and, where it is not a proper one, its text."""
    source = f"(SELECT CAST({cell} AS {sql_type}) AS cell)"
    value, odd = duckdb.connect().execute(values_sql([kind], [("cell", sql_type)], source)).fetchone()
    return value, odd[0] if odd else None


@pytest.mark.parametrize(
    ("kind", "text", "value"),
    [
        ("integer", "5", 5),
        ("integer", " -5 ", -5),
        ("integer", "+007", 7),
        ("integer", "5.", 5),
        ("integer", "5.00", 5),
        ("integer", "99999999999", 2**31 - 1),
        ("integer", "-99999999999.0", -(2**31)),
        ("number", "56.0", 56.0),
        ("number", ".5e1", 5.0),
        ("number", "1e400", 1.7976931348623157e308),
        ("number", "-1e400", -1.7976931348623157e308),
        ("date", "2026-03-01", date(2026, 3, 1)),
        ("date", " 2026-03-01 00:00:00.0", date(2026, 3, 1)),
        ("boolean", " True", True),
        ("id", " P1 ", "P1"),
        ("id", "Jane Doe", "Jane Doe"),
        ("integer", "  ", None),
        ("text", "", None),
    ],
)
def test_a_proper_value_is_typed_and_an_empty_cell_is_nothing(kind, text, value):
    assert typed(kind, f"'{text}'") == (value, None)


@pytest.mark.parametrize(
    ("kind", "texts"),
    [
        ("integer", ["1.5", "1e3", "0x1F", "1_000", "nan", "five", "99999999999999999999", "5\t"]),
        ("number", ["inf", "nan", "1,5", "0x1F", "1_0", "-"]),
        ("date", ["2026-02-30", "2026-3-1", "20260301", "infinity", "epoch", "0044-03-15 (BC)", "10000-01-01"]),
        ("boolean", ["1", "yes", "t"]),
    ],
)
def test_what_is_no_proper_value_stays_text(kind, texts):
    for text in texts:
        assert typed(kind, f"'{text}'") == (None, text)


@pytest.mark.parametrize(
    ("kind", "sql_type", "cell", "expected"),
    [
        ("integer", "TINYINT", "-7", (-7, None)),
        ("integer", "BIGINT", "3000000000", (2**31 - 1, None)),
        ("integer", "DOUBLE", "5.0", (5, None)),
        ("integer", "DOUBLE", "5.5", (None, "5.5")),
        ("integer", "DOUBLE", "1e15", (2**31 - 1, None)),
        ("integer", "DOUBLE", "1e17", (None, "1e+17")),
        ("integer", "DOUBLE", "'nan'", (None, None)),
        ("number", "DOUBLE", "'inf'", (None, "inf")),
        ("number", "INTEGER", "5", (5.0, None)),
        ("date", "DATE", "'infinity'", (None, "infinity")),
        ("date", "DATE", "'2026-03-01'", (date(2026, 3, 1), None)),
        ("boolean", "BOOLEAN", "false", (False, None)),
    ],
)
def test_typed_columns_give_what_their_texts_would(kind, sql_type, cell, expected):
    assert is_native(kind, sql_type)
    assert typed(kind, cell, sql_type) == expected
    as_text = f"nullif(CAST(CAST({cell} AS {sql_type}) AS VARCHAR), 'nan')"
    assert typed(kind, as_text) == expected


def test_the_odd_texts_stand_in_the_order_of_the_typed_columns():
    source = "(SELECT 'P1' AS id, '3' AS day, 'x' AS dose, '2026' AS date)"
    cells = [(name, "VARCHAR") for name in ("id", "day", "dose", "date")]
    found = duckdb.connect().execute(values_sql(["id", "integer", "number", "date"], cells, source, row="7")).fetchone()
    assert found == (7, "P1", 3, None, None, [None, "x", "2026"])

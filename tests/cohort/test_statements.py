"""The package's SQL and the settings it reads."""

import re

import duckdb
import pytest

from analysis.cohort.statements import definition_values, run_statement, sql_statements, write_settings, write_table
from analysis.vocabulary.definitions import default_definitions


@pytest.mark.parametrize("file", ["courses.sql", "outcomes.sql"])
def test_every_parameter_the_sql_names_has_a_value(file):
    named = {name for statement in sql_statements(file) for name in re.findall(r"\$(\w+)", statement)}
    assert named - {"data_cut"} <= set(definition_values(default_definitions()))


def test_every_value_is_named_by_some_sql():
    text = " ".join(sql_statements("courses.sql") + sql_statements("outcomes.sql"))
    assert {name for name in definition_values(default_definitions()) if f"${name}" not in text} == set()


def test_a_statement_gets_only_the_values_it_uses():
    found = run_statement(duckdb.connect(), "SELECT $a + 1", {"a": 1, "b": 2}).fetchall()
    assert found == [(2,)]


def test_settings_become_tables_in_order():
    connection = duckdb.connect()
    write_settings(connection, default_definitions())
    rules = connection.execute("SELECT DISTINCT treatment, rule FROM phase_rules ORDER BY ALL").fetchall()
    assert rules == [("esketamine", "label"), ("ketamine", "series"), ("placebo", "series")]
    assert connection.execute("SELECT entry_score FROM instruments WHERE instrument = 'PHQ-9'").fetchone() == (10,)


def test_a_table_without_rows_is_empty():
    connection = duckdb.connect()
    write_table(connection, "nothing(a INTEGER)", [])
    assert connection.execute("SELECT count(*) FROM nothing").fetchone() == (0,)

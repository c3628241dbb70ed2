"""The package's SQL: read from its files, run with named parameters, and the settings it reads as small tables."""

import re
from collections.abc import Mapping, Sequence
from importlib.resources import files
from typing import Any

import duckdb

from analysis.vocabulary.definitions import Definitions


def sql_statements(file: str, package: str = "analysis.cohort") -> list[str]:
    """Read the statements of one of the package's SQL files, in order.

    Parameters
    ----------
    file : str
        The file's name.
    package : str
        The folder of the package it stands in.

    Returns
    -------
    list of str
        Statements without comments.
    """
    text = files(package).joinpath(file).read_text(encoding="utf-8")
    bare = re.sub(r"--[^\n]*", "", text)
    return [statement.strip() for statement in bare.split(";") if statement.strip()]


def run_statement(
    connection: duckdb.DuckDBPyConnection, statement: str, values: Mapping[str, Any]
) -> duckdb.DuckDBPyConnection:
    """Run one statement with those of the named values that it uses.

    Parameters
    ----------
    connection : DuckDBPyConnection
    statement : str
        SQL with named parameters such as ``$gap_days``.
    values : mapping of str to value

    Returns
    -------
    DuckDBPyConnection
        Holding the result.
    """
    used = set(re.findall(r"\$(\w+)", statement))
    return connection.execute(statement, {name: values[name] for name in used})


def definition_values(definitions: Definitions) -> dict[str, Any]:
    """Return the definitions that the derivation's SQL names.

    Parameters
    ----------
    definitions : Definitions

    Returns
    -------
    dict of str to value
    """
    return {
        "gap_days": definitions.course.gap_days,
        "booster_below": definitions.course.booster_below,
        "series_loading_sessions": definitions.series.loading_sessions,
        "series_loading_days": definitions.series.loading_days,
        "series_loading_gap": definitions.series.loading_gap,
        "series_completed_sessions": definitions.series.completed_sessions,
        "label_loading_days": definitions.label_rule.loading_days,
        "label_optimisation_days": definitions.label_rule.optimisation_days,
        "label_completed_sessions": definitions.label_rule.completed_sessions,
        "recorded_completed_sessions": definitions.recorded.completed_sessions,
        "reloading_sessions": definitions.reloading.sessions,
        "reloading_days": definitions.reloading.days,
        "baseline_choose": definitions.baseline.choose,
        "baseline_days_before": definitions.baseline.days_before,
        "response_percent": definitions.outcome.response_percent,
        "partial_percent": definitions.outcome.partial_percent,
    }


def write_settings(connection: duckdb.DuckDBPyConnection, definitions: Definitions) -> None:
    """Write the definitions that are lists as tables: ``phase_rules`` and ``instruments``.

    Parameters
    ----------
    connection : DuckDBPyConnection
    definitions : Definitions
    """
    rules = [
        (position, choice.treatment, route, choice.rule)
        for position, choice in enumerate(definitions.phase_rules)
        for route in (choice.routes or (None,))
    ]
    write_table(connection, "phase_rules(position INTEGER, treatment VARCHAR, route VARCHAR, rule VARCHAR)", rules)
    instruments = [
        (scale, name, each.entry_score, each.remission_max, each.reliable_change, each.recall_days, each.rater)
        for scale, (name, each) in enumerate(definitions.instruments.items())
    ]
    write_table(
        connection,
        "instruments(scale TINYINT, instrument VARCHAR, entry_score INTEGER, remission_max INTEGER, "
        "reliable_change INTEGER, recall_days INTEGER, rater VARCHAR)",
        instruments,
    )


def write_table(connection: duckdb.DuckDBPyConnection, layout: str, rows: Sequence[tuple[Any, ...]]) -> None:
    """Write a small table of settings.

    Parameters
    ----------
    connection : DuckDBPyConnection
    layout : str
        ``name(column TYPE, ...)``.
    rows : sequence of tuple
    """
    connection.execute(f"CREATE OR REPLACE TEMP TABLE {layout}")
    if rows:
        # All rows in one statement: a statement for each row takes longer than deriving a small partition.
        marks = ", ".join([f"({', '.join('?' * len(rows[0]))})"] * len(rows))
        values = [value for row in rows for value in row]
        connection.execute(f"INSERT INTO {layout.split('(', maxsplit=1)[0]} VALUES {marks}", values)

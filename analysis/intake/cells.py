"""What a single cell may say: its type, range, closed list or pattern, as SQL over text cells.

`cell_checks` lists the rules of a table; `typed_sql` turns the text into typed values, with every value that breaks a
rule left out, and the reason for each row that is set aside.
"""

import re
from dataclasses import dataclass, replace

import duckdb

from analysis.intake.problems import ROWS_NAMED, Problem
from analysis.intake.reading import TableFile
from analysis.intake.schema import Column, TableLayout

ID_PATTERN = "[A-Za-z0-9_-]{1,64}"
FIRST_DATE, LAST_DATE = "1990-01-01", "2100-12-31"
FEWEST_UNUSABLE = 5
"""From so many filled cells on, a column of which none can be used is a mistake of the whole column."""

_LISTED = 12

_ROW = "These rows are not used. "
_VALUE = "These values are not used, the rest of the row is. "
_NOT = {
    "id": "not 1 to 64 letters, digits, - or _",
    "zip3": "not three digits",
    "integer": "not a whole number",
    "number": "not a number",
    "date": "not a date written as 2026-09-30",
    "boolean": "not true or false",
}


@dataclass(frozen=True)
class CellCheck:
    """A rule about one cell. ``broken`` is SQL that is true where it is broken."""

    column: Column
    rule: str
    severity: str
    broken: str
    what: str
    advice: str

    def problem(self, table: str, rows: tuple[int, ...], count: int) -> Problem:
        """Say where the rule is broken."""
        return Problem(table, self.rule, self.severity, self.what, self.advice, self.column.name, rows, count)


def cell_checks(file: TableFile, layout: TableLayout, *, basis: str) -> list[CellCheck]:
    """List the rules for the cells of a table's file.

    Parameters
    ----------
    file : TableFile
    layout : TableLayout
    basis : str
        The dataset's basis; ``safe-harbor`` adds rules.

    Returns
    -------
    list of CellCheck
        In the order of the layout's columns. ``broken`` is about the relation that `parsed_sql` yields.
    """
    checks: list[CellCheck] = []
    for column in layout.columns.values():
        if column.name in file.names:
            number = file.names.index(column.name)
            checks += _checks(column, f"c{number}", f"v{number}", basis)
    return checks


def _checks(column: Column, text: str, value: str, basis: str) -> list[CellCheck]:
    part = _ROW if column.row_fault else _VALUE
    empty = "" if column.required else " or leave the cell empty"
    advice = f"{part}Correct them{empty}. {column.hint}".strip()
    checks = []
    if column.required:
        what = "the cell is empty but must be filled"
        checks.append(
            CellCheck(column, "required cell empty", "set-aside", f"{text} IS NULL", what, f"{_ROW}Fill it in.")
        )
    if column.type != "text":
        wrong_type = f"{text} IS NOT NULL AND {value} IS NULL"
        checks.append(CellCheck(column, "wrong type", "set-aside", wrong_type, _NOT[column.type], advice))
    if column.name == "age":
        checks.append(_age_check(column, value, basis))
    if column.low is not None and column.high is not None:
        low, high = column.low, column.high
        broken = f"{value} < {low}" if column.name == "age" else f"{value} NOT BETWEEN {low} AND {high}"
        checks.append(CellCheck(column, "out of range", "set-aside", broken, f"not from {low} to {high}", advice))
    if column.type == "date":
        broken = f"{value} NOT BETWEEN DATE '{FIRST_DATE}' AND DATE '{LAST_DATE}'"
        what = f"not from {FIRST_DATE} to {LAST_DATE}"
        checks.append(CellCheck(column, "out of range", "set-aside", broken, what, advice))
        if basis == "safe-harbor":
            checks.append(_safe_harbor_check(column, text))
    if column.values:
        broken = f"{value} NOT IN ({', '.join(repr(each) for each in column.values)})"
        named = ", ".join(column.values[:_LISTED])
        more = " ... (see data/README.md)" if len(column.values) > _LISTED else ""
        what = f"not in the list {named}{more}"
        checks.append(CellCheck(column, "not in the list", "set-aside", broken, what, advice))
    return checks


def _age_check(column: Column, value: str, basis: str) -> CellCheck:
    severity = "error" if basis == "safe-harbor" else "set-aside"
    advice = "Ages over 89 identify a person: write 90 for 90 and over."
    part = "" if severity == "error" else _VALUE
    return CellCheck(column, "age above 90", severity, f"{value} > {column.high}", "an age above 90", part + advice)


def _safe_harbor_check(column: Column, text: str) -> CellCheck:
    advice = (
        "Dates finer than a year identify a person: delete the column (`day` and `start_year` are enough for yearly "
        "reports), or name another basis in dataset.toml if it applies."
    )
    what = 'dates are refused under basis = "safe-harbor"'
    return CellCheck(column, "date under safe-harbor", "error", f"{text} IS NOT NULL", what, advice)


def parsed_sql(file: TableFile, layout: TableLayout) -> str:
    """Write the query that yields ``row``, each text cell ``cN`` and its typed value ``vN`` (NULL: wrong type)."""
    values = []
    for number, name in enumerate(file.names):
        if name in layout.columns:
            values.append(f"{_value_sql(layout.columns[name].type, f'c{number}')} AS v{number}")
    return f"SELECT *{''.join(', ' + value for value in values)} FROM ({file.relation})"


def _value_sql(kind: str, text: str) -> str:
    """Read a text strictly; DuckDB's own cast takes 1.5 for 2, 0x1F for 31 and 'epoch' for a date."""
    if kind == "integer":
        plain = f"CAST(TRY_CAST({text} AS BIGINT) AS VARCHAR) = {text}"
        return (
            f"CASE WHEN {plain} OR regexp_full_match({text}, '[+-]?[0-9]+([.]0*)?') THEN TRY_CAST({text} AS BIGINT) END"
        )
    if kind == "number":
        number = "[+-]?([0-9]+[.]?[0-9]*|[.][0-9]+)([eE][+-]?[0-9]+)?"
        return f"CASE WHEN regexp_full_match({text}, '{number}') THEN TRY_CAST({text} AS DOUBLE) END"
    if kind == "date":
        iso = "[0-9]{4}-[0-9]{2}-[0-9]{2}([ T]00:00:00([.]0+)?)?"
        return f"CASE WHEN regexp_full_match({text}, '{iso}') THEN TRY_CAST({text}[:10] AS DATE) END"
    if kind == "boolean":
        return f"CASE lower({text}) WHEN 'true' THEN true WHEN 'false' THEN false END"
    if kind == "text":
        return text
    pattern = ID_PATTERN if kind == "id" else "[0-9]{3}"
    return f"CASE WHEN regexp_full_match({text}, '{pattern}') THEN {text} END"


def broken_cells(
    con: duckdb.DuckDBPyConnection, file: TableFile, layout: TableLayout, checks: list[CellCheck]
) -> list[tuple[CellCheck, Problem]]:
    """Run the cell rules: one pass to count, and one more for the row numbers when something is broken.

    Returns
    -------
    list of tuple of CellCheck and Problem
        The rules that are broken, in their order.
    """
    if not checks:
        return []
    parsed = parsed_sql(file, layout)
    counts = ", ".join(f"count(*) FILTER (WHERE {check.broken})" for check in checks)
    found = con.execute(f"SELECT {counts} FROM ({parsed})").fetchone() or ()
    broken = [(check, count) for check, count in zip(checks, found, strict=True) if count]
    if not broken:
        return []
    broken = [(_with_near_values(con, parsed, file, check), count) for check, count in broken]
    rows = ", ".join(f"min(row, {ROWS_NAMED}) FILTER (WHERE {check.broken})" for check, _ in broken)
    first = con.execute(f"SELECT {rows} FROM ({parsed})").fetchone() or ()
    return [
        (check, check.problem(file.table, tuple(rows), count))
        for (check, count), rows in zip(broken, first, strict=True)
    ]


def _with_near_values(con: duckdb.DuckDBPyConnection, parsed: str, file: TableFile, check: CellCheck) -> CellCheck:
    """Say how many cells outside a list differ from a listed name only by case, spaces, hyphens or underscores."""
    if check.rule != "not in the list":
        return check
    listed = {_squeezed(value): value for value in check.column.values}
    text = f"c{file.names.index(check.column.name)}"
    near = con.execute(
        f"SELECT lower(regexp_replace({text}, '[ _-]', '', 'g')) AS near, count(*) FROM ({parsed}) "
        f"WHERE {check.broken} AND near IN ({', '.join('?' * len(listed))}) GROUP BY near ORDER BY near",
        list(listed),
    ).fetchall()
    told = ", ".join(f"{listed[name]} written otherwise: {count:,}" for name, count in near)
    return replace(check, what=f"{check.what} ({told})") if told else check


def _squeezed(value: str) -> str:
    return re.sub("[ _-]", "", value).lower()


def cell_problems(file: TableFile, broken: list[tuple[CellCheck, Problem]]) -> list[Problem]:
    """Tell the broken rules; a column of which no value can be used is one error instead.

    Parameters
    ----------
    file : TableFile
    broken : list of tuple of CellCheck and Problem
        As `broken_cells` gives them.

    Returns
    -------
    list of Problem
    """
    problems: list[Problem] = []
    for name in dict.fromkeys(check.column.name for check, _ in broken):
        own = [problem for check, problem in broken if check.column.name == name]
        wrong = [each for each in own if each.severity == "set-aside" and each.rule != "required cell empty"]
        filled = file.filled[file.names.index(name)]
        # At most one of these rules is broken by a cell, so that their counts add up to the cells that are not used.
        if filled >= FEWEST_UNUSABLE and sum(each.count for each in wrong) == filled:
            problems += [each for each in own if each not in wrong]
            problems.append(_unusable(wrong, filled))
        else:
            problems += own
    return problems


def _unusable(wrong: list[Problem], filled: int) -> Problem:
    what = f"no value of this column could be used: {'; '.join(each.what for each in wrong)}"
    rows = tuple(sorted(row for each in wrong for row in each.rows)[:ROWS_NAMED])
    advice = "Correct the column in the export."
    return replace(
        wrong[0], rule="no usable value", severity="error", what=what, advice=advice, rows=rows, count=filled
    )


def typed_sql(file: TableFile | None, layout: TableLayout, broken: list[CellCheck], extras: tuple[str, ...]) -> str:
    """Write the query for a table's typed rows.

    Parameters
    ----------
    file : TableFile or None
        None for a table that the dataset does not have: no rows, all columns.
    layout : TableLayout
    broken : list of CellCheck
        The rules that some cell breaks; such a value becomes NULL. Rules that no cell breaks cost nothing here.
    extras : tuple of str
        The extra columns, kept as text.

    Returns
    -------
    str
        A query with ``row``, every column of the layout, the extra columns, and ``fault``: why the row is set aside.
    """
    names = file.names if file else ()
    setting_aside = [check for check in broken if check.severity == "set-aside"]
    selected = []
    for column in layout.columns.values():
        own = [check.broken for check in setting_aside if check.column == column]
        selected.append(f"{_kept_sql(column, names, own)} AS {column.name}")
    for name in extras:
        text = f"c{names.index(name)}" if name in names else "NULL"
        selected.append(f"CAST({text} AS VARCHAR) AS {name}")
    faults = [
        f"WHEN {check.broken} THEN '{check.column.name}: {check.rule}'"
        for check in setting_aside
        if check.column.row_fault
    ]
    fault = f"CASE {' '.join(faults)} END" if faults else "NULL"
    source = f"({parsed_sql(file, layout)})" if file else "(SELECT 1 AS row WHERE false)"
    return f"SELECT CAST(row AS INTEGER) AS row, {', '.join(selected)}, CAST({fault} AS VARCHAR) AS fault FROM {source}"


def _kept_sql(column: Column, names: tuple[str, ...], broken: list[str]) -> str:
    default = "NULL" if column.default is None else repr(column.default)
    if column.name not in names:
        return f"CAST({default} AS {column.sql_type})"
    number = names.index(column.name)
    cases = f"WHEN c{number} IS NULL THEN {default} " if column.default is not None else ""
    cases += f"WHEN {' OR '.join(f'({each})' for each in broken)} THEN NULL " if broken else ""
    value = f"CASE {cases}ELSE v{number} END" if cases else f"v{number}"
    return f"CAST({value} AS {column.sql_type})"

"""What a single cell may say: its type, range, closed list or pattern, as SQL over the values that a file gives.

`cell_checks` lists the rules of a table; `typed_sql` leaves out every value that breaks a rule, and gives the reason
for each row that is set aside.
"""

import re
from dataclasses import dataclass, replace

import duckdb

from analysis.intake.cell_values import TYPED
from analysis.intake.findings import Found, TableFindings
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

    @property
    def name(self) -> str:
        """The column and the rule, which is also the reason for which a row is set aside."""
        return f"{self.column.name}: {self.rule}"


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
        In the order of the layout's columns. ``broken`` is about the relation ``file.values``.
    """
    checks: list[CellCheck] = []
    for column in layout.columns.values():
        if column.name in file.names:
            number = file.names.index(column.name)
            checks += _checks(column, f"v{number}", file.odd_text(number) if column.type in TYPED else "", basis)
    return checks


def _checks(column: Column, value: str, odd: str, basis: str) -> list[CellCheck]:
    empty_cell = f"{value} IS NULL" + (f" AND {odd} IS NULL" if odd else "")
    part = _ROW if column.row_fault else _VALUE
    empty = "" if column.required else " or leave the cell empty"
    advice = f"{part}Correct them{empty}. {column.hint}".strip()
    checks = []
    if column.required:
        what = "the cell is empty but must be filled"
        checks.append(CellCheck(column, "required cell empty", "set-aside", empty_cell, what, f"{_ROW}Fill it in."))
    if column.type != "text":
        pattern = ID_PATTERN if column.type == "id" else "[0-9]{3}"
        wrong_type = f"{odd} IS NOT NULL" if odd else f"NOT regexp_full_match({value}, '{pattern}')"
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
            checks.append(_safe_harbor_check(column, f"{value} IS NOT NULL OR {odd} IS NOT NULL"))
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


def _safe_harbor_check(column: Column, filled: str) -> CellCheck:
    advice = (
        "Dates finer than a year identify a person: delete the column (`day` and `start_year` are enough for yearly "
        "reports), or name another basis in dataset.toml if it applies."
    )
    what = 'dates are refused under basis = "safe-harbor"'
    return CellCheck(column, "date under safe-harbor", "error", filled, what, advice)


def broken_cells(con: duckdb.DuckDBPyConnection, file: TableFile, checks: list[CellCheck]) -> dict[str, Found]:
    """Run the cell rules: one pass to count, and one more for the row numbers when something is broken.

    Returns
    -------
    dict of str to Found
        The rules that are broken, in their order.
    """
    if not checks:
        return {}
    counts = ", ".join(f"count(*) FILTER (WHERE {check.broken})" for check in checks)
    found = con.execute(f"SELECT {counts} FROM ({file.values})").fetchone() or ()
    broken = [(check, count) for check, count in zip(checks, found, strict=True) if count]
    if not broken:
        return {}
    rows = ", ".join(f"min(row, {ROWS_NAMED}) FILTER (WHERE {check.broken})" for check, _ in broken)
    first = con.execute(f"SELECT {rows} FROM ({file.values})").fetchone() or ()
    return {check.name: Found(count, tuple(rows)) for (check, count), rows in zip(broken, first, strict=True)}


def near_values(con: duckdb.DuckDBPyConnection, file: TableFile, check: CellCheck) -> dict[str, int]:
    """Count the cells outside a list that differ from a listed name only by case, spaces, hyphens or underscores."""
    listed = {_squeezed(value): value for value in check.column.values}
    text = f"v{file.names.index(check.column.name)}"
    near = con.execute(
        f"SELECT lower(regexp_replace({text}, '[ _-]', '', 'g')) AS near, count(*) FROM ({file.values}) "
        f"WHERE {check.broken} AND near IN ({', '.join('?' * len(listed))}) GROUP BY near ORDER BY near",
        list(listed),
    ).fetchall()
    return {listed[name]: count for name, count in near}


def _squeezed(value: str) -> str:
    return re.sub("[ _-]", "", value).lower()


def cell_problems(file: TableFile, checks: list[CellCheck], found: TableFindings) -> list[Problem]:
    """Tell the broken rules; a column of which no value can be used is one error instead.

    Parameters
    ----------
    file : TableFile
    checks : list of CellCheck
    found : TableFindings

    Returns
    -------
    list of Problem
    """
    problems: list[Problem] = []
    broken = [check for check in checks if check.name in found.cells]
    for name in dict.fromkeys(check.column.name for check in broken):
        own = [_problem(file.table, check, found) for check in broken if check.column.name == name]
        wrong = [each for each in own if each.severity == "set-aside" and each.rule != "required cell empty"]
        filled = found.filled[file.names.index(name)]
        # At most one of these rules is broken by a cell, so that their counts add up to the cells that are not used.
        if filled >= FEWEST_UNUSABLE and sum(each.count for each in wrong) == filled:
            problems += [each for each in own if each not in wrong]
            problems.append(_unusable(wrong, filled))
        else:
            problems += own
    return problems


def _problem(table: str, check: CellCheck, found: TableFindings) -> Problem:
    near = found.near.get(check.column.name, {}) if check.rule == "not in the list" else {}
    told = ", ".join(f"{name} written otherwise: {count:,}" for name, count in sorted(near.items(), key=_by_squeezed))
    what = f"{check.what} ({told})" if told else check.what
    here = found.cells[check.name]
    return Problem(table, check.rule, check.severity, what, check.advice, check.column.name, here.rows, here.count)


def _by_squeezed(near: tuple[str, int]) -> str:
    return _squeezed(near[0])


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
        text = f"v{names.index(name)}" if name in names else "NULL"
        selected.append(f"CAST({text} AS VARCHAR) AS {name}")
    faults = [f"WHEN {check.broken} THEN '{check.name}'" for check in setting_aside if check.column.row_fault]
    fault = f"CASE {' '.join(faults)} END" if faults else "NULL"
    source = f"({file.values})" if file else "(SELECT 1 AS row WHERE false)"
    return f"SELECT CAST(row AS INTEGER) AS row, {', '.join(selected)}, CAST({fault} AS VARCHAR) AS fault FROM {source}"


def _kept_sql(column: Column, names: tuple[str, ...], broken: list[str]) -> str:
    default = "NULL" if column.default is None else repr(column.default)
    if column.name not in names:
        return f"CAST({default} AS {column.sql_type})"
    value = f"v{names.index(column.name)}"
    value = value if column.default is None else f"coalesce({value}, {default})"
    value = f"CASE WHEN {' OR '.join(f'({each})' for each in broken)} THEN NULL ELSE {value} END" if broken else value
    return f"CAST({value} AS {column.sql_type})"

"""The way of a dataset through the gate: settings, files, headings, cells, rows, and the tables that come out."""

from dataclasses import dataclass, replace
from pathlib import Path

import duckdb

from analysis.intake.cells import broken_cells, cell_checks, cell_problems, near_values, typed_sql
from analysis.intake.checks import (
    DATE_DISAGREES,
    WRONG_DATE,
    broken_rows,
    calendar_sql,
    count_faults,
    left_problems,
    named_scales,
    row_checks,
    row_problems,
    score_problems,
)
from analysis.intake.database import Workspace, open_database
from analysis.intake.findings import Findings, TableFindings
from analysis.intake.folders import recover_folder
from analysis.intake.headings import heading_problems
from analysis.intake.identifiers import column_contents, content_problems
from analysis.intake.problems import Problem
from analysis.intake.reading import TableFile, find_files, open_table
from analysis.intake.schema import layout_tables
from analysis.intake.settings import SETTINGS_FILE, Settings, read_settings
from analysis.vocabulary.definitions import default_definitions
from analysis.vocabulary.scoring import scored_rows_sql

MOST_UNUSED_KEPT = 1_000
"""Scores that are set aside in a part up to which it is kept which they are."""

LARGEST_IN_MEMORY = 32e6
"""Bytes of text files up to which a dataset is kept in memory; above, its typed values are kept in temporary files."""

PATIENT = "patient_id"
REFERRAL_KEY = "repeated key: "

MOST_ROWS_STORED = 50_000
"""Rows up to which the tables are stored; above, they are read again from the files each time."""


@dataclass(frozen=True)
class Examination:
    """What was found: the settings, the files that were read, the problems, and the database with the tables.

    There is no database of a dataset in several parts.
    """

    con: duckdb.DuckDBPyConnection | None
    workspace: Workspace | None
    settings: Settings
    files: dict[str, TableFile]
    findings: Findings
    problems: tuple[Problem, ...]

    @property
    def has_errors(self) -> bool:
        """True when a problem stops the dataset from being used."""
        return any(problem.severity == "error" for problem in self.problems)


def examine(folder: Path, *, memory: str | int | None = None, threads: int | None = None) -> Examination:
    """Run every check on a dataset's folder. Bad data gives problems, never an exception.

    Parameters
    ----------
    folder : Path
    memory : str or int, optional
        The most that DuckDB may hold in memory, such as ``"1GB"`` or a number of bytes; a quarter of the machine when
        left out.
    threads : int, optional
        How many threads may work; all processors when left out.

    Returns
    -------
    Examination
        Its database holds the layout's six tables and ``calendar`` when there is no error.
    """
    workspace = Workspace()
    con = open_database(workspace, memory=memory, threads=threads)
    problems = folder_problems(folder)
    if problems:
        return Examination(con, workspace, Settings(), {}, Findings(), tuple(problems))
    settings, problems = read_settings(folder)
    paths, found = find_files(folder)
    files, told = open_files(con, paths, settings, workspace)
    findings = look_at_tables(con, files, settings)
    problems += found + table_problems(files, settings, findings, told)
    if not any(problem.severity == "error" for problem in problems):
        finish_tables(con)
    return Examination(con, workspace, settings, files, findings, tuple(problems))


def open_files(
    con: duckdb.DuckDBPyConnection,
    paths: dict[str, tuple[Path, ...]],
    settings: Settings,
    workspace: Workspace,
    *,
    count: bool = True,
) -> tuple[dict[str, TableFile], dict[str, list[Problem]]]:
    """Open the tables' files; give those that can be used, and of each table what is wrong with the file.

    Without ``count``, Parquet files are opened and not read, and their cells are not counted.
    """
    large = sum(path.stat().st_size for table in paths.values() for path in table) > LARGEST_IN_MEMORY
    files: dict[str, TableFile] = {}
    problems: dict[str, list[Problem]] = {}
    for table, layout in layout_tables().items():
        if table not in paths:
            continue
        file, found = open_table(con, table, paths[table], staging=workspace.folder if large else None, count=count)
        problems[table] = found
        if file:
            headings, usable = heading_problems(file, layout, settings.extras(table))
            problems[table] += headings
            if usable:
                files[table] = file
    return files, problems


def folder_problems(folder: Path) -> list[Problem]:
    """Tell when there is no folder that can be read."""
    advice = "Name the folder that holds dataset.toml and the tables."
    try:
        recover_folder(folder, marker=SETTINGS_FILE)
        if not folder.exists():
            return [Problem("dataset", "missing folder", "error", "there is no such folder", advice)]
        if not folder.is_dir():
            return [Problem("dataset", "not a folder", "error", "that is a file, not a folder", advice)]
        next(folder.iterdir(), None)
    except OSError as error:
        what = f"the folder cannot be read ({error.strerror})"
        return [Problem("dataset", "unreadable folder", "error", what, "Check its permissions.")]
    return []


def look_at_tables(
    con: duckdb.DuckDBPyConnection, files: dict[str, TableFile], settings: Settings, *, across: bool = True
) -> Findings:
    """Make the tables ``cells_NAME`` of typed rows and ``calendar``, and count where they break a rule.

    Parameters
    ----------
    con : DuckDBPyConnection
    files : dict of str to TableFile
    settings : Settings
    across : bool
        Also what cannot be added up over parts of a dataset; see `look_across`.

    Returns
    -------
    Findings
    """
    tables = {}
    for table, layout in layout_tables().items():
        tables[table] = found = TableFindings()
        if file := files.get(table):
            checks = cell_checks(file, layout, basis=settings.basis)
            broken = broken_cells(con, file, checks)
            near = {
                check.column.name: near_values(con, file, check)
                for check in checks
                if check.name in broken and check.rule == "not in the list"
            }
            tables[table] = found = TableFindings(file.read, file.odd, file.filled, broken, near)
            suspect = {check.column.name for check in checks if check.name in broken}
            columns = set(file.names) if across else {PATIENT}
            found.contents.update(column_contents(con, file, layout, suspect, columns))
        make_cells(con, table, files, settings, found)
    make_calendar(con)
    tables = {name: replace(found, faults=count_faults(con, name, read=found.read)) for name, found in tables.items()}
    if tables["scores"].read - tables["scores"].used <= MOST_UNUSED_KEPT:
        query = "SELECT row, fault FROM cells_scores WHERE fault IS NOT NULL ORDER BY row"
        tables["scores"] = replace(tables["scores"], unused=tuple(con.execute(query).fetchall()))
    definitions = settings.definitions or default_definitions()
    for check in row_checks(settings, files, definitions):
        if check.name == REFERRAL_KEY and check.table == "referrals" and not across:
            continue
        here = broken_rows(con, check)
        if here.count:
            tables[check.table].rows[check.name] = here
            if check.rule == WRONG_DATE:
                drop_wrong_dates(con, check.table)
    dated, start_years = con.execute(
        "SELECT (SELECT count(*) FROM calendar), "
        "(SELECT count(*) FROM cells_patients WHERE fault IS NULL AND start_year IS NOT NULL)"
    ).fetchone() or (0, 0)
    scales = named_scales(con, definitions) if "unknown instrument" in tables["scores"].faults else {}
    return Findings(tables, dated, start_years, scales)


def look_across(
    con: duckdb.DuckDBPyConnection, files: dict[str, TableFile], settings: Settings, findings: Findings
) -> Findings:
    """Count what the parts of a dataset may have in common: the values of columns other than patient_id, and referrals.

    Parameters
    ----------
    con : DuckDBPyConnection
    files : dict of str to TableFile
        With the rows of all parts.
    settings : Settings
    findings : Findings
        The counts of all parts, added up.

    Returns
    -------
    Findings
        To be added to them.
    """
    tables = {}
    for table, layout in layout_tables().items():
        tables[table] = TableFindings(filled=(0,) * len(findings.tables[table].filled))
        if file := files.get(table):
            checks, found = cell_checks(file, layout, basis=settings.basis), findings.tables[table]
            suspect = {check.column.name for check in checks if check.name in found.cells}
            columns = set(file.names) - {PATIENT}
            tables[table].contents.update(column_contents(con, file, layout, suspect, columns))
    if "referrals" in files:
        make_cells(con, "referrals", files, settings, findings.tables["referrals"])
        for check in row_checks(settings, files, settings.definitions or default_definitions()):
            if check.name == REFERRAL_KEY and check.table == "referrals":
                here = broken_rows(con, check)
                tables["referrals"].rows.update({check.name: here} if here.count else {})
    return Findings(tables)


def make_cells(
    con: duckdb.DuckDBPyConnection, table: str, files: dict[str, TableFile], settings: Settings, found: TableFindings
) -> None:
    """Make the table ``cells_NAME``: typed rows without the values that break a rule, and why a row is set aside."""
    file, layout = files.get(table), layout_tables()[table]
    checks = cell_checks(file, layout, basis=settings.basis) if file else []
    query = typed_sql(file, layout, [check for check in checks if check.name in found.cells], settings.extras(table))
    kind = "TABLE" if found.read <= MOST_ROWS_STORED else "VIEW"
    if table == "scores":
        query = _scored(con, query, files, settings, None if kind == "TABLE" else found)
    con.execute(f"CREATE {kind} cells_{table} AS {query}")


def _scored(
    con: duckdb.DuckDBPyConnection,
    query: str,
    files: dict[str, TableFile],
    settings: Settings,
    found: TableFindings | None,
) -> str:
    """Write the query for the scores with their totals; ``found`` is None where they are to be stored."""
    # The query is written for the scales that occur: it grows with each, and there may be many more in the definitions.
    named = {name for (name,) in con.execute(f"SELECT DISTINCT instrument FROM ({query})").fetchall()}
    known = (settings.definitions or default_definitions()).instruments
    instruments = {name: scale for name, scale in known.items() if name in named}
    items = _last_item(files)
    scored = scored_rows_sql(instruments, source=f"({query})", items=items)
    set_aside = f"SELECT * EXCLUDE (_reason) REPLACE (coalesce(fault, _reason) AS fault) FROM ({scored})"
    if found is None:
        return set_aside
    # To look up the few rows that are set aside is cheaper than to find the reasons of all rows again each time.
    con.execute("CREATE TABLE unused_scores (row INTEGER, fault VARCHAR)")
    if found.unused is None:
        con.execute(f"INSERT INTO unused_scores SELECT row, fault FROM ({set_aside}) WHERE fault IS NOT NULL")
    elif found.unused:
        con.executemany("INSERT INTO unused_scores VALUES (?, ?)", list(found.unused))
    used = scored_rows_sql(instruments, source=f"({query})", items=items, reasons=False)
    return (
        "SELECT scored.* REPLACE (unused.fault AS fault) "
        f"FROM ({used}) AS scored LEFT JOIN unused_scores AS unused USING (row)"
    )


def make_calendar(con: duckdb.DuckDBPyConnection) -> None:
    """Make the table ``calendar`` of the dates of day 0."""
    con.execute(f"CREATE TABLE calendar AS {calendar_sql()}")


def drop_wrong_dates(con: duckdb.DuckDBPyConnection, table: str) -> None:
    """Leave out the dates of a table that disagree with their day."""
    query = "SELECT table_type FROM information_schema.tables WHERE table_name = ?"
    kind = "VIEW" if con.execute(query, [f"cells_{table}"]).fetchone() == ("VIEW",) else "TABLE"
    con.execute(f"ALTER {kind} cells_{table} RENAME TO all_dates_{table}")
    con.execute(
        f"CREATE VIEW cells_{table} AS SELECT cells.* REPLACE "
        f"(CASE WHEN cells.fault IS NULL AND {DATE_DISAGREES} THEN NULL ELSE cells.date END AS date) "
        f"FROM all_dates_{table} AS cells LEFT JOIN calendar USING (patient_id)"
    )


def table_problems(
    files: dict[str, TableFile], settings: Settings, findings: Findings, told: dict[str, list[Problem]]
) -> list[Problem]:
    """Put what was counted into words, after what is wrong with the files."""
    problems: list[Problem] = []
    for table, layout in layout_tables().items():
        problems += told.get(table, [])
        if file := files.get(table):
            checks, found = cell_checks(file, layout, basis=settings.basis), findings.tables[table]
            problems += cell_problems(file, checks, found)
            problems += content_problems(file, layout, settings.extras(table), found.contents)
    definitions = settings.definitions or default_definitions()
    problems += score_problems(findings, definitions) if "scores" in files else []
    problems += row_problems(row_checks(settings, files, definitions), findings)
    for table in files:
        problems += left_problems(table, findings.tables[table])
    return problems


def _last_item(files: dict[str, TableFile]) -> int:
    """Return the number of the last item column that the scores have; 0 for totals only."""
    names = files["scores"].names if "scores" in files else ()
    items = layout_tables()["scores"].items
    return max((number for number, item in enumerate(items, start=1) if item in names), default=0)


def make_tables(
    con: duckdb.DuckDBPyConnection, files: dict[str, TableFile], settings: Settings, findings: Findings
) -> None:
    """Make the layout's six tables and ``calendar`` when it is known which rules are broken."""
    for table in layout_tables():
        make_cells(con, table, files, settings, findings.tables[table])
    make_calendar(con)
    for table, found in findings.tables.items():
        if any(name.startswith(f"{WRONG_DATE}: ") for name in found.rows):
            drop_wrong_dates(con, table)
    finish_tables(con)


def finish_tables(con: duckdb.DuckDBPyConnection) -> None:
    """Make the tables that leave: used rows only; of the scores, the total that counts."""
    for table in layout_tables():
        con.execute(f"CREATE VIEW {table} AS SELECT * EXCLUDE (fault) FROM cells_{table} WHERE fault IS NULL")

"""The way of a dataset through the gate: settings, files, headings, cells, rows, and the tables that come out."""

import tempfile
from dataclasses import dataclass, replace
from pathlib import Path
from uuid import uuid4

import duckdb

from analysis.intake.cells import broken_cells, cell_checks, cell_problems, typed_sql
from analysis.intake.checks import calendar_sql, left_problems, named_scales, row_checks, run_check
from analysis.intake.folders import recover_folder
from analysis.intake.headings import heading_problems
from analysis.intake.identifiers import content_problems
from analysis.intake.problems import Problem
from analysis.intake.reading import TableFile, find_files, open_table
from analysis.intake.schema import layout_tables
from analysis.intake.settings import SETTINGS_FILE, Settings, read_settings
from analysis.vocabulary.definitions import default_definitions
from analysis.vocabulary.scoring import scoring_sql

MEMORY_LIMIT = "2GB"


@dataclass(frozen=True)
class Examination:
    """What was found: the settings, the files that were read, the problems, and the database with the tables."""

    con: duckdb.DuckDBPyConnection
    settings: Settings
    files: dict[str, TableFile]
    problems: tuple[Problem, ...]

    @property
    def has_errors(self) -> bool:
        """True when a problem stops the dataset from being used."""
        return any(problem.severity == "error" for problem in self.problems)


def examine(folder: Path) -> Examination:
    """Run every check on a dataset's folder. Bad data gives problems, never an exception.

    Parameters
    ----------
    folder : Path

    Returns
    -------
    Examination
        Its database holds the layout's six tables and ``calendar`` when there is no error.
    """
    con = _database()
    problems = _folder_problems(folder)
    if problems:
        return Examination(con, Settings(), {}, tuple(problems))
    settings, problems = read_settings(folder)
    paths, found = find_files(folder)
    problems += found
    files: dict[str, TableFile] = {}
    for table, layout in layout_tables().items():
        file, found = open_table(con, table, paths[table]) if table in paths else (None, [])
        problems += found
        if file:
            found, usable = heading_problems(file, layout, settings.extras(table))
            problems += found
            file = file if usable else None
        problems += _stage(con, table, file, settings)
        if file:
            files[table] = file
    problems += _rows(con, settings, files)
    if not any(problem.severity == "error" for problem in problems):
        _finish(con)
    return Examination(con, settings, files, tuple(problems))


def _database() -> duckdb.DuckDBPyConnection:
    spill = Path(tempfile.gettempdir()) / f"ketamine-outcomes-{uuid4().hex}"  # made and removed by DuckDB when needed
    return duckdb.connect(
        ":memory:",
        config={
            "memory_limit": MEMORY_LIMIT,
            "temp_directory": str(spill),
            "autoinstall_known_extensions": "false",
            "autoload_known_extensions": "false",
        },
    )


def _folder_problems(folder: Path) -> list[Problem]:
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


def _stage(con: duckdb.DuckDBPyConnection, table: str, file: TableFile | None, settings: Settings) -> list[Problem]:
    """Make the table ``cells_NAME`` of typed rows, and list the cells that break a rule."""
    layout, extras = layout_tables()[table], settings.extras(table)
    checks = cell_checks(file, layout, basis=settings.basis) if file else []
    broken = broken_cells(con, file, layout, checks) if file else []
    typed = typed_sql(file, layout, [check for check, _ in broken], extras)
    con.execute(f"CREATE TABLE cells_{table} AS {typed}")
    if file is None:
        return []
    suspect = {check.column.name for check, _ in broken}
    return cell_problems(file, broken) + content_problems(con, file, layout, extras, suspect)


def _rows(con: duckdb.DuckDBPyConnection, settings: Settings, files: dict[str, TableFile]) -> list[Problem]:
    definitions = settings.definitions or default_definitions()
    usable = "(SELECT * FROM cells_scores WHERE fault IS NULL)"
    scoring = scoring_sql(definitions.instruments, source=usable, items=_last_item(files))
    con.execute(f"CREATE TABLE scored AS {scoring}")
    con.execute(f"CREATE TABLE calendar AS {calendar_sql()}")
    problems: list[Problem] = []
    for check in row_checks(settings, files, definitions):
        found = run_check(con, check)
        if check.rule == "unknown instrument" and found:
            scales = named_scales(con, definitions)
            found = [replace(each, what=f"{each.what} ({scales})" if scales else each.what) for each in found]
        problems += found
    for table in files:
        problems += left_problems(con, table)
    return problems


def _last_item(files: dict[str, TableFile]) -> int:
    """Return the number of the last item column that the scores have; 0 for totals only."""
    names = files["scores"].names if "scores" in files else ()
    items = layout_tables()["scores"].items
    return max((number for number, item in enumerate(items, start=1) if item in names), default=0)


def _finish(con: duckdb.DuckDBPyConnection) -> None:
    """Make the tables that leave: used rows only; of the scores, the total that counts."""
    for table in layout_tables():
        if table == "scores":
            con.execute(
                "CREATE TABLE scores AS SELECT cells.* EXCLUDE (fault) REPLACE (scored.total AS total), "
                "scored.items_answered, scored.prorated FROM cells_scores AS cells JOIN scored USING (row) "
                "WHERE cells.fault IS NULL"
            )
        else:
            con.execute(f"CREATE VIEW {table} AS SELECT * EXCLUDE (fault) FROM cells_{table} WHERE fault IS NULL")

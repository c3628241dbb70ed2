"""Rules about rows: repeated keys, orphans, dates, scores, and how much of a table is left.

Each rule is one `RowCheck`: a query that yields the rows that break it, and one message.
"""

import re
from collections.abc import Collection
from dataclasses import dataclass

import duckdb

from analysis.intake.problems import ROWS_NAMED, Problem
from analysis.intake.schema import TableLayout, layout_tables
from analysis.intake.settings import Settings
from analysis.vocabulary.definitions import Definitions
from analysis.vocabulary.scoring import REASONS

MOST_SET_ASIDE = 0.2
FEWEST_SET_ASIDE = 5
NOT_FAULTS = ("no score recorded", "unknown instrument")
"""Reasons to set a score aside that say nothing against the file."""

_OTHER_SCALES = (
    "QIDS-SR16",
    "BDI-II",
    "PCL-5",
    "WHO-5",
    "WSAS",
    "SHAPS",
    "CADSS",
    "CADSS-6",
    "C-SSRS",
    "CGI-S",
    "CGI-I",
)
_NOT_USED = "These rows are not used."
_SCORE_WORDS = {
    "unknown instrument": (
        "the scale has no entry in the instruments",
        f"{_NOT_USED} Write the name as in the instruments, or add an entry through `definitions`.",
    ),
    "no score recorded": (
        "neither a total nor an item is filled in",
        "Counted as not scored. Nothing to do if the scale was not filled in.",
    ),
    "item out of range": (
        "an item is outside the scale's range, or the scale has no such item",
        f"{_NOT_USED} Correct it.",
    ),
    "total out of range": ("the total is outside the scale's range", f"{_NOT_USED} Correct it."),
    "too few items": (
        "too many items are missing for the scale to be scored",
        f"{_NOT_USED} Fill in the items, or give the total without them.",
    ),
    "total disagrees with items": (
        "the total is not the sum of the items",
        f"{_NOT_USED} Correct the total or the items.",
    ),
}


@dataclass(frozen=True)
class RowCheck:
    """A rule about rows. ``rows`` is a query that yields the numbers of the rows that break it.

    ``effect`` is ``row`` (the rows are set aside for this reason), ``value`` (the column's value is) or empty.
    """

    table: str
    rule: str
    severity: str
    rows: str
    what: str
    advice: str
    column: str = ""
    effect: str = ""


def row_checks(settings: Settings, present: Collection[str], definitions: Definitions) -> list[RowCheck]:
    """List the rules, in the order in which they apply.

    Parameters
    ----------
    settings : Settings
    present : collection of str
        The tables that could be read.
    definitions : Definitions
        Whose phase rules the sessions need.

    Returns
    -------
    list of RowCheck
        Their queries are about the tables ``cells_NAME``, ``scored`` and ``calendar``.
    """
    layouts = [layout for name, layout in layout_tables().items() if name in present]
    checks = [_score(reason) for reason in REASONS] if "scores" in present else []
    checks += [_repeated_key(layout) for layout in layouts]
    if "patients" in present:
        checks += [_orphan(layout.name) for layout in layouts if layout.name != "patients"]
    dated = [layout.name for layout in layouts if "date" in layout.columns]
    checks += [_date_and_day(table) for table in dated if "day" in layout_tables()[table].columns]
    checks += [_after_cut(table, settings) for table in dated]
    checks += [_year_after_cut(layout.name, settings) for layout in layouts if "start_year" in layout.columns]
    if "sessions" in present:
        checks += [_no_phase_rule(definitions), _first_day()]
    if {"patients", "sessions"} <= set(present):
        checks.append(_year_and_dates())
    if settings.basis == "safe-harbor" and "patients" in present:
        checks.append(_last_day_in_care())
    return checks


def run_check(con: duckdb.DuckDBPyConnection, check: RowCheck) -> list[Problem]:
    """Find the rows that break a rule, set aside what it says, and tell."""
    query = f"SELECT count(*), min(row, {ROWS_NAMED}) FROM ({check.rows})"
    count, first = con.execute(query).fetchone() or (0, [])
    if not count:
        return []
    if check.effect:
        change = f"fault = '{check.rule}'" if check.effect == "row" else f"{check.column} = NULL"
        con.execute(f"UPDATE cells_{check.table} SET {change} WHERE row IN ({check.rows})")
    place = (check.column, tuple(first), count)
    return [Problem(check.table, check.rule, check.severity, check.what, check.advice, *place)]


def _score(reason: str) -> RowCheck:
    what, advice = _SCORE_WORDS[reason]
    column = {"unknown instrument": "instrument", "total out of range": "total"}.get(reason, "")
    rows = f"SELECT row FROM scored WHERE reason = '{reason}'"
    return RowCheck("scores", reason, "set-aside", rows, what, advice, column, "row")


def _repeated_key(layout: TableLayout) -> RowCheck:
    key = ", ".join(layout.key)
    rows = f"SELECT row FROM cells_{layout.name} WHERE fault IS NULL QUALIFY count(*) OVER (PARTITION BY {key}) > 1"
    what = f"more than one row has the same {key}"
    advice = "Delete the copies, or tell the rows apart" + (" by sequence." if "sequence" in layout.key else ".")
    return RowCheck(layout.name, "repeated key", "error", rows, what, advice)


def _orphan(table: str) -> RowCheck:
    rows = (
        f"SELECT row FROM cells_{table} WHERE fault IS NULL AND patient_id IS NOT NULL "
        "AND patient_id NOT IN (SELECT patient_id FROM cells_patients WHERE patient_id IS NOT NULL)"
    )
    what = "the patient is not in the table patients"
    advice = "Add the patient there, or correct the patient_id."
    return RowCheck(table, "orphan patient", "error", rows, what, advice, "patient_id")


def calendar_sql() -> str:
    """Write the query for the calendar date of day 0 of each patient: the majority over the sessions, ties earliest."""
    return """
        SELECT patient_id, day0 FROM (
            SELECT patient_id, CAST(date - day AS DATE) AS day0, count(*) AS sessions
            FROM cells_sessions WHERE fault IS NULL AND date IS NOT NULL GROUP BY ALL
        )
        QUALIFY row_number() OVER (PARTITION BY patient_id ORDER BY sessions DESC, day0) = 1
    """


def _date_and_day(table: str) -> RowCheck:
    rows = (
        f"SELECT row FROM cells_{table} JOIN calendar USING (patient_id) "
        "WHERE fault IS NULL AND date IS NOT NULL AND CAST(date - day AS DATE) <> day0"
    )
    what = "date and day disagree with the patient's other sessions"
    advice = "The date is not used, the rest of the row is. Correct the date or the day."
    return RowCheck(table, "date and day disagree", "set-aside", rows, what, advice, "date", "value")


def _after_cut(table: str, settings: Settings) -> RowCheck:
    cut = settings.data_cut.isoformat()
    rows = f"SELECT row FROM cells_{table} WHERE fault IS NULL AND date > DATE '{cut}'"
    advice = "Correct the dates, or the data_cut in dataset.toml."
    return RowCheck(
        table, "after the data cut", "warning", rows, f"the date is after the data cut, {cut}", advice, "date"
    )


def _year_after_cut(table: str, settings: Settings) -> RowCheck:
    year = settings.data_cut.year
    rows = f"SELECT row FROM cells_{table} WHERE fault IS NULL AND start_year > {year}"
    advice = "Correct the years, or the data_cut in dataset.toml."
    what = f"the year is after that of the data cut, {year}"
    return RowCheck(table, "after the data cut", "warning", rows, what, advice, "start_year")


def _year_and_dates() -> RowCheck:
    rows = (
        "SELECT row FROM cells_patients JOIN calendar USING (patient_id) "
        "WHERE fault IS NULL AND start_year <> year(day0)"
    )
    what = "the year is not that of day 0 by the dates of the patient's sessions"
    advice = "The dates say when a window is due. Correct the year, or the dates and days of the sessions."
    return RowCheck("patients", "start_year and dates disagree", "warning", rows, what, advice, "start_year")


def _no_phase_rule(definitions: Definitions) -> RowCheck:
    covered = " OR ".join(
        f"(treatment = {_quoted(choice.treatment)}"
        + (f" AND route IN ({', '.join(map(_quoted, choice.routes))}))" if choice.routes else ")")
        for choice in definitions.phase_rules
    )
    rows = (
        "SELECT row FROM cells_sessions WHERE fault IS NULL AND status IN ('given', 'stopped-early') "
        f"AND phase_recorded IS NULL AND ({covered or 'false'}) IS NOT TRUE"
    )
    what = "no phase rule covers the treatment with this route (or with none), and phase_recorded is empty"
    advice = (
        "In a course that begins so, loading and maintenance stay unknown. Fill in the route or phase_recorded, or add "
        "a phase rule through `definitions`."
    )
    return RowCheck("sessions", "no phase rule", "warning", rows, what, advice)


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def _first_day() -> RowCheck:
    rows = """
        SELECT arg_min(row, (day, sequence)) AS row FROM cells_sessions
        WHERE fault IS NULL AND status IN ('given', 'stopped-early') GROUP BY patient_id HAVING min(day) <> 0
    """
    what = "the patient's first given session is not on day 0"
    advice = "Day 0 is the first recorded treatment: count the days from there, or look for sessions that are missing."
    return RowCheck("sessions", "first session not on day 0", "warning", rows, what, advice, "day")


def _last_day_in_care() -> RowCheck:
    rows = "SELECT row FROM cells_patients WHERE outcome_of_care = 'ongoing' AND last_day IS NOT NULL"
    what = 'the exact last day of a patient still in care is refused under basis = "safe-harbor"'
    advice = "With the data cut it gives the start date away. Leave the cell empty for these patients."
    return RowCheck("patients", "last_day under safe-harbor", "error", rows, what, advice, "last_day")


def left_problems(con: duckdb.DuckDBPyConnection, table: str) -> list[Problem]:
    """Tell when so much of a table is set aside that the file is probably in another layout, or when it has no rows."""
    excused = ", ".join(f"'{reason}'" for reason in NOT_FAULTS)
    read, faults, unknown, named = con.execute(
        f"SELECT count(*), count(*) FILTER (WHERE fault NOT IN ({excused})), "
        f"count(*) FILTER (WHERE fault = 'unknown instrument'), count(*) FILTER (WHERE fault IS DISTINCT FROM "
        f"'no score recorded') FROM cells_{table}"
    ).fetchone() or (0, 0, 0, 0)
    if read == 0:
        severity = "error" if layout_tables()[table].required else "warning"
        return [
            Problem(table, "no rows", severity, "there is a header but no row", "Export the table again with its rows.")
        ]
    if faults > MOST_SET_ASIDE * read and (faults >= FEWEST_SET_ASIDE or faults == read):
        what = f"{faults:,} of {read:,} rows cannot be used"
        advice = "Is the file in the right layout? See the other problems of this table, and data/README.md."
        return [Problem(table, "too much set aside", "error", what, advice, count=faults)]
    if unknown and unknown == named:
        what = "no score is on a scale that has an entry in the instruments"
        return [
            Problem(table, "too much set aside", "error", what, "Write the names as in the instruments.", count=unknown)
        ]
    return []


def named_scales(con: duckdb.DuckDBPyConnection, definitions: Definitions) -> str:
    """Name the scales without an entry that can be named safely: the well-known ones, and known names misspelled."""
    written = {_squeezed(name): f"{name} written otherwise" for name in definitions.instruments}
    written |= {_squeezed(name): name for name in _OTHER_SCALES if name not in definitions.instruments}
    marks = ", ".join(["?"] * len(written))
    found = con.execute(
        "SELECT upper(regexp_replace(instrument, '[^A-Za-z0-9]', '', 'g')) AS scale, count(*) FROM cells_scores "
        f"WHERE fault = 'unknown instrument' AND scale IN ({marks}) GROUP BY ALL ORDER BY ALL",
        list(written),
    ).fetchall()
    return ", ".join(f"{written[scale]}: {count:,}" for scale, count in found)


def _squeezed(name: str) -> str:
    return re.sub(r"[^A-Z0-9]", "", name.upper())

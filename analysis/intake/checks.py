"""Rules about rows: repeated keys, orphans, dates, scores, and how much of a table is left.

Each rule is one `RowCheck`: a query that yields the rows that break it, and one message.
"""

import re
from collections.abc import Collection
from dataclasses import dataclass

import duckdb

from analysis.intake.findings import Findings, Found, TableFindings
from analysis.intake.problems import ROWS_NAMED, Problem
from analysis.intake.schema import TableLayout, layout_tables
from analysis.intake.settings import Settings
from analysis.vocabulary.definitions import Definitions
from analysis.vocabulary.scoring import REASONS

MOST_SET_ASIDE = 0.2
FEWEST_SET_ASIDE = 5
NOT_FAULTS = ("no score recorded", "unknown instrument")
"""Reasons to set a score aside that say nothing against the file."""

DATE_DISAGREES = "date IS NOT NULL AND CAST(date - day AS DATE) <> calendar.day0"
"""SQL that is true where a row's date and day do not lead to the patient's day 0 of the calendar."""

WRONG_DATE = "date and day disagree"

_OTHER_SCALES = {
    "SHAPS": "SHAPS without its scoring, SHAPS-dichotomous or SHAPS-sum",
    "CADSS-6": "CADSS-6",
    "CGI-S": "CGI-S",
    "CGI-I": "CGI-I",
}
"""Well-known scales without an entry, and how each is named in a message."""

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
    "answers contradict each other": (
        "a question that was to be left out is answered yes, though the one before it is answered no",
        f"{_NOT_USED} Correct the answers.",
    ),
    "total of a category": (
        "the scale gives a category and no total, and no item is filled in",
        f"{_NOT_USED} Fill in the items.",
    ),
    "total out of range": (
        "the total is outside the scale's range, or no answers can give it",
        f"{_NOT_USED} Correct it.",
    ),
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

    None of them sets a row aside; a date that disagrees with its day is set aside as a value.
    """

    table: str
    rule: str
    severity: str
    rows: str
    what: str
    advice: str
    column: str = ""

    @property
    def name(self) -> str:
        """The rule and its column, which are one of a kind in a table."""
        return f"{self.rule}: {self.column}"


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
        Their queries are about the tables ``cells_NAME`` and ``calendar``.
    """
    layouts = [layout for name, layout in layout_tables().items() if name in present]
    checks = [_repeated_key(layout) for layout in layouts]
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


def broken_rows(con: duckdb.DuckDBPyConnection, check: RowCheck) -> Found:
    """Count the rows that break a rule."""
    query = f"SELECT count(*), min(row, {ROWS_NAMED}) FROM ({check.rows})"
    count, first = con.execute(query).fetchone() or (0, None)
    return Found(count, tuple(first or ()))


def row_problems(checks: list[RowCheck], found: Findings) -> list[Problem]:
    """Tell the broken rules, in their order."""
    problems = []
    for check in checks:
        here = found.tables[check.table].rows.get(check.name)
        if here:
            words = (check.severity, check.what, check.advice, check.column)
            problems.append(Problem(check.table, check.rule, *words, here.rows, here.count))
    return problems


def count_faults(con: duckdb.DuckDBPyConnection, table: str, *, read: int) -> dict[str, Found]:
    """Count the rows of a table by the reason for which they are set aside; an empty reason for those that are used."""
    faults = con.execute(
        f"SELECT fault, count(*), min(row, {ROWS_NAMED}) FROM cells_{table} WHERE fault IS NOT NULL "
        "GROUP BY fault ORDER BY fault"
    ).fetchall()
    found = {fault: Found(count, tuple(rows)) for fault, count, rows in faults}
    return {"": Found(read - sum(each.count for each in found.values())), **found}


def score_problems(found: Findings, definitions: Definitions) -> list[Problem]:
    """Tell the reasons for which scores are set aside after scoring."""
    problems = []
    for reason in REASONS:
        here = found.tables["scores"].faults.get(reason)
        if here:
            what, advice = _SCORE_WORDS[reason]
            scales = _named(found.scales, definitions) if reason == "unknown instrument" else ""
            what = f"{what} ({scales})" if scales else what
            column = {"unknown instrument": "instrument", "total out of range": "total"}.get(reason, "")
            problems.append(Problem("scores", reason, "set-aside", what, advice, column, here.rows, here.count))
    return problems


def _repeated_key(layout: TableLayout) -> RowCheck:
    key = ", ".join(layout.key)
    # A first look at hashes alone: keys of millions of rows would fill the memory, and nearly always none is repeated.
    rows = (
        f"SELECT row FROM cells_{layout.name} WHERE fault IS NULL AND hash({key}) IN (SELECT hash({key}) AS hashed "
        f"FROM cells_{layout.name} WHERE fault IS NULL GROUP BY hashed HAVING count(*) > 1) "
        f"QUALIFY count(*) OVER (PARTITION BY {key}) > 1"
    )
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
    # The sessions of nearly every patient agree, and the majority need not be counted.
    return """
        WITH starts AS (
            SELECT patient_id, CAST(date - day AS DATE) AS day0
            FROM cells_sessions WHERE fault IS NULL AND date IS NOT NULL
        ),
        ranges AS (SELECT patient_id, min(day0) AS first, max(day0) AS last FROM starts GROUP BY patient_id)
        SELECT patient_id, first AS day0 FROM ranges WHERE first = last
        UNION ALL
        SELECT patient_id, day0 FROM (
            SELECT patient_id, day0, count(*) AS sessions FROM starts
            WHERE patient_id IN (SELECT patient_id FROM ranges WHERE first <> last) GROUP BY ALL
        )
        QUALIFY row_number() OVER (PARTITION BY patient_id ORDER BY sessions DESC, day0) = 1
    """


def _date_and_day(table: str) -> RowCheck:
    rows = f"SELECT row FROM cells_{table} JOIN calendar USING (patient_id) WHERE fault IS NULL AND {DATE_DISAGREES}"
    what = "date and day disagree with the patient's other sessions"
    advice = "The date is not used, the rest of the row is. Correct the date or the day."
    return RowCheck(table, WRONG_DATE, "set-aside", rows, what, advice, "date")


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
        "WHERE fault IS NULL AND start_year <> year(calendar.day0)"
    )
    what = "the year is not that of day 0 by the dates of the patient's sessions"
    advice = "The dates say when a window is due. Correct the year, or the dates and days of the sessions."
    return RowCheck("patients", "start_year and dates disagree", "warning", rows, what, advice, "start_year")


def _no_phase_rule(definitions: Definitions) -> RowCheck:
    # The first rule that fits, as in the derivation; a condition on a route that is missing fits nothing.
    chosen = "".join(
        f" WHEN treatment = {_quoted(choice.treatment)}"
        + (f" AND route IN ({', '.join(map(_quoted, choice.routes))})" if choice.routes else "")
        + f" THEN {_quoted(choice.rule)}"
        for choice in definitions.phase_rules
    )
    rows = (
        "SELECT row FROM cells_sessions WHERE fault IS NULL AND status IN ('given', 'stopped-early') "
        f"AND phase_recorded IS NULL AND CASE{chosen or ' WHEN false THEN NULL'} ELSE 'recorded' END = 'recorded'"
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
        SELECT arg_min(row, (day, sequence, row)) AS row FROM cells_sessions
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


def left_problems(table: str, found: TableFindings) -> list[Problem]:
    """Tell when so much of a table is set aside that the file is probably in another layout, or when it has no rows."""
    read = found.read
    counts = {fault: here.count for fault, here in found.faults.items() if fault}
    faults = sum(count for fault, count in counts.items() if fault not in NOT_FAULTS)
    unknown, named = counts.get("unknown instrument", 0), read - counts.get("no score recorded", 0)
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


def named_scales(con: duckdb.DuckDBPyConnection, definitions: Definitions) -> dict[str, int]:
    """Count the scales without an entry that can be named safely: the well-known ones, and known names misspelled."""
    written = _nameable(definitions)
    marks = ", ".join(["?"] * len(written))
    return dict(
        con.execute(
            "SELECT upper(regexp_replace(instrument, '[^A-Za-z0-9]', '', 'g')) AS scale, count(*) FROM cells_scores "
            f"WHERE fault = 'unknown instrument' AND scale IN ({marks}) GROUP BY ALL ORDER BY ALL",
            list(written),
        ).fetchall()
    )


def _named(scales: dict[str, int], definitions: Definitions) -> str:
    written = _nameable(definitions)
    return ", ".join(f"{written[scale]}: {count:,}" for scale, count in sorted(scales.items()))


def _nameable(definitions: Definitions) -> dict[str, str]:
    written = {_squeezed(name): f"{name} written otherwise" for name in definitions.instruments}
    others = {_squeezed(name): shown for name, shown in _OTHER_SCALES.items() if name not in definitions.instruments}
    return written | others


def _squeezed(name: str) -> str:
    return re.sub(r"[^A-Z0-9]", "", name.upper())

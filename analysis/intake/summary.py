"""What a dataset shows of itself in a terminal and in a notebook: counts, never a patient's value."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from html import escape
from typing import TYPE_CHECKING

import duckdb

from analysis.intake.problems import SEVERITIES

if TYPE_CHECKING:
    from analysis.intake.dataset import Dataset

_PROBLEMS_SHOWN = 10


@dataclass(frozen=True)
class Summary:
    """The parts of a representation: plain facts, the instruments, and the problems."""

    facts: tuple[tuple[str, str], ...]
    instruments: tuple[tuple[str, int, int, int], ...]
    treated: int
    problems: tuple[tuple[str, str], ...]


def summarise(dataset: "Dataset") -> Summary:
    """Count what the representation of a dataset shows.

    Parameters
    ----------
    dataset : Dataset

    Returns
    -------
    Summary
    """
    found = sum((_count(part.connect()) for part in dataset.opened_parts()), _Counts())
    problems = dict(dataset.problems["severity"].value_counts())
    facts = (
        ("Basis", dataset.basis),
        ("Period of treatment", _period(dataset, found)),
        ("Data cut", dataset.data_cut.isoformat()),
        ("Patients", f"{found.patients:,}"),
        ("Patients treated (courses)", f"{found.treated:,}"),
        ("Sessions given", f"{found.sessions:,}"),
        ("Definitions", dataset.definitions.label),
        ("Problems", ", ".join(f"{problems[each]} {each}" for each in SEVERITIES if each in problems) or "none"),
    )
    instruments = sorted(found.instruments.items(), key=lambda each: (-each[1][0], each[0]))
    shown = dataset.problems.head(_PROBLEMS_SHOWN)
    return Summary(
        (("Name", dataset.name), *facts),
        tuple((name, *counts) for name, counts in instruments),
        found.treated,
        tuple(zip(shown["severity"], shown["message"], strict=True)),
    )


@dataclass(frozen=True)
class _Counts:
    """What is counted in each part of a dataset and added up: months and years are listed."""

    patients: int = 0
    treated: int = 0
    sessions: int = 0
    months: frozenset[str] = frozenset()
    years: frozenset[str] = frozenset()
    instruments: dict[str, tuple[int, int, int]] = field(default_factory=dict)

    def __add__(self, other: "_Counts") -> "_Counts":
        instruments = dict(self.instruments)
        for name, (scores, before, after) in other.instruments.items():
            own = instruments.get(name, (0, 0, 0))
            instruments[name] = (own[0] + scores, own[1] + before, own[2] + after)
        return _Counts(
            self.patients + other.patients,
            self.treated + other.treated,
            self.sessions + other.sessions,
            self.months | other.months,
            self.years | other.years,
            instruments,
        )


def _count(con: duckdb.DuckDBPyConnection) -> _Counts:
    patients, treated, sessions = con.execute("""
        SELECT (SELECT count(*) FROM (SELECT patient_id FROM patients UNION SELECT patient_id FROM sessions
                                      UNION SELECT patient_id FROM scores)),
               count(DISTINCT patient_id) FILTER (WHERE given), count(*) FILTER (WHERE given)
        FROM (SELECT patient_id, status IN ('given', 'stopped-early') AS given FROM sessions)
    """).fetchone() or (0, 0, 0)
    first, last = con.execute("""
        SELECT strftime(min(day0 + day), '%Y-%m'), strftime(max(day0 + day), '%Y-%m')
        FROM sessions JOIN calendar USING (patient_id) WHERE status IN ('given', 'stopped-early')
    """).fetchone() or (None, None)
    first_year, last_year = con.execute("""
        SELECT min(start_year)::VARCHAR, max(start_year)::VARCHAR FROM patients
        WHERE patient_id IN (SELECT patient_id FROM sessions WHERE status IN ('given', 'stopped-early'))
    """).fetchone() or (None, None)
    return _Counts(
        patients,
        treated,
        sessions,
        frozenset({first, last} - {None}),
        frozenset({first_year, last_year} - {None}),
        _instruments(con),
    )


def _period(dataset: "Dataset", found: _Counts) -> str:
    """First to last month of treatment; years where there are no dates."""
    if dataset.has_dates:
        return f"{min(found.months)} to {max(found.months)}" if found.months else "not recorded"
    return f"started {min(found.years)} to {max(found.years)}" if found.years else "not recorded"


def _instruments(con: duckdb.DuckDBPyConnection) -> dict[str, tuple[int, int, int]]:
    """Of each instrument: scores, treated patients with one before their first session, and with one after."""
    rows = con.execute("""
        WITH first_session AS (
            SELECT patient_id, min(day) AS first_day FROM sessions
            WHERE status IN ('given', 'stopped-early') GROUP BY patient_id
        )
        SELECT instrument, count(*) AS scores,
            count(DISTINCT patient_id) FILTER (WHERE before) AS before,
            count(DISTINCT patient_id) FILTER (WHERE NOT before) AS after
        FROM (
            SELECT patient_id, instrument, day < first_day OR (day = first_day AND occasion <> 'post') AS before
            FROM scores LEFT JOIN first_session USING (patient_id)
        )
        GROUP BY instrument
    """).fetchall()
    return {str(name): (int(scores), int(before), int(after)) for name, scores, before, after in rows}


def plain_summary(summary: Summary) -> str:
    """Write a summary as plain text."""
    width = max(len(label) for label, _ in summary.facts)
    lines = [f"{label:<{width}}  {value}" for label, value in summary.facts]
    table = [("Instrument", "Scores", "Treated, scored before", "Treated, scored after"), *_cells(summary)]
    widths = [max(len(row[number]) for row in table) for number in range(4)]
    lines += ["", *("  ".join(map(str.ljust, row, widths)).rstrip() for row in table)]
    lines += [""] * bool(summary.problems) + [f"{severity}: {message}" for severity, message in summary.problems]
    return "\n".join(lines)


_LEFT = "text-align:left"  # notebooks set table cells to the right, which suits numbers only


def html_summary(summary: Summary) -> str:
    """Write a summary as HTML tables; every text is escaped."""
    facts = "".join(
        f'<tr><th scope="row">{escape(label)}</th><td style="{_LEFT}">{escape(value)}</td></tr>'
        for label, value in summary.facts
    )
    headings = _row("th", ("Instrument", "Scores", "Treated, scored before", "Treated, scored after"))
    scores = "".join(
        f'<tr><th scope="row">{escape(name)}</th>{"".join(f"<td>{escape(cell)}</td>" for cell in cells)}</tr>'
        for name, *cells in _cells(summary)
    )
    parts = [
        f"<table><caption>Dataset</caption><tbody>{facts}</tbody></table>",
        f"<table><caption>Scores and completeness</caption><thead>{headings}</thead><tbody>{scores}</tbody></table>",
    ]
    if summary.problems:
        problems = "".join(
            f'<tr><td>{escape(severity)}</td><td style="{_LEFT}">{escape(message)}</td></tr>'
            for severity, message in summary.problems
        )
        headings = _row("th", ("Severity", "Problem"))
        parts.append(f"<table><caption>Problems</caption><thead>{headings}</thead><tbody>{problems}</tbody></table>")
    return f"<div>{''.join(parts)}</div>"


def _cells(summary: Summary) -> list[tuple[str, str, str, str]]:
    def share(count: int) -> str:
        return f"{count:,} of {summary.treated:,} ({count / summary.treated:.0%})" if summary.treated else "0 of 0"

    return [(name, f"{scores:,}", share(before), share(after)) for name, scores, before, after in summary.instruments]


def _row(tag: str, cells: Sequence[str]) -> str:
    scope = ' scope="col"' if tag == "th" else ""
    return f"<tr>{''.join(f'<{tag}{scope}>{escape(cell)}</{tag}>' for cell in cells)}</tr>"

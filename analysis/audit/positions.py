"""Where each count of a report is printed, and which printed numbers are no counts."""

from collections.abc import Iterator
from dataclasses import dataclass, field

import pandas as pd

from analysis.audit.counts import PEOPLE, Count, Position
from analysis.audit.published import Published
from analysis.cohort.windows import parse_window
from analysis.counts.ladder_tally import ESTIMANDS
from analysis.counts.outcome_kinds import SHARED_OUTCOMES
from analysis.disclosure.families import group_columns
from analysis.disclosure.rate_rules import OF_OTHER_COUNTS
from analysis.vocabulary.definitions import default_definitions
from analysis.vocabulary.errors import CallError, DataError

RUNGS = ("started", "with_baseline", "eligible", "scored")
_FLOW = {"baseline": "with_baseline", "responded": "with_outcome", "not_responded": "no_outcome"}
_RATES = {"window", "instrument", "estimate", "low", "high", "numerator", "denominator", "status", "period", *RUNGS}
_FLOWS = {"window", "instrument", "kind", "name", "label", "count", "status", "period"}
_DENOMINATORS = {
    "bounds": ("with_outcome", "eligible"),
    "bounds of the eligible": ("with_outcome", "eligible"),
    "bounds of all starters": ("with_outcome", "started"),
}


@dataclass(frozen=True)
class Share:
    """A share that is printed although a count of it is hidden."""

    report: int
    numerator: Count
    denominator: Count
    estimate: str
    low: str
    high: str


@dataclass(frozen=True)
class NotAudited:
    """A printed number that is no count. ``is_bare``: it is printed although the count behind it is hidden."""

    report: int
    table: str
    row: int
    what: str
    is_bare: bool


@dataclass
class Printed:
    """Everything that some reports print."""

    positions: list[Position] = field(default_factory=list)
    shares: list[Share] = field(default_factory=list)
    not_audited: list[NotAudited] = field(default_factory=list)


def read_positions(reports: list[Published]) -> Printed:
    """List every printed or hidden count of some reports, and what is no count.

    Parameters
    ----------
    reports : list of Published

    Returns
    -------
    Printed
        Rows are numbered as in the CSV file, whose header is row 1.

    Raises
    ------
    DataError
        When a cell that must hold a count holds something else.
    """
    printed = Printed()
    for number, report in enumerate(reports):
        for name, table in report.tables.items():
            if table.columns.isin(_RATES).sum() == len(_RATES):
                _read_rates(printed, number, name, table)
            elif table.columns.isin(_FLOWS).sum() == len(_FLOWS):
                _read_flow(printed, number, name, table)
            else:
                printed.not_audited.append(NotAudited(number, name, 0, "the whole table", is_bare=False))
    return printed


def people_window(window: str) -> str:
    """Name who is due in a window: the same people in every window that is due on the same day.

    Examples
    --------
    >>> people_window("after session 1") == people_window("after session 4") == people_window("baseline")
    True
    >>> people_window("month 2 after loading")
    'month 2 after loading'
    """
    try:
        parsed = parse_window(window, default_definitions())
    except CallError:
        return window
    return f"sessions to day {parsed.due_day}" if parsed.kind in {"session", "baseline"} else window


def rung_count(  # noqa: PLR0917 - what a count is of, in the order in which it is named
    what: str, period: str, groups: tuple[tuple[str, str], ...], instrument: str, window: str, outcome: str
) -> Count:
    """Name a rung's count, so that the same people have one name wherever they are printed.

    Examples
    --------
    >>> print(rung_count("started", "2025", (), "PHQ-9", "end of loading", "remission"))
    started, window over; end of loading; 2025
    >>> print(rung_count("eligible", "2025", (), "PHQ-9", "end of loading", "worsening"))
    eligible; worsening; PHQ-9; end of loading; 2025
    """
    if what in PEOPLE:
        return Count(what, period, groups, "", people_window(window))
    shared = outcome in {"", "rapid_response", *SHARED_OUTCOMES} or outcome.startswith("remission")
    of_people = what in {"with_baseline", "eligible", "no_baseline", "below_entry"}
    return Count(
        what, period, groups, instrument, people_window(window) if of_people else window, "" if shared else outcome
    )


def _read_rates(printed: Printed, report: int, name: str, table: pd.DataFrame) -> None:
    columns = group_columns(table)
    for place, row in enumerate(table.to_dict("records"), start=2):
        groups = tuple((column, row[column]) for column in columns)
        outcome, instrument = row.get("outcome", ""), f"{row['instrument']} {row.get('item', '')}".strip()
        about = (row["period"], groups, instrument, row["window"])
        at = (report, name, place)
        if row.get("estimand") in OF_OTHER_COUNTS:  # hidden for counts that are not printed; its rungs stand beside it
            is_bare = bool(row["estimate"]) and not row["denominator"]
            printed.not_audited.append(NotAudited(*at, row["estimand"], is_bare=is_bare))
            continue
        for rung in RUNGS:
            count = rung_count(rung, *about, outcome)
            printed.positions.append(Position(count, *at, rung, _whole(row[rung], at, rung)))
        if "estimand" not in row:
            scored = rung_count("scored", *about, outcome)
            value = _whole(row["denominator"], at, "denominator")
            printed.positions.append(Position(scored, *at, "denominator", value))
            bare = value is None
            found = [column for column in ("numerator", "estimate", "low", "high") if row[column]]
            printed.not_audited += [NotAudited(*at, column, is_bare=bare) for column in found]
            continue
        pair = ESTIMANDS.get(row["estimand"]) or _DENOMINATORS.get(row["estimand"])
        if pair is None:
            printed.not_audited.append(NotAudited(*at, row["estimand"], is_bare=not row["denominator"]))
            continue
        of_outcome = Count(pair[0], *about, outcome)
        of_all = rung_count(pair[1], *about, outcome)
        values = [_whole(row[column], at, column) for column in ("numerator", "denominator")]
        printed.positions.append(Position(of_outcome, *at, "numerator", values[0]))
        printed.positions.append(Position(of_all, *at, "denominator", values[1]))
        shown = [row[column] for column in ("estimate", "low", "high")]
        if None in values and any(shown):
            printed.shares.append(Share(report, of_outcome, of_all, *shown))


def _read_flow(printed: Printed, report: int, name: str, table: pd.DataFrame) -> None:
    columns = group_columns(table)
    responded = table.loc[table["name"] == "responded", "label"]
    outcome = "response" if responded.empty or responded.iloc[0] == "Responded" else _outcome(responded.iloc[0])
    for place, row in enumerate(table.to_dict("records"), start=2):
        groups = tuple((column, row[column]) for column in columns)
        at = (report, name, place)
        if row["instrument"] == "any":
            what = row["name"] if row["kind"] == "rung" else "set_aside"
            count = Count(what, row["period"], groups, outcome="" if row["kind"] == "rung" else row["name"])
        else:
            what = _FLOW.get(row["name"], row["name"])
            about = (row["period"], groups, row["instrument"], row["window"])
            count = (
                Count(what, *about, outcome)
                if what in {"with_outcome", "no_outcome"}
                else rung_count(what, *about, outcome)
            )
        printed.positions.append(Position(count, *at, "count", _whole(row["count"], at, "count")))


def _outcome(label: str) -> str:
    return label.lower().replace(" ", "_")


def _whole(text: str, at: tuple[int, str, int], column: str) -> int | None:
    if text == "":
        return None
    try:
        number = float(text)
    except ValueError:
        number = -1.0
    if number < 0 or not number.is_integer():
        raise DataError(f"tables/{at[1]}.csv, row {at[2]}, column '{column}' holds no count; write the report again.")
    return int(number)


def shown_and_hidden(positions: list[Position]) -> Iterator[tuple[Count, set[int], list[Position]]]:
    """Gather what is printed of each count: its count, the values shown, and the positions where it is hidden."""
    shown: dict[Count, set[int]] = {}
    hidden: dict[Count, list[Position]] = {}
    for position in positions:
        values = shown.setdefault(position.count, set())
        if position.value is None:
            hidden.setdefault(position.count, []).append(position)
        else:
            values.add(position.value)
    for count, values in shown.items():
        yield count, values, hidden.get(count, [])

"""Disclosed tables as a page shows them: words in the cells, each with the row of the CSV file that it comes from."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from analysis.charts.wording import estimand_words, in_hundred, number
from analysis.report.content import Content, Record, ReportTable

HIDDEN, NOBODY = "hidden", "nobody"


@dataclass(frozen=True)
class Cell:
    """One cell. ``kind`` is ``heading``, ``number``, ``hidden`` or ``empty``; ``row`` is its row in the CSV file.

    ``span`` (low, estimate, high, in percent) is drawn as a small line under a rate.
    """

    text: str
    kind: str = "number"
    detail: str = ""
    row: int | None = None
    span: tuple[float, float, float] | None = None


@dataclass(frozen=True)
class ShownTable:
    """A table of a page. ``styles`` names each row's kind, for the look only."""

    file: str
    caption: str
    headings: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    styles: tuple[str, ...] = ()

    @property
    def names(self) -> int:
        """How many columns, at the left, name the row."""
        return sum(cell.kind == "heading" for cell in self.rows[0])


def rates_shown(
    table: ReportTable, *, caption: str, keys: Sequence[tuple[str, str]], outcome: str | None = None
) -> ShownTable:
    """Lay rates out with their denominators side by side.

    Parameters
    ----------
    table : ReportTable
        Rates, from `response_rates`.
    caption : str
    keys : sequence of (column, heading)
        The columns that name a row of the page; rows stand in the order in which their names appear, key by key.
    outcome : str, optional
        Only this outcome; otherwise the outcomes are among the keys.

    Returns
    -------
    ShownTable
        The keys, the people due and scored, and one column for each denominator.
    """
    by_name: dict[tuple[str, ...], dict[str, Record]] = {}
    for record in table.records:
        if outcome in {None, record["outcome"]}:
            name = tuple(str(record[column]) for column, _ in keys)
            by_name.setdefault(name, {})[record["estimand"]] = record
    orders = [list(dict.fromkeys(name[k] for name in by_name)) for k in range(len(keys))]
    names = sorted(by_name, key=lambda name: [order.index(part) for order, part in zip(orders, name, strict=True)])
    rows, estimands = [], list(by_name[names[0]])
    for name in names:
        records = by_name[name]
        first = records[estimands[0]]
        headings = [Cell(_name(column, part), "heading") for (column, _), part in zip(keys, name, strict=True)]
        rates = [rate_cell(records[estimand]) for estimand in estimands]
        rows.append((*headings, _count(first, "started"), _count(first, "scored"), *rates))
    columns = [*(heading for _, heading in keys), "Due", "Scored"]
    columns += [estimand_words(name).of.capitalize() for name in estimands]
    return ShownTable(table.name, caption, tuple(columns), tuple(rows))


def rate_cell(row: Record) -> Cell:
    """Write one rate: in 100, with its range and its counts.

    Examples
    --------
    >>> rate = {"estimate": 0.52, "low": 0.38, "high": 0.66, "numerator": 25, "denominator": 48, "status": "ok"}
    >>> cell = rate_cell(rate | {"csv_row": 2})
    >>> cell.text, cell.detail
    ('52 in 100', '38 to 66; 25 of 48')
    """
    if row["status"] != "ok":
        return _missing(row)
    low, high = f"{100 * row['low']:.0f}", f"{100 * row['high']:.0f}"
    detail = f"{low} to {high}; {number(row['numerator'])} of {number(row['denominator'])}"
    if row["estimate"] is None or math.isnan(row["estimate"]):
        # Bounds: a range in which the rate lies, without a value of its own.
        return Cell(f"{low} to {high} in 100", "number", f"of {number(row['denominator'])}", row["csv_row"])
    span = (100 * row["low"], 100 * row["estimate"], 100 * row["high"])
    return Cell(in_hundred(row["estimate"]), "number", detail, row["csv_row"], span)


def assumptions_shown(table: ReportTable, *, caption: str) -> ShownTable:
    """Lay one rate out under each assumption about the people not seen."""
    rows = []
    for row in table.records:
        words = Cell(str(row["assumption"]), "sentence", row=row["csv_row"])
        rows.append((Cell(estimand_words(row["estimand"]).of.capitalize(), "heading"), words, rate_cell(row)))
    return ShownTable(table.name, caption, ("Rate", "Assumed", "Responded"), tuple(rows))


def changes_shown(table: ReportTable, *, caption: str) -> ShownTable:
    """Lay the mean changes of a model out beside those observed, one row for each visit."""
    rows = []
    for row in table.records:
        expected, seen = _missing(row), _missing(row)
        if row["status"] == "ok":
            expected = Cell(
                _signed(row["estimate"]), "number", f"{_signed(row['low'])} to {_signed(row['high'])}", row["csv_row"]
            )
            seen = Cell(_signed(row["observed"]), row=row["csv_row"])
        rows.append((Cell(_name("window", str(row["visit"])), "heading"), _count(row, "denominator"), seen, expected))
    return ShownTable(table.name, caption, ("When", "Scored", "Change, those scored", "Change, everybody"), tuple(rows))


def _signed(points: float) -> str:
    return f"{points:.1f}".replace("-", "−")


def means_shown(table: ReportTable, *, caption: str) -> ShownTable:
    """Lay mean scores out, one row for each window."""
    rows = []
    for row in table.records:
        mean = _missing(row)
        if row["status"] == "ok":
            mean = Cell(f"{row['estimate']:.1f}", "number", _points(row), row["csv_row"])
        rows.append((_when(row), _count(row, "started"), _count(row, "scored"), mean))
    return ShownTable(table.name, caption, ("When", "Due", "Scored", "Mean score"), tuple(rows))


def flow_shown(table: ReportTable, *, caption: str) -> ShownTable:
    """Lay a flow out, step by step."""
    records = table.records
    rows = tuple((Cell(row["label"], "heading"), _step(row)) for row in records)
    return ShownTable(table.name, caption, ("Step", "People"), rows, tuple(row["kind"] for row in records))


def rows_shown(table: ReportTable) -> list[ShownTable]:
    """Lay out what became of the rows of each file, and why some were set aside."""
    files: dict[str, list[Cell]] = {}
    reasons = []
    for row in table.records:
        file = str(row["table"]).replace("_", " ").capitalize()
        if row["kind"] == "rung":
            files.setdefault(file, [Cell(file, "heading")]).append(_step(row))
        else:
            reasons.append((Cell(file, "heading"), Cell(row["label"], "heading"), _step(row)))
    cells = tuple(tuple(row) for row in files.values())
    read = ShownTable(table.name, "Rows of each file", ("File", "Read", "Used"), cells)
    if not reasons:
        return [read]
    return [read, ShownTable(table.name, "Rows set aside, by reason", ("File", "Reason", "Rows"), tuple(reasons))]


def completeness_shown(content: Content, *, caption: str) -> list[ShownTable]:
    """Lay out how many of those due were scored at each time, from the tables by session and by phase."""
    found = []
    for name, what in (("by_session", "by session"), ("by_phase", "by phase")):
        if name not in content.tables or content.tables[name].nobody_due:
            continue
        first_of_window: dict[str, Record] = {}
        for row in content.tables[name].records:
            first_of_window.setdefault(row["window"], row)
        rows = tuple(
            (_when(row), _count(row, "started"), _count(row, "scored"), _scored_share(row))
            for row in first_of_window.values()
        )
        found.append(ShownTable(name, f"{caption}, {what}", ("When", "Due", "Scored", "Scored, of those due"), rows))
    return found


def _when(row: Record) -> Cell:
    return Cell(_name("window", row["window"]), "heading")


def _scored_share(row: Record) -> Cell:
    if row["started"] is None or row["scored"] is None:
        return Cell(HIDDEN, "hidden", row=row["csv_row"])
    if row["started"] == 0:
        return Cell(NOBODY, "empty", row=row["csv_row"])
    return Cell(in_hundred(row["scored"] / row["started"]), row=row["csv_row"])


def _missing(row: Record) -> Cell:
    if row["status"] == "hidden":
        return Cell(HIDDEN, "hidden", row=row["csv_row"])
    return Cell(NOBODY if row["status"] == "empty" else "cannot be said", "empty", row=row["csv_row"])


def _points(row: Record) -> str:
    return "no range: one person" if row["low"] is None else f"{row['low']:.1f} to {row['high']:.1f}"


def _step(row: Record) -> Cell:
    return _missing(row) if row["status"] == "hidden" else Cell(number(row["count"]), row=row["csv_row"])


def _count(row: Record, column: str) -> Cell:
    hidden = row[column] is None
    return Cell(HIDDEN, "hidden", row=row["csv_row"]) if hidden else Cell(number(row[column]), row=row["csv_row"])


def _name(column: str, value: str) -> str:
    """Name a row: a clinic or a scale by its own name, a route in words, a window or an outcome with a capital."""
    if column == "route":
        return f"{_ROUTES[value]} ({value})" if value in _ROUTES else value
    words = value.removesuffix(" after loading")
    return words[:1].upper() + words[1:] if column in {"window", "outcome"} else value


_ROUTES = {
    "iv": "Into a vein",
    "im": "Into a muscle",
    "sc": "Under the skin",
    "intranasal": "Into the nose",
    "sublingual": "Under the tongue",
    "oral": "By mouth",
}

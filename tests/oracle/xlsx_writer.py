"""A dataset as the workbook that a clinic keeps by hand: titles, merged headers, several sheets, dates in many kinds.

Each sheet has two lines of title and a header of two lines, merged downwards where a column stands alone and sideways
where one heading stands over several columns. Days are left out: they follow from the dates.
"""

import random
from datetime import date
from pathlib import Path
from typing import Any

from dataset_texts import TABLES, read_texts
from openpyxl import Workbook
from openpyxl.utils import get_column_letter

HEADER_ROW = 4
ERRORS = ("#N/A", "#VALUE!", "#DIV/0!")
GROUPS = {
    "Blood pressure": ["systolic_before", "diastolic_before", "systolic_peak", "diastolic_peak"],
    "Answers": [f"item_{number}" for number in range(1, 11)],
}
FOLLOWS = {"patients": {"start_year"}, "referrals": {"start_year", "wait_days"}}
DATE_KINDS = ("date", "serial", "serial as text", "ISO", "American")


def write_workbook(dataset: Path, path: Path, *, seed: int) -> None:
    """Write the tables of a dataset, sessions on one sheet for each year, with an empty line on each sheet."""
    draw = random.Random(seed)  # noqa: S311
    book = Workbook()
    book.remove(book.active)
    starts = {row["patient_id"]: date.fromisoformat(row["date"]) for row in read_texts(dataset, "sessions")
              if row["day"] == "0"}  # fmt: skip
    for table in TABLES:
        rows = [dict(row) for row in read_texts(dataset, table)]
        for row in rows:
            if "day" in row and "date" not in row:
                row["date"] = date.fromordinal(starts[row["patient_id"]].toordinal() + int(row["day"])).isoformat()
        columns = [each for each in rows[0] | {"date": ""} if each in rows[0] and each not in _left_out(table)]
        for title, part in _sheets(table, rows):
            _fill(book.create_sheet(title), table, columns, part, draw)
    book.save(path)


def _left_out(table: str) -> set[str]:
    return {"day", *FOLLOWS.get(table, set())}


def _sheets(table: str, rows: list[dict[str, str]]) -> list[tuple[str, list[dict[str, str]]]]:
    if table != "sessions":
        return [(table, rows)]
    years = sorted({row["date"][:4] for row in rows})
    return [(f"sessions {year}", [row for row in rows if row["date"][:4] == year]) for year in years]


def _fill(sheet: Any, table: str, columns: list[str], rows: list[dict[str, str]], draw: random.Random) -> None:
    sheet.append([f"Our {table.replace('_', ' ')}"])
    sheet.append(["kept by hand"])
    group_of = {name: group for group, names in GROUPS.items() for name in names if name in columns}
    for _ in range(HEADER_ROW - 2):
        sheet.append([])
    for place, name in enumerate(columns, start=1):
        letter = get_column_letter(place)
        group = group_of.get(name)
        if group is None:
            sheet[f"{letter}3"] = name
            sheet.merge_cells(f"{letter}3:{letter}{HEADER_ROW}")
        elif GROUPS[group][0] == name:
            last = get_column_letter(place + sum(each == group for each in group_of.values()) - 1)
            sheet[f"{letter}3"] = group
            sheet.merge_cells(f"{letter}3:{last}{HEADER_ROW}")
    sheet.merge_cells("A1:D1")
    for number, row in enumerate(rows):
        if number == 1:
            sheet.append([None])
        sheet.append([_cell(name, row[name], draw) for name in columns])


def _cell(name: str, text: str, draw: random.Random) -> Any:
    """Write one cell: missing as nothing or as an error, dates of every kind, numbers as numbers or as text."""
    if text == "":
        return draw.choice(ERRORS) if name not in {"patient_id", "date"} and draw.random() < 0.02 else None
    if name == "date":
        return _date_cell(date.fromisoformat(text), draw.choice(DATE_KINDS))
    if text in {"true", "false"}:
        return text == "true"
    if text.lstrip("-").replace(".", "", 1).isdigit():
        return text if draw.random() < 0.3 else float(text) if "." in text else int(text)
    return text


def _date_cell(day: date, kind: str) -> Any:
    serial = (day - date(1899, 12, 30)).days
    kinds: dict[str, Any] = {"date": day, "serial": serial, "serial as text": str(serial), "ISO": day.isoformat()}
    return kinds.get(kind, f"{day.month}/{day.day}/{day.year}")


def workbook_columns(dataset: Path, table: str) -> dict[str, str]:
    """Give the header of each column as a reader meets it: a heading over several, numbered from the second on."""
    names: dict[str, str] = {}
    columns = [each for each in read_texts(dataset, table)[0] if each not in _left_out(table)]
    for name in columns:
        group = next((group for group, members in GROUPS.items() if name in members), None)
        place = [each for each in GROUPS.get(group or "", []) if each in columns]
        number = place.index(name) + 1 if group else 1
        names[name] = name if group is None else group if number == 1 else f"{group} {number}"
    if "date" not in names and table in {"adverse_events"}:
        names["date"] = "date"
    return names

"""A clinic's messy export read again by plain rules: an oracle for its import, without a line of the package.

Visits are told apart by client and date. What a person could not read for certain is None here: the same cells must be
left empty, or filled by the weight of a visit before, in the imported dataset.
"""

import csv
import re
from datetime import date, datetime, timedelta
from itertools import zip_longest
from pathlib import Path

from openpyxl import load_workbook

WORKBOOK = "Infusion Visit Notes.xlsx"
CARRIED = timedelta(days=30)


def file_rows(folder: Path, name: str) -> list[dict[str, str]]:
    """Read one CSV file of the export."""
    encoding, delimiter = ("cp1252", ";") if name == "Clinician Ratings.csv" else ("utf-8-sig", ",")
    with (folder / name).open(newline="", encoding=encoding) as stream:
        return list(csv.DictReader(stream, delimiter=delimiter))


def sheet_rows(folder: Path, sheet: str) -> list[dict[str, str]]:
    """Read one sheet of the workbook of visit notes, empty lines and all."""
    book = load_workbook(folder / WORKBOOK, read_only=True)
    header, *rows = book[sheet].iter_rows(values_only=True)
    book.close()
    return [dict(zip_longest(header, (cell or "" for cell in row), fillvalue="")) for row in rows]


def written_date(text: str) -> date:
    """Read a date that is ISO, ISO with a time, month/day/year or a serial number of Excel."""
    if text.isdigit():
        return date(1899, 12, 30) + timedelta(int(text))
    if "/" in text:
        return datetime.strptime(text, "%m/%d/%Y").date()
    return date.fromisoformat(text[:10])


def ketamine_visits(folder: Path) -> dict[tuple[str, date], dict[str, str]]:
    """Give dose and weight as they are typed, by client and date, out of the three places where visits stand."""
    places = (
        (sheet_rows(folder, "Current"), "client_id", "visit_date", "final_ketamine_dose_current_visit_mg", "weight_kg"),
        (
            sheet_rows(folder, "Prior Version"),
            *("Client ID", "Date of Visit", "final_ketamine_order_for_current_infusion_mg", "Weight today"),
        ),
        (file_rows(folder, "Visits (old).csv"), "Client ID", "Visit", "Dose", "Wt"),
    )
    return {
        (row[client], written_date(row[day])): {"dose": row[dose], "weight": row[weight]}
        for rows, client, day, dose, weight in places
        for row in rows
        if row[client] and not row[client].startswith("TEST")
    }


def plain_dose(text: str) -> str | None:
    """Read a dose as the package writes it, or None where a person would have to ask."""
    if text in {"", "see MAR"} or re.fullmatch(r"[\d.]+ [-+] [\d.]+ mg", text):
        return None
    text = text.replace("..", ".").split("-->")[-1]
    return str(float(re.match(r"\s*([\d.]+)", text)[1]))


def plain_weight(text: str) -> str | None:
    """Read a weight as the package writes it, or None where a person would have to ask."""
    if text in {"", "reweight", "0"} or " - " in text:
        return None
    weight = float(re.match(r"([\d.]+)", text.replace("..", "."))[1])
    return None if weight > 300 else str(weight)


def weights_by_visit(visits: dict[tuple[str, date], dict[str, str]]) -> dict[tuple[str, date], tuple[str, bool]]:
    """Give the weight of each visit, and whether it is that of a visit at most 30 days before."""
    found: dict[tuple[str, date], tuple[str, bool]] = {}
    last: dict[str, tuple[date, str]] = {}
    for client, day in sorted(visits):
        weight = plain_weight(visits[client, day]["weight"])
        if weight is not None:
            last[client] = (day, weight)
            found[client, day] = (weight, False)
        elif client in last and day - last[client][0] <= CARRIED:
            found[client, day] = (last[client][1], True)
        else:
            found[client, day] = ("", False)
    return found

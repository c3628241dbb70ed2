"""Small tables drawn as text, turned into rows, into a dataset folder, and compared with what the package gives.

A drawn table has a header, `|` between cells, and one line for each row; an empty cell is a missing value::

    patient_id | day | status
    P1         |   0 | given
    P1         |   3 |
"""

import csv
from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd

WHOLE = ("day", "sequence", "total", "hours_after", "recall_days", "start_year", "age")


def read_drawn(text: str) -> list[dict[str, str]]:
    """Read a drawn table into rows of text cells."""
    lines = [[cell.strip() for cell in line.split("|")] for line in text.strip().splitlines()]
    header = lines[0]
    for line in lines:
        if len(line) != len(header):
            raise ValueError(f"a drawn row has {len(line)} cells under a header of {len(header)}: {line}")
    return [dict(zip(header, line, strict=True)) for line in lines[1:]]


def with_default(rows: list[dict[str, Any]], **defaults: str) -> list[dict[str, Any]]:
    """Give every row the default of a column that the drawn table leaves out."""
    return [defaults | row for row in rows]


def typed(rows: list[dict[str, str]]) -> list[dict[str, Any]]:
    """Turn text cells into numbers, dates and truth values; empty cells into None."""
    return [{name: typed_cell(name, cell) for name, cell in row.items()} for row in rows]


def typed_cell(name: str, cell: str) -> Any:
    """Turn one text cell into its value."""
    if cell == "":
        return None
    if name in WHOLE or name.startswith("item_"):
        return int(cell)
    if name == "date":
        return date.fromisoformat(cell)
    return cell == "true" if cell in ("true", "false") else cell


def write_folder(
    folder: Path, tables: dict[str, list[dict[str, Any]]], *, data_cut: str = "2030-12-31", definitions: str = ""
) -> Path:
    """Write rows as a dataset folder; None becomes an empty cell."""
    folder.mkdir(parents=True, exist_ok=True)
    about = ["layout = 1", 'name = "Drawn"', 'basis = "synthetic"', f'data_cut = "{data_cut}"']
    if definitions:
        about.append('definitions = "definitions.toml"')
        (folder / "definitions.toml").write_text(definitions, encoding="utf-8")
    (folder / "dataset.toml").write_text("\n".join(about) + "\n", encoding="utf-8")
    for name, rows in tables.items():
        columns = list(dict.fromkeys(column for row in rows for column in row))
        with (folder / f"{name}.csv").open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, columns, restval="")
            writer.writeheader()
            writer.writerows(rows)
    return folder


def shown(frame: pd.DataFrame, columns: list[str]) -> list[tuple[str, ...]]:
    """Show the cells of some columns as drawn text, row by row."""
    missing = {name: "unknown" if pd.api.types.is_bool_dtype(frame[name]) else "" for name in columns}
    return [
        tuple(shown_cell(value, missing[name]) for name, value in zip(columns, row, strict=True))
        for row in frame[columns].astype(object).itertuples(index=False, name=None)
    ]


def shown_cell(value: Any, missing: str) -> str:
    """Show one value as drawn text: true and false in small letters, numbers with at most two decimals."""
    if pd.isna(value):
        return missing
    if isinstance(value, bool) or str(type(value)).endswith("numpy.bool'>"):
        return "true" if value else "false"
    if isinstance(value, float):
        return f"{value:.2f}".rstrip("0").rstrip(".")
    return str(value)


def check_same(frame: pd.DataFrame, expected: str) -> None:
    """Check that the rows of the drawn table, in any order, are the rows of the frame in the drawn columns."""
    rows = read_drawn(expected)
    columns = list(rows[0])
    absent = [name for name in columns if name not in frame.columns]
    assert not absent, f"no column {absent} among {list(frame.columns)}"
    found = sorted(shown(frame, columns))
    wanted = sorted(tuple(row.values()) for row in rows)
    assert found == wanted, f"{drawn(columns, found)}\n--- but expected ---\n{drawn(columns, wanted)}"


def drawn(columns: list[str], rows: list[tuple[str, ...]]) -> str:
    """Draw rows as a table, for the message of a failed check."""
    lines = [tuple(columns), *rows]
    widths = [max(len(line[place]) for line in lines) for place in range(len(columns))]
    return "\n".join(" | ".join(cell.ljust(w) for cell, w in zip(line, widths, strict=True)) for line in lines)

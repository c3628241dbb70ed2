"""A dataset as two datasets are compared: its used rows, typed, each with the date or year it belongs to."""

from dataclasses import dataclass
from datetime import date
from pathlib import Path

import duckdb
import pandas as pd

from analysis.intake.dataset import Dataset
from analysis.intake.schema import TableLayout, layout_tables

PEOPLE = "people"
"""The name that a comparison gives to the people of a dataset, beside its tables."""


@dataclass(frozen=True)
class Snapshot:
    """What a dataset said when it was looked at.

    Attributes
    ----------
    path : Path
        A DuckDB file with the tables of the layout and ``people``: used rows, with the defaults of empty cells, scores
        as they were recorded (neither prorated nor summed). ``_at`` is the calendar date of a row, ``_year`` the start
        year of its person (of a referral its own).
    settings : dict of str to str
        What ``dataset.toml`` and the definitions say, but for the data cut.
    data_cut : date
    sha256 : str
        As `Dataset.sha256`.
    has_dates : bool
        As `Dataset.has_dates`.
    columns : dict of str to dict of str to int
        By table and column, how many cells are filled in.
    set_aside : DataFrame
        As `Dataset.set_aside`: rows that are not in the tables.
    """

    path: Path
    settings: dict[str, str]
    data_cut: date
    sha256: str
    has_dates: bool
    columns: dict[str, dict[str, int]]
    set_aside: pd.DataFrame

    def values(self, table: str, column: str) -> set[str]:
        """Return the different values of a column."""
        with duckdb.connect(str(self.path), read_only=True) as con:
            query = f'SELECT DISTINCT "{column}" FROM {table} WHERE "{column}" IS NOT NULL'
            return {str(value) for (value,) in con.execute(query).fetchall()}


def take_snapshot(dataset: Dataset, path: Path) -> Snapshot:
    """Write a dataset's used rows to a file, so that they can be compared after the dataset is closed.

    Parameters
    ----------
    dataset : Dataset
    path : Path
        The file to write; it holds what the dataset holds.

    Returns
    -------
    Snapshot
    """
    con = dataset.connect()
    con.execute(f"ATTACH {_literal(path)} AS snapshot")
    try:
        columns = {}
        for table, layout in layout_tables().items():
            con.execute(f"CREATE TABLE snapshot.{table} AS {_rows_sql(layout)}")
            names = [name for name, *_ in con.execute(f"DESCRIBE snapshot.{table}").fetchall()]
            own = [name for name in names if not name.startswith("_")]
            counts = ", ".join(f'count("{name}")' for name in own)
            filled = con.execute(f"SELECT {counts} FROM snapshot.{table}").fetchone() or ()
            columns[table] = dict(zip(own, map(int, filled), strict=True))
        con.execute(f"CREATE TABLE snapshot.{PEOPLE} AS {_people_sql()}")
    finally:
        con.execute("DETACH snapshot")
    return Snapshot(
        path=path,
        settings=_settings(dataset, columns),
        data_cut=dataset.data_cut,
        sha256=dataset.sha256,
        has_dates=dataset.has_dates,
        columns=columns,
        set_aside=dataset.set_aside,
    )


def _rows_sql(layout: TableLayout) -> str:
    """Write the query for a table's rows as recorded: the totals that count would change with the definitions."""
    cells = "cells.* EXCLUDE (row, fault)"
    if layout.name == "scores":
        # Of several items the total is made by the definitions; what was recorded are the items.
        cells = (
            "cells.* EXCLUDE (row, fault, items_answered, prorated) "
            "REPLACE (CASE WHEN items_answered > 1 THEN NULL ELSE total END AS total)"
        )
    day0, started = "calendar.day0", "coalesce(person.start_year, year(calendar.day0))"
    if layout.name == "referrals":
        at, start_year = "cells.date", "coalesce(cells.start_year, year(cells.date))"
    elif layout.name == "patients":
        at, start_year = day0, started
    elif "date" in layout.columns:
        at, start_year = f"coalesce(cells.date, {day0} + cells.day)", started
    else:
        at, start_year = f"{day0} + cells.day", started
    return (
        f"SELECT {cells}, CAST({at} AS DATE) AS _at, CAST({start_year} AS INTEGER) AS _year "
        f"FROM cells_{layout.name} AS cells LEFT JOIN calendar ON calendar.patient_id = cells.patient_id "
        "LEFT JOIN (SELECT patient_id, start_year FROM cells_patients WHERE fault IS NULL) AS person "
        "ON person.patient_id = cells.patient_id WHERE cells.fault IS NULL"
    )


def _people_sql() -> str:
    ids = " UNION ".join(
        f"SELECT patient_id FROM snapshot.{table} WHERE patient_id IS NOT NULL" for table in layout_tables()
    )
    return (
        "SELECT patient_id, calendar.day0 AS _at, coalesce(person.start_year, year(calendar.day0)) AS _year "
        f"FROM ({ids}) LEFT JOIN calendar USING (patient_id) LEFT JOIN snapshot.patients AS person USING (patient_id)"
    )


def _settings(dataset: Dataset, columns: dict[str, dict[str, int]]) -> dict[str, str]:
    extras = [
        f"{table}.{name}"
        for table, own in columns.items()
        for name in own
        if name not in layout_tables()[table].columns
    ]
    return {
        "name": dataset.name,
        "basis": dataset.basis,
        "definitions": f"{dataset.definitions.label} ({dataset.definitions.sha256[:8]})",
        "extra_columns": ", ".join(sorted(extras)) or "none",
    }


def _literal(path: Path) -> str:
    return "'" + str(path).replace("'", "''") + "'"

"""A dataset written as the tables of a clinic's data warehouse, for PostgreSQL and for SQLite.

Sessions have the instant at which they began, ages are birth dates, truth is a boolean, and clinics are numbers that
another table names. Beside it there is what a warehouse has: names, notes, pictures, lists.
"""

import sqlite3
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import psycopg
from psycopg import sql
from redcap_writer import read_tables

# Late sessions: in another time zone they would fall on the next day.
CLINIC_TIME, HOUR = ZoneInfo("America/Denver"), 22
NUMBERS = (
    *("systolic_before", "diastolic_before", "systolic_peak", "diastolic_peak", "cadss_peak", "sedation_peak"),
    "ready_min",
)
ITEMS = tuple(f"item_{number}" for number in range(1, 11))

# Each table with its columns and their PostgreSQL types; the first is the primary key.
TABLES: dict[str, dict[str, str]] = {
    "site": {"site_id": "integer", "code": "text", "street": "text"},
    "patient": {
        "patient_id": "text",
        "full_name": "text",
        "birth_date": "date",
        "sex": "char(8)",
        "diagnosis": "text",
        "failed_trials": "smallint",
        "payer": "text",
        "race_ethnicity": "text",
        "prior_ketamine": "boolean",
        "last_seen": "date",
        "outcome": "text",
        "site_id": "integer",
        "allergies": "text[]",
        "portrait": "bytea",
    },
    "infusion": {
        "infusion_id": "bigint",
        "patient_id": "text",
        "started_at": "timestamptz",
        "of_day": "smallint",
        "site_id": "integer",
        "drug": "text",
        "route": "text",
        "dose_mg": "numeric(6,1)",
        "weight_kg": "numeric(5,1)",
        "label": "text",
        "minutes": "smallint",
        **dict.fromkeys(NUMBERS, "smallint"),
        "status": "text",
        "note": "text",
    },
    "assessment": {
        "assessment_id": "bigint",
        "patient_id": "text",
        "taken_on": "date",
        "scale": "text",
        "occasion": "text",
        "hours_after": "smallint",
        "total": "smallint",
        "recall_days": "smallint",
        "rater": "text",
        **dict.fromkeys(ITEMS, "smallint"),
    },
    "adverse_event": {
        "event_id": "bigint",
        "patient_id": "text",
        "happened_on": "timestamp",
        "term": "text",
        "severity": "text",
        "serious": "boolean",
        "source": "text",
        "onset_min": "integer",
        "resolved_min": "integer",
        "narrative": "text",
    },
    "care_event": {"event_id": "bigint", "patient_id": "text", "happened_on": "date", "kind": "text"},
    "referral": {
        "referral_id": "text",
        "patient_id": "text",
        "person": "text",
        "received_on": "date",
        "site_id": "integer",
        "source": "text",
        "payer": "text",
        "evaluated": "boolean",
        "suitable": "boolean",
        "reason": "text",
    },
}


def fill_postgresql(address: str, dataset: Path, *, patients: int | None = None, schema: str = "clinic") -> None:
    with psycopg.connect(address, autocommit=True) as connection:
        connection.execute(sql.SQL("CREATE SCHEMA {}").format(sql.Identifier(schema)))
        for name, columns in TABLES.items():
            key = next(iter(columns))
            defined = ", ".join(f"{column} {kind}" for column, kind in columns.items())
            connection.execute(f"CREATE TABLE {schema}.{name} ({defined}, PRIMARY KEY ({key}))")
            with connection.cursor().copy(f"COPY {schema}.{name} FROM STDIN") as copy:
                for row in warehouse_rows(dataset, name, patients):
                    copy.write_row(row)


def fill_sqlite(path: Path, dataset: Path, *, patients: int | None = None) -> None:
    """SQLite keeps dates and instants as texts and truth as 1 and 0; the instants here are the clinic's own time."""
    connection = sqlite3.connect(path)
    with connection:
        for name, columns in TABLES.items():
            key = next(iter(columns))
            defined = ", ".join(f"{column} {_sqlite_type(kind)}" for column, kind in columns.items())
            connection.execute(f"CREATE TABLE {name} ({defined}, PRIMARY KEY ({key}))")
            places = ", ".join("?" * len(columns))
            rows = (tuple(map(_sqlite_value, row)) for row in warehouse_rows(dataset, name, patients))
            connection.executemany(f"INSERT INTO {name} VALUES ({places})", rows)
    connection.close()


def warehouse_rows(dataset: Path, name: str, patients: int | None = None) -> Iterator[tuple]:
    """Yield the rows of a table, in an order that tells nothing."""
    tables = read_tables(dataset, patients)
    starts = {row["patient_id"]: _day(row["date"]) - timedelta(int(row["day"])) for row in tables["sessions"]}
    numbered = {
        "infusion": ("sessions", _infusion),
        "assessment": ("scores", _assessment),
        "adverse_event": ("adverse_events", lambda row: _adverse_event(row, starts[row["patient_id"]])),
        "care_event": ("events", lambda row: (row["patient_id"], row["date"], row["event"])),
    }
    if name == "site":
        codes = sorted({row["clinic_id"] for row in tables["patients"]})
        yield from ((int(code[1:]), code, f"{code} Beacon Street") for code in codes)
    elif name == "patient":
        yield from (_patient(row, starts[row["patient_id"]]) for row in reversed(tables["patients"]))
    elif name == "referral":
        yield from map(_referral, reversed(tables["referrals"]))
    else:
        source, cells = numbered[name]
        yield from ((number, *cells(row)) for number, row in enumerate(reversed(tables[source]), start=1))


def _assessment(row: dict[str, str]) -> tuple:
    columns = ("patient_id", "date", "instrument", "occasion", "hours_after", "total", "recall_days", "rater")
    return tuple(row[column] or None for column in (*columns, *ITEMS))


def _adverse_event(row: dict[str, str], start: date) -> tuple:
    moment = datetime.combine(start + timedelta(int(row["day"])), time(HOUR, 30))
    cells = (row["term"], row["severity"], row["serious"] == "true", row["source"])
    minutes = (row["onset_min"] or None, row["resolved_min"] or None)
    return (row["patient_id"], moment, *cells, *minutes, "told Nurse Hildegard")


def _patient(row: dict[str, str], start: date) -> tuple:
    years = int(row["age"]) + (2 if row["age"] == "90" else 0)  # 90 stands for 90 and over
    return (
        row["patient_id"],
        f"Evangeline {row['patient_id']}son",
        date(start.year - years, start.month, min(start.day, 28)),
        row["sex"],
        row["diagnosis"],
        row["failed_trials"] or None,
        row["payer"],
        row["race_ethnicity"] or None,
        row["prior_ketamine"] == "true",
        start + timedelta(int(row["last_day"])),
        row["outcome_of_care"],
        int(row["clinic_id"][1:]),
        ["nuts", "latex"],
        b"\x89PNG",
    )


def _infusion(row: dict[str, str]) -> tuple:
    return (
        row["patient_id"],
        datetime.combine(_day(row["date"]), time(HOUR), CLINIC_TIME),
        int(row["sequence"]),
        int(row["clinic_id"][1:]),
        row["treatment"],
        row["route"],
        row["dose_mg"] or None,
        row["weight_kg"] or None,
        row["phase_recorded"] or None,
        row["duration_min"] or None,
        *(row[column] or None for column in NUMBERS),
        row["status"],
        "Her sister Jocasta called, 617-555-0199",
    )


def _referral(row: dict[str, str]) -> tuple:
    return (
        row["referral_id"],
        row["patient_id"] or None,
        f"Bartholomew {row['referral_id']}berg",
        row["date"],
        int(row["clinic_id"][1:]),
        row["source"],
        row["payer"],
        *({"true": True, "false": False, "": None}[row[column]] for column in ("evaluated", "suitable")),
        row["reason_not_treated"] or None,
    )


def _sqlite_type(kind: str) -> str:
    return {"numeric": "REAL", "bytea": "BLOB", "smallint": "INTEGER", "integer": "INTEGER", "bigint": "INTEGER"}.get(
        kind.partition("(")[0], "TEXT"
    )


def _sqlite_value(value: object) -> object:
    if isinstance(value, bool):
        return int(value)
    if isinstance(value, datetime):
        return value.replace(tzinfo=None).isoformat(sep=" ")
    if isinstance(value, date):
        return value.isoformat()
    return str(value) if isinstance(value, list) else value


def _day(text: str) -> date:
    return date.fromisoformat(text)


def instants_in(zone: str, dataset: Path, patients: int) -> list[str]:
    """The days of the sessions as another time zone has them."""
    rows = read_tables(dataset, patients)["sessions"]
    moments = [datetime.combine(_day(row["date"]), time(HOUR), CLINIC_TIME) for row in rows]
    return [moment.astimezone(UTC).astimezone(ZoneInfo(zone)).date().isoformat() for moment in moments]

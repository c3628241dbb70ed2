"""Two datasets compared in plain Python, row by row, as an oracle for the comparison of an update.

A dataset is a dict of tables, a table a list of rows, a row a dict of typed values without the empty ones.
"""

from collections import Counter
from datetime import date, timedelta
from typing import Any

KEYS = {
    "patients": ("patient_id",),
    "sessions": ("patient_id", "day", "sequence"),
    "scores": ("patient_id", "day", "instrument", "occasion"),
    "adverse_events": ("patient_id", "day", "term", "sequence"),
    "events": ("patient_id", "day", "event", "sequence"),
    "referrals": ("referral_id",),
}
DEFAULTS = {"sequence": 1, "occasion": "pre", "status": "given"}
HAS_DEFAULT = {
    "sessions": ("sequence", "status"),
    "scores": ("occasion",),
    "adverse_events": ("sequence",),
    "events": ("sequence",),
}

Row = dict[str, Any]
Tables = dict[str, list[Row]]


def compared(before: Tables, after: Tables) -> Counter[tuple[str, str, str]]:
    """Count the rows by table, period and what became of them; people as the table people."""
    old, new = _complete(before), _complete(after)
    old_starts, new_starts = _starts(old), _starts(new)
    dated = bool(old_starts and new_starts)
    shifts = _shifts(old, new, old_starts, new_starts)
    counts: Counter[tuple[str, str, str]] = Counter()
    for table, keys in KEYS.items():
        was = {
            _key(shifted, keys): (row, shifted)
            for row in old.get(table, [])
            for shifted in [_shifted(table, row, shifts)]
        }
        now = {_key(row, keys): row for row in new.get(table, [])}
        for key in was.keys() | now.keys():
            if key not in was:
                counts[table, _period(table, now[key], new, new_starts, dated), "added"] += 1
            elif key not in now:
                counts[table, _period(table, was[key][0], old, old_starts, dated), "vanished"] += 1
            else:
                fate = "unchanged" if was[key][1] == now[key] else "changed"
                counts[table, _period(table, now[key], new, new_starts, dated), fate] += 1
    for person in people(old) | people(new):
        if person not in people(new):
            counts["people", _period_of_person(person, old, old_starts, dated), "vanished"] += 1
        else:
            known = person in people(old)
            fate = ("changed" if shifts.get(person) else "unchanged") if known else "added"
            counts["people", _period_of_person(person, new, new_starts, dated), fate] += 1
    return counts


def people(tables: Tables) -> set[str]:
    """Everyone with a row in any table."""
    return {row["patient_id"] for rows in tables.values() for row in rows if "patient_id" in row}


def _complete(tables: Tables) -> Tables:
    return {
        table: [{column: DEFAULTS[column] for column in HAS_DEFAULT.get(table, ())} | row for row in rows]
        for table, rows in tables.items()
    }


def _starts(tables: Tables) -> dict[str, date]:
    return {
        row["patient_id"]: row["date"] - timedelta(row["day"]) for row in tables.get("sessions", []) if "date" in row
    }


def _shifts(old: Tables, new: Tables, old_starts: dict[str, date], new_starts: dict[str, date]) -> dict[str, int]:
    shifts = {}
    for person in people(old) & people(new):
        if person in old_starts and old_starts[person] == new_starts.get(person):
            continue
        was, now = _day_rows(old, new, person), _day_rows(new, old, person)
        found = {
            shift: sum((table, day + shift, rest) in now for table, day, rest in was)
            for shift in {0, *(later[1] - earlier[1] for earlier in was for later in now)}
        }
        best = min(found, key=lambda shift: (-found[shift], shift != 0, abs(shift), -shift))
        if best:
            shifts[person] = best
    return shifts


def _day_rows(own: Tables, other: Tables, person: str) -> set[tuple[str, int, frozenset[tuple[str, Any]]]]:
    """Give a person's rows with days, without the columns that only one of the datasets fills in."""
    rows = set()
    for table in ("sessions", "scores", "adverse_events", "events"):
        shared = {column for row in own.get(table, []) for column in row}
        shared &= {column for row in other.get(table, []) for column in row}
        for row in own.get(table, []):
            if row["patient_id"] == person:
                content = {(column, row.get(column)) for column in shared - {"patient_id", "day"}}
                rows.add((table, row["day"], frozenset(content)))
    return rows


def _shifted(table: str, row: Row, shifts: dict[str, int]) -> Row:
    shift = shifts.get(row.get("patient_id", ""), 0)
    moves = {"patients": ("last_day", shift), "referrals": ("wait_days", -shift)}
    column, by = moves.get(table, ("day", shift))
    return row | ({column: row[column] + by} if column in row else {})


def _key(row: Row, keys: tuple[str, ...]) -> tuple[Any, ...]:
    return tuple(row[key] for key in keys)


def _period(table: str, row: Row, tables: Tables, starts: dict[str, date], dated: bool) -> str:
    if table == "referrals":
        year = row.get("start_year") or (row["date"].year if "date" in row else None)
        return _quarter(row.get("date")) if dated else _text(year)
    if table == "patients" or not dated:
        return _period_of_person(row["patient_id"], tables, starts, dated)
    start = starts.get(row["patient_id"])
    return _quarter(row.get("date") or (start + timedelta(row["day"]) if start else None))


def _period_of_person(person: str, tables: Tables, starts: dict[str, date], dated: bool) -> str:
    start = starts.get(person)
    if dated:
        return _quarter(start)
    years = [row.get("start_year") for row in tables.get("patients", []) if row["patient_id"] == person]
    return _text(years[0] if years and years[0] else start.year if start else None)


def _quarter(day: date | None) -> str:
    return f"{day.year}Q{(day.month + 2) // 3}" if day else "unknown"


def _text(year: int | None) -> str:
    return str(year) if year else "unknown"

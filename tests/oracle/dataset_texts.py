"""The tables of a dataset as text, for comparing two datasets cell by cell."""

import csv
from pathlib import Path

TABLES = ("patients", "sessions", "scores", "adverse_events", "events", "referrals")
KEYS = ("referral_id", "patient_id", "day", "sequence", "instrument", "occasion", "term", "event")


def read_texts(folder: Path, table: str) -> list[dict[str, str]]:
    """Read a table as text, in order of its key."""
    with (folder / f"{table}.csv").open(newline="", encoding="utf-8") as stream:
        rows = list(csv.DictReader(stream))
    keys = [key for key in KEYS if key in rows[0]] if rows else []
    return sorted(rows, key=lambda row: [row[key] for key in keys])


def originals(key_file: Path) -> dict[str, dict[str, str]]:
    """Read a key file: by kind of identifier, the original of each pseudonym."""
    found: dict[str, dict[str, str]] = {}
    with key_file.open(newline="", encoding="utf-8") as stream:
        for row in csv.DictReader(stream):
            found.setdefault(row["kind"], {})[row["pseudonym"]] = row["original"]
    return found


def with_originals(rows: list[dict[str, str]], key_file: Path) -> list[dict[str, str]]:
    """Put the identifiers back in place of the pseudonyms, and the rows in order of their key again."""
    known = originals(key_file)
    back = [{name: known[name][cell] if name in known and cell else cell for name, cell in row.items()} for row in rows]
    keys = [key for key in KEYS if back and key in back[0]]
    return sorted(back, key=lambda row: [row[key] for key in keys])

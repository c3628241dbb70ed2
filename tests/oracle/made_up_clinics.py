"""Datasets of made-up clinics, made so that the numbers of a report on them can be worked out by hand.

Everyone has four loading sessions on days 0, 3, 7 and 10, so the end of loading is scored on day 17 (seven days after
the last session) and is over on course day 42.
"""

import csv
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

LOADING_DAYS = (0, 3, 7, 10)
END_DAY = 17


@dataclass(frozen=True)
class People:
    """So many people of a clinic who fared alike; ``baseline`` and ``end`` are totals, None where there is no score."""

    clinic: str
    count: int
    end: int | None
    baseline: int | None = 20
    start: str = "2025-03-03"
    instrument: str = "PHQ-9"
    route: str = "iv"
    status: str = "given"


TWO_CLINICS = (
    People("North", 30, end=8),
    People("North", 20, end=18),
    People("North", 15, end=None),
    People("South", 25, end=4),
    People("South", 35, end=16),
    People("South", 20, end=None, baseline=None),
)
"""145 started, 125 with a baseline, all eligible, 110 scored, 55 responded, 25 of them in remission."""


def write_clinics(
    folder: Path,
    *groups: People,
    name: str = "Made-up clinics",
    data_cut: str = "2026-09-30",
    basis: str = "synthetic",
    time: str = "date",
    definitions: str = "",
) -> Path:
    """Write groups of people as a dataset; ``time`` is ``date``, ``year`` (start years only) or ``none``."""
    patients: list[dict[str, Any]] = []
    sessions: list[dict[str, Any]] = []
    scores: list[dict[str, Any]] = []
    for group in groups:
        start = date.fromisoformat(group.start)
        for _ in range(group.count):
            patient = {"patient_id": f"P{len(patients) + 1:04}"}
            patients.append(patient | ({"start_year": start.year} if time == "year" else {}))

            def dated(day: int, patient: dict[str, str] = patient, start: date = start) -> dict[str, Any]:
                return patient | {"day": day} | ({"date": start + timedelta(days=day)} if time == "date" else {})

            given = {"clinic_id": group.clinic, "treatment": "ketamine", "route": group.route, "status": group.status}
            sessions += [dated(day) | given for day in LOADING_DAYS]
            totals = {0: group.baseline, END_DAY: group.end}
            scores += [
                dated(day) | {"instrument": group.instrument, "total": total}
                for day, total in totals.items()
                if total is not None
            ]
    folder.mkdir(parents=True)
    quoted = name.replace("\\", "\\\\").replace('"', '\\"')
    about = [f'layout = 1\nname = "{quoted}"\nbasis = "{basis}"\ndata_cut = "{data_cut}"\n']
    if definitions:
        about.append('definitions = "definitions.toml"\n')
        (folder / "definitions.toml").write_text(definitions, encoding="utf-8")
    (folder / "dataset.toml").write_text("".join(about), encoding="utf-8")
    for table, rows in {"patients": patients, "sessions": sessions, "scores": scores}.items():
        columns = list(dict.fromkeys(column for row in rows for column in row)) or _COLUMNS[table]
        with (folder / f"{table}.csv").open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, columns)
            writer.writeheader()
            writer.writerows(rows)
    return folder


_COLUMNS = {"scores": ["patient_id", "day", "instrument", "total"]}

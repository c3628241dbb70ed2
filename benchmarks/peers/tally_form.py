"""What every program reads and writes: the dataset's files; rows of table, scale, group, window and counts."""

import json
from collections.abc import Iterable
from pathlib import Path

KEYS = ["table", "instrument", "group", "window"]
COUNTS = [
    "started", "with_baseline", "eligible", "scored", "response", "remission", "completers", "completers_response",
    "total_sum", "squares",
]  # fmt: skip

INSTRUMENTS = ("PHQ-9", "GAD-7", "MADRS")
DATA_CUT = "2026-09-30"
QUARTER = ("2026-07-01", "2026-09-30")
YEAR = ("2025-01-01", "2025-12-31")


def source_files(source: str, table: str) -> list[str]:
    """Find a table's Parquet files: one file, a folder of parts, or a file in each part's folder."""
    folder = Path(source)
    for pattern in (f"{table}.parquet", f"{table}/**/*.parquet", f"**/{table}.parquet", f"**/{table}/**/*.parquet"):
        if found := sorted(map(str, folder.glob(pattern))):
            return found
    raise SystemExit(f"There is no Parquet file of the table {table} in {folder}.")


def write_counts(rows: Iterable[Iterable[object]], out: str) -> None:
    """Write the rows in order, so that two programs that agree write the same file."""
    counted = sorted([*map(str, row[: len(KEYS)]), *map(int, row[len(KEYS) :])] for row in map(list, rows))
    Path(out).write_text(json.dumps(counted), encoding="utf-8")

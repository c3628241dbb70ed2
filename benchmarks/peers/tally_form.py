"""What every program of the benchmark reads and writes: the dataset's files, and rows of table, scale, group, window, counts."""

from pathlib import Path

KEYS = ["table", "instrument", "group", "window"]
COUNTS = [
    "started", "with_baseline", "eligible", "scored", "response", "remission", "completers", "completers_response",
    "total_sum", "squares",
]  # fmt: skip


def source_files(source: str, table: str) -> list[str]:
    """Find a table's Parquet files: one file, or the parts of a partitioned dataset."""
    folder = Path(source)
    whole = folder / f"{table}.parquet"
    return [str(whole)] if whole.is_file() else sorted(map(str, folder.rglob(f"{table}.parquet")))

"""Data for the benchmarks: a checked copy of a dataset as Parquet, or the same patients again under other identifiers.

    python -m benchmarks.prepare checked DATASET OUT
    python -m benchmarks.prepare copies DATASET OUT 10

The copy holds the rows that pass the checks, with their columns typed and in the order of the files, so that programs
that check nothing read the same patients as the package.
"""

import shutil
import sys
from pathlib import Path

import duckdb

from analysis.intake.dataset import open_dataset

MEMORY = "2GB"


def write_checked(source: Path, out: Path) -> None:
    """Write the used rows of a dataset of CSV files as one Parquet file for each table."""
    dataset = open_dataset(source)
    con = dataset.connect()
    for table in dataset.rows["table"]:
        with (source / f"{table}.csv").open(encoding="utf-8") as file:
            columns = file.readline().strip()
        con.execute(f"COPY (SELECT {columns} FROM {table}) TO '{out / table}.parquet' (FORMAT parquet)")
    shutil.copyfile(source / "dataset.toml", out / "dataset.toml")


def write_copies(source: Path, out: Path, copies: int) -> None:
    """Write a dataset of Parquet files so many times over, each time under other identifiers."""
    with duckdb.connect(config={"memory_limit": MEMORY, "temp_directory": str(out / "spill")}) as con:
        con.execute("SET preserve_insertion_order = false")
        for file in sorted(source.glob("*.parquet")):
            renamed = [f"{name} || '-' || copy AS {name}" for name in _identifiers(con, file)]
            rows = f"SELECT * EXCLUDE (copy) REPLACE ({', '.join(renamed)}) FROM '{file}', range({copies}) AS r(copy)"
            con.execute(f"COPY ({rows}) TO '{out / file.name}' (FORMAT parquet)")
    shutil.copyfile(source / "dataset.toml", out / "dataset.toml")


def _identifiers(con: duckdb.DuckDBPyConnection, file: Path) -> list[str]:
    columns = [row[0] for row in con.execute(f"DESCRIBE FROM '{file}'").fetchall()]
    return [name for name in ("patient_id", "referral_id") if name in columns]


def main() -> None:
    """Write beside the folder asked for, and rename what is complete."""
    what, source, out, *copies = sys.argv[1:]
    target = Path(out)
    work = target.with_name(f"{target.name}.writing")
    shutil.rmtree(work, ignore_errors=True)
    work.mkdir(parents=True)
    if what == "checked":
        write_checked(Path(source), work)
    else:
        write_copies(Path(source), work, int(copies[0]))
    shutil.rmtree(work / "spill", ignore_errors=True)
    work.rename(target)


if __name__ == "__main__":
    main()

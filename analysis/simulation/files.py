"""Simulated datasets as files: written chunk by chunk, the same bytes for the same arguments."""

import contextlib
import json
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import date
from pathlib import Path

import duckdb
import pandas as pd

from analysis.intake.folders import replacing_folder
from analysis.simulation.simulated import Chunk, Simulated
from analysis.vocabulary.errors import CallError

MARKER = "dataset.toml"


def write_dataset(
    simulated: Simulated,
    out: str | Path,
    *,
    name: str = "Simulated clinics",
    truth: str | Path | None = None,
    force: bool = False,
) -> Path:
    """Write a simulated cohort as a dataset folder of CSV files, in memory bounded by a chunk of patients.

    Parameters
    ----------
    simulated : Simulated
        What `simulate` gave.
    out : str or Path
        The dataset folder to write.
    name : str
        The name shown on reports.
    truth : str or Path, optional
        Also write the truth to this CSV file, which must lie outside the dataset's folder.
    force : bool
        Replace a dataset or a truth file that is there already.

    Returns
    -------
    Path
        The dataset folder.

    Raises
    ------
    CallError
        When a target is there already and ``force`` is False, or the truth would lie inside the dataset's folder.

    Examples
    --------
    >>> import tempfile
    >>> from analysis.simulation import simulate
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     written = write_dataset(simulate(patients=5, clinics=1, seed=1), Path(folder) / "clinic")
    ...     sorted(path.name for path in written.iterdir())
    ['adverse_events.csv', 'dataset.toml', 'events.csv', 'patients.csv', 'referrals.csv', 'scores.csv', 'sessions.csv']
    """
    out = Path(out)
    with contextlib.ExitStack() as stack:
        unfinished = None if truth is None else stack.enter_context(_unfinished(Path(truth), out, force))
        with replacing_folder(out, force=force, marker=MARKER) as folder:
            (folder / MARKER).write_text(_dataset_toml(name, simulated.data_cut), encoding="utf-8", newline="\n")
            _write_chunks(simulated, folder, unfinished)
        if unfinished is not None and truth is not None:
            unfinished.replace(truth)
    return out


@contextlib.contextmanager
def _unfinished(truth: Path, out: Path, force: bool) -> Iterator[Path]:
    """Give an empty file beside the truth, to be renamed at the end; it is removed when the block fails."""
    _refuse_truth(truth, out, force)
    unfinished = truth.with_name(f".{truth.name}.writing")
    try:
        truth.parent.mkdir(parents=True, exist_ok=True)
        unfinished.write_bytes(b"")
    except OSError as error:
        raise CallError(f"{truth.name}: the truth cannot be written here ({error.strerror}).") from None
    try:
        yield unfinished
    finally:
        unfinished.unlink(missing_ok=True)


def _refuse_truth(truth: Path, out: Path, force: bool) -> None:
    if truth.resolve().is_relative_to(out.resolve()):
        raise CallError(
            f"{truth.name}: the truth must not lie in the dataset's folder; name a file outside {out.name}."
        )
    if truth.is_dir():
        raise CallError(f"{truth.name} is a folder; name a file for the truth.")
    if truth.exists() and not force:
        raise CallError(f"{truth.name} is there already; allow replacing it (--force).")


def _dataset_toml(name: str, data_cut: date) -> str:
    quoted = json.dumps(name, ensure_ascii=False)  # a TOML string is written like one of JSON
    return f'layout = 1\nname = {quoted}\nbasis = "synthetic"\ndata_cut = "{data_cut}"\n'


def _write_chunks(simulated: Simulated, folder: Path, truth: Path | None) -> None:
    """Write each chunk while the next one is simulated; two chunks are in memory at once."""
    with duckdb.connect() as connection, ThreadPoolExecutor(max_workers=1) as writer:
        written: Future[None] | None = None
        for number, chunk in enumerate(simulated.chunks(with_truth=truth is not None)):
            if written is not None:
                written.result()
            written = writer.submit(_append_chunk, connection, chunk, folder, truth, header=number == 0)
        if written is not None:
            written.result()


def _append_chunk(
    connection: duckdb.DuckDBPyConnection, chunk: Chunk, folder: Path, truth: Path | None, *, header: bool
) -> None:
    for table, rows in chunk.tables.items():
        _append_csv(connection, rows, folder / f"{table}.csv", header=header)
    if truth is not None:
        _append_csv(connection, chunk.truth, truth, header=header)


def _append_csv(connection: duckdb.DuckDBPyConnection, rows: pd.DataFrame, path: Path, *, header: bool) -> None:
    """Add rows to a file with DuckDB, which writes several times faster than pandas."""
    part = path.with_name(f"{path.name}.part")
    replaced = " REPLACE (CAST(date AS DATE) AS date)" if "date" in rows.columns else ""
    connection.register("rows_to_write", rows)
    query = f"SELECT *{replaced} FROM rows_to_write"
    connection.execute(f"COPY ({query}) TO '{_quoted(part)}' (FORMAT csv, HEADER {str(header).lower()})")
    connection.unregister("rows_to_write")
    with path.open("ab") as whole, part.open("rb") as added:
        while block := added.read(1 << 20):
            whole.write(block)
    part.unlink()


def _quoted(path: Path) -> str:
    return str(path).replace("'", "''")

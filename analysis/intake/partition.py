"""Laying a dataset out in parts, so that a dataset of any size fits into the memory, and opening one of them."""

import math
import shutil
import tomllib
from pathlib import Path

import duckdb

from analysis.intake.database import (
    Workspace,
    held_folder,
    open_database,
    raise_machine_fault,
    sweep_left_folders,
)
from analysis.intake.dataset import Dataset, dataset_sha256, open_dataset
from analysis.intake.examination import folder_problems, open_files
from analysis.intake.folders import file_sha256, replacing_folder
from analysis.intake.partition_examination import open_part, part_digest
from analysis.intake.partition_layout import (
    MANIFEST_FILE,
    Manifest,
    PartFile,
    Partition,
    part_of_key_sql,
    part_sql,
    part_table,
    read_manifest,
    verify_listing,
    write_manifest,
)
from analysis.intake.problems import Problem, errors_text
from analysis.intake.reading import TableFile, find_files
from analysis.intake.settings import SETTINGS_FILE, read_settings
from analysis.vocabulary.errors import CallError, DataError

__all__ = ["Partition", "open_partition", "partition_dataset"]

PATIENTS_IN_PART = 30_000
MOST_PARTS = 1000

MEMORY = "350MB"
"""What laying out may hold in memory when nothing else is asked for; more makes it no faster."""

_MOST_KNOWN = 3_000_000
_ROWS_IN_WORK = 1_000_000
_ROWS_AT_ONCE = 8_192
_FEWEST_IN_GROUP, _MOST_IN_GROUP = 8_192, 122_880


def partition_dataset(
    dataset: str | Path | Dataset,
    *,
    out: str | Path,
    parts: int | None = None,
    memory: str | int | None = None,
    threads: int | None = None,
    force: bool = False,
) -> Path:
    """Lay a dataset out in parts, each with all rows of its patients, as Parquet files.

    The new dataset has the same rows, under the same row numbers: its checks name the rows of the original files.
    Its cells are checked when it is opened first.

    Parameters
    ----------
    dataset : str, Path or Dataset
        The folder of any dataset; one that is laid out in parts may be laid out again.
    out : str or Path
        The new dataset's folder.
    parts : int, optional
        How many parts; one for every 30,000 patients when left out.
    memory : str or int, optional
        The most that DuckDB may hold in memory, such as ``"1GB"``; 350 MB when left out.
    threads : int, optional
        How many threads may work; all processors when left out.
    force : bool
        Replace a dataset that is there already.

    Returns
    -------
    Path
        The new dataset's folder.

    Raises
    ------
    DataError
        When the files cannot be read or their headings are not those of the layout, or when they change meanwhile.
    CallError
        When ``out`` must not be written, or the number of parts makes no sense.
    OSError
        When the disk is full.

    Examples
    --------
    >>> import tempfile
    >>> from analysis.intake.dataset import open_dataset
    >>> with tempfile.TemporaryDirectory() as place:
    ...     folder = partition_dataset("data/demo", out=f"{place}/parts", parts=3)
    ...     len(open_dataset(folder).partitions)
    3
    """
    folder = (dataset.path if isinstance(dataset, Dataset) else Path(dataset)).absolute()
    target = Path(out).absolute()
    if parts is not None and not 1 <= parts <= MOST_PARTS:
        raise CallError(f"parts: from 1 to {MOST_PARTS}.")
    if target.resolve() == folder.resolve() or folder.resolve() in target.resolve().parents:
        raise CallError("out: name a folder outside the dataset's own.")
    if target.resolve() in folder.resolve().parents:
        raise CallError("out: name a folder that does not hold the dataset.")
    workspace = Workspace()
    con = open_database(workspace, memory=memory or MEMORY, threads=threads)
    con.execute("SET preserve_insertion_order = false")
    files, told = _opened(con, folder, workspace)
    before = _state(folder, files)
    try:
        patients = _patients(con, files)
        parts = parts or min(max(1, math.ceil(patients / PATIENTS_IN_PART)), MOST_PARTS)
        known = _known_parts(con, files, parts) if parts > 1 and patients < _MOST_KNOWN else ""
        sweep_left_folders(target.parent, f".{target.name}.*.writing")
        with replacing_folder(target, force=force, marker=SETTINGS_FILE) as work, held_folder(work):
            listed = {table: _write_parts(con, file, work, parts, known) for table, file in files.items()}
            _copy_settings(folder, work)
            original = dataset_sha256(folder, [path for file in files.values() for path in file.paths])
            names = {table: file.names for table, file in files.items()}
            write_manifest(work, Manifest(parts, original, names, listed, told))
            if _state(folder, files) != before:
                raise DataError(f"{folder.name}: its files changed while they were read. Start again.")
    except duckdb.Error as fault:
        raise_machine_fault(fault)
        _opened(con, folder, workspace, count=True)  # which tells of damage inside a file
        raise DataError(f"{folder.name}: its files cannot be read. Start again when nobody writes them.") from None
    finally:
        con.close()
    return target


def _opened(
    con: duckdb.DuckDBPyConnection, folder: Path, workspace: Workspace, *, count: bool = False
) -> tuple[dict[str, TableFile], tuple[tuple[str, Problem], ...]]:
    """Open the tables to lay out, with what is told of the files; an error stops."""
    problems = folder_problems(folder)
    if problems:
        raise DataError(errors_text(folder.name, problems))
    settings, wrong = read_settings(folder)
    if (folder / MANIFEST_FILE).is_file():
        manifest = read_manifest(folder)
        verify_listing(folder, manifest)
        files = {
            table: part_table(folder, table, manifest.names[table], list(listed), is_odd=lambda _: True)
            for table, listed in manifest.files.items()
        }
        told = manifest.told
    else:
        paths, found = find_files(folder)
        files, opened = open_files(con, paths, settings, workspace, count=count)
        if not count and any(problem.severity == "error" for each in opened.values() for problem in each):
            return _opened(con, folder, workspace, count=True)
        told = tuple(("", problem) for problem in found)
        told += tuple((table, problem) for table, each in opened.items() for problem in each)
    wrong += [problem for _, problem in told]
    if any(problem.severity == "error" for problem in wrong):
        raise DataError(errors_text(folder.name, wrong))
    return files, told


def _state(folder: Path, files: dict[str, TableFile]) -> list[tuple[str, int, int]]:
    paths = [folder / SETTINGS_FILE, *(path for file in files.values() for path in file.paths)]
    return [(path.name, (state := path.stat()).st_size, state.st_mtime_ns) for path in paths]


def _patients(con: duckdb.DuckDBPyConnection, files: dict[str, TableFile]) -> int:
    """Estimate the number of patients."""
    file = files.get("patients", files["sessions"])
    patient = f"v{file.names.index('patient_id')}"
    patients = con.execute(f"SELECT approx_count_distinct({patient}) FROM ({file.values})").fetchone() or (0,)
    return int(patients[0])


def _known_parts(con: duckdb.DuckDBPyConnection, files: dict[str, TableFile], parts: int) -> str:
    """Make the table of the part of each patient, and name it."""
    file = files.get("patients", files["sessions"])
    part = f"CAST({part_of_key_sql('patient', parts)} AS SMALLINT)"
    con.execute(
        f"CREATE TEMP TABLE known_parts AS SELECT patient, {part} AS part "
        f"FROM (SELECT DISTINCT v{file.names.index('patient_id')} AS patient FROM ({file.values})) "
        "WHERE patient IS NOT NULL"
    )
    return "known_parts"


def _write_parts(
    con: duckdb.DuckDBPyConnection, file: TableFile, work: Path, parts: int, known: str
) -> tuple[PartFile, ...]:
    """Write the part files of a table; a part without rows has a file without rows."""
    folder, raw = work / file.table, work / f".{file.table}"
    folder.mkdir()
    # A row group of each part is in memory at once.
    group = min(max(_ROWS_IN_WORK // parts, _FEWEST_IN_GROUP), _MOST_IN_GROUP)
    options = f"FORMAT parquet, PARQUET_VERSION v2, COMPRESSION snappy, ROW_GROUP_SIZE {group}"
    con.execute(f"SET partitioned_write_max_open_files = {parts + 1}")
    con.execute(f"SET partitioned_write_flush_threshold = {_ROWS_AT_ONCE}")
    rows = part_sql(file, parts, known=known)
    con.execute(f"COPY ({rows}) TO {_quoted(raw)} ({options}, PARTITION_BY (_part), WRITE_PARTITION_COLUMNS false)")
    listed = []
    for number in range(1, parts + 1):
        path = folder / f"part-{number:04}.parquet"
        written = sorted((raw / f"_part={number}").glob("*.parquet"))
        if len(written) == 1:
            written[0].rename(path)
        else:
            source = f"read_parquet([{', '.join(map(_quoted, written))}])" if written else f"({rows}) LIMIT 0"
            con.execute(f"COPY (SELECT * EXCLUDE (_part) FROM {source}) TO {_quoted(path)} ({options})")
        count = con.execute(f"SELECT count(*) FROM {_quoted(path)}").fetchone() or (0,)
        name = path.relative_to(work).as_posix()
        listed.append(PartFile(name, path.stat().st_size, file_sha256(path), count[0]))
    shutil.rmtree(raw, ignore_errors=True)
    return tuple(listed)


def _quoted(path: Path) -> str:
    return "'" + str(path).replace("'", "''") + "'"


def _copy_settings(folder: Path, work: Path) -> None:
    """Copy ``dataset.toml`` and the definitions that it names."""
    shutil.copyfile(folder / SETTINGS_FILE, work / SETTINGS_FILE)
    named = tomllib.loads((folder / SETTINGS_FILE).read_bytes().decode("utf-8-sig")).get("definitions")
    if named is None:
        return
    copy = (work / named).resolve()
    if work.resolve() not in copy.parents:
        raise CallError("The definitions stand outside the dataset's folder: put the file beside dataset.toml.")
    copy.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(folder / named, copy)


def open_partition(partition: Partition, *, memory: str | int | None = None, threads: int | None = None) -> Dataset:
    """Open one part of a dataset, as a dataset of its patients.

    Parameters
    ----------
    partition : Partition
        One of a dataset's ``partitions``.
    memory : str or int, optional
        The most that DuckDB may hold in memory; a quarter of the machine when left out.
    threads : int, optional
        How many threads may work; all processors when left out.

    Returns
    -------
    Dataset

    Raises
    ------
    DataError
        When the part's files or the settings are not as they were when the dataset was opened.

    Examples
    --------
    >>> from analysis.intake.dataset import open_dataset
    >>> (whole,) = open_dataset("data/demo").partitions
    >>> len(open_partition(whole).table("patients"))
    1200
    """
    folder = Path(partition.folder)
    if partition.parts == 1 and not (folder / MANIFEST_FILE).is_file():
        return open_dataset(folder, memory=memory, threads=threads)
    manifest, examination = open_part(folder, partition.number, memory=memory, threads=threads)
    if part_digest(folder, manifest, partition.number) != partition.digest:
        raise DataError(f"{partition.label}: it is not what it was when the dataset was opened. Open it again.")
    return Dataset(folder, examination, (partition,))

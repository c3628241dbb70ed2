"""The checks of a dataset laid out in parts: part by part, added up, and kept for the next opening.

What a part's checks count adds up, as a patient is in one part. What was counted is kept beside the parts, and counted
again when the parts, the settings or the rules are others.
"""

import hashlib
import os
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import cache, reduce
from importlib.resources import files as resources
from operator import add
from pathlib import Path
from typing import Any

import duckdb

import analysis
from analysis.intake.database import Workspace, memory_bytes, open_database
from analysis.intake.examination import Examination, look_across, look_at_tables, make_tables, table_problems
from analysis.intake.findings import Findings
from analysis.intake.folders import file_sha256
from analysis.intake.partition_layout import (
    AGAIN,
    MANIFEST_FILE,
    Manifest,
    Partition,
    changed_part,
    key_columns,
    missing_part,
    odd_columns_sql,
    part_key_sql,
    part_of_key_sql,
    part_table,
    parts_source,
    read_manifest,
    read_sealed,
    verify_listing,
    write_sealed,
)
from analysis.intake.problems import Problem
from analysis.intake.reading import TableFile, find_files, with_counts
from analysis.intake.settings import SETTINGS_FILE, Settings, read_settings
from analysis.vocabulary.errors import DataError

CHECKED_FILE = "checked.json"


@dataclass(frozen=True)
class PartsExamination:
    """What was found: the settings, the list of files, the counts of each part and of all parts, and the problems."""

    settings: Settings
    manifest: Manifest
    files: dict[str, TableFile]
    parts: tuple[Findings, ...]
    findings: Findings
    problems: tuple[Problem, ...]

    def partitions(self, folder: Path) -> tuple[Partition, ...]:
        """List the parts."""
        return tuple(
            Partition(str(folder), number, self.manifest.parts, part_digest(folder, self.manifest, number))
            for number in range(1, self.manifest.parts + 1)
        )


def part_digest(folder: Path, manifest: Manifest, number: int) -> str:
    """Hash the content of a part and the settings."""
    digest = hashlib.sha256(settings_digest(folder).encode())
    for file in manifest.part_files(number):
        digest.update(f"{file.name}\0{file.sha256}\n".encode())
    return digest.hexdigest()


def settings_digest(folder: Path) -> str:
    """Hash ``dataset.toml`` and the definitions it names."""
    settings, _ = read_settings(folder)
    definitions = settings.definitions.sha256 if settings.definitions else ""
    return f"{file_sha256(folder / SETTINGS_FILE)} {definitions}"


def examine_parts(folder: Path, *, memory: str | int | None = None, threads: int | None = None) -> PartsExamination:
    """Run every check on a dataset laid out in parts, or take what an earlier run found.

    Parameters
    ----------
    folder : Path
    memory : str or int, optional
        The most that DuckDB may hold in memory; a quarter of the machine when left out.
    threads : int, optional
        How many threads may work; all processors when left out.

    Returns
    -------
    PartsExamination

    Raises
    ------
    DataError
        When the parts are not as they were written.
    """
    manifest = read_manifest(folder)
    verify_listing(folder, manifest)
    settings, problems = read_settings(folder)
    _, stray = find_files(folder)
    told: dict[str, list[Problem]] = {}
    for table, problem in manifest.told:
        told.setdefault(table, []).append(problem)
    counts = _kept_counts(folder)
    if counts is None:
        counts = _count_parts(folder, manifest, settings, memory, threads)
        _keep_counts(folder, counts)
    findings = reduce(add, counts)
    files = _tables(folder, manifest, findings)
    problems += told.get("", []) + stray + table_problems(files, settings, findings, told)
    return PartsExamination(settings, manifest, files, tuple(counts[:-1]), findings, tuple(problems))


def open_part(
    folder: Path, number: int, *, memory: str | int | None = None, threads: int | None = None
) -> tuple[Manifest, Examination]:
    """Open a part of a dataset: its tables, with what its checks found.

    Parameters
    ----------
    folder : Path
    number : int
        1 for the first part.
    memory, threads
        As for `examine_parts`.

    Returns
    -------
    tuple of Manifest and Examination
        The examination holds no problems: they are told of the whole dataset.

    Raises
    ------
    DataError
        When the part is not as it was written.
    """
    manifest = read_manifest(folder)
    settings, _ = read_settings(folder)
    if not 1 <= number <= manifest.parts:
        raise DataError(f"{folder.name}: it has {manifest.parts} parts, and no part {number} any more.")
    verify_part(folder, manifest, number)
    workspace = Workspace()
    con = open_database(workspace, memory=memory, threads=threads)
    kept = _kept_data(folder)
    if kept:
        findings = Findings.from_data(kept[number - 1])
    else:
        with open_database(workspace, memory=memory, threads=threads) as own:
            findings = _count_part(own, folder, manifest, number, settings)
    files = _tables(folder, manifest, findings, number)
    make_tables(con, files, settings, findings)
    return manifest, Examination(con, workspace, settings, files, findings, ())


def verify_part(folder: Path, manifest: Manifest, number: int) -> None:
    """See that a part's files hold what was written.

    Raises
    ------
    DataError
        When one does not.
    """
    for file in manifest.part_files(number):
        if not (folder / file.name).is_file():
            raise DataError(missing_part(folder, file.name))
        if file_sha256(folder / file.name) != file.sha256:
            raise DataError(changed_part(folder, file))


def _tables(folder: Path, manifest: Manifest, findings: Findings, number: int | None = None) -> dict[str, TableFile]:
    """Give the readable tables of a part, or of all parts, after its cells have been counted."""
    tables = {}
    for table, names in manifest.names.items():
        found, files = findings.tables[table], manifest.files[table]
        own = list(files) if number is None else [files[number - 1]]
        file = part_table(folder, table, names, own, is_odd=found.apart.__contains__)
        tables[table] = replace(file, read=found.read, filled=found.filled, odd=found.odd)
    return tables


def _count_parts(
    folder: Path, manifest: Manifest, settings: Settings, memory: str | int | None, threads: int | None
) -> list[Findings]:
    """Count what the checks find in each part, and last what the parts may have in common."""
    workspace = Workspace()
    workers = min(threads or os.cpu_count() or 1, manifest.parts)
    share = None if memory is None else memory_bytes(memory) // workers

    def count(number: int) -> Findings:
        verify_part(folder, manifest, number)
        with open_database(workspace, memory=share, threads=1) as con:
            return _count_part(con, folder, manifest, number, settings)

    # One thread for each part: the checks are many small statements, which two threads together do no faster.
    pool = ThreadPoolExecutor(workers, thread_name_prefix="part")
    try:
        counts = list(pool.map(count, range(1, manifest.parts + 1)))
    finally:
        pool.shutdown(cancel_futures=True)
    findings = reduce(add, counts)
    files = _tables(folder, manifest, findings)
    with open_database(workspace, memory=memory, threads=threads) as con:
        counts.append(look_across(con, files, settings, findings))
    return counts


def _count_part(
    con: duckdb.DuckDBPyConnection, folder: Path, manifest: Manifest, number: int, settings: Settings
) -> Findings:
    files, apart = {}, {}
    for table, names in manifest.names.items():
        columns, odd = odd_columns_sql(table, names)
        listed = manifest.files[table][number - 1]
        source = parts_source([folder / listed.name])
        found = con.execute(f"SELECT {odd} FROM {source} WHERE _odd IS NOT NULL").fetchone() or ()
        apart[table] = tuple(name for name, count in zip(columns, found, strict=True) if count)
        file = part_table(folder, table, names, [listed], is_odd=apart[table].__contains__)
        files[table] = with_counts(con, file)
    _refuse_strangers(con, folder, files, manifest, number)
    findings = look_at_tables(con, files, settings, across=False)
    tables = {name: replace(found, apart=apart.get(name, ())) for name, found in findings.tables.items()}
    return replace(findings, tables=tables)


def _refuse_strangers(
    con: duckdb.DuckDBPyConnection, folder: Path, files: dict[str, TableFile], manifest: Manifest, number: int
) -> None:
    """Refuse a patient whose part is another: each patient is in one part, or nothing adds up."""
    keys = {
        table: f"SELECT {part_key_sql(file)} AS key "
        f"FROM (SELECT DISTINCT {', '.join(key_columns(file))} FROM ({file.values}))"
        for table, file in files.items()
    }
    # Materialised, so that each patient is hashed once and not each row.
    strange = f"SELECT count(*) FROM keys WHERE {part_of_key_sql('key', manifest.parts)} <> {number}"
    if con.execute(f"WITH keys AS MATERIALIZED ({' UNION '.join(keys.values())}) {strange}").fetchone() == (0,):
        return
    for table, distinct in keys.items():
        if con.execute(f"WITH keys AS ({distinct}) {strange}").fetchone() != (0,):
            name = manifest.files[table][number - 1].name
            raise DataError(f"{folder.name}: the part {name} holds patients of another part. {AGAIN}")


def _kept_counts(folder: Path) -> list[Findings] | None:
    kept = _kept_data(folder)
    return [Findings.from_data(each) for each in kept] if kept else None


def _kept_data(folder: Path) -> list[dict[str, Any]] | None:
    path = folder / CHECKED_FILE
    content = read_sealed(path) if path.is_file() else None
    if content is None or content.get("key") != _key(folder):
        return None
    return list(content["counts"])


def _keep_counts(folder: Path, counts: list[Findings]) -> None:
    """Keep the counts beside the parts; where nothing may be written they are counted again the next time."""
    path = folder / CHECKED_FILE
    new = path.with_suffix(".writing")
    with suppress(OSError):
        write_sealed(new, {"key": _key(folder), "counts": [each.as_data() for each in counts]})
        new.replace(path)


def _key(folder: Path) -> str:
    return f"{file_sha256(folder / MANIFEST_FILE)} {settings_digest(folder)} {_rules_digest()}"


@cache
def _rules_digest() -> str:
    """Hash the package's rules: its code and tables of the intake and of the vocabulary."""
    digest = hashlib.sha256(f"{analysis.__version__} {duckdb.__version__}".encode())
    for folder in ("intake", "vocabulary"):
        package = resources(f"analysis.{folder}")
        for each in sorted(package.iterdir(), key=lambda file: file.name):
            if each.name.endswith((".py", ".toml")):
                digest.update(each.name.encode() + each.read_bytes())
    return digest.hexdigest()

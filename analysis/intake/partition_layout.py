"""A dataset laid out in parts: which patient is in which part, the part files' columns, and the list of the files.

A patient's part is a hash of the patient_id, so that everything about a patient is in one part. A part file holds the
row numbers of the original file, the columns under their headings in narrow types, and ``_odd``: the texts of the cells
that their type cannot hold.
"""

import hashlib
import json
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from analysis.intake.cell_values import TYPED, values_sql
from analysis.intake.problems import Problem
from analysis.intake.reading import TableFile, column_kinds, quoted_path
from analysis.intake.schema import SQL_TYPES, Column, layout_tables
from analysis.vocabulary.errors import DataError

MANIFEST_FILE = "partitions.json"
FORM = 1
"""The version of this form; another one is laid out again."""


@dataclass(frozen=True)
class Partition:
    """One part of a dataset: small, and good to be sent to another process.

    Attributes
    ----------
    folder : str
        The dataset's folder.
    number, parts : int
        Which part of how many; a dataset that is not laid out in parts is number 1 of 1.
    digest : str
        A hash of the part's content and of the dataset's settings; of the names, sizes and times of its files where
        the dataset is not laid out in parts.
    """

    folder: str
    number: int
    parts: int
    digest: str

    @property
    def label(self) -> str:
        """How messages call it."""
        name = Path(self.folder).name
        return name if self.parts == 1 else f"{name}, partition {self.number} of {self.parts}"


@dataclass(frozen=True)
class PartFile:
    """A part file: where it stands in the dataset's folder, its size, its content as a hash, and its rows."""

    name: str
    size: int
    sha256: str
    rows: int


@dataclass(frozen=True)
class Manifest:
    """The list of the part files.

    Attributes
    ----------
    parts : int
    original : str
        The hash of the dataset that was laid out.
    names : dict of str to tuple of str
        The headings of each table.
    files : dict of str to tuple of PartFile
        Of each table, one for each part.
    told : tuple of (str, Problem)
        What was told of the original files, and about which table.
    """

    parts: int
    original: str
    names: dict[str, tuple[str, ...]]
    files: dict[str, tuple[PartFile, ...]]
    told: tuple[tuple[str, Problem], ...]

    def part_files(self, number: int) -> list[PartFile]:
        """List the files of a part."""
        return [files[number - 1] for files in self.files.values()]


def write_sealed(path: Path, content: dict[str, Any]) -> None:
    """Write a file of JSON that shows when somebody has edited it."""
    path.write_text(json.dumps({"seal": _seal(content), **content}, indent=1), encoding="utf-8")


def read_sealed(path: Path) -> dict[str, Any] | None:
    """Read a file of `write_sealed`; None when it is damaged or has been edited. It is shared, so only read it."""
    return _unsealed(path.read_bytes())


@lru_cache(maxsize=4)  # each part reads the same two files: with them the cost would grow with the square of the parts
def _unsealed(text: bytes) -> dict[str, Any] | None:
    try:
        content = json.loads(text)
        seal = content["seal"]
        sealed = {key: value for key, value in content.items() if key != "seal"}
    except (ValueError, KeyError, TypeError, AttributeError):
        return None
    return sealed if seal == _seal(sealed) else None


def _seal(content: dict[str, Any]) -> str:
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()


def write_manifest(folder: Path, manifest: Manifest) -> None:
    """Write the list of the part files."""
    write_sealed(folder / MANIFEST_FILE, {"form": FORM, **asdict(manifest)})


def read_manifest(folder: Path) -> Manifest:
    """Read the list of the part files.

    Parameters
    ----------
    folder : Path

    Returns
    -------
    Manifest

    Raises
    ------
    DataError
        When the list was edited or is of another version.
    """
    text = (folder / MANIFEST_FILE).read_bytes()
    content = _unsealed(text)
    if content is None:
        raise DataError(f"{folder.name}: {MANIFEST_FILE} is damaged or was edited. {AGAIN}")
    if content["form"] != FORM:
        raise DataError(f"{folder.name}: {MANIFEST_FILE} is of another version of the program. {AGAIN}")
    return _manifest_of(text)


@lru_cache(maxsize=2)
def _manifest_of(text: bytes) -> Manifest:
    content = _unsealed(text) or {}
    return Manifest(
        content["parts"],
        content["original"],
        {table: tuple(names) for table, names in content["names"].items()},
        {table: tuple(PartFile(**each) for each in files) for table, files in content["files"].items()},
        tuple((table, Problem(**{**each, "rows": tuple(each["rows"])})) for table, each in content["told"]),
    )


def verify_listing(folder: Path, manifest: Manifest) -> None:
    """See that all part files are there, of the sizes that were written, and no others.

    Parameters
    ----------
    folder : Path
    manifest : Manifest

    Raises
    ------
    DataError
        When a file is missing, of another size, or was not written with the others.
    """
    listed = {each.name for files in manifest.files.values() for each in files}
    there = {path.relative_to(folder).as_posix() for table in layout_tables() for path in (folder / table).glob("*")}
    for name in sorted(listed ^ there):
        if name in listed:
            raise DataError(missing_part(folder, name))
        raise DataError(f"{folder.name}: the part {name} was not written with the others. {AGAIN}")
    for files in manifest.files.values():
        for each in files:
            if (folder / each.name).stat().st_size != each.size:
                raise DataError(changed_part(folder, each))


AGAIN = "Lay the original dataset out again with `outcomes partition`."


def missing_part(folder: Path, name: str) -> str:
    """Say that a part file is missing."""
    return f"{folder.name}: the part {name} is missing. {AGAIN}"


def changed_part(folder: Path, file: PartFile) -> str:
    """Say that a part file is not as it was written."""
    return f"{folder.name}: the part {file.name} was cut off or changed since it was written. {AGAIN}"


def narrow_type(column: Column | None) -> str:
    """Return the smallest DuckDB type that holds what a column's cells may say; VARCHAR for any text.

    Examples
    --------
    >>> columns = layout_tables()["sessions"].columns
    >>> narrow_type(columns["cadss_peak"]), narrow_type(columns["day"]), narrow_type(columns["clinic_id"])
    ('UTINYINT', 'SMALLINT', 'VARCHAR')
    """
    if column is None:
        return "VARCHAR"
    if column.values:
        return f"ENUM({', '.join(map(repr, column.values))})"
    if column.type != "integer":
        return SQL_TYPES[column.type]
    low, high = column.low or 0, column.high or 2**31 - 1
    for name, least, most in (("UTINYINT", 0, 255), ("SMALLINT", -(2**15), 2**15 - 1)):
        if least <= low and high <= most:
            return name
    return "INTEGER"


def _narrowed(table: str, names: tuple[str, ...]) -> list[tuple[int, str]]:
    """List the columns whose type may refuse a cell, with the type."""
    columns = layout_tables()[table].columns
    types = [narrow_type(columns.get(name)) for name in names]
    return [(number, narrow) for number, narrow in enumerate(types) if narrow != "VARCHAR"]


def part_sql(file: TableFile, parts: int, *, known: str = "") -> str:
    """Write the query for the content of all part files of a table, with ``_part``: 1 for the first part.

    Parameters
    ----------
    file : TableFile
    parts : int
    known : str
        A table of patients whose part is known, as ``patient`` and ``part``: looking it up is cheaper than hashing.

    Returns
    -------
    str
    """
    narrowed = dict(_narrowed(file.table, file.names))
    kinds = file.kinds
    columns, left, apart = [], [], []
    for number in range(len(file.names)):
        value = f"v{number}"
        if number in narrowed:
            value = f"TRY_CAST(v{number} AS {narrowed[number]})"
            text = f"CAST(v{number} AS VARCHAR)"
            text = f"coalesce({file.odd_text(number)}, {text})" if kinds[number] in TYPED else text
            left.append(f"(p{number} IS NULL AND v{number} IS NOT NULL)")
            apart.append(f"CASE WHEN p{number} IS NULL THEN {text} END")
        columns.append(f"{value} AS p{number}")
    odd = f"CASE WHEN {' OR '.join(['odd IS NOT NULL', *left])} THEN [{', '.join(apart)}] END"
    named = ", ".join(f'p{number} AS "{name}"' for number, name in enumerate(file.names))
    cells = f"(SELECT *, {', '.join(columns)} FROM ({file.values}))"
    part = part_of_key_sql(part_key_sql(file), parts)
    if known and "patient_id" in file.names:
        cells += f" LEFT JOIN {known} AS known ON known.patient = v{file.names.index('patient_id')}"
        part = f"CASE WHEN known.part IS NOT NULL THEN known.part ELSE {part} END"
    return f"SELECT row, {named}, {odd} AS _odd, {part} AS _part FROM {cells}"


def part_key_sql(file: TableFile) -> str:
    """Write SQL for what decides on the part of a row: its patient, or its referral if that never became a patient."""
    return f"coalesce({', '.join(key_columns(file))}, '')"


def key_columns(file: TableFile) -> list[str]:
    """List the columns of a table's values that decide on the part of a row."""
    return [f"v{file.names.index(name)}" for name in ("patient_id", "referral_id") if name in file.names]


def part_of_key_sql(key: str, parts: int) -> str:
    """Write SQL for the part of a key; MD5 is the same in every version of DuckDB.

    Examples
    --------
    >>> import duckdb
    >>> part = part_of_key_sql("'P1'", 3)
    >>> duckdb.connect().execute(f"SELECT {part}").fetchone()
    (1,)
    """
    return "1" if parts == 1 else f"CAST(md5_number_lower({key}) % {parts} AS INTEGER) + 1"


def part_table(
    folder: Path, table: str, names: tuple[str, ...], files: list[PartFile], *, is_odd: Callable[[str], bool]
) -> TableFile:
    """Make part files readable.

    Parameters
    ----------
    folder : Path
    table : str
    names : tuple of str
        The headings.
    files : list of PartFile
        All of one table.
    is_odd : callable
        Whether a column may hold a text that its narrow type cannot.

    Returns
    -------
    TableFile
        Without the counts of its cells.
    """
    paths = tuple(folder / each.name for each in files)
    narrowed = _narrowed(table, names)
    places = {number: place for place, (number, _) in enumerate(narrowed, start=1)}
    types = dict(narrowed)
    cells = []
    for number, name in enumerate(names):
        sql_type = types.get(number, "VARCHAR")
        sql_type = "VARCHAR" if sql_type.startswith("ENUM") else sql_type
        if number in places and is_odd(name):
            cells.append((f'coalesce(CAST("{name}" AS VARCHAR), _odd[{places[number]}])', "VARCHAR"))
        else:
            cells.append((f'"{name}"', sql_type))
    source = parts_source(paths)
    values = values_sql(column_kinds(table, names), cells, source, row="row", trimmed=True)
    return TableFile(table, paths, names, values)


def parts_source(paths: Sequence[Path]) -> str:
    """Write SQL that reads part files."""
    return f"read_parquet([{', '.join(quoted_path(path) for path in paths)}])"


def odd_columns_sql(table: str, names: tuple[str, ...]) -> tuple[list[str], str]:
    """Write SQL that counts, of each column that may refuse a cell, the texts kept apart; with the columns' names."""
    columns = [names[number] for number, _ in _narrowed(table, names)]
    return columns, ", ".join(f"count(_odd[{place}])" for place in range(1, len(columns) + 1))

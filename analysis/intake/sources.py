"""Reading the files a mapping names: every cell as text, every row with its number in a spreadsheet."""

import csv
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from analysis.intake.mapping_grammar import Join, Mapping, SourceFile
from analysis.intake.problems import ROWS_NAMED
from analysis.intake.source_columns import check_columns
from analysis.vocabulary.errors import DataError, nearest_name

EMPTY_LINE = "empty line"


@dataclass(frozen=True)
class Source:
    """One file as read.

    ``header`` lists its own columns. ``rows`` holds its cells as text (missing as NA) by spreadsheet row (header = 1),
    with joined columns as ``other.column``; ``left_out`` the reason for each row that is not used, NA for the others;
    ``partners`` the row of each joined file, 0 for none.
    """

    file: SourceFile
    header: list[str]
    rows: pd.DataFrame
    left_out: pd.Series
    partners: dict[str, pd.Series]

    @property
    def used(self) -> pd.DataFrame:
        """The rows that no rule leaves out."""
        return self.rows[self.left_out.isna()]


def read_sources(folder: Path, mapping: Mapping) -> dict[str, Source]:
    """Read, join and leave out rows, after checking that every column is used or dropped.

    Parameters
    ----------
    folder : Path
        Where the files are.
    mapping : Mapping
        Which files, and how to read them.

    Returns
    -------
    dict of str to Source
        By the file's name in the mapping.

    Raises
    ------
    DataError
        A file that is missing or not readable as told; a column the mapping names but the file lacks, or the file has
        but the mapping does not name; a join that finds no partner or more than one.
    """
    tables = {name: _read(folder, file) for name, file in mapping.files.items()}
    check_columns(mapping, {name: list(table.columns) for name, table in tables.items()})
    return {name: _source(file, tables, mapping) for name, file in mapping.files.items()}


def row_list(rows: pd.Index) -> str:
    """Write row numbers: the first five, and how many more.

    Parameters
    ----------
    rows : pandas.Index
        Spreadsheet rows (header = 1).

    Returns
    -------
    str

    Examples
    --------
    >>> row_list(pd.Index([2, 5, 9, 11, 12, 15, 16])), row_list(pd.Index([7]))
    ('rows 2, 5, 9, 11, 12 and 2 more', 'row 7')
    """
    shown = ", ".join(map(str, rows[:ROWS_NAMED]))
    more = f" and {len(rows) - ROWS_NAMED:,} more" if len(rows) > ROWS_NAMED else ""
    return f"row{'s' if len(rows) > 1 else ''} {shown}{more}"


def _read(folder: Path, file: SourceFile) -> pd.DataFrame:
    path = folder / file.path
    if not path.is_file():
        near = nearest_name(
            file.path, sorted(p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file())
        )
        raise DataError(f"{file.path}: there is no such file in {folder.name} (`files.{file.name}.path`).{near}")
    encoding = "utf-8-sig" if file.encoding.lower() in {"utf-8", "utf8"} else file.encoding
    try:
        _check_shape(path, file, encoding)
        cells = pd.read_csv(
            path,
            sep=file.delimiter,
            encoding=encoding,
            header=None,
            dtype=str,
            na_filter=False,
            skip_blank_lines=False,
        )
    except UnicodeError:
        raise DataError(
            f"{file.path} is not {file.encoding} text; name its encoding as `files.{file.name}.encoding`."
        ) from None
    except (csv.Error, pd.errors.ParserError):
        raise DataError(
            f"{file.path}: a quoted cell does not end, or quotes stand inside a cell; save the file again as CSV."
        ) from None
    except OSError as error:
        raise DataError(f"{file.path}: the file cannot be read ({error.strerror}).") from None
    header = cells.iloc[0].str.strip()
    if (header == "").any():
        raise DataError(f"{file.path}: column {int(np.argmax(header == '')) + 1} has no name in the header row.")
    if header.duplicated().any():
        numbers = ", ".join(map(str, np.flatnonzero(header.duplicated(keep=False)) + 1))
        raise DataError(f"{file.path}: columns {numbers} share their names in the header row; rename them.")
    rows = cells.iloc[1:].set_axis(list(header), axis="columns").set_axis(range(2, len(cells) + 1), axis="index")
    stripped: pd.DataFrame = rows.apply(lambda column: column.str.strip())
    return stripped


def _check_shape(path: Path, file: SourceFile, encoding: str) -> None:
    """Refuse a file whose rows are not as long as its header: pandas would fill short rows without a word."""
    with path.open(encoding=encoding, newline="") as stream:
        reader = csv.reader(stream, delimiter=file.delimiter, strict=True)
        lengths = np.fromiter(map(len, reader), dtype=np.int64)
    if lengths.size == 0 or lengths[0] == 0:
        raise DataError(f"{file.path} is empty or begins with an empty line; its first row must be the header.")
    odd = pd.Index(np.flatnonzero((lengths != lengths[0]) & (lengths != 0)) + 1)
    if len(odd):
        raise DataError(
            f"{file.path}, {row_list(odd)}: not {lengths[0]} cells like the header. "
            "The file is cut off, or a delimiter stands inside a cell without quotes."
        )


def _source(file: SourceFile, tables: dict[str, pd.DataFrame], mapping: Mapping) -> Source:
    table = tables[file.name]
    empty = (table == "").all(axis="columns")
    rows = _without_codes(table, file)
    partners: dict[str, pd.Series] = {}
    for name, join in file.joins.items():
        other = _without_codes(tables[name], mapping.files[name])
        partners[name] = _partner_rows(rows[join.on], other[join.to], mapping.files[name], join)
        joined = other.reindex(partners[name]).set_axis(rows.index, axis="index").add_prefix(f"{name}.")
        rows = rows.join(joined[[column for column in joined if column not in rows]])
    left_out = pd.Series(pd.NA, index=rows.index, dtype="object").mask(empty, EMPTY_LINE)
    for rule in file.leave_out:
        chosen = rows[rule.column].isna() if rule.cells is None else rows[rule.column].isin(rule.cells)
        left_out = left_out.mask(left_out.isna() & chosen, rule.reason)
    for name, join in file.joins.items():
        alone = rows.index[left_out.isna() & (partners[name] == 0)]
        if len(alone):
            raise DataError(
                f"{file.path}, {row_list(alone)}: no row in {mapping.files[name].path} has the same '{join.on}' "
                f"(`{join.path}`). To leave them out, add a rule to "
                f'`files.{file.name}.leave_out` with column = "{name}.{join.to}" and missing = true.'
            )
    return Source(file, list(table.columns), rows, left_out, partners)


def _without_codes(table: pd.DataFrame, file: SourceFile) -> pd.DataFrame:
    return table.mask(table.isin(["", *file.missing]))


def _partner_rows(values: pd.Series, keys: pd.Series, other: SourceFile, join: Join) -> pd.Series:
    """Return for each value the row of the other file whose key is the same, 0 where there is none."""
    keys = keys.dropna()
    repeated = keys.index[keys.duplicated(keep=False)]
    if len(repeated):
        raise DataError(
            f"{other.path}, {row_list(repeated)}, column '{join.to}': the same value stands in several rows; "
            f"`{join.path}` needs one row for each."
        )
    return values.map(pd.Series(keys.index, index=keys.array)).fillna(0).astype("int64")

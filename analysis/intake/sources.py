"""Reading the files a mapping names: every cell as text, every row with its number in a spreadsheet."""

from dataclasses import dataclass, field
from pathlib import Path

import pandas as pd

from analysis.intake.mapping_grammar import Join, Mapping, SourceFile
from analysis.intake.readers.formats import read_table
from analysis.intake.readers.remotes import Remotes
from analysis.intake.readers.source_table import SourceTable, row_list
from analysis.intake.source_columns import check_columns
from analysis.vocabulary.errors import DataError

EMPTY_LINE = "empty line"


@dataclass(frozen=True)
class Source:
    """One file as read.

    ``header`` lists its own columns. ``rows`` holds its cells as text (missing as NA) by spreadsheet row (header = 1),
    with joined columns as ``other.column``; ``left_out`` the reason for each row that is not used, NA for the others;
    ``partners`` the row of each joined file, 0 for none. ``dropped`` gives the reason for each column that is not used,
    ``error_cells`` by column how many cells held an error and were read as missing.
    """

    file: SourceFile
    header: list[str]
    rows: pd.DataFrame
    left_out: pd.Series
    partners: dict[str, pd.Series]
    dropped: dict[str, str] = field(default_factory=dict)
    error_cells: dict[str, int] = field(default_factory=dict)

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
    with Remotes(mapping) as remotes:
        tables = {name: read_table(folder, file, remotes) for name, file in mapping.files.items()}
    dropped = check_columns(
        mapping,
        {name: [*table.rows.columns, *table.refused] for name, table in tables.items()},
        spare={name: table.spare for name, table in tables.items()},
        refused={name: table.refused for name, table in tables.items()},
    )
    return {name: _source(file, tables, mapping, dropped[name]) for name, file in mapping.files.items()}


def _source(file: SourceFile, tables: dict[str, SourceTable], mapping: Mapping, dropped: dict[str, str]) -> Source:
    table = tables[file.name]
    empty = (table.rows == "").all(axis="columns")
    rows = _without_codes(table.rows, file)
    partners: dict[str, pd.Series] = {}
    for name, join in file.joins.items():
        other = _without_codes(tables[name].rows, mapping.files[name])
        partners[name] = _partner_rows(rows[join.on], other[join.to], mapping.files[name], join)
        joined = other.reindex(partners[name]).set_axis(rows.index, axis="index").add_prefix(f"{name}.")
        rows = rows.join(joined[[column for column in joined if column not in rows]])
    left_out = pd.Series(table.left_out, dtype="object").reindex(rows.index)
    left_out = left_out.mask(left_out.isna() & empty, EMPTY_LINE)
    for rule in file.leave_out:
        chosen = rows[rule.column].isna() if rule.cells is None else rows[rule.column].isin(rule.cells)
        left_out = left_out.mask(left_out.isna() & chosen, rule.reason)
    for name, join in file.joins.items():
        alone = rows.index[left_out.isna() & (partners[name] == 0)]
        if len(alone) and not join.optional:
            raise DataError(
                f"{file.path}, {row_list(alone)}: no row in {mapping.files[name].path} has the same '{join.on}' "
                f"(`{join.path}`). To leave them out, add a rule to "
                f'`files.{file.name}.leave_out` with column = "{name}.{join.to}" and missing = true.'
            )
    header = [*table.rows.columns, *table.refused]
    return Source(file, header, rows, left_out, partners, dropped, table.missing)


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
    rows = values.map(pd.Series(keys.index, index=keys.array, dtype="object")).astype("object")
    return rows.where(rows.notna(), 0).astype(keys.index.dtype if keys.index.dtype == "int64" else "object")

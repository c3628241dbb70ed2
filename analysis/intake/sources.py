"""Reading the files a mapping names: every cell as text, every row with its number in a spreadsheet."""

from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from analysis.intake.distinct_rows import by_distinct
from analysis.intake.mapping_grammar import Join, Mapping, SourceFile
from analysis.intake.readers.formats import read_table
from analysis.intake.readers.remotes import Remotes
from analysis.intake.readers.source_table import RowsError, SourceTable, row_list
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
    rows = {name: _without_codes(table.rows, mapping.files[name]) for name, table in tables.items()}
    sources = {}
    for name, file in mapping.files.items():
        table = tables[name]
        header, empty = [*table.rows.columns, *table.refused], (table.rows == "").all(axis="columns")
        others = {other: JoinedFile(rows[other], mapping.files[other], join) for other, join in file.joins.items()}
        own = Source(file, header, rows[name], _marked_empty(table, empty), {}, dropped[name], table.missing)
        sources[name] = join_files(own, others)
    return sources


def _without_codes(table: pd.DataFrame, file: SourceFile) -> pd.DataFrame:
    return table.mask(table.isin(["", *file.missing]))


def _marked_empty(table: SourceTable, empty: pd.Series) -> pd.Series:
    left_out = pd.Series(table.left_out, dtype="object").reindex(table.rows.index)
    return left_out.mask(left_out.isna() & empty, EMPTY_LINE)


class JoinedFile:
    """Another file, whose rows are found by the cells of one column.

    Parameters
    ----------
    rows : DataFrame
        Missing cells as NA.
    file : SourceFile
    join : Join

    Raises
    ------
    DataError
        A value stands in several rows of the column.
    """

    def __init__(self, rows: pd.DataFrame, file: SourceFile, join: Join) -> None:
        keys = rows[join.to].dropna()
        repeated = keys.index[keys.duplicated(keep=False)]
        if len(repeated):
            raise DataError(
                f"{file.path}, {row_list(repeated)}, column '{join.to}': the same value stands in several rows; "
                f"`{join.path}` needs one row for each."
            )
        self.rows, self.file = rows, file
        self._keys = pd.Index(keys.astype("str"))
        self._places = np.append(np.flatnonzero(rows[join.to].notna()), -1)

    def places_of(self, values: pd.Series) -> npt.NDArray[np.intp]:
        """Return for each value the position of its row, -1 where there is none."""
        found = by_distinct(values, lambda texts: pd.Series(self._keys.get_indexer(texts.array), index=texts.index))
        places: npt.NDArray[np.intp] = self._places[found.to_numpy()]
        return places

    def row_numbers(self, places: npt.NDArray[np.intp]) -> npt.NDArray[Any]:
        """Return the row number at each position, 0 where there is none."""
        numbers: npt.NDArray[Any] = np.append(self.rows.index.to_numpy(), 0)
        return numbers[places]


def join_files(source: Source, others: dict[str, JoinedFile]) -> Source:
    """Bring the columns of other files along, and then leave rows out.

    Parameters
    ----------
    source : Source
        A file, or a chunk of it, without joined columns.
    others : dict of str to JoinedFile
        The files it joins, by name.

    Returns
    -------
    Source

    Raises
    ------
    RowsError
        A row finds no partner.
    """
    file, rows, left_out = source.file, source.rows, source.left_out
    partners: dict[str, pd.Series] = {}
    joined: dict[str, pd.Series] = {}
    for name, join in file.joins.items():
        places = others[name].places_of(rows[join.on])
        partners[name] = pd.Series(others[name].row_numbers(places), index=rows.index)
        for column, cells in others[name].rows.items():
            joined.setdefault(f"{name}.{column}", pd.Series(cells.array.take(places, allow_fill=True), rows.index))
    rows = rows.join(pd.DataFrame({column: cells for column, cells in joined.items() if column not in rows}))
    for rule in file.leave_out:
        chosen = rows[rule.column].isna() if rule.cells is None else rows[rule.column].isin(rule.cells)
        left_out = left_out.mask(left_out.isna() & chosen, rule.reason)
    for name, join in file.joins.items():
        alone = rows.index[left_out.isna() & (partners[name] == 0)]
        if len(alone) and not join.optional:
            raise RowsError(
                f"{file.path}, {row_list(alone)}: no row in {others[name].file.path} has the same '{join.on}' "
                f"(`{join.path}`). To leave them out, add a rule to "
                f'`files.{file.name}.leave_out` with column = "{name}.{join.to}" and missing = true.',
                alone,
            )
    return replace(source, rows=rows, left_out=left_out, partners=partners)

"""Files read in chunks: the columns of a chunk are categories, so that each text is looked at once."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from pandas.api.types import union_categoricals

from analysis.intake.mapping_grammar import Mapping, SourceFile
from analysis.intake.readers.columnar import columnar_chunks, columnar_header
from analysis.intake.readers.delimited import delimited_chunks, delimited_header
from analysis.intake.readers.formats import find_table, read_table
from analysis.intake.readers.remotes import Remotes
from analysis.intake.readers.source_table import SourceTable
from analysis.intake.source_columns import check_columns, owner_of
from analysis.intake.sources import EMPTY_LINE, JoinedFile, Source

CHUNK_ROWS = 200_000
"""About how many rows are held at once."""

_Chunks = Iterator[pd.DataFrame]


@dataclass(frozen=True)
class ChunkedFile:
    """A file that is read in chunks.

    ``read`` gives the cells of some columns, named by number, chunk by chunk and by row number. ``whole`` is the file
    as read at once, where its format is not read in chunks.
    """

    file: SourceFile
    names: list[str]
    read: Callable[[list[int], int], _Chunks]
    refused: dict[str, str] = field(default_factory=dict)
    dropped: dict[str, str] = field(default_factory=dict)
    whole: SourceTable | None = None

    @property
    def header(self) -> list[str]:
        """All columns, also those that are refused."""
        return [*self.names, *self.refused]

    def described(self) -> Source:
        """Describe the file without its rows."""
        nothing = pd.Series([], dtype="object")
        errors = self.whole.missing if self.whole else {}
        return Source(self.file, self.header, pd.DataFrame(), nothing, {}, self.dropped, errors)

    def chunks(self, columns: list[str] | None = None) -> Iterator[Source]:
        """Read the file.

        Parameters
        ----------
        columns : list of str, optional
            Only these columns; rows where all of these are empty count as empty lines. By default all of them.

        Yields
        ------
        Source
            Without joined columns.
        """
        places = [place for place, name in enumerate(self.names) if columns is None or name in columns]
        for cells in self.read(places, CHUNK_ROWS):
            rows, empty = _as_categories(cells, [self.names[place] for place in places], {"", *self.file.missing})
            left_out = pd.Series(self.whole.left_out if self.whole else {}, dtype="object").reindex(rows.index)
            left_out = left_out.mask(left_out.isna() & empty, EMPTY_LINE)
            yield replace(self.described(), rows=rows, left_out=left_out)


def open_chunked_files(folder: Path, mapping: Mapping) -> dict[str, ChunkedFile]:
    """Look at the files that a mapping names, after checking that every column is used or dropped.

    Parameters
    ----------
    folder : Path
    mapping : Mapping

    Returns
    -------
    dict of str to ChunkedFile
        By name. Text and Parquet are read later in chunks, the others at once.

    Raises
    ------
    DataError
        As `read_sources`.
    """
    with Remotes(mapping) as remotes:
        opened = {name: _opened(folder, file, remotes) for name, file in mapping.files.items()}
    dropped = check_columns(
        mapping,
        {name: each.header for name, each in opened.items()},
        spare={name: each.whole.spare if each.whole else {} for name, each in opened.items()},
        refused={name: each.refused for name, each in opened.items()},
    )
    return {name: replace(each, dropped=dropped[name]) for name, each in opened.items()}


def _opened(folder: Path, file: SourceFile, remotes: Remotes) -> ChunkedFile:
    if file.format == "text":
        find_table(folder, file)
        return ChunkedFile(file, delimited_header(folder, file), partial(delimited_chunks, folder, file))
    if file.format == "parquet":
        find_table(folder, file)
        names, refused = columnar_header(folder, file)
        return ChunkedFile(file, names, partial(columnar_chunks, folder, file), refused)
    table = read_table(folder, file, remotes)
    return ChunkedFile(file, list(table.rows.columns), partial(_at_once, table.rows), table.refused, whole=table)


def _at_once(rows: pd.DataFrame, wanted: list[int], size: int) -> _Chunks:  # noqa: ARG001
    yield rows.iloc[:, wanted].astype("object").set_axis(wanted, axis="columns")


def _as_categories(
    cells: pd.DataFrame, names: list[str], missing: set[str]
) -> tuple[pd.DataFrame, npt.NDArray[np.bool_]]:
    """Make categories of texts, without blanks around them and codes for missing; say which rows are empty."""
    columns = {}
    empty = np.ones(len(cells), dtype=bool)
    for name, (_, column) in zip(names, cells.items(), strict=True):
        codes, texts = _found_by_address(column.to_numpy(dtype=object))
        stripped = np.array([text.strip() for text in texts], dtype=object)
        empty &= (stripped == "")[codes]
        if not missing.isdisjoint(stripped) or len(set(stripped)) < len(stripped):
            kept = np.array([None if text in missing else text for text in stripped], dtype=object)
            places, stripped = pd.factorize(kept)
            codes = places[codes]
        index = pd.Index(stripped, dtype="str")
        columns[name] = pd.Categorical.from_codes(codes, categories=index, validate=False)
    return pd.DataFrame(columns, index=cells.index), empty


def _found_by_address(texts: npt.NDArray[np.object_]) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.object_]]:
    """Find the different texts, some of them perhaps more than once, and where each cell's stands among them.

    A reader mostly makes one object of the same texts, and to compare where objects lie is faster than to compare them;
    not where there are many.
    """
    view = {**texts.__array_interface__, "typestr": np.dtype(np.intp).str}
    del view["descr"]
    codes, addresses = pd.factorize(np.asarray(SimpleNamespace(__array_interface__=view)))
    if len(addresses) > len(texts) // 8:
        return pd.factorize(texts)
    first = np.empty(len(addresses), dtype=np.intp)
    first[codes[::-1]] = np.arange(len(texts))[::-1]
    return codes, texts[first]


def columns_used(file: SourceFile, sources: set[str], opened: dict[str, ChunkedFile]) -> list[str]:
    """List the columns of a file itself that are needed to read some of its columns, join and leave out rows.

    Parameters
    ----------
    file : SourceFile
    sources : set of str
        The columns as the mapping writes them; those of joined files as ``other.column``.
    opened : dict of str to ChunkedFile

    Returns
    -------
    list of str
    """
    headers = {name: each.header for name, each in opened.items()}
    wanted = {*sources, *(rule.column for rule in file.leave_out), *(join.on for join in file.joins.values())}
    return sorted(own for owner, own in (owner_of(each, file, headers) for each in wanted) if owner == file.name)


def open_joined_files(mapping: Mapping, opened: dict[str, ChunkedFile]) -> dict[str, dict[str, JoinedFile]]:
    """Read the files that others join: of their columns only what is asked for.

    Parameters
    ----------
    mapping : Mapping
    opened : dict of str to ChunkedFile

    Returns
    -------
    dict of str to dict of str to JoinedFile
        By the file that joins, and the file that is joined.

    Raises
    ------
    DataError
        A value stands in several rows of the column by which a file is joined.
    """
    headers = {name: each.header for name, each in opened.items()}
    asked: dict[tuple[str, str], set[str]] = {}
    for reader, column, _ in mapping.references():
        owner, own = owner_of(column, mapping.files[reader], headers)
        asked.setdefault((reader, owner), set()).add(own)
    return {
        name: {
            other: JoinedFile(
                _rows_of(opened[other], {join.to, *asked.get((name, other), set())}), opened[other].file, join
            )
            for other, join in file.joins.items()
        }
        for name, file in mapping.files.items()
    }


def _rows_of(opened: ChunkedFile, columns: set[str]) -> pd.DataFrame:
    chunks = [each.rows for each in opened.chunks(sorted(columns))]
    index = chunks[0].index.append([each.index for each in chunks[1:]])
    together: dict[str, Any] = {
        str(column): union_categoricals([each[column].array for each in chunks]) for column in chunks[0]
    }
    return pd.DataFrame(together, index=index)

"""De-identified rows on the disk until all are there: then they are checked across files and written in order.

Nothing comes here before pseudonyms, days and common values have taken the place of what the source has.
"""

import shutil
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from types import TracebackType
from typing import Self

import duckdb
import pandas as pd

from analysis.intake.built_parts import BuiltPart
from analysis.intake.mapping_apply import known_columns
from analysis.intake.mapping_grammar import Block, Mapping, Part
from analysis.intake.pseudonyms import Pseudonyms
from analysis.intake.schema import layout_tables
from analysis.intake.source_chunks import ChunkedFile
from analysis.intake.table_errors import repeated_key_error, stranger_error
from analysis.intake.table_files import LARGEST_CSV, quoted_text, write_csv, write_parquet

MEMORY_LIMIT = "700MB"

_FEW_VALUES = 5_000
_VECTORS_AT_ONCE = 50
_NUMBERS = ("day", "sequence")


class RowStore:
    """The rows of the tables, on the disk until `write`.

    Parameters
    ----------
    folder : Path
        A new folder, where the rows are kept. It is removed with the end of the ``with`` block.
    mapping : Mapping
    parts : list of tuple of Block and Part
        In the order in which they are built.
    files : dict of str to ChunkedFile
    pseudonyms : Pseudonyms or None
        What takes the place of identifiers before rows come to the disk.
    """

    def __init__(
        self,
        folder: Path,
        mapping: Mapping,
        parts: list[tuple[Block, Part]],
        files: dict[str, ChunkedFile],
        pseudonyms: Pseudonyms | None,
    ) -> None:
        self._folder, self._mapping, self._parts = folder, mapping, parts
        self._files, self._pseudonyms = files, pseudonyms
        self._kept: dict[str, list[Path]] = {}
        self._columns: dict[str, set[str]] = {}
        self._folder.mkdir()
        self._con = duckdb.connect(config={"memory_limit": MEMORY_LIMIT, "temp_directory": str(folder / "spill")})
        self._writer = ThreadPoolExecutor(max_workers=1)
        self._written: Future[None] | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._writer.shutdown()
        self._con.close()
        shutil.rmtree(self._folder)

    def add(self, number: int, each: BuiltPart) -> None:
        """Add the rows of a chunk that are written.

        Parameters
        ----------
        number : int
            The part's place among the parts.
        each : BuiltPart
        """
        table, rows = each.block.table, each.written
        columns = [column for column in known_columns(table, self._mapping) if column in rows]
        kept = {column: rows[column] for column in columns}
        if self._pseudonyms is not None:
            kept |= {
                kind: self._pseudonyms.replace(kind, kept[kind]) for kind in self._pseudonyms.kinds if kind in kept
            }
        whole = self._files[each.block.file].whole
        place = rows.index if whole is None else whole.rows.index.get_indexer(rows.index)
        rows = pd.DataFrame(kept).assign(_part=number, _row=place)
        texts = ", ".join(
            f'"{column}"' if kept[column].notna().any() else f'NULL::VARCHAR AS "{column}"' for column in columns
        )
        paths = self._kept.setdefault(table, [])
        paths.append(self._folder / f"{table}-{len(paths):05}.parquet")
        self._columns.setdefault(table, set()).update(columns)
        self._wait()  # one at a time; the next chunk is built meanwhile
        self._written = self._writer.submit(self._write_rows, rows, f"SELECT {texts}, _part, _row FROM rows", paths[-1])

    def _wait(self) -> None:
        if self._written is not None:
            self._written.result()

    def _write_rows(self, rows: pd.DataFrame, query: str, path: Path) -> None:
        with self._con.cursor() as con:
            con.register("rows", rows)
            write_parquet(path, con, query)

    def write(self, folder: Path) -> None:
        """Check the rows across files, and write each table in the order of its key.

        Parameters
        ----------
        folder : Path
            The dataset's.

        Raises
        ------
        DataError
            When two rows have the same key, or a patient is not in the table patients; naming the rows of the sources.
        """
        self._wait()
        for table, paths in self._kept.items():
            listed = ", ".join(quoted_text(path) for path in paths)
            self._con.execute(f"CREATE VIEW {table} AS FROM read_parquet([{listed}], union_by_name = true)")
        self._refuse_strangers()
        for table in layout_tables():
            if table in self._kept:
                self._refuse_repeated_keys(table)
                self._write_table(table, folder)

    def _refuse_strangers(self) -> None:
        for number, (block, part) in enumerate(self._parts):
            if "patients" in self._kept and "patient_id" in part.columns:
                query = (
                    f"SELECT _row FROM {block.table} AS own WHERE _part = {number} AND patient_id IS NOT NULL "
                    "AND NOT EXISTS (FROM patients WHERE patients.patient_id = own.patient_id) ORDER BY _row"
                )
                rows = self._names(block.file, self._con.execute(query).fetchall())
                if len(rows):
                    raise stranger_error(block.table, block.file, self._mapping.files[block.file].path, rows)

    def _refuse_repeated_keys(self, table: str) -> None:
        keys = self._keys(table)
        key = ", ".join(keys.values())
        # Fingerprints need less memory than keys; two that are the same by chance are told apart below.
        again = f"SELECT hash({key}) FROM {table} GROUP BY 1 HAVING count(*) > 1"
        if not self._con.execute(f"SELECT count(*) FROM ({again})").fetchall()[0][0]:
            return
        query = (
            f"SELECT _part, _row FROM {table} WHERE hash({key}) IN ({again}) "
            f"QUALIFY count(*) OVER (PARTITION BY {key}) > 1 ORDER BY _part, _row"
        )
        found: dict[str, list[tuple[int]]] = {}
        for number, row in self._con.execute(query).fetchall():
            found.setdefault(self._parts[number][0].file, []).append((row,))
        if found:
            rows = {self._mapping.files[file].path: self._names(file, own) for file, own in found.items()}
            raise repeated_key_error(table, list(keys), rows)

    def _keys(self, table: str) -> dict[str, str]:
        """Give for each key column the text by which rows are told apart."""
        layout, columns = layout_tables()[table], self._columns[table]
        return {
            column: f'coalesce("{column}", {quoted_text(str(layout.columns[column].default))})'
            for column in layout.key
            if column in columns
        }

    def _names(self, file: str, rows: list[tuple[int]]) -> pd.Index:
        """Give the row numbers that a message names."""
        places, whole = [row for (row,) in rows], self._files[file].whole
        return pd.Index(places) if whole is None else whole.rows.index[places]

    def _write_table(self, table: str, folder: Path) -> None:
        columns = [column for column in known_columns(table, self._mapping) if column in self._columns[table]]
        keys = {
            f"_{number}": f"TRY_CAST({text} AS DOUBLE)" if key in _NUMBERS else text
            for number, (key, text) in enumerate(self._keys(table).items())
        }
        plain = ", ".join(f'"{column}"' for column in columns)
        rows = int(self._con.execute(f"SELECT count(*) FROM {table}").fetchall()[0][0])
        if rows <= LARGEST_CSV:
            query = f"SELECT {plain} FROM {table} ORDER BY {', '.join(keys.values())}, _part, _row"
            write_csv(folder / f"{table}.csv", self._chunks(query))
            return
        further = ", ".join(f"{text} AS {name}" for name, text in keys.items())
        query = (
            f"SELECT {plain} FROM (SELECT {self._compact(table, columns)}, {further}, _part, _row FROM {table}) "
            f"ORDER BY {', '.join(keys)}, _part, _row"
        )
        write_parquet(folder / f"{table}.parquet", self._con, query)

    def _compact(self, table: str, columns: list[str]) -> str:
        """Select columns so that sorting moves little: those of few values as numbers that stand for them."""
        counts = ", ".join(f'approx_count_distinct("{column}")' for column in columns)
        few = self._con.execute(f"SELECT {counts} FROM {table}").fetchall()[0]
        selected = []
        for column, count in zip(columns, few, strict=True):
            kind = f'"{table} {column}"'
            if 0 < count <= _FEW_VALUES:
                values = f'SELECT DISTINCT "{column}" FROM {table} WHERE "{column}" IS NOT NULL ORDER BY 1'
                self._con.execute(f"CREATE TYPE {kind} AS ENUM ({values})")
            selected.append(f'CAST("{column}" AS {kind}) AS "{column}"' if 0 < count <= _FEW_VALUES else f'"{column}"')
        return ", ".join(selected)

    def _chunks(self, query: str) -> Iterator[pd.DataFrame]:
        found = self._con.execute(query)
        chunk = found.fetch_df_chunk(_VECTORS_AT_ONCE)
        yield chunk
        while len(chunk := found.fetch_df_chunk(_VECTORS_AT_ONCE)):
            yield chunk

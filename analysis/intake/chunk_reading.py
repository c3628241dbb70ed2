"""Building parts out of chunks of files; what is wrong in any chunk is told as if the file had been read at once."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import numpy as np
import numpy.typing as npt
import pandas as pd

from analysis.intake.built_parts import BuiltPart
from analysis.intake.distinct_rows import are_categories
from analysis.intake.fingerprints import RepeatsSoFar
from analysis.intake.first_look import FirstLook, Parts
from analysis.intake.mapping_apply import ordered_parts
from analysis.intake.mapping_grammar import Block, Mapping, Part
from analysis.intake.part_building import build_part, repeated_rows
from analysis.intake.readers.source_table import RowsError
from analysis.intake.source_chunks import ChunkedFile, columns_used, open_joined_files
from analysis.intake.sources import Source, join_files

MOST_FAULTY_ROWS = 100_000
"""How many faulty rows are collected before the search for more of them ends."""


class ChunkReading:
    """Reads files in chunks and builds parts of each.

    Parameters
    ----------
    mapping : Mapping
    files : dict of str to ChunkedFile
    """

    def __init__(self, mapping: Mapping, files: dict[str, ChunkedFile]) -> None:
        self._mapping, self._files = mapping, files
        self._joined = open_joined_files(mapping, files)

    def look(self, name: str, parts: Parts, look: FirstLook) -> Iterator[list[BuiltPart]]:
        """Build parts of a file by the columns that they need, chunk after chunk.

        Parameters
        ----------
        name : str
            The file's name in the mapping.
        parts : list of tuple of Block and Part
        look : FirstLook

        Yields
        ------
        list of BuiltPart
        """
        sources = {source for _, part in parts for rule in part.columns.values() for source in rule.sources}
        columns = columns_used(self._mapping.files[name], sources, self._files)
        tables = {block.table for block, _ in parts}
        for chunk in _one_ahead(self._files[name].chunks(columns)):
            try:
                source = join_files(chunk, self._joined[name])
                yield [build_part(*each, source, self._mapping, first_days=look.first_days) for each in parts]
            except RowsError as error:
                self._refuse_faulty_rows(name, tables, look, error)

    def build(
        self, name: str, parts: dict[int, tuple[Block, Part]], look: FirstLook, repeats: dict[int, RepeatsSoFar]
    ) -> Iterator[tuple[Source, dict[int, BuiltPart]]]:
        """Build parts of a file, chunk after chunk.

        Parameters
        ----------
        name : str
            The file's name in the mapping.
        parts : dict of int to tuple of Block and Part
        look : FirstLook
        repeats : dict of int to RepeatsSoFar
            The earlier rows of the parts that ask for one row of several.

        Yields
        ------
        tuple of Source and dict of int to BuiltPart
            The chunk, and what each part makes of it, with dates.
        """
        for chunk in _one_ahead(self._files[name].chunks()):
            try:
                source = join_files(chunk, self._joined[name])
                built = {
                    number: build_part(
                        *each, source, self._mapping, first_days=look.first_days, repeats=repeats.get(number)
                    )
                    for number, each in parts.items()
                }
            except RowsError as error:
                self._refuse_faulty_rows(name, {block.table for block, _ in parts.values()}, look, error)
            yield source, built

    def _refuse_faulty_rows(self, name: str, tables: set[str], look: FirstLook, error: RowsError) -> None:
        """Collect the faulty rows of all chunks, and build them alone: their first error is that of the whole file."""
        parts = [each for each in ordered_parts(self._mapping) if each[0].file == name and each[0].table in tables]
        found: list[Source] = []
        for chunk in self._files[name].chunks():
            rest, faulty = chunk, np.zeros(len(chunk.rows), dtype=bool)
            while fault := self._fault(rest, parts, look):
                faulty |= chunk.rows.index.isin(fault.rows)
                rest = _some_rows(chunk, ~faulty)
            found.append(_some_rows(chunk, faulty))
            if sum(len(each.rows) for each in found) > MOST_FAULTY_ROWS:
                break
        together = replace(
            found[0],
            rows=pd.concat([each.rows.astype("str") for each in found]),
            left_out=pd.concat([each.left_out for each in found]),
        )
        raise self._fault(together, parts, look) or error

    def _fault(self, chunk: Source, parts: Parts, look: FirstLook) -> RowsError | None:
        try:
            source = join_files(chunk, self._joined[chunk.file.name])
            if not are_categories(chunk.rows):
                source = replace(source, rows=source.rows.astype("str"))
            for block, part in parts:
                build_part(replace(block, once_per=()), part, source, self._mapping, first_days=look.first_days)
        except RowsError as error:
            return error
        return None

    def refuse_odd_rows(self, block: Block, part: Part, repeats: RepeatsSoFar, look: FirstLook) -> None:
        """Stop at rows that should become one and do not agree.

        Parameters
        ----------
        block : Block
        part : Part
        repeats : RepeatsSoFar
            Which of them are odd.
        look : FirstLook

        Raises
        ------
        DataError
            As `repeated_rows`.
        """
        odd = np.fromiter(repeats.odd, dtype=np.uint64)
        found = []
        for _, built in self.build(block.file, {0: (replace(block, once_per=()), part)}, look, {}):
            rows = built[0].rows[built[0].not_written.isna()]
            found.append(rows[np.isin(repeats.keys_of(block, rows), odd)].astype("str"))
            if sum(map(len, found)) > MOST_FAULTY_ROWS:
                break
        repeated_rows(block, pd.concat(found), self._mapping.files[block.file].path)


def _some_rows(source: Source, chosen: npt.NDArray[np.bool_]) -> Source:
    return replace(source, rows=source.rows[chosen], left_out=source.left_out[chosen])


def _one_ahead(chunks: Iterator[Source]) -> Iterator[Source]:
    """Read the next chunk in another thread, while this one is worked on."""
    with ThreadPoolExecutor(max_workers=1) as reader:
        coming = reader.submit(next, chunks, None)
        while (chunk := coming.result()) is not None:
            coming = reader.submit(next, chunks, None)
            yield chunk

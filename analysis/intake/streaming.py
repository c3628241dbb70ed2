"""Importing files that are too big to hold: chunk after chunk, through the same building as small ones."""

from pathlib import Path

from analysis.intake.built_parts import BuiltPart
from analysis.intake.chunk_reading import ChunkReading
from analysis.intake.fingerprints import RepeatsSoFar
from analysis.intake.first_look import FirstLook, look_first
from analysis.intake.mapping_apply import ordered_parts
from analysis.intake.mapping_grammar import Mapping
from analysis.intake.pseudonyms import Pseudonyms
from analysis.intake.rare_values import without_rare_values
from analysis.intake.row_store import RowStore
from analysis.intake.source_chunks import open_chunked_files
from analysis.intake.sources import Source
from analysis.intake.tally import Tally
from analysis.intake.treatment_start import with_days

STREAMED_FROM = 16_000_000
"""The bytes of text and Parquet from which on files are read in chunks; fewer are held as a whole."""


def can_stream(mapping: Mapping) -> bool:
    """Say whether each row can be built without the others of its patient.

    Parameters
    ----------
    mapping : Mapping

    Returns
    -------
    bool
        False when a value is carried forward.
    """
    rules = (rule for block in mapping.blocks for part in block.parts for rule in part.columns.values())
    return all(rule.carried_days is None for rule in rules)


def bytes_to_stream(folder: Path, mapping: Mapping) -> int:
    """Add up the sizes of the files that can be read in chunks.

    Parameters
    ----------
    folder : Path
    mapping : Mapping

    Returns
    -------
    int
    """
    paths = {folder / file.path for file in mapping.files.values() if file.format in {"text", "parquet"}}
    files = [each for path in paths for each in (path.glob("*.parquet") if path.is_dir() else [path])]
    return sum(path.stat().st_size for path in files if path.is_file())


def stream_tables(
    folder: Path, mapping: Mapping, pseudonyms: Pseudonyms | None, out: Path
) -> tuple[Tally, dict[str, Source]]:
    """Import files chunk by chunk, and write the dataset's tables.

    Parameters
    ----------
    folder : Path
        The sources.
    mapping : Mapping
        One that `can_stream`.
    pseudonyms : Pseudonyms or None
    out : Path
        Where the tables are written. De-identified rows are kept in a folder in it until all are there.

    Returns
    -------
    tuple of Tally and dict of str to Source
        The rows counted; the files without their rows.

    Raises
    ------
    DataError
        As `read_sources`, `build_parts` and `assemble_tables`.
    """
    files, parts = open_chunked_files(folder, mapping), ordered_parts(mapping)
    reading = ChunkReading(mapping, files)
    look = look_first(parts, reading.look)
    tally = Tally(mapping)
    repeats = {number: RepeatsSoFar() for number, (block, _) in enumerate(parts) if block.once_per}
    with RowStore(out / "rows", mapping, parts, files, pseudonyms) as store:
        for name in files:
            own = {number: each for number, each in enumerate(parts) if each[0].file == name}
            for source, built in reading.build(name, own, look, repeats):
                finished = {number: _finished(each, look, mapping) for number, each in built.items()}
                tally.add(source, finished)
                for number, each in finished.items():
                    store.add(number, each)
        for number, found in repeats.items():
            if found.odd:
                reading.refuse_odd_rows(*parts[number], found, look)
        store.write(out)
    return tally, {name: each.described() for name, each in files.items()}


def _finished(each: BuiltPart, look: FirstLook, mapping: Mapping) -> BuiltPart:
    dated = with_days(each, look.starts_of(each), keep_dates=mapping.keep_dates)
    return without_rare_values(dated, look.rare_values(each))

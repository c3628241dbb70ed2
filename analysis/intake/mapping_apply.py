"""Applying a mapping: the rows of the sources become the rows of the dataset's tables, and none is lost unsaid."""

import pandas as pd

from analysis.intake.built_parts import BuiltPart, given_sessions
from analysis.intake.carried_values import carry_values
from analysis.intake.mapping_grammar import Block, Mapping, Part
from analysis.intake.part_building import build_part
from analysis.intake.pseudonyms import Pseudonyms
from analysis.intake.rare_values import merge_rare_values
from analysis.intake.schema import layout_tables
from analysis.intake.sources import Source
from analysis.intake.table_errors import repeated_key_error, stranger_error
from analysis.intake.treatment_start import first_treatments, with_days


def build_parts(mapping: Mapping, sources: dict[str, Source]) -> list[BuiltPart]:
    """Make the rows of every table, sessions first because days and visits are counted from them.

    Parameters
    ----------
    mapping : Mapping
    sources : dict of str to Source

    Returns
    -------
    list of BuiltPart
        In the order of the mapping, after those of sessions.

    Raises
    ------
    DataError
        A value without a translation, not a number, or a label without a day; a required cell that is empty without a
        reason; rows that should agree and do not; a cell of another kind than its column.
        Each names the file, the column and the rows, never the value.
    """
    wanted = ordered_parts(mapping)
    sessions = [build_part(*each, sources[each[0].file], mapping) for each in wanted if each[0].table == "sessions"]
    starts = first_treatments(sessions)
    sessions = carry_values([with_days(each, starts, keep_dates=mapping.keep_dates) for each in sessions])
    written = [each.written for each in sessions]

    def first_days(patients: pd.Series, after: tuple[tuple[str, str], ...]) -> pd.Series:
        return patients.map(_first_days(pd.concat(written), after)).astype("Int64")

    others = [
        build_part(block, part, sources[block.file], mapping, first_days=first_days)
        for block, part in wanted
        if block.table != "sessions"
    ]
    return merge_rare_values([*sessions, *(with_days(each, starts, keep_dates=mapping.keep_dates) for each in others)])


def ordered_parts(mapping: Mapping) -> list[tuple[Block, Part]]:
    """List the parts of all blocks in the order in which they are built.

    Parameters
    ----------
    mapping : Mapping

    Returns
    -------
    list of tuple of Block and Part
        Those of sessions first.
    """
    parts = [(block, part) for block in mapping.blocks for part in block.parts]
    return sorted(parts, key=lambda each: each[0].table != "sessions")


def assemble_tables(
    built: list[BuiltPart], mapping: Mapping, pseudonyms: Pseudonyms | None = None
) -> dict[str, pd.DataFrame]:
    """Put the parts of each table together, in the order of the layout's columns and of the table's key.

    Identifiers are replaced before the rows are put in order: the order tells nothing of the identifiers.

    Parameters
    ----------
    built : list of BuiltPart
    mapping : Mapping
    pseudonyms : Pseudonyms or None
        None leaves identifiers as they are.

    Returns
    -------
    dict of str to DataFrame
        Cells as text, missing as NA.

    Raises
    ------
    DataError
        When two rows have the same key, or a patient is not in the table patients; naming the rows of the sources.
    """
    _refuse_strangers(built, mapping)
    tables = {}
    for name, layout in layout_tables().items():
        parts = [each for each in built if each.block.table == name]
        if not parts:
            continue
        table = pd.concat([each.written for each in parts], ignore_index=True)
        table = table[[column for column in known_columns(name, mapping) if column in table]]
        if pseudonyms is not None:
            table = table.assign(
                **{each: pseudonyms.replace(each, table[each]) for each in pseudonyms.kinds if each in table}
            )
        keys = pd.DataFrame(
            {
                column: table[column].fillna(str(layout.columns[column].default))
                for column in layout.key
                if column in table
            }
        )
        _refuse_repeated_keys(name, keys, parts, mapping)
        for column in keys.columns.intersection(["day", "sequence"]):
            keys[column] = pd.to_numeric(keys[column], errors="coerce")
        tables[name] = table.loc[keys.sort_values(list(keys.columns), kind="stable").index].reset_index(drop=True)
    return tables


def known_columns(table: str, mapping: Mapping) -> list[str]:
    """List the columns that a table may have, in order.

    Parameters
    ----------
    table : str
    mapping : Mapping

    Returns
    -------
    list of str
        Those of the layout, and then the dataset's own.
    """
    return [*layout_tables()[table].columns, *mapping.dataset.get("extra_columns", {}).get(table, [])]


def _refuse_strangers(built: list[BuiltPart], mapping: Mapping) -> None:
    """Stop at patients that the table patients lacks while the rows can be named as they stand in the sources."""
    patients = [each.written["patient_id"] for each in built if each.block.table == "patients"]
    for each in built if patients else []:
        if "patient_id" in each.rows:
            ids = each.written["patient_id"]
            rows = ids.index[ids.notna() & ~ids.isin(pd.concat(patients))]
            if len(rows):
                raise stranger_error(each.block.table, each.block.file, mapping.files[each.block.file].path, rows)


def _refuse_repeated_keys(name: str, keys: pd.DataFrame, parts: list[BuiltPart], mapping: Mapping) -> None:
    repeated = keys.duplicated(keep=False).to_numpy()
    if not repeated.any():
        return
    origin = pd.concat([pd.Series(each.block.file, index=each.written.index) for each in parts])[repeated]
    rows = {mapping.files[file].path: pd.Index(origin.index[origin == file]) for file in origin.unique()}
    raise repeated_key_error(name, list(keys.columns), rows)


def _first_days(sessions: pd.DataFrame, after: tuple[tuple[str, str], ...]) -> pd.Series:
    """Return by patient the day of the first given session whose cells are these."""
    chosen = given_sessions(sessions)
    for column, value in after:
        chosen &= sessions[column] == value if column in sessions else False
    days = pd.to_numeric(sessions.loc[chosen, "day"], errors="coerce")
    first: pd.Series = days.groupby(sessions.loc[chosen, "patient_id"]).min()
    return first

"""Applying a mapping: the rows of the sources become the rows of the dataset's tables, and none is lost unsaid."""

import pandas as pd

from analysis.intake.built_parts import BuiltPart, counts_days, given_sessions
from analysis.intake.carried_values import carry_values
from analysis.intake.layout_fit import misfits, out_of_calendar, out_of_range
from analysis.intake.mapping_cells import change_cells, refuse_cells
from analysis.intake.mapping_grammar import Block, ColumnRule, Mapping, Part
from analysis.intake.pseudonyms import Pseudonyms
from analysis.intake.rare_values import merge_rare_values
from analysis.intake.readers.source_table import row_list
from analysis.intake.schema import layout_tables
from analysis.intake.sources import Source
from analysis.intake.treatment_start import first_treatments, with_days
from analysis.vocabulary.errors import DataError


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
    wanted = [(block, part) for block in mapping.blocks for part in block.parts]
    sessions = [_build_part(*each, sources, [], mapping) for each in wanted if each[0].table == "sessions"]
    starts = first_treatments(sessions)
    sessions = carry_values([with_days(each, starts, keep_dates=mapping.keep_dates) for each in sessions])
    written = [each.written for each in sessions]
    others = [_build_part(*each, sources, written, mapping) for each in wanted if each[0].table != "sessions"]
    return merge_rare_values([*sessions, *(with_days(each, starts, keep_dates=mapping.keep_dates) for each in others)])


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
        known = [*layout.columns, *mapping.dataset.get("extra_columns", {}).get(name, [])]
        table = table[[column for column in known if column in table]]
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


def _refuse_strangers(built: list[BuiltPart], mapping: Mapping) -> None:
    """Stop at patients that the table patients lacks while the rows can be named as they stand in the sources."""
    patients = [each.written["patient_id"] for each in built if each.block.table == "patients"]
    for each in built if patients else []:
        if "patient_id" in each.rows:
            ids = each.written["patient_id"]
            rows = ids.index[ids.notna() & ~ids.isin(pd.concat(patients))]
            if len(rows):
                raise DataError(
                    f"{mapping.files[each.block.file].path}, {row_list(rows)}: the patient of a row for the table "
                    f"{each.block.table} is not in the table patients. Add the patient to the source of patients, or "
                    f"leave the rows out by `files.{each.block.file}.join` and `leave_out`."
                )


def _refuse_repeated_keys(name: str, keys: pd.DataFrame, parts: list[BuiltPart], mapping: Mapping) -> None:
    repeated = keys.duplicated(keep=False).to_numpy()
    if not repeated.any():
        return
    origin = pd.concat([pd.Series(each.block.file, index=each.written.index) for each in parts])[repeated]
    places = [
        f"{mapping.files[file].path}, {row_list(pd.Index(origin.index[origin == file]).unique())}"
        for file in origin.unique()
    ]
    raise DataError(
        f"{'; '.join(places)}: the same {', '.join(keys.columns)} more than once in the table {name}. "
        f"Tell them apart by a further key column, leave one out, or give `tables.{name}.once_per`."
    )


def _build_part(
    block: Block, part: Part, sources: dict[str, Source], sessions: list[pd.DataFrame], mapping: Mapping
) -> BuiltPart:
    source = sources[block.file]
    used = source.used
    reason = pd.Series(pd.NA, index=used.index, dtype="object")
    rows = pd.DataFrame(index=used.index)
    marks: dict[tuple[str, str], pd.Series] = {}
    for target, rule in sorted(part.columns.items(), key=lambda item: item[0] != "patient_id"):
        cells = change_cells(rule, used, source.file)
        rows[target] = cells.texts
        marks |= {(target, what): mask for what, mask in cells.marks.items()}
        if rule.visits is not None:
            rows[target], lost = _days(rule, rows[target], rows["patient_id"], sessions)
            reason = reason.mask(reason.isna() & lost, rule.without_session)
        outside, why = _without_place((block.table, target), rule, rows[target], source, mapping)
        column = layout_tables()[block.table].columns.get(target)
        if (column is not None and column.row_fault) or (target == "date" and counts_days(block.table, part)):
            reason = reason.mask(reason.isna() & outside, f"{target} {why}")
        marks[target, why] = outside
        rows[target] = rows[target].mask(outside)
    for target, why in part.needs.items():
        reason = reason.mask(reason.isna() & rows[target].isna(), why)
    required = layout_tables()[block.table].required_columns
    for target in ("date" if each == "day" and counts_days(block.table, part) else each for each in required):
        empty = rows.index[reason.isna() & rows[target].isna()]
        if len(empty):
            raise DataError(
                f"{source.file.path}, {row_list(empty)}: no {target} for the table {block.table}. "
                f"To leave them out, say why as `{block.path}.needs.{target}`."
            )
    merged = pd.Series(False, index=used.index)
    if block.once_per:
        merged = _repeats(block, rows[reason.isna()], source.file.path).reindex(used.index, fill_value=False)
    return BuiltPart(block, part, rows, reason, merged, marks)


def _without_place(
    place: tuple[str, str], rule: ColumnRule, cells: pd.Series, source: Source, mapping: Mapping
) -> tuple[pd.Series, str]:
    """Stop at cells of another kind than the column, and find the numbers and dates that are out of its range."""
    table, target = place
    if rule.dates is not None and target == "date":
        return out_of_calendar(cells)
    column = layout_tables()[table].columns.get(target)
    pseudonymised = mapping.pseudonyms is not None and target in mapping.pseudonyms.kinds
    if column is None or pseudonymised or not rule.from_cells:
        return pd.Series(False, index=cells.index), ""
    wrong, what = misfits(cells, column, instruments=set(mapping.definitions.get("instruments", {})))
    refuse_cells(wrong, f"{what} (`{rule.path}`)", rule, source.file)
    return out_of_range(cells, column)


def _repeats(block: Block, rows: pd.DataFrame, file: str) -> pd.Series:
    """Say which rows repeat an earlier one with the same ``once_per`` cells; all their other cells must agree."""
    keys = rows[list(block.once_per)]
    repeats = keys.duplicated()
    first = keys.merge(rows[~repeats], how="left").set_axis(rows.index)[rows.columns]
    differs = rows.ne(first) & ~(rows.isna() & first.isna())
    odd = rows.index[differs.any(axis="columns")]
    if len(odd):
        columns = ", ".join(rows.columns[differs.any()])
        raise DataError(
            f"{file}, {row_list(odd)}: {columns} not the same as in an earlier row with the same "
            f"{', '.join(block.once_per)}, though `{block.path}.once_per` makes one row of them."
        )
    return repeats


def _days(
    rule: ColumnRule, labels: pd.Series, patients: pd.Series, sessions: list[pd.DataFrame]
) -> tuple[pd.Series, pd.Series]:
    """Return the day of each visit, and whether it follows a session that did not take place."""
    days = pd.Series(pd.NA, index=labels.index, dtype="Int64")
    lost = pd.Series(False, index=labels.index)
    for label, visit in (rule.visits or {}).items():
        chosen = labels == label
        start = pd.Series(0, index=labels.index, dtype="Int64")
        if visit.after:
            start = patients.map(_first_days(pd.concat(sessions), visit.after)).astype("Int64")
        days = days.mask(chosen, start + visit.days)
        lost |= chosen & start.isna() & patients.notna()
    return days.astype("str"), lost


def _first_days(sessions: pd.DataFrame, after: tuple[tuple[str, str], ...]) -> pd.Series:
    """Return by patient the day of the first given session whose cells are these."""
    chosen = given_sessions(sessions)
    for column, value in after:
        chosen &= sessions[column] == value if column in sessions else False
    days = pd.to_numeric(sessions.loc[chosen, "day"], errors="coerce")
    first: pd.Series = days.groupby(sessions.loc[chosen, "patient_id"]).min()
    return first

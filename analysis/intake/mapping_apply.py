"""Applying a mapping: the rows of the sources become the rows of the dataset's tables, and none is lost unsaid."""

from dataclasses import dataclass

import pandas as pd

from analysis.intake.mapping_grammar import Block, ColumnRule, Mapping, Part
from analysis.intake.schema import layout_tables
from analysis.intake.sources import Source, row_list
from analysis.vocabulary.errors import DataError

NUMBERS = {
    "integer": (r"[+-]?\d{1,15}(\.0*)?", "a whole number"),
    "decimal": (r"[+-]?(\d{1,15}(\.\d*)?|\.\d+)", "a number"),
}
GIVEN = ["given", "stopped-early"]


@dataclass(frozen=True)
class BuiltPart:
    """What one part of a block makes of one file, all by the file's row numbers.

    ``rows`` are the table's rows as text; ``not_written`` the reason a row is not written, NA for the others;
    ``merged`` is true where the row only repeats another one that is written.
    """

    block: Block
    part: Part
    rows: pd.DataFrame
    not_written: pd.Series
    merged: pd.Series

    @property
    def written(self) -> pd.DataFrame:
        """The rows that go into the table."""
        return self.rows[self.not_written.isna() & ~self.merged]


def build_parts(mapping: Mapping, sources: dict[str, Source]) -> list[BuiltPart]:
    """Make the rows of every table, sessions first because visits are counted from them.

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
        reason; rows that should agree and do not. Each names the file, the column and the rows, never the value.
    """
    built: list[BuiltPart] = []
    for block in sorted(mapping.blocks, key=lambda block: block.table != "sessions"):
        sessions = [each.written for each in built if each.block.table == "sessions"]
        built += [_build_part(block, part, sources[block.file], sessions) for part in block.parts]
    return built


def assemble_tables(built: list[BuiltPart], mapping: Mapping) -> dict[str, pd.DataFrame]:
    """Put the parts of each table together, in the order of the layout's columns and of the table's key.

    Parameters
    ----------
    built : list of BuiltPart
    mapping : Mapping

    Returns
    -------
    dict of str to DataFrame
        Cells as text, missing as NA.

    Raises
    ------
    DataError
        When two rows have the same key, naming the rows of the sources.
    """
    tables = {}
    for name, layout in layout_tables().items():
        parts = [each for each in built if each.block.table == name]
        if not parts:
            continue
        table = pd.concat([each.written for each in parts], ignore_index=True)
        known = [*layout.columns, *mapping.dataset.get("extra_columns", {}).get(name, [])]
        table = table[[column for column in known if column in table]]
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


def _build_part(block: Block, part: Part, source: Source, sessions: list[pd.DataFrame]) -> BuiltPart:
    used = source.used
    reason = pd.Series(pd.NA, index=used.index, dtype="object")
    rows = pd.DataFrame(index=used.index)
    for target, rule in sorted(part.columns.items(), key=lambda item: item[0] != "patient_id"):
        rows[target] = _cells(rule, used, source.file.path)
        if rule.visits is not None:
            rows[target], lost = _days(rule, used[rule.source], rows["patient_id"], sessions)
            reason = reason.mask(reason.isna() & lost, rule.without_session)
    for target, why in part.needs.items():
        reason = reason.mask(reason.isna() & rows[target].isna(), why)
    for target in layout_tables()[block.table].required_columns:
        empty = rows.index[reason.isna() & rows[target].isna()]
        if len(empty):
            raise DataError(
                f"{source.file.path}, {row_list(empty)}: no {target} for the table {block.table}. "
                f"To leave them out, say why as `{block.path}.needs.{target}`."
            )
    merged = pd.Series(False, index=used.index)
    if block.once_per:
        merged = _repeats(block, rows[reason.isna()], source.file.path).reindex(used.index, fill_value=False)
    return BuiltPart(block, part, rows, reason, merged)


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


def _cells(rule: ColumnRule, used: pd.DataFrame, file: str) -> pd.Series:
    if rule.source is None:
        return pd.Series(rule.constant, index=used.index, dtype="str")
    cells = used[rule.source]
    if rule.translation is not None:
        known = cells.isin(rule.translation)
        _refuse(cells, ~known, f"a value that `{rule.path}.values` does not translate", rule, file)
        return cells.map(rule.translation).astype("str")
    if rule.number is not None:
        pattern, kind = NUMBERS[rule.number]
        _refuse(
            cells, ~cells.str.fullmatch(pattern, na=False), f"a value that is not {kind} (`{rule.path}`)", rule, file
        )
        numbers = pd.to_numeric(cells)
        return numbers.astype("Int64" if rule.number == "integer" else "Float64").astype("str")
    if rule.visits is not None:
        _refuse(cells, ~cells.isin(rule.visits), f"a visit label that `{rule.path}.visits` does not name", rule, file)
    return cells


def _refuse(cells: pd.Series, wrong: pd.Series, what: str, rule: ColumnRule, file: str) -> None:
    rows = cells.index[cells.notna() & wrong]
    if len(rows):
        raise DataError(f"{file}, {row_list(rows)}, column '{rule.source}': {what}.")


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
    chosen = sessions["status"].fillna(GIVEN[0]).isin(GIVEN) if "status" in sessions else sessions["day"].notna()
    for column, value in after:
        chosen &= sessions[column] == value if column in sessions else False
    days = pd.to_numeric(sessions.loc[chosen, "day"], errors="coerce")
    return days.groupby(sessions.loc[chosen, "patient_id"]).min()

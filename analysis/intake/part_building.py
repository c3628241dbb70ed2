"""Building the rows that one file gives to one table: cells changed, days found, rows left out with their reason."""

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Protocol

import pandas as pd

from analysis.intake.built_parts import BuiltPart, counts_days
from analysis.intake.distinct_rows import are_categories, by_distinct, distinct_rows, spread_over, whole_number_texts
from analysis.intake.layout_fit import misfits, out_of_calendar, out_of_range
from analysis.intake.mapping_cells import Cells, change_cells, refuse_cells
from analysis.intake.mapping_grammar import Block, ColumnRule, Mapping, Part, SourceFile
from analysis.intake.readers.source_table import RowsError, row_list
from analysis.intake.schema import layout_tables
from analysis.intake.sources import Source
from analysis.vocabulary.errors import DataError

Repeats = Callable[[Block, pd.DataFrame, str], pd.Series]


class FirstDays(Protocol):
    """Gives, for each patient of a series, the day of the first session whose cells are as ``after`` says."""

    def __call__(self, patients: pd.Series, after: tuple[tuple[str, str], ...]) -> pd.Series:
        """Return the days, NA where there was no such session."""


def _no_sessions(patients: pd.Series, after: tuple[tuple[str, str], ...]) -> pd.Series:  # noqa: ARG001
    return pd.Series(pd.NA, index=patients.index, dtype="Int64")


def build_part(
    block: Block,
    part: Part,
    source: Source,
    mapping: Mapping,
    *,
    first_days: FirstDays = _no_sessions,
    repeats: Repeats | None = None,
) -> BuiltPart:
    """Make the rows of one part out of one file, or of a chunk of it.

    Parameters
    ----------
    block : Block
    part : Part
    source : Source
    mapping : Mapping
    first_days : callable, optional
        Gives the first day of a session like this for each patient; for visits that are counted from sessions.
    repeats : callable, optional
        Says which rows repeat an earlier one of the same ``once_per``; by default of the rows of this source only.

    Returns
    -------
    BuiltPart
        With dates where the mapping has dates.

    Raises
    ------
    RowsError
        A cell that cannot be used, or a required one that is empty.
    """
    used = source.used
    reason = pd.Series(pd.NA, index=used.index, dtype="object")
    rows = pd.DataFrame(index=used.index)
    marks: dict[tuple[str, str], pd.Series] = {}
    for target, rule in sorted(part.columns.items(), key=lambda item: item[0] != "patient_id"):
        cells, outside, why = _fitting_cells((block.table, target), rule, used, source.file, mapping)
        rows[target] = cells.texts
        marks |= {(target, what): mask for what, mask in cells.marks.items()}
        if rule.visits is not None:
            rows[target], lost = _days(rule, rows[target], rows["patient_id"], first_days)
            reason = _first_reason(reason, lost, rule.without_session)
        column = layout_tables()[block.table].columns.get(target)
        if (column is not None and column.row_fault) or (target == "date" and counts_days(block.table, part)):
            reason = _first_reason(reason, outside, f"{target} {why}")
        marks[target, why] = outside
    for target, why in part.needs.items():
        reason = _first_reason(reason, rows[target].isna(), why)
    required = layout_tables()[block.table].required_columns
    for target in ("date" if each == "day" and counts_days(block.table, part) else each for each in required):
        empty = rows.index[rows[target].isna() & reason.isna()]
        if len(empty):
            raise RowsError(
                f"{source.file.path}, {row_list(empty)}: no {target} for the table {block.table}. "
                f"To leave them out, say why as `{block.path}.needs.{target}`.",
                empty,
            )
    merged = pd.Series(False, index=used.index)
    if block.once_per:
        find = repeats or repeated_rows
        merged = find(block, rows[reason.isna()], source.file.path).reindex(used.index, fill_value=False)
    return BuiltPart(block, part, rows, reason, merged, marks)


def _first_reason(reasons: pd.Series, rows: pd.Series, reason: str | None) -> pd.Series:
    return reasons.mask(reasons.isna() & rows, reason) if rows.any() else reasons


def _fitting_cells(
    place: tuple[str, str], rule: ColumnRule, used: pd.DataFrame, file: SourceFile, mapping: Mapping
) -> tuple[Cells, pd.Series, str]:
    """Change the cells of a column and leave those out of range empty; of categories, each different one once."""
    cells = used[list(rule.sources)]
    if not are_categories(used):
        return _fitting(place, rule, cells, file, mapping)
    distinct, places = distinct_rows(cells)
    try:
        found, outside, why = _fitting(place, rule, distinct, file, mapping)
    except RowsError:  # once more, to name the rows
        return _fitting(place, rule, cells.astype("str"), file, mapping)
    marks = {what: spread_over(mask, places, used.index) for what, mask in found.marks.items()}
    same = len(cells.columns) == 1 and found.texts.equals(distinct.iloc[:, 0])
    texts = cells.iloc[:, 0] if same else spread_over(found.texts, places, used.index)
    return Cells(texts, marks), spread_over(outside, places, used.index), why


def _fitting(
    place: tuple[str, str], rule: ColumnRule, cells: pd.DataFrame, file: SourceFile, mapping: Mapping
) -> tuple[Cells, pd.Series, str]:
    changed = change_cells(rule, cells, file)
    outside, why = _without_place(place, rule, changed.texts, file, mapping)
    return replace(changed, texts=changed.texts.mask(outside)), outside, why


def _without_place(
    place: tuple[str, str], rule: ColumnRule, cells: pd.Series, file: SourceFile, mapping: Mapping
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
    refuse_cells(wrong, f"{what} (`{rule.path}`)", rule, file)
    return out_of_range(cells, column)


def repeated_rows(block: Block, rows: pd.DataFrame, file: str) -> pd.Series:
    """Say which rows repeat an earlier one with the same ``once_per`` cells; all their other cells must agree.

    Parameters
    ----------
    block : Block
    rows : DataFrame
        Of the table.
    file : str
        Its path, for the error.

    Returns
    -------
    Series of bool

    Raises
    ------
    DataError
        Naming the rows that do not agree with the first, and the columns.
    """
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
    rule: ColumnRule, labels: pd.Series, patients: pd.Series, first_days: FirstDays
) -> tuple[pd.Series, pd.Series]:
    """Return the day of each visit, and whether it follows a session that did not take place."""
    days = pd.Series(pd.NA, index=labels.index, dtype="Int64")
    lost = pd.Series(False, index=labels.index)
    for label, visit in (rule.visits or {}).items():
        chosen = labels == label
        start = pd.Series(0, index=labels.index, dtype="Int64")
        if visit.after:
            start = by_distinct(patients, partial(first_days, after=visit.after))
        days = days.mask(chosen, start + visit.days)
        lost |= chosen & start.isna() & patients.notna()
    return whole_number_texts(days, categories=isinstance(labels.dtype, pd.CategoricalDtype)), lost

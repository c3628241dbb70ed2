"""The first row of a table: known, unknown, missing, blank and repeated columns."""

import re
from collections.abc import Iterator

from analysis.intake.identifiers import identifier_in_name
from analysis.intake.problems import Problem, column_letter, shown_name
from analysis.intake.reading import TableFile
from analysis.intake.schema import TableLayout
from analysis.vocabulary.errors import nearest_name


def heading_problems(file: TableFile, layout: TableLayout, extras: tuple[str, ...]) -> tuple[list[Problem], bool]:
    """Compare a file's headings with the layout.

    Parameters
    ----------
    file : TableFile
    layout : TableLayout
    extras : tuple of str
        The extra columns that ``dataset.toml`` lists for the table.

    Returns
    -------
    tuple of list of Problem and bool
        What is wrong, and whether the cells can be looked at nevertheless.
    """
    if not _is_header(file.names, layout, extras):
        what = "its first row holds no column name of the layout"
        advice = f"Row 1 must be the header, with names such as {', '.join(layout.required_columns)}."
        return [Problem(file.table, "no header", "error", what, advice)], False
    unusable = [*_blank(file), *_repeated(file), *_missing(file, layout)]
    usable = [*_unknown(file, layout, extras), *_absent_extras(file, extras)]
    return unusable + usable, not unusable


def _is_header(names: tuple[str, ...], layout: TableLayout, extras: tuple[str, ...]) -> bool:
    known = {_squeezed(name) for name in (*layout.columns, *extras)}
    return any(_squeezed(name) in known for name in names)


def _squeezed(name: str) -> str:
    return re.sub(r"[^a-z0-9]", "", name.lower())


def _blank(file: TableFile) -> Iterator[Problem]:
    letters = [column_letter(position) for position, name in enumerate(file.names) if not name]
    if letters:
        what = f"no name in the header at column{'s' if len(letters) > 1 else ''} {', '.join(letters[:10])}"
        yield Problem(file.table, "blank heading", "error", what, "Name the column, or delete it if it is empty.")


def _repeated(file: TableFile) -> Iterator[Problem]:
    for position, name in enumerate(file.names):
        if name and name in file.names[:position]:
            letters = f"{column_letter(file.names.index(name))} and {column_letter(position)}"
            advice = "Keep one of them."
            what = f"the header has this name twice, at columns {letters}"
            yield Problem(file.table, "repeated heading", "error", what, advice, shown_name(name, position=position))


def _missing(file: TableFile, layout: TableLayout) -> Iterator[Problem]:
    for name in layout.required_columns:
        if name not in file.names:
            advice = "Add it; see data/README.md for what it holds."
            if name == "day" and "date" in file.names:
                advice = (
                    "There is a column date; day is the number of days since the patient's first treatment. "
                    "Count it for each row and add it, or let `outcomes import` count it from the dates."
                )
            yield Problem(file.table, "missing column", "error", f"the column {name} is missing", advice)
    if layout.items and not {"total", *layout.items} & set(file.names):
        what = "there is neither a column total nor columns item_1, item_2 ..."
        yield Problem(file.table, "missing column", "error", what, "Add the totals, the items or both.")


def _unknown(file: TableFile, layout: TableLayout, extras: tuple[str, ...]) -> Iterator[Problem]:
    for position, name in enumerate(file.names):
        if name in layout.columns or not name:
            continue
        shown = shown_name(name, position=position)
        kind = identifier_in_name(name)
        if kind:
            filled = file.filled[position] if file.filled else 0
            what = f"its name reads like {kind} (cells filled: {filled:,})"
            advice = "Delete the column: no identifiers may be in a dataset."
            yield Problem(file.table, "identifier", "error", what, advice, shown, (), filled)
        elif name not in extras:
            meant = nearest_name(name.lower(), [known for known in layout.columns if known not in file.names])
            advice = f"Rename it, delete it, or list it in dataset.toml under extra_columns.{meant}"
            yield Problem(file.table, "unknown column", "error", "the layout has no such column", advice, shown)


def _absent_extras(file: TableFile, extras: tuple[str, ...]) -> Iterator[Problem]:
    for name in extras:
        if name not in file.names:
            what = "listed under extra_columns, but not in the file"
            yield Problem(file.table, "absent extra column", "warning", what, "Correct dataset.toml.", name)

"""Where the tables of a workbook are: its sheets, and the row of each that names the columns."""

import warnings
from pathlib import Path

from openpyxl import load_workbook

from analysis.intake.drafting.headers import reason_to_drop, target_of_header
from analysis.intake.drafting.scales import find_scales
from analysis.intake.readers.source_table import plain_text
from analysis.intake.schema import layout_tables
from analysis.vocabulary.errors import DataError

ROWS_LOOKED_AT = 15


def find_sheets(path: Path) -> dict[str, int]:
    """Find the sheets of a workbook that hold something, and their header rows.

    Parameters
    ----------
    path : Path

    Returns
    -------
    dict of str to int
        By the sheet's name the row of the header, as the spreadsheet counts: among the first rows the one with most
        headings that are known, and without any the first that is filled.

    Raises
    ------
    DataError
        The workbook cannot be opened.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            with path.open("rb") as stream:
                book = load_workbook(stream, read_only=True, data_only=True)
                found = {sheet.title: _header_row(_first_rows(sheet)) for sheet in book.worksheets}
    except Exception:  # The library raises whatever it stumbles over in a damaged file.
        raise DataError(
            "damaged, with a password, or no .xlsx workbook; open it in Excel and save it as .xlsx"
        ) from None
    return {title: row for title, row in found.items() if row}


def _first_rows(sheet: object) -> list[list[str]]:
    sheet.reset_dimensions()  # type: ignore[attr-defined]
    rows = sheet.iter_rows(max_row=ROWS_LOOKED_AT, values_only=True)  # type: ignore[attr-defined]
    return [[plain_text(value) for value in row] for row in rows]


def _header_row(rows: list[list[str]]) -> int:
    known = [len(known_headings([cell for cell in row if cell])) for row in rows]
    most: int = max(known, default=0)
    if most:
        return known.index(most) + 1
    return next((number for number, row in enumerate(rows, start=1) if sum(map(bool, row)) > 1), 0)


def known_headings(header: list[str]) -> list[str]:
    """Return the headings that are known: as a column of some table, an item of a scale, or something to drop.

    Parameters
    ----------
    header : list of str

    Returns
    -------
    list of str

    Examples
    --------
    >>> known_headings(["MRN", "Visit Date", "Notes", "phq9_1", "Tuesday"])
    ['MRN', 'Visit Date', 'Notes', 'phq9_1']
    """
    scales, _ = find_scales({name: (name,) for name in header})
    items = {column for scale in scales for column in scale.columns}
    return [
        name
        for name in header
        if name in items or reason_to_drop(name) or any(target_of_header(name, table) for table in layout_tables())
    ]

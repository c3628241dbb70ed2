"""Excel workbooks (.xlsx): the values of one sheet, or of several with the same columns one below the other."""

import re
import warnings
import zipfile
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
from openpyxl import load_workbook
from openpyxl.utils.cell import range_boundaries

from analysis.intake.mapping_grammar import SourceFile
from analysis.intake.readers.source_table import SourceTable, check_names, plain_text, row_list
from analysis.vocabulary.errors import DataError, nearest_name

ERROR_TEXTS = {
    *("#NULL!", "#DIV/0!", "#VALUE!", "#REF!", "#NAME?", "#NUM!", "#N/A"),
    *("#GETTING_DATA", "#SPILL!", "#CALC!", "#FIELD!", "#BLOCKED!", "#CONNECT!", "#UNKNOWN!"),
}

# A formula without a saved result (a text may be empty: t="str"), and the merged cells at the end of a sheet.
UNSAVED = re.compile(rb'<c (?![^>]*t="str")[^>]*><f[^>]*(?:/>|>[^<]*</f>)(?:<v\s*/>|<v></v>)?</c>')
MERGED = re.compile(rb'<(?:\w+:)?mergeCell [^>]*ref="([A-Z]+[0-9]+:[A-Z]+[0-9]+)"')
CHUNK = 1 << 22


@dataclass(frozen=True)
class Sheet:
    """One sheet: its cells from A1 on, its merged ranges as (first column, first row, last column, last row)."""

    place: str
    cells: list[tuple[Any, ...]]
    merged: list[tuple[int, int, int, int]]
    unsaved: int


def read_workbook(folder: Path, file: SourceFile) -> SourceTable:
    """Read the sheets of a workbook that the mapping names.

    Parameters
    ----------
    folder : Path
    file : SourceFile
        With ``sheets`` (none: the only one there is) and ``header_row``; what stands above the header is passed over.

    Returns
    -------
    SourceTable
        Rows by their number in the sheet; of several sheets as ``sheet!number``. Dates are ISO, numbers as the
        spreadsheet holds them, error cells empty and counted. A header cell that is merged downwards is the name of its
        column; one merged sideways names each of its columns, from the second on with a number: ``PHQ-9``, ``PHQ-9 2``.

    Raises
    ------
    DataError
        The workbook is damaged, has no such sheet, holds formulas without a saved result or merged cells below the
        header, or its sheets differ in their columns.
    """
    sheets = _sheets(folder / file.path, file)
    counted: Counter[str] = Counter()
    tables: list[pd.DataFrame] = []
    for name, sheet in sheets.items():
        table = _table(sheet, file)
        errors = table.isin(ERROR_TEXTS)
        counted.update({str(column): int(count) for column, count in errors.sum().items() if count})
        table = table.mask(errors, "")
        if len(sheets) > 1:
            table.index = pd.Index([f"{name}!{row}" for row in table.index], dtype="object")
        if tables and set(table.columns) != set(tables[0].columns):
            only = ", ".join(f"'{column}'" for column in table.columns.symmetric_difference(tables[0].columns))
            raise DataError(
                f"{sheet.place}: not the same columns as in the first sheet ({only}). "
                "Read the sheets as two files of the mapping, with the same path."
            )
        tables.append(table)
    return SourceTable(pd.concat(tables), missing=dict(counted))


def _sheets(path: Path, file: SourceFile) -> dict[str, Sheet]:
    try:
        with warnings.catch_warnings(), path.open("rb") as stream, zipfile.ZipFile(path) as archive:
            # Notices about styles and validation rules; a date out of range becomes an error cell, which is counted.
            warnings.simplefilter("ignore")
            book = load_workbook(stream, read_only=True, data_only=True)
            chosen = _chosen([sheet.title for sheet in book.worksheets], file)
            # A sheet that the mapping does not name may be named after a patient.
            places = {name: f"{file.path}, sheet '{name}'" if file.sheets else file.path for name in chosen}
            return {name: _sheet(book[name], archive, place) for name, place in places.items()}
    except (DataError, PermissionError):
        raise
    except Exception:  # The library raises whatever it stumbles over in a damaged file.
        raise DataError(
            f"{file.path} is damaged, cut off or not an .xlsx workbook; open it in Excel and save it again as .xlsx."
        ) from None


def _chosen(titles: list[str], file: SourceFile) -> tuple[str, ...]:
    if not file.sheets and len(titles) != 1:
        raise DataError(f"{file.path} has {len(titles)} sheets; name one or several as `files.{file.name}.sheet`.")
    for name in file.sheets:
        if name not in titles:
            raise DataError(
                f"{file.path} has no sheet '{name}' (`files.{file.name}.sheet`).{nearest_name(name, titles)}"
            )
    return file.sheets or (titles[0],)


def _sheet(sheet: Any, archive: zipfile.ZipFile, place: str) -> Sheet:
    # Some programs write a wrong extent, which would cut the sheet off.
    sheet.reset_dimensions()
    cells = list(sheet.iter_rows(values_only=True))
    while cells and all(plain_text(value) == "" for value in cells[-1]):
        cells.pop()
    merged: list[tuple[int, int, int, int]] = []
    unsaved, rest = 0, b""
    # Reading row by row leaves out the merged ranges and tells no empty cell from a formula without a result.
    with archive.open(sheet._worksheet_path) as stream:
        while chunk := stream.read(CHUNK):
            text = rest + chunk
            cut = max(text.rfind(b"</row>"), text.rfind(b"</sheetData>"), 0)
            unsaved += len(UNSAVED.findall(text[:cut]))
            rest = text[cut:]
    unsaved += len(UNSAVED.findall(rest))
    merged = [range_boundaries(each.decode()) for each in MERGED.findall(rest)]
    return Sheet(place, cells, merged, unsaved)


def _table(sheet: Sheet, file: SourceFile) -> pd.DataFrame:
    if sheet.unsaved:
        raise DataError(
            f"{sheet.place}: {sheet.unsaved:,} formulas have no saved result; open the workbook in Excel and save it."
        )
    if len(sheet.cells) < file.header_row:
        raise DataError(
            f"{sheet.place} is empty at its header row, {file.header_row} (`files.{file.name}.header_row`)."
        )
    deep = sorted({first for _, first, _, last in sheet.merged if last > first and last > file.header_row})
    if deep:
        raise DataError(
            f"{sheet.place}, {row_list(pd.Index(deep))}: merged cells among the data; unmerge them and fill each cell."
        )
    texts = [[plain_text(value) for value in row] for row in sheet.cells]
    header = _header(texts, sheet, file.header_row)
    body = texts[file.header_row :]
    width = max([len(header), *map(len, body)])
    body = [row + [""] * (width - len(row)) for row in body]
    header += [""] * (width - len(header))
    kept = [place for place in range(width) if header[place] or any(row[place] for row in body)]
    names = [header[place] for place in kept]
    if not any(names):
        raise DataError(
            f"{sheet.place} is empty at its header row, {file.header_row} (`files.{file.name}.header_row`)."
        )
    check_names(names, sheet.place)
    first = file.header_row + 1
    rows = [[row[place] for place in kept] for row in body]
    return pd.DataFrame(rows, columns=names, index=pd.RangeIndex(first, first + len(rows)), dtype="str")


def _header(texts: list[list[str]], sheet: Sheet, header_row: int) -> list[str]:
    header = list(texts[header_row - 1])
    for first_column, first_row, last_column, last_row in sheet.merged:
        if first_row <= header_row <= last_row:
            header += [""] * (last_column - len(header))
            top = texts[first_row - 1]
            name = top[first_column - 1] if len(top) >= first_column else ""
            for number, column in enumerate(range(first_column, last_column + 1), start=1):
                header[column - 1] = f"{name} {number}" if name and number > 1 else name
    return header

"""Looking through a folder: the tables that its files hold, how each is read, and the files that are not."""

import json
import re
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd

from analysis.intake.drafting.found import LARGEST_WHOLE, ROWS_OF_LARGER, Folder, FoundTable
from analysis.intake.drafting.links import named_columns
from analysis.intake.drafting.text_files import find_delimiter, find_encoding
from analysis.intake.drafting.workbooks import find_sheets
from analysis.intake.mapping_files import FORMATS, OLD_WORKBOOKS
from analysis.intake.readers.statistical import PROGRAMS
from analysis.vocabulary.errors import DataError

MOST_NAMED = 5
MOST_OF_ONE = 2
ONE_PERSON = "records of one person, whose name the file or sheet may have; put all persons into one"
_ENDINGS = {ending: name for name, (_, endings) in FORMATS.items() for ending in endings}
_PASSED_OVER = {"thumbs.db", "desktop.ini"}


def look_through(folder: Path, *, but: Path | None = None) -> Folder:
    """Find the tables in the text files, workbooks, Parquet and statistics files of a folder.

    Parameters
    ----------
    folder : Path
    but : Path or None
        A file that is not looked at: the draft itself.

    Returns
    -------
    Folder
        Without REDCap's and FHIR's, whose files are in ``unread`` or among the tables as they are.
    """
    found = Folder()
    paths = [path for path in _files(folder) if path != but]
    parts = _parquet_folders(folder, paths)
    for part in parts:
        found.add(folder, {"path": part.relative_to(folder).as_posix(), "format": "parquet"}, "Parquet, in parts")
    for path in paths:
        if path.parent in parts and path.suffix.lower() == ".parquet":
            continue
        place = path.relative_to(folder).as_posix()
        how = _ENDINGS.get(path.suffix.lower(), "")
        try:
            if path.suffix.lower() in OLD_WORKBOOKS:
                found.unread[place] = f"{path.suffix} is not read; save the workbook as .xlsx"
            elif how == "text":
                _add_text(found, folder, path, place)
            elif how == "xlsx":
                _add_workbook(found, folder, path, place)
            elif how in {"spss", "stata", "sas", "xport"}:
                _add_statistical(found, folder, path, place, how)
            elif how == "parquet":
                found.add(folder, {"path": place}, "Parquet")
            elif how != "fhir":
                found.unread[place] = "no format that is read"
        except (DataError, OSError) as error:
            found.unread[place] = str(error) if isinstance(error, DataError) else f"cannot be read ({error.strerror})"
    return found


def fhir_files(folder: Path) -> list[Path]:
    """Return the files that may hold FHIR, in order of name."""
    return [path for path in _files(folder) if _ENDINGS.get(path.suffix.lower()) == "fhir"]


def _files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file() and not _hidden(path, folder))


def _hidden(path: Path, folder: Path) -> bool:
    parts = path.relative_to(folder).parts
    return any(part.startswith((".", "~$", "__MACOSX")) for part in parts) or path.name.lower() in _PASSED_OVER


def _parquet_folders(folder: Path, paths: list[Path]) -> list[Path]:
    """Return the folders that hold several Parquet files and nothing else: parts of one table."""
    by_parent: dict[Path, list[Path]] = {}
    for path in paths:
        by_parent.setdefault(path.parent, []).append(path)
    return [
        parent
        for parent, inside in by_parent.items()
        if parent != folder and len(inside) > 1 and all(path.suffix.lower() == ".parquet" for path in inside)
    ]


def _add_text(found: Folder, folder: Path, path: Path, place: str) -> None:
    encoding = find_encoding(path)
    delimiter = find_delimiter(path, encoding)
    options: dict[str, Any] = {"path": place}
    if delimiter != ("\t" if path.suffix.lower() in {".tsv", ".tab"} else ","):
        options["delimiter"] = delimiter
    if encoding != "utf-8":
        options["encoding"] = encoding
    remarks = []
    if encoding in {"cp1252", "latin-1"}:
        remarks.append("the encoding is a guess: are letters with accents right?")
    if path.stat().st_size > LARGEST_WHOLE:
        remarks.append(f"a large file: the draft is made from its first {ROWS_OF_LARGER:,} rows")
    found.add(folder, options, "text", remarks=tuple(remarks))


def _add_workbook(found: Folder, folder: Path, path: Path, place: str) -> None:
    sheets = find_sheets(path)
    if not sheets:
        found.unread[place] = "no sheet with a table"
    several = len(sheets) > 1
    for title, row in sheets.items():
        options: dict[str, Any] = {"path": place} | ({"sheet": title} if several else {})
        options |= {"header_row": row} if row > 1 else {}
        words = f"{path.stem} {title}" if several else path.stem
        found.add(folder, options, "sheet of a workbook", words=words, lower=2)


def _add_statistical(found: Folder, folder: Path, path: Path, place: str, how: str) -> None:
    kind, read = PROGRAMS[how]
    try:
        _, meta = read(str(path), metadataonly=True)
    except Exception:  # The library raises whatever it stumbles over in a damaged file.
        raise DataError(f"damaged, or not {kind}") from None
    options: dict[str, Any] = {"path": place}
    if how in {"spss", "stata"} and meta.variable_value_labels:
        options["labels"] = True
    labels = {str(name): str(label) for name, label in meta.column_names_to_labels.items() if label}
    found.add(folder, options, kind.removeprefix("an ").removeprefix("a "), labels=labels)


def shown_files(unread: dict[str, str]) -> list[str]:
    """List the files that are not read, many of one ending together, without names that could be somebody's.

    Parameters
    ----------
    unread : dict of str to str
        By path, the reason.

    Returns
    -------
    list of str

    Examples
    --------
    >>> shown_files({"consent.pdf": "no format that is read", "48100000 1951-03-04.pdf": "no format that is read"})
    ['consent.pdf: no format that is read', "a .pdf file, whose name could be somebody's: no format that is read"]
    """
    endings = Counter((Path(path).suffix.lower(), why) for path, why in unread.items())
    lines = []
    for (ending, why), count in endings.items():
        if count > MOST_NAMED:
            lines.append(f"{count:,} {ending or 'other'} files: {why}")
            continue
        for path, reason in unread.items():
            if (Path(path).suffix.lower(), reason) == (ending, why):
                hidden = _telling(path) or reason == ONE_PERSON
                shown = f"a {ending.partition('#')[0]} file, whose name could be somebody's" if hidden else path
                lines.append(f"{json.dumps(shown, ensure_ascii=False)[1:-1]}: {reason.strip(': ')}")
    return lines


def _telling(path: str) -> bool:
    return bool(re.search(r"\d{5,}|\d{4}[-_.]\d{1,2}[-_.]\d{1,2}|\d{1,2}[-_.]\d{1,2}[-_.]\d{2,4}|@", path))


def settle_tables(found: Folder) -> None:
    """Set aside tables that are not for this kind of draft, and put sheets with the same columns together.

    Parameters
    ----------
    found : Folder
        Its tables are changed. Sheets and files with the records of one person each are set aside: their names may be
        the person's.
    """
    alike = Counter(frozenset(table.rows.columns) for table in found.tables)
    for table in list(found.tables):
        reason = _domain(table)
        if _is_of_one(table) and ("sheet" in table.options or alike[frozenset(table.rows.columns)] > MOST_OF_ONE):
            reason = ONE_PERSON
        if reason:
            found.tables.remove(table)
            found.unread[f"{table.path}#{table.name}" if "sheet" in table.options else table.path] = reason
    found.tables = _same_columns(found.tables)


def _domain(table: FoundTable) -> str:
    """Return that a table is a domain of CDISC SDTM, which has a format of its own; empty when it is none."""
    if not {"DOMAIN", "USUBJID"} <= set(table.rows.columns):
        return ""
    domains = table.rows["DOMAIN"].dropna().unique()
    plain = len(domains) == 1 and re.fullmatch(r"[A-Z]{2}", str(domains[0]))
    return f"CDISC SDTM, domain {domains[0]}: begin with data/mappings/sdtm.toml" if plain else ""


def _is_of_one(table: FoundTable) -> bool:
    columns = named_columns(table, "patient_id")
    return bool(columns) and table.rows[columns[0]].nunique() < 2


def _same_columns(tables: list[FoundTable]) -> list[FoundTable]:
    """Put the sheets of a workbook that have the same columns together: one below the other they are one table."""
    together: dict[tuple[Any, ...], FoundTable] = {}
    for table in tables:
        key: tuple[Any, ...] = (table.name,)
        if "sheet" in table.options:
            key = (table.path, table.options.get("header_row", 1), frozenset(table.rows.columns))
        first = together.get(key)
        if first is None:
            together[key] = table
            continue
        sheets = first.options["sheet"]
        listed = [*(sheets if isinstance(sheets, list) else [sheets]), table.options["sheet"]]
        rows = pd.concat([first.rows, table.rows], ignore_index=True)
        together[key] = replace(first, options=first.options | {"sheet": listed}, rows=rows)
    return list(together.values())

"""The tables found in a folder: how each is read, and its cells as text."""

import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd

from analysis.intake.drafting.text_files import find_decimal, looks_like_data
from analysis.intake.mapping_files import read_source_file
from analysis.intake.mapping_grammar import SourceFile
from analysis.intake.readers.formats import read_table
from analysis.intake.readers.source_table import SourceTable, check_names
from analysis.intake.toml_tables import TomlTable
from analysis.vocabulary.errors import CallError, DataError

LARGEST_WHOLE = 200 << 20
ROWS_OF_LARGER = 200_000


@dataclass(frozen=True)
class FoundTable:
    """A table of the folder.

    Attributes
    ----------
    name : str
        Its name in the draft.
    options : dict
        How it is read, as ``files.NAME`` of a mapping says it.
    rows : DataFrame
        Its cells as text, missing as NA.
    kind : str
        In words what it is, for a list.
    decimal : str
    spare : frozenset of str
        Columns that need not be named.
    labels : dict of str to str
        By column, what the file says a column is about.
    choices : dict of str to dict of str to str
        By column, what its codes stand for.
    guarded : frozenset of str
        Columns that are used only when the mapping says so (``keep``).
    meant : dict of str to dict of str to str
        By table of the layout what columns stand for, where the format says so.
    remarks : tuple of str
    leave_out : tuple of dict
        Rules for rows that are not used; they are not in ``rows``.
    """

    name: str
    options: dict[str, Any]
    rows: pd.DataFrame
    kind: str
    decimal: str = "."
    spare: frozenset[str] = frozenset()
    labels: dict[str, str] = field(default_factory=dict)
    choices: dict[str, dict[str, str]] = field(default_factory=dict)
    guarded: frozenset[str] = frozenset()
    meant: dict[str, dict[str, str]] = field(default_factory=dict)
    remarks: tuple[str, ...] = ()
    leave_out: tuple[dict[str, Any], ...] = ()

    @property
    def path(self) -> str:
        """Where it is in the folder."""
        return str(self.options["path"])

    @property
    def columns(self) -> list[str]:
        """The names of its columns."""
        return [str(column) for column in self.rows.columns]

    @property
    def shown(self) -> str:
        """How it may be called when it is not used: without the title of a sheet, which may be somebody's name."""
        return f"{self.path}, a sheet" if "sheet" in self.options else self.path

    def headings(self, column: str) -> tuple[str, ...]:
        """Return what a column is called: its name, and its label where it has one."""
        return tuple(dict.fromkeys(text for text in (column, self.labels.get(column, "")) if text))


@dataclass
class Folder:
    """What was found in a folder: tables, and by path why a file is none."""

    tables: list[FoundTable] = field(default_factory=list)
    unread: dict[str, str] = field(default_factory=dict)
    names: set[str] = field(default_factory=set)

    def name_for(self, words: str) -> str:
        """Return a name for a table that is not taken yet."""
        plain = re.sub(r"[^a-z0-9]+", "_", words.lower()).strip("_")[:40] or "file"
        names = (plain if number == 1 else f"{plain}_{number}" for number in range(1, len(self.names) + 2))
        name = next(each for each in names if each not in self.names)
        self.names.add(name)
        return name

    def add(
        self, folder: Path, options: dict[str, Any], kind: str, *, words: str = "", lower: int = 0, **more: Any
    ) -> None:
        """Read a table as the import would, and keep it, or the reason why it cannot be read.

        The header may stand up to ``lower`` rows lower than the options say: below names that are merged downwards.
        """
        name = self.name_for(words or Path(options["path"]).stem)
        path = str(options["path"])
        try:
            table = read_like_import(folder, name, options)
        except DataError as error:
            if lower and "merged cells" in str(error):
                below = options | {"header_row": options.get("header_row", 1) + 1}
                self.names.discard(name)
                self.add(folder, below, kind, words=words, lower=lower - 1, **more)
                return
            # The title of a sheet may be somebody's name.
            title = f"sheet '{options.get('sheet', '')}'"
            self.unread[path] = str(error).removeprefix(path).replace(title, "a sheet").strip(" ,:")
            return
        rows = table.rows.mask(table.rows == "")
        if looks_like_data([str(column) for column in rows]):
            self.unread[path] = "its header row seems to hold values instead of names"
            return
        decimal = find_decimal(rows)
        spare = frozenset(table.spare) | frozenset(table.refused)
        used = rows[~rows.index.isin(list(table.left_out))]
        self.tables.append(FoundTable(name, options, used, kind, decimal, spare, **more))


def read_like_import(folder: Path, name: str, options: dict[str, Any]) -> SourceTable:
    """Read a table with the reader that an import would use; of a very large text file only the first rows.

    Parameters
    ----------
    folder : Path
    name : str
    options : dict

    Returns
    -------
    SourceTable

    Raises
    ------
    DataError
        As the reader says.
    """
    try:
        file = read_source_file(name, TomlTable(options, f"files.{name}"))
    except CallError as error:
        raise DataError(str(error)) from None
    path = folder / file.path
    if file.format == "text" and path.stat().st_size > LARGEST_WHOLE:
        return _first_rows(path, file)
    return read_table(folder, file)


def _first_rows(path: Path, file: SourceFile) -> SourceTable:
    encoding = file.encoding.replace("utf-8", "utf-8-sig")
    try:
        cells = pd.read_csv(
            path, sep=file.delimiter, encoding=encoding, header=None, dtype=str, na_filter=False, nrows=ROWS_OF_LARGER
        )
    except (UnicodeError, pd.errors.ParserError):
        raise DataError(f"{file.path}: no text with that delimiter and encoding.") from None
    names = list(cells.iloc[0].str.strip())
    check_names(names, file.path)
    rows = cells.iloc[1:].set_axis(names, axis="columns").set_axis(range(2, len(cells) + 1), axis="index")
    return SourceTable(rows.apply(lambda column: column.str.strip()))

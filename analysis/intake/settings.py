"""``dataset.toml``: the dataset's name, the ground on which it counts as de-identified, and its data cut."""

import re
import tomllib
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

from analysis.intake.problems import Problem
from analysis.intake.schema import TableLayout, layout_tables
from analysis.vocabulary.definitions import Definitions, default_definitions, read_definitions
from analysis.vocabulary.errors import CallError, DataError, nearest_name
from analysis.vocabulary.periods import last_day

SETTINGS_FILE = "dataset.toml"
BASES = ("synthetic", "public-research", "safe-harbor", "limited-data-set", "expert-determination")
RESERVED_COLUMNS = ("row", "fault", "items_answered", "prorated")
_KEYS = ("layout", "name", "basis", "data_cut", "definitions", "extra_columns")
_NEEDED = ("layout", "name", "basis", "data_cut")


@dataclass(frozen=True)
class Settings:
    """What ``dataset.toml`` says. Parts that are wrong in the file hold a harmless stand-in, beside a problem."""

    name: str = "unnamed"
    basis: str = "unknown"
    data_cut: date = date.max
    definitions: Definitions | None = None
    extra_columns: tuple[tuple[str, tuple[str, ...]], ...] = ()

    def extras(self, table: str) -> tuple[str, ...]:
        """Return the extra columns of a table."""
        return dict(self.extra_columns).get(table, ())


def read_settings(folder: Path) -> tuple[Settings, list[Problem]]:
    """Read a dataset's settings.

    Parameters
    ----------
    folder : Path
        The dataset's folder.

    Returns
    -------
    tuple of Settings and list of Problem
        Everything that could be read, and an error for each thing that is wrong.
    """
    path = folder / SETTINGS_FILE
    if not path.is_file():
        advice = "Each dataset needs this file with the keys layout, name, basis and data_cut (see data/README.md)."
        return Settings(), [_error("missing file", "the file is not in the folder", advice)]
    try:
        data = tomllib.loads(path.read_bytes().decode("utf-8-sig"))
    except UnicodeDecodeError:
        return Settings(), [_error("encoding", "the file is not UTF-8 text", "Save it as UTF-8.")]
    except tomllib.TOMLDecodeError as error:
        line = re.search(r"line (\d+)", str(error))
        where = f"at line {line[1]}" if line else "at its end"
        advice = 'Write each setting as key = "value"; texts need quotation marks.'
        return Settings(), [_error("bad TOML", f"the file breaks off {where}: that is not valid TOML", advice)]
    except OSError as error:
        return Settings(), [
            _error("unreadable file", f"it cannot be read ({error.strerror})", "Check its permissions.")
        ]
    return _settings(folder, data)


def _settings(folder: Path, data: dict[str, Any]) -> tuple[Settings, list[Problem]]:
    problems = []
    for key in data:
        if key not in _KEYS:
            shown = f" `{key}`" if re.fullmatch(r"[A-Za-z_]{1,40}", key) else ""
            advice = f"The keys are {', '.join(_KEYS)}.{nearest_name(key, list(_KEYS))}"
            problems.append(_error("unknown key", f"unknown key{shown}", advice))
    for key in _NEEDED:
        if key not in data:
            problems.append(_error("missing key", f"the key `{key}` is missing", f"Add it: {_EXAMPLES[key]}."))
    found: dict[str, Any] = {}
    for key, read in _READERS.items():
        if key not in data:
            continue
        try:
            found[key] = read(folder, data[key])
        except DataError as error:
            problems.append(_error("wrong value", str(error), f"For example: {_EXAMPLES[key]}."))
    found.pop("layout", None)
    return Settings(**({"definitions": default_definitions()} | found)), problems


def _read_layout(_folder: Path, value: Any) -> int:
    if value != 1 or isinstance(value, bool):
        raise DataError("`layout` is not 1, the only layout this version reads")
    return 1


def _read_name(_folder: Path, value: Any) -> str:
    if not isinstance(value, str) or not value.strip() or len(value) > 200 or not value.isprintable():
        raise DataError("`name` must be a text of one line")
    return value.strip()


def _read_basis(_folder: Path, value: Any) -> str:
    if value not in BASES:
        raise DataError(f"`basis` must be one of {', '.join(BASES)}")
    return str(value)


def _read_data_cut(_folder: Path, value: Any) -> date:
    if isinstance(value, date | str | int) and not isinstance(value, datetime | bool):
        try:
            return last_day(str(value))
        except CallError:
            pass
    raise DataError("`data_cut` must be a date, a quarter or a year that exists")


def _read_definitions(folder: Path, value: Any) -> Definitions:
    if not isinstance(value, str) or not value:
        raise DataError("`definitions` must be the name of a TOML file in the dataset's folder")
    if not (folder / value).is_file():
        raise DataError("`definitions` names a file that is not there")
    definitions = read_definitions(folder / value)
    _refuse_unknown_choices(definitions, value)
    return definitions


def _refuse_unknown_choices(definitions: Definitions, file: str) -> None:
    """Refuse a phase rule that no session could choose, for its treatment or route is not a word of the layout."""
    columns = layout_tables()["sessions"].columns
    for choice in definitions.phase_rules:
        for column, words in (("treatment", [choice.treatment]), ("route", choice.routes)):
            known = list(columns[column].values)
            for word in words:
                if word not in known:
                    hint = nearest_name(word, known)
                    raise DataError(
                        f"{file}: `phase_rules` names the {column} '{word}'.{hint} There are: {', '.join(known)}"
                    )


def _read_extra_columns(_folder: Path, value: Any) -> tuple[tuple[str, tuple[str, ...]], ...]:
    layouts = layout_tables()
    if not isinstance(value, dict):
        raise DataError("`extra_columns` must be a table of table names, each with a list of columns")
    for table, columns in value.items():
        if table not in layouts:
            raise DataError(f"`extra_columns` names an unknown table; the tables are {', '.join(layouts)}")
        if not isinstance(columns, list) or not all(isinstance(column, str) for column in columns):
            raise DataError(f"`extra_columns.{table}` must be a list of column names")
        _refuse_bad_names(layouts[table], columns)
    return tuple((table, tuple(columns)) for table, columns in value.items())


def _refuse_bad_names(layout: TableLayout, columns: list[str]) -> None:
    lower = [column.lower() for column in columns]
    if len(set(lower)) < len(lower):
        raise DataError(f"`extra_columns.{layout.name}` lists a column twice")
    for column in lower:
        if not re.fullmatch(r"[a-z][a-z0-9_]{0,62}", column):
            raise DataError(f"`extra_columns.{layout.name}` holds a name with other signs than letters, digits and _")
        if column in layout.columns or column in RESERVED_COLUMNS:
            raise DataError(f"`extra_columns.{layout.name}` lists `{column}`, which already has a meaning")


def _error(rule: str, what: str, advice: str) -> Problem:
    return Problem(SETTINGS_FILE, rule, "error", what.rstrip("."), advice)


_READERS = {
    "layout": _read_layout,
    "name": _read_name,
    "basis": _read_basis,
    "data_cut": _read_data_cut,
    "definitions": _read_definitions,
    "extra_columns": _read_extra_columns,
}
_EXAMPLES = {
    "layout": "layout = 1",
    "name": 'name = "Riverside clinics"',
    "basis": 'basis = "limited-data-set"',
    "data_cut": 'data_cut = "2026-09-30"',
    "definitions": 'definitions = "definitions.toml"',
    "extra_columns": 'extra_columns = { sessions = ["room"] }',
}

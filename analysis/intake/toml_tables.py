"""TOML tables: read with errors that name the exact place, and written as text."""

import json
import re
from datetime import date
from typing import Any

from analysis.vocabulary.errors import CallError, nearest_name

Settings = dict[str, Any]


class TomlTable:
    """One table of a TOML file that knows its own place in the file, for the error messages.

    Parameters
    ----------
    data : object
        What the file holds at this place.
    path : str
        The place, such as ``tables.scores``; empty for the whole file.

    Raises
    ------
    CallError
        Here and in every method: what stands at this place is of another kind than asked for, or is missing.

    Examples
    --------
    >>> TomlTable({"path": "a.csv", "delimeter": ";"}, "files.a").only("path", "delimiter")
    Traceback (most recent call last):
    ...
    analysis.vocabulary.errors.CallError: unknown key `files.a.delimeter`. Did you mean 'delimiter'?
    """

    def __init__(self, data: object, path: str = "") -> None:
        if not isinstance(data, dict):
            raise CallError(f"`{path}` must be a table of keys and values.")
        self.data: Settings = data
        self.path = path

    def __contains__(self, key: str) -> bool:
        return key in self.data

    def at(self, key: str) -> str:
        """Name the place of a key, quoted where TOML wants it quoted."""
        return f"{self.path}.{_key(key)}" if self.path else _key(key)

    def only(self, *keys: str) -> None:
        """Refuse every key but these."""
        for key in self.data:
            if key not in keys:
                raise CallError(f"unknown key `{self.at(key)}`.{nearest_name(key, list(keys))}")

    def one_of(self, *keys: str) -> str | None:
        """Return which one of these keys there is, or None; two at once contradict each other."""
        given = [key for key in keys if key in self.data]
        if len(given) > 1:
            raise CallError(f"`{self.path}` has both `{given[0]}` and `{given[1]}`; keep one.")
        return given[0] if given else None

    def text(self, key: str, default: str | None = None) -> str:
        """Return a text that is not empty."""
        if key not in self.data and default is not None:
            return default
        value = self._needed(key)
        if not isinstance(value, str) or not value.strip():
            raise CallError(f"`{self.at(key)}` must be a text in quotes, not empty.")
        return value

    def whole_number(self, key: str) -> int:
        """Return a whole number."""
        value = self._needed(key)
        if not isinstance(value, int) or isinstance(value, bool):
            raise CallError(f"`{self.at(key)}` must be a whole number.")
        return value

    def flag(self, key: str) -> bool:
        """Return true or false; no key is false."""
        value = self.data.get(key, False)
        if not isinstance(value, bool):
            raise CallError(f"`{self.at(key)}` must be true or false.")
        return value

    def texts(self, key: str) -> tuple[str, ...]:
        """Return a list of texts; no key is an empty list."""
        value = self.data.get(key, [])
        if not isinstance(value, list) or not all(isinstance(each, str) for each in value):
            raise CallError(f"`{self.at(key)}` must be a list of texts.")
        return tuple(value)

    def cells(self, key: str) -> dict[str, str]:
        """Return a table of plain values, each as the text it has in a cell; no key is an empty table."""
        table = self.table(key)
        return {name: cell_text(value, table.at(name)) for name, value in table.data.items()}

    def table(self, key: str) -> "TomlTable":
        """Return the table at a key; no key is an empty table."""
        return TomlTable(self.data.get(key, {}), self.at(key))

    def tables(self) -> "dict[str, TomlTable]":
        """Return the tables that stand in this one, by name."""
        return {name: TomlTable(value, self.at(name)) for name, value in self.data.items()}

    def rows(self, key: str) -> "list[TomlTable]":
        """Return a list of tables; one table is a list of one, no key an empty list."""
        value = self.data.get(key, [])
        if not isinstance(value, list):
            return [self.table(key)]
        return [TomlTable(each, f"{self.at(key)}[{number}]") for number, each in enumerate(value, start=1)]

    def _needed(self, key: str) -> object:
        if key not in self.data:
            raise CallError(f"`{self.at(key)}` is missing.")
        return self.data[key]


def cell_text(value: object, path: str) -> str:
    """Return a plain TOML value as the text it has in a cell of a dataset.

    Parameters
    ----------
    value : object
        A text, a number, or true or false.
    path : str
        Its place, for the error.

    Raises
    ------
    CallError
        When it is anything else, or an empty text.

    Examples
    --------
    >>> cell_text(True, "x"), cell_text(14, "x")
    ('true', '14')
    """
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, (int, float, str)) and str(value).strip():
        return str(value)
    raise CallError(f"`{path}` must be a text, a number, true or false, and not empty.")


def toml_text(settings: Settings) -> str:
    """Write nested settings as TOML that reads back to the same settings.

    Parameters
    ----------
    settings : dict
        Texts, numbers, true and false, dates, lists and tables of these, nested as deep as needed.

    Returns
    -------
    str
        Plain values first, then one ``[section]`` for each table, in the order given.

    Examples
    --------
    >>> print(toml_text({"name": "trial", "instruments": {"HAM-D17": {"entry_score": 0}}}), end="")
    name = "trial"
    <BLANKLINE>
    [instruments.HAM-D17]
    entry_score = 0
    """
    return "\n".join(_section((), settings)).lstrip("\n") + "\n"


def _section(path: tuple[str, ...], table: Settings) -> list[str]:
    plain = {key: value for key, value in table.items() if not isinstance(value, dict)}
    lines = [f"{_key(key)} = {_value(value)}" for key, value in plain.items()]
    if path and (lines or not table):
        lines = ["", f"[{'.'.join(map(_key, path))}]", *lines]
    for key, value in table.items():
        if isinstance(value, dict):
            lines += _section((*path, key), value)
    return lines


def _key(key: str) -> str:
    return key if re.fullmatch(r"[A-Za-z0-9_-]+", key) else _quoted(key)


def _value(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str):
        return _quoted(value)
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, list):
        return f"[{', '.join(map(_value, value))}]"
    if isinstance(value, dict):
        return "{" + ", ".join(f"{_key(key)} = {_value(each)}" for key, each in value.items()) + "}"
    return repr(value)


def _quoted(text: str) -> str:
    # JSON's escapes are also TOML's; TOML further wants the delete character escaped.
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")

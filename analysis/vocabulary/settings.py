"""Frozen settings made of TOML: every key known, every type right, nothing missing, and exact errors.

A settings object is a frozen dataclass whose fields are numbers, texts, true or false, tuples, tables of names or other
such dataclasses. The field's ``key`` in its metadata, if any, is its name in the file.
"""

import types
import typing
from dataclasses import MISSING, fields, is_dataclass
from typing import Any

from analysis.vocabulary.errors import DataError, nearest_name

_NAMES = {int: "a whole number", float: "a number", str: "a text", bool: "true or false"}


def merged_tables(base: dict[str, Any], changes: dict[str, Any]) -> dict[str, Any]:
    """Lay a table of changes over a table, key by key; lists are replaced as a whole.

    Parameters
    ----------
    base, changes : dict
        As read from TOML.

    Returns
    -------
    dict

    Examples
    --------
    >>> merged_tables({"course": {"gap_days": 90, "booster_below": 3}}, {"course": {"gap_days": 60}})
    {'course': {'gap_days': 60, 'booster_below': 3}}
    """
    merged = dict(base)
    for key, value in changes.items():
        both_tables = isinstance(value, dict) and isinstance(merged.get(key), dict)
        merged[key] = merged_tables(merged[key], value) if both_tables else value
    return merged


def settings_of(cls: Any, data: Any, where: str) -> Any:
    """Make a settings object of a TOML table.

    Parameters
    ----------
    cls : type
        The frozen dataclass.
    data : dict
        The table. A value that is already a settings object is taken as it is.
    where : str
        The file, and the table in it, for the message.

    Returns
    -------
    object of ``cls``

    Raises
    ------
    DataError
        Naming the key that is unknown, missing or of the wrong type.

    Examples
    --------
    >>> from analysis.vocabulary.definitions import CourseRule
    >>> settings_of(CourseRule, {"gap_days": 60, "booster_below": 3}, "mine.toml: `course`")
    CourseRule(gap_days=60, booster_below=3)
    >>> settings_of(CourseRule, {"gap_days": 60.5, "booster_below": 3}, "mine.toml: `course`")
    Traceback (most recent call last):
    analysis.vocabulary.errors.DataError: mine.toml: `course`: `gap_days` must be a whole number.
    """
    if not isinstance(data, dict):
        raise DataError(f"{where}: a table is needed here.")
    hints = typing.get_type_hints(cls)
    known = {f.metadata.get("key", f.name): f for f in fields(cls)}
    for key in data:
        if key not in known:
            raise DataError(f"{where}: unknown key `{key}`.{nearest_name(key, list(known))}")
    values = {}
    for key, f in known.items():
        if key in data:
            values[f.name] = _value(hints[f.name], data[key], f"{where}: `{key}`")
        elif f.default is MISSING and f.default_factory is MISSING:
            raise DataError(f"{where}: the key `{key}` is missing.")
    return cls(**values)


def _value(hint: Any, value: Any, where: str) -> Any:
    if isinstance(hint, types.UnionType):
        return _value(typing.get_args(hint)[0], value, where)
    if is_dataclass(hint):
        return value if isinstance(value, hint) else settings_of(hint, value, where)  # type: ignore[arg-type]
    if typing.get_origin(hint) is tuple:
        return _listed(typing.get_args(hint), value, where)
    if typing.get_origin(hint) is dict:
        if not isinstance(value, dict):
            raise DataError(f"{where} must be a table.")
        each = typing.get_args(hint)[1]
        return {name: _value(each, one, f"{where[:-1]}.{name}`") for name, one in value.items()}
    if hint is float and type(value) is int:
        return value
    if type(value) is not hint:
        raise DataError(f"{where} must be {_NAMES[hint]}.")
    return value


def _listed(parts: tuple[Any, ...], value: Any, where: str) -> tuple[Any, ...]:
    if not isinstance(value, list):
        raise DataError(f"{where} must be a list.")
    kinds = [parts[0]] * len(value) if parts[-1] is Ellipsis else list(parts)
    if len(kinds) != len(value):
        raise DataError(f"{where} must list {len(kinds)} values.")
    return tuple(_value(kind, each, where) for kind, each in zip(kinds, value, strict=True))

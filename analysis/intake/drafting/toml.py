"""Writing a draft as TOML with comments."""

import json
import re
import textwrap
from typing import Any

WIDTH = 118
SHORT_TABLE = 4


def toml_key(text: str) -> str:
    """Write a key, in quotes where TOML wants them.

    Examples
    --------
    >>> print(toml_key("dose_mg"), toml_key("Visit Date"), toml_key(""))
    dose_mg "Visit Date" ""
    """
    return text if re.fullmatch(r"[A-Za-z0-9_-]+", text) else toml_string(text)


def toml_string(text: str) -> str:
    r"""Write a text in quotes; signs that do not show are escaped, so that a heading cannot hide anything.

    Examples
    --------
    >>> print(toml_string('say "dose"'), toml_string("line\nbreak"), toml_string("a\u202eb"), toml_string("é"))
    "say \"dose\"" "line\nbreak" "a\u202eb" "é"
    """
    written = json.dumps(text, ensure_ascii=False)
    return "".join(sign if sign.isprintable() else _escaped(sign) for sign in written)


def _escaped(sign: str) -> str:
    return f"\\u{ord(sign):04x}" if ord(sign) < 0x10000 else f"\\U{ord(sign):08x}"


def toml_value(value: Any) -> str:
    """Write a value in one line.

    Examples
    --------
    >>> print(toml_value({"from": "Dose", "number": "dose"}), toml_value(["a", "b"]), toml_value(True))
    { from = "Dose", number = "dose" } ["a", "b"] true
    """
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str):
        return toml_string(value)
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{toml_key(key)} = {toml_value(each)}" for key, each in value.items()) + " }"
    if isinstance(value, (list, tuple)):
        return "[" + ", ".join(map(toml_value, value)) + "]"
    return str(value)


def comment_lines(text: str, *, indent: str = "# ") -> list[str]:
    """Write a text as comment lines.

    Examples
    --------
    >>> comment_lines("CONFIRM: the unit")
    ['# CONFIRM: the unit']
    """
    shown = "".join(sign if sign.isprintable() else _escaped(sign) for sign in text)
    return textwrap.wrap(
        shown, WIDTH, initial_indent=indent, subsequent_indent="# " + " " * (len(indent) - 2), break_on_hyphens=False
    )


def setting_line(key: str, value: Any, remark: str = "") -> str:
    """Write a key with its value, and a comment behind it."""
    line = f"{toml_key(key)} = {toml_value(value)}"
    return f"{line.ljust(31)} # {remark}" if remark else line

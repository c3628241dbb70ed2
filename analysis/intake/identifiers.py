"""First rules against identifiers: columns whose name or content looks like a person.

A rule gives the kind of identifier and how many values look like it, never the values. The rules are a net, not a
proof: de-identification happens before the files arrive.
"""

import re
import tomllib
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from itertools import pairwise
from typing import Any

import duckdb

from analysis.intake.cell_values import TYPED
from analysis.intake.findings import Content
from analysis.intake.problems import Problem, shown_name
from analysis.intake.reading import TableFile
from analysis.intake.schema import TableLayout

MOST_VALUES = 50
LONGEST_VALUE = 40


@dataclass(frozen=True)
class Look:
    """What an identifier's content looks like: a pattern, and the share of a column's values that must show it."""

    kind: str
    pattern: str
    more_than: float = 0.0
    columns: str = "all"


@cache
def _rules() -> dict[str, Any]:
    return tomllib.loads(files("analysis.intake").joinpath("identifiers.toml").read_text(encoding="utf-8"))


def identifier_in_name(name: str) -> str | None:
    """Say what kind of identifier a column's name reads like.

    Case, spaces and punctuation are ignored, and so is a number at the end.

    Parameters
    ----------
    name : str
        The heading.

    Returns
    -------
    str or None

    Examples
    --------
    >>> identifier_in_name("Date of Birth"), identifier_in_name("patientLastName"), identifier_in_name("room")
    ('a birth date', "a person's name", None)
    """
    parted = re.sub(r"([a-z])([A-Z])", r"\1 \2", name).lower()
    words = [word for word in re.split(r"[^a-z0-9]+", parted) if word]
    whole = "".join(words)
    wholes = {whole, whole.rstrip("0123456789")}
    parts = {*words, *map("".join, pairwise(words)), *wholes}
    for rule in _rules()["names"]:
        if wholes & set(rule["whole"]) or parts & set(rule["words"]):
            return str(rule["kind"])
    if "name" in words and set(words) & set(_rules()["people"]["words"]):
        return "a person's name"
    return None


def column_contents(
    con: duckdb.DuckDBPyConnection, file: TableFile, layout: TableLayout, suspect: set[str], columns: Collection[str]
) -> dict[str, Content]:
    """Look for identifiers among a table's different values, and count what looks like them.

    Identifier and unlisted columns are looked at as a whole; of the others only what is not a proper value, in the
    columns named in ``suspect`` (those where a cell rule was broken). Only ``columns`` are looked at.
    """
    contents = {}
    for position, name in enumerate(file.names):
        column = layout.columns.get(name)
        if name not in columns or (column is not None and column.type != "id" and name not in suspect):
            continue
        kind = file.kinds[position]
        value = file.odd_text(position) if kind in TYPED else f"v{position}"
        proper = "regexp_full_match(value, '[0-9]{3}')" if kind == "zip3" else "false"
        values = f"SELECT DISTINCT {value} AS value FROM ({file.values}) WHERE value IS NOT NULL AND NOT {proper}"
        contents[name] = _content(con, values, _looks(name, known=column is not None))
    return contents


def _content(con: duckdb.DuckDBPyConnection, values: str, looks: list[Look]) -> Content:
    # One pattern for all of them first: in nearly every column nothing looks like a person.
    any_look = "|".join(f"(?:{look.pattern})" for look in looks)
    query = f"SELECT count(*), max(length(value)), {_matches(any_look)} FROM ({values})"
    total, longest, suspicious = con.execute(query).fetchone() or (0, 0, 0)
    found: tuple[int, ...] = (0,) * len(looks)
    if suspicious:
        counts = ", ".join(_matches(look.pattern) for look in looks)
        found = con.execute(f"SELECT {counts} FROM ({values})").fetchone() or found
    return Content(int(total), int(longest or 0), found)


def content_problems(
    file: TableFile, layout: TableLayout, extras: tuple[str, ...], contents: Mapping[str, Content]
) -> list[Problem]:
    """Tell the columns whose values look like persons, and extra columns that hold free text."""
    problems: list[Problem] = []
    for position, name in enumerate(file.names):
        if name not in contents:
            continue
        content, looks = contents[name], _looks(name, known=name in layout.columns)
        shown = shown_name(name, position=position)
        seen = list(_seen(file.table, shown, looks, content))
        if not seen and name in extras and content.values:
            seen = list(_free_text(file.table, shown, content.values, content.longest))
        problems += seen
    return problems


def _matches(pattern: str) -> str:
    escaped = pattern.replace("'", "''")
    return f"count(*) FILTER (WHERE regexp_matches(value, '{escaped}'))"


def _looks(name: str, *, known: bool) -> list[Look]:
    groups = _groups(name, known=known)
    return [look for rule in _rules()["contents"] if (look := Look(**rule)).columns in groups]


def _groups(name: str, *, known: bool) -> tuple[str, ...]:
    if name in {"patient_id", "referral_id"}:
        return ("all", "patient")
    return ("all",) if known else ("all", "extra")


def _seen(table: str, column: str, looks: list[Look], content: Content) -> Iterator[Problem]:
    total = content.values
    counts: dict[str, int] = {}
    for look, count in zip(looks, content.looks, strict=True):
        if count > look.more_than * total:
            counts[look.kind] = max(counts.get(look.kind, 0), count)
    for kind, count in counts.items():
        what = f"{count:,} of its {total:,} different values look like {kind}"
        advice = "Take them out, or use other codes: no identifiers may be in a dataset."
        yield Problem(table, "identifier", "error", what, advice, column, (), count)


def _free_text(table: str, column: str, total: int, longest: int) -> Iterator[Problem]:
    if total > MOST_VALUES or longest > LONGEST_VALUE:
        what = f"an extra column may hold at most {MOST_VALUES} different values of at most {LONGEST_VALUE} signs"
        what += f"; it holds {total:,}, the longest of {longest:,} signs"
        advice = "Free text is refused: code it, or delete the column."
        yield Problem(table, "free text", "error", what, advice, column, (), total)

"""The grammar of a mapping: how a folder of source files becomes a dataset.

::

    [dataset]                      name, basis, data_cut, extra_columns: as in dataset.toml
    [definitions]                  changes of the default definitions; written beside the tables
    [files.NAME]                   path, delimiter, encoding, missing (codes that mean an empty cell)
    [files.NAME.join.OTHER]        on, to: brings the columns of another file along, named OTHER.column
    [[files.NAME.leave_out]]       column, is = [values] or missing = true, reason
    [files.NAME.drop]              column = "why it is not used"; every column is used or dropped
    [[tables.TABLE]]               from (a file), columns, needs, once_per, repeat
    columns.TARGET                 "source column", or { from, values | number | visits }, or { constant }
    needs.TARGET                   the reason counted for rows without a value in that column; they are not written
    once_per                       these columns tell rows apart; rows that repeat them must agree and become one
    [[tables.TABLE.repeat]]        name, columns, needs: each source row gives one row for each of these
    visits                         { label = day } or { label = { days = 2, after = { treatment = "ketamine" } } }

``data/mappings`` holds whole mappings, with comments.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from analysis.intake.toml_tables import Settings

Number = Literal["integer", "decimal"]


@dataclass(frozen=True)
class Visit:
    """The day a visit label stands for: a day of its own, or days after the first session that is as ``after`` says."""

    days: int
    after: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class ColumnRule:
    """Where one column of a table comes from and how its values change on the way."""

    path: str
    source: str | None = None
    constant: str | None = None
    translation: dict[str, str] | None = None
    number: Number | None = None
    visits: dict[str, Visit] | None = None
    without_session: str | None = None

    @property
    def changes(self) -> bool:
        """True when the values are not simply copied."""
        return self.translation is not None or self.number is not None or self.visits is not None


@dataclass(frozen=True)
class Part:
    """One row of a table for each source row. A block without ``repeat`` has one part without a name."""

    name: str
    columns: dict[str, ColumnRule]
    needs: dict[str, str]


@dataclass(frozen=True)
class Block:
    """What one file gives to one table."""

    path: str
    table: str
    file: str
    once_per: tuple[str, ...]
    parts: tuple[Part, ...]


@dataclass(frozen=True)
class Join:
    """The column ``on`` of this file names the row of another file whose column ``to`` is the same."""

    path: str
    on: str
    to: str


@dataclass(frozen=True)
class LeaveOut:
    """Rows that are not used, and why; ``cells`` None means rows where the cell is missing."""

    path: str
    column: str
    cells: tuple[str, ...] | None
    reason: str


@dataclass(frozen=True)
class SourceFile:
    """How to read one file of the folder."""

    name: str
    path: str
    delimiter: str
    encoding: str
    missing: tuple[str, ...]
    joins: dict[str, Join]
    leave_out: tuple[LeaveOut, ...]
    drop: dict[str, str]


@dataclass(frozen=True)
class Mapping:
    """A whole mapping. ``dataset`` and ``definitions`` are written beside the tables as they are."""

    name: str
    dataset: Settings
    definitions: Settings
    files: dict[str, SourceFile]
    blocks: tuple[Block, ...]

    def references(self) -> Iterator[tuple[str, str, str]]:
        """Yield each column the mapping uses: the file it is read with, the column, the place in the mapping."""
        for file in self.files.values():
            for other, join in file.joins.items():
                yield file.name, join.on, f"{join.path}.on"
                yield other, join.to, f"{join.path}.to"
            for rule in file.leave_out:
                yield file.name, rule.column, rule.path
        for block in self.blocks:
            for part in block.parts:
                for target in part.columns.values():
                    if target.source is not None:
                        yield block.file, target.source, target.path

"""What the checks of a part of a dataset count: numbers and row numbers, which add up over the parts."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from analysis.intake.problems import ROWS_NAMED


@dataclass(frozen=True)
class Found:
    """How many rows break a rule, and the first of them."""

    count: int = 0
    rows: tuple[int, ...] = ()

    def __add__(self, other: "Found") -> "Found":
        return Found(self.count + other.count, tuple(sorted(self.rows + other.rows)[:ROWS_NAMED]))


@dataclass(frozen=True)
class Content:
    """How many different values there are, how long the longest is, and how many look like each kind of identifier.

    They add up where the parts have no value in common.
    """

    values: int = 0
    longest: int = 0
    looks: tuple[int, ...] = ()

    def __add__(self, other: "Content") -> "Content":
        looks = tuple(one + two for one, two in zip(self.looks, other.looks, strict=True))
        return Content(self.values + other.values, max(self.longest, other.longest), looks)


@dataclass(frozen=True)
class TableFindings:
    """What was counted in one table.

    Attributes
    ----------
    read : int
        Its rows.
    odd : int
        Rows with a text where a number, a date or true or false should be.
    filled : tuple of int
        The cells of each column that are not empty.
    cells : dict of str to Found
        The rules about cells that are broken, as ``column: rule``.
    near : dict of str to dict of str to int
        For each column with a closed list: its names that are written otherwise, and how often.
    faults : dict of str to Found
        The reasons for which rows are set aside; an empty reason for those that are used.
    rows : dict of str to Found
        The rules about rows that are broken, as ``rule: column``.
    contents : dict of str to Content
        What the values of a column look like.
    apart : tuple of str
        The columns of a part file with texts that its narrow types cannot hold.
    unused : tuple of (int, str), or None
        Of the scores of a part: the rows that are set aside, and why; None where there are many.
    """

    read: int = 0
    odd: int = 0
    filled: tuple[int, ...] = ()
    cells: dict[str, Found] = field(default_factory=dict)
    near: dict[str, dict[str, int]] = field(default_factory=dict)
    faults: dict[str, Found] = field(default_factory=dict)
    rows: dict[str, Found] = field(default_factory=dict)
    contents: dict[str, Content] = field(default_factory=dict)
    apart: tuple[str, ...] = ()
    unused: tuple[tuple[int, str], ...] | None = None

    @property
    def used(self) -> int:
        """The rows that are used."""
        return self.faults.get("", Found()).count

    def __add__(self, other: "TableFindings") -> "TableFindings":
        near = {
            column: added((self.near.get(column, {}), other.near.get(column, {}))) for column in self.near | other.near
        }
        return TableFindings(
            self.read + other.read,
            self.odd + other.odd,
            tuple(one + two for one, two in zip(self.filled, other.filled, strict=True)),
            added((self.cells, other.cells)),
            near,
            added((self.faults, other.faults)),
            added((self.rows, other.rows)),
            added((self.contents, other.contents)),
            tuple(dict.fromkeys(self.apart + other.apart)),
        )


@dataclass(frozen=True)
class Findings:
    """What was counted in a dataset or a part of it: of each table, of the calendar, and of scales without an entry."""

    tables: dict[str, TableFindings] = field(default_factory=dict)
    dated: int = 0
    start_years: int = 0
    scales: dict[str, int] = field(default_factory=dict)

    def __add__(self, other: "Findings") -> "Findings":
        return Findings(
            added((self.tables, other.tables)),
            self.dated + other.dated,
            self.start_years + other.start_years,
            added((self.scales, other.scales)),
        )

    def as_data(self) -> dict[str, Any]:
        """Give the counts as plain lists and dictionaries, for a file."""
        return {
            "tables": {name: _table_data(table) for name, table in self.tables.items()},
            "dated": self.dated,
            "start_years": self.start_years,
            "scales": self.scales,
        }

    @classmethod
    def from_data(cls, data: Mapping[str, Any]) -> "Findings":
        """Take the counts from what `as_data` gave."""
        tables = {name: _table_from(table) for name, table in data["tables"].items()}
        return cls(tables, int(data["dated"]), int(data["start_years"]), dict(data["scales"]))


def added(counts: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """Add up dictionaries, key by key.

    Examples
    --------
    >>> added([{"a": 1}, {"a": 2, "b": 3}])
    {'a': 3, 'b': 3}
    """
    total: dict[str, Any] = {}
    for each in counts:
        for key, value in each.items():
            total[key] = total[key] + value if key in total else value
    return total


def _table_data(table: TableFindings) -> dict[str, Any]:
    found = {
        name: {key: [each.count, *each.rows] for key, each in getattr(table, name).items()}
        for name in ("cells", "faults", "rows")
    }
    contents = {name: [each.values, each.longest, *each.looks] for name, each in table.contents.items()}
    plain = {"read": table.read, "odd": table.odd, "filled": list(table.filled), "apart": list(table.apart)}
    unused = None if table.unused is None else [list(each) for each in table.unused]
    return {**plain, "unused": unused, "near": table.near, "contents": contents, **found}


def _table_from(data: Mapping[str, Any]) -> TableFindings:
    found = {
        name: {key: Found(int(count), tuple(map(int, rows))) for key, (count, *rows) in data[name].items()}
        for name in ("cells", "faults", "rows")
    }
    contents = {
        name: Content(values, longest, tuple(looks)) for name, (values, longest, *looks) in data["contents"].items()
    }
    return TableFindings(
        int(data["read"]),
        int(data["odd"]),
        tuple(data["filled"]),
        near=dict(data["near"]),
        contents=contents,
        apart=tuple(data["apart"]),
        unused=None if data["unused"] is None else tuple((int(row), str(fault)) for row, fault in data["unused"]),
        **found,
    )

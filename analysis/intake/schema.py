"""The dataset layout: its tables, columns and closed lists, read from ``schema.toml``."""

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

SQL_TYPES = {
    "id": "VARCHAR",
    "text": "VARCHAR",
    "zip3": "VARCHAR",
    "integer": "INTEGER",
    "number": "DOUBLE",
    "date": "DATE",
    "boolean": "BOOLEAN",
}
"""The DuckDB type of each kind of column."""


@dataclass(frozen=True)
class Column:
    """One column of the layout: what its cells may say, and what a bad cell does.

    Attributes
    ----------
    name : str
    type : str
        ``id``, ``text``, ``integer``, ``number``, ``date``, ``boolean`` or ``zip3``.
    required : bool
        The column must be there and no cell of it may be empty.
    row_fault : bool
        A bad cell sets the whole row aside; otherwise only the value.
    values : tuple of str
        The closed list; empty when there is none.
    low, high : int or None
        Smallest and largest allowed value.
    default : int, str or None
        What an empty cell means.
    hint : str
        A sentence said beside a wrong value.
    """

    name: str
    type: str
    required: bool = False
    row_fault: bool = False
    values: tuple[str, ...] = ()
    low: int | None = None
    high: int | None = None
    default: int | str | None = None
    hint: str = ""

    @property
    def sql_type(self) -> str:
        """The column's type in DuckDB."""
        return SQL_TYPES[self.type]


@dataclass(frozen=True)
class TableLayout:
    """One table of the layout: its key, its columns in order, and whether a dataset must have it."""

    name: str
    key: tuple[str, ...]
    columns: dict[str, Column]
    required: bool = False

    @property
    def required_columns(self) -> tuple[str, ...]:
        """The columns that must be there."""
        return tuple(name for name, column in self.columns.items() if column.required)

    @property
    def items(self) -> tuple[str, ...]:
        """The columns ``item_1``, ``item_2`` ...; empty for every table but scores."""
        return tuple(name for name in self.columns if name.startswith("item_"))


@cache
def layout_tables() -> dict[str, TableLayout]:
    """Return the tables of the layout by name, in the order of the layout.

    Returns
    -------
    dict of str to TableLayout

    Examples
    --------
    >>> list(layout_tables())
    ['patients', 'sessions', 'scores', 'adverse_events', 'events', 'referrals']
    >>> layout_tables()["sessions"].key
    ('patient_id', 'day', 'sequence')
    >>> layout_tables()["patients"].columns["sex"].values
    ('female', 'male', 'other')
    """
    data = tomllib.loads(files("analysis.intake").joinpath("schema.toml").read_text(encoding="utf-8"))
    lists = {name: tuple(values) for name, values in data["lists"].items()}
    tables = {}
    for name, table in data["tables"].items():
        columns = {}
        for column, entry in table["columns"].items():
            rules = {key: value for key, value in entry.items() if key != "list"}
            rules["row_fault"] = entry.get("row_fault", entry.get("required", False))
            columns[column] = Column(name=column, values=lists.get(entry.get("list", ""), ()), **rules)
        for number in range(1, table.get("items", 0) + 1):
            item = f"item_{number}"
            columns[item] = Column(name=item, type="integer", row_fault=True, low=0, high=100)
        tables[name] = TableLayout(name, tuple(table["key"]), columns, table.get("required", False))
    return tables

"""Which columns name the patient, and which tables are tied together by them.

A clinic's programs name the same person by several numbers. The columns of different files whose cells are largely the
same belong together; of these groups the one that ties most tables together names the patients.
"""

from collections import defaultdict
from dataclasses import dataclass, field
from itertools import combinations
from typing import Any

import pandas as pd

from analysis.intake.drafting.found import FoundTable
from analysis.intake.drafting.headers import Rank, target_of_header

ALIKE = 0.3
MOST_LINKED = 5


@dataclass
class Linked:
    """A table with the column that names its patients.

    ``patient`` is a column of the table or, written as ``other.column``, of a table that is joined; ``joins`` gives for
    each joined table the columns ``on`` and ``to``; ``frame`` holds the table's cells and those of the joined ones;
    ``leave_out`` the rules for rows that are not used; ``codes`` what stands for a missing value in columns that other
    tables use; ``drafted`` keeps what was found out about it already.
    """

    table: FoundTable
    patient: str
    joins: dict[str, dict[str, object]] = field(default_factory=dict)
    frame: pd.DataFrame = field(default_factory=pd.DataFrame)
    leave_out: list[dict[str, object]] = field(default_factory=list)
    codes: list[str] = field(default_factory=list)
    drafted: dict[object, Any] = field(default_factory=dict, repr=False)

    def __post_init__(self) -> None:
        """Begin with the rules for rows that the format brings along."""
        self.leave_out = [*self.table.leave_out, *self.leave_out]

    @property
    def ids(self) -> pd.Series:
        """The patients of the rows."""
        return self.frame[self.patient]

    def join(self, other: "Linked | FoundTable", *, on: str, to: str, optional: bool = False) -> None:
        """Bring the columns of another table along."""
        table = other.table if isinstance(other, Linked) else other
        self.joins[table.name] = (
            {"on": on} | ({"to": to} if to != on else {}) | ({"optional": True} if optional else {})
        )
        partners = table.rows.dropna(subset=[to]).set_index(to, drop=False).add_prefix(f"{table.name}.")
        brought = partners.reindex(self.frame[on].array).set_axis(self.frame.index, axis="index")
        self.frame = pd.concat([self.frame, brought], axis="columns")


def named_columns(table: FoundTable, target: str) -> list[str]:
    """Return the columns whose heading has this meaning in any table, the likeliest first.

    Parameters
    ----------
    table : FoundTable
    target : str
        Such as ``patient_id``.

    Returns
    -------
    list of str
    """
    ranked: list[tuple[Rank, int, str]] = []
    for place, column in enumerate(table.rows.columns):
        if table.meant.get("any", {}).get(column) == target:
            ranked.append(((-1, 0), place, column))
            continue
        if len(table.meant) > 1:
            continue
        for heading in table.headings(column):
            found = target_of_header(heading, "scores")
            if found is not None and found[0] == target and table.rows[column].notna().any():
                ranked.append((found[1], place, column))
                break
    return [column for _, _, column in sorted(ranked)]


def link_tables(tables: list[FoundTable]) -> tuple[list[Linked], list[FoundTable]]:
    """Find the column that names the patients in each table.

    Parameters
    ----------
    tables : list of FoundTable

    Returns
    -------
    tuple of list of Linked and list of FoundTable
        The second are the tables without such a column.
    """
    candidates = {table.name: named_columns(table, "patient_id")[:MOST_LINKED] for table in tables}
    groups = _groups(tables, candidates)
    chosen = _chosen_group(tables, candidates, groups)
    linked: dict[str, Linked] = {}
    for table in tables:
        own = [column for column in candidates[table.name] if groups[table.name, column] == chosen]
        if own:
            linked[table.name] = Linked(table, own[0], {}, table.rows)
    for table in tables:
        if table.name not in linked:
            found = _through_another(table, list(linked.values()), candidates, groups) or _through_visit(table, linked)
            found = found or (
                Linked(table, candidates[table.name][0], {}, table.rows) if candidates[table.name] else None
            )
            if found is not None:
                linked[table.name] = found
    return list(linked.values()), [table for table in tables if table.name not in linked]


def _groups(tables: list[FoundTable], candidates: dict[str, list[str]]) -> dict[tuple[str, str], int]:
    """Give columns that hold the same people the same number."""
    cells = {
        (table.name, column): set(table.rows[column].dropna().unique())
        for table in tables
        for column in candidates[table.name]
    }
    group = {key: number for number, key in enumerate(cells)}
    for one, other in combinations(cells, 2):
        smaller = min(len(cells[one]), len(cells[other]))
        if one[0] != other[0] and smaller and len(cells[one] & cells[other]) >= ALIKE * smaller:
            old, new = group[other], group[one]
            group = {key: new if number == old else number for key, number in group.items()}
    return group


def _chosen_group(
    tables: list[FoundTable], candidates: dict[str, list[str]], groups: dict[tuple[str, str], int]
) -> int | None:
    reach: defaultdict[int, set[str]] = defaultdict(set)
    rank: defaultdict[int, int] = defaultdict(int)
    for table in tables:
        for place, column in enumerate(candidates[table.name]):
            reach[groups[table.name, column]].add(table.name)
            rank[groups[table.name, column]] += place
    return max(reach, key=lambda number: (len(reach[number]), -rank[number], -number)) if reach else None


def _through_another(
    table: FoundTable, linked: list[Linked], candidates: dict[str, list[str]], groups: dict[tuple[str, str], int]
) -> Linked | None:
    """Find the patient through a table that holds both numbers of a person."""
    for column in candidates[table.name]:
        for other in linked:
            for theirs in candidates[other.table.name]:
                same = groups[table.name, column] == groups[other.table.name, theirs]
                if same and other.table.rows[theirs].dropna().is_unique and "." not in other.patient:
                    found = Linked(table, f"{other.table.name}.{other.patient}", {}, table.rows)
                    found.join(other, on=column, to=theirs, optional=True)
                    return found
    return None


def _through_visit(table: FoundTable, linked: dict[str, Linked]) -> Linked | None:
    """Find the patient through a table that holds the same visits."""
    for column in named_columns(table, "visit_id"):
        other = visit_partner(table.rows[column], list(linked.values()), but=table.name)
        if other is not None:
            found = Linked(table, f"{other[0].table.name}.{other[0].patient}", {}, table.rows)
            found.join(other[0], on=column, to=other[1], optional=True)
            return found
    return None


def visit_partner(visits: pd.Series, linked: list[Linked], *, but: str) -> tuple[Linked, str] | None:
    """Find another table in which each of these visits stands once.

    Parameters
    ----------
    visits : Series
        The numbers of the visits.
    linked : list of Linked
    but : str
        The table they are from.

    Returns
    -------
    tuple of Linked and str, or None
        The table and its column.
    """
    wanted = set(visits.dropna().unique())
    for other in linked:
        if other.table.name == but or "." in other.patient:
            continue
        for theirs in named_columns(other.table, "visit_id"):
            cells = other.table.rows[theirs].dropna()
            if wanted and cells.is_unique and len(wanted & set(cells)) >= ALIKE * len(wanted):
                return other, theirs
    return None

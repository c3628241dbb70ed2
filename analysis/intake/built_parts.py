"""The rows that a mapping makes of one source file for one table, and what became of each."""

from dataclasses import dataclass, field

import pandas as pd

from analysis.intake.mapping_grammar import Block, Part
from analysis.intake.schema import TableLayout, layout_tables

_GIVEN = ["given", "stopped-early"]  # and those of which the status is not told


@dataclass(frozen=True)
class BuiltPart:
    """What one part of a block makes of one file, all by the file's row numbers.

    ``rows`` are the table's rows as text; ``not_written`` the reason a row is not written, NA for the others;
    ``merged`` is true where the row only repeats another one that is written; ``marks`` are true where a value was left
    empty or changed for a reason, by column and reason.
    """

    block: Block
    part: Part
    rows: pd.DataFrame
    not_written: pd.Series
    merged: pd.Series
    marks: dict[tuple[str, str], pd.Series] = field(default_factory=dict)

    @property
    def layout(self) -> TableLayout:
        """The table of the layout that the rows belong to."""
        return layout_tables()[self.block.table]

    @property
    def is_written(self) -> pd.Series:
        """True for the rows that go into the table."""
        return self.not_written.isna() & ~self.merged

    @property
    def written(self) -> pd.DataFrame:
        """The rows that go into the table."""
        return self.rows[self.is_written]

    @property
    def marked_cells(self) -> dict[tuple[str, str], int]:
        """How many cells of written rows each mark counts, by column and reason."""
        written = self.is_written
        return {what: int((mask & written).sum()) for what, mask in self.marks.items()}

    @property
    def changed_values(self) -> list[tuple[str, str, int]]:
        """The marks that count any cell: column, reason, cells."""
        return [(*what, cells) for what, cells in self.marked_cells.items() if cells]


def counts_days(table: str, part: Part) -> bool:
    """Say whether a table has days, and this part takes them from its dates.

    Parameters
    ----------
    table : str
    part : Part

    Returns
    -------
    bool
    """
    return "day" in layout_tables()[table].columns and "day" not in part.columns and "date" in part.columns


def given_sessions(sessions: pd.DataFrame) -> pd.Series:
    """Say which sessions count as treatment: those that were given, also in part.

    Parameters
    ----------
    sessions : DataFrame
        Rows of the table sessions, as text.

    Returns
    -------
    Series of bool

    Examples
    --------
    >>> given_sessions(pd.DataFrame({"status": ["given", None, "no-show"]})).tolist()
    [True, True, False]
    """
    if "status" not in sessions:
        return pd.Series(True, index=sessions.index)
    return sessions["status"].isna() | sessions["status"].isin(_GIVEN)

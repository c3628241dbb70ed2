"""What the charts of access and follow-up take in: tables that need not be of one instrument."""

from collections.abc import Sequence

import pandas as pd

from analysis.charts.tidy import Tidy
from analysis.charts.wording import group_value, group_words
from analysis.disclosure.suppression import Disclosed
from analysis.vocabulary.errors import CallError, nearest_name


def taken_apart(table: object, *, chart: str, needs: Sequence[str]) -> Tidy:
    """Take a table apart for drawing; its groups are the columns before the first that is needed.

    Parameters
    ----------
    table : DataFrame or Disclosed
        Anything but a table disclosed for the public is stamped internal.
    chart : str
        The chart's name, for messages.
    needs : sequence of str

    Returns
    -------
    Tidy

    Raises
    ------
    CallError
        When it is no table, a column is missing, or there are no rows.
    """
    if isinstance(table, Disclosed):
        frame, internal = table.table, table.audience != "public"
    elif isinstance(table, pd.DataFrame):
        frame, internal = table, True
    else:
        raise CallError(f"{chart} draws a table of estimates or what disclose() returned, not {type(table).__name__}.")
    for column in needs:
        if column not in frame.columns:
            hint = nearest_name(column, [str(name) for name in frame.columns])
            raise CallError(f"{chart} needs the column '{column}', which the table does not have.{hint}")
    if frame.empty:
        raise CallError(f"{chart} was given a table without rows, so there is nothing to draw.")
    groups = tuple(str(name) for name in frame.columns[: list(frame.columns).index(needs[0])])
    return Tidy(frame.reset_index(drop=True), groups, internal)


def of_group(data: Tidy) -> str:
    """Say which group a chart of one group is of: ``, clinic: North``; nothing without groups."""
    return "".join(f", {group_words(name)}: {group_value(name, data.rows[name].iloc[0])}" for name in data.groups)


def hidden_words(data: Tidy) -> str:
    """Say in a sentence how many values are hidden; nothing when none is."""
    hidden = int((data.rows["status"] == "hidden").sum())
    return f"{hidden} of {len(data.rows)} values are hidden to protect small groups." if hidden else ""

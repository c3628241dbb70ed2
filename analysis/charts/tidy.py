"""What a chart takes in: a disclosed table, or a raw one that gets the "internal" stamp."""

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from analysis.charts.wording import counted, group_value, group_words, listed, outcome_words
from analysis.disclosure.suppression import Disclosed
from analysis.vocabulary.errors import CallError, nearest_name

MOST_SERIES = 4
_WHY_NOT = {
    "empty": "nobody was counted",
    "stratum without scores": "in a stratum nobody was scored",
    "too few scores": "there are too few scores for the model",
    "constant scores": "the scores do not vary",
    "not converged": "the model could not be fitted",
}
"""Why a value does not exist, by its status."""

_STATUSES = ("ok", "hidden", *_WHY_NOT)


@dataclass(frozen=True)
class Tidy:
    """The rows to draw, the columns that make groups, and whether the chart may be published."""

    rows: pd.DataFrame
    groups: tuple[str, ...]
    internal: bool

    @property
    def instrument(self) -> str:
        """The one instrument of the table."""
        return str(self.rows["instrument"].iloc[0])

    @property
    def any_hidden(self) -> bool:
        """Whether the door has hidden anything."""
        return bool((self.rows["status"] == "hidden").any())

    def varies(self, column: str) -> bool:
        """Say whether a column has several values, a missing one counted as one."""
        return len(self.rows[column].unique()) > 1

    def only(self, column: str) -> str | None:
        """Return the single value of a column, or None when it varies or is not there."""
        if column not in self.rows:
            return None
        values = self.rows[column].dropna().unique()
        return str(values[0]) if len(values) == 1 else None


@dataclass(frozen=True)
class Series:
    """One line or one set of points: its name, and its rows."""

    label: str
    rows: pd.DataFrame


def tidy(table: object, *, chart: str, needs: Sequence[str]) -> Tidy:
    """Take a table apart for drawing.

    Parameters
    ----------
    table : DataFrame or Disclosed
        A tidy table of estimates. Anything but a table disclosed for the public is stamped internal.
    chart : str
        The chart's name, for messages.
    needs : sequence of str
        The columns the chart draws.

    Returns
    -------
    Tidy

    Raises
    ------
    CallError
        When it is no table, a column is missing, there are no rows, a status is unknown, or there are several
        instruments.
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
        raise CallError(
            f"{chart} was given a table without rows, so there is nothing to draw. Check the filter that made it."
        )
    unknown = sorted(set(frame["status"].astype(str)) - set(_STATUSES))
    if unknown:
        raise CallError(f"{chart} does not know the status '{unknown[0]}'. Known: {', '.join(_STATUSES)}.")
    instruments = sorted(frame["instrument"].astype(str).unique())
    if len(instruments) > 1:
        raise CallError(
            f"{chart} draws one instrument at a time; the table has {listed(instruments)}. "
            f"Select one: table[table['instrument'] == '{instruments[0]}']."
        )
    groups = tuple(str(name) for name in frame.columns[: list(frame.columns).index("instrument")])
    return Tidy(frame.reset_index(drop=True), groups, internal)


def split(data: Tidy, *, by: Sequence[str] = ()) -> list[Series]:
    """Split the rows into the series of a chart, in the order of the table.

    Parameters
    ----------
    data : Tidy
    by : sequence of str
        Columns besides the groups that make a series when they vary, such as ``estimand``.

    Returns
    -------
    list of Series
        Named by what varies only; a single series has an empty name.
    """
    columns = [*data.groups, *(name for name in by if name in data.rows)]
    varying = [name for name in columns if data.varies(name)]
    if not varying:
        return [Series("", data.rows)]
    return [
        Series(", ".join(_part(name, value, rows) for name, value in zip(varying, key, strict=True)), rows)
        for key, rows in data.rows.groupby(varying, sort=False, dropna=False, observed=True)
    ]


def _part(column: str, value: object, rows: pd.DataFrame) -> str:
    if column == "estimand":
        return counted(str(value), str(rows["outcome"].iloc[0])).split(" (")[0]
    if column == "outcome":
        return outcome_words(str(value)).title
    if column == "window":
        return str(value)[:1].upper() + str(value)[1:]
    return group_value(column, value)


def at_most_four(data: Tidy, series: list[Series], *, chart: str) -> None:
    """Refuse more series than can be told apart.

    Raises
    ------
    CallError
        Above four, saying what to do instead.
    """
    if len(series) <= MOST_SERIES:
        return
    column = next((name for name in (*data.groups, "estimand", "outcome") if data.varies(name)), "")
    raise CallError(
        f"{chart} shows at most {MOST_SERIES} series, so that they stay apart in grey and for the colour-blind; "
        f"the table has {len(series)}. Select fewer, or draw one chart for each: "
        f"for name, part in table.groupby('{column}'): charts.{chart}(part)."
    )


def by_groups(data: Tidy) -> str:
    """Return ``, by clinic`` when the groups vary, else nothing."""
    varying = [group_words(name) for name in data.groups if data.varies(name)]
    return f", by {listed(varying)}" if varying else ""


def notes(data: Tidy, *, thousands: bool = False) -> str:
    """Say what the numbers are: instrument, outcome, who is counted, interval, due basis, definitions.

    Parameters
    ----------
    data : Tidy
    thousands : bool
        Whether some counts were written in thousands.

    Returns
    -------
    str
        One sentence for each, naming every value where a column varies.
    """
    rows = data.rows
    said = [f"Instrument: {data.instrument}."]
    if "outcome" in rows:
        said.append(f"Outcome: {listed([outcome_words(str(name)).title for name in rows['outcome'].unique()])}.")
        who = rows[["estimand", "outcome"]].drop_duplicates("estimand")
        said.append(f"Counted: {listed([counted(str(e), str(o)) for e, o in who.itertuples(index=False)])}.")
    methods: Sequence[object] = list(rows["method"].dropna().unique()) if "method" in rows else []
    if methods:
        said.append(f"Intervals: {listed([str(name) for name in methods])}.")
    if "due" in rows and rows["due"].isin(["assumed", "mixed"]).any():
        said.append("Due: assumed for some or all, without dates.")
    said.append(
        f"Definitions: {listed([str(name) for name in rows['definitions'].dropna().unique()] or ['not named'])}."
    )
    if data.any_hidden:
        said.append("Hidden: withheld to protect small groups.")
    if thousands:
        said.append("k: thousand.")
    return " ".join(said)


def hidden_and_empty(data: Tidy) -> list[str]:
    """Say in sentences how many values a chart leaves out, and why; nothing when it shows all."""
    counts = {status: int((data.rows["status"] == status).sum()) for status in _STATUSES}
    said = []
    if counts["hidden"]:
        said.append(f"{counts['hidden']} of {len(data.rows)} values are hidden to protect small groups.")
    said += [
        f"{counts[status]} of {len(data.rows)} values do not exist because {why}."
        for status, why in _WHY_NOT.items()
        if counts[status]
    ]
    return said

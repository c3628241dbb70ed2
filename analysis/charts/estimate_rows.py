"""Rows of estimates: a name, a dot with its interval, and the numbers beside it; what the charts of safety share."""

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from analysis.charts.canvas import BODY, Canvas
from analysis.charts.style import GREY, PAPER, SeriesStyle, text_width
from analysis.disclosure.suppression import Disclosed
from analysis.vocabulary.errors import CallError, nearest_name

ROW, HEADING = 16.0, 18.0  # points
MARGIN = 14.0
_STATUSES = ("ok", "empty", "hidden", "none recorded")


@dataclass(frozen=True)
class EstimateRow:
    """One row: its name, the numbers drawn (missing where there are none), and what is written beside them.

    A row without ``style`` is a heading.
    """

    label: str
    style: SeriesStyle | None = None
    estimate: float = float("nan")
    low: float = float("nan")
    high: float = float("nan")
    texts: tuple[str, ...] = ()
    is_hidden: bool = False

    @property
    def is_shown(self) -> bool:
        """Whether there is a dot."""
        return self.style is not None and not pd.isna(self.estimate)


def safety_table(table: object, *, chart: str, needs: Sequence[str], takes: str) -> tuple[pd.DataFrame, bool]:
    """Take one table of safety, of one group, for drawing.

    Parameters
    ----------
    table : DataFrame or Disclosed
    chart : str
        The chart's name, for messages.
    needs : sequence of str
        The columns that it draws, the first one being the first that is no group.
    takes : str
        Which table it draws, for messages.

    Returns
    -------
    tuple of DataFrame and bool
        The rows, and whether the chart is stamped internal.

    Raises
    ------
    CallError
        When it is no such table, a column is missing, there are no rows, or several groups.
    """
    if isinstance(table, Disclosed):
        frame, internal = table.table, table.audience != "public"
    elif isinstance(table, pd.DataFrame):
        frame, internal = table, True
    else:
        raise CallError(f"{chart} draws {takes} or what disclose() returned of it, not {type(table).__name__}.")
    for column in needs:
        if column not in frame.columns:
            hint = nearest_name(column, [str(name) for name in frame.columns])
            raise CallError(f"{chart} needs the column '{column}', which the table does not have.{hint}")
    if frame.empty:
        raise CallError(f"{chart} was given a table without rows, so there is nothing to draw.")
    unknown = sorted(set(frame["status"].astype(str)) - set(_STATUSES))
    if unknown:
        raise CallError(f"{chart} does not know the status '{unknown[0]}'. Known: {', '.join(_STATUSES)}.")
    for name in frame.columns[: list(frame.columns).index(needs[0])]:
        if len(frame[name].unique()) > 1:
            raise CallError(
                f"{chart} draws one group; the table has several, by {name}. "
                f"Select one: table[table['{name}'] == '{frame[name].iloc[0]}']."
            )
    return frame.reset_index(drop=True), internal


def rows_height(rows: Sequence[EstimateRow]) -> float:
    """Return the height of the plot in points."""
    return sum(HEADING if row.style is None else ROW for row in rows) + 4


def room_beside(rows: Sequence[EstimateRow]) -> tuple[float, float, list[float]]:
    """Return the room left and right of the plot, and where each column of texts begins, in points."""
    left = 14 + max(text_width(row.label, BODY, bold=row.style is None) for row in rows)
    columns = max((len(row.texts) for row in rows), default=0)
    starts, right = [], MARGIN
    for place in range(columns):
        starts.append(right)
        written = [row.texts[place] for row in rows if len(row.texts) > place]
        right += 8 + max(text_width(words, BODY, bold=place == 0) for words in written)
    return left, max(right, MARGIN + text_width("hidden", BODY)), starts


def draw_rows(canvas: Canvas, rows: Sequence[EstimateRow], starts: Sequence[float]) -> None:
    """Draw the rows from the top down; the limits of the plot are set before."""
    y = 0.0
    for row in rows:
        height = HEADING if row.style is None else ROW
        _draw_row(canvas, row, y + height / 2, starts)
        y += height


def _draw_row(canvas: Canvas, row: EstimateRow, y: float, starts: Sequence[float]) -> None:
    if row.style is None:
        canvas.write(
            0, y, row.label, canvas.beside(-canvas.left), size=BODY, bold=True, va="center", gid="heading",
            bbox={"facecolor": PAPER, "edgecolor": "none", "pad": 1.0},
        )  # fmt: skip
        return
    canvas.write(0, y, row.label, canvas.beside(-8), size=BODY, colour=GREY, ha="right", va="center", gid="label")
    if row.is_shown:
        edge = canvas.ax.get_xlim()
        low, high = max(row.low, edge[0]), min(row.high, edge[1])
        canvas.ax.hlines([y], [low], [high], colors=row.style.colour, linewidth=2.0, clip_on=False, zorder=2.5).set_gid(
            "interval"
        )
        canvas.ax.plot(
            [row.estimate], [y], marker=row.style.marker, markersize=5.6, color=row.style.colour, markeredgewidth=0,
            linestyle="", clip_on=False, zorder=3.0, gid="points",
        )  # fmt: skip
    if row.is_hidden:
        canvas.write(1, y, "hidden", canvas.beside(MARGIN), size=BODY, colour=GREY, va="center", gid="hidden")
        return
    for place, (start, words) in enumerate(zip(starts, row.texts, strict=False)):
        canvas.write(
            1, y, words, canvas.beside(start), size=BODY, bold=place == 0 and row.is_shown, va="center", gid="number"
        )


def not_shown(frame: pd.DataFrame) -> list[str]:
    """Say in sentences how many rows a chart of safety cannot show, and why."""
    said = []
    for status, why in (
        ("hidden", "are hidden to protect small groups"),
        ("empty", "do not exist because nobody was counted"),
        ("none recorded", "are not known because nothing of the kind was ever recorded"),
    ):
        found = int((frame["status"] == status).sum())
        if found:
            said.append(f"{found} of {len(frame)} values {why}.")
    return said

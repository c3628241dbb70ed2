"""The rows of numbers under a chart over time, one block for each series, aligned to the ticks."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pandas as pd
from matplotlib.lines import Line2D

from analysis.charts.canvas import BODY, SMALL, Canvas
from analysis.charts.style import GREY, GRID, INK, SERIES_STYLES, SeriesStyle, text_width, wrapped
from analysis.charts.tidy import Series
from analysis.charts.wording import number

LINE = 10.0  # points between two rows of numbers
_NAME_WIDTH = 108.0


@dataclass(frozen=True)
class NumberRow:
    """A row of numbers under the axis: its label, the column it shows, and its decimals (counts have none)."""

    label: str
    column: str
    decimals: int = 0


@dataclass(frozen=True)
class _Cells:
    """How the numbers of a block fit between two ticks."""

    room: float
    size: float
    in_thousands: bool


def room_left(labels: list[str]) -> float:
    """Return the room needed left of the plot for the labels of the number rows and of the axis."""
    return max([text_width("100 %", BODY) + 8, *(text_width(label, SMALL) + 12 for label in labels)])


def room_right(series: list[Series]) -> float:
    """Return the room needed right of the plot for the names of the series."""
    if len(series) == 1:
        return 10.0
    return 18 + max(text_width(line, SMALL) for one in series for line in name_lines(one))


def name_lines(series: Series) -> list[str]:
    """Break the name of a series into at most two lines."""
    return wrapped(series.label, _NAME_WIDTH, SMALL, lines=2)


def draw_numbers(canvas: Canvas, series: list[Series], rows_of: Callable[[Series], list[NumberRow]]) -> bool:
    """Write the numbers under the axis, one block for each series; a hidden row says so in its column.

    Returns
    -------
    bool
        Whether some counts had to be written in thousands ("12k") to fit.
    """
    ax = canvas.ax
    span = ax.get_xlim()[1] - ax.get_xlim()[0]
    room = canvas.width / span - 2.0
    canvas.below += 6
    any_thousands = False
    for index, (one, style) in enumerate(zip(series, SERIES_STYLES, strict=False)):
        rows = rows_of(one)
        cells = [_cell(value, row, in_thousands=False) for row in rows for value in one.rows[row.column]]
        in_thousands = max(text_width(cell, 6.0) for cell in cells) > room
        any_thousands |= in_thousands
        size = _fitting(
            [_cell(value, row, in_thousands=in_thousands) for row in rows for value in one.rows[row.column]], room
        )
        canvas.below += 4
        start = canvas.below
        for line, row in enumerate(rows):
            canvas.write(
                0, 0, row.label, canvas.shifted(-8, -_middle(start, line)), colour=GREY, ha="right", va="center"
            )
        for _, record in one.rows.iterrows():
            _column(canvas, record, rows, start, _Cells(room, size, in_thousands))
        canvas.below += LINE * len(rows)
        if len(series) > 1:
            write_name(canvas, one, style, y=0, shift=-(start + canvas.below) / 2)
            if index < len(series) - 1:
                canvas.below += 4
                canvas.ax.add_line(
                    Line2D(
                        [0, 1],
                        [0, 0],
                        transform=canvas.shifted(0, -canvas.below),
                        color=GRID,
                        linewidth=0.7,
                        clip_on=False,
                    )
                )
    return any_thousands


def _middle(start: float, line: int) -> float:
    return start + LINE * (line + 0.5)


def _column(canvas: Canvas, record: pd.Series, rows: list[NumberRow], start: float, cells: _Cells) -> None:
    """Write the numbers of one tick; the first that is missing says "hidden" for all that are."""
    withheld = [row for row in rows if pd.isna(record[row.column]) or _belongs_to_hidden(record, row)]
    for line, row in enumerate(rows):
        if row in withheld and row is not withheld[0]:
            continue
        hidden = row in withheld
        canvas.write(
            float(record["x"]),
            0,
            "hidden" if hidden else _cell(record[row.column], row, in_thousands=cells.in_thousands),
            canvas.under(_middle(start, line)),
            size=_fitting(["hidden"], cells.room) if hidden else cells.size,
            colour=GREY if hidden else INK,
            gid="hidden" if hidden else f"number:{row.column}",
            ha="center",
            va="center",
        )


def _belongs_to_hidden(record: pd.Series, row: NumberRow) -> bool:
    return bool(record["status"] == "hidden") and row.column in {"numerator", "denominator"}


def write_name(canvas: Canvas, one: Series, style: SeriesStyle, *, y: float, shift: float = 0.0) -> None:
    """Write a series' name with its marker right of the plot, at a height in fractions of the plot and points."""
    canvas.ax.add_line(
        Line2D(
            [1],
            [y],
            transform=canvas.shifted(11, shift),
            marker=style.marker,
            color=style.colour,
            markersize=5,
            markeredgewidth=0,
            linestyle="",
            clip_on=False,
            gid="key",
        )
    )
    words = "\n".join(name_lines(one))
    canvas.write(1, y, words, canvas.shifted(17, shift), colour=style.ink, gid="name", va="center", linespacing=1.15)


def _cell(value: Any, row: NumberRow, *, in_thousands: bool) -> str:
    if row.decimals:
        return "–" if pd.isna(value) else f"{float(value):.{row.decimals}f}".replace("-", "−")
    if in_thousands and not pd.isna(value) and int(value) >= 10_000:
        return f"{int(value) / 1000:,.0f}k"
    return number(value)


def _fitting(cells: list[str], room: float) -> float:
    return next((size for size in (7.0, 6.5, 6.0, 5.5) if max(text_width(cell, size) for cell in cells) <= room), 4.5)

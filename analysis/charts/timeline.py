"""What the charts over time share: the axis, points with intervals, and lines between shown neighbours."""

from collections.abc import Callable
from dataclasses import dataclass

import pandas as pd

from analysis.charts.canvas import Canvas
from analysis.charts.number_rows import name_lines, write_name
from analysis.charts.style import SERIES_STYLES, SeriesStyle
from analysis.charts.tidy import Series, Tidy
from analysis.vocabulary.errors import CallError

PLOT_HEIGHT = 170.0
DODGE = 5.0  # points between two series at the same time, so that their intervals do not cover each other


def placed(data: Tidy, position: Callable[[str], int | None], *, chart: str, draws: str) -> Tidy:
    """Add the column ``x`` for each window's place on the axis, in its order.

    Raises
    ------
    CallError
        When a window has no place on this chart, or a series has two rows for one window.
    """
    places = {window: position(window) for window in data.rows["window"].astype(str).unique()}
    strangers = [window for window, place in places.items() if place is None]
    if strangers:
        raise CallError(
            f"{chart} draws {draws}; the table also has the window '{strangers[0]}'. Select the rows to draw first, "
            f"for example table[table['window'] != '{strangers[0]}']."
        )
    rows = data.rows.assign(x=data.rows["window"].astype(str).map(places).astype("int64"))
    key = [*data.groups, *(name for name in ("estimand", "outcome") if name in rows), "x"]
    if rows.duplicated(key).any():
        raise CallError(
            f"{chart}: the table has more than one row for the same group and window. "
            "Give one row for each: select a period, or name the column that tells them apart as a group."
        )
    return Tidy(rows.sort_values("x", kind="stable"), data.groups, data.internal)


def frame(
    canvas: Canvas,
    places: dict[float, str],
    *,
    x_label: str,
    top: float,
    ticks: list[float],
    tick_text: Callable[[float], str],
    bottom: float = 0.0,
) -> None:
    """Draw the axes: light horizontal lines, dark grey axis, a tick at every window."""
    ax = canvas.ax
    ax.set_ylim(bottom, top)
    ax.set_xlim(min(places) - 0.5, max(places) + 0.5)
    ax.set_yticks(ticks, [tick_text(tick) for tick in ticks])
    ax.set_xticks(list(places), list(places.values()))
    lines = max(text.count("\n") + 1 for text in places.values())
    one_line = [place for place, text in places.items() if "\n" not in text]
    middle = (min(one_line) + max(one_line)) / 2 if one_line else (min(places) + max(places)) / 2
    under = canvas.under(17 if one_line else 8 + 10 * lines)
    canvas.plain_axes(lines="y", x_label=x_label, label_at=under, label_x=middle)
    canvas.below = 8 + 10 * max(lines, 2)


@dataclass(frozen=True)
class End:
    """The last point drawn of a series."""

    series: Series
    style: SeriesStyle
    x: float
    y: float
    dodge: float


def shown(rows: pd.DataFrame) -> pd.Series:
    """Say which rows have a number to draw."""
    return (rows["status"] == "ok") & rows["estimate"].notna()


def draw_series(canvas: Canvas, series: list[Series]) -> None:
    """Draw each series: intervals, points, and a thin line only between neighbours that are both shown."""
    ax = canvas.ax
    ends: list[End] = []
    for index, (one, style) in enumerate(zip(series, SERIES_STYLES, strict=False)):
        dodge = DODGE * (index - (len(series) - 1) / 2)
        place = canvas.shifted(dodge, 0, ax.transData)
        seen = shown(one.rows)
        drawn = one.rows[seen]
        if drawn.empty:
            continue
        x = drawn["x"].to_numpy(float)
        y = drawn["estimate"].to_numpy(float)
        ax.plot(
            one.rows["x"].to_numpy(float),
            one.rows["estimate"].where(seen).to_numpy(float, na_value=float("nan")),
            color=style.colour,
            linestyle=style.line,
            linewidth=1.0,
            marker="",
            transform=place,
            clip_on=False,
            gid="connection",
            zorder=2.0,
        )
        ax.vlines(
            x,
            drawn["low"].to_numpy(float),
            drawn["high"].to_numpy(float),
            colors=style.colour,
            linestyles="-",
            linewidth=1.6,
            transform=place,
            clip_on=False,
            zorder=2.5,
        ).set_gid("interval")
        ax.plot(
            x,
            y,
            color=style.colour,
            linestyle="",
            marker=style.marker,
            markersize=5.6,
            markeredgewidth=0,
            transform=place,
            clip_on=False,
            gid="points",
            label=one.label or "all",
            zorder=3.0,
        )
        ends.append(End(one, style, float(x[-1]), float(y[-1]), dodge))
    if len(series) > 1:
        name_the_ends(canvas, ends)


def name_the_ends(canvas: Canvas, ends: list[End]) -> None:
    """Write the name of each series at its right end, moved apart where they would touch.

    A hair line leads to the last point; a series that ends early gets no hair line: it would look like data.
    """
    (bottom, top), last_place = canvas.ax.get_ylim(), max(canvas.ax.get_xticks())
    ends = sorted(ends, key=lambda end: end.y)
    heights = [9.0 * len(name_lines(end.series)) + 3 for end in ends]
    wanted = _apart([(end.y - bottom) / (top - bottom) * canvas.height for end in ends], heights, canvas.height)
    for end, points in zip(ends, wanted, strict=True):
        write_name(canvas, end.series, end.style, y=points / canvas.height)
        if end.x == last_place:
            canvas.ax.annotate(
                "",
                xy=(end.x, end.y),
                xycoords=canvas.shifted(end.dodge, 0, canvas.ax.transData),
                xytext=(1, points / canvas.height),
                textcoords=canvas.shifted(6, 0),
                arrowprops={"arrowstyle": "-", "color": end.style.colour, "linewidth": 0.6, "shrinkA": 0, "shrinkB": 5},
                annotation_clip=False,
            )


def _apart(wanted: list[float], heights: list[float], limit: float) -> list[float]:
    """Move rising positions apart so that labels of the given heights do not touch, and stay within 0 to ``limit``."""
    places = list(wanted)
    for i, height in enumerate(heights):
        floor = places[i - 1] + (heights[i - 1] + height) / 2 if i else height / 2
        places[i] = max(places[i], floor)
    for i in reversed(range(len(places))):
        last = i == len(places) - 1
        ceiling = limit - heights[i] / 2 if last else places[i + 1] - (heights[i + 1] + heights[i]) / 2
        places[i] = min(places[i], ceiling)
    return places


def points_in_words(
    series: list[Series], sentence: Callable[[pd.Series], str], *, also: int | None = None
) -> list[str]:
    """Say each line's first and last shown point, and the one at ``also``, in the words ``sentence`` has for a row."""
    said = []
    for one in series:
        name = f"{one.label}: " if one.label else ""
        seen = one.rows[shown(one.rows)]
        if seen.empty:
            said.append(f"{name}no value can be shown.")
            continue
        told = seen[seen["x"].isin([seen["x"].iloc[0], also, seen["x"].iloc[-1]])]
        said.append(f"{name}{'; '.join(sentence(row) for _, row in told.iterrows())}.")
    return said

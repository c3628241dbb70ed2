"""The wait for a first session: the share of people who have had it, day by day after the referral."""

import pandas as pd
from matplotlib.axes import Axes

from analysis.charts.access_tables import hidden_words, taken_apart
from analysis.charts.canvas import SMALL, Canvas, open_canvas
from analysis.charts.number_rows import write_name
from analysis.charts.picture import ChartText
from analysis.charts.style import GREY, GRID, SERIES_STYLES, SeriesStyle, drawing, text_width
from analysis.charts.tidy import Series, Tidy, at_most_four, by_groups, split
from analysis.charts.wording import number, percent, sentences
from analysis.disclosure.suppression import Disclosed

_CHART = "waiting_time"
_NEEDS = ("day", "estimate", "low", "high", "status", "at_risk", "started", "waiting", "ended", "definitions")
_HEIGHT = 190.0
_TICKS = (0, 30, 60, 90, 120, 150, 180)


def waiting_time(table: pd.DataFrame | Disclosed, *, days: int = 120, ax: Axes | None = None) -> Axes:
    """Draw the share of people with a first session by the day after the referral, for at most four groups.

    Parameters
    ----------
    table : DataFrame or Disclosed
        From `waiting_curve`. A table that has not been disclosed for the public is stamped internal.
    days : int
        How far the axis goes.
    ax : Axes, optional
        Axes to draw on; leave room around them for the words. By default the chart makes its own figure, ``ax.figure``.

    Returns
    -------
    Axes
        See `alt_text`, `as_html` and `save_png` for what to do with it.

    Raises
    ------
    CallError
        When the table is empty, lacks a column or holds more than four groups.

    Examples
    --------
    >>> import pandas as pd
    >>> table = pd.DataFrame({
    ...     "day": [5, 20, 40], "estimate": [0.2, 0.5, 0.8], "low": [0.1, 0.4, 0.7], "high": [0.3, 0.6, 0.9],
    ...     "status": "ok", "at_risk": [50, 40, 25], "started": 40, "waiting": 10, "ended": 12,
    ...     "definitions": "default 1",
    ... })
    >>> from analysis.charts.picture import alt_text
    >>> alt_text(waiting_time(table)).split(". ")[1]
    'Half had it by day 20.'
    """
    data = taken_apart(table, chart=_CHART, needs=_NEEDS)
    series = split(data)
    at_most_four(data, series, chart=_CHART)
    title = f"Waiting for the first session{by_groups(data)}"
    with drawing():
        right = 10.0 if len(series) == 1 else 24 + max(text_width(one.label, SMALL) for one in series)
        canvas = open_canvas(ax, left=38, right=right, height=_HEIGHT)
        _frame(canvas, days)
        canvas.head(title, "Share of people who have had it, by days since the referral", internal=data.internal)
        for place, (one, style) in enumerate(zip(series, SERIES_STYLES, strict=False)):
            _curve(canvas, one, style, days)
            if len(series) > 1:
                write_name(canvas, one, style, y=0.94 - 0.1 * place)
        note = _note(data, series)
        canvas.foot(note)
        return canvas.finish(ChartText(title, note, _alternative(data, series, title)))


def _frame(canvas: Canvas, days: int) -> None:
    ax = canvas.ax
    ax.set(xlim=(0, days), ylim=(0, 1))
    ax.set_xticks([tick for tick in _TICKS if tick <= days])
    shares = [0.0, 0.25, 0.5, 0.75, 1.0]
    ax.set_yticks(shares, [percent(share) for share in shares])
    canvas.plain_axes(lines="y", x_label="Days since the referral", label_at=canvas.shifted(0, -19), label_x=0.5)
    ax.axhline(0.5, color=GREY, linewidth=0.8, linestyle=(0, (2, 3)))
    canvas.below = 30


def _curve(canvas: Canvas, one: Series, style: SeriesStyle, days: int) -> None:
    rows = one.rows[(one.rows["status"] == "ok") & (one.rows["day"] <= days)].sort_values("day")
    x = [0.0, *rows["day"].astype("float64")]
    steps = {name: [0.0, *rows[name].astype("float64")] for name in ("estimate", "low", "high")}
    canvas.ax.fill_between(
        x, steps["low"], steps["high"], step="post", color=style.colour, alpha=0.13, linewidth=0, gid="interval"
    )
    canvas.ax.plot(
        x,
        steps["estimate"],
        drawstyle="steps-post",
        color=style.colour,
        linestyle=style.line,
        linewidth=1.6,
        gid="curve",
    )
    canvas.ax.grid(visible=True, axis="y", color=GRID)


def _note(data: Tidy, series: list[Series]) -> str:
    told = []
    for one in series:
        row = one.rows.iloc[0]
        seen = f"{number(row['started'])} started, {number(row['waiting'])} still wait"
        counts = f"{seen}, {number(row['ended'])} ended without"
        told.append(f"{one.label}: {counts}" if one.label else counts[:1].upper() + counts[1:])
    return " ".join(
        [
            f"{'; '.join(told)} (not in the curve).",
            "Kaplan-Meier with 95 % intervals; who still waits counts up to the data cut. Dotted: half.",
            f"Definitions: {data.only('definitions') or 'not named'}.",
            hidden_words(data),
        ]
    ).strip()


def _alternative(data: Tidy, series: list[Series], title: str) -> str:
    parts = [f"{title}."]
    for one in series:
        rows = one.rows[one.rows["status"] == "ok"].sort_values("day")
        reached = rows[rows["estimate"] >= 0.5 - 1e-12]
        half = f"half had it by day {int(reached['day'].iloc[0])}" if len(reached) else "fewer than half had it"
        parts.append(f"{one.label}: {half}." if one.label else f"{half}.")
    return sentences([part for part in [*parts, hidden_words(data)] if part])

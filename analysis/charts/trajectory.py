"""Adjusted means over visits, from a repeated-measures model, above the observed means and the number scored."""

from dataclasses import replace

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from analysis.charts.canvas import BODY, Canvas, open_canvas
from analysis.charts.number_rows import NumberRow, draw_numbers, room_left, room_right
from analysis.charts.picture import ChartText
from analysis.charts.style import EDGE, FIGURE_WIDTH, PAPER, SERIES_STYLES, drawing, wrapped
from analysis.charts.tidy import Series, Tidy, at_most_four, by_groups, hidden_and_empty, split, tidy
from analysis.charts.timeline import DODGE, PLOT_HEIGHT, draw_series, frame, points_in_words, shown
from analysis.charts.wording import listed, number, sentences
from analysis.disclosure.suppression import Disclosed
from analysis.vocabulary.errors import CallError

NEEDS = ("outcome", "estimate", "low", "high", "method", "denominator", "status", "observed")
_CHART = "adjusted_means"


def adjusted_means(table: pd.DataFrame | Disclosed, *, ax: Axes | None = None) -> Axes:
    """Draw a model's adjusted mean at each visit with its interval, and beside it the plain mean of those scored.

    Parameters
    ----------
    table : DataFrame or Disclosed
        What ``.means()`` of a repeated-measures model returned. Up to four groups are drawn apart. A table that has not
        been disclosed for the public is stamped internal.
    ax : Axes, optional
        Axes to draw on; leave room around them for the words. By default the chart makes its own figure, ``ax.figure``.

    Returns
    -------
    Axes
        See `alt_text`, `as_html` and `save_png` for what to do with it.

    Raises
    ------
    CallError
        When the table is empty, lacks a column, has more than four series or two rows for one group and visit, or comes
        from a fit that did not converge.

    Examples
    --------
    >>> import pandas as pd
    >>> table = pd.DataFrame({
    ...     "visit": ["week 1", "week 2"], "outcome": "PHQ-9 total", "estimate": [15.2, 12.4], "low": [14.1, 11.2],
    ...     "high": [16.3, 13.6], "method": "REML, unstructured, Satterthwaite, 95 %", "numerator": [1520, 1080],
    ...     "denominator": [100, 90], "status": "ok", "observed": [15.2, 12.0],
    ... })
    >>> ax = adjusted_means(table)
    >>> [label.get_text() for label in ax.get_xticklabels()]
    ['week 1', 'week 2']
    """
    data, visit = _placed(table)
    series = split(data)
    at_most_four(data, series, chart=_CHART)
    rows = [
        NumberRow("adjusted", "estimate", 1),
        NumberRow("observed", "observed", 1),
        NumberRow("scored", "denominator"),
    ]
    title = f"Adjusted mean {data.instrument} by {visit.replace('_', ' ')}{by_groups(data)}"
    subtitle = "Filled: mean that the model expects of everybody, with its interval; hollow: mean of those scored"
    bottom, top, ticks = _scale(data)
    with drawing():
        left, right = room_left([row.label for row in rows]), room_right(series)
        canvas = open_canvas(ax, left=left, right=right, height=PLOT_HEIGHT)
        places = _labels(data, (FIGURE_WIDTH - 2 * EDGE - left - right) / data.rows["x"].nunique() - 4)
        frame(
            canvas,
            places,
            x_label=visit.replace("_", " ").capitalize(),
            bottom=bottom,
            top=top,
            ticks=ticks,
            tick_text=lambda tick: f"{tick:g}".replace("-", "−"),
        )
        canvas.head(title, subtitle, internal=data.internal)
        draw_series(canvas, series)
        _draw_observed(canvas, series)
        thousands = draw_numbers(canvas, series, lambda _: rows)
        note = _note(data, thousands=thousands)
        canvas.foot(note)
        return canvas.finish(ChartText(title, note, _alternative(data, series, title, visit)))


def _placed(table: pd.DataFrame | Disclosed) -> tuple[Tidy, str]:
    """Find the visits (the last key column) and number them as they come; what stands before them makes groups."""
    found = table.table if isinstance(table, Disclosed) else table
    if not isinstance(found, pd.DataFrame) or "outcome" not in found or list(found.columns).index("outcome") == 0:
        raise CallError(f"{_CHART} draws what means() of a repeated-measures model returned.")
    visit = str(found.columns[list(found.columns).index("outcome") - 1])
    if "status" in found and (found["status"] == "not converged").any():
        raise CallError(
            f"{_CHART}: the model did not converge, so there is nothing to draw; its .convergence says why."
        )
    # The other charts' tables have the instrument after the groups, and the window after that.
    arranged = found.rename(columns={"outcome": "instrument", visit: "window"})
    keys = [name for name in arranged.columns if name not in {"instrument", "window"}]
    place = list(found.columns).index(visit)
    arranged = arranged[[*keys[:place], "instrument", "window", *keys[place:]]]
    whole = replace(table, table=arranged) if isinstance(table, Disclosed) else arranged
    needs = ["instrument", "window", *(name for name in NEEDS if name != "outcome")]
    data = tidy(whole, chart=_CHART, needs=needs)
    order = {name: k for k, name in enumerate(dict.fromkeys(data.rows["window"].astype(str)))}
    rows = data.rows.assign(x=data.rows["window"].astype(str).map(order).astype("int64"))
    if rows.duplicated([*data.groups, "x"]).any():
        raise CallError(
            f"{_CHART}: the table has more than one row for the same group and {visit}. Give one row for each."
        )
    return Tidy(rows.sort_values("x", kind="stable"), data.groups, data.internal), visit


def _labels(data: Tidy, room: float) -> dict[float, str]:
    names = data.rows.drop_duplicates("x")
    return {
        float(x): "\n".join(wrapped(str(name), room, BODY, lines=3))
        for x, name in zip(names["x"], names["window"], strict=True)
    }


def _scale(data: Tidy) -> tuple[float, float, list[float]]:
    """Give an axis in round steps that holds every interval; 0 is its end where that wastes less than half of it."""
    seen = data.rows[shown(data.rows)]
    values = seen[["estimate", "low", "high", "observed"]].to_numpy(float)
    values = values[np.isfinite(values)]
    low, high = (float(values.min()), float(values.max())) if len(values) else (0.0, 1.0)
    if 0 < low < high / 2:
        low = 0.0
    if low / 2 < high < 0:
        high = 0.0
    span = max(high - low, 1e-9)
    step = next(
        base * 10.0**power
        for power in range(int(np.floor(np.log10(span))) - 2, int(np.floor(np.log10(span))) + 2)
        for base in (1, 2, 5)
        if span / (base * 10.0**power) <= 6
    )
    first, last = int(np.floor(low / step + 1e-9)), int(np.ceil(high / step - 1e-9))
    last = max(last, first + 1)
    return first * step, last * step, [round(k * step, 10) for k in range(first, last + 1)]


def _draw_observed(canvas: Canvas, series: list[Series]) -> None:
    for index, (one, style) in enumerate(zip(series, SERIES_STYLES, strict=False)):
        drawn = one.rows[shown(one.rows)]
        place = canvas.shifted(DODGE * (index - (len(series) - 1) / 2), 0, canvas.ax.transData)
        canvas.ax.plot(
            drawn["x"].to_numpy(float),
            drawn["observed"].to_numpy(float, na_value=float("nan")),
            color=style.colour,
            linestyle="",
            marker=style.marker,
            markersize=5.6,
            markerfacecolor=PAPER,
            markeredgewidth=0.9,
            transform=place,
            clip_on=False,
            gid="observed",
            zorder=2.8,
        )


def _note(data: Tidy, *, thousands: bool) -> str:
    said = [
        f"Outcome: {data.instrument}.",
        f"Model: {listed([str(name) for name in data.rows['method'].dropna().unique()] or ['not named'])}.",
        "Adjusted means take those not scored as like those scored who have the same covariates and earlier scores "
        "(missing at random).",
    ]
    if data.any_hidden:
        said.append("Hidden: withheld to protect small groups.")
    if thousands:
        said.append("k: thousand.")
    return " ".join(said)


def _alternative(data: Tidy, series: list[Series], title: str, visit: str) -> str:
    parts = [
        f"{title}. Chart of points with intervals, and hollow points for the observed means.",
        f"Horizontal axis: {visit.replace('_', ' ')}, {data.rows['x'].nunique()} of them.",
    ]
    return sentences([*parts, *points_in_words(series, _sentence), *hidden_and_empty(data)])


def _sentence(row: pd.Series) -> str:
    return (
        f"{row['window']}: adjusted mean {row['estimate']:.1f} (interval {row['low']:.1f} to {row['high']:.1f}), "
        f"observed {row['observed']:.1f} of {number(row['denominator'])} scored"
    )

"""Habituation: what the first sessions show, by session number, in the patients who had all of them."""

import math

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from analysis.charts.canvas import open_canvas
from analysis.charts.estimate_rows import not_shown, safety_table
from analysis.charts.number_rows import NumberRow, draw_numbers, room_left, room_right
from analysis.charts.picture import ChartText
from analysis.charts.style import drawing
from analysis.charts.tidy import Series
from analysis.charts.timeline import PLOT_HEIGHT, draw_series, frame
from analysis.charts.wording import in_hundred, number, percent, sentences
from analysis.counts.habituation_tally import CHANGE, HAD_ALL
from analysis.disclosure.suppression import Disclosed
from analysis.vocabulary.errors import CallError

_CHART = "habituation_by_session"
_NEEDS = ("name", "unit", "people", "session", "estimate", "low", "high", "method", "numerator", "denominator",
          "status", "patients", "definitions")  # fmt: skip


def habituation_by_session(
    table: pd.DataFrame | Disclosed, *, name: str = "dissociation, reported", ax: Axes | None = None
) -> Axes:
    """Draw one thing over the first sessions of the patients who had all of them.

    Parameters
    ----------
    table : DataFrame or Disclosed
        ``habituation`` of `safety`, of one group. A table that has not been disclosed for the public is stamped
        internal.
    name : str
        What is drawn: a ``name`` of the table.
    ax : Axes, optional
        Axes to draw on; leave room around them for the words. By default the chart makes its own figure, ``ax.figure``.

    Returns
    -------
    Axes
        See `alt_text`, `as_html` and `save_png` for what to do with it.

    Raises
    ------
    CallError
        When it is no such table, is empty, has several groups, or does not have the name.

    Examples
    --------
    >>> import pandas as pd
    >>> table = pd.DataFrame({
    ...     "name": "CADSS", "unit": "points", "people": "had all sessions", "session": ["1", "2"],
    ...     "estimate": [8.7, 6.1], "low": [8.0, 5.5], "high": [9.4, 6.7], "method": "t, 95 %", "numerator": [870, 610],
    ...     "denominator": 100, "status": "ok", "patients": 120, "definitions": "default 1",
    ... })
    >>> ax = habituation_by_session(table, name="CADSS")
    >>> [float(x) for x in ax.get_xticks()]
    [1.0, 2.0]
    """
    whole, internal = safety_table(table, chart=_CHART, needs=_NEEDS, takes="the table habituation of safety()")
    names = list(whole["name"].unique())
    if name not in names:
        raise CallError(f"{_CHART}: the table does not have '{name}'. There are: {'; '.join(names)}.")
    own = whole[(whole["name"] == name) & (whole["people"] == HAD_ALL)]
    rows = own[own["session"] != CHANGE].assign(x=lambda found: found["session"].astype("int64")).sort_values("x")
    if rows.empty or rows.duplicated("x").any():
        raise CallError(f"{_CHART} draws each session once; the table has none or several rows for a session.")
    change = own[(own["session"] == CHANGE) & (own["status"] == "ok")]
    unit = str(rows["unit"].iloc[0])
    last = int(rows["x"].max())
    title = f"Habituation: {name}, sessions 1 to {last}"
    subtitle = f"{'Mean, ' + unit if unit else 'Percent of patients'}; vertical bars are 95 % intervals"
    series = [Series("", rows)]
    numbers = [NumberRow("measured", "denominator"), NumberRow("patients", "patients")]
    numbers = [*([] if unit else [NumberRow("with it", "numerator")]), *numbers]
    bottom, top, ticks = _scale(rows, is_share=not unit)
    with drawing():
        canvas = open_canvas(
            ax, left=room_left([row.label for row in numbers]), right=room_right(series), height=PLOT_HEIGHT
        )
        frame(
            canvas,
            {float(x): str(x) for x in rows["x"]},
            x_label="Session number",
            bottom=bottom,
            top=top,
            ticks=ticks,
            tick_text=(lambda tick: f"{tick:g}".replace("-", "−")) if unit else percent,
        )
        canvas.head(title, subtitle, internal=internal)
        draw_series(canvas, series)
        thousands = draw_numbers(canvas, series, lambda _: numbers)
        note = _note(rows, change, unit, last) + (" k: thousand." if thousands else "")
        canvas.foot(note)
        return canvas.finish(ChartText(title, note, _alternative(rows, change, unit, title)))


def _scale(rows: pd.DataFrame, *, is_share: bool) -> tuple[float, float, list[float]]:
    if is_share:
        return 0.0, 1.0, [0, 0.25, 0.5, 0.75, 1.0]
    values = [float(each) for name in ("low", "high", "estimate") for each in rows[name].dropna()]
    low, high = min([0.0, *values]), max(values, default=1.0)
    ticks = [float(tick) for tick in MaxNLocator(nbins=5).tick_values(low, high)]
    return ticks[0], ticks[-1], ticks


def _value(share: float, unit: str) -> str:
    return f"{share:.1f} {unit}" if unit else in_hundred(share)


def _change(change: pd.DataFrame, unit: str) -> str:
    """Say how much the last session differs from the first, in patients measured at both."""
    if change.empty or math.isnan(float(change["low"].iloc[0])):
        return ""
    row = change.iloc[0]
    times, behind = (1, unit) if unit else (100, "percentage points")
    values = [f"{times * float(row[name]):+.1f}".replace("-", "−") for name in ("estimate", "low", "high")]
    return (
        f"From the first to the last: {values[0]} {behind} (interval {values[1]} to {values[2]}; "
        f"{number(row['denominator'])} patients measured at both)."
    )


def _note(rows: pd.DataFrame, change: pd.DataFrame, unit: str, last: int) -> str:
    said = [f"The same patients throughout: those whose first course had at least {last} sessions."]
    said.append(_change(change, unit))
    said.append(f"Intervals: {rows['method'].iloc[0]}. Definitions: {rows['definitions'].iloc[0]}.")
    if (rows["status"] == "hidden").any():
        said.append("Hidden: withheld to protect small groups.")
    return " ".join(each for each in said if each)


def _alternative(rows: pd.DataFrame, change: pd.DataFrame, unit: str, title: str) -> str:
    parts = [f"{title}. Chart of points with intervals; horizontal axis: session number."]
    parts += [
        f"Session {row['x']}: {_value(float(row['estimate']), unit)} ({number(row['denominator'])} measured of "
        f"{number(row['patients'])} patients)."
        for _, row in rows[rows["status"] == "ok"].iterrows()
    ]
    return sentences([*parts, *([_change(change, unit)] if _change(change, unit) else []), *not_shown(rows)])

"""Time to an event: the share that has had it by each day, with who is still followed under the curve."""

from dataclasses import replace

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from analysis.charts.canvas import Canvas, open_canvas
from analysis.charts.number_rows import NumberRow, draw_numbers, room_left, room_right
from analysis.charts.picture import ChartText
from analysis.charts.style import GREY, SERIES_STYLES, drawing
from analysis.charts.tidy import MOST_SERIES, Series, by_groups, split, tidy
from analysis.charts.timeline import End, frame, name_the_ends
from analysis.charts.wording import in_hundred, listed, number, outcome_words, percent, percent_range, sentences
from analysis.disclosure.suppression import Disclosed
from analysis.vocabulary.errors import CallError

NEEDS = (
    "instrument", "event", "origin", "strategy", "happened", "estimate", "low", "high", "method", "numerator",
    "denominator", "at_risk", "censored", "status", "definitions",
)  # fmt: skip
PLOT_HEIGHT = 190.0
_CHART = "curves_over_time"
_STEPS = {
    "day": (1, 2, 7, 14, 28, 30, 60, 90, 180, 365, 730, 1825),
    "session": (1, 2, 5, 10, 20, 50, 100),
}
_MOST_TICKS = 7


def curves_over_time(table: pd.DataFrame | Disclosed, *, ax: Axes | None = None) -> Axes:
    """Draw the share with an event by each day, with its interval, and who is at risk, had it or was censored.

    Parameters
    ----------
    table : DataFrame or Disclosed
        The table of `time_to`: one event; up to four groups or strategies are drawn apart. A table that has not been
        disclosed for the public is stamped internal.
    ax : Axes, optional
        Axes to draw on; leave room around them for the words. By default the chart makes its own figure, ``ax.figure``.

    Returns
    -------
    Axes
        See `alt_text`, `as_html` and `save_png` for what to do with it.

    Raises
    ------
    CallError
        When the table is empty, lacks a column, has no curve to show, several events or more than four series.

    Notes
    -----
    The numbers under the curve are those of KMunicate (Morris TP et al (2019), BMJ Open 9:e030215), with what competes:
    at each time everybody is in one row of them.

    Examples
    --------
    >>> import pandas as pd
    >>> table = pd.DataFrame({
    ...     "instrument": "PHQ-9", "event": "response", "origin": "first session", "strategy": "treatment-policy",
    ...     "happened": "event", "day": [0, 7, 14], "estimate": [0.0, 0.3, 0.5], "low": [None, 0.2, 0.4],
    ...     "high": [None, 0.4, 0.6], "method": "Kaplan-Meier, log-log, 95 %", "numerator": [0, 30, 48],
    ...     "denominator": 100, "at_risk": [100, 98, 66], "censored": [0, 4, 10], "status": "ok",
    ...     "definitions": "default 1",
    ... })
    >>> ax = curves_over_time(table)
    >>> [label.get_text() for label in ax.get_xticklabels()]
    ['0', '2', '4', '6', '8', '10', '12', '14']
    """
    data = tidy(_with_a_curve(table), chart=_CHART, needs=NEEDS)
    unit = next((name for name in _STEPS if name in data.rows), None)
    if unit is None:
        raise CallError(f"{_CHART} needs the column 'day' or 'session', which the table does not have.")
    if (event := data.only("event")) is None:
        raise CallError(f"{_CHART} draws one event; select one: table[table['event'] == ...].")
    events = replace(data, rows=data.rows[data.rows["happened"] == "event"])
    series = split(events, by=("strategy",))
    if len(series) > MOST_SERIES:
        raise CallError(
            f"{_CHART} shows at most {MOST_SERIES} series, so that they stay apart in grey and for the colour-blind; "
            f"the table has {len(series)}. Select fewer groups, or one strategy: table[table['strategy'] == ...]."
        )
    last = int(events.rows[unit].max())
    step = next((step for step in _STEPS[unit] if last / step <= _MOST_TICKS), _STEPS[unit][-1])
    # The axis counts steps between ticks, so that the numbers under it have the room that they need.
    ticks = list(range(0, max(last, step) + 1, step))
    blocks = [_numbers(one, data.rows, unit, ticks, step) for one in series]
    competing = [name for name in ("stopped", "died") if (data.rows["happened"] == name).any()]
    rows = [NumberRow("at risk", "still"), NumberRow(_had(event), "had")]
    rows += [NumberRow(_competed(name), name) for name in competing] + [NumberRow("censored", "censored")]
    words = outcome_words(event.replace(" ", "_"))
    title = f"Time to {words.title}{by_groups(events)}"
    origin = str(data.rows["origin"].iloc[0])
    moment = "sessions received" if unit == "session" else f"day since {_since(origin)}"
    subtitle = f"Percent with {words.title}, by {moment}; shaded areas are intervals"
    with drawing():
        canvas = open_canvas(
            ax, left=room_left([row.label for row in rows]), right=room_right(series), height=PLOT_HEIGHT
        )
        places = {tick / step: str(tick) for tick in ticks}
        levels = [0, 0.25, 0.5, 0.75, 1.0]
        frame(canvas, places, x_label=_x_label(unit, origin), top=1.0, ticks=levels, tick_text=percent)
        canvas.ax.set_xlim(-0.35, max(*places, last / step) + 0.35)
        canvas.head(title, subtitle, internal=data.internal)
        _draw_curves(canvas, series, unit, step, every_day=data.internal)
        thousands = draw_numbers(canvas, blocks, lambda one: _rows_of(one, rows))
        note = _note(data.rows, series, public=not data.internal, thousands=thousands)
        canvas.foot(note)
        return canvas.finish(ChartText(title, note, _alternative(series, title, unit, origin)))


def _with_a_curve(table: object) -> object:
    """Leave out groups that have no curve: nobody, or too few."""
    frame_of = table.table if isinstance(table, Disclosed) else table
    if not isinstance(frame_of, pd.DataFrame) or "status" not in frame_of:
        return table
    kept = frame_of[frame_of["status"] == "ok"]
    if len(frame_of) and kept.empty:
        raise CallError(f"{_CHART}: no group of the table has a curve: nobody, too few people, or all hidden.")
    return replace(table, table=kept) if isinstance(table, Disclosed) else kept


def _numbers(one: Series, rows: pd.DataFrame, unit: str, ticks: list[int], step: int) -> Series:
    """Work out, for each tick the curve reaches, who is where at the end of that day."""
    own = one.rows.iloc[0]
    groups = list(rows.columns[: list(rows.columns).index("instrument")])
    mine = rows
    for name in [*groups, "strategy"]:
        mine = mine[mine[name] == own[name]]
    event = one.rows.sort_values(unit)
    last = int(event[unit].max())
    found = []
    for tick in ticks:
        if tick > last and tick > 0:
            continue
        before = mine[mine[unit] <= tick]
        if before.empty:
            continue  # a public curve begins with its first step
        at = before[before[unit] == before[unit].max()].set_index("happened")
        ends = {name: at.loc[name, "numerator"] if name in at.index else 0 for name in ("event", "stopped", "died")}
        censored = at.loc["event", "censored"]
        # Where the others are hidden, a public table has who is still at risk after its step.
        hidden = pd.isna(censored)
        still = at.loc["event", "at_risk"] if hidden else own["denominator"] - sum(ends.values()) - censored
        found.append(
            {"x": tick / step, "still": still, "had": ends["event"], "stopped": ends["stopped"], "died": ends["died"],
             "censored": censored, "status": "ok"}
        )  # fmt: skip
    return Series(one.label, pd.DataFrame(found))


def _rows_of(one: Series, rows: list[NumberRow]) -> list[NumberRow]:
    """Leave out a competing row in which this series has nobody."""
    return [row for row in rows if row.column not in {"stopped", "died"} or bool((one.rows[row.column] > 0).any())]


def _draw_curves(canvas: Canvas, series: list[Series], unit: str, step: int, *, every_day: bool) -> None:
    """Draw steps where every day is in the table; else only the points are known, and lines lead between them."""
    ax, ends = canvas.ax, []
    for one, style in zip(series, SERIES_STYLES, strict=False):
        rows = one.rows.sort_values(unit)
        x = rows[unit].to_numpy(float) / step
        y, low, high = (rows[name].to_numpy(float, na_value=np.nan) for name in ("estimate", "low", "high"))
        known = ~np.isnan(low) & ~np.isnan(high)
        ax.fill_between(
            x, low, high, where=known.tolist(), step="post" if every_day else None, color=style.colour, alpha=0.15,
            linewidth=0, zorder=2.0, gid="interval",
        )  # fmt: skip
        ax.plot(
            x, y, drawstyle="steps-post" if every_day else "default", marker="" if every_day else style.marker,
            markersize=5, color=style.colour, linestyle=style.line, linewidth=1.6, zorder=3.0, gid="curve",
            label=one.label or "all",
        )  # fmt: skip
        ends.append(End(one, style, float(x[-1]), float(y[-1]), 0.0))
    if len(series) > 1:
        name_the_ends(canvas, ends)
    else:
        final = ends[0]
        canvas.write(
            final.x, final.y, percent(final.y), canvas.shifted(2, 7, ax.transData), bold=True, colour=final.style.ink,
            gid="end", ha="right",
        )  # fmt: skip
    canvas.ax.axhline(0.5, color=GREY, linewidth=0.6, linestyle=(0, (2, 3)), zorder=1.5, gid="half")


def _had(event: str) -> str:
    words = {"response": "responded", "remission": "remitted", "relapse": "relapsed", "confirmed relapse": "relapsed"}
    return words.get(event, "lost it")


def _competed(name: str) -> str:
    return {"stopped": "stopped treatment", "died": "died"}[name]


def _since(origin: str) -> str:
    return "the first session" if origin == "first session" else "the response at the end of loading"


def _x_label(unit: str, origin: str) -> str:
    return "Sessions received" if unit == "session" else f"Days since {_since(origin)}"


def _note(rows: pd.DataFrame, series: list[Series], *, public: bool, thousands: bool) -> str:
    methods = listed([str(name) for name in pd.concat([one.rows for one in series])["method"].unique()])
    strategies = listed([str(name) for name in rows["strategy"].unique()])
    said = [
        f"Instrument: {rows['instrument'].iloc[0]}.",
        f"Stopping treatment: {strategies}.",
        f"Curves: {methods}; dated by the assessment that first shows it.",
    ]
    if "hypothetical" in set(rows["strategy"]):
        said.append("Hypothetical: who stopped is taken to have fared as those who went on, which is hardly ever true.")
    if public:
        said.append(
            "Points only where enough people gather, to protect small groups; the numbers are those of the last point."
        )
    said.append(f"Definitions: {listed([str(name) for name in rows['definitions'].unique()])}.")
    if thousands:
        said.append("k: thousand.")
    return " ".join(said)


def _alternative(series: list[Series], title: str, unit: str, origin: str) -> str:
    parts = [
        f"{title}. Step curves with intervals; horizontal axis: {unit}s since {_since(origin)}; vertical: percent."
    ]
    for one in series:
        rows = one.rows.sort_values(unit)
        final = rows.iloc[-1]
        half = rows[rows["estimate"] >= 0.5]
        name = f"{one.label}: " if one.label else ""
        interval = "" if pd.isna(final["low"]) else f", interval {percent_range(final['low'], final['high'])}"
        reached = f"half by {unit} {number(half.iloc[0][unit])}" if len(half) else "half not reached"
        parts.append(
            f"{name}{reached}; by {unit} {number(final[unit])} {in_hundred(float(final['estimate']))}{interval}, "
            f"of {number(final['denominator'])} people."
        )
    return sentences(parts)

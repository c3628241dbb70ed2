"""A measure over time with its centre and limits: p, XmR, g and run charts."""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from analysis.charts.canvas import SMALL, Canvas, open_canvas
from analysis.charts.picture import ChartText
from analysis.charts.style import GREY, INK, PAPER, SERIES_STYLES, drawing, wrapped
from analysis.charts.tidy import Tidy, hidden_and_empty, notes, tidy
from analysis.charts.timeline import shown
from analysis.charts.wording import counted, number, outcome_words, percent, sentences, when
from analysis.disclosure.suppression import Disclosed
from analysis.estimate.control_limits import RULES
from analysis.estimate.monitoring_words import verdict_of
from analysis.vocabulary.errors import CallError

_CHART, _HEIGHT, _MOST_TICKS = "control_chart", 175.0, 9
_NEEDS = (
    "instrument", "window", "outcome", "estimand", "month", "point", "estimate", "method", "numerator",
    "denominator", "status", "chart", "phase", "reason", "baseline", "centre", "lower", "upper", "signal",
    "definitions",
)  # fmt: skip
_MEAN = "mean score"


def control_chart(table: pd.DataFrame | Disclosed, *, ax: Axes | None = None) -> Axes:
    """Draw a measure from month to month, with what it varies between when nothing changes, and the verdict in words.

    Parameters
    ----------
    table : DataFrame or Disclosed
        From `monitor`, of one group. A table that has not been disclosed for the public is stamped internal.
    ax : Axes, optional
        Axes to draw on; leave room around them for the words.

    Returns
    -------
    Axes

    Raises
    ------
    CallError
        When the table is empty, lacks a column or has several groups.

    Examples
    --------
    >>> import pandas as pd
    >>> table = pd.DataFrame({
    ...     "instrument": "PHQ-9", "window": "end of loading", "outcome": "response", "estimand": "observed",
    ...     "month": ["2026-01", "2026-02"], "point": [1, 2], "estimate": [0.4, 0.5], "method": "Wilson, 95 %",
    ...     "numerator": [8, 10], "denominator": 20, "status": "ok", "chart": "run", "phase": 1, "reason": "",
    ...     "baseline": False,
    ...     "centre": 0.45, "lower": float("nan"), "upper": float("nan"), "signal": "", "definitions": "default 1",
    ... })
    >>> [text.get_text() for text in control_chart(table).texts if text.get_gid() == "centre name"]
    ['median 45 %']
    """
    data = tidy(table, chart=_CHART, needs=_NEEDS)
    for name in (*data.groups, "window", "outcome", "estimand"):
        if data.varies(name):
            raise CallError(
                f"{_CHART} draws one group at a time; the table has several of '{name}'. Draw one chart for each: "
                "for name, "
                f"part in table.groupby('{name}'): charts.{_CHART}(part)."
            )
    rows = data.rows
    kind = str(rows["chart"].iloc[-1])
    is_gap = bool(rows["method"].astype(str).str.startswith("people between").any())
    title, subtitle = _heading(data, is_gap=is_gap)
    verdict = verdict_of(rows)
    with drawing():
        canvas = open_canvas(ax, left=38, right=74, height=_HEIGHT)
        _frame(canvas, rows, is_gap=is_gap)
        canvas.head(title, subtitle, internal=data.internal)
        _draw_phases(canvas, rows, is_gap=is_gap)
        _draw_points(canvas, rows)
        hidden = rows[rows["status"] == "hidden"]
        for point in hidden["point"]:
            canvas.write(float(point), 0, "×", canvas.under(-3), size=SMALL, colour=GREY, ha="center", gid="hidden")
        note = f"{verdict} Signs: {RULES[kind]}. {notes(data)}"
        canvas.foot(note)
        return canvas.finish(ChartText(title, note, _alternative(data, title, verdict)))


def _heading(data: Tidy, *, is_gap: bool) -> tuple[str, str]:
    row = data.rows.iloc[0]
    group = "".join(f", {row[name]}" for name in data.groups)
    place = when(str(row["window"]))
    if row["outcome"] == _MEAN:
        return (
            f"{data.instrument} mean score {place}, month by month{group}",
            "Mean score of those scored in the window",
        )
    words = outcome_words(str(row["outcome"]))
    title = f"{data.instrument} {words.title} {place}{group}"
    if is_gap:
        method = str(data.rows["method"].iloc[0])
        return f"{title}, event by event", f"{method[:1].upper()}{method[1:]}, in the order in which windows closed"
    return f"{title}, month by month", f"Percent {counted(str(row['estimand']), str(row['outcome']))} who {words.verb}"


def _frame(canvas: Canvas, rows: pd.DataFrame, *, is_gap: bool) -> None:
    ax = canvas.ax
    ax.set_xlim(0.3, float(rows["point"].max()) + 0.7)
    if _is_share(rows, is_gap=is_gap):
        ax.set_ylim(0, 1)
        ax.set_yticks([0, 0.25, 0.5, 0.75, 1.0], [percent(tick) for tick in (0, 0.25, 0.5, 0.75, 1.0)])
    else:
        values = rows[["estimate", "lower", "upper"]].to_numpy("float64", na_value=np.nan)
        top = float(np.nanmax(values)) if np.isfinite(values).any() else 1.0
        bottom = 0.0 if is_gap else min(0.0, float(np.nanmin(values))) if np.isfinite(values).any() else 0.0
        ax.set_ylim(bottom, top * 1.08 + 0.5)
    step = max(1, int(np.ceil(len(rows) / _MOST_TICKS)))
    ticked = rows.iloc[::step]
    ax.set_xticks(ticked["point"].to_numpy("float64"), list(ticked["month"].astype(str)))
    label = "Event, with the month in which it is counted" if is_gap else "Month in which the window closed"
    canvas.plain_axes(lines="y", x_label=label, label_at=canvas.shifted(0, -17), label_x=0.5)
    canvas.below = 28


def _is_share(rows: pd.DataFrame, *, is_gap: bool) -> bool:
    return not is_gap and bool((rows["outcome"] != _MEAN).all())


def _draw_phases(canvas: Canvas, rows: pd.DataFrame, *, is_gap: bool) -> None:
    """Draw centre and limits, in steps because a month's limits go with its number of people; a line begins a phase."""
    ax = canvas.ax
    phases = [own for _, own in rows.groupby("phase")]
    for place, own in enumerate(phases):
        seen = own[own["centre"].notna()]
        if place > 0:
            start = float(own["point"].iloc[0]) - 0.5
            ax.axvline(start, color=INK, linewidth=0.9, linestyle=":", gid="new baseline")
            words = "\n".join(wrapped(f"New baseline: {own['reason'].iloc[0]}", 120, SMALL, lines=3))
            canvas.write(start, 1, words, canvas.shifted(3, -2, ax.get_xaxis_transform()), va="top", gid="reason")
        if seen.empty:
            continue
        x, centre = seen["point"].to_numpy("float64"), seen["centre"].to_numpy("float64")
        ax.plot([x[0] - 0.5, x[-1] + 0.5], [centre[0], centre[0]], color=GREY, linewidth=1.0, gid="centre")
        if seen["upper"].notna().any():
            for name in ("lower", "upper"):
                ax.step(
                    x,
                    seen[name].to_numpy("float64"),
                    where="mid",
                    color=GREY,
                    linestyle="--",
                    linewidth=0.9,
                    gid="limit",
                )
        if place == len(phases) - 1:
            name = "median" if seen["chart"].iloc[0] in {"run", "g"} else "centre"
            shown_as = percent(centre[0]) if _is_share(rows, is_gap=is_gap) else f"{centre[0]:.1f}"
            canvas.write(
                1, centre[0], f"{name} {shown_as}", canvas.beside(4), colour=GREY, va="center", gid="centre name"
            )


def _draw_points(canvas: Canvas, rows: pd.DataFrame) -> None:
    calm, loud = SERIES_STYLES[0], SERIES_STYLES[1]
    x, y = rows["point"].to_numpy("float64"), rows["estimate"].where(shown(rows)).to_numpy("float64", na_value=np.nan)
    canvas.ax.plot(x, y, color=calm.colour, linewidth=0.9, marker="", zorder=2.2, gid="connection")
    for is_sign, style, gid in ((False, calm, "points"), (True, loud, "sign")):
        own = ((rows["signal"] != "") == is_sign).to_numpy() & np.isfinite(y)
        canvas.ax.plot(
            x[own], y[own], linestyle="", marker=style.marker, markersize=5.0, color=style.colour,
            markeredgecolor=PAPER, markeredgewidth=0.4, clip_on=False, zorder=3.0, gid=gid,
        )  # fmt: skip


def _alternative(data: Tidy, title: str, verdict: str) -> str:
    seen = data.rows[shown(data.rows)]
    parts = [f"{title}. Chart of {number(len(seen))} points over time with centre and limits.", verdict]
    return sentences([*parts, *hidden_and_empty(data)])

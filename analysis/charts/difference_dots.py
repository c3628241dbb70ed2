"""Differences between groups as dots with intervals, crude and adjusted under each other."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from analysis.charts.canvas import BODY, SMALL, Canvas, open_canvas
from analysis.charts.picture import ChartText
from analysis.charts.style import GREY, INK, PAPER, SeriesStyle, drawing, text_width, wrapped
from analysis.charts.tidy import Tidy, tidy
from analysis.charts.wording import counted, group_value, group_words, number, outcome_words, sentences, when
from analysis.disclosure.suppression import Disclosed
from analysis.estimate.comparisons import WARNING
from analysis.vocabulary.errors import CallError

MOST_ROWS = 24
ROW, HEADING = 25.0, 18.0  # points
_MARGIN = 18.0
_CHART = "differences"
_CRUDE, _ADJUSTED = SeriesStyle(INK, INK, "o", "-"), SeriesStyle(GREY, INK, "s", "-")
_NEEDS = (
    "reference", "instrument", "window", "outcome", "estimand", "adjusted", "measure", "estimate", "low", "high",
    "method", "status", "numerator", "denominator", "reference_numerator", "reference_denominator", "definitions",
)  # fmt: skip


def differences(table: pd.DataFrame | Disclosed, *, ax: Axes | None = None) -> Axes:
    """Draw the differences of groups from their reference, in percentage points.

    Parameters
    ----------
    table : DataFrame or Disclosed
        The table of `compare` or `compare_periods`; its rows of the measure ``difference`` are drawn, up to 24. A table
        that has not been disclosed for the public is stamped internal.
    ax : Axes, optional
        Axes to draw on; leave room around them for the words. By default the chart makes its own figure, ``ax.figure``.

    Returns
    -------
    Axes
        See `alt_text`, `as_html` and `save_png` for what to do with it. What a comparison of groups that were not
        randomised cannot say stands under the plot.

    Raises
    ------
    CallError
        When the table is empty, lacks a column, has no differences, several windows or outcomes, or too many rows.

    Examples
    --------
    >>> import pandas as pd
    >>> table = pd.DataFrame({
    ...     "route": ["iv"], "reference": "im", "instrument": "PHQ-9", "window": "end of loading",
    ...     "outcome": "response", "estimand": "nonresponder", "adjusted": "none", "measure": "difference",
    ...     "estimate": 0.142, "low": 0.039, "high": 0.242, "method": "Miettinen-Nurminen, 95 %", "status": "ok",
    ...     "numerator": 108, "denominator": 195, "reference_numerator": 70, "reference_denominator": 170,
    ...     "definitions": "default 1",
    ... })
    >>> ax = differences(table)
    >>> [text.get_text() for text in ax.texts if text.get_gid() == "share"]
    ['+14 (+4 to +24)']
    """
    data = _tidy_differences(table)
    groups = data.groups[0]
    sections = [(str(name), rows) for name, rows in data.rows.groupby(groups, sort=False)]
    outcome = outcome_words(str(data.rows["outcome"].iloc[0]))
    reference = group_value(groups, data.rows["reference"].iloc[0])
    title = f"{data.instrument} {outcome.title} {when(str(data.rows['window'].iloc[0]))}, by {group_words(groups)}"
    whom = counted(str(data.rows["estimand"].iloc[0]), str(data.rows["outcome"].iloc[0]))
    subtitle = f"Difference from {reference} in percentage points {whom}; bars are intervals"
    height = ROW * len(data.rows) + HEADING * len(sections)
    rows = data.rows.to_dict("records")
    left = 14 + max(text_width(_whom(row), BODY) for row in rows)
    share = 10 + max(text_width(_share(row), BODY, bold=True) for row in rows)
    fraction = max(text_width(_fractions(row), SMALL) for row in rows)
    limit = _limit(data.rows)
    with drawing():
        canvas = open_canvas(ax, left=left, right=_MARGIN + share + fraction, height=height)
        _frame(canvas, height, limit)
        canvas.head(title, subtitle, internal=data.internal)
        y = 0.0
        for name, part in sections:
            heading = wrapped(f"{group_value(groups, name)} against {reference}", canvas.full_width, BODY, bold=True)[0]
            canvas.write(
                0, y + HEADING / 2 + 2, heading, canvas.beside(-canvas.left), size=BODY,
                bold=True, va="center", gid="section", bbox={"facecolor": PAPER, "edgecolor": "none", "pad": 1.5},
            )  # fmt: skip
            y += HEADING
            for row in part.to_dict("records"):
                _draw_row(canvas, row, y + ROW / 2, share)
                y += ROW
        note = _note(data)
        canvas.foot(note)
        return canvas.finish(ChartText(title, note, _alternative(data, title, groups)))


def _tidy_differences(table: pd.DataFrame | Disclosed) -> Tidy:
    frame = table.table if isinstance(table, Disclosed) else table
    if isinstance(frame, pd.DataFrame) and {"measure", "status"} <= set(frame.columns):
        frame = frame[frame["measure"] == "difference"]
        if frame.empty:
            raise CallError(f"{_CHART} draws the rows whose measure is 'difference'; the table has none.")
        # Why there is no interval or no estimate stands beside the row; to be drawn or not is all that matters here.
        drawn = frame["status"].isin(["ok", "hidden"])
        frame = frame.assign(reason=frame["status"], status=frame["status"].where(drawn, "empty"))
    kept = Disclosed(frame, table.audience, table.policy, table.hidden) if isinstance(table, Disclosed) else frame
    data = tidy(kept, chart=_CHART, needs=_NEEDS)
    for column in ("window", "outcome", "estimand"):
        if data.varies(column):
            raise CallError(f"{_CHART} draws one {column}; the table has several. Select one.")
    if len(data.rows) > MOST_ROWS:
        raise CallError(f"{_CHART} shows up to {MOST_ROWS} rows; the table has {len(data.rows)}. Select fewer.")
    return data


def _limit(rows: pd.DataFrame) -> float:
    """Return how far the axis goes to both sides of no difference, in steps of 10 points."""
    ends = rows[["estimate", "low", "high"]].abs().to_numpy("float64", na_value=np.nan)
    most = float(np.nanmax(ends)) if np.isfinite(ends).any() else 0.1
    return float(min(1.0, max(0.1, np.ceil(10 * most) / 10)))


def _frame(canvas: Canvas, height: float, limit: float) -> None:
    ax = canvas.ax
    ticks = [-limit, -limit / 2, 0.0, limit / 2, limit]
    ax.set_xlim(-limit, limit)
    ax.set_ylim(height, 0)
    ax.set_yticks([])
    ax.set_xticks(ticks, [_points(tick) for tick in ticks])
    canvas.plain_axes(lines="x", x_label="Percentage points", label_at=canvas.shifted(0, -17), label_x=0.5)
    ax.axvline(0, color=GREY, linewidth=1.2, zorder=1.5, gid="no difference")
    canvas.below = 28


def _draw_row(canvas: Canvas, row: Mapping[Any, Any], y: float, share: float) -> None:
    style = _CRUDE if row["adjusted"] == "none" else _ADJUSTED
    canvas.write(0, y, _whom(row), canvas.beside(-12), size=BODY, ha="right", va="center", gid="whom")
    if row["status"] == "ok":
        ends = [float(row[name]) for name in ("low", "high")]
        canvas.ax.hlines([y], ends[0], ends[1], colors=style.colour, linewidth=2.0, zorder=2.5).set_gid("interval")
        canvas.ax.plot(
            [float(row["estimate"])], [y], marker=style.marker, markersize=7, color=style.colour,
            markeredgewidth=0, linestyle="", zorder=3.0, gid="points", clip_on=False,
        )  # fmt: skip
    gid = "hidden" if row["status"] == "hidden" else "share"
    canvas.write(1, y, _share(row), canvas.beside(_MARGIN), size=BODY, bold=gid == "share", va="center", gid=gid)
    canvas.write(1, y, _fractions(row), canvas.beside(_MARGIN + share), va="center", gid="fraction")


def _whom(row: Mapping[Any, Any]) -> str:
    return "as they are" if row["adjusted"] == "none" else str(row["adjusted"]).replace("_", " ")


def _points(share: float) -> str:
    rounded = round(100 * share)
    return f"{rounded:+d}".replace("-", "−") if rounded else "0"


def _share(row: Mapping[Any, Any]) -> str:
    if row["status"] == "hidden":
        return "hidden"
    if row["status"] != "ok":
        return f"none: {row['reason']}"
    estimate, low, high = (_points(float(row[name])) for name in ("estimate", "low", "high"))
    return f"{estimate} ({low} to {high})"


def _fractions(row: Mapping[Any, Any]) -> str:
    if row["status"] == "hidden" or row["adjusted"] != "none":
        return ""
    own = f"{number(row['numerator'])} of {number(row['denominator'])}"
    return f"{own}; {number(row['reference_numerator'])} of {number(row['reference_denominator'])}"


def _note(data: Tidy) -> str:
    rows = data.rows
    methods = ", ".join(str(name) for name in rows["method"].dropna().unique())
    definitions = ", ".join(str(name) for name in rows["definitions"].dropna().unique())
    hidden = " Hidden: withheld to protect small groups." if data.any_hidden else ""
    return f"{WARNING} Instrument: {data.instrument}. Intervals: {methods}. Definitions: {definitions}.{hidden}"


def _alternative(data: Tidy, title: str, groups: str) -> str:
    parts = [f"{title}. Chart of dots with intervals; horizontal axis: difference in percentage points."]
    parts += [
        f"{group_value(groups, row[groups])} less {group_value(groups, row['reference'])}, {_whom(row)}: {_share(row)}."
        for row in data.rows.to_dict("records")
    ]
    return sentences([*parts, WARNING])

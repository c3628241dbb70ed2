"""Clinics beside each other: a funnel plot of ten or more, dots with intervals of fewer."""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from analysis.charts.canvas import BODY, SMALL, Canvas, open_canvas
from analysis.charts.picture import ChartText
from analysis.charts.style import GREY, INK, PAPER, SERIES_STYLES, drawing, text_width, wrapped
from analysis.charts.tidy import Tidy, hidden_and_empty, notes, tidy
from analysis.charts.timeline import shown
from analysis.charts.wording import counted, listed, number, outcome_words, percent, percent_range, sentences, when
from analysis.disclosure.suppression import Disclosed
from analysis.estimate.funnel_limits import funnel_limits
from analysis.vocabulary.errors import CallError

FEWEST_FOR_FUNNEL = 10
_CHART = "clinic_rates"
_HEIGHT, _ROW, _HEADING = 230.0, 15.0, 17.0
_NEEDS = (
    "clinic_id", "instrument", "window", "outcome", "estimand", "adjusted", "estimate", "low", "high", "numerator",
    "denominator", "status", "target", "dispersion", "low_95", "high_95", "low_99_8", "high_99_8", "position",
    "definitions",
)  # fmt: skip
_CURVES = (("95", 0.95, "--"), ("99.8", 0.998, "-"))
_PLAIN = "none"


def clinic_rates(table: pd.DataFrame | Disclosed, *, ax: Axes | None = None) -> Axes:
    """Draw the rate of each clinic with what chance alone makes of it.

    Parameters
    ----------
    table : DataFrame or Disclosed
        From `clinics`. Ten or more clinics make a funnel plot of the rates as they are, or of those adjusted for case
        mix where the table has only those; fewer make dots with intervals, adjusted and pooled rates under each other.
        A table that has not been disclosed for the public is stamped internal.
    ax : Axes, optional
        Axes to draw on; leave room around them for the words.

    Returns
    -------
    Axes

    Raises
    ------
    CallError
        When the table is empty, lacks a column, or has several windows or outcomes.

    Examples
    --------
    >>> import pandas as pd
    >>> table = pd.DataFrame({
    ...     "clinic_id": ["A", "B"], "instrument": "PHQ-9", "window": "end of loading", "outcome": "response",
    ...     "estimand": "observed", "adjusted": "none", "estimate": [0.5, 0.4], "low": [0.4, 0.3], "high": [0.6, 0.5],
    ...     "method": "Wilson, 95 %", "numerator": [50, 40], "denominator": 100, "status": "ok", "target": 0.45,
    ...     "dispersion": float("nan"), "low_95": 0.35, "high_95": 0.55, "low_99_8": 0.3, "high_99_8": 0.6,
    ...     "position": "inside", "definitions": "default 1",
    ... })
    >>> [text.get_text() for text in clinic_rates(table).texts if text.get_gid() == "clinic"]
    ['A', 'B']
    """
    data = tidy(table, chart=_CHART, needs=_NEEDS)
    for name in ("window", "outcome", "estimand"):
        if data.varies(name):
            raise CallError(f"{_CHART} draws one {name}; the table has several. Select the rows of one.")
    clinics = data.rows["clinic_id"].nunique()
    return _funnel(data, ax) if clinics >= FEWEST_FOR_FUNNEL else _dots(data, ax)


def _head(data: Tidy, adjusted: str) -> tuple[str, str]:
    row = data.rows.iloc[0]
    outcome = outcome_words(str(row["outcome"]))
    how = "" if adjusted == _PLAIN else f", {_kind(adjusted)}"
    whom = counted(str(row["estimand"]), str(row["outcome"])).partition(" (")
    rule = f" ({whom[2]}" if whom[1] else ""
    return (
        f"{data.instrument} {outcome.title} {when(str(row['window']))}, by clinic{how}",
        f"Percent {whom[0]} who {outcome.verb}{rule}",
    )


def _funnel(data: Tidy, ax: Axes | None) -> Axes:
    kinds = list(data.rows["adjusted"].unique())
    chosen = _PLAIN if _PLAIN in kinds else kinds[0]
    data = Tidy(data.rows[data.rows["adjusted"] == chosen].reset_index(drop=True), data.groups, data.internal)
    title, subtitle = _head(data, chosen)
    rows = data.rows[shown(data.rows)]
    target, style = float(data.rows["target"].iloc[0]), SERIES_STYLES[0]
    most = float(rows["denominator"].max()) if len(rows) else 1.0
    with drawing():
        canvas = open_canvas(ax, left=38, right=52, height=_HEIGHT)
        axes = canvas.ax
        axes.set_xlim(0, most * 1.05)
        axes.set_ylim(0, 1)
        ticks = [0, 0.25, 0.5, 0.75, 1.0]
        axes.set_yticks(ticks, [percent(tick) for tick in ticks])
        canvas.plain_axes(lines="y", x_label="People counted", label_at=canvas.shifted(0, -17), label_x=0.5)
        canvas.below = 28
        canvas.head(title, f"{subtitle}; lines: where clinics lie by chance", internal=data.internal)
        axes.hlines([target], [0], [most * 1.05], colors=GREY, linewidth=1.0).set_gid("target")
        canvas.write(1, target, f"all {percent(target)}", canvas.beside(4), colour=GREY, va="center", gid="target name")
        if chosen == _PLAIN:
            _curves(canvas, data, most * 1.05, target)
        else:
            for low, high, width in (("low_99_8", "high_99_8", 0.8), ("low_95", "high_95", 2.2)):
                x, bottom, top = (rows[name].to_numpy("float64") for name in ("denominator", low, high))
                axes.vlines(x, bottom, top, colors="#BBBBBB", linewidth=width, zorder=1.5).set_gid("limits")
        axes.plot(
            rows["denominator"].to_numpy("float64"), rows["estimate"].to_numpy("float64"), linestyle="",
            marker=style.marker, markersize=5.2, color=style.colour, markeredgecolor=PAPER, markeredgewidth=0.5,
            clip_on=False, zorder=3.0, gid="points",
        )  # fmt: skip
        for _, row in _outside(rows).iterrows():
            place = canvas.shifted(5, 4, axes.transData)
            across, up = float(row["denominator"]), float(row["estimate"])
            name = wrapped(str(row["clinic_id"]), 90, SMALL, lines=1)[0]
            side = "right" if across > 0.8 * most else "left"
            where = canvas.shifted(-5, 4, axes.transData) if side == "right" else place
            canvas.write(across, up, name, where, colour=INK, ha=side, gid="outside")
        spread = data.rows["dispersion"].iloc[0]
        widened = f" Limits widened for over-dispersion ({spread:.1f})." if pd.notna(spread) and spread > 1 else ""
        note = f"{notes(data)} Dashed: 95 % limits; solid: 99.8 %, exact binomial.{widened} Not a ranking."
        canvas.foot(note)
        return canvas.finish(ChartText(title, note, _alternative_of_funnel(data, rows, title, target)))


def _curves(canvas: Canvas, data: Tidy, most: float, target: float) -> None:
    spread = float(np.nan_to_num(data.rows["dispersion"].iloc[0], nan=1.0))
    sizes = np.unique(np.round(np.geomspace(1, max(most, 2.0), 200)))
    for name, level, line in _CURVES:
        limits = funnel_limits(sizes, target, level=level, dispersion=spread)
        for side in limits:
            canvas.ax.plot(sizes, side, color=GREY, linestyle=line, linewidth=0.9, marker="", zorder=2.0, gid="limits")
        canvas.write(1, float(limits[1][-1]), f"{name} %", canvas.beside(4), colour=GREY, va="center", gid="limit name")


def _outside(rows: pd.DataFrame) -> pd.DataFrame:
    return rows[rows["position"].notna() & (rows["position"] != "inside")]


def _alternative_of_funnel(data: Tidy, rows: pd.DataFrame, title: str, target: float) -> str:
    outside = [f"{row['clinic_id']} ({row['position']} limits)" for _, row in _outside(rows).iterrows()]
    parts = [
        f"{title}. Funnel plot of {number(len(rows))} clinics; horizontal axis: people counted; vertical axis: 0 to "
        "100 "
        f"percent; all clinics together {percent(target)}.",
        f"outside the limits: {listed(outside)}." if outside else "every clinic shown lies inside the limits.",
    ]
    return sentences([*parts, *hidden_and_empty(data)])


def _dots(data: Tidy, ax: Axes | None) -> Axes:
    title, subtitle = _head(data, _PLAIN)
    blocks = list(data.rows.groupby("clinic_id", sort=False))
    height = sum(_HEADING + _ROW * len(rows) for _, rows in blocks)
    labels = [_kind(str(name)) for name in data.rows["adjusted"].unique()]
    left = 16 + max(text_width(words, SMALL) for words in labels)
    target = float(data.rows["target"].iloc[0])
    with drawing():
        canvas = open_canvas(ax, left=left, right=150, height=height)
        axes = canvas.ax
        axes.set_xlim(0, 1)
        axes.set_ylim(height, 0)
        axes.set_yticks([])
        ticks = [0, 0.25, 0.5, 0.75, 1.0]
        axes.set_xticks(ticks, [percent(tick) for tick in ticks])
        canvas.plain_axes(lines="x", x_label=subtitle, label_at=canvas.shifted(0, -17), label_x=0.5)
        canvas.below = 28
        canvas.head(
            title, f"{subtitle}; bars are intervals, the line is the rate of all clinics", internal=data.internal
        )
        axes.vlines([target], [0], [height], colors=GREY, linewidth=1.0, linestyles=":").set_gid("target")
        y = 0.0
        for clinic, rows in blocks:
            name = wrapped(str(clinic), canvas.full_width, BODY, bold=True, lines=1)[0]
            box = {"facecolor": PAPER, "edgecolor": "none", "pad": 1.5}
            canvas.write(0, y + _HEADING / 2 + 2, name, canvas.beside(-canvas.left), size=BODY, bold=True, va="center",
                         gid="clinic", bbox=box)  # fmt: skip
            y += _HEADING
            for _, row in rows.iterrows():
                _draw_dot(canvas, row, y + _ROW / 2)
                y += _ROW
        note = f"{notes(data)} Clinics in the order of their names. All clinics together: {percent(target)}."
        canvas.foot(note)
        return canvas.finish(ChartText(title, note, _alternative_of_dots(data, title, target)))


def _kind(adjusted: str) -> str:
    words = adjusted.replace("_", " ")
    return "as it is" if adjusted == _PLAIN else f"adjusted {words}" if words.startswith("for ") else words


def _draw_dot(canvas: Canvas, row: pd.Series, y: float) -> None:
    style = SERIES_STYLES[0] if row["adjusted"] == _PLAIN else SERIES_STYLES[1 if row["adjusted"][:4] == "for " else 2]
    canvas.write(
        0, y, _kind(str(row["adjusted"])), canvas.beside(-10), colour=GREY, ha="right", va="center", gid="kind"
    )
    if row["status"] == "hidden":
        canvas.write(1, y, "hidden", canvas.beside(12), size=BODY, colour=GREY, va="center", gid="hidden")
        return
    if pd.isna(row["estimate"]):
        canvas.write(1, y, "none counted", canvas.beside(12), size=BODY, colour=GREY, va="center", gid="empty")
        return
    ends: tuple[list[float], list[float], list[float]] = [y], [float(row["low"])], [float(row["high"])]
    canvas.ax.hlines(*ends, colors=style.colour, linewidth=1.8, clip_on=False, zorder=2.5).set_gid("interval")
    canvas.ax.plot(
        [float(row["estimate"])], [y], marker=style.marker, markersize=6, color=style.colour, markeredgewidth=0,
        linestyle="", clip_on=False, zorder=3.0, gid="points",
    )  # fmt: skip
    words = f"{percent(row['estimate'])} ({percent_range(row['low'], row['high'])})"
    canvas.write(1, y, words, canvas.beside(12), size=BODY, va="center", gid="share")
    if row["adjusted"] == _PLAIN:
        fraction = f"{number(row['numerator'])} of {number(row['denominator'])}"
        canvas.write(1, y, fraction, canvas.beside(canvas.right), size=BODY, ha="right", va="center", gid="fraction")


def _alternative_of_dots(data: Tidy, title: str, target: float) -> str:
    plain = data.rows[(data.rows["adjusted"] == _PLAIN) & shown(data.rows)]
    told = [
        f"{row['clinic_id']} {percent(row['estimate'])} ({number(row['numerator'])} of {number(row['denominator'])})"
        for _, row in plain.iterrows()
    ]
    values = f"{'; '.join(told)}." if told else "no value can be shown."
    return sentences(
        [
            f"{title}. Dots with intervals, clinics in the order of their names; all together {percent(target)}.",
            values,
            *hidden_and_empty(data),
        ]
    )

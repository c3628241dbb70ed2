"""Completeness of follow-up as a heat map: a cell for each group and window, or each group and month."""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle

from analysis.charts.access_tables import hidden_words, taken_apart
from analysis.charts.canvas import BODY, SMALL, Canvas, open_canvas
from analysis.charts.picture import ChartText
from analysis.charts.style import EDGE, FIGURE_WIDTH, GREY, INK, PAPER, SERIES_STYLES, drawing, text_width, wrapped
from analysis.charts.tidy import Tidy
from analysis.charts.wording import group_value, group_words, listed, number, percent, sentences
from analysis.disclosure.suppression import Disclosed
from analysis.vocabulary.errors import CallError

MOST_ROWS, MOST_COLUMNS = 40, 14
_CHART = "completeness_map"
_NEEDS = (
    "instrument", "window", "estimate", "numerator", "denominator", "status", "definitions",
)  # fmt: skip
_ROW = 27.0  # points


def completeness_map(table: pd.DataFrame | Disclosed, *, ax: Axes | None = None) -> Axes:
    """Draw the share scored among those due, for each group and window.

    Parameters
    ----------
    table : DataFrame or Disclosed
        Rows of `completeness`, of one instrument: several windows and at most one group column, or one window and two
        group columns (the second across). At most 40 rows and 14 columns. A table that has not been disclosed for the
        public is stamped internal.
    ax : Axes, optional
        Axes to draw on; leave room around them for the words. By default the chart makes its own figure, ``ax.figure``.

    Returns
    -------
    Axes
        See `alt_text`, `as_html` and `save_png` for what to do with it.

    Raises
    ------
    CallError
        When the table is empty, lacks a column, or does not make one grid of this size.

    Examples
    --------
    >>> import pandas as pd
    >>> table = pd.DataFrame({
    ...     "clinic_id": ["A", "A", "B", "B"], "instrument": "PHQ-9", "window": ["baseline", "end of loading"] * 2,
    ...     "estimate": [0.95, 0.7, 0.9, 0.5], "numerator": [95, 70, 45, 25], "denominator": [100, 100, 50, 50],
    ...     "status": "ok", "definitions": "default 1",
    ... })
    >>> ax = completeness_map(table)
    >>> [text.get_text() for text in ax.texts if text.get_gid() == "share"]
    ['95 %', '70 %', '90 %', '50 %']
    """
    data = taken_apart(table, chart=_CHART, needs=_NEEDS)
    down, across = _axes_of(data)
    rows = list(dict.fromkeys(data.rows[down])) if down else ["all"]
    columns = list(dict.fromkeys(data.rows[across]))
    if len(rows) > MOST_ROWS or len(columns) > MOST_COLUMNS:
        raise CallError(
            f"{_CHART} draws at most {MOST_ROWS} rows and {MOST_COLUMNS} columns; the table has {len(rows)} by "
            f"{len(columns)}. Select fewer windows, groups or months."
        )
    names = [group_value(down, row) if down else "All" for row in rows]
    by = f", by {group_words(down)}" if down else ""
    where = "" if across == "window" else f", {data.rows['window'].iloc[0]}"
    title = f"Scored among those due: {data.instrument}{where}{by}"
    with drawing():
        left = 10 + max(text_width(line, BODY) for name in names for line in wrapped(name, 110, BODY, lines=1))
        canvas = open_canvas(ax, left=left, right=4, height=_ROW * len(rows))
        # The room that a chart on a figure of its own has; other axes say theirs.
        room = canvas.width / len(columns) if ax is not None else (FIGURE_WIDTH - 2 * EDGE - left - 4) / len(columns)
        _frame(canvas, names, columns, across, room)
        canvas.head(title, "Percent of people whose window has closed; under it scored / due", internal=data.internal)
        for _, row in data.rows.iterrows():
            place = (columns.index(row[across]), rows.index(row[down]) if down else 0)
            _cell(canvas, row, place, room)
        note = " ".join(
            part
            for part in (
                "Darker is more complete; dashes: nobody was due.",
                f"Definitions: {data.only('definitions') or 'not named'}.",
                hidden_words(data),
            )
            if part
        )
        canvas.foot(note)
        return canvas.finish(ChartText(title, note, _alternative(data, title, (down, across))))


def _axes_of(data: Tidy) -> tuple[str | None, str]:
    varying = [name for name in data.groups if data.varies(name)]
    if data.varies("instrument"):
        raise CallError(f"{_CHART} draws one instrument at a time; select one.")
    if data.varies("window") and len(varying) <= 1:
        down, across = varying[0] if varying else None, "window"
    elif not data.varies("window") and len(varying) == 2:
        down, across = varying[0], varying[1]
    elif not varying or len(varying) == 1:
        down, across = varying[0] if varying else None, "window"
    else:
        raise CallError(
            f"{_CHART} draws one grid; the table varies by {listed([*varying, 'window'])}. Select one window."
        )
    if data.rows.duplicated([name for name in (down, across) if name]).any():
        raise CallError(f"{_CHART}: a cell stands in the table twice.")
    return down, across


def _frame(canvas: Canvas, names: list[str], columns: list[str], across: str, room: float) -> None:
    ax = canvas.ax
    ax.set(xlim=(0, len(columns)), ylim=(len(names), 0))
    ax.set_xticks([])
    ax.set_yticks([])
    ax.set_facecolor("none")
    for spine in ax.spines.values():
        spine.set_visible(False)
    for place, name in enumerate(names):
        canvas.write(
            0, place + 0.5, wrapped(name, 110, BODY, lines=1)[0], canvas.beside(-6), size=BODY, ha="right", va="center"
        )
    titles = [_column_name(across, column) for column in columns]
    # A word is not broken: the letters become smaller.
    longest = max(text_width(word, SMALL) for title in titles for word in title.split())
    size = min(SMALL, SMALL * (room - 4) / longest)
    heads = [wrapped(title, room - 3, size, lines=4) for title in titles]
    for place, lines in enumerate(heads):
        canvas.write(
            place + 0.5, 0, "\n".join(lines), canvas.under(5), size=size, colour=GREY, ha="center", va="top",
            linespacing=1.1,
        )  # fmt: skip
    canvas.below += 6 + 9.5 * max(map(len, heads))


def _column_name(across: str, column: str) -> str:
    return str(column).replace(" after loading", "").capitalize() if across == "window" else group_value(across, column)


def _cell(canvas: Canvas, row: pd.Series, place: tuple[int, int], room: float) -> None:
    hidden, empty = row["status"] == "hidden", row["status"] == "empty" or pd.isna(row["estimate"])
    share = 0.0 if hidden or empty else float(row["estimate"])
    red, green, blue = (int(SERIES_STYLES[0].colour[at : at + 2], 16) / 255 for at in (1, 3, 5))
    canvas.ax.add_patch(
        Rectangle(
            place, 1, 1, facecolor=(red, green, blue, 0.62 * share), edgecolor=PAPER, linewidth=1.5, clip_on=False,
            gid="cell",
        )
    )  # fmt: skip
    x, y, here = place[0] + 0.5, place[1] + 0.5, canvas.ax.transData
    if hidden or empty:
        words = "hidden" if hidden else "–"
        size = min(SMALL, SMALL * (room - 2) / text_width("hidden", SMALL))
        canvas.write(
            x, y, words, here, size=size, colour=GREY, ha="center", va="center", gid="hidden" if hidden else "empty"
        )
        return
    canvas.write(x, y, percent(share), canvas.shifted(0, 4.5, here), size=BODY, ha="center", va="center", gid="share")
    counts = f"{number(row['numerator'])}/{number(row['denominator'])}"
    fits = min(5.8, 5.8 * (room - 3) / text_width(counts, 5.8))
    canvas.write(
        x, y, counts, canvas.shifted(0, -6.5, here), size=fits, colour=INK, ha="center", va="center", gid="counts"
    )


def _alternative(data: Tidy, title: str, axes: tuple[str | None, str]) -> str:
    down, across = axes
    seen = data.rows[data.rows["estimate"].notna() & (data.rows["status"] == "ok")]
    parts = [f"{title}. Heat map."]
    if len(seen):
        shares = seen["estimate"].to_numpy("float64")
        for word, at in (("most", np.argmax(shares)), ("least", np.argmin(shares))):
            row = seen.iloc[int(at)]
            which = ", ".join([*([group_value(down, row[down])] if down else []), str(row[across])])
            parts.append(
                f"The {word} complete: {which}, {percent(row['estimate'])} "
                f"({number(row['numerator'])} of {number(row['denominator'])} due)."
            )
    return sentences([part for part in [*parts, hidden_words(data)] if part])

"""Change of single items: of those who could become better or worse, how many did."""

import pandas as pd
from matplotlib.axes import Axes

from analysis.charts.canvas import BODY, Canvas, open_canvas
from analysis.charts.picture import ChartText
from analysis.charts.style import GREY, PAPER, SERIES_STYLES, drawing, text_width
from analysis.charts.tidy import Tidy, hidden_and_empty, notes, tidy
from analysis.charts.wording import estimand_words, in_hundred, listed, number, percent, percent_range, sentences, when
from analysis.disclosure.suppression import Disclosed
from analysis.vocabulary.errors import CallError

ROW, HEADING = 17.0, 17.0  # points
_CHART = "changes_by_item"
_NEEDS = ("instrument", "window", "item", "outcome", "estimand", "estimate", "low", "high", "numerator", "denominator",
          "status", "points", "definitions")  # fmt: skip
_CHANGES = {"improvement": ("improved", SERIES_STYLES[0]), "worsening": ("became worse", SERIES_STYLES[1])}
_MARGIN = 14.0


def changes_by_item(table: pd.DataFrame | Disclosed, *, ax: Axes | None = None) -> Axes:
    """Draw for each item how many became better and how many worse.

    Parameters
    ----------
    table : DataFrame or Disclosed
        Rows of `item_changes` for one instrument, window, group and denominator. A table that has not been disclosed
        for the public is stamped internal.
    ax : Axes, optional
        Axes to draw on; leave room around them for the words. By default the chart makes its own figure, ``ax.figure``.

    Returns
    -------
    Axes
        See `alt_text`, `as_html` and `save_png` for what to do with it.

    Raises
    ------
    CallError
        When the table is empty, lacks a column, or has several instruments, windows, groups or denominators.

    Examples
    --------
    >>> import pandas as pd
    >>> table = pd.DataFrame({
    ...     "instrument": "PHQ-9", "window": "end of loading", "item": "mood", "outcome": ["improvement", "worsening"],
    ...     "estimand": "observed", "estimate": [0.5, 0.1], "low": [0.4, 0.05], "high": [0.6, 0.17],
    ...     "method": "Wilson, 95 %", "numerator": [50, 10], "denominator": 100, "status": "ok", "points": 1,
    ...     "definitions": "default 1",
    ... })
    >>> ax = changes_by_item(table)
    >>> [text.get_text() for text in ax.texts if text.get_gid() == "fraction"]
    ['50 of 100', '10 of 100']
    """
    data = tidy(table, chart=_CHART, needs=_NEEDS)
    _one_question(data)
    window, estimand = str(data.rows["window"].iloc[0]), str(data.rows["estimand"].iloc[0])
    title = f"{data.instrument}: change of single items {when(window)}"
    subtitle = f"Percent who improved or became worse, {estimand_words(estimand).of}, among people with room for it"
    items = list(data.rows["item"].unique())
    rows = [row for _, row in data.rows.iterrows()]
    left = 14 + max(text_width(words, BODY) for words, _ in _CHANGES.values())
    share, interval = (
        6 + max(text_width(words(row), BODY, bold=True) for row in rows) for words in (_share, _interval)
    )
    fraction = max(text_width(_fraction(row), BODY) for row in rows)
    height = len(items) * (HEADING + 4) + ROW * len(rows)
    with drawing():
        canvas = open_canvas(ax, left=left, right=_MARGIN + share + interval + fraction, height=height)
        _frame(canvas, height)
        canvas.head(title, subtitle, internal=data.internal)
        y = 0.0
        for item in items:
            canvas.write(
                0,
                y + HEADING / 2 + 3,
                item_words(str(item)),
                canvas.beside(-canvas.left),
                size=BODY,
                bold=True,
                va="center",
                gid="item",
                bbox={"facecolor": PAPER, "edgecolor": "none", "pad": 1.5},
            )
            y += HEADING + 4
            for _, row in data.rows[data.rows["item"] == item].iterrows():
                _draw_row(canvas, row, y + ROW / 2, (share, interval))
                y += ROW
        note = f"{_rule(data)} {notes(Tidy(data.rows.drop(columns='outcome'), data.groups, data.internal))}"
        canvas.foot(note)
        return canvas.finish(ChartText(title, note, _alternative(data, items, title)))


def item_words(item: str) -> str:
    """Name an item of the definitions as a heading.

    Examples
    --------
    >>> item_words("suicidal_thoughts")
    'Suicidal thoughts'
    """
    return item.replace("_", " ").capitalize()


def _one_question(data: Tidy) -> None:
    several = [name for name in (*data.groups, "window", "estimand") if data.varies(name)]
    if several:
        first = data.rows[several[0]].iloc[0]
        raise CallError(
            f"{_CHART} draws one window, group and denominator; the table has several, by {listed(several)}. "
            f"Select one: table[table['{several[0]}'] == '{first}']."
        )
    unknown = sorted(set(data.rows["outcome"].astype(str)) - set(_CHANGES))
    if unknown or data.rows.duplicated(["item", "outcome"]).any():
        raise CallError(f"{_CHART} draws what item_changes() gives: improvement and worsening, once for each item.")


def _frame(canvas: Canvas, height: float) -> None:
    ax, ticks = canvas.ax, [0, 0.25, 0.5, 0.75, 1.0]
    ax.set_xlim(0, 1)
    ax.set_ylim(height, 0)
    ax.set_yticks([])
    ax.set_xticks(ticks, [percent(tick) for tick in ticks])
    canvas.plain_axes(lines="x", x_label="Percent who changed", label_at=canvas.shifted(0, -17), label_x=0.5)
    canvas.below = 28


def _draw_row(canvas: Canvas, row: pd.Series, y: float, widths: tuple[float, float]) -> None:
    said, style = _CHANGES[str(row["outcome"])]
    canvas.write(0, y, said, canvas.beside(-12), size=BODY, colour=GREY, ha="right", va="center", gid="change")
    hidden = row["status"] == "hidden"
    if _is_shown(row):
        canvas.ax.hlines(
            [y],
            [float(row["low"])],
            [float(row["high"])],
            colors=style.colour,
            linewidth=2.0,
            clip_on=False,
            zorder=2.5,
        ).set_gid("interval")
        canvas.ax.plot(
            [float(row["estimate"])],
            [y],
            marker=style.marker,
            markersize=6.5,
            color=style.colour,
            markeredgewidth=0,
            linestyle="",
            clip_on=False,
            zorder=3.0,
            gid="points",
        )
    colour = {"colour": GREY} if hidden else {}
    gid = "hidden" if hidden else "share"
    canvas.write(
        1, y, _share(row), canvas.beside(_MARGIN), size=BODY, bold=_is_shown(row), va="center", gid=gid, **colour
    )
    if not hidden:
        canvas.write(1, y, _interval(row), canvas.beside(_MARGIN + widths[0]), size=BODY, va="center", gid="range")
        canvas.write(1, y, _fraction(row), canvas.beside(_MARGIN + sum(widths)), size=BODY, va="center", gid="fraction")


def _is_shown(row: pd.Series) -> bool:
    return bool(row["status"] == "ok" and pd.notna(row["estimate"]))


def _share(row: pd.Series) -> str:
    return "hidden" if row["status"] == "hidden" else percent(row["estimate"]) if _is_shown(row) else "none"


def _interval(row: pd.Series) -> str:
    return f"({percent_range(row['low'], row['high'])})" if _is_shown(row) else ""


def _fraction(row: pd.Series) -> str:
    return "" if row["status"] == "hidden" else f"{number(row['numerator'])} of {number(row['denominator'])}"


def _rule(data: Tidy) -> str:
    points = sorted({int(value) for value in data.rows["points"]})
    least = "one point" if points == [1] else f"{listed([str(each) for each in points])} points"
    return (
        f"Change: by {least} or more. Improvement is asked of those who could become better by so much, "
        "worsening of those who could become worse."
    )


def _alternative(data: Tidy, items: list[str], title: str) -> str:
    parts = [f"{title}. Chart of dots with intervals, two rows for each item; horizontal axis from 0 to 100 percent."]
    for item in items:
        told = [
            f"{in_hundred(row['estimate'])} {_CHANGES[str(row['outcome'])][0]} ({_fraction(row)})"
            for _, row in data.rows[data.rows["item"] == item].iterrows()
            if _is_shown(row)
        ]
        parts.append(
            f"{item_words(item)}: {'; '.join(told)}." if told else f"{item_words(item)}: no value can be shown."
        )
    return sentences([*parts, *hidden_and_empty(data)])

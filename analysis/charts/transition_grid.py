"""From which answer to which: a grid of counts, before treatment down, in the window across."""

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle

from analysis.charts.canvas import BODY, SMALL, Canvas, open_canvas
from analysis.charts.item_rows import item_words
from analysis.charts.picture import ChartText
from analysis.charts.style import GREY, GRID, SERIES_STYLES, drawing
from analysis.charts.tidy import Tidy, hidden_and_empty, notes, tidy
from analysis.charts.wording import listed, number, percent, sentences, when
from analysis.disclosure.suppression import Disclosed
from analysis.vocabulary.errors import CallError

CELL_HEIGHT = 46.0
_CHART = "answer_transitions"
_NEEDS = ("instrument", "window", "item", "before", "after", "count", "status", "started", "definitions")
_ANSWERS = ("none", "some", "unknown")


def answer_transitions(table: pd.DataFrame | Disclosed, *, ax: Axes | None = None) -> Axes:
    """Draw how many people went from which answer to which, the unknown among them.

    Parameters
    ----------
    table : DataFrame or Disclosed
        Nine rows of `item_transitions`: one instrument, item, window and group. A table that has not been disclosed for
        the public is stamped internal.
    ax : Axes, optional
        Axes to draw on; leave room around them for the words. By default the chart makes its own figure, ``ax.figure``.

    Returns
    -------
    Axes
        See `alt_text`, `as_html` and `save_png` for what to do with it.

    Raises
    ------
    CallError
        When the table is empty, lacks a column, or is not the nine rows of one question.

    Examples
    --------
    >>> import pandas as pd
    >>> table = pd.DataFrame({
    ...     "instrument": "PHQ-9", "window": "end of loading", "item": "suicidal_thoughts",
    ...     "before": ["none"] * 3 + ["some"] * 3 + ["unknown"] * 3, "after": ["none", "some", "unknown"] * 3,
    ...     "count": [30, 11, 12, 40, 20, 25, 12, 13, 14], "status": "ok", "started": 177, "definitions": "default 1",
    ... })
    >>> ax = answer_transitions(table)
    >>> [text.get_text() for text in ax.texts if text.get_gid() == "count"][:3]
    ['30', '11', '12']
    """
    data = tidy(table, chart=_CHART, needs=_NEEDS)
    _one_grid(data)
    item, window = item_words(str(data.rows["item"].iloc[0])), str(data.rows["window"].iloc[0])
    title = f"{data.instrument}: {item.lower()} before treatment and {when(window)}"
    subtitle = "People by their answer before treatment (down) and in the window (across); darker is more"
    with drawing():
        canvas = open_canvas(ax, left=92, right=10, height=CELL_HEIGHT * len(_ANSWERS))
        _frame(canvas)
        canvas.head(title, subtitle, internal=data.internal)
        most = data.rows["count"].max()
        for _, row in data.rows.iterrows():
            _draw_cell(canvas, row, 0 if pd.isna(most) else int(most))
        note = (
            "None: the best answer. Some: any other. Unknown: not answered or no score; nothing is filled in. "
            f"Percent: of the {number(data.rows['started'].iloc[0])} who started, their window over. {notes(data)}"
        )
        canvas.foot(note)
        return canvas.finish(ChartText(title, note, _alternative(data, title)))


def _one_grid(data: Tidy) -> None:
    several = [name for name in (*data.groups, "window", "item") if data.varies(name)]
    if several:
        first = data.rows[several[0]].iloc[0]
        raise CallError(
            f"{_CHART} draws one window, item and group; the table has several, by {listed(several)}. "
            f"Select one: table[table['{several[0]}'] == '{first}']."
        )
    cells = sorted(zip(data.rows["before"], data.rows["after"], strict=True))
    if cells != [(before, after) for before in _ANSWERS for after in _ANSWERS]:
        raise CallError(f"{_CHART} draws the nine rows that item_transitions() gives, without rows taken out.")


def _frame(canvas: Canvas) -> None:
    ax = canvas.ax
    ax.set_xlim(0, 3)
    ax.set_ylim(3, 0)
    ax.set_xticks([0.5, 1.5, 2.5], _ANSWERS)
    ax.set_yticks([0.5, 1.5, 2.5], [f"{answer} before" for answer in _ANSWERS])
    canvas.plain_axes(lines="x", x_label="Answer in the window", label_at=canvas.shifted(0, -17), label_x=0.5)
    ax.grid(visible=False)
    ax.spines["bottom"].set_visible(False)
    canvas.below = 28


def _draw_cell(canvas: Canvas, row: pd.Series, most: int) -> None:
    x, y = _ANSWERS.index(str(row["after"])), _ANSWERS.index(str(row["before"]))
    hidden = row["status"] == "hidden" or pd.isna(row["count"])
    share = 0.0 if hidden or not most else int(row["count"]) / most
    canvas.ax.add_patch(
        Rectangle(
            (x, y),
            1,
            1,
            facecolor=(*_rgb(SERIES_STYLES[0].colour), 0.45 * share),
            edgecolor=GRID,
            linewidth=1.2,
            clip_on=False,
            gid="cell",
        )
    )
    middle = canvas.ax.transData
    if hidden:
        canvas.write(x + 0.5, y + 0.5, "hidden", middle, size=BODY, colour=GREY, ha="center", va="center", gid="hidden")
        return
    canvas.write(
        x + 0.5, y + 0.5, number(row["count"]), canvas.shifted(0, 5, middle), size=11, bold=True, ha="center",
        va="center", gid="count",
    )  # fmt: skip
    if not pd.isna(row["started"]) and int(row["started"]):
        part = percent(int(row["count"]) / int(row["started"]))
        canvas.write(
            x + 0.5, y + 0.5, part, canvas.shifted(0, -9, middle), size=SMALL, ha="center", va="center", gid="share"
        )


def _rgb(colour: str) -> tuple[float, float, float]:
    red, green, blue = (int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5))
    return red, green, blue


def _alternative(data: Tidy, title: str) -> str:
    parts = [f"{title}. Grid of three by three counts: none, some and unknown before treatment, and in the window."]
    for before in _ANSWERS:
        rows = data.rows[(data.rows["before"] == before) & data.rows["count"].notna()]
        told = [f"{number(row['count'])} {row['after']}" for _, row in rows.iterrows() if row["status"] == "ok"]
        parts.append(f"{before} before: {', '.join(told)} in the window." if told else f"{before} before: all hidden.")
    return sentences([*parts, *hidden_and_empty(data)])

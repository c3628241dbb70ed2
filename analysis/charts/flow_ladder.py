"""The flow diagram: the ladder from treated to responded, every step down with its reasons."""

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle

from analysis.charts.canvas import BODY, Canvas, open_canvas
from analysis.charts.flow_steps import Rung, adds_up, ladder, one_flow, shown_count
from analysis.charts.picture import ChartText
from analysis.charts.style import EDGE, FIGURE_WIDTH, GREY, INK, PAPER, TINT, drawing, text_width, wrapped
from analysis.charts.tidy import Tidy, hidden_and_empty, notes, tidy
from analysis.charts.wording import group_value, group_words, number, sentences, when
from analysis.disclosure.suppression import Disclosed

NEEDS = ("instrument", "window", "step", "kind", "name", "label", "count", "status", "definitions")
COUNT = 9.5
_CHART = "flow_diagram"
_WIDTH = FIGURE_WIDTH - 2 * EDGE
# Left edge and width of the three columns, in points.
_BRANCH, _MAIN, _SIDE = (0.0, 142.0), (168.0, 152.0), (346.0, _WIDTH - 346.0)
_GAP, _PAD, _LINE = 22.0, 6.0, 10.5


def flow_diagram(table: pd.DataFrame | Disclosed, *, ax: Axes | None = None) -> Axes:
    """Draw who was treated, who is counted, and why the others are not.

    Parameters
    ----------
    table : DataFrame or Disclosed
        One flow of `flow`: one instrument, window and group. A table that has not been disclosed for the public is
        stamped internal.
    ax : Axes, optional
        Axes to draw on, at least 7 by 5 inches. By default the chart makes its own figure (``ax.figure``).

    Returns
    -------
    Axes
        See `alt_text`, `as_html` and `save_png` for what to do with it.

    Raises
    ------
    CallError
        When the table is empty, lacks a column or holds several flows, and when its shown counts do not add up: each
        rung must be the rung before it less the reasons between, and the branches must add up to those who started.
        Hidden counts are drawn as "hidden" and not checked.

    Examples
    --------
    >>> import pandas as pd
    >>> table = pd.DataFrame({
    ...     "instrument": "PHQ-9", "window": "end of loading", "step": [1, 2, 3], "kind": ["rung", "reason", "rung"],
    ...     "name": ["eligible", "not_scored", "scored"], "label": ["Eligible", "No score in the window", "Scored"],
    ...     "count": [100, 20, 80], "status": "ok", "due": "date", "definitions": "default 1",
    ... })
    >>> ax = flow_diagram(table)
    >>> [text.get_text() for text in ax.texts if text.get_gid() == "count:scored"]
    ['80']
    """
    data = tidy(table, chart=_CHART, needs=NEEDS)
    one_flow(data)
    rungs, branches = ladder(data)
    adds_up(rungs, branches)
    window = str(data.rows["window"].iloc[0])
    where = "".join(f", {group_words(name)}: {group_value(name, data.rows[name].iloc[0])}" for name in data.groups)
    title = f"Who is counted: {data.instrument} {when(window)}"
    with drawing():
        heights = [_rung_height(rung) for rung in rungs]
        gaps = [max(_GAP, _side_height(rung.reasons) + 8 if len(rung.reasons) else 0) for rung in rungs[1:]]
        height = max(sum(heights) + sum(gaps), _branch_bottom(rungs, branches, heights, gaps)) + 2
        canvas = open_canvas(ax, left=0, right=0, height=height)
        canvas.ax.set_axis_off()
        canvas.ax.set(xlim=(0, _WIDTH), ylim=(height, 0))
        canvas.head(title, f"People, step by step{where}", internal=data.internal)
        y = 0.0
        for index, (rung, box_height) in enumerate(zip(rungs, heights, strict=True)):
            if index:
                _step_down(canvas, rung, y, gaps[index - 1])
                y += gaps[index - 1]
            _rung(canvas, rung, y, box_height)
            if rung.row["name"] == "started" and len(branches):
                _branch(canvas, branches, y + box_height / 2)
            y += box_height
        note = notes(data)
        canvas.foot(note)
        return canvas.finish(ChartText(title, note, _alternative(data, rungs, branches, title + where)))


def _rung_height(rung: Rung) -> float:
    return 2 * _PAD + _LINE * len(wrapped(str(rung.row["label"]), _MAIN[1] - 2 * _PAD, BODY)) + 12


def _label_lines(row: pd.Series, width: float) -> list[str]:
    return wrapped(str(row["label"]), width - 2 * _PAD - 8 - text_width(shown_count(row), BODY, bold=True), BODY)


def _side_height(rows: pd.DataFrame, width: float = _SIDE[1]) -> float:
    return 2 * _PAD - 2 + sum(_LINE * len(_label_lines(row, width)) + 2 for _, row in rows.iterrows())


def _branch_bottom(rungs: list[Rung], branches: pd.DataFrame, heights: list[float], gaps: list[float]) -> float:
    at = next((index for index, rung in enumerate(rungs) if rung.row["name"] == "started"), 0)
    return sum(heights[:at]) + sum(gaps[:at]) + heights[at] / 2 + _side_height(branches, _BRANCH[1]) / 2


def _rung(canvas: Canvas, rung: Rung, y: float, height: float) -> None:
    left, width = _MAIN
    canvas.ax.add_patch(
        Rectangle((left, y), width, height, facecolor=TINT, edgecolor=GREY, linewidth=0.9, clip_on=False, gid="rung")
    )
    lines = wrapped(str(rung.row["label"]), width - 2 * _PAD, BODY)
    here = canvas.ax.transData
    for index, line in enumerate(lines):
        canvas.write(
            left + width / 2, y + _PAD + _LINE * (index + 0.5), line, here, size=BODY, ha="center", va="center"
        )
    hidden = shown_count(rung.row) == "hidden"
    canvas.write(
        left + width / 2,
        y + height - _PAD - 5.5,
        shown_count(rung.row),
        here,
        size=BODY if hidden else COUNT,
        bold=not hidden,
        colour=GREY if hidden else INK,
        gid=f"count:{rung.row['name']}",
        ha="center",
        va="center",
    )


def _step_down(canvas: Canvas, rung: Rung, y: float, gap: float) -> None:
    middle = _MAIN[0] + _MAIN[1] / 2
    _arrow(canvas, (middle, y), (middle, y + gap))
    if len(rung.reasons):
        height = _side_height(rung.reasons)
        top = y + gap / 2 - height / 2
        _arrow(canvas, (middle, y + gap / 2), (_SIDE[0], y + gap / 2))
        _side_box(canvas, rung.reasons, _SIDE, top, height, line="-")


def _branch(canvas: Canvas, branches: pd.DataFrame, y: float) -> None:
    height = _side_height(branches, _BRANCH[1])
    canvas.ax.plot([_BRANCH[0] + _BRANCH[1], _MAIN[0]], [y, y], color=GREY, linewidth=0.9, linestyle=(0, (3, 2)))
    _side_box(canvas, branches, _BRANCH, max(0.0, y - height / 2), height, line=(0, (3, 2)))


def _side_box(
    canvas: Canvas, rows: pd.DataFrame, column: tuple[float, float], top: float, height: float, *, line: object
) -> None:
    left, width = column
    canvas.ax.add_patch(
        Rectangle(
            (left, top),
            width,
            height,
            facecolor=PAPER,
            edgecolor=GREY,
            linewidth=0.8,
            linestyle=line,
            clip_on=False,
            gid="side",
        )
    )
    here = canvas.ax.transData
    y = top + _PAD - 1
    for _, row in rows.iterrows():
        lines = _label_lines(row, width)
        for index, words in enumerate(lines):
            canvas.write(left + _PAD, y + _LINE * (index + 0.5), words, here, size=BODY, va="center")
        hidden = shown_count(row) == "hidden"
        canvas.write(
            left + width - _PAD,
            y + _LINE / 2,
            shown_count(row),
            here,
            size=BODY,
            bold=not hidden,
            colour=GREY if hidden else INK,
            gid=f"count:{row['name']}",
            ha="right",
            va="center",
        )
        y += _LINE * len(lines) + 2


def _arrow(canvas: Canvas, start: tuple[float, float], end: tuple[float, float]) -> None:
    canvas.ax.annotate(
        "",
        xy=end,
        xytext=start,
        annotation_clip=False,
        arrowprops={
            "arrowstyle": "-|>",
            "color": GREY,
            "linewidth": 0.9,
            "mutation_scale": 9,
            "shrinkA": 0,
            "shrinkB": 0,
        },
    )


def _alternative(data: Tidy, rungs: list[Rung], branches: pd.DataFrame, title: str) -> str:
    steps = [f"{rung.row['label']}: {shown_count(rung.row)}" for rung in rungs]
    parts = [f"{title}. Flow diagram in {len(rungs)} steps.", f"{'; '.join(steps)}."]
    reasons = pd.concat([rung.reasons for rung in rungs])
    seen = reasons[(reasons["status"] != "hidden") & reasons["count"].notna()]
    if len(seen) and int(seen["count"].max()) > 0:
        most = seen.sort_values("count", ascending=False, kind="stable").iloc[0]
        parts.append(f"The largest number shown that leaves: {number(most['count'])}, {_inside(most['label'])}.")
    if len(branches):
        beside = [f"{_inside(row['label'])} {shown_count(row)}" for _, row in branches.iterrows()]
        parts.append(f"Of those who started: {'; '.join(beside)}.")
    return sentences([*parts, *hidden_and_empty(data)])


def _inside(label: object) -> str:
    """Put a label inside a sentence."""
    return str(label)[:1].lower() + str(label)[1:]

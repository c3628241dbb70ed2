"""The steps from referral to maintenance as bars, each step down with its reasons."""

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle

from analysis.charts.access_tables import hidden_words, of_group, taken_apart
from analysis.charts.canvas import BODY, SMALL, Canvas, open_canvas
from analysis.charts.picture import ChartText
from analysis.charts.style import GREY, GRID, INK, SERIES_STYLES, drawing, text_width
from analysis.charts.tidy import Tidy
from analysis.charts.wording import listed, number, percent, sentences
from analysis.disclosure.access_rules import MERGED
from analysis.disclosure.suppression import Disclosed
from analysis.vocabulary.errors import CallError

_CHART = "access_steps"
_NEEDS = ("step", "kind", "name", "label", "count", "estimate", "denominator", "status", "definitions")
_RUNG, _REASON = 24.0, 14.0  # points
_OPEN = ("waiting", "loading_open", "maintenance_open")


def access_steps(table: pd.DataFrame | Disclosed, *, ax: Axes | None = None) -> Axes:
    """Draw how far referrals led, and why no further.

    Parameters
    ----------
    table : DataFrame or Disclosed
        One group of `access`. A table that has not been disclosed for the public is stamped internal.
    ax : Axes, optional
        Axes to draw on; leave room around them for the words. By default the chart makes its own figure, ``ax.figure``.

    Returns
    -------
    Axes
        See `alt_text`, `as_html` and `save_png` for what to do with it.

    Raises
    ------
    CallError
        When the table is empty, lacks a column or holds several groups.

    Examples
    --------
    >>> import pandas as pd
    >>> table = pd.DataFrame({
    ...     "step": [1, 2, 3], "kind": ["rung", "reason", "rung"], "name": ["referred", "cost", "started"],
    ...     "label": ["Referred", "Cost", "Had a first session"], "count": [100, 20, 80], "estimate": [1.0, 0.2, 0.8],
    ...     "denominator": 100, "status": "ok", "definitions": "default 1",
    ... })
    >>> ax = access_steps(table)
    >>> [text.get_text() for text in ax.texts if text.get_gid() == "count:started"]
    ['80 (80 %)']
    """
    data = taken_apart(table, chart=_CHART, needs=_NEEDS)
    if several := [name for name in data.groups if data.varies(name)] or data.rows["step"].duplicated().any():
        names = several if isinstance(several, list) else ["period"]
        raise CallError(
            f"{_CHART} draws one group; the table has several, by {listed(names)}. Select one: "
            f"table[table['{names[0]}'] == ...]."
        )
    rows = data.rows.sort_values("step")
    title = f"From referral to maintenance{of_group(data)}"
    with drawing():
        heights = [_RUNG if kind == "rung" else _REASON for kind in rows["kind"]]
        left = 12 + max(
            text_width(str(row["label"]), BODY if row["kind"] == "rung" else SMALL, bold=row["kind"] == "rung")
            for _, row in rows.iterrows()
        )
        canvas = open_canvas(ax, left=left, right=86, height=sum(heights))
        _frame(canvas, rows, sum(heights))
        canvas.head(title, "People; the share in brackets is of the step before", internal=data.internal)
        top = 0.0
        for (_, row), height in zip(rows.iterrows(), heights, strict=True):
            _bar(canvas, row, top, height)
            top += height
        note = _note(data)
        canvas.foot(note)
        return canvas.finish(ChartText(title, note, _alternative(data, rows, title)))


def _frame(canvas: Canvas, rows: pd.DataFrame, height: float) -> None:
    most = rows["count"].max()
    canvas.ax.set(xlim=(0, max(1, 0 if pd.isna(most) else int(most))), ylim=(height, 0))
    canvas.ax.set_xticks([])
    canvas.ax.set_yticks([])
    canvas.ax.set_facecolor("none")
    for side in ("top", "right", "bottom"):
        canvas.ax.spines[side].set_visible(False)
    canvas.ax.spines["left"].set(color=GREY, linewidth=0.9)


def _bar(canvas: Canvas, row: pd.Series, top: float, height: float) -> None:
    is_rung, hidden = row["kind"] == "rung", row["status"] == "hidden" or pd.isna(row["count"])
    middle, size = top + height / 2, BODY if is_rung else SMALL
    canvas.write(
        0, middle, str(row["label"]), canvas.beside(-6), size=size, bold=is_rung, colour=INK if is_rung else GREY,
        ha="right", va="center",
    )  # fmt: skip
    width = 0.0 if hidden else float(row["count"])
    thick = height - (7 if is_rung else 5)
    colour = SERIES_STYLES[0].colour if is_rung else GRID if row["name"] in _OPEN else GREY
    edge = GREY if row["name"] in _OPEN else colour
    canvas.ax.add_patch(
        Rectangle(
            (0, middle - thick / 2), width, thick, facecolor=colour, edgecolor=edge, linewidth=0.6, clip_on=False,
            gid="rung" if is_rung else "reason",
        )
    )  # fmt: skip
    words = "hidden" if hidden else _counted(row)
    canvas.write(
        width, middle, words, canvas.shifted(5, 0, canvas.ax.transData), size=size, bold=is_rung and not hidden,
        colour=GREY if hidden or not is_rung else INK, gid="hidden" if hidden else f"count:{row['name']}", va="center",
    )  # fmt: skip


def _counted(row: pd.Series) -> str:
    if pd.isna(row["estimate"]) or row["name"] in ("referred", "listed"):
        return number(row["count"])
    return f"{number(row['count'])} ({percent(float(row['estimate']))})"


def _note(data: Tidy) -> str:
    said = ["Pale bars: not over at the data cut."] if data.rows["name"].isin(_OPEN).any() else []
    if (data.rows["name"] == MERGED).any():
        said.append("Reasons of few people are put together; for some of them it may not be over.")
    if (data.rows["status"] == "group known of the treated only").any():
        said.append("Shares up to the first session are not given: the group is known of the treated only.")
    period = data.only("period")
    if period and period != "all":
        said.append(f"Referred in {period}.")
    return " ".join([*said, f"Definitions: {data.only('definitions') or 'not named'}.", hidden_words(data)]).strip()


def _alternative(data: Tidy, rows: pd.DataFrame, title: str) -> str:
    shown = {
        name: "hidden" if pd.isna(count) else number(count)
        for name, count in zip(rows["name"], rows["count"], strict=True)
    }
    rungs = rows[rows["kind"] == "rung"]
    steps = "; ".join(f"{row['label']}: {shown[row['name']]}" for _, row in rungs.iterrows())
    parts = [f"{title}. Bars in {len(rungs)} steps.", f"{steps}."]
    reasons = rows[(rows["kind"] == "reason") & rows["count"].notna()]
    if len(reasons) and int(reasons["count"].max()) > 0:
        most = reasons.iloc[int(reasons["count"].astype("int64").to_numpy().argmax())]
        label = str(most["label"])
        parts.append(f"The largest number shown that leaves: {number(most['count'])}, {label[:1].lower() + label[1:]}.")
    return sentences([part for part in [*parts, hidden_words(data)] if part])

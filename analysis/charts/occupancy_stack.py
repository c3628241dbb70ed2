"""Where people are on each day since the first session: states as stacked bands, with the numbers followed."""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import PercentFormatter

from analysis.charts.canvas import SMALL, Canvas, open_canvas
from analysis.charts.picture import ChartText
from analysis.charts.style import GREY, INK, PAPER, drawing, text_width
from analysis.charts.wording import group_value, listed, number, percent, sentences
from analysis.disclosure.suppression import Disclosed
from analysis.vocabulary.errors import CallError, nearest_name

NEEDS = ("instrument", "strategy", "day", "state", "estimate", "denominator", "status", "known_days", "definitions")
FIXED = (*NEEDS, "low", "high", "method", "numerator", "std_error", "started", "due")
BANDS = {
    "remitted": "#0072B2",
    "responded": "#56B4E9",
    "partial": "#BFE3F7",
    "not yet responded": "#F0E442",
    "lost response": "#D55E00",
    "not known": "#DDDDDD",
    "stopped treatment": "#ABABAB",
    "died": "#222222",
}
"""The states from the bottom up, so that those in response stand on the axis; each with its colour."""

HEIGHT, LINE = 230.0, 11.0  # points: of the plot, and between two labels
LABEL_ROOM = 24.0  # points between the label of the numbers and the plot: half of the first number stands there
ALMOST = 0.02
"""Bands that add up to one but for so much are stretched to it; otherwise those of the day before hold on."""
_CHART = "occupancy_by_day"


def occupancy_by_day(table: pd.DataFrame | Disclosed, *, ax: Axes | None = None) -> Axes:
    """Draw the share of people in each state on each day.

    Parameters
    ----------
    table : DataFrame or Disclosed
        From `occupancy`, of one group. A table that has not been disclosed for the public is stamped internal.
    ax : Axes, optional
        Axes to draw on; leave room around them for the words. By default the chart makes its own figure, ``ax.figure``.

    Returns
    -------
    Axes
        See `alt_text`, `as_html` and `save_png` for what to do with it. Where a share is hidden the one last shown
        holds on, and the bands of a day are drawn so that they fill it.

    Raises
    ------
    CallError
        When the table is empty, lacks a column, holds several groups, or when nothing of it is shown.

    Examples
    --------
    >>> import pandas as pd
    >>> table = pd.DataFrame({
    ...     "instrument": "PHQ-9", "strategy": "treatment-policy", "day": [0, 0, 28, 28],
    ...     "state": ["not yet responded", "responded"] * 2, "estimate": [1, 0, 0.6, 0.4],
    ...     "denominator": [90, 90, 80, 80], "status": "ok", "known_days": 35, "definitions": "default 1",
    ... })
    >>> ax = occupancy_by_day(table)
    >>> [text.get_text() for text in ax.texts if text.get_gid() == "name"]
    ['responded 40 %', 'not yet responded 60 %']
    """
    frame, internal, group = _one_group(table)
    shares = _shares(frame)
    followed = frame.groupby("day")["denominator"].first().reindex(shares.index).ffill()
    title = f"Where people are by day since the first session{group}"
    strategy = "after stopping too" if frame["strategy"].iloc[0] == "treatment-policy" else "while on treatment"
    subtitle = f"{frame['instrument'].iloc[0]}, {strategy}; share of all who started"
    note = _note(frame)
    with drawing():
        names = {str(state): f"{state} {_last_share(frame, shares, str(state))}" for state in shares}
        right = 12 + max(text_width(name, SMALL, bold=True) for name in names.values())
        canvas = open_canvas(ax, left=text_width("followed", SMALL) + LABEL_ROOM + 6, right=right, height=HEIGHT)
        _bands(canvas, shares, names)
        _numbers(canvas, followed)
        canvas.head(title, subtitle, internal=internal)
        canvas.foot(note)
        return canvas.finish(ChartText(title, note, _alternative(shares, followed, title)))


def _one_group(table: object) -> tuple[pd.DataFrame, bool, str]:
    """Return the rows, whether they are internal, and the group as it stands in the title."""
    if isinstance(table, Disclosed):
        frame, internal = table.table, table.audience != "public"
    elif isinstance(table, pd.DataFrame):
        frame, internal = table, True
    else:
        raise CallError(f"{_CHART} draws what occupancy() gives, not {type(table).__name__}.")
    for column in NEEDS:
        if column not in frame:
            hint = nearest_name(column, [str(name) for name in frame.columns])
            raise CallError(f"{_CHART} needs the column '{column}', which the table does not have.{hint}")
    if frame.empty:
        raise CallError(f"{_CHART} was given a table without rows, so there is nothing to draw.")
    strangers = sorted(set(frame["state"]) - set(BANDS))
    if strangers:
        raise CallError(f"{_CHART} does not know the state '{strangers[0]}'. Known: {', '.join(BANDS)}.")
    groups = [str(name) for name in frame.columns if name not in FIXED]
    varying = [name for name in (*groups, "instrument", "strategy") if len(frame[name].unique()) > 1]
    if varying:
        raise CallError(
            f"{_CHART} draws one group; the table has several, by {listed(varying)}. "
            f"Select one: disclose the whole table first, then .table[.table['{varying[0]}'] == ...]."
        )
    if frame.duplicated(["day", "state"]).any():
        raise CallError(f"{_CHART}: a state stands in the table twice for one day. Give one row for each.")
    named = listed([group_value(name, frame[name].iloc[0]) for name in groups]) if groups else ""
    return frame.reset_index(drop=True), internal, f": {named}" if named else ""


def _shares(frame: pd.DataFrame) -> pd.DataFrame:
    """Lay out the shares by day and state, held where they are hidden, up to the last day on which one is shown."""
    wide = frame.assign(estimate=frame["estimate"].astype("float64")).set_index(["day", "state"])["estimate"].unstack()  # noqa: PD010
    wide = wide[[state for state in BANDS if state in wide]].sort_index()
    shown = wide.notna().any(axis=1)
    if not shown.any():
        raise CallError(f"{_CHART}: no share of this group is shown, so there is nothing to draw.")
    held = wide.loc[: shown[shown].index[-1]].ffill().fillna(0.0)
    held = held.where((held.sum(axis=1) - 1).abs() <= ALMOST).ffill().dropna()
    if held.empty:
        raise CallError(f"{_CHART}: on no day are shares shown that make up the whole, so there is nothing to draw.")
    return held.div(held.sum(axis=1), axis=0)


def _bands(canvas: Canvas, shares: pd.DataFrame, names: dict[str, str]) -> None:
    """Draw the bands, and write each one's name and last share beside its end."""
    ax = canvas.ax
    days = shares.index.to_numpy(float)
    tops = shares.to_numpy().cumsum(axis=1)
    middles = []
    for place, state in enumerate(shares):
        below = tops[:, place - 1] if place else np.zeros(len(days))
        ax.fill_between(
            days, below, tops[:, place], step="post", facecolor=BANDS[str(state)], edgecolor=PAPER, linewidth=0.5,
            gid=f"band:{state}", zorder=2.0,
        )  # fmt: skip
        middles.append((below[-1] + tops[-1, place]) / 2)
    for height, state in zip(_apart(middles, LINE / canvas.height), shares, strict=True):
        colour = (
            INK if BANDS[str(state)] in {"#F0E442", "#DDDDDD", "#BFE3F7", "#ABABAB", "#56B4E9"} else BANDS[str(state)]
        )
        canvas.write(1, height, "■", canvas.shifted(3, 0), colour=BANDS[str(state)], gid="key", va="center")
        canvas.write(1, height, names[str(state)], canvas.shifted(11, 0), colour=colour, gid="name", va="center")
    ax.set_xlim(days[0], max(days[-1], days[0] + 1))
    ax.set_ylim(0, 1)
    ax.set_yticks([0, 0.25, 0.5, 0.75, 1])
    ax.yaxis.set_major_formatter(PercentFormatter(1, decimals=0, symbol=" %"))
    ax.set_xticks(_ticks(days))
    canvas.plain_axes(
        lines="y", x_label="Days since the first session", label_at=canvas.under(17), label_x=float(days.mean())
    )
    canvas.below = 30


def _apart(middles: list[float], least: float) -> list[float]:
    """Move labels apart, from the bottom up, so that each has a line of its own; then down again from the top.

    Examples
    --------
    >>> [round(height, 2) for height in _apart([0.5, 0.5, 0.99, 1.0], 0.05)]
    [0.5, 0.55, 0.95, 1.0]
    """
    placed: list[float] = []
    for middle in middles:
        placed.append(max(middle, placed[-1] + least) if placed else max(middle, 0.0))
    ceiling = 1.0
    for place in reversed(range(len(placed))):
        placed[place] = min(placed[place], ceiling)
        ceiling = placed[place] - least
    return placed


def _ticks(days: np.ndarray) -> list[float]:
    """Choose at most eight ticks in steps of weeks or months."""
    span = days[-1] - days[0]
    step = next((each for each in (1, 7, 14, 28, 60, 90, 180, 365, 730) if span / each <= 7), 1460)
    return [float(tick) for tick in np.arange(days[0], days[-1] + 1, step)]


def _numbers(canvas: Canvas, followed: pd.Series) -> None:
    """Write under the ticks how many are followed to that day."""
    canvas.below += 8
    transform = canvas.under(canvas.below)
    canvas.write(
        0, 0, "followed", canvas.shifted(-LABEL_ROOM, -canvas.below), colour=GREY, ha="right", va="center", gid="row"
    )
    for tick in canvas.ax.get_xticks():
        count = followed.get(int(tick))
        words = "hidden" if count is None or pd.isna(count) else number(count)
        canvas.write(float(tick), 0, words, transform, size=SMALL, ha="center", va="center", gid="number:denominator")
    canvas.below += 6


def _last_share(frame: pd.DataFrame, shares: pd.DataFrame, state: str) -> str:
    """Write a state's last share; one that was held at none says nothing of those hidden since."""
    share = float(shares[state].iloc[-1])
    last = frame[(frame["state"] == state) & (frame["day"] == shares.index[-1])]
    return "hidden" if share == 0 and (last["status"] == "hidden").any() else _share(share)


def _share(share: float) -> str:
    return "< 1 %" if 0 < share < 0.005 else percent(share)


def _note(frame: pd.DataFrame) -> str:
    known = frame["known_days"].iloc[0]
    said = [f"Aalen-Johansen; a state is known for {known} days after a score; who is not known may be in any state."]
    said.append("Followed: to that day, by the data cut.")
    if frame["due"].isin(["assumed", "mixed"]).any() if "due" in frame else False:
        said.append("Due: assumed for some or all, without dates.")
    said.append(f"Definitions: {listed([str(name) for name in frame['definitions'].dropna().unique()])}.")
    if (frame["status"] == "hidden").any():
        said.append("Steps: a share is shown again once more people have changed than may be hidden.")
    return " ".join(said)


def _alternative(shares: pd.DataFrame, followed: pd.Series, title: str) -> str:
    days = [int(tick) for tick in _ticks(shares.index.to_numpy(float)) if int(tick) in shares.index]
    parts = [
        f"{title}. Stacked areas that add up to 100 % on each day.",
        f"Horizontal axis: day {days[0]} to {shares.index[-1]}.",
    ]
    for day in dict.fromkeys([days[0], days[len(days) // 2], int(shares.index[-1])]):
        row = shares.loc[day]
        told = [
            f"{state} {_share(share)}" for state, share in zip(row.index, row.to_numpy(float), strict=True) if share > 0
        ]
        count = followed.loc[day]
        of = "" if pd.isna(count) else f" ({number(count)} followed)"
        parts.append(f"Day {day}{of}: {listed(told)}.")
    return sentences(parts)

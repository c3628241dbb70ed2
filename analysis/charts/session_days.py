"""Treatment sessions by the day of the course: one strip for each phase."""

from math import log10

import pandas as pd
from matplotlib.axes import Axes

from analysis.charts.canvas import BODY, Canvas, open_canvas
from analysis.charts.picture import ChartText
from analysis.charts.style import GREY, SERIES_STYLES, drawing, text_width
from analysis.charts.wording import group_value, listed, number, sentences
from analysis.disclosure.suppression import Disclosed
from analysis.vocabulary.errors import CallError, nearest_name

NEEDS = ("phase", "course_day", "sessions", "status", "definitions")
STRIPS = ("loading", "maintenance", "unknown")
STRIP_HEIGHT, STRIP_GAP = 74.0, 24.0  # points
WEEKS = 28  # days between two ticks: four weeks
_CHART = "sessions_by_day"


def sessions_by_day(table: pd.DataFrame | Disclosed, *, last_day: int = 168, ax: Axes | None = None) -> Axes:
    """Draw how many treatment sessions were given on each day of the course, loading and maintenance apart.

    Parameters
    ----------
    table : DataFrame or Disclosed
        ``phases(cohort).days``, of one group. A table that has not been disclosed for the public is stamped internal.
    last_day : int
        The last course day to draw; the note says how many sessions came later.
    ax : Axes, optional
        Axes to draw on; leave room around them for the words. By default the chart makes its own figure, ``ax.figure``.

    Returns
    -------
    Axes
        Each phase stands on a line and a scale of its own, so that the few sessions a day of maintenance can be seen
        beside the many of loading. See `alt_text`, `as_html` and `save_png` for what to do with it.

    Raises
    ------
    CallError
        When the table is empty, lacks a column, or has several groups, or when there is no day to draw.

    Examples
    --------
    >>> import pandas as pd
    >>> table = pd.DataFrame({
    ...     "phase": ["loading", "loading", "maintenance"], "course_day": [0, 4, 35], "sessions": [80, 60, 9],
    ...     "status": "ok", "definitions": "default 1",
    ... })
    >>> ax = sessions_by_day(table, last_day=56)
    >>> [label.get_text() for label in ax.get_xticklabels()], [label.get_text() for label in ax.get_yticklabels()]
    (['0', '28', '56'], ['0', '10', '0', '80'])
    """
    frame, internal, group = _one_group(table)
    if last_day < 1:
        raise CallError(f"{_CHART}: last_day must be at least 1.")
    shown = frame[(frame["status"] == "ok") & frame["course_day"].between(0, last_day)]
    phases = [phase for phase in STRIPS if phase in set(frame["phase"])]
    totals = {phase: int(shown.loc[shown["phase"] == phase, "sessions"].sum()) for phase in phases}
    tops = {phase: _round_top(shown.loc[shown["phase"] == phase, "sessions"].max()) for phase in phases}
    title = f"Treatment sessions by course day{group}"
    note = _note(frame, last_day)
    with drawing():
        left = 14 + max(text_width(number(top), BODY) for top in tops.values())
        height = STRIP_HEIGHT * len(phases) + STRIP_GAP * (len(phases) - 1)
        canvas = open_canvas(ax, left=left, right=10.0, height=height)
        _strips(canvas, shown, totals, tops, last_day)
        canvas.head(title, "Each phase has a scale of its own; day 0 is the first session", internal=internal)
        canvas.foot(note)
        return canvas.finish(ChartText(title, note, _alternative(shown, title, totals, last_day)))


def _one_group(table: object) -> tuple[pd.DataFrame, bool, str]:
    """Return the rows, whether they are internal, and the group as it stands in the title."""
    if isinstance(table, Disclosed):
        frame, internal = table.table, table.audience != "public"
    elif isinstance(table, pd.DataFrame):
        frame, internal = table, True
    else:
        raise CallError(f"{_CHART} draws the table phases(cohort).days, not {type(table).__name__}.")
    for column in NEEDS:
        if column not in frame:
            hint = nearest_name(column, [str(name) for name in frame.columns])
            raise CallError(f"{_CHART} needs the column '{column}', which the table does not have.{hint}")
    if frame.empty:
        raise CallError(f"{_CHART} was given a table without rows, so there is nothing to draw.")
    strangers = sorted(set(frame["phase"]) - set(STRIPS))
    if strangers:
        raise CallError(f"{_CHART} does not know the phase '{strangers[0]}'. Known: {', '.join(STRIPS)}.")
    groups = [str(name) for name in frame.columns if name not in NEEDS]
    varying = [name for name in groups if len(frame[name].unique()) > 1]
    if varying:
        raise CallError(
            f"{_CHART} draws one group; the table has several, by {listed(varying)}. "
            f"Select one: table[table['{varying[0]}'] == ...]."
        )
    if frame.duplicated(["phase", "course_day"]).any():
        raise CallError(f"{_CHART}: a day stands in the table twice for one phase. Give one row for each.")
    named = listed([group_value(name, frame[name].iloc[0]) for name in groups]) if groups else ""
    return frame.reset_index(drop=True), internal, f": {named}" if named else ""


def _strips(canvas: Canvas, shown: pd.DataFrame, totals: dict[str, int], tops: dict[str, int], last_day: int) -> None:
    """Draw the strips from the bottom up, the first phase at the top."""
    ax = canvas.ax
    step = 1 + STRIP_GAP / STRIP_HEIGHT
    places: list[float] = []
    labels: list[str] = []
    for index, (phase, top) in enumerate(reversed(tops.items())):
        base = index * step
        rows = shown[shown["phase"] == phase]
        style = SERIES_STYLES[STRIPS.index(phase)] if phase != "unknown" else None
        ax.bar(
            rows["course_day"].to_numpy(float),
            rows["sessions"].to_numpy(float) / top,
            width=0.8,
            bottom=base,
            color=style.colour if style else GREY,
            linewidth=0,
            gid=f"bars:{phase}",
            zorder=2.0,
        )
        canvas.write(
            1,
            base + 1,
            f"{phase.capitalize()}: {number(totals[phase])} sessions",
            canvas.beside(0, 4),
            bold=True,
            colour=style.ink if style else GREY,
            gid="name",
            ha="right",
            va="bottom",
        )
        places += [base, base + 1]
        labels += ["0", number(top)]
    ax.set_xlim(-1, last_day + 1)
    ax.set_ylim(0, (len(tops) - 1) * step + 1)
    ax.set_yticks(places, labels)
    ticks = range(0, last_day + 1, WEEKS if last_day < 7 * WEEKS else WEEKS * -(-last_day // (7 * WEEKS)))
    ax.set_xticks(list(ticks), [str(tick) for tick in ticks])
    canvas.plain_axes(lines="y", x_label="Course day", label_at=canvas.under(17), label_x=last_day / 2)
    canvas.below = 28


def _round_top(most: object) -> int:
    """Return the end of a scale: a round number at or above the most.

    Examples
    --------
    >>> _round_top(1169), _round_top(82), _round_top(9), _round_top(float("nan"))
    (1500, 100, 10, 1)
    """
    if pd.isna(most) or not most:  # type: ignore[call-overload]
        return 1
    value = int(most)  # type: ignore[call-overload]
    power = int(10 ** int(log10(value)))
    tenths: list[int] = [step * power for step in (10, 15, 20, 30, 40, 50, 60, 80, 100)]
    return next(tenth // 10 for tenth in tenths if tenth % 10 == 0 and tenth >= 10 * value)


def _note(frame: pd.DataFrame, last_day: int) -> str:
    later = int(frame.loc[frame["course_day"] > last_day, "sessions"].sum())
    said = ["Sessions of each person's first course, without people who had ketamine before."]
    if later:
        said.append(f"{number(later)} sessions after day {last_day} are not drawn.")
    said.append(f"Definitions: {listed([str(name) for name in frame['definitions'].dropna().unique()])}.")
    if (frame["status"] == "hidden").any():
        said.append("Hidden: withheld to protect small groups.")
    return " ".join(said)


def _alternative(shown: pd.DataFrame, title: str, totals: dict[str, int], last_day: int) -> str:
    parts = [
        f"{title}. Bar chart, one strip for each phase.",
        f"Horizontal axis: course day, 0 to {last_day}.",
        "Vertical axis: sessions on that day, with a scale of its own for each phase.",
    ]
    for phase, total in totals.items():
        rows = shown[shown["phase"] == phase]
        if not total:
            parts.append(f"{phase}: no session can be shown.")
            continue
        most = rows.iloc[int(rows["sessions"].to_numpy("int64").argmax())]
        parts.append(
            f"{phase}: {number(total)} sessions from day {rows['course_day'].min()} to day {rows['course_day'].max()}, "
            f"most on day {most['course_day']} ({number(most['sessions'])})."
        )
    return sentences(parts)

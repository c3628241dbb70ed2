"""What is measured at sessions: shares of sessions over set limits."""

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from analysis.charts.canvas import open_canvas
from analysis.charts.estimate_rows import EstimateRow, draw_rows, not_shown, room_beside, rows_height, safety_table
from analysis.charts.picture import ChartText
from analysis.charts.style import SERIES_STYLES, drawing
from analysis.charts.wording import number, sentences
from analysis.disclosure.suppression import Disclosed
from analysis.estimate.safety.session_rows import MEAN, OF_SESSIONS
from analysis.vocabulary.errors import CallError

_CHART = "vital_signs_over_limits"
_NEEDS = ("name", "record", "unit", "measure", "estimate", "low", "high", "numerator", "denominator", "status",
          "sessions", "definitions")  # fmt: skip
_PRESSURE = ("systolic", "diastolic")
_MOST_DECIMALS_BELOW = 0.1


def vital_signs_over_limits(table: pd.DataFrame | Disclosed, *, ax: Axes | None = None) -> Axes:
    """Draw in what share of the sessions measured the blood pressure was over a limit, or rose by as much.

    Parameters
    ----------
    table : DataFrame or Disclosed
        ``sessions`` of `safety`, of one group. A table that has not been disclosed for the public is stamped internal.
    ax : Axes, optional
        Axes to draw on; leave room around them for the words. By default the chart makes its own figure, ``ax.figure``.

    Returns
    -------
    Axes
        See `alt_text`, `as_html` and `save_png` for what to do with it.

    Raises
    ------
    CallError
        When it is no such table, is empty, or has several groups.

    Examples
    --------
    >>> import pandas as pd
    >>> table = pd.DataFrame({
    ...     "name": ["systolic >= 180"], "record": "systolic peak", "unit": "", "measure": "share of sessions",
    ...     "estimate": [0.02], "low": [0.01], "high": [0.03], "numerator": [20], "denominator": [1000], "status": "ok",
    ...     "sessions": 1100, "definitions": "default 1",
    ... })
    >>> ax = vital_signs_over_limits(table)
    >>> [text.get_text() for text in ax.texts if text.get_gid() == "label"]
    ['systolic ≥ 180']
    """
    frame, internal = safety_table(table, chart=_CHART, needs=_NEEDS, takes="the table sessions of safety()")
    of_pressure = frame["name"].str.startswith(_PRESSURE)
    shares = frame[of_pressure & (frame["measure"] == OF_SESSIONS)]
    means = frame[of_pressure & (frame["measure"] == MEAN)]
    if shares.empty:
        raise CallError(f"{_CHART} draws the shares of sessions of the table sessions; the table has none of them.")
    rows = [_row(row) for _, row in shares.iterrows()]
    title = "Blood pressure at sessions: over set limits"
    subtitle = "Percent of the sessions with the measurement, with intervals clustered by patient"
    note = _note(frame, shares, means)
    left, right, starts = room_beside(rows)
    height = rows_height(rows)
    top = 100 * max((row.high for row in rows if row.is_shown), default=0.01)
    with drawing():
        canvas = open_canvas(ax, left=left, right=right, height=height)
        ticks = [float(tick) for tick in MaxNLocator(nbins=5).tick_values(0, top) if tick >= 0]
        canvas.ax.set_xlim(0, ticks[-1] / 100)
        canvas.ax.set_ylim(height, 0)
        canvas.ax.set_yticks([])
        canvas.ax.set_xticks([tick / 100 for tick in ticks], [f"{tick:g} %" for tick in ticks])
        canvas.plain_axes(lines="x", x_label="Percent of sessions", label_at=canvas.shifted(0, -17), label_x=0.5)
        canvas.below = 28
        canvas.head(title, subtitle, internal=internal)
        draw_rows(canvas, rows, starts)
        canvas.foot(note)
        return canvas.finish(ChartText(title, note, _alternative(shares, means, title)))


def _row(row: pd.Series) -> EstimateRow:
    label, style = _name(row), SERIES_STYLES[1 if "rise" in str(row["name"]) else 0]
    if row["status"] != "ok":
        return EstimateRow(label, style, texts=("not recorded",), is_hidden=row["status"] == "hidden")
    interval = "no interval" if pd.isna(row["low"]) else f"({_percent(row['low'])} to {_percent(row['high'])} %)"
    fraction = f"{number(row['numerator'])} of {number(row['denominator'])}"
    low, high = (float(row["estimate"] if pd.isna(row[name]) else row[name]) for name in ("low", "high"))
    texts = (f"{_percent(row['estimate'])} %", interval, fraction)
    return EstimateRow(label, style, float(row["estimate"]), low, high, texts)


def _name(row: pd.Series) -> str:
    return str(row["name"]).replace(">=", "≥")


def _percent(share: float) -> str:
    return f"{100 * share:.1f}" if share < _MOST_DECIMALS_BELOW else f"{100 * share:.0f}"


def _means(means: pd.DataFrame) -> list[str]:
    return [
        f"mean {row['name']} {row['estimate']:.1f} mmHg, median {row['median']:g} ({row['lower_quartile']:g} to "
        f"{row['upper_quartile']:g})"
        for _, row in means[means["status"] == "ok"].iterrows()
    ]


def _note(frame: pd.DataFrame, shares: pd.DataFrame, means: pd.DataFrame) -> str:
    said = [f"{number(frame['sessions'].max())} sessions given; at the right, sessions with it of those measured."]
    said += [f"{sentences([each])}." for each in _means(means)]
    said.append("Rise: peak less the value before the session. Limits are inclusive, mmHg.")
    said.append("Intervals: effective number of sessions, clustered by patient, 95 %.")
    said.append(f"Definitions: {frame['definitions'].iloc[0]}.")
    if (shares["status"] == "hidden").any():
        said.append("Hidden: withheld to protect small groups.")
    return " ".join(said)


def _alternative(shares: pd.DataFrame, means: pd.DataFrame, title: str) -> str:
    parts = [f"{title}. Chart of dots with intervals, one row for each limit."]
    parts += [
        f"{_name(row)}: {_percent(row['estimate'])} percent ({number(row['numerator'])} of "
        f"{number(row['denominator'])} sessions)."
        for _, row in shares[shares["status"] == "ok"].iterrows()
    ]
    return sentences([*parts, *(f"{each}." for each in _means(means)), *not_shown(shares)])

"""Mean score by session, from the baseline on."""

import pandas as pd
from matplotlib.axes import Axes

from analysis.charts.canvas import SMALL, Canvas, open_canvas
from analysis.charts.number_rows import NumberRow, draw_numbers, room_left, room_right
from analysis.charts.picture import ChartText
from analysis.charts.session_response import session_number
from analysis.charts.style import GREY, drawing, text_width
from analysis.charts.tidy import Series, Tidy, at_most_four, by_groups, hidden_and_empty, notes, split, tidy
from analysis.charts.timeline import PLOT_HEIGHT, draw_series, frame, placed, points_in_words, shown
from analysis.charts.wording import listed, number, sentences
from analysis.disclosure.suppression import Disclosed
from analysis.vocabulary.errors import CallError
from analysis.vocabulary.instruments import Instrument

NEEDS = ("instrument", "window", "estimate", "low", "high", "method", "denominator", "status", "started", "definitions")
_CHART = "mean_score_by_session"
_BANDS = ("#F6F6F6", "#FFFFFF")


def mean_score_by_session(
    table: pd.DataFrame | Disclosed, *, instrument: Instrument | None = None, ax: Axes | None = None
) -> Axes:
    """Draw the mean total at baseline and after each session, with its interval.

    Parameters
    ----------
    table : DataFrame or Disclosed
        Rows of `mean_scores` for the windows ``baseline`` and ``after session k``, one instrument. Up to four groups
        are drawn apart. A table that has not been disclosed for the public is stamped internal.
    instrument : Instrument, optional
        The scale of the table (``definitions.instruments["PHQ-9"]``): shows its whole range and its severity bands.
        Without it the axis ends a little above the highest interval.
    ax : Axes, optional
        Axes to draw on; leave room around them for the words. By default the chart makes its own figure, ``ax.figure``.

    Returns
    -------
    Axes
        See `alt_text`, `as_html` and `save_png` for what to do with it.

    Raises
    ------
    CallError
        When the table is empty, lacks a column, has other windows, several instruments or more than four series, or
        when ``instrument`` is another one than the table's.

    Examples
    --------
    >>> import pandas as pd
    >>> table = pd.DataFrame({
    ...     "instrument": "PHQ-9", "window": ["baseline", "after session 1"], "estimate": [17.5, 13.0],
    ...     "low": [16.8, 12.1], "high": [18.2, 13.9], "method": "t, 95 %", "numerator": [1750, 1170],
    ...     "denominator": [100, 90], "status": "ok", "started": [110, 110], "definitions": "default 1",
    ... })
    >>> ax = mean_score_by_session(table)
    >>> [label.get_text() for label in ax.get_xticklabels()]
    ['Baseline', '1']
    """
    data = placed(
        tidy(table, chart=_CHART, needs=NEEDS),
        _place,
        chart=_CHART,
        draws="the windows 'baseline' and 'after session k'",
    )
    if instrument is not None and instrument.name != data.instrument:
        raise CallError(
            f"{_CHART}: the table is of {data.instrument}, but instrument= is {instrument.name}. Give the same one."
        )
    series = split(data)
    at_most_four(data, series, chart=_CHART)
    rows = [NumberRow("scored", "denominator"), NumberRow("due", "started")]
    title = f"Mean {data.instrument} total by session{by_groups(data)}"
    subtitle = "Mean of those scored at each session; vertical bars are intervals"
    places = {float(x): str(x) if x else "Baseline" for x in sorted(data.rows["x"].unique())}
    top, ticks = _scale(data, instrument)
    with drawing():
        right = (
            max(room_right(series), *(text_width(name, SMALL) + 10 for _, name in instrument.severity))
            if instrument
            else room_right(series)
        )
        canvas = open_canvas(ax, left=room_left([row.label for row in rows]), right=right, height=PLOT_HEIGHT)
        frame(canvas, places, x_label="Session number", top=top, ticks=ticks, tick_text=lambda tick: f"{tick:.0f}")
        if instrument is not None:
            _bands(canvas, instrument, top, named=len(series) == 1)
        canvas.head(title, subtitle, internal=data.internal)
        draw_series(canvas, series)
        thousands = draw_numbers(canvas, series, lambda _: rows)
        note = f"{notes(data, thousands=thousands)} Later sessions: only those who came back are scored."
        if instrument is not None and len(series) > 1:
            note += f" Bands: {listed([f'{name} from {low}' for low, name in instrument.severity])}."
        canvas.foot(note)
        return canvas.finish(ChartText(title, note, _alternative(data, series, title, top)))


def _place(window: str) -> int | None:
    return 0 if window == "baseline" else session_number(window)


def _scale(data: Tidy, instrument: Instrument | None) -> tuple[float, list[float]]:
    seen = data.rows[shown(data.rows)]
    highest = float(seen[["estimate", "high"]].to_numpy(float).max()) if len(seen) else 0.0
    top = float(instrument.total_max) if instrument else max(5.0, 5 * (highest // 5 + 1))
    step = next(step for step in (5, 10, 20, 50, 100, 1000) if top / step <= 7)
    return top, [float(tick) for tick in range(0, int(top) + 1, step)]


def _bands(canvas: Canvas, instrument: Instrument, top: float, *, named: bool) -> None:
    lows = [low for low, _ in instrument.severity]
    for index, ((low, name), high) in enumerate(zip(instrument.severity, [*lows[1:], top], strict=True)):
        canvas.ax.axhspan(low, high, facecolor=_BANDS[index % 2], edgecolor="none", zorder=0.1, gid="band")
        if named:
            canvas.write(
                1, (low + high) / 2 / top, name, canvas.shifted(6, 0), colour=GREY, gid="band name", va="center"
            )


def _alternative(data: Tidy, series: list[Series], title: str, top: float) -> str:
    last = int(data.rows["x"].max())
    parts = [
        f"{title}. Chart of points with intervals.",
        f"Horizontal axis: session number, up to {last}; 0 is the baseline.",
        f"Vertical axis: mean total of those scored, 0 to {top:.0f}.",
    ]
    return sentences([*parts, *points_in_words(series, _sentence), *hidden_and_empty(data)])


def _sentence(row: pd.Series) -> str:
    when = f"after session {row['x']}" if row["x"] else "baseline"
    return (
        f"{when}: mean {row['estimate']:.1f} ({number(row['denominator'])} scored of {number(row['started'])} due; "
        f"interval {row['low']:.1f} to {row['high']:.1f})"
    )

"""A rate over time, as the charts by session and by phase share it."""

from collections.abc import Callable

import pandas as pd
from matplotlib.axes import Axes

from analysis.charts.canvas import open_canvas
from analysis.charts.number_rows import NumberRow, draw_numbers, room_left, room_right
from analysis.charts.picture import ChartText
from analysis.charts.style import drawing
from analysis.charts.tidy import Series, Tidy, at_most_four, by_groups, hidden_and_empty, notes, split, tidy
from analysis.charts.timeline import PLOT_HEIGHT, draw_series, frame, placed, points_in_words
from analysis.charts.wording import (
    counted,
    estimand_words,
    in_hundred,
    number,
    outcome_words,
    percent,
    percent_range,
    sentences,
)

NEEDS = (
    "instrument",
    "window",
    "outcome",
    "estimand",
    "estimate",
    "low",
    "high",
    "method",
    "numerator",
    "denominator",
    "status",
    "started",
    "scored",
    "definitions",
)


def rates_over_time(
    table: object,
    *,
    ax: Axes | None,
    chart: str,
    position: Callable[[str], int | None],
    draws: str,
    tick: Callable[[int], str],
    x_label: str,
    when: str,
    moment: Callable[[int], str],
    caveat: str,
    headline: int | None = None,
) -> Axes:
    """Draw one rate, or up to four, over time.

    Parameters
    ----------
    table : DataFrame or Disclosed
    ax : Axes or None
    chart : str
        The public function's name, for messages.
    position : callable
        The place of a window on the axis, None where it has none.
    draws : str
        Which windows the chart draws, for messages.
    tick, moment : callable
        A place's label on the axis, and in a sentence.
    x_label, when, caveat : str
        The axis, the end of the title, and what to keep in mind.
    headline : int, optional
        The place that the alternative text names besides the first and the last.

    Returns
    -------
    Axes
    """
    data = placed(tidy(table, chart=chart, needs=NEEDS), position, chart=chart, draws=draws)
    series = split(data, by=("outcome", "estimand"))
    at_most_four(data, series, chart=chart)
    title, subtitle = _heading(data, when)
    rows = {
        one.label: _number_rows(one, first)
        for one, first in zip(series, _first_of_its_people(data, series), strict=True)
    }
    places = {float(x): tick(int(x)) for x in sorted(data.rows["x"].unique())}
    with drawing():
        canvas = open_canvas(
            ax,
            left=room_left([row.label for some in rows.values() for row in some]),
            right=room_right(series),
            height=PLOT_HEIGHT,
        )
        frame(canvas, places, x_label=x_label, top=1.0, ticks=[0, 0.25, 0.5, 0.75, 1.0], tick_text=percent)
        canvas.head(title, subtitle, internal=data.internal)
        draw_series(canvas, series)
        thousands = draw_numbers(canvas, series, lambda one: rows[one.label])
        note = f"{notes(data, thousands=thousands)} {caveat}".strip()
        canvas.foot(note)
        return canvas.finish(
            ChartText(
                title,
                note,
                _alternative(
                    data, series, title=title, subtitle=subtitle, x_label=x_label, moment=moment, headline=headline
                ),
            )
        )


def _heading(data: Tidy, when: str) -> tuple[str, str]:
    outcome, estimand = data.only("outcome"), data.only("estimand")
    what = outcome_words(outcome).title if outcome else "outcomes"
    verb = f" who {outcome_words(outcome).verb}" if outcome else " with each outcome"
    if estimand is None:
        whom = f"Percent{verb}, by who is counted"
    else:
        whom, _, rule = counted(estimand, outcome or "").partition(" (")
        whom = f"Percent {whom}{verb}" + (f" ({rule}" if rule and outcome else "")
    return f"{data.instrument} {what} {when}{by_groups(data)}", f"{whom}; vertical bars are intervals"


def _first_of_its_people(data: Tidy, series: list[Series]) -> list[bool]:
    """Say for each series whether it is the first of its group: how many were due and scored need saying once only."""
    keys = [tuple(str(one.rows[name].iloc[0]) for name in data.groups) for one in series]
    return [key not in keys[:index] for index, key in enumerate(keys)]


def _number_rows(one: Series, first: bool) -> list[NumberRow]:
    estimand = str(one.rows["estimand"].iloc[0])
    rows = [
        NumberRow(outcome_words(str(one.rows["outcome"].iloc[0])).count, "numerator"),
        NumberRow(estimand_words(estimand).count, "denominator"),
    ]
    if first and estimand != "observed":
        rows.append(NumberRow("scored", "scored"))
    if first and estimand != "starters":
        rows.append(NumberRow("due", "started"))
    return rows


def _alternative(
    data: Tidy,
    series: list[Series],
    *,
    title: str,
    subtitle: str,
    x_label: str,
    moment: Callable[[int], str],
    headline: int | None,
) -> str:
    first, last = int(data.rows["x"].min()), int(data.rows["x"].max())
    parts = [
        f"{title}. Chart of points with intervals.",
        f"Horizontal axis: {x_label[0].lower()}{x_label[1:]}, from {moment(first)} to {moment(last)}.",
        f"Vertical axis: {subtitle[0].lower()}{subtitle.partition(';')[0][1:]}, 0 to 100.",
    ]
    said = points_in_words(series, lambda row: _sentence(row, moment), also=headline)
    return sentences([*parts, *said, *hidden_and_empty(data)])


def _sentence(row: pd.Series, moment: Callable[[int], str]) -> str:
    return (
        f"{moment(int(row['x']))}: {in_hundred(row['estimate'])} {outcome_words(str(row['outcome'])).verb} "
        f"({number(row['numerator'])} of {number(row['denominator'])}; "
        f"interval {percent_range(row['low'], row['high'])})"
    )

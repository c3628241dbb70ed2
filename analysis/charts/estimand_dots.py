"""The denominators side by side: the same rate of those scored, of those eligible, and of everyone who started."""

from typing import Any

import pandas as pd
from matplotlib.axes import Axes

from analysis.charts.canvas import BODY, SMALL, Canvas, open_canvas
from analysis.charts.picture import ChartText
from analysis.charts.rates_over_time import NEEDS
from analysis.charts.style import GREY, INK, PAPER, SERIES_STYLES, SeriesStyle, drawing, text_width, wrapped
from analysis.charts.tidy import Series, Tidy, by_groups, hidden_and_empty, notes, split, tidy
from analysis.charts.timeline import shown
from analysis.charts.wording import (
    counted,
    estimand_words,
    in_hundred,
    listed,
    number,
    outcome_words,
    percent,
    percent_range,
    sentences,
    when,
)
from analysis.disclosure.suppression import Disclosed
from analysis.vocabulary.errors import CallError

MOST_SECTIONS = 8
ROW, HEADING = 25.0, 18.0  # points
_MARGIN = 18.0
_CHART = "denominators"
_STYLES = dict(zip(("observed", "nonresponder", "starters", "completers"), SERIES_STYLES, strict=True))
_RANGE = SeriesStyle(GREY, GREY, "", "-")
_STYLES |= dict.fromkeys(("bounds", "bounds of the eligible", "bounds of all starters"), _RANGE)
_STYLES |= {"weighted": SeriesStyle(INK, INK, "v", "-"), "carried-forward": SeriesStyle(GREY, GREY, "X", "-")}
_STYLES |= dict.fromkeys(("imputed", "imputed-left-worse", "imputed-back-to-baseline"), SeriesStyle(INK, INK, "P", "-"))
_STYLES |= {"model": SeriesStyle(INK, INK, "*", "-")}
_STYLES |= {"inverse-intensity": SeriesStyle(INK, INK, "^", "-")}
_NOT_A_RATIO = {"weighted", "inverse-intensity", "imputed", "imputed-left-worse", "imputed-back-to-baseline", "model"}


def denominators(table: pd.DataFrame | Disclosed, *, ax: Axes | None = None) -> Axes:
    """Draw one rate under each of its denominators, so that none is read alone.

    Parameters
    ----------
    table : DataFrame or Disclosed
        Rows of `response_rates` with several denominators, or the table of `estimands`; one instrument and outcome.
        Groups and windows make up to eight sections. A table that has not been disclosed for the public is stamped
        internal.
    ax : Axes, optional
        Axes to draw on; leave room around them for the words. By default the chart makes its own figure, ``ax.figure``.

    Returns
    -------
    Axes
        See `alt_text`, `as_html` and `save_png` for what to do with it.

    Raises
    ------
    CallError
        When the table is empty, lacks a column, has an unknown denominator, several instruments or outcomes, two rows
        for the same denominator, or more than eight sections.

    Examples
    --------
    >>> import pandas as pd
    >>> table = pd.DataFrame({
    ...     "instrument": "PHQ-9", "window": "end of loading", "outcome": "response",
    ...     "estimand": ["observed", "nonresponder", "starters"], "estimate": [0.5, 0.4, 0.33],
    ...     "low": [0.4, 0.32, 0.26], "high": [0.6, 0.49, 0.41], "method": "Wilson, 95 %", "numerator": 50,
    ...     "denominator": [100, 125, 150], "status": "ok", "started": 150, "scored": 100, "due": "date",
    ...     "definitions": "default 1",
    ... })
    >>> ax = denominators(table)
    >>> sorted({text.get_text() for text in ax.texts if text.get_gid() == "fraction"})
    ['50 of 100', '50 of 125', '50 of 150']
    """
    data = tidy(table, chart=_CHART, needs=NEEDS)
    sections = _sections(data)
    outcome = outcome_words(str(data.rows["outcome"].iloc[0]))
    windows = data.rows["window"].astype(str).unique()
    moment = f" {when(windows[0])}" if len(windows) == 1 else ""
    title = f"{data.instrument} {outcome.title}{moment}{by_groups(data)}"
    ranges = "; grey without a mark: a range" if any(_is_range(row) for _, row in data.rows.iterrows()) else ""
    assumed = " and what is assumed of the unseen" if "assumption" in data.rows else ""
    subtitle = f"Percent who {outcome.verb}, by who is counted{assumed}; bars are intervals{ranges}"
    height = sum(ROW * len(one.rows) + (HEADING if one.label else 0) for one in sections)
    rows = [row for _, row in data.rows.iterrows()]
    left = 14 + max(text_width(words, size) for row in rows for words, size in _whom(row))
    share = 6 + max(text_width(_share(row), BODY, bold=True) for row in rows)
    interval = 10 + max(text_width(_interval(row), BODY) for row in rows)
    fraction = max(text_width(_fraction(row), BODY) for row in rows)
    with drawing():
        canvas = open_canvas(ax, left=left, right=_MARGIN + share + interval + fraction, height=height)
        _frame(canvas, height, f"Percent who {outcome.verb}")
        canvas.head(title, subtitle, internal=data.internal)
        y = 0.0
        for one in sections:
            if one.label:
                heading = "\n".join(wrapped(one.label, canvas.full_width, BODY, bold=True, lines=1))
                canvas.write(
                    0,
                    y + HEADING / 2 + 2,
                    heading,
                    canvas.beside(-canvas.left),
                    size=BODY,
                    bold=True,
                    va="center",
                    gid="section",
                    bbox={"facecolor": PAPER, "edgecolor": "none", "pad": 1.5},
                )
                y += HEADING
            for _, row in one.rows.iterrows():
                _draw_row(canvas, row, y + ROW / 2, share, interval)
                y += ROW
        note = notes(data)
        canvas.foot(note)
        return canvas.finish(ChartText(title, note, _alternative(data, sections, title)))


def _sections(data: Tidy) -> list[Series]:
    outcomes = data.rows["outcome"].astype(str).unique()
    if len(outcomes) > 1:
        raise CallError(
            f"{_CHART} draws one outcome; the table has {listed(list(outcomes))}. "
            f"Select one: table[table['outcome'] == '{outcomes[0]}']."
        )
    strangers = [name for name in data.rows["estimand"].astype(str).unique() if name not in _STYLES]
    if strangers:
        raise CallError(f"{_CHART} does not know the denominator '{strangers[0]}'. Known: {', '.join(_STYLES)}.")
    if data.rows.duplicated([*data.groups, "window", "estimand"]).any():
        raise CallError(
            f"{_CHART}: the table has more than one row for the same group, window and denominator. Select one period."
        )
    sections = split(data, by=("window",))
    if len(sections) > MOST_SECTIONS:
        raise CallError(
            f"{_CHART} shows up to {MOST_SECTIONS} groups or windows under each other; the table has {len(sections)}. "
            "Select fewer, or draw one chart for each."
        )
    return sections


def _frame(canvas: Canvas, height: float, x_label: str) -> None:
    ax = canvas.ax
    ticks = [0, 0.25, 0.5, 0.75, 1.0]
    ax.set_xlim(0, 1)
    ax.set_ylim(height, 0)
    ax.set_yticks([])
    ax.set_xticks(ticks, [percent(tick) for tick in ticks])
    canvas.plain_axes(lines="x", x_label=x_label, label_at=canvas.shifted(0, -17), label_x=0.5)
    canvas.below = 28


def _draw_row(canvas: Canvas, row: pd.Series, y: float, share: float, interval: float) -> None:
    ax, style = canvas.ax, _STYLES[str(row["estimand"])]
    (whom, _), *rule = _whom(row)
    canvas.write(0, y, whom, canvas.beside(-12, 4.5 if rule else 0), size=BODY, ha="right", va="center", gid="whom")
    for words, size in rule:
        canvas.write(0, y, words, canvas.beside(-12, -5.5), size=size, colour=GREY, ha="right", va="center", gid="whom")
    if _is_shown(row) or _is_range(row):
        ax.hlines(
            [y],
            [float(row["low"])],
            [float(row["high"])],
            colors=style.colour,
            linewidth=2.0,
            clip_on=False,
            zorder=2.5,
        ).set_gid("interval")
    if _is_shown(row):
        ax.plot(
            [float(row["estimate"])],
            [y],
            marker=style.marker,
            markersize=7,
            color=style.colour,
            markeredgewidth=0,
            linestyle="",
            clip_on=False,
            zorder=3.0,
            gid="points",
        )
    number_style: dict[str, Any] = {"size": BODY, "va": "center"}
    if row["status"] == "hidden":
        canvas.write(1, y, _share(row), canvas.beside(_MARGIN), colour=GREY, gid="hidden", **number_style)
        return
    canvas.write(1, y, _share(row), canvas.beside(_MARGIN), bold=_is_shown(row), gid="share", **number_style)
    canvas.write(1, y, _interval(row), canvas.beside(_MARGIN + share), gid="range", **number_style)
    canvas.write(1, y, _fraction(row), canvas.beside(_MARGIN + share + interval), gid="fraction", **number_style)


def _whom(row: pd.Series) -> list[tuple[str, float]]:
    """Return who is counted, and under it in small what happens to those not seen."""
    whom, _, rule = counted(str(row["estimand"]), str(row["outcome"])).partition(" (")
    return [(whom, BODY), (rule.rstrip(")"), SMALL)] if rule else [(whom, BODY)]


def _is_shown(row: pd.Series) -> bool:
    return bool(row["status"] == "ok" and pd.notna(row["estimate"]))


def _is_range(row: pd.Series) -> bool:
    """Say whether a row is a range without an estimate, as bounds are."""
    return bool(row["status"] == "ok" and pd.isna(row["estimate"]) and pd.notna(row["low"]))


def _share(row: pd.Series) -> str:
    if row["status"] == "hidden":
        return "hidden"
    if row["status"] not in {"ok", "empty"}:
        return "not known"
    return percent(row["estimate"]) if _is_shown(row) else "" if _is_range(row) else "none"


def _interval(row: pd.Series) -> str:
    if _is_range(row):
        return percent_range(row["low"], row["high"])
    return f"({percent_range(row['low'], row['high'])})" if _is_shown(row) else ""


def _fraction(row: pd.Series) -> str:
    return (
        ""
        if row["status"] == "hidden" or _is_range(row) or row["estimand"] in _NOT_A_RATIO
        else f"{number(row['numerator'])} of {number(row['denominator'])}"
    )


def _alternative(data: Tidy, sections: list[Series], title: str) -> str:
    parts = [
        f"{title}. Chart of dots with intervals, one row for each denominator; horizontal axis from 0 to 100 percent."
    ]
    for one in sections:
        seen = one.rows[shown(one.rows)]
        told = [
            " ".join(
                filter(
                    None,
                    [
                        estimand_words(str(row["estimand"])).of,
                        in_hundred(row["estimate"]),
                        _fraction(row) and f"({_fraction(row)})",
                    ],
                )
            )
            for _, row in seen.iterrows()
        ]
        verb = outcome_words(str(one.rows["outcome"].iloc[0])).verb
        ranges = one.rows[[_is_range(row) for _, row in one.rows.iterrows()]]
        told += [
            f"{counted(str(row['estimand']), str(row['outcome']))}: {percent_range(row['low'], row['high'])}"
            for _, row in ranges.iterrows()
        ]
        name = f"{one.label}: " if one.label else ""
        parts.append(f"{name}{'; '.join(told)} {verb}." if told else f"{name}no value can be shown.")
    return sentences([*parts, *hidden_and_empty(data)])

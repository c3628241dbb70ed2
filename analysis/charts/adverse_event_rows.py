"""Adverse events per 100 sessions by term, each source apart."""

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from analysis.charts.canvas import open_canvas
from analysis.charts.estimate_rows import EstimateRow, draw_rows, not_shown, room_beside, rows_height, safety_table
from analysis.charts.picture import ChartText
from analysis.charts.style import SERIES_STYLES, SeriesStyle, drawing
from analysis.charts.wording import number, sentences
from analysis.counts.safety_tally import ANY
from analysis.disclosure.suppression import Disclosed
from analysis.estimate.safety.event_rows import PER_SESSIONS
from analysis.vocabulary.errors import CallError

_CHART = "adverse_events_by_term"
_NEEDS = (
    "split", "level", "source", "term", "measure", "estimate", "low", "high", "numerator", "denominator", "status",
    "patients_with", "patients", "definitions",
)  # fmt: skip
_SOURCES = {
    "reported": ("Reported", SERIES_STYLES[0]),
    "scale": ("Shown by a scale", SERIES_STYLES[1]),
    "vital-sign": ("Shown by a vital sign", SERIES_STYLES[2]),
    "unknown": ("Source not recorded", SERIES_STYLES[3]),
}


def adverse_events_by_term(table: pd.DataFrame | Disclosed, *, ax: Axes | None = None) -> Axes:
    """Draw how many adverse events of each term there are per 100 sessions, each source apart.

    Parameters
    ----------
    table : DataFrame or Disclosed
        ``events`` of `safety`; of it one group, and one level of a split (``all`` where it has several splits). A table
        that has not been disclosed for the public is stamped internal.
    ax : Axes, optional
        Axes to draw on; leave room around them for the words. By default the chart makes its own figure, ``ax.figure``.

    Returns
    -------
    Axes
        See `alt_text`, `as_html` and `save_png` for what to do with it.

    Raises
    ------
    CallError
        When it is no such table, is empty, or has several groups or levels.

    Examples
    --------
    >>> import pandas as pd
    >>> table = pd.DataFrame({
    ...     "split": "all", "level": "all", "source": ["reported", "scale"], "term": "dissociation",
    ...     "measure": "events per 100 sessions", "estimate": [9.2, 3.1], "low": [8.5, 2.8], "high": [10.0, 3.5],
    ...     "numerator": [920, 310], "denominator": 10_000, "status": "ok", "patients_with": [400, 200],
    ...     "patients": 1000, "definitions": "default 1",
    ... })
    >>> ax = adverse_events_by_term(table)
    >>> [text.get_text() for text in ax.texts if text.get_gid() == "heading"]
    ['Reported', 'Shown by a scale']
    """
    frame, internal = safety_table(table, chart=_CHART, needs=_NEEDS, takes="the table events of safety()")
    if len(frame["split"].unique()) > 1:
        frame = frame[frame["split"] == "all"]
    frame = frame[frame["measure"] == PER_SESSIONS]
    if frame.empty or frame.duplicated(["source", "term"]).any():
        raise CallError(
            f"{_CHART} draws the events per 100 sessions of one level of a split; select one, for example "
            "table.query(\"split == 'phase' and level == 'loading'\")."
        )
    # A term that nobody has is named in the note; a row for each would drown those that occur.
    never = frame[(frame["status"] == "ok") & (frame["numerator"] == 0)]
    shown = frame.drop(never.index)
    rows = _rows(shown)
    if not rows:
        raise CallError(f"{_CHART}: nothing was recorded, so there is nothing to draw.")
    level = str(frame["level"].iloc[0])
    title = "Adverse events per 100 sessions" + ("" if level == "all" else f": {frame['split'].iloc[0]}, {level}")
    subtitle = "Events, by source and term, with intervals clustered by patient; at the right, events and patients"
    note = _note(frame, never)
    left, right, starts = room_beside(rows)
    height = rows_height(rows)
    top = max((row.high for row in rows if row.is_shown and row.high == row.high), default=1.0)
    with drawing():
        canvas = open_canvas(ax, left=left, right=right, height=height)
        ticks = [float(tick) for tick in MaxNLocator(nbins=5).tick_values(0, top) if tick >= 0]
        canvas.ax.set_xlim(0, ticks[-1])
        canvas.ax.set_ylim(height, 0)
        canvas.ax.set_yticks([])
        canvas.ax.set_xticks(ticks, [f"{tick:g}" for tick in ticks])
        canvas.plain_axes(lines="x", x_label="Events per 100 sessions", label_at=canvas.shifted(0, -17), label_x=0.5)
        canvas.below = 28
        canvas.head(title, subtitle, internal=internal)
        draw_rows(canvas, rows, starts)
        canvas.foot(note)
        return canvas.finish(ChartText(title, note, _alternative(shown, title)))


def _rows(shown: pd.DataFrame) -> list[EstimateRow]:
    rows: list[EstimateRow] = []
    for source, (heading, style) in _SOURCES.items():
        own = shown[(shown["source"] == source) & (shown["status"] != "none recorded")]
        if own.empty:
            continue
        rows.append(EstimateRow(heading))
        if len(own) == 2:
            # The one term and any term are the same events.
            own = own[own["term"] != ANY]
        first = (own["term"] != ANY).astype(int)
        ordered = own.assign(first=first, size=-own["estimate"].fillna(-1)).sort_values(["first", "size", "term"])
        rows += [_row(row, style) for _, row in ordered.iterrows()]
    return rows


def _row(row: pd.Series, style: SeriesStyle) -> EstimateRow:
    label = "any of these" if row["term"] == ANY else str(row["term"]).replace("-", " ")
    if row["status"] != "ok":
        return EstimateRow(label, style, texts=("no session",), is_hidden=row["status"] == "hidden")
    places = 1 if row["estimate"] >= 1 else 2
    value = f"{row['estimate']:.{places}f}"
    interval = "no interval" if pd.isna(row["low"]) else f"({row['low']:.{places}f} to {row['high']:.{places}f})"
    people = f"{number(row['numerator'])} in {number(row['patients_with'])}"
    low, high = (float(row["estimate"] if pd.isna(row[name]) else row[name]) for name in ("low", "high"))
    return EstimateRow(label, style, float(row["estimate"]), low, high, (value, interval, people))


def _note(frame: pd.DataFrame, never: pd.DataFrame) -> str:
    known = frame[frame["denominator"].notna()]
    given = known["denominator"].iloc[0] if len(known) else pd.NA
    said = [
        f"{number(given)} sessions of {number(frame['patients'].max())} patients. At the right: events in patients."
    ]
    said.append("Sources are never added up: the same dissociation may be reported and shown by a scale.")
    terms = [str(term).replace("-", " ") for term in never.loc[never["source"] == "reported", "term"]]
    if terms:
        said.append(f"Reported of nobody: {', '.join(terms)}.")
    said.append("Intervals: effective number of events, clustered by patient, 95 %.")
    said.append(f"Definitions: {frame['definitions'].iloc[0]}.")
    if (frame["status"] == "hidden").any():
        said.append("Hidden: withheld to protect small groups.")
    return " ".join(said)


def _alternative(shown: pd.DataFrame, title: str) -> str:
    parts = [f"{title}. Chart of dots with intervals, one row for each term, each source apart."]
    for source, (heading, _) in _SOURCES.items():
        own = shown[(shown["source"] == source) & (shown["status"] == "ok")].sort_values("estimate", ascending=False)
        told = [
            f"{str(row['term']).replace('-', ' ')} {row['estimate']:.1f} per 100 sessions "
            f"({number(row['numerator'])} of {number(row['denominator'])}, in {number(row['patients_with'])} patients)"
            for _, row in own.iterrows()
        ]
        if told:
            parts.append(f"{heading}: {'; '.join(told)}.")
    return sentences([*parts, *not_shown(shown)])

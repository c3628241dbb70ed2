"""The figures of a report: charts of its disclosed tables, as PNG with their words."""

from dataclasses import dataclass, replace
from functools import partial

from analysis.charts import (
    adjusted_means,
    alt_text,
    caption,
    denominators,
    flow_diagram,
    mean_score_by_session,
    png_bytes,
    response_by_phase,
    response_by_session,
)
from analysis.counts.engine import Progress
from analysis.disclosure.suppression import Disclosed
from analysis.report.content import Content
from analysis.report.further_sections import FURTHER_SECTIONS, Drawing


@dataclass(frozen=True)
class ReportFigure:
    """A picture with its alternative text and its caption. ``name`` is its file's name."""

    name: str
    png: bytes
    alternative: str
    caption: str


def draw_figures(content: Content, progress: Progress | None = None) -> dict[str, ReportFigure]:
    """Draw the figures of a report.

    Parameters
    ----------
    content : Content
    progress : callable, optional
        Called with the name of each step.

    Returns
    -------
    dict of str to ReportFigure
        In the order of the report. A chart that has nothing to show is left out.
    """
    figures = {}
    for name, table, chart in _charts(content):
        drawable = table.table["status"] == "ok"
        if not drawable.any():
            continue
        if progress:
            progress(f"drawing {name.replace('_', ' ')}")
        ax = chart(table)
        figures[name] = ReportFigure(name, png_bytes(ax), alt_text(ax), caption(ax))
    return figures


def _charts(content: Content) -> list[Drawing]:
    tables = {name: table.disclosed for name, table in content.tables.items()}
    charts: list[Drawing] = [("flow", tables["flow"], flow_diagram)]
    for outcome in ("response", "remission"):
        charts.append((f"{outcome}_denominators", _only(tables["headline"], outcome), denominators))
    charts.append(("response_assumptions", tables["assumptions"], denominators))
    if "by_session" in tables:
        charts.append(("response_by_session", _only(tables["by_session"], "response"), response_by_session))
    if content.cohort.definitions.report.months:
        for outcome in ("response", "remission"):
            charts.append((f"{outcome}_by_phase", _only(tables["by_phase"], outcome), response_by_phase))
    if "mean_by_session" in tables:
        means = partial(mean_score_by_session, instrument=content.instrument)
        charts.append(("mean_by_session", tables["mean_by_session"], means))
    if "trajectory" in tables:
        charts.append(("trajectory", tables["trajectory"], adjusted_means))
    return charts + [drawing for further in FURTHER_SECTIONS for drawing in further.drawings(content)]


def _only(disclosed: Disclosed, outcome: str) -> Disclosed:
    """Keep one outcome of a table that has passed the gate; nothing hidden comes back by leaving rows out."""
    rows = disclosed.table[disclosed.table["outcome"] == outcome].reset_index(drop=True)
    return replace(disclosed, table=rows, hidden=int((rows["status"] == "hidden").sum()))

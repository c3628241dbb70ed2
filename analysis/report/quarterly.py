"""Writing a report: a folder with the page, the tables, the figures and the manifest, replaced as one."""

import json
from collections.abc import Callable
from pathlib import Path

from analysis.cohort.cohort import derive
from analysis.counts.engine import Progress
from analysis.intake.dataset import Dataset
from analysis.intake.folders import replacing_folder
from analysis.report.content import Content, make_content
from analysis.report.figures import ReportFigure, draw_figures
from analysis.report.manifest import MANIFEST, make_manifest, provenance
from analysis.report.page import render_page
from analysis.report.place import refuse_overlap
from analysis.report.table_text import table_text
from analysis.vocabulary.periods import Period, parse_period

PAGE = "report.html"


def write_report(
    dataset: Dataset,
    *,
    period: str | int | Period | None = None,
    out: str | Path,
    force: bool = False,
    audience: str = "public",
    engine: str = "local",
    scheduler: str | None = None,
    memory: str | None = None,
    progress: Progress | None = None,
    hide_more: Callable[[Content], Content] | None = None,
) -> Path:
    """Write a report of one quarter, one year or everything.

    Parameters
    ----------
    dataset : Dataset
        From `open_dataset`.
    period : str, int or Period, optional
        A quarter such as ``2026Q3`` (its breakdowns cover the last complete year) or a year; all data when left out.
    out : str or Path
        The folder for ``report.html``, ``tables/``, ``figures/`` and ``manifest.json``; replaced as one.
    force : bool
        Replace an earlier report there.
    audience : {"public", "internal"}
        Small numbers are hidden from the public.
    engine, scheduler, memory
        Where the parts of a large dataset are counted, as in `analysis.cohort.cohort.derive`.
    progress : callable, optional
        Called with the name of each step.
    hide_more : callable, optional
        Called with what the report would show; gives back what it may show, or raises an error so that nothing is
        written. `analysis.audit.repair` has one.

    Returns
    -------
    Path
        The page, ``report.html``.

    Raises
    ------
    NotDueError
        When the period is not over at the dataset's data cut.
    CallError
        When the dataset has no dates for such a period, or the folder cannot be written, must not be replaced, or lies
        in the dataset's folder.
    DataError
        When nobody was treated.
    """
    asked = None if period is None else parse_period(period)
    refuse_overlap(out, dataset=dataset.path)
    with replacing_folder(out, force=force, marker=MANIFEST) as folder:
        cohort = derive(dataset, engine=engine, scheduler=scheduler, memory=memory)
        content = make_content(cohort, period=asked, audience=audience, progress=progress)
        if hide_more:
            if progress:
                progress("auditing what the tables give away together")
            content = hide_more(content)
        figures = draw_figures(content, progress)
        if progress:
            progress("writing the files")
        _write_files(folder, content, figures)
        manifest = make_manifest(content, folder)
        _write_text(folder / MANIFEST, json.dumps(manifest, indent=2, ensure_ascii=False) + "\n")
    return Path(out) / PAGE


def _write_files(folder: Path, content: Content, figures: dict[str, ReportFigure]) -> None:
    (folder / "tables").mkdir()
    for name, table in content.tables.items():
        _write_text(folder / "tables" / f"{name}.csv", table_text(table.frame))
    (folder / "figures").mkdir()
    for name, figure in figures.items():
        (folder / "figures" / f"{name}.png").write_bytes(figure.png)
    _write_text(folder / PAGE, render_page(content, figures, provenance(content)))


def _write_text(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8", newline="\n")

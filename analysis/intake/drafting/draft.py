"""Drafting a mapping: from a folder of exported files to a MAP.toml that a person confirms."""

import os
import tempfile
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from analysis.intake.drafting.fhir import find_resources
from analysis.intake.drafting.files import fhir_files, look_through, settle_tables, shown_files
from analysis.intake.drafting.found import Folder
from analysis.intake.drafting.plan import DraftPlan, plan_draft
from analysis.intake.drafting.redcap import find_projects
from analysis.intake.drafting.text import draft_text, places_to_confirm
from analysis.intake.mapping_reading import read_mapping
from analysis.vocabulary.errors import CallError, DataError


@dataclass(frozen=True)
class DraftAccount:
    """What became of the files of a folder in a draft.

    Attributes
    ----------
    path : Path
        The draft.
    tables : dict of str to list of str
        By table of the layout, the files that give rows to it.
    unused : list of str
        The files that are not used, and why.
    to_confirm : int
        How many places a person has to look at.
    """

    path: Path
    tables: dict[str, list[str]]
    unused: list[str]
    to_confirm: int

    def __str__(self) -> str:
        """Say it in a few lines."""
        lines = [f"A draft of a mapping is in {self.path}."]
        lines += [f"  {table}: {', '.join(files)}" for table, files in self.tables.items()]
        lines += [f"  not used: {text}" for text in self.unused]
        lines.append(f"Search it for CONFIRM ({self.to_confirm:,} places), then run `outcomes import`.")
        return "\n".join(lines)


def draft_mapping(folder: str | Path, *, out: str | Path, force: bool = False) -> DraftAccount:
    r"""Draft a mapping for a folder of exported files, from their headings and the kinds of their cells.

    Parameters
    ----------
    folder : str or Path
        Where the files are. It is only read.
    out : str or Path
        The TOML file to write. It is written as one, and holds no cell of the files but words that stand in forms
        everywhere.
    force : bool
        Replace a file that is there already.

    Returns
    -------
    DraftAccount

    Raises
    ------
    CallError
        The folder is not there, or ``out`` is there already or cannot be written.
    DataError
        The folder holds no table, or none with a column that names patients.

    Examples
    --------
    >>> folder = Path(tempfile.mkdtemp())
    >>> _ = folder.joinpath("infusions.csv").write_text("MRN,Infusion Date,Dose (mg)\n7,2025-01-03,40\n")
    >>> _ = folder.joinpath("phq.csv").write_text("MRN,Date,PHQ-9 Total,Mood\n7,2025-01-03,18,low\n")
    >>> account = draft_mapping(folder, out=folder / "MAP.toml")
    >>> account.tables
    {'patients': ['infusions.csv'], 'sessions': ['infusions.csv'], 'scores': ['phq.csv']}
    >>> lines = (folder / "MAP.toml").read_text().splitlines()
    >>> print(*(line for line in lines if line.startswith(("dose_mg", "Mood"))), sep="\n")
    Mood = "free text"
    dose_mg = { from = "Dose (mg)", number = "decimal" }
    """
    folder, out = Path(folder), Path(out)
    if not folder.is_dir():
        raise CallError(f"{folder.name}: there is no such folder to draft a mapping for.")
    _refuse_existing(out, force=force)
    found = look_through(folder, but=out)
    find_projects(found, folder)
    find_resources(found, folder, fhir_files(folder))
    settle_tables(found)
    _refuse_nothing(found, folder)
    plan = plan_draft(found.tables)
    if not plan.blocks:
        raise DataError(_nothing_known(plan, folder))
    unread = shown_files(found.unread)
    today = datetime.now(tz=UTC).year
    past = [year for year in plan.years if year <= today]
    text = draft_text(plan, unread=unread, year=max(past, default=today), year_known=bool(past))
    _write_checked(out, text)
    tables: dict[str, list[str]] = {}
    for block in plan.blocks:
        tables.setdefault(block.table, []).append(block.source.table.path)
    unused = [f"{place}: {reason}" for place, reason in plan.unused]
    return DraftAccount(out, tables, [*unused, *unread], places_to_confirm(text))


def _refuse_existing(out: Path, *, force: bool) -> None:
    if out.is_dir():
        raise CallError(f"{out.name} is a folder; name a file to write, such as MAP.toml.")
    if not out.parent.is_dir():
        raise CallError(f"{out.name}: there is no folder {out.parent.name} to write it to.")
    if out.exists() and not force:
        raise CallError(f"{out.name} is there already; allow replacing it (--force), or name another file.")


def _refuse_nothing(found: Folder, folder: Path) -> None:
    if found.tables:
        return
    if not found.unread:
        raise DataError(f"{folder.name} is empty; name the folder with the exported files.")
    listed = "".join(f"\n  {line}" for line in shown_files(found.unread))
    raise DataError(f"{folder.name} holds no file that can be read as a table.{listed}")


def _nothing_known(plan: DraftPlan, folder: Path) -> str:
    listed = "".join(f"\n  {place}: {reason}" for place, reason in plan.unused)
    return (
        f"In no file of {folder.name} could a column that names patients, and dated sessions or scores, be recognised. "
        f"Write the mapping by hand, after one of data/mappings.{listed}"
    )


def _write_checked(out: Path, text: str) -> None:
    """Write the draft beside its place, read it as a mapping, and put it in place."""
    try:
        handle, work = tempfile.mkstemp(prefix=f".{out.name}.", suffix=".toml", dir=out.parent)
        try:
            with os.fdopen(handle, "w", encoding="utf-8", newline="\n") as stream:
                stream.write(text)
            read_mapping(work)
            Path(work).replace(out)
        finally:
            Path(work).unlink(missing_ok=True)
    except OSError as error:
        raise CallError(f"{out.name}: the file cannot be written here ({error.strerror}).") from None

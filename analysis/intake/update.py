r"""Next quarter's import: the whole new export goes in again, and what it changes is said before it counts.

An update imports the new folder with the mapping into a place of its own, compares the result with the dataset
(``update_comparison``), and puts it in the dataset's place. It stops, and leaves everything as it was,

- when the mapping's ``data_cut`` is before the dataset's (the same one is a correction);
- when the key file is missing, or is not the one that holds all pseudonyms of the dataset;
- when most of the people are not found again and more others have come: the export or the secret is another one;
- when much has vanished (`ShrinkLimits`), until that is confirmed.

A change of the name, the basis, the definitions or the extra columns is told and recorded: the mapping states it.

The dataset as it was is kept beside the new one as ``DATASET.until-DATA_CUT`` (numbered when there is one already),
with every file of its folder. The new dataset holds what the import writes and the record of its revisions
(``revisions``). An export that changes nothing leaves the dataset alone.

A run that dies leaves the old dataset or the new one in place, and the old one is never lost: it is copied before it is
replaced. A hidden folder ``.DATASET.*.updating`` may stay behind; it can be deleted. People met for the first time stay
in the key file only when the update succeeds.
"""

import copy
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import date
from pathlib import Path

import pandas as pd

from analysis.intake.account import Account
from analysis.intake.dataset import open_dataset
from analysis.intake.folders import recover_folder, replacing_folder
from analysis.intake.mapping import import_folder
from analysis.intake.mapping_reading import read_mapping
from analysis.intake.pseudonyms import Pseudonyms, open_pseudonyms
from analysis.intake.revisions import Revision, write_record
from analysis.intake.settings import SETTINGS_FILE
from analysis.intake.update_checks import (
    ShrinkLimits,
    refuse_earlier_cut,
    refuse_other_keys,
    refuse_other_people,
    refuse_shrinking,
)
from analysis.intake.update_comparison import ROW_COUNTS, Comparison, compare_datasets
from analysis.intake.update_snapshot import Snapshot, take_snapshot
from analysis.vocabulary.errors import CallError

DEFAULT_LIMITS = ShrinkLimits()


def update_dataset(
    dataset: str | Path,
    folder: str | Path,
    *,
    mapping: str | Path,
    key_file: str | Path | None = None,
    confirm_shrink: bool = False,
    limits: ShrinkLimits = DEFAULT_LIMITS,
) -> Revision:
    r"""Replace a dataset by the import of a newer export, keep the old one, and tell what changed.

    Parameters
    ----------
    dataset : str or Path
        The dataset's folder.
    folder : str or Path
        The new export: all of it, not only what is new. It is only read.
    mapping : str or Path
        The mapping, with its ``data_cut`` moved on.
    key_file : str, Path or None
        Where the pseudonyms are kept, when the mapping asks for random ones: the file of the import before.
    confirm_shrink : bool
        Go on although much of what the dataset holds is not in the new export.
    limits : ShrinkLimits
        From what on that is asked.

    Returns
    -------
    Revision
        Rows added, changed and vanished, by table and period; columns and settings that changed; the import's account.

    Raises
    ------
    CallError
        The mapping is wrong or its data cut is before the dataset's, a folder or the key file is missing, or a folder
        cannot be written.
    DataError
        The dataset or the new export cannot be used, the export is not of the same people, or it has shrunk. The
        message names tables, quarters and counts, never a value.

    Examples
    --------
    >>> base = Path(tempfile.mkdtemp())
    >>> _ = base.joinpath("map.toml").write_text('''
    ... dataset = { name = "Two clients", basis = "synthetic", data_cut = "2026" }
    ... files.visits = { path = "visits.csv" }
    ... [tables.sessions]
    ... from = "visits"
    ... columns = { patient_id = "id", day = "day", treatment.constant = "ketamine", route.constant = "iv" }
    ... [tables.scores]
    ... from = "visits"
    ... columns = { patient_id = "id", day = "day", instrument.constant = "PHQ-9", total = "phq" }
    ... ''')
    >>> for name, rows in {"june": "A1,0,18\nA2,0,21\n", "july": "A1,0,18\nA1,3,9\nA2,0,20\n"}.items():
    ...     base.joinpath(name).mkdir()
    ...     _ = base.joinpath(name, "visits.csv").write_text("id,day,phq\n" + rows)
    >>> _ = import_folder(base / "june", mapping=base / "map.toml", out=base / "dataset")
    >>> revision = update_dataset(base / "dataset", base / "july", mapping=base / "map.toml")
    >>> revision.tables.query("after > 0")
          table  before  after  added  changed  vanished  unchanged
    0    people       2      2      0        0         0          2
    1  sessions       2      3      1        0         0          2
    2    scores       2      3      1        1         0          1
    >>> revision.kept
    'dataset.until-2026-12-31'
    """
    dataset, folder = Path(dataset).resolve(), Path(folder)
    rules = read_mapping(mapping)
    _check_places(dataset, folder)
    pseudonyms = open_pseudonyms(rules.pseudonyms, key_file=key_file, outside=(folder, dataset))
    with _place_beside(dataset) as place:
        before = take_snapshot(open_dataset(dataset), place / "before.duckdb")
        refuse_earlier_cut(before, rules)
        refuse_other_keys(before, pseudonyms)
        new = place / dataset.name
        with _only_kept_when_done(pseudonyms):
            account = import_folder(folder, mapping=mapping, out=new, key_file=key_file)
            after = take_snapshot(open_dataset(new), place / "after.duckdb")
            comparison = compare_datasets(before, after, place)
            refuse_other_people(comparison, before.settings["name"])
            if not confirm_shrink:
                refuse_shrinking(comparison, before.data_cut, limits)
            revision = _revision(before, after, comparison, account)
            if revision.changes_nothing:
                return revision
            write_record(revision, earlier=dataset, folder=new)
        kept = _free_name(dataset, before.data_cut)
        _put_in_place(new, dataset, kept)
        return replace(revision, kept=kept.name)


def _check_places(dataset: Path, folder: Path) -> None:
    recover_folder(dataset, marker=SETTINGS_FILE)
    if not dataset.is_dir():
        raise CallError(f"{dataset.name}: there is no such dataset to update; 'outcomes import' makes one.")
    if not folder.is_dir():
        raise CallError(f"{folder.name}: there is no such folder to import.")
    if dataset.resolve() in [folder.resolve(), *folder.resolve().parents]:
        raise CallError(f"{dataset.name} holds the files to import; keep the export apart from the dataset.")


@contextmanager
def _place_beside(dataset: Path) -> Iterator[Path]:
    """Give a hidden folder on the dataset's own disk; what is de-identified does not leave the place it is kept in."""
    try:
        place = tempfile.TemporaryDirectory(prefix=f".{dataset.name}.", suffix=".updating", dir=dataset.parent)
    except OSError as error:
        raise CallError(f"{dataset.name}: no folder can be written beside it ({error.strerror}).") from None
    with place as path:
        yield Path(path)


@contextmanager
def _only_kept_when_done(pseudonyms: Pseudonyms | None) -> Iterator[None]:
    """Take out of the key file again what an update has put in that then stops."""
    try:
        yield
    except BaseException:
        if pseudonyms is not None and pseudonyms.key_file is not None:
            now = copy.copy(pseudonyms)
            now.read = pseudonyms.key_file.read_bytes()
            if now.read != pseudonyms.read:
                now.save()
        raise


def _free_name(dataset: Path, data_cut: date) -> Path:
    first = dataset.with_name(f"{dataset.name}.until-{data_cut}")
    name, number = first, 1
    while name.exists():
        number += 1
        name = first.with_name(f"{first.name}-{number}")
    return name


def _revision(before: Snapshot, after: Snapshot, comparison: Comparison, account: Account) -> Revision:
    settings = [
        (setting, value, after.settings[setting])
        for setting, value in before.settings.items()
        if value != after.settings[setting]
    ]
    aside = before.set_aside.merge(after.set_aside, how="outer", on=["table", "reason"], suffixes=("_before", "_after"))
    aside = aside.set_axis(["table", "reason", "before", "after"], axis="columns")
    aside = aside.fillna({"before": 0, "after": 0}).astype({"before": "int64", "after": "int64"})
    columns = comparison.columns[comparison.columns["changed"] > 0].drop(columns="before")
    return Revision(
        dataset=after.settings["name"],
        data_cut_before=before.data_cut,
        data_cut=after.data_cut,
        sha256_before=before.sha256,
        sha256=after.sha256,
        tables=comparison.totals[["table", *ROW_COUNTS]],
        periods=comparison.rows[["table", "period", *ROW_COUNTS]],
        columns=columns.reset_index(drop=True),
        settings=pd.DataFrame(settings, columns=["setting", "before", "after"]),
        set_aside=aside,
        dated=comparison.dated,
        kept="",
        account=account,
    )


def _put_in_place(new: Path, dataset: Path, kept: Path) -> None:
    """Copy the dataset as it is, then replace it: whenever this is cut off, nothing is lost."""
    with replacing_folder(kept, marker=SETTINGS_FILE) as work:
        shutil.copytree(dataset, work, dirs_exist_ok=True)
    with replacing_folder(dataset, force=True, marker=SETTINGS_FILE) as work:
        for path in new.iterdir():
            path.rename(work / path.name)

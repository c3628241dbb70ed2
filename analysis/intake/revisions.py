"""Revisions of a dataset: what an update changed, and the record that stays with the dataset.

The record is the file ``revisions.toml`` in the dataset's folder, one ``[[revision]]`` for each update, the oldest
first: both data cuts, the SHA-256 of both datasets (as `Dataset.sha256`, which does not cover the record), the settings
that changed, and how many rows were added, changed and vanished, by table and period. There is no time of the run in
it: the same update gives the same record. ``Dataset.revisions`` reads it as a table.

A record shows small numbers. It is for those who work with the dataset, and no part of a public report as it is.
"""

import tomllib
from dataclasses import dataclass
from datetime import date
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import pandas as pd

from analysis.intake.toml_tables import toml_text
from analysis.vocabulary.errors import DataError

if TYPE_CHECKING:
    from analysis.intake.account import Account

REVISIONS_FILE = "revisions.toml"

_COUNTS = ("before", "after", "added", "changed", "vanished")
_FACTS = ("data_cut_before", "data_cut", "sha256_before", "sha256", "settings")
_TYPES: Final = {
    "revision": "int64",
    "data_cut_before": "datetime64[s]",
    "data_cut": "datetime64[s]",
    "table": "str",
    "period": "str",
    **dict.fromkeys(_COUNTS, "int64"),
    "settings": "str",
    "sha256_before": "str",
    "sha256": "str",
}
_HEADING = "# Written by `outcomes update`: what each update changed, the oldest first. Not for publication.\n"
_QUARTERS = "Rows by table and quarter, where something changed"
_YEARS = (
    "Rows by table and year, where something changed (without dates in both datasets there are no quarters:\n"
    "the year is that in which a person's treatment started)"
)


@dataclass(frozen=True)
class Revision:
    """What an update changed. It holds counts, never a value or a pseudonym; small ones too, so it is not to publish.

    Attributes
    ----------
    dataset : str
        The dataset's name.
    data_cut_before, data_cut : date
    sha256_before, sha256 : str
        Of the two datasets.
    tables : DataFrame
        ``table, before, after, added, changed, vanished, unchanged``; first the ``people``, of whom those are changed
        whose first treatment moved. before = vanished + changed + unchanged; after = added + changed + unchanged.
    periods : DataFrame
        The same by ``period``; quarters, or years where one of the datasets has no dates (see ``update_comparison``).
    columns : DataFrame
        The columns in which rows that both have differ: ``table, column, changed`` (cells), of which ``filled`` were
        empty before and ``emptied`` are empty now.
    settings : DataFrame
        What changed in the name, basis, definitions and extra columns: ``setting, before, after``.
    set_aside : DataFrame
        Rows that the checks set aside, which are not counted above: ``table, reason, before, after``.
    dated : bool
        True when the periods are quarters.
    kept : str
        The name of the folder, beside the dataset, that holds the dataset as it was; empty when nothing changed.
    account : Account
        Of the import of the new export.
    """

    dataset: str
    data_cut_before: date
    data_cut: date
    sha256_before: str
    sha256: str
    tables: pd.DataFrame
    periods: pd.DataFrame
    columns: pd.DataFrame
    settings: pd.DataFrame
    set_aside: pd.DataFrame
    dated: bool
    kept: str
    account: "Account"

    def __post_init__(self) -> None:
        """Refuse counts that do not add up."""
        rows = self.tables
        lost = (rows["before"] != rows[["vanished", "changed", "unchanged"]].sum(axis="columns")).any()
        lost |= (rows["after"] != rows[["added", "changed", "unchanged"]].sum(axis="columns")).any()
        if lost:
            raise RuntimeError("The counts of this update do not add up; please report it.")

    @property
    def changes_nothing(self) -> bool:
        """True when the new export holds what the dataset holds."""
        same_rows = not self.tables[["added", "changed", "vanished"]].to_numpy().any()
        same_faults = self.set_aside["before"].equals(self.set_aside["after"])
        return same_rows and same_faults and self.settings.empty and self.data_cut == self.data_cut_before

    @property
    def revised(self) -> pd.DataFrame:
        """The rows of ``periods`` where something was added, changed or vanished, or moved from or to another one."""
        moved = self.periods["before"] != self.periods["after"]
        touched = self.periods[["added", "changed", "vanished"]].any(axis="columns")
        return self.periods[touched | moved].drop(columns="unchanged").reset_index(drop=True)

    def __str__(self) -> str:
        if self.changes_nothing:
            return f"{self.dataset}: nothing changed. The export holds what the dataset holds, which is left as it was."
        lines = [f"Updated: {self.dataset}", f"Data cut: {self._cuts()}", self._moved()]
        for title, table in self._sections():
            text = table.to_string(index=False) if len(table) else "none"
            lines += ["", title, *(f"  {line.rstrip()}" for line in text.splitlines())]
        kept = [f"The dataset as it was is kept in {self.kept}."] if self.kept else []
        return "\n".join([*lines, "", *kept, "This account shows small numbers: do not publish it."])

    __repr__ = __str__

    def _repr_html_(self) -> str:
        if self.changes_nothing:
            return f"<p>{escape(str(self))}</p>"
        parts = [f"<h3>Updated: {escape(self.dataset)}</h3>", f"<p>Data cut: {self._cuts()}. {self._moved()}</p>"]
        for title, table in self._sections():
            body = table.to_html(index=False, escape=True, border=0) if len(table) else "<p>none</p>"
            parts.append(f"<h4>{escape(title)}</h4>{body}")
        return "".join(parts)

    def _cuts(self) -> str:
        if self.data_cut == self.data_cut_before:
            return f"{self.data_cut}, as before (a correction; if the export is newer, move `data_cut` in the mapping)"
        return f"{self.data_cut} (before: {self.data_cut_before})"

    def _moved(self) -> str:
        moved = int(self.tables.loc[self.tables["table"] == "people", "changed"].sum())
        rule = " (their days are counted anew; that alone is no change of a row)" if moved else ""
        return f"People whose first treatment moved: {moved:,}{rule}"

    def _sections(self) -> list[tuple[str, pd.DataFrame]]:
        sections = [
            ("Rows (before = vanished + changed + unchanged, after = added + changed + unchanged)", self.tables),
            (_QUARTERS if self.dated else _YEARS, self.revised),
            ("Columns of the changed rows (cells; filled: empty before; emptied: empty now)", self.columns),
        ]
        if len(self.settings):
            sections.append(("Changed settings", self.settings))
        if len(self.set_aside):
            sections.append(("Rows set aside by the checks, not counted above", self.set_aside))
        return sections


def write_record(revision: Revision, *, earlier: Path, folder: Path) -> None:
    """Write the record of a dataset's new version: that of the version before, and this revision.

    Parameters
    ----------
    revision : Revision
    earlier : Path
        The dataset's folder as it was.
    folder : Path
        The folder of the new version.

    Raises
    ------
    DataError
        The record so far is damaged.
    """
    _read(earlier)
    path = earlier / REVISIONS_FILE
    text = path.read_text(encoding="utf-8") if path.exists() else _HEADING
    facts = {
        "data_cut_before": revision.data_cut_before.isoformat(),
        "data_cut": revision.data_cut.isoformat(),
        "sha256_before": revision.sha256_before,
        "sha256": revision.sha256,
        "settings": ", ".join(revision.settings["setting"]),
    }
    rows = "".join(f"    {_inline(row)},\n" for row in revision.revised.to_dict("records"))
    text += f"\n[[revision]]\n{toml_text(facts)}rows = [\n{rows}]\n"
    folder.joinpath(REVISIONS_FILE).write_text(text, encoding="utf-8", newline="\n")


def _inline(row: dict[Any, Any]) -> str:
    cells = [f'{key} = "{value}"' if isinstance(value, str) else f"{key} = {value}" for key, value in row.items()]
    return "{ " + ", ".join(cells) + " }"


def read_revisions(folder: Path) -> pd.DataFrame:
    """Read what the updates of a dataset changed.

    Parameters
    ----------
    folder : Path
        The dataset's folder.

    Returns
    -------
    DataFrame
        One row for each revision, table and period in which something changed: ``revision`` (1 is the first),
        ``data_cut_before, data_cut, table, period, before, after, added, changed, vanished``, ``settings`` (those that
        changed), ``sha256_before, sha256``. The table ``people`` counts people; changed are those whose first treatment
        moved. No rows when there was no update.

    Raises
    ------
    DataError
        The record is damaged.

    Examples
    --------
    >>> len(read_revisions(Path("a-dataset-without-a-record")))
    0
    """
    rows = [
        {"revision": number, **{fact: revision[fact] for fact in _FACTS}, **row}
        for number, revision in enumerate(_read(folder), start=1)
        for row in revision["rows"]
    ]
    return pd.DataFrame(rows, columns=list(_TYPES)).astype(_TYPES)


def _read(folder: Path) -> list[dict[str, Any]]:
    path = folder / REVISIONS_FILE
    if not path.exists():
        return []
    try:
        revisions = tomllib.loads(path.read_text(encoding="utf-8")).get("revision", [])
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError):
        revisions = None
    if not isinstance(revisions, list) or not all(_is_revision(each) for each in revisions):
        raise DataError(
            f"{REVISIONS_FILE}: the record of the dataset's updates is damaged. Restore it from a copy, or take it out "
            "of the folder to begin a new one."
        )
    return revisions


def _is_revision(each: object) -> bool:
    if not isinstance(each, dict) or not isinstance(each.get("rows"), list):
        return False
    facts = [each.get(fact) for fact in _FACTS]
    if not all(isinstance(fact, str) for fact in facts) or not all(map(_is_date, facts[:2])):
        return False
    return all(_is_counted(row) for row in each["rows"])


def _is_counted(row: object) -> bool:
    if not isinstance(row, dict) or set(row) != {"table", "period", *_COUNTS}:
        return False
    texts = isinstance(row["table"], str) and isinstance(row["period"], str)
    return texts and all(isinstance(row[count], int) for count in _COUNTS)


def _is_date(text: object) -> bool:
    try:
        date.fromisoformat(str(text))
    except ValueError:
        return False
    return True

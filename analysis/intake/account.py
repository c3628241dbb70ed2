"""The account of an import: every source row and column, and where it went. It never holds a patient's value."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from html import escape

import pandas as pd

from analysis.intake.built_parts import BuiltPart, counts_days
from analysis.intake.mapping_grammar import Mapping
from analysis.intake.readers.source_table import ERROR_CELL
from analysis.intake.schema import layout_tables
from analysis.intake.source_columns import owner_of
from analysis.intake.sources import Source

NOT_REFERRED_TO = "no row of another file refers to it"

PROBLEMS = "Found by the checks of the dataset"

# A header may be a whole question; the first words of it tell which.
_LONGEST_NAME = 60
_SHOWN: dict[str, Callable[[str], str]] = {
    "column": lambda name: name if len(name) <= _LONGEST_NAME else f"{name[: _LONGEST_NAME - 3]}..."
}


@dataclass(frozen=True)
class Account:
    """Where the rows and columns of the source files went.

    Attributes
    ----------
    dataset : str
        The name of the dataset that was written.
    files : DataFrame
        One row for each file: rows read = used + left out. A row is used when it gave a row to a table, repeats one
        that did, or was joined to one that did.
    left_out : DataFrame
        The rows of ``files`` that were left out, by reason.
    tables : DataFrame
        One row for each table, file and part: source rows = written + merged (repeats of a written row) + not written.
    not_written : DataFrame
        The rows of ``tables`` that were not written, by reason.
    changed_values : DataFrame
        The values of written rows that were left empty or changed for a reason (not read, out of range, rare): cells.
    columns : DataFrame
        One row for each column of each file: kept, changed (how), used (to choose or join rows) or dropped, into what,
        why.
    problems : DataFrame
        What the checks of the dataset found.
    """

    dataset: str
    files: pd.DataFrame
    left_out: pd.DataFrame
    tables: pd.DataFrame
    not_written: pd.DataFrame
    changed_values: pd.DataFrame
    columns: pd.DataFrame
    problems: pd.DataFrame

    def __post_init__(self) -> None:
        """Refuse an account in which rows are lost."""
        files, tables = self.files, self.tables
        lost = (files["read"] != files["used"] + files["left_out"]).any()
        lost |= (tables["source_rows"] != tables[["written", "merged", "not_written"]].sum(axis="columns")).any()
        lost |= files["left_out"].sum() != self.left_out["rows"].sum()
        lost |= tables["not_written"].sum() != self.not_written["rows"].sum()
        if lost:
            raise RuntimeError("The account of this import does not add up; please report it.")

    def __str__(self) -> str:
        lines = [f"Imported: {self.dataset}"]
        for title, table in self._sections():
            text = table.to_string(index=False, formatters=_SHOWN) if len(table) else "none"
            lines += ["", title, *(f"  {line.rstrip()}" for line in text.splitlines())]
        found = [f"  {row.severity}: {row.message}" for row in self.problems.itertuples()]
        lines += ["", PROBLEMS, *(found or ["  none"])]
        return "\n".join(lines)

    __repr__ = __str__

    def _repr_html_(self) -> str:
        parts = [f"<h3>Imported: {escape(self.dataset)}</h3>"]
        for title, table in [*self._sections(), (PROBLEMS, self.problems[["severity", "message"]])]:
            body = table.to_html(index=False, escape=True, border=0) if len(table) else "<p>none</p>"
            parts.append(f"<h4>{escape(title)}</h4>{body}")
        return "".join(parts)

    def _sections(self) -> Iterable[tuple[str, pd.DataFrame]]:
        columns = self.columns.drop(columns="reason")[self.columns["fate"] != "dropped"]
        dropped = self.columns.loc[self.columns["fate"] == "dropped", ["file", "column", "reason"]]
        yield "Rows of the files (read = used + left out)", self.files
        yield "Rows left out, by reason", self.left_out
        yield "Rows of the tables (source rows = written + merged + not written)", self.tables
        yield "Rows not written, by reason", self.not_written
        yield "Values left empty or changed, by reason", self.changed_values
        yield "Columns used", columns
        yield "Columns dropped", dropped


def make_account(
    mapping: Mapping, sources: dict[str, Source], built: list[BuiltPart], problems: pd.DataFrame
) -> Account:
    """Count every row and column of an import.

    Parameters
    ----------
    mapping : Mapping
    sources : dict of str to Source
    built : list of BuiltPart
    problems : DataFrame
        From ``check_dataset``.

    Returns
    -------
    Account
    """
    fates = _row_fates(sources, built)
    files, left_out = [], []
    for name, source in sources.items():
        counts = fates[name].value_counts()
        declared = [rule.reason for rule in source.file.leave_out]
        reasons = dict.fromkeys([*declared, *counts.index], 0) | counts.to_dict()
        read, out = len(source.rows), int(counts.sum())
        files.append((name, source.file.path, read, read - out, out))
        left_out += [(name, reason, rows) for reason, rows in reasons.items()]
    tables, not_written = [], []
    values = [
        ("-", name, "", column, ERROR_CELL, cells)
        for name, source in sources.items()
        for column, cells in source.error_cells.items()
    ]
    for each in built:
        where = (each.block.table, each.block.file, each.part.name)
        counts = each.not_written.value_counts()
        tables.append((*where, len(each.rows), len(each.written), int(each.merged.sum()), int(counts.sum())))
        not_written += [(*where, reason, rows) for reason, rows in counts.items()]
        values += [(*where, *changed) for changed in each.changed_values]
    return Account(
        dataset=mapping.dataset["name"],
        files=pd.DataFrame(files, columns=["file", "path", "read", "used", "left_out"]),
        left_out=pd.DataFrame(left_out, columns=["file", "reason", "rows"]),
        tables=pd.DataFrame(
            tables, columns=["table", "file", "part", "source_rows", "written", "merged", "not_written"]
        ),
        not_written=pd.DataFrame(not_written, columns=["table", "file", "part", "reason", "rows"]),
        changed_values=pd.DataFrame(values, columns=["table", "file", "part", "column", "reason", "cells"]),
        columns=_column_fates(mapping, sources),
        problems=problems,
    )


def _row_fates(sources: dict[str, Source], built: list[BuiltPart]) -> dict[str, pd.Series]:
    """Give each row of each file the reason it was left out, NA when it was used."""
    fates, wrote = {}, {}
    for name, source in sources.items():
        parts = [each for each in built if each.block.file == name]
        reason = source.left_out.copy()
        gave = pd.Series(False, index=reason.index)
        for each in parts:
            gave |= each.not_written.isna().reindex(reason.index, fill_value=False)
            reason = reason.fillna(each.not_written)
        wrote[name], fates[name] = gave, reason
    for name, source in sources.items():
        for other, rows in source.partners.items():
            wrote[other] |= pd.Series(wrote[other].index, wrote[other].index).isin(rows[wrote[name]])
    for name, source in sources.items():
        kept = source.left_out.isna()
        fates[name] = fates[name].mask(kept & wrote[name], pd.NA)
        fates[name] = fates[name].mask(kept & ~wrote[name] & fates[name].isna(), NOT_REFERRED_TO)
    return fates


def _column_fates(mapping: Mapping, sources: dict[str, Source]) -> pd.DataFrame:
    headers = {name: source.header for name, source in sources.items()}
    targets: dict[tuple[str, str], list[str]] = {}
    changes: dict[tuple[str, str], list[str]] = {}
    identifiers = mapping.pseudonyms.kinds if mapping.pseudonyms else ()
    for block in mapping.blocks:
        for part in block.parts:
            for target, rule in part.columns.items():
                for source in rule.sources:
                    key = owner_of(source, mapping.files[block.file], headers)
                    counted = target == "date" and counts_days(block.table, part)
                    written = mapping.keep_dates and target in layout_tables()[block.table].columns
                    given = ["day"] * counted + [target] * (not counted or written)
                    targets.setdefault(key, []).extend(f"{block.table}.{each}" for each in given)
                    changes.setdefault(key, []).append("pseudonym" if target in identifiers else rule.how)
    rows = []
    for name, header in headers.items():
        for column in header:
            into = ", ".join(dict.fromkeys(targets.get((name, column), [])))
            dropped = sources[name].dropped.get(column, "")
            how = "; ".join(filter(None, dict.fromkeys(changes.get((name, column), []))))
            fate = "dropped" if dropped else "used" if not into else "changed" if how else "kept"
            rows.append((name, column, fate, into or "-", how, dropped))
    return pd.DataFrame(rows, columns=["file", "column", "fate", "into", "how", "reason"])

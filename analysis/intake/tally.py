"""Counting what becomes of each row of an import, added up over the chunks in which its files are read."""

from collections import Counter
from dataclasses import dataclass, field, replace

import numpy as np
import pandas as pd
from pandas.api.types import union_categoricals

from analysis.intake.built_parts import BuiltPart
from analysis.intake.mapping_grammar import Mapping
from analysis.intake.sources import Source

NOT_REFERRED_TO = "no row of another file refers to it"


@dataclass
class PartCounts:
    """The rows that one part made of one file.

    Attributes
    ----------
    rows, written, merged : int
    not_written : Counter
        Rows by reason.
    changed : Counter
        Cells of written rows that were left empty or changed, by column and reason.
    """

    rows: int = 0
    written: int = 0
    merged: int = 0
    not_written: Counter[str] = field(default_factory=Counter)
    changed: Counter[tuple[str, str]] = field(default_factory=Counter)

    def add(self, each: BuiltPart) -> None:
        """Add the rows of a chunk."""
        self.rows += len(each.rows)
        self.written += int(each.is_written.sum())
        self.merged += int(each.merged.sum())
        self.not_written.update(_counted(each.not_written))
        self.changed.update(each.marked_cells)

    @property
    def changed_values(self) -> list[tuple[str, str, int]]:
        """The marks that count any cell: column, reason, cells; the same in whatever order the chunks were added."""
        columns = list(dict.fromkeys(column for column, _ in self.changed))
        counts = sorted(self.changed.items(), key=lambda item: (columns.index(item[0][0]), item[0][1]))
        return [(*what, cells) for what, cells in counts if cells]


@dataclass
class _Fates:
    """Rows of a file: whether a rule keeps them, the first reason against them, whether they gave a row to a table."""

    kept: pd.Series
    reason: pd.Series
    gave: pd.Series
    partners: dict[str, pd.Series]

    @property
    def left_out(self) -> Counter[str]:
        if (self.kept & self.gave).all():
            return Counter()
        reason = self.reason.astype("object").mask(self.kept & self.gave, pd.NA)
        return _counted(reason.mask(self.kept & ~self.gave & reason.isna(), NOT_REFERRED_TO))


class Tally:
    """The rows of an import, counted.

    Parameters
    ----------
    mapping : Mapping

    Attributes
    ----------
    read : Counter
        Rows by file.
    parts : dict of int to PartCounts
        By the part's place among the parts that are built.
    """

    def __init__(self, mapping: Mapping) -> None:
        self.read: Counter[str] = Counter()
        self.parts: dict[int, PartCounts] = {}
        self._left_out: dict[str, Counter[str]] = {name: Counter() for name in mapping.files}
        files = mapping.files.values()
        joined = {name for file in files for name in (file.name, *file.joins) if file.joins}
        self._kept_until_all: dict[str, list[_Fates]] = {name: [] for name in mapping.files if name in joined}

    def add(self, source: Source, built: dict[int, BuiltPart]) -> None:
        """Add a file or a chunk of it.

        Parameters
        ----------
        source : Source
        built : dict of int to BuiltPart
            What the parts make of it, by their place.
        """
        reason = source.left_out.copy()
        gave = pd.Series(False, index=reason.index)
        for number, each in built.items():
            self.parts.setdefault(number, PartCounts()).add(each)
            gave |= each.not_written.isna().reindex(reason.index, fill_value=False)
            reason = reason.fillna(each.not_written)
        name = source.file.name
        self.read[name] += len(source.left_out)
        fates = _Fates(source.left_out.isna(), reason, gave, source.partners)
        if name in self._kept_until_all:
            self._kept_until_all[name].append(replace(fates, reason=reason.astype("str").astype("category")))
        else:
            self._left_out[name] += fates.left_out

    def left_out(self) -> dict[str, Counter[str]]:
        """Count the rows of each file that were left out, by reason.

        A row is used as well when a row that gave one to a table was joined to it.

        Returns
        -------
        dict of str to Counter
        """
        joined = {name: _together(chunks) for name, chunks in self._kept_until_all.items() if chunks}
        for fates in joined.values():
            for other, rows in fates.partners.items():
                gave = joined[other].gave
                gave |= gave.index.isin(rows[fates.gave])
        return self._left_out | {name: fates.left_out for name, fates in joined.items()}


def _counted(reasons: pd.Series) -> Counter[str]:
    """Count reasons, in the order in which they come first."""
    return Counter({str(reason): int(rows) for reason, rows in reasons.value_counts(sort=False).items()})


def _together(chunks: list[_Fates]) -> _Fates:
    if len(chunks) == 1:
        return chunks[0]
    index = chunks[0].kept.index.append([each.kept.index for each in chunks[1:]])
    return _Fates(
        _end_to_end([each.kept for each in chunks], index),
        pd.Series(union_categoricals([each.reason.array for each in chunks]), index),
        _end_to_end([each.gave for each in chunks], index),
        {other: _end_to_end([each.partners[other] for each in chunks], index) for other in chunks[0].partners},
    )


def _end_to_end(chunks: list[pd.Series], index: pd.Index) -> pd.Series:
    return pd.Series(np.concatenate([each.to_numpy() for each in chunks]), index)

"""What has to be known of all files before any row can be built: first treatments, and which values are rare."""

import secrets
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from itertools import repeat
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from analysis.intake.built_parts import BuiltPart, counts_days, given_sessions
from analysis.intake.distinct_rows import by_distinct
from analysis.intake.fingerprints import fingerprints
from analysis.intake.mapping_grammar import Block, Part
from analysis.intake.rare_values import rare_rules
from analysis.intake.schema import layout_tables
from analysis.intake.treatment_start import as_dates, start_dates, with_days

After = tuple[tuple[str, str], ...]
Parts = list[tuple[Block, Part]]
Days = npt.NDArray[np.int64]

_NEVER = np.iinfo(np.int64).max


@dataclass
class PatientsByValue:
    """The patients that have each value of a column: all, or as many as are enough for it not to be rare."""

    enough: int = 0
    found: dict[str, set[int]] = field(default_factory=dict, repr=False)

    def add(self, values: pd.Series, patients: Days) -> None:
        """Add the values of a chunk and the numbers of the patients that have them."""
        texts: dict[Any, str] = dict(enumerate(values.cat.categories))
        wanted = np.array([*(len(self.found.get(text, ())) < self.enough for text in texts.values()), False])
        codes = values.cat.codes.to_numpy()
        chosen = wanted[codes]  # the code of a missing cell is -1, the last
        pairs = pd.DataFrame({"value": codes[chosen], "patient": patients[chosen]}).drop_duplicates()
        for code, some in pairs.groupby("value")["patient"]:
            known = self.found.setdefault(texts[code], set())
            known.update(some.iloc[: self.enough + len(known)].tolist())


@dataclass
class FirstLook:
    """What was found: by patient the first treatment and the first session of a kind; by table the rare values.

    Patients have numbers in the order in which they come; days are counted from 1970.
    """

    numbers: dict[str, int] = field(default_factory=dict, repr=False)
    starts: Days = field(default_factory=lambda: _unknown(0), repr=False)
    first: dict[After, Days] = field(default_factory=dict, repr=False)
    patients: dict[tuple[str, str], PatientsByValue] = field(default_factory=dict, repr=False)
    _asked: tuple[pd.Index, Days] | None = field(default=None, repr=False)

    def rare_values(self, each: BuiltPart) -> dict[str, set[str]]:
        """Give by column the values that too few patients have."""
        table = each.block.table
        return {
            target: {
                value for value, found in self.patients[table, target].found.items() if len(found) < rule.fewer_than
            }
            for target, rule in rare_rules(each.part).items()
        }

    def starts_of(self, each: BuiltPart) -> pd.Series:
        """Give the dates of the first treatments of a part's patients, as `first_treatments` does."""
        ids = each.rows["patient_id"].cat.categories if "patient_id" in each.rows else pd.Index([], dtype="str")
        days = _looked_up(self.starts, self._numbers_of(ids))
        dates = np.where(days == _NEVER, np.datetime64("NaT", "D"), days.astype("datetime64[D]"))
        return pd.Series(dates.astype("datetime64[s]"), index=ids)

    def _numbers_of(self, ids: pd.Index) -> Days:
        """Give the numbers of these patients, -1 for unknown ones; the parts of a chunk ask for the same."""
        if self._asked is None or self._asked[0] is not ids:
            numbers = map(self.numbers.get, ids.to_numpy(dtype=object), repeat(-1))
            self._asked = ids, np.fromiter(numbers, dtype=np.int64, count=len(ids))
        return self._asked[1]

    def first_days(self, patients: pd.Series, after: After) -> pd.Series:
        """Give the day of each patient's first session like this, NA for none."""
        days = _looked_up(self.first[after], self._numbers_of(pd.Index(patients)))
        return pd.Series(days, index=patients.index, dtype="Int64").mask(days == _NEVER)

    def number(self, patients: pd.Series) -> Days:
        """Give each patient's number, -1 for none; new patients are given one."""
        own, ids = self.numbers, patients.cat.categories.to_numpy(dtype=object)
        numbers = np.fromiter((own.setdefault(one, len(own)) for one in ids), dtype=np.int64, count=len(ids))
        return np.append(numbers, -1)[patients.cat.codes.to_numpy()]  # the code of a missing cell is -1


Build = Callable[[str, Parts, FirstLook], Iterator[list[BuiltPart]]]


def look_first(parts: Parts, build: Build) -> FirstLook:
    """Go through the sessions, and then through what has rare values, by the columns that decide.

    Parameters
    ----------
    parts : list of tuple of Block and Part
        All parts of the mapping.
    build : callable
        Builds parts of a file, by its name in the mapping, chunk after chunk, with what is known so far.

    Returns
    -------
    FirstLook
    """
    look = FirstLook()
    _look_at_sessions(look, parts, build)
    rare = _RareCount(look, parts)
    for file, own in _by_file([each for each in parts if rare_rules(each[1])]).items():
        for chunk in build(file, [_deciding(*each, set(rare_rules(each[1]))) for each in own], look):
            for each, (block, _) in zip(chunk, own, strict=True):
                rare.add(each, block)
    return look


def _by_file(parts: Parts) -> dict[str, Parts]:
    return {file: [each for each in parts if each[0].file == file] for file in dict.fromkeys(b.file for b, _ in parts)}


def _deciding(block: Block, part: Part, further: set[str]) -> tuple[Block, Part]:
    """Leave of a part the columns that decide whether a row is written, and further ones."""
    layout = layout_tables()[block.table]
    targets = {"patient_id", *part.needs, *layout.required_columns, *block.once_per, *further}
    targets |= {name for name, column in layout.columns.items() if column.row_fault}
    targets |= {"date"} if counts_days(block.table, part) else set()
    targets |= {target for target, rule in part.columns.items() if rule.without_session is not None}
    kept = {target: rule for target, rule in part.columns.items() if target in targets}
    return replace(block, once_per=()), replace(part, columns=kept)


def _look_at_sessions(look: FirstLook, parts: Parts, build: Build) -> None:
    visits = [visit for _, part in parts for rule in part.columns.values() for visit in (rule.visits or {}).values()]
    asked = {visit.after for visit in visits if visit.after}
    sessions = [each for each in parts if each[0].table == "sessions"]
    if not asked and not any("date" in part.columns for _, part in sessions):
        return
    further = {"date", "day", "status", *(column for after in asked for column, _ in after)}
    dates: dict[After, Days] = {after: _unknown(0) for after in asked}
    days: dict[After, Days] = {after: _unknown(0) for after in asked}
    for file, own in _by_file(sessions).items():
        for chunk in build(file, [_deciding(*each, further) for each in own], look):
            for each in chunk:
                number = pd.Series(look.number(each.rows["patient_id"]), index=each.rows.index)
                size = len(look.numbers)
                if "date" in each.rows:
                    found = start_dates(each)
                    look.starts = _earliest(look.starts, size, number[found.index], _days_of(found))
                for after in asked:
                    rows = each.written[_are_like(each.written, after)]
                    if "day" in rows:
                        found = by_distinct(rows["day"], lambda texts: pd.to_numeric(texts, errors="coerce")).dropna()
                        days[after] = _earliest(days[after], size, number[found.index], found.to_numpy(dtype=np.int64))
                    else:
                        found = as_dates(rows["date"]).dropna()
                        dates[after] = _earliest(dates[after], size, number[found.index], _days_of(found))
    size = len(look.numbers)
    look.starts = _grown(look.starts, size)
    for after in asked:
        on, start = _grown(dates[after], size), look.starts
        counted = np.where((on != _NEVER) & (start != _NEVER), on - start, _NEVER)
        look.first[after] = np.minimum(counted, _grown(days[after], size))


def _are_like(sessions: pd.DataFrame, after: After) -> pd.Series:
    chosen = given_sessions(sessions)
    for column, value in after:
        chosen &= sessions[column] == value if column in sessions else False
    return chosen


def _days_of(dates: pd.Series) -> Days:
    return dates.to_numpy().astype("datetime64[D]").astype(np.int64)


def _unknown(size: int) -> Days:
    return np.full(size, _NEVER, dtype=np.int64)


def _grown(values: Days, size: int) -> Days:
    return np.concatenate([values, _unknown(size - len(values))])


def _earliest(values: Days, size: int, numbers: pd.Series, days: Days) -> Days:
    values = _grown(values, size)
    known = numbers.to_numpy() >= 0
    np.minimum.at(values, numbers.to_numpy()[known], days[known])
    return values


def _looked_up(values: Days, numbers: Days) -> Days:
    """Return the values of these patients; those that came later, and number -1, have none."""
    return np.append(values, _NEVER)[np.where(numbers < len(values), numbers, -1)]


class _RareCount:
    """Counts the patients that have each value, in all rows of a table that are written and whose column asks."""

    def __init__(self, look: FirstLook, parts: Parts) -> None:
        self.look, self._secret, self._alone = look, secrets.token_hex(8), 0
        for block, part in parts:
            for target, rule in rare_rules(part).items():
                known = look.patients.setdefault((block.table, target), PatientsByValue())
                known.enough = max(known.enough, rule.fewer_than)

    def add(self, each: BuiltPart, block: Block) -> None:
        rows = with_days(each, self.look.starts_of(each), keep_dates=True).written
        patients = self.look.number(rows["patient_id"]) if "patient_id" in rows else np.full(len(rows), -1)
        patients = np.where(patients < 0, self._numbers_without_patient(each.rows.loc[rows.index], block), patients)
        for target in rare_rules(each.part):
            self.look.patients[block.table, target].add(rows[target], patients)

    def _numbers_without_patient(self, rows: pd.DataFrame, block: Block) -> Days:
        """Count rows as patients of their own, below -1; rows that will become one have the same number."""
        if block.once_per:
            prints = fingerprints(rows[list(block.once_per)], self._secret)
            return -2 - (prints >> np.uint64(2)).astype(np.int64)
        first, self._alone = self._alone, self._alone + len(rows)
        return -2 - np.arange(first, self._alone)

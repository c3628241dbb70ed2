"""CDISC SDTM: one domain as rows with plain columns, and what stands beside it in other domains."""

from collections.abc import Hashable
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from analysis.intake.mapping_grammar import SdtmRules, SourceFile
from analysis.intake.readers.sdtm_dates import NOT_TREATED, timed_rows
from analysis.intake.readers.sdtm_events import event_cells
from analysis.intake.readers.sdtm_rules import EXPOSURES, MEASURES, SCORES
from analysis.intake.readers.sdtm_scores import UNKNOWN_TEST, score_cells
from analysis.intake.readers.sdtm_sessions import (
    INTERVAL,
    NOT_GIVEN,
    given_doses,
    measure_sessions,
    moment_of,
    numbered_sessions,
    session_cells,
    weighed_doses,
)
from analysis.intake.readers.sdtm_subjects import last_dispositions, reference_starts, subject_cells
from analysis.intake.readers.sdtm_tables import SUBJECT, add_qualifiers, column_of, number_texts, read_domain
from analysis.intake.readers.source_table import SourceTable
from analysis.vocabulary.errors import DataError

UNUSED = "not used by the mapping"
UNUSED_NAME = "not used by this name"  # but perhaps in a plain column that is made of it
NO_SUBJECT = "no USUBJID"

# Whose they are, or who saw them. USUBJID and BRTHDTC are the columns ``patient`` and ``birth_date``.
REFUSED = {
    "SUBJID": "identifies the subject",
    "INVID": "identifies the investigator",
    "INVNAM": "identifies the investigator",
}
_RENAMED = (SUBJECT, "BRTHDTC")


@dataclass(frozen=True)
class _Place:
    """Which domain is read, from where, and what stands beside it."""

    folder: Path
    file: SourceFile
    rules: SdtmRules

    def beside(self, code: str) -> tuple[pd.DataFrame, str]:
        """Read another domain; with its path, for errors."""
        path = self.rules.beside[code].path
        return read_domain(self.folder, self.file, code, path), path

    def references(self) -> pd.Series:
        """Return by patient the reference start, where DM is beside this domain and says it to the day."""
        return reference_starts(*self.beside("DM")) if "DM" in self.rules.beside else pd.Series(dtype="str")


@dataclass(frozen=True)
class _Cells:
    """The plain columns, why a row is not used (empty when it is), and by domain what became of others' rows."""

    table: pd.DataFrame
    reason: pd.Series
    fates: dict[str, pd.Series]


def read_sdtm(folder: Path, file: SourceFile) -> SourceTable:
    """Read a domain of SDTM.

    Parameters
    ----------
    folder : Path
    file : SourceFile
        With ``sdtm``: the domain, and the files that are read with it.

    Returns
    -------
    SourceTable
        One row for each row of the domain, by its row number. Where rows of other files give values to them (vital
        signs, qualifiers), these are rows too, left out because they were read with another or belong to none; then all
        are numbered ``EX:2``, ``VS:15``. Any column may be passed over.

    Raises
    ------
    DataError
        A file that is not there or no such domain; a date that is no ISO 8601; study day 0; a unit that is not read.
    """
    rules = file.sdtm or SdtmRules("")
    rows = read_domain(folder, file, rules.domain, file.path)
    fates = {}
    supplement = f"SUPP{rules.domain}"
    if supplement in rules.beside:
        rows, fates[supplement] = add_qualifiers(rows, folder, file, supplement)
    cells = _cells(rows, _Place(folder, file, rules))
    reason = cells.reason.mask(rows[SUBJECT] == "", NO_SUBJECT)
    reason = reason.mask((rows == "").all(axis="columns"), "")  # an empty line is counted as one later
    own = rows.drop(columns=[name for name in (*_RENAMED, *REFUSED) if name in rows])
    table = pd.concat([rows[SUBJECT].rename("patient"), cells.table, own], axis="columns")
    left_out: dict[Hashable, str] = {place: why for place, why in reason.items() if why}
    if fates := fates | cells.fates:
        table, left_out = _with_the_others(table, left_out, rules.domain, fates)
    refused = {name: why for name, why in REFUSED.items() if name in rows}
    spare = {str(name): UNUSED_NAME if name in own else UNUSED for name in table.columns}
    return SourceTable(table, left_out, spare, refused)


def _cells(rows: pd.DataFrame, place: _Place) -> _Cells:
    code, path = place.rules.domain, place.file.path
    if code == "DM":
        cells = subject_cells(rows, path)
        if "DS" in place.rules.beside:
            ends = last_dispositions(*place.beside("DS"))
            cells["disposition"] = rows[SUBJECT].map(ends).astype("str").fillna("")
        return _Cells(cells, pd.Series("", index=rows.index, dtype="str"), {})
    references = place.references()
    timed = _timed(rows, code, path, references)
    if code in EXPOSURES:
        return _sessions(rows, timed, references, place)
    sessions = None
    if exposure := next((each for each in EXPOSURES if each in place.rules.beside), None):
        sessions, starts = _exposures(exposure, references, place)
        timed = _from_first_treatment(timed, rows, starts)
    if code not in SCORES:
        cells = event_cells(rows, code, timed, path=path, sessions=sessions)
        return _Cells(pd.concat([_when(timed), cells], axis="columns"), timed["reason"], {})
    cells, reason = score_cells(rows, code, timed, place.rules.instruments)
    if (reason == UNKNOWN_TEST).all() and len(rows):
        raise DataError(
            f"{path} holds no test of the instruments that are known; name the test codes as "
            f'`files.{place.file.name}.instruments`, such as {{ CADSS = {{ total = "CODE" }} }}.'
        )
    return _Cells(pd.concat([_when(timed), cells], axis="columns"), reason, {})


def _sessions(rows: pd.DataFrame, timed: pd.DataFrame, references: pd.Series, place: _Place) -> _Cells:
    rules = place.rules
    cells, several = session_cells(rows, timed, place.file)
    reason = timed["reason"] if rules.first_day_of_intervals else timed["reason"].mask(several, INTERVAL)
    given = cells["occurred"] == "yes"
    reason = reason if rules.keep_not_given else reason.mask(~given, NOT_GIVEN)
    if (reason == INTERVAL).all() and len(rows):
        raise DataError(
            f"{place.file.path}: in every row {INTERVAL}. If one session on its first day shall stand for each, set "
            f'`files.{place.file.name}.intervals = "first-day"`.'
        )
    used = reason == ""
    cells["sequence"] = numbered_sessions(rows, rules.domain, timed, used)
    starts = _first_treatments(rows, timed, used & given)
    timed = _from_first_treatment(timed, rows, starts)
    reason = reason.mask(used, timed["reason"])
    sessions = _as_sessions(rows, timed, reason == "")
    fates = {}
    for other, beside in rules.beside.items():
        if other in MEASURES:
            measures, path = place.beside(other)
            when = _from_first_treatment(_timed(measures, other, path, references), measures, starts)
            found, fates[other] = measure_sessions(sessions, measures, other, when, beside)
            cells = cells.join(found.reindex(cells.index, fill_value=""))
    cells["dose_mg"] = weighed_doses(cells)
    return _Cells(pd.concat([_when(timed), cells], axis="columns"), reason, fates)


def _exposures(code: str, references: pd.Series, place: _Place) -> tuple[pd.DataFrame, pd.Series]:
    """Return the sessions that were given, from the exposure beside this domain, and each patient's first day."""
    rows, path = place.beside(code)
    timed = _timed(rows, code, path, references)
    given = given_doses(rows, code) & (timed["reason"] == "")
    starts = _first_treatments(rows, timed, given)
    return _as_sessions(rows, _from_first_treatment(timed, rows, starts), given), starts


def _as_sessions(rows: pd.DataFrame, timed: pd.DataFrame, used: pd.Series) -> pd.DataFrame:
    """Return what others look up of the sessions: the patient and day, the visit, and when they began."""
    visit = number_texts(column_of(rows, "VISITNUM"))
    sessions = timed[["date", "time"]].assign(moment=moment_of(rows, timed), visit=visit)
    return sessions[used]


def _timed(rows: pd.DataFrame, code: str, path: str, references: pd.Series) -> pd.DataFrame:
    start = "ST" if f"{code}STDTC" in rows or f"{code}STDY" in rows else ""
    of_row = rows[SUBJECT].map(references).astype("str")
    return timed_rows(column_of(rows, f"{code}{start}DTC"), column_of(rows, f"{code}{start}DY"), of_row, path)


def _first_treatments(rows: pd.DataFrame, timed: pd.DataFrame, given: pd.Series) -> pd.Series:
    """Return by patient the day of the first treatment, from the reference start."""
    first: pd.Series = timed.loc[given, "day"].groupby(rows.loc[given, SUBJECT]).min()
    return first


def _from_first_treatment(timed: pd.DataFrame, rows: pd.DataFrame, starts: pd.Series) -> pd.DataFrame:
    """Count days from the first treatment instead of the reference start."""
    start = rows[SUBJECT].map(starts).astype("Int64")
    lost = (timed["reason"] == "") & (timed["date"] == "") & start.isna()
    return timed.assign(day=timed["day"] - start, reason=timed["reason"].mask(lost, NOT_TREATED))


def _when(timed: pd.DataFrame) -> pd.DataFrame:
    when = timed[["date", "time", "year", "day"]]
    return when.assign(day=when["day"].astype("str").fillna(""))


def _with_the_others(
    table: pd.DataFrame, left_out: dict[Hashable, str], code: str, fates: dict[str, pd.Series]
) -> tuple[pd.DataFrame, dict[Hashable, str]]:
    """Add the rows of the other files, so that each of them is accounted for."""
    added: dict[Hashable, str] = {f"{other}:{row}": why for other, fate in fates.items() for row, why in fate.items()}
    numbered = table.set_axis([f"{code}:{row}" for row in table.index], axis="index")
    others = pd.DataFrame("", index=list(added), columns=table.columns, dtype="str")
    own: dict[Hashable, str] = {f"{code}:{row}": why for row, why in left_out.items()}
    return pd.concat([numbered, others]), own | added

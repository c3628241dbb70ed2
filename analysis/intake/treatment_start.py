"""Dates become days: each patient's days are counted from the first session that was given."""

from dataclasses import replace
from typing import Final

import pandas as pd

from analysis.intake.built_parts import BuiltPart, counts_days, given_sessions
from analysis.intake.layout_fit import out_of_range
from analysis.intake.mapping_cells import ages_of

NO_START = "no first treatment to count days from"

_DATES: Final = "datetime64[s]"


def first_treatments(sessions: list[BuiltPart]) -> pd.Series:
    """Find the date of each patient's day 0: of the first session given or, where the source has days, as they say.

    Parameters
    ----------
    sessions : list of BuiltPart
        The parts of the table sessions, with their dates.

    Returns
    -------
    Series of datetime
        By patient_id; patients without a given and dated session are not in it.
    """
    found = [_start_dates(each) for each in sessions if "date" in each.rows]
    starts = pd.concat(found) if found else pd.Series(index=pd.Index([], dtype="str"), dtype=_DATES)
    earliest: pd.Series = starts.groupby(level=0).min()
    return earliest


def _start_dates(each: BuiltPart) -> pd.Series:
    rows = each.written[given_sessions(each.written)]
    dates = _as_dates(rows["date"])
    if "day" in rows:
        dates -= pd.to_timedelta(pd.to_numeric(rows["day"]), unit="D")
    return dates.set_axis(rows["patient_id"].array, axis="index").dropna()


def with_days(each: BuiltPart, starts: pd.Series, *, keep_dates: bool) -> BuiltPart:
    """Put days, years and ages in place of dates.

    Parameters
    ----------
    each : BuiltPart
    starts : Series of datetime
        From `first_treatments`.
    keep_dates : bool
        Leave the column ``date`` beside the days. Any other date goes.

    Returns
    -------
    BuiltPart
        Rows whose day cannot be counted are not written.
    """
    rows, reason, marks = each.rows.copy(), each.not_written, dict(each.marks)
    start = _starts_of(rows, starts)
    for target, rule in each.part.columns.items():
        if rule.birth:
            ages = ages_of(_full_years(_as_dates(rows[target]), start))
            marks |= {(target, what): mask for what, mask in ages.marks.items()}
            marks[target, NO_START] = rows[target].notna() & start.isna()
            rows[target] = ages.texts
        elif rule.dates is not None and target == "last_day":
            marks[target, NO_START] = rows[target].notna() & start.isna()
            rows[target] = _days(rows[target], start)
        elif rule.dates is not None and target == "start_year":
            rows[target] = rows[target].str[:4]
    if counts_days(each.block.table, each.part):
        rows["day"] = _days(rows["date"], start)
        reason = reason.mask(reason.isna() & start.isna(), NO_START)
    for target, values in _implied(each, rows, start).items():
        rows[target] = values
    for target in rows.columns.intersection(["age", "last_day", "start_year", "wait_days"]):
        outside, why = out_of_range(rows[target], each.layout.columns[target])
        marks[target, why] = marks.get((target, why), False) | outside
        rows[target] = rows[target].mask(outside)
    if "date" in rows and not keep_dates:
        rows = rows.drop(columns="date")
    return replace(each, rows=rows, not_written=reason, merged=each.merged & reason.isna(), marks=marks)


def _implied(each: BuiltPart, rows: pd.DataFrame, start: pd.Series) -> dict[str, pd.Series]:
    """Make the columns that follow from the dates and that the mapping leaves open."""
    made = {}
    if each.block.table == "patients" and start.notna().any():
        made = {"start_year": _whole(start.dt.year)}
    if each.block.table == "referrals" and "date" in rows:
        made = {"start_year": rows["date"].str[:4]}
        if start.notna().any():
            made["wait_days"] = _between(_as_dates(rows["date"]), start)
    return {target: values for target, values in made.items() if target not in each.part.columns}


def _starts_of(rows: pd.DataFrame, starts: pd.Series) -> pd.Series:
    if "patient_id" not in rows:
        return pd.Series(pd.NaT, index=rows.index, dtype=_DATES)
    found: pd.Series = starts.reindex(rows["patient_id"].array).set_axis(rows.index, axis="index").astype(_DATES)
    return found


def _as_dates(texts: pd.Series) -> pd.Series:
    return pd.to_datetime(texts, format="%Y-%m-%d").astype(_DATES)


def _days(dates: pd.Series, start: pd.Series) -> pd.Series:
    return _between(start, _as_dates(dates))


def _between(first: pd.Series, last: pd.Series) -> pd.Series:
    return _whole((last - first).dt.days)


def _whole(numbers: pd.Series) -> pd.Series:
    texts: pd.Series = numbers.astype("Int64").astype("str")
    return texts


def _full_years(birth: pd.Series, day: pd.Series) -> pd.Series:
    before = (day.dt.month < birth.dt.month) | ((day.dt.month == birth.dt.month) & (day.dt.day < birth.dt.day))
    years: pd.Series = (day.dt.year - birth.dt.year - before).astype("Float64")
    return years

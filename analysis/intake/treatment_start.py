"""Dates become days: each patient's days are counted from the first session that was given."""

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Final

import pandas as pd

from analysis.intake.built_parts import BuiltPart, counts_days, given_sessions
from analysis.intake.distinct_rows import are_categories, by_distinct, whole_number_texts
from analysis.intake.layout_fit import out_of_range
from analysis.intake.mapping_cells import ages_of
from analysis.intake.schema import Column

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
    found = [_by_patient(each) for each in sessions if "date" in each.rows]
    starts = pd.concat(found) if found else pd.Series(index=pd.Index([], dtype="str"), dtype=_DATES)
    earliest: pd.Series = starts.groupby(level=0).min()
    return earliest


def _by_patient(each: BuiltPart) -> pd.Series:
    dates = start_dates(each)
    return dates.set_axis(each.rows.loc[dates.index, "patient_id"].array, axis="index")


def start_dates(each: BuiltPart) -> pd.Series:
    """Find the dates that may be the patient's day 0: those of sessions given or, with days, the day 0 they tell of.

    Parameters
    ----------
    each : BuiltPart
        A part of the table sessions, with its dates.

    Returns
    -------
    Series of datetime
        By the file's row numbers.
    """
    rows = each.written[given_sessions(each.written)]
    dates = as_dates(rows["date"])
    if "day" in rows:
        dates -= pd.to_timedelta(by_distinct(rows["day"], pd.to_numeric), unit="D")
    return dates.dropna()


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
    texts = partial(whole_number_texts, categories=are_categories(each.rows))
    start = _starts_of(rows, starts)
    for target, rule in each.part.columns.items():
        if rule.birth:
            ages = ages_of(_full_years(as_dates(rows[target]), start))
            marks |= {(target, what): mask for what, mask in ages.marks.items()}
            marks[target, NO_START] = rows[target].notna() & start.isna()
            rows[target] = ages.texts
        elif rule.dates is not None and target == "last_day":
            marks[target, NO_START] = rows[target].notna() & start.isna()
            rows[target] = texts(_days_between(start, as_dates(rows[target])))
        elif rule.dates is not None and target == "start_year":
            rows[target] = _years(rows[target])
    if counts_days(each.block.table, each.part):
        rows["day"] = texts(_days_between(start, as_dates(rows["date"])))
        reason = reason.mask(reason.isna() & start.isna(), NO_START)
    for target, values in _implied(each, rows, start, texts).items():
        rows[target] = values
    for target in rows.columns.intersection(["age", "last_day", "start_year", "wait_days"]):
        outside, why = _out_of_range(rows[target], each.layout.columns[target])
        marks[target, why] = marks.get((target, why), False) | outside
        rows[target] = rows[target].mask(outside)
    if "date" in rows and not keep_dates:
        rows = rows.drop(columns="date")
    return replace(each, rows=rows, not_written=reason, merged=each.merged & reason.isna(), marks=marks)


def _implied(
    each: BuiltPart, rows: pd.DataFrame, start: pd.Series, texts: Callable[[pd.Series], pd.Series]
) -> dict[str, pd.Series]:
    """Make the columns that follow from the dates and that the mapping leaves open."""
    made = {}
    if each.block.table == "patients" and start.notna().any():
        made = {"start_year": texts(start.dt.year)}
    if each.block.table == "referrals" and "date" in rows:
        made = {"start_year": _years(rows["date"])}
        if start.notna().any():
            made["wait_days"] = texts(_days_between(as_dates(rows["date"]), start))
    return {target: values for target, values in made.items() if target not in each.part.columns}


def _starts_of(rows: pd.DataFrame, starts: pd.Series) -> pd.Series:
    if "patient_id" not in rows:
        return pd.Series(pd.NaT, index=rows.index, dtype=_DATES)
    patients = rows["patient_id"]
    if not isinstance(patients.dtype, pd.CategoricalDtype):
        return starts.reindex(patients.array).set_axis(rows.index, axis="index").astype(_DATES)
    found = starts.reindex(patients.cat.categories).astype(_DATES).array
    return pd.Series(found.take(patients.cat.codes.to_numpy(), allow_fill=True), index=rows.index)


def as_dates(texts: pd.Series) -> pd.Series:
    """Make dates of ISO texts.

    Parameters
    ----------
    texts : Series
        Missing as NA.

    Returns
    -------
    Series of datetime
    """
    return by_distinct(texts, lambda each: pd.to_datetime(each, format="%Y-%m-%d").astype(_DATES))


def _years(dates: pd.Series) -> pd.Series:
    return by_distinct(dates, lambda texts: texts.str[:4])


def _days_between(first: pd.Series, last: pd.Series) -> pd.Series:
    return (last - first).dt.days


def _out_of_range(cells: pd.Series, column: Column) -> tuple[pd.Series, str]:
    why = out_of_range(pd.Series([], dtype="str"), column)[1]
    return by_distinct(cells, lambda texts: out_of_range(texts, column)[0]), why


def _full_years(birth: pd.Series, day: pd.Series) -> pd.Series:
    before = (day.dt.month < birth.dt.month) | ((day.dt.month == birth.dt.month) & (day.dt.day < birth.dt.day))
    years: pd.Series = (day.dt.year - birth.dt.year - before).astype("Float64")
    return years

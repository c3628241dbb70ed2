"""SDTM's dates and study days: what is written is kept, and a part that is not written is never filled in."""

import re
from datetime import date, time

import pandas as pd

from analysis.intake.readers.source_table import row_list
from analysis.vocabulary.errors import DataError

PARTIAL_DATE = "a partial date: its day is not known"
NO_DATE = "neither a date nor a study day"
CONTRADICTED_DATE = "the study day contradicts the partial date"
NOT_TREATED = "no first treatment to count days from"

# A part that is not known is left out at the end, or written as a hyphen before one that is: 2003---15, --12-15.
_DATE = r"(?P<year>\d{4}|-)(?:-(?P<month>\d{2}|-)(?:-(?P<day>\d{2}|-))?)?"
_TIME = r"(?P<hour>\d{2}|-)(?::(?P<minute>\d{2}|-)(?::(?P<second>\d{2}(?:[.,]\d+)?|-))?)?"
_MOMENT = re.compile(rf"{_DATE}(?:T{_TIME}(?:Z|[+-]\d{{2}}(?::?\d{{2}})?)?)?", re.ASCII)
_DURATION = re.compile(
    r"[+-]?P(?:(?P<weeks>\d+)W|(?:(?P<days>\d+)D)?(?:T(?:(?P<hours>\d+)H)?(?:(?P<minutes>\d+)M)?(?:(?P<seconds>\d+)S)?)?)",
    re.ASCII,
)
_MINUTES = {"weeks": 7 * 24 * 60, "days": 24 * 60, "hours": 60, "minutes": 1, "seconds": 1 / 60}
_EMPTY = {"date": "", "time": "", "year": "", "month": "", "day_of_month": ""}


def split_moment(text: str) -> dict[str, str] | None:
    """Split a date or time of SDTM into what it says.

    Parameters
    ----------
    text : str
        ISO 8601 as in SDTM: from a year alone to a time with seconds; two of them with ``/`` between are an interval.

    Returns
    -------
    dict of str to str or None
        ``date`` only when year, month and day are there, ``time`` (HH:MM) only when hour and minute are; ``year``,
        ``month`` and ``day_of_month`` as far as written; empty otherwise. An interval says what both its ends say.
        None: no ISO 8601.

    Examples
    --------
    >>> split_moment("2013-05-12T10")["date"], split_moment("2013-05-12T10")["time"]
    ('2013-05-12', '')
    >>> split_moment("2013-05"), split_moment("05/2013")
    ({'date': '', 'time': '', 'year': '2013', 'month': '05', 'day_of_month': ''}, None)
    """
    if not text:
        return _EMPTY
    if text.count("/") == 1:
        ends = [split_moment(part) if part else None for part in text.split("/")]
        if ends[0] is None or ends[1] is None:
            return None
        return {key: value if ends[1][key] == value else "" for key, value in ends[0].items()}
    found = _MOMENT.fullmatch(text)
    if found is None:
        return None
    parts = {key: "" if value in {None, "-"} else str(value) for key, value in found.groupdict().items()}
    year, month, day, hour, minute = (parts[key] for key in ("year", "month", "day", "hour", "minute"))
    try:
        # Year 2000 has every day of every month; an unknown hour or minute cannot be wrong.
        date(int(year or 2000), int(month or 1), int(day or 1))
        time(int(hour or 0), int(minute or 0))
    except ValueError:
        return None
    whole = f"{year}-{month}-{day}" if year and month and day else ""
    clock = f"{hour}:{minute}" if hour and minute and whole else ""
    return {"date": whole, "time": clock, "year": year, "month": month, "day_of_month": day}


def split_moments(cells: pd.Series, path: str) -> pd.DataFrame:
    """Split a column of dates.

    Parameters
    ----------
    cells : Series
        Texts, empty where there is none; its name is the column's.
    path : str
        The file, for the error.

    Returns
    -------
    DataFrame
        The columns of `split_moment`.

    Raises
    ------
    DataError
        A cell is no ISO 8601; naming the rows.
    """
    found = {text: split_moment(text) for text in cells.unique()}
    wrong = cells.index[cells.isin([text for text, parts in found.items() if parts is None])]
    if len(wrong):
        raise DataError(
            f"{path}, {row_list(wrong)}, column '{cells.name}': not a date as SDTM writes it (ISO 8601, such as "
            "2013-05-12, 2013-05-12T10:30, or 2013-05 when the day is not known). Export the file again from the "
            "source: a spreadsheet may have changed it."
        )
    parts = {part: {text: one[part] for text, one in found.items() if one is not None} for part in _EMPTY}
    return pd.DataFrame({part: cells.map(told).astype("str") for part, told in parts.items()}, index=cells.index)


def days_of_study_days(cells: pd.Series, path: str) -> pd.Series:
    """Turn study days into days from the reference start, which is 0 here and 1 in SDTM; SDTM has no day 0.

    Parameters
    ----------
    cells : Series
        Texts, empty where there is none; its name is the column's.
    path : str
        The file, for the error.

    Returns
    -------
    Series of Int64

    Raises
    ------
    DataError
        A cell is 0 or no whole number; naming the rows.

    Examples
    --------
    >>> days_of_study_days(pd.Series(["-7", "-1", "1", "2.0", ""]), "ex.csv").tolist()
    [-7, -1, 0, 1, <NA>]
    """
    sound = cells.str.fullmatch(r"[+-]?[0-9]{1,5}(\.0*)?")
    wrong = cells.index[(cells != "") & ~sound]
    if len(wrong):
        raise DataError(f"{path}, {row_list(wrong)}, column '{cells.name}': a study day that is no whole number.")
    numbers = pd.to_numeric(cells.where(sound)).astype("Int64")
    zero = cells.index[(numbers == 0).fillna(False)]
    if len(zero):
        raise DataError(
            f"{path}, {row_list(zero)}, column '{cells.name}': study day 0, which SDTM does not have (the day before "
            "day 1 is day -1). Say with the export's author from what day it counts, or leave the column empty."
        )
    return numbers - (numbers > 0).astype("Int64")


def minutes_of_duration(text: str) -> float | None:
    """Return how long a duration of ISO 8601 is, in minutes and without its sign; None when it has no fixed length.

    Examples
    --------
    >>> minutes_of_duration("PT40M"), minutes_of_duration("-P14D"), minutes_of_duration("P1M")
    (40.0, 20160.0, None)
    """
    found = _DURATION.fullmatch(text)
    if found is None or not any(found.groupdict().values()):
        return None
    return float(sum(int(value) * _MINUTES[key] for key, value in found.groupdict().items() if value))


def timed_rows(cells: pd.Series, study_days: pd.Series, references: pd.Series, path: str) -> pd.DataFrame:
    """Say when each row was: by its date or, where that is partial or empty, by its study day.

    Parameters
    ----------
    cells : Series
        The dates as written.
    study_days : Series
        As text.
    references : Series
        For each row the patient's reference start as a date, NA where it is not known to the day.
    path : str

    Returns
    -------
    DataFrame
        ``date`` and ``time`` (empty when not known), ``year``, ``day`` (Int64, from the reference start), and
        ``reason``, why it is not known on what day the row was; empty when it is.

    Notes
    -----
    A complete date counts, whatever the study day says. Otherwise the date is the reference start plus the study day,
    unless a part of the date that is written says otherwise. Nothing else completes a date.
    """
    moments = split_moments(cells, path)
    days = days_of_study_days(study_days, path)
    starts = pd.to_datetime(references)
    counted = (starts + pd.to_timedelta(days.astype("Float64"), unit="D")).dt.strftime("%Y-%m-%d").astype("str")
    contradicted = pd.Series(False, index=cells.index)
    for part, place in (("year", slice(0, 4)), ("month", slice(5, 7)), ("day_of_month", slice(8, 10))):
        contradicted |= counted.notna() & (moments[part] != "") & (moments[part] != counted.str[place])
    partial = moments["date"] == ""
    contradicted &= partial
    dates = moments["date"].mask(partial & counted.notna() & ~contradicted, counted)
    # A date that the file gives tells the day also where it gives no study day.
    since = pd.to_datetime(dates.where(dates != "")) - starts
    days = days.fillna(since.dt.days.astype("Int64"))
    reason = pd.Series("", index=cells.index, dtype="str")
    unknown = (dates == "") & days.isna()
    reason = reason.mask(unknown, NO_DATE).mask(unknown & (cells != ""), PARTIAL_DATE)
    reason = reason.mask(contradicted, CONTRADICTED_DATE)
    return pd.DataFrame(
        {"date": dates, "time": moments["time"], "year": moments["year"], "day": days, "reason": reason}
    )

"""How people and programs write dates, doses and weights: one text for each, by a style that is drawn."""

from collections.abc import Callable, Sequence
from datetime import date, timedelta

import numpy as np
import pandas as pd

from analysis.simulation.draws import Array, pick

# A weight that was not written down is taken from a visit at most so many days before.
CARRIED_DAYS = 30

_SERIAL_OF_1970 = 25569

_MONTHS = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)

_DATES: dict[str, Callable[[date], str]] = {
    "iso": lambda day: day.isoformat(),
    "zulu": lambda day: f"{day.isoformat()}T00:00:00.000Z",
    "serial": lambda day: str((day - date(1970, 1, 1)).days + _SERIAL_OF_1970),
    "american": lambda day: f"{day.month}/{day.day}/{day.year}",
    "month": lambda day: f"{_MONTHS[day.month - 1][:3]} {day.day}, {day.year}",
    "written": lambda day: f"{day.day} {_MONTHS[day.month - 1]} {day.year}",
}


def cell_texts(values: pd.Series) -> list[str]:
    """Write values as cells: nothing for a missing one, whole numbers without decimals.

    Examples
    --------
    >>> cell_texts(pd.Series([37.5, 40.0, None]))
    ['37.5', '40', '']
    """
    return [
        "" if pd.isna(value) else f"{value:.10g}" if isinstance(value, float) else str(value)
        for value in values.astype(object)
    ]


def translated(values: pd.Series, words: dict[object, str]) -> list[str]:
    """Write values in the clinic's own words; nothing for a missing one.

    Examples
    --------
    >>> translated(pd.Series(["female", None]), {"female": "F"})
    ['F', '']
    """
    return ["" if pd.isna(value) else words[value] for value in values.astype(object)]


def spaced(values: pd.Series) -> list[str]:
    """Write the names of a closed list as a person would.

    Examples
    --------
    >>> spaced(pd.Series(["chest-pain", None]))
    ['Chest pain', '']
    """
    return ["" if pd.isna(value) else str(value).replace("-", " ").capitalize() for value in values.astype(object)]


def date_texts(days: pd.Series, style: str) -> list[str]:
    """Write dates in one style; nothing for a missing one.

    Examples
    --------
    >>> days = pd.Series(pd.to_datetime(["2025-01-03"]))
    >>> [date_texts(days, style)[0] for style in ("iso", "zulu", "serial", "american", "month", "written")]
    ['2025-01-03', '2025-01-03T00:00:00.000Z', '45660', '1/3/2025', 'Jan 3, 2025', '3 January 2025']
    """
    return ["" if pd.isna(day) else _DATES[style](day.date()) for day in days]


def mixed_dates(rng: np.random.Generator, days: pd.Series) -> list[str]:
    """Write dates as an export does that went through several programs: ISO with a Z, ISO, serial numbers of Excel."""
    styles = ("zulu", "iso", "serial")
    drawn = pick(rng, [0.5, 0.3, 0.2], len(days))
    return [_DATES[styles[style]](day.date()) for style, day in zip(drawn, days, strict=True)]


def clock_times(rng: np.random.Generator, count: int) -> list[str]:
    """Draw times of day, to the second."""
    seconds = rng.integers(7 * 3600, 20 * 3600, count)
    return [str(timedelta(seconds=int(each))).zfill(8) for each in seconds]


def dose_texts(rng: np.random.Generator, doses: pd.Series, weights: pd.Series) -> list[str]:
    """Write doses as people type them. The last four styles cannot be read, and their dose is lost."""
    styles: Sequence[Callable[[float, float], str]] = (
        lambda dose, _: f"{dose:g} mg",
        lambda dose, _: f"{dose:g}",
        lambda dose, weight: f"{dose:g} mg = {dose / weight:.2f} mg/kg",
        lambda dose, weight: f"{dose:g}mg ({dose / weight:.2f}mg/kg)",
        lambda dose, _: f"{dose - 5:g} --> {dose:g} mg",
        lambda dose, _: f"{dose:g}mg (split)",
        lambda dose, _: f"{dose:.1f}".replace(".", "..") + " mg",
        lambda dose, _: f"{dose - 5:g} - {dose:g} mg",
        lambda dose, _: f"{dose / 2:g} + {dose / 2:g} mg",
        lambda _, __: "see MAR",
        lambda _, __: "",
    )
    drawn = pick(rng, [0.3, 0.1, 0.25, 0.1, 0.1, 0.08, 0.05, 0.005, 0.005, 0.005, 0.005], len(doses))
    return [styles[style](*each) for style, *each in zip(drawn, doses, weights, strict=True)]


def weight_texts(rng: np.random.Generator, visits: pd.DataFrame) -> list[str]:
    """Write weights as people type them, and leave them out when they have hardly changed.

    Parameters
    ----------
    rng : numpy.random.Generator
    visits : DataFrame
        ``patient_id``, ``date`` and ``weight_kg``, in this order.

    Returns
    -------
    list of str
        Where the weight is what was last written down, at most 30 days before, the cell is empty. The last five styles
        cannot be read (or leave out a weight that has changed), and the weight is lost.
    """
    styles: Sequence[Callable[[float], str]] = (
        lambda weight: f"{weight:g}",
        lambda weight: f"{weight:g} kg",
        lambda weight: f"{weight:g} mg",
        lambda weight: f"{weight:.1f}".replace(".", ".."),
        lambda weight: f"{weight:g} (stated)",
        lambda weight: f"{weight - 1:g} - {weight + 1:g}",
        lambda _: "reweight",
        lambda _: "0",
        lambda weight: f"{10 * weight:.0f}",
        lambda _: "",
    )
    readable = 5
    drawn: Array = pick(rng, [0.55, 0.3, 0.03, 0.03, 0.04, 0.01, 0.01, 0.01, 0.01, 0.01], len(visits))
    texts: list[str] = []
    last: dict[str, tuple[pd.Timestamp, float]] = {}
    for style, (patient, day, weight) in zip(
        drawn, visits[["patient_id", "date", "weight_kg"]].itertuples(index=False, name=None), strict=True
    ):
        written_on, written = last.get(patient, (day, 0.0))
        known = written == weight and (day - written_on).days <= CARRIED_DAYS
        texts.append("" if known else styles[style](weight))
        if style < readable and not known:
            last[patient] = (day, weight)
    return texts

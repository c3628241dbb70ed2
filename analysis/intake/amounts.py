"""Doses and weights out of what people type. What the rules do not read is left empty and counted, never guessed."""

import re
from collections.abc import Callable

import pandas as pd

HEAVIEST_KG = 300

_NUMBER = r"(\d{1,4}(?:\.\d+)?|\.\d+)"
_PER_WEIGHT = re.compile(rf"{_NUMBER} ?(?:mg|mcg|µg|ug) ?(?:/|per) ?kg")
_ARROW = re.compile(r"-+>|=>|→")
_DOSE = re.compile(rf"{_NUMBER} ?(?:mgs?\.?)?")
_WEIGHT = re.compile(rf"{_NUMBER} ?(?:kgs?\.?|mgs?\.?)?")


def read_amounts(cells: pd.Series, what: str) -> pd.Series:
    """Read a column of doses in mg or of weights in kg.

    Parameters
    ----------
    cells : Series
        Texts with a decimal point, missing as NA.
    what : str
        ``dose`` or ``weight``.

    Returns
    -------
    Series
        Numbers as text; NA where the cell is missing or cannot be read.

    Notes
    -----
    In this order, for both: dots that follow each other are one; what stands in parentheses is left out; after an
    arrow the last part counts ("35 --> 40 mg" is 40). A dose per weight is left out and must leave one dose ("40 mg =
    0.50 mg/kg" is 40; "0.50 mg/kg" alone is not read). Then one number must remain, with its unit or without; for a
    weight also with "mg", a slip for kg. Ranges, sums, words, other units, and weights of 0 or above 300 are not read.

    Examples
    --------
    >>> read_amounts(pd.Series(["40 mg = 0.50 mg/kg", "35 --> 40 mg", "40mg (split)", "20 + 20"]), "dose").tolist()
    ['40.0', '40.0', '40.0', nan]
    >>> read_amounts(pd.Series(["71..5 kg", "70 - 72", "reweight", "0"]), "weight").tolist()
    ['71.5', nan, nan, nan]
    """
    read = _READERS[what]
    found = {text: read(_tidied(text)) for text in cells.dropna().unique()}
    return cells.map({text: str(number) for text, number in found.items() if number is not None}).astype("str")


def _tidied(text: str) -> str:
    without = re.sub(r"\([^()]*\)", " ", re.sub(r"\.{2,}", ".", text.lower()))
    return " ".join(_ARROW.split(without)[-1].split())


def _dose(text: str) -> float | None:
    rest = _PER_WEIGHT.sub(" ", text)
    return _one_number(_DOSE, rest.strip(" =@,;"))


def _weight(text: str) -> float | None:
    weight = _one_number(_WEIGHT, text)
    return weight if weight is not None and 0 < weight <= HEAVIEST_KG else None


def _one_number(pattern: re.Pattern[str], text: str) -> float | None:
    match = pattern.fullmatch(text)
    return float(match[1]) if match else None


_READERS: dict[str, Callable[[str], float | None]] = {"dose": _dose, "weight": _weight}

"""Doses and weights out of what people type. What the rules do not read is left empty and counted, never guessed."""

import re
from collections.abc import Callable

import pandas as pd

HEAVIEST_KG = 300

NO_NUMBER = "no number"
SEVERAL_NUMBERS = "a range, a sum or several numbers"
OTHER_WORDS = "other words, signs or units beside the number"
OUT_OF_REACH = f"0, or above {HEAVIEST_KG} kg"

_NUMBER = r"(\d{1,4}(?:\.\d+)?|\.\d+)"
_PER_WEIGHT = re.compile(rf"{_NUMBER} ?(?:mg|mcg|µg|ug) ?(?:/|per) ?kg")
_ARROW = re.compile(r"[-–—=]+>|→")
_BRACKETS = re.compile(r"\([^()]*\)|\[[^][]*\]")
# Before two digits or more it could be a range: 35..40.
_DOUBLE_DOTS = re.compile(r"\.{2,}(?=\d(?!\d))")
_DOSE = re.compile(rf"{_NUMBER} ?(?:mgs?\.?)?(?: ?(?:iv|im|sc|po|sl))?")
_WEIGHT = re.compile(rf"{_NUMBER} ?(?:kgs?\.?|mgs?\.?)?")


def read_amounts(cells: pd.Series, what: str) -> tuple[pd.Series, pd.Series]:
    """Read a column of doses in mg or of weights in kg.

    Parameters
    ----------
    cells : Series
        Texts with a decimal point, missing as NA.
    what : str
        ``dose`` or ``weight``.

    Returns
    -------
    tuple of Series
        Numbers as text, NA where the cell is missing or not read; and why a cell is not read: one of this module's four
        sentences, NA where nothing is wrong.

    Notes
    -----
    In this order, for both: repeated dots before a single digit are one ("37..5"; "35..40" may be a range and is not
    read); what stands in brackets is left out ("40mg (split)"); after an arrow the last part counts ("35 --> 40 mg" is
    40). A dose per weight is left out and must leave one dose ("40 mg = 0.50 mg/kg" is 40; "0.50 mg/kg" alone is not
    read). Then one number must remain, with its unit or without: for a dose also with the route ("75 mg IM"), for a
    weight also with "mg", a slip for kg. Ranges, sums, words, other units, and weights of 0 or above 300 are not read.

    Examples
    --------
    >>> doses, why = read_amounts(pd.Series(["40 mg = 0.50 mg/kg", "35 --> 40 mg", "40mg (split)", "20 + 20"]), "dose")
    >>> doses.tolist(), why[3]
    (['40.0', '40.0', '40.0', nan], 'a range, a sum or several numbers')
    >>> weights, why = read_amounts(pd.Series(["71..5 kg", "70 - 72", "reweight", "0"]), "weight")
    >>> weights.tolist(), why[3]
    (['71.5', nan, nan, nan], '0, or above 300 kg')
    """
    read = _READERS[what]
    found = {text: read(_tidied(text)) for text in cells.dropna().unique()}
    numbers = {text: str(one) for text, one in found.items() if isinstance(one, float)}
    wrong = {text: one for text, one in found.items() if isinstance(one, str)}
    return cells.map(numbers).astype("str"), cells.map(wrong).astype("object")


def _tidied(text: str) -> str:
    without = _BRACKETS.sub(" ", _DOUBLE_DOTS.sub(".", text.lower()))
    return " ".join(_ARROW.split(without)[-1].split())


def _dose(text: str) -> float | str:
    rest = _PER_WEIGHT.sub(" ", text)
    return _one_number(_DOSE, rest.strip(" =@,;"))


def _weight(text: str) -> float | str:
    weight = _one_number(_WEIGHT, text)
    return OUT_OF_REACH if isinstance(weight, float) and not 0 < weight <= HEAVIEST_KG else weight


def _one_number(pattern: re.Pattern[str], text: str) -> float | str:
    match = pattern.fullmatch(text)
    if match:
        return float(match[1])
    numbers = len(re.findall(r"\d+(?:\.\d+)?", text))
    return (NO_NUMBER, OTHER_WORDS, SEVERAL_NUMBERS)[min(numbers, 2)]


_READERS: dict[str, Callable[[str], float | str]] = {"dose": _dose, "weight": _weight}

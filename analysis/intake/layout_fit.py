"""Whether the layout has a place for a cell. What it has no place for may be a name: it is not written."""

import pandas as pd

from analysis.intake.cells import FIRST_DATE, ID_PATTERN, LAST_DATE
from analysis.intake.schema import Column
from analysis.vocabulary.definitions import default_definitions

_PATTERNS = {
    "id": (ID_PATTERN, "a value that is not 1 to 64 letters, digits, - or _"),
    "zip3": ("[0-9]{3}", "a value that is not three digits"),
    "integer": (r"[+-]?[0-9]{1,15}(\.0*)?", "a value that is not a whole number"),
    "number": (r"[+-]?([0-9]{1,15}\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]{1,3})?", "a value that is not a number"),
    "boolean": ("(?i:true|false)", "a value that is not true or false"),
}


def misfits(cells: pd.Series, column: Column, *, instruments: set[str]) -> tuple[pd.Series, str]:
    """Find the cells that are of another kind than the column, or not in its closed list.

    Parameters
    ----------
    cells : Series
        Texts, missing as NA.
    column : Column
    instruments : set of str
        The names that the mapping's own definitions add to the instruments.

    Returns
    -------
    tuple of Series of bool and str
        Where they are, and what to say of them.

    Examples
    --------
    >>> from analysis.intake.schema import layout_tables
    >>> sex = layout_tables()["patients"].columns["sex"]
    >>> wrong, what = misfits(pd.Series(["female", "F", None]), sex, instruments=set())
    >>> wrong.tolist(), what
    ([False, True, False], 'a value that is not one of female, male, other; translate it by `values`')
    """
    if column.type == "text":
        listed = column.values or tuple(  # noqa: PD011 - the closed list of a column, no Series
            sorted({*default_definitions().instruments, *instruments})
        )
        known = cells.isin(listed)
        what = f"a value that is not one of {', '.join(listed[:12])}{' ...' if len(listed) > 12 else ''}"
        return cells.notna() & ~known, f"{what}; translate it by `values`"
    pattern, what = _PATTERNS[column.type]
    wrong = cells.notna() & ~cells.str.fullmatch(pattern, na=False)
    if column.name == "age" and not wrong.any():
        above = pd.to_numeric(cells) > (column.high or 0)
        return above, 'an age above 90; `number = "age"` writes 90 for 90 and over'
    return wrong, what


def out_of_range(cells: pd.Series, column: Column) -> tuple[pd.Series, str]:
    """Find the numbers that are too small or too large for the column.

    Parameters
    ----------
    cells : Series
        Numbers as text, missing as NA.
    column : Column

    Returns
    -------
    tuple of Series of bool and str
        Where they are, and the reason to count them under.

    Examples
    --------
    >>> from analysis.intake.schema import layout_tables
    >>> weight = layout_tables()["sessions"].columns["weight_kg"]
    >>> out_of_range(pd.Series(["70", "7000", None]), weight)[0].tolist()
    [False, True, False]
    """
    if column.low is None or column.high is None:
        return pd.Series(False, index=cells.index), ""
    numbers = pd.to_numeric(cells)
    outside = cells.notna() & ~numbers.between(column.low, column.high)
    return outside, f"not from {column.low} to {column.high}"


def out_of_calendar(dates: pd.Series) -> tuple[pd.Series, str]:
    """Find the dates that are too early or too late for a dataset.

    Parameters
    ----------
    dates : Series
        ISO dates as text, missing as NA.

    Returns
    -------
    tuple of Series of bool and str
        Where they are, and the reason to count them under.

    Examples
    --------
    >>> out_of_calendar(pd.Series(["2025-04-03", "1925-04-03", None]))[0].tolist()
    [False, True, False]
    """
    return dates.notna() & ~dates.between(FIRST_DATE, LAST_DATE), f"not from {FIRST_DATE} to {LAST_DATE}"

"""A rate or a share as it is said in a sentence: as people in a hundred, with the people behind it."""

from typing import Any

import pandas as pd

from analysis.charts.wording import in_hundred, number
from analysis.disclosure.suppression import Disclosed
from analysis.report.words import range_words
from analysis.vocabulary.errors import CallError

HIDDEN = "a hidden number (few people stand behind it)"
NOBODY = "an unknown number (nobody was counted)"


def rate_in_words(table: pd.DataFrame | Disclosed, **which: Any) -> str:
    """Say one rate of a table, with its counts and its interval.

    Parameters
    ----------
    table : DataFrame or Disclosed
        From `response_rates`, best after `disclose`.
    **which
        The values that name the row, such as ``estimand="observed", window="end of loading"``.

    Returns
    -------
    str
        What follows "of those scored": a share of a hundred, or that it is hidden or unknown.

    Raises
    ------
    CallError
        For a column that the table does not have, or when not exactly one row is named.

    Examples
    --------
    >>> rates = pd.DataFrame({"estimand": ["observed", "starters"], "estimate": [0.5, 0.4], "low": [0.4, 0.32],
    ...     "high": [0.6, 0.49], "numerator": 50, "denominator": [100, 125], "status": "ok"})
    >>> rate_in_words(rates, estimand="starters")
    '40 in 100 (50 of 125; between 32 and 49 in 100)'
    """
    rows = table.table if isinstance(table, Disclosed) else table
    for column, value in which.items():
        if column not in rows:
            raise CallError(f"'{column}' is not a column of this table. Its columns: {', '.join(rows.columns)}.")
        rows = rows[rows[column] == value]
    if len(rows) != 1:
        raise CallError(f"{len(rows)} rows of the table are meant; name one, such as estimand='observed', window=...")
    row = rows.iloc[0]
    if row["status"] != "ok":
        return HIDDEN if row["status"] == "hidden" else NOBODY
    if pd.isna(row["estimate"]):
        return f"{range_words(row['low'], row['high'])} (of {number(row['denominator'])}, with those not scored)"
    behind = f"{number(row['numerator'])} of {number(row['denominator'])}"
    return f"{in_hundred(row['estimate'])} ({behind}; {range_words(row['low'], row['high'])})"


def share_in_words(part: Any, whole: Any) -> str:
    """Say how many of a whole a part is.

    Parameters
    ----------
    part, whole : int
        Counts; missing where they are hidden.

    Returns
    -------
    str

    Examples
    --------
    >>> share_in_words(30, 120)
    '25 in 100 (30 of 120)'
    >>> share_in_words(pd.NA, 120), share_in_words(0, 0)
    ('a hidden number (few people stand behind it)', 'an unknown number (nobody was counted)')
    """
    if pd.isna(part) or pd.isna(whole):
        return HIDDEN
    return f"{in_hundred(part / whole)} ({number(part)} of {number(whole)})" if whole else NOBODY

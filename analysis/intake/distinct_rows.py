"""Working on distinct values: what maps a text to a text is done once for each text, not for each of a million cells.

A big file is read in chunks whose columns are categories: a code for each cell, and each text once.
"""

from collections.abc import Callable

import numpy as np
import numpy.typing as npt
import pandas as pd

Places = npt.NDArray[np.intp]


def are_categories(rows: pd.DataFrame) -> bool:
    """Say whether all columns are categories.

    Parameters
    ----------
    rows : DataFrame

    Returns
    -------
    bool
        False without any column.

    Examples
    --------
    >>> are_categories(pd.DataFrame({"a": pd.Categorical(["x"])})), are_categories(pd.DataFrame({"a": ["x"]}))
    (True, False)
    """
    return bool(len(rows.columns)) and all(isinstance(kind, pd.CategoricalDtype) for kind in rows.dtypes)


def distinct_rows(rows: pd.DataFrame) -> tuple[pd.DataFrame, Places]:
    """Find the rows that differ.

    Parameters
    ----------
    rows : DataFrame
        Columns of categories; without any column all rows are the same.

    Returns
    -------
    tuple of DataFrame and array
        Each different row once, as texts, and where each row stands among them.

    Examples
    --------
    >>> cells = pd.DataFrame({"a": pd.Categorical(["x", None, "x"])})
    >>> rows, places = distinct_rows(cells)
    >>> rows["a"].fillna("-").tolist(), places.tolist()
    (['x', '-'], [0, 1, 0])
    """
    if len(rows.columns) == 1:
        return _distinct_texts(rows)
    together = np.zeros(len(rows), dtype=np.int64)
    for _, column in rows.items():
        together = together * (len(column.cat.categories) + 1) + column.cat.codes.to_numpy() + 1
        together = pd.factorize(together)[0]  # so that the product stays small
    places, _ = pd.factorize(together)
    first = np.flatnonzero(~pd.Series(places).duplicated().to_numpy())
    return rows.iloc[first].astype("str").reset_index(drop=True), places


def _distinct_texts(rows: pd.DataFrame) -> tuple[pd.DataFrame, Places]:
    (name,) = rows.columns
    column = rows[name].array
    texts = np.append(column.categories.to_numpy(dtype=object), np.nan)
    seen = np.zeros(len(texts), dtype=bool)
    seen[column.codes] = True  # the code of a missing cell is -1, the last
    places = (np.cumsum(seen) - 1)[column.codes]
    return pd.DataFrame({name: pd.Series(texts[seen], dtype="str")}), places


def spread_over(values: pd.Series, places: Places, index: pd.Index) -> pd.Series:
    """Give each row what was found for the distinct row that it is the same as.

    Parameters
    ----------
    values : Series
        One for each distinct row.
    places : array
        From `distinct_rows`.
    index : Index
        Of the rows.

    Returns
    -------
    Series
        Categories for texts, otherwise as ``values``.

    Examples
    --------
    >>> spread_over(pd.Series(["x", None]), np.array([0, 1, 0]), pd.RangeIndex(3)).tolist()
    ['x', nan, 'x']
    """
    if not isinstance(values.dtype, pd.StringDtype):
        return pd.Series(values.array.take(places), index=index)
    codes, texts = pd.factorize(values.to_numpy(dtype=object))
    return pd.Series(pd.Categorical.from_codes(codes[places], categories=pd.Index(texts, dtype="str")), index=index)


def by_distinct(cells: pd.Series, change: Callable[[pd.Series], pd.Series]) -> pd.Series:
    """Change cells one by one; the same texts only once.

    Parameters
    ----------
    cells : Series
    change : callable
        What it gives for a cell must depend on that cell only.

    Returns
    -------
    Series

    Examples
    --------
    >>> by_distinct(pd.Series(pd.Categorical(["a", "b", "a"])), lambda texts: texts.str.upper()).tolist()
    ['A', 'B', 'A']
    """
    if not isinstance(cells.dtype, pd.CategoricalDtype):
        return change(cells)
    rows, places = distinct_rows(cells.to_frame("cells"))
    return spread_over(change(rows["cells"]), places, cells.index)


def whole_number_texts(numbers: pd.Series, *, categories: bool) -> pd.Series:
    """Write whole numbers as texts.

    Parameters
    ----------
    numbers : Series
        Missing as NA.
    categories : bool
        Return categories.

    Returns
    -------
    Series

    Examples
    --------
    >>> whole_number_texts(pd.Series([7.0, None, 7.0]), categories=False).tolist()
    ['7', nan, '7']
    """
    whole = numbers.astype("Int64")
    if not categories:
        return whole.astype("str")
    codes, values = pd.factorize(whole)
    return pd.Series(pd.Categorical.from_codes(codes, categories=values.astype("str")), index=whole.index)

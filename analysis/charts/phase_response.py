"""Response by phase: the end of loading, then each month after it."""

import re

import pandas as pd
from matplotlib.axes import Axes

from analysis.charts.rates_over_time import rates_over_time
from analysis.disclosure.suppression import Disclosed

_WINDOW = re.compile(r"month (\d+) after loading")


def response_by_phase(table: pd.DataFrame | Disclosed, *, ax: Axes | None = None) -> Axes:
    r"""Draw a rate at the end of loading and in the months after it.

    Parameters
    ----------
    table : DataFrame or Disclosed
        Rows of `response_rates` for the windows ``end of loading`` and ``month m after loading``, one instrument. Up to
        four groups, denominators or outcomes are drawn apart. Months that are not in the table leave their room.
        A table that has not been disclosed for the public is stamped internal.
    ax : Axes, optional
        Axes to draw on; leave room around them for the words. By default the chart makes its own figure, ``ax.figure``.

    Returns
    -------
    Axes
        See `alt_text`, `as_html` and `save_png` for what to do with it.

    Raises
    ------
    CallError
        When the table is empty, lacks a column, has other windows, several instruments, or more than four series.

    Examples
    --------
    >>> import pandas as pd
    >>> table = pd.DataFrame({
    ...     "instrument": "PHQ-9", "window": ["end of loading", "month 3 after loading"], "outcome": "response",
    ...     "estimand": "observed", "estimate": [0.5, 0.4], "low": [0.4, 0.31], "high": [0.6, 0.5],
    ...     "method": "Wilson, 95 %", "numerator": [50, 40], "denominator": [100, 100], "status": "ok",
    ...     "started": [120, 118], "scored": [100, 100], "due": "date", "definitions": "default 1",
    ... })
    >>> ax = response_by_phase(table)
    >>> [label.get_text() for label in ax.get_xticklabels()]
    ['End of\nloading', '3']
    """
    return rates_over_time(
        table,
        ax=ax,
        chart="response_by_phase",
        position=month_after_loading,
        draws="the windows 'end of loading' and 'month m after loading'",
        tick=lambda place: str(place) if place else "End of\nloading",
        x_label="Months after loading",
        when="after loading",
        moment=lambda place: f"month {place}" if place else "end of loading",
        caveat="",
        headline=3,
    )


def month_after_loading(window: str) -> int | None:
    """Return the month of a window after loading, 0 for the end of loading, None for any other.

    Examples
    --------
    >>> month_after_loading("month 3 after loading"), month_after_loading("end of loading"), month_after_loading("24 h")
    (3, 0, None)
    """
    if window == "end of loading":
        return 0
    found = _WINDOW.fullmatch(window)
    return int(found[1]) if found else None

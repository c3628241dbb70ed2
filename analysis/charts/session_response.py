"""Response by session number."""

import re

import pandas as pd
from matplotlib.axes import Axes

from analysis.charts.rates_over_time import rates_over_time
from analysis.disclosure.suppression import Disclosed

_WINDOW = re.compile(r"after session (\d+)")


def response_by_session(table: pd.DataFrame | Disclosed, *, ax: Axes | None = None) -> Axes:
    """Draw a rate after each session of the course.

    Parameters
    ----------
    table : DataFrame or Disclosed
        Rows of `response_rates` for windows ``after session k``, one instrument. Up to four groups, denominators or
        outcomes are drawn apart. A table that has not been disclosed for the public is stamped internal.
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
    ...     "instrument": "PHQ-9", "window": ["after session 1", "after session 3"], "outcome": "response",
    ...     "estimand": "observed", "estimate": [0.25, 0.4], "low": [0.18, 0.31], "high": [0.34, 0.5],
    ...     "method": "Wilson, 95 %", "numerator": [25, 40], "denominator": [100, 100], "status": "ok",
    ...     "started": [120, 118], "scored": [100, 100], "due": "date", "definitions": "default 1",
    ... })
    >>> ax = response_by_session(table)
    >>> [float(x) for x in ax.get_xticks()]
    [1.0, 3.0]
    """
    return rates_over_time(
        table,
        ax=ax,
        chart="response_by_session",
        position=session_number,
        draws="the windows 'after session k'",
        tick=str,
        x_label="Session number",
        when="by session",
        moment=lambda place: f"session {place}",
        caveat="Later sessions: only those who came back are scored.",
    )


def session_number(window: str) -> int | None:
    """Return k of the window ``after session k``, None for any other.

    Examples
    --------
    >>> session_number("after session 12"), session_number("24 h")
    (12, None)
    """
    found = _WINDOW.fullmatch(window)
    return int(found[1]) if found else None

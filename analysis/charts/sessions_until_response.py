"""How many have responded by each session, with the range of those of whom it is not known."""

import re

import pandas as pd
from matplotlib.axes import Axes

from analysis.charts.rates_over_time import NEEDS, rates_over_time
from analysis.charts.style import GREY
from analysis.charts.tidy import tidy
from analysis.disclosure.suppression import Disclosed
from analysis.vocabulary.errors import CallError

_WINDOW = re.compile(r"by session (\d+)")
_RANGE = "bounds of the eligible"
_CHART = "responded_by_session"


def responded_by_session(table: pd.DataFrame | Disclosed, *, ax: Axes | None = None) -> Axes:
    """Draw how many have been seen with an outcome by each session.

    Parameters
    ----------
    table : DataFrame or Disclosed
        From `responses_by_session`, one instrument and one group. Drawn are the rows ``nonresponder`` and ``treated``
        (or others that are rates, up to four) and, as grey bars, the range ``bounds of the eligible``.
    ax : Axes, optional
        Axes to draw on; leave room around them for the words. By default the chart makes its own figure, ``ax.figure``.

    Returns
    -------
    Axes
        See `alt_text`, `as_html` and `save_png` for what to do with it.

    Raises
    ------
    CallError
        When the table is empty, lacks a column, has other windows, several instruments, or more than one group.

    Examples
    --------
    >>> import pandas as pd
    >>> table = pd.DataFrame({
    ...     "instrument": "PHQ-9", "window": ["by session 1", "by session 2"] * 2, "outcome": "response",
    ...     "estimand": ["nonresponder"] * 2 + ["bounds of the eligible"] * 2, "estimate": [0.2, 0.3, None, None],
    ...     "low": [0.13, 0.22, 0.2, 0.3], "high": [0.29, 0.4, 0.3, 0.5], "method": "Wilson, 95 %",
    ...     "numerator": [20, 30, 20, 30], "denominator": 100, "status": "ok", "started": 100, "scored": [90, 70] * 2,
    ...     "due": "date", "definitions": "default 1",
    ... })
    >>> ax = responded_by_session(table)
    >>> [float(x) for x in ax.get_xticks()]
    [1.0, 2.0]
    """
    data = tidy(table, chart=_CHART, needs=NEEDS)
    if any(data.varies(name) for name in data.groups):
        raise CallError(f"{_CHART} draws one group; the table has several. Select one.")
    wanted = data.rows["estimand"].isin(["nonresponder", "treated"])
    is_range = data.rows["estimand"].astype(str).str.startswith("bounds")
    rates = data.rows[wanted if wanted.any() else ~is_range]
    kept = Disclosed(rates, table.audience, table.policy, table.hidden) if isinstance(table, Disclosed) else rates
    drawn = rates_over_time(
        kept,
        ax=ax,
        chart=_CHART,
        position=session_reached,
        draws="the windows 'by session k'",
        tick=str,
        x_label="Session number",
        when="by each session",
        moment=lambda place: f"by session {place}",
        caveat="Once seen is counted from then on, whether it lasted or not. Grey bars: of the eligible, from none to "
        "all of those not seen with it who were not scored after some session.",
    )
    bars = data.rows[(data.rows["estimand"] == _RANGE) & (data.rows["status"] == "ok")]
    for row in bars.to_dict("records"):
        place = session_reached(str(row["window"]))
        drawn.vlines(
            [place or 0], [float(row["low"])], [float(row["high"])], colors=GREY, linewidth=5, alpha=0.3, zorder=1.2
        ).set_gid("range")
    return drawn


def session_reached(window: str) -> int | None:
    """Return k of the window ``by session k``, None for any other.

    Examples
    --------
    >>> session_reached("by session 12"), session_reached("after session 12")
    (12, None)
    """
    found = _WINDOW.fullmatch(window)
    return int(found[1]) if found else None

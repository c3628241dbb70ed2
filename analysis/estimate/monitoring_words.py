"""What a chart over time says, in a sentence: evidence of change and since when, or none."""

import pandas as pd

from analysis.estimate.control_limits import LOCK_AFTER, OUTSIDE

LATELY = 12
"""Signs within the last so many points are evidence; those before are told as history."""

NO_CHANGE = "No evidence of change"
BY_CHANCE = "About one chart in four shows such a sign although nothing has changed."
"""Of processes that do not change, with limits from 12 points; simulated (tests/estimate/test_control_limits.py)."""

_NEXT = 2
"""Points of one sign are neighbours, or have one between them that is passed over."""

_NAMES = {"p": "p-chart", "XmR": "XmR chart", "g": "g-chart", "run": "run chart"}


def verdict_of(table: pd.DataFrame) -> str:
    """Say whether a measure has changed, judged by its latest phase.

    Parameters
    ----------
    table : DataFrame
        Rows of one group, as in `analysis.estimate.monitoring.Monitored`; rows whose status is not ``ok`` say nothing.

    Returns
    -------
    str

    Examples
    --------
    >>> rows = pd.DataFrame({"month": ["2026-01", "2026-02"], "status": "ok", "chart": "run", "phase": 1, "reason": "",
    ...                      "baseline": False, "signal": "", "estimate": [0.4, 0.5], "centre": 0.45})
    >>> verdict_of(rows)
    'No evidence of change: 2 points from 2026-01 to 2026-02 (run chart; fewer than 12 points make no limits yet).'
    """
    seen = table[table["status"] == "ok"]
    if seen.empty:
        return "Nothing can be said: no point has anybody to show."
    own = seen[seen["phase"] == seen["phase"].max()]
    kind = str(own["chart"].iloc[0])
    if kind == "run":
        made = f"fewer than {LOCK_AFTER} points make no limits yet"
    elif own["baseline"].any():
        first = own[own["baseline"]]
        made = f"limits from the first {LOCK_AFTER}, {first['month'].iloc[0]} to {first['month'].iloc[-1]}"
    else:
        made = "the points that make the limits are not shown"
    span = f"{len(own)} points from {own['month'].iloc[0]} to {own['month'].iloc[-1]} ({_NAMES[kind]}; {made})"
    since = f"; new baseline from {own['month'].iloc[0]}: {own['reason'].iloc[0]}" if own["reason"].iloc[0] else ""
    late, earlier = _signs(own)
    before = f" Earlier: {'; '.join(earlier)}." if earlier else ""
    if not late:
        lately = f" in the last {LATELY}" if earlier else ""
        return f"{NO_CHANGE}{lately}: {span}{since}.{before}"
    return f"Evidence of change: {'; '.join(late)}. {span}{since}.{before} {BY_CHANCE}"


def _signs(own: pd.DataFrame) -> tuple[list[str], list[str]]:
    """Say each sign with its months: those that reach into the last points, and those that ended before."""
    places: dict[str, list[list[int]]] = {}
    for place, (signal, value, centre) in enumerate(zip(own["signal"], own["estimate"], own["centre"], strict=True)):
        for sign in filter(None, str(signal).split("; ")):
            words = sign if sign != OUTSIDE else f"{'above' if value > centre else 'below'} the limits"
            runs = places.setdefault(words, [])
            if runs and place - runs[-1][-1] <= _NEXT:
                runs[-1].append(place)
            else:
                runs.append([place])
    months = own["month"].astype(str).tolist()
    said: tuple[list[str], list[str]] = [], []
    for words, runs in places.items():
        for run in runs:
            first, last = months[run[0]], months[run[-1]]
            span = first if first == last else f"{first} to {last}"
            said[0 if run[-1] >= len(own) - LATELY else 1].append(f"{words} ({span})")
    return said

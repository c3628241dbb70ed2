"""How many people lie between two events: what a g-chart shows where months hold too few people for a rate."""

import pandas as pd

from analysis.estimate.rates import SHOWN_LADDER


def gaps_between(days: pd.DataFrame, *, last_month: str) -> pd.DataFrame:
    """Count the people between events, in the order of days.

    Parameters
    ----------
    days : DataFrame
        One row per day: ``closing_day`` (text; rows without a day are left out), and of the people of that day
        ``numerator`` (those with the outcome) and ``denominator``.
    last_month : str
        The last month that is counted.

    Returns
    -------
    DataFrame
        One row per event: ``month``, ``estimate`` (people without the event since the last one), ``numerator`` (the
        same), ``denominator`` (with the one who has it), ``low, high`` (missing), ``method``, ``status`` and the ladder
        (missing). The event is the outcome, or its absence where more than half have the outcome, so that gaps are not
        all close to 0. Of the people of one day those without the event are counted first; people after the last event
        make no gap yet.

    Examples
    --------
    >>> days = pd.DataFrame({"closing_day": ["2026-01-03", "2026-01-09", "2026-02-02"], "numerator": [0, 2, 1],
    ...                      "denominator": [3, 3, 3]})
    >>> gaps_between(days, last_month="2026-02")["estimate"].tolist()
    [4.0, 0.0, 2.0]
    """
    dated = days[(days["closing_day"] != "unknown") & (days["closing_day"].str[:7] <= last_month)].sort_values(
        "closing_day"
    )
    people, with_outcome = dated["denominator"], dated["numerator"]
    is_outcome = 2 * int(with_outcome.sum()) <= int(people.sum())
    events = with_outcome if is_outcome else people - with_outcome
    rows, since = [], 0
    for day, counted, happened in zip(dated["closing_day"], people, events, strict=True):
        since += int(counted - happened)
        for _ in range(int(happened)):
            rows.append((day[:7], since))
            since = 0
    made = pd.DataFrame(rows, columns=["month", "numerator"]).astype({"month": "str", "numerator": "int64"})
    method = f"people between two {'with' if is_outcome else 'without'} the outcome"
    return made.assign(
        estimate=made["numerator"].astype("float64"),
        low=float("nan"),
        high=float("nan"),
        method=method,
        denominator=made["numerator"] + 1,
        status="ok",
        **dict.fromkeys(SHOWN_LADDER, float("nan")),
    )

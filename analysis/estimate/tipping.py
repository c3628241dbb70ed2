"""How badly the people who were not seen must have done for a rate to fall under a given value."""

from collections.abc import Sequence
from fractions import Fraction
from math import ceil
from typing import Any

import pandas as pd

from analysis.cohort.cohort import Cohort
from analysis.estimate.rates import ESTIMATE_COLUMNS, SHOWN_LADDER, response_rates
from analysis.vocabulary.errors import CallError
from analysis.vocabulary.periods import Period

STAYS, NEVER_REACHES = "stays whatever the unseen did", "never reaches whatever the unseen did"
"""The statuses of a rate that is at or over the value even if none of the unseen had the outcome, and of one that is
under it even if all of them had."""


def tipping_point(
    cohort: Cohort,
    *,
    instrument: str,
    window: str | Sequence[str],
    rate: float,
    outcome: str = "response",
    by: str | Sequence[str] = (),
    period: str | int | Period | None = None,
) -> pd.DataFrame:
    """Say how many of the unseen must have had the outcome for the rate of all eligible people to reach a value.

    Parameters
    ----------
    cohort : Cohort
        From `derive`.
    rate : float
        The value, a share of 1: over 0 and at most 1. Taken as it is written: 0.3 is exactly three tenths.
    instrument, window, outcome, by, period
        As in `response_rates`; each patient's first course.

    Returns
    -------
    DataFrame
        One row per group and window: the group columns, ``instrument, window, outcome, estimand`` (``tipping point``),
        ``rate``, then ``numerator``: the least number of the unseen with the outcome at which the rate of the eligible
        is at ``rate`` or over it; with one fewer it falls under. ``denominator``: the unseen (eligible and not
        scored). ``estimate``: the one as a share of the other. ``low`` and ``high`` are missing: there is no chance in
        it. ``status``: ``ok``; ``stays whatever the unseen did``: also if none of them had the outcome the rate is not
        under it (the numerator is 0); ``never reaches whatever the unseen did``: also if all of them had it (no
        numerator); or ``empty``, nobody is eligible. Beside it what was seen, ``observed_share, observed_low,
        observed_high`` (Wilson, 95 %) and ``with_outcome``, and the ladder, ``period``, ``due`` and ``definitions`` as
        in `response_rates`.

    Raises
    ------
    CallError
        Naming the option that is wrong and what it can be.

    Notes
    -----
    With N eligible, x of those scored with the outcome, u not scored and r the value, the least number is
    max(0, ceil(r N) - x), in exact fractions. Compare the share with the observed one: where it is far under it, the
    unseen must have done much worse than the seen for the rate to fall under r.

    Examples
    --------
    >>> from analysis.cohort.cohort import derive
    >>> from analysis.intake.dataset import open_dataset
    >>> cohort = derive(open_dataset("data/demo"))
    >>> found = tipping_point(cohort, instrument="PHQ-9", window="end of loading", rate=0.4).iloc[0]
    >>> found["status"], bool(found["estimate"] < found["observed_share"])
    ('ok', True)
    """
    value = _checked_rate(rate)
    seen = response_rates(cohort, instrument=instrument, window=window, by=by, outcome=outcome, period=period)
    tipped = [_tip(row, value) for row in seen.to_dict("records")]
    found = pd.DataFrame(tipped, columns=ESTIMATE_COLUMNS, index=seen.index)
    named = {"estimate": "observed_share", "low": "observed_low", "high": "observed_high", "numerator": "with_outcome"}
    beside = seen.drop(columns=["method", "denominator", "status"]).rename(columns=named)
    table = beside.assign(estimand="tipping point", rate=float(value)).join(found)
    table = table.astype({"numerator": "Int64", "denominator": "Int64", "estimate": "float64"})
    names = list(seen.columns)
    keys = names[: names.index("estimand") + 1]
    columns = [*keys, "rate", *ESTIMATE_COLUMNS, *named.values(), *SHOWN_LADDER, "period", "due", "definitions"]
    return table[columns]


def _tip(row: dict[Any, Any], rate: Fraction) -> dict[str, Any]:
    eligible, with_outcome = int(row["eligible"]), int(row["numerator"])
    unseen = eligible - int(row["scored"])
    needed: int | None = max(0, ceil(rate * eligible) - with_outcome)
    status = "ok"
    if eligible == 0:
        needed, status = None, "empty"
    elif needed == 0:
        status = STAYS
    elif needed is not None and needed > unseen:
        needed, status = None, NEVER_REACHES
    return {
        "estimate": None if needed is None or unseen == 0 else needed / unseen,
        "low": float("nan"),
        "high": float("nan"),
        "method": "exact, in whole numbers",
        "numerator": needed,
        "denominator": unseen,
        "status": status,
    }


def _checked_rate(rate: object) -> Fraction:
    try:
        value = Fraction(str(rate))
    except (ValueError, ZeroDivisionError):
        value = Fraction(0)
    if not 0 < value <= 1:
        raise CallError(f"rate: '{rate}' is no share over 0 and at most 1; write 30 percent as 0.3.")
    return value

"""After which session people first respond, and how many have by each session, with what is not known of them."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from analysis.cohort.cohort import Cohort
from analysis.cohort.windows import parse_window
from analysis.counts.engine import count_all
from analysis.counts.ladder import (
    ask,
    due_basis,
    group_levels,
    period_name,
    question_groups,
    refuse_undated,
    with_every_group,
)
from analysis.counts.outcome_kinds import scales_judged
from analysis.counts.session_tally import SessionTally
from analysis.counts.tallies import DueTally
from analysis.estimate.intervals import wilson
from analysis.estimate.rates import ESTIMATE_COLUMNS, SHOWN_LADDER
from analysis.vocabulary.errors import CallError
from analysis.vocabulary.periods import Period

MOST_SESSIONS = 60

CUMULATIVE = {
    "nonresponder": ("responded", "eligible", ""),
    "bounds of the eligible": ("responded", "eligible", "unknown"),
    "starters": ("responded", "started", ""),
    "bounds of all starters": ("responded", "started", "unknown_of_starters"),
    "treated": ("responded_treated", "treated", ""),
    "bounds of those treated": ("responded_treated", "treated", "unknown_treated"),
}
"""What is counted, of whom, and of whom it is not known; rates and the ranges that belong to them."""


def responses_by_session(
    cohort: Cohort,
    *,
    instrument: str,
    sessions: int = 8,
    by: str | Sequence[str] = (),
    outcome: str = "response",
    period: str | int | Period | None = None,
) -> pd.DataFrame:
    """Say how many have had an outcome by each session, and after which session it was first seen.

    Parameters
    ----------
    cohort : Cohort
        From `derive`.
    instrument, by, outcome
        As in `response_rates`; each patient's first course.
    sessions : int
        Up to which session, 1 to 60.
    period : str, int or Period, optional
        Only people for whom the window of the last of these sessions closes in this quarter or year.

    Returns
    -------
    DataFrame
        For each group and session one row for each of `CUMULATIVE`: the group columns, ``instrument, window`` (``by
        session k``), ``outcome, estimand, estimate, low, high`` (shares of 1), ``method, numerator, denominator,
        status``, the ladder ``started, with_baseline, eligible, scored`` (after that session), ``treated`` (eligible
        people who had that session in time), ``first_seen`` (with the outcome for the first time that was seen),
        ``first_certain`` (of these, those scored after every session before: of the others it may have come earlier),
        ``unknown`` (eligible, not seen with the outcome by that session, and not scored after some session they had),
        ``period, due, definitions``.

    Raises
    ------
    CallError
        Naming the option that is wrong and what it can be.

    Notes
    -----
    The people are the same at every session: those whose window after the last of the sessions has closed, whether they
    came to it or not. Who stops keeps the outcome they were seen to have, for they are counted by the best that was
    seen: the numbers can only rise, and say nothing of whether the outcome lasted. ``nonresponder`` and ``starters``
    count those of whom it is not known as without the outcome; the ranges beside them go from none to all of these (of
    all starters: also those without a baseline or not eligible). ``treated`` is of the eligible who had that session:
    it leaves out who stopped before, well or unwell, so that it is no forecast for somebody who begins. The score after
    a session is that of the window ``after session k``: the latest before the next session, at most 14 days after it.

    Examples
    --------
    >>> from analysis.cohort.cohort import derive
    >>> from analysis.intake.dataset import open_dataset
    >>> found = responses_by_session(derive(open_dataset("data/demo")), instrument="PHQ-9", sessions=3)
    >>> rates = found[found["estimand"] == "nonresponder"]
    >>> rates["denominator"].nunique(), bool(rates["estimate"].is_monotonic_increasing)
    (1, True)
    >>> bool((rates["first_seen"].cumsum() == rates["numerator"]).all())
    True
    """
    if isinstance(sessions, bool) or not isinstance(sessions, int) or not 1 <= sessions <= MOST_SESSIONS:
        raise CallError(f"sessions: a whole number from 1 to {MOST_SESSIONS} is needed, such as 8.")
    names = [f"after session {number}" for number in range(1, sessions + 1)]
    question = ask(cohort, instrument=instrument, window=names, by=by, outcome=outcome, period=period)
    if "phase" in question.by:
        raise CallError("by: 'phase' changes from session to session, so it is no group of people here.")
    windows = tuple(parse_window(name, cohort.definitions) for name in names)
    tally = SessionTally(question.instrument, windows, question.by, outcome, question.period)
    _, counted, *groups = count_all(cohort, [DueTally(), tally, *question_groups(question)])
    refuse_undated(cohort, question.period, by=question.by)
    levels = [*map(group_levels, groups), names]
    table = estimate_by_session(with_every_group(counted, tally.keys, levels)).assign(
        instrument=" and ".join(scales_judged(outcome, instrument, cohort.definitions)),
        outcome=outcome,
        period=period_name(question),
        due=due_basis(cohort),
        definitions=cohort.definitions.label,
    )
    shown = [*SHOWN_LADDER, "treated", "first_seen", "first_certain", "unknown", "period", "due", "definitions"]
    return table[[*question.by, "instrument", "window", "outcome", "estimand", *ESTIMATE_COLUMNS, *shown]]


def estimate_by_session(counts: pd.DataFrame) -> pd.DataFrame:
    """Turn counts by session into cumulative rates and ranges.

    Parameters
    ----------
    counts : DataFrame
        Groups, ``window`` and `analysis.counts.session_tally.SESSION_COUNTS`.

    Returns
    -------
    DataFrame
        The counts, ``window`` as ``by session k``, ``estimand`` and the columns of `ESTIMATE_COLUMNS`; the rows of one
        group and session together.
    """
    known = counts["responded"] + (counts["eligible"] - counts["responded"] - counts["unknown"])
    whole = counts.assign(unknown_of_starters=counts["started"] - known)
    names = list(whole.columns)
    numbers = names[names.index("window") + 1 :]
    whole[numbers] = whole[numbers].astype("Int64")
    whole["window"] = whole["window"].str.replace("after", "by")
    tables = [_cumulative(whole, estimand) for estimand in CUMULATIVE]
    return pd.concat(tables).sort_index(kind="stable").reset_index(drop=True)


def _cumulative(counts: pd.DataFrame, estimand: str) -> pd.DataFrame:
    numerator, denominator, unknown = CUMULATIVE[estimand]
    x, n = (counts[name].to_numpy("int64") for name in (numerator, denominator))
    share = np.divide(x, n, out=np.full(len(x), np.nan), where=n > 0)
    if unknown:
        most = x + counts[unknown].to_numpy("int64")
        low, high = share, np.divide(most, n, out=np.full(len(x), np.nan), where=n > 0)
        share, method = np.full(len(x), np.nan), "none to all of those of whom it is not known"
    else:
        (low, high), method = wilson(x, n), "Wilson, 95 %"
    return counts.assign(
        estimand=estimand, estimate=share, low=low, high=high, method=method,
        numerator=counts[numerator], denominator=counts[denominator], status=np.where(n > 0, "ok", "empty"),
    )  # fmt: skip

"""Mean scores of the people scored, with the number scored and the number who could have been."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from scipy import special

from analysis.cohort.cohort import Cohort
from analysis.counts.ladder import ask, due_basis, period_name, tally_ladder
from analysis.estimate.rates import ESTIMATE_COLUMNS, SHOWN_LADDER, shown_counts
from analysis.vocabulary.periods import Period


def mean_scores(
    cohort: Cohort,
    *,
    instrument: str,
    window: str | Sequence[str],
    by: str | Sequence[str] = (),
    period: str | int | Period | None = None,
) -> pd.DataFrame:
    """Estimate the mean total in each window, of the eligible people who were scored in it.

    Parameters
    ----------
    cohort : Cohort
    instrument : str
    window : str or sequence of str
        As in `response_rates`, and ``baseline``.
    by : str or sequence of str
        Groups, as in `response_rates`.
    period : str, int or Period, optional
        Only windows that close in it.

    Returns
    -------
    DataFrame
        One row per group and window: the group columns, ``instrument, window, estimate, low, high`` (points of the
        scale), ``method, numerator`` (sum of the totals), ``denominator`` (people scored), ``status``, the ladder
        ``started, with_baseline, eligible, scored``, ``period``, ``due`` and
        ``definitions``. With one person there is no interval.

    Raises
    ------
    CallError
        Naming the option that is wrong and what it can be.

    Notes
    -----
    The interval is the mean -+ t(n-1) s / sqrt(n), from n, the sum and the sum of squares. It describes those who were
    scored: people seen later are not the people seen at the start.
    """
    question = ask(cohort, instrument=instrument, window=window, by=by, period=period)
    counts = tally_ladder(cohort, question)
    table = estimate_means(counts).assign(
        instrument=instrument, period=period_name(question), due=due_basis(cohort), definitions=cohort.definitions.label
    )
    return table[
        [*question.by, "instrument", "window", *ESTIMATE_COLUMNS, *SHOWN_LADDER, "period", "due", "definitions"]
    ]


def estimate_means(counts: pd.DataFrame) -> pd.DataFrame:
    """Turn counts, sums and sums of squares into a mean and its interval.

    Parameters
    ----------
    counts : DataFrame
        From `analysis.counts.ladder.tally_ladder`; totals are in hundredths of a point there.

    Returns
    -------
    DataFrame
        Groups, window, four rungs of the ladder and the columns of `ESTIMATE_COLUMNS`.
    """
    n = counts["scored"].to_numpy("float64")
    # n * squares - sum^2 in whole numbers: exact, where a difference of rounded means would not be.
    whole = [
        int(k) * int(squares) - int(total) ** 2
        for k, total, squares in zip(counts["scored"], counts["total_sum"], counts["total_squares"], strict=True)
    ]
    with np.errstate(divide="ignore", invalid="ignore"):
        mean = counts["total_sum"].to_numpy("float64") / n / 100
        spread = np.sqrt(np.array(whole, dtype="float64") / (n * (n - 1))) / 100
        half = special.stdtrit(np.where(n > 1, n - 1, np.nan), 0.975) * spread / np.sqrt(n)
    return shown_counts(counts).assign(
        estimate=mean,
        low=mean - half,
        high=mean + half,
        method="t, 95 %",
        numerator=counts["total_sum"] / 100,
        denominator=counts["scored"].astype("Int64"),
        status=np.where(n > 0, "ok", "empty"),
    )

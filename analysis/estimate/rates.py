"""Response rates with their denominators.

The same rate is shown as (the ladder, from `analysis.counts.ladder`):

- ``observed``: of the eligible people who were scored in the window;
- ``nonresponder``: of all eligible people; not scored counts as not responded;
- ``starters``: of everyone who started treatment; no baseline counts as not responded;
- ``completers``: observed, among those who completed loading;
- ``bounds``: of all eligible people, from none to all of those not scored; a range without an estimate.
"""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from analysis.cohort.cohort import Cohort
from analysis.counts.ladder import ask, due_basis, period_name, tally_ladder
from analysis.counts.ladder_tally import ESTIMANDS
from analysis.counts.outcome_kinds import scales_judged
from analysis.estimate.intervals import clopper_pearson, wilson
from analysis.vocabulary.errors import CallError, nearest_name
from analysis.vocabulary.periods import Period

INTERVALS = {"wilson": (wilson, "Wilson, 95 %"), "clopper-pearson": (clopper_pearson, "Clopper-Pearson, 95 %")}

DENOMINATORS = (*ESTIMANDS, "bounds")
"""Who a rate can be a share of."""

ESTIMATE_COLUMNS = ["estimate", "low", "high", "method", "numerator", "denominator", "status"]
"""What every table of estimates holds beside its group columns."""

SHOWN_LADDER = ["started", "with_baseline", "eligible", "scored"]
"""The rungs that stand beside every rate and mean."""


def response_rates(
    cohort: Cohort,
    *,
    instrument: str,
    window: str | Sequence[str],
    by: str | Sequence[str] = (),
    denominator: str | Sequence[str] = "observed",
    outcome: str = "response",
    courses: str = "first",
    period: str | int | Period | None = None,
    interval: str = "wilson",
) -> pd.DataFrame:
    """Estimate how many had an outcome in a window, with the people it is a share of.

    Parameters
    ----------
    cohort : Cohort
        From `derive`.
    instrument : str
        ``PHQ-9``, ``GAD-7``, ``MADRS``, ``HAM-D17`` or another of the definitions.
    window : str or sequence of str
        ``end of loading``, ``end of loading, late``, ``after session 3``, ``month 3 after loading``, ``day 28 +- 7``,
        ``by day 7``, ``24 h``.
    by : str or sequence of str
        Groups, of the course's first session or the patient: ``clinic_id, route, treatment, payer, diagnosis, sex,
        age_band, race_ethnicity, failed_trials_band, baseline_severity`` (the instrument's bands), ``course_kind,
        quarter`` (in which the course began), ``loading_status``; and by window ``maintenance, phase`` (see
        `analysis.counts.groups`). Several at once give every combination.
    denominator : str or sequence of str
        ``observed``, ``nonresponder``, ``starters``, ``completers``, ``bounds``; several give rows for each.
    outcome : str
        - ``response``: at least half of the baseline gone, or the scale's own points; ``partial_response``: a quarter
          to under half.
        - ``remission``: a total at or under the scale's cut-off; ``remission_12`` for a further cut-off of its
          definition.
        - ``reliable_improvement``, ``reliable_deterioration``: a change by at least the scale's reliable change.
        - ``worsening``: the same as deterioration, of everybody with a baseline: ``eligible`` then counts all of them.
        - ``sustained_response``: response in a month after loading and in the window before it (the month before, or
          the end of loading). ``scored`` counts those scored in both.
        - ``rapid_response``: response in the window ``24 h`` or ``by day 7``.
        - ``recovery``: on PHQ-9 and GAD-7 jointly, a case on either before treatment (``eligible``) and on neither in
          the window; ``reliable_recovery``: also reliably improved on one and reliably worse on neither. ``scored``
          counts those scored on both (and for ``reliable_recovery`` with a baseline on both); ``with_baseline`` those
          of whom is known whether they were a case.
    courses : {"first", "all"}
        Each patient's first course, or every course with intervals clustered by patient.
    period : str, int or Period, optional
        Only windows that close in this quarter (``2026Q3``) or year (``2026``).
    interval : {"wilson", "clopper-pearson"}
        With ``courses="all"``: Wilson's on the effective number of courses.

    Returns
    -------
    DataFrame
        One row per group, window and denominator, every group present even when empty: the group columns,
        ``instrument`` (``PHQ-9 and GAD-7`` for recovery), ``window, outcome, estimand`` (the denominator's name),
        ``estimate, low, high`` (shares of 1; ``bounds`` have no estimate),
        ``method, numerator, denominator, status`` (``ok``, or ``empty`` when nobody is in the denominator), the ladder
        ``started, with_baseline, eligible, scored``,
        ``period`` (``all`` without one), ``due`` (what due days are counted from) and ``definitions``.

    Raises
    ------
    CallError
        Naming the option that is wrong and what it can be.

    Examples
    --------
    >>> from analysis.intake.dataset import open_dataset
    >>> from analysis.cohort.cohort import derive
    >>> cohort = derive(open_dataset("data/demo"))
    >>> rates = response_rates(
    ...     cohort, instrument="PHQ-9", window="end of loading", denominator=["observed", "nonresponder", "starters"]
    ... )
    >>> bool((rates["estimate"].diff().dropna() < 0).all())  # the more people are counted, the lower the rate
    True
    """
    estimands = checked_denominators(denominator)
    if interval not in INTERVALS:
        raise CallError(f"interval: '{interval}' is unknown. There are: {', '.join(INTERVALS)}.")
    if courses == "all" and interval != "wilson":
        raise CallError("interval: courses='all' is clustered by patient and has Wilson intervals only.")
    question = ask(cohort, instrument=instrument, window=window, by=by, outcome=outcome, courses=courses, period=period)
    if any(each.kind == "baseline" for each in question.windows):
        raise CallError("window: 'baseline' has mean scores only; nobody has responded before treatment.")
    counts = tally_ladder(cohort, question)
    together = estimate_each(counts, estimands=estimands, interval=interval, clustered=courses == "all")
    together = together.reset_index(drop=True)
    together["instrument"] = " and ".join(scales_judged(outcome, instrument, cohort.definitions))
    together["outcome"] = outcome
    together["period"] = period_name(question)
    together["due"] = due_basis(cohort)
    together["definitions"] = cohort.definitions.label
    columns = [*question.by, "instrument", "window", "outcome", "estimand", *ESTIMATE_COLUMNS, *SHOWN_LADDER]
    return together[[*columns, "period", "due", "definitions"]]


def checked_denominators(denominator: str | Sequence[str]) -> tuple[str, ...]:
    """Check the names of denominators.

    Parameters
    ----------
    denominator : str or sequence of str

    Returns
    -------
    tuple of str

    Raises
    ------
    CallError
        For an unknown name, none, or one named twice.

    Examples
    --------
    >>> checked_denominators("observed")
    ('observed',)
    """
    estimands = (denominator,) if isinstance(denominator, str) else tuple(denominator)
    if not estimands or len(set(estimands)) < len(estimands):
        raise CallError("denominator: name at least one, and none twice.")
    for name in estimands:
        if name not in DENOMINATORS:
            hint = nearest_name(name, list(DENOMINATORS))
            raise CallError(f"denominator: '{name}' is unknown.{hint} There are: {', '.join(DENOMINATORS)}.")
    return estimands


def estimate_each(
    counts: pd.DataFrame, *, estimands: Sequence[str], interval: str = "wilson", clustered: bool = False
) -> pd.DataFrame:
    """Turn the ladder's counts into a rate for each of some denominators.

    Parameters
    ----------
    counts : DataFrame
        As in `estimate_rates`.
    estimands : sequence of str
        From `DENOMINATORS`.
    interval : {"wilson", "clopper-pearson"}
    clustered : bool

    Returns
    -------
    DataFrame
        As from `estimate_rates`, all denominators of one row of the counts together, in the order asked for and under
        its index.
    """
    tables = [
        estimate_bounds(counts)
        if name == "bounds"
        else estimate_rates(counts, estimand=name, interval=interval, clustered=clustered)
        for name in estimands
    ]
    return pd.concat(tables).sort_index(kind="stable")


def estimate_rates(
    counts: pd.DataFrame, *, estimand: str, interval: str = "wilson", clustered: bool = False
) -> pd.DataFrame:
    """Turn the ladder's counts into one rate and its interval.

    Parameters
    ----------
    counts : DataFrame
        From `analysis.counts.ladder.tally_ladder`; counts of several partitions are added first.
    estimand : {"observed", "nonresponder", "starters", "completers"}
    interval : {"wilson", "clopper-pearson"}
    clustered : bool
        The counts hold several courses of a patient.

    Returns
    -------
    DataFrame
        Groups, window, four rungs of the ladder, ``estimand`` and the columns of `ESTIMATE_COLUMNS`.

    Notes
    -----
    Clustered: with x and m a patient's numerator and denominator and R their ratio over all k patients, the variance is
    k/(k-1) * sum (x - R m)^2 / (sum m)^2. The effective number is R(1-R) over that variance, at most the number of
    courses; at 0 and 1, where the variance vanishes, the number of patients. Wilson's interval is taken on it (Korn EL,
    Graubard BI (1998), Surv Methodol 24:193-201, use the same effective number).
    """
    numerator_name, denominator_name = ESTIMANDS[estimand]
    x, n = counts[numerator_name].to_numpy(), counts[denominator_name].to_numpy()
    make, method = INTERVALS[interval]
    if clustered:
        effective = _effective_number(counts, estimand)
        with np.errstate(divide="ignore", invalid="ignore"):
            low, high = wilson(np.where(n > 0, x / n, 0) * effective, effective)
        method = "Wilson on the effective number, clustered by patient, 95 %"
    else:
        low, high = make(x, n)
    share = np.full(len(counts), np.nan)
    np.divide(x, n, out=share, where=n > 0)
    table = shown_counts(counts)
    table["estimand"] = estimand
    table["estimate"], table["low"], table["high"] = share, low, high
    table["method"] = method
    table["numerator"], table["denominator"] = pd.array(x, dtype="Int64"), pd.array(n, dtype="Int64")
    table["status"] = np.where(n > 0, "ok", "empty")
    return table


def estimate_bounds(counts: pd.DataFrame) -> pd.DataFrame:
    """Turn the ladder's counts into the range in which the rate of all eligible people lies, whatever was not seen.

    Parameters
    ----------
    counts : DataFrame
        As in `estimate_rates`.

    Returns
    -------
    DataFrame
        As from `estimate_rates`: ``low`` if none of the eligible people who were not scored had the outcome, ``high``
        if all of them had it, and no ``estimate``. The range has no chance in it: it is no confidence interval.
    """
    x, unseen = counts["with_outcome"].to_numpy(), (counts["eligible"] - counts["scored"]).to_numpy()
    n = counts["eligible"].to_numpy()
    table = shown_counts(counts)
    table["estimand"] = "bounds"
    table["estimate"] = np.nan
    for name, numbers in (("low", x), ("high", x + unseen)):
        table[name] = np.divide(numbers, n, out=np.full(len(counts), np.nan), where=n > 0)
    table["method"] = "none to all of those not scored"
    table["numerator"], table["denominator"] = pd.array(x, dtype="Int64"), pd.array(n, dtype="Int64")
    table["status"] = np.where(n > 0, "ok", "empty")
    return table


def shown_counts(counts: pd.DataFrame) -> pd.DataFrame:
    """Keep of a tally what stands beside an estimate: the groups, the window and four rungs of the ladder.

    Parameters
    ----------
    counts : DataFrame
        From `analysis.counts.ladder.tally_ladder`.

    Returns
    -------
    DataFrame
    """
    names = list(counts.columns)
    groups = names[: names.index("window") + 1]
    return counts[[*groups, *SHOWN_LADDER]].astype(dict.fromkeys(SHOWN_LADDER, "Int64"))


def _effective_number(counts: pd.DataFrame, estimand: str) -> np.ndarray:
    x, n = (counts[name].to_numpy("float64") for name in ESTIMANDS[estimand])
    xx, xm, mm = (counts[f"{estimand}_{suffix}"].to_numpy("float64") for suffix in ("xx", "xm", "mm"))
    k = counts[f"{estimand}_k"].to_numpy("float64")
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = x / n
        variance = k / (k - 1) * (xx - 2 * ratio * xm + ratio**2 * mm) / n**2
        effective = np.minimum(n, ratio * (1 - ratio) / variance)
    extreme = (x == 0) | (x == n) | (k <= 1) | ~np.isfinite(effective)
    effective = np.where(extreme, np.minimum(k, n), effective)
    return np.where(n == 0, 0.0, effective)

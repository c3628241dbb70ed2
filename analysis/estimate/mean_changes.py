"""Mean changes from baseline, each with what would be expected without any treatment beside it."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from scipy import special

from analysis.cohort.cohort import Cohort
from analysis.counts.engine import count_all
from analysis.counts.groups import WINDOW_GROUPS
from analysis.counts.ladder import (
    ask,
    count_ahead,
    due_basis,
    group_levels,
    question_groups,
    refuse_undated,
    tally_ladder,
    with_every_group,
)
from analysis.counts.pattern_tally import PatternTally
from analysis.counts.pretreatment_tally import PretreatmentTally
from analysis.estimate.mean_reversion import RELIABILITIES, regression_to_mean
from analysis.estimate.rates import ESTIMATE_COLUMNS, SHOWN_LADDER
from analysis.vocabulary.errors import CallError, DataError
from analysis.vocabulary.instruments import Instrument

_SUMS = ["people", "days", "first_sum", "second_sum", "first_squares", "second_squares", "products"]


def mean_changes(
    cohort: Cohort, *, instrument: str, window: str | Sequence[str], by: str | Sequence[str] = ()
) -> pd.DataFrame:
    """Estimate mean changes from baseline of the eligible people scored, and how much is expected without treatment.

    Parameters
    ----------
    cohort : Cohort
        From `derive`.
    instrument, window, by
        As in `response_rates`; each patient's first course.

    Returns
    -------
    DataFrame
        One row per group and window: the group columns, ``instrument, window, estimate, low, high`` (points; a fall is
        negative), ``method, numerator`` (sum of the changes), ``denominator`` (people scored), ``status``, the ladder
        ``started, with_baseline, eligible, scored``, ``baseline_mean, baseline_sd`` (of the people scored),
        ``untreated_least, untreated_most`` (the change expected without treatment over test-retest correlations of 0.9
        to 0.5), ``untreated`` (the sentence to print beside the change), ``due, definitions``.

    Raises
    ------
    CallError
        Naming the option that is wrong and what it can be.

    Notes
    -----
    The changes are of people scored in the window, each less their own baseline, with the interval mean -+ t(n-1) s /
    sqrt(n). Nobody was compared with: what of the change is treatment is not in the table. The expected change is that
    of `regression_to_mean`, from the cut-off of the entry score and these people's baselines; it is missing with fewer
    than two people, or where the baselines are too spread out for it.

    Examples
    --------
    >>> from analysis.cohort.cohort import derive
    >>> from analysis.intake.dataset import open_dataset
    >>> found = mean_changes(derive(open_dataset("data/demo")), instrument="PHQ-9", window="end of loading").iloc[0]
    >>> bool(found["estimate"] < found["untreated_most"] < found["untreated_least"] < 0)
    True
    >>> print(found["untreated"].partition(", by")[0])
    Without treatment 0.1 to 0.5 of the 8.3 points would be expected
    """
    question = ask(cohort, instrument=instrument, window=window, by=by)
    if any(each.kind == "baseline" for each in question.windows):
        raise CallError("window: a change is from the baseline, so the baseline itself has none.")
    if set(question.by) & set(WINDOW_GROUPS):
        raise CallError(f"by: {', '.join(WINDOW_GROUPS)} change from window to window, so a change has no such group.")
    tallies = [PatternTally(instrument, (each,), question.by, ("baseline",)) for each in question.windows]
    count_ahead(cohort, [question], also=tallies)
    counted = count_all(cohort, [*tallies, *question_groups(question)])
    ladder = tally_ladder(cohort, question)
    levels = [group_levels(each) for each in counted[len(tallies) :]]
    keys = [*question.by, "window"]
    scored = [
        found[(found["pattern"] == 1) & (found["complete"] == 1)].assign(window=each.name)
        for each, found in zip(question.windows, counted, strict=False)
    ]
    together = pd.concat(scored, ignore_index=True).drop(columns=["pattern", "complete"])
    filled = with_every_group(together, keys, [*levels, [each.name for each in question.windows]])
    scale = cohort.definitions.instruments[instrument]
    rows = [{name: row[name] for name in keys} | _change(row, scale) for row in filled.to_dict("records")]
    table = pd.DataFrame(rows).assign(
        instrument=instrument, due=due_basis(cohort), definitions=cohort.definitions.label
    )
    table["denominator"] = table["denominator"].astype("Int64")
    rungs = ladder[[*keys, *SHOWN_LADDER]].astype(dict.fromkeys(SHOWN_LADDER, "Int64"))
    table = table.merge(rungs, on=keys, how="left", validate="one_to_one")
    beside = ["baseline_mean", "baseline_sd", "untreated_least", "untreated_most", "untreated"]
    last = [*SHOWN_LADDER, *beside, "due", "definitions"]
    return table[[*question.by, "instrument", "window", *ESTIMATE_COLUMNS, *last]]


def changes_before_treatment(cohort: Cohort, *, instrument: str, by: str | Sequence[str] = ()) -> pd.DataFrame:
    """Estimate from people scored twice before treatment what scores do while nothing is done.

    Parameters
    ----------
    cohort : Cohort
        From `derive`.
    instrument, by
        As in `response_rates`; each patient's first course.

    Returns
    -------
    DataFrame
        Two rows per group: the group columns, ``instrument, measure, estimate, low, high, method, numerator`` (sum of
        the changes; none for the correlation), ``denominator`` (people), ``status`` (``ok``, ``empty``, or ``no
        spread``), ``first_mean, second_mean, days_apart`` (means), ``definitions``. ``change before treatment`` is of
        those whose earlier score was at or over the entry score, in points; ``test-retest correlation`` of all who have
        two scores.

    Raises
    ------
    CallError
        Naming the option that is wrong and what it can be.

    Notes
    -----
    The pair is the last score before the first session and the last one at least
    `analysis.counts.pretreatment_tally.LEAST_DAYS_APART` days before it, up to 180 days before the first session. The
    interval of the change is Student's t, that of the correlation Fisher's z. The change holds recovery that comes of
    itself as well as regression to the mean. Clinics that treat only who is still unwell at the second score make it
    look smaller than it is, and the correlation, of people chosen for high scores, lower; both are of the days between
    the two scores, not of the longer time to a follow-up. Give the correlation to `regression_to_mean` as
    ``reliability`` and the mean of the earlier scores as ``population_mean`` if the earlier score did not decide who
    came.

    Examples
    --------
    >>> from analysis.cohort.cohort import derive
    >>> from analysis.intake.dataset import open_dataset
    >>> found = changes_before_treatment(derive(open_dataset("data/demo")), instrument="PHQ-9")
    >>> list(found["measure"])
    ['change before treatment', 'test-retest correlation']
    """
    question = ask(cohort, instrument=instrument, window="end of loading", by=by)
    tally = PretreatmentTally(instrument, question.by)
    counted, *groups = count_all(cohort, [tally, *question_groups(question)])
    refuse_undated(cohort, None, by=question.by)
    filled = with_every_group(counted, tally.keys, [*map(group_levels, groups), ["no", "yes"]])
    rows: list[dict[str, object]] = []
    for key, group in filled.groupby(list(question.by), sort=False) if question.by else [((), filled)]:
        named = dict(zip(question.by, key, strict=True))
        of_entered = group[group["entered"] == "yes"][_SUMS].sum()
        rows += [named | _change_before(of_entered), named | _correlation(group[_SUMS].sum())]
    table = pd.DataFrame(rows).assign(instrument=instrument, definitions=cohort.definitions.label)
    table[["numerator", "denominator"]] = table[["numerator", "denominator"]].astype("Int64")
    beside = ["first_mean", "second_mean", "days_apart", "definitions"]
    return table[[*question.by, "instrument", "measure", *ESTIMATE_COLUMNS, *beside]]


def untreated_words(change: float, least: float, most: float) -> str:
    """Say in one sentence how much of a mean change is expected without treatment.

    Parameters
    ----------
    change : float
        The mean change in points, towards better as a negative number.
    least, most : float
        The change expected at the highest and the lowest of the test-retest correlations.

    Returns
    -------
    str

    Examples
    --------
    >>> untreated_words(-8.0, -0.8, -4.0)
    'Without treatment 0.8 to 4.0 of the 8.0 points would be expected, by regression to the mean from the entry score \
alone (10 to 50 %; test-retest correlations 0.9 to 0.5).'
    """
    correlations = f"test-retest correlations {max(RELIABILITIES):g} to {min(RELIABILITIES):g}"
    if np.isnan([least, most]).any():
        return "How much of it is regression to the mean cannot be said from these baselines."
    expected = f"Without treatment {-least:.1f} to {-most:.1f}"
    why = "by regression to the mean from the entry score alone"
    if change >= 0:
        return f"{expected} points would have been gained, {why} ({correlations})."
    shares = f"{100 * least / change:.0f} to {100 * most / change:.0f} %"
    return f"{expected} of the {-change:.1f} points would be expected, {why} ({shares}; {correlations})."


def _change(row: Mapping[Any, Any], scale: Instrument) -> dict[str, object]:
    n = int(row["patients"])
    if n == 0:
        nothing = dict.fromkeys(
            ("estimate", "low", "high", "baseline_mean", "baseline_sd", "untreated_least", "untreated_most"), np.nan
        )
        return nothing | {
            "method": "t, 95 %", "numerator": 0.0, "denominator": 0, "status": "empty", "untreated": "",
        }  # fmt: skip
    x, y, xx, xy, yy = (
        int(row[name]) for name in ("sum_x_0", "sum_y_0", "product_x_0_x_0", "product_x_0_y_0", "product_y_0_y_0")
    )
    mean, low, high = _t_interval(n, y - x, yy - 2 * xy + xx)
    baseline, sd = x / n / 100, float(np.sqrt((n * xx - x * x) / (n * (n - 1))) / 100) if n > 1 else np.nan
    least, most = _untreated(baseline, sd, scale)
    better = 1 if scale.direction == "lower" else -1
    return {
        "estimate": mean / 100, "low": low / 100, "high": high / 100, "method": "t, 95 %", "numerator": (y - x) / 100,
        "denominator": n, "status": "ok", "baseline_mean": baseline, "baseline_sd": sd,
        "untreated_least": better * least, "untreated_most": better * most,
        "untreated": untreated_words(better * mean / 100, least, most),
    }  # fmt: skip


def _untreated(baseline: float, sd: float, scale: Instrument) -> tuple[float, float]:
    """Return the fall expected at the highest and the lowest correlation; a scale where higher is better is turned."""
    if scale.entry_score is None or not sd > 0:
        return np.nan, np.nan
    turned = 1 if scale.direction == "lower" else -1
    cutoff = turned * scale.entry_score - 0.5
    try:
        found = regression_to_mean(turned * baseline, sd, cutoff=cutoff, reliability=RELIABILITIES)["estimate"]
    except DataError:
        return np.nan, np.nan
    return float(found.max()), float(found.min())


def _t_interval(n: int, total: int, squares: int) -> tuple[float, float, float]:
    mean = total / n
    if n < 2:
        return mean, np.nan, np.nan
    half = float(special.stdtrit(n - 1, 0.975)) * float(np.sqrt((n * squares - total * total) / (n - 1))) / n
    return mean, mean - half, mean + half


def _change_before(sums: pd.Series) -> dict[str, object]:
    people, _, first, second, xx, yy, xy = (int(sums[name]) for name in _SUMS)
    beside = _beside(sums) | {"measure": "change before treatment", "method": "t, 95 %", "denominator": people}
    if people == 0:
        return beside | _no_estimate("empty") | {"numerator": 0}
    mean, low, high = _t_interval(people, second - first, yy - 2 * xy + xx)
    return beside | {"estimate": mean, "low": low, "high": high, "numerator": second - first, "status": "ok"}


def _correlation(sums: pd.Series) -> dict[str, object]:
    n, _, first, second, xx, yy, xy = (int(sums[name]) for name in _SUMS)
    beside = _beside(sums) | {"measure": "test-retest correlation", "method": "Fisher's z, 95 %", "denominator": n}
    spreads = (n * xx - first * first, n * yy - second * second)
    if n == 0 or 0 in spreads:
        return beside | _no_estimate("empty" if n == 0 else "no spread") | {"numerator": None}
    r = float((n * xy - first * second) / np.sqrt(float(spreads[0]) * float(spreads[1])))
    half = float(special.ndtri(0.975)) / np.sqrt(n - 3) if n > 3 and abs(r) < 1 else np.nan
    low, high = (float(np.tanh(np.arctanh(min(max(r, -1 + 1e-12), 1 - 1e-12)) + sign * half)) for sign in (-1, 1))
    return beside | {"estimate": r, "low": low, "high": high, "numerator": None, "status": "ok"}


def _beside(sums: pd.Series) -> dict[str, object]:
    n = int(sums["people"])
    names = {"first_mean": "first_sum", "second_mean": "second_sum", "days_apart": "days"}
    return {name: int(sums[total]) / n if n else np.nan for name, total in names.items()}


def _no_estimate(status: str) -> dict[str, object]:
    return {"estimate": np.nan, "low": np.nan, "high": np.nan, "status": status}

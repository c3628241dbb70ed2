"""One quarter or year against another: the difference, and how much of it is who was in them."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from scipy import special

from analysis.cohort.cohort import Cohort
from analysis.counts.ladder import Question, ask, count_ahead, due_basis, tally_ladder
from analysis.counts.outcome_kinds import scales_judged
from analysis.estimate.comparison_rows import COMPARED, WHOLE, Counts, Design, Numbers, balance_compared
from analysis.estimate.comparisons import (
    WARNING,
    Comparison,
    checked_covariates,
    counts_to_compare,
    in_order,
    refuse_compared,
    table_compared,
)
from analysis.vocabulary.errors import CallError
from analysis.vocabulary.periods import Period, parse_period

_GROUPS = "closed_in"
_MIX = "difference in case mix (delta method, 95 %), at the mean of both periods' rates"


def compare_periods(
    cohort: Cohort,
    *,
    period: str | int | Period,
    before: str | int | Period | None = None,
    instrument: str,
    window: str,
    outcome: str = "response",
    denominator: str = "nonresponder",
    strata: str | Sequence[str] = (),
    standardise: str | Sequence[str] = (),
    method: str = "miettinen-nurminen",
) -> Comparison:
    """Compare how many had an outcome in one quarter or year with an earlier one, of first courses.

    Parameters
    ----------
    cohort : Cohort
        From `derive`.
    period : str, int or Period
        The quarter (``2026Q3``) or year (``2026``) in which the windows close.
    before : str, int or Period, optional
        What it is compared with; the period of the same length just before when left out.
    instrument, window, outcome, denominator, strata, standardise, method
        As in `compare`.

    Returns
    -------
    Comparison
        As from `compare`, the groups' column being ``closed_in``. With ``standardise`` also a row whose ``adjusted`` is
        ``case mix (...)``: the part of the difference that is due to another case mix. The balance shows what shifted.

    Raises
    ------
    CallError
        Naming the option that is wrong and what it can be; when both periods overlap; or without dates.

    Notes
    -----
    A window closes once, so nobody is in both periods. With the shares w of the strata and their rates p in both
    periods, the difference sum(w1 p1) - sum(w0 p0) is the sum of sum((p1 - p0)(w1 + w0)/2), of the rates, and
    sum((w1 - w0)(p1 + p0)/2), of the case mix (the latter is the row; its variance treats the w as multinomial, the p
    as binomial). There is no estimate where a stratum has people in one of the periods only: nobody knows its rate in
    the other.

    References
    ----------
    Kitagawa EM (1955), J Am Stat Assoc 50:1168-1194.

    Examples
    --------
    >>> from analysis.cohort.cohort import derive
    >>> from analysis.intake.dataset import open_dataset
    >>> cohort = derive(open_dataset("data/demo"))
    >>> found = compare_periods(cohort, period="2026", before="2025", instrument="PHQ-9", window="end of loading",
    ...                         standardise="route")
    >>> found.table[["closed_in", "reference"]].drop_duplicates().values.tolist()
    [['2026', '2025']]
    >>> list(found.table["adjusted"].unique())
    ['none', 'standardised to the route of all', 'case mix (route)']
    """
    later = parse_period(period)
    earlier = later.previous() if before is None else parse_period(before)
    if later.first <= earlier.last and earlier.first <= later.last:
        raise CallError(f"before: {earlier.name} and {later.name} have days in common; choose two periods that do not.")
    names = checked_covariates("strata", strata), checked_covariates("standardise", standardise)
    design = Design(_GROUPS, *names, method)
    refuse_compared(design, window, denominator)
    covariates = dict.fromkeys([(), design.strata, design.standardise])

    def question(by: tuple[str, ...], of: Period) -> Question:
        return ask(cohort, instrument=instrument, window=window, by=by, outcome=outcome, period=of)

    questions = {(by, of.name): question(by, of) for by in covariates for of in (earlier, later)}
    if questions[(), later.name].windows[0].kind == "baseline":
        raise CallError("window: 'baseline' has mean scores only; nobody has responded before treatment.")
    count_ahead(cohort, list(questions.values()))
    counts: Counts = {}
    for by in covariates:
        tables = [tally_ladder(cohort, questions[by, of.name]).assign(**{_GROUPS: of.name}) for of in (earlier, later)]
        counts[by] = counts_to_compare(pd.concat(tables, ignore_index=True), (_GROUPS, *by), denominator)
    table = table_compared(counts, design, [later.name], earlier.name)
    if design.standardise:
        mix = _case_mix_row(counts[design.standardise], table, later.name, earlier.name)
        mix["adjusted"] = f"case mix ({', '.join(design.standardise)})"
        table = pd.concat([table, mix], ignore_index=True)
        table[WHOLE] = table[WHOLE].astype("Int64")
    table = table.assign(
        instrument=" and ".join(scales_judged(outcome, instrument, cohort.definitions)),
        window=questions[(), later.name].windows[0].name,
        outcome=outcome,
        estimand=denominator,
        period=f"{later.name} and {earlier.name}",
        due=due_basis(cohort),
        definitions=cohort.definitions.label,
    )
    return Comparison(in_order(table, _GROUPS), balance_compared(counts, design, earlier.name), WARNING)


def case_mix_effect(x1: Numbers, n1: Numbers, x0: Numbers, n0: Numbers) -> tuple[float, float, float]:
    """Say how much of a difference of two rates comes from another case mix.

    Parameters
    ----------
    x1, n1, x0, n0 : ndarray
        People with the outcome and all people of each stratum, of the group and of the reference.

    Returns
    -------
    estimate, low, high : float
        NaN when a stratum has people of one of them only.

    Examples
    --------
    Rates of 80 and 20 % in both; half and half became 70 and 30: 0.2 x 80 % less 0.2 x 20 %.

    >>> counts = ([56, 6], [70, 30], [40, 10], [50, 50])
    >>> x1, n1, x0, n0 = (np.array(each, dtype="float64") for each in counts)
    >>> print(round(case_mix_effect(x1, n1, x0, n0)[0], 3))
    0.12
    """
    filled = (n1 > 0) | (n0 > 0)
    x1, n1, x0, n0 = x1[filled], n1[filled], x0[filled], n0[filled]
    if len(n1) == 0 or (n1 == 0).any() or (n0 == 0).any():
        return float("nan"), float("nan"), float("nan")
    w1, w0, p1, p0 = n1 / n1.sum(), n0 / n0.sum(), x1 / n1, x0 / n0
    middle, shift = (p1 + p0) / 2, w1 - w0
    estimate = float((shift * middle).sum())
    variance = sum(
        float((w * middle**2).sum() - (w * middle).sum() ** 2) / float(n.sum())
        + float((shift**2 * p * (1 - p) / n).sum()) / 4
        for w, p, n in ((w1, p1, n1), (w0, p0, n0))
    )
    half = float(special.ndtri(0.975)) * float(np.sqrt(variance))
    return estimate, max(estimate - half, -1.0), min(estimate + half, 1.0)


def _case_mix_row(counts: pd.DataFrame, table: pd.DataFrame, later: str, earlier: str) -> pd.DataFrame:
    cells = [
        counts.loc[counts[_GROUPS] == name, column].to_numpy("float64")
        for name in (later, earlier)
        for column in ("outcome_count", "people_count")
    ]
    estimate, low, high = case_mix_effect(*cells)
    adjusted = table[table["adjusted"].str.startswith("standardised") & (table["measure"] == "difference")]
    status = adjusted["status"].iloc[0] if np.isnan(estimate) else "ok"
    row = adjusted.assign(estimate=estimate, low=low, high=high, method=_MIX, status=status, rate=np.nan, note="")
    return row.assign(reference_rate=np.nan)[[_GROUPS, "reference", *COMPARED]]

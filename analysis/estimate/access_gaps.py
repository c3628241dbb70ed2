"""Gaps in access between groups, and whether they widen or narrow over the quarters."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from scipy import special

from analysis.cohort.cohort import Cohort
from analysis.counts.attendance_tally import ContinuationTally
from analysis.counts.completeness_tally import COURSE_GROUPS
from analysis.counts.engine import count_all
from analysis.counts.referral_tally import PATIENT_GROUPS, REFERRAL_GROUPS, PromptStartTally
from analysis.counts.tallies import Tally
from analysis.estimate.access import refuse_no_referrals
from analysis.estimate.intervals import miettinen_nurminen
from analysis.estimate.rates import ESTIMATE_COLUMNS
from analysis.vocabulary.errors import CallError, nearest_name

GAP_STEPS = {
    "started": ("in_time", "due"),
    "loading_completed": ("loading_completed", "loading_due"),
    "maintenance": ("maintenance_given", "maintenance_due"),
}
"""The steps that groups are compared in: who took it, and who was due to have."""

_QUARTERS = 4
"""The fewest quarters with people in both groups from which a trend is estimated."""


@dataclass(frozen=True)
class Slope:
    """By how much a share changes with each quarter: its estimate and variance."""

    estimate: float
    variance: float


def access_gaps(
    cohort: Cohort, *, by: str, step: str = "started", reference: str | None = None, within_days: int = 90
) -> pd.DataFrame:
    """Compare each group's share that took a step with that of a reference, and the trend of the difference.

    Parameters
    ----------
    cohort : Cohort
        From `derive`.
    by : str
        For ``started``: ``payer, source, clinic_id``. For the other steps: ``clinic_id, route, treatment, payer,
        diagnosis, sex, age_band, race_ethnicity``.
    step : {"started", "loading_completed", "maintenance"}
        - ``started``: a first session within ``within_days`` of the referral, of referrals made at least so long before
          the data cut, so that each had the same time;
        - ``loading_completed``: of first courses whose loading has closed;
        - ``maintenance``: a maintenance session, of first courses with completed loading of which it is settled.
    reference : str, optional
        The group the others are compared with; the largest known one when left out.
    within_days : int

    Returns
    -------
    DataFrame
        Two rows per other group: the group column, ``step, measure`` (``difference``; ``trend``: the change of the
        difference in a quarter), ``estimate, low, high`` (shares of 1), ``method, numerator, denominator`` (of the
        group; for the trend, of the quarters with people of both groups), ``status`` (``ok``; ``empty``;
        ``too few quarters``; ``no spread``),
        ``reference, reference_numerator, reference_denominator, quarters`` (with people of both groups),
        ``definitions``.

    Raises
    ------
    DataError
        ``started`` without referrals.
    CallError
        Naming the option that is wrong, and what it can be.

    Notes
    -----
    The difference is that of all quarters together (Miettinen-Nurminen). The trend is the difference of two slopes:
    each group's is the least-squares line of 0 or 1 on the quarter, with a variance that allows for any spread (HC1),
    all from the counts of each quarter. Groups were not made alike: a gap is a reason to ask why, and no finding of
    unequal treatment; the intervals are not corrected for the number of groups.

    ``started`` is not compared by race, sex or diagnosis: they are recorded of patients, so of people never treated
    they are not known.

    References
    ----------
    Miettinen O, Nurminen M (1985), Stat Med 4:213-226. MacKinnon JG, White H (1985), J Econometrics 29:305-325 (HC1).

    Examples
    --------
    >>> from analysis.intake.dataset import open_dataset
    >>> from analysis.cohort.cohort import derive
    >>> gaps = access_gaps(derive(open_dataset("data/demo")), by="payer", reference="self-pay")
    >>> gaps["measure"].tolist()[:2]
    ['difference', 'trend']
    """
    _check(cohort, by, step, within_days)
    tally: Tally = PromptStartTally((by,), within_days) if step == "started" else ContinuationTally((by,))
    (counts,) = count_all(cohort, [tally])
    if step == "started":
        refuse_no_referrals(cohort, "access_gaps")
        if counts.empty:
            raise CallError(
                f"access_gaps: no referral has a date at least {within_days} days before the data cut, so that nobody "
                "is due."
            )
    numerator, denominator = GAP_STEPS[step]
    counts = counts.rename(columns={numerator: "x", denominator: "n"})
    sizes = counts.groupby(by)["n"].sum()
    chosen = _reference(sizes, reference, by)
    rows = []
    for group in sorted(sizes.index, key=lambda name: (name == "unknown", name)):
        if group != chosen:
            own, other = (counts[counts[by] == name] for name in (group, chosen))
            for row in (_difference(own, other), _trend(own, other)):
                rows.append({by: group, "step": step, "reference": chosen} | row)
    counted = ["numerator", "denominator", "reference_numerator", "reference_denominator", "quarters"]
    columns = [by, "step", "measure", *ESTIMATE_COLUMNS, "reference", *counted[2:]]
    table = pd.DataFrame(rows, columns=columns).astype(dict.fromkeys(counted, "Int64"))
    return table.assign(definitions=cohort.definitions.label)


def slope_of_shares(quarter: ArrayLike, numerator: ArrayLike, denominator: ArrayLike) -> Slope:
    """Fit a straight line to 0 or 1 over quarters, from the counts of each quarter.

    Parameters
    ----------
    quarter : array_like of int
        Each once.
    numerator, denominator : array_like of int

    Returns
    -------
    Slope
        Least squares, with the variance HC1; NaN with fewer than two quarters that hold anybody, or three people.

    Examples
    --------
    >>> line = slope_of_shares([0, 1, 2], [10, 20, 30], [100, 100, 100])
    >>> print(round(line.estimate, 3), round(line.variance**0.5, 4))
    0.1 0.0275
    """
    q, x, n = (np.asarray(values, dtype="float64") for values in (quarter, numerator, denominator))
    people = n.sum()
    if (n > 0).sum() < 2 or people < 3:
        return Slope(float("nan"), float("nan"))
    centred = q - (n * q).sum() / people
    spread = (n * centred**2).sum()
    slope = (centred * x).sum() / spread
    fitted = x.sum() / people + slope * centred
    # Those with 1 lie 1 - fitted from the line, those with 0 lie fitted from it.
    squares = x * (1 - fitted) ** 2 + (n - x) * fitted**2
    variance = (centred**2 * squares).sum() / spread**2 * people / (people - 2)
    return Slope(float(slope), float(variance))


def _check(cohort: Cohort, by: str, step: str, within_days: int) -> None:
    if not isinstance(cohort, Cohort):
        raise CallError("cohort: a cohort is needed; make one with derive(open_dataset(...)).")
    if step not in GAP_STEPS:
        raise CallError(
            f"step: '{step}' is unknown.{nearest_name(step, list(GAP_STEPS))} There are: {', '.join(GAP_STEPS)}."
        )
    timeless = [name for name in REFERRAL_GROUPS if name not in ("quarter", "year")]
    known = [name for name in timeless if name not in PATIENT_GROUPS] if step == "started" else list(COURSE_GROUPS)
    if by not in known:
        why = " It is recorded of patients, so of people never treated it is not known." if by in PATIENT_GROUPS else ""
        raise CallError(f"by: '{by}' does not go with the step '{step}'.{why} There are: {', '.join(known)}.")
    if within_days < 1:
        raise CallError("within_days: at least one day is needed.")


def _reference(sizes: pd.Series, asked: str | None, by: str) -> str:
    if asked is None:
        known = sizes.drop("unknown", errors="ignore").sort_index()
        if not len(known):
            raise CallError(f"by: nobody's {by} is known, so there is nothing to compare.")
        return str(known.idxmax())
    if asked not in sizes.index:
        raise CallError(f"reference: there is no group '{asked}'. There are: {', '.join(map(str, sizes.index))}.")
    return asked


def _difference(own: pd.DataFrame, other: pd.DataFrame) -> dict[str, Any]:
    x1, n1, x0, n0 = (int(frame[name].sum()) for frame in (own, other) for name in ("x", "n"))
    low, high = miettinen_nurminen(x1, n1, x0, n0)
    empty = 0 in (n1, n0)
    estimate = np.nan if empty else x1 / n1 - x0 / n0
    values = (estimate, low, high, "Miettinen-Nurminen, 95 %", x1, n1, "empty" if empty else "ok")
    return _row("difference", values, (x0, n0), len(_shared_quarters(own, other)))


def _trend(own: pd.DataFrame, other: pd.DataFrame) -> dict[str, Any]:
    shared = _shared_quarters(own, other)
    own, other = (frame[frame["quarter"].isin(list(shared))] for frame in (own, other))
    x1, n1, x0, n0 = (int(frame[name].sum()) for frame in (own, other) for name in ("x", "n"))
    method = "difference of two least-squares slopes, HC1, normal, 95 %"
    if len(shared) < _QUARTERS:
        values = (np.nan, np.nan, np.nan, method, x1, n1, "too few quarters")
        return _row("trend", values, (x0, n0), len(shared))
    one, zero = (
        slope_of_shares([shared[name] for name in part["quarter"]], part["x"], part["n"]) for part in (own, other)
    )
    estimate = one.estimate - zero.estimate
    error = float(np.sqrt(one.variance + zero.variance))
    half = float(special.ndtri(0.975)) * error
    status = "ok" if error > 0 else "no spread"
    low, high = (estimate - half, estimate + half) if error > 0 else (np.nan, np.nan)
    return _row("trend", (estimate, low, high, method, x1, n1, status), (x0, n0), len(shared))


def _shared_quarters(own: pd.DataFrame, other: pd.DataFrame) -> dict[str, int]:
    """Give the quarters in which both groups have somebody due their numbers in calendar time."""
    both = set(own.loc[own["n"] > 0, "quarter"]) & set(other.loc[other["n"] > 0, "quarter"]) - {"unknown"}
    return {name: 4 * int(name[:4]) + int(name[-1]) for name in sorted(both)}


def _row(measure: str, values: tuple[Any, ...], reference: tuple[int, int], quarters: int) -> dict[str, Any]:
    return {
        "measure": measure,
        **dict(zip(ESTIMATE_COLUMNS, values, strict=True)),
        "reference_numerator": reference[0],
        "reference_denominator": reference[1],
        "quarters": quarters,
    }

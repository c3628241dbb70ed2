"""Descriptive only: losing response while sessions go on, beside while they do not, and by days since the last session.

Who is well may be treated more, or less, because of it, so neither table says what treatment does: for that there is
`maintenance_trial`.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.stats import chi2

from analysis.cohort.cohort import Cohort
from analysis.counts.follow_up_tally import END_OF_LOADING
from analysis.counts.kept_up_rows import read_kept_up
from analysis.estimate.day_curves import Z
from analysis.estimate.time_to import checked_event
from analysis.estimate.trial_days import TrialDays, lay_out_days
from analysis.vocabulary.errors import CallError
from analysis.vocabulary.relapse_rule import RelapseRule

Numbers = NDArray[np.float64]

GAP_BANDS = (14, 28, 42, 56)
MONTH = 30
WARNING = (
    "Descriptive: who is treated may be so because of how they are. No effect of maintenance can be read from it; see "
    "maintenance_trial."
)
NEWTON_STEPS = 50


@dataclass(frozen=True)
class CoxFit:
    """Log hazard ratios, and their variances: from the information, and clustered by person."""

    log_ratio: Numbers
    variance: Numbers
    clustered: Numbers


def fit_cox(person: Numbers, day: Numbers, event: Numbers, covariates: Numbers) -> CoxFit:
    """Fit a Cox model with time-varying covariates to person-days.

    Parameters
    ----------
    person, day, event : ndarray
        For each person-day at risk: whose, which, and whether the event came on it.
    covariates : ndarray, person-days x columns

    Returns
    -------
    CoxFit

    Raises
    ------
    numpy.linalg.LinAlgError
        When the covariates do not vary where events are.

    Notes
    -----
    Breslow's likelihood for ties; the clustered variance adds up each person's score residuals (Lin DY, Wei LJ (1989),
    J Am Stat Assoc 84:1074-1078). As R's ``coxph(Surv(start, stop, event) ~ x, ties = "breslow", cluster = id)``.
    """
    _, moment = np.unique(day, return_inverse=True)
    moments, columns = int(moment.max()) + 1, covariates.shape[1]
    events = np.bincount(moment, weights=event, minlength=moments)
    beta = np.zeros(columns)

    def risks(at: Numbers) -> tuple[Numbers, Numbers, Numbers]:
        risk = np.exp(covariates @ at)
        whole = np.bincount(moment, weights=risk, minlength=moments)
        sums = [np.bincount(moment, weights=risk * column, minlength=moments) for column in covariates.T]
        return risk, np.asarray(whole, dtype=float), np.stack(sums, axis=1) / whole[:, None]

    def information(risk: Numbers, whole: Numbers, mean: Numbers) -> Numbers:
        apart = covariates - mean[moment]
        weight = risk * (events / whole)[moment]
        return (apart * weight[:, None]).T @ apart

    for _ in range(NEWTON_STEPS):
        risk, whole, mean = risks(beta)
        score = (event[:, None] * (covariates - mean[moment])).sum(axis=0)
        step = np.linalg.solve(information(risk, whole, mean), score)
        beta = beta + step
        if np.abs(step).max() < 1e-11:
            break
    risk, whole, mean = risks(beta)
    variance = np.linalg.inv(information(risk, whole, mean))
    residual = (event - risk * (events / whole)[moment])[:, None] * (covariates - mean[moment])
    _, who = np.unique(person, return_inverse=True)
    of_each = np.stack([np.bincount(who, weights=column) for column in residual.T], axis=1)
    clustered = variance @ (of_each.T @ of_each) @ variance
    return CoxFit(beta, np.asarray(variance, dtype=float), np.asarray(clustered, dtype=float))


def maintenance_hazard(
    cohort: Cohort,
    *,
    event: str = "lost response",
    instrument: str = "PHQ-9",
    every: int = 28,
    until: int = 365,
    rule: RelapseRule | None = None,
) -> pd.DataFrame:
    """Compare, day by day, the hazard of people with a maintenance session in the last days with that of the others.

    Parameters
    ----------
    cohort : Cohort
    event, instrument, rule
        As in `maintenance_trial`.
    every : int
        Recently treated is a session since the response at the end of loading, on one of so many days before.
    until : int
        The last day.

    Returns
    -------
    DataFrame
        One row: ``instrument, event, compared, estimate`` (hazard ratio), ``low, high, method, numerator`` (events),
        ``denominator`` (person-days), ``people, status`` (``ok``, or ``too few events`` where one side has none),
        ``warning`` and ``definitions``.

    Raises
    ------
    CallError

    Notes
    -----
    Cox's model with this one covariate, which changes over time, clustered by patient (see `fit_cox`). A day's
    covariate looks at earlier days only. Reads rows, as `maintenance_trial` does.

    Examples
    --------
    >>> from analysis.cohort.cohort import derive
    >>> from analysis.intake.dataset import open_dataset
    >>> table = maintenance_hazard(derive(open_dataset("data/demo")))
    >>> bool((table["low"] < table["estimate"]).all())
    True
    """
    days = _laid(cohort, event, instrument, until, rule)
    recent = days.treated_before & (days.gap <= every)
    person, day = np.nonzero(days.at_risk)
    happened = days.event[days.at_risk].astype(float)
    x = recent[days.at_risk].astype(float)[:, None]
    sides = {float(value) for value in x[happened > 0, 0]}
    enough = len(sides) == 2
    estimate = low = high = float("nan")
    if enough:
        fit = fit_cox(person.astype(float), day.astype(float), happened, x)
        error = float(np.sqrt(fit.clustered[0, 0]))
        estimate, low, high = (float(np.exp(fit.log_ratio[0] + z * error)) for z in (0.0, -Z, Z))
    row = {
        "instrument": instrument, "event": event,
        "compared": f"a session in the last {every} days, since the end of loading, with none",
        "estimate": estimate, "low": low, "high": high,
        "method": "hazard ratio, Cox, Breslow, clustered by patient, 95 %",
        "numerator": int(happened.sum()), "denominator": len(happened), "people": len(days.at_risk),
        "status": "ok" if enough else "too few events", "warning": WARNING,
    }  # fmt: skip
    return pd.DataFrame([row]).assign(definitions=cohort.definitions.label)


def holding_by_gap(
    cohort: Cohort,
    *,
    event: str = "lost response",
    instrument: str = "PHQ-9",
    bands: Sequence[int] = GAP_BANDS,
    until: int = 365,
    rule: RelapseRule | None = None,
) -> pd.DataFrame:
    """Give how often response is lost by the days since the last session.

    Parameters
    ----------
    cohort : Cohort
    event, instrument, until, rule
        As in `maintenance_hazard`.
    bands : sequence of int
        The last days of the bands; what is over the last is a band too.

    Returns
    -------
    DataFrame
        One row per band: ``instrument, event, days_since_session, estimate, low, high`` (events per 100 person-months
        of 30 days), ``method, numerator`` (events), ``denominator`` (person-days), ``status`` (``ok``, ``empty``),
        ``warning`` and ``definitions``.

    Raises
    ------
    CallError

    Examples
    --------
    >>> from analysis.cohort.cohort import derive
    >>> from analysis.intake.dataset import open_dataset
    >>> holding_by_gap(derive(open_dataset("data/demo")))["days_since_session"].tolist()
    ['1 to 14', '15 to 28', '29 to 42', '43 to 56', '57 and more']
    """
    edges = list(bands)
    if not edges or edges[0] < 1 or edges != sorted(set(edges)):
        raise CallError("bands: rising numbers of days from 1 on are needed.")
    days = _laid(cohort, event, instrument, until, rule)
    band = np.digitize(days.gap, np.array(edges) + 1)
    at_risk = np.bincount(band[days.at_risk], minlength=len(edges) + 1)
    events = np.bincount(band[days.event], minlength=len(edges) + 1)
    names = [f"{low + 1} to {high}" for low, high in zip([0, *edges], edges, strict=False)] + [
        f"{edges[-1] + 1} and more"
    ]
    months = np.where(at_risk > 0, at_risk / (100 * MONTH), np.nan)
    below = np.where(events > 0, chi2.ppf(0.025, 2 * np.maximum(events, 1)) / 2, 0.0)
    return pd.DataFrame(
        {
            "instrument": instrument,
            "event": event,
            "days_since_session": names,
            "estimate": events / months,
            "low": below / months,
            "high": chi2.ppf(0.975, 2 * events + 2) / 2 / months,
            "method": "events per 100 person-months, exact Poisson, 95 %",
            "numerator": pd.array(events, dtype="Int64"),
            "denominator": pd.array(at_risk, dtype="Int64"),
            "status": np.where(at_risk > 0, "ok", "empty"),
            "warning": WARNING,
        }
    ).assign(definitions=cohort.definitions.label)


def _laid(cohort: Cohort, event: str, instrument: str, until: int, rule: RelapseRule | None) -> TrialDays:
    checked_event(cohort, event, END_OF_LOADING, instrument)
    if until < 1:
        raise CallError("until: a whole number of days from 1 on is needed.")
    rows = read_kept_up(cohort, event=event, instrument=instrument, until=until, rule=rule or RelapseRule())
    return lay_out_days(rows, until=until)

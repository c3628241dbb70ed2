"""Keeping up maintenance against stopping, as a target trial: clone, censor, weight."""

import hashlib
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

import numpy as np
import pandas as pd

from analysis.cohort.cohort import Cohort
from analysis.counts.follow_up_tally import END_OF_LOADING
from analysis.counts.kept_up_rows import KeptUpRows, read_kept_up
from analysis.counts.phase_tally import phase_groups
from analysis.estimate.session_model import Numbers, chance_of_session, count_decisions, design_of, fit_sessions
from analysis.estimate.time_to import checked_event
from analysis.estimate.trial_days import TrialDays, lay_out_days
from analysis.estimate.trial_weights import Arm, effective_number, weigh_keeping_up, weigh_stopping, weighted_incidence
from analysis.vocabulary.errors import CallError
from analysis.vocabulary.relapse_rule import RelapseRule

ADJUSTED = ("route", "payer", "age_band", "sex")
"""What is known at the start and may decide on maintenance as well as on the outcome."""

FEWEST_WORTH = 11
SHORTEST, LONGEST, MOST_DAYS = 14, 365, 1095

ASSUMPTIONS = (
    "This is no trial. It is right only if, among people alike in the listed covariates and in their last known "
    "scores, who goes on and who stops is as good as drawn by lot; what the clinician or the patient knew beyond "
    "that is not adjusted for.",
    "It needs people of every kind both going on and stopping: see `balance` for the largest weights and for how many "
    "people each arm is worth (effective).",
    "Who is no longer assessed is taken to fare as those alike who still are. An event is dated by the assessment that "
    "shows it: an arm assessed less often is shown its events later, so `assessed` is given for both.",
)


class MaintenanceWarning(UserWarning):
    """A comparison of people who went on with treatment and people who did not, without a trial."""


@dataclass(frozen=True, eq=False, repr=False)
class MaintenanceTrial:
    """Keeping up maintenance against stopping.

    Attributes
    ----------
    table : DataFrame
        The weighted share with the event by day, for both strategies.
    differences : DataFrame
        Keeping up less stopping, at the days asked for.
    balance : DataFrame
        At the same days: how many are still in line with each strategy, what they are worth, and how often assessed.
    notes : tuple of str
        The strategies, the assumptions and warnings.
    """

    table: pd.DataFrame
    differences: pd.DataFrame
    balance: pd.DataFrame
    notes: tuple[str, ...]

    def __repr__(self) -> str:
        shown = [f"{title}\n{table.to_string(index=False)}" for title, table in self._shown().items()]
        return "Keeping up maintenance against stopping\n" + "\n".join([*shown, *self.notes])

    def _repr_html_(self) -> str:
        tables = [
            f"<h4>{escape(title)}</h4>{table.to_html(index=False, escape=True)}"
            for title, table in self._shown().items()
        ]
        return "".join([*tables, *(f"<p>{escape(note)}</p>" for note in self.notes)])

    def _shown(self) -> dict[str, pd.DataFrame]:
        return {"Differences (differences)": self.differences, "In line with each strategy (balance)": self.balance}


def maintenance_trial(
    cohort: Cohort,
    *,
    event: str = "lost response",
    instrument: str = "PHQ-9",
    every: int = 28,
    grace: int = 28,
    day: int | Sequence[int] = (30, 60, 90, 180),
    adjust: str | Sequence[str] = ADJUSTED,
    replicates: int = 200,
    seed: int = 1,
    rule: RelapseRule | None = None,
) -> MaintenanceTrial:
    """Compare a session at least every so many days with no further session, in people in response after loading.

    Parameters
    ----------
    cohort : Cohort
        From `derive`.
    event : {"lost response", "relapse", "confirmed lost response", "confirmed relapse"}
        As in `time_to`.
    instrument : str
    every, grace : int
        Keeping up is a session at least every so many days, with so many days of grace: with 28 and 28, whoever is 56
        days without a session has left the strategy.
    day : int or sequence of int
        Days since the response at the end of loading at which to give the difference; the last ends the curves.
    adjust : str or sequence of str
        Groups known at the start (see `phases`), beside the state known so far.
    replicates, seed : int
        Bootstrap samples, and the seed from which, with each patient's id, they are drawn; at least 100.
    rule : RelapseRule, optional

    Returns
    -------
    MaintenanceTrial
        ``table``: ``instrument, event, strategy, day, estimate, low, high`` (shares of 1), ``method, numerator``
        (events so far of people in line with the strategy), ``denominator`` (people at the start, the same in both),
        ``in_line`` (people followed and in line on the day), ``unweighted`` (the same curve without weights, to show
        what weighting does), ``status`` (``ok``, ``too few`` when those in line
        are worth fewer than 11, ``empty``), ``warning`` and ``definitions``. ``differences``:
        ``day, estimate, low, high`` (keeping up less stopping), ``method, numerator`` and ``denominator`` (missing: it
        is of two weighted shares), ``status, warning``. ``balance``: ``strategy, day, in_line, effective,
        largest_weight, assessed`` (the weighted share assessed in the 35 days, ``known_days``, up to the day).

    Raises
    ------
    CallError
        Naming the option that is wrong and what it can be.
    MaintenanceWarning
        As a warning, with every result.

    Notes
    -----
    Day 0 is the score that shows the response at the end of loading, for both strategies, so no time is immortal.
    Everybody is in both arms until leaving one; who stays is weighted by the inverse of the chance of staying (see
    `analysis.estimate.trial_weights`). The chance of a session on a day is a pooled logistic model, fitted to counts of
    days and sessions by the state known so far: weeks since the last session (before and after the first one since day
    0), how far the last score is in response, days since it, month, and ``adjust``. Death competes (Aalen-Johansen on
    weighted people). Intervals are percentiles of a bootstrap over patients in which each counts a Poisson number of
    times; model and weights are made anew in each. Weights rest on each person's own history, so this reads rows: one
    query for each partition, of the people in response at the end of loading only.

    How far it can be trusted is measured on simulated people in benchmarks/maintenance_truth.md.

    Examples
    --------
    >>> from analysis.cohort.cohort import derive
    >>> from analysis.intake.dataset import open_dataset
    >>> with warnings.catch_warnings():
    ...     warnings.simplefilter("ignore", MaintenanceWarning)
    ...     found = maintenance_trial(derive(open_dataset("data/demo")), day=14, replicates=100)
    >>> found.differences["status"].tolist(), sorted(found.table["strategy"].unique())
    (['ok'], ['a session at least every 28 days', 'no further session'])
    """
    days = sorted({day} if isinstance(day, int) else set(day))
    groups = phase_groups(adjust)
    checked_event(cohort, event, END_OF_LOADING, instrument)
    _check(days, every=every, grace=grace, replicates=replicates)
    rule = rule or RelapseRule()
    rows = read_kept_up(cohort, event=event, instrument=instrument, until=days[-1], rule=rule, groups=groups)
    laid = lay_out_days(rows, until=days[-1], groups=groups)
    arms, draws = _weigh_all(rows, laid, every=every, grace=grace, replicates=replicates, seed=seed)
    names = ("no further session", f"a session at least every {every} days")
    about = {"instrument": instrument, "event": event}
    label = cohort.definitions.label
    curves = [
        _curve(laid, arm, drawn, replicates).assign(**about, strategy=name)
        for name, arm, drawn in zip(names, arms, draws, strict=True)
    ]
    table = pd.concat(curves, ignore_index=True)
    leading = ["instrument", "event", "strategy"]
    table = table[[*leading, *table.columns.drop(leading)]].assign(warning=ASSUMPTIONS[0], definitions=label)
    warnings.warn(ASSUMPTIONS[0], MaintenanceWarning, stacklevel=2)
    notes = [
        f"Strategies from day 0, the response at the end of loading: {names[1]} with {grace} days of grace, or none.",
        f"Adjusted for: {', '.join(laid.names)}.",
        *ASSUMPTIONS,
        f"Bootstrap: {replicates} samples of patients, seed {seed}. Rule: {rule}.",
    ]
    return MaintenanceTrial(
        table,
        _differences(curves, draws, days, replicates).assign(**about, warning=ASSUMPTIONS[0], definitions=label),
        _balance(laid, arms, names, days, rule.known_days),
        tuple(notes),
    )


def draw_copies(ids: Sequence[str], *, replicates: int, seed: int) -> Numbers:
    """Draw how often each patient counts in each bootstrap sample, from the seed and the patient's id alone.

    Parameters
    ----------
    ids : sequence of str
    replicates, seed : int

    Returns
    -------
    ndarray, samples x patients
        Poisson numbers of mean 1, whatever the order of the patients.

    Examples
    --------
    >>> both, one = (draw_copies(ids, replicates=3, seed=1) for ids in (["A", "B"], ["B"]))
    >>> both[:, 1].tolist() == one[:, 0].tolist()
    True
    """
    copies = np.zeros((replicates, len(ids)))
    for place, each in enumerate(ids):
        digest = hashlib.sha256(f"{seed}:{each}".encode()).digest()
        copies[:, place] = np.random.default_rng(int.from_bytes(digest[:16], "big")).poisson(1.0, replicates)
    return copies


def _weigh_all(
    rows: KeptUpRows, laid: TrialDays, *, every: int, grace: int, replicates: int, seed: int
) -> tuple[tuple[Arm, Arm], list[Numbers]]:
    """Weigh both arms, and give their curves in each bootstrap sample."""
    design = design_of(laid.covariates)
    beta = fit_sessions(design, *count_decisions(laid))

    def weigh(coefficients: Numbers) -> tuple[Arm, Arm]:
        chance = chance_of_session(design, coefficients)
        return weigh_stopping(laid, chance), weigh_keeping_up(laid, chance, every=every, grace=grace)

    draws = [np.full((replicates, laid.at_risk.shape[1]), np.nan) for _ in range(2)]
    ids = rows.people["patient_id"].astype(str).tolist()
    for number, copies in enumerate(draw_copies(ids, replicates=replicates, seed=seed)):
        for arm, drawn in zip(
            weigh(fit_sessions(design, *count_decisions(laid, copies), start=beta)), draws, strict=True
        ):
            drawn[number] = weighted_incidence(laid, arm.weight, copies)
    return weigh(beta), draws


def _curve(laid: TrialDays, arm: Arm, drawn: Numbers, replicates: int) -> pd.DataFrame:
    people, days = laid.at_risk.shape
    in_line, worth = (arm.weight > 0).sum(axis=0), effective_number(arm.weight)
    events = np.cumsum((laid.event & (arm.weight > 0)).sum(axis=0))
    status = np.where(worth >= FEWEST_WORTH, "ok", "too few" if people else "empty").astype(object)
    shown = status == "ok"
    estimate = np.where(shown, weighted_incidence(laid, arm.weight), np.nan)
    low, high = _limits(drawn, shown)
    return pd.DataFrame(
        {
            "day": np.arange(days),
            "estimate": estimate,
            "low": low,
            "high": high,
            "method": _method(replicates),
            "numerator": pd.array(events, dtype="Int64"),
            "denominator": pd.array([people] * days, dtype="Int64"),
            "in_line": pd.array(in_line, dtype="Int64"),
            "unweighted": np.where(shown, weighted_incidence(laid, arm.in_line), np.nan),
            "status": status,
        }
    )


def _method(replicates: int) -> str:
    return f"clone, censor, weight; percentile bootstrap of {replicates}, 95 %"


def _limits(drawn: Numbers, shown: np.ndarray) -> tuple[Numbers, Numbers]:
    limits = np.full((2, drawn.shape[1]), np.nan)
    # Where in some sample nobody is left, there is no interval.
    known = shown & ~np.isnan(drawn).any(axis=0)
    limits[:, known] = np.quantile(drawn[:, known], [0.025, 0.975], axis=0)
    return limits[0], limits[1]


def _differences(
    curves: Sequence[pd.DataFrame], draws: Sequence[Numbers], days: Sequence[int], replicates: int
) -> pd.DataFrame:
    stopping, keeping_up = (curve.set_index("day").loc[list(days)] for curve in curves)
    difference = (keeping_up["estimate"] - stopping["estimate"]).to_numpy()
    low, high = _limits((draws[1] - draws[0])[:, list(days)], ~np.isnan(difference))
    return pd.DataFrame(
        {
            "contrast": "keeping up less stopping",
            "day": list(days),
            "estimate": difference,
            "low": low,
            "high": high,
            "method": _method(replicates),
            "numerator": pd.array([pd.NA] * len(days), dtype="Int64"),
            "denominator": pd.array([pd.NA] * len(days), dtype="Int64"),
            "status": np.where(
                (stopping["status"] == "ok") & (keeping_up["status"] == "ok"),
                "ok",
                stopping["status"].replace("ok", "too few"),
            ),
        }
    )


def _balance(
    laid: TrialDays, arms: Sequence[Arm], names: Sequence[str], days: Sequence[int], known_days: int
) -> pd.DataFrame:
    rows = []
    for name, arm in zip(names, arms, strict=True):
        for day in days:
            weight = arm.weight[:, day]
            lately = laid.seen[:, max(0, day - known_days) : day + 1].any(axis=1)
            some = weight.sum() > 0
            rows.append(
                {
                    "strategy": name,
                    "day": day,
                    "in_line": int((weight > 0).sum()),
                    "effective": float(effective_number(arm.weight[:, [day]])[0]),
                    "largest_weight": weight.max(initial=0.0),
                    "assessed": weight @ lately / weight.sum() if some else np.nan,
                }
            )
    return pd.DataFrame(rows)


def _check(days: Sequence[int], *, every: int, grace: int, replicates: int) -> None:
    if not days or days[0] < 1 or days[-1] > MOST_DAYS:
        raise CallError(f"day: whole numbers from 1 to {MOST_DAYS} are needed, at least one.")
    if not SHORTEST <= every <= LONGEST:
        raise CallError(f"every: a number of days from {SHORTEST} to {LONGEST} is needed.")
    if not 1 <= grace <= LONGEST:
        raise CallError(f"grace: a number of days from 1 to {LONGEST} is needed.")
    if replicates < 100:
        raise CallError("replicates: at least 100 are needed for an interval.")

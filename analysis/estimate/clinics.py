"""Clinics beside each other: what chance alone makes of them, their case mix, and rates that borrow from all."""

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

import numpy as np
import pandas as pd

from analysis.cohort.cohort import Cohort
from analysis.counts.groups import GROUPS, WINDOW_GROUPS
from analysis.counts.ladder import due_basis
from analysis.estimate.case_mix import expected_counts
from analysis.estimate.funnel_limits import LIMITS, distance_in_errors, funnel_limits, winsorised_dispersion
from analysis.estimate.intervals import wilson
from analysis.estimate.measure_counts import ChosenMeasure, choose_measure, count_measure, judged_scales
from analysis.estimate.partial_pooling import POOLED_METHOD, partially_pooled
from analysis.estimate.people_measures import with_shares
from analysis.estimate.rates import ESTIMATE_COLUMNS, SHOWN_LADDER
from analysis.vocabulary.errors import CallError, nearest_name
from analysis.vocabulary.measures import MeanRule
from analysis.vocabulary.periods import Period, parse_period

FEWEST_FOR_DISPERSION = 10
CASE_MIX = tuple(
    name for name in GROUPS if name not in {*WINDOW_GROUPS, "clinic_id", "loading_status", "course_kind", "quarter"}
)
"""What rates can be adjusted for: what was so before treatment."""

PLAIN, POOLED = "none", "partially pooled"
UNKNOWN = "unknown"

_BY_CUT_OFF = ("remission", "recovery", "reliable_recovery")
WHY_NOT_REMISSION = (
    "is not compared between clinics: whether somebody gets under a fixed cut-off depends on how ill they were at "
    "first "
    "(Coley 2020, Psychiatr Serv 71:312-318: of four measures response was the only one not associated with the "
    "baseline "
    "PHQ-9; the odds of remission were 0.43 for each 10 points more). Compare 'response', and show the remission of "
    "each clinic by itself."
)
WORDS = (
    "A clinic inside the limits differs from all by no more than chance; of clinics that are all alike one in "
    "twenty lies "
    "outside the 95 % limits and one in five hundred outside the 99.8 % limits. A clinic outside is a reason to look, "
    "at its people, its follow-up and its records first. Clinics stand in the order of their names: an order by rate "
    "would mostly be one by chance."
)


@dataclass(frozen=True, eq=False, repr=False)
class Clinics:
    """Clinics compared with all clinics together.

    Attributes
    ----------
    table : DataFrame
        For each clinic, in the order of names, a row for each value of ``adjusted``: ``none`` (the rate as it is),
        ``for ...`` (indirectly standardised) and ``partially pooled``. Columns: ``clinic_id, instrument, window,
        outcome, estimand, adjusted, estimate, low, high`` (shares of 1), ``method, numerator, denominator, status``;
        ``expected`` (number with the outcome if the clinic were like all), ``target`` (the rate of all), ``dispersion``
        (the factor by which the variance between clinics exceeds chance, up to a tenth; missing under ten clinics), the
        funnel's limits ``low_95, high_95, low_99_8, high_99_8`` for a clinic of this size, ``position`` (``inside``,
        ``above 95 %``, ``below 99.8 %`` ...; missing where no limits apply), the ladder, ``period, due, definitions,
        measure``.
    words : str
        How to read it, and what was done.
    """

    table: pd.DataFrame
    words: str

    def __repr__(self) -> str:
        return f"{self.words}\n\n{self._shown().to_string(index=False)}"

    def _repr_html_(self) -> str:
        return f"<p>{escape(self.words)}</p>{self._shown().to_html(index=False, escape=True)}"

    def _shown(self) -> pd.DataFrame:
        return self.table[["clinic_id", "adjusted", *ESTIMATE_COLUMNS, "low_95", "high_95", "position"]]


def clinics(
    cohort: Cohort,
    *,
    measure: str = "response",
    instrument: str | None = None,
    window: str | None = None,
    denominator: str | None = None,
    adjust: str | Sequence[str] = ("age_band", "sex", "diagnosis"),
    period: str | int | Period | None = None,
) -> Clinics:
    """Compare each clinic with all clinics together, without a league table.

    Parameters
    ----------
    cohort : Cohort
        From `derive`.
    measure : str
        A measure's card, such as ``response``, ``completeness`` or ``hedis-drr-e``, or an outcome, such as
        ``reliable_improvement``. Measures with a fixed cut-off (remission, recovery) are refused.
    instrument, window, denominator : str, optional
        As in `response_rates`; the measure's own when left out, and all eligible people (``nonresponder``).
    adjust : str or sequence of str
        Covariates of the case mix, from `CASE_MIX`; empty for none.
    period : str, int or Period, optional
        Only windows that close in this quarter (``2026Q3``) or year (``2026``).

    Returns
    -------
    Clinics
        With ``.table`` and ``.words``.

    Raises
    ------
    CallError
        Naming the option that is wrong and what it can be; for remission, saying why; when there are not two clinics
        with anybody counted.

    Notes
    -----
    The target is the rate of all clinics together (people whose clinic is not known are shown and not counted in it).
    Funnel limits and over-dispersion: `funnel_limits`, `winsorised_dispersion`; from ten clinics up. Case mix:
    `expected_counts`; the adjusted rate is observed / expected x target, its interval Wilson's of the rate times the
    same factor, its limits the binomial ones at expected / number (a little too wide, as people's chances differ).
    Partial pooling: `partially_pooled`. All is made of whole-number counts.

    References
    ----------
    Spiegelhalter DJ (2005), Stat Med 24:1185-1202. Coley RY and others (2020), Psychiatr Serv 71:312-318.

    Examples
    --------
    >>> from analysis.intake.dataset import open_dataset
    >>> from analysis.cohort.cohort import derive
    >>> found = clinics(derive(open_dataset("data/demo")), measure="response", adjust="sex")
    >>> found.table.groupby("adjusted", sort=False)["clinic_id"].agg(list).map(len).to_dict()
    {'none': 4, 'for sex': 4, 'partially pooled': 4}
    """
    chosen = choose_measure(cohort, measure, instrument=instrument, window=window, denominator=denominator)
    _refuse_measure(chosen, measure)
    covariates = _covariates(adjust)
    # The clinics' own counts are sums of those of their strata, so one tally serves both.
    strata = count_measure(cohort, chosen, by=("clinic_id", *covariates), period=period)
    own = strata.drop(columns=list(covariates)).groupby("clinic_id", sort=False).sum().reset_index()
    is_clinic = own["clinic_id"] != UNKNOWN
    _refuse_too_few(own[is_clinic])
    target = float(own.loc[is_clinic, "numerator"].sum() / own.loc[is_clinic, "denominator"].sum())
    tables = [_plain(own, is_clinic, target)]
    if covariates:
        tables.append(_adjusted(own, strata, covariates, is_clinic, target))
    tables.append(_pooled(own, is_clinic, target))
    # People whose clinic is not known are no clinic: their rate is shown as it is.
    tables = [tables[0], *(each[is_clinic] for each in tables[1:])]
    table = pd.concat(tables).sort_index(kind="stable").reset_index(drop=True)
    table = table.assign(
        instrument=judged_scales(cohort, chosen),
        window=chosen.window,
        outcome=chosen.outcome,
        estimand=chosen.estimand,
        period="all" if period is None else parse_period(period).name,
        due=due_basis(cohort),
        definitions=cohort.definitions.label,
        measure=chosen.label,
    ).astype(dict.fromkeys(SHOWN_LADDER, "Int64"))
    limits = [f"{side}_{name}" for name in LIMITS for side in ("low", "high")]
    columns = [
        "clinic_id", "instrument", "window", "outcome", "estimand", "adjusted", *ESTIMATE_COLUMNS, "expected", "target",
        "dispersion", *limits, "position", *SHOWN_LADDER, "period", "due", "definitions", "measure",
    ]  # fmt: skip
    return Clinics(table[columns], _words(own, is_clinic, tables[0], chosen))


def _refuse_measure(chosen: ChosenMeasure, name: str) -> None:
    if chosen.outcome in _BY_CUT_OFF or chosen.outcome.startswith("remission_"):
        raise CallError(f"measure: '{name}' {WHY_NOT_REMISSION}")
    if isinstance(chosen.rule, MeanRule):
        raise CallError(
            "measure: clinics are compared by a rate; mean scores by clinic are in mean_scores(by='clinic_id')."
        )


def _covariates(adjust: str | Sequence[str]) -> tuple[str, ...]:
    chosen = (adjust,) if isinstance(adjust, str) else tuple(adjust)
    for name in chosen:
        if name not in CASE_MIX:
            hint = nearest_name(str(name), list(CASE_MIX))
            raise CallError(f"adjust: '{name}' is unknown here.{hint} There are: {', '.join(CASE_MIX)}.")
    if len(set(chosen)) < len(chosen):
        raise CallError("adjust: a covariate is named twice.")
    return chosen


def _refuse_too_few(known: pd.DataFrame) -> None:
    if len(known) < 2:
        found = "one clinic" if len(known) else "no clinic"
        raise CallError(
            f"clinics: the dataset names {found}, so there is nothing to compare; monitor() follows one clinic over "
            "time."
        )
    if (known["denominator"] > 0).sum() < 2:
        raise CallError(
            f"clinics: of {len(known)} clinics fewer than two have anybody in the denominator; ask for another window, "
            "period or denominator."
        )


def _plain(own: pd.DataFrame, is_clinic: pd.Series, target: float) -> pd.DataFrame:
    n = own["denominator"].to_numpy("float64")
    z = distance_in_errors(own["numerator"], n, target)
    judged = is_clinic.to_numpy() & (n > 0)
    dispersion = _dispersion(z[judged])
    table = with_shares(own).assign(adjusted=PLAIN, expected=target * n, target=target, dispersion=dispersion)
    return _placed(table, n, np.full(len(n), target), np.ones(len(n)), judged)


def _dispersion(z: np.ndarray) -> float:
    """Estimate over-dispersion where there are enough clinics, to a tenth: exact, it would tell of one."""
    return np.ceil(round(10 * winsorised_dispersion(z), 6)) / 10 if len(z) >= FEWEST_FOR_DISPERSION else float("nan")


def _adjusted(
    own: pd.DataFrame, strata: pd.DataFrame, covariates: tuple[str, ...], is_clinic: pd.Series, target: float
) -> pd.DataFrame:
    clinics_only = strata[strata["clinic_id"] != UNKNOWN]
    expected = (
        own[["clinic_id"]]
        .merge(expected_counts(clinics_only, group="clinic_id", covariates=covariates), on="clinic_id", how="left")[
            "expected"
        ]
        .to_numpy("float64")
    )
    x, n = own["numerator"].to_numpy("float64"), own["denominator"].to_numpy("float64")
    judged = is_clinic.to_numpy() & (n > 0)
    chance = np.divide(expected, n, out=np.full(len(n), np.nan), where=judged)
    # Where nobody is expected to have it, because nobody has it, there is nothing to adjust.
    factor = np.divide(target, chance, out=np.ones(len(n)), where=judged & (expected > 0))
    z = distance_in_errors(x, n, chance)
    dispersion = _dispersion(z[judged])
    low, high = wilson(x, n)
    table = with_shares(own)
    table = table.assign(
        estimate=np.minimum(table["estimate"] * factor, 1.0),
        low=np.minimum(low * factor, 1.0),
        high=np.minimum(high * factor, 1.0),
        method="observed / expected x target; Wilson, 95 %, expected taken as known",
        adjusted=f"for {', '.join(covariates)}",
        expected=expected,
        target=target,
        dispersion=dispersion,
    )
    return _placed(table, n, chance, factor, judged)


def _pooled(own: pd.DataFrame, is_clinic: pd.Series, target: float) -> pd.DataFrame:
    known = own[is_clinic]
    found = partially_pooled(known["numerator"], known["denominator"])
    table = with_shares(own)
    for name, values in (("estimate", found.estimate), ("low", found.low), ("high", found.high)):
        table[name] = pd.Series(values, index=known.index).reindex(own.index)
        table.loc[own["denominator"] == 0, name] = np.nan
    table = table.assign(adjusted=POOLED, method=POOLED_METHOD, expected=np.nan, target=target, dispersion=np.nan)
    limits = {f"{side}_{name}": np.nan for name in LIMITS for side in ("low", "high")}
    return table.assign(**limits, position=pd.Series(pd.NA, index=table.index, dtype="str"))


def _placed(
    table: pd.DataFrame, n: np.ndarray, chance: np.ndarray, factor: np.ndarray, judged: np.ndarray
) -> pd.DataFrame:
    """Add the limits for each clinic's size, and where its rate lies; adjusted rates are on the target's scale."""
    spread = float(np.nan_to_num(table["dispersion"].iloc[0], nan=1.0))
    share = table["numerator"].to_numpy("float64") / np.where(n > 0, n, np.nan)
    position: np.ndarray = np.where(judged, "inside", np.array(None, dtype=object))
    for name, level in LIMITS.items():
        low, high = funnel_limits(np.where(judged, n, 0), np.where(judged, chance, 0.5), level=level, dispersion=spread)
        position = np.where(share < low, f"below {name.replace('_', '.')} %", position)
        position = np.where(share > high, f"above {name.replace('_', '.')} %", position)
        table[f"low_{name}"], table[f"high_{name}"] = np.minimum(low * factor, 1.0), np.minimum(high * factor, 1.0)
    return table.assign(position=pd.Series(position, index=table.index, dtype="str"))


def _words(own: pd.DataFrame, is_clinic: pd.Series, plain: pd.DataFrame, chosen: ChosenMeasure) -> str:
    counted = int((own.loc[is_clinic, "denominator"] > 0).sum())
    said = [f"{counted} clinics.", WORDS]
    dispersion = float(plain["dispersion"].iloc[0])
    if counted < FEWEST_FOR_DISPERSION:
        said.append("Under ten clinics over-dispersion is not estimated: the limits are those of chance alone.")
    elif dispersion > 1:
        said.append(
            f"The clinics differ more than by chance (variance {dispersion:.1f} times as large, winsorised); the "
            "limits "
            "are widened for it."
        )
    else:
        said.append("The clinics differ no more than by chance; the limits are not widened.")
    if chosen.estimand in {"nonresponder", "starters"}:
        said.append(
            "People who were not seen count as not having it, so a clinic that sees fewer again has a lower rate."
        )
    if chosen.outcome in {"reliable_improvement", "reliable_deterioration", "worsening"}:
        said.append("A change by so many points is easier for people who began with more of them.")
    if (own.loc[~is_clinic, "denominator"] > 0).any():
        said.append("People whose clinic is not known are not in the rate of all.")
    return " ".join(said)

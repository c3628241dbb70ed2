"""Who comes: clinic, start, arm, payer, severity and how each person responds."""

from dataclasses import dataclass
from datetime import date

import numpy as np

from analysis.simulation.draws import Array, expit, parameters, pick, spread
from analysis.vocabulary.periods import Period

EPOCH = date(1970, 1, 1)


@dataclass(frozen=True)
class Clinics:
    """What differs between clinics; one value for each."""

    weight: Array
    ceiling_logit: Array
    seen_logit: Array
    no_baseline: Array
    records_label: Array
    total_only: Array


@dataclass(frozen=True)
class People:
    """One value for each patient.

    ``start`` is day 0 as days since 1970, ``cut_day`` the data cut in days since the patient's day 0.
    """

    start: Array
    cut_day: Array
    death_day: Array
    clinic: Array
    arm: Array
    payer: Array
    self_pay: Array
    severity: Array
    ceiling: Array
    gain: Array
    fade_days: Array
    recovery: Array
    no_baseline: Array
    age: Array
    sex: Array
    weight_kg: Array
    diagnosis: Array
    failed_trials: Array
    race_ethnicity: Array
    prior_ketamine: Array

    def __len__(self) -> int:
        return len(self.start)


PAYERS = ("self-pay", "commercial", "medicare", "medicaid", "va", "other")


def make_clinics(rng: np.random.Generator, count: int) -> Clinics:
    """Draw the clinics."""
    p = parameters()
    missed = p["assessment"]
    return Clinics(
        weight=1 + spread(count, p["recruitment"]["clinic_size_spread"]),
        ceiling_logit=rng.permutation(spread(count, p["relief"]["clinic_logit_spread"])),
        seen_logit=rng.permutation(spread(count, missed["clinic_logit_spread"])),
        no_baseline=missed["no_baseline"] + rng.permutation(spread(count, missed["no_baseline_spread"])),
        records_label=rng.random(count) < p["monitoring"]["recorded_label"],
        total_only=np.arange(count) % 3 == 2,
    )


def make_people(
    rng: np.random.Generator, count: int, *, clinics: Clinics, periods: list[Period], data_cut: date
) -> People:
    """Draw patients, one array entry for each."""
    p = parameters()
    traits, relief = p["people"], p["relief"]
    clinic = pick(rng, clinics.weight, count)
    start = _start_days(rng, count, periods, growth=p["recruitment"]["growth_per_quarter"])
    arm = pick(rng, [each["weight"] for each in p["arms"]], count)
    payer = np.zeros(count, dtype=np.int64)
    for number, each in enumerate(p["arms"]):
        drawn = pick(rng, [each["payers"][name] for name in PAYERS], count)
        payer = np.where(arm == number, drawn, payer)
    sex = pick(rng, list(traits["sex"].values()), count)
    weight_mean = np.array(list(traits["weight_mean"].values()))[sex]
    fade = np.log(relief["fade_days_median"]) + relief["fade_days_log_sd"] * rng.standard_normal(count)
    ceiling = relief["ceiling_logit_mean"] + clinics.ceiling_logit[clinic]
    return People(
        start=start,
        cut_day=(data_cut - EPOCH).days - start,
        death_day=np.floor(rng.standard_exponential(count) / p["care"]["death_per_year"] * 365.25).astype(np.int64) + 1,
        clinic=clinic,
        arm=arm,
        payer=payer,
        self_pay=payer == PAYERS.index("self-pay"),
        severity=rng.standard_normal(count),
        ceiling=expit(ceiling + relief["ceiling_logit_sd"] * rng.standard_normal(count)),
        gain=expit(relief["gain_logit_mean"] + relief["gain_logit_sd"] * rng.standard_normal(count)),
        fade_days=np.exp(fade),
        recovery=2 * relief["recovery_mean"] * rng.random(count),
        no_baseline=rng.random(count) < clinics.no_baseline[clinic],
        age=np.clip(np.rint(traits["age_mean"] + traits["age_sd"] * rng.standard_normal(count)), 18, 90).astype(int),
        sex=sex,
        weight_kg=np.clip(np.round(weight_mean + traits["weight_sd"] * rng.standard_normal(count), 1), 42.0, 170.0),
        diagnosis=pick(rng, list(traits["diagnosis"].values()), count),
        failed_trials=pick(rng, traits["failed_trials"], count),
        race_ethnicity=np.where(
            rng.random(count) < traits["race_ethnicity_missing"],
            -1,
            pick(rng, list(traits["race_ethnicity"].values()), count),
        ),
        prior_ketamine=rng.random(count) < p["recruitment"]["prior_ketamine"],
    )


def _start_days(rng: np.random.Generator, count: int, periods: list[Period], *, growth: float) -> Array:
    """Draw weekdays of first sessions, more in later quarters."""
    first = np.array([(each.first - EPOCH).days for each in periods])
    last = np.array([(each.last - EPOCH).days for each in periods])
    quarter = pick(rng, 1 + growth * np.arange(len(periods)), count)
    day = first[quarter] + np.floor(rng.random(count) * (last - first + 1)[quarter]).astype(np.int64)
    day = to_weekday(day, later=rng.random(count) < 0.5)
    return np.where(day > last[-1], to_weekday(last[-1:], later=np.array([False])), np.maximum(day, _monday(first[0])))


def _monday(day: int) -> int:
    """Return the day itself, or the Monday after it when it falls on a weekend."""
    return int(to_weekday(np.array([day]), later=np.array([True]))[0])


def to_weekday(day: Array, *, later: Array) -> Array:
    """Move calendar days that fall on a weekend to the Monday after (``later``) or the Friday before.

    Examples
    --------
    >>> saturday = (date(2026, 8, 1) - EPOCH).days
    >>> moved = to_weekday(np.array([saturday, saturday]), later=np.array([True, False]))
    >>> (moved - saturday).tolist()
    [2, -1]
    """
    weekday = (day + 3) % 7  # 1970-01-01 was a Thursday; Monday is 0
    over = np.maximum(weekday - 4, 0)
    return np.where(over == 0, day, np.where(later, day + 3 - over, day - over))

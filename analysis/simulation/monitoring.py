"""What is measured at a session: dose, blood pressure, dissociation, sedation, readiness to leave; adverse events."""

from dataclasses import dataclass

import numpy as np

from analysis.simulation.draws import Array, parameters, pick
from analysis.simulation.people import People
from analysis.simulation.treatment import LABEL_ARM, Sessions

SEVERITY = ("mild", "moderate", "severe")
SOURCES = ("reported", "scale", "vital-sign")
REPORTED, BY_SCALE, VITAL_SIGN = range(3)


@dataclass(frozen=True)
class Measures:
    """One value for each session; missing numbers are NaN."""

    dose_mg: Array
    weight_kg: Array
    duration_min: Array
    systolic_before: Array
    diastolic_before: Array
    systolic_peak: Array
    diastolic_peak: Array
    cadss_peak: Array
    sedation_peak: Array
    ready_min: Array


@dataclass(frozen=True)
class AdverseEvents:
    """One value for each adverse event; ``term`` is its name, ``resolved_min`` -1 when it is not recorded."""

    patient: Array
    day: Array
    term: Array
    severity: Array
    serious: Array
    source: Array
    onset_min: Array
    resolved_min: Array


def monitor_sessions(rng: np.random.Generator, people: People, sessions: Sessions) -> Measures:
    """Draw the measurements of every session; cancelled and missed sessions have none."""
    p = parameters()["monitoring"]
    size = len(sessions.patient)
    patient, label = sessions.patient, sessions.arm == LABEL_ARM
    attended, cut_short = sessions.attended, sessions.status == 1
    habituation = _habituation(sessions)

    def normal() -> Array:
        return rng.standard_normal(size)

    tall = rng.standard_normal(len(people))[patient]
    systolic = p["systolic_mean"] + p["systolic_sd"] * (0.7 * tall + 0.7 * normal()) + 0.15 * (people.age[patient] - 45)
    diastolic = p["diastolic_mean"] + p["diastolic_sd"] * (0.7 * tall + 0.7 * normal())
    rise = np.exp(0.6 * normal() - 0.18)
    systolic_peak = systolic + p["rise_systolic"] * rise
    diastolic_peak = diastolic + p["rise_diastolic"] * rise + 2 * normal()
    no_pressure = rng.random(size) < p["missing_pressure"]
    weight = people.weight_kg[patient] + np.round(0.8 * normal(), 1)
    prone = 2 * rng.random(len(people))[patient]
    dissociated = rng.random(size) < p["dissociated"] * prone * habituation
    cadss = np.where(dissociated, np.minimum(5 + np.exp(2.0 + 0.8 * normal()), 92), np.floor(5 * rng.random(size)))
    cadss_missing = ~label & (rng.random(size) >= p["cadss_series"])
    sedation = pick(rng, [0.46, 0.30, 0.16, 0.06, 0.018, 0.002], size)
    sedation = np.rint(5 - sedation * np.sqrt(habituation))
    ready = 40 + np.where(label, 45, 35) * np.exp(0.35 * normal()) * (0.8 + 0.2 * habituation)
    ready_missing = rng.random(size) < p["missing_ready"]
    duration = np.where(sessions.arm == 0, 40.0, np.nan)
    return Measures(
        dose_mg=_if(attended, _dose(rng, people, sessions, weight)),
        weight_kg=_if(attended & ~label, np.round(weight, 1)),
        duration_min=_if(attended, np.where(cut_short, np.rint(duration * (0.2 + 0.6 * rng.random(size))), duration)),
        systolic_before=_if(attended & ~no_pressure, np.rint(np.clip(systolic, 85, 185))),
        diastolic_before=_if(attended & ~no_pressure, np.rint(np.clip(diastolic, 45, 115))),
        systolic_peak=_if(attended & ~no_pressure, np.rint(np.clip(systolic_peak, 90, 230))),
        diastolic_peak=_if(attended & ~no_pressure, np.rint(np.clip(diastolic_peak, 50, 140))),
        cadss_peak=_if(attended & ~cadss_missing, np.rint(cadss)),
        sedation_peak=_if(attended, np.clip(sedation, 0, 5)),
        ready_min=_if(attended & ~ready_missing, np.rint(ready)),
    )


def _if(present: Array, values: Array) -> Array:
    return np.where(present, values, np.nan)


def _habituation(sessions: Sessions) -> Array:
    p = parameters()["adverse_events"]
    return np.asarray(np.maximum(np.exp(-p["habituation"] * sessions.earlier), p["habituation_floor"]))


def _dose(rng: np.random.Generator, people: People, sessions: Sessions, weight: Array) -> Array:
    """Ketamine by weight, rising to each patient's own level; esketamine 56 mg first, then 56 or 84 mg."""
    own_level = 0.5 + 0.4 * rng.random(len(people))[sessions.patient]
    per_kg = np.minimum(0.5 + 0.05 * sessions.earlier, own_level) + np.where(sessions.arm == 1, 0.2, 0.0)
    by_weight = np.round(per_kg * weight, 1)
    full = rng.random(len(people))[sessions.patient] < 0.62
    by_label = np.where((sessions.earlier > 0) & full, 84.0, 56.0)
    cut_short = (sessions.status == 1) & (sessions.arm != LABEL_ARM)
    dose = np.where(sessions.arm == LABEL_ARM, by_label, by_weight)
    return np.where(cut_short, np.round(dose * (0.3 + 0.5 * rng.random(len(dose))), 1), dose)


def find_adverse_events(
    rng: np.random.Generator, people: People, sessions: Sessions, measures: Measures
) -> AdverseEvents:
    """Draw reported adverse events, and add those that a scale or the blood pressure showed."""
    p = parameters()["adverse_events"]
    size = len(sessions.patient)
    frailty = np.exp(p["frailty_log_sd"] * rng.standard_normal(len(people)) - p["frailty_log_sd"] ** 2 / 2)
    exposure = np.where(sessions.attended, frailty[sessions.patient] * _habituation(sessions), 0.0)
    label = sessions.arm == LABEL_ARM
    rows, terms, sources = [], [], []
    for term, in_series in p["series"].items():
        odds = np.where(label, p["label"][term], in_series) * exposure
        found = np.flatnonzero(rng.random(size) < np.minimum(odds, 0.9))
        by_scale = np.zeros(len(found), dtype=np.int64)
        if term == "dissociation":
            marked = np.flatnonzero(measures.cadss_peak > 20)
            only_scale = np.setdiff1d(marked, found)
            found = np.concatenate([found, only_scale])
            by_scale = np.concatenate([by_scale, np.full(len(only_scale), BY_SCALE)])
        rows.append(found)
        terms.append(np.full(len(found), term, dtype=object))
        sources.append(by_scale)
    high = np.flatnonzero((measures.systolic_peak >= 180) | (measures.diastolic_peak >= 110))
    rows.append(high)
    terms.append(np.full(len(high), "hypertension", dtype=object))
    sources.append(np.full(len(high), VITAL_SIGN))
    return _describe(rng, sessions, np.concatenate(rows), np.concatenate(terms), np.concatenate(sources))


def _describe(rng: np.random.Generator, sessions: Sessions, row: Array, term: Array, source: Array) -> AdverseEvents:
    p = parameters()["adverse_events"]
    size = len(row)
    severity = pick(rng, p["severity"], size)
    onset = np.rint(2 + 33 * rng.random(size)).astype(np.int64)
    resolved = onset + np.rint(np.exp(3.6 + 0.6 * rng.standard_normal(size))).astype(np.int64)
    serious = (severity == 2) & (rng.random(size) < p["serious_if_severe"])
    resolved = np.where(rng.random(size) < p["unresolved"], -1, resolved)
    patient, day = sessions.patient[row], sessions.day[row]
    order = np.lexsort((term.astype(str), day, patient))
    return AdverseEvents(
        patient[order],
        day[order],
        term[order],
        severity[order],
        serious[order],
        source[order],
        onset[order],
        resolved[order],
    )

"""Around treatment: until when people are in care and how it ends, events on the way, referrals before."""

from dataclasses import dataclass
from datetime import date

import numpy as np

from analysis.simulation.assessments import Scores
from analysis.simulation.draws import Array, parameters, pick
from analysis.simulation.paths import Paths
from analysis.simulation.people import EPOCH, People
from analysis.simulation.treatment import OUTCOME_OF_CARE, Sessions
from analysis.vocabulary.definitions import default_definitions

KNOWN_DEATH_DAYS = 60
REASONS_UNSUITABLE = ("medical", "psychiatric", "medication")


@dataclass(frozen=True)
class EndOfCare:
    """One value for each patient."""

    last_day: Array
    outcome: Array


@dataclass(frozen=True)
class Events:
    """One value for each event, in order of patient, day and name."""

    patient: Array
    day: Array
    event: Array


@dataclass(frozen=True)
class Referrals:
    """One value for each referral; ``patient`` is -1 for those never treated, ``suitable`` -1 when not judged."""

    patient: Array
    clinic: Array
    calendar_day: Array
    source: Array
    payer: Array
    evaluated: Array
    suitable: Array
    reason: Array
    wait_days: Array


def end_care(people: People, sessions: Sessions, scores: Scores) -> EndOfCare:
    """Say until when each patient is known to be in care, and how it ended."""
    p = parameters()["care"]
    last_session = np.zeros(len(people), dtype=np.int64)
    np.maximum.at(last_session, sessions.patient[sessions.attended], sessions.day[sessions.attended])
    contact = np.zeros(len(people), dtype=np.int64)
    np.maximum.at(contact, sessions.patient, sessions.day)
    np.maximum.at(contact, scores.patient, scores.day)
    alive = people.death_day > people.cut_day
    outcome = sessions.outcome_of_care
    ongoing = alive & ((outcome == 0) | (people.cut_day - last_session <= p["still_in_care_days"]))
    # A clinic hears of a death only while the patient is in its care.
    known_death = ~alive & (people.death_day - contact <= KNOWN_DEATH_DAYS)
    unknown_death = ~alive & ~known_death & (outcome == 0)
    outcome = np.where(ongoing, 0, np.where(unknown_death, OUTCOME_OF_CARE.index("lost"), outcome))
    outcome = np.where(known_death, OUTCOME_OF_CARE.index("died"), outcome)
    last_day = np.where(ongoing, people.cut_day, np.where(known_death, people.death_day, contact))
    return EndOfCare(last_day=last_day, outcome=outcome)


def find_events(rng: np.random.Generator, people: People, paths: Paths, end: EndOfCare) -> Events:
    """Draw events while in care, more of them among the unwell, and the known deaths."""
    everyone = np.arange(len(people))
    highest = default_definitions().instruments["PHQ-9"].total_max
    died = end.outcome == OUTCOME_OF_CARE.index("died")
    observed = np.where(died, end.last_day - 1, end.last_day)
    patients, days, names = [everyone[died]], [end.last_day[died]], [np.full(int(died.sum()), "death", dtype=object)]
    for name, (well, unwell) in parameters()["events"].items():
        most = max(well, unwell)
        happens = rng.random(len(people)) < 1 - np.exp(-most * np.maximum(observed, 0) / 365.25)
        day = np.floor(rng.random(len(people)) * (observed + 1)).astype(np.int64)
        total = paths.totals["PHQ-9"][paths.step_at(everyone, day)]
        rate = np.where(2 * total >= highest, unwell, well)
        happens &= rng.random(len(people)) < rate / most
        patients.append(everyone[happens])
        days.append(day[happens])
        names.append(np.full(int(happens.sum()), name, dtype=object))
    patient, day, event = np.concatenate(patients), np.concatenate(days), np.concatenate(names)
    order = np.lexsort((event.astype(str), day, patient))
    return Events(patient[order], day[order], event[order])


def refer(
    rng: np.random.Generator, people: People, *, untreated: int, clinic_weight: Array, first: date, data_cut: date
) -> Referrals:
    """Draw each patient's referral and those that never led to treatment, in random order."""
    p = parameters()["referrals"]
    count = len(people)
    median = np.where(people.self_pay, p["wait_median_self_pay"], p["wait_median_insured"])
    wait = np.floor(median * np.exp(p["wait_log_sd"] * rng.standard_normal(count))).astype(np.int64)
    first_day, cut = (first - EPOCH).days, (data_cut - EPOCH).days
    day = first_day + np.floor((cut - first_day + 1) * np.sqrt(rng.random(untreated))).astype(np.int64)
    still_open = cut - day < p["open_days"]
    names = list(p["reasons"])
    reason = np.where(still_open, -1, pick(rng, list(p["reasons"].values()), untreated))
    unsuitable = np.isin(reason, [names.index(name) for name in REASONS_UNSUITABLE])
    judged = (reason >= 0) & (reason != names.index("no-contact")) & (rng.random(untreated) < p["evaluated"])
    evaluated = unsuitable | judged
    payer = pick(rng, [0.5, 0.27, 0.09, 0.07, 0.05, 0.02], untreated)
    order = np.argsort(rng.random(count + untreated), kind="stable")
    treated = np.ones(count, dtype=np.int64)
    missing = np.full(untreated, -1)
    columns = (
        (np.arange(count), missing),
        (people.clinic, pick(rng, clinic_weight, untreated)),
        (people.start - wait, day),
        (pick(rng, list(p["source"].values()), count), pick(rng, list(p["source"].values()), untreated)),
        (people.payer, payer),
        (treated == 1, evaluated),
        (treated, np.where(unsuitable, 0, np.where(evaluated, 1, -1))),
        (-treated, reason),
        (wait, missing),
    )
    return Referrals(*(np.concatenate(pair)[order] for pair in columns))

"""Scores: which assessments take place, and how they are written down.

Whether an assessment takes place depends on the total it would have shown, on the clinic and on its occasion.
"""

from dataclasses import dataclass

import numpy as np

from analysis.simulation.draws import Array, expit, parameters, run_ends
from analysis.simulation.items import answer_patterns, skip_items
from analysis.simulation.paths import Paths
from analysis.simulation.people import Clinics, People
from analysis.simulation.treatment import Sessions
from analysis.vocabulary.definitions import default_definitions

INSTRUMENTS = ("GAD-7", "HAM-D17", "MADRS", "PHQ-9")
OCCASIONS = ("between", "post", "pre")
BETWEEN, POST, PRE = range(3)
MOST_ITEMS = 10  # HAM-D17, the only longer scale, is recorded by its total
INTAKE, DAY_0, SESSION, END, MONTH, NEXT_DAY, AFTER_SESSION = range(7)


@dataclass(frozen=True)
class Scores:
    """Recorded scores in order of patient, day, instrument and occasion; -1 where nothing is recorded.

    ``true_total`` is the total of the path; ``valid`` is False for rows with a typing error, which checks set aside.
    """

    patient: Array
    day: Array
    instrument: Array
    occasion: Array
    hours_after: Array
    true_total: Array
    total: Array
    items: Array
    valid: Array


@dataclass(frozen=True)
class _Visits:
    """Occasions on which a scale may be filled in; ``number`` is that of the session, ``month`` that of the call."""

    patient: Array
    day: Array
    kind: Array
    number: Array
    month: Array


def assess(rng: np.random.Generator, people: People, clinics: Clinics, sessions: Sessions, paths: Paths) -> Scores:
    """Draw every recorded score."""
    visits = _plan_visits(rng, people, sessions, paths)
    seen = _seen(rng, people, clinics, visits, paths)
    step = paths.step_at(visits.patient, visits.day)
    followed = {name: total[step] >= 0 for name, total in paths.totals.items()}
    parts = []
    for code, name in enumerate(INSTRUMENTS):
        rated = np.flatnonzero(followed[name] & _rated(rng, people, visits, seen, name))
        parts.append((visits.patient[rated], visits.day[rated], visits.kind[rated], np.full(len(rated), code)))
    patient, day, kind, instrument = (np.concatenate(column) for column in zip(*parts, strict=True))
    occasion = np.where(kind == AFTER_SESSION, POST, np.where((kind == DAY_0) | (kind == SESSION), PRE, BETWEEN))
    order = np.lexsort((occasion, instrument, day, patient))
    patient, day, kind, instrument = patient[order], day[order], kind[order], instrument[order]
    # A score after the session shows what the day after shows: a day's own total is the one before its session.
    step = paths.step_at(patient, day + (kind == AFTER_SESSION))
    true_total = np.stack([paths.totals[name] for name in INSTRUMENTS])[instrument, step].astype(np.int64)
    hours = np.where(kind == NEXT_DAY, 20 + np.floor(9 * rng.random(len(kind))), -1).astype(np.int64)
    total, items, valid = _write_down(rng, clinics, people.clinic[patient], instrument, true_total)
    return Scores(patient, day, instrument, occasion[order], hours, true_total, total, items, valid)


def _plan_visits(rng: np.random.Generator, people: People, sessions: Sessions, paths: Paths) -> _Visits:
    everyone = np.arange(len(people))
    intake_day = -1 - np.floor(21 * rng.random(len(people))).astype(np.int64)
    attended = sessions.attended
    patient, day, number = sessions.patient[attended], sessions.day[attended], sessions.number[attended]
    course, loading = sessions.course[attended], ~sessions.maintenance[attended]
    last = run_ends(patient)
    next_day = np.where(last, paths.last_day[patient] + 1, np.append(day[1:], 0))
    course_ends = run_ends(patient, course)

    blocks: list[tuple[Array, Array, int, Array | int, int]] = [
        (everyone, intake_day, INTAKE, 0, 0),
        (everyone, 0 * everyone, DAY_0, 1, 0),
    ]
    later = day > 0
    blocks.append((patient[later], day[later], SESSION, number[later], 0))
    call = day + 5 + np.floor(5 * rng.random(len(day))).astype(np.int64)
    called = loading & (next_day - day > 10) & (call < next_day)
    blocks.append((patient[called], call[called], END, number[called], 0))
    for month in range(1, 13):
        call = day + 30 * month + np.floor(17 * rng.random(len(day))).astype(np.int64) - 8
        called = course_ends & (call < next_day)
        blocks.append((patient[called], call[called], MONTH, number[called], month))
    first = (day == 0) & (next_day > 1)
    blocks.append((patient[first], day[first] + 1, NEXT_DAY, 1, 0))
    after = (rng.random(len(day)) < parameters()["assessment"]["post"]) & (day < paths.last_day[patient])
    blocks.append((patient[after], day[after], AFTER_SESSION, number[after], 0))
    columns = [np.concatenate([np.broadcast_to(block[k], block[0].shape) for block in blocks]) for k in range(5)]
    return _Visits(*columns)


def _seen(rng: np.random.Generator, people: People, clinics: Clinics, visits: _Visits, paths: Paths) -> Array:
    """Draw at which visits the patient fills in the PHQ-9."""
    p = parameters()["assessment"]
    size = len(visits.patient)
    total = paths.totals["PHQ-9"][paths.step_at(visits.patient, visits.day)]
    unwell = total / default_definitions().instruments["PHQ-9"].total_max - 0.4
    clinic = clinics.seen_logit[people.clinic[visits.patient]]
    month = np.array([0.0, *p["month_logit"]])[visits.month] + p["month_per_unwell"] * unwell
    probability = np.select(
        [visits.kind == INTAKE, visits.kind == DAY_0, visits.kind == SESSION, visits.kind == END, visits.kind == MONTH],
        [
            np.full(size, p["intake"]),
            np.full(size, p["day_0"]),
            expit(p["session_logit"] + clinic + p["session_per_unwell"] * unwell),
            expit(p["end_logit"] + clinic + p["end_per_unwell"] * unwell),
            expit(month + clinic),
        ],
        default=0.0,
    )
    seen = rng.random(size) < probability
    none_before = np.ones(len(people), dtype=bool)
    none_before[visits.patient[seen & (visits.kind <= DAY_0)]] = False
    seen |= (visits.kind == DAY_0) & none_before[visits.patient]
    before = visits.kind <= DAY_0
    return np.asarray((seen & ~(before & people.no_baseline[visits.patient])) | (visits.kind == AFTER_SESSION))


def _rated(rng: np.random.Generator, people: People, visits: _Visits, seen: Array, name: str) -> Array:
    """Choose the visits at which one scale is recorded."""
    p = parameters()["assessment"]
    kind = visits.kind
    if name == "PHQ-9":
        return seen
    if name == "GAD-7":
        often = np.where(kind <= DAY_0, 0.95, p["gad_with_phq"])
        return np.asarray(seen & (kind != AFTER_SESSION) & (rng.random(len(kind)) < often))
    routine = (kind == DAY_0) | (kind == END) | (kind == MONTH)
    if name == "HAM-D17":
        return np.asarray(seen & routine)
    routine |= (kind == SESSION) & np.isin(visits.number, p["madrs_sessions"])
    often = np.where(kind == DAY_0, 0.95, p["madrs_done"])
    next_day = (kind == NEXT_DAY) & ~people.no_baseline[visits.patient] & (rng.random(len(kind)) < p["madrs_next_day"])
    return np.asarray(next_day | (seen & routine & (rng.random(len(kind)) < often)))


def _write_down(
    rng: np.random.Generator, clinics: Clinics, clinic: Array, instrument: Array, true_total: Array
) -> tuple[Array, Array, Array]:
    """Write totals, items or both, with skipped items and a few typing errors."""
    p = parameters()["assessment"]
    size = len(true_total)
    total = true_total.copy()
    items = np.full((size, MOST_ITEMS), -1, dtype=np.int8)
    total_only = np.where(clinics.total_only[clinic], p["total_only_clinic"], p["total_only"])
    chance = rng.random(size)
    for code, name in enumerate(INSTRUMENTS):
        scale = default_definitions().instruments[name]
        if scale.items > MOST_ITEMS:
            continue
        by_item = np.flatnonzero((instrument == code) & (chance >= (0.5 if name == "MADRS" else total_only)))
        patterns = answer_patterns(name)
        answers = patterns[true_total[by_item], rng.integers(0, patterns.shape[1], len(by_item))]
        total[by_item] = np.where(rng.random(len(by_item)) < p["items_only"], -1, total[by_item])
        if scale.missing_items_allowed:
            asked = np.flatnonzero(rng.random(len(by_item)) < p["skipped_items"])
            answers[asked] = skip_items(rng, answers[asked], true_total[by_item[asked]])
            raw = answers[asked].clip(min=0).sum(axis=1)
            as_raw = (answers[asked] < 0).any(axis=1) & (rng.random(len(asked)) < p["raw_sum"])
            total[by_item[asked]] = np.where(as_raw, raw, total[by_item[asked]])
        items[by_item, : scale.items] = answers
    return _mistype(rng, instrument, total, items)


def _mistype(rng: np.random.Generator, instrument: Array, total: Array, items: Array) -> tuple[Array, Array, Array]:
    p = parameters()["assessment"]
    scales = [default_definitions().instruments[name] for name in INSTRUMENTS]
    highest = np.array([scale.total_max for scale in scales])[instrument]
    complete = (items >= 0).sum(axis=1) == np.array([scale.items for scale in scales])[instrument]
    chance = rng.random(len(total))
    too_high = (chance < p["typing_error_total"]) & (10 * total + 3 > highest)
    disagrees = (chance > 1 - p["typing_error_disagree"]) & complete & (total >= 0)
    slipped = np.where(total + 2 <= highest, total + 2, total - 2)
    written = np.where(too_high, 10 * total + 3, np.where(disagrees, slipped, total))
    return written, items, ~(too_high | disagrees)

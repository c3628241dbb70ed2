"""The truth as change-points: the total each scale would have shown on each day, and the state it stands for."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from analysis.simulation.assessments import INSTRUMENTS, POST, Scores
from analysis.simulation.draws import Array, run_ends, run_starts
from analysis.simulation.paths import FIRST_DAY, Paths
from analysis.simulation.people import People
from analysis.simulation.tables import named, present
from analysis.simulation.treatment import Sessions
from analysis.vocabulary.definitions import default_definitions
from analysis.vocabulary.instruments import Instrument

STATES = ("before-treatment", "not-responded", "responded", "remitted", "lost-response", "died")
BEFORE, NOT_RESPONDED, RESPONDED, REMITTED, LOST, DIED = range(6)
_DAYS = 1 << 20


@dataclass(frozen=True)
class _Courses:
    """One value for each course, in order of patient and course."""

    patient: Array
    course: Array
    first_day: Array


def true_states(people: People, sessions: Sessions, scores: Scores, paths: Paths, patient_ids: Array) -> pd.DataFrame:
    """Build the table of the truth.

    Returns
    -------
    pandas.DataFrame
        patient_id, course, from_day, to_day (both included), instrument, total, state; one row for each stretch of days
        with the same total and state, in order of patient, instrument and day.
    """
    attended = sessions.attended
    patient, course, day = sessions.patient[attended], sessions.course[attended], sessions.day[attended]
    first = run_starts(patient, course)
    courses = _Courses(patient[first], course[first], day[first])
    parts = [_one_scale(people, courses, scores, paths, code) for code in range(len(INSTRUMENTS))]
    columns = {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
    order = np.lexsort((columns["from_day"], columns["instrument"], columns["patient"]))
    columns = {name: column[order] for name, column in columns.items()}
    return pd.DataFrame(
        {
            "patient_id": named(columns["patient"], patient_ids),
            "course": columns["course"],
            "from_day": columns["from_day"],
            "to_day": columns["to_day"],
            "instrument": named(columns["instrument"], INSTRUMENTS),
            "total": present(columns["total"]),
            "state": named(columns["state"], STATES),
        }
    )


def _one_scale(people: People, courses: _Courses, scores: Scores, paths: Paths, code: int) -> dict[str, Array]:
    scale = default_definitions().instruments[INSTRUMENTS[code]]
    every_total = paths.totals[INSTRUMENTS[code]].astype(np.int64)
    followed = every_total >= 0
    total, patient, course = every_total[followed], paths.patient[followed], paths.course[followed]
    from_day, to_day = paths.from_day[followed], paths.to_day[followed]
    baseline = _baseline_in_force(courses, scores, paths, code)
    own_course = np.searchsorted(courses.patient * 64 + courses.course, patient * 64 + course)
    state = _states(scale, total, baseline[own_course], from_day <= 0, own_course)

    start, end = (np.flatnonzero(mark(own_course, total, state)) for mark in (run_starts, run_ends))
    last_of_patient = run_ends(patient)
    died = np.flatnonzero(last_of_patient & (people.death_day <= people.cut_day)[patient])
    dead = patient[died]
    return {
        "patient": np.concatenate([patient[start], dead]),
        "course": np.concatenate([course[start], course[died]]),
        "from_day": np.concatenate([from_day[start], people.death_day[dead]]),
        "to_day": np.concatenate([to_day[end], people.cut_day[dead]]),
        "instrument": np.full(len(start) + len(dead), code),
        "total": np.concatenate([total[start], np.full(len(dead), -1)]),
        "state": np.concatenate([state[start], np.full(len(dead), DIED)]),
    }


def _baseline_in_force(courses: _Courses, scores: Scores, paths: Paths, code: int) -> Array:
    """Return each course's recorded baseline, or what its first day would have shown where none was recorded."""
    before = default_definitions().baseline.days_before
    usable = (scores.instrument == code) & scores.valid & (scores.occasion != POST)
    patient, day, total = scores.patient[usable], scores.day[usable], scores.true_total[usable]
    at = np.searchsorted(_key(patient, day), _key(courses.patient, courses.first_day), side="right") - 1
    recorded = at >= 0
    at = np.maximum(at, 0)
    if not len(day):
        recorded = np.zeros(len(courses.patient), dtype=bool)
        patient, day, total = (np.zeros(1, dtype=np.int64) for _ in range(3))
    recorded &= (patient[at] == courses.patient) & (day[at] >= courses.first_day - before)
    would_be = paths.totals[INSTRUMENTS[code]][paths.step_at(courses.patient, courses.first_day)]
    return np.where(recorded, total[at], would_be)


def _key(patient: Array, day: Array) -> Array:
    return np.asarray(patient * _DAYS + (day - FIRST_DAY))


def _states(scale: Instrument, total: Array, baseline: Array, before: Array, own_course: Array) -> Array:
    responded = 100 * (baseline - total) >= default_definitions().outcome.response_percent * baseline
    remitted = total <= scale.remission_score
    improved = (responded | remitted) & ~before
    so_far = np.cumsum(improved)
    course_starts = run_starts(own_course)
    before_course: Array = (so_far - improved)[course_starts]
    since_start: Array = so_far - before_course[np.cumsum(course_starts) - 1]
    return np.select(
        [before, remitted, responded, since_start > 0], [BEFORE, REMITTED, RESPONDED, LOST], default=NOT_RESPONDED
    )

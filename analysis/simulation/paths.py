"""Totals on every day: change-points of what each scale would have shown, seen or unseen.

A path is a step function. A step begins on the day after each attended session and on the day after that, then every
week for eight weeks, every two weeks for half a year and every four weeks from there. Relief and noise are drawn once
for a step, so a day's total is one number, whoever asks for it.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from analysis.simulation.draws import Array, parameters, run_ends
from analysis.simulation.people import People
from analysis.simulation.treatment import Sessions, time_alone
from analysis.vocabulary.definitions import default_definitions

FIRST_DAY = -60
_STEPS = np.concatenate([[1, 2], np.arange(8, 57, 7), np.arange(57, 183, 14), np.arange(183, 40_000, 28)])
_DAYS = 1 << 20  # more than any day of a path, for a key of patient and day in one integer


@dataclass(frozen=True)
class Paths:
    """Steps in order of patient and day. ``totals`` holds -1 where a patient is not followed with the scale."""

    patient: Array
    course: Array
    from_day: Array
    to_day: Array
    totals: dict[str, Array]
    last_day: Array

    def step_at(self, patient: Array, day: Array) -> Array:
        """Return the number of the step that holds each patient's day."""
        return np.searchsorted(self._keys, _key(patient, day), side="right") - 1

    @cached_property
    def _keys(self) -> Array:
        return _key(self.patient, self.from_day)


def _key(patient: Array, day: Array) -> Array:
    return np.asarray(patient * _DAYS + (day - FIRST_DAY))


def draw_paths(rng: np.random.Generator, people: People, sessions: Sessions) -> Paths:
    """Draw every patient's totals from 60 days before treatment to the data cut, or to the day before death."""
    last_day = np.minimum(people.cut_day, people.death_day - 1)
    patient, course, from_day, to_day, relief, next_day = _steps(people, sessions, last_day)
    left_to_gain = next_day * np.maximum(people.ceiling[patient] - relief, 0)
    untimed = 1 - time_alone(people, patient, from_day)
    totals = {}
    for name, scale in parameters()["instruments"].items():
        baseline, response = _person_on_scale(rng, people, name)
        followed = rng.random(len(people)) < scale["followed"]
        unrelieved = (1 - relief - scale["next_day_gain"] * left_to_gain) * untimed
        noise = scale["noise"] * (0.6 + 0.4 * unrelieved) * rng.standard_normal(len(patient))
        level = baseline[patient] * (1 - response[patient] * (1 - unrelieved)) + noise
        highest = default_definitions().instruments[name].total_max
        total = np.clip(np.rint(level), 0, highest).astype(np.int16)
        totals[name] = np.where(followed[patient], total, np.int16(-1))
    order = np.lexsort((from_day, patient))
    return Paths(
        patient=patient[order],
        course=course[order],
        from_day=from_day[order],
        to_day=to_day[order],
        totals={name: total[order] for name, total in totals.items()},
        last_day=last_day,
    )


def _person_on_scale(rng: np.random.Generator, people: People, name: str) -> tuple[Array, Array]:
    """Draw each person's baseline on a scale, and how strongly the scale shows their relief."""
    p = parameters()
    scale = p["instruments"][name]
    shared = p["severity"]["anxiety_shared" if name == "GAD-7" else "shared"]
    own = rng.standard_normal(len(people))
    baseline = scale["mean"] + scale["sd"] * (shared * people.severity + np.sqrt(1 - shared**2) * own)
    highest = default_definitions().instruments[name].total_max
    return np.clip(baseline, 2, highest - 1), 1 + p["relief"]["scale_spread"] * rng.standard_normal(len(people))


def _steps(people: People, sessions: Sessions, last_day: Array) -> tuple[Array, ...]:
    """Cut each patient's days into steps: two before treatment, then those that follow each attended session.

    Returns patient, course, from_day, to_day, relief and whether the step is the day after a session.
    """
    attended = sessions.attended
    patient, day = sessions.patient[attended], sessions.day[attended]
    last_of_patient = run_ends(patient)
    next_day = np.where(last_of_patient, last_day[patient], np.append(day[1:], 0))
    # Steps after a session: those of _STEPS that begin by the day of the next session, whose score comes before it.
    count = np.searchsorted(_STEPS, next_day - day, side="right")
    source = np.repeat(np.arange(len(day)), count)
    number = np.arange(len(source)) - np.repeat(np.cumsum(count) - count, count)
    from_day = day[source] + _STEPS[number]
    to_day = np.minimum(day[source] + _STEPS[number + 1] - 1, next_day[source])
    fades = np.exp(-_STEPS[number] / people.fade_days[patient[source]])

    everyone = np.arange(len(people))
    nobody = np.zeros(len(people))
    return (
        np.concatenate([everyone, everyone, patient[source]]),
        np.concatenate([nobody + 1, nobody + 1, sessions.course[attended][source]]).astype(np.int64),
        np.concatenate([nobody + FIRST_DAY, nobody - 7, from_day]).astype(np.int64),
        np.concatenate([nobody - 8, nobody, to_day]).astype(np.int64),
        np.concatenate([nobody, nobody, sessions.relief[attended][source] * fades]),
        np.concatenate([nobody, nobody, number == 0]).astype(bool),
    )

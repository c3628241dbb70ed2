"""Sessions: one step of the loop is the next planned session of everyone still being treated.

Attending brings relief, which fades until the next session. Leaving depends on relief, payer and phase.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np

from analysis.simulation.draws import Array, expit, parameters, pick
from analysis.simulation.people import People, to_weekday
from analysis.vocabulary.definitions import default_definitions

STATUS = ("given", "stopped-early", "cancelled", "no-show")
OUTCOME_OF_CARE = ("ongoing", "completed", "stopped", "transferred", "lost", "died")
LABEL_ARM = 2
OTHER_SERIES_ROUTE = {"iv": "im", "im": "iv"}


@dataclass(frozen=True)
class Sessions:
    """Planned sessions in order of patient and day, and how care ended for each patient.

    ``number`` counts the treatment sessions of the course, ``earlier`` those of the patient before this one.
    ``relief`` is the share of the baseline gone just after the session, without what time alone brings.
    """

    patient: Array
    day: Array
    course: Array
    number: Array
    earlier: Array
    arm: Array
    maintenance: Array
    status: Array
    relief: Array
    outcome_of_care: Array

    @property
    def attended(self) -> Array:
        """Sessions that were treatment, in full or in part."""
        return self.status <= 1


@dataclass
class _Care:
    """The state of each patient between steps of the loop."""

    day: Array
    course: Array
    number: Array
    earlier: Array
    arm: Array
    plan: Array
    maintenance: Array
    interval: Array
    relief: Array
    last: Array
    course_start: Array
    active: Array
    outcome: Array


def time_alone(people: People, patient: Array, day: Array) -> Array:
    """Return the share of the baseline gone by a day without any treatment."""
    elapsed = np.maximum(day, 0) / parameters()["relief"]["recovery_days"]
    return np.asarray(people.recovery[patient] * (1 - np.exp(-elapsed)))


def treat(rng: np.random.Generator, people: People) -> Sessions:
    """Draw every session of every patient up to the data cut."""
    care = _first_state(rng, people)
    steps = []
    while True:
        care.active &= (care.day <= people.cut_day) & (care.day < people.death_day)
        patient = np.flatnonzero(care.active)
        if not patient.size:
            break
        steps.append(_step(rng, people, care, patient))
    columns = {name: np.concatenate([step[name] for step in steps]) for name in steps[0]}
    order = np.lexsort((columns["day"], columns["patient"]))
    return Sessions(**{name: column[order] for name, column in columns.items()}, outcome_of_care=care.outcome)


def _first_state(rng: np.random.Generator, people: People) -> _Care:
    count = len(people)
    low, high = parameters()["maintenance"]["series_interval"]
    zeros = np.zeros(count, dtype=np.int64)
    return _Care(
        day=zeros.copy(),
        course=np.ones(count, dtype=np.int64),
        number=zeros.copy(),
        earlier=zeros.copy(),
        arm=people.arm.copy(),
        plan=_draw_plan(rng, people.arm),
        maintenance=np.zeros(count, dtype=bool),
        interval=np.rint(low + (high - low) * rng.random(count)).astype(np.int64),
        relief=np.zeros(count),
        last=zeros.copy(),
        course_start=zeros.copy(),
        active=np.ones(count, dtype=bool),
        outcome=zeros.copy(),
    )


def _draw_plan(rng: np.random.Generator, arm: Array) -> Array:
    loading = parameters()["loading"]
    plans = np.array([int(sessions) for sessions in loading["series_plan"]])
    series = plans[pick(rng, list(loading["series_plan"].values()), len(arm))]
    return np.where(arm == LABEL_ARM, loading["label_sessions"], series)


def _step(rng: np.random.Generator, people: People, care: _Care, patient: Array) -> dict[str, Array]:
    """Hold the next planned session of these patients and decide what follows."""
    loading, relief = parameters()["loading"], parameters()["relief"]
    status = pick(
        rng,
        [
            1 - loading["stopped_early"] - loading["cancelled"] - loading["no_show"],
            loading["stopped_early"],
            loading["cancelled"],
            loading["no_show"],
        ],
        len(patient),
    )
    status = np.where((status > 1) & (care.number[patient] == 0), 0, status)
    came = status <= 1
    day = care.day[patient]
    fades = np.exp(-(day - care.last[patient]) / people.fade_days[patient])
    before = care.relief[patient] * fades
    gain = people.gain[patient] * np.where(status == 1, relief["stopped_early_gain"], 1.0)
    after = before + gain * np.maximum(people.ceiling[patient] - before, 0)

    care.relief[patient] = np.where(came, after, care.relief[patient])
    care.last[patient] = np.where(came, day, care.last[patient])
    care.course_start[patient] = np.where(came & (care.number[patient] == 0), day, care.course_start[patient])
    care.number[patient] += came
    care.outcome[patient] = 0
    course_day = day - care.course_start[patient]
    care.maintenance[patient] |= (care.arm[patient] == LABEL_ARM) & (course_day >= 28)
    held = {
        "patient": patient,
        "day": day,
        "course": care.course[patient],
        "number": np.where(came, care.number[patient], 0),
        "earlier": care.earlier[patient],
        "arm": care.arm[patient],
        "maintenance": care.maintenance[patient],
        "status": status,
        "relief": after,
    }
    care.earlier[patient] += came
    _what_follows(rng, people, care, patient, came)
    return held


def _what_follows(rng: np.random.Generator, people: People, care: _Care, patient: Array, came: Array) -> None:
    loading = parameters()["loading"]
    size = len(patient)
    total = 1 - (1 - care.relief[patient]) * (1 - time_alone(people, patient, care.day[patient]))
    label = care.arm[patient] == LABEL_ARM
    loaded = came & ~care.maintenance[patient] & (care.number[patient] >= care.plan[patient])
    leaving = _leaving(people, care, patient, total, loaded)
    leaves = rng.random(size) < np.where(came, leaving, loading["leave_after_missed"])
    gap = np.where(came, _gap(rng, care, patient, label, loaded), 1 + np.floor(5 * rng.random(size)).astype(np.int64))
    care.maintenance[patient] |= loaded
    weekly_days = to_weekday(people.start[patient] + care.day[patient] + gap, later=np.ones(size, dtype=bool))
    care.day[patient] = weekly_days - people.start[patient]
    _leave(rng, people, care, patient[leaves], total[leaves])


def _leaving(people: People, care: _Care, patient: Array, total: Array, loaded: Array) -> Array:
    """Give the probability that this attended session was the last of its course."""
    loading, maintenance = parameters()["loading"], parameters()["maintenance"]
    self_pay, label = people.self_pay[patient], care.arm[patient] == LABEL_ARM
    unrelieved = 0.4 - total
    in_loading = expit(
        loading["leave_logit"]
        + loading["leave_per_unrelieved"] * unrelieved
        + loading["leave_self_pay"] * self_pay
        + loading["leave_first_session"] * (care.number[patient] == 1)
    )
    in_maintenance = expit(
        maintenance["leave_logit"]
        + maintenance["leave_per_unrelieved"] * unrelieved
        + maintenance["leave_self_pay"] * self_pay
        + maintenance["leave_label"] * label
    )
    enters = expit(
        maintenance["enter_logit"]
        - maintenance["enter_per_relief"] * unrelieved
        + maintenance["enter_self_pay"] * self_pay
        + maintenance["enter_label"] * label
    )
    booster = (care.plan[patient] <= 2) & loaded
    staying_on = np.where(care.maintenance[patient], in_maintenance, in_loading)
    return np.where(booster, 1.0, np.where(loaded, 1 - enters, staying_on))


def _gap(rng: np.random.Generator, care: _Care, patient: Array, label: Array, loaded: Array) -> Array:
    """Give the days to the next session of the course."""
    maintenance = parameters()["maintenance"]
    size = len(patient)
    low, high = maintenance["series_wait"]
    twice_weekly = 3 + (care.number[patient] % 2 == 0) + np.where(rng.random(size) < 0.12, 2, 0)
    wait = np.rint(low + (high - low) * rng.random(size)).astype(np.int64)
    own = care.interval[patient] + np.floor(5 * rng.random(size)).astype(np.int64) - 2
    series = np.where(loaded, wait, np.where(care.maintenance[patient], own, twice_weekly))
    # A patient's own interval also says who stays weekly on the label schedule, so that it needs no column of its own.
    shortest, longest = maintenance["series_interval"]
    weekly = care.interval[patient] < shortest + maintenance["weekly_share"] * (longest - shortest)
    later = np.where((care.day[patient] - care.course_start[patient] < 56) | weekly, 7, 14)
    return np.where(label, np.where(loaded | care.maintenance[patient], later, twice_weekly), series)


def _leave(rng: np.random.Generator, people: People, care: _Care, patient: Array, total: Array) -> None:
    """End the course; some come back for another after a pause, some go on at once with the other drug."""
    again: dict[str, Any] = parameters()["return"]
    size = len(patient)
    responded = total >= 0.5
    care.outcome[patient] = _reason_of_leaving(rng, care, patient, responded)
    switches = rng.random(size) < again["switch_treatment"]
    probability = np.where(responded, again["after_response"], again["after_no_response"])
    returns = (switches | (rng.random(size) < probability)) & (care.course[patient] < again["most_courses"])
    pause = (
        default_definitions().course.gap_days + 1 + np.floor(again["wait_days_mean"] * rng.standard_exponential(size))
    )
    wait = np.where(switches, 14 + np.floor(40 * rng.random(size)), pause).astype(np.int64)
    # Not before the session that was planned next: it may have been missed, long after the last one.
    earliest = np.maximum(care.last[patient] + wait, care.day[patient])
    comes = to_weekday(people.start[patient] + earliest, later=np.ones(size, dtype=bool))
    arm = np.where(switches, np.where(care.arm[patient] == LABEL_ARM, 0, LABEL_ARM), care.arm[patient])
    booster = ~switches & (rng.random(size) < again["booster"])
    plan = np.where(booster, 1 + pick(rng, [1, 1], size), _draw_plan(rng, arm))
    care.active[patient] = returns
    care.day[patient] = comes - people.start[patient]
    care.course[patient] += 1
    care.number[patient] = 0
    care.arm[patient] = arm
    care.plan[patient] = plan
    care.maintenance[patient] = False


def _reason_of_leaving(rng: np.random.Generator, care: _Care, patient: Array, responded: Array) -> Array:
    p = parameters()["care"]
    size = len(patient)
    left = np.where(rng.random(size) < p["lost"], OUTCOME_OF_CARE.index("lost"), OUTCOME_OF_CARE.index("stopped"))
    left = np.where(rng.random(size) < p["transferred"], OUTCOME_OF_CARE.index("transferred"), left)
    finished = responded & (care.number[patient] >= care.plan[patient])
    completed = finished & (rng.random(size) < p["completed_if_responded"])
    return np.where(completed, OUTCOME_OF_CARE.index("completed"), left)

"""From arrays to the tables of a dataset, and to the table of the truth."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from analysis.simulation.assessments import INSTRUMENTS, MOST_ITEMS, OCCASIONS, Scores
from analysis.simulation.care import EndOfCare, Events, Referrals
from analysis.simulation.draws import Array, parameters
from analysis.simulation.monitoring import SEVERITY, SOURCES, AdverseEvents, Measures
from analysis.simulation.people import EPOCH, PAYERS, Clinics, People
from analysis.simulation.treatment import OUTCOME_OF_CARE, STATUS, Sessions
from analysis.vocabulary.definitions import default_definitions

FIRST_YEAR = EPOCH.year


@dataclass(frozen=True)
class Names:
    """How patients, clinics and referrals are called."""

    patients: Array
    clinics: Array
    referrals: Array


def numbered(letter: str, first: int, count: int, total: int) -> Array:
    """Return names such as ``P00001``, wide enough for the highest number.

    Examples
    --------
    >>> numbered("C", 9, 2, 10).tolist()
    ['C09', 'C10']
    """
    width = max(2 if letter == "C" else 5, len(str(total)))
    digits = np.char.zfill(np.arange(first, first + count).astype(str), width)
    return np.char.add(letter, digits)


def patients_table(people: People, end: EndOfCare, names: Names) -> pd.DataFrame:
    """Build ``patients``."""
    traits = parameters()["people"]
    return pd.DataFrame(
        {
            "patient_id": named(np.arange(len(people)), names.patients),
            "clinic_id": named(people.clinic, names.clinics),
            "start_year": _years(people.start),
            "age": people.age,
            "sex": named(people.sex, list(traits["sex"])),
            "diagnosis": named(people.diagnosis, list(traits["diagnosis"])),
            "failed_trials": people.failed_trials,
            "payer": named(people.payer, PAYERS),
            "race_ethnicity": named(people.race_ethnicity, list(traits["race_ethnicity"])),
            "prior_ketamine": people.prior_ketamine,
            "last_day": end.last_day,
            "outcome_of_care": named(end.outcome, OUTCOME_OF_CARE),
        }
    )


def sessions_table(
    people: People, clinics: Clinics, sessions: Sessions, measures: Measures, names: Names
) -> pd.DataFrame:
    """Build ``sessions``."""
    arms = parameters()["arms"]
    clinic = people.clinic[sessions.patient]
    labelled = sessions.attended & clinics.records_label[clinic]
    table = {
        "patient_id": named(sessions.patient, names.patients),
        "day": sessions.day,
        "sequence": np.ones(len(sessions.day), dtype=np.int64),
        "date": _dates(people.start[sessions.patient] + sessions.day),
        "clinic_id": named(clinic, names.clinics),
        "treatment": named(np.array([0, 0, 1])[sessions.arm], ["ketamine", "esketamine"]),
        "route": named(sessions.arm, [arm["route"] for arm in arms]),
        "dose_mg": measures.dose_mg,
        "weight_kg": measures.weight_kg,
        "phase_recorded": named(np.where(labelled, sessions.maintenance, -1), ["loading", "maintenance"]),
    }
    for name in ("duration_min", "systolic_before", "diastolic_before", "systolic_peak", "diastolic_peak"):
        table[name] = _whole(getattr(measures, name))
    for name in ("cadss_peak", "sedation_peak", "ready_min"):
        table[name] = _whole(getattr(measures, name))
    return pd.DataFrame(table | {"status": named(sessions.status, STATUS)})


def scores_table(people: People, scores: Scores, names: Names) -> pd.DataFrame:
    """Build ``scores``."""
    scales = [default_definitions().instruments[name] for name in INSTRUMENTS]
    next_day = scores.hours_after >= 0
    recall = np.where(next_day, 1, np.array([scale.recall_days for scale in scales])[scores.instrument])
    raters = ["self", "clinician"]
    table = {
        "patient_id": named(scores.patient, names.patients),
        "day": scores.day,
        "date": _dates(people.start[scores.patient] + scores.day),
        "instrument": named(scores.instrument, INSTRUMENTS),
        "occasion": named(scores.occasion, OCCASIONS),
        "hours_after": present(scores.hours_after),
        "total": present(scores.total),
    }
    for item in range(MOST_ITEMS):
        table[f"item_{item + 1}"] = present(scores.items[:, item])
    rater = np.array([raters.index(scale.rater) for scale in scales])[scores.instrument]
    return pd.DataFrame(table | {"recall_days": recall, "rater": named(rater, raters)})


def adverse_events_table(events: AdverseEvents, names: Names) -> pd.DataFrame:
    """Build ``adverse_events``."""
    return pd.DataFrame(
        {
            "patient_id": named(events.patient, names.patients),
            "day": events.day,
            "term": pd.Categorical(events.term),
            "severity": named(events.severity, SEVERITY),
            "serious": events.serious,
            "source": named(events.source, SOURCES),
            "onset_min": events.onset_min,
            "resolved_min": present(events.resolved_min),
        }
    )


def events_table(people: People, events: Events, names: Names) -> pd.DataFrame:
    """Build ``events``."""
    return pd.DataFrame(
        {
            "patient_id": named(events.patient, names.patients),
            "day": events.day,
            "date": _dates(people.start[events.patient] + events.day),
            "event": pd.Categorical(events.event),
        }
    )


def referrals_table(referrals: Referrals, names: Names) -> pd.DataFrame:
    """Build ``referrals``."""
    p = parameters()["referrals"]
    return pd.DataFrame(
        {
            "referral_id": names.referrals.astype(object),
            "patient_id": named(referrals.patient, names.patients),
            "clinic_id": named(referrals.clinic, names.clinics),
            "date": _dates(referrals.calendar_day),
            "start_year": _years(referrals.calendar_day),
            "source": named(referrals.source, list(p["source"])),
            "payer": named(referrals.payer, PAYERS),
            "evaluated": referrals.evaluated,
            "suitable": pd.arrays.BooleanArray(referrals.suitable == 1, referrals.suitable < 0),
            "reason_not_treated": named(referrals.reason, list(p["reasons"])),
            "wait_days": present(referrals.wait_days),
        }
    )


def named(code: Array, names: Array | list[str] | tuple[str, ...]) -> pd.Categorical:
    """Turn category numbers into text; -1 is missing."""
    return pd.Categorical.from_codes(np.asarray(code, dtype=np.int64), categories=pd.Index(names, dtype=object))


def present(values: Array) -> pd.arrays.IntegerArray:
    """Turn numbers, where -1 is missing, into nullable integers."""
    return pd.arrays.IntegerArray(values.astype(np.int64), values < 0)


def _whole(values: Array) -> pd.arrays.IntegerArray:
    missing = np.isnan(values)
    return pd.arrays.IntegerArray(np.where(missing, 0, values).astype(np.int64), missing)


def _dates(calendar_day: Array) -> Array:
    return calendar_day.astype("datetime64[D]").astype("datetime64[s]")


def _years(calendar_day: Array) -> Array:
    return calendar_day.astype("datetime64[D]").astype("datetime64[Y]").astype(np.int64) + FIRST_YEAR

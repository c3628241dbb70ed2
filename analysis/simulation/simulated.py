"""Whole simulated cohorts, made in chunks of patients that each have their own random numbers."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from functools import cached_property

import numpy as np
import pandas as pd

from analysis.simulation.assessments import assess
from analysis.simulation.care import end_care, find_events, refer
from analysis.simulation.draws import parameters
from analysis.simulation.monitoring import find_adverse_events, monitor_sessions
from analysis.simulation.paths import draw_paths
from analysis.simulation.people import make_clinics, make_people
from analysis.simulation.tables import (
    Names,
    adverse_events_table,
    events_table,
    numbered,
    patients_table,
    referrals_table,
    scores_table,
    sessions_table,
)
from analysis.simulation.treatment import treat
from analysis.simulation.truth import true_states
from analysis.vocabulary.errors import CallError
from analysis.vocabulary.periods import Period, parse_period, quarter_of

CHUNK_PATIENTS = 10_000
MOST_CLINICS = 1_000


@dataclass(frozen=True)
class Chunk:
    """Some of the patients. Text columns are categories; ``truth`` is empty when it was not asked for."""

    tables: dict[str, pd.DataFrame]
    truth: pd.DataFrame


@dataclass(frozen=True)
class Simulated:
    """A simulated cohort, worked out when it is looked at: by ``tables`` and ``truth``, or chunk by chunk."""

    patients: int
    clinics: int
    seed: int
    first: str
    last: str

    @cached_property
    def tables(self) -> dict[str, pd.DataFrame]:
        """The tables of a dataset: patients, sessions, scores, adverse_events, events and referrals."""
        parts = [chunk.tables for chunk in self.chunks(with_truth=False)]
        return {name: _joined([part[name] for part in parts]) for name in parts[0]}

    @cached_property
    def truth(self) -> pd.DataFrame:
        """The truth: patient_id, course, from_day, to_day, instrument, total, state."""
        return _joined([chunk.truth for chunk in self.chunks(with_truth=True)])

    @cached_property
    def quarters(self) -> list[Period]:
        """The calendar quarters in which patients start."""
        first, quarter = parse_period(self.first).first, quarter_of(self.data_cut)
        quarters = []
        while quarter.first >= first:
            quarters.append(quarter)
            quarter = quarter.previous()
        return quarters[::-1]

    @property
    def data_cut(self) -> date:
        """The last day of the last quarter."""
        return parse_period(self.last).last

    def chunks(self, *, with_truth: bool) -> Iterator[Chunk]:
        """Simulate chunk after chunk, so that memory is bounded by a chunk.

        Parameters
        ----------
        with_truth : bool
            Also make the table of the truth.

        Yields
        ------
        Chunk
            Patients in order of their names.
        """
        for number, start in enumerate(range(0, self.patients, CHUNK_PATIENTS)):
            yield _chunk(self, number, start, min(CHUNK_PATIENTS, self.patients - start), with_truth=with_truth)


def simulate(*, patients: int, clinics: int, seed: int, first: str = "2023Q1", last: str = "2026Q3") -> Simulated:
    """Simulate the patients of some clinics, with a known truth.

    The model is stated in the documentation of `analysis.simulation`. The same arguments give the same tables.

    Parameters
    ----------
    patients, clinics : int
        How many.
    seed : int
        0 or more.
    first, last : str
        Quarters or years in which patients start, such as ``2023Q1``; records end with the last day of ``last``.

    Returns
    -------
    Simulated
        ``tables``, as in DATASET.md, and ``truth``.

    Raises
    ------
    CallError
        When a number is out of range or the periods are wrong.

    Examples
    --------
    >>> cohort = simulate(patients=20, clinics=2, seed=1)
    >>> list(cohort.tables)
    ['patients', 'sessions', 'scores', 'adverse_events', 'events', 'referrals']
    >>> list(cohort.truth)
    ['patient_id', 'course', 'from_day', 'to_day', 'instrument', 'total', 'state']
    """
    for name, value, least in (("patients", patients, 1), ("clinics", clinics, 1), ("seed", seed, 0)):
        if value < least:
            raise CallError(f"`{name}` is {value}; it must be {least} or more.")
    if clinics > MOST_CLINICS:
        raise CallError(f"`clinics` is {clinics}; it must be at most {MOST_CLINICS}.")
    simulated = Simulated(patients, clinics, seed, first, last)
    if not simulated.quarters:
        raise CallError(f"The last period, {last}, ends before the first, {first}, has begun.")
    return simulated


def _chunk(plan: Simulated, number: int, start: int, count: int, *, with_truth: bool) -> Chunk:
    clinics = make_clinics(np.random.default_rng(np.random.SeedSequence(plan.seed, spawn_key=(0,))), plan.clinics)
    streams = np.random.SeedSequence(plan.seed, spawn_key=(1, number)).spawn(7)
    traits, course, totals, visits, monitoring, events, referring = (np.random.default_rng(each) for each in streams)

    people = make_people(traits, count, clinics=clinics, periods=plan.quarters, data_cut=plan.data_cut)
    sessions = treat(course, people)
    paths = draw_paths(totals, people, sessions)
    scores = assess(visits, people, clinics, sessions, paths)
    measures = monitor_sessions(monitoring, people, sessions)
    adverse_events = find_adverse_events(monitoring, people, sessions, measures)
    end = end_care(people, sessions, scores)

    share = parameters()["recruitment"]["untreated_per_treated"]
    before, after = start + int(share * start), start + count + int(share * (start + count))
    referrals = refer(
        referring,
        people,
        untreated=after - before - count,
        clinic_weight=clinics.weight,
        first=plan.quarters[0].first,
        data_cut=plan.data_cut,
    )
    names = Names(
        patients=numbered("P", start + 1, count, plan.patients),
        clinics=numbered("C", 1, plan.clinics, plan.clinics),
        referrals=numbered("R", before + 1, after - before, int((1 + share) * plan.patients)),
    )
    tables = {
        "patients": patients_table(people, end, names),
        "sessions": sessions_table(people, clinics, sessions, measures, names),
        "scores": scores_table(people, scores, names),
        "adverse_events": adverse_events_table(adverse_events, names),
        "events": events_table(people, find_events(events, people, paths, end), names),
        "referrals": referrals_table(referrals, names),
    }
    truth = true_states(people, sessions, scores, paths, names.patients) if with_truth else pd.DataFrame()
    return Chunk(tables=tables, truth=truth)


def _joined(parts: list[pd.DataFrame]) -> pd.DataFrame:
    """Put chunks together; categories become text, which differ from chunk to chunk."""
    text = [str(name) for name, column in parts[0].items() if isinstance(column.dtype, pd.CategoricalDtype)]
    plain = [part.astype(dict.fromkeys(text, "str")) for part in parts]
    return pd.concat(plain, ignore_index=True)

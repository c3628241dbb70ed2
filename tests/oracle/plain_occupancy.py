"""Where people are on each day, in plain Python: one person and one day at a time.

As in `plain_methods`, whose courses and baselines it takes: no line is shared with the package.
"""

from datetime import date, timedelta
from random import Random
from typing import Any

from plain_estimands import CUT, random_tables
from plain_methods import Row, baseline_of, courses_of_patient, in_time, is_eligible, judgements, valid_scores

DAYS_KNOWN = 35


def tables_with_ends(seed: int) -> dict[str, list[Row]]:
    """Draw treatment histories as `random_tables` does, with ends of care, deaths and prior treatment."""
    chance = Random(seed)  # noqa: S311 - no secrets here
    tables = random_tables(seed)
    tables["events"] = []
    for patient in tables["patients"]:
        own = [row for row in tables["sessions"] if row["patient_id"] == patient["patient_id"]]
        last_session = max((row["day"] for row in own), default=0)
        start = own[0]["date"] - timedelta(own[0]["day"]) if own else CUT
        last_day = chance.randrange(last_session, max((CUT - start).days, last_session) + 1)
        end = chance.choice([None, "ongoing", "completed", "stopped", "transferred", "lost", "died"])
        patient |= {"outcome_of_care": end, "last_day": last_day if end else None}
        patient["prior_ketamine"] = chance.random() < 0.1
        if end == "died" and chance.random() < 0.5:
            tables["events"].append({"patient_id": patient["patient_id"], "day": last_day, "event": "death"})
    tables["events"].append({"patient_id": "P00", "day": 1, "event": "other"})
    return tables


def states_of_everybody(
    tables: dict[str, list[Row]], *, instrument: Any, last_day: int, stopping_first: bool, data_cut: date = CUT
) -> dict[str, list[str]]:
    """List the state of each starter on each day to which they are followed."""
    found = {}
    for patient in tables["patients"]:
        name = patient["patient_id"]
        courses = courses_of_patient(
            [row for row in tables["sessions"] if row["patient_id"] == name], patient, data_cut
        )
        if not courses or patient.get("prior_ketamine"):
            continue
        scores = [row for row in tables["scores"] if row["patient_id"] == name]
        deaths = [row["day"] for row in tables["events"] if row["patient_id"] == name and row["event"] == "death"]
        followed_to = min((data_cut - courses[0]["start"]).days, last_day)
        person = Person(patient, courses, valid_scores(scores, {instrument.name: instrument}), deaths, instrument)
        found[name] = [person.state(day, stopping_first=stopping_first) for day in range(followed_to + 1)]
    return found


class Person:
    """What the records say of one person."""

    def __init__(self, patient: Row, courses: list[Row], scores: list[Row], deaths: list[int], instrument: Any) -> None:
        self.patient, self.deaths, self.instrument = patient, deaths, instrument
        self.sessions = sorted(row["day"] for course in courses for row in course["given"])
        self.baseline = baseline_of(scores, instrument, courses[0], "last", 30)
        self.eligible = bool(is_eligible(self.baseline, instrument))
        self.scores = sorted((row for row in scores if row["day"] > 0 and row["occasion"] != "post"), key=in_time)

    def state(self, day: int, *, stopping_first: bool) -> str:
        """Name the state on a day."""
        if self.has_died(day):
            return "died"
        known = self.known(day)
        stopped = self.has_stopped(day)
        if stopped and (stopping_first or known is None):
            return "stopped treatment"
        return known or "not known"

    def has_died(self, day: int) -> bool:
        """Say whether the person has died by a day."""
        recorded = self.patient["last_day"] if self.patient["outcome_of_care"] == "died" else None
        return any(day >= each for each in [*self.deaths, *([recorded] if recorded is not None else [])])

    def has_stopped(self, day: int) -> bool:
        """Say whether treatment has stopped by a day."""
        last_session = max(each for each in self.sessions if each <= day)
        ended = self.patient["outcome_of_care"] in ("completed", "stopped", "transferred")
        return day - last_session > 90 or (ended and day > self.patient["last_day"] >= last_session)

    def known(self, day: int) -> str | None:
        """Name what the scores say on a day."""
        if not self.eligible:
            return None
        # Of several scores of a day only the last counts.
        days = {row["day"]: row for row in self.scores if row["day"] <= day}
        last = max(days, default=0)
        if day - last > DAYS_KNOWN:
            return None
        if not days:
            return "not yet responded"
        judged = {each: self.judged(row) for each, row in days.items()}
        if judged[last] in ("responded", "remitted"):
            return judged[last]
        if any(each in ("responded", "remitted") for each in judged.values()):
            return "lost response"
        return judged[last]

    def judged(self, score: Row) -> str:
        """Compare one score with the baseline of the first course."""
        outcome = {"baseline": self.baseline, "total": score["total"], "session_number": 1, "eligible": True}
        found = judgements(outcome, self.instrument)
        if found["remission"]:
            return "remitted"
        if found["response"]:
            return "responded"
        return "partial" if found["partial_response"] else "not yet responded"

"""The measures modelled on public ones, on the demo, against the same written again in plain Python."""

from datetime import timedelta

import pandas as pd
import pytest
from plain_measures import by_patient, ended_course_counts, index_counts

from analysis.counts.measure_tally import EndedCourseTally, IndexTally, tally_people
from analysis.vocabulary.measures import measure_card
from analysis.vocabulary.periods import parse_period

PERIODS = [None, "2024", "2025", "2025Q1", "2025Q3", "2026Q2"]
COURSES_END = 90
DAYS = {"hedis-drr-e": (120, 240), "cms159-mips370": (305, 425)}


def rows(frame):
    return frame.astype(object).where(frame.notna(), None).to_dict("records")


@pytest.fixture(scope="module")
def people(demo):
    """Everyone treated: visits, first course, scores, deaths and day 0, from the tables as they were read."""
    sessions = demo.table("sessions")
    given = sessions[sessions["status"].isin(["given", "stopped-early"])]
    scores = by_patient(rows(demo.table("scores")))
    deaths = by_patient(rows(demo.table("events").query("event == 'death'")))
    patients = {row["patient_id"]: row for row in rows(demo.table("patients"))}
    found = {}
    for patient_id, own in by_patient(rows(given.sort_values(["day", "sequence"]))).items():
        first, later = [own[0]], None
        for row in own[1:]:
            if row["day"] - first[-1]["day"] > COURSES_END or row["treatment"] != first[-1]["treatment"]:
                later = row["day"]
                break
            first.append(row)
        patient = patients[patient_id]
        died = [row["day"] for row in deaths.get(patient_id, [])]
        if patient["outcome_of_care"] == "died" and patient["last_day"] is not None:
            died.append(patient["last_day"])
        found[patient_id] = {
            "patient": patient,
            "visits": [row["day"] for row in own],
            "course": [row["day"] for row in first],
            "sessions": len(first),
            "next_course": 10**6 if later is None else later,
            "scores": scores.get(patient_id, []),
            "deaths": died,
            "day_zero": pd.Timestamp(own[0]["date"]).date() - timedelta(days=own[0]["day"]),
        }
    return found


def span(period):
    found = period and parse_period(period)
    return found and (found.first, found.last)


def same_counts(counted, plain):
    row = counted.iloc[0]
    assert plain["treated"] > 0
    assert {name: int(row[name]) for name in plain} == dict(plain)


@pytest.mark.parametrize("period", PERIODS)
@pytest.mark.parametrize("name", DAYS)
def test_index_measures(demo_cohort, people, name, period):
    first, last = DAYS[name]
    plain = index_counts(people, first=first, last=last, cut=demo_cohort.dataset.data_cut, period=span(period))
    tally = IndexTally(measure_card(name).index, (), period and parse_period(period))
    same_counts(tally_people(demo_cohort, tally), plain)


@pytest.mark.parametrize("period", PERIODS)
@pytest.mark.parametrize("name", ["recovery", "reliable_recovery", "reliable_improvement", "reliable_deterioration"])
def test_measures_of_ended_courses(demo_cohort, people, name, period):
    plain = ended_course_counts(people, name, cut=demo_cohort.dataset.data_cut, period=span(period))
    rule = measure_card(f"nhs-{name.replace('_', '-')}").ended_course
    tally = EndedCourseTally(rule, (), period and parse_period(period))
    same_counts(tally_people(demo_cohort, tally), plain)

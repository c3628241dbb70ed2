"""Phases summarised in plain Python, from the courses of `plain_methods`: one course at a time, lists and dicts."""

from datetime import date, timedelta
from itertools import pairwise
from random import Random
from statistics import median
from typing import Any

from plain_methods import PlainCohort

Row = dict[str, Any]

GAPS = (0, 1, 2, 3, 3, 4, 5, 7, 7, 10, 11, 14, 21, 28, 30, 90, 91, 120)
DENSE, WEEKLY = (0, 1, 2, 3, 4), (3, 7, 7, 14)
KINDS = (("ketamine", "iv"), ("ketamine", "iv"), ("ketamine", "im"), ("esketamine", "intranasal"), ("ketamine", "oral"))


def random_sessions(chance: Random, people: int, data_cut: date) -> dict[str, list[Row]]:
    """Draw patients with sessions of every kind: dense and sparse, switched, relabelled, cancelled, begun just now."""
    sessions, patients = [], []
    for number in range(people):
        patient = f"P{number}"
        patients.append({"patient_id": patient, "prior_ketamine": chance.choice([None, None, "false", "true"])})
        treatment, route = chance.choice(KINDS)
        clinic, labels = chance.choice("AB"), chance.choice([True, True, False])
        day, sequence, gaps = 0, 0, chance.choice([GAPS, GAPS, DENSE, WEEKLY])
        days_to_cut = chance.choice([0, 5, 10, 11, 27, 28, 120, 2000, 2000, 2000])
        for place in range(chance.choice([1, 3, 9, 25])):
            gap = chance.choice(gaps) if place else 0
            sequence = sequence + 1 if gap == 0 else 1
            day += gap
            if day > days_to_cut:
                break
            if chance.random() < 0.05:
                treatment, route = chance.choice(KINDS)
            if chance.random() < 0.05:
                clinic = chance.choice("AB")
            sessions.append(
                {
                    "patient_id": patient,
                    "day": day,
                    "sequence": sequence,
                    "date": data_cut - timedelta(days=days_to_cut - day),
                    "treatment": treatment,
                    "route": chance.choice([route] * 9 + [None]) if treatment == "ketamine" else route,
                    "clinic_id": clinic,
                    "status": chance.choice([None, "given", "given", "stopped-early", "cancelled"])
                    if place
                    else "given",
                    "phase_recorded": chance.choice(["loading", "maintenance", None]) if labels else None,
                }
            )
    return {"patients": patients, "sessions": sessions}


def reason_of(course: Row) -> str:
    """Say what closed the loading of a course, or why it is not closed."""
    if course["loading_status"] == "unknown":
        return "no loading label" if course["maintenance_sessions"] else "no label"
    if course["loading_status"] == "open":
        return "data cut"
    if course["phase_rule"] == "label":
        return "day limit"
    if course["phase_rule"] == "recorded":
        return "maintenance label" if course["maintenance_sessions"] else "end of course"
    loading = [session for session in course["given"] if session["phase"] == "loading"]
    if len(loading) == 8:
        return "number of sessions"
    return "day limit" if loading[-1]["course_day"] + 11 >= 28 else "gap"


def maintenance_of(course: Row) -> Row:
    """Describe the maintenance of one course."""
    gaps, reloading, episodes = [], 0, 0
    for before, session in zip([None, *course["given"]], course["given"], strict=False):
        if before and before["phase"] == session["phase"] == "maintenance":
            gaps.append(session["day"] - before["day"])
        if session["stage"] == "re-loading":
            reloading += 1
            episodes += before is None or before["stage"] != "re-loading"
    first, last = course["first_maintenance_day"], course["last_loading_day"]
    return {
        "patient_id": course["patient_id"],
        "course": course["course"],
        "maintenance_sessions": course["maintenance_sessions"],
        "days_to_maintenance": None if first is None or last is None or first < last else first - last,
        "maintenance_gaps": len(gaps),
        "maintenance_days": sum(gaps) if gaps else None,
        "median_gap": median(gaps) if gaps else None,
        "longest_gap": max(gaps) if gaps else None,
        "sessions_a_month": 30 * len(gaps) / sum(gaps) if sum(gaps) else None,
        "reloading_sessions": reloading,
        "reloading_episodes": episodes,
    }


def switches_of(course: Row, files: dict[tuple[Any, ...], Row], column: str) -> int:
    """Count the changes of a column between neighbouring sessions, where both are known."""
    rows = [files[session["patient_id"], session["day"], session["sequence"]] for session in course["given"]]
    return sum(None not in (a[column], b[column]) and a[column] != b[column] for a, b in pairwise(rows))


def summary(cohort: PlainCohort, tables: dict[str, list[Row]]) -> Row:
    """Summarise: ``shares`` as (numerator, denominator), ``numbers`` as lists, ``cells`` and ``days``."""
    files = {(row["patient_id"], row["day"], row["sequence"]): row for row in tables["sessions"]}
    first = [course for course in cohort.courses if course["course"] == 1 and not course["prior_ketamine"]]
    kinds: dict[str, set[str]] = {}
    for course in cohort.courses:
        kinds.setdefault(course["patient_id"], set()).add(course["kind"])
    closed = [course for course in first if course["loading_status"] in ("completed", "stopped")]
    treated_on = [course for course in first if course["maintenance_sessions"]]
    paced = [maintenance_of(course) for course in first]
    shares = {
        ("reached maintenance", "any"): (sum(c["maintenance_sessions"] > 0 for c in closed), len(closed)),
        ("re-loading", "any"): (sum(row["reloading_sessions"] > 0 for row in paced), len(treated_on)),
        ("route switch", "any"): (sum(switches_of(c, files, "route") > 0 for c in first), len(first)),
        ("clinic switch", "any"): (sum(switches_of(c, files, "clinic_id") > 0 for c in first), len(first)),
        ("repeat course", "any"): (sum("repeat" in kinds[c["patient_id"]] for c in first), len(first)),
        ("booster", "any"): (sum("booster" in kinds[c["patient_id"]] for c in first), len(first)),
    }
    for course in first:
        for reason in ("any", reason_of(course)):
            key = f"loading {course['loading_status']}", reason
            shares[key] = (shares.get(key, (0, 0))[0] + 1, len(first))
    numbers = {
        "sessions": [course["sessions"] for course in first],
        "loading sessions": [course["loading_sessions"] for course in closed],
        "loading days": [course["last_loading_day"] - course["first_day"] for course in closed],
        "days from loading to maintenance": [row["days_to_maintenance"] for row in paced],
        "median gap in maintenance": [row["median_gap"] for row in paced],
        "longest gap in maintenance": [row["longest_gap"] for row in paced],
    }
    cells = dict.fromkeys(["unlabelled", "loading_loading", "loading_maintenance"], 0)
    cells |= dict.fromkeys(["maintenance_loading", "maintenance_maintenance"], 0)
    for course in cohort.courses:
        for session in course["given"] if course["phase_rule"] != "recorded" else []:
            label = files[session["patient_id"], session["day"], session["sequence"]]["phase_recorded"]
            cells[f"{session['phase']}_{label}" if label else "unlabelled"] += 1
    days: dict[tuple[str, int], int] = {}
    for course in first:
        for session in course["given"]:
            key_of_day = session["phase"], session["course_day"]
            days[key_of_day] = days.get(key_of_day, 0) + 1
    known = {name: [value for value in values if value is not None] for name, values in numbers.items()}
    month = sum(row["maintenance_gaps"] for row in paced), sum(row["maintenance_days"] or 0 for row in paced)
    return {"shares": shares, "numbers": known, "month": month, "cells": cells, "days": days}

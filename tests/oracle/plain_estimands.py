"""The last score carried forward in plain Python, and random treatment histories to try it on.

As in `plain_methods`: one person at a time, and no line is shared with the package.
"""

import re
from datetime import date, timedelta
from random import Random
from typing import Any

from plain_methods import PlainCohort, Row, due_course_day, in_time, is_eligible, picked
from plain_outcomes import started

CUT = date(2026, 6, 30)
TREATMENTS = (("ketamine", "iv"), ("ketamine", "iv"), ("esketamine", "intranasal"), ("ketamine", "oral"))
GAPS = (1, 2, 3, 3, 4, 7, 10, 11, 14, 30, 91)
AFTER = (0, 1, 2, 6, 7, 8, 13, 14, 15, 21, 30, 45, 46, 60, 75, 76)


def carried_score(cohort: PlainCohort, course: Row, instrument: str, window: str) -> Row | None:
    """Pick the score of the window, or else the last one since treatment began and before the window opens."""
    score = picked(cohort, course, instrument, window)
    if score is not None:
        return score
    own = [
        row
        for row in cohort.outcomes
        if (row["patient_id"], row["course"], row["instrument"]) == (course["patient_id"], course["course"], instrument)
        and row["session_number"] > 0
        and row["occasion"] != "post"
        and is_before(row, course, window)
    ]
    return max(own, key=in_time, default=None)


def is_before(row: Row, course: Row, window: str) -> bool:
    """Say whether a score was taken before the window opens."""
    last, stop = course["last_loading_day"], course["first_maintenance_day"]
    if number := re.fullmatch(r"after session (\d+)", window):
        in_time_for_it = row["day"] - course["first_day"] < due_course_day(course, window)
        return row["session_number"] < int(number[1]) and in_time_for_it
    if numbers := re.fullmatch(r"day (\d+) \+- (\d+)", window):
        return row["day"] - course["first_day"] < int(numbers[1]) - int(numbers[2])
    if window == "24 h" or window.startswith("by day") or last is None:
        return False
    if number := re.fullmatch(r"month (\d+) after loading", window):
        return row["day"] - last < 30 * int(number[1]) - 14
    opens = 14 if window.endswith("late") else 1
    return row["day"] - last < opens and (stop is None or row["day"] <= stop)


def carried_counts(cohort: PlainCohort, instrument: Any, window: str, outcome: str) -> tuple[int, int]:
    """Count the eligible who have such a score, and of these who have the outcome by it."""
    scored = had = 0
    for course in started(cohort, window, CUT):
        baseline = course["baselines"][instrument.name]
        asked = baseline is not None and (outcome == "worsening" or is_eligible(baseline, instrument))
        score = carried_score(cohort, course, instrument.name, window) if asked else None
        if score is not None:
            scored += 1
            had += bool(score[outcome])
    return scored, had


def random_tables(seed: int, people: int = 25) -> dict[str, list[Row]]:
    """Draw patients, sessions and scores whose days lie near the edges of the windows."""
    chance = Random(seed)  # noqa: S311 - no secrets here
    tables: dict[str, list[Row]] = {"patients": [], "sessions": [], "scores": []}
    for number in range(people):
        patient = {"patient_id": f"P{number:02}"}
        start = CUT - timedelta(days=chance.choice([20, 41, 42, 60, 90, 150, 300]))
        tables["patients"].append(patient | {"sex": chance.choice(["female", "male", None])})
        treatment, route = chance.choice(TREATMENTS)
        days = [0]
        for _ in range(chance.randrange(10)):
            days.append(days[-1] + chance.choice(GAPS))
        given = {"treatment": treatment, "route": route}
        tables["sessions"] += [
            patient
            | given
            | {"day": day, "sequence": 1, "date": start + timedelta(day), "status": None}
            | {"phase_recorded": chance.choice([None, "loading", "loading", "maintenance"])}
            for day in days
        ]
        scores = {(chance.choice([-31, -30, -3, 0]), "pre"): chance.choice([9, 10, 20, 20, 27])}
        for _ in range(chance.randrange(8)):
            at = (chance.choice(days) + chance.choice(AFTER), chance.choice(["pre", "pre", "between", "post"]))
            scores.setdefault(at, chance.randrange(28))
        tables["scores"] += [
            patient
            | {"day": day, "instrument": "PHQ-9", "occasion": occasion, "total": total}
            | {"hours_after": None, "recall_days": None}
            for (day, occasion), total in scores.items()
        ]
    cut_days = {row["patient_id"]: (CUT - row["date"]).days + row["day"] for row in tables["sessions"]}
    for name in ("sessions", "scores"):
        tables[name] = [row for row in tables[name] if row["day"] <= cut_days[row["patient_id"]]]
    return tables

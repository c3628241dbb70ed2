"""More of the methods in plain Python: outcomes of two windows or two scales, and changes of single items.

As in `plain_methods`: no line is shared with the package, and the numbers stand here as the methods page gives them.
"""

from collections import Counter
from fractions import Fraction
from typing import Any

import plain_methods
from plain_methods import PlainCohort, Row, picked

CASENESS = {"PHQ-9": 10, "GAD-7": 8}
RELIABLE = {"PHQ-9": 6, "GAD-7": 4}


def rungs(cohort: PlainCohort, course: Row, instrument: Any, window: str, outcome: str) -> list[str]:
    """List the rungs a started course reaches for any outcome."""
    has_baseline, eligible, value = standing(cohort, course, instrument, window, outcome)
    if not has_baseline:
        return ["no_baseline"]
    if not eligible:
        return ["baseline", "below_entry"]
    if value is None:
        return ["baseline", "eligible", "not_scored"]
    reached = ["baseline", "eligible", "scored", "responded" if value else "not_responded"]
    if course["loading_status"] == "completed":
        reached += ["completers_scored", *(["completers_responded"] if value else [])]
    return reached


def standing(
    cohort: PlainCohort, course: Row, instrument: Any, window: str, outcome: str
) -> tuple[bool, bool, bool | None]:
    """Say whether there is a baseline, whether the course may have the outcome, and whether it had it."""
    if outcome in ("recovery", "reliable_recovery"):
        return recovered(cohort, course, window, reliable=outcome == "reliable_recovery")
    baseline = course["baselines"][instrument.name]
    score = picked(cohort, course, instrument.name, window)
    if baseline is None:
        return False, False, None
    if outcome == "worsening":
        return True, True, score and score["worsening"]
    eligible = bool(plain_methods.is_eligible(baseline, instrument))
    if outcome == "sustained_response":
        month = int(window.split()[1])
        earlier = "end of loading" if month == 1 else f"month {month - 1} after loading"
        before = picked(cohort, course, instrument.name, earlier)
        return True, eligible, score and before and (score["response"] and before["response"])
    if outcome.startswith("remission_"):
        within = score and (score["total"] <= int(outcome.split("_")[1]))
        return True, eligible, within
    return True, eligible, score and score["response" if outcome == "rapid_response" else outcome]


def recovered(cohort: PlainCohort, course: Row, window: str, *, reliable: bool) -> tuple[bool, bool, bool | None]:
    """Judge PHQ-9 and GAD-7 jointly."""
    before: dict[str, Fraction | None] = {name: course["baselines"][name] for name in CASENESS}
    after = {name: picked(cohort, course, name, window) for name in CASENESS}
    cases = [total >= CASENESS[name] for name, total in before.items() if total is not None]
    known = any(cases) or len(cases) == len(CASENESS)
    if any(score is None for score in after.values()):
        return known, any(cases), None
    totals = {name: score["total"] for name, score in after.items() if score}
    below = all(totals[name] < CASENESS[name] for name in CASENESS)
    if not reliable:
        return known, any(cases), below
    if any(total is None for total in before.values()):
        return known, any(cases), None
    falls = {name: total - totals[name] for name, total in before.items() if total is not None}
    improved = any(falls[name] >= RELIABLE[name] for name in falls)
    worse = any(-falls[name] >= RELIABLE[name] for name in falls)
    return known, any(cases), below and improved and not worse


def started(cohort: PlainCohort, window: str, data_cut: Any) -> list[Row]:
    """List the first courses whose window is due, of patients without earlier treatment."""
    return [
        course
        for course in cohort.courses
        if course["course"] == 1
        and not course["prior_ketamine"]
        and (plain_methods.due_date(course, window) or data_cut) <= data_cut
    ]


def answers(
    tables: dict[str, list[Row]], cohort: PlainCohort, course: Row, *, scale: Any, window: str, item: int, choose: str
) -> tuple[Fraction | None, int | None]:
    """Give the answer to an item before treatment and in a window; None where there is none."""
    own = [row for row in tables["scores"] if row["patient_id"] == course["patient_id"]]
    valid = plain_methods.valid_scores(own, {scale.name: scale})
    rows = plain_methods.baseline_scores(valid, scale, course, choose, 30)
    first = [row["total"] if item == 0 else row.get(f"item_{item}") for row in rows]
    before = None if not first or None in first else Fraction(sum(first), len(first))
    score = picked(cohort, course, scale.name, window)
    if score is None:
        return before, None
    (row,) = (row for row in valid if all(row[key] == score[key] for key in ("day", "occasion")))
    return before, row["total"] if item == 0 else row.get(f"item_{item}")


def item_ladder(
    pairs: list[tuple[Fraction | None, int | None]], *, change: str, ends: tuple[int, int], least: int = 1
) -> tuple[int, int, int, int, int]:
    """Count started, with a baseline, with room for it, answered in the window, and changed; `ends` best first."""
    best, worst = ends
    sign = 1 if worst > best else -1
    known = [(before, after) for before, after in pairs if before is not None]
    end = best if change == "improvement" else worst
    room = [(before, after) for before, after in known if abs(before - end) >= least]
    seen = [(before, after) for before, after in room if after is not None]
    way = sign if change == "improvement" else -sign
    changed = [pair for pair in seen if way * (pair[0] - pair[1]) >= least]
    return len(pairs), len(known), len(room), len(seen), len(changed)


def transitions(pairs: list[tuple[Fraction | None, int | None]]) -> Counter[tuple[str, str]]:
    """Count pairs of none, some and unknown."""

    def state(answer: Fraction | int | None) -> str:
        return "unknown" if answer is None else "some" if answer > 0 else "none"

    return Counter((state(before), state(after)) for before, after in pairs)

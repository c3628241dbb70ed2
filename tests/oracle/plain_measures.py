"""The measures modelled on public ones in plain Python: one person at a time, simple loops, shared with nothing.

Written to be read beside the measures' cards. Days are counted from a person's day 0; ``day_zero`` is its date.
"""

from collections import Counter, defaultdict
from datetime import date, timedelta
from typing import Any

Row = dict[str, Any]
ORDER = {"between": 1, "pre": 2}


def by_patient(rows: list[Row]) -> dict[str, list[Row]]:
    """Sort rows by their patient."""
    found: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        found[row["patient_id"]].append(row)
    return found


def last_of_each_day(scores: list[Row], instrument: str) -> dict[int, int]:
    """Take of each day the last score that was not taken after a session."""
    found: dict[int, tuple[int, int]] = {}
    for row in scores:
        if row["instrument"] == instrument and row["occasion"] != "post":
            rank = (ORDER[row["occasion"]], row["total"])
            if row["day"] not in found or rank[0] > found[row["day"]][0]:
                found[row["day"]] = rank
    return {day: total for day, (_, total) in found.items()}


def index_counts(
    people: dict[str, dict[str, Any]], *, first: int, last: int, cut: date, period: tuple[date, date] | None
) -> Counter[str]:
    """Count an index measure (PHQ-9 over 9, remission under 5, response at least half)."""
    counts: Counter[str] = Counter()
    for person in people.values():
        counts["treated"] += 1
        scores, visits = last_of_each_day(person["scores"], "PHQ-9"), person["visits"]
        qualifying = [
            day for day in sorted(scores) if scores[day] > 9 and any(day <= visit <= day + 7 for visit in visits)
        ]
        closes = {day: person["day_zero"] + timedelta(days=day + last + 1) for day in qualifying}
        if period is not None:
            firsts: dict[int, int] = {}
            for day in qualifying:
                firsts.setdefault(closes[day].year, day)
            qualifying = [day for day in firsts.values() if period[0] <= closes[day] <= period[1]]
        if not qualifying:
            counts["no_index"] += 1
            continue
        index = qualifying[0]
        if closes[index] > cut:
            counts["not_due"] += 1
            continue
        counts["started"] += 1
        patient = person["patient"]
        deaths = [day for day in person["deaths"] if day <= index + last]
        if patient["diagnosis"] == "bipolar":
            counts["excluded_diagnosis"] += 1
        elif patient["diagnosis"] not in (None, "mdd"):
            counts["other_diagnosis"] += 1
        elif patient["age"] is not None and patient["age"] < 12:
            counts["too_young"] += 1
        elif deaths:
            counts["died"] += 1
        else:
            counts["eligible"] += 1
            seen = [day for day in sorted(scores) if index + first <= day <= index + last]
            if seen:
                counts["scored"] += 1
                counts["remission"] += scores[seen[-1]] < 5
                counts["response"] += 2 * scores[seen[-1]] <= scores[index]
    return counts


def ended_course_counts(
    people: dict[str, dict[str, Any]], outcome: str, *, cut: date, period: tuple[date, date] | None
) -> Counter[str]:
    """Count a measure of first courses that are over (case from PHQ-9 10 or GAD-7 8; reliable change 6 and 4)."""
    counts: Counter[str] = Counter()
    for person in people.values():
        visits = sorted(person["course"])
        closes = person["day_zero"] + timedelta(days=visits[-1] + 91)
        if period is not None and not period[0] <= closes <= period[1]:
            continue
        counts["treated"] += 1
        if closes > cut:
            counts["not_due"] += 1
            continue
        if person["sessions"] < 2:
            counts["few_sessions"] += 1
            continue
        counts["started"] += 1
        first, last = {}, {}
        for scale in ("PHQ-9", "GAD-7"):
            scores = last_of_each_day(person["scores"], scale)
            before = [day for day in sorted(scores) if -30 <= day <= 0]
            after = [day for day in sorted(scores) if 0 < day <= min(visits[-1] + 14, person["next_course"])]
            first[scale] = scores[before[-1]] if before else None
            last[scale] = scores[after[-1]] if after else None
        is_case = either(at_least(first["PHQ-9"], 10), at_least(first["GAD-7"], 8))
        is_below = both(under(last["PHQ-9"], 10), under(last["GAD-7"], 8))
        fell = either(change(first, last, "PHQ-9", 6, -1), change(first, last, "GAD-7", 4, -1))
        rose = either(change(first, last, "PHQ-9", 6, 1), change(first, last, "GAD-7", 4, 1))
        improved, worse = both(fell, opposite(rose)), both(rose, opposite(fell))
        answer = {
            "recovery": both(is_case, is_below),
            "reliable_recovery": both(both(is_case, is_below), improved),
            "reliable_improvement": improved,
            "reliable_deterioration": worse,
        }[outcome]
        if outcome.endswith("recovery") and is_case is False:
            counts["not_case"] += 1
            continue
        counts["eligible"] += 1
        counts["scored"] += answer is not None
        counts["with_outcome"] += answer is True
    return counts


def at_least(score: int | None, threshold: int) -> bool | None:
    """Say whether a score is at or over a threshold."""
    return None if score is None else score >= threshold


def under(score: int | None, threshold: int) -> bool | None:
    """Say whether a score is under a threshold."""
    return opposite(at_least(score, threshold))


def change(first: Row, last: Row, scale: str, points: int, sign: int) -> bool | None:
    """Say whether a score rose (1) or fell (-1) by so many points."""
    if first[scale] is None or last[scale] is None:
        return None
    return sign * (last[scale] - first[scale]) >= points


def either(one: bool | None, two: bool | None) -> bool | None:
    """Or, of true, false and unknown."""
    return True if True in (one, two) else None if None in (one, two) else False


def both(one: bool | None, two: bool | None) -> bool | None:
    """And, of true, false and unknown."""
    return False if False in (one, two) else None if None in (one, two) else True


def opposite(one: bool | None) -> bool | None:
    """Not, of true, false and unknown."""
    return None if one is None else not one

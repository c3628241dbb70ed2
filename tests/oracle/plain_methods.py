"""The methods in plain Python: one patient at a time, simple loops, the standard library only.

Slow, and written to be read beside the methods page sentence by sentence. It shares no line with the package, so that
a test which finds both equal has found something. Rows are dicts, a missing value is None, shares are fractions.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from fractions import Fraction
from typing import Any

Row = dict[str, Any]

COURSE_GAP = 90
SERIES_ROUTES = ("iv", "im", "sc", "intranasal", "sublingual")
OCCASION_ORDER = {"between": 0, "pre": 1, "post": 2}
OUTCOMES = ("response", "remission", "partial_response", "reliable_improvement", "reliable_deterioration")
JUDGED = (*OUTCOMES, "worsening")


@dataclass
class PlainCohort:
    """What the plain reading derives."""

    courses: list[Row]
    sessions: list[Row]
    outcomes: list[Row]


def derive(
    tables: dict[str, list[Row]], *, instruments: dict[str, Any], data_cut: date, choose: str = "last", before: int = 30
) -> PlainCohort:
    """Derive courses, sessions and outcomes of every patient with a treatment session."""
    courses: list[Row] = []
    sessions: list[Row] = []
    outcomes: list[Row] = []
    patients = {row["patient_id"]: row for row in tables.get("patients", [])}
    for patient_id in sorted({row["patient_id"] for row in tables["sessions"]}):
        rows = [row for row in tables["sessions"] if row["patient_id"] == patient_id]
        patient = patients.get(patient_id, {})
        own_courses = courses_of_patient(rows, patient, data_cut)
        if not own_courses:
            continue
        scores = valid_scores([row for row in tables.get("scores", []) if row["patient_id"] == patient_id], instruments)
        for course in own_courses:
            course["baselines"] = {
                name: baseline_of(scores, each, course, choose, before) for name, each in instruments.items()
            }
        courses += own_courses
        sessions += [session for course in own_courses for session in course["given"]]
        outcomes += outcomes_of_patient(scores, own_courses, instruments)
    return PlainCohort(courses, sessions, outcomes)


# --- courses and phases -----------------------------------------------------------------------------------------------


def courses_of_patient(rows: list[Row], patient: Row, data_cut: date) -> list[Row]:
    """Cut a patient's treatment sessions into courses, and say of each what the methods say of a course."""
    given = [row for row in rows if (row.get("status") or "given") in ("given", "stopped-early")]
    given.sort(key=lambda row: (row["day"], row.get("sequence") or 1))
    runs: list[list[Row]] = []
    for session in given:
        if runs and continues(runs[-1][-1], session):
            runs[-1].append(session)
        else:
            runs.append([session])
    courses = []
    for number, run in enumerate(runs, start=1):
        course = course_of(run, number)
        course["start"], course["start_known"] = start_of(course, rows, patient)
        course["loading_status"] = loading_status(course, data_cut)
        closed_small = course["loading_status"] in ("completed", "stopped") and course["loading_sessions"] < 3
        course["kind"] = "first" if number == 1 else "booster" if closed_small else "repeat"
        course["prior_ketamine"] = patient.get("prior_ketamine")
        courses.append(course)
    return courses


def continues(previous: Row, session: Row) -> bool:
    """Say whether a session belongs to the course of the session before it."""
    return session["day"] - previous["day"] <= COURSE_GAP and session["treatment"] == previous["treatment"]


def course_of(run: list[Row], number: int) -> Row:
    """Name the phase of each session of a run, and count."""
    first = run[0]
    rule = phase_rule(first)
    sessions = []
    still_loading = True
    for place, row in enumerate(run, start=1):
        course_day = row["day"] - first["day"]
        if rule == "series":
            gap = row["day"] - run[place - 2]["day"] if place > 1 else 0
            if place > 8 or course_day >= 28 or gap > 10:
                still_loading = False
            phase = "loading" if still_loading else "maintenance"
        elif rule == "label":
            phase = "loading" if course_day <= 27 else "maintenance"
        else:
            phase = row.get("phase_recorded") or "unknown"
        sessions.append(
            {
                "patient_id": row["patient_id"],
                "day": row["day"],
                "sequence": row.get("sequence") or 1,
                "course": number,
                "session_number": place,
                "course_day": course_day,
                "phase": phase,
            }
        )
    for place, session in enumerate(sessions):
        session["stage"] = stage_of(session, sessions[: place + 1], rule)
    loading = [session for session in sessions if session["phase"] == "loading"]
    maintenance = [session for session in sessions if session["phase"] == "maintenance"]
    return {
        "patient_id": first["patient_id"],
        "course": number,
        "treatment": first["treatment"],
        "route": first.get("route"),
        "clinic_id": first.get("clinic_id"),
        "phase_rule": rule,
        "first_day": first["day"],
        "last_day": run[-1]["day"],
        "sessions": len(run),
        "loading_sessions": len(loading),
        "maintenance_sessions": len(maintenance),
        "last_loading_day": loading[-1]["day"] if loading else None,
        "first_maintenance_day": maintenance[0]["day"] if maintenance else None,
        "loading_closes_course_day": closing_day(rule, loading, maintenance),
        "given": sessions,
    }


def phase_rule(first: Row) -> str:
    """Choose the rule by the course's first session."""
    treatment, route = first["treatment"], first.get("route")
    if treatment == "placebo" or (treatment == "ketamine" and route in SERIES_ROUTES):
        return "series"
    if treatment == "esketamine" and route == "intranasal":
        return "label"
    return "recorded"


def stage_of(session: Row, up_to_here: list[Row], rule: str) -> str:
    """Name the stage, looking only back."""
    if session["phase"] != "maintenance":
        return str(session["phase"])
    near = [
        other
        for other in up_to_here
        if other["phase"] == "maintenance" and session["course_day"] - other["course_day"] <= 10
    ]
    if len(near) >= 3:
        return "re-loading"
    return "optimisation" if rule == "label" and session["course_day"] <= 55 else "maintenance"


def closing_day(rule: str, loading: list[Row], maintenance: list[Row]) -> int | None:
    """Return the course day on which loading closes."""
    if rule == "label":
        return 28
    if rule == "series":
        days = [28, loading[-1]["course_day"] + 11]
        if len(loading) == 8:
            days.append(loading[7]["course_day"])
        return min(days)
    if not loading:
        return None
    return int(maintenance[0]["course_day"]) if maintenance else int(loading[-1]["course_day"]) + 91


def start_of(course: Row, rows: list[Row], patient: Row) -> tuple[date | None, str]:
    """Find the calendar date on which a course starts, and how it is known."""
    for row in rows:
        if row.get("date"):
            day_0 = row["date"] - timedelta(days=row["day"])
            return day_0 + timedelta(days=course["first_day"]), "date"
    if patient.get("start_year"):
        return date(patient["start_year"], 12, 31) + timedelta(days=course["first_day"]), "year"
    return None, "assumed"


def loading_status(course: Row, data_cut: date) -> str:
    """Say whether loading was completed, was stopped, is open or is unknown."""
    closes = course["loading_closes_course_day"]
    if closes is None:
        return "unknown"
    if course["start"] is not None and course["start"] + timedelta(days=closes) > data_cut:
        return "open"
    needed = 6 if course["phase_rule"] == "label" else 4
    return "completed" if course["loading_sessions"] >= needed else "stopped"


# --- scores -----------------------------------------------------------------------------------------------------------


def total_used(row: Row, instrument: Any) -> tuple[int | None, bool]:
    """Return the total of a score row and whether it is prorated; None when the row is to be set aside.

    A total beside the suicide item alone, with no other item, is used as it is: an export of those two is common.
    """
    given = row.get("total")
    items = [row.get(f"item_{k}") for k in range(1, instrument.items + 1)]
    answered = [item for item in items if item is not None]
    highest = zip(items, instrument.item_max, strict=True)
    if any(item is not None and not 0 <= item <= most for item, most in highest):
        return None, False
    if given is not None and not 0 <= given <= sum(instrument.item_max):
        return None, False
    if not answered:
        return given, False
    if len(answered) == instrument.items:
        return (sum(answered), False) if given in (None, sum(answered)) else (None, False)
    if len(items) - len(answered) <= instrument.missing_items_allowed:
        exact = Fraction(sum(answered) * instrument.items, len(answered))
        prorated = int(exact + Fraction(1, 2))
        return (prorated, True) if given in (None, prorated, sum(answered)) else (None, False)
    only_suicide_item = len(answered) == 1 and row.get(f"item_{instrument.suicide_item}") is not None
    return (given, False) if only_suicide_item else (None, False)


def valid_scores(scores: list[Row], instruments: dict[str, Any]) -> list[Row]:
    """Keep the scores with a known scale and a usable total."""
    valid = []
    for row in scores:
        if row["instrument"] in instruments:
            total, _ = total_used(row, instruments[row["instrument"]])
            if total is not None:
                valid.append(row | {"total": total, "occasion": row.get("occasion") or "pre"})
    return valid


def outcomes_of_patient(scores: list[Row], courses: list[Row], instruments: dict[str, Any]) -> list[Row]:
    """Join every valid score to the session it follows and judge it against its course's baseline."""
    outcomes = []
    for score in scores:
        instrument = instruments[score["instrument"]]
        course, session = session_followed(score, courses)
        baseline = course["baselines"][score["instrument"]]
        outcome = {
            "patient_id": score["patient_id"],
            "course": course["course"],
            "instrument": score["instrument"],
            "day": score["day"],
            "occasion": score["occasion"],
            "total": score["total"],
            "course_day": score["day"] - course["first_day"],
            "session_number": session["session_number"] if session else 0,
            "phase": phase_of_score(score, course, session),
            "stage": stage_of_score(score, course, session),
            "hours_after": score.get("hours_after"),
            "recall_days": instrument.recall_days if score.get("recall_days") is None else score["recall_days"],
            "baseline": baseline,
            "eligible": is_eligible(baseline, instrument),
        }
        outcomes.append(outcome | judgements(outcome, instrument))
    return outcomes


def is_eligible(baseline: Fraction | None, instrument: Any) -> bool | None:
    """Compare a baseline with the entry score; unknown without a baseline."""
    if baseline is None or instrument.entry_score is None:
        return None
    higher = instrument.direction == "higher"
    return bool(baseline <= instrument.entry_score if higher else baseline >= instrument.entry_score)


def session_followed(score: Row, courses: list[Row]) -> tuple[Row, Row | None]:
    """Find the last treatment session on an earlier day, or on the same day if the score is `post`."""
    course, found = courses[0], None
    for each in courses:
        for session in each["given"]:
            if session["day"] < score["day"] or (session["day"] == score["day"] and score["occasion"] == "post"):
                course, found = each, session
    return course, found


def phase_of_score(score: Row, course: Row, session: Row | None) -> str:
    """Name the phase in which a score was taken."""
    if session is None:
        return "before"
    if session["phase"] in ("maintenance", "unknown"):
        return str(session["phase"])
    closes = course["first_day"] + course["loading_closes_course_day"]
    before_closing_session = any(
        later["phase"] == "loading" and (later["day"], later["sequence"]) > (session["day"], session["sequence"])
        for later in course["given"]
    )
    return "loading" if score["day"] < closes or before_closing_session else "after loading"


def stage_of_score(score: Row, course: Row, session: Row | None) -> str:
    """Name the stage: in maintenance that of the session followed, else the phase."""
    phase = phase_of_score(score, course, session)
    return str(session["stage"]) if session is not None and phase == "maintenance" else phase


def baseline_of(scores: list[Row], instrument: Any, course: Row, choose: str, before: int) -> Fraction | None:
    """Choose the baseline of a course among the scores of one instrument."""
    totals = [Fraction(row["total"]) for row in baseline_scores(scores, instrument, course, choose, before)]
    return sum(totals, Fraction(0)) / len(totals) if totals else None


def baseline_scores(scores: list[Row], instrument: Any, course: Row, choose: str, before: int) -> list[Row]:
    """List the scores that make a baseline: one, or for the mean all there are. Of equally bad ones it is the last."""
    first_day = course["first_day"]
    same = [row for row in scores if row["instrument"] == instrument.name and row["occasion"] != "post"]
    near = [row for row in same if first_day - before <= row["day"] <= first_day]
    near.sort(key=in_time)
    if choose == "mean" or not near:
        return near
    if choose == "worst":
        sign = -1 if instrument.direction == "higher" else 1
        return [max(near, key=lambda row: (sign * row["total"], in_time(row)))]
    return [near[-1] if choose == "last" else near[0]]


def in_time(row: Row) -> tuple[int, int]:
    """Order scores: by day, and within a day between, pre, post."""
    return row["day"], OCCASION_ORDER[row["occasion"]]


def judgements(outcome: Row, instrument: Any) -> Row:
    """Judge a score: True, False or None (unknown)."""
    baseline, total = outcome["baseline"], outcome["total"]
    change = None if baseline is None or outcome["session_number"] == 0 else total - baseline
    percent = 100 * change / baseline if change is not None and baseline else None
    difference = {"change": change, "percent_change": percent}
    higher, points = instrument.direction == "higher", instrument.reliable_change
    rise = None if change is None else -change if higher else change
    worse = {"worsening": None if points is None or rise is None else rise >= points}
    if outcome["session_number"] == 0 or not outcome["eligible"]:
        return difference | dict.fromkeys(OUTCOMES) | worse
    needed, cut_off = instrument.response_points, instrument.remission_score
    remitted = None if cut_off is None else total >= cut_off if higher else total <= cut_off
    return difference | {
        "response": 2 * total <= baseline if needed is None else -rise >= needed,
        "remission": remitted,
        "partial_response": 4 * total <= 3 * baseline and 2 * total > baseline if needed is None else None,
        "reliable_improvement": None if points is None else -rise >= points,
        "reliable_deterioration": None if points is None else rise >= points,
        **worse,
    }


# --- windows, due, the ladder -----------------------------------------------------------------------------------------


def picked(cohort: PlainCohort, course: Row, instrument: str, window: str) -> Row | None:  # noqa: PLR0911
    """Pick the one score of a window, or none."""
    own = [
        row
        for row in cohort.outcomes
        if (row["patient_id"], row["course"], row["instrument"]) == (course["patient_id"], course["course"], instrument)
        and row["session_number"] > 0
        and (row["occasion"] != "post" or window == "24 h")
    ]
    last, stop = course["last_loading_day"], course["first_maintenance_day"]
    if window.startswith("end of loading"):
        first, final, nearest = (14, 31, 21) if window.endswith("late") else (1, 14, 7)
        return nearest_score(own, last, first=first, final=final, nearest=nearest, stop=stop)
    if number := re.fullmatch(r"month (\d+) after loading", window):
        m = int(number[1])
        return nearest_score(own, last, first=30 * m - 14, final=30 * m + 15, nearest=30 * m)
    if number := re.fullmatch(r"by day (\d+)", window):
        near = [row for row in own if 1 <= row["day"] - course["first_day"] <= int(number[1])]
        return max(near, key=in_time, default=None)
    if numbers := re.fullmatch(r"day (\d+) \+- (\d+)", window):
        d, w = int(numbers[1]), int(numbers[2])
        return nearest_score(own, course["first_day"], first=d - w, final=d + w, nearest=d)
    if number := re.fullmatch(r"after session (\d+)", window):
        k = int(number[1])
        given = next((each for each in course["given"] if each["session_number"] == k), None)
        if given is None or given["course_day"] > 7 * max(8, k):
            return None
        near = [row for row in own if row["session_number"] == k and row["day"] <= given["day"] + 14]
        return max(near, key=in_time, default=None)
    near = [
        row
        for row in own
        if row["session_number"] == 1
        and row["hours_after"] is not None
        and 18 <= row["hours_after"] <= 36
        and row["recall_days"] <= 1
    ]
    return min(near, key=lambda row: (abs(row["hours_after"] - 24), row["hours_after"], in_time(row)), default=None)


def nearest_score(
    own: list[Row], origin: int | None, *, first: int, final: int, nearest: int, stop: int | None = None
) -> Row | None:
    """Pick the score nearest to a day, ties to the earlier; none after the day `stop`."""
    if origin is None:
        return None
    near = [row for row in own if first <= row["day"] - origin <= final and (stop is None or row["day"] <= stop)]
    return min(near, key=lambda row: (abs(row["day"] - origin - nearest), in_time(row)), default=None)


def due_course_day(course: Row, window: str) -> int:
    """Return the course day on which a window has closed."""
    last = 27  # no rule but the clinic's own label lets loading last longer
    if course["phase_rule"] == "recorded" and course["last_loading_day"] is not None:
        last = max(27, int(course["last_loading_day"]) - int(course["first_day"]))
    days = {"end of loading": last + 15, "end of loading, late": last + 32, "24 h": 3}
    if number := re.fullmatch(r"month (\d+) after loading", window):
        days[window] = last + 30 * int(number[1]) + 16
    if number := re.fullmatch(r"after session (\d+)", window):
        days[window] = 7 * max(8, int(number[1])) + 15
    if number := re.fullmatch(r"by day (\d+)", window):
        days[window] = int(number[1]) + 1
    if numbers := re.fullmatch(r"day (\d+) \+- (\d+)", window):
        days[window] = int(numbers[1]) + int(numbers[2]) + 1
    return days[window]


def due_date(course: Row, window: str) -> date | None:
    """Return the date on which a window has closed; None where the start is not known."""
    return None if course["start"] is None else course["start"] + timedelta(days=due_course_day(course, window))


def ladder(
    cohort: PlainCohort,
    *,
    instruments: dict[str, Any],
    instrument: str,
    window: str,
    data_cut: date,
    outcome: str = "response",
    courses: str = "first",
    period: tuple[date, date] | None = None,
    rungs: Callable[[PlainCohort, Row, Any, str, str], list[str]] | None = None,
) -> dict[str, int]:
    """Count every rung, every reason and the side branches; `plain_outcomes` has the rungs of other outcomes."""
    names = (
        "treated",
        "prior_ketamine",
        "undated",
        "not_due",
        "started",
        "no_baseline",
        "baseline",
        "below_entry",
        "eligible",
    )
    names += ("not_scored", "scored", "not_responded", "responded", "completers_scored", "completers_responded")
    count = dict.fromkeys(names + tuple(f"loading_{s}" for s in ("completed", "stopped", "open", "unknown")), 0)
    for course in cohort.courses:
        if courses == "first" and course["course"] > 1:
            continue
        closed = due_date(course, window)
        # A start year places nobody in a quarter, and no start at all nobody in any period.
        quarter = period is not None and (period[1] - period[0]).days < 100
        undated = period is not None and (closed is None or (quarter and course["start_known"] != "date"))
        if period is not None and not undated and not period[0] <= closed <= period[1]:
            continue
        count["treated"] += 1
        if course["prior_ketamine"]:
            count["prior_ketamine"] += 1
            continue
        if undated:
            count["undated"] += 1
            continue
        if closed is not None and closed > data_cut:
            count["not_due"] += 1
            continue
        count["started"] += 1
        count[f"loading_{course['loading_status']}"] += 1
        for name in (rungs or rungs_of)(cohort, course, instruments[instrument], window, outcome):
            count[name] += 1
    return count


def rungs_of(cohort: PlainCohort, course: Row, instrument: Any, window: str, outcome: str) -> list[str]:
    """List the rungs a started course reaches, and the reason for which it leaves the ladder."""
    baseline = course["baselines"][instrument.name]
    if baseline is None:
        return ["no_baseline"]
    if not is_eligible(baseline, instrument):
        return ["baseline", "below_entry"]
    score = picked(cohort, course, instrument.name, window)
    if score is None or score[outcome] is None:
        return ["baseline", "eligible", "not_scored"]
    scored = ["baseline", "eligible", "scored"]
    if course["loading_status"] == "completed":
        scored.append("completers_scored")
        if score[outcome]:
            scored.append("completers_responded")
    return [*scored, "responded" if score[outcome] else "not_responded"]

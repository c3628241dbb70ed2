# ruff: noqa: ANN001, ANN201, D103
"""The tallies of a quarterly report as notebooks often have them: groupby.apply, iterrows, a filter for each question.

Nothing is slowed down on purpose: only needed columns are kept, each patient's rows are split off once, and nothing is
looked for in a whole table. For small cohorts only. Called as: python groupby_notebook.py SOURCE OUT.json
"""

import sys
from datetime import date, timedelta

import pandas as pd
from tally_form import DATA_CUT, INSTRUMENTS, QUARTER, YEAR, source_files, write_counts

SOURCE, OUT = sys.argv[1:3]
ENTRY = {"PHQ-9": 10, "GAD-7": 10, "MADRS": 20}
REMISSION = {"PHQ-9": 4, "GAD-7": 4, "MADRS": 10}
ITEMS = {"PHQ-9": 9, "GAD-7": 7, "MADRS": 10}

patients, sessions, scores = (
    pd.concat([pd.read_parquet(file) for file in source_files(SOURCE, table)], ignore_index=True)
    for table in ("patients", "sessions", "scores")
)
patients = patients.set_index("patient_id")
patients["day0"] = sessions.groupby("patient_id")[["date", "day"]].apply(
    lambda rows: (pd.to_datetime(rows["date"]) - pd.to_timedelta(rows["day"], unit="D")).mode()[0].date()
)


# %% Courses and phases
def add_phases(rows):
    rows = rows.sort_values(["day", "sequence"])
    courses, numbers, course_days, phases = [], [], [], []
    course, before = 0, None
    for _, session in rows.iterrows():
        if before is None or session["day"] - before["day"] > 90 or session["treatment"] != before["treatment"]:
            course, number, first, loading = course + 1, 0, session, True
        number += 1
        course_day = session["day"] - first["day"]
        if first["treatment"] == "esketamine":
            loading = course_day < 28
        elif number > 8 or course_day >= 28 or (number > 1 and session["day"] - before["day"] > 10):
            loading = False
        courses.append(course)
        numbers.append(number)
        course_days.append(course_day)
        phases.append("loading" if loading else "maintenance")
        before = session
    return rows.assign(course=courses, n=numbers, course_day=course_days, phase=phases)


given = sessions[sessions["status"].fillna("given").isin(["given", "stopped-early"])]
given = given[["patient_id", "day", "sequence", "treatment", "route", "clinic_id"]]
given = given.groupby("patient_id").apply(add_phases).reset_index()


def summarise(rows):
    loading = rows[rows["phase"] == "loading"]
    maintenance = rows[rows["phase"] == "maintenance"]
    first = rows.iloc[0]
    needed = 6 if first["treatment"] == "esketamine" else 4
    return pd.Series(
        {
            "first_day": first["day"],
            "route": first["route"],
            "clinic_id": first["clinic_id"],
            "last_loading": loading["day"].max(),
            "first_maintenance": maintenance["day"].min() if len(maintenance) else None,
            "enough": len(loading) >= needed,
        }
    )


courses = given[given["course"] == 1].groupby("patient_id").apply(summarise)
courses["clinic_id"] = courses["clinic_id"].fillna(patients["clinic_id"])
courses = courses[~patients["prior_ketamine"].reindex(courses.index).fillna(False).astype(bool)]


# %% Totals, and the session each score follows
def total_of(score):
    items = [score[f"item_{k}"] for k in range(1, 11) if not pd.isna(score[f"item_{k}"])]
    asked = ITEMS[score["instrument"]]
    if len(items) >= asked - (0 if score["instrument"] == "MADRS" else 2):
        return (2 * sum(items) * asked + len(items)) // (2 * len(items))
    return score["total"]


def follow_sessions(rows):
    treated = sessions_of.get(rows.name)
    courses, numbers, days = [], [], []
    for _, score in rows.iterrows():
        up_to = score["day"] if score["occasion"] == "post" else score["day"] - 1
        earlier = treated[treated["day"] <= up_to] if treated is not None else []
        last = earlier.iloc[-1] if len(earlier) else None
        courses.append(1 if last is None else last["course"])
        numbers.append(0 if last is None else last["n"])
        days.append(None if last is None else last["day"])
    return rows.assign(course=courses, n=numbers, session_day=days)


scores = scores[scores["instrument"].isin(INSTRUMENTS)].copy()
scores["occasion"] = scores["occasion"].fillna("pre")
scores["total"] = scores.apply(total_of, axis=1)
scores = scores.loc[scores["total"].notna(), ["patient_id", "day", "instrument", "occasion", "total"]]
sessions_of = dict(iter(given.groupby("patient_id")))
scores = scores.groupby("patient_id").apply(follow_sessions).reset_index()


# %% The baseline, and the score picked for each window
WINDOWS = {"baseline": 71, "end of loading": 42}
WINDOWS |= {f"after session {k}": 71 for k in range(1, 9)}
WINDOWS |= {f"month {k} after loading": 30 * k + 43 for k in range(1, 13)}


def pick(course, rows, window):
    """Return the total picked for a window, or None. The rows are in order: by day, 'between' before 'pre'."""
    kind, k = window.split()[0], int("0" + "".join(filter(str.isdigit, window)))
    if kind == "after":
        since = rows["day"] - rows["session_day"]
        near = rows[(rows["n"] == k) & (rows["session_day"] - course["first_day"] <= 56) & since.between(0, 14)]
        return near["total"].iloc[-1] if len(near) else None
    since = rows["day"] - course["last_loading"]
    low, high, nearest = (1, 14, 7) if kind == "end" else (30 * k - 14, 30 * k + 15, 30 * k)
    near = rows[since.between(low, high)]
    if kind == "end" and not pd.isna(course["first_maintenance"]):
        near = near[near["day"] <= course["first_maintenance"]]
    return near.loc[(since[near.index] - nearest).abs().idxmin(), "total"] if len(near) else None


def pick_all(rows):
    course = courses.loc[rows.name[0]]
    before = rows[rows["day"].between(course["first_day"] - 30, course["first_day"])]
    after = rows[(rows["course"] == 1) & (rows["n"] > 0)]
    windows = list(WINDOWS)[1:] if rows.name[1] == "PHQ-9" else ["end of loading"]
    found = {window: pick(course, after, window) for window in windows}
    baseline = before.iloc[-1]["total"] if len(before) else None
    return pd.Series({"baseline": baseline, **found}, index=list(WINDOWS), dtype="float64")


usable = scores[(scores["occasion"] != "post") & scores["patient_id"].isin(courses.index)]
usable = usable.sort_values(["patient_id", "day", "occasion"])
picked = usable.groupby(["patient_id", "instrument"]).apply(pick_all)


# %% The tables
def due_date(patient_id, course, window):
    days = WINDOWS[window]
    if window.startswith(("end", "month")):
        high = 14 if window.startswith("end") else days - 28
        days = max(days, course["last_loading"] - course["first_day"] + high + 1)
    return patients.loc[patient_id, "day0"] + timedelta(days=int(course["first_day"] + days))


def tally(table, instrument, windows, period, by=None):
    counts = {}
    first, last = (date.fromisoformat(day) for day in (period[0], min(period[1], DATA_CUT)))
    for patient_id, course in courses.iterrows():
        own = picked.loc[(patient_id, instrument)] if (patient_id, instrument) in picked.index else None
        for window in windows:
            if not first <= due_date(patient_id, course, window) <= last:
                continue
            group = "all"
            if by == "maintenance":
                middle = course["last_loading"] + 30 * int(window.split()[1])
                group = "given" if course["first_maintenance"] < middle else "not given"
            elif by is not None:
                group = "unknown" if pd.isna(course[by]) else course[by]
            baseline = None if own is None or pd.isna(own["baseline"]) else own["baseline"]
            total = None if own is None or pd.isna(own[window]) else own[window]
            eligible = baseline is not None and baseline >= ENTRY[instrument]
            scored = eligible and total is not None
            judged = scored and window != "baseline"
            response = judged and baseline - total >= 0.5 * baseline
            row = [
                1, baseline is not None, eligible, scored, response, judged and total <= REMISSION[instrument],
                scored and course["enough"], response and course["enough"],
                total if scored else 0, total**2 if scored else 0,
            ]  # fmt: skip
            counts.setdefault((group, window), []).append(row)
    return [[table, instrument, *key, *map(sum, zip(*rows, strict=True))] for key, rows in counts.items()]


END = ["end of loading"]
SESSIONS = [window for window in WINDOWS if window.startswith("after")]
MONTHS = [window for window in WINDOWS if window.startswith("month")]
tallies = [
    *tally("headline", "PHQ-9", END, QUARTER),
    *tally("by_session", "PHQ-9", SESSIONS, YEAR),
    *tally("by_phase", "PHQ-9", [*END, *MONTHS], YEAR),
    *tally("by_maintenance", "PHQ-9", MONTHS, YEAR, "maintenance"),
    *tally("mean_by_session", "PHQ-9", ["baseline", *SESSIONS], YEAR),
    *tally("by_route", "PHQ-9", END, YEAR, "route"),
    *tally("by_clinic", "PHQ-9", END, YEAR, "clinic_id"),
    *tally("other_scales", "MADRS", END, YEAR),
    *tally("other_scales", "GAD-7", END, YEAR),
]
write_counts(tallies, OUT)

"""The tallies of a quarterly report in pandas, without a loop over rows or a function per group.

Written for speed as pandas allows it: only the needed columns are read, texts come as categories, patients are numbered
once, and rows are put in order by one whole number. Called as: python pandas_vectorised.py SOURCE OUT.json
"""

import sys

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
from tally_form import COUNTS, DATA_CUT, INSTRUMENTS, KEYS, QUARTER, YEAR, source_files, write_counts

SOURCE, OUT = sys.argv[1:3]
ITEMS = {"PHQ-9": 9, "GAD-7": 7, "MADRS": 10}
MAY_MISS = {"PHQ-9": 2, "GAD-7": 2, "MADRS": 0}
ENTRY = {"PHQ-9": 10, "GAD-7": 10, "MADRS": 20}
REMISSION = {"PHQ-9": 4, "GAD-7": 4, "MADRS": 10}
DAYS = 1 << 14  # more than a course of treatment has days
FIRST = 1 << 12  # the earliest day is after -FIRST


def read(table: str, texts: list[str], others: list[str], filters: list | None = None) -> pd.DataFrame:
    """Read some columns, the texts as categories."""
    found = pq.read_table(source_files(SOURCE, table), columns=[*texts, *others], filters=filters)
    for place, name in enumerate(texts):
        found = found.set_column(place, name, found[name].dictionary_encode())
    return found.to_pandas(self_destruct=True)


def numbered(ids: pd.Series, patients: pd.Index) -> np.ndarray:
    """Return each row's patient as a number."""
    return patients.get_indexer(ids.cat.categories)[ids.cat.codes]


# Patients and sessions
patients = read("patients", ["patient_id", "clinic_id"], ["prior_ketamine"])
patient_ids = pd.Index(patients["patient_id"].astype("str"))

sessions = read("sessions", ["patient_id", "treatment", "route", "clinic_id", "status"], ["day", "sequence", "date"])
sessions["patient"] = numbered(sessions.pop("patient_id"), patient_ids)
day0 = pd.DataFrame(
    {
        "patient": sessions["patient"],
        "day0": pd.to_datetime(sessions["date"]).astype("datetime64[s]") - pd.to_timedelta(sessions["day"], unit="D"),
    }
)
day0 = day0.groupby(["patient", "day0"]).size().rename("sessions").reset_index()
day0 = day0.sort_values("sessions", ascending=False, kind="stable").drop_duplicates("patient")
day0 = day0.set_index("patient")["day0"]

given = sessions[sessions["status"].isna() | sessions["status"].isin(["given", "stopped-early"])]
given = given.iloc[np.lexsort((given["sequence"], given["day"], given["patient"]))].reset_index(drop=True)
del sessions
same_patient = given["patient"].eq(given["patient"].shift())
gap = given["day"].diff()
treatment = given["treatment"].cat.codes
starts = ~same_patient | (gap > 90) | (treatment != treatment.shift())
course_number = starts.cumsum()  # over all patients
given["course"] = course_number - course_number.where(~same_patient).ffill().astype("int64") + 1
first_row = np.flatnonzero(starts)[course_number.to_numpy() - 1]
given["n"] = np.arange(len(given)) - first_row + 1
given["course_day"] = given["day"] - given["day"].to_numpy()[first_row]
given["label"] = (given["treatment"] == "esketamine").to_numpy()[first_row]
too_late = (given["n"] > 8) | (given["course_day"] >= 28) | ((gap > 10) & ~starts)
late_so_far = too_late.cumsum()
late_before = (late_so_far - too_late).to_numpy()[first_row]
given["loading"] = (given["course_day"] < 28).where(given["label"], late_so_far == late_before)

# First courses, one row for each patient by number
first = given[given["course"] == 1]
loading = first[first["loading"]]
opening = first[first["n"] == 1].set_index("patient")
courses = pd.DataFrame(
    {
        "label": opening["label"],
        "first_day": opening["day"],
        "route": opening["route"],
        "clinic_id": opening["clinic_id"],
        "last_loading": loading.groupby("patient")["day"].max(),
        "loading_sessions": loading.groupby("patient").size(),
        "full_day": loading[loading["n"] == 8].set_index("patient")["course_day"],
        "first_maintenance": first[~first["loading"]].groupby("patient")["day"].min(),
    }
)
own = patients.loc[courses.index]
courses["clinic_id"] = courses["clinic_id"].astype("str").fillna(own["clinic_id"].astype("str"))
courses["start_date"] = day0 + pd.to_timedelta(courses["first_day"], unit="D")
courses["enough"] = courses["loading_sessions"] >= np.where(courses["label"], 6, 4)
courses = courses[~own["prior_ketamine"].astype("boolean").fillna(False).astype(bool)]

# Scores with their totals, and the session each one follows
items = [f"item_{k}" for k in range(1, 11)]
scores = read(
    "scores", ["patient_id", "instrument", "occasion"], ["day", "total", *items],
    filters=[("instrument", "in", INSTRUMENTS)],
)  # fmt: skip
scores["patient"] = numbered(scores.pop("patient_id"), patient_ids)
scores["instrument"] = scores["instrument"].cat.remove_unused_categories()
asked = scores["instrument"].map(ITEMS).astype("int64")
may_miss = scores["instrument"].map(MAY_MISS).astype("int64")
answered = sum(scores[item].notna().astype("int64") for item in items)
points = sum(scores[item].fillna(0) for item in items)
prorated = (2 * points * asked + answered) // (2 * answered)
scores["total"] = prorated.where(answered >= asked - may_miss, scores["total"])
scores = scores.drop(columns=items)[scores["total"].notna()].astype({"total": "int64"})
scores["pre"] = scores["occasion"].isna() | (scores["occasion"] == "pre")
scores["post"] = scores["occasion"] == "post"
last_of_day = given.drop_duplicates(["patient", "day"], keep="last")
session_keys = (last_of_day["patient"] * DAYS + last_of_day["day"] + FIRST).to_numpy()
score_keys = scores["patient"] * DAYS + scores["day"] + FIRST - (~scores["post"])
followed = last_of_day.iloc[np.searchsorted(session_keys, score_keys, side="right") - 1]
found = followed["patient"].to_numpy() == scores["patient"].to_numpy()
scores["n"] = np.where(found, followed["n"], 0)
scores["course"] = np.where(found, followed["course"], 1)
scores["session_day"] = followed["day"].to_numpy()

# Baselines
scores = scores[~scores["post"]].join(
    courses[["first_day", "last_loading", "first_maintenance"]], on="patient", how="inner"
)
before = scores[scores["day"].between(scores["first_day"] - 30, scores["first_day"])]
before = before.sort_values(["day", "pre"]).drop_duplicates(["patient", "instrument"], keep="last")
baselines = before.set_index(["instrument", "patient"])["total"].rename("baseline")

# The score picked for each window: nearest to its day, then the earlier
after = scores[(scores["course"] == 1) & (scores["n"] > 0)]
since_session = after["day"] - after["session_day"]
since_loading = after["day"] - after["last_loading"]
month = (since_loading + 14) // 30
by_session = after[(after["n"] <= 8) & (after["session_day"] - after["first_day"] <= 56) & since_session.between(0, 14)]
by_end = after[since_loading.between(1, 14) & ~(after["day"] > after["first_maintenance"])]
by_month = after[month.between(1, 12)]
candidates = pd.concat(
    [
        by_session.assign(
            window="after session " + by_session["n"].astype("str"),
            distance=14 - since_session[by_session.index],
            second_choice=~by_session["pre"],
        ),
        by_end.assign(
            window="end of loading", distance=(since_loading[by_end.index] - 7).abs(), second_choice=by_end["pre"]
        ),
        by_month.assign(
            window="month " + month[by_month.index].astype("int64").astype("str") + " after loading",
            distance=(since_loading - 30 * month)[by_month.index].abs(),
            second_choice=by_month["pre"],
        ),
    ]
)
candidates["window"] = candidates["window"].astype("category")
nearest_first = candidates["distance"].astype("int64") * DAYS + candidates["day"] + FIRST
nearest_first = 2 * nearest_first + candidates["second_choice"]
candidates = candidates[["patient", "instrument", "window", "total"]].assign(order=nearest_first)
picked = candidates.sort_values("order").drop_duplicates(["patient", "instrument", "window"])
picked = {
    key: rows.set_index("patient")["total"] for key, rows in picked.groupby(["instrument", "window"], observed=True)
}

# The tallies
WINDOWS = {"baseline": ("baseline", 0, 0, 71), "end of loading": ("end", 14, 7, 42)}
WINDOWS |= {f"after session {k}": ("session", 14, 14, 71) for k in range(1, 9)}
WINDOWS |= {f"month {k} after loading": ("month", 30 * k + 15, 30 * k, 30 * k + 43) for k in range(1, 13)}
SESSIONS = [name for name in WINDOWS if name.startswith("after")]
MONTHS = [name for name in WINDOWS if name.startswith("month")]


def tally(
    table: str, instrument: str, windows: list[str], period: tuple[str, str], by: str | None = None
) -> pd.DataFrame:
    """Count everybody for each window, with the score picked for it, if any."""
    people = courses.join(baselines.loc[instrument], how="left")
    loading_days = people["last_loading"] - people["first_day"]
    counted = []
    for window in windows:
        kind, high, nearest, due = WINDOWS[window]
        days = np.maximum(due, loading_days + high + 1) if kind in ("end", "month") else due
        due_date = people["start_date"] + pd.to_timedelta(days, unit="D")
        rows = people[(due_date >= period[0]) & (due_date <= min(period[1], DATA_CUT))]
        total = rows["baseline"] if kind == "baseline" else picked.get((instrument, window), pd.Series(dtype="int64"))
        total = total.reindex(rows.index)
        eligible = rows["baseline"] >= ENTRY[instrument]
        response = eligible & (rows["baseline"] - total >= 0.5 * rows["baseline"]) & (kind != "baseline")
        if by == "maintenance":
            group = np.where(rows["first_maintenance"] < rows["last_loading"] + nearest, "given", "not given")
        else:
            group = "all" if by is None else rows[by].astype("str").fillna("unknown")
        seen = total.where(eligible)
        counts = pd.DataFrame(
            {
                "group": group,
                "started": 1,
                "with_baseline": rows["baseline"].notna(),
                "eligible": eligible,
                "scored": seen.notna(),
                "response": response,
                "remission": (seen <= REMISSION[instrument]) & (kind != "baseline"),
                "completers": rows["enough"] & seen.notna(),
                "completers_response": rows["enough"] & response,
                "total_sum": seen.fillna(0),
                "squares": seen.fillna(0) ** 2,
            }
        )
        counted.append(counts.groupby("group", as_index=False)[COUNTS].sum().assign(window=window))
    return pd.concat(counted).assign(table=table, instrument=instrument)[[*KEYS, *COUNTS]]


END = ["end of loading"]
tallies = [
    tally("headline", "PHQ-9", END, QUARTER),
    tally("by_session", "PHQ-9", SESSIONS, YEAR),
    tally("by_phase", "PHQ-9", [*END, *MONTHS], YEAR),
    tally("by_maintenance", "PHQ-9", MONTHS, YEAR, "maintenance"),
    tally("mean_by_session", "PHQ-9", ["baseline", *SESSIONS], YEAR),
    tally("by_route", "PHQ-9", END, YEAR, "route"),
    tally("by_clinic", "PHQ-9", END, YEAR, "clinic_id"),
    tally("other_scales", "MADRS", END, YEAR),
    tally("other_scales", "GAD-7", END, YEAR),
]
write_counts(pd.concat(tallies).itertuples(index=False), OUT)

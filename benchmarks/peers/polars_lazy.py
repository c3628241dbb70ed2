"""The tallies of a quarterly report as lazy Polars queries over the Parquet files.

Written for speed as Polars allows it: patients are numbered once, so that what follows sorts and joins whole numbers,
and what several tables need is computed once (left to itself the optimiser computes it again for each table, six times
the work). Called as: python polars_lazy.py SOURCE OUT.json; the number of threads is the variable POLARS_MAX_THREADS.
"""

import sys
from datetime import date

import polars as pl
from polars import col, when
from tally_form import COUNTS, DATA_CUT, INSTRUMENTS, KEYS, QUARTER, YEAR, source_files, write_counts

SOURCE, OUT = sys.argv[1:3]
ENTRY = {"PHQ-9": 10, "GAD-7": 10, "MADRS": 20}
DAYS = 1 << 14  # more than a course of treatment has days
FIRST = 1 << 12  # the earliest day is after -FIRST

patients, sessions, scores = (
    pl.scan_parquet(source_files(SOURCE, table)) for table in ("patients", "sessions", "scores")
)


def computed(query: pl.LazyFrame) -> pl.LazyFrame:
    """Run a query whose result several others need."""
    return query.collect().lazy()


numbers = patients.select("patient_id", patient=pl.row_index().cast(pl.Int64))

# Sessions in order, with course, number and phase
sessions = sessions.select("patient_id", "day", "sequence", "date", "treatment", "route", "clinic_id", "status").join(
    numbers, on="patient_id"
)
day0 = (
    sessions.group_by("patient", day0=col("date").dt.epoch("d") - col("day"))
    .len()
    .group_by("patient")
    .agg(col("day0").max_by("len"))
)
given = computed(
    sessions.filter(col("status").is_null() | col("status").is_in(["given", "stopped-early"]))
    .select("patient", "day", "sequence", "treatment", "route", "clinic_id")
    .sort("patient", "day", "sequence")
    .with_columns(gap=col("day").diff(), new_patient=col("patient").rle_id().diff().fill_null(1) > 0)
    .with_columns(
        starts=col("new_patient") | (col("gap") > 90) | (col("treatment") != col("treatment").shift()),
        row=pl.int_range(pl.len()),
    )
    .with_columns(run=col("starts").cum_sum())
    .with_columns(
        course=col("run") - when("new_patient").then("run").forward_fill() + 1,
        n=col("row") - when("starts").then("row").forward_fill() + 1,
        course_day=col("day") - when("starts").then("day").forward_fill(),
        label=when("starts").then(col("treatment") == "esketamine").forward_fill(),
    )
    .with_columns(late=(col("n") > 8) | (col("course_day") >= 28) | ((col("gap") > 10) & ~col("starts")))
    .with_columns(late_so_far=col("late").cum_sum())
    .with_columns(
        loading=when("label")
        .then(col("course_day") < 28)
        .otherwise(col("late_so_far") == when("starts").then(col("late_so_far") - col("late")).forward_fill())
    )
    .select("patient", "day", "course", "n", "course_day", "label", "loading", "route", "clinic_id")
)

# First courses
start = col("n") == 1
courses = computed(
    given.filter(col("course") == 1)
    .group_by("patient")
    .agg(
        label=col("label").first(),
        first_day=col("day").min(),
        last_loading=col("day").filter("loading").max(),
        first_maintenance=col("day").filter(~col("loading")).min(),
        loading_sessions=col("loading").sum(),
        route=col("route").filter(start).first(),
        first_clinic=col("clinic_id").filter(start).first(),
    )
    .join(
        patients.select(pl.row_index().cast(pl.Int64).alias("patient"), "clinic_id", "prior_ketamine"), on="patient"
    )
    .filter(~col("prior_ketamine").fill_null(value=False))
    .join(day0, on="patient")
    .select(
        "patient", "route", "first_day", "last_loading", "first_maintenance",
        clinic_id=pl.coalesce("first_clinic", "clinic_id"),
        start_date=(col("day0") + col("first_day")).cast(pl.Date),
        enough=col("loading_sessions") >= when("label").then(6).otherwise(4),
    )
)  # fmt: skip

# Scores with their totals, and the session each one follows
items = [f"item_{k}" for k in range(1, 11)]
answered = pl.sum_horizontal(col(item).is_not_null() for item in items).cast(pl.Int64)
points = pl.sum_horizontal(items).cast(pl.Int64)
asked = col("instrument").replace_strict({"PHQ-9": 9, "GAD-7": 7, "MADRS": 10}, return_dtype=pl.Int64)
may_miss = when(col("instrument") == "MADRS").then(0).otherwise(2)
totals = (
    scores.filter(col("instrument").is_in(INSTRUMENTS))
    .select(
        "patient_id", "day",
        instrument=col("instrument").cast(pl.Enum(INSTRUMENTS)),
        pre=col("occasion").fill_null("pre") == "pre",
        post=col("occasion").fill_null("pre") == "post",
        total=when(answered >= asked - may_miss)
        .then((2 * points * asked + answered) // (2 * answered))
        .otherwise(col("total").cast(pl.Int64)),
    )
    .filter(col("total").is_not_null() & ~col("post"))  # a score after the session is neither baseline nor outcome
    .join(numbers, on="patient_id")
    .with_columns(key=col("patient") * DAYS + col("day") + FIRST - 1)
    .select("patient", "day", "instrument", "pre", "total", "key")
)  # fmt: skip
last_of_day = given.filter(
    (col("patient") != col("patient").shift(-1)).fill_null(value=True) | (col("day") != col("day").shift(-1))
).select(
    "course", "n",
    key=col("patient") * DAYS + col("day") + FIRST,
    session_patient="patient", session_day="day",
)  # fmt: skip
followed = computed(
    totals.sort("key")
    .join_asof(last_of_day.set_sorted("key"), on="key")
    .join(courses.select("patient", "first_day", "last_loading", "first_maintenance"), on="patient")
    .with_columns(treated=(col("session_patient") == col("patient")).fill_null(value=False))
)

# Baselines
baselines = computed(
    followed.filter(col("day").is_between(col("first_day") - 30, col("first_day")))
    .group_by("patient", "instrument")
    .agg(baseline=col("total").max_by(2 * col("day") + col("pre").cast(pl.Int64)))
)

# The score picked for each window: nearest to its day, then the earlier
after = followed.filter((col("course") == 1) & col("treated")).with_columns(
    since_session=col("day") - col("session_day"), since_loading=col("day") - col("last_loading")
)
month = (col("since_loading") + 14) // 30
picked = computed(
    pl.concat(
        [
            after.filter(
                (col("n") <= 8)
                & (col("session_day") - col("first_day") <= 56)
                & col("since_session").is_between(0, 14)
            ).select("patient", "instrument", "day", "total", window=col("n").cast(pl.Int64),
                     distance=14 - col("since_session"), second_choice=~col("pre")),
            after.filter(
                col("since_loading").is_between(1, 14) & (col("day") <= col("first_maintenance")).fill_null(value=True)
            ).select("patient", "instrument", "day", "total", window=pl.lit(20, pl.Int64),
                     distance=(col("since_loading") - 7).abs(), second_choice=col("pre")),
            after.filter(month.is_between(1, 12)).select(
                "patient", "instrument", "day", "total", window=(20 + month).cast(pl.Int64),
                distance=(col("since_loading") - 30 * month).abs(), second_choice=col("pre")),
        ]
    )
    .group_by("patient", "instrument", "window")
    .agg(
        total=col("total").min_by(
            (col("distance").cast(pl.Int64) * DAYS + col("day") + FIRST) * 2 + col("second_choice").cast(pl.Int64)
        )
    )
)  # fmt: skip

# The tallies
BASELINE = 0
SESSIONS = list(range(1, 9))
END = 20
MONTHS = list(range(21, 33))
windows = pl.DataFrame(
    [
        (BASELINE, "baseline", False, 0, 0, 71),
        *((k, f"after session {k}", False, 14, 14, 71) for k in SESSIONS),
        (END, "end of loading", True, 14, 7, 42),
        *((k, f"month {k - 20} after loading", True, 30 * k - 585, 30 * k - 600, 30 * k - 557) for k in MONTHS),
    ],
    schema={"window": pl.Int64, "name": str, "after_loading": bool, "high": int, "nearest": int, "due": int},
    orient="row",
).lazy()


def tally(
    table: str, instrument: str, chosen: list[int], period: tuple[str, str], by: pl.Expr | None = None
) -> pl.LazyFrame:
    """Count everybody for each window, with the score picked for it, if any."""
    loading_days = col("last_loading") - col("first_day")
    days = when("after_loading").then(pl.max_horizontal("due", loading_days + col("high") + 1)).otherwise("due")
    first, last = map(date.fromisoformat, (period[0], min(period[1], DATA_CUT)))
    total = when(col("window") == BASELINE).then("baseline").otherwise("total")
    response = (col("baseline") - col("total") >= 0.5 * col("baseline")).fill_null(value=False)
    remission = (col("total") <= (10 if instrument == "MADRS" else 4)).fill_null(value=False)
    return (
        courses.join(windows.filter(col("window").is_in(chosen)), how="cross")
        .filter((col("start_date") + pl.duration(days=days)).is_between(first, last))
        .join(baselines.filter(col("instrument") == instrument).drop("instrument"), on="patient", how="left")
        .join(picked.filter(col("instrument") == instrument).drop("instrument"), on=["patient", "window"], how="left")
        .with_columns(
            group=(pl.lit("all") if by is None else by).fill_null("unknown"),
            eligible=(col("baseline") >= ENTRY[instrument]).fill_null(value=False),
            seen=total,
            response=response,
            remission=remission,
        )
        .group_by("group", window="name")
        .agg(
            started=pl.len(),
            with_baseline=col("baseline").count(),
            eligible=col("eligible").sum(),
            scored=col("seen").filter("eligible").count(),
            response=(col("eligible") & col("response")).sum(),
            remission=(col("eligible") & col("remission")).sum(),
            completers=col("seen").filter(col("eligible") & col("enough")).count(),
            completers_response=(col("eligible") & col("enough") & col("response")).sum(),
            total_sum=col("seen").filter("eligible").sum(),
            squares=(col("seen") ** 2).filter("eligible").sum(),
        )
        .select(
            table=pl.lit(table), instrument=pl.lit(instrument), group="group", window="window", **{c: c for c in COUNTS}
        )
    )


maintained = (col("first_maintenance") < col("last_loading") + col("nearest")).fill_null(value=False)
tallies = [
    tally("headline", "PHQ-9", [END], QUARTER),
    tally("by_session", "PHQ-9", SESSIONS, YEAR),
    tally("by_phase", "PHQ-9", [END, *MONTHS], YEAR),
    tally(
        "by_maintenance", "PHQ-9", MONTHS, YEAR, when(maintained).then(pl.lit("given")).otherwise(pl.lit("not given"))
    ),
    tally("mean_by_session", "PHQ-9", [BASELINE, *SESSIONS], YEAR),
    tally("by_route", "PHQ-9", [END], YEAR, col("route")),
    tally("by_clinic", "PHQ-9", [END], YEAR, col("clinic_id")),
    tally("other_scales", "MADRS", [END], YEAR),
    tally("other_scales", "GAD-7", [END], YEAR),
]
rows = pl.concat(pl.collect_all(tallies)).select(*KEYS, *COUNTS).rows()
write_counts(rows, OUT)

"""The tallies of a quarterly report as one hand-written DuckDB script, the way an analyst would write it for once.

It knows the rules by heart instead of reading them from definitions, checks nothing, sets nothing aside, and holds the
whole cohort in memory. Called as: python duckdb_script.py SOURCE OUT.json [THREADS] [MEMORY]
"""

import sys

import duckdb
from tally_form import source_files, write_counts

SOURCE, OUT = sys.argv[1:3]

con = duckdb.connect(config={"threads": int(sys.argv[3])} if len(sys.argv) > 3 else {})
if len(sys.argv) > 4:
    con.execute(f"SET memory_limit = '{sys.argv[4]}'")
con.execute("SET preserve_insertion_order = false")

for table in ("patients", "sessions", "scores"):
    con.execute(f"CREATE VIEW {table} AS SELECT * FROM read_parquet({source_files(SOURCE, table)})")

con.execute("""
CREATE TEMP TABLE courses_of_sessions AS
WITH given AS (
    SELECT patient_id, day, sequence, date, treatment, route, clinic_id,
        lag(day) OVER w AS day_before, lag(treatment) OVER w AS treatment_before
    FROM sessions WHERE coalesce(status, 'given') IN ('given', 'stopped-early')
    WINDOW w AS (PARTITION BY patient_id ORDER BY day, sequence)
), numbered AS (
    SELECT *, sum((day_before IS NULL OR day - day_before > 90 OR treatment <> treatment_before)::INT)
        OVER (PARTITION BY patient_id ORDER BY day, sequence) AS course
    FROM given
), placed AS (
    SELECT *, row_number() OVER w AS n, day - first_value(day) OVER w AS course_day, day - lag(day) OVER w AS gap,
        first_value(treatment) OVER w AS first_treatment, first_value(route) OVER w AS first_route
    FROM numbered WINDOW w AS (PARTITION BY patient_id, course ORDER BY day, sequence)
)
SELECT patient_id, course, day, sequence, date, route, clinic_id, first_treatment, n, course_day,
    CASE WHEN first_treatment = 'esketamine' THEN course_day < 28
         ELSE NOT bool_or(n > 8 OR course_day >= 28 OR coalesce(gap > 10, false))
              OVER (PARTITION BY patient_id, course ORDER BY day, sequence) END AS loading
FROM placed
""")

con.execute("""
CREATE TEMP TABLE courses AS
SELECT c.*, coalesce(first_clinic, p.clinic_id) AS clinic_id, coalesce(p.prior_ketamine, false) AS prior,
    day0 + first_day AS start_date,
    loading_sessions >= CASE WHEN first_treatment = 'esketamine' THEN 6 ELSE 4 END AS enough
FROM (
    SELECT patient_id, course, any_value(first_treatment) AS first_treatment, min(day) AS first_day,
        max(day) FILTER (loading) AS last_loading, min(day) FILTER (NOT loading) AS first_maintenance,
        count(*) FILTER (loading) AS loading_sessions,
        any_value(route) FILTER (n = 1) AS route, any_value(clinic_id) FILTER (n = 1) AS first_clinic
    FROM courses_of_sessions GROUP BY ALL
) AS c JOIN patients AS p USING (patient_id)
JOIN (SELECT patient_id, mode(date::DATE - day) AS day0 FROM sessions GROUP BY patient_id) USING (patient_id)
WHERE course = 1
""")

items = [f"item_{k}" for k in range(1, 11)]
answered = " + ".join(f"({item} IS NOT NULL)::INT" for item in items)
total = " + ".join(f"coalesce({item}, 0)" for item in items)
con.execute(f"""
CREATE TEMP TABLE scored AS
WITH summed AS (
    SELECT patient_id, day, coalesce(occasion, 'pre') AS occasion, instrument, total,
        {answered} AS answered, {total} AS points,
        CASE instrument WHEN 'PHQ-9' THEN 9 WHEN 'GAD-7' THEN 7 WHEN 'MADRS' THEN 10 END AS items,
        CASE instrument WHEN 'MADRS' THEN 0 ELSE 2 END AS may_miss
    FROM scores
), totals AS (
    SELECT patient_id, day, occasion, instrument,
        CASE WHEN answered >= items - may_miss THEN (2 * points * items + answered) // (2 * answered)
             ELSE total END AS total
    FROM summed
), last_of_day AS (
    SELECT patient_id, day AS session_day, max_by(course, (course, n)) AS course, max_by(n, (course, n)) AS n
    FROM courses_of_sessions GROUP BY patient_id, day
)
SELECT t.patient_id, t.day, t.occasion, t.instrument, t.total, coalesce(s.course, 1) AS course, coalesce(s.n, 0) AS n,
    s.session_day
FROM (SELECT *, CASE WHEN occasion = 'post' THEN day ELSE day - 1 END AS up_to FROM totals WHERE total IS NOT NULL) AS t
ASOF LEFT JOIN last_of_day AS s ON t.patient_id = s.patient_id AND t.up_to >= s.session_day
""")

con.execute("""
CREATE TEMP TABLE baselines AS
SELECT c.patient_id, instrument, arg_max(total, (s.day, occasion = 'pre')) AS baseline
FROM courses AS c JOIN scored AS s ON c.patient_id = s.patient_id
    AND s.day BETWEEN first_day - 30 AND first_day AND occasion <> 'post'
GROUP BY ALL
""")

con.execute("""
CREATE TEMP TABLE windows AS
SELECT 'end of loading' AS "window", 'end' AS kind, 0 AS k, 1 AS low, 14 AS high, 7 AS nearest, 42 AS due
UNION ALL SELECT 'after session ' || k, 'session', k, 0, 14, 14, 71 FROM range(1, 9) AS r(k)
UNION ALL
SELECT 'month ' || k || ' after loading', 'month', k, 30*k - 14, 30*k + 15, 30*k, 30*k + 43 FROM range(1, 13) AS r(k)
""")

con.execute("""
CREATE TEMP TABLE picked AS
SELECT patient_id, instrument, "window", total, baseline - total >= 0.5 * baseline AS response,
    total <= CASE instrument WHEN 'MADRS' THEN 10 ELSE 4 END AS remission
FROM (
    SELECT s.patient_id, s.instrument, w."window", w.kind, s.day, s.occasion, s.total, baseline,
        abs(s.day - CASE WHEN w.kind = 'session' THEN session_day ELSE last_loading END - nearest) AS distance
    FROM scored AS s JOIN courses AS c ON s.patient_id = c.patient_id AND s.course = 1
    JOIN baselines AS b ON b.patient_id = s.patient_id AND b.instrument = s.instrument
    JOIN windows AS w ON CASE WHEN w.kind = 'session'
        THEN s.n = w.k AND session_day - first_day <= 56 AND s.day - session_day BETWEEN low AND high
        ELSE s.day - last_loading BETWEEN low AND high
             AND (w.kind <> 'end' OR first_maintenance IS NULL OR s.day <= first_maintenance) END
    WHERE s.n > 0 AND s.occasion <> 'post'
)
QUALIFY row_number() OVER (PARTITION BY patient_id, instrument, "window"
    ORDER BY distance, day, CASE WHEN (occasion = 'pre') = (kind = 'session') THEN 0 ELSE 1 END) = 1
UNION ALL
SELECT patient_id, instrument, 'baseline', baseline, false, false FROM baselines
""")


def tally(name: str, instrument: str, chosen: str, period: tuple[str, str], group: str = "'all'") -> str:
    """Write one table's tally: everybody for each window, with the score picked for it, if any."""
    entry = 20 if instrument == "MADRS" else 10
    return f"""
    SELECT '{name}' AS "table", '{instrument}' AS instrument, coalesce({group}, 'unknown') AS "group", "window",
        count(*) AS started, count(baseline) AS with_baseline, count(*) FILTER (eligible) AS eligible,
        count(*) FILTER (eligible AND total IS NOT NULL) AS scored,
        count(*) FILTER (eligible AND response) AS response, count(*) FILTER (eligible AND remission) AS remission,
        count(*) FILTER (eligible AND enough AND total IS NOT NULL) AS completers,
        count(*) FILTER (eligible AND enough AND response) AS completers_response,
        coalesce(sum(total) FILTER (eligible), 0) AS total_sum,
        coalesce(sum(total * total) FILTER (eligible), 0) AS squares
    FROM (
        SELECT c.*, w.*, baseline, baseline >= {entry} AS eligible, p.total, p.response, p.remission,
            start_date + (CASE WHEN w.kind IN ('end', 'month') THEN greatest(due, last_loading - first_day + high + 1)
                               ELSE due END)::INT AS due_date
        FROM courses AS c CROSS JOIN (
            SELECT * FROM windows UNION ALL SELECT 'baseline', 'baseline', 0, 0, 0, 0, 71) AS w
        LEFT JOIN (SELECT patient_id, baseline FROM baselines WHERE instrument = '{instrument}') USING (patient_id)
        LEFT JOIN (SELECT * FROM picked WHERE instrument = '{instrument}') AS p
            ON p.patient_id = c.patient_id AND p."window" = w."window"
        WHERE NOT prior AND {chosen}
    )
    WHERE due_date BETWEEN DATE '{period[0]}' AND DATE '{period[1]}' AND due_date <= DATE '2026-09-30'
    GROUP BY ALL"""


QUARTER, YEAR = ("2026-07-01", "2026-09-30"), ("2025-01-01", "2025-12-31")
END, MONTH = "w.kind = 'end'", "w.kind = 'month'"
maintenance = "CASE WHEN first_maintenance < last_loading + nearest THEN 'given' ELSE 'not given' END"
tallies = [
    tally("headline", "PHQ-9", END, QUARTER),
    tally("by_session", "PHQ-9", "w.kind = 'session'", YEAR),
    tally("by_phase", "PHQ-9", "w.kind IN ('end', 'month')", YEAR),
    tally("by_maintenance", "PHQ-9", MONTH, YEAR, maintenance),
    tally("mean_by_session", "PHQ-9", "w.kind IN ('baseline', 'session')", YEAR),
    tally("by_route", "PHQ-9", END, YEAR, "route"),
    tally("by_clinic", "PHQ-9", END, YEAR, "clinic_id"),
    tally("other_scales", "MADRS", END, YEAR),
    tally("other_scales", "GAD-7", END, YEAR),
]
rows = con.execute(" UNION ALL ".join(tallies)).fetchall()
write_counts(rows, OUT)

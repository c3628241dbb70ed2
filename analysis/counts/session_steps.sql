-- Everybody at each session number: whether they had it, what the score after it said, and what was seen up to it.
-- Reads: courses, course_sessions, asked_windows, and the people and scores of outcome_sources.sql. The people are those
-- whose last window has closed, so that they are the same at every session. Names in braces come from closed lists.
WITH chosen AS ({chosen}),
starters AS (
    SELECT {groups}patient, is_started, has_baseline, is_eligible FROM ({rungs}) WHERE is_started AND number = {last_window}
),
given AS (
    SELECT patient, number FROM course_sessions JOIN asked_windows USING (session_number)
    WHERE course = 1 AND course_day <= by_day
),
scored AS (
    SELECT patient, number, {is_true} AS has FROM ({scores}) WHERE course = 1
),
steps AS (
    SELECT starters.*, asked_windows.session_number, asked_windows.window_name, given.number IS NOT NULL AS is_given, has
    FROM starters CROSS JOIN asked_windows
        LEFT JOIN given ON given.patient = starters.patient AND given.number = asked_windows.number
        LEFT JOIN scored ON scored.patient = starters.patient AND scored.number = asked_windows.number
),
followed AS (
    SELECT *,
        bool_or(coalesce(has, false)) OVER up_to AS seen,
        bool_or(is_given AND has IS NULL) OVER up_to AS unseen,
        coalesce(bool_or(coalesce(has, false)) OVER before, false) AS seen_before,
        coalesce(bool_or(is_given AND has IS NULL) OVER before, false) AS unseen_before
    FROM steps
    WINDOW up_to AS (PARTITION BY patient ORDER BY session_number),
        before AS (PARTITION BY patient ORDER BY session_number ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING)
)
SELECT {keys}, {counts} FROM followed GROUP BY {keys}

-- One score for each course and window, by a fixed rule; courses without one have no row.
-- Reads: asked_windows, judged_scores, baselines. The windows are of one instrument, {scale} its number.
WITH scores AS (
    SELECT *, session_day - first_day AS session_course_day FROM judged_scores
    WHERE scale = {scale} AND session_number > 0
),
candidates AS (
    SELECT patient, course, window_name, window_kind, day, occasion_order, total,
        response, remission, partial_response, reliable_improvement, reliable_deterioration,
        abs(day - session_day - nearest) AS distance, day AS earlier
    FROM scores JOIN (SELECT * FROM asked_windows WHERE window_kind = 'session') AS asked USING (session_number)
    WHERE occasion_order < 3 AND session_course_day <= by_day AND day - session_day BETWEEN "first" AND "last"
    UNION ALL
    SELECT patient, course, window_name, window_kind, day, occasion_order, total,
        response, remission, partial_response, reliable_improvement, reliable_deterioration,
        abs(day - anchor_day - nearest), day
    FROM (
        SELECT scores.*, asked.* EXCLUDE (session_number, by_day),
            CASE WHEN window_kind = 'day' THEN first_day ELSE last_loading_day END AS anchor_day
        FROM scores CROSS JOIN (SELECT * FROM asked_windows WHERE window_kind IN ('end', 'late', 'month', 'day')) AS asked
        WHERE occasion_order < 3
    )
    WHERE day - anchor_day BETWEEN "first" AND "last"
        AND (window_kind NOT IN ('end', 'late') OR first_maintenance_day IS NULL OR day <= first_maintenance_day)
    UNION ALL
    SELECT patient, course, window_name, window_kind, day, occasion_order, total,
        response, remission, partial_response, reliable_improvement, reliable_deterioration,
        abs(hours_after - nearest), hours_after
    FROM scores CROSS JOIN (SELECT * EXCLUDE (session_number) FROM asked_windows WHERE window_kind = 'hours') AS asked
    WHERE session_number = 1 AND hours_after BETWEEN "first" AND "last" AND recall_days <= $hours_recall_days
)
-- In hundredths of a point: whole numbers add exactly, also when the baseline is a mean of several scores.
SELECT patient, course, window_name, 100 * total::BIGINT AS total_hundredths,
    response, remission, partial_response, reliable_improvement, reliable_deterioration
FROM candidates
-- Ties go to the earlier score, but after a session the latest is wanted.
QUALIFY row_number() OVER (
    PARTITION BY patient, course, window_name
    ORDER BY distance, earlier, day, CASE WHEN window_kind = 'session' THEN -occasion_order ELSE occasion_order END
) = 1
UNION ALL
SELECT patient, course, window_name, (100 * baseline_sum) // baseline_n, NULL, NULL, NULL, NULL, NULL
FROM baselines CROSS JOIN (SELECT window_name FROM asked_windows WHERE window_kind = 'baseline') WHERE scale = {scale}

-- One score for each course and window, by a fixed rule; courses without one have no row.
-- Reads: asked_windows, judged_scores, baselines. The windows are of one instrument, {scale} its number.
WITH scores AS (
    SELECT row, patient, course, session_number, day, occasion_order, hours_after, recall_days, session_day,
        first_day, last_loading_day, first_maintenance_day
    FROM judged_scores WHERE scale = {scale} AND session_number > 0
),
-- Each window that counts days from the first or the last loading session, day by day.
days AS (
    SELECT number, window_kind, nearest, unnest(range("first", "last" + 1))::INTEGER AS days_after
    FROM asked_windows WHERE window_kind IN ('end', 'late', 'month', 'day', 'by')
),
candidates AS (
    SELECT row, patient, course, number, day, abs(day - session_day - nearest) AS distance, day AS earlier,
        -- Ties go to the earlier score, but after a session and by a day the latest is wanted.
        -occasion_order AS tie
    FROM scores JOIN asked_windows USING (session_number)
    WHERE window_kind = 'session' AND occasion_order < 3
        AND session_day - first_day <= by_day AND day - session_day BETWEEN "first" AND "last"
    UNION ALL
    SELECT row, patient, course, number, day, abs(days_after - nearest), day, occasion_order
    FROM scores JOIN days ON days_after = day - last_loading_day
    WHERE window_kind IN ('end', 'late', 'month') AND occasion_order < 3
        AND (window_kind = 'month' OR first_maintenance_day IS NULL OR day <= first_maintenance_day)
    UNION ALL
    SELECT row, patient, course, number, day, abs(days_after - nearest), day,
        CASE window_kind WHEN 'by' THEN -occasion_order ELSE occasion_order END
    FROM scores JOIN days ON days_after = day - first_day
    WHERE window_kind IN ('day', 'by') AND occasion_order < 3
    UNION ALL
    SELECT row, patient, course, number, day, abs(hours_after - nearest), hours_after, occasion_order
    FROM scores CROSS JOIN (SELECT * EXCLUDE (session_number) FROM asked_windows WHERE window_kind = 'hours')
    WHERE session_number = 1 AND hours_after BETWEEN "first" AND "last" AND recall_days <= $hours_recall_days
),
picked AS (
    SELECT row, number FROM candidates
    QUALIFY row_number() OVER (PARTITION BY patient, course, number ORDER BY distance, earlier, day, tie) = 1
)
-- In hundredths of a point: whole numbers add exactly, also when the baseline is a mean of several scores.
SELECT row, patient, course, number, 100 * total::BIGINT AS total_hundredths,
    response, remission, partial_response, reliable_improvement, reliable_deterioration, worsening
FROM picked JOIN judged_scores USING (row)
UNION ALL
SELECT NULL, patient, course, number, (100 * baseline_sum) // baseline_n, NULL, NULL, NULL, NULL, NULL, NULL
FROM baselines CROSS JOIN asked_windows WHERE scale = {scale} AND window_kind = 'baseline'

-- The score of each window, or, where there is none, the last one after treatment began and before the window opens.
-- Reads: judged_scores, asked_windows, and the scores picked for the windows. {scale} is the instrument's number.
WITH in_window AS (
    SELECT row, patient, course, number FROM ({picked}) WHERE number IN (SELECT number FROM asked_windows)
),
earlier AS (
    SELECT row, patient, course, number
    FROM judged_scores CROSS JOIN (SELECT * EXCLUDE (session_number), session_number AS of_session FROM asked_windows)
    WHERE scale = {scale} AND session_number > 0 AND occasion_order < 3
        AND CASE
            -- Who had no further session is followed until the window closes.
            WHEN window_kind = 'session' THEN session_number < of_session AND course_day < due_day
            WHEN window_kind IN ('day', 'by') THEN course_day < "first"
            WHEN window_kind = 'month' THEN day - last_loading_day < "first"
            WHEN window_kind IN ('end', 'late') THEN day - last_loading_day < "first"
                AND (first_maintenance_day IS NULL OR day <= first_maintenance_day)
            ELSE false
        END
    QUALIFY row_number() OVER (PARTITION BY patient, course, number ORDER BY day DESC, occasion_order DESC) = 1
),
carried AS (
    FROM in_window
    UNION ALL
    SELECT earlier.* FROM earlier ANTI JOIN in_window USING (patient, course, number)
)
SELECT patient, course, number, 100 * total::BIGINT AS total_hundredths,
    response, remission, partial_response, reliable_improvement, reliable_deterioration, worsening
FROM carried JOIN judged_scores USING (row, patient, course)

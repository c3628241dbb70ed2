-- What happened after the response at the end of loading, in days since that score: one row for each person (`end`),
-- for each treatment session and for each assessment (`margin`: by how much the score is in response).
-- Reads: {followed} (see follow_up.sql), course_sessions, followed_scores, instruments.
WITH followed AS MATERIALIZED (SELECT *, {ending} AS ending FROM ({followed})),
timed AS MATERIALIZED (
    SELECT patient, patient_id, origin_day, baseline_sum, baseline_n, ending, {time} AS ended{groups} FROM followed
),
before AS (
    SELECT patient, max(day) - min(origin_day) AS last_before
    FROM course_sessions JOIN timed USING (patient) WHERE day < origin_day GROUP BY patient
),
scored AS (
    SELECT patient_id, scores.day - origin_day AS day, occasion_order, scores.row, response_points,
        baseline_sum, baseline_n, severity * (baseline_sum - baseline_n * total) AS gained
    FROM followed_scores AS scores JOIN timed USING (patient) JOIN instruments USING (scale)
    WHERE scale = {scale} AND occasion_order < 3 AND scores.day - origin_day BETWEEN 0 AND $until
),
-- Quarters of what a response takes: 4 is a response, 8 twice as much as it takes.
judged AS (
    SELECT patient_id, day, occasion_order, row, CASE WHEN response_points IS NULL
        THEN floor(400 * gained / nullif($response_percent * baseline_sum, 0))
        ELSE floor(4 * gained / nullif(response_points * baseline_n, 0)) END AS quarters
    FROM scored
)
SELECT patient_id, 'person' AS kind, least(ended, $until)::INTEGER AS day, last_before::INTEGER AS value,
    CASE WHEN ended > $until THEN 'censored' ELSE ending END AS ending{listed}
FROM timed JOIN before USING (patient)
UNION ALL
SELECT DISTINCT patient_id, 'session', (day - origin_day)::INTEGER, NULL, NULL{empty}
FROM course_sessions JOIN timed USING (patient) WHERE day - origin_day BETWEEN 0 AND $until
UNION ALL
SELECT patient_id, 'score', day::INTEGER,
    greatest(3, least(7, arg_max(quarters, (occasion_order, row))))::INTEGER, NULL{empty}
FROM judged GROUP BY patient_id, day

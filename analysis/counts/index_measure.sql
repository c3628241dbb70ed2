-- One row per treated person: the index score of the period, if there is one, and what followed it.
-- Reads: followed_scores, course_sessions, courses, patients, people, events. The scale's number is {scale}.
-- The last score of a day that was not taken after a session stands for the day: a corrected score replaces the one
-- before it.
WITH day_scores AS (
    SELECT patient, day, arg_max(total, occasion_order)::INTEGER AS total
    FROM followed_scores WHERE scale = {scale} AND occasion_order < 3 GROUP BY patient, day
),
visits AS (
    SELECT patient, day AS visit_day, course FROM course_sessions WHERE is_last_of_day
),
-- Day 0 of each person by date, or the latest it can have been.
persons AS (
    SELECT courses.patient, due_from - first_day AS day_zero, due_basis,
        $period_first IS NOT NULL AND (due_basis = 'assumed' OR (due_basis = 'year' AND $period_is_quarter)) AS undated,
        outcome_of_care = 'died' AS is_dead, patients.last_day AS last_known_day
    FROM courses LEFT JOIN patients USING (patient_id) WHERE course = 1
),
-- Scores over the mark with a visit on their day or soon after it; each closes when its follow-up is over.
candidates AS (
    SELECT patient, day, total, course, day_zero + day + $last_day + 1 AS closes
    FROM (SELECT day_scores.*, course FROM day_scores ASOF JOIN visits
            ON day_scores.patient = visits.patient AND day_scores.day <= visit_day
          WHERE total > $over AND visit_day - day_scores.day <= $visit_within)
        JOIN persons USING (patient)
    WHERE NOT undated
),
-- The first of each measurement year (without a period: the first of all), and of these the one of the period.
indexes AS (
    SELECT * FROM candidates
    QUALIFY row_number() OVER (
        PARTITION BY patient, CASE WHEN $period_first IS NOT NULL THEN year(closes) END ORDER BY day) = 1
),
indexes_of_period AS (
    SELECT patient, day AS index_day, total AS index_total, course AS index_course, closes
    FROM indexes WHERE $period_first IS NULL OR closes BETWEEN $period_first::DATE AND $period_last::DATE
),
follow_ups AS (
    SELECT patient, arg_max(total, day) AS last_total
    FROM day_scores JOIN indexes_of_period USING (patient)
    WHERE day BETWEEN index_day + $first_day AND index_day + $last_day
    GROUP BY patient
),
deaths AS (
    SELECT patient, min(day) AS death_day
    FROM (SELECT patient, day FROM events JOIN people USING (patient_id) WHERE event = 'death'
          UNION ALL SELECT patient, last_known_day FROM persons WHERE is_dead AND last_known_day IS NOT NULL)
    GROUP BY patient
),
judged AS (
    SELECT patient, undated, index_day IS NOT NULL AS has_index,
        has_index AND (due_basis = 'assumed' OR coalesce(closes <= $data_cut::DATE, false)) AS is_started,
        coalesce(index_course, 1) AS course, index_total, last_total,
        coalesce(death_day <= index_day + $last_day, false) AS died
    FROM persons LEFT JOIN indexes_of_period USING (patient) LEFT JOIN follow_ups USING (patient)
        LEFT JOIN deaths USING (patient)
)
SELECT judged.*, courses.* EXCLUDE (patient, course),
    CASE WHEN NOT is_started THEN NULL
         WHEN diagnosis = $excluded THEN 'excluded_diagnosis'
         WHEN NOT list_contains($diagnoses, diagnosis) THEN 'other_diagnosis'
         WHEN age < $youngest THEN 'too_young'
         WHEN died THEN 'died' END AS exclusion,
    is_started AND exclusion IS NULL AS is_eligible,
    is_eligible AND last_total IS NOT NULL AS is_scored,
    is_scored AND last_total < $remission_below AS is_remission,
    is_scored AND 100 * (index_total - last_total) >= $response_percent * index_total AS is_response
FROM judged JOIN courses USING (patient, course)

-- Everybody who is followed up from an origin to an event: one row for each patient, in days since the origin.
-- Reads: courses, course_sessions, followed_scores, instruments, patients, events, and the origins asked for.
-- The names in braces are filled in from closed lists.
-- The first statement: people at the first session of their first course, eligible by the scale.
SELECT courses.*, first_day AS origin_day, baseline_sum, baseline_n, NULL::INTEGER AS origin_row
FROM courses JOIN baselines USING (patient, course) JOIN instruments USING (scale)
WHERE course = 1 AND NOT coalesce(prior_ketamine, false) AND scale = {scale}
    AND severity * (baseline_sum - entry_score * baseline_n) >= 0;

-- The second: people whose score at the end of loading is a response, at the day of that score.
SELECT courses.*, judged_scores.day AS origin_day, baseline_sum, baseline_n, judged_scores.row AS origin_row
FROM {picked} AS picked JOIN judged_scores USING (row, patient, course) JOIN courses USING (patient, course)
WHERE course = 1 AND NOT coalesce(prior_ketamine, false) AND number = {window} AND picked.response;

-- The third: how each of the people of {origins} was followed up.
WITH origins AS MATERIALIZED ({origins}),
later AS (
    SELECT patient, scores.day, scores.row, occasion_order, scores.course, session_number,
        severity * (total - remission_score) <= 0 AS is_remission,
        severity * (total - relapse_score) >= 0 AS is_over_relapse,
        -- Against the baseline of the first course, also in a later one: what comes after stopping is still looked at.
        CASE WHEN response_points IS NULL
            THEN 100 * severity * (baseline_sum - baseline_n * total) >= $response_percent * baseline_sum
            ELSE severity * (baseline_sum - baseline_n * total) >= response_points * baseline_n END AS is_response
    FROM followed_scores AS scores JOIN origins USING (patient) JOIN instruments USING (scale)
    WHERE scale = {scale} AND occasion_order < 3 AND {after_origin}
),
met AS (
    SELECT *, {meets} AS meets,
        count(*) FILTER (NOT ({meets})) OVER (
            PARTITION BY patient ORDER BY day, occasion_order, row ROWS UNBOUNDED PRECEDING) AS run
    FROM later
),
-- Meeting it once more in the same run: another assessment meets it, and none between does not.
meetings AS (
    SELECT patient, day, row, session_number,
        count(*) OVER (PARTITION BY patient, run ORDER BY day
            RANGE BETWEEN {confirm_first} FOLLOWING AND {confirm_last} FOLLOWING) > 0 AS is_confirmed
    FROM met WHERE meets
),
scored AS (
    SELECT patient, min(day) AS met_day, arg_min(session_number, (day, row)) AS met_session,
        arg_min(is_confirmed, (day, row)) AS met_confirmed
    FROM meetings WHERE {counts} GROUP BY patient
),
assessed AS (
    SELECT patient, max(day) AS last_assessed, max(session_number) AS last_assessed_session
    FROM later GROUP BY patient
),
-- What is a relapse in itself, and deaths, from the day of the origin on.
happened AS (
    SELECT patient, min(events.day) FILTER (list_contains($relapse_events, event) AND {is_relapse}
            AND events.day > origin_day) AS happened_day,
        min(events.day) FILTER (event = 'death' AND events.day >= origin_day) AS death_event_day
    FROM events JOIN origins USING (patient_id) GROUP BY patient
),
next_courses AS (SELECT patient, first_day AS next_first_day FROM courses WHERE course = 2),
told AS (
    SELECT origins.*, met_day, met_session, met_confirmed, happened_day, next_first_day,
        coalesce(last_assessed, origin_day) AS last_assessed, coalesce(last_assessed_session, 0) AS last_assessed_session,
        least(death_event_day,
            CASE WHEN outcome_of_care = 'died' AND patients.last_day >= origin_day THEN patients.last_day END) AS death_day,
        -- Known to have stopped: recorded so, no session for longer than a course may pause, or another treatment.
        CASE WHEN {care_ended} THEN greatest(patients.last_day, origins.last_day) + 1 END AS care_ended_from,
        CASE WHEN next_first_day IS NOT NULL OR due_basis = 'assumed'
                OR due_from + ({paused_from} - 1 - first_day) < $data_cut::DATE
            THEN least({paused_from}, next_first_day) END AS paused_from
    FROM origins LEFT JOIN scored USING (patient) LEFT JOIN assessed USING (patient) LEFT JOIN happened USING (patient)
        LEFT JOIN next_courses USING (patient) LEFT JOIN patients USING (patient_id)
),
ends AS (
    SELECT told.*, last_assessed + $known_days AS watched_until,
        -- Of both, the earlier; the greatest of a day and nothing would be that day.
        CASE WHEN coalesce(care_ended_from, paused_from) IS NOT NULL
            THEN greatest(least(care_ended_from, paused_from), origin_day) END AS stop_day,
        CASE WHEN care_ended_from <= coalesce(paused_from, care_ended_from) THEN care_ended_from - 1
            ELSE last_day END AS in_treatment_until
    FROM told
),
watched AS (
    SELECT * EXCLUDE (happened_day, death_day, stop_day),
        CASE WHEN happened_day <= watched_until THEN happened_day END AS happened_day,
        CASE WHEN death_day <= watched_until THEN death_day END AS death_day,
        -- Sessions are all recorded: who was watched while in treatment is known to have had none until it had stopped.
        CASE WHEN in_treatment_until <= watched_until THEN stop_day END AS stop_day
    FROM ends
),
left_ends AS (
    SELECT patient, max(met.day) AS not_met_day
    FROM met JOIN watched USING (patient) WHERE NOT meets AND met.day < coalesce(met_day, 2147483647) GROUP BY patient
)
SELECT watched.*, least(met_day, happened_day) AS event_day,
    coalesce(happened_day <= met_day, met_day IS NULL) AS is_in_itself,
    coalesce(not_met_day, origin_day) AS not_met_day
FROM watched LEFT JOIN left_ends USING (patient)

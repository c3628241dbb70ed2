-- Where everybody is on each day since the first session, as moves: who goes from which state to which on which day.
-- Reads: courses, judged_scores, baselines, instruments, people, patients, events. Days count from the first session.
-- The names in braces are filled in from closed lists. The first statement finds the starters and what is known of them:
CREATE OR REPLACE TEMP TABLE occupancy_starters AS
WITH deaths AS (
    SELECT patient, min(day) AS death_day FROM (
        SELECT patient_id, day FROM events WHERE event = 'death'
        UNION ALL
        SELECT patient_id, last_day FROM patients WHERE outcome_of_care = 'died'
    ) JOIN people USING (patient_id) GROUP BY patient
)
SELECT courses.patient, first_day, death_day - first_day AS death_day,
    CASE WHEN {care_ended} AND patients.last_day IS NOT NULL
        THEN greatest(patients.last_day, courses.first_day) - first_day + 1 END AS care_ended,
    -- With neither date nor year nobody's days are known to be over, and everybody counts as followed.
    CASE WHEN due_basis = 'assumed' THEN $last_day ELSE least($data_cut::DATE - due_from, $last_day) END AS followed_to,
    baseline_sum, baseline_n,
    CASE WHEN baseline_n IS NULL THEN 'no baseline'
         WHEN severity * (baseline_sum - entry_score * baseline_n) >= 0 THEN 'eligible' ELSE 'not eligible' END AS entry{groups}
FROM courses LEFT JOIN deaths USING (patient) LEFT JOIN patients ON patients.patient_id = courses.patient_id
    LEFT JOIN baselines ON baselines.patient = courses.patient AND baselines.course = 1 AND scale = {scale}
    CROSS JOIN (SELECT severity, entry_score FROM instruments WHERE scale = {scale})
WHERE courses.course = 1 AND NOT coalesce(courses.prior_ketamine, false) AND followed_to >= 0;

-- The days on which something changes. What somebody scored is judged by the baseline of the first course, also in a
-- later one: the state tells how they are compared with the day they started.
CREATE OR REPLACE TEMP TABLE occupancy_changes AS
WITH gains AS (
    SELECT scores.patient, scores.day - starters.first_day AS day, occasion_order, total,
        starters.baseline_sum, starters.baseline_n, severity, remission_score, response_points,
        severity * (starters.baseline_sum - starters.baseline_n * total) AS gained
    FROM judged_scores AS scores JOIN occupancy_starters AS starters USING (patient) JOIN instruments USING (scale)
    WHERE scale = {scale} AND entry = 'eligible' AND occasion_order < 3
        AND scores.day - starters.first_day BETWEEN 1 AND followed_to
),
judged AS (
    SELECT patient, day, occasion_order, CASE
        WHEN severity * (total - remission_score) <= 0 THEN {remitted}
        WHEN CASE WHEN response_points IS NULL THEN 100 * gained >= $response_percent * baseline_sum
            ELSE gained >= response_points * baseline_n END THEN {responded}
        WHEN response_points IS NULL AND 100 * gained >= $partial_percent * baseline_sum THEN {partial}
        ELSE {not_yet} END AS shown
    FROM gains
),
daily AS (
    -- The last score of a day counts; everybody who can respond begins on day 0 without having done so.
    SELECT patient, day, arg_max(shown, occasion_order) AS shown FROM judged GROUP BY patient, day
    UNION ALL
    SELECT patient, 0, {not_yet} FROM occupancy_starters WHERE entry = 'eligible'
),
known AS (
    SELECT patient, day, shown, lead(day) OVER (PARTITION BY patient ORDER BY day) AS next_day FROM daily
),
course_ends AS (
    SELECT patient, last_day AS course_last_day, lead(first_day) OVER (PARTITION BY patient ORDER BY course) AS returned
    FROM courses
),
stops AS (
    SELECT patient, {paused_from} - first_day AS stopped, returned - first_day AS returned
    FROM course_ends JOIN occupancy_starters USING (patient)
    WHERE returned IS NULL OR returned - course_last_day > $gap_days + 1
)
SELECT patient, day, shown, NULL::TINYINT AS stopped, false AS died FROM known
UNION ALL
SELECT patient, day + $known_days + 1, {not_known}, NULL, false FROM known
WHERE next_day IS NULL OR next_day > day + $known_days + 1
UNION ALL
SELECT patient, stopped, NULL, 1, false FROM stops
UNION ALL
SELECT patient, returned, NULL, 0, false FROM stops WHERE returned IS NOT NULL
UNION ALL
SELECT patient, care_ended, NULL, 1, false FROM occupancy_starters WHERE care_ended IS NOT NULL
UNION ALL
SELECT patient, greatest(death_day, 0), NULL, NULL, true FROM occupancy_starters WHERE death_day IS NOT NULL
UNION ALL
SELECT patient, 0, {not_known}, 0, false FROM occupancy_starters WHERE entry <> 'eligible';

-- The third counts the moves. Who is no longer followed moves to `ended` after the last day on which they were.
WITH by_day AS (
    SELECT patient, day, max(shown) AS shown, max(stopped) AS stopped, bool_or(died) AS died
    FROM occupancy_changes GROUP BY patient, day
),
running AS (
    SELECT patient, day,
        last_value(shown IGNORE NULLS) OVER to_day AS shown,
        coalesce(last_value(stopped IGNORE NULLS) OVER to_day, 0) AS stopped,
        bool_or(shown IN ({responded}, {remitted})) OVER to_day AS has_responded,
        bool_or(died) OVER to_day AS died
    FROM by_day
    WINDOW to_day AS (PARTITION BY patient ORDER BY day ROWS UNBOUNDED PRECEDING)
),
states AS (
    SELECT patient, day, CASE
        WHEN died THEN {died}
        WHEN stopped = 1 AND ({stopping_first} OR shown = {not_known}) THEN {stopped}
        WHEN has_responded AND shown IN ({partial}, {not_yet}) THEN {lost}
        ELSE shown END AS state
    FROM running
),
steps AS (
    SELECT patient, day, state, lag(state) OVER in_order AS state_before, lead(day) OVER in_order AS next_day
    FROM states WINDOW in_order AS (PARTITION BY patient ORDER BY day)
)
SELECT {listed}entry, day, coalesce(state_before, {start})::INTEGER AS before, state::INTEGER AS after, count(*) AS people
FROM steps JOIN occupancy_starters USING (patient)
WHERE day <= followed_to AND state_before IS DISTINCT FROM state GROUP BY ALL
UNION ALL
SELECT {listed}entry, followed_to, state::INTEGER, {ended}, count(*)
FROM steps JOIN occupancy_starters USING (patient)
WHERE day <= followed_to AND (next_day IS NULL OR next_day > followed_to) GROUP BY ALL

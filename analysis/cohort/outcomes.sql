-- From scores to outcomes: which session a score follows, each course's baseline, and response by the definitions.
-- Reads: scores, course_sessions, courses, instruments. Writes: followed_scores, baselines, outcomes.

-- A score follows the last treatment session on an earlier day, or on its own day if it is a `post` score.
-- Scores before any session belong to course 1 with session number 0; scores of people never treated are left out here
-- and counted as set aside.
CREATE TEMP TABLE followed_scores AS
WITH last_of_day AS (
    SELECT patient_id, day AS session_day, max_by(course, (course, session_number)) AS session_course,
        max_by(session_number, (course, session_number)) AS session_number,
        max_by(phase, (course, session_number)) AS session_phase, max_by(stage, (course, session_number)) AS session_stage
    FROM course_sessions GROUP BY patient_id, day
),
timed AS (
    SELECT scores.*, CASE WHEN occasion = 'post' THEN day ELSE day - 1 END AS follows_up_to
    FROM scores WHERE patient_id IN (SELECT patient_id FROM courses)
)
SELECT timed.* EXCLUDE (follows_up_to),
    -- Within a day: between, then pre, then post.
    CASE occasion WHEN 'between' THEN 1 WHEN 'pre' THEN 2 ELSE 3 END AS occasion_order,
    coalesce(session_course, 1) AS course, coalesce(session_number, 0) AS session_number, session_phase, session_stage
FROM timed ASOF LEFT JOIN last_of_day
    ON timed.patient_id = last_of_day.patient_id AND timed.follows_up_to >= last_of_day.session_day;

-- The baseline as a sum over a number of scores, so that the mean stays exact: total <= baseline is n*total <= sum.
CREATE TEMP TABLE baselines AS
WITH candidates AS (
    SELECT courses.patient_id, courses.course, followed_scores.instrument, total,
        (followed_scores.day, occasion_order) AS position
    FROM courses JOIN followed_scores ON courses.patient_id = followed_scores.patient_id
        AND followed_scores.day BETWEEN first_day - $baseline_days_before AND first_day AND occasion <> 'post'
)
SELECT patient_id, course, instrument,
    CASE $baseline_choose WHEN 'last' THEN arg_max(total, position) WHEN 'first' THEN arg_min(total, position)
        WHEN 'worst' THEN max(total) ELSE sum(total) END::INTEGER AS baseline_sum,
    CASE $baseline_choose WHEN 'mean' THEN count(*) ELSE 1 END::INTEGER AS baseline_n
FROM candidates GROUP BY patient_id, course, instrument;

CREATE TEMP TABLE outcomes AS
WITH joined AS (
    SELECT followed_scores.*, followed_scores.day - first_day AS course_day, first_maintenance_day,
        -- Loading goes on while a loading session is still to come: a score just before the closing session is in it.
        followed_scores.day - first_day < loading_closes_course_day OR session_number < last_loading_number AS in_loading,
        baseline_sum, baseline_n,
        entry_score, remission_max, reliable_change,
        instruments.recall_days AS instrument_recall_days, instruments.rater AS instrument_rater,
        baseline_sum >= entry_score * baseline_n AS eligible
    FROM followed_scores JOIN courses USING (patient_id, course) JOIN instruments USING (instrument)
        LEFT JOIN (SELECT patient_id, course, max(session_number) AS last_loading_number
                   FROM course_sessions WHERE phase = 'loading' GROUP BY patient_id, course) USING (patient_id, course)
        LEFT JOIN baselines USING (patient_id, course, instrument)
),
judged AS (
    SELECT *, coalesce(eligible, false) AND session_number > 0 AND baseline_sum > 0 AS judged,
        100 * (baseline_sum - baseline_n * total) AS percent_lost
    FROM joined
)
SELECT patient_id, course, instrument, day, occasion, total, course_day, session_number::INTEGER AS session_number,
    CASE WHEN session_number = 0 THEN 'before'
         WHEN session_phase <> 'loading' THEN session_phase
         WHEN in_loading THEN 'loading' ELSE 'after loading' END AS phase,
    CASE WHEN session_number = 0 THEN 'before'
         WHEN session_phase <> 'loading' THEN session_stage
         WHEN in_loading THEN 'loading' ELSE 'after loading' END AS stage,
    baseline_sum / baseline_n AS baseline,
    eligible,
    CASE WHEN session_number > 0 THEN total - baseline_sum / baseline_n END AS change,
    CASE WHEN session_number > 0 AND baseline_sum > 0 THEN 100.0 * (baseline_n * total - baseline_sum) / baseline_sum END AS percent_change,
    CASE WHEN judged THEN percent_lost >= $response_percent * baseline_sum END AS response,
    CASE WHEN judged THEN total <= remission_max END AS remission,
    CASE WHEN judged THEN percent_lost >= $partial_percent * baseline_sum
        AND percent_lost < $response_percent * baseline_sum END AS partial_response,
    CASE WHEN judged THEN baseline_sum - baseline_n * total >= reliable_change * baseline_n END AS reliable_improvement,
    CASE WHEN judged THEN baseline_n * total - baseline_sum >= reliable_change * baseline_n END AS reliable_deterioration,
    occasion_order, hours_after, coalesce(recall_days, instrument_recall_days) AS recall_days,
    coalesce(rater, instrument_rater) AS rater, items_answered, prorated
FROM judged;

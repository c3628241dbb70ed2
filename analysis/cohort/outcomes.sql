-- From scores to outcomes: which session a score follows, each course's baseline, and response by the definitions.
-- Reads: scores, people, course_sessions, courses, instruments. Writes: followed_scores, baselines, judged_scores, the
-- macro baseline_candidates, and the views derived_sessions and outcomes, which bring the remaining columns of the files
-- along only when asked.

-- A score follows the last treatment session on an earlier day, or on its own day if it is a `post` score.
-- Scores before any session belong to course 1 with session number 0; scores of people never treated are left out here
-- and counted as set aside.
CREATE TEMP TABLE followed_scores AS
WITH timed AS (
    SELECT scores.row, patient, scale, day, total, hours_after, scores.recall_days,
        -- Within a day: between, then pre, then post.
        CASE occasion WHEN 'between' THEN 1 WHEN 'pre' THEN 2 ELSE 3 END AS occasion_order,
        CASE WHEN occasion = 'post' THEN day ELSE day - 1 END AS follows_up_to
    FROM scores JOIN people USING (patient_id) JOIN instruments USING (instrument)
),
last_of_day AS (
    SELECT patient, day AS session_day, row AS session_row, course, session_number FROM course_sessions WHERE is_last_of_day
)
SELECT timed.* EXCLUDE (follows_up_to), session_row, session_day, coalesce(course, 1) AS course, coalesce(session_number, 0) AS session_number
FROM timed ASOF LEFT JOIN last_of_day
    ON timed.patient = last_of_day.patient AND timed.follows_up_to >= last_of_day.session_day;

-- The scores that may be a course's baseline, in their order.
CREATE TEMP MACRO baseline_candidates(days_before) AS TABLE
SELECT courses.patient, courses.course, scale, followed_scores.row, total, (followed_scores.day, occasion_order) AS position
FROM courses JOIN followed_scores ON courses.patient = followed_scores.patient
    AND followed_scores.day BETWEEN first_day - days_before AND first_day AND occasion_order < 3;

-- The baseline as a sum over a number of scores, so that the mean stays exact: total <= baseline is n*total <= sum.
-- The worst is the highest total, or the lowest where higher is better.
CREATE TEMP TABLE baselines AS
SELECT patient, course, scale,
    CASE $baseline_choose WHEN 'last' THEN arg_max(total, position) WHEN 'first' THEN arg_min(total, position)
        WHEN 'worst' THEN CASE WHEN any_value(severity) < 0 THEN min(total) ELSE max(total) END
        ELSE sum(total) END::INTEGER AS baseline_sum,
    CASE $baseline_choose WHEN 'mean' THEN count(*) ELSE 1 END::INTEGER AS baseline_n
FROM baseline_candidates($baseline_days_before) JOIN instruments USING (scale) GROUP BY patient, course, scale;

CREATE TEMP TABLE judged_scores AS
WITH joined AS (
    SELECT followed_scores.* EXCLUDE (recall_days), followed_scores.day - first_day AS course_day,
        first_day, last_loading_day, first_maintenance_day,
        -- Loading goes on while a loading session is still to come: a score just before the closing session is in it.
        coalesce(followed_scores.day - first_day < loading_closes_course_day, false)
            OR coalesce(session_number < last_loading_number, false) AS in_loading,
        baseline_sum, baseline_n,
        severity, remission_score, response_points, reliable_change,
        coalesce(followed_scores.recall_days, instruments.recall_days) AS recall_days,
        -- `severity` is 1 or, where higher is better, -1: turned round, more is worse on every scale.
        severity * (baseline_sum - entry_score * baseline_n) >= 0 AS eligible,
        -- The points gained since the baseline, times the number of its scores.
        severity * (baseline_sum - baseline_n * total) AS gained
    FROM followed_scores JOIN courses USING (patient, course) JOIN instruments USING (scale)
        LEFT JOIN baselines USING (patient, course, scale)
),
judged AS (
    SELECT *, coalesce(eligible, false) AND session_number > 0 AS judged FROM joined
)
SELECT row, session_row, session_day, patient, course, scale, day, occasion_order, total, hours_after, recall_days, course_day,
    session_number, in_loading, baseline_sum, baseline_n, eligible,
    first_day, last_loading_day, first_maintenance_day,
    CASE WHEN judged THEN CASE WHEN response_points IS NULL THEN 100 * gained >= $response_percent * baseline_sum
        ELSE gained >= response_points * baseline_n END END AS response,
    CASE WHEN judged THEN severity * (total - remission_score) <= 0 END AS remission,
    -- Shares of the baseline: a scale whose response is in points has no partial response.
    CASE WHEN judged AND response_points IS NULL THEN 100 * gained >= $partial_percent * baseline_sum
        AND 100 * gained < $response_percent * baseline_sum END AS partial_response,
    CASE WHEN judged THEN gained >= reliable_change * baseline_n END AS reliable_improvement,
    CASE WHEN judged THEN -gained >= reliable_change * baseline_n END AS reliable_deterioration,
    -- Of everybody with a baseline: who begins well has the most room to become worse.
    CASE WHEN session_number > 0 THEN -gained >= reliable_change * baseline_n END AS worsening
FROM judged;

CREATE TEMP VIEW derived_sessions AS
SELECT sessions.*, course, session_number, course_day, gap, phase_rule, phase, stage
FROM sessions JOIN course_sessions USING (row);

CREATE TEMP VIEW outcomes AS
SELECT scores.patient_id, judged.course, scores.instrument, judged.day, scores.occasion, judged.total, judged.course_day,
    judged.session_number,
    CASE WHEN judged.session_number = 0 THEN 'before'
         WHEN phase <> 'loading' THEN phase
         WHEN in_loading THEN 'loading' ELSE 'after loading' END AS phase,
    CASE WHEN judged.session_number = 0 THEN 'before'
         WHEN phase <> 'loading' THEN stage
         WHEN in_loading THEN 'loading' ELSE 'after loading' END AS stage,
    baseline_sum / baseline_n AS baseline,
    eligible,
    CASE WHEN judged.session_number > 0 THEN judged.total - baseline_sum / baseline_n END AS change,
    CASE WHEN judged.session_number > 0 AND baseline_sum > 0
        THEN 100.0 * (baseline_n * judged.total - baseline_sum) / baseline_sum END AS percent_change,
    response, remission, partial_response, reliable_improvement, reliable_deterioration, worsening,
    occasion_order, judged.hours_after, judged.recall_days,
    coalesce(scores.rater, instruments.rater) AS rater, items_answered, prorated
FROM judged_scores AS judged JOIN scores USING (row) JOIN instruments USING (scale)
    LEFT JOIN course_sessions ON course_sessions.row = session_row;

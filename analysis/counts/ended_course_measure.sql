-- One row per treated person: their first course, whether it is over, and its first and last scores on two scales.
-- Reads: courses, baselines, followed_scores. The scales' numbers are {depression} and {anxiety}.
WITH first_courses AS (
    SELECT *, due_from + (last_day - first_day) + $gap_days + 1 AS closes,
        $period_first IS NOT NULL AND (due_basis = 'assumed' OR (due_basis = 'year' AND $period_is_quarter)) AS undated
    FROM courses WHERE course = 1
),
last_scores AS (
    SELECT patient, scale, arg_max(total, (day, occasion_order)) AS last_total
    FROM followed_scores JOIN first_courses USING (patient, course)
    WHERE session_number > 0 AND occasion_order < 3 AND day <= last_day + $days_after
        AND scale IN ({depression}, {anxiety})
    GROUP BY patient, scale
),
-- What is known of each scale; the baseline is a sum over a number of scores, so that a mean stays exact.
scales AS (
    SELECT patient, scale, baseline_n, baseline_sum, last_total,
        CASE scale WHEN {depression} THEN $depression_case ELSE $anxiety_case END AS threshold,
        CASE scale WHEN {depression} THEN $depression_change ELSE $anxiety_change END AS reliable,
        baseline_sum >= threshold * baseline_n AS case_at_first,
        last_total < threshold AS below_at_last,
        baseline_sum - baseline_n * last_total >= reliable * baseline_n AS fell,
        baseline_n * last_total - baseline_sum >= reliable * baseline_n AS rose
    FROM (SELECT patient, scale, baseline_sum, baseline_n FROM baselines
          WHERE course = 1 AND scale IN ({depression}, {anxiety}))
        FULL JOIN last_scores USING (patient, scale)
),
-- True, false and unknown: one scale that is over its threshold makes a case, both must be known to make none.
judged AS (
    SELECT first_courses.*,
        one.case_at_first OR two.case_at_first AS is_case,
        one.below_at_last AND two.below_at_last AS is_below,
        (one.fell OR two.fell) AND NOT (one.rose OR two.rose) AS is_improved,
        (one.rose OR two.rose) AND NOT (one.fell OR two.fell) AS is_deteriorated
    FROM first_courses
        LEFT JOIN (SELECT * FROM scales WHERE scale = {depression}) AS one ON one.patient = first_courses.patient
        LEFT JOIN (SELECT * FROM scales WHERE scale = {anxiety}) AS two ON two.patient = first_courses.patient
)
SELECT *,
    $period_first IS NULL OR undated OR coalesce(closes BETWEEN $period_first::DATE AND $period_last::DATE, false) AS in_period,
    NOT undated AND in_period AND (due_basis = 'assumed' OR coalesce(closes <= $data_cut::DATE, false)) AS is_over,
    is_over AND sessions >= $least_sessions AS is_started,
    is_started AND (NOT $of_cases OR is_case IS DISTINCT FROM false) AS is_eligible,
    CASE $outcome WHEN 'recovery' THEN is_case AND is_below WHEN 'reliable_recovery' THEN is_case AND is_below AND is_improved
        WHEN 'reliable_improvement' THEN is_improved ELSE is_deteriorated END AS has_outcome
FROM judged

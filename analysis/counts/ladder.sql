-- The ladder of each window and group in whole numbers: treated, due, with baseline, eligible, scored, with an outcome.
-- Reads: courses, baselines, instruments, asked_windows and the scores picked for them.
-- The names in braces are filled in from closed lists. The first statement chooses the courses, with what concerns a scale:
SELECT courses.*, baseline_n IS NOT NULL AS has_baseline,
    coalesce(baseline_sum >= entry_score * baseline_n, false) AS is_over_entry,
    coalesce(prior_ketamine, false) AS prevalent,
    loading_status = 'completed' AS is_completed,
    -- A start year places nobody in a quarter, and no start at all nobody in any period.
    $period_first IS NOT NULL AND (due_basis = 'assumed' OR (due_basis = 'year' AND $period_is_quarter)) AS undated
FROM courses
LEFT JOIN (SELECT patient, course, baseline_sum, baseline_n FROM baselines WHERE scale = {scale}) USING (patient, course)
CROSS JOIN (SELECT entry_score FROM instruments WHERE scale = {scale})
WHERE {courses};

-- The second says on which rungs each row of {source} stands: everybody once for each window, or the scores picked.
SELECT *,
    due_basis = 'assumed' OR coalesce(due_date <= $data_cut::DATE, false) AS closed,
    closed AND NOT undated AND NOT prevalent AS is_started,
    is_started AND has_baseline AND is_over_entry AS is_eligible{groups}
FROM (
    SELECT *,
        -- A recorded loading phase may last longer than the rules allow; then its windows close later.
        due_from + CASE WHEN window_kind IN ('end', 'late', 'month') AND last_loading_day IS NOT NULL
            THEN greatest(due_day, last_loading_day - first_day + "last" + 1) ELSE due_day END AS due_date
    FROM {source}
)
WHERE undated OR $period_first IS NULL OR due_date BETWEEN $period_first::DATE AND $period_last::DATE

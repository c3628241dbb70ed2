-- The ladder of each window and group in whole numbers: treated, due, with baseline, eligible, scored, with an outcome.
-- Reads: courses, asked_windows, and the people and scores of outcome_sources.sql.
-- The names in braces are filled in from closed lists. The first statement chooses the courses, with who may have the outcome:
SELECT courses.*{also}, coalesce(has_baseline, false) AS has_baseline, coalesce(is_over_entry, false) AS is_over_entry,
    coalesce(prior_ketamine, false) AS prevalent,
    loading_status = 'completed' AS is_completed,
    -- A start year places nobody in a quarter, and no start at all nobody in any period.
    $period_first IS NOT NULL AND (due_basis = 'assumed' OR (due_basis = 'year' AND $period_is_quarter)) AS undated
FROM courses LEFT JOIN ({people}) USING (patient, course)
WHERE {courses};

-- The second says on which rungs each row of {source} stands: everybody once for each window, or the scores picked.
SELECT *,
    due_basis = 'assumed' OR coalesce(due_date <= $data_cut::DATE, false) AS closed,
    closed AND NOT undated AND NOT prevalent AS is_started,
    is_started AND has_baseline AND is_over_entry AS is_eligible{groups}
FROM (
    SELECT *,
        -- Loading may last longer than the usual rules allow: by the clinic's own label, or by a rule of the dataset's own.
        -- Then its windows close later.
        due_from + CASE WHEN window_kind IN ('end', 'late', 'month') AND last_loading_day IS NOT NULL
            THEN greatest(due_day, greatest(last_loading_day - first_day + 1, most_days) + "last") ELSE due_day END AS due_date
    FROM {source}
)
WHERE undated OR $period_first IS NULL OR due_date BETWEEN $period_first::DATE AND $period_last::DATE

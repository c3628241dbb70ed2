-- The ladder of each window and group in whole numbers: treated, due, with baseline, eligible, scored, responded.
-- The names in braces are filled in from closed lists: {window_scores}, {groups}, {group_names}, {outcome}, {courses}, {sums}.
WITH people AS (
    SELECT window_scores.*, {groups}
        courses.loading_status, due_from,
        coalesce(prior_ketamine, false) AS prevalent,
        -- A start year places nobody in a quarter, and no start at all nobody in any period.
        $period_first IS NOT NULL AND (due_basis = 'assumed' OR (due_basis = 'year' AND $period_is_quarter)) AS undated,
        due_basis = 'assumed' OR coalesce(due_from + due_day <= $data_cut::DATE, false) AS closed
    FROM {window_scores} AS window_scores JOIN courses USING (patient_id, course)
    WHERE {courses}
),
rungs AS (
    SELECT *, closed AND NOT undated AND NOT prevalent AS is_started,
        is_started AND has_baseline AS is_with_baseline,
        is_started AND eligible AS is_eligible,
        is_eligible AND has_score AS is_scored,
        is_scored AND coalesce({outcome}, false) AS has_outcome,
        loading_status = 'completed' AS is_completed
    FROM people
    WHERE undated OR $period_first IS NULL
        OR due_from + due_day BETWEEN $period_first::DATE AND $period_last::DATE
),
by_patient AS (
    SELECT {group_names} position, patient_id,
        count(*) AS treated,
        count(*) FILTER (prevalent) AS prior_ketamine,
        count(*) FILTER (NOT prevalent AND undated) AS undated,
        count(*) FILTER (NOT prevalent AND NOT undated AND NOT closed) AS not_due,
        count(*) FILTER (is_started) AS started,
        count(*) FILTER (is_with_baseline) AS with_baseline,
        count(*) FILTER (is_eligible) AS eligible,
        count(*) FILTER (is_scored) AS scored,
        count(*) FILTER (has_outcome) AS with_outcome,
        count(*) FILTER (is_scored AND is_completed) AS scored_completed,
        count(*) FILTER (has_outcome AND is_completed) AS with_outcome_completed,
        count(*) FILTER (is_started AND loading_status = 'completed') AS loading_completed,
        count(*) FILTER (is_started AND loading_status = 'stopped') AS loading_stopped,
        count(*) FILTER (is_started AND loading_status = 'open') AS loading_open,
        count(*) FILTER (is_started AND loading_status = 'unknown') AS loading_unknown,
        coalesce(sum(total_hundredths) FILTER (is_scored), 0) AS total_sum,
        coalesce(sum(total_hundredths * total_hundredths) FILTER (is_scored), 0) AS total_squares
    FROM rungs GROUP BY ALL
)
SELECT {group_names} position, {sums}
FROM by_patient GROUP BY ALL

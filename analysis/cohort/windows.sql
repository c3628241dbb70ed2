-- One score for each course and window, by a fixed rule, and the day on which the window is due.
-- Reads: asked_windows, courses, course_sessions, outcomes, baselines, instruments. One row per course and asked window.
WITH anchored AS (
    SELECT courses.patient_id, courses.course, asked.* EXCLUDE (due_day), first_maintenance_day,
        CASE WHEN asked.kind IN ('end', 'late', 'month') THEN last_loading_day
             WHEN asked.kind = 'session' THEN nth.day
             ELSE first_day END AS anchor_day,
        -- A recorded loading phase may last longer than the rules allow; then its windows close later.
        CASE WHEN asked.kind IN ('end', 'late', 'month') AND last_loading_day IS NOT NULL
             THEN greatest(asked.due_day, last_loading_day - first_day + asked.last + 1)
             ELSE asked.due_day END AS due_day
    FROM courses CROSS JOIN asked_windows AS asked
    LEFT JOIN course_sessions AS nth ON nth.patient_id = courses.patient_id AND nth.course = courses.course
        AND nth.session_number = asked.session_number AND nth.course_day <= asked.by_day
),
candidates AS (
    SELECT anchored.patient_id, anchored.course, anchored.window_name, outcomes.day, outcomes.total,
        response, remission, partial_response, reliable_improvement, reliable_deterioration,
        CASE WHEN anchored.kind = 'hours' THEN abs(hours_after - anchored.nearest)
             ELSE abs(outcomes.day - anchor_day - anchored.nearest) END AS distance,
        CASE WHEN anchored.kind = 'hours' THEN hours_after ELSE outcomes.day END AS earlier,
        -- Ties go to the earlier score, but after a session the latest is wanted.
        CASE WHEN anchored.kind = 'session' THEN -occasion_order ELSE occasion_order END AS tie
    FROM anchored JOIN outcomes ON outcomes.patient_id = anchored.patient_id AND outcomes.course = anchored.course
        AND outcomes.instrument = $instrument AND outcomes.session_number > 0
    WHERE CASE WHEN anchored.kind = 'hours'
        THEN outcomes.session_number = 1 AND hours_after BETWEEN anchored.first AND anchored.last
            AND recall_days <= $hours_recall_days
        ELSE anchored.kind <> 'baseline' AND occasion <> 'post'
            AND outcomes.day BETWEEN anchor_day + anchored.first AND anchor_day + anchored.last
            AND (anchored.kind <> 'session' OR outcomes.session_number = anchored.session_number)
            AND (anchored.kind NOT IN ('end', 'late') OR first_maintenance_day IS NULL
                 OR outcomes.day <= first_maintenance_day)
    END
),
picked AS (
    SELECT * FROM candidates
    QUALIFY row_number() OVER (PARTITION BY patient_id, course, window_name ORDER BY distance, earlier, day, tie) = 1
)
SELECT anchored.patient_id, anchored.course, window_name, anchored.position, due_day,
    baseline_n IS NOT NULL AS has_baseline,
    coalesce(baseline_sum >= entry_score * baseline_n, false) AS eligible,
    CASE WHEN kind = 'baseline' THEN baseline_n IS NOT NULL ELSE picked.day IS NOT NULL END AS has_score,
    -- In hundredths of a point: whole numbers add exactly, also when the baseline is a mean of several scores.
    CASE WHEN kind = 'baseline' THEN (100 * baseline_sum) // baseline_n ELSE 100 * total END AS total_hundredths,
    response, remission, partial_response, reliable_improvement, reliable_deterioration,
    kind = 'month' AND coalesce(first_maintenance_day < anchor_day + nearest, false) AS maintenance_given
FROM anchored
LEFT JOIN picked USING (patient_id, course, window_name)
LEFT JOIN baselines ON baselines.patient_id = anchored.patient_id AND baselines.course = anchored.course
    AND baselines.instrument = $instrument
LEFT JOIN instruments ON instruments.instrument = $instrument

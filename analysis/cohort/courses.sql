-- From treatment sessions to courses and phases.
-- Reads: sessions, patients, calendar, phase_rules. Writes: course_sessions (one row per treatment session), courses.
-- Everything looks only at the past: a session's phase depends on no later session.

CREATE TEMP TABLE course_sessions AS
WITH treatment AS (
    SELECT *, lag(day) OVER patient AS day_before, lag(treatment) OVER patient AS treatment_before
    FROM sessions
    WHERE status IN ('given', 'stopped-early')
    WINDOW patient AS (PARTITION BY patient_id ORDER BY day, sequence)
),
numbered AS (
    SELECT *, sum(starts_course::INTEGER) OVER (PARTITION BY patient_id ORDER BY day, sequence)::INTEGER AS course
    FROM (
        SELECT *,
            day_before IS NULL OR day - day_before > $gap_days OR treatment <> treatment_before AS starts_course
        FROM treatment
    )
),
in_course AS (
    SELECT *,
        row_number() OVER course_order::INTEGER AS session_number,
        day - first_value(day) OVER course_order AS course_day,
        day - lag(day) OVER course_order AS gap,
        first_value(treatment) OVER course_order AS first_treatment,
        first_value(route) OVER course_order AS first_route
    FROM numbered
    WINDOW course_order AS (PARTITION BY patient_id, course ORDER BY day, sequence)
),
ruled AS (
    SELECT in_course.*, coalesce(
        (SELECT arg_min(rule, position) FROM phase_rules
         WHERE phase_rules.treatment = first_treatment AND (phase_rules.route IS NULL OR phase_rules.route = first_route)),
        'recorded') AS phase_rule
    FROM in_course
),
phased AS (
    SELECT *, CASE
        WHEN phase_rule = 'series' THEN CASE
            WHEN bool_or(session_number > $series_loading_sessions OR course_day >= $series_loading_days
                         OR coalesce(gap > $series_loading_gap, false)) OVER course_order
            THEN 'maintenance' ELSE 'loading' END
        WHEN phase_rule = 'label' THEN CASE WHEN course_day < $label_loading_days THEN 'loading' ELSE 'maintenance' END
        ELSE coalesce(phase_recorded, 'unknown')
    END AS phase
    FROM ruled
    WINDOW course_order AS (PARTITION BY patient_id, course ORDER BY day, sequence)
)
SELECT * EXCLUDE (day_before, treatment_before, starts_course, first_treatment, first_route),
    CASE
        WHEN phase <> 'maintenance' THEN phase
        WHEN day - lag(day, $reloading_sessions - 1) OVER phase_order <= $reloading_days THEN 're-loading'
        WHEN phase_rule = 'label' AND course_day < $label_optimisation_days THEN 'optimisation'
        ELSE 'maintenance'
    END AS stage
FROM phased
WINDOW phase_order AS (PARTITION BY patient_id, course, phase ORDER BY day, sequence);

-- One row per course. The days of a course are the patient's days (0 = first recorded treatment), but for
-- loading_closes_course_day, which counts from the course's own first session.
CREATE TEMP TABLE courses AS
WITH summary AS (
    SELECT patient_id, course, any_value(phase_rule) AS phase_rule,
        any_value(treatment) AS treatment,
        arg_min(route, session_number) FILTER (session_number = 1) AS route,
        arg_min(clinic_id, session_number) FILTER (session_number = 1) AS session_clinic_id,
        min(day) AS first_day,
        max(day) AS last_day,
        count(*)::INTEGER AS sessions,
        count(*) FILTER (phase = 'loading')::INTEGER AS loading_sessions,
        count(*) FILTER (phase = 'maintenance')::INTEGER AS maintenance_sessions,
        max(day) FILTER (phase = 'loading') AS last_loading_day,
        min(day) FILTER (phase = 'maintenance') AS first_maintenance_day,
        min(course_day) FILTER (phase = 'loading' AND session_number = $series_loading_sessions) AS full_series_day,
        count(*) FILTER (route_changed)::INTEGER AS route_switches,
        count(*) FILTER (clinic_changed)::INTEGER AS clinic_switches
    FROM (
        SELECT *, coalesce(route <> lag(route) OVER course_order, false) AS route_changed,
            coalesce(clinic_id <> lag(clinic_id) OVER course_order, false) AS clinic_changed
        FROM course_sessions
        WINDOW course_order AS (PARTITION BY patient_id, course ORDER BY day, sequence)
    )
    GROUP BY patient_id, course
),
closing AS (
    SELECT *, CASE phase_rule
        WHEN 'series' THEN least(full_series_day, $series_loading_days, last_loading_day - first_day + $series_loading_gap + 1)
        WHEN 'label' THEN $label_loading_days
        ELSE CASE WHEN loading_sessions > 0
            THEN coalesce(first_maintenance_day, last_loading_day + $gap_days + 1) - first_day END
    END::INTEGER AS loading_closes_course_day,
    CASE phase_rule WHEN 'series' THEN $series_completed_sessions WHEN 'label' THEN $label_completed_sessions
        ELSE $recorded_completed_sessions END AS completed_sessions
    FROM summary
),
-- The date from which windows count: the course's first day where dates are known, else the latest it can have been.
dated AS (
    SELECT closing.*,
        coalesce(session_clinic_id, patients.clinic_id) AS clinic_id,
        patients.payer, patients.age, patients.sex, patients.diagnosis, patients.failed_trials,
        patients.race_ethnicity, patients.prior_ketamine, patients.start_year,
        CASE WHEN day0 IS NOT NULL THEN day0 + first_day
             WHEN patients.start_year IS NOT NULL THEN make_date(patients.start_year, 12, 31) + first_day
        END::DATE AS due_from,
        CASE WHEN day0 IS NOT NULL THEN 'date' WHEN patients.start_year IS NOT NULL THEN 'year' ELSE 'assumed' END AS due_basis
    FROM closing LEFT JOIN patients USING (patient_id) LEFT JOIN calendar USING (patient_id)
),
status AS (
    SELECT *, CASE
        WHEN loading_closes_course_day IS NULL THEN 'unknown'
        WHEN due_from + loading_closes_course_day > $data_cut::DATE THEN 'open'
        WHEN loading_sessions >= completed_sessions THEN 'completed'
        ELSE 'stopped'
    END AS loading_status
    FROM dated
)
SELECT patient_id, course,
    CASE WHEN course = 1 THEN 'first'
         WHEN loading_status IN ('completed', 'stopped') AND loading_sessions < $booster_below THEN 'booster'
         ELSE 'repeat' END AS kind,
    treatment, route, clinic_id, payer, phase_rule, first_day, last_day, sessions, loading_sessions, maintenance_sessions,
    last_loading_day, first_maintenance_day, loading_closes_course_day, loading_status, route_switches, clinic_switches,
    CASE WHEN due_basis = 'date' THEN due_from END AS start_date, due_from, due_basis,
    age, CASE WHEN age < 18 THEN 'under 18' WHEN age < 30 THEN '18 to 29' WHEN age < 45 THEN '30 to 44'
              WHEN age < 60 THEN '45 to 59' WHEN age < 75 THEN '60 to 74' WHEN age >= 75 THEN '75 and over' END AS age_band,
    sex, diagnosis, failed_trials, race_ethnicity, prior_ketamine, start_year
FROM status;

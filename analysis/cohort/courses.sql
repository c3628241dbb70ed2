-- From treatment sessions to courses and phases.
-- Reads: sessions, patients, calendar, phase_rules. Writes: people, kinds, course_sessions (one row per treatment session),
-- courses.
-- Everything looks only at the past: a session's phase depends on no later session.

-- Everybody in treatment and every kind of session, by number: whole numbers sort and join several times faster than texts.
CREATE TEMP TABLE people AS
SELECT patient_id, row_number() OVER (ORDER BY patient_id)::INTEGER AS patient
FROM (SELECT DISTINCT patient_id FROM sessions WHERE status IN ('given', 'stopped-early'));

CREATE TEMP TABLE kinds AS
SELECT row_number() OVER ()::INTEGER AS kind, treatment, route, clinic_id, phase_recorded,
    -- The first rule that fits, in the order of the definitions.
    coalesce((SELECT arg_min(rule, position) FROM phase_rules WHERE phase_rules.treatment = found.treatment
              AND (phase_rules.route IS NULL OR phase_rules.route = found.route)), 'recorded') AS phase_rule
FROM (SELECT DISTINCT treatment, route, clinic_id, phase_recorded FROM sessions
      WHERE status IN ('given', 'stopped-early')) AS found;

-- Sessions in each person's order, with what changed since the one before.
CREATE TEMP TABLE ordered_sessions AS
WITH ordered AS (
    SELECT sessions.row, patient, day, sequence, kind,
        row_number() OVER in_order AS place,
        lag(day) OVER in_order AS day_before,
        lag(kind) OVER in_order AS kind_before,
        lead(day) OVER in_order IS DISTINCT FROM day AS is_last_of_day
    FROM sessions JOIN people USING (patient_id) JOIN kinds ON sessions.treatment = kinds.treatment
        AND sessions.route IS NOT DISTINCT FROM kinds.route AND sessions.clinic_id IS NOT DISTINCT FROM kinds.clinic_id
        AND sessions.phase_recorded IS NOT DISTINCT FROM kinds.phase_recorded
    WHERE status IN ('given', 'stopped-early')
    WINDOW in_order AS (PARTITION BY patient ORDER BY day, sequence)
)
SELECT ordered.* EXCLUDE (day_before, kind_before), day - day_before AS days_since,
    day_before IS NULL OR day - day_before > $gap_days OR present.treatment <> past.treatment AS starts_course,
    present.route <> past.route AS other_route, present.clinic_id <> past.clinic_id AS other_clinic
FROM ordered JOIN kinds AS present USING (kind) LEFT JOIN kinds AS past ON past.kind = kind_before;

-- Where each course starts and ends, and its first gap that is too long for loading. There are ten times fewer courses
-- than sessions, so sessions take from here what their course began with.
CREATE TEMP TABLE course_starts AS
WITH starts AS (
    SELECT patient, place AS first_place, day AS first_day, kind AS first_kind,
        row_number() OVER in_order::INTEGER AS course,
        coalesce(lead(place) OVER in_order - 1, 9223372036854775807) AS last_place
    FROM ordered_sessions WHERE starts_course
    WINDOW in_order AS (PARTITION BY patient ORDER BY place)
),
long_gaps AS (
    SELECT patient, course, min(place) AS long_gap_place
    FROM (SELECT patient, place FROM ordered_sessions WHERE NOT starts_course AND days_since > $series_loading_gap) AS gaps
        JOIN starts USING (patient)
    WHERE place BETWEEN first_place AND last_place
    GROUP BY patient, course
)
SELECT starts.*, long_gap_place, phase_rule
FROM starts LEFT JOIN long_gaps USING (patient, course) JOIN kinds ON kind = first_kind;

CREATE TEMP TABLE course_sessions AS
WITH phased AS (
    SELECT sessions.*, course, starts.phase_rule, (place - first_place + 1)::INTEGER AS session_number, day - first_day AS course_day,
        CASE starts.phase_rule
        -- Once true, each of these stays true to the end of the course: a phase only looks back.
        WHEN 'series' THEN CASE
            WHEN session_number > $series_loading_sessions OR course_day >= $series_loading_days
                OR coalesce(place >= long_gap_place, false)
            THEN 'maintenance' ELSE 'loading' END
        WHEN 'label' THEN CASE WHEN course_day < $label_loading_days THEN 'loading' ELSE 'maintenance' END
        ELSE coalesce(phase_recorded, 'unknown')
    END AS phase
    FROM ordered_sessions AS sessions JOIN course_starts AS starts ON sessions.patient = starts.patient
        AND place BETWEEN first_place AND last_place
        JOIN kinds AS present ON present.kind = sessions.kind
),
reloading AS (
    SELECT row AS reloading_row FROM phased WHERE phase = 'maintenance'
    QUALIFY day - lag(day, $reloading_sessions - 1) OVER (PARTITION BY patient, course ORDER BY place) <= $reloading_days
)
SELECT row, patient, day, sequence, kind, course, session_number, course_day,
    CASE WHEN NOT starts_course THEN days_since END AS gap, phase_rule, phase,
    CASE
        WHEN phase <> 'maintenance' THEN phase
        WHEN reloading_row IS NOT NULL THEN 're-loading'
        WHEN phase_rule = 'label' AND course_day < $label_optimisation_days THEN 'optimisation'
        ELSE 'maintenance'
    END AS stage,
    NOT starts_course AND coalesce(other_route, false) AS route_changed,
    NOT starts_course AND coalesce(other_clinic, false) AS clinic_changed,
    is_last_of_day
FROM phased LEFT JOIN reloading ON row = reloading_row;

-- One row per course. The days of a course are the patient's days (0 = first recorded treatment), but for
-- loading_closes_course_day, which counts from the course's own first session.
CREATE TEMP TABLE courses AS
WITH summary AS (
    SELECT patient, course, any_value(phase_rule) AS phase_rule,
        any_value(kind) FILTER (session_number = 1) AS kind,
        min(day) AS first_day,
        max(day) AS last_day,
        count(*)::INTEGER AS sessions,
        count(*) FILTER (phase = 'loading')::INTEGER AS loading_sessions,
        count(*) FILTER (phase = 'maintenance')::INTEGER AS maintenance_sessions,
        max(day) FILTER (phase = 'loading') AS last_loading_day,
        max(session_number) FILTER (phase = 'loading') AS last_loading_number,
        min(day) FILTER (phase = 'maintenance') AS first_maintenance_day,
        min(course_day) FILTER (phase = 'loading' AND session_number = $series_loading_sessions) AS full_series_day,
        count(*) FILTER (route_changed)::INTEGER AS route_switches,
        count(*) FILTER (clinic_changed)::INTEGER AS clinic_switches
    FROM course_sessions
    GROUP BY patient, course
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
    SELECT closing.* EXCLUDE (kind), patient_id, kinds.treatment, kinds.route,
        coalesce(kinds.clinic_id, patients.clinic_id) AS clinic_id,
        patients.payer, patients.age, patients.sex, patients.diagnosis, patients.failed_trials,
        patients.race_ethnicity, patients.prior_ketamine, patients.start_year,
        CASE WHEN day0 IS NOT NULL THEN day0 + first_day
             WHEN patients.start_year IS NOT NULL THEN make_date(patients.start_year, 12, 31) + first_day
        END::DATE AS due_from,
        CASE WHEN day0 IS NOT NULL THEN 'date' WHEN patients.start_year IS NOT NULL THEN 'year' ELSE 'assumed' END AS due_basis
    FROM closing JOIN people USING (patient) JOIN kinds USING (kind) LEFT JOIN patients USING (patient_id) LEFT JOIN calendar USING (patient_id)
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
SELECT patient, patient_id, course,
    CASE WHEN course = 1 THEN 'first'
         WHEN loading_status IN ('completed', 'stopped') AND loading_sessions < $booster_below THEN 'booster'
         ELSE 'repeat' END AS kind,
    treatment, route, clinic_id, payer, phase_rule, first_day, last_day, sessions, loading_sessions, maintenance_sessions,
    last_loading_day, last_loading_number, first_maintenance_day, loading_closes_course_day, loading_status, route_switches, clinic_switches,
    CASE WHEN due_basis = 'date' THEN due_from END AS start_date, due_from, due_basis,
    age, CASE WHEN age < 18 THEN 'under 18' WHEN age < 30 THEN '18 to 29' WHEN age < 45 THEN '30 to 44'
              WHEN age < 60 THEN '45 to 59' WHEN age < 75 THEN '60 to 74' WHEN age >= 75 THEN '75 and over' END AS age_band,
    sex, diagnosis, failed_trials, race_ethnicity, prior_ketamine, start_year
FROM status;

-- From treatment sessions to courses and phases.
-- Reads: sessions, patients, calendar, phase_rules, phase_limits, maintenance_settings. Writes: people, kinds,
-- course_sessions (one row per treatment session), courses, and the view course_maintenance, worked out only when asked.
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

-- Where each course starts and ends, and where a limit of its phase rule ends its loading. There are ten times fewer
-- courses than sessions, so sessions take from here what their course began with.
CREATE TEMP TABLE course_starts AS
WITH starts AS (
    SELECT patient, place AS first_place, day AS first_day, kind AS first_kind,
        row_number() OVER in_order::INTEGER AS course,
        coalesce(lead(place) OVER in_order - 1, 9223372036854775807) AS last_place
    FROM ordered_sessions WHERE starts_course
    WINDOW in_order AS (PARTITION BY patient ORDER BY place)
),
limited AS (
    SELECT starts.*, phase_rule, most_sessions, most_days, most_gap, optimisation_days
    FROM starts JOIN kinds ON kind = first_kind JOIN phase_limits USING (phase_rule)
),
long_gaps AS (
    SELECT patient, course, min(place) AS long_gap_place
    FROM (SELECT patient, place, days_since FROM ordered_sessions
          WHERE NOT starts_course AND days_since > $shortest_loading_gap) AS gaps
        JOIN limited USING (patient)
    WHERE place BETWEEN first_place AND last_place AND days_since > most_gap
    GROUP BY patient, course
)
SELECT limited.* EXCLUDE (most_sessions, most_gap),
    -- The first place that is no longer loading by number or gap; limits that a rule does not have are missing.
    coalesce(least(first_place + most_sessions, long_gap_place), 9223372036854775807) AS maintenance_place
FROM limited LEFT JOIN long_gaps USING (patient, course);

CREATE TEMP TABLE course_sessions AS
WITH phased AS (
    SELECT sessions.*, course, starts.phase_rule, optimisation_days, (place - first_place + 1)::INTEGER AS session_number,
        day - first_day AS course_day,
        CASE
        -- Only the clinic's own label has no limit of days.
        WHEN most_days IS NULL THEN coalesce(phase_recorded, 'unknown')
        -- Once true, each of these stays true to the end of the course: a phase only looks back.
        WHEN place >= maintenance_place OR course_day >= most_days THEN 'maintenance'
        ELSE 'loading'
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
        WHEN course_day < optimisation_days THEN 'optimisation'
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
    SELECT patient, course,
        max(day) AS last_day,
        count(*)::INTEGER AS sessions,
        count(*) FILTER (phase = 'loading')::INTEGER AS loading_sessions,
        count(*) FILTER (phase = 'maintenance')::INTEGER AS maintenance_sessions,
        max(day) FILTER (phase = 'loading') AS last_loading_day,
        max(session_number) FILTER (phase = 'loading') AS last_loading_number,
        min(day) FILTER (phase = 'maintenance') AS first_maintenance_day,
        count(*) FILTER (route_changed)::INTEGER AS route_switches,
        count(*) FILTER (clinic_changed)::INTEGER AS clinic_switches
    FROM course_sessions
    GROUP BY patient, course
),
closing AS (
    SELECT summary.*, first_day, first_kind, phase_rule, phase_limits.most_days, completed_sessions,
        CASE WHEN loading_sessions = most_sessions THEN last_loading_day - first_day END AS full_series_day,
        CASE WHEN phase_limits.most_days IS NOT NULL THEN least(full_series_day, phase_limits.most_days, last_loading_day - first_day + most_gap + 1)
            WHEN loading_sessions > 0 THEN coalesce(first_maintenance_day, last_loading_day + $gap_days + 1) - first_day
        END::INTEGER AS loading_closes_course_day
    FROM summary JOIN course_starts USING (patient, course) JOIN phase_limits USING (phase_rule)
),
-- The date from which windows count: the course's first day where dates are known, else the latest it can have been.
dated AS (
    SELECT closing.* EXCLUDE (first_kind), patient_id, kinds.treatment, kinds.route,
        coalesce(kinds.clinic_id, patients.clinic_id) AS clinic_id,
        patients.payer, patients.age, patients.sex, patients.diagnosis, patients.failed_trials,
        patients.race_ethnicity, patients.prior_ketamine, patients.start_year,
        CASE WHEN day0 IS NOT NULL THEN day0 + first_day
             WHEN patients.start_year IS NOT NULL THEN make_date(patients.start_year, 12, 31) + first_day
        END::DATE AS due_from,
        CASE WHEN day0 IS NOT NULL THEN 'date' WHEN patients.start_year IS NOT NULL THEN 'year' ELSE 'assumed' END AS due_basis
    FROM closing JOIN people USING (patient) JOIN kinds ON kind = first_kind LEFT JOIN patients USING (patient_id) LEFT JOIN calendar USING (patient_id)
),
status AS (
    SELECT *, CASE
        WHEN loading_closes_course_day IS NULL THEN 'unknown'
        WHEN due_from + loading_closes_course_day > $data_cut::DATE THEN 'open'
        WHEN loading_sessions >= completed_sessions THEN 'completed'
        ELSE 'stopped'
    END AS loading_status,
    CASE
        WHEN loading_status = 'unknown' THEN CASE WHEN maintenance_sessions > 0 THEN 'no loading label' ELSE 'no label' END
        WHEN loading_status = 'open' THEN 'data cut'
        WHEN most_days IS NULL
            THEN CASE WHEN first_maintenance_day IS NULL THEN 'end of course' ELSE 'maintenance label' END
        WHEN loading_closes_course_day = full_series_day THEN 'number of sessions'
        WHEN loading_closes_course_day = most_days THEN 'day limit'
        ELSE 'gap'
    END AS loading_reason
    FROM dated
)
SELECT patient, patient_id, course,
    CASE WHEN course = 1 THEN 'first'
         WHEN loading_status IN ('completed', 'stopped') AND loading_sessions < $booster_below THEN 'booster'
         ELSE 'repeat' END AS kind,
    treatment, route, clinic_id, payer, phase_rule, first_day, last_day, sessions, loading_sessions, maintenance_sessions,
    last_loading_day, last_loading_number, first_maintenance_day, loading_closes_course_day,
    loading_status, loading_reason, route_switches, clinic_switches, most_days,
    CASE WHEN due_basis = 'date' THEN due_from END AS start_date, due_from, due_basis,
    age, CASE WHEN age < 18 THEN 'under 18' WHEN age < 30 THEN '18 to 29' WHEN age < 45 THEN '30 to 44'
              WHEN age < 60 THEN '45 to 59' WHEN age < 75 THEN '60 to 74' WHEN age >= 75 THEN '75 and over' END AS age_band,
    sex, diagnosis, failed_trials, race_ethnicity, prior_ketamine, start_year
FROM status;

-- How maintenance goes, one row for each course. Its gaps lie between two maintenance sessions with none of another or an
-- unknown phase between them; an episode of re-loading is a run of such sessions.
CREATE TEMP VIEW course_maintenance AS
WITH steps AS (
    SELECT patient, course, gap, stage = 're-loading' AS is_reloading,
        phase = 'maintenance' AND lag(phase) OVER in_order = 'maintenance' AS is_gap,
        coalesce(lag(stage) OVER in_order = 're-loading', false) AS was_reloading
    FROM course_sessions
    WINDOW in_order AS (PARTITION BY patient, course ORDER BY session_number)
),
paced AS (
    SELECT patient, course,
        count(*) FILTER (is_gap)::INTEGER AS maintenance_gaps,
        sum(gap) FILTER (is_gap)::INTEGER AS maintenance_days,
        median(gap) FILTER (is_gap) AS median_gap,
        max(gap) FILTER (is_gap) AS longest_gap,
        count(*) FILTER (is_reloading)::INTEGER AS reloading_sessions,
        count(*) FILTER (is_reloading AND NOT was_reloading)::INTEGER AS reloading_episodes
    FROM steps GROUP BY patient, course
)
SELECT patient, patient_id, course, maintenance_sessions,
    -- The clinic's own labels may come in any order; then nothing leads from loading to maintenance.
    CASE WHEN first_maintenance_day >= last_loading_day THEN first_maintenance_day - last_loading_day END AS days_to_maintenance,
    maintenance_gaps, maintenance_days, median_gap, longest_gap,
    month_days * maintenance_gaps / nullif(maintenance_days, 0) AS sessions_a_month,
    reloading_sessions, reloading_episodes
FROM courses JOIN paced USING (patient, course) CROSS JOIN maintenance_settings;

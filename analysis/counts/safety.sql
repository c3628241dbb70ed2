-- Treatment sessions with what was measured in them, and adverse events with the session they follow.
-- The names in braces are filled in from closed lists and whole numbers.

-- Every treatment session of every course. What is `so far` looks only at the past, the session itself included; the
-- milligrams are of the session's own treatment, in tenths, and unknown from the first dose that is not recorded on.
CREATE TEMP TABLE IF NOT EXISTS {sessions} AS
WITH begun AS (
    SELECT courses.*, min(first_day) OVER of_patient AS begun,
        coalesce(sum(sessions) OVER (of_patient ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING), 0)::BIGINT
            AS sessions_before
    FROM courses WINDOW of_patient AS (PARTITION BY patient ORDER BY course)
),
-- Only what the running sums need goes through their sort.
dosed AS (
    SELECT row, patient, day, course_sessions.sequence, treatment_number, round(10 * dose_mg)::BIGINT AS tenths
    FROM course_sessions JOIN (SELECT row, dose_mg FROM sessions) AS doses USING (row) JOIN kinds USING (kind)
        JOIN (SELECT treatment, min(kind) AS treatment_number FROM kinds GROUP BY treatment) AS numbered USING (treatment)
),
running AS (
    SELECT row, sum(tenths) OVER so_far AS tenths_so_far, count(tenths) OVER so_far = count(*) OVER so_far AS doses_known
    FROM dosed WINDOW so_far AS (PARTITION BY patient, treatment_number ORDER BY day, sequence)
),
given AS (
    SELECT {groups}course_sessions.patient, course_sessions.course, session_number, course_sessions.row,
        course_sessions.day, is_last_of_day, course_sessions.phase, kinds.treatment, coalesce(kinds.route, 'unknown') AS route,
        coalesce(kinds.clinic_id, courses.clinic_id, 'unknown') AS own_clinic,
        status = 'stopped-early' AS stopped, dose_mg, weight_kg,
        systolic_before, diastolic_before, systolic_peak, diastolic_peak, cadss_peak, sedation_peak, ready_min,
        coalesce(prior_ketamine, false) AS prevalent,
        sessions_before + session_number AS sessions_so_far,
        course_sessions.day - begun AS days_so_far, tenths_so_far, doses_known
    FROM course_sessions JOIN sessions USING (row) JOIN running USING (row) JOIN kinds ON course_sessions.kind = kinds.kind
        JOIN begun AS courses ON courses.patient = course_sessions.patient AND courses.course = course_sessions.course
)
SELECT *, {number_band} AS number_band, {dose_band} AS dose_band,
    CASE WHEN prevalent THEN 'prior ketamine' ELSE {sessions_band} END AS sessions_band,
    CASE WHEN prevalent THEN 'prior ketamine' WHEN treatment NOT IN ('ketamine', 'esketamine') THEN 'other treatment'
         WHEN NOT doses_known THEN 'unknown' ELSE treatment || ', ' || {mg_band} END AS mg_band,
    CASE WHEN prevalent THEN 'prior ketamine' ELSE {months_band} END AS months_band
FROM given;

-- Every adverse event of a person in treatment. It follows the last session up to its day, the last one of the day where
-- there were several; an event before any session follows none.
CREATE TEMP TABLE IF NOT EXISTS {events} AS
WITH found AS (
    SELECT people.patient, adverse_events.day, term, coalesce(severity, 'unknown') AS severity,
        CASE WHEN serious THEN 'serious' WHEN NOT serious THEN 'not serious' ELSE 'unknown' END AS seriousness,
        coalesce(source, 'unknown') AS source, adverse_events.sequence, onset_min, resolved_min
    FROM adverse_events JOIN people USING (patient_id)
),
last_of_day AS (SELECT patient AS of_patient, day AS session_day, row AS session_row FROM {sessions} WHERE is_last_of_day),
-- Nearly every event lies on the day of a session: only the others are looked for among the earlier days.
placed AS (
    SELECT * FROM found JOIN last_of_day ON patient = of_patient AND day = session_day
    UNION ALL
    SELECT * FROM (SELECT * FROM found ANTI JOIN last_of_day ON patient = of_patient AND day = session_day) AS others
        ASOF LEFT JOIN last_of_day ON others.patient = of_patient AND others.day >= session_day
)
SELECT placed.* EXCLUDE (of_patient, session_row), {groups_of_session}of_session.row, of_session.phase, of_session.route,
    of_session.dose_band, of_session.number_band, of_session.sessions_band, of_session.mg_band, of_session.months_band,
    of_session.ready_min,
    CASE WHEN placed.day = session_day THEN 'day of a session' ELSE 'later day' END AS timing
FROM placed LEFT JOIN {sessions} AS of_session ON of_session.row = session_row

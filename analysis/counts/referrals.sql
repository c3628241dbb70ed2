-- How far each referral led, and why no further. Reads: referrals, patients, people, courses. Writes: referral_paths.
-- A referral leads to the first course that begins on its date or later; without dates to the person's first course.
CREATE TEMP TABLE IF NOT EXISTS referral_paths AS
WITH linked AS (
    SELECT referrals.row, min(course) AS course
    FROM referrals JOIN people USING (patient_id) JOIN courses USING (patient)
    WHERE referrals.date IS NULL OR start_date IS NULL OR start_date >= referrals.date
    GROUP BY referrals.row
),
joined AS (
    SELECT referrals.row, referrals.date AS referred_on, coalesce(year(referrals.date), referrals.start_year) AS referred_year,
        evaluated, suitable, reason_not_treated, wait_days, source,
        people.patient IS NOT NULL AND linked.course IS NULL AS is_in_treatment, linked.course IS NOT NULL AS is_started,
        loading_status, maintenance_sessions, start_date, due_from, first_day, last_loading_day,
        coalesce(referrals.payer, patients.payer) AS payer, coalesce(referrals.clinic_id, courses.clinic_id) AS clinic_id,
        patients.race_ethnicity, patients.sex, patients.diagnosis,
        -- Of several referrals of a person that lead to one course, or to none, the first counts.
        row_number() OVER (PARTITION BY coalesce(referrals.patient_id, referral_id), referrals.patient_id IS NULL, linked.course
            ORDER BY referrals.date NULLS LAST, referrals.row) AS place
    FROM referrals LEFT JOIN patients USING (patient_id) LEFT JOIN people USING (patient_id) LEFT JOIN linked ON linked.row = referrals.row
        LEFT JOIN courses ON courses.patient = people.patient AND courses.course = linked.course
)
SELECT *, CASE WHEN is_in_treatment THEN 'in_treatment' WHEN place > 1 THEN 'again' ELSE 'first' END AS counted,
    -- What came later also happened: who had a first session was evaluated, whatever is recorded.
    CASE WHEN NOT is_started THEN CASE WHEN suitable THEN 2 WHEN evaluated OR suitable IS NOT NULL THEN 1 ELSE 0 END
         WHEN loading_status <> 'completed' THEN 3
         WHEN maintenance_sessions = 0 THEN 4
         ELSE 5 END AS reached,
    CASE WHEN NOT is_started THEN coalesce(reason_not_treated, CASE WHEN suitable = false THEN 'unsuitable' ELSE 'waiting' END)
         WHEN loading_status <> 'completed' THEN 'loading_' || loading_status
         WHEN maintenance_sessions = 0
            -- A later session would begin another course, so that the course has no maintenance any more.
            THEN CASE WHEN due_from + (last_loading_day - first_day) + $gap_days >= $data_cut::DATE THEN 'maintenance_open'
                 ELSE 'no_maintenance' END
         ELSE '' END AS reason,
    -- The days that somebody waited for the first session, or has waited so far.
    CASE WHEN is_started THEN coalesce(wait_days, start_date - referred_on)
         WHEN reason = 'waiting' AND referred_on <= $data_cut::DATE THEN $data_cut::DATE - referred_on END AS days
FROM joined

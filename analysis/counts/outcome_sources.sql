-- Of whom an outcome is asked (`people`: has_baseline, is_over_entry) and by which scores (`scores`: patient, course, the
-- window's number, total_hundredths, and what is true or false). The names in braces are filled in from closed lists.

-- People of one scale: the eligible have a baseline at or over the entry score.
SELECT patient, course, true AS has_baseline, severity * (baseline_sum - entry_score * baseline_n) >= 0 AS is_over_entry
FROM baselines JOIN instruments USING (scale) WHERE scale = {scale};

-- Everybody with a baseline, whatever it is.
SELECT patient, course, true AS has_baseline, true AS is_over_entry FROM baselines WHERE scale = {scale};

-- People of two scales: known to be a case on either, or known to be one on neither.
SELECT patient, course, true AS has_baseline, bool_or(severity * (baseline_sum - caseness * baseline_n) >= 0) AS is_over_entry
FROM baselines JOIN {caseness} USING (scale) JOIN instruments USING (scale)
GROUP BY patient, course HAVING is_over_entry OR count(*) = 2;

-- A response in two windows, of those scored in both. Were one that failed enough to make it false, those scored only
-- once would nearly all count as failures.
SELECT later.patient, later.course, later.number, later.total_hundredths,
    earlier.response AND later.response AS sustained_response
FROM {picked} AS later JOIN {windows_before} ON later.number = windows_before.number
    JOIN {picked} AS earlier ON earlier.patient = later.patient AND earlier.course = later.course
        AND earlier.number = windows_before.number_before;

-- Recovery on two scales, of those scored on both: a case on neither any more. Reliable, of those with both baselines:
-- also improved reliably on one, and on neither become reliably worse.
SELECT * FROM (
    SELECT patient, course, number, max(total_hundredths) FILTER (scale = {scale}) AS total_hundredths,
        bool_and(severity * (total_hundredths - 100 * caseness) < 0) AS recovery,
        CASE WHEN count(baseline_n) = 2
            THEN recovery AND bool_or(gained >= least_change) AND NOT bool_or(-gained >= least_change)
        END AS reliable_recovery
    FROM (
        SELECT picked.*, caseness, severity, baseline_n,
            severity * (100 * baseline_sum - baseline_n * total_hundredths) AS gained,
            100 * reliable_change * baseline_n AS least_change
        FROM ({picked_of_both}) AS picked JOIN {caseness} USING (scale) JOIN instruments USING (scale)
            LEFT JOIN baselines USING (patient, course, scale)
    )
    GROUP BY patient, course, number HAVING count(*) = 2
) WHERE {is_true} IS NOT NULL

-- Days and assessments of eligible people in each window, by what was last known of them before the day.
-- Reads: courses, asked_windows, judged_scores, and the people of outcome_sources.sql. Names in braces are filled in from
-- closed lists.
WITH chosen AS ({chosen}),
-- The days of each person's window; who has no last loading session has none. End of loading ends with maintenance.
people AS (
    SELECT {groups}patient, number, window_name, window_anchor + "first" AS opens,
        CASE WHEN window_kind IN ('end', 'late') THEN least(window_anchor + "last", coalesce(first_maintenance_day, window_anchor + "last"))
            ELSE window_anchor + "last" END AS shuts
    FROM (SELECT *, CASE window_kind WHEN 'day' THEN first_day ELSE last_loading_day END AS window_anchor FROM ({rungs}))
    WHERE is_eligible AND window_anchor IS NOT NULL
),
-- One score for a day: the last of it.
day_scores AS (
    SELECT patient, day, arg_max(has, occasion_order) AS has
    FROM (
        SELECT patient, day, occasion_order, {is_true} AS has
        FROM (SELECT *, 100 * total::BIGINT AS total_hundredths FROM judged_scores
              WHERE scale = {scale} AND course = 1 AND session_number > 0 AND occasion_order < 3)
    )
    WHERE has IS NOT NULL GROUP BY patient, day
),
-- From each score to the next, and from the first session to the first score: what is known stays the same.
stretches AS (
    SELECT patient, has AS state, day AS known_from, lead(day) OVER in_order AS next_day, lead(has) OVER in_order AS next_has
    FROM day_scores WINDOW in_order AS (PARTITION BY patient ORDER BY day)
    UNION ALL
    SELECT courses.patient, NULL, first_day, next_day, next_has
    FROM courses LEFT JOIN (SELECT patient, min(day) AS next_day, arg_min(has, day) AS next_has FROM day_scores GROUP BY patient)
            AS first_scores ON first_scores.patient = courses.patient
    WHERE course = 1
),
crossed AS (
    SELECT {groups}people.patient, number, window_name, state, next_has,
        greatest(opens, known_from + 1) AS from_day,
        least(shuts, coalesce(next_day, shuts)) AS to_day,
        known_from + {recent_days} AS recent_to,
        coalesce(next_day BETWEEN opens AND shuts, false) AS is_seen,
        next_day
    FROM people JOIN stretches ON stretches.patient = people.patient
        AND known_from < shuts AND coalesce(next_day, shuts) >= opens
    WHERE opens <= shuts
),
split AS (
    SELECT *,
        greatest(0, least(to_day, recent_to) - from_day + 1) AS recent_days,
        greatest(0, to_day - greatest(from_day, recent_to + 1) + 1) AS old_days,
        greatest(0, to_day - from_day + 1) AS all_days,
        next_day <= recent_to AS is_recent
    FROM crossed
),
persons AS (
    SELECT {groups}patient, number, window_name,
        coalesce(sum(all_days) FILTER (state IS NULL), 0)::BIGINT AS days_none,
        coalesce(sum(recent_days) FILTER (state), 0)::BIGINT AS days_with_recent,
        coalesce(sum(old_days) FILTER (state), 0)::BIGINT AS days_with_old,
        coalesce(sum(recent_days) FILTER (NOT state), 0)::BIGINT AS days_without_recent,
        coalesce(sum(old_days) FILTER (NOT state), 0)::BIGINT AS days_without_old,
        count(*) FILTER (is_seen AND state IS NULL) AS seen_none,
        count(*) FILTER (is_seen AND state AND is_recent) AS seen_with_recent,
        count(*) FILTER (is_seen AND state AND NOT is_recent) AS seen_with_old,
        count(*) FILTER (is_seen AND NOT state AND is_recent) AS seen_without_recent,
        count(*) FILTER (is_seen AND NOT state AND NOT is_recent) AS seen_without_old,
        count(*) FILTER (is_seen AND next_has AND state IS NULL) AS had_none,
        count(*) FILTER (is_seen AND next_has AND state AND is_recent) AS had_with_recent,
        count(*) FILTER (is_seen AND next_has AND state AND NOT is_recent) AS had_with_old,
        count(*) FILTER (is_seen AND next_has AND NOT state AND is_recent) AS had_without_recent,
        count(*) FILTER (is_seen AND next_has AND NOT state AND NOT is_recent) AS had_without_old
    FROM split GROUP BY ALL
)
SELECT {keys}, count(*)::BIGINT AS people, {sums} FROM persons GROUP BY {keys}

-- Answers to single items, before treatment and in windows. Item columns are read here only, and only of the scores that
-- count. The names in braces are filled in from closed lists.

-- The first statement writes asked_answers: of each course and item the answers of its baseline (their sum and number; none
-- where one of them is missing: an answer is never filled in), and those of the score picked in each window.
CREATE OR REPLACE TEMP TABLE asked_answers AS
WITH baseline_rows AS (
    SELECT patient, course, row
    FROM baseline_candidates($baseline_days_before) JOIN instruments USING (scale) WHERE scale = {scale}
    QUALIFY $baseline_choose = 'mean' OR row_number() OVER (PARTITION BY patient, course ORDER BY
        CASE $baseline_choose WHEN 'worst' THEN severity * total END DESC,
        CASE $baseline_choose WHEN 'first' THEN position END, position DESC) = 1
),
picked_rows AS (
    SELECT patient, course, number, row FROM {picked} WHERE number IN (SELECT number FROM asked_windows)
),
read_rows AS (
    SELECT row, total{columns} FROM scores
    WHERE row IN (SELECT row FROM baseline_rows UNION ALL SELECT row FROM picked_rows)
),
answers AS (
    SELECT row, item, {answer} AS answer FROM read_rows CROSS JOIN (SELECT unnest({items}) AS item)
)
SELECT patient, course, NULL AS number, item, sum(answer)::INTEGER AS answer, count(*)::INTEGER AS answers
FROM baseline_rows JOIN answers USING (row) GROUP BY patient, course, item HAVING count(answer) = count(*)
UNION ALL
SELECT patient, course, number, item, answer, 1 FROM picked_rows JOIN answers USING (row) WHERE answer IS NOT NULL;

-- People by item and change: who has an answer before treatment, and who has room for the change.
SELECT patient, course, item, change, answer IS NOT NULL AS has_baseline,
    CASE change WHEN 'improvement' THEN severity * (answer - best * answers) ELSE severity * (worst * answers - answer) END
        >= least_change * answers AS is_over_entry
FROM courses CROSS JOIN {item_rules} LEFT JOIN (FROM asked_answers WHERE number IS NULL) USING (patient, course, item);

-- Scores by item and change: whether the answer in the window is that much better or worse.
SELECT later.patient, later.course, later.number, item, change, 0 AS total_hundredths,
    CASE change WHEN 'improvement' THEN 1 ELSE -1 END * severity * (before.answer - before.answers * later.answer)
        >= least_change * before.answers AS changed
FROM asked_answers AS later JOIN asked_answers AS before USING (patient, course, item) JOIN {item_rules} USING (item)
WHERE before.number IS NULL AND later.number IS NOT NULL;

-- Everybody who started, by what was answered to one item before treatment and in each window.
SELECT patient, course, number, window_name, {keys}
    CASE WHEN before.answer = {best} * answers THEN 'none' WHEN before.answer IS NULL THEN 'unknown' ELSE 'some' END AS "before",
    CASE WHEN later.answer = {best} THEN 'none' WHEN later.answer IS NULL THEN 'unknown' ELSE 'some' END AS "after"
FROM ({rungs}) AS rungs
    LEFT JOIN (SELECT patient, course, answer, answers FROM asked_answers WHERE number IS NULL) AS before
        USING (patient, course)
    LEFT JOIN (SELECT patient, course, number, answer FROM asked_answers) AS later USING (patient, course, number)
WHERE is_started

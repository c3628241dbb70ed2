"""The scores of each eligible person in some windows: rows, for what counts cannot tell; bounded, and never let out.

Multiple imputation draws each person's missing scores from that person's others, so it needs the scores themselves.
They stay in memory, in the order of the patients' names, so that neither partitions nor the order of rows leave a
trace. All other estimates are made of counts.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analysis.cohort.cohort import Cohort
from analysis.cohort.statements import run_statement, sql_statements
from analysis.cohort.windows import Window
from analysis.counts.groups import groups_in_sql
from analysis.counts.ladder import Question
from analysis.counts.outcome_kinds import outcome_kind
from analysis.counts.outcome_sources import outcome_source
from analysis.counts.rung_counts import period_values
from analysis.vocabulary.errors import CallError

MOST_PEOPLE = 1_000_000


@dataclass(frozen=True, eq=False, repr=False)
class PersonScores:
    """The people eligible in any window of a question, one row each, and their scores in these and other windows.

    Attributes
    ----------
    people : DataFrame
        ``patient_id``, the groups, ``baseline_sum, baseline_n`` (the baseline is their ratio) and ``has_stopped``
        (loading ended early), in the order of ``patient_id``.
    windows : tuple of Window
    totals : array
        People x windows: the score picked where the window has closed, else NaN.
    counts_in : bool array
        People x windows: eligible, and the window closes in the question's period.
    has_left : bool array
        People x windows: no score of the instrument in the course from the window's first day on.
    """

    people: pd.DataFrame
    windows: tuple[Window, ...]
    totals: NDArray[np.float64]
    counts_in: NDArray[np.bool_]
    has_left: NDArray[np.bool_]

    def __repr__(self) -> str:
        return f"Scores of {len(self.people):,} people in {len(self.windows)} windows"


def read_person_scores(
    cohort: Cohort, question: Question, *, windows: Sequence[Window], groups: Sequence[str]
) -> PersonScores:
    """Read the scores of everybody who is eligible in any window of a question.

    Parameters
    ----------
    cohort : Cohort
    question : Question
        Says who is eligible, in which windows and which period; of an outcome that one score decides.
    windows : sequence of Window
        Whose scores are wanted: those of the question, and others.
    groups : sequence of str
        What is wanted of each person, from `analysis.counts.groups.GROUPS`; none that changes from window to window.

    Returns
    -------
    PersonScores

    Raises
    ------
    CallError
        When there are more than a million people.
    """
    frames: list[pd.DataFrame] = []
    for part in cohort.parts():
        frames.append(_of_part(part, question, windows, groups))
        if sum(map(len, frames)) > MOST_PEOPLE:
            raise CallError(
                f"imputation: it reads the scores of each person, of up to {MOST_PEOPLE:,} people; here are more. Name "
                "methods without 'imputed' and 'model', or ask for a period or a narrower dataset."
            )
    together = pd.concat(frames, ignore_index=True).sort_values("patient_id", ignore_index=True)
    names = list(together.columns[: -3 * len(windows)])
    columns = {name: [f"{name}_{k}" for k in range(len(windows))] for name in ("total", "counts_in", "has_left")}
    totals = together[columns["total"]].to_numpy("float64", na_value=np.nan) / 100
    counts_in, has_left = (together[columns[name]].to_numpy(dtype=bool) for name in ("counts_in", "has_left"))
    return PersonScores(together[names], tuple(windows), totals, counts_in, has_left)


def _of_part(part: Cohort, question: Question, windows: Sequence[Window], groups: Sequence[str]) -> pd.DataFrame:
    kind = outcome_kind(question.outcome, part.definitions.instruments[question.instrument])
    source = outcome_source(part, kind, question.instrument, tuple(windows))
    chosen, rungs = sql_statements("ladder.sql", "analysis.counts")
    chosen = chosen.format(people=source.people, courses="course = 1", also="")
    levels = groups_in_sql(groups, part, question.instrument)
    everybody = rungs.format(source="chosen CROSS JOIN asked_windows", groups=levels)
    scores = f"({source.scores}) JOIN asked_windows USING (number) JOIN chosen USING (patient, course)"
    scored = rungs.format(source=scores, groups="")
    numbers = [part.window_number(each) for each in windows]
    asked = ", ".join(str(part.window_number(each)) for each in question.windows)
    known = "".join(f", any_value(group_{name}) AS {name}" for name in groups)
    wide = ", ".join(f"max(total_hundredths) FILTER (number = {each}) AS total_{k}" for k, each in enumerate(numbers))
    flags = ", ".join(f"bool_or(number = {each}) AS counts_in_{k}" for k, each in enumerate(numbers))
    left = ", ".join(
        f"coalesce(bool_or(number = {each} AND coalesce(last_score_day < opens, true)), true) AS has_left_{k}"
        for k, each in enumerate(numbers)
    )
    scale = part.scale_number(question.instrument)
    # Who counts in is asked for the period; what is known of them, whenever it was.
    counted = f"""
        WITH chosen AS ({chosen})
        SELECT patient, {flags} FROM ({everybody}) WHERE is_eligible GROUP BY patient
        HAVING bool_or(number IN ({asked}))"""
    known_of = f"""
        WITH chosen AS ({chosen})
        SELECT patient, any_value(patient_id) AS patient_id{known}, any_value(baseline_sum) AS baseline_sum,
            any_value(baseline_n) AS baseline_n, coalesce(any_value(loading_status) = 'stopped', false) AS has_stopped
        FROM ({everybody})
            JOIN (SELECT patient, course, baseline_sum, baseline_n FROM baselines WHERE scale = {scale})
                USING (patient, course)
        WHERE is_eligible GROUP BY patient"""
    of_scores = f"""
        WITH chosen AS ({chosen})
        SELECT patient, {wide} FROM ({scored}) WHERE is_eligible GROUP BY patient"""
    # A score of a session's own day was taken before it, and who never had the session was last there at the last one.
    of_leaving = f"""
        WITH sessions_had AS (
            SELECT patient, session_number, day AS session_day FROM course_sessions WHERE course = 1
        ),
        opening AS (
            SELECT patient, number, CASE window_kind
                WHEN 'session' THEN coalesce(session_day, last_day) + 1
                WHEN 'hours' THEN first_day
                WHEN 'day' THEN first_day + "first" WHEN 'by' THEN first_day + "first"
                ELSE last_loading_day + "first" END AS opens
            FROM (SELECT * FROM courses WHERE course = 1) CROSS JOIN asked_windows
                LEFT JOIN sessions_had USING (patient, session_number)
        ),
        last_scores AS (
            SELECT patient, max(day) AS last_score_day FROM judged_scores
            WHERE scale = {scale} AND course = 1 AND session_number > 0 AND occasion_order < 3 GROUP BY patient
        )
        SELECT patient, {left} FROM opening LEFT JOIN last_scores USING (patient) GROUP BY patient"""
    always = period_values(part, None)
    people, totals, leaving = (
        run_statement(part.connection, statement, always).df() for statement in (known_of, of_scores, of_leaving)
    )
    inside = run_statement(part.connection, counted, period_values(part, question.period)).df()
    found = inside[["patient"]].merge(people, on="patient", validate="one_to_one")
    found = found.merge(totals, on="patient", how="left", validate="one_to_one")
    found = found.merge(inside, on="patient", validate="one_to_one")
    return found.merge(leaving, on="patient", validate="one_to_one").drop(columns="patient")

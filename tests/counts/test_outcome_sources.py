"""The people and scores of an outcome: only what was asked, whatever was picked before."""

import pytest

from analysis.cohort.windows import parse_window
from analysis.counts.outcome_kinds import outcome_kind
from analysis.counts.outcome_sources import outcome_source

MONTH = "month 1 after loading"


@pytest.mark.parametrize("outcome", ["response", "worsening", "sustained_response", "recovery", "reliable_recovery"])
def test_scores_are_one_for_each_course_and_window(demo_cohort, outcome):
    definitions = demo_cohort.definitions
    windows = (parse_window(MONTH, definitions), parse_window("month 2 after loading", definitions))
    kind = outcome_kind(outcome, definitions.instruments["PHQ-9"])
    source = outcome_source(demo_cohort, kind, "PHQ-9", windows)
    count = f"SELECT count(*), count(DISTINCT (patient, course, number)), count({kind.is_true}) FROM ({source.scores})"
    asked = f"{count} WHERE number IN (SELECT number FROM asked_windows)"
    rows, distinct, _ = demo_cohort.connection.execute(asked).fetchone()
    assert rows == distinct > 0
    people = f"SELECT count(*), count(DISTINCT (patient, course)), bool_and(has_baseline) FROM ({source.people})"
    rows, distinct, all_have_one = demo_cohort.connection.execute(people).fetchone()
    assert rows == distinct > 0
    assert all_have_one


def test_the_windows_asked_are_left_for_the_ladder(demo_cohort):
    window = parse_window(MONTH, demo_cohort.definitions)
    kind = outcome_kind("sustained_response", demo_cohort.definitions.instruments["PHQ-9"])
    outcome_source(demo_cohort, kind, "PHQ-9", (window,))
    asked = demo_cohort.connection.execute("SELECT window_name FROM asked_windows").fetchall()
    assert asked == [(MONTH,)]

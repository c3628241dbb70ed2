"""The rungs of any question: people and scores of the caller's own, under keys of the caller's own."""

from analysis.cohort.windows import parse_window
from analysis.counts.rung_counts import OutcomeSource, count_rungs

PEOPLE = """
    SELECT patient, course, colour, true AS has_baseline, colour = 'red' AS is_over_entry
    FROM courses CROSS JOIN (VALUES ('red'), ('blue')) AS colours(colour)
"""


def test_keys_of_the_question_itself_are_counted_apart(demo_cohort):
    window = parse_window("end of loading", demo_cohort.definitions)
    demo_cohort.ask_windows([window])
    number = demo_cohort.window_number(window)
    constants = f"1 AS course, {number} AS number, 'red' AS colour, 0 AS total_hundredths, true AS seen"
    scores = f"SELECT patient, {constants} FROM people"
    found = count_rungs(
        demo_cohort,
        OutcomeSource(PEOPLE, scores),
        {"seen": "seen"},
        instrument="PHQ-9",
        by=(),
        period=None,
        also=("colour",),
    ).set_index("colour")
    assert found.loc["red", "started"] == found.loc["blue", "started"] > 0
    assert found.loc["red", "eligible"] == found.loc["red", "scored"] == found.loc["red", "seen_count"]
    assert found.loc["red", "eligible"] == found.loc["red", "started"]
    assert (found.loc["blue", ["eligible", "scored", "seen_count"]] == 0).all()

"""What a response early on says about later: who stands in which cell."""

import pytest

from analysis.disclosure.suppression import disclose
from analysis.estimate.early_response import early_response
from analysis.vocabulary.errors import CallError

LOADING = (0, 3, 7, 10)


def loading(*names: str) -> str:
    return "\n".join(["patient_id | day", *(f"{name} | {day}" for name in names for day in LOADING)])


SCORES = """
    patient_id | day | total
    both       |   0 |    20
    both       |   3 |    10
    both       |  17 |     5
    early      |   0 |    20
    early      |   7 |     9
    early      |  17 |    11
    later      |   0 |    20
    later      |   3 |     2
    later      |   7 |    15
    later      |  17 |     8
    neither    |   0 |    20
    neither    |   7 |    19
    neither    |  17 |    18
    unseen     |   0 |    20
    unseen     |   7 |     2
    late       |   0 |    20
    late       |  17 |     2
    low        |   0 |     9
    low        |   7 |     1
    low        |  17 |     1
    """
FOUR = SCORES.split("    unseen", maxsplit=1)[0].rstrip()
NAMES = ("both", "early", "later", "neither", "unseen", "late", "low")


def test_the_four_cells_of_those_scored_in_both(cohort_of, same):
    """`later` had responded on day 3, but not by its last score of the first week."""
    table = early_response(
        cohort_of(loading(*NAMES), SCORES), instrument="PHQ-9", window="end of loading", early="by day 7"
    )
    same(
        table,
        """
        early    | both | early_only | later_only | neither | started | eligible | scored
        by day 7 |    1 |          1 |          1 |       1 |       7 |        6 |      4
        by day 7 |    1 |          1 |          1 |       1 |       7 |        6 |      4
        by day 7 |    1 |          1 |          1 |       1 |       7 |        6 |      4
        by day 7 |    1 |          1 |          1 |       1 |       7 |        6 |      4
        """,
    )


def test_each_share_has_its_people(cohort_of, same):
    names = NAMES[:4]
    more = "\n".join(
        f"{name}{number} | {day} | {total}"
        for name, number, seen in (
            ("both", 2, (20, 10, 5)), ("both", 3, (20, 9, 9)), ("later", 2, (20, 15, 3)), ("neither", 2, (20, 20, 20)),
        )
        for day, total in zip((0, 7, 17), seen, strict=True)
    )  # fmt: skip
    cohort = cohort_of(loading(*names, "both2", "both3", "later2", "neither2"), f"{FOUR}\n{more}")
    table = early_response(cohort, instrument="PHQ-9", window="end of loading", early="by day 7")
    same(
        table,
        """
        estimand                                         | numerator | denominator | estimate
        responds later, of early responders              |         3 |           4 | 0.75
        does not respond later, of the others            |         2 |           4 | 0.5
        had responded early, of later responders         |         3 |           5 | 0.6
        had not responded early, of later non-responders |         2 |           3 | 0.67
        """,
    )


def test_no_score_is_compared_with_itself(cohort_of, same):
    """The score of day 20 is the last by day 28 and the one at the end of loading."""
    cohort = cohort_of(loading("P1"), "patient_id | day | total \n P1 | 0 | 20 \n P1 | 20 | 5")
    table = early_response(cohort, instrument="PHQ-9", window="end of loading", early="by day 28")
    assert table["scored"].tolist() == [0] * 4
    assert set(table["status"]) == {"empty"}


def test_every_group_is_there(demo_cohort):
    table = early_response(demo_cohort, instrument="PHQ-9", by="route", early=["by day 7", "by day 28"])
    assert len(table) == 3 * 2 * 4
    whole = early_response(demo_cohort, instrument="PHQ-9", early=["by day 7", "by day 28"])
    cells = ["both", "early_only", "later_only", "neither", "scored", "started"]
    added = table.groupby(["early", "estimand"])[cells].sum()
    assert (added == whole.set_index(["early", "estimand"])[cells].sort_index()).all(axis=None)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"early": "after session 1"}, "'after session 1' is not a window by a day"),
        ({"window": "by day 7", "early": "by day 28"}, "'by day 7' does not come after 'by day 28'"),
        ({"early": ()}, "name at least one window"),
    ],
)
def test_what_makes_no_sense_is_refused(demo_cohort, options, words):
    with pytest.raises(CallError, match=words):
        early_response(demo_cohort, **{"instrument": "PHQ-9"} | options)


def test_it_is_not_disclosed(demo_cohort):
    with pytest.raises(CallError, match="all four cells"):
        disclose(early_response(demo_cohort, instrument="PHQ-9"))

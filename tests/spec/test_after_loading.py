"""Maintenance after a response: who is in which group at the landmark, and who responds again."""

import pytest

from analysis.counts.engine import count_all
from analysis.counts.landmark_tally import LandmarkTally
from analysis.disclosure.suppression import disclose
from analysis.estimate.maintenance_landmark import maintenance_landmark
from analysis.estimate.maintenance_trial import MaintenanceWarning
from analysis.estimate.response_again import response_again
from analysis.vocabulary.errors import CallError
from analysis.vocabulary.relapse_rule import RelapseRule

LOADING = (0, 3, 7, 10)
"""It closes on day 21, 11 days after the last."""


def sessions(**more: tuple[int, ...]) -> str:
    rows = [f"{name} | {day}" for name, later in more.items() for day in (*LOADING, *later)]
    return "\n".join(["patient_id | day", *rows])


def scores(**later: dict[int, int]) -> str:
    rows = [
        f"{name} | {day} | {total}" for name, seen in later.items() for day, total in ({0: 20, 17: 8} | seen).items()
    ]
    return "\n".join(["patient_id | day | total", *rows])


def test_the_landmark_groups_by_what_had_come_by_then_and_looks_only_after_it(cohort_of, same):
    """Of 14 days: day 35. What happens on it is not after it; who is last seen on it is still at risk on it."""
    cohort = cohort_of(
        sessions(by=(35,), later=(36,), never=(), gone=(30,), that_day=(30,), seen=(30,), unseen=(30,)),
        scores(
            by={50: 12}, later={60: 12}, never={70: 5}, gone={34: 12}, that_day={35: 12}, seen={35: 8}, unseen={34: 8}
        ),
    )
    (found,) = count_all(cohort, [LandmarkTally("lost response", "PHQ-9", 14, RelapseRule())])
    same(
        found,
        """
        maintenance         | strategy         | end         | time | people
        maintenance by then | treatment-policy | event       |   15 |      1
        maintenance by then | treatment-policy | censored    |    0 |      1
        none by then        | treatment-policy | event       |   25 |      1
        none by then        | treatment-policy | censored    |   35 |      1
        gone before         | treatment-policy | gone before |    0 |      3
        """,
    )
    with pytest.warns(MaintenanceWarning, match="no effect of maintenance"):
        result = maintenance_landmark(cohort, within=14, fewest=1)
    assert "7 in response at the end of loading; 3 of them" in result.notes[0]
    assert set(result.risk["origin"]) == {"14 days after loading closed"}


def test_a_landmark_after_all_data_leaves_nobody_and_says_so(cohort_of):
    with pytest.warns(MaintenanceWarning):
        result = maintenance_landmark(cohort_of(sessions(P1=()), scores(P1={40: 5})), within=200)
    assert result.table["status"].tolist() == ["empty"] * len(result.table)
    assert "1 in response at the end of loading; 1 of them" in result.notes[0]


def test_responding_again_after_re_loading_and_after_a_booster(cohort_of, same):
    """Three sessions within ten days are a re-loading; a course of one session is a booster."""
    again = (41, 44, 47)
    cohort = cohort_of(
        sessions(yes=again, no=again, unseen=again, before=(25, 28, 31), boosted=(150,), lost_only=()),
        scores(
            yes={40: 12, 60: 12, 70: 10}, no={40: 12, 60: 5, 82: 11, 83: 2}, unseen={40: 12},
            before={40: 12, 45: 5}, boosted={40: 12, 150: 3, 160: 9}, lost_only={40: 12},
        ),
    )  # fmt: skip
    same(
        response_again(cohort),
        """
        after      | estimand      | numerator | denominator | lost_response | treated | scored | responded
        re-loading | treated again |         3 |           6 |             6 |       3 |      2 |         1
        re-loading | observed      |         1 |           2 |             6 |       3 |      2 |         1
        re-loading | nonresponder  |         1 |           3 |             6 |       3 |      2 |         1
        booster    | treated again |         1 |           6 |             6 |       1 |      1 |         1
        booster    | observed      |         1 |           1 |             6 |       1 |      1 |         1
        booster    | nonresponder  |         1 |           1 |             6 |       1 |      1 |         1
        """,
    )


def test_without_anybody_who_lost_response_the_shares_are_empty(cohort_of):
    table = response_again(cohort_of(sessions(P1=()), scores(P1={40: 5})))
    assert set(table["status"]) == {"empty"}


@pytest.mark.parametrize(
    ("call", "options", "words"),
    [
        (maintenance_landmark, {"within": 13}, "within: a whole number of days from 14 to 365"),
        (maintenance_landmark, {"event": "response"}, "'response' is counted from 'first session'"),
        (maintenance_landmark, {"fewest": 0}, "fewest: at least 1"),
        (response_again, {"within": 0}, "within: a whole number of days from 1 to 365"),
        (response_again, {"instrument": "PHQ9"}, "PHQ9"),
    ],
)
def test_what_makes_no_sense_is_refused(demo_cohort, call, options, words):
    with pytest.raises(CallError, match=words):
        call(demo_cohort, **options)


def test_the_landmark_can_be_disclosed_and_responding_again_cannot(demo_cohort):
    with pytest.warns(MaintenanceWarning):
        curves = maintenance_landmark(demo_cohort)
    shown = disclose(curves.table).table
    assert (shown["numerator"].dropna() == 0).any()
    assert not shown["numerator"].between(1, 10).any()
    with pytest.raises(CallError, match="there are no rules"):
        disclose(response_again(demo_cohort))

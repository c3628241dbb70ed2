"""The ladder: treated, started, baseline, eligible, scored, responded; each step down with its reason."""

import pytest

from analysis.estimate.flow import flow
from analysis.estimate.rates import response_rates

CUT = "2026-06-30"


def ten_patients() -> dict[str, str]:
    """Draw one patient for every way down the ladder; 4 sessions complete their loading, 1 session does not."""
    sessions = ["patient_id | day | date"]
    for name in ("prior", "nobase", "below", "unseen", "notresp", "half", "remitted"):
        sessions += [f"{name} | {day} | 2026-01-{day + 1:02}" for day in (0, 3, 7, 10)]
    sessions += ["stopped | 0 | 2026-01-01", "stoppedun | 0 | 2026-01-01", "notdue | 0 | 2026-06-01"]
    scores = """
        patient_id | day | total
        prior      |   0 |    20
        prior      |  17 |     5
        notdue     |   0 |    20
        notdue     |  17 |     5
        nobase     |  17 |     5
        below      |   0 |     9
        below      |  17 |     2
        unseen     |   0 |    20
        unseen     |   5 |     5
        notresp    |   0 |    20
        notresp    |  17 |    15
        half       |   0 |    10
        half       |  17 |     5
        remitted   |   0 |    20
        remitted   |  17 |     3
        stopped    |   0 |    20
        stopped    |   8 |     8
        stoppedun  |   0 |    20
    """
    patients = """
        patient_id | prior_ketamine
        prior      | true
        notdue     | false
        nobase     | false
        below      |
        unseen     |
        notresp    |
        half       |
        remitted   |
        stopped    |
        stoppedun  |
    """
    return {"sessions": "\n".join(sessions), "scores": scores, "patients": patients}


@pytest.fixture
def cohort(cohort_of):
    return cohort_of(**ten_patients(), data_cut=CUT)


def test_every_rung_is_the_rung_before_less_the_reasons_between(cohort, same):
    same(
        flow(cohort, instrument="PHQ-9", window="end of loading"),
        """
        kind   | name              | count
        rung   | treated           |    10
        reason | prior_ketamine    |     1
        reason | not_due           |     1
        rung   | started           |     8
        reason | no_baseline       |     1
        rung   | baseline          |     7
        reason | below_entry       |     1
        rung   | eligible          |     6
        reason | not_scored        |     2
        rung   | scored            |     4
        reason | not_responded     |     1
        rung   | responded         |     3
        branch | loading_completed |     6
        branch | loading_stopped   |     2
        branch | loading_open      |     0
        branch | loading_unknown   |     0
    """,
    )


def test_the_flow_runs_down_in_the_order_of_the_ladder(cohort):
    table = flow(cohort, instrument="PHQ-9", window="end of loading").sort_values("step")
    rungs = table.loc[table["kind"] == "rung", "name"].tolist()
    assert rungs == ["treated", "started", "baseline", "eligible", "scored", "responded"]


def test_observed_nonresponder_starters_and_completers_differ_in_their_denominators_only(cohort, same):
    """Of 3 responders one had stopped loading, so that 2 of 3 seen who completed it responded."""
    rates = response_rates(
        cohort,
        instrument="PHQ-9",
        window="end of loading",
        denominator=("observed", "nonresponder", "starters", "completers"),
    )
    same(
        rates,
        """
        estimand     | numerator | denominator | estimate | started | with_baseline | eligible | scored | status
        observed     |         3 |           4 |     0.75 |       8 |             7 |        6 |      4 | ok
        nonresponder |         3 |           6 |      0.5 |       8 |             7 |        6 |      4 | ok
        starters     |         3 |           8 |     0.38 |       8 |             7 |        6 |      4 | ok
        completers   |         2 |           3 |     0.67 |       8 |             7 |        6 |      4 | ok
    """,
    )
    assert rates["estimand"].tolist() == ["observed", "nonresponder", "starters", "completers"]


def test_every_outcome_has_the_same_scored_and_its_own_numerator(cohort):
    numerators = {
        "response": 3,
        "remission": 1,
        "partial_response": 1,
        "reliable_improvement": 2,
        "reliable_deterioration": 0,
    }
    for outcome, numerator in numerators.items():
        rates = response_rates(cohort, instrument="PHQ-9", window="end of loading", outcome=outcome)
        assert (rates["numerator"].item(), rates["denominator"].item()) == (numerator, 4), outcome


def test_the_interval_is_wilsons(cohort, same):
    """3 of 4: 30.1 to 95.4 %."""
    rates = response_rates(cohort, instrument="PHQ-9", window="end of loading")
    assert rates["low"].item() == pytest.approx(0.3006, abs=5e-5)
    assert rates["high"].item() == pytest.approx(0.9544, abs=5e-5)


def test_prior_ketamine_is_counted_apart_only_where_it_is_known_to_be_true(cohort_of, same):
    cohort = cohort_of(
        "patient_id | day \n yes | 0 \n no | 0 \n empty | 0",
        patients="patient_id | prior_ketamine \n yes | true \n no | false \n empty |",
    )
    table = flow(cohort, instrument="PHQ-9", window="end of loading")
    same(
        table[table["name"].isin(["treated", "prior_ketamine", "started"])],
        """
        name           | count
        treated        |     3
        prior_ketamine |     1
        started        |     2
    """,
    )


def test_observed_with_nobody_scored_is_empty_and_not_0(cohort_of, same):
    cohort = cohort_of("patient_id | day \n P1 | 0", "patient_id | day | total \n P1 | 0 | 20")
    rates = response_rates(
        cohort, instrument="PHQ-9", window="end of loading", denominator=("observed", "nonresponder", "completers")
    )
    same(
        rates,
        """
        estimand     | numerator | denominator | estimate | low | high | status
        observed     |         0 |           0 |          |     |      | empty
        nonresponder |         0 |           1 |        0 |   0 | 0.79 | ok
        completers   |         0 |           0 |          |     |      | empty
    """,
    )


def test_a_group_in_which_nobody_is_due_is_kept_and_empty(cohort_of, same):
    cohort = cohort_of(
        """
        patient_id | day | date       | route | clinic_id
        P1         |   0 | 2026-01-01 | iv    | north
        P2         |   0 | 2026-06-01 | im    | south
        """,
        "patient_id | day | total \n P1 | 0 | 20 \n P1 | 7 | 8",
        data_cut=CUT,
    )
    same(
        response_rates(cohort, instrument="PHQ-9", window="end of loading", by=("route",)),
        """
        route | numerator | denominator | started | status
        iv    |         1 |           1 |       1 | ok
        im    |         0 |           0 |       0 | empty
    """,
    )
    table = flow(cohort, instrument="PHQ-9", window="end of loading", by=("clinic_id",))
    same(
        table[table["name"].isin(["treated", "not_due", "started"])],
        """
        clinic_id | name    | count
        north     | treated |     1
        north     | not_due |     0
        north     | started |     1
        south     | treated |     1
        south     | not_due |     1
        south     | started |     0
    """,
    )


def test_only_the_first_course_counts_unless_all_are_asked_for(cohort_of, same):
    cohort = cohort_of(
        """
        patient_id | day
        P1         |   0
        P1         |   3
        P1         | 200
        P1         | 203
        P1         | 207
        P2         |   0
        """,
        """
        patient_id | day | total
        P1         |   0 |    20
        P1         |  10 |    18
        P1         | 200 |    20
        P1         | 214 |     6
        P2         |   0 |    20
        P2         |   7 |     6
        """,
    )
    same(
        response_rates(cohort, instrument="PHQ-9", window="end of loading"),
        """
        numerator | denominator | started
                1 |           2 |       2
    """,
    )
    same(
        response_rates(cohort, instrument="PHQ-9", window="end of loading", courses="all"),
        """
        numerator | denominator | started
                2 |           3 |       3
    """,
    )


def test_several_windows_come_in_the_order_in_which_they_are_asked_for(cohort_of):
    cohort = cohort_of(**ten_patients(), data_cut="2030-12-31")
    rates = response_rates(
        cohort,
        instrument="PHQ-9",
        window=("month 1 after loading", "end of loading"),
        denominator=("starters", "observed"),
    )
    assert list(zip(rates["window"], rates["estimand"], strict=True)) == [
        ("month 1 after loading", "starters"),
        ("month 1 after loading", "observed"),
        ("end of loading", "starters"),
        ("end of loading", "observed"),
    ]


def test_months_split_by_whether_a_maintenance_session_had_been_given_before_their_nearest_day(cohort_of, same):
    """Month 1 is nearest to 30 days after the last loading session, which is day 33 here."""
    cohort = cohort_of(
        """
        patient_id | day
        none       |   0
        none       |   3
        day-32     |   0
        day-32     |   3
        day-32     |  32
        day-33     |   0
        day-33     |   3
        day-33     |  33
        """,
        """
        patient_id | day | total
        none       |   0 |    20
        none       |  33 |    18
        day-32     |   0 |    20
        day-32     |  33 |     8
        day-33     |   0 |    20
        day-33     |  33 |     8
        """,
    )
    table = response_rates(cohort, instrument="PHQ-9", window="month 1 after loading", by=("maintenance",))
    same(
        table,
        """
        maintenance | numerator | denominator | started
        not given   |         1 |           2 |       2
        given       |         1 |           1 |       1
    """,
    )

"""Measures modelled on HEDIS DRR-E and CMS159: what followed the first high PHQ-9 that goes with a treatment session.

Each drawn person is one case and has a clinic of their own, so that a result by clinic is a result by person.
"""

import pytest
from measure_decks import each_person, given_on

from analysis.cohort.cohort import derive
from analysis.estimate.measures import measure
from analysis.intake.dataset import open_dataset
from analysis.intake.partition import partition_dataset

YEARS = ("2023", "2024", "2025", "2026")

FOLLOW_UP = """
    patient_id | day | total
    index-9    |   0 |     9
    index-9    | 180 |     2
    index-10   |   0 |    10
    index-10   | 180 |     2
    day-119    |   0 |    20
    day-119    | 119 |     2
    day-120    |   0 |    20
    day-120    | 120 |     2
    day-240    |   0 |    20
    day-240    | 240 |     2
    day-241    |   0 |    20
    day-241    | 241 |     2
    relapsed   |   0 |    20
    relapsed   | 130 |     2
    relapsed   | 230 |    15
    gotwell    |   0 |    20
    gotwell    | 130 |    15
    gotwell    | 230 |     4
    afterit    |   0 |    20
    afterit    | 230 |    15
    afterit    | 250 |     2
    unseen     |   0 |    20
    five       |   0 |    20
    five       | 180 |     5
    half       |   0 |    20
    half       | 180 |    10
    overhalf   |   0 |    20
    overhalf   | 180 |    11
    half-of-11 |   0 |    11
    half-of-11 | 180 |     6
"""


def test_drr_e_takes_the_last_score_of_days_120_to_240_and_keeps_who_has_none(cohort_of, same):
    """Everyone is treated on day 0, the day of the index score."""
    cohort = cohort_of(given_on("0", FOLLOW_UP), FOLLOW_UP)
    same(
        each_person(measure(cohort, "hedis-drr-e", by="clinic_id")),
        """
        patient_id | counted | scored | follow_up | remission | response
        index-9    | false   | false  | false     | false     | false
        index-10   | true    | true   | true      | true      | true
        day-119    | true    | false  | false     | false     | false
        day-120    | true    | true   | true      | true      | true
        day-240    | true    | true   | true      | true      | true
        day-241    | true    | false  | false     | false     | false
        relapsed   | true    | true   | true      | false     | false
        gotwell    | true    | true   | true      | true      | true
        afterit    | true    | true   | true      | false     | false
        unseen     | true    | false  | false     | false     | false
        five       | true    | true   | true      | false     | true
        half       | true    | true   | true      | false     | true
        overhalf   | true    | true   | true      | false     | false
        half-of-11 | true    | true   | true      | false     | false
    """,
    )


TWELVE_MONTHS = """
    patient_id | day | total
    index-9    |   0 |     9
    index-9    | 365 |     2
    index-10   |   0 |    10
    index-10   | 365 |     4
    day-304    |   0 |    20
    day-304    | 304 |     2
    day-305    |   0 |    20
    day-305    | 305 |     2
    day-425    |   0 |    20
    day-425    | 425 |     2
    day-426    |   0 |    20
    day-426    | 426 |     2
    five       |   0 |    20
    five       | 365 |     5
    relapsed   |   0 |    20
    relapsed   | 310 |     2
    relapsed   | 420 |    15
    gotwell    |   0 |    20
    gotwell    | 310 |    15
    gotwell    | 420 |     4
    nearer     |   0 |    20
    nearer     | 365 |     2
    nearer     | 424 |     7
    unseen     |   0 |    20
    wellearly  |   0 |    20
    wellearly  | 180 |     2
"""


def test_cms159_takes_the_last_score_within_60_days_of_12_months_and_keeps_who_has_none(cohort_of, same):
    """Everyone is treated on day 0. The last score of the window counts, not the nearest to 12 months."""
    cohort = cohort_of(given_on("0", TWELVE_MONTHS), TWELVE_MONTHS)
    same(
        each_person(measure(cohort, "cms159-mips370", by="clinic_id")),
        """
        patient_id | counted | scored | remission
        index-9    | false   | false  | false
        index-10   | true    | true   | true
        day-304    | true    | false  | false
        day-305    | true    | true   | true
        day-425    | true    | true   | true
        day-426    | true    | false  | false
        five       | true    | true   | false
        relapsed   | true    | true   | false
        gotwell    | true    | true   | true
        nearer     | true    | true   | false
        unseen     | true    | false  | false
        wellearly  | true    | false  | false
    """,
    )


def test_the_index_is_the_first_score_over_9_with_a_session_on_its_day_or_at_most_7_days_later(cohort_of, same):
    """Days count from the index score: for `days-7` day 115 is day 122, and for `later` day 265 is day 237."""
    cohort = cohort_of(
        """
        patient_id | day
        days-7     |   0
        days-8     |   0
        later      |   0
        later      |  30
        nosession  |   0
        """,
        """
        patient_id | day | total
        days-7     |  -7 |    20
        days-7     |   0 |     8
        days-7     | 115 |     2
        days-8     |  -8 |    20
        days-8     |   0 |     8
        days-8     | 180 |     2
        later      |   0 |     8
        later      |  28 |    14
        later      | 265 |     2
        nosession  |   0 |     8
        nosession  |  10 |    20
        nosession  | 180 |     2
        """,
    )
    same(
        each_person(measure(cohort, "hedis-drr-e", by="clinic_id")),
        """
        patient_id | counted | scored | remission
        days-7     | true    | true   | true
        days-8     | false   | false  | false
        later      | true    | true   | true
        nosession  | false   | false  | false
    """,
    )


def test_a_cancelled_session_is_no_visit(cohort_of, same):
    cohort = cohort_of(
        """
        patient_id | day | status
        given      |   0 | given
        given      |  60 | given
        cancelled  |   0 | given
        cancelled  |  60 | cancelled
        """,
        """
        patient_id | day | total
        given      |  60 |    20
        cancelled  |  60 |    20
        """,
    )
    same(
        each_person(measure(cohort, "hedis-drr-e", by="clinic_id")),
        """
        patient_id | counted
        given      | true
        cancelled  | false
    """,
    )


def test_a_corrected_score_replaces_the_one_before_it_on_the_same_day(cohort_of, same):
    """On one day `between` comes before `pre`; what is scored after a session on its day is not used at all."""
    scores = """
        patient_id  | day | occasion | total
        indexdown   |   0 | between  |    12
        indexdown   |   0 | pre      |     8
        indexdown   | 180 | pre      |     2
        indexup     |   0 | between  |     8
        indexup     |   0 | pre      |    12
        indexup     | 180 | pre      |     2
        lastup      |   0 | pre      |    20
        lastup      | 180 | between  |     3
        lastup      | 180 | pre      |    12
        lastdown    |   0 | pre      |    20
        lastdown    | 180 | between  |    12
        lastdown    | 180 | pre      |     3
        outofrange   |   0 | pre      |    20
        outofrange   | 180 | between  |     3
        outofrange   | 180 | pre      |    99
        afterdose   |   0 | pre      |    20
        afterdose   | 180 | post     |     3
        indexpost   |   0 | post     |    20
        indexpost   | 180 | pre      |     3
    """
    cohort = cohort_of(given_on("0", scores), scores)
    same(
        each_person(measure(cohort, "hedis-drr-e", by="clinic_id")),
        """
        patient_id   | counted | scored | remission
        indexdown    | false   | false  | false
        indexup      | true    | true   | true
        lastup       | true    | true   | false
        lastdown     | true    | true   | true
        outofrange   | true    | true   | true
        afterdose    | true    | false  | false
        indexpost    | false   | false  | false
    """,
    )


def test_diagnosis_age_and_death_exclude_where_they_are_recorded(cohort_of, same):
    """Day 240 is the last of the window. What is not recorded excludes nobody, and is counted beside the ladder."""
    people = "mdd bipolar ptsd nodiagnosis  age-11 age-12 noage died-240 died-241 diedunknown"
    scores = "patient_id | day | total" + "".join(f"\n{name} | 0 | 20" for name in people.split())
    cohort = cohort_of(
        given_on("0", scores),
        scores,
        """
        patient_id    | diagnosis | age | outcome_of_care | last_day
        mdd           | mdd       |  40 | ongoing         |
        bipolar       | bipolar   |  40 | ongoing         |
        ptsd          | ptsd      |  40 | ongoing         |
        nodiagnosis   |           |  40 | ongoing         |
        age-11        | mdd       |  11 | ongoing         |
        age-12        | mdd       |  12 | ongoing         |
        noage         | mdd       |     | ongoing         |
        died-240      | mdd       |  40 | died            |      240
        died-241      | mdd       |  40 | died            |      241
        diedunknown   | mdd       |  40 | died            |
        """,
    )
    same(
        each_person(measure(cohort, "hedis-drr-e", by="clinic_id")),
        """
        patient_id    | counted
        mdd           | true
        bipolar       | false
        ptsd          | false
        nodiagnosis   | true
        age-11        | false
        age-12        | true
        noage         | true
        died-240      | false
        died-241      | true
        diedunknown   | true
    """,
    )
    same(
        measure(cohort, "hedis-drr-e").ladder,
        """
        kind   | name               | count
        rung   | treated            |    10
        reason | no_index           |     0
        reason | not_due            |     0
        rung   | started            |    10
        reason | excluded_diagnosis |     1
        reason | other_diagnosis    |     1
        reason | too_young          |     1
        reason | died               |     1
        rung   | eligible           |     6
        branch | diagnosis_unknown  |     1
        branch | age_unknown        |     1
        branch | prior_ketamine     |     0
        reason | not_scored         |     6
        rung   | scored             |     0
        reason | not_responded      |     0
        rung   | responded          |     0
        branch | remission          |     0
    """,
    )


SECOND_COURSE = {
    "sessions": """
        patient_id | day | date
        twice      |   0 | 2024-03-01
        twice      |   4 | 2024-03-05
        twice      | 200 | 2024-09-17
        twice      | 500 | 2025-07-14
        late       |   0 | 2026-03-01
    """,
    "scores": """
        patient_id | day | total
        twice      |   0 |    20
        twice      | 180 |    12
        twice      | 200 |    18
        twice      | 350 |     3
        twice      | 500 |    16
        twice      | 650 |     2
        late       |   0 |    20
        late       | 150 |     2
    """,
}


@pytest.mark.parametrize(
    ("period", "expected"),
    [
        (None, "counted | scored | remission \n true | true | false \n false | false | false"),
        ("2024", "counted | scored | remission \n true | true | false \n false | false | false"),
        ("2025", "counted | scored | remission \n true | true | true \n false | false | false"),
        ("2026", "counted | scored | remission \n true | true | true \n false | false | false"),
    ],
)
def test_each_measurement_year_has_an_index_of_its_own_and_never_two(cohort_of, same, period, expected):
    """Follow-ups of `twice` close on days 241 (2024-10-28), 441 (2025-05-16) and 741 (2026-03-12).

    Without a period the first index of all is used. The follow-up of `late` is over after the data cut.
    """
    cohort = cohort_of(**SECOND_COURSE, data_cut="2026-09-30")
    same(each_person(measure(cohort, "hedis-drr-e", period=period, by="clinic_id")), expected)


def test_two_high_scores_of_one_measurement_year_make_one_index(cohort_of, same):
    """Both follow-ups would close in 2025: of 2024-09-01 and of 2024-10-01."""
    cohort = cohort_of(
        "patient_id | day | date \n P1 | 0 | 2024-09-01 \n P1 | 30 | 2024-10-01",
        "patient_id | day | total \n P1 | 0 | 20 \n P1 | 30 | 12 \n P1 | 125 | 10",
        data_cut="2026-09-30",
    )
    for period, counted in (("2025", 1), ("2025Q2", 1), ("2025Q1", 0), ("2025Q3", 0)):
        found = measure(cohort, "hedis-drr-e", period=period).table.set_index("outcome")
        assert (found.loc["response", ["numerator", "denominator"]] == counted).all(), period


@pytest.mark.parametrize(
    ("index", "year"),
    [
        ("2022-10-31", "2023"),
        ("2022-11-01", "2024"),
        ("2023-11-01", "2024"),
        ("2023-11-02", "2025"),
        ("2024-10-31", "2025"),
        ("2024-11-01", "2026"),
    ],
)
def test_a_calendar_year_of_cms159_holds_the_index_scores_of_its_identification_period(cohort_of, index, year):
    """1 November two years before to 31 October the year before.

    12 months are 365 days, so with 29 February 2024 between, the index of 2023-11-01 closes on the last day of 2024.
    """
    cohort = cohort_of(
        f"patient_id | day | date \n P1 | 0 | {index}", "patient_id | day | total \n P1 | 0 | 20", data_cut="2026-12-31"
    )
    found = {each: measure(cohort, "cms159-mips370", period=each).table["denominator"].item() for each in YEARS}
    assert found == {each: int(each == year) for each in YEARS}


def test_the_follow_up_is_due_on_the_day_after_its_last_day(cohort_of):
    """Day 240 after 2025-01-01 is 2025-08-29."""
    drawn = "patient_id | day | date \n P1 | 0 | 2025-01-01", "patient_id | day | total \n P1 | 0 | 20"
    for cut, counted in (("2025-08-29", 0), ("2025-08-30", 1)):
        table = measure(cohort_of(*drawn, data_cut=cut), "hedis-drr-e").table
        assert set(table["denominator"]) == {counted}, cut


def test_with_start_years_only_the_follow_up_counts_from_31_december_and_results_are_yearly(cohort_of):
    cohort = cohort_of(
        "patient_id | day \n P1 | 0",
        "patient_id | day | total \n P1 | 0 | 20 \n P1 | 130 | 2",
        "patient_id | start_year \n P1 | 2024",
    )
    assert set(measure(cohort, "hedis-drr-e", period="2025").table["denominator"]) == {1}
    assert set(measure(cohort, "hedis-drr-e", period="2024").table["denominator"]) == {0}


def test_people_are_in_the_group_of_the_course_that_the_index_goes_with(cohort_of, same):
    """Without an index score people are in the group of their first course; nobody is lost between groups."""
    cohort = cohort_of(
        """
        patient_id | day | route
        moved      |   0 | iv
        moved      | 200 | im
        stayed     |   0 | iv
        """,
        "patient_id | day | total \n moved | 0 | 8 \n moved | 200 | 20 \n stayed | 0 | 8",
    )
    found = measure(cohort, "hedis-drr-e", by="route")
    same(
        found.ladder[found.ladder["name"].isin(["treated", "no_index", "eligible"])],
        """
        route | name     | count
        im    | treated  |     1
        im    | no_index |     0
        im    | eligible |     1
        iv    | treated  |     1
        iv    | no_index |     1
        iv    | eligible |     0
    """,
    )


@pytest.mark.parametrize(("name", "deck"), [("hedis-drr-e", FOLLOW_UP), ("cms159-mips370", TWELVE_MONTHS)])
def test_one_part_and_seven_parts_give_the_same_numbers(dataset_of, tmp_path, name, deck):
    whole = dataset_of(given_on("0", deck), deck)
    parts = open_dataset(partition_dataset(whole.path, out=tmp_path / "parts", parts=7))
    assert len(parts.partitions) == 7
    one, seven = (measure(derive(dataset), name, by="clinic_id") for dataset in (whole, parts))
    assert one.table.equals(seven.table)
    assert one.ladder.equals(seven.ladder)

"""Measures modelled on NHS Talking Therapies: first to last score of a course that is over, on PHQ-9 and GAD-7 jointly.

Each drawn person is one case, treated on days 0 and 7, with a clinic of their own, so that a result by clinic is a
result by person.
"""

import pandas as pd
import pytest
from drawn_tables import read_drawn
from measure_decks import each_person

from analysis.cohort.cohort import derive
from analysis.estimate.measures import measure
from analysis.intake.dataset import open_dataset
from analysis.intake.partition import partition_dataset

NAMES = ("nhs-recovery", "nhs-reliable-recovery", "nhs-reliable-improvement", "nhs-reliable-deterioration")

DECK = """
    patient_id | PHQ-9 first | GAD-7 first | PHQ-9 last | GAD-7 last
    both       |          18 |          14 |          9 |          7
    phqcase    |          10 |           7 |          4 |          7
    gadcase    |           9 |           8 |          9 |          4
    nocase     |           9 |           7 |          3 |          3
    phq10      |          18 |          14 |         10 |          7
    gad8       |          18 |          14 |          9 |          8
    onepoint   |          10 |           7 |          9 |          7
    gadworse   |          18 |           3 |          9 |          7
    fell5      |          18 |          14 |         13 |         11
    fell6      |          18 |          14 |         12 |         14
    gadfell4   |          18 |          14 |         18 |         10
    rose6      |          12 |          10 |         18 |         10
    rose5      |          12 |          10 |         17 |         13
    opposed    |          18 |          10 |         12 |         14
    noend      |          18 |          14 |            |
    nogad      |          18 |             |          4 |
    nogadwell  |           9 |             |          4 |
    gadnoend   |          18 |          14 |          4 |
    nophqbad   |          18 |          14 |         14 |
"""


def drawn_scores(deck: str) -> str:
    """Lay a deck out as scores: the first on day 0, the last on day 14."""
    lines = ["patient_id | day | instrument | total"]
    for row in read_drawn(deck):
        for scale in ("PHQ-9", "GAD-7"):
            for day, when in ((0, "first"), (14, "last")):
                if row[f"{scale} {when}"]:
                    lines.append(f"{row['patient_id']} | {day} | {scale} | {row[f'{scale} {when}']}")
    return "\n".join(lines)


def treated_twice(deck: str) -> str:
    """Draw two sessions of everyone."""
    people = [row["patient_id"] for row in read_drawn(deck)]
    return "patient_id | day" + "".join(f"\n{person} | {day}" for person in people for day in (0, 7))


def test_everyone_is_judged_on_both_scales_and_what_is_missing_is_not_known(cohort_of, same):
    """In the denominator of recovery: who is not known to have been under both thresholds (PHQ-9 10, GAD-7 8) at first.

    The last scores are of day 14.
    """
    cohort = cohort_of(treated_twice(DECK), drawn_scores(DECK))
    recovery, reliable, improved, worse = (each_person(measure(cohort, name, by="clinic_id")) for name in NAMES)
    found = recovery[["patient_id", "counted", "recovery"]].assign(
        reliable_recovery=reliable["reliable_recovery"],
        improvement=improved["reliable_improvement"],
        deterioration=worse["reliable_deterioration"],
    )
    same(
        found,
        """
        patient_id | counted | recovery | reliable_recovery | improvement | deterioration
        both       | true    | true     | true              | true        | false
        phqcase    | true    | true     | true              | true        | false
        gadcase    | true    | true     | true              | true        | false
        nocase     | false   | false    | false             | true        | false
        phq10      | true    | false    | false             | true        | false
        gad8       | true    | false    | false             | true        | false
        onepoint   | true    | true     | false             | false       | false
        gadworse   | true    | true     | false             | false       | false
        fell5      | true    | false    | false             | false       | false
        fell6      | true    | false    | false             | true        | false
        gadfell4   | true    | false    | false             | true        | false
        rose6      | true    | false    | false             | false       | true
        rose5      | true    | false    | false             | false       | false
        opposed    | true    | false    | false             | false       | false
        noend      | true    | false    | false             | false       | false
        nogad      | true    | false    | false             | false       | false
        nogadwell  | true    | false    | false             | false       | false
        gadnoend   | true    | false    | false             | false       | false
        nophqbad   | true    | false    | false             | false       | false
    """,
    )
    assert improved["counted"].all()
    assert worse["counted"].all()


def test_what_is_known_from_one_scale_alone_counts_as_known(cohort_of, same):
    """PHQ-9 14 at the end is no recovery whatever the GAD-7; a PHQ-9 that fell may yet go with a GAD-7 that rose."""
    deck = """
    patient_id | PHQ-9 first | GAD-7 first | PHQ-9 last | GAD-7 last
    gadnoend   |          18 |          14 |          4 |
    nophqbad   |          18 |          14 |         14 |
    """
    cohort = cohort_of(treated_twice(deck), drawn_scores(deck))
    recovery, improved, worse = (
        each_person(measure(cohort, f"nhs-{name}", by="clinic_id"))
        for name in ("recovery", "reliable-improvement", "reliable-deterioration")
    )
    found = pd.DataFrame(
        {
            "patient_id": recovery["patient_id"],
            "recovery known": recovery["scored"],
            "improvement known": improved["scored"],
            "deterioration known": worse["scored"],
        }
    )
    same(
        found,
        """
        patient_id | recovery known | improvement known | deterioration known
        gadnoend   | false          | false             | true
        nophqbad   | true           | false             | false
    """,
    )


def test_the_ladder_says_who_is_counted_and_why_others_are_not(cohort_of, same):
    people = [row["patient_id"] for row in read_drawn(DECK)]
    prior = "patient_id | prior_ketamine \n once | false" + "".join(f"\n{name} | {name == 'both'}" for name in people)
    cohort = cohort_of(f"{treated_twice(DECK)}\nonce | 0", drawn_scores(DECK), prior.lower())
    same(
        measure(cohort, "nhs-recovery").ladder,
        """
        kind   | name           | count
        rung   | treated        |    20
        reason | not_due        |     0
        reason | few_sessions   |     1
        rung   | started        |    19
        reason | not_case       |     1
        rung   | eligible       |    18
        branch | case_unknown   |     1
        branch | prior_ketamine |     1
        reason | not_scored     |     4
        rung   | scored         |    14
        reason | not_responded  |     9
        rung   | responded      |     5
    """,
    )
    table = measure(cohort, "nhs-reliable-improvement").table
    assert table[["numerator", "denominator", "eligible"]].to_numpy().tolist() == [[8, 19, 19]]


def test_the_last_score_is_at_most_14_days_after_the_last_session_and_not_after_a_session_on_its_day(cohort_of, same):
    """A person with two sessions, on days 0 and 7: day 21 counts, day 22 does not."""
    cohort = cohort_of(
        "patient_id | day" + "".join(f"\n{name} | {day}" for name in ("d21", "d22", "post", "later") for day in (0, 7)),
        """
        patient_id | day | occasion | instrument | total
        d21        |   0 | pre      | PHQ-9      |    18
        d21        |   0 | pre      | GAD-7      |    14
        d21        |  21 | pre      | PHQ-9      |     4
        d21        |  21 | pre      | GAD-7      |     4
        d22        |   0 | pre      | PHQ-9      |    18
        d22        |   0 | pre      | GAD-7      |    14
        d22        |   7 | pre      | PHQ-9      |    12
        d22        |   7 | pre      | GAD-7      |     4
        d22        |  22 | pre      | PHQ-9      |     4
        d22        |  22 | pre      | GAD-7      |     4
        post       |   0 | pre      | PHQ-9      |    18
        post       |   0 | pre      | GAD-7      |    14
        post       |   7 | post     | PHQ-9      |     4
        post       |   7 | post     | GAD-7      |     4
        later      |   0 | pre      | PHQ-9      |    18
        later      |   0 | pre      | GAD-7      |    14
        later      |  10 | pre      | PHQ-9      |     4
        later      |  10 | pre      | GAD-7      |     4
        later      |  20 | between  | PHQ-9      |     4
        later      |  20 | pre      | PHQ-9      |    15
        later      |  20 | pre      | GAD-7      |     4
        """,
    )
    same(
        each_person(measure(cohort, "nhs-recovery", by="clinic_id")),
        """
        patient_id | counted | scored | recovery
        d21        | true    | true   | true
        d22        | true    | true   | false
        post       | true    | false  | false
        later      | true    | true   | false
    """,
    )


def test_a_course_is_over_91_days_after_its_last_session_and_belongs_to_the_period_of_that_day(cohort_of):
    """The last session is on 2025-06-01 (day 31); 90 days without a session end on 2025-08-30."""
    drawn = (
        "patient_id | day | date \n P1 | 0 | 2025-05-01 \n P1 | 31 | 2025-06-01",
        "patient_id | day | total \n P1 | 0 | 20",
    )
    for cut, counted in (("2025-08-30", 0), ("2025-08-31", 1)):
        table = measure(cohort_of(*drawn, data_cut=cut), "nhs-recovery").table
        assert table["denominator"].item() == counted, cut
    cohort = cohort_of(*drawn, data_cut="2026-12-31")
    for period, counted in (("2025Q2", 0), ("2025Q3", 1), ("2025", 1), ("2026", 0)):
        assert measure(cohort, "nhs-recovery", period=period).table["denominator"].item() == counted, period


def test_only_the_first_course_counts(cohort_of):
    cohort = cohort_of(
        "patient_id | day \n P1 | 0 \n P1 | 7 \n P1 | 200 \n P1 | 207",
        """
        patient_id | day | instrument | total
        P1         |   0 | PHQ-9      |    18
        P1         |   0 | GAD-7      |    14
        P1         |  14 | PHQ-9      |    15
        P1         |  14 | GAD-7      |    10
        P1         | 200 | PHQ-9      |    18
        P1         | 214 | PHQ-9      |     2
        P1         | 214 | GAD-7      |     2
        """,
    )
    table = measure(cohort, "nhs-recovery").table
    assert (table["numerator"].item(), table["denominator"].item()) == (0, 1)


@pytest.mark.parametrize("name", NAMES)
def test_one_part_and_seven_parts_give_the_same_numbers(dataset_of, tmp_path, name):
    whole = dataset_of(treated_twice(DECK), drawn_scores(DECK))
    parts = open_dataset(partition_dataset(whole.path, out=tmp_path / "parts", parts=7))
    assert len(parts.partitions) == 7
    one, seven = (measure(derive(dataset), name, by="clinic_id") for dataset in (whole, parts))
    assert one.table.equals(seven.table)
    assert one.ladder.equals(seven.ladder)

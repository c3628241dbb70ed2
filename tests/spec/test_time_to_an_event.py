"""Time to an event: who is followed from where, what ends it on which day, and between which days an event lies."""

import pandas as pd
import pytest

from analysis.counts.engine import count_all
from analysis.counts.follow_up_tally import COMPETING, FollowUpTally, IntervalTally
from analysis.vocabulary.relapse_rule import RelapseRule

STRATEGIES = tuple(COMPETING)

LOADING = """
    patient_id | day
    P1         |   0
    P1         |   3
    P1         |   7
    P1         |  10
"""
RESPONDED = """
    patient_id | day | total
    P1         |   0 |    20
    P1         |  17 |     8
"""


def ended(cohort, event, unit="day", rule=None):
    """How the following of each patient ended under each strategy; by clinic is by patient here."""
    tally = FollowUpTally(event, "PHQ-9", ("clinic_id",), STRATEGIES, unit, rule or RelapseRule())
    (found,) = count_all(cohort, [tally])
    assert (found["people"] == 1).all()
    return {(row.clinic_id, row.strategy): (row.end, row.time) for row in found.itertuples()}


def policy(cohort, event, **options):
    return {who: end for (who, strategy), end in ended(cohort, event, **options).items() if strategy == STRATEGIES[0]}


def between(cohort, event):
    """Between which days the event of each patient lies, and whether it was confirmed."""
    (found,) = count_all(cohort, [IntervalTally(event, "PHQ-9", ("clinic_id",), RelapseRule())])
    return {row.clinic_id: (row.after, row.up_to, row.confirmed) for row in found.itertuples()}


def test_the_first_response_is_on_the_day_and_session_of_the_score_that_shows_it(cohort_of):
    cohort = cohort_of(
        LOADING,
        """
        patient_id | day | total | occasion
        P1         |   0 |    20 | pre
        P1         |   3 |     9 | post
        P1         |   7 |    12 | pre
        P1         |  10 |    10 | pre
        P1         |  20 |    15 | pre
        """,
    )
    assert policy(cohort, "response") == {"P1": ("event", 10)}
    assert policy(cohort, "response", unit="session") == {"P1": ("event", 3)}
    assert between(cohort, "response") == {"P1": (7, 10, "no")}
    assert policy(cohort, "remission") == {"P1": ("censored", 20)}
    assert policy(cohort, "remission", unit="session") == {"P1": ("censored", 4)}


def test_who_is_not_eligible_or_has_no_baseline_is_not_followed(cohort_of):
    cohort = cohort_of(
        "patient_id | day \n low | 0 \n none | 0 \n yes | 0",
        "patient_id | day | total \n low | 0 | 9 \n low | 7 | 2 \n none | 7 | 2 \n yes | 0 | 10 \n yes | 7 | 5",
    )
    assert policy(cohort, "response") == {"yes": ("event", 7)}


def test_people_treated_before_day_0_are_not_followed(cohort_of):
    cohort = cohort_of(LOADING, RESPONDED, "patient_id | prior_ketamine \n P1 | true")
    assert policy(cohort, "response") == {}


def test_who_is_never_assessed_again_is_censored_on_day_0(cohort_of):
    cohort = cohort_of(LOADING, "patient_id | day | total \n P1 | 0 | 20")
    assert policy(cohort, "response") == {"P1": ("censored", 0)}
    assert policy(cohort, "response", unit="session") == {"P1": ("censored", 0)}


def test_a_relapse_counts_from_the_score_at_the_end_of_loading(cohort_of):
    cohort = cohort_of(
        LOADING,
        RESPONDED + "P1 | 30 | 9 \n P1 | 47 | 11 \n P1 | 60 | 5",
    )
    assert policy(cohort, "relapse") == {"P1": ("event", 30)}
    assert between(cohort, "relapse") == {"P1": (13, 30, "no")}
    assert policy(cohort, "confirmed relapse") == {"P1": ("censored", 43)}
    assert between(cohort, "confirmed relapse") == {"P1": (43, -1, "none")}


def test_a_lost_response_under_the_relapse_score_is_no_relapse(cohort_of):
    """Baseline 18: a total of 9 is a response still, and one of 10 is a relapse; of 12, 7 is lost and under 10."""
    scores = "patient_id | day | total \n P1 | 0 | 12 \n P1 | 17 | 6 \n P1 | 30 | 7"
    cohort = cohort_of(LOADING, scores)
    assert policy(cohort, "lost response") == {"P1": ("event", 13)}
    assert policy(cohort, "relapse") == {"P1": ("censored", 13)}


@pytest.mark.parametrize(
    ("later", "confirmed"),
    [
        ("P1 | 51 | 12", ("censored", 34)),  # 4 days later is too soon
        ("P1 | 52 | 12", ("event", 30)),
        ("P1 | 82 | 12", ("event", 30)),
        ("P1 | 83 | 12", ("censored", 66)),  # 36 days later is too late
        ("P1 | 55 | 5 \n P1 | 60 | 12", ("censored", 43)),  # one between does not meet it
        ("P1 | 49 | 12 \n P1 | 60 | 12", ("event", 30)),
        ("P1 | 55 | 5 \n P1 | 60 | 12 \n P1 | 70 | 12", ("event", 43)),  # the second run is
    ],
)
def test_confirmed_is_met_again_5_to_35_days_later_with_none_between_that_does_not(cohort_of, later, confirmed):
    cohort = cohort_of(LOADING, RESPONDED + f"P1 | 47 | 12 \n {later}")
    assert policy(cohort, "confirmed relapse") == {"P1": confirmed}
    assert policy(cohort, "relapse") == {"P1": ("event", 30)}


def test_a_score_of_a_later_course_is_held_against_the_first_baseline(cohort_of):
    cohort = cohort_of(LOADING + "P1 | 200", RESPONDED + "P1 | 190 | 9 \n P1 | 207 | 11")
    assert policy(cohort, "relapse") == {"P1": ("event", 190)}
    assert policy(cohort, "response", unit="session") == {"P1": ("event", 4)}


@pytest.mark.parametrize(("relapse", "end"), [(101, "event"), (102, "stopped")])
def test_treatment_has_stopped_on_the_91st_day_after_the_last_session_and_not_sooner(cohort_of, relapse, end):
    """On day 100 the next session may still come in time; what is seen on the day of the stop still counts."""
    scores = RESPONDED + f"P1 | 40 | 9 \n P1 | {relapse} | 12"
    found = ended(cohort_of(LOADING, scores), "relapse")
    assert found["P1", "treatment-policy"] == ("event", relapse - 17)
    assert found["P1", "while-on-treatment"] == (end, 101 - 17)
    assert found["P1", "hypothetical"] == ("event" if end == "event" else "censored", 101 - 17)
    again = ended(cohort_of(LOADING + "P1 | 100", scores), "relapse")  # the 90th day after is in time
    assert again["P1", "while-on-treatment"] == ("event", relapse - 17)


def test_another_treatment_ends_this_one(cohort_of):
    rows = "".join(f"P1 | {day} | ketamine \n" for day in (0, 3, 7, 10))
    cohort = cohort_of(f"patient_id | day | treatment \n {rows} P1 | 30 | placebo", RESPONDED + "P1 | 40 | 12")
    assert ended(cohort, "relapse")["P1", "while-on-treatment"] == ("stopped", 30 - 17)


def test_a_stop_counts_when_the_last_session_is_soon_after_the_last_assessment(cohort_of):
    watched = ended(cohort_of(LOADING + "P1 | 52", RESPONDED), "relapse")  # 35 days after the assessment of day 17
    assert watched["P1", "while-on-treatment"] == ("stopped", 52 + 91 - 17)
    unseen = ended(cohort_of(LOADING + "P1 | 53", RESPONDED), "relapse")
    assert unseen["P1", "while-on-treatment"] == ("censored", 0)


def test_nobody_is_known_to_have_stopped_when_the_data_end_too_soon(cohort_of):
    sessions = LOADING.replace("| day", "| day | date").replace("\n    P1         |   0", "\n    P1 | 0 | 2026-01-01")
    sessions = sessions.replace("|   3", "| 3 | 2026-01-04").replace("|   7", "| 7 | 2026-01-08")
    sessions = sessions.replace("|  10", "| 10 | 2026-01-11")
    scores = RESPONDED + "P1 | 40 | 9"
    on_the_day = ended(cohort_of(sessions, scores, data_cut="2026-04-11"), "relapse")  # day 100: 90 after the last
    a_day_later = ended(cohort_of(sessions, scores, data_cut="2026-04-12"), "relapse")
    assert on_the_day["P1", "while-on-treatment"] == ("censored", 23)
    assert a_day_later["P1", "while-on-treatment"] == ("stopped", 101 - 17)


def test_care_ends_when_the_clinic_says_so_but_nobody_is_lost_on_a_known_day(cohort_of):
    scores = RESPONDED + "P1 | 40 | 9"
    for outcome, day in {"completed": 21, "stopped": 21, "transferred": 21, "lost": 101, "ongoing": 101}.items():
        patients = f"patient_id | last_day | outcome_of_care \n P1 | 20 | {outcome}"
        found = ended(cohort_of(LOADING, scores, patients), "relapse")
        assert found["P1", "while-on-treatment"] == ("stopped", day - 17)


def test_death_competes_under_every_strategy_when_it_comes_soon_after_an_assessment(cohort_of):
    patients = "patient_id | last_day | outcome_of_care \n P1 | {} | died"
    soon = ended(cohort_of(LOADING, RESPONDED + "P1 | 30 | 5", patients.format(44)), "relapse")
    assert set(soon.values()) == {("died", 27)}
    late = policy(cohort_of(LOADING, RESPONDED + "P1 | 30 | 5", patients.format(66)), "relapse")
    assert late == {"P1": ("censored", 13)}  # 36 days after the last assessment


@pytest.fixture
def with_event(cohort_of, dataset_of, tmp_path):
    def make(scores, day, event):
        from analysis.cohort.cohort import derive
        from analysis.intake.dataset import open_dataset

        folder = dataset_of(LOADING, scores).path
        (folder / "events.csv").write_text(f"patient_id,day,event\nP1,{day},{event}\n", encoding="utf-8")
        return derive(open_dataset(folder))

    return make


def test_a_hospitalisation_is_a_relapse_in_itself_and_known_to_the_day(with_event):
    cohort = with_event(RESPONDED + "P1 | 40 | 5", 44, "hospitalisation-psychiatric")
    assert policy(cohort, "relapse") == policy(cohort, "confirmed relapse") == {"P1": ("event", 27)}
    assert between(cohort, "relapse") == {"P1": (26, 27, "yes")}
    assert policy(cohort, "lost response") == {"P1": ("censored", 23)}


@pytest.mark.parametrize(
    ("day", "event"), [(44, "hospitalisation-other"), (17, "suicide-attempt"), (76, "suicide-attempt")]
)
def test_other_events_those_of_the_origins_day_and_those_long_after_an_assessment_are_none(with_event, day, event):
    assert policy(with_event(RESPONDED + "P1 | 40 | 5", day, event), "relapse") == {"P1": ("censored", 23)}


def test_an_event_death_counts_as_the_patients_row_does(with_event):
    assert policy(with_event(RESPONDED + "P1 | 40 | 5", 44, "death"), "relapse") == {"P1": ("died", 27)}


def test_the_rule_is_a_setting(cohort_of, with_event):
    rule = RelapseRule(known_days=10, events=("hospitalisation-other",))
    cohort = with_event(RESPONDED + "P1 | 40 | 5", 50, "hospitalisation-other")
    assert policy(cohort, "relapse", rule=rule) == {"P1": ("event", 33)}
    seen = cohort_of(
        LOADING, RESPONDED + "P1 | 52 | 5", "patient_id | last_day | outcome_of_care \n P1 | 63 | completed"
    )
    for days, end in {10: ("censored", 35), 11: ("stopped", 64 - 17)}.items():
        found = ended(seen, "lost response", rule=RelapseRule(known_days=days))
        assert found["P1", "while-on-treatment"] == end


def test_counts_of_parts_add_to_those_of_the_whole(tmp_path):
    from analysis.cohort.cohort import derive
    from analysis.intake.dataset import open_dataset
    from analysis.intake.partition import partition_dataset

    whole = derive(open_dataset("data/demo"))
    parts = derive(open_dataset(partition_dataset("data/demo", out=tmp_path / "parts", parts=3)))
    tallies = [
        FollowUpTally("relapse", "PHQ-9", ("route",), STRATEGIES, "day", RelapseRule()),
        IntervalTally("lost response", "PHQ-9", ("route",), RelapseRule()),
    ]
    for one, other in zip(count_all(whole, tallies), count_all(parts, tallies), strict=True):
        keys = [name for name in one if name not in {"people", "died"}]
        in_order = [frame.sort_values(keys, ignore_index=True) for frame in (one, other)]
        pd.testing.assert_frame_equal(*in_order, check_dtype=False)

"""The rules, each on a small drawn table: what breaks it, at which rows, and what becomes of the rows."""

import pytest
from small_clinic import SCORES, SESSIONS, found, write_clinic

from analysis.intake.dataset import check_dataset, open_dataset


def problems_of(tmp_path, **drawn):
    return found(check_dataset(write_clinic(tmp_path, **drawn)))


def test_a_valid_clinic_has_no_problem(tmp_path):
    assert problems_of(tmp_path) == []


def test_a_repeated_key_is_an_error_that_names_all_its_rows(tmp_path):
    sessions = """
        patient_id | day | treatment | sequence
        P1         |   0 | ketamine  |
        P1         |   3 | ketamine  | 1
        P2         |   0 | ketamine  |
        P1         |   3 | ketamine  |
    """
    assert problems_of(tmp_path, sessions=sessions) == [("error", "sessions", "", "repeated key", "3, 5")]


def test_two_sessions_in_a_day_are_told_apart_by_sequence(tmp_path):
    sessions = """
        patient_id | day | treatment | sequence
        P1         |   0 | ketamine  | 1
        P1         |   0 | ketamine  | 2
        P2         |   0 | ketamine  |
    """
    assert problems_of(tmp_path, sessions=sessions) == []


def test_scores_before_and_after_a_session_are_two(tmp_path):
    scores = """
        patient_id | day | instrument | occasion | total
        P1         |   0 | PHQ-9      |          | 18
        P1         |   0 | PHQ-9      | post     | 12
        P1         |   0 | PHQ-9      | pre      | 17
    """
    assert problems_of(tmp_path, scores=scores) == [("error", "scores", "", "repeated key", "2, 4")]


def test_a_row_without_a_score_is_no_copy_of_the_row_with_it(tmp_path):
    scores = SCORES + "P1 | 7 | PHQ-9 |"
    assert problems_of(tmp_path, scores=scores) == [("set-aside", "scores", "", "no score recorded", "5")]


def test_a_patient_who_is_not_in_patients_is_an_error(tmp_path):
    patients = "patient_id | age \n P2 | 40"
    referrals = "referral_id | patient_id \n R1 | P9 \n R2 | \n R3 | P2"
    assert problems_of(tmp_path, patients=patients, referrals=referrals) == [
        ("error", "sessions", "patient_id", "orphan patient", "2, 3"),
        ("error", "scores", "patient_id", "orphan patient", "2, 3"),
        ("error", "referrals", "patient_id", "orphan patient", "2"),
    ]


def test_without_patients_nobody_is_an_orphan(tmp_path):
    assert problems_of(tmp_path, scores=SCORES + "P3 | 0 | PHQ-9 | 12") == []


def test_the_first_given_session_belongs_on_day_0(tmp_path):
    sessions = """
        patient_id | day | treatment | status
        P1         |  -2 | ketamine  | cancelled
        P1         |   1 | ketamine  | stopped-early
        P1         |   3 | ketamine  |
        P2         |   0 | ketamine  |
        P2         |  -4 | ketamine  | given
        P3         |   5 | ketamine  | no-show
    """
    assert problems_of(tmp_path, sessions=sessions) == [
        ("warning", "sessions", "day", "first session not on day 0", "3, 6")
    ]


DATED = """
    patient_id | day | treatment | date
    P1         |   0 | ketamine  | 2026-03-01
    P1         |   3 | ketamine  | 2026-03-04
    P1         |   7 | ketamine  | 2026-03-09
    P2         |   0 | ketamine  | 2026-04-10
    P2         |   3 | ketamine  | 2026-04-12
"""


def test_a_date_that_disagrees_with_the_majority_is_set_aside_and_the_row_kept(tmp_path):
    scores = """
        patient_id | day | instrument | total | date
        P1         |   7 | PHQ-9      | 8     | 2026-03-08
        P1         |   9 | PHQ-9      | 8     | 2026-03-11
        P3         |   9 | PHQ-9      | 8     | 2026-03-11
    """
    clinic = write_clinic(tmp_path, sessions=DATED, scores=scores)
    # P1: 1 March twice, 2 March once. P2: 10 and 9 April once each, so the earlier counts.
    assert found(check_dataset(clinic)) == [
        ("set-aside", "sessions", "date", "date and day disagree", "4, 5"),
        ("set-aside", "scores", "date", "date and day disagree", "3"),
    ]
    dataset = open_dataset(clinic)
    assert dataset.table("sessions")["date"].isna().tolist() == [False, False, True, True, False]
    assert dataset.rows["set_aside"].tolist() == [0, 0]


def test_what_lies_after_the_data_cut_is_a_warning(tmp_path):
    patients = "patient_id | start_year \n P1 | 2026 \n P2 | 2026 \n P3 | 2027"
    assert problems_of(tmp_path, sessions=DATED, patients=patients, data_cut="2026-03-08")[-2:] == [
        ("warning", "sessions", "date", "after the data cut", "6"),
        ("warning", "patients", "start_year", "after the data cut", "4"),
    ]


def test_a_start_year_that_is_not_the_year_of_day_0_is_a_warning(tmp_path):
    """P1's only dated session is in 2026, two days after day 0 in 2025; P3 has no date, P4 no year."""
    sessions = """
        patient_id | day | treatment | date
        P1         |   0 | ketamine  |
        P1         |   2 | ketamine  | 2026-01-01
        P2         |   0 | ketamine  | 2026-04-10
        P3         |   0 | ketamine  |
        P4         |   0 | ketamine  | 2026-04-10
    """
    patients = "patient_id | start_year \n P1 | 2025 \n P2 | 2025 \n P3 | 2019 \n P4 |"
    assert problems_of(tmp_path, sessions=sessions, patients=patients) == [
        ("warning", "patients", "start_year", "start_year and dates disagree", "3")
    ]


def test_a_session_that_no_phase_rule_covers_is_a_warning(tmp_path):
    sessions = """
        patient_id | day | treatment  | route      | phase_recorded | status
        P1         |   0 | ketamine   |            |                |
        P1         |   3 | ketamine   |            | loading        |
        P2         |   0 | esketamine | iv         |                | stopped-early
        P3         |   0 | esketamine | intranasal |                |
        P4         |   0 | ketamine   | oral       |                |
        P4         |   3 | ketamine   |            |                | cancelled
        P5         |   0 | ketamine   | im         |                |
        P6         |   0 | placebo    |            |                |
        P7         |   0 | placebo    | oral       |                |
    """
    assert problems_of(tmp_path, sessions=sessions) == [("warning", "sessions", "", "no phase rule", "2, 4, 6")]


def test_the_phase_rules_of_the_dataset_stand_before_the_defaults(tmp_path):
    sessions = """
        patient_id | day | treatment | route
        P1         |   0 | ketamine  | iv
        P2         |   0 | ketamine  | oral
        P3         |   0 | ketamine  | im
        P4         |   0 | ect       | none
    """
    clinic = write_clinic(tmp_path, sessions=sessions, settings='definitions = "ours.toml"')
    added = '[[phase_rules]]\ntreatment = "ketamine"\nroutes = ["oral"]\nrule = "series"\n'
    taken_away = '[[phase_rules]]\ntreatment = "ketamine"\nroutes = ["im"]\nrule = "recorded"\n'
    (clinic / "ours.toml").write_text(f'name = "ours"\n{added}{taken_away}')
    assert found(check_dataset(clinic)) == [("warning", "sessions", "", "no phase rule", "4, 5")]


def test_sessions_without_a_column_route_are_told_by_their_rows(tmp_path):
    clinic = write_clinic(tmp_path)
    (clinic / "sessions.csv").write_text("patient_id,day,treatment\nP1,0,ketamine\nP1,3,ketamine\nP2,0,placebo\n")
    (problem,) = check_dataset(clinic).itertuples()
    assert (problem.severity, problem.rule, problem.rows, problem.count) == ("warning", "no phase rule", "2, 3", 2)
    assert problem.message.endswith("Fill in the route or phase_recorded, or add a phase rule through `definitions`.")


def test_dates_are_refused_under_safe_harbor(tmp_path):
    assert problems_of(tmp_path, sessions=DATED, basis="safe-harbor")[0] == (
        "error",
        "sessions",
        "date",
        "date under safe-harbor",
        "2, 3, 4, 5, 6",
    )
    assert problems_of(tmp_path, sessions=SESSIONS, basis="safe-harbor") == []


def test_an_empty_date_column_is_allowed_under_safe_harbor(tmp_path):
    sessions = "patient_id | day | treatment | date \n P1 | 0 | ketamine | \n P2 | 0 | ketamine |"
    assert problems_of(tmp_path, sessions=sessions, basis="safe-harbor") == []


def test_the_last_day_of_a_patient_in_care_is_refused_under_safe_harbor(tmp_path):
    patients = """
        patient_id | last_day | outcome_of_care
        P1         | 200      | ongoing
        P2         | 100      | completed
        P3         |          | ongoing
        P4         | 90       |
    """
    assert problems_of(tmp_path, patients=patients, basis="safe-harbor") == [
        ("error", "patients", "last_day", "last_day under safe-harbor", "2")
    ]
    assert problems_of(tmp_path, patients=patients) == []


@pytest.mark.parametrize(("basis", "severity"), [("safe-harbor", "error"), ("limited-data-set", "set-aside")])
def test_an_age_over_90_is_told_by_its_own_rule(tmp_path, basis, severity):
    patients = "patient_id | age \n P1 | 90 \n P2 | 91"
    assert problems_of(tmp_path, patients=patients, basis=basis) == [(severity, "patients", "age", "age above 90", "3")]


ITEMS = " | ".join(f"item_{number}" for number in range(1, 10))


@pytest.mark.parametrize(
    ("total", "items", "reason", "used"),
    [
        ("", "1 1 1 1 1 1 1 1 1", None, 9),
        ("9", "1 1 1 1 1 1 1 1 1", None, 9),
        ("10", "1 1 1 1 1 1 1 1 1", "total disagrees with items", None),
        ("", "1 1 1 1 1 1 1 - -", None, 9),
        ("7", "1 1 1 1 1 1 1 - -", None, 9),
        ("8", "1 1 1 1 1 1 1 - -", "total disagrees with items", None),
        ("", "1 1 1 1 1 1 - - -", "too few items", None),
        ("", "- - - - - - - - -", "no score recorded", None),
        ("300", "- - - - - - - - -", "total out of range", None),
        ("27", "- - - - - - - - -", None, 27),
        ("", "1 1 1 1 1 1 1 1 4", "item out of range", None),
    ],
)
def test_totals_and_items(tmp_path, total, items, reason, used):
    cells = " | ".join(items.replace("-", "").split(" "))
    scores = f"""
        patient_id | day | instrument | total   | {ITEMS}
        P1         |   0 | PHQ-9      | {total} | {cells}
        P1         |   7 | PHQ-9      | 12      | {" | ".join([""] * 9)}
    """
    clinic = write_clinic(tmp_path, scores=scores)
    assert [each[3:] for each in found(check_dataset(clinic))] == ([(reason, "2")] if reason else [])
    dataset = open_dataset(clinic)
    assert dataset.table("scores")["total"].tolist() == ([12] if reason else [used, 12])
    assert dataset.set_aside.values.tolist() == ([["scores", reason, 1]] if reason else [])


def test_a_scale_without_an_entry_is_set_aside_and_named_where_that_is_safe(tmp_path):
    scores = SCORES + "P1 | 0 | CGI-S | 3 \n P1 | 1 | cgi-s | 3 \n P1 | 2 | phq9 | 9 \n P1 | 3 | Zebedee | 4"
    (problem,) = check_dataset(write_clinic(tmp_path, scores=scores)).itertuples()
    assert (problem.severity, problem.rule, problem.count) == ("set-aside", "unknown instrument", 4)
    assert "(CGI-S: 2, PHQ-9 written otherwise: 1)" in problem.message
    assert "Zebedee" not in problem.message


def test_scores_on_no_known_scale_at_all_are_an_error(tmp_path):
    scores = "patient_id | day | instrument | total \n P1 | 0 | phq9 | 12 \n P1 | 7 | phq9 | 6 \n P1 | 9 | phq9 |"
    assert ("error", "scores", "", "too much set aside", "") in problems_of(tmp_path, scores=scores)


def many_scores(good: int, bad: int, empty: int = 0, other: int = 0) -> str:
    totals = ["12"] * good + ["300"] * bad + [""] * empty
    rows = [f"P1 | {day} | PHQ-9 | {total}" for day, total in enumerate(totals)]
    rows += [f"P1 | {day} | CGI-S | 3" for day in range(other)]
    return "\n".join(["patient_id | day | instrument | total", *rows])


@pytest.mark.parametrize(
    ("scores", "stops"),
    [
        (many_scores(good=24, bad=6), False),
        (many_scores(good=23, bad=6), True),
        (many_scores(good=3, bad=4), False),
        (many_scores(good=0, bad=4), True),
        (many_scores(good=10, bad=0, empty=40, other=40), False),
    ],
    ids=["a fifth", "more than a fifth", "few rows", "few rows, all of them", "not scored and other scales"],
)
def test_a_table_of_which_more_than_a_fifth_cannot_be_used_stops(tmp_path, scores, stops):
    rules = check_dataset(write_clinic(tmp_path, scores=scores))["rule"].tolist()
    assert ("too much set aside" in rules) is stops


def test_a_row_with_several_faults_is_set_aside_once_under_the_first(tmp_path):
    sessions = SESSIONS + "P3 | x | laser \n | 4 | ketamine"
    dataset = open_dataset(write_clinic(tmp_path, sessions=sessions))
    assert dataset.rows.values.tolist() == [["sessions", 5, 3, 2], ["scores", 3, 3, 0]]
    assert dataset.set_aside.values.tolist() == [
        ["sessions", "day: wrong type", 1],
        ["sessions", "patient_id: required cell empty", 1],
    ]


@pytest.mark.parametrize(("table", "severity"), [("sessions", "error"), ("events", "warning")])
def test_a_header_without_rows_stops_only_a_required_table(tmp_path, table, severity):
    clinic = write_clinic(tmp_path)
    header = {"sessions": "patient_id,day,treatment\n", "events": "patient_id,day,event\n"}
    (clinic / f"{table}.csv").write_text(header[table])
    assert (severity, table, "", "no rows", "") in found(check_dataset(clinic))


def test_the_reasons_that_only_some_scales_have_are_told(tmp_path):
    """A skipped question answered yes, a category with a total alone, a WHO-5 that is no multiple of 4, and a SHAPS."""
    cells = " | ".join(f"item_{number}" for number in range(1, 8))
    blank = " | ".join([""] * 7)
    scores = f"""
        patient_id | day | instrument | total | {cells}
        P1         |   0 | C-SSRS     |       | 0 | 0 | 1 | | | 0 |
        P1         |   1 | C-SSRS     | 3     | {blank}
        P1         |   2 | WHO-5      | 13    | {blank}
        P1         |   3 | SHAPS      | 14    | {blank}
        P1         |   4 | C-SSRS     |       | 0 | 0 | | | | 0 |
    """
    rows = "".join(f"P1 | {day} | PHQ-9 | 12 | {blank}\n" for day in range(10, 40))
    clinic = write_clinic(tmp_path, scores=scores.rstrip() + "\n" + rows)
    told = {problem.rule: problem.message for problem in check_dataset(clinic).itertuples()}
    assert "answered yes, though the one before it is answered no" in told["answers contradict each other"]
    assert "the scale gives a category and no total" in told["total of a category"]
    assert "or no answers can give it" in told["total out of range"]
    assert "(SHAPS without its scoring, SHAPS-dichotomous or SHAPS-sum: 1)" in told["unknown instrument"]
    used = open_dataset(clinic).table("scores").set_index("instrument")
    assert used.loc["C-SSRS", ["total", "items_answered", "prorated"]].tolist() == [0, 3, False]

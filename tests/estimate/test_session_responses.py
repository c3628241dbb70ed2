"""After which session people first respond, and by which: hand-worked people, every kind of not knowing, parts."""

import pandas as pd
import pytest
from drawn_tables import check_same, write_folder

from analysis.cohort.cohort import derive
from analysis.disclosure.suppression import disclose
from analysis.estimate.session_responses import responses_by_session
from analysis.intake.dataset import open_dataset
from analysis.intake.partition import partition_dataset
from analysis.vocabulary.errors import CallError

# After each of the sessions on days 0, 3 and 6: R responded, n did not, - not scored; shorter: no further session.
PEOPLE = {
    "P1": "Rnn",
    "P2": "n-R",  # seen late: the response may have come after session 2
    "P3": "nnn",
    "P4": "---",
    "P5": "R",
    "P6": "nn",
    "P7": "n-",
    "P8": "nn-",
}


def folder_of(path, people=PEOPLE, extra=()):
    sessions, scores = [], list(extra)
    for patient, history in people.items():
        scores.append({"patient_id": patient, "day": 0, "instrument": "PHQ-9", "total": 20})
        for place, found in enumerate(history):
            day = 3 * place
            sessions.append({"patient_id": patient, "day": day, "treatment": "ketamine", "route": "iv"})
            if found != "-":
                total = 10 if found == "R" else 11
                scores.append({"patient_id": patient, "day": day + 1, "instrument": "PHQ-9", "total": total})
    for patient in ("P9", "P10"):  # no baseline, and not eligible
        sessions.append({"patient_id": patient, "day": 0, "treatment": "ketamine", "route": "iv"})
    scores.append({"patient_id": "P10", "day": 0, "instrument": "PHQ-9", "total": 9})
    return write_folder(path, {"sessions": sessions, "scores": scores})


@pytest.fixture(scope="module")
def eight(tmp_path_factory):
    return derive(open_dataset(folder_of(tmp_path_factory.mktemp("eight") / "dataset")))


def test_who_has_responded_by_each_session_and_of_whom_it_is_not_known(eight):
    table = responses_by_session(eight, instrument="PHQ-9", sessions=3)
    check_same(
        table[table["estimand"] == "nonresponder"],
        """
        window       | started | eligible | treated | scored | first_seen | first_certain | numerator | unknown
        by session 1 | 10      | 8        | 8       | 7      | 2          | 2             | 2         | 1
        by session 2 | 10      | 8        | 7       | 4      | 0          | 0             | 2         | 3
        by session 3 | 10      | 8        | 5       | 3      | 1          | 0             | 3         | 3
        """,
    )


def test_each_population_has_its_rate_and_its_range(eight):
    table = responses_by_session(eight, instrument="PHQ-9", sessions=3)
    check_same(
        table[table["window"] == "by session 3"].assign(
            method="", **{name: (100 * table[name]).round(1) for name in ("estimate", "low", "high")}
        )[lambda rows: rows["estimand"].str.startswith("bounds")],
        """
        estimand                | estimate | low  | high | numerator | denominator
        bounds of the eligible  |          | 37.5 | 75   | 3         | 8
        bounds of all starters  |          | 30   | 80   | 3         | 10
        bounds of those treated |          | 40   | 80   | 2         | 5
        """,
    )
    check_same(
        table[(table["window"] == "by session 3") & table["estimate"].notna()],
        """
        estimand     | estimate | numerator | denominator | status
        nonresponder | 0.38     | 3         | 8           | ok
        starters     | 0.3      | 3         | 10          | ok
        treated      | 0.4      | 2         | 5           | ok
        """,
    )


def test_an_outcome_after_the_last_session_asked_about_changes_nothing(eight):
    three, two = (responses_by_session(eight, instrument="PHQ-9", sessions=number) for number in (3, 2))
    pd.testing.assert_frame_equal(three[three["window"] != "by session 3"].reset_index(drop=True), two)


def test_seven_parts_and_groups_give_what_one_gives(demo_folder, demo_cohort, tmp_path):
    seven = derive(open_dataset(partition_dataset(demo_folder, out=tmp_path / "seven", parts=7)))
    asked = {"instrument": "PHQ-9", "by": ["route", "baseline_severity"], "period": "2025"}
    whole = responses_by_session(demo_cohort, **asked)
    pd.testing.assert_frame_equal(responses_by_session(seven, **asked), whole, check_exact=True)
    empty = whole[whole["baseline_severity"] == "mild"]
    assert (empty.loc[empty["estimand"] == "nonresponder", "status"] == "empty").all()
    together = responses_by_session(demo_cohort, instrument="PHQ-9", period="2025")
    added = whole.groupby(["window", "estimand"])["numerator"].sum()
    assert added.to_dict() == together.set_index(["window", "estimand"])["numerator"].to_dict()


def test_the_parts_of_the_eligible_add_up(demo_cohort):
    table = responses_by_session(demo_cohort, instrument="PHQ-9", sessions=12)
    rows = table[table["estimand"] == "nonresponder"]
    assert (rows["first_certain"] <= rows["first_seen"]).all()
    assert (rows["numerator"] + rows["unknown"] <= rows["eligible"]).all()
    assert set(rows["eligible"]) == {rows["eligible"].iloc[0]}
    bounds = table[table["estimand"] == "bounds of the eligible"]
    assert (bounds["high"] * bounds["denominator"]).round().tolist() == (rows["numerator"] + rows["unknown"]).tolist()


def test_it_stays_inside(eight):
    table = responses_by_session(eight, instrument="PHQ-9", sessions=2)
    with pytest.raises(CallError, match="by one session are a part of those by the next"):
        disclose(table)
    assert disclose(table, audience="internal").hidden == 0


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"sessions": 0}, "sessions: a whole number from 1 to 60"),
        ({"sessions": True}, "sessions: a whole number"),
        ({"sessions": "8"}, "sessions: a whole number"),
        ({"instrument": "PHQ9"}, "Did you mean 'PHQ-9'"),
        ({"outcome": "sustained_response"}, "month m after loading"),
        ({"by": "phase"}, "changes from session to session"),
        ({"by": "quarter"}, "no dates of sessions"),
        ({"by": "maintenance"}, "month m after loading"),
        ({"period": "2026Q1"}, "neither dates nor start years"),
    ],
)
def test_a_wrong_call_says_what_it_can_be(eight, options, message):
    with pytest.raises(CallError, match=message):
        responses_by_session(eight, **({"instrument": "PHQ-9"} | options))

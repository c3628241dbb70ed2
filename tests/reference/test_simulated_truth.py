"""Against simulated cohorts whose truth is known, counted here by plain pandas.

The truth is the total that would have been recorded on each day. Of those who were scored, the observed rate must be
the truth's; nonresponder and starters must be the same responders over the people who were eligible and who started.
Which score rows survived the checks is taken from the dataset; their totals are not: the truth has them.
"""

import pandas as pd
import pytest

from analysis.cohort.cohort import derive
from analysis.estimate.flow import flow
from analysis.estimate.rates import response_rates
from analysis.intake.dataset import open_dataset
from analysis.simulation import simulate, write_dataset

WINDOWS = {"end of loading": (1, 14, 7), "month 1 after loading": (16, 45, 30), "month 3 after loading": (76, 105, 90)}
DUE = {"end of loading": 42, "month 1 after loading": 73, "month 3 after loading": 133}
ENTRY = {"PHQ-9": 10, "MADRS": 20}
PATIENTS = 200


def first_courses(sessions: pd.DataFrame, patients: pd.DataFrame, data_cut: pd.Timestamp) -> pd.DataFrame:
    """Count from the sessions what the windows need of every patient's first course."""
    given = sessions[sessions["status"].isin(["given", "stopped-early"])].sort_values(["patient_id", "day", "sequence"])
    by_patient = given.groupby("patient_id")
    gap = by_patient["day"].diff().fillna(0)
    other = given["treatment"] != by_patient["treatment"].shift().fillna(given["treatment"])
    course = (other | (gap > 90)).groupby(given["patient_id"]).cumsum() + 1
    next_course = given[course == 2].groupby("patient_id")["day"].min()
    given, gap = given[course == 1], gap[course == 1]

    place = given.groupby("patient_id").cumcount() + 1
    course_day = given["day"] - given.groupby("patient_id")["day"].transform("first")
    label = given.groupby("patient_id")["treatment"].transform("first") == "esketamine"
    series = (place <= 8) & (course_day < 28) & (gap.groupby(given["patient_id"]).cummax() <= 10)
    loading = (course_day < 28).where(label, series)

    courses = given.groupby("patient_id").agg(first_day=("day", "first"), start=("date", "first"))
    courses["last_loading"] = given[loading].groupby("patient_id")["day"].max()
    courses["first_maintenance"] = given[~loading].groupby("patient_id")["day"].min()
    courses["loading_sessions"] = loading.groupby(given["patient_id"]).sum()
    courses["needed"] = label.groupby(given["patient_id"]).first().map({True: 6, False: 4})
    courses["next_course"] = next_course
    courses["prior"] = patients.set_index("patient_id")["prior_ketamine"]
    courses["days_to_cut"] = (data_cut - courses["start"]).dt.days
    return courses[courses["prior"] != True].reset_index()  # noqa: E712  (missing is not True)


def truth_on(truth: pd.DataFrame, scores: pd.DataFrame) -> pd.DataFrame:
    """Look up the true total and state on each score's day."""
    keys = ["patient_id", "instrument"]
    stretches = truth.rename(columns={"from_day": "day"}).sort_values("day")
    stretches = stretches[[*keys, "day", "to_day", "total", "state"]].rename(columns={"total": "true_total"})
    found = pd.merge_asof(scores.sort_values("day"), stretches, on="day", by=keys)
    assert (found["day"] <= found["to_day"]).all()
    return found


def counted(courses: pd.DataFrame, scores: pd.DataFrame, instrument: str, window: str) -> dict[str, int]:
    """Count the ladder of one window from the truth."""
    first, last, nearest = WINDOWS[window]
    due = courses[courses["days_to_cut"] >= DUE[window]]
    own = due.merge(scores[scores["instrument"] == instrument], on="patient_id")

    before = own[own["day"].between(own["first_day"] - 30, own["first_day"])]
    baseline = before.sort_values(["day", "occasion"]).groupby("patient_id")["true_total"].last()
    eligible = baseline[baseline >= ENTRY[instrument]]

    since = own["day"] - own["last_loading"]
    inside = since.between(first, last) & ~(own["day"] > own["next_course"])
    if window == "end of loading":
        inside &= ~(own["day"] > own["first_maintenance"])
    near = own[inside & own["patient_id"].isin(eligible.index)].assign(distance=(since - nearest).abs())
    picked = near.sort_values(["distance", "day", "occasion"]).groupby("patient_id").first()
    responded = 2 * picked["true_total"] <= eligible[picked.index]
    assert (responded == picked["state"].isin(["responded", "remitted"])).all()
    completed = picked["loading_sessions"] >= picked["needed"]
    return {
        "started": len(due),
        "with_baseline": len(baseline),
        "eligible": len(eligible),
        "scored": len(picked),
        "responded": int(responded.sum()),
        "remitted": int((picked["state"] == "remitted").sum()),
        "completers": int(completed.sum()),
        "completers_responded": int((responded & completed).sum()),
    }


@pytest.fixture(scope="module", params=[1, 20, 300], ids="seed {}".format)
def cohort_and_truth(request, tmp_path_factory):
    simulated = simulate(patients=PATIENTS, clinics=3, seed=request.param)
    cohort = derive(open_dataset(write_dataset(simulated, tmp_path_factory.mktemp("simulated") / "dataset")))
    used = cohort.dataset.table("scores")
    used = used.loc[used["occasion"] != "post", ["patient_id", "day", "instrument", "occasion"]]
    used["day"] = used["day"].astype("int64")
    courses = first_courses(
        simulated.tables["sessions"], simulated.tables["patients"], pd.Timestamp(cohort.dataset.data_cut)
    )
    return cohort, courses, truth_on(simulated.truth, used)


@pytest.mark.parametrize("instrument", ENTRY)
def test_rates_equal_the_truth_among_the_scored_and_the_bookkeeping_of_the_others(cohort_and_truth, instrument):
    cohort, courses, scores = cohort_and_truth
    denominators = ("observed", "nonresponder", "starters", "completers")
    rates = response_rates(cohort, instrument=instrument, window=tuple(WINDOWS), denominator=denominators)
    remission = response_rates(cohort, instrument=instrument, window=tuple(WINDOWS), outcome="remission")
    for window in WINDOWS:
        count = counted(courses, scores, instrument, window)
        assert count["scored"] > 5  # else the comparison would say little
        table = rates[rates["window"] == window].set_index("estimand")
        found = list(zip(table["numerator"], table["denominator"], strict=True))
        assert found == [
            (count["responded"], count["scored"]),
            (count["responded"], count["eligible"]),
            (count["responded"], count["started"]),
            (count["completers_responded"], count["completers"]),
        ]
        ladder = ["started", "with_baseline", "eligible", "scored"]
        assert (table[ladder] == [count[name] for name in ladder]).all(axis=None)
        assert table.loc["observed", "estimate"] == pytest.approx(count["responded"] / count["scored"], abs=1e-15)
        own = remission[remission["window"] == window]
        assert (own["numerator"].item(), own["denominator"].item()) == (count["remitted"], count["scored"])


def test_every_patient_treated_is_in_the_flow(cohort_and_truth):
    cohort, courses, _ = cohort_and_truth
    table = flow(cohort, instrument="PHQ-9", window="end of loading").set_index("name")["count"]
    assert table["treated"] == PATIENTS
    assert table["prior_ketamine"] == PATIENTS - len(courses)
    assert table["not_due"] == (courses["days_to_cut"] < DUE["end of loading"]).sum()

"""Simulated cohorts: consistent with their truth, with DATASET.md, and with the published shape of the field."""

import numpy as np
import pandas as pd
import pytest

from analysis.simulation import simulate, simulated, write_dataset
from analysis.simulation.items import answer_patterns, skip_items
from analysis.vocabulary.definitions import default_definitions
from analysis.vocabulary.errors import CallError

REMISSION = {"PHQ-9": 4, "GAD-7": 4, "MADRS": 10, "HAM-D17": 7}
HIGHEST = {"PHQ-9": 27, "GAD-7": 21, "MADRS": 60, "HAM-D17": 52}


@pytest.fixture(scope="module")
def cohort():
    return simulate(patients=400, clinics=3, seed=11)


@pytest.fixture(scope="module")
def many():
    return simulate(patients=6000, clinics=4, seed=5)


@pytest.fixture(scope="module")
def treated(cohort):
    sessions = cohort.tables["sessions"]
    return sessions[sessions["status"].isin(["given", "stopped-early"])]


def start_dates(cohort) -> pd.Series:
    sessions = cohort.tables["sessions"]
    return sessions[sessions["day"] == 0].set_index("patient_id")["date"]


def truth_on(truth: pd.DataFrame, rows: pd.DataFrame) -> pd.DataFrame:
    """Put the truth of each row's instrument and day beside it."""
    joined = pd.merge_asof(
        rows.sort_values("day"),
        truth.sort_values("from_day"),
        left_on="day",
        right_on="from_day",
        by=["patient_id", "instrument"],
        suffixes=("", "_true"),
    )
    return joined[joined["day"] <= joined["to_day"]]


# --- the same again ---------------------------------------------------------------------------------------------------


def test_the_same_arguments_give_the_same_cohort_and_another_seed_another():
    one, same, other = (simulate(patients=60, clinics=2, seed=seed) for seed in (1, 1, 2))
    for name, table in one.tables.items():
        pd.testing.assert_frame_equal(table, same.tables[name])
    pd.testing.assert_frame_equal(one.truth, same.truth)
    assert not one.tables["patients"].equals(other.tables["patients"])


def test_chunks_join_to_one_cohort_with_every_patient_once(monkeypatch):
    monkeypatch.setattr(simulated, "CHUNK_PATIENTS", 30)
    cohort = simulate(patients=100, clinics=2, seed=1)
    tables = cohort.tables
    assert list(tables["patients"]["patient_id"]) == [f"P{n:05d}" for n in range(1, 101)]
    assert list(tables["referrals"]["referral_id"]) == [f"R{n:05d}" for n in range(1, 146)]
    assert sorted(tables["referrals"]["patient_id"].dropna()) == list(tables["patients"]["patient_id"])
    assert set(cohort.truth["patient_id"]) == set(tables["patients"]["patient_id"])
    assert tables["sessions"]["patient_id"].is_monotonic_increasing


# --- the layout -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("table", "key"),
    [
        ("patients", ["patient_id"]),
        ("sessions", ["patient_id", "day", "sequence"]),
        ("scores", ["patient_id", "day", "instrument", "occasion"]),
        ("adverse_events", ["patient_id", "day", "term"]),
        ("events", ["patient_id", "day", "event"]),
        ("referrals", ["referral_id"]),
    ],
)
def test_keys_are_unique(many, table, key):
    assert not many.tables[table].duplicated(key).any()


@pytest.mark.parametrize("table", ["sessions", "scores", "events"])
def test_dates_agree_with_days_and_none_lies_after_the_data_cut(cohort, table):
    rows = cohort.tables[table]
    day0 = rows["patient_id"].map(start_dates(cohort))
    assert (rows["date"] == day0 + pd.to_timedelta(rows["day"], unit="D")).all()
    assert rows["date"].max() <= pd.Timestamp("2026-09-30")


def test_first_treatments_lie_in_the_periods_and_sessions_on_weekdays(cohort):
    starts = start_dates(cohort)
    assert len(starts) == 400
    assert starts.min() >= pd.Timestamp("2023-01-01")
    assert (cohort.tables["patients"].set_index("patient_id")["start_year"] == starts.dt.year).all()
    assert cohort.tables["sessions"]["date"].dt.day_of_week.max() == 4


def test_names_say_nothing_about_when_a_patient_started(cohort):
    number = cohort.tables["patients"]["patient_id"].str[1:].astype(int)
    start = start_dates(cohort).reindex(cohort.tables["patients"]["patient_id"]).astype("int64")
    assert abs(np.corrcoef(number, start)[0, 1]) < 0.15


def test_care_ends_no_earlier_than_the_last_contact_and_goes_on_to_the_cut(cohort):
    patients = cohort.tables["patients"].set_index("patient_id")
    contact = pd.concat([cohort.tables[name] for name in ("sessions", "scores", "events")]).groupby("patient_id")["day"]
    assert (patients["last_day"] >= contact.max()).all()
    ongoing = patients["outcome_of_care"] == "ongoing"
    until = start_dates(cohort) + pd.to_timedelta(patients["last_day"], unit="D")
    assert (until[ongoing] == pd.Timestamp("2026-09-30")).all()
    assert ongoing.mean() > 0.05


def test_the_dead_have_no_sessions_or_scores_after_death(many):
    deaths = many.tables["events"].query("event == 'death'").set_index("patient_id")["day"]
    assert len(deaths) > 3
    for name in ("sessions", "scores"):
        rows = many.tables[name]
        rows = rows[rows["patient_id"].isin(deaths.index)]
        assert (rows["day"] < rows["patient_id"].map(deaths)).all()


# --- the truth --------------------------------------------------------------------------------------------------------


def test_the_truth_covers_every_day_once_up_to_the_data_cut(cohort):
    truth = cohort.truth
    starts = start_dates(cohort)
    for (patient, _), rows in truth.groupby(["patient_id", "instrument"]):
        assert rows["from_day"].iloc[0] == -60
        assert rows["to_day"].iloc[-1] == (pd.Timestamp("2026-09-30") - starts[patient]).days
        assert (rows["from_day"].to_numpy()[1:] == rows["to_day"].to_numpy()[:-1] + 1).all()


def test_recorded_totals_are_the_truth_of_their_day(cohort):
    scores = cohort.tables["scores"]
    items = scores.filter(like="item_")
    answered = items.notna().sum(axis=1)
    needed = scores["instrument"].map({"PHQ-9": 9, "GAD-7": 7, "MADRS": 10, "HAM-D17": 17})
    # Prorated by hand: the mean of the answered items times their number, rounded half up.
    from_items = np.floor(items.sum(axis=1).astype(float) * needed / answered.where(answered > 0) + 0.5)
    recorded = from_items.where(answered > 0, scores["total"].astype(float))
    typing_error = (scores["total"] > scores["instrument"].map(HIGHEST)).fillna(False)
    rows = scores.assign(recorded=recorded, day=scores["day"] + (scores["occasion"] == "post"))[~typing_error]
    both = truth_on(cohort.truth, rows)
    assert len(both) == len(rows)
    assert (both["recorded"] == both["total_true"]).all()
    assert set(answered[scores["instrument"] == "PHQ-9"]) == {0, 7, 8, 9}
    assert set(answered[scores["instrument"] == "GAD-7"]) == {0, 5, 6, 7}


def test_states_follow_the_definitions(cohort, treated):
    """A second reading of the states, one patient and scale at a time."""
    scores = cohort.tables["scores"]
    scores = scores[scores["occasion"] != "post"]
    true_scores = truth_on(cohort.truth, scores)
    for patient in sorted(treated["patient_id"].unique())[:60]:
        for instrument, rows in cohort.truth[cohort.truth["patient_id"] == patient].groupby("instrument"):
            own = true_scores[(true_scores["patient_id"] == patient) & (true_scores["instrument"] == instrument)]
            for course, steps in rows[(rows["to_day"] > 0) & (rows["state"] != "died")].groupby("course"):
                first_day = 0 if course == 1 else steps["from_day"].iloc[0] - 1
                before = own[own["day"].between(first_day - 30, first_day)].sort_values("day")
                there = rows[(rows["from_day"] <= first_day) & (rows["to_day"] >= first_day)]
                baseline = before["total_true"].iloc[-1] if len(before) else there["total"].iloc[0]
                improved = False
                for total, state in zip(steps["total"], steps["state"], strict=True):
                    now = "remitted" if total <= REMISSION[instrument] else "responded" if 2 * total <= baseline else ""
                    expected = now or ("lost-response" if improved else "not-responded")
                    improved = improved or bool(now)
                    assert state == expected


def test_courses_of_the_truth_begin_after_a_gap_or_with_another_treatment(cohort, treated):
    treated = treated.sort_values(["patient_id", "day"])
    before = treated.groupby("patient_id")[["day", "treatment"]].shift()
    new = before["day"].isna() | (treated["day"] - before["day"] > 90) | (treated["treatment"] != before["treatment"])
    course = new.groupby(treated["patient_id"]).cumsum()
    after = treated.assign(course=course, day=treated["day"] + 1, instrument="PHQ-9")
    both = truth_on(cohort.truth, after)
    assert (both["course"] == both["course_true"]).all()
    assert course.max() >= 3
    assert len(both) > 3000


# --- the shape of the field -------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def loading(many) -> pd.DataFrame:
    """First courses begun half a year before the cut: sessions, last loading day, baseline, end-of-loading score.

    A plain reading of the methods, written without the package's derivation.
    """
    tables = many.tables
    sessions = tables["sessions"].query("status in ('given', 'stopped-early')").sort_values(["patient_id", "day"])
    by_patient = sessions.groupby("patient_id")
    gap = by_patient["day"].diff()
    changed = sessions["treatment"] != by_patient["treatment"].shift(fill_value="")
    first_course = ((gap > 90) | (changed & gap.notna())).groupby(sessions["patient_id"]).cumsum() == 0
    sessions = sessions[first_course].assign(gap=gap[first_course])
    number = sessions.groupby("patient_id").cumcount() + 1
    label = sessions["treatment"] == "esketamine"
    ends = (sessions["day"] >= 28) | (~label & ((number > 8) | (sessions["gap"] > 10)))
    in_loading = ends.groupby(sessions["patient_id"]).cumsum() == 0
    people = pd.DataFrame(
        {
            "sessions": sessions.groupby("patient_id").size(),
            "last": sessions[in_loading].groupby("patient_id")["day"].max(),
            "maintenance": sessions[~in_loading].groupby("patient_id")["day"].min(),
            "start": sessions.groupby("patient_id")["date"].min(),
        }
    )
    people = people.join(tables["patients"].set_index("patient_id")[["prior_ketamine", "clinic_id"]])
    people = people[~people["prior_ketamine"] & (people["start"] < "2026-04-01")]
    scores = tables["scores"].query("instrument == 'PHQ-9' and occasion != 'post'")
    scores = truth_on(many.truth, scores[~(scores["total"] > 27).fillna(False)]).join(
        people, on="patient_id", how="inner"
    )
    before = scores[scores["day"].between(-30, 0)].sort_values("day").groupby("patient_id")["total_true"].last()
    latest = scores["maintenance"].fillna(np.inf)
    after = scores["day"] - scores["last"]
    near = scores[after.between(1, 14) & (scores["day"] <= latest)].assign(distance=(after - 7).abs())
    near = near.sort_values(["distance", "day"]).groupby("patient_id")["total_true"].first()
    return people.assign(baseline=before, end=near).astype({"baseline": float, "end": float})


def test_about_half_stop_before_six_sessions(loading):
    assert 0.45 <= (loading["sessions"] < 6).mean() <= 0.55


def test_response_and_remission_at_the_end_of_loading(loading):
    eligible = loading[loading["baseline"] >= 10]
    scored = eligible[eligible["end"].notna()]
    assert 0.03 <= loading["baseline"].isna().mean() <= 0.07
    assert 0.65 <= len(scored) / len(eligible) <= 0.75
    assert 0.46 <= (2 * scored["end"] <= scored["baseline"]).mean() <= 0.54
    assert 0.24 <= (scored["end"] <= 4).mean() <= 0.31


def true_total(many, people: pd.DataFrame, day: pd.Series) -> pd.Series:
    rows = pd.DataFrame({"patient_id": people.index, "day": day.to_numpy(), "instrument": "PHQ-9"})
    return truth_on(many.truth, rows).set_index("patient_id")["total"].astype(float).reindex(people.index)


def test_those_seen_did_better_than_all_who_started(many, loading):
    eligible = loading[loading["baseline"] >= 10]
    responded = 2 * true_total(many, eligible, eligible["last"] + 7) <= eligible["baseline"]
    seen = eligible["end"].notna()
    assert responded[seen].mean() > responded.mean() + 0.03
    assert responded[~seen].mean() < responded[seen].mean() - 0.1


def test_responders_without_maintenance_lose_their_response(many, loading):
    eligible = loading[(loading["baseline"] >= 10) & loading["maintenance"].isna()]
    responders = eligible[2 * true_total(many, eligible, eligible["last"] + 7) <= eligible["baseline"]]
    holding = [
        (2 * true_total(many, responders, responders["last"] + 7 + days) <= responders["baseline"]).mean()
        for days in (28, 56)
    ]
    assert 0.74 <= holding[0] <= 0.86
    assert 0.58 <= holding[1] <= 0.72


# --- items ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["PHQ-9", "GAD-7", "MADRS", "HAM-D17"])
def test_answers_add_up_and_stay_in_range(name):
    scale = default_definitions().instruments[name]
    answers = answer_patterns(name)
    assert (answers.sum(axis=2) == np.arange(scale.total_max + 1)[:, None]).all()
    assert (answers <= np.array(scale.item_max)).all()


def test_items_are_skipped_only_where_prorating_gives_the_same_total():
    items = np.array([[2] * 9] * 50 + [[3, 0, 0, 0, 0, 0, 0, 0, 0]] * 50, dtype=np.int8)
    skipped = skip_items(np.random.default_rng(1), items, items.sum(axis=1))
    # All answers equal: any may be missing. A single 3: without it the rest prorates to 0; without a 0 to 3.4 or 3.9.
    assert (skipped[:50] < 0).any(axis=1).all()
    left = skipped[50:]
    assert (left[:, 0] == 3).all()
    assert ((left < 0).sum(axis=1) <= 1).all()


# --- the call and the files -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"patients": 0}, "`patients` is 0; it must be 1 or more."),
        ({"clinics": 0}, "`clinics` is 0; it must be 1 or more."),
        ({"clinics": 1001}, "`clinics` is 1001; it must be at most 1000."),
        ({"seed": -1}, "`seed` is -1; it must be 0 or more."),
        ({"first": "2026Q3", "last": "2026Q2"}, "The last period, 2026Q2, ends before the first, 2026Q3, has begun."),
        ({"last": "2026-Q2"}, "'2026-Q2' is not a period"),
    ],
)
def test_a_wrong_call_is_named(changes, message):
    with pytest.raises(CallError, match=message):
        simulate(**({"patients": 10, "clinics": 2, "seed": 1} | changes))


def test_a_year_may_be_named_and_one_patient_is_enough():
    cohort = simulate(patients=1, clinics=1, seed=1, first="2025", last="2025")
    assert list(cohort.tables["patients"]["start_year"]) == [2025]
    assert cohort.data_cut.isoformat() == "2025-12-31"


def test_files_hold_the_tables_and_the_truth_stays_outside(tmp_path, monkeypatch):
    monkeypatch.setattr(simulated, "CHUNK_PATIENTS", 20)
    cohort = simulate(patients=50, clinics=2, seed=4)
    write_dataset(cohort, tmp_path / "clinic", truth=tmp_path / "truth.csv")
    for name, table in cohort.tables.items():
        assert (tmp_path / "clinic" / f"{name}.csv").read_bytes().count(b"\n") == len(table) + 1
        written = pd.read_csv(tmp_path / "clinic" / f"{name}.csv", keep_default_na=False, dtype=str)
        assert list(written) == list(table)
    truth = pd.read_csv(tmp_path / "truth.csv")
    assert list(truth["total"].astype("Int64")) == list(cohort.truth["total"])
    assert sorted(path.name for path in tmp_path.iterdir()) == ["clinic", "truth.csv"]


def test_nothing_is_overwritten_unasked(tmp_path):
    cohort = simulate(patients=2, clinics=1, seed=1)
    target, truth = write_dataset(cohort, tmp_path / "clinic"), tmp_path / "truth.csv"
    truth.write_text("mine")
    with pytest.raises(CallError, match="clinic is there already; allow replacing it"):
        write_dataset(cohort, target)
    with pytest.raises(CallError, match=r"truth.csv is there already; allow replacing it"):
        write_dataset(cohort, tmp_path / "other", truth=truth)
    with pytest.raises(CallError, match="must not lie in the dataset's folder"):
        write_dataset(cohort, target, truth=target / "truth.csv", force=True)
    write_dataset(cohort, target, truth=truth, force=True)
    assert truth.read_text().startswith("patient_id,course,from_day,to_day,instrument,total,state\n")

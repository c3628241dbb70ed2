"""What the numbers of safety mean, on a drawn clinic: every expected value is counted by hand."""

import pytest
from drawn_safety import safety_cohort

from analysis.estimate.safety.summary import safety
from analysis.vocabulary.errors import CallError
from analysis.vocabulary.safety_rules import SafetyRules

SESSIONS = """
    patient_id | day | route | dose_mg | weight_kg | status        | systolic_before | diastolic_before | systolic_peak | diastolic_peak | cadss_peak | ready_min
    A          |   0 | iv    |      40 |        80 | given         |             120 |               80 |           150 |             90 |         30 |        90
    A          |   3 | iv    |      40 |        80 | given         |             120 |               80 |           180 |            100 |          4 |       100
    A          |   7 | iv    |      60 |        80 | stopped-early |             120 |               80 |           159 |            104 |            |
    A          |  10 | iv    |         |        80 | no-show       |                 |                  |               |                |            |
    B          |   0 | im    |      70 |        70 | given         |             130 |                  |           170 |                |          0 |       120
    B          |   4 | im    |         |        70 | given         |                 |                  |               |                |            |
    C          |   0 | iv    |      40 |        80 | given         |             110 |               70 |           120 |            110 |          5 |        60
"""  # noqa: E501
EVENTS = """
    patient_id | day | term         | sequence | severity | serious | source   | onset_min | resolved_min
    A          |  -2 | nausea       |        1 | mild     | false   | reported |           |
    A          |   0 | nausea       |        1 | mild     | false   | reported |        10 |           50
    A          |   0 | nausea       |        2 | severe   | true    | reported |        30 |          130
    A          |   0 | dissociation |        1 |          |         | reported |         5 |           55
    A          |   0 | dissociation |        2 |          |         | scale    |           |
    A          |   5 | headache     |        1 | moderate |         | reported |           |
    B          |   4 | nausea       |        1 | mild     | false   |          |        10 |
    B          |   0 | nausea       |        1 | mild     | false   | reported |        10 |
    Z          |   1 | headache     |        1 | mild     | true    | reported |           |
"""
PER_SESSIONS, OF_PATIENTS = "events per 100 sessions", "patients with the event"


@pytest.fixture(scope="module")
def found(tmp_path_factory):
    return safety(safety_cohort(tmp_path_factory.mktemp("safety"), SESSIONS, EVENTS))


def counts(table, **chosen):
    """Numerator, denominator and status of the one row with these values."""
    for name, value in chosen.items():
        table = table[table[name] == value]
    (row,) = table.itertuples()
    return row.numerator, row.denominator, row.status


def test_patients_and_sessions_are_kept_apart(found):
    """Nausea was reported three times in the six sessions, in two of the three patients."""
    nausea = {"split": "all", "source": "reported", "term": "nausea"}
    assert counts(found.events, **nausea, measure=PER_SESSIONS) == (3, 6, "ok")
    assert counts(found.events, **nausea, measure=OF_PATIENTS) == (2, 3, "ok")
    rates = found.events.query("split == 'all' and source == 'reported' and term == 'nausea'").set_index("measure")
    assert rates["estimate"].to_dict() == {OF_PATIENTS: pytest.approx(2 / 3), PER_SESSIONS: pytest.approx(50.0)}


def test_sources_are_different_rows(found):
    """A reported dissociation and one that a scale shows are not added up; a missing source is unknown."""
    for source in ("reported", "scale"):
        row = {"split": "all", "source": source, "term": "dissociation", "measure": PER_SESSIONS}
        assert counts(found.events, **row) == (1, 6, "ok")
    assert counts(found.events, split="all", source="unknown", term="nausea", measure=PER_SESSIONS) == (1, 6, "ok")
    assert counts(found.events, split="all", source="reported", term="any", measure=PER_SESSIONS) == (5, 6, "ok")


def test_an_event_follows_the_last_session_up_to_its_day(found):
    """The headache of day 5 follows the session of day 3; what came before any session is in no rate."""
    headache = {"source": "reported", "term": "headache", "measure": PER_SESSIONS}
    assert counts(found.events, **headache, split="session number", level="2") == (1, 2, "ok")
    assert counts(found.events, **headache, split="timing", level="later day") == (1, 6, "ok")
    fates = found.recorded[found.recorded["share_of"] == "rows of adverse events"].set_index("name")["numerator"]
    assert fates.to_dict() == {
        "adverse event: day of a session": 6,
        "adverse event: later day": 1,
        "adverse event: before any session": 1,
        "adverse event: person never treated": 1,
    }


def test_splits_have_their_own_denominators(found):
    nausea = {"source": "reported", "term": "nausea", "measure": PER_SESSIONS}
    assert counts(found.events, **nausea, split="route", level="iv") == (2, 4, "ok")
    assert counts(found.events, **nausea, split="route", level="im") == (1, 2, "ok")
    assert counts(found.events, **nausea, split="severity", level="severe") == (1, 6, "ok")
    assert counts(found.events, **nausea, split="dose", level="ketamine iv, 0.45 to under 0.65 mg/kg") == (2, 3, "ok")
    assert counts(found.events, **nausea, split="dose", level="ketamine im, mg/kg unknown") == (0, 1, "ok")
    assert counts(found.events, **nausea, split="phase", level="loading") == (3, 6, "ok")


def test_serious_events_are_counts_and_the_unknown_are_beside_them(found):
    serious = found.serious.set_index(["source", "term", "seriousness"])["count"]
    assert serious["reported", "nausea", "serious"] == 1
    assert serious["reported", "any", "unknown"] == 2  # dissociation and headache
    assert serious["scale", "dissociation", "unknown"] == 1


def test_without_a_table_of_events_care_is_not_known(found):
    care = found.serious[found.serious["source"] == "care event"]
    assert care["count"].isna().all()
    assert set(care["status"]) == {"none recorded"}
    assert any("no table events" in note for note in found.notes)


def test_a_term_nobody_has_is_none_of_all_sessions(found):
    rows = found.events.query("split == 'all' and term == 'seizure'")
    assert rows["numerator"].tolist() == [0, 0]
    assert rows["high"].tolist()[1] == pytest.approx(100 * 3.6888794541139363 / 6)  # -log(0.025) over six sessions


@pytest.mark.parametrize(
    ("name", "numerator", "denominator"),
    [
        ("stopped early", 1, 6),
        ("systolic >= 180 or diastolic >= 110", 2, 4),  # of those with both peaks
        ("systolic >= 180", 1, 5),
        ("diastolic >= 110", 1, 4),
        ("systolic rise >= 40", 2, 5),  # 30, 60, 39, 40, 10
        ("diastolic rise >= 25", 1, 4),  # 10, 20, 24, 40
        ("systolic rise >= 40 or diastolic rise >= 25", 2, 4),
        ("CADSS over 4", 2, 4),
        ("fit to leave by 60 minutes", 1, 4),
        ("fit to leave by 120 minutes", 4, 4),
    ],
)
def test_limits_are_inclusive_and_of_the_sessions_measured(found, name, numerator, denominator):
    assert counts(found.sessions, name=name, measure="share of sessions") == (numerator, denominator, "ok")
    assert set(found.sessions["sessions"]) == {6}


def test_the_rise_is_peak_less_before(found):
    rise = found.sessions.set_index("name").loc["systolic rise"]
    assert (rise["estimate"], rise["median"], rise["lower_quartile"], rise["upper_quartile"]) == (35.8, 39, 30, 40)


def test_the_unresolved_are_censored_when_fit_to_leave(found):
    """First nausea of each patient: A resolved at 50; B was not when fit to leave at 120: half are, from 50 on."""
    row = found.minutes.set_index(["source", "term", "name"]).loc["reported", "nausea", "resolved by 120 minutes"]
    assert (row["estimate"], row["numerator"], row["denominator"], row["censored"]) == (0.5, 1, 2, 1)
    early = found.minutes.set_index(["source", "term", "name"]).loc["reported", "nausea", "resolved by 60 minutes"]
    assert early["estimate"] == 0.5


def test_an_event_without_any_time_is_counted_as_such(found):
    """B's second session has no time of leaving, and the event no end."""
    row = found.minutes.set_index(["source", "term", "name"]).loc["unknown", "nausea", "resolved by 60 minutes"]
    assert (row["denominator"], row["without_time"], row["status"]) == (0, 1, "none recorded")


def test_habituation_is_of_those_who_had_all_sessions(tmp_path):
    cohort = safety_cohort(tmp_path, SESSIONS, EVENTS)
    table = safety(cohort, rules=SafetyRules(habituation_sessions=2)).habituation
    cadss = table[(table["name"] == "CADSS") & (table["people"] == "had all sessions")].set_index("session")
    assert cadss["patients"].tolist() == [2, 2, 2]  # A and B; C had one session
    assert cadss.loc["1", ["numerator", "denominator"]].tolist() == [30, 2]
    assert cadss.loc["2", ["numerator", "denominator"]].tolist() == [4, 1]
    assert cadss.loc["last less first", ["estimate", "denominator"]].tolist() == [-26, 1]
    whole = table[(table["name"] == "CADSS") & (table["people"] == "measured at every one")].set_index("session")
    assert whole["denominator"].tolist() == [1, 1, 1]


def test_exposure_looks_at_the_past_only(tmp_path):
    """Cystitis after the third session counts where the patient was then: among sessions of the second band."""
    sessions = "patient_id | day | dose_mg\n" + "\n".join(f"A | {day} | 50" for day in (0, 3, 6, 9)) + "\nB | 0 | "
    events = "patient_id | day | term | source\nA | 6 | cystitis | reported"
    rules = SafetyRules(sessions_so_far=(3,), mg_so_far=(100,))
    bladder = safety(safety_cohort(tmp_path, sessions, events), rules=rules).bladder
    rate = {"term": "cystitis", "source": "reported", "measure": PER_SESSIONS}
    assert counts(bladder, **rate, split="sessions so far", level="1 to 2") == (0, 3, "ok")
    assert counts(bladder, **rate, split="sessions so far", level="3 and more") == (1, 2, "ok")
    assert counts(bladder, **rate, split="mg so far", level="ketamine, under 100 mg") == (0, 1, "ok")
    assert counts(bladder, **rate, split="mg so far", level="ketamine, 100 mg and more") == (1, 3, "ok")
    assert counts(bladder, **rate, split="mg so far", level="unknown") == (0, 1, "ok")


def test_dissociation_of_the_first_session_and_response(tmp_path):
    """Two with CADSS over 20 responded, one of two with less did; the third band was not measured."""
    people = {"A": (30, 8), "B": (40, 5), "C": (2, 8), "D": (0, 20), "E": ("", 20)}
    sessions = "patient_id | day | cadss_peak\n" + "\n".join(
        f"{name} | {day} | {cadss}" for name, (cadss, _) in people.items() for day in (0, 3, 6, 9)
    )
    scores = "patient_id | day | total\n" + "\n".join(
        f"{name} | 0 | 20\n{name} | 16 | {total}" for name, (_, total) in people.items()
    )
    events = "patient_id | day | term | source\nA | 0 | dissociation | reported\nD | 3 | dissociation | reported"
    table = safety(safety_cohort(tmp_path, sessions, events, scores=scores)).dissociation
    observed = table[table["estimand"] == "observed"].set_index(["sign", "band"])
    by_scale = observed.loc["CADSS at the first session"]
    assert by_scale["numerator"].to_dict() == {"0 to 4": 1, "5 to 20": 0, "21 and more": 2, "not measured": 0}
    assert by_scale["denominator"].to_dict() == {"0 to 4": 2, "5 to 20": 0, "21 and more": 2, "not measured": 1}
    assert by_scale.loc["21 and more", "difference"] == 0.5
    reported = observed.loc["reported at the first session"]
    assert reported["denominator"].to_dict() == {"not reported": 4, "reported": 1}


def test_new_suicidal_thoughts_and_worsening_are_harms(tmp_path):
    sessions = "patient_id | day\n" + "\n".join(f"{name} | {day}" for name in "ABC" for day in (0, 3, 6, 9))
    items = " | ".join(f"item_{number}" for number in range(1, 10))
    scores = f"patient_id | day | {items}\n" + "\n".join(
        f"{name} | {day} | {' | '.join([str(each)] * 8)} | {last}"
        for name, day, each, last in [
            ("A", 0, 1, 0), ("A", 16, 2, 1), ("B", 0, 1, 0), ("B", 16, 1, 0), ("C", 0, 2, 2), ("C", 16, 2, 3),
        ]
    )  # fmt: skip
    harms = safety(safety_cohort(tmp_path, sessions, scores=scores)).harms
    end = harms[harms["window"] == "end of loading"]
    assert counts(end, name="new suicidal thoughts") == (1, 2, "ok")
    assert counts(end, name="worsening") == (1, 3, "ok")  # A from 8 to 17


# --- what is not there -----------------------------------------------------------------------------------------------


def test_no_table_of_adverse_events_is_not_no_event(tmp_path):
    found = safety(safety_cohort(tmp_path, SESSIONS))
    assert set(found.events["status"]) == {"none recorded"}
    assert found.events["estimate"].isna().all()
    assert found.serious["count"].isna().all()
    assert any("no table adverse_events" in note for note in found.notes)
    assert set(found.minutes["status"]) == {"empty"}


def test_a_clinic_that_never_records_is_named_by_number(tmp_path):
    sessions = "patient_id | day | clinic_id\nA | 0 | North\nB | 0 | South\nB | 3 | South"
    events = "patient_id | day | term | source\nA | 0 | nausea | reported"
    cohort = safety_cohort(tmp_path, sessions, events)
    assert (
        "Adverse event: 1 of 2 clinics (2 of 3 sessions) never record it. Their sessions count as sessions without an "
        "event." in safety(cohort).notes
    )
    by_clinic = safety(cohort, by="clinic_id").events.query("split == 'all' and term == 'nausea'")
    status = by_clinic.groupby("clinic_id")["status"].first().to_dict()
    assert status == {"North": "ok", "South": "none recorded"}


def test_one_patient_has_rates_without_an_interval(tmp_path):
    found = safety(
        safety_cohort(
            tmp_path, "patient_id | day\nA | 0\nA | 3", "patient_id | day | term | source\nA | 0 | nausea | reported"
        )
    )
    (row,) = found.events.query(f"split == 'all' and term == 'nausea' and measure == '{PER_SESSIONS}'").itertuples()
    assert (row.estimate, row.numerator, row.denominator, row.status) == (50, 1, 2, "ok")
    assert row.low != row.low
    assert row.poisson_high == pytest.approx(100 * 5.571643390938898 / 2)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"by": "clinic"}, "by: 'clinic' is unknown"),
        ({"by": ["route", "route"]}, "named twice"),
        ({"by": "maintenance"}, "by: 'maintenance' is unknown"),
        ({"instrument": "PHQ9"}, "instrument: 'PHQ9' is unknown"),
    ],
)
def test_a_wrong_option_is_named(tmp_path, options, message):
    with pytest.raises(CallError, match=message):
        safety(safety_cohort(tmp_path, SESSIONS), **options)


def test_no_cohort_is_said():
    with pytest.raises(CallError, match="a cohort is needed"):
        safety("data/demo")


def test_rules_that_make_no_sense_are_refused():
    with pytest.raises(CallError, match="minutes must be rising"):
        SafetyRules(minutes=(120, 60))
    with pytest.raises(CallError, match="at least 2 sessions"):
        SafetyRules(habituation_sessions=1)

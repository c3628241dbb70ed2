"""The tables of safety at the gate: few people are hidden, and so is what would give them away."""

import numpy as np
import pandas as pd
import pytest

from analysis.disclosure.safety_rules import hide_safety, is_safety, refuse_safety
from analysis.disclosure.suppression import disclose
from analysis.estimate.safety.event_rows import OF_PATIENTS, PER_SESSIONS
from analysis.estimate.safety.summary import safety
from analysis.vocabulary.errors import CallError


def events(*rows, patients=500, sessions=2000, **columns):
    """Both rows of each (level, term, events, people)."""
    made = []
    for level, term, x, people in rows:
        for measure, numerator, denominator in ((OF_PATIENTS, people, patients), (PER_SESSIONS, x, sessions)):
            made.append(
                {"split": "all" if level == "all" else "phase", "level": level, "source": "reported", "term": term}
                | {"measure": measure, "estimate": numerator / denominator, "low": 0.0, "high": 1.0}
                | {"numerator": numerator, "denominator": denominator, "status": "ok", "patients_with": people}
                | {"patients": patients, "sessions": sessions, "poisson_low": 0.0, "poisson_high": 1.0}
            )
    return pd.DataFrame(made).assign(**columns)


def statuses(table):
    return table.drop_duplicates(["level", "term"]).set_index(["level", "term"])["status"].to_dict()


def test_few_people_are_hidden_however_many_events_they_had():
    """Sixty events of four people are those people's record."""
    found = disclose(events(("all", "any", 400, 200), ("all", "nausea", 60, 4), ("all", "headache", 340, 197)))
    assert statuses(found.table)["all", "nausea"] == "hidden"
    hidden = found.table[found.table["status"] == "hidden"]
    for name in ("estimate", "low", "high", "numerator", "denominator", "patients_with", "patients", "poisson_high"):
        assert hidden[name].isna().all(), name


def test_one_hidden_term_is_not_what_is_left_of_any():
    table = events(
        ("all", "any", 405, 240), ("all", "nausea", 5, 5), ("all", "headache", 100, 80), ("all", "anxiety", 300, 200)
    )
    found = statuses(disclose(table).table)
    assert found == {
        ("all", "any"): "ok",
        ("all", "nausea"): "hidden",
        ("all", "headache"): "hidden",
        ("all", "anxiety"): "ok",
    }


def test_nobody_is_no_secret():
    table = events(("all", "any", 300, 200), ("all", "seizure", 0, 0), ("all", "headache", 300, 200))
    assert set(disclose(table).table["status"]) == {"ok"}


def test_all_but_few_is_few():
    assert set(disclose(events(("all", "any", 900, 495))).table["status"]) == {"hidden"}


def test_a_level_with_few_is_not_what_is_left_of_all():
    table = events(("all", "nausea", 100, 90), ("loading", "nausea", 94, 85), ("maintenance", "nausea", 6, 6))
    assert statuses(disclose(table).table) == {
        ("all", "nausea"): "ok", ("loading", "nausea"): "hidden", ("maintenance", "nausea"): "hidden",
    }  # fmt: skip


def test_a_denominator_too_close_to_another_is_masked_and_the_rate_of_sessions_stays():
    """All but five of the patients were ever in loading."""
    whole, loading = events(("all", "nausea", 300, 200)), events(("loading", "nausea", 250, 180), patients=495)
    found = disclose(pd.concat([whole, loading], ignore_index=True)).table
    rows = found[found["level"] == "loading"].set_index("measure")
    assert rows.loc[OF_PATIENTS, "status"] == "hidden"
    assert rows.loc[PER_SESSIONS, "status"] == "ok"
    assert pd.isna(rows.loc[PER_SESSIONS, "patients"])


def test_of_two_groups_neither_is_shown_when_one_is_few():
    parts = [
        events(("all", "nausea", x, people)).assign(clinic_id=name) for name, x, people in (("A", 9, 9), ("B", 90, 80))
    ]
    table = pd.concat(parts, ignore_index=True)
    table = table[["clinic_id", *table.columns.drop("clinic_id")]]
    assert set(disclose(table).table["status"]) == {"hidden"}


def test_inside_nothing_is_hidden():
    table = events(("all", "nausea", 5, 5))
    assert disclose(table, audience="internal").hidden == 0


@pytest.fixture(scope="module")
def by_clinic(demo_cohort):
    return safety(demo_cohort, by="clinic_id")


@pytest.mark.parametrize("name", ["events", "bladder", "serious", "sessions", "habituation"])
def test_no_small_count_of_people_leaves(by_clinic, name):
    table = getattr(by_clinic, name)
    found = disclose(table)
    shown = found.table[found.table["status"] == "ok"]
    assert len(shown)
    people = {"events": "patients_with", "bladder": "patients_with", "sessions": "patients_with"}.get(name, "patients")
    for column in {people, "patients"}:
        few = shown[column].astype("Float64").dropna()
        assert not few.between(1, 10).any()
    hidden = found.table[found.table["status"] == "hidden"]
    numbers = hidden.select_dtypes("number")
    assert numbers.isna().all().all()


def test_a_hidden_cell_of_the_demo_cannot_be_worked_out_by_subtraction(by_clinic):
    """Over clinics, and over terms, what is hidden is never one cell alone, nor adds up to a small number."""
    raw, found = by_clinic.events, disclose(by_clinic.events).table
    hidden = (found["status"] == "hidden") & (raw["patients_with"] > 0) & (raw["measure"] == PER_SESSIONS)
    columns = ["split", "level", "source", "term"]
    for kept in (columns, ["clinic_id", "split", "level", "source"]):
        own = raw[hidden & ((raw["term"] != "any") | (kept == columns))]
        every = raw[(raw["measure"] == PER_SESSIONS) & ((raw["term"] != "any") | (kept == columns))]
        shown_too = every[(every["patients_with"] > 0)].groupby(kept).size()
        for key, rows in own.groupby(kept):
            if shown_too[key] > 1:
                assert len(rows) > 1, key
            assert rows["patients_with"].sum() > 10 or len(rows) == shown_too[key], key


def test_a_change_does_not_give_a_hidden_end_away():
    rows = [("1", 40), ("2", 30), ("3", 4), ("last less first", -36)]
    table = pd.DataFrame({"session": [session for session, _ in rows], "numerator": [x for _, x in rows]})
    table = table.assign(
        unit="", people="had all sessions", estimate=table["numerator"] / 100, low=0.0, high=1.0, denominator=100,
        status="ok", patients=100,
    )  # fmt: skip
    table.insert(0, "name", "dissociation, reported")
    assert hide_safety(table.copy(), 10)["status"].tolist() == ["ok", "ok", "hidden", "hidden"]


@pytest.mark.parametrize("name", ["minutes", "dissociation", "harms", "exposure", "recorded"])
def test_a_table_without_rules_stays_inside(by_clinic, name):
    with pytest.raises(CallError, match="disclose: "):
        disclose(getattr(by_clinic, name))


def test_the_refusal_says_what_can_be_disclosed(by_clinic):
    with pytest.raises(CallError, match=r"no rules, so it stays inside .* the tables events, bladder"):
        refuse_safety(by_clinic.harms)


def test_other_tables_are_none_of_safety():
    assert not is_safety(pd.DataFrame(columns=["instrument", "window", "estimate", "numerator"]))
    with pytest.raises(CallError, match="no table of safety"):
        hide_safety(pd.DataFrame({"a": np.arange(2)}), 10)

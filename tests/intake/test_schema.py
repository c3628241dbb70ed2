"""The layout says what the dataset's documentation says: tables, keys, columns, closed lists."""

import pytest

from analysis.intake.schema import layout_tables

TABLES = {
    "patients": (
        "patient_id clinic_id start_year age sex diagnosis failed_trials payer race_ethnicity prior_ketamine zip3 "
        "last_day outcome_of_care"
    ),
    "sessions": (
        "patient_id day sequence date clinic_id treatment route dose_mg weight_kg duration_min phase_recorded "
        "systolic_before diastolic_before systolic_peak diastolic_peak cadss_peak sedation_peak ready_min status"
    ),
    "scores": (
        "patient_id day date instrument occasion hours_after total recall_days rater "
        + " ".join(f"item_{number}" for number in range(1, 24))
    ),
    "adverse_events": "patient_id day term sequence severity serious source onset_min resolved_min",
    "events": "patient_id day date event sequence",
    "referrals": (
        "referral_id patient_id clinic_id date start_year source payer evaluated suitable reason_not_treated wait_days"
    ),
}
KEYS = {
    "patients": "patient_id",
    "sessions": "patient_id day sequence",
    "scores": "patient_id day instrument occasion",
    "adverse_events": "patient_id day term sequence",
    "events": "patient_id day event sequence",
    "referrals": "referral_id",
}
LISTS = {
    ("patients", "sex"): "female male other",
    ("patients", "diagnosis"): "mdd bipolar ptsd gad ocd other",
    ("patients", "payer"): "self-pay commercial medicare medicaid va other",
    ("patients", "outcome_of_care"): "ongoing completed stopped transferred lost died",
    ("sessions", "treatment"): "ketamine esketamine psilocybin mdma ect tms placebo other",
    ("sessions", "route"): "iv im sc intranasal sublingual oral none",
    ("sessions", "phase_recorded"): "loading maintenance",
    ("sessions", "status"): "given stopped-early cancelled no-show",
    ("scores", "occasion"): "pre post between",
    ("scores", "rater"): "self clinician",
    ("adverse_events", "severity"): "mild moderate severe",
    ("adverse_events", "source"): "reported scale vital-sign",
    ("events", "event"): (
        "hospitalisation-psychiatric hospitalisation-other suicide-attempt death antidepressant-started "
        "antidepressant-changed ect-started tms-started ketamine-elsewhere other"
    ),
    ("referrals", "payer"): "self-pay commercial medicare medicaid va other",
    ("referrals", "reason_not_treated"): ("medical psychiatric medication cost insurance preference no-contact other"),
}


@pytest.mark.parametrize("table", TABLES)
def test_a_table_has_its_columns(table):
    assert set(layout_tables()[table].columns) == set(TABLES[table].split())


@pytest.mark.parametrize("table", KEYS)
def test_a_table_has_its_key(table):
    assert layout_tables()[table].key == tuple(KEYS[table].split())


def test_sessions_and_scores_are_required():
    assert [name for name, table in layout_tables().items() if table.required] == ["sessions", "scores"]


@pytest.mark.parametrize(("table", "column"), LISTS)
def test_a_closed_list_holds_its_values(table, column):
    assert layout_tables()[table].columns[column].values == tuple(LISTS[table, column].split())


def test_the_open_ended_lists_hold_what_is_named_and_an_escape():
    terms = layout_tables()["adverse_events"].columns["term"].values
    named = (
        "dissociation nausea vomiting hypertension headache dizziness sedation anxiety cystitis syncope psychosis mania"
    )
    assert {*named.split(), "suicidal-ideation", "other"} <= set(terms)
    assert {"unknown", "other"} <= set(layout_tables()["patients"].columns["race_ethnicity"].values)


@pytest.mark.parametrize("table", TABLES)
def test_every_key_column_is_filled_or_has_a_default(table):
    layout = layout_tables()[table]
    for name in layout.key:
        column = layout.columns[name]
        assert column.required or column.default is not None
        assert column.row_fault, "a row without its key cannot be used"


@pytest.mark.parametrize("table", TABLES)
def test_every_number_has_a_range_and_every_text_a_list(table):
    for column in layout_tables()[table].columns.values():
        if column.type in {"integer", "number"}:
            assert column.low < column.high, column.name
        if column.type == "text" and column.name != "instrument":
            assert "" not in column.values, column.name
            assert column.values, column.name


def test_defaults_are_those_of_the_documentation():
    defaults = {
        f"{table.name}.{column.name}": column.default
        for table in layout_tables().values()
        for column in table.columns.values()
        if column.default is not None
    }
    assert defaults == {
        "sessions.sequence": 1,
        "sessions.status": "given",
        "scores.occasion": "pre",
        "adverse_events.sequence": 1,
        "events.sequence": 1,
    }

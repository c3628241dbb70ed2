"""What a heading means: the column it stands for, or the reason to drop it."""

import pytest

from analysis.intake.drafting.headers import header_words, known_data, reason_to_drop, target_of_header
from analysis.intake.schema import layout_tables

HELPERS = {"patients": {"birth_date", "first_treatment"}, "sessions": {"stopped_early"}}


@pytest.mark.parametrize(
    ("header", "table", "target"),
    [
        ("client_id", "scores", "patient_id"),
        ("MRN", "sessions", "patient_id"),
        ("Patient ID", "patients", "patient_id"),
        ("Medical Record Number", "patients", "patient_id"),
        ("DOB", "patients", "birth_date"),
        ("Date of Birth (mm/dd/yyyy)", "patients", "birth_date"),
        ("Appointment Date", "sessions", "date"),
        ("Date of Service", "sessions", "date"),
        ("infusionDate", "sessions", "date"),
        ("date_submited", "scores", "date"),
        ("first_opened", "scores", "date"),
        ("Final Ketamine Dose (mg)", "sessions", "dose_mg"),
        ("final_ketamine_dose_current_visit_mg", "sessions", "dose_mg"),
        ("Weight today", "sessions", "weight_kg"),
        ("BP Systolic (pre)", "sessions", "systolic_before"),
        ("BP Diastolic Max", "sessions", "diastolic_peak"),
        ("CADSS", "sessions", "cadss_peak"),
        ("Route of Administration", "sessions", "route"),
        ("Medication", "sessions", "treatment"),
        ("Clinic Location", "sessions", "clinic_id"),
        ("Primary Insurance", "patients", "payer"),
        ("What is your gender?", "patients", "sex"),
        ("Side Effect", "adverse_events", "term"),
        ("Referral Source", "referrals", "source"),
    ],
)
def test_many_spellings(header, table, target):
    assert target_of_header(header, table)[0] == target


@pytest.mark.parametrize(
    ("header", "reason"),
    [
        ("Client Name", "identifier: a person's name"),
        ("first_name", "identifier: a person's name"),
        ("Cell Phone", "identifier: a telephone or fax number"),
        ("E-mail", "identifier: an e-mail address"),
        ("Street Address", "identifier: an address"),
        ("SSN", "identifier: a social security number"),
        ("Provider", "identifier: a person of the clinic"),
        ("Visit notes", "free text"),
        ("Comments", "free text"),
        ("BMI", "not in the layout"),
        ("PHQ-9 severity", "derived: follows from other columns"),
        (
            "If you checked off any problems, how difficult have these problems made it for you to do your work?",
            "the difficulty question: no item of the total",
        ),
    ],
)
def test_what_is_dropped(header, reason):
    assert reason_to_drop(header) == reason
    assert not any(
        (target_of_header(header, table) or ("",))[0] in layout_tables()[table].columns for table in layout_tables()
    )


@pytest.mark.parametrize("header", ["Dose notes", "Next appointment date", "Dose mg/kg", "Weight change", "Colour"])
def test_headings_that_only_resemble_others(header):
    assert target_of_header(header, "sessions") is None


def test_the_likelier_heading_has_the_smaller_rank():
    assert target_of_header("infusion date", "sessions")[1] < target_of_header("appointment date", "sessions")[1]


@pytest.mark.parametrize("header", ["", "???", "  "])
def test_a_heading_without_words(header):
    assert header_words(header) == ()
    assert target_of_header(header, "sessions") is None
    assert reason_to_drop(header) == ""


@pytest.mark.parametrize("table", layout_tables())
def test_the_spellings_are_about_columns_of_the_layout(table):
    known = {*layout_tables()[table].columns, "date", *HELPERS.get(table, set())}
    assert set(known_data()[table]) <= known

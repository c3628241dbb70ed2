"""Codes and words in the closed lists of the layout."""

import pytest

from analysis.intake.readers.fhir_codes import (
    _lists,
    diagnosis_named,
    is_no_show,
    payer_named,
    race_ethnicity_named,
    route_named,
    term_named,
    treatments_named,
)
from analysis.intake.readers.fhir_values import SYSTEMS
from analysis.intake.schema import layout_tables


def coded(system: str, code: str, display: str = "") -> dict:
    return {"coding": [{"system": SYSTEMS[system][0], "code": code, "display": display}]}


@pytest.mark.parametrize(
    ("part", "table", "column"),
    [
        ("treatment", "sessions", "treatment"),
        ("route", "sessions", "route"),
        ("implied_route", "sessions", "route"),
        ("diagnosis", "patients", "diagnosis"),
        ("payer", "patients", "payer"),
        ("race", "patients", "race_ethnicity"),
        ("term", "adverse_events", "term"),
    ],
)
def test_every_value_is_one_of_the_layout(part, table, column):
    values = {value for codes in _lists()[part].values() for value in codes.values()}
    assert values <= set(layout_tables()[table].columns[column].values)


@pytest.mark.parametrize(
    ("concept", "treatments"),
    [
        (coded("rxnorm", "6130"), ["ketamine"]),
        (coded("snomed", "373464007"), ["ketamine"]),
        (coded("atc", "N01AX14"), ["esketamine"]),
        (coded("hcpcs", "G2083"), ["esketamine"]),
        (coded("cpt", "90870"), ["ect"]),
        (coded("cpt", "90868"), ["tms"]),
        ({"text": "Ketamine HCl 50 mg/mL"}, ["ketamine"]),
        ({"text": "ketamine/esketamine study, esketamine arm"}, ["esketamine"]),
        ({"text": "S-Ketamin 25 mg"}, ["esketamine"]),
        ({"coding": [{"system": "urn:clinic", "code": "KETAMINE-IV"}]}, ["ketamine"]),
        (coded("rxnorm", "999", "Ketalar 10 mg/mL"), ["ketamine"]),
        (coded("rxnorm", "6130", "Esketamine"), ["ketamine"]),  # the code counts, the words are not asked
        (
            {"coding": [*coded("rxnorm", "6130")["coding"], *coded("atc", "N06AX27")["coding"]]},
            ["ketamine", "esketamine"],
        ),
        ({"text": "norketamine level"}, []),
        ({"text": "Ondansetron"}, []),
        (coded("rxnorm", "90870"), []),
        (None, []),
    ],
)
def test_treatments(concept, treatments):
    assert treatments_named(concept) == treatments


@pytest.mark.parametrize(
    ("concept", "route"),
    [
        (coded("snomed", "78421000"), "im"),
        (coded("snomed", "37839007"), "sublingual"),
        ({"text": "Intravenous infusion"}, "iv"),
        ({"coding": [{"code": "IM"}]}, "im"),
        ({"coding": [{"code": "PO"}]}, "oral"),
        ({"text": "Topical"}, ""),
        ({"text": "simple"}, ""),
    ],
)
def test_routes(concept, route):
    assert route_named(concept) == route


def test_a_route_that_is_told_is_not_overruled_by_the_product():
    assert route_named({"text": "Topical"}, coded("atc", "N06AX27")) == ""
    assert route_named(None, {"text": "x"}, coded("hcpcs", "G2082")) == "intranasal"


@pytest.mark.parametrize(
    ("concept", "diagnosis"),
    [
        (coded("icd10", "F32.9"), "mdd"),
        (coded("icd10", "f33"), "mdd"),
        (coded("icd10", "F31.81"), "bipolar"),
        (coded("icd10", "F43.10"), "ptsd"),
        (coded("icd10", "F43.2"), "other"),
        (coded("icd10", "F41.1"), "gad"),
        (coded("icd10", "F41.9"), "other"),
        (coded("icd10", "F42.2"), "ocd"),
        (coded("icd10", "R45.851"), ""),
        (coded("snomed", "47505003"), "ptsd"),
        ({"coding": [*coded("icd10", "F41.1")["coding"], *coded("snomed", "370143000")["coding"]]}, "mdd"),
        ({"text": "Major depression, F33.2"}, ""),
        ({"coding": [{"system": "urn:clinic", "code": "F33.2"}]}, ""),
    ],
)
def test_diagnoses(concept, diagnosis):
    assert diagnosis_named(concept) == diagnosis


@pytest.mark.parametrize(
    ("concept", "name", "payer"),
    [
        (coded("sopt", "1"), "", "medicare"),
        (coded("sopt", "2111"), "", "medicaid"),
        (coded("sopt", "3211"), "", "va"),
        (coded("sopt", "311"), "", "other"),
        (coded("sopt", "81"), "", "self-pay"),
        (coded("sopt", "82"), "", "other"),
        (coded("selfpay", "pay"), "", "self-pay"),
        (coded("act", "VET"), "", "va"),
        (coded("act", "PPO"), "", "commercial"),
        (coded("act", "EHCPOL"), "", "commercial"),
        (coded("act", "SUBSIDIZ"), "Medicare", "medicare"),
        (coded("act", "PUBLICPOL"), "", "other"),
        (None, "MassHealth Medicaid", "medicaid"),
        (None, "Nevada Health", ""),
        (coded("sopt", "5"), "Medicare", "commercial"),  # a code counts before words
        (None, "", ""),
    ],
)
def test_payers(concept, name, payer):
    assert payer_named(concept, name) == payer


@pytest.mark.parametrize(
    ("concept", "term"),
    [
        (coded("snomed", "25064002"), "headache"),
        ({"text": "Suicidal ideation"}, "suicidal-ideation"),
        ({"text": "Blood pressure increased"}, "hypertension"),
        ({"coding": [{"code": "loss-of-consciousness"}]}, "loss-of-consciousness"),
        ({"text": "Felt odd"}, "other"),
        (coded("snomed", "1"), "other"),
        ({"coding": [{}]}, "other"),
        ({}, ""),
    ],
)
def test_terms(concept, term):
    assert term_named(concept) == term


def us_core(race: list[str], ethnicity: str = "") -> dict:
    def extension(name: str, codes: list[str]) -> dict:
        parts = [{"url": "ombCategory", "valueCoding": {"code": code}} for code in codes]
        return {"url": f"http://hl7.org/fhir/us/core/StructureDefinition/us-core-{name}", "extension": parts}

    return {"extension": [extension("race", race), extension("ethnicity", [ethnicity] if ethnicity else [])]}


@pytest.mark.parametrize(
    ("race", "ethnicity", "found"),
    [
        (["2106-3"], "2186-5", "white"),
        (["2106-3"], "2135-2", "hispanic-or-latino"),
        ([], "2135-2", "hispanic-or-latino"),
        (["2106-3", "2028-9"], "", "multiracial"),
        (["2106-3", "UNK"], "", "white"),
        (["2106-3", "2106-3"], "", "white"),
        (["ASKU"], "", "unknown"),
        (["9999-9"], "", ""),
        ([], "2186-5", ""),
    ],
)
def test_race_and_ethnicity(race, ethnicity, found):
    assert race_ethnicity_named(us_core(race, ethnicity)) == found


@pytest.mark.parametrize("text", ["No show", "no-show", "Patient did not attend", "DNA", "missed appointment"])
def test_who_did_not_come(text):
    assert is_no_show({"text": text})


@pytest.mark.parametrize("text", ["vital signs too high", "edna", "dismissed", ""])
def test_who_came_and_was_not_treated(text):
    assert not is_no_show({"text": text})

"""Published PHQ-9 forms, item by item, score to the totals that are printed in them."""

import json

import duckdb
import pytest
from real_files import published_folder

from analysis.vocabulary.definitions import default_definitions
from analysis.vocabulary.scoring import scoring_sql

# The answers of LOINC LL358-3 and their scores.
SCORES = {"LA6568-5": 0, "LA6569-3": 1, "LA6570-1": 2, "LA6571-9": 3}
# How difficult the problems made things (LOINC 69722-7, answers LL359-1) stands behind the nine items and is none.
FORMS = [
    ("fhir_uscore_phq9/QuestionnaireResponse-phq-9-example.json", 12),
    ("fhir_mii_phq9/QuestionnaireResponse-mii-exa-pro-phq-9-response.json", 27),
]


def form(name):
    """Return the answers to the nine items, and the printed total."""
    folder, file = name.split("/")
    asked = json.loads((published_folder(folder) / file).read_text(encoding="utf-8"))["item"]
    answers = [each["answer"][0] for each in asked]
    codes = [answer["valueCoding"]["code"] for answer in answers if "valueCoding" in answer]
    (printed,) = [answer for answer in answers if "valueCoding" not in answer]
    assert len(codes) == 10
    assert codes[9] not in SCORES
    total = printed["valueDecimal"] if "valueDecimal" in printed else printed["valueQuantity"]["value"]
    return [SCORES[code] for code in codes[:9]], total


def scored(answers):
    cells = ", ".join(f"{answer} AS item_{number}" for number, answer in enumerate(answers, 1))
    source = f"(SELECT 1 AS row, 'PHQ-9' AS instrument, NULL::INTEGER AS total, {cells})"
    query = scoring_sql(default_definitions().instruments, source=source, items=len(answers))
    return duckdb.execute(query).fetchone()[1:]


@pytest.mark.parametrize(("name", "total"), FORMS)
def test_the_nine_items_score_to_the_total_printed_in_the_form(name, total):
    answers, printed = form(name)
    assert printed == total
    assert scored(answers) == (total, 9, False, None)


@pytest.mark.parametrize(("name", "total"), FORMS)
def test_the_answer_on_difficulty_is_never_added(name, total):
    answers, _ = form(name)
    assert scored([*answers, 1]) == (None, 9, False, "item out of range")

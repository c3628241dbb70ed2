"""docs/definitions.md is what the definitions, scales, measures and the specification say, and can be read."""

import re
from pathlib import Path

import pytest

from analysis.report.definitions_page import definitions_page
from analysis.report.spec_examples import spec_example
from analysis.vocabulary.definitions import default_definitions
from analysis.vocabulary.errors import DataError
from analysis.vocabulary.measures import measure_cards

ROOT = Path(__file__).resolve().parents[1]
SPECS = ROOT / "tests" / "spec"


@pytest.fixture(scope="module")
def page():
    return definitions_page(SPECS)


def test_the_page_in_the_repository_is_current(page):
    """To write it anew: outcomes definitions-page tests/spec --out docs/definitions.md"""
    assert (ROOT / "docs" / "definitions.md").read_text(encoding="utf-8") == page


def test_every_scale_and_every_measure_is_on_it(page):
    for scale in default_definitions().instruments.values():
        assert f"**{scale.name}**" in page
    for card in measure_cards().values():
        assert f"`{card.name}`, version {card.version}" in page


def test_its_links_lead_to_its_headings(page):
    anchors = {re.sub(r"[^\w -]", "", line[3:].lower()).replace(" ", "-") for line in re.findall(r"^## .*", page, re.M)}
    assert set(re.findall(r"\]\(#([^)]+)\)", page)) == anchors


def test_its_tables_are_whole_and_nothing_of_the_code_is_in_it(page):
    rows = [line for line in page.splitlines() if line.startswith("|")]
    for table in re.findall(r"(?:^\|.*\n)+", page, re.M):
        widths = {len(re.findall(r"(?<!\\)\|", line)) for line in table.splitlines()}
        assert len(widths) == 1, table
    assert len(rows) > 300
    words = re.sub(r"```.*?```", "", page, flags=re.S)
    assert not re.search(r"[{}]|cohort_of|\bNone\b|\bdef \b|patient_id", words)
    assert page.count("<details>") == page.count("</details>")


SPEC = '''
DECK = """
    patient_id | day
    P1         |   0
"""

def test_a_first_case(cohort_of, same):
    """Told   in
    two lines."""
    cohort = cohort_of(DECK, "patient_id | day | total \\n P1 | 0 | 20", data_cut="2026-06-30")
    same(cohort.courses, "patient_id | sessions \\n P1 | 1")

def test_helpers_and_spelt_out_answers(cohort_of, same):
    scores = "patient_id | total \\n P1 | 8"
    cohort = cohort_of(*each_given("0 3 7", scores), definitions="[baseline]\\nchoose = 'worst'")
    first = answer(cohort, "month 1 after loading", "sustained_response")
    assert {name: value for name, (_, value) in first.items()} == {"P1": "true"}

def test_forms_of_the_phq_9():
    check_forms("instrument | total | used \\n PHQ-9 | 12 | 12")

def test_decks_of_answers(answered, same):
    cohort = answered("kept | 111 | 110")
    table = item_transitions(cohort, instrument="PHQ-9", window=END)
    same(table, "before | after \\n some | none")

def test_no_table(cohort_of):
    assert cohort_of(DECK).courses.empty
'''


@pytest.fixture
def spec(tmp_path):
    file = tmp_path / "test_mine.py"
    file.write_text(SPEC, encoding="utf-8")
    return file


def test_an_example_is_what_a_test_draws(spec):
    example = spec_example(spec, "a_first_case")
    assert (example.title, example.note) == ("A first case", "Told in two lines.")
    assert example.said == ["Records end on 2026-06-30."]
    assert example.given == [
        ("Sessions", [["patient_id", "day"], ["P1", "0"]]),
        ("Scores", [["patient_id", "day", "total"], ["P1", "0", "20"]]),
    ]
    assert example.answers == [("the courses", [["patient_id", "sessions"], ["P1", "1"]])]


def test_helpers_are_said_in_words_and_answers_by_person_become_a_table(spec):
    example = spec_example(spec, "helpers_and_spelt_out_answers")
    assert example.said == [
        "Everyone has sessions on days 0, 3 and 7, and scored 20 on day 0 before the first.",
        "In the definitions, `[baseline] choose = 'worst'`.",
    ]
    assert example.given == [("Scores", [["patient_id", "total"], ["P1", "8"]])]
    assert example.answers == [
        ("sustained response, month 1 after loading", [["patient_id", "outcome"], ["P1", "true"]])
    ]


def test_forms_and_decks_of_answers_are_tables_too(spec):
    forms, deck = spec_example(spec, "forms_of_the_phq_9"), spec_example(spec, "decks_of_answers")
    assert forms.title == "Forms of the PHQ-9"
    assert forms.answers[0][1] == [["instrument", "total", "used"], ["PHQ-9", "12", "12"]]
    assert deck.given == [("Scores", [["patient_id", "answers before", "answers after"], ["kept", "111", "110"]])]
    assert deck.answers == [("from before to after", [["before", "after"], ["some", "none"]])]


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("a_frist_case", "test_mine.py: there is no test 'a_frist_case'. Did you mean 'a_first_case'?"),
        ("no_table", "test_mine.py: the tables of 'no_table' cannot be read from its text."),
    ],
)
def test_an_example_that_is_not_there_is_an_error(spec, name, message):
    with pytest.raises(DataError, match=re.escape(message)):
        spec_example(spec, name)


def test_a_specification_that_is_not_there_is_an_error(tmp_path):
    with pytest.raises(DataError, match="test_gone.py: the specification cannot be read"):
        spec_example(tmp_path / "test_gone.py", "any")

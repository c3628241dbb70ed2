"""What a dataset shows of itself: counts in plain text and in accessible, escaped HTML."""

import re

import pytest
from small_clinic import SCORES, SESSIONS, write_clinic

from analysis.intake.dataset import open_dataset

SEEN = """
    patient_id | day | treatment | date       | status
    P1         |   0 | ketamine  | 2025-12-30 |
    P1         |   3 | ketamine  | 2026-01-02 |
    P2         |   0 | ketamine  | 2026-02-01 |
    P2         | 400 | ketamine  | 2027-03-08 | cancelled
"""
SCORED = """
    patient_id | day | instrument | total | occasion
    P1         |  -2 | PHQ-9      | 18    |
    P1         |   0 | PHQ-9      | 17    | post
    P2         |   0 | PHQ-9      | 15    |
    P3         |   0 | PHQ-9      | 12    |
    P1         |   5 | MADRS      | 20    |
"""


@pytest.fixture
def shown(tmp_path):
    return repr(open_dataset(write_clinic(tmp_path, sessions=SEEN, scores=SCORED)))


def facts(text: str) -> dict[str, str]:
    return dict(re.split(r"\s{2,}", line, maxsplit=1) for line in text.split("\n\n", maxsplit=1)[0].splitlines())


def test_the_facts(shown):
    about = facts(shown)
    label = about.pop("Definitions")
    assert re.fullmatch(r"default 1 \([0-9a-f]{8}\)", label)
    assert about == {
        "Name": "Drawn",
        "Basis": "synthetic",
        "Period of treatment": "2025-12 to 2026-02",
        "Data cut": "2026-09-30",
        "Patients": "3",
        "Patients treated (courses)": "2",
        "Sessions given": "3",
        "Problems": "1 warning",
    }


def test_instruments_and_completeness_of_the_treated(shown):
    """P1 is scored before (day -2) and after (post); P2 only before; P3 was never treated."""
    lines = [re.split(r"\s{2,}", line) for line in shown.split("\n\n")[1].splitlines()]
    assert lines == [
        ["Instrument", "Scores", "Treated, scored before", "Treated, scored after"],
        ["PHQ-9", "4", "2 of 2 (100%)", "1 of 2 (50%)"],
        ["MADRS", "1", "0 of 2 (0%)", "1 of 2 (50%)"],
    ]


@pytest.mark.parametrize(
    ("patients", "period"),
    [
        ("patient_id | start_year \n P1 | 2024 \n P2 | 2025", "started 2024 to 2025"),
        ("patient_id \n P1 \n P2", "not recorded"),
    ],
)
def test_the_period_without_dates(tmp_path, patients, period):
    assert facts(repr(open_dataset(write_clinic(tmp_path, patients=patients))))["Period of treatment"] == period


def test_problems_are_counted_and_listed(tmp_path):
    dataset = open_dataset(
        write_clinic(tmp_path, scores=SCORES + "P1 | 9 | PHQ-9 | 99", sessions=SESSIONS + "P3 | 4 | placebo")
    )
    text = repr(dataset)
    assert facts(text)["Problems"] == "1 set-aside, 1 warning"
    assert text.splitlines()[-1].startswith("warning: sessions, column day, row 5:")


def test_html_is_accessible_and_escaped(tmp_path):
    folder = write_clinic(tmp_path, scores=SCORES + "P1 | 9 | PHQ-9 | 99")
    about = folder / "dataset.toml"
    about.write_text(about.read_text().replace('"Drawn"', "'<script>alert(\"1\")</script> & sons'"))
    html = open_dataset(folder)._repr_html_()
    assert "<script" not in html
    assert "&lt;script&gt;alert(&quot;1&quot;)&lt;/script&gt; &amp; sons" in html
    assert html.count("<caption>") == html.count("<table>") == 3
    assert re.findall(r"<th\b(?! scope=\"(?:row|col)\")", html) == []
    assert all(tag in html for tag in ('<th scope="row">PHQ-9</th>', '<th scope="col">Instrument</th>'))


def test_no_patient_is_in_a_representation(demo):
    shown = repr(demo) + demo._repr_html_()
    assert not [patient for patient in demo.table("patients")["patient_id"] if patient in shown]

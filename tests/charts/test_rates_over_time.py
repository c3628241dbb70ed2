"""What the charts by session and by phase say in their headings."""

import pandas as pd
import pytest

from analysis import charts

ROWS = [("end of loading", 30, 60, 90), ("month 1 after loading", 25, 50, 80)]


def heading(ax):
    """Title and subtitle."""
    above = [text for text in ax.texts if text.get_va() == "bottom"]
    return [text.get_text() for text in sorted(above, key=lambda text: -text.get_transform().transform((0, 1))[1])]


@pytest.mark.parametrize(
    ("options", "title", "subtitle"),
    [
        ({}, "PHQ-9 response after loading", "Percent of those scored who responded"),
        (
            {"estimand": "nonresponder", "outcome": "remission"},
            "PHQ-9 remission after loading",
            "Percent of those eligible who were in remission (not seen counts as not in remission)",
        ),
        ({"clinic_id": "North"}, "PHQ-9 response after loading", "Percent of those scored who responded"),
    ],
)
def test_the_heading_says_what_and_of_whom(rates, options, title, subtitle):
    assert heading(charts.response_by_phase(rates(ROWS, **options))) == [
        title,
        f"{subtitle}; vertical bars are intervals",
    ]


def test_groups_are_in_the_title(rates):
    table = pd.concat([rates(ROWS, clinic_id="A"), rates(ROWS, clinic_id="B")])
    assert heading(charts.response_by_phase(table))[0] == "PHQ-9 response after loading, by clinic"


def test_several_denominators_are_in_the_subtitle(rates):
    table = pd.concat([rates(ROWS), rates(ROWS, estimand="starters")])
    assert (
        heading(charts.response_by_phase(table))[1]
        == "Percent who responded, by who is counted; vertical bars are intervals"
    )


def test_several_outcomes_are_in_the_title(rates):
    table = pd.concat([rates(ROWS), rates(ROWS, outcome="remission")])
    assert heading(charts.response_by_phase(table)) == [
        "PHQ-9 outcomes after loading",
        "Percent of those scored with each outcome; vertical bars are intervals",
    ]

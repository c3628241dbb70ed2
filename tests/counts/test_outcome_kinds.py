"""What an outcome is, and where it has no meaning."""

import pytest

from analysis.cohort.windows import parse_window
from analysis.counts.outcome_kinds import OUTCOMES, SHARED_OUTCOMES, outcome_kind, refuse_undefined, scales_judged
from analysis.vocabulary.definitions import default_definitions
from analysis.vocabulary.errors import CallError

RULES = default_definitions()
SCALES = RULES.instruments


def test_the_outcomes_are_those_of_the_methods():
    assert set(OUTCOMES) == {
        "response", "partial_response", "remission", "sustained_response", "reliable_improvement",
        "reliable_deterioration", "worsening", "recovery", "reliable_recovery", "rapid_response",
    }  # fmt: skip
    assert {outcome_kind(name, SCALES["PHQ-9"]).source for name in SHARED_OUTCOMES} == {"one score"}


def refuse(outcome, instrument="PHQ-9", window="month 1 after loading"):
    refuse_undefined(outcome, instrument, [parse_window(window, RULES)], RULES)


@pytest.mark.parametrize("outcome", [name for name in OUTCOMES if name != "rapid_response"])
def test_on_phq_9_every_outcome_has_a_meaning(outcome):
    refuse(outcome)


@pytest.mark.parametrize(
    ("outcome", "instrument", "window", "told"),
    [
        ("reliable_improvement", "MADRS", "end of loading", "no reliable-change value for MADRS"),
        ("worsening", "MADRS", "end of loading", "no reliable-change value for MADRS"),
        ("partial_response", "WHO-5", "end of loading", "response on WHO-5 is defined in points"),
        ("remission", "PCL-5", "end of loading", "no remission cut-off for PCL-5"),
        ("response", "CADSS", "end of loading", "no entry score for CADSS, so nobody is eligible"),
        ("sustained_response", "PHQ-9", "after session 3", "'month m after loading' only"),
        ("rapid_response", "PHQ-9", "day 7 \\+- 7", "'24 h' and 'by day 7' only"),
        ("recovery", "MADRS", "end of loading", "of PHQ-9 and GAD-7 jointly"),
    ],
)
def test_where_an_outcome_has_no_meaning_the_reason_is_told(outcome, instrument, window, told):
    with pytest.raises(CallError, match=told):
        refuse(outcome, instrument, window.replace("\\", ""))


def test_only_recovery_is_judged_by_two_scales():
    two = {name for name in OUTCOMES if len(scales_judged(name, "GAD-7", RULES)) == 2}
    assert two == {"recovery", "reliable_recovery"}
    assert scales_judged("remission_12", "MADRS", RULES) == ("MADRS",)

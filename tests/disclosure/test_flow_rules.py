"""A flow passes through the rules without losing a step, and nothing small is left."""

from analysis.disclosure.flow_rules import hide_steps
from analysis.estimate.flow import flow


def test_the_steps_stay_and_the_shown_counts_are_unchanged(demo_cohort):
    raw = flow(demo_cohort, instrument="PHQ-9", window="end of loading", by="clinic_id", period="2026Q3")
    shown = hide_steps(raw.copy(), 10)
    assert list(shown["name"]) == list(raw["name"])
    ok = shown["status"] == "ok"
    assert (shown.loc[ok, "count"] == raw.loc[ok, "count"]).all()
    assert not shown.loc[ok, "count"].between(1, 10).any()


def test_a_lower_threshold_hides_less(demo_cohort):
    raw = flow(demo_cohort, instrument="PHQ-9", window="end of loading", by="clinic_id", period="2026Q3")
    hidden = [(hide_steps(raw.copy(), most)["status"] == "hidden").sum() for most in (1, 5, 10)]
    assert hidden == sorted(hidden)
    assert hidden[0] < hidden[2]

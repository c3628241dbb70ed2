"""Rates and means pass through the rules without losing a row or a shown value."""

import pandas as pd

from analysis.disclosure.rate_rules import RATE_VALUES, hide_rates
from analysis.estimate.rates import response_rates


def test_what_is_shown_is_unchanged_and_every_row_stays(demo_cohort):
    raw = response_rates(
        demo_cohort, instrument="PHQ-9", window=["end of loading", "month 6 after loading"], by="clinic_id",
        denominator=["observed", "nonresponder", "starters", "completers"], period="2025",
    )  # fmt: skip
    shown = hide_rates(raw.copy(), 10)
    ok = shown["status"] == "ok"
    assert 0 < ok.sum() < len(raw)
    pd.testing.assert_frame_equal(shown.loc[ok, RATE_VALUES], raw.loc[ok, RATE_VALUES])
    assert shown.loc[shown["status"] == "hidden", RATE_VALUES].isna().all().all()
    pd.testing.assert_series_equal(shown["clinic_id"], raw["clinic_id"])

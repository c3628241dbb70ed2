"""Verdicts in words."""

import pandas as pd

from analysis.estimate.monitoring_words import verdict_of


def rows(signals, *, chart="p", start=2024, **columns):
    months = [str(month) for month in pd.period_range(f"{start}-01", periods=len(signals), freq="M")]
    table = {
        "month": months,
        "status": "ok",
        "chart": chart,
        "phase": 1,
        "reason": "",
        "baseline": [k < 12 and chart != "run" for k in range(len(signals))],
        "signal": signals,
        "estimate": 0.9,
        "centre": 0.5,
    }
    return pd.DataFrame(table | columns)


def test_no_evidence_of_change():
    assert verdict_of(rows([""] * 14)) == (
        "No evidence of change: 14 points from 2024-01 to 2025-02 (p-chart; limits from the first 12, 2024-01 to "
        "2024-12)."
    )


def test_a_late_sign_is_evidence_and_says_how_often_chance_gives_one():
    words = verdict_of(rows([""] * 13 + ["outside the limits"]))
    assert words.startswith("Evidence of change: above the limits (2025-02).")
    assert words.endswith("About one chart in four shows such a sign although nothing has changed.")


def test_an_early_sign_is_history():
    words = verdict_of(rows(["outside the limits"] + [""] * 14))
    assert words.startswith("No evidence of change in the last 12:")
    assert words.endswith("Earlier: above the limits (2024-01).")


def test_a_run_is_said_once_even_where_it_began_before_the_last_twelve():
    run = ["9 in a row above the centre"] * 9
    words = verdict_of(rows([""] * 8 + run + [""] * 7))
    assert words.count("9 in a row above the centre") == 1
    assert "9 in a row above the centre (2024-09 to 2025-05)" in words


def test_two_runs_are_said_apart():
    run = ["7 in a row below the centre"] * 7
    words = verdict_of(rows([*run, "", "", "", *run]))
    assert words.count("7 in a row below the centre") == 2


def test_only_the_latest_phase_is_judged_and_its_reason_is_said():
    phase = [1] * 12 + [2] * 3
    reason = [""] * 12 + ["a new dose in all clinics"] * 3
    words = verdict_of(
        rows(["outside the limits"] + [""] * 14, chart=["p"] * 12 + ["run"] * 3, phase=phase, reason=reason).assign(
            baseline=False
        )
    )
    assert words == (
        "No evidence of change: 3 points from 2025-01 to 2025-03 (run chart; fewer than 12 points make no limits yet); "
        "new baseline from 2025-01: a new dose in all clinics."
    )


def test_nothing_to_show():
    assert verdict_of(rows(["", ""], status="hidden")).startswith("Nothing can be said")

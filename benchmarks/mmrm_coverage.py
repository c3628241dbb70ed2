"""How often the interval of a difference between arms holds the truth: `python -m benchmarks.mmrm_coverage 1000`.

Writes ``benchmarks/mmrm_coverage.md``. Two arms, a baseline, four visits, an unstructured covariance and a true
difference at the last visit; a fifth of the scores is missing completely at random, or people leave more often after a
high score (missing at random).
"""

import sys
import warnings
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd

from analysis.estimate.mmrm.inference import DEGREES_OF_FREEDOM
from analysis.estimate.mmrm.model import ConvergenceWarning, mmrm

PAGE = Path(__file__).with_suffix(".md")
VISITS, TRUTH = 4, -3.0
MISSING = {"completely at random": False, "at random": True}


def main() -> None:
    """Simulate, fit, and write the table."""
    sets = int(sys.argv[1])
    warnings.simplefilter("ignore", ConvergenceWarning)
    lines = [
        f"# Coverage of the 95 % interval of a difference between arms, {sets:,} simulated trials each",
        "",
        "Written by `python -m benchmarks.mmrm_coverage`. Unstructured covariance, REML; the difference at the last of",
        "four visits. The error of a simulated coverage near 95 % is "
        f"{100 * np.sqrt(0.95 * 0.05 / sets):.1f} points (one standard error).",
        "",
        "| patients | missing | scored | " + " | ".join(DEGREES_OF_FREEDOM.values()) + " | not converged |",
        "|---|---|---|" + "---|" * (len(DEGREES_OF_FREEDOM) + 1),
    ]
    for patients in (30, 100, 1000):
        for words, at_random in MISSING.items():
            lines.append(f"| {patients:,} | {words} | {covered(patients, sets, at_random=at_random)} |")
            PAGE.write_text("\n".join(lines) + "\n", encoding="utf-8")


def covered(patients: int, sets: int, *, at_random: bool) -> str:
    """Fit so many trials and say how often each kind of interval holds the truth."""
    holds = dict.fromkeys(DEGREES_OF_FREEDOM, 0)
    scored, failed = 0.0, 0
    for seed in range(sets):
        table = simulate_trial(patients, seed, at_random=at_random)
        scored += table["score"].notna().mean() / sets
        fit = mmrm("score ~ baseline*visit + arm*visit", table, patient="id", visit="visit")
        failed += not fit.converged
        _, rows = fit.source.design.reference_rows(["arm"], {"visit": VISITS})
        for method in holds:
            found = replace(fit.inference, method=method).intervals(rows[:1] - rows[1:], 0.95)
            holds[method] += fit.converged and bool(found["low"][0] <= TRUTH <= found["high"][0])
    shares = [f"{100 * count / max(sets - failed, 1):.1f} %" for count in holds.values()]
    return " | ".join([f"{100 * scored:.0f} %", *shares, str(failed)])


def simulate_trial(patients: int, seed: int, *, at_random: bool) -> pd.DataFrame:
    """Draw one trial."""
    draw = np.random.default_rng([seed, patients, at_random])
    lag = np.abs(np.subtract.outer(np.arange(VISITS), np.arange(VISITS)))
    deviations = np.linspace(4, 6, VISITS)
    baseline = draw.normal(20, 4, patients)
    arm = np.arange(patients) % 2
    effect = TRUTH * arm[:, None] * np.arange(VISITS) / (VISITS - 1)
    noise = draw.multivariate_normal(np.zeros(VISITS), 0.7**lag * np.outer(deviations, deviations), patients)
    scores = 18 - np.arange(VISITS) + effect + 0.4 * (baseline[:, None] - 20) + noise
    if at_random:
        leaves = draw.random((patients, VISITS - 1)) < 0.25 / (1 + np.exp(-(scores[:, :-1] - 16) / 3))
        gone = np.column_stack([np.zeros(patients, dtype=bool), np.cumsum(leaves, axis=1) > 0])
    else:
        gone = draw.random(scores.shape) < 0.2
    return pd.DataFrame(
        {
            "id": np.repeat(np.arange(patients), VISITS),
            "visit": np.tile(np.arange(1, VISITS + 1), patients),
            "arm": np.repeat(np.where(arm, "drug", "placebo"), VISITS),
            "baseline": np.repeat(baseline, VISITS),
            "score": np.where(gone, np.nan, scores).ravel(),
        }
    )


if __name__ == "__main__":
    main()
